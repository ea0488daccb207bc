"""What dpkg knows of a root: its packages, their files, diversions and alternatives. For Python 3.4 on."""

import os
import re
from collections import OrderedDict, namedtuple

# fields: of its paragraph in the status file, which is text as it is.
Package = namedtuple("Package", "fields text")

FOLDER = "var/lib/dpkg"


def read(path, default=""):
    if not os.path.exists(path):
        return default
    with open(path, encoding="utf-8") as file:
        return file.read()


class Root:
    """A root with packages in it, at a folder."""

    def __init__(self, folder="/"):
        self.dpkg = os.path.join(folder, FOLDER)

    def packages(self):
        """Those that are installed, by name, in the order of the status file."""
        found = OrderedDict()
        for text in read(os.path.join(self.dpkg, "status")).split("\n\n"):
            fields = dict(re.findall(r"^([\w-]+): *(.*)$", text, re.MULTILINE))
            if fields.get("Status", "").endswith(" installed"):
                found[fields["Package"]] = Package(fields, text.strip("\n"))
        return found

    def information(self, package, kind):
        """The path of a file that dpkg has of a package, such as `list`; None where there is none."""
        fields = package.fields
        for name in (fields["Package"], "%(Package)s:%(Architecture)s" % fields):
            path = os.path.join(self.dpkg, "info", "%s.%s" % (name, kind))
            if os.path.exists(path):
                return path
        return None

    def files(self, package):
        """The paths of its list, which are without links: dpkg may know them from before /usr was merged."""
        path = self.information(package, "list")
        lines = read(path).splitlines() if path else []
        return [line for line in lines if line not in ("", "/.")]

    def diversions(self):
        """Triples of a path, where another package's file of that name is, and whose it stays (dpkg-divert(1))."""
        lines = read(os.path.join(self.dpkg, "diversions")).splitlines()
        return list(zip(lines[::3], lines[1::3], lines[2::3]))

    def alternatives(self):
        """The link of each alternative, by its name in /etc/alternatives (update-alternatives(1), FILES)."""
        folder, links = os.path.join(self.dpkg, "alternatives"), {}
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            lines = read(os.path.join(folder, name)).splitlines()
            links[name] = lines[1]
            slaves = lines[2 : lines.index("")]
            links.update(zip(slaves[::2], slaves[1::2]))
        return links


def closure(packages, names, stops):
    """Some packages and all that they depend on, of each need the first that is installed.

    What every Debian system has (Essential) and stops are for maintainer scripts: they are there where
    they are named.
    """
    providers = {}
    for name, package in packages.items():
        for provided in relations(package, "Provides"):
            providers.setdefault(provided[0], name)
    found, todo = set(), [name if name in packages else providers[name] for name in names]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for need in relations(packages[name], "Pre-Depends") + relations(packages[name], "Depends"):
            there = [each if each in packages else providers.get(each) for each in need]
            there = [each for each in there if each is not None]
            if there and there[0] not in stops and packages[there[0]].fields.get("Essential") != "yes":
                todo.append(there[0])
    return found


def relations(package, field):
    """`a (>= 1) | b:any, c` as [["a", "b"], ["c"]]."""
    return [
        [re.split(r"[\s:(]", each.strip())[0] for each in relation.split("|")]
        for relation in package.fields.get(field, "").split(",")
        if relation.strip()
    ]
