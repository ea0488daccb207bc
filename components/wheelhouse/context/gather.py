"""Lay out wheels and an index of them, with the same bytes and times whenever it runs.

usage: gather.py WHEELS FOLDER

WHEELS is a JSON file: a list of {distribution, version, path, sha256?}; a path may be a folder,
which then has the distribution's wheel. FOLDER gets wheels/, with a requirements file that has the
hash of each, and simple/, an index of them: HTML by PEP 503, JSON by PEP 691. For Python 3.4 on.
"""

import hashlib
import html
import json
import os
import re
import sys

PAGE = "<!DOCTYPE html>\n<html>\n<body>\n%s</body>\n</html>\n"


def main(list_file, folder):
    with open(list_file) as file:
        wheels = sorted(json.load(file), key=lambda wheel: wheel["distribution"])
    os.umask(0o022)
    for name in ("wheels", "simple"):
        os.makedirs(os.path.join(folder, name))
    for wheel in wheels:
        problem = take(wheel, os.path.join(folder, "wheels"))
        if problem:
            print("error: %s %s: %s" % (wheel["distribution"], wheel["version"], problem))
            return 1
    write(
        os.path.join(folder, "wheels/requirements.txt"),
        "".join("%(distribution)s==%(version)s --hash=sha256:%(sha256)s\n" % wheel for wheel in wheels),
    )
    write_index(wheels, os.path.join(folder, "simple"))
    clamp(folder)
    return 0


def take(wheel, folder):
    """Copy a wheel, and note its file, size and hash; what is wrong with it, if anything is."""
    path = wheel["path"]
    if os.path.isdir(path):
        names = [name for name in sorted(os.listdir(path)) if is_of(name, wheel["distribution"])]
        if len(names) != 1:
            return "the image of its wheel has %d of them; remove that image, then run again" % len(names)
        path = os.path.join(path, names[0])
    target = os.path.join(folder, os.path.basename(path))
    digest = hashlib.sha256()
    with open(path, "rb") as source, open(target, "wb") as copy:
        for chunk in iter(lambda: source.read(1 << 20), b""):
            digest.update(chunk)
            copy.write(chunk)
    found = digest.hexdigest()
    if found != wheel.setdefault("sha256", found):
        return "%s has sha256 %s instead of %s; run again" % (target, found, wheel["sha256"])
    wheel.update(file=os.path.basename(target), size=os.path.getsize(target))
    return None


def is_of(file, distribution):
    """Tells whether a wheel is of a distribution, whose name is normalised (PEP 503)."""
    return file.endswith(".whl") and re.sub("[-_.]+", "-", file.split("-")[0]).lower() == distribution


def write_index(wheels, folder):
    names = [wheel["distribution"] for wheel in wheels]
    links = "".join('<a href="%s/">%s</a>\n' % (name, name) for name in names)
    write(os.path.join(folder, "index.html"), PAGE % links)
    meta = {"api-version": "1.1"}
    projects = [{"name": name} for name in names]
    write_json(os.path.join(folder, "index.json"), {"meta": meta, "projects": projects})
    for wheel in wheels:
        own = os.path.join(folder, wheel["distribution"])
        os.mkdir(own)
        url = "../../wheels/" + wheel["file"]
        link = '<a href="%s#sha256=%s">%s</a>\n' % (
            html.escape(url.replace("+", "%2B")),
            wheel["sha256"],
            html.escape(wheel["file"]),
        )
        write(os.path.join(own, "index.html"), PAGE % link)
        file = {
            "filename": wheel["file"],
            "url": url,
            "hashes": {"sha256": wheel["sha256"]},
            "size": wheel["size"],
        }
        write_json(
            os.path.join(own, "index.json"),
            {
                "meta": meta,
                "name": wheel["distribution"],
                "versions": [wheel["version"]],
                "files": [file],
            },
        )


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_json(path, value):
    write(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def clamp(folder):
    for root, _, names in os.walk(folder):
        for path in [root] + [os.path.join(root, name) for name in names]:
            os.utime(path, (0, 0))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
