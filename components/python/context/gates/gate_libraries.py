"""Each library that a program or extension module needs is there, by the .deb's Depends."""

import os
import struct
import subprocess

from failure import Failure


def check(expected):
    package = "cpython" + expected.series
    files = [
        path for root in ("/opt/cpython/" + expected.series, "/venv") for path in elf_files(root)
    ]
    libraries = resolve(files)
    needs = {path: needed_names(path) for path in files}
    direct = sorted({libraries[path][name] for path in files for name in needs[path]})
    owners = owning_packages(direct)
    depends = depends_of(package)
    provides = provided_names(set(owners.values()) - {package})
    for path in files:
        for name in needs[path]:
            library = libraries[path][name]
            check_owner(path, library, owners.get(library), package, depends, provides)
    return "%d files need %d libraries of %d packages" % (
        len(files),
        len(direct),
        len(set(owners.values())),
    )


def check_owner(path, library, owner, package, depends, provides):
    if owner is None:
        raise Failure(
            "%s needs %s, which belongs to no Debian package" % (path, library),
            "take it out of the base",
        )
    if owner != package and not ({owner} | provides[owner]) & depends:
        raise Failure(
            "%s needs %s of %s, which Depends of %s lacks" % (path, library, owner, package),
            "see why dpkg-shlibdeps missed it, or add it to extraDepends in stacks/debian.ts",
        )


def elf_files(root):
    """The programs and shared objects under a folder."""
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    if file.read(4) == b"\x7fELF":
                        yield path


PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB = 1, 5


def needed_names(path):
    """DT_NEEDED of a 64-bit little-endian ELF file, as amd64's and arm64's are: elf(5).

    ldd tells only all that is loaded in the end; Depends owes what a file itself needs.
    """
    with open(path, "rb") as file:
        data = file.read()
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQ", data, start + i * size) for i in range(count)]
    segments = [
        (offset, address, length)
        for kind, _, offset, address, _, length in headers
        if kind == PT_LOAD
    ]
    entries = [
        entry
        for kind, _, offset, _, _, length in headers
        if kind == PT_DYNAMIC
        for entry in struct.iter_unpack("<qQ", data[offset : offset + length])
    ]
    for tag, value in entries:
        if tag == DT_STRTAB:
            strings = next(o + value - a for o, a, length in segments if a <= value < a + length)
    return [
        data[strings + value : data.index(b"\0", strings + value)].decode()
        for tag, value in entries
        if tag == DT_NEEDED
    ]


def resolve(files):
    """What the dynamic linker finds: for each file, the path of each library by its name."""
    output = run(["ldd"] + files)
    found, path = {}, files[0]
    for line in output.splitlines():
        words = line.split()
        if not line[:1].isspace():
            # With one file there is no such line.
            path = line.rstrip(":") if line.endswith(":") else path
        elif "not found" in line:
            raise Failure(
                "%s needs %s, which is missing" % (path, words[0]),
                "add its package to the libraries of the release in stacks/debian.ts",
            )
        elif "=>" in words:
            found.setdefault(path, {})[words[0]] = words[2]
        else:
            # The linker itself, or "statically linked".
            found.setdefault(path, {})[os.path.basename(words[0])] = words[0]
    return found


def owning_packages(paths):
    """The Debian package of each path that has one; dpkg may know it from before /usr was merged."""
    spellings = {}
    for path in paths:
        spellings[path] = path
        spellings["/usr" + path if not path.startswith("/usr/") else path[4:]] = path
    owners = {}
    for line in run(["dpkg-query", "--search"] + sorted(spellings)).splitlines():
        names, _, path = line.partition(": ")
        if path in spellings and not names.startswith("diversion "):
            owners[spellings[path]] = names.split(",")[0].partition(":")[0]
    return owners


def depends_of(package):
    """The names in Pre-Depends and Depends, each alternative counted."""
    return package_names(
        run(["dpkg-query", "--show", "--showformat", "${Pre-Depends},${Depends}", package])
    )


def provided_names(packages):
    """What packages provide: on trixie libssl3t64 is libssl3 too."""
    shown = run(
        ["dpkg-query", "--show", "--showformat", "${Package}\t${Provides}\n"] + sorted(packages)
    )
    rows = [line.partition("\t") for line in shown.splitlines()]
    return {name: package_names(provides) for name, _, provides in rows}


def package_names(field):
    """The names in a relation field: deb-control(5)."""
    relations = [relation.split() for relation in field.replace("|", ",").split(",")]
    return {words[0].partition(":")[0].partition("(")[0] for words in relations if words}


def run(command):
    """Its standard output. It may fail: dpkg-query does where one path of many is nobody's."""
    process = subprocess.Popen(
        command, env=dict(os.environ, LC_ALL="C"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    return process.communicate()[0].decode()
