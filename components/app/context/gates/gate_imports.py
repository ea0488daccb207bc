"""Each distribution imports: its modules and packages that stand at the top."""

import importlib.machinery
import os
import re

from distributions import SITE
from failure import Failure, listing
from gate_modules import import_in_child

SUFFIXES = tuple(importlib.machinery.all_suffixes())
# What distributions install beside theirs, by mistake.
NOT_THEIRS = frozenset(["test", "tests", "testing", "docs", "doc", "examples", "benchmarks", "conftest"])


def check(distributions, exceptions):
    # Some need a place to write, as matplotlib for its cache: apps have /tmp for that, if they want.
    os.environ["TMPDIR"] = "/dev/shm"
    owners = {}
    for distribution in distributions:
        if distribution.name not in exceptions:
            for name in top_modules(distribution):
                owners.setdefault(name, distribution.name)
    failed, last = import_in_child(sorted(owners))
    if last is not None:
        raise failure([owners[last]], "the import of %s ends the interpreter" % last)
    if failed:
        names = listing("%s (%s)" % pair for pair in failed)
        whose = sorted({owners[name] for name, _ in failed})
        raise failure(whose, "%d modules do not import: %s" % (len(failed), names))
    return "%d modules of %d distributions import" % (len(owners), len(set(owners.values())))


def failure(distributions, what):
    return Failure(
        "%s: %s" % (", ".join(distributions), what),
        "add what is lacking, or name the distribution and why in import-exceptions of [tool.debian-python]",
    )


def top_modules(distribution):
    """Modules, and packages with the shortest names that have an __init__: those above are namespaces."""
    names = set()
    for path in distribution.files:
        module = module_of(os.path.relpath(path, SITE))
        if module and module.split(".")[0] not in NOT_THEIRS:
            names.add(module)
    packages = {name[: -len(".__init__")] for name in names if name.endswith(".__init__")}
    names = {name for name in names if "." not in name} | packages
    return sorted(name for name in names if not is_in(name, packages))


def is_in(name, packages):
    parts = name.split(".")
    return any(".".join(parts[:count]) in packages for count in range(1, len(parts)))


def module_of(path):
    """The name of a module by its path; None of what is none."""
    for suffix in SUFFIXES:
        if path.endswith(suffix) and not path.startswith(".."):
            parts = path[: -len(suffix)].split(os.sep)
            # A .so may be any library, and its name then is none of a module.
            if all(re.match(r"[^\W\d]\w*$", part) for part in parts) and parts[-1] != "__main__":
                return ".".join(parts)
    return None
