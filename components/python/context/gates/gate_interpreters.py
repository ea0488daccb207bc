"""Who looks for Python finds it: by PATH, in /usr/local/bin, in a login shell.

uv, tox and their like take PATH's first interpreter that is not of a virtual
environment, since they make such environments of it.
"""

import os
import subprocess
import sys
import sysconfig

from failure import Failure

REMEDY = "correct components/python/context/install, or PATH in components/python/python.ts"

# Where an interpreter is, where packages go, their programs, and what it imports.
FACTS = """
import os, sys, sysconfig
print(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
print("\\n".join([sys.prefix, sysconfig.get_path("scripts"), sysconfig.get_path("purelib")]))
print("\\n".join(sys.path))
"""


def check(expected):
    names = ("python", "python3", "python" + expected.series)
    base = "/opt/cpython/" + expected.series
    folders = os.environ["PATH"].split(":")
    python = next(outside_venv(os.path.join(f, name) for f in folders for name in names), None)
    check_base(python, base, folders)
    for name in names:
        path = os.path.join("/usr/local/bin", name)
        if os.path.realpath(path) != os.path.join(base, "bin", names[-1]):
            raise Failure("%s is not the interpreter of %s" % (path, base), REMEDY)
        check_base(path, base, folders)
    check_login_shell(expected.series)
    return "%s is the one outside of /venv; login shells have /venv's" % python


def outside_venv(paths):
    return (p for p in paths if os.access(p, os.X_OK) and facts(p)[1] != sys.prefix)


def facts(python):
    return run(python, "-c", FACTS)


def check_base(python, base, folders):
    """Packages that pip or uv installs, here or there, can be imported and run by both."""
    if python is None:
        raise Failure("PATH has no interpreter outside of /venv", REMEDY)
    lines = facts(python)
    marker, prefix, scripts, packages = lines[:4]
    if prefix != base:
        raise Failure("%s is of %s, and not of %s" % (python, prefix, base), REMEDY)
    if os.path.exists(marker):
        raise Failure("%s is there: nothing can be installed" % marker, REMEDY)
    if scripts not in folders:
        raise Failure("PATH lacks %s, where %s has programs" % (scripts, python), REMEDY)
    if packages not in sys.path:
        raise Failure("/venv does not import the packages of %s" % python, REMEDY)
    if sysconfig.get_path("purelib") not in lines[4:]:
        raise Failure("%s does not import the packages of /venv" % python, REMEDY)


def check_login_shell(series):
    for name in ("python", "python3", "python" + series, "pip"):
        found = run("/bin/sh", "-lc", "command -v " + name + " || :")
        if found != ["/venv/bin/" + name]:
            raise Failure("a login shell takes %s for %s" % ("".join(found) or "nothing", name), REMEDY)


def run(*command):
    """The lines of its standard output, in an environment with HOME alone (bpo-10496)."""
    process = subprocess.Popen(command, env={"HOME": "/"}, stdout=subprocess.PIPE)
    return process.communicate()[0].decode().splitlines()
