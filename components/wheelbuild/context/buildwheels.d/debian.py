"""What Debian knows: which package has a file, installed or not."""

import os
import re
import subprocess

from failure import Failure, say

FOLDER = "/build/apt"
# apt-file's own definition of the index of contents; nothing else is fetched. In
# folders of our own, so that any user may, and without the user _apt, whom a
# container without capabilities cannot become.
CONFIGURATION = """
Dir::State::Lists "%(folder)s/lists";
Dir::Cache "%(folder)s/cache";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Retries "3";
Acquire::IndexTargets::deb::Packages::DefaultEnabled "false";
Acquire::IndexTargets::deb::Translations::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb {
    MetaKey "$(COMPONENT)/Contents-%(part)s";
    ShortDescription "Contents-%(part)s";
    Description "$(RELEASE)/$(COMPONENT) %(part)s Contents (deb)";
};
"""


def install(packages):
    """Install packages with the image's own program."""
    if os.getuid() != 0:
        raise Failure("--apt needs root, and this is user %d" % os.getuid(), "drop --user")
    say("==> aptinstall " + " ".join(packages))
    if subprocess.call(["aptinstall"] + packages) != 0:
        raise Failure(
            "the packages of --apt cannot be installed", "see what apt says above; are the names right?"
        )


def codename():
    """Of the release, as bookworm: os-release(5). Its number where there is none (jessie)."""
    with open("/etc/os-release") as file:
        text = file.read()
    match = re.search(r'^VERSION_CODENAME="?(\w+)', text, re.M) or re.search(
        r'^VERSION_ID="?([\w.]+)', text, re.M
    )
    return match.group(1) if match else "unknown"


def owner(soname):
    """The installed package that a library is of; None if there is none."""
    cache = output(["ldconfig", "--print-cache"])
    match = re.search(r"^\t%s \(.*=> (\S+)$" % re.escape(soname), cache, re.MULTILINE)
    if match is None:
        return None
    real = os.path.realpath(match.group(1))
    # dpkg may know it from before /usr was merged.
    for path in (real, re.sub("^/usr", "", real), match.group(1)):
        found = output(["dpkg-query", "--search", path]).partition(":")[0]
        if found:
            return found.split(",")[0]
    return None


def output(command):
    """Its standard output; nothing where it fails."""
    environment = dict(os.environ, LC_ALL="C")
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return process.communicate()[0].decode("utf-8", "replace")


def packages_with(patterns):
    """For each pattern of a path (without the slash at its start) the packages that have such a file.

    By the archive's index of contents, fetched and verified by apt: first of this
    architecture, then of all. None where it cannot be had, as from apt before 1.1.
    """
    architecture = output(["dpkg", "--print-architecture"]).strip()
    found = {pattern: [] for pattern in patterns}
    for part in (architecture, "all"):
        if not all(found.values()) and not search(found, part):
            return None
    return found


def search(found, part):
    """Add what one index has of the patterns that have nothing yet; False where it cannot be had."""
    say("==> look for what is missing in Debian's Contents-%s" % part)
    for name in ("lists/partial", "cache/archives/partial"):
        if not os.path.isdir(os.path.join(FOLDER, name)):
            os.makedirs(os.path.join(FOLDER, name))
    configuration = os.path.join(FOLDER, "apt.conf")
    with open(configuration, "w") as file:
        file.write(CONFIGURATION % {"folder": FOLDER, "part": part})
    environment = dict(os.environ, APT_CONFIG=configuration)
    if subprocess.call(["apt-get", "-qq", "update"], env=environment) != 0:
        return False
    targets = ["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Contents-deb"]
    try:
        names = subprocess.check_output(targets, env=environment).decode().split()
    except subprocess.CalledProcessError:
        return False
    names = sorted({name for name in names if os.path.exists(name)})
    if not names:
        return False
    open_patterns = {pattern: re.compile(pattern) for pattern, have in found.items() if not have}
    cat = subprocess.Popen(
        ["/usr/lib/apt/apt-helper", "cat-file"] + names, env=environment, stdout=subprocess.PIPE
    )
    for raw in cat.stdout:
        path, _, packages = raw.decode("utf-8", "replace").rstrip().rpartition(" ")
        for pattern, expression in open_patterns.items():
            if expression.match(path.rstrip()):
                found[pattern].append((path.rstrip(), packages))
    cat.wait()
    for pattern in open_patterns:
        found[pattern] = ranked(found[pattern])
    return True


def ranked(lines):
    """The packages, the likeliest first: a -dev package, the shortest path."""
    places = {}
    for path, packages in lines:
        for package in packages.split(","):
            name = package.rpartition("/")[2]
            place = (not name.endswith("-dev"), path.count("/"), len(path), name)
            places[name] = min(place, places.get(name, place))
    return sorted(places, key=places.get)
