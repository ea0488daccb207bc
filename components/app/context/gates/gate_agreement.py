"""The distributions that are there are those that they ask for: pip has nothing to complain about."""

import subprocess
import sys

from failure import Failure


def check(distributions, exceptions):
    process = subprocess.Popen(
        [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    output = process.communicate()[0].decode("utf-8", "replace").strip()
    if process.returncode:
        print(output)
        raise Failure(output.splitlines()[0] if output else "pip check fails", "lock again, without an override of a dependency")
    return "%d distributions ask for what is there" % len(distributions)
