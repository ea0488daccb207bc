"""The image works read-only, for any user, without HOME, with UTF-8 and time zones.

Most of it is proven by the other gates, which run like this: here is made sure
that they do.
"""

import locale
import os
import pwd
import sys
import time

from failure import Failure

COMMIT = "correct components/commit/run.ts, which starts the gates"
IMAGE = "set LANG=C.UTF-8, and nothing beside it, in components/python/python.ts"
RELEASE = "correct the base, or the libraries of the release in stacks/debian.ts"


def check(expected):
    check_python(expected.series)
    check_container()
    check_encoding()
    check_time_zones()
    return "read-only, as user %d, without HOME, UTF-8, time zones" % os.getuid()


def check_python(series):
    running = "%d.%d" % sys.version_info[:2]
    if running != series or sys.prefix != "/venv":
        raise Failure(
            "this is Python %s of %s, and not %s of /venv" % (running, sys.prefix, series),
            "correct components/python/context/install",
        )


def check_container():
    try:
        raise Failure("user %s is in /etc/passwd" % pwd.getpwuid(os.getuid()).pw_name, COMMIT)
    except KeyError:
        pass
    if "HOME" in os.environ and sys.version_info >= (3, 6):
        raise Failure("HOME is set", COMMIT)
    for path in ("/", "/tmp", sys.prefix):
        if not os.statvfs(path).f_flag & os.ST_RDONLY:
            raise Failure("%s is not read-only" % path, COMMIT)


def check_encoding():
    if os.environ.get("LANG") != "C.UTF-8":
        raise Failure("LANG is %s, and not C.UTF-8" % os.environ.get("LANG"), IMAGE)
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error as error:
        raise Failure("the locale %s: %s" % (os.environ.get("LANG"), error), RELEASE)
    encodings = (
        ("locale", locale.nl_langinfo(locale.CODESET)),
        ("file names", sys.getfilesystemencoding()),
        ("standard output", sys.stdout.encoding),
    )
    for name, encoding in encodings:
        if encoding.lower() != "utf-8":
            raise Failure("the encoding of the %s is %s, and not UTF-8" % (name, encoding), IMAGE)


# Noon, UTC, on the 1st of January and of July 2026; Berlin's hours before UTC.
TIMES = ((1767268800, 1), (1782907200, 2))


def check_time_zones():
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    for moment, hours in TIMES:
        compare_time("libc", time.localtime(moment).tm_gmtoff, hours)
    del os.environ["TZ"]
    time.tzset()
    if sys.version_info >= (3, 9):
        check_zoneinfo()


def check_zoneinfo():
    import datetime
    import zoneinfo

    try:
        berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError as error:
        raise Failure("zoneinfo: %s" % error, RELEASE)
    for moment, hours in TIMES:
        offset = datetime.datetime.fromtimestamp(moment, berlin).utcoffset()
        compare_time("zoneinfo", offset.total_seconds(), hours)


def compare_time(source, seconds, hours):
    if seconds != hours * 3600:
        raise Failure(
            "by %s, Berlin is %g hours before UTC where it is %d" % (source, seconds / 3600, hours),
            RELEASE,
        )
