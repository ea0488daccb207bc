"""The folder that the wheels go to."""

import os
import shutil
import time

from failure import Failure, say

MOUNTS = "/proc/self/mountinfo"


def check(path, must_be_mount, mounts=MOUNTS):
    """See to it that what is put there is neither refused nor lost. Made if it is not there."""
    if must_be_mount and not is_mount(path, mounts):
        raise Failure(
            "nothing is mounted at /wheels: the wheels would be lost with the container",
            'add -v "$PWD/wheels":/wheels, or name a folder with --wheel-dir',
        )
    try:
        if not os.path.isdir(path):
            os.makedirs(path)
        writable = os.access(path, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise Failure(
            "%s is not writable for user %d" % (path, os.getuid()),
            "make the folder before Docker does, or give this user the right to it",
        )


def is_mount(path, mounts=MOUNTS):
    """Tells whether something is mounted there: proc(5), the fifth field of mountinfo."""
    with open(mounts) as file:
        return any(line.split()[4] == path for line in file)


class Store:
    """The folder, in which a wheel is whole from the first moment on."""

    def __init__(self, folder, source):
        self.folder = folder
        found = os.stat(folder)
        # One that is root's may be what Docker made: then the user is who has the sources.
        owner = found if found.st_uid != 0 else os.stat(source)
        self.ids = owner.st_uid, owner.st_gid
        if not os.listdir(folder):
            self.give(folder)
        # What a run that was killed left.
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.endswith(".partial") and os.stat(path).st_mtime < time.time() - 3600:
                os.remove(path)

    def wheels(self):
        """The paths of the wheels that are there."""
        names = sorted(os.listdir(self.folder))
        return [os.path.join(self.folder, name) for name in names if name.endswith(".whl")]

    def copy(self, path):
        """Take a wheel in: the path that it has then."""
        target = os.path.join(self.folder, os.path.basename(path))
        partial = "%s.%s.partial" % (target, os.uname().nodename)
        shutil.copyfile(path, partial)
        os.chmod(partial, 0o644)
        os.rename(partial, target)
        self.give(target)
        return target

    def give(self, path):
        """Give it to its owner, as far as the container may."""
        found = os.stat(path)
        if (found.st_uid, found.st_gid) == self.ids:
            return
        try:
            os.chown(path, self.ids[0], self.ids[1])
        except OSError as error:
            say("warning: %s stays user %d's: %s" % (path, found.st_uid, error.strerror))
