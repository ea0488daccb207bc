"""Calls of pip."""

import os
import subprocess
import sys

# All that a build leaves is under it; its name is in what is compiled.
BUILD = "/build"
TEMPORARY = os.path.join(BUILD, "tmp")

# What a run may not vary in: hash order, times in archives (hatchling's own date
# where there is none, 2020-02-02), locale, zone. PIP_USE_PEP517: pip before 23.1,
# of Python 3.6 and older, else wants setuptools in /venv for a project without
# pyproject.toml. The cache lives as long as the run: pip fetches nothing twice.
SETTINGS = {
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "TMPDIR": TEMPORARY,
    "PIP_CACHE_DIR": os.path.join(BUILD, "cache"),
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_USE_PEP517": "1",
}


def pip(words):
    """Run pip and show what it says: its exit status, and its last lines of output."""
    environment = dict(os.environ, **SETTINGS)
    environment.setdefault("SOURCE_DATE_EPOCH", "1580601600")
    launcher = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run_pip.py")
    process = subprocess.Popen(
        [sys.executable, "-u", launcher] + words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = []
    try:
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace")
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
            # A compiler may say much; what failed is at the end.
            del lines[:-2000]
        return process.wait(), "".join(lines)
    finally:
        if process.poll() is None:
            process.kill()


def help_text(command):
    """What `pip COMMAND --help` prints: which options this pip has."""
    words = [sys.executable, "-m", "pip", command, "--help"]
    environment = dict(os.environ, COLUMNS="80", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return subprocess.check_output(words, env=environment).decode()


def version():
    """pip's version, as (26, 2)."""
    words = [sys.executable, "-m", "pip", "--version"]
    text = subprocess.check_output(words).decode().split()[1]
    return tuple(int(part) for part in text.split(".")[:2])
