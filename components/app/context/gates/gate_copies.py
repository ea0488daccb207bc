"""How many copies of the libraries that security fixes are about one process of the app would have.

A distribution's own copy is fixed by a new version of that distribution, and not by Debian. It is
told, and no fault: most wheels from the index have some.
"""

import os
import re

from distributions import elf_files

# Each as its files are named, and what its code says of itself where it is linked statically: of
# OpenSSL its version text (crypto/cversion.c), of zlib its copyright (deflate.c), of libxml2 what it
# says where another version is loaded (parserInternals.c), and no version.
LIBRARIES = (
    ("OpenSSL", r"lib(ssl|crypto)\b", re.compile(br"OpenSSL (\d+\.\d+\.\d+\w*) +(?:FIPS )?\d+ \w{3} \d{4}")),
    ("libpq", r"libpq\b", None),
    ("libxml2", r"libxml2\b", re.compile(br"program compiled against libxml %d using older()")),
    ("zlib", r"libz\b", re.compile(br" deflate (\d+\.\d+[\d.]*) Copyright 1995-")),
)


def check(distributions, exceptions):
    counts = []
    for library, file_name, text in LIBRARIES:
        owners = {each.name: copy for each in distributions for copy in copies(each, file_name, text)}
        for name, version in sorted(owners.items()):
            told = " " + version if version else ""
            print(
                "warning: %s brings its own %s%s, which no fix of Debian's reaches;"
                " from-source = [\"%s\"] links Debian's" % (name, library, told, name)
            )
        counts.append("%s %d" % (library, len(owners) + 1))
    return "copies that one process may have, Debian's among them: " + ", ".join(counts)


def copies(distribution, file_name, text):
    """The version of a copy, or an empty text where it does not say so."""
    found = None
    for path in elf_files(distribution):
        named = re.match(file_name, os.path.basename(path))
        match = text and text.search(content(path))
        if match:
            found = match.group(1).decode()
        elif named and found is None:
            found = ""
    return [] if found is None else [found]


def content(path):
    with open(path, "rb") as file:
        return file.read()
