"""Add Debian packages to the image minimal: those that are named, and those whose libraries wheels need.

usage: packages.py BASE,... STOP,... PACKAGE [NAME...]

Runs in the image python, where they are installed first, with wheels at /mnt. What the image minimal then has
more is in /layer. Says which packages, as `packages: NAME...`. For Python 3.4 on.
"""

import contextlib
import io
import os
import re
import subprocess
import sys

sys.path[1:1] = ["/mnt", "/mnt/buildwheels", "/mnt/python-gates"]

import assemble  # noqa: E402
import debian  # noqa: E402
import dpkg  # noqa: E402
import libraries  # noqa: E402
import tree  # noqa: E402

BEFORE, AFTER, LAYER = "/minimal", "/minimal-after", "/layer"
WHEELS = "/mnt"


def main(base, stops, package, *names):
    assemble.main(BEFORE, base, stops, package)
    wanted = sorted(set(names) | set(needed(sonames(BEFORE))))
    missing = [name for name in wanted if name not in dpkg.Root().packages()]
    if missing and subprocess.call(["aptinstall"] + missing) != 0:
        return 1
    if wanted:
        assemble.main(AFTER, base, stops, package, *wanted)
        tree.difference(BEFORE, AFTER, LAYER)
        assemble.clamp(LAYER)
    print("packages: " + " ".join(wanted))
    return 0


def sonames(root):
    """The libraries that the linker of a root finds."""
    cache = os.path.join(root, "etc/ld.so.cache")
    said = subprocess.check_output(["/sbin/ldconfig", "--print-cache", "-C", cache]).decode()
    return set(re.findall(r"^\t(\S+) ", said, re.MULTILINE))


def needed(here):
    """The packages of libraries that the wheels need, and that are not here."""
    lacking = libraries.lacks(WHEELS, here)
    # The image python has some more than the image minimal.
    owners = {soname: debian.owner(soname) for soname in lacking}
    owners = {soname: owner for soname, owner in owners.items() if owner is not None}
    libraries.libraries_here = lambda: here | set(owners)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        if libraries.main(WHEELS) != 0:
            raise SystemExit(1)
    return set(owners.values()) | set(said.getvalue().split())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
