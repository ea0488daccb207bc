"""What a failed build lacked, by what compilers and build tools say."""

import re
from collections import namedtuple

# kind: header, library, pkg-config file or program.
Lack = namedtuple("Lack", "kind name")

NAME = r"([\w.+-]+)"
# The first kinds are what stops a build; a program may be one of several that were tried.
SAYINGS = (
    # gcc, clang
    ("header", r"fatal error: '?([\w./+-]+)'?(?:: No such file or directory| file not found)"),
    # ld
    ("library", r"cannot find -l" + NAME + r"(?=:|\s|$)"),
    # pkg-config, pkgconf, Meson
    ("pkg-config", r"No package '" + NAME + r"' found"),
    ("pkg-config", r"Package '?" + NAME + r"'?, required by '[^']*', not found"),
    ("pkg-config", r"Package " + NAME + r" was not found in the pkg-config search path"),
    ("pkg-config", r"Dependency \"" + NAME + r"\" not found"),
    # lxml's set-up
    ("development", r"make sure the " + NAME + r" and " + NAME + r" development packages"),
    # dash, psycopg2's set-up, Python, Meson, setuptools-rust
    ("program", r"(?:^|[\s:'\"])" + NAME + r": (?:command )?not found"),
    ("program", NAME + r" executable not found"),
    ("program", r"No such file or directory: '" + NAME + r"'"),
    ("program", r"Program '?" + NAME + r"'? not found"),
    ("program", r"command '" + NAME + r"' failed: No such file"),
    ("rustc", r"(can't find Rust compiler)"),
)
# libpython, as the linker has it: pythonX.Y, with ABI flags.
EMBEDDED = re.compile(r"python3(\.\d+)?[a-z]*$")
# Where a file of each kind is, without the slash at the start.
PATHS = {
    "header": r"usr/include/(.*/)?%s$",
    "library": r"usr/lib/([^/]+/)?lib%s\.so$",
    "soname": r"(usr/)?lib/([^/]+/)?%s$",
    "pkg-config": r"usr/(lib/[^/]+|lib|share)/pkgconfig/%s\.pc$",
    "development": r"usr/(lib/[^/]+|lib)/%s\.so$",
    "program": r"usr/s?bin/%s$",
}


def lacks(text):
    """What was missing, of the first kind that the output has."""
    found = []
    for kind, saying in SAYINGS:
        names = re.findall(saying, text, re.MULTILINE)
        if found and found[0].kind != kind and kind in ("program", "rustc"):
            break
        for group in names:
            for name in group if isinstance(group, tuple) else (group,):
                lack = Lack("program", "rustc") if kind == "rustc" else Lack(kind, name)
                if lack not in found:
                    found.append(lack)
    return found[:4]


def described(lack):
    return {
        "header": "the header %s",
        "library": "the library lib%s.so",
        "pkg-config": "the library %s (pkg-config)",
        "development": "the library %s",
        "program": "the program %s",
    }[lack.kind] % lack.name


def pattern(lack):
    return PATHS[lack.kind] % re.escape(lack.name)


def explain(text, packages_with, adding="add --apt '%s'"):
    """What was missing and what helps, as two texts; None where the output says nothing of it.

    packages_with: finds the packages of patterns, as that of debian.py. adding: how packages are added.
    """
    missing = lacks(text)
    if not missing:
        return None
    embedded = [lack.name for lack in missing if lack.kind == "library" and EMBEDDED.match(lack.name)]
    if embedded:
        # A Debian release may have a library of this name, which is of its own Python.
        return (
            "it links lib%s, and this CPython has no libpython, shared or static" % embedded[0],
            "use a wheel or a replacement that does not embed Python (uWSGI: pyuwsgi)",
        )
    what = "the build lacks " + " and ".join(described(lack) for lack in missing)
    found = packages_with([pattern(lack) for lack in missing])
    if found is None:
        return what, "find its package at packages.debian.org (contents), and " + adding % "PACKAGE"
    packages = [found[pattern(lack)] for lack in missing]
    names = sorted({names[0] for names in packages if names})
    if not names:
        return what, "no package of this Debian release has it; see the project's documentation"
    others = sorted({name for some in packages for name in some[1:3]} - set(names))
    also = " (others have it too: %s)" % ", ".join(others) if others else ""
    return what + ", which is in " + ", ".join(names) + also, adding % " ".join(names)
