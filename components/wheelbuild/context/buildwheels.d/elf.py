"""What programs and libraries need of the system, by binutils' objdump."""

import os
import re
import subprocess
from collections import namedtuple

# libraries: the sonames of NEEDED, glibc's own not among them; glibc: the newest
# of its symbol versions that is needed, as (2, 34), None where that is none.
Needs = namedtuple("Needs", "libraries glibc")

# Of glibc 2.36 (dpkg -L libc6), and of the older ones; libcrypt is another project's.
GLIBC = re.compile(
    r"(ld-linux.*|libBrokenLocale|lib(anl|c|dl|m|mvec|nsl|pthread|resolv|rt|thread_db|util))\.so\.\d+$"
)


def own_glibc():
    """The version of glibc here."""
    return version(os.confstr("CS_GNU_LIBC_VERSION").split()[1])


def version(text):
    return tuple(int(part) for part in text.split(".")[:2])


def needs(path):
    """The needs of one file."""
    return parse(subprocess.check_output(["objdump", "-p", path]).decode("utf-8", "replace"))


def parse(text):
    """The needs, of what `objdump -p` prints."""
    names = re.findall(r"^  NEEDED +(\S+)$", text, re.MULTILINE)
    needed = re.findall(r"^    0x\w+ 0x\w+ \d+ GLIBC_(\S+)$", text, re.MULTILINE)
    versions = [
        # One without a number is of a feature: ABI_DT_RELR came with 2.36, and of
        # what comes after it nothing is known but that this glibc has it.
        version(name) if re.match(r"\d+\.\d+", name) else own_glibc()
        for name in needed
    ]
    libraries = {name for name in names if not GLIBC.match(name)}
    return Needs(libraries, max(versions) if versions else None)


def together(several):
    """The needs of several files."""
    libraries, versions = set(), [each.glibc for each in several if each.glibc]
    for each in several:
        libraries |= each.libraries
    return Needs(libraries, max(versions) if versions else None)
