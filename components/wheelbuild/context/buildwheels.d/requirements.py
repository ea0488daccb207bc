"""What has to be there in the end: pip says it, and each thing is then had by itself."""

import hashlib
import json
import os
import re
from collections import namedtuple

from failure import Failure

# One distribution. name, version; line: the requirement that has pip take just
# this one; source: what its bytes are, "sha256:..." or a commit, None for a folder;
# path: of one that is a wheel of this machine already, else None.
Item = namedtuple("Item", "name version line source is_wheel path")

# Options in a requirements file that say what to build, or limit it.
REQUIREMENTS = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable)(?=[\s=]|$|[^-\s])")
# The algorithms that pip knows (its documentation on hash-checking mode).
HASH = re.compile(r"\s--hash[=\s](sha256|sha384|sha512):([0-9a-f]+)")


def items(report):
    """The items of pip's installation report: the format is in pip's documentation."""
    return [item(entry["metadata"], entry["download_info"]) for entry in report["install"]]


def item(metadata, download):
    url, hash_option, source = download["url"], "", None
    if "archive_info" in download:
        hashes = download["archive_info"].get("hashes", {})
        if hashes:
            kind = "sha256" if "sha256" in hashes else sorted(hashes)[0]
            hash_option = " --hash=%s:%s" % (kind, hashes[kind])
            source = "%s:%s" % (kind, hashes[kind])
    if "vcs_info" in download:
        vcs = download["vcs_info"]
        source = "%s+%s@%s" % (vcs["vcs"], url, vcs["commit_id"])
        url = source
    is_wheel = url.endswith(".whl")
    if "subdirectory" in download:
        url += "#subdirectory=" + download["subdirectory"]
        source = source and "%s#%s" % (source, download["subdirectory"])
    path = unquoted(url[len("file://") :]) if is_wheel and url.startswith("file://") else None
    line = "%s @ %s%s" % (metadata["name"], url, hash_option)
    return Item(metadata["name"], metadata["version"], line, source, is_wheel, path)


def unquoted(path):
    return re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match.group(1), 16)), path)


def read_report(path):
    with open(path, encoding="utf-8") as file:
        return items(json.load(file))


def moved(text, source, target):
    """Absolute paths into the sources, as paths into their copy."""
    pattern = r"(?<![\w.-])%s(?=[/\s#;,\[\]'\"]|$)" % re.escape(source)
    return re.sub(pattern, lambda match: target, text)


def files(words):
    """The requirements and constraints files among the words of a command."""
    found, rest = [], list(words)
    while rest:
        match = re.match(r"(?:-[rc]|--requirement|--constraint)(?:=|$|(?!-))(.*)", rest.pop(0))
        if match:
            found.append(match.group(1) or (rest.pop(0) if rest else ""))
    return [path for path in found if path]


def options_of(paths, source, target):
    """The options, such as --index-url, of requirements files and of all that they lead to, and
    the hashes that they lock, each as ("sha256", "...").

    Absolute paths into the sources are written anew in the copy's files.
    """
    options, hashes, seen = [], set(), set()
    rest = [os.path.abspath(path) for path in paths]
    while rest:
        path = rest.pop(0)
        if path in seen or path.endswith(".toml") or not os.path.isfile(path):
            continue
        seen.add(path)
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        if path.startswith(target + "/") and moved(text, source, target) != text:
            text = moved(text, source, target)
            with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
        folder = os.path.dirname(path)
        for line in re.sub(r"\\\n", " ", text).splitlines():
            line = line.strip()
            if REQUIREMENTS.match(line):
                rest += [os.path.join(folder, name) for name in files(line.split())]
            elif line.startswith("-"):
                options.append(absolute_links(line, folder))
            else:
                hashes.update(HASH.findall(line))
    return options, hashes


def may_be_taken(path, hashes):
    """Tells whether the hashes, where there are any, allow a file.

    pip takes a wheel of this machine before a source of this machine, and only then compares.
    """
    if not hashes:
        return True
    with open(path, "rb") as file:
        content = file.read()
    return any(hashlib.new(kind, content).hexdigest() == digest for kind, digest in hashes)


def absolute_links(line, folder):
    """--find-links is relative to the file that has it, where there is such a folder."""
    match = re.match(r"(-f|--find-links)(?:\s*=\s*|\s+)(\S+)", line)
    if match and os.path.exists(os.path.join(folder, match.group(2))):
        return "--find-links " + os.path.join(folder, match.group(2))
    return line


def one_wheel(folder):
    """The wheel that is in a folder."""
    names = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if len(names) != 1:
        raise Failure("the build left %d wheels" % len(names), "report it with pip's output")
    return os.path.join(folder, names[0])
