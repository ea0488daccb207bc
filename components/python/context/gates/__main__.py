"""The gates of the image python: what must hold before it gets a name.

usage: python gates SERIES ABSENT WITHOUT PATH...

Runs in a container of the image that is read-only and has no network, as a user
who is not in /etc/passwd. It writes to /dev/shm alone. ABSENT is a list with
commas, WITHOUT a regular expression. Each gate says its verdict in one line; the first that fails ends it with
"error: gate NAME: WHAT; REMEDY" and exit code 1. For Python 3.4 to 3.15.
"""

import os
import sys

import gate_environment
import gate_files
import gate_interpreters
import gate_libraries
import gate_modules
import gate_sysconfig
import gate_tls
import gate_venv
from failure import Expected, Failure

# The quick ones first, and what explains another gate's failure before it.
GATES = (
    ("environment", gate_environment.check),
    ("interpreters", gate_interpreters.check),
    ("libraries", gate_libraries.check),
    ("modules", gate_modules.check),
    ("sysconfig", gate_sysconfig.check),
    ("files", gate_files.check),
    ("tls", gate_tls.check),
    ("venv", gate_venv.check),
)


def main(series, absent, without, *paths):
    # Docker sets it for every user. Before 3.6 the interpreter does not start
    # without it for a user who is not in /etc/passwd (bpo-10496).
    if sys.version_info >= (3, 6):
        os.environ.pop("HOME", None)
    expected = Expected(series, frozenset(absent.split(",")), without, paths)
    for name, check in GATES:
        try:
            print("gate %s: %s" % (name, check(expected)))
        except Failure as failure:
            return fail(name, failure.what, failure.remedy)
        except Exception as error:
            # What no gate thought of, such as an installed file that nobody may read.
            what = "%s: %s" % (type(error).__name__, error)
            return fail(name, what, "look at gate_%s.py in components/python/context/gates" % name)
    return 0


def fail(name, what, remedy):
    print(" ".join(("error: gate %s: %s; %s" % (name, what, remedy)).split()))
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
