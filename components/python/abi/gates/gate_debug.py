"""It is a debug build, which counts its references, and loads what is compiled for the common one too."""

import importlib.machinery
import sys
import sysconfig

from failure import Failure

REMEDY = "see that configure had --with-pydebug (stacks/variants.ts)"


def check(expected):
    if not hasattr(sys, "gettotalrefcount") or sys.abiflags != "d":
        raise Failure("this is not a debug build", REMEDY)
    own = sysconfig.get_config_var("EXT_SUFFIX")
    common = own.replace("d-", "-", 1)
    if common not in importlib.machinery.EXTENSION_SUFFIXES:
        raise Failure("it does not load %s" % common, REMEDY)
    return "counts %d references; loads %s and %s" % (sys.gettotalrefcount(), own, common)
