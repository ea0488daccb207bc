"""Versions that come from git, whose history no build has."""

import re

# setuptools-scm, which hatch-vcs asks too.
UNKNOWN = re.compile(r"setuptools[-_]scm was unable to detect version")


def explain(text):
    """What is wrong where a build's output says that it found no version, and what helps; else None."""
    if UNKNOWN.search(text) is None:
        return None
    return (
        "its version is to come from git, whose history is in no build",
        "write version in [project]; or, until it has one, fallback_version in [tool.setuptools_scm]"
        " (of hatch-vcs, fallback-version in [tool.hatch.version])",
    )
