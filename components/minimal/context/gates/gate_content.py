"""Each file is of a package that dpkg names, or is one of those that are made; and none of them is a tool."""

import os
import re
import stat
import subprocess
import sys
import tempfile

import dpkg
import tree
from failure import Failure

TREE = "correct components/minimal/context/tree.py"

# Programs by which somebody in a container could go on: shells, package managers, pip.
TOOLS = re.compile(
    r"((ba|da|z|k|c|tc|fi)?sh|busybox|apt([-\w]+)?|dpkg([-\w]+)?|debconf|perl[\d.]*|pip[\d.]*|curl|wget)$"
)
PIP = re.compile(r"/(site-packages/pip|pip-[^/]*\.whl$|ensurepip/)")
# Of each container.
DOCKER = frozenset(["/.dockerenv", "/etc/mtab", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])


def check(expected):
    files = list(walk("/", os.lstat("/").st_dev))
    listed = listed_paths()
    for path in files:
        check_path(path)
        if path not in listed and not tree.is_made(path):
            raise Failure("%s is of no package that is kept, and not made" % path, TREE)
    check_venv()
    return "%d files, each of a package or made: no shell, no package manager, no pip" % len(files)


def walk(folder, device):
    """All files and links of a file system; what is mounted in it is not of the image."""
    for entry in sorted(os.listdir(folder)) if os.access(folder, os.R_OK) else ():
        path = os.path.join(folder, entry)
        state = os.lstat(path)
        if state.st_dev != device or path in DOCKER:
            continue
        if not stat.S_ISDIR(state.st_mode):
            yield path
            continue
        if state.st_mode & stat.S_IWOTH and not state.st_mode & stat.S_ISVTX:
            raise Failure("%s is writable for everybody" % path, TREE)
        for each in walk(path, device):
            yield each


def listed_paths():
    root = dpkg.Root()
    found = {tree.canonical(path) for each in root.packages().values() for path in root.files(each)}
    return found | {tree.canonical(other) for _, other, _ in root.diversions()}


def check_path(path):
    state = os.lstat(path)
    if stat.S_ISLNK(state.st_mode):
        return
    if state.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH):
        mode = stat.S_IMODE(state.st_mode)
        raise Failure("%s is set-user-ID, set-group-ID or everybody's to write (%o)" % (path, mode), TREE)
    if state.st_mode & 0o111 and TOOLS.match(os.path.basename(path)) or PIP.search(path):
        raise Failure("%s is a tool, which the image does not have" % path, TREE)


def check_venv():
    """Without pip, one can be made."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        made = os.path.join(folder, "venv")
        subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", made])
        subprocess.check_call([os.path.join(made, "bin", "python"), "-c", "import ssl"])
