"""Build one wheel of a source distribution, offline, in the image wheelbuild.

usage: python -I -B /mnt prepare|build|explain JOB

JOB is a JSON file, which components/wheel/build.ts writes. prepare, with a network, installs the
Debian packages that the build needs, and fetches the crates that a Cargo.lock in the source pins.
build, without one, leaves the wheel in /build/wheels, and what is to be known of it in /build/facts.
explain, with a network again, says what a failed build lacked, by its log at /mnt/build.log.
What fails says `error: WHAT; REMEDY`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

# The modules of the image's buildwheels.
sys.path.insert(1, "/usr/local/lib/buildwheels")

import debian  # noqa: E402
import elf  # noqa: E402
import missing  # noqa: E402
import pip_command  # noqa: E402
import requirements  # noqa: E402
import wheel_file  # noqa: E402
from failure import Failure, say  # noqa: E402

import crates  # noqa: E402
import git_version  # noqa: E402
import sbom  # noqa: E402

BUILD = pip_command.BUILD
WHEELS = os.path.join(BUILD, "wheels")
FACTS = os.path.join(BUILD, "facts")
LINKS = os.path.join(BUILD, "links")
SOURCE = os.path.join(BUILD, "source")
OUT = os.path.join(BUILD, "out")
LOG = "/mnt/build.log"
# Debug information is half of a wheel and more, and CPython's flags have -g.
LDFLAGS = "-Wl,--strip-debug"
# pip's last words where a build requirement is not among the links.
UNLOCKED = re.compile(r"^\s*ERROR: No matching distribution found for (.+)$", re.MULTILINE)


def main(action, job_file):
    with open(job_file) as file:
        job = json.load(file)
    os.umask(0o022)
    try:
        {"prepare": prepare, "build": build, "explain": explain}[action](job)
        return 0
    except Failure as failure:
        say(failure.line)
        return 1


def title(job):
    # An app need not say its version.
    return " ".join(job[each] for each in ("name", "version") if each in job)


def prepare(job):
    packages = job["packages"]
    say("==> aptinstall " + " ".join(packages))
    command = ["aptinstall"] + packages
    apt = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    errors = []
    for raw in apt.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        say(line)
        errors += re.findall("^E: (.*)", line)
    if apt.wait() != 0:
        raise Failure(
            "%s: its build packages cannot be installed (%s)" % (title(job), " ".join(errors)),
            "look at build-packages.%s in %s" % (job["name"], job["project"]),
        )
    crates.fetch(source(job), os.path.join(BUILD, "cargo-source"))


def build(job):
    check_python(job)
    for folder in (LINKS, OUT, WHEELS, pip_command.TEMPORARY):
        os.makedirs(folder)
    used = [place(requirement, LINKS) for requirement in job["requirements"]]
    os.environ.update(crates.OFFLINE, LDFLAGS=LDFLAGS, MAKEFLAGS="-j%d" % os.cpu_count())
    # pip's name for --no-compile: nearly all modules of the build requirements are never imported.
    os.environ["PIP_NO_COMPILE"] = "no"
    say("==> build")
    # --verbose: else pip shows the compiler's output only where that fails.
    words = ["wheel", "--verbose", "--no-deps", "--no-index"]
    words += ["--find-links", LINKS, "--wheel-dir", OUT]
    status, _ = pip_command.pip(words + [source(job)])
    if status != 0:
        raise Failure("%s cannot be built" % title(job), "the log says why")
    built = requirements.one_wheel(OUT)
    name = os.path.basename(built).split("-")[0]
    if re.sub(r"[-_.]+", "-", name).lower() != job["name"]:
        raise Failure("%s: the build made a wheel of %s" % (title(job), name), "lock again")
    keep(job, built, used)


def keep(job, built, used):
    """Write the wheel anew, with the same bytes each time, and what is to be known of it."""
    needs = wheel_file.read(built).needs
    owners = {soname: debian.owner(soname) for soname in needs.libraries}
    for soname in sorted(owners):
        if owners[soname] is None:
            raise Failure(
                "%s needs %s, which no installed Debian package has" % (title(job), soname),
                "its build must link libraries of build-packages",
            )
    tagged = wheel_file.is_linux(built) and pip_command.version() >= (20, 3)
    bom = sbom.write(job, used, owners, built)
    path = wheel_file.rewrite(
        built,
        WHEELS,
        "sha256:" + job["sdist"]["sha256"] if "sdist" in job else None,
        job["release"],
        wheel_file.platform_tag(needs, elf.own_glibc()) if tagged else None,
        "deb" + job["number"],
        {"sboms/%s.cdx.json" % job["name"]: bom},
    )
    with open(FACTS, "w") as file:
        json.dump({"file": os.path.basename(path), "sha256": digest(path)}, file)


def check_python(job):
    abi = "cp%d%d" % sys.version_info[:2]
    if abi != job["abi"]:
        raise Failure("the builder has %s, and %s is wanted" % (abi, job["abi"]), "run again")


def source(job):
    """The path of the source distribution, by its own name; or of a copy of an app's files."""
    if "sdist" in job:
        return place(job["sdist"], SOURCE)[1]
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(job["source"], SOURCE, symlinks=True)
    return SOURCE


def place(item, folder):
    """Copy a locked file into a folder: what it is, its path and its hash, which is checked."""
    path = item["path"]
    if os.path.isdir(path):
        # Of a wheel that was compiled here, whose image has no other file.
        path = requirements.one_wheel(path)
    target = os.path.join(folder, os.path.basename(path))
    if not os.path.isdir(folder):
        os.makedirs(folder)
    shutil.copyfile(path, target)
    found = digest(target)
    if found != item.get("sha256", found):
        raise Failure("%s has the sha256 %s" % (os.path.basename(path), found), "run again")
    return item, target, found


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def explain(job):
    with open(LOG, encoding="utf-8", errors="replace") as file:
        text = "".join(file.readlines()[-2000:])
    unlocked = UNLOCKED.search(text)
    if unlocked:
        raise Failure(
            "%s: its build requires %s, which is not locked" % (title(job), unlocked.group(1)),
            "npm run lock -- %s" % job["folder"],
        )
    adding = "add to build-packages.%s of %s: %%s" % (job["name"], job["project"])
    explained = git_version.explain(text) or missing.explain(text, debian.packages_with, adding)
    if explained:
        raise Failure("%s cannot be built: %s" % (title(job), explained[0]), explained[1])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
