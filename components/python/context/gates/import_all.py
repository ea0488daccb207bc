"""Import modules in turn: NAME before each, and NAME<TAB>REASON where it fails.

usage: python -I import_all.py NAME...
"""

import importlib
import os
import sys


def main(names):
    report = os.fdopen(os.dup(1), "w", 1)
    # Some print (this, __hello__), and some could read.
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    for name in names:
        report.write(name + "\n")
        try:
            if name == "antigravity":
                # It opens a page in a browser.
                importlib.import_module("webbrowser").open = lambda url: False
            importlib.import_module(name)
        except BaseException as error:
            reason = " ".join(("%s: %s" % (type(error).__name__, error)).split())
            report.write("%s\t%s\n" % (name, reason))
    # No module's own end: none may hang or speak.
    os._exit(0)


main(sys.argv[1:])
