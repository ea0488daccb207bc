"""A user's virtual environment can be made, with pip; and pip has nothing to complain about."""

import os
import shutil
import subprocess
import sys
import tempfile

from failure import Failure

REMEDY = "look at ensurepip in the package, and at what install adds to /venv"


def check(expected):
    folder = tempfile.mkdtemp(dir="/dev/shm")
    # ensurepip unpacks there; /tmp is read-only.
    environment = dict(os.environ, TMPDIR=folder, PIP_DISABLE_PIP_VERSION_CHECK="1")
    try:
        made = os.path.join(folder, "venv")
        run(environment, sys.executable, "-m", "pip", "check")
        run(environment, sys.executable, "-m", "venv", made)
        run(environment, os.path.join(made, "bin", "python"), "-m", "pip", "check")
    finally:
        shutil.rmtree(folder)
    return "python -m venv makes one with pip; pip check finds nothing"


def run(environment, *command):
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.communicate()[0].decode("utf-8", "replace").strip()
    if process.returncode:
        last = output.splitlines()[-1] if output else "exit code %d" % process.returncode
        print(output)
        raise Failure("%s: %s" % (" ".join(command[1:3]), last), REMEDY)
