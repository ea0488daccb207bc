"""Make the root of the image minimal, in the image python.

usage: assemble.py TARGET BASE,... STOP,... PACKAGE...

TARGET is a folder that is not there. The first PACKAGE is CPython's, whose own needs come without programs.
For Python 3.4 on.
"""

import os
import sys

import tree


def main(target, base, stops, *packages):
    tree.assemble(target, packages, base.split(","), stops.split(","))
    clamp(target)


def clamp(target):
    # The date of the source of CPython, which dpkg-buildpackage gave to all that it made.
    tree.clamp(target, os.stat(os.path.realpath("/venv/bin/python")).st_mtime)


if __name__ == "__main__":
    main(*sys.argv[1:])
