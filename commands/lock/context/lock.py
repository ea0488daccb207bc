"""Lock an app with uv, and what builds those of its distributions that are compiled.

usage: lock.py FOLDER

FOLDER has request.json, and in app/ the app's files, or those of all folders that it is locked with:
its own is `folder` of the request there. `source` says from what is locked: pyproject.toml,
requirements.in or requirements.txt, into pylock.toml; or uv.lock, which uv keeps. result.json then has
the lock, and for each distribution that is compiled (the app's own wheel, and those of folders, too) a
lock of what builds it, all as uv writes them.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fetch  # noqa: E402 (it is beside this file)
import git_version  # noqa: E402
from pip._vendor.packaging.markers import Marker  # noqa: E402
from pip._vendor.packaging.tags import sys_tags  # noqa: E402
from pip._vendor.packaging.utils import canonicalize_name, parse_wheel_filename  # noqa: E402
from pip._vendor.pyproject_hooks import BuildBackendHookCaller  # noqa: E402

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

# All that a run leaves is under it.
WORK = tempfile.mkdtemp(prefix="lock-", dir="/build")
TOOLS = os.path.join(WORK, "tools")
UV = os.path.join(TOOLS, "bin", "uv")
# Where components/downloads keeps what it fetched.
DOWNLOADS = "/downloads"
# What builds a project that does not say it (PEP 518, as pip has it).
LEGACY = {
    "requires": ["setuptools >= 40.8.0"],
    "build-backend": "setuptools.build_meta:__legacy__",
}
TAGS = frozenset(map(str, sys_tags()))

# What uname -m says on each of the machines that a lock is for, this one first.
MACHINES = []


class Failure(Exception):
    """One line for a person: what is wrong; what helps."""


def main(folder):
    with open(os.path.join(folder, "request.json")) as file:
        request = json.load(file)
    app = os.path.normpath(os.path.join(folder, "app", request["folder"]))
    MACHINES.extend(request["machines"])
    prepare(request)
    runtime = lock_app(request, app)
    result = {
        "lock": runtime,
        "uvLock": content(os.path.join(app, request["uvLock"])),
        "groups": lock_builds(request, app, tomllib.loads(runtime).get("packages", [])),
    }
    with open(os.path.join(folder, "result.json"), "w") as file:
        json.dump(result, file)


def prepare(request):
    """Install uv, and the Debian packages that builds need: some say what they require only then."""
    if request["packages"]:
        say("==> install %s" % " ".join(request["packages"]))
        run(["aptinstall"] + request["packages"], "the build-packages cannot be installed", "write others")
    requirements = os.path.join(WORK, "uv.txt")
    with open(requirements, "w") as file:
        file.write("uv==%(version)s --hash=sha256:%(sha256)s\n" % request["uv"])
    options = "--quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all:"
    words = ["--no-cache-dir", "--target", TOOLS, "-r", requirements]
    what = "uv %s cannot be installed" % request["uv"]["version"]
    run(
        [sys.executable, "-m", "pip", "install"] + options.split() + words,
        what,
        "look at the network, and set caBundle where a proxy opens TLS",
    )
    index, *others = fetch.index_urls()
    os.environ.update(
        UV_PYTHON=sys.executable,
        UV_PYTHON_DOWNLOADS="never",
        UV_CACHE_DIR=os.path.join(WORK, "cache"),
        UV_DEFAULT_INDEX=index,
        # uv asks them first, and takes a distribution of the first that has it.
        UV_INDEX=" ".join(others),
    )


def lock_app(request, app):
    """The lock of what the app has at run time, as pylock.toml (PEP 751)."""
    source, remedy = request["source"], "change its dependencies"
    say("==> lock %s" % source)
    upgrade = ["--upgrade"] if request["upgrade"] else []
    lock = os.path.join(app, "pylock.toml")
    if source == "uv.lock":
        run([UV, "lock", "--quiet"] + upgrade, "uv cannot lock the project", remedy, cwd=app)
        # Paths of folders are from where it is.
        lock = os.path.join(app, "pylock.export.toml")
        command = "export --quiet --frozen --no-dev --no-emit-project --format pylock.toml -o".split()
        run([UV] + command + [lock], "uv cannot export uv.lock", remedy, cwd=app)
    else:
        compile_lock(os.path.join(app, source), lock, source, upgrade, remedy)
    return content(lock)


def compile_lock(source, lock, what, upgrade, remedy):
    """uv takes the versions of a lock that is there, where they still do."""
    command = "pip compile --quiet --no-header --format pylock.toml -o".split()
    # What is for some machines alone then has a marker that says so.
    options = upgrade + (["--universal"] if len(MACHINES) > 1 else [])
    cwd = os.path.dirname(source)
    # uv writes a lock of nothing without its key `packages`, and reads none so.
    if os.path.exists(lock) and not re.search(r"^(\[\[)?packages\b", content(lock), re.MULTILINE):
        os.remove(lock)
    run([UV] + command + [lock, source] + options, "uv cannot lock %s" % what, remedy, cwd=cwd)


def lock_builds(request, app, packages):
    """Locks of what builds each distribution that is compiled, by its name."""
    groups = {}
    todo = list(compiled(packages, request["fromSource"]))
    if request["app"]:
        groups[request["app"]] = {"projects": {"": Project(request["app"], app)}}
        relock(request, groups, request["app"], todo)
    for package in packages:
        if "directory" in package:
            name = canonicalize_name(package["name"])
            path = os.path.normpath(os.path.join(app, package["directory"]["path"]))
            # An app that depends on itself, for its extras.
            if path != os.path.normpath(app):
                groups[name] = {"projects": {"": Project(name, path)}}
                relock(request, groups, name, todo)
    while todo:
        name, package = todo.pop(0)
        projects = groups.setdefault(name, {"projects": {}})["projects"]
        digest = package["sdist"]["hashes"]["sha256"]
        if digest in projects:
            continue
        projects[digest] = Project("%s %s" % (name, package["version"]), unpacked(name, package))
        relock(request, groups, name, todo)
    return {
        name: {"sdists": sorted(filter(None, group["projects"])), "lock": group["lock"]}
        for name, group in groups.items()
    }


def relock(request, groups, name, todo):
    """Lock a group for all its projects; what is to be compiled for that in turn is to do."""
    say("==> lock what builds %s" % name)
    group = groups[name]
    preference = request["preferences"].get(name)
    group["lock"] = lock_build(list(group["projects"].values()), preference, request["upgrade"])
    packages = tomllib.loads(group["lock"]).get("packages", [])
    todo.extend(compiled(packages, ":all:" if request["fromSource"] == ":all:" else []))


def compiled(packages, names):
    """Name and package of those that are compiled: names has them, or no wheel fits."""
    for package in packages:
        name = canonicalize_name(package["name"])
        marker = package.get("marker")
        users = [each for each in MACHINES if not marker or Marker(marker).evaluate({"platform_machine": each})]
        named = names == ":all:" or name in names
        fitting = all(fits(package, machine) for machine in users)
        if users and (named or not fitting) and "sdist" in package:
            yield name, package


def fits(package, machine):
    """Whether a wheel of a package fits a machine, which has the same glibc as this one."""
    known = frozenset(tag.replace(MACHINES[0], machine) for tag in TAGS)
    for wheel in package.get("wheels", []):
        if not known.isdisjoint(map(str, parse_wheel_filename(name_of(wheel))[3])):
            return True
    return False


def name_of(file):
    """The name of a file of a lock (PEP 751: it may follow from where it is)."""
    place = file.get("url") or file.get("path", "")
    return file.get("name") or fetch.unquote(place.partition("#")[0].rpartition("/")[2])


class Project:
    """A source tree, and what it says of its build (PEP 517, PEP 518)."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        text = content(os.path.join(folder, "pyproject.toml"))
        try:
            self.system = tomllib.loads(text or "").get("build-system", LEGACY)
        except tomllib.TOMLDecodeError as error:
            raise Failure("the pyproject.toml of %s is no TOML: %s; lock another version" % (name, error))
        self.requires = list(self.system.get("requires", []))

    def asked(self, python):
        """What the build backend requires beyond that, in an environment that has the rest."""
        backend = self.system.get("build-backend", LEGACY["build-backend"])
        path = self.system.get("backend-path")
        hooks = BuildBackendHookCaller(self.folder, backend, path, self.run, python)
        return hooks.get_requires_for_build_wheel()

    def run(self, command, cwd=None, extra_environ=None):
        what = "the build backend of %s does not say what it requires" % self.name
        remedy = "name the Debian packages that it needs in build-packages"
        path = os.path.dirname(command[0]) + os.pathsep + os.environ["PATH"]
        run(command, what, remedy, cwd=cwd, env=dict(extra_environ or {}, PATH=path))


def lock_build(projects, preference, upgrade):
    """The lock of what builds projects, as pylock.toml."""
    requires = sorted({line for project in projects for line in project.requires})
    lock = lock_requirements(requires, preference, upgrade, projects)
    environment = tempfile.mkdtemp(dir=WORK)
    names = " and ".join(project.name for project in projects)
    what, remedy = "what builds %s cannot be installed" % names, "lock another version of it"
    run([UV, "venv", "--quiet", "--clear", environment], what, remedy)
    python = os.path.join(environment, "bin", "python")
    # All requirements may be for other machines.
    if tomllib.loads(lock).get("packages"):
        path = os.path.join(tempfile.mkdtemp(dir=WORK), "pylock.toml")
        with open(path, "w") as file:
            file.write(lock)
        run([UV, "pip", "install", "--quiet", "--python", python, "-r", path], what, remedy)
    asked = {line for project in projects for line in project.asked(python)}
    if asked <= set(requires):
        return lock
    return lock_requirements(sorted(asked.union(requires)), lock, False, projects)


def lock_requirements(lines, preference, upgrade, projects):
    if not lines:
        return ""
    folder = tempfile.mkdtemp(dir=WORK)
    source, lock = os.path.join(folder, "requirements.in"), os.path.join(folder, "pylock.toml")
    with open(source, "w") as file:
        file.write("".join(line + "\n" for line in lines))
    if preference:
        with open(lock, "w") as file:
            file.write(preference)
    names = " and ".join(project.name for project in projects)
    options = ["--upgrade"] if upgrade else []
    compile_lock(source, lock, "what builds %s" % names, options, "lock another version of it")
    return content(lock)


def unpacked(name, package):
    """The folder with a source distribution, which is fetched by its hash."""
    sdist = package["sdist"]
    item = {
        "distribution": name,
        "version": package["version"],
        "sha256": sdist["hashes"]["sha256"],
        "url": sdist.get("url"),
        "name": name_of(sdist),
    }
    wrong = fetch.had(item, DOWNLOADS, fetch.Index())
    if wrong:
        raise Failure("%s; %s" % wrong)
    path = os.path.join(DOWNLOADS, item["sha256"], item["name"])
    folder = tempfile.mkdtemp(dir=WORK)
    try:
        unpack(path, folder)
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        raise Failure("%s cannot be unpacked: %s; lock another version" % (item["name"], error))
    # PEP 625: one folder is in it, name-version.
    inner = [os.path.join(folder, entry) for entry in os.listdir(folder)]
    return inner[0] if len(inner) == 1 and os.path.isdir(inner[0]) else folder


def unpack(path, folder):
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        return
    with tarfile.open(path) as archive:
        # PEP 706: nothing outside of the folder. What a release lacks it in runs in a container.
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safe)


def run(command, what, remedy, cwd=None, env=None):
    """Run a program; where it fails, show what it said, and say so in a line."""
    process = subprocess.run(
        command,
        cwd=cwd,
        env=dict(os.environ, **(env or {})),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if process.returncode:
        text = process.stdout.decode("utf-8", "replace")
        say(text.rstrip())
        why, remedy = git_version.explain(text) or (reason(text), remedy)
        raise Failure("%s: %s; %s" % (what, why, remedy))


def reason(text):
    """What a program said last that says something: of uv, all after its last cross."""
    lines = [line.strip(" \u2502\u2570\u2500\u25b6") for line in text.splitlines()]
    starts = [at for at, line in enumerate(lines) if line.startswith(("\u00d7", "error:"))]
    told = " ".join(lines[starts[-1] :]) if starts else next(filter(None, reversed(lines)), "it said nothing")
    told = told.replace("\u00d7", "").replace("error:", "").replace(" cause:", ":")
    return told.strip(" .")[:600]


def content(path):
    """The text of a file; None where there is none."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def say(text):
    fetch.say(text)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failure as failure:
        say("error: %s" % failure)
        sys.exit(1)
