"""Build the wheels of requirements, and of all that they depend on.

usage: docker run --rm -v "$PWD":/src -v "$PWD/wheels":/wheels IMAGE [OPTION...] -r requirements.txt
       docker run --rm -it IMAGE COMMAND [ARGUMENT...]

  --apt 'PACKAGE...'    Debian packages that the builds need, as libpq-dev; may be repeated
  -w, --wheel-dir DIR   where the wheels go, /wheels by default, which must be a mount

All other options are those of `pip wheel`. Sources are built in a copy, one by
one, and twice to the same bytes. Wheels that are there already are not built
again. New ones belong to the owner of their folder. See docs/wheels.md.
"""

import os
import shutil
import signal
import sys
import tempfile
import zipfile

import command_line
import debian
import elf
import missing
import pip_command
import requirements
import sources
import wheel_dir
import wheel_file
from failure import Failure, say

BUILD = pip_command.BUILD
SOURCES = os.path.join(BUILD, "src")
FOUND = os.path.join(BUILD, "found")
OUT = os.path.join(BUILD, "out")


def main(words):
    if not words or words[0] in ("-h", "--help"):
        print(__doc__.split("\n\n", 1)[1].strip())
        return 0
    try:
        program = command_line.program(words)
        if program:
            os.execv(program, words)
        # As process 1 of a container it would not end else.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        return run(words)
    except Failure as failure:
        say(failure.line)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def run(words):
    value_options = command_line.value_options(pip_command.help_text("wheel"))
    command = command_line.parse(words, value_options)
    # A folder for sources that nobody chose is the image's.
    source = os.getcwd() if os.getcwd() != "/" else "/src"
    wheels = os.path.join(source, command.wheel_dir or "/wheels")
    wheel_dir.check(wheels, must_be_mount=command.wheel_dir is None)
    os.umask(0o022)
    try:
        prepare(source, wheels)
        if command.apt:
            debian.install(command.apt)
        paths, failures = build_all(command, source, wheel_dir.Store(wheels, source))
        tell_lacks([wheel_file.read(path) for path in paths])
    finally:
        clear()
    for failure in failures:
        say(failure.line)
    return 1 if failures else 0


def prepare(source, wheels):
    if not os.access(BUILD, os.W_OK | os.X_OK):
        raise Failure("/build is not writable", "with --read-only, add --tmpfs /build:exec")
    clear()
    for folder in (FOUND, pip_command.TEMPORARY):
        os.makedirs(folder)
    tempfile.tempdir = pip_command.TEMPORARY
    sources.copy(source, SOURCES, wheels)
    # pip and the requirements see the copy alone.
    os.chdir(SOURCES)


def clear():
    """Nothing of a run stays: in a Dockerfile it would be in a layer."""
    os.chdir(BUILD)
    for name in os.listdir(BUILD):
        if os.path.isdir(name):
            shutil.rmtree(name, ignore_errors=True)
        else:
            os.remove(name)


def build_all(command, source, store):
    """Have all wheels in the store: the paths of those that are there, and the failures."""
    release, glibc = debian.codename(), elf.own_glibc()
    usable = [path for path in store.wheels() if is_usable(path, release)]
    def finish(path, origin):
        # pip knows the tags of PEP 600 since 20.3 (its changelog).
        tagged = wheel_file.is_linux(path) and pip_command.version() >= (20, 3)
        platform = wheel_file.platform_tag(wheel_file.read(path).needs, glibc) if tagged else None
        return store.copy(wheel_file.rewrite(path, BUILD, origin, release, platform))

    words = [requirements.moved(word, source, SOURCES) for word in command.requirements]
    options = [requirements.moved(word, source, SOURCES) for word in command.options]
    files = requirements.files(words)
    lines, hashes = requirements.options_of(files, source, SOURCES)
    for path in usable:
        if requirements.may_be_taken(path, hashes):
            os.symlink(path, os.path.join(FOUND, os.path.basename(path)))
    # --prefer-binary: an existing wheel wins over a newer source that would be compiled.
    find = ["--prefer-binary", "--find-links", FOUND] + options
    # The report came with pip 22.2 (its changelog).
    if pip_command.version() < (22, 2):
        return build_together(find + words, store, finish), []
    items = resolve(find + words)
    paths = [had(item, store) for item in items if item.path]
    fetched = [item for item in items if item.is_wheel and not item.path]
    paths += download(fetched, lines, options, store)
    built, failures = {}, []
    for path in usable:
        record = wheel_file.record(path)
        if record and record.source and wheel_file.fits_python(path):
            built[record.source] = path
    for item in items:
        if item.is_wheel:
            continue
        if item.source in built:
            say("==> %s is built already" % os.path.basename(built[item.source]))
            paths.append(built[item.source])
            continue
        try:
            paths.append(finish(build(item.line, lines, options), item.source))
        except Failure as failure:
            failures.append(failure)
    return paths, failures


def is_usable(path, release):
    """Tells whether a wheel that is there was made for this release, or for any."""
    try:
        record = wheel_file.record(path)
    except (OSError, ValueError, zipfile.BadZipFile):
        say("warning: %s is no wheel, and not used" % path)
        return False
    if record is None and wheel_file.is_linux(path):
        say("warning: %s is not used: nothing says which release it was built on; remove it" % path)
        return False
    return record is None or record.debian in (None, release)


def resolve(words):
    """What pip would install, each wheel and each source."""
    report = os.path.join(BUILD, "report.json")
    status, text = pip_command.pip(
        ["install", "--dry-run", "--ignore-installed", "--report", report] + words
    )
    if status != 0:
        raise failure_of("the requirements cannot be resolved", text)
    return requirements.read_report(report)


def had(item, store):
    """A wheel that is on this machine."""
    if os.path.dirname(item.path) == FOUND:
        return os.path.join(store.folder, os.path.basename(item.path))
    return store.copy(item.path)


def download(items, lines, options, store):
    """Fetch wheels; those with and those without a hash by themselves, since pip wants all or none."""
    paths = []
    for hashed in (True, False):
        some = [item.line for item in items if (" --hash=" in item.line) == hashed]
        if not some:
            continue
        fresh(OUT)
        # Not `pip download`, which does not have all options of `pip wheel`.
        words = ["wheel", "--no-deps", "--wheel-dir", OUT, "-r", one_file(lines, some)]
        status, text = pip_command.pip(words + options)
        if status != 0:
            raise failure_of("the wheels cannot be fetched", text)
        paths += [store.copy(os.path.join(OUT, name)) for name in sorted(os.listdir(OUT))]
    return paths


def build(line, lines, options):
    """Build one source: the path of the wheel that pip made, in the same folders each time."""
    say("==> build " + line.split(" @ ")[0])
    fresh(OUT)
    fresh(pip_command.TEMPORARY)
    words = ["wheel", "--no-deps", "--wheel-dir", OUT, "-r", one_file(lines, [line])]
    status, text = pip_command.pip(words + options)
    if status != 0:
        raise failure_of("%s cannot be built" % line.split(" @ ")[0], text)
    return requirements.one_wheel(OUT)


def build_together(words, store, finish):
    """With a pip that has no report: all in one call. What has a tag of linux_ was built here."""
    status, text = pip_command.pip(["wheel", "--wheel-dir", OUT] + words)
    made = sorted(os.listdir(OUT)) if os.path.isdir(OUT) else []
    paths = [
        finish(path, None) if wheel_file.is_linux(path) else store.copy(path)
        for path in (os.path.join(OUT, name) for name in made if name.endswith(".whl"))
    ]
    if status != 0:
        raise failure_of("not all wheels can be built", text)
    return paths


def one_file(lines, requirement_lines):
    path = os.path.join(BUILD, "requirements.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines + requirement_lines) + "\n")
    return path


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


def failure_of(what, text):
    explained = missing.explain(text, debian.packages_with)
    if explained is None:
        return Failure(what, "pip says above why")
    return Failure("%s: %s" % (what, explained[0]), explained[1])


def tell_lacks(wheels):
    """Name the libraries that the image python needs for these wheels, and their packages."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "python-libraries")) as file:
        there = set(file.read().split())
    for wheel in wheels:
        there |= wheel.bundled
    for wheel in wheels:
        lacking = sorted(wheel.needs.libraries - there)
        if not lacking:
            continue
        packages = sorted({package_of(soname) or "" for soname in lacking} - {""})
        remedy = "RUN aptinstall %s" % " ".join(packages) if packages else "no package here has it"
        say(
            "warning: %s needs %s, which the image python lacks; in your Dockerfile: %s"
            % (os.path.basename(wheel.path), " and ".join(lacking), remedy)
        )


def package_of(soname):
    """The package of a library, of those that are installed here, else of the whole release."""
    installed = debian.owner(soname)
    if installed:
        return installed
    pattern = missing.pattern(missing.Lack("soname", soname))
    found = debian.packages_with([pattern])
    return found[pattern][0] if found and found[pattern] else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
