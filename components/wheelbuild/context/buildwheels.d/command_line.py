"""What a user wrote behind the image's name."""

import os
import re
import shutil
from collections import namedtuple

from failure import Failure

# What is to be done. apt: names of Debian packages; wheel_dir: where the wheels
# go, None if that was not said; options: pip's, that go with every call;
# requirements: the words that say what to build, as pip has them.
Command = namedtuple("Command", "apt wheel_dir options requirements")

# Options of `pip wheel` whose value says what to build, or what limits it.
REQUIREMENTS = (
    "-r",
    "--requirement",
    "-e",
    "--editable",
    "-c",
    "--constraint",
    "--group",
    "--requirements-from-script",
)

# Those alone that `pip install` does not have, or whose meaning is not ours.
DROPPED = ("--no-verify", "--no-clean")


def program(words):
    """The program that the first word is, as in `docker run IMAGE bash`; None if it is not one.

    A bare name that is no program is refused: pip would take a mistyped command for a
    distribution, and run the set-up code of whoever has that name.
    """
    first = words[0]
    if first.startswith(("-", ".")):
        return None
    found = shutil.which(first)
    if found is None and re.match(r"[A-Za-z0-9][\w.-]*$", first) and not os.path.isfile(first):
        raise Failure(
            "%s is neither a command of this image nor an option" % first,
            "to build a wheel of that name, add its version (%s==1.0), or give -r requirements.txt"
            % first,
        )
    return found


def parse(words, value_options):
    """The command. value_options: the options of pip that have a value in the next word."""
    apt, wheel_dir, options, requirements = [], None, [], []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            requirements += rest
            break
        if not word.startswith("-") or word == "-":
            requirements.append(word)
            continue
        name, value = split(word)
        parts = [word]
        if value is None and (name in value_options or name == "--apt"):
            if not rest:
                raise Failure("%s has no value" % name, "see --help")
            value = rest.pop(0)
            parts.append(value)
        if name == "--apt":
            apt += value.replace(",", " ").split()
        elif name in ("-w", "--wheel-dir"):
            wheel_dir = value
        elif name in REQUIREMENTS:
            requirements += parts
        elif name not in DROPPED:
            options += parts
    for package in apt:
        # deb-control(5); apt also takes NAME=VERSION and NAME/RELEASE.
        if not re.match(r"[a-z0-9][a-z0-9+.-]+(:\w+)?([=/][\w.+:~-]+)?$", package):
            raise Failure("--apt %s is not a package's name" % package, "see packages.debian.org")
    return Command(apt, wheel_dir, options, requirements)


def split(word):
    """An option and the value that is in the same word, None if there is none."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def value_options(help_text):
    """The options that have a value, of what `pip wheel --help` prints."""
    found = set()
    for short, long in re.findall(r"^  (?:(-\w), )?(--[\w-]+) <", help_text, re.MULTILINE):
        found |= {short, long} - {""}
    return found
