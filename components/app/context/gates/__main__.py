"""The gates of an app's dependencies: what must hold before their image gets a name.

usage: python gates EXCEPTION...

Runs in a container of the image that is read-only and has no network, as a user who is not in
/etc/passwd. EXCEPTION is the name of a distribution that need not import. Each gate says its verdict
in one line; the first that fails ends it with "error: gate NAME: WHAT; REMEDY" and exit code 1. What
a user should know is a line "warning: ...". For Python 3.4 on.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "python-gates"))

import gate_agreement
import gate_copies
import gate_imports
import gate_needed
from distributions import installed
from failure import Failure

GATES = (
    ("agreement", gate_agreement.check),
    ("needed", gate_needed.check),
    ("imports", gate_imports.check),
    ("copies", gate_copies.check),
)


def main(*exceptions):
    distributions = installed()
    for name, check in GATES:
        try:
            print("gate %s: %s" % (name, check(distributions, exceptions)))
        except Failure as failure:
            what = "%s; %s" % (failure.what, failure.remedy)
            print(" ".join(("error: gate %s: %s" % (name, what)).split()))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
