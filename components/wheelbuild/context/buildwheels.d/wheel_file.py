"""Wheels: PEP 427."""

import base64
import hashlib
import json
import os
import re
import sys
import tempfile
import zipfile
from collections import namedtuple

import elf

# What a wheel that was built here says of itself. source: what it was built of,
# None if that can change; debian: the codename of the release whose libraries it
# links, None if it links none but glibc's.
Record = namedtuple("Record", "source debian")

RECORD_NAME = "buildwheels.json"
# The first time that a ZIP archive can hold is 1980-01-01; the date is hatchling's.
DATE = (2020, 2, 2, 0, 0, 0)
# The oldest that pip knows on every architecture (packaging/_manylinux.py).
OLDEST_GLIBC = (2, 17)

# needs: elf.py says what; bundled: the names of the libraries that it brings along.
Wheel = namedtuple("Wheel", "path needs bundled")


def read(path):
    """What a wheel needs, and which libraries it brings along."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        programs = [archive.read(name) for name in names if starts_as_elf(archive, name)]
    bundled = {os.path.basename(name) for name in names if ".so" in name}
    needs = elf.together([needs_of(content) for content in programs])
    return Wheel(path, elf.Needs(needs.libraries - bundled, needs.glibc), bundled)


def record(path):
    """What a wheel says of itself; None if it was not built here."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            # Only at the top: a distribution may have others inside, as setuptools has.
            if re.match(r"[^/]+\.dist-info/%s$" % RECORD_NAME, name):
                return Record(**json.loads(archive.read(name).decode()))
    return None


def starts_as_elf(archive, name):
    with archive.open(name) as file:
        return file.read(4) == b"\x7fELF"


def needs_of(content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return elf.needs(file.name)


def tags(path):
    """Python, ABI and platform of a file name, each a list."""
    return [part.split(".") for part in os.path.basename(path)[: -len(".whl")].split("-")[-3:]]


def is_linux(path):
    """Tells whether its tag says of no glibc: any pip would take it anywhere."""
    return any(platform.startswith("linux_") for platform in tags(path)[2])


def fits_python(path):
    """Tells whether this Python can have it, as far as Python and ABI go."""
    version = "cp%d%d" % sys.version_info[:2]
    pythons, abis, _ = tags(path)
    abi = version + getattr(sys, "abiflags", "")
    if any(python in ("py3", version) for python in pythons):
        return any(each in ("none", "abi3", abi) for each in abis)
    older = [int(python[3:]) for python in pythons if re.match(r"cp3\d+$", python)]
    return "abi3" in abis and any(minor <= sys.version_info[1] for minor in older)


def platform_tag(needs, own_glibc):
    """manylinux_X_Y by the glibc that is needed: PEP 600.

    What links more than glibc works, if at all, with the libraries of this release:
    its tag has this release's glibc. That is not to the letter of PEP 600, by which
    such a wheel has no tag but linux_*, and then every pip of every release takes it.
    """
    glibc = own_glibc if needs.libraries else max(needs.glibc or OLDEST_GLIBC, OLDEST_GLIBC)
    return "manylinux_%d_%d_" % glibc


def rewrite(path, folder, source, debian, platform, build=None, extra=None):
    """Write a wheel that was built here into a folder, with the same bytes each time.

    platform: what stands for linux_ in its tags; None leaves them. build: ends the build tag of its
    name; None leaves that. extra: contents of further files, by their paths in .dist-info. Returns
    its path.
    """
    own_record = Record(source, debian if read(path).needs.libraries else None)
    contents, modes = {}, {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.filename.endswith("/"):
                contents[info.filename] = archive.read(info)
                modes[info.filename] = info.external_attr >> 16
    (dist_info,) = {
        name.split("/")[0] for name in contents if re.match(r"[^/]+\.dist-info/WHEEL$", name)
    }
    own = "%s/%s" % (dist_info, RECORD_NAME)
    contents[own] = (json.dumps(dict(own_record._asdict()), sort_keys=True) + "\n").encode()
    for each, content in (extra or {}).items():
        contents["%s/%s" % (dist_info, each)] = content
    name = os.path.basename(path)
    if platform:
        start, end = name[:-4].rsplit("-", 1)
        name = "%s-%s.whl" % (start, retagged(end, platform))
        contents[dist_info + "/WHEEL"] = retagged_file(contents[dist_info + "/WHEEL"], platform)
    if build:
        name, tag = with_build(name, build)
        contents[dist_info + "/WHEEL"] = with_build_line(contents[dist_info + "/WHEEL"], tag)
    # Signatures of the former content (PEP 427).
    for suffix in ("/RECORD", "/RECORD.jws", "/RECORD.p7s"):
        contents.pop(dist_info + suffix, None)
    # As PEP 427 advises: the metadata comes last.
    order = sorted(contents, key=lambda each: (each.startswith(dist_info + "/"), each))
    contents[dist_info + "/RECORD"] = record_of(order, contents, dist_info)
    target = os.path.join(folder, name)
    with zipfile.ZipFile(target, "w") as archive:
        for each in order + [dist_info + "/RECORD"]:
            info = zipfile.ZipInfo(each, DATE)
            executable = modes.get(each, 0) & 0o111
            info.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(info, contents[each], zipfile.ZIP_DEFLATED)
    return target


def retagged(tags_text, platform):
    return ".".join(re.sub("^linux_", platform, each) for each in tags_text.split("."))


def retagged_file(content, platform):
    """WHEEL, whose lines `Tag:` have one tag each."""
    text = content.decode("utf-8")
    return re.sub(r"(?m)^(Tag: .*-)linux_", lambda match: match.group(1) + platform, text).encode()


def with_build(name, build):
    """A file name with a build tag, and that tag: it begins with a digit (PEP 427)."""
    parts = name[: -len(".whl")].split("-")
    former = parts[2] if len(parts) == 6 else ""
    number = re.match(r"\d*", former).group() or "1"
    tag = number + build
    return "-".join(parts[:2] + [tag] + parts[-3:]) + ".whl", tag


def with_build_line(content, tag):
    text = re.sub(r"(?m)^Build: .*\n", "", content.decode("utf-8"))
    return re.sub(r"(?m)^(?=Tag: )", "Build: %s\n" % tag, text, count=1).encode("utf-8")


def record_of(order, contents, dist_info):
    """RECORD: PEP 376, with hashes as PEP 427 has them."""
    lines = []
    for name in order:
        digest = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest())
        quoted = '"%s"' % name.replace('"', '""') if re.search('[,"]', name) else name
        lines.append(
            "%s,sha256=%s,%d" % (quoted, digest.decode().rstrip("="), len(contents[name]))
        )
    return ("\n".join(lines + [dist_info + "/RECORD,,"]) + "\n").encode("utf-8")
