"""The GIL is off, and no extension module of the standard library turns it on again."""

import os
import subprocess
import sys
import sysconfig

from failure import Failure

REMEDY = "see that configure had --disable-gil (stacks/variants.ts)"

# What does not say that it works without the GIL turns it on when it is imported (PEP 703).
IMPORT_ALL = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    if sys._is_gil_enabled():
        sys.exit(name)
"""


def check(expected):
    if not sysconfig.get_config_var("Py_GIL_DISABLED") or sys.abiflags != "t":
        raise Failure("this is not a free-threaded Python", REMEDY)
    if sys._is_gil_enabled():
        raise Failure("the GIL is on", "look for PYTHON_GIL in the image's environment")
    names = extension_modules()
    # -I: PYTHON_GIL does not count.
    process = subprocess.Popen(
        [sys.executable, "-I", "-W", "ignore", "-c", IMPORT_ALL] + names,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    last = process.communicate()[1].decode("utf-8", "replace").strip().splitlines()[-1:]
    if process.returncode:
        raise Failure("the import of %s turns the GIL on" % "".join(last), "leave it out")
    return "off, also with %d extension modules" % len(names)


def extension_modules():
    folder = os.path.join(sysconfig.get_path("stdlib"), "lib-dynload")
    return sorted({name.partition(".")[0] for name in os.listdir(folder)})
