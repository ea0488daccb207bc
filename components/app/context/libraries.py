"""Tell the Debian packages whose libraries wheels need and this image lacks, in one line.

usage: libraries.py FOLDER

FOLDER has the wheels. What is found out is said on standard error. For Python 3.4 on.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from urllib.parse import unquote

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, name) for name in ("buildwheels", "python-gates")]

import debian
import gate_libraries
import missing

# glibc's and the compiler's own are in every root; the linker has no name in the cache of some.
LINKER = re.compile(r"ld-linux.*\.so\.\d+$")
# What a wheel that was compiled here has (wheel_file.RECORD_NAME), and its SBOM, which says of which
# Debian packages its libraries are (components/wheel/context/sbom.py).
COMPILED = re.compile(r"[^/]+\.dist-info/buildwheels\.json$")
SBOM = re.compile(r"[^/]+\.dist-info/sboms/[^/]+\.cdx\.json$")
DEBIAN = re.compile(r"pkg:deb/debian/([^?@]+)\?distro=")


def main(folder):
    lacking = lacks(folder, libraries_here())
    if not lacking:
        return 0
    packages = {name: package for name, package in linked(folder).items() if name in lacking}
    patterns = {
        name: missing.pattern(missing.Lack("soname", name)) for name in lacking if name not in packages
    }
    debian.FOLDER = "/tmp/apt"
    # The index of contents is 15 MB and more: it is fetched for what nobody says.
    found = debian.packages_with(list(patterns.values())) if patterns else {}
    if found is None:
        return fail(lacking, sorted(patterns)[0], "and Debian's index of contents cannot be had", "look at the network")
    for name in sorted(patterns):
        if not found[patterns[name]]:
            return fail(
                lacking,
                name,
                "which no package of this Debian release has",
                "add the distribution to from-source, or take another version of it",
            )
        packages[name] = found[patterns[name]][0]
    print(" ".join(sorted(set(packages.values()))))
    return 0


def fail(lacking, name, why, remedy):
    distribution, file = lacking[name]
    sys.stderr.write("error: %s: %s needs %s, %s; %s\n" % (distribution, file, name, why, remedy))
    return 1


def libraries_here():
    """The sonames that the linker finds here."""
    cache = subprocess.check_output(["/sbin/ldconfig", "--print-cache"]).decode()
    return set(re.findall(r"^\t(\S+) ", cache, re.MULTILINE))


def lacks(folder, here):
    """What the wheels need and nobody has: by soname, who needs it first."""
    bundled, needs = set(), {}
    for wheel in sorted(name for name in os.listdir(folder) if name.endswith(".whl")):
        with zipfile.ZipFile(os.path.join(folder, wheel)) as archive:
            bundled |= {os.path.basename(name) for name in archive.namelist() if ".so" in name}
            for name in archive.namelist():
                for soname in needed(archive, name):
                    needs.setdefault(soname, (wheel.split("-")[0], name))
    return {
        name: by for name, by in needs.items() if name not in bundled | here and not LINKER.match(name)
    }


def linked(folder):
    """The Debian packages of libraries, by soname, as wheels that were compiled here say it."""
    found = {}
    for wheel in sorted(name for name in os.listdir(folder) if name.endswith(".whl")):
        with zipfile.ZipFile(os.path.join(folder, wheel)) as archive:
            names = archive.namelist()
            for name in filter(SBOM.match, names if any(map(COMPILED.match, names)) else []):
                found.update(libraries_of(json.loads(archive.read(name).decode("utf-8"))))
    return found


def libraries_of(bom):
    """The libraries that an SBOM has Debian packages of: pairs of soname and package."""
    for component in bom.get("components", []):
        match = DEBIAN.match(component.get("purl", ""))
        for each in component.get("properties", []) if match else []:
            if each["name"] == "debian-python:soname":
                yield each["value"], unquote(match.group(1))


def needed(archive, name):
    """The sonames that a file of a wheel needs."""
    with archive.open(name) as file:
        if file.read(4) != b"\x7fELF":
            return []
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(archive.read(name))
        copy.flush()
        return gate_libraries.needed_names(copy.name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
