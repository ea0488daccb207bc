"""What ends a run, and what is said on the way."""

import sys


class Failure(Exception):
    """Something is wrong: what and why, and what helps."""

    def __init__(self, what, remedy):
        Exception.__init__(self, what, remedy)
        self.line = "error: %s; %s" % (what, remedy)


def say(text):
    """One line of progress, or a warning."""
    sys.stdout.flush()
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def listing(items, most=3):
    """The first items, and how many there are beside them."""
    items = list(items)
    more = "" if len(items) <= most else " and %d more" % (len(items) - most)
    return ", ".join(items[:most]) + more
