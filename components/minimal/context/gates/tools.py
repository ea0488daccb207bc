"""Programs of the image python, for gates in an image that has none (makeContainer of components/step)."""

import os
import shutil
import subprocess

# Its /bin and its /usr/bin.
PROGRAMS = "/media:/home"
# Its /venv.
VENV = "/srv"

COMMON = subprocess.Popen


def use():
    """Have the programs found that gates call: behind all that the image has itself."""
    os.environ["PATH"] += ":" + PROGRAMS
    subprocess.Popen = Popen


class Popen(COMMON):
    """As subprocess has it. ldd is a script of bash, and /bin/bash is not there."""

    def __init__(self, args, *others, **named):
        if args[0] == "ldd":
            args = [shutil.which(name, path=PROGRAMS) for name in ("bash", "ldd")] + list(args[1:])
        COMMON.__init__(self, args, *others, **named)
