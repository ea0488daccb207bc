"""sysconfig names no folder of the build, and gives users' extensions good compiler flags."""

import re
import subprocess
import sys
import sysconfig

from failure import Failure

REMEDY = "correct components/pybuild/context/recipe/debian/rules"

# What setuptools and other build backends take from it for extensions.
COMPILE = ("CC", "CXX", "OPT", "BASECFLAGS", "CFLAGS", "PY_CFLAGS", "CPPFLAGS", "CCSHARED")
LINK = ("LDFLAGS", "PY_LDFLAGS", "LDSHARED", "LDCXXSHARED")

# Flags that are good for the interpreter at most.
UNWANTED = (
    (r"-Werror\S*", "a newer compiler's warning ends a user's build"),
    (r"-flto\S*", "it makes objects that only the same compiler reads"),
    (r"(-fprofile-|-fauto-profile|--coverage)\S*", "the profile is not the extension's"),
    (r"-specs=\S*", "the file is not on a user's machine"),
    (r"-f(file|debug|macro)-prefix-map=\S*", "the folder is the one of our build"),
    (r"-(march|mcpu|mtune)=\S*", "the extension runs on one kind of processor only"),
    (r"-fsanitize=\S*", "the interpreter lacks the run-time library"),
    (r"-g0", "it takes the debug information that a user asks for away"),
    (r"-fno-plt", "it is our choice for the interpreter, not the user's"),
    (r"-O[01g]?", "it undoes CPython's own -O3"),
    (r"(-Wl,-rpath\S*|-Wl,-R\S*|-R\S*)", "the extension looks for its libraries in our folders"),
)

# A path: absolute, at the start of a word or behind -I and the like.
PATH = re.compile(r"(?:(?<=-[ILB])|(?<![\w.)}\]/*]))/\w[^\s'\":;,=]*")


def check(expected):
    variables = sysconfig.get_config_vars()
    check_paths(variables, expected.series)
    check_flags(variables)
    # The whole of it, as users call it.
    subprocess.check_output([sys.executable, "-m", "sysconfig"])
    return "%d variables name no folder of the build and no flag of ours" % len(variables)


def check_paths(variables, series):
    known = ("/opt/cpython/" + series, sys.prefix, "/usr", "/bin", "/lib", "/etc", "/dev")
    for name, value in sorted(variables.items()):
        # userbase is made up at run time.
        for path in PATH.findall(value) if isinstance(value, str) and name != "userbase" else ():
            if not any((path + "/").startswith(folder + "/") for folder in known):
                raise Failure("%s has the path %s" % (name, path), REMEDY)


def check_flags(variables):
    for name in COMPILE + LINK:
        words = str(variables.get(name) or "").split()
        for pattern, reason in UNWANTED:
            # Until 3.7, --with-lto puts its flags into LDFLAGS (bpo-35257); without
            # objects made so, they do nothing.
            if "flto" in pattern and name in LINK and sys.version_info < (3, 7):
                continue
            for word in words:
                if re.match(pattern + "$", word):
                    raise Failure("%s has %s: %s" % (name, word, reason), REMEDY)
    if not re.search(r"-O[23]\b", variables["CFLAGS"]):
        raise Failure("CFLAGS has neither -O2 nor -O3: extensions are slow", REMEDY)
