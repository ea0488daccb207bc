"""Each library that a program or extension module needs is there."""

import os
import re
import subprocess

from distributions import elf_files
from failure import Failure

# At most so many files for one ldd: a command line has an end.
MANY = 200


def check(distributions, exceptions):
    owners = {path: each.name for each in distributions for path in elf_files(each)}
    bundled = {os.path.basename(path) for path in owners}
    files = sorted(owners)
    for start in range(0, len(files), MANY):
        for path, soname in missing(files[start : start + MANY]):
            # A distribution may load another's library itself, before it is needed.
            if soname not in bundled:
                raise Failure(
                    "%s: %s needs %s, which is missing" % (owners[path], path, soname),
                    "name its Debian package in packages of [tool.debian-python]",
                )
    return "%d files have the libraries that they need" % len(files)


def missing(files):
    """Pairs of a file and the name of a library that the dynamic linker does not find."""
    process = subprocess.Popen(
        ["ldd"] + files,
        env=dict(os.environ, LC_ALL="C"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    path = files[0]
    for line in process.communicate()[0].decode("utf-8", "replace").splitlines():
        if not line[:1].isspace() and line.endswith(":"):
            path = line[:-1]
        match = re.match(r"\s+(\S+) => not found", line)
        if match:
            yield path, match.group(1)
