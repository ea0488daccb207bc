"""What the gate of libraries asks dpkg-query, by the records themselves: that program needs more than is here."""

import dpkg
import gate_libraries
import tree


def use():
    """Have the gate ask here."""
    gate_libraries.owning_packages = owning_packages
    gate_libraries.depends_of = depends_of
    gate_libraries.provided_names = provided_names


def owning_packages(paths):
    root, owners = dpkg.Root(), {}
    for name, package in root.packages().items():
        owners.update((tree.canonical(path), name) for path in root.files(package))
    places = {path: tree.canonical(path) for path in paths}
    return {path: owners[place] for path, place in places.items() if place in owners}


def depends_of(package):
    fields = dpkg.Root().packages()[package].fields
    names = [fields.get(field, "") for field in ("Pre-Depends", "Depends")]
    return gate_libraries.package_names(",".join(names))


def provided_names(packages):
    known = dpkg.Root().packages()
    return {
        name: gate_libraries.package_names(known[name].fields.get("Provides", "")) for name in packages
    }
