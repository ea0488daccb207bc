"""What the install changed is safe to ship: its modes, and its bytecode."""

import _imp
import importlib.util
import os
import re
import stat
import sys

from failure import Failure

REMEDY = "correct the install script or the package"


def check(expected):
    files = sorted({path for root in expected.paths for path in walk(root)})
    for path in files:
        check_mode(path)
    library = "/opt/cpython/%s/lib/python%s" % (expected.series, expected.series)
    check_bytecode(library, expected.without)
    for path in walk("/venv/"):
        if "/__pycache__" in path:
            raise Failure("%s is bytecode in /venv, which ships none" % path, REMEDY)
    return (
        "%d paths are nobody's to write and run as their user; bytecode is there where it should be"
        % len(files)
    )


def walk(root):
    """A path, the folders that it is in, and where it ends with a slash all that is in it."""
    path = root.rstrip("/")
    while path != "/":
        if os.path.lexists(path):
            yield path
        path = os.path.dirname(path)
    for folder, folders, names in os.walk(root, onerror=unreadable) if root.endswith("/") else ():
        for name in folders + names:
            yield os.path.join(folder, name)


def unreadable(error):
    if isinstance(error, PermissionError):
        raise Failure("%s cannot be read by every user" % error.filename, REMEDY)


def check_mode(path):
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return
    if mode & (stat.S_ISUID | stat.S_ISGID):
        raise Failure(
            "%s has the set-user-ID or set-group-ID bit (%o)" % (path, stat.S_IMODE(mode)), REMEDY
        )
    if mode & stat.S_IWOTH:
        raise Failure("%s is writable for everybody (%o)" % (path, stat.S_IMODE(mode)), REMEDY)


# Bit 0 of the header's flags: by hash; bit 1: check the source (PEP 552).
CHECKED_HASH = b"\x03\x00\x00\x00"


def check_bytecode(library, without):
    """One file for each module but those without, unoptimised, that heeds an edit of its source, whatever its time."""
    for folder, folders, names in os.walk(library):
        if os.path.basename(folder) == "site-packages":
            folders[:] = []
            continue
        if os.path.basename(folder) == "__pycache__":
            continue
        sources = [os.path.join(folder, name) for name in names if name.endswith(".py")]
        paths = [os.path.relpath(source, library) for source in sources]
        wanted = {
            cached_name(source)
            for source, path in zip(sources, paths)
            if not re.match(without, path) and not is_frozen(path)
        }
        cache = os.path.join(folder, "__pycache__")
        there = set(os.listdir(cache)) if os.path.isdir(cache) else set()
        for name in sorted(wanted ^ there):
            state = "is missing" if name in wanted else "belongs to no module"
            raise Failure("the bytecode %s/%s %s" % (cache, name, state), REMEDY)
        for name in sorted(wanted):
            check_header(os.path.join(cache, name))


def is_frozen(path):
    """Whether the interpreter holds the module itself: zipimport, from Python 3.11 on all of a start's."""
    if not re.match(r"(importlib/)?\w+\.py$", path):
        return False
    return _imp.is_frozen(path[:-3].replace("/", "."))


def cached_name(source):
    return os.path.basename(importlib.util.cache_from_source(source))


def check_header(path):
    with open(path, "rb") as file:
        header = file.read(8)
    if sys.version_info >= (3, 7) and header[4:] != CHECKED_HASH:
        raise Failure("the bytecode %s is not of the kind checked-hash" % path, REMEDY)
