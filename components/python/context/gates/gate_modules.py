"""Every module of the standard library imports, but those that the package leaves out."""

import os
import re
import subprocess
import sys

from failure import Failure, listing

# Of other systems, by their whole name. Top-level ones are in
# sys.stdlib_module_names whatever the system; the others are files here too.
FOREIGN = frozenset(
    "_ios_support _msi _overlapped _scproxy _winapi _wmi msilib msvcrt nt winreg winsound"
    " asyncio.windows_events asyncio.windows_utils ctypes.wintypes"
    " distutils._msvccompiler distutils.msvc9compiler distutils.command.bdist_msi"
    " encodings.cp65001 encodings.mbcs encodings.oem multiprocessing.popen_spawn_win32"
    " _pyrepl.windows_console _pyrepl.windows_eventqueue".split()
)

# Import by no name that there is, in any build: a script that wants its folder on the path.
BROKEN = frozenset(["lib2to3.pgen2.conv"])


def check(expected):
    left_out = FOREIGN | BROKEN | expected.absent
    names = [name for name in sorted(module_names()) if not is_under(name, left_out)]
    failed, last = import_in_child(names)
    if last is not None:
        raise Failure(
            "the import of %s ends the interpreter" % last, "look at it with python -X faulthandler"
        )
    if failed:
        raise Failure(
            "%d do not import: %s" % (len(failed), listing("%s (%s)" % pair for pair in failed)),
            "keep them in debian/rules, or name them in leftOutModules of stacks/cpython.ts",
        )
    return "%d import" % len(names)


def is_under(name, packages):
    """Whether a module is, or is in, one of these."""
    parts = name.split(".")
    return any(".".join(parts[:count]) in packages for count in range(1, len(parts) + 1))


def module_names():
    """All there should be from 3.10 on, before it all there is; and the submodules there are."""
    library = os.path.dirname(os.__file__)
    found = set(file_modules(library)) | extension_modules(library) | set(sys.builtin_module_names)
    if sys.version_info < (3, 10):
        return found
    return sys.stdlib_module_names | {name for name in found if "." in name}


def file_modules(folder, prefix=""):
    """Modules by their files. What is no identifier is none: config-3.13, plat-linux."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        stem = name[:-3] if name.endswith(".py") else name
        if not re.match(r"[^\W\d]\w*$", stem) or stem in ("__init__", "__main__"):
            continue
        if os.path.isfile(os.path.join(path, "__init__.py")):
            yield prefix + stem
            for module in file_modules(path, prefix + stem + "."):
                yield module
        elif stem != name:
            yield prefix + stem


def extension_modules(library):
    return {name.partition(".")[0] for name in os.listdir(os.path.join(library, "lib-dynload"))}


def import_in_child(names):
    """Import in an interpreter of its own: the failed ones with their reason; what it died of."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "import_all.py")
    process = subprocess.Popen(
        # -I: the folder of these files is not on its path.
        [sys.executable, "-I", "-W", "ignore", script] + names,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    lines = process.communicate()[0].decode("utf-8", "replace").splitlines()
    begun = [line for line in lines if "\t" not in line]
    failed = [tuple(line.split("\t", 1)) for line in lines if "\t" in line]
    return failed, (begun[-1] if process.returncode and begun else None)
