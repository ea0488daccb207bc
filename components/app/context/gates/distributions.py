"""What is installed in /venv, by its own records (PyPA specification "Recording installed projects")."""

import csv
import os
import re
import sysconfig
from collections import namedtuple

# name: normalised (PEP 503); files: absolute paths of all its files.
Distribution = namedtuple("Distribution", "name files")

SITE = sysconfig.get_path("purelib")


def installed():
    """All but pip, which the image python has and holds to its own gates."""
    found = []
    for folder in sorted(os.listdir(SITE)):
        record = os.path.join(SITE, folder, "RECORD")
        if folder.endswith(".dist-info") and os.path.isfile(record):
            name = re.sub("[-_.]+", "-", folder.split("-")[0]).lower()
            if name != "pip":
                found.append(Distribution(name, files_of(record)))
    return found


def files_of(record):
    with open(record, encoding="utf-8", newline="") as file:
        paths = [row[0] for row in csv.reader(file) if row]
    return [os.path.normpath(os.path.join(SITE, path)) for path in paths]


def elf_files(distribution):
    """Its programs and shared objects."""
    for path in distribution.files:
        if os.path.isfile(path) and not os.path.islink(path):
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path
