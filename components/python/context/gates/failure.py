"""What a gate raises, and what it is told."""

from collections import namedtuple

# What the image has to be. series: such as 3.13; absent: names of the standard
# library's modules that the package leaves out; without: regular expression for
# the paths of modules that have no bytecode; paths: what the install may change, a
# folder with a slash at its end.
Expected = namedtuple("Expected", "series absent without paths")


class Failure(Exception):
    """The image is not fit for use: what was found, and what helps."""

    def __init__(self, what, remedy):
        Exception.__init__(self, what, remedy)
        self.what = what
        self.remedy = remedy


def listing(items, most=3):
    """The first items, and how many there are beside them."""
    items = list(items)
    more = "" if len(items) <= most else " and %d more" % (len(items) - most)
    return ", ".join(items[:most]) + more
