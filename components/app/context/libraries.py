"""Tell the Debian packages whose libraries wheels need and this image lacks, in one line.

usage: libraries.py FOLDER

FOLDER has the wheels. What is found out is said on standard error. For Python 3.4 on.
"""

import os
import re
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, name) for name in ("buildwheels", "python-gates")]

import debian
import gate_libraries
import missing

# glibc's and the compiler's own are in every root; the linker has no name in the cache of some.
LINKER = re.compile(r"ld-linux.*\.so\.\d+$")


def main(folder):
    lacking = lacks(folder, libraries_here())
    if not lacking:
        return 0
    patterns = {name: missing.pattern(missing.Lack("soname", name)) for name in lacking}
    debian.FOLDER = "/tmp/apt"
    found = debian.packages_with(list(patterns.values()))
    if found is None:
        return fail(lacking, sorted(lacking)[0], "and Debian's index of contents cannot be had", "look at the network")
    for name in sorted(lacking):
        if not found[patterns[name]]:
            return fail(
                lacking,
                name,
                "which no package of this Debian release has",
                "add the distribution to from-source, or take another version of it",
            )
    packages = sorted({found[patterns[name]][0] for name in lacking})
    print(" ".join(packages))
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
