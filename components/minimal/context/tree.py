"""Make the root of the image minimal of the one that this runs in. For Python 3.4 on."""

import fnmatch
import glob
import os
import re
import subprocess

import dpkg

HERE = os.path.dirname(os.path.abspath(__file__))

# What is left out of the packages that the image minimal has: programs, but for the one that
# ctypes.util.find_library runs, and what dpkg itself leaves out of Debian's slim images (debuerreotype,
# scripts/.slimify-excludes). Licences stay.
PROGRAMS = re.compile(r"/(usr/)?s?bin/(?!ldconfig$).")
UNREAD = re.compile(r"/usr/share/(doc/.*/(?!copyright$)[^/]*$|(man|info|lintian|locale|bug|doc-base)/.)")
# Of every package: what makes pip, which an image that nobody installs into does not have.
ENSUREPIP = re.compile(r"/opt/cpython/[^/]+/lib/[^/]+/ensurepip(/|$)")
PIP = re.compile(r"/venv/(bin/pip[^/]*|lib/[^/]+/site-packages/pip(-[^/]*)?(/.*)?)$")


def assemble(target, names, base, stops):
    """Copy packages with all that they need into a folder that is not there, and what is made of them.

    names: of those that are there with all that they depend on; base: of those without what these depend on.
    Of base, of the first of names and of what that needs there are no programs, but where others name them.
    """
    root = dpkg.Root()
    packages = root.packages()
    own = dpkg.closure(packages, names[:1], stops) | set(base)
    kept = [name for name in packages if name in own | dpkg.closure(packages, names, stops)]
    bare = own - set(names[1:])
    paths = {name: files_of(root, packages[name], name in bare) for name in kept}
    files = {canonical(path) for listed in paths.values() for path in listed}
    files |= made(root, files)
    copy(with_folders(files), "/", target)
    write_records(root, target, [packages[name] for name in kept])
    subprocess.check_call(["/sbin/ldconfig", "-r", target])
    cache = os.path.join(target, "var/cache/ldconfig/aux-cache")
    if os.path.exists(cache):
        os.remove(cache)


def files_of(root, package, is_bare):
    """Where the files of a package are that are kept."""
    name = package.fields["Package"]
    diverted = {path: other for path, other, by in root.diversions() if by != name}
    wanted = []
    for path in root.files(package):
        if ENSUREPIP.match(path) or UNREAD.match(path) or (is_bare and PROGRAMS.match(path)):
            continue
        wanted.append(diverted.get(path, path))
    return wanted


def canonical(path):
    """A path without links in the folders on its way."""
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)


def patterns():
    """What is made, of the list beside this file."""
    lines = dpkg.read(os.path.join(HERE, "made")).splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_made(path):
    """Whether the list has a path."""
    return any(
        path.startswith(each) or path + "/" == each if each.endswith("/") else fnmatch.fnmatchcase(path, each)
        for each in patterns()
    )


def made(root, files):
    """The paths that no package has, of what is there: links only where they lead to something kept."""
    found = set()
    for pattern in patterns():
        if pattern in ("/etc/alternatives/", "/var/lib/dpkg/info/"):
            continue
        for path in glob.glob(pattern.rstrip("/")):
            if pattern.endswith("/"):
                found.update(walk(path))
            else:
                found.add(path)
    for name, link in root.alternatives().items():
        path = os.path.join("/etc/alternatives", name)
        if os.path.realpath(path) in files:
            found.update([path, canonical(link)])
    return {path for path in found if not PIP.match(path)}


def walk(top):
    yield top
    for folder, folders, names in os.walk(top):
        for name in folders + names:
            yield os.path.join(folder, name)


def with_folders(files, root=""):
    """Paths that are there, and the folders that they are in."""
    found = {path for path in files if os.path.lexists(root + path)}
    for path in list(found):
        while path != "/" and os.path.dirname(path) not in found:
            path = os.path.dirname(path)
            found.add(path)
    return found - {"/"}


def copy(paths, source, target):
    """Copy paths of a root to another, with owners, modes, times and hard links."""
    os.mkdir(target, 0o755)
    names = "\0".join(path[1:] for path in sorted(paths))
    flags = ["--directory=" + source, "--numeric-owner", "--no-recursion", "--null", "--files-from=-"]
    pack = subprocess.Popen(
        ["tar", "--create"] + flags, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    unpack = subprocess.Popen(
        ["tar", "--extract", "--directory=" + target, "--numeric-owner", "--same-permissions"],
        stdin=pack.stdout,
    )
    # Theirs alone.
    pack.stdout.close()
    pack.stdin.write(names.encode("utf-8", "surrogateescape"))
    pack.stdin.close()
    if pack.wait() or unpack.wait():
        raise SystemExit("error: the files of the image minimal cannot be copied; see what tar says above")


def write_records(root, target, kept):
    """dpkg's records of the packages that are kept, as far as their files are."""
    folder = os.path.join(target, dpkg.FOLDER)
    information = os.path.join(folder, "info")
    os.makedirs(information, exist_ok=True)
    write(os.path.join(folder, "status"), "".join(each.text + "\n\n" for each in kept))
    # It says that names of files may have the architecture.
    write(os.path.join(information, "format"), dpkg.read(os.path.join(root.dpkg, "info/format"), "1\n"))
    moved = [each for each in root.diversions() if is_in(target, each[0]) or is_in(target, each[1])]
    write(os.path.join(folder, "diversions"), "".join("\n".join(each) + "\n" for each in moved))
    for package in kept:
        others = {path: other for path, other, by in moved if by != package.fields["Package"]}
        listed = {path for path in root.files(package) if is_in(target, others.get(path, path))}
        copy_lines(root.information(package, "list"), information, lambda line: line in listed)
        sums = root.information(package, "md5sums")
        copy_lines(sums, information, lambda line: "/" + line[34:] in listed)


def is_in(target, path):
    return os.path.lexists(target + canonical(path))


def copy_lines(source, folder, is_kept):
    """Copy a file, which need not be there, without some of its lines."""
    if source is not None:
        lines = [line + "\n" for line in dpkg.read(source).splitlines() if is_kept(line)]
        write(os.path.join(folder, os.path.basename(source)), "".join(lines))


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def difference(before, after, target):
    """Copy what is new or otherwise in a root to a folder that is not there: it can only be added."""
    old, new = ({path[len(root) :] for path in walk(root)} for root in (before, after))
    for path in sorted(old - new):
        raise SystemExit(
            "error: the Debian packages of the app replace %s of the image minimal; take a base that has"
            " their newer versions already (npm run refresh)" % path
        )
    changed = {path for path in new if path and facts(before + path) != facts(after + path)}
    copy(with_folders(changed, after), after, target)


def facts(path):
    """All that is told of a path, but its time; None where it is not there."""
    if not os.path.lexists(path):
        return None
    state = os.lstat(path)
    own = (state.st_mode, state.st_uid, state.st_gid)
    if os.path.islink(path):
        return own, os.readlink(path)
    if os.path.isdir(path):
        return own
    with open(path, "rb") as file:
        return own, file.read()


def clamp(target, latest):
    """Nothing is younger than the source of CPython, so that the same packages give the same bytes."""
    for path in walk(target):
        if os.lstat(path).st_mtime > latest:
            os.utime(path, (latest, latest), follow_symlinks=False)
