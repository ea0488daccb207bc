"""The gates of the image minimal: those of the image python, as far as they are about what is there, and its own.

usage: python gates SERIES ABSENT WITHOUT PATH..., as those of the image python

Runs as these do, with /mnt as components/minimal says, and with programs of the image python, by which some
gates look at this one. For Python 3.4 on.
"""

import os
import sys

sys.path[1:1] = ["/mnt/python-gates", os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import gate_content  # noqa: E402
import gate_environment  # noqa: E402
import gate_files  # noqa: E402
import gate_interpreters  # noqa: E402
import gate_libraries  # noqa: E402
import gate_modules  # noqa: E402
import gate_sysconfig  # noqa: E402
import gate_tls  # noqa: E402
import records  # noqa: E402
import tools  # noqa: E402
from failure import Expected, Failure  # noqa: E402

GATES = (
    ("content", gate_content.check),
    ("environment", gate_environment.check),
    ("interpreters", gate_interpreters.check),
    ("libraries", gate_libraries.check),
    ("modules", gate_modules.check),
    ("sysconfig", gate_sysconfig.check),
    ("files", gate_files.check),
    ("tls", gate_tls.check),
)


def main(series, absent, without, *paths):
    if sys.version_info >= (3, 6):
        os.environ.pop("HOME", None)
    # There is no shell that could be one's login.
    gate_interpreters.check_login_shell = lambda name: None
    records.use()
    tools.use()
    # What makes pip is not there, nor is pip.
    left_out = frozenset(absent.split(",")) | {"ensurepip"}
    expected = Expected(series, left_out, without, [path for path in paths if "pip" not in path])
    for name, check in GATES:
        try:
            print("gate %s: %s" % (name, check(expected)))
        except Failure as failure:
            return fail(name, failure.what, failure.remedy)
        except Exception as error:
            what = "%s: %s" % (type(error).__name__, error)
            return fail(name, what, "look at gate_%s.py in components/minimal/context/gates" % name)
    return 0


def fail(name, what, remedy):
    print(" ".join(("error: gate %s: %s; %s" % (name, what, remedy)).split()))
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
