"""The copy of the user's sources that everything is built in."""

import os
import re
import shutil
import stat

from failure import Failure, listing, say

# Folders that are made anew where they are needed, by name.
LEFT_OUT = ("node_modules", "__pycache__", "_skbuild")
# Files whose folder is one: a cache by the Cache Directory Tagging Specification
# (pytest's, cargo's target), a virtual environment (PEP 405), CMake's and Meson's.
MARKS = ("CACHEDIR.TAG", "pyvenv.cfg", "CMakeCache.txt", "meson-private")
# What makes a folder that of a project, beside which setuptools has its build folder.
PROJECTS = ("pyproject.toml", "setup.py", "setup.cfg")
# What setuptools puts into build/: a module that is gone from the sources is still there.
SETUPTOOLS_BUILD = re.compile(r"(lib|(lib|temp|bdist)\..+)$")


def copy(source, target, wheel_dir):
    """Copy a tree, but for what builds left in it; of git's objects there is only a reference.

    The folder of wheels, where it is in the tree, becomes a link to where it is.
    """
    left, repositories, wheels = [], [], []

    def ignore(folder, names):
        if os.path.basename(folder) == ".git" and "objects" in names:
            repositories.append(folder)
            return [name for name in names if name in ("objects", "lfs")]
        skipped = []
        for name in names:
            path = os.path.join(folder, name)
            if is_same(path, wheel_dir):
                wheels.append(path)
                skipped.append(name)
            elif is_left_over(path) or not is_plain(path):
                left.append(os.path.relpath(path, source))
                skipped.append(name)
        return skipped

    try:
        shutil.copytree(source, target, symlinks=True, ignore=ignore)
    except (shutil.Error, OSError) as error:
        raise Failure(
            "%s cannot be copied: %s" % (source, reason(error)),
            "make it readable for user %d" % os.getuid(),
        )

    def there(path):
        return os.path.join(target, os.path.relpath(path, source))

    for path in wheels:
        os.symlink(wheel_dir, there(path))
    for repository in repositories:
        borrow_objects(repository, there(repository))
    if left:
        say("==> sources without what builds left: %s" % listing(sorted(left)))


def is_same(path, wheel_dir):
    return os.path.isdir(path) and os.path.isdir(wheel_dir) and os.path.samefile(path, wheel_dir)


def is_plain(path):
    """Tells whether it is a file, a folder or a link: no socket, pipe or device."""
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def is_left_over(path):
    """Tells whether a build or a tool made it, and would make it again."""
    folder, name = os.path.split(path)
    if os.path.islink(path) or not os.path.isdir(path):
        return False
    if name in LEFT_OUT or name.endswith(".egg-info"):
        return True
    if any(os.path.exists(os.path.join(path, mark)) for mark in MARKS):
        return True
    return (
        os.path.basename(folder) == "build"
        and SETUPTOOLS_BUILD.match(name) is not None
        and any(os.path.exists(os.path.join(folder, "..", mark)) for mark in PROJECTS)
    )


def borrow_objects(repository, copied):
    """gitrepository-layout(5): a repository may find its objects in another one."""
    info = os.path.join(copied, "objects", "info")
    os.makedirs(info)
    with open(os.path.join(info, "alternates"), "w") as file:
        file.write(os.path.join(repository, "objects") + "\n")


def reason(error):
    """Of shutil's list of errors the first; each is a source, a target and a reason."""
    if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
        return error.args[0][0][2]
    return str(error)
