"""Lay out wheels and an index of them, with the same bytes and times whenever it runs.

usage: gather.py WHEELS FOLDER

WHEELS is a JSON file: a list of {distribution, version, path, sha256?}; a path may be a folder,
which then has the distribution's wheel. FOLDER gets a folder for each layer, 0 and on, which lie on
each other: wheels/ with some wheels, and in the last a requirements file there that has the hash of
each, and simple/, an index of them: HTML by PEP 503, JSON by PEP 691, with the layer of each project
as _layer. Says how many layers as `layers: COUNT`. For Python 3.4 on.
"""

import hashlib
import html
import json
import os
import re
import shutil
import sys

# The most layers of an app's dependencies: one of them is for Debian packages, as the last here is for
# the index.
MOST_LAYERS = 12
# A wheel of so many bytes may have a layer of its own: below that, what a layer itself costs counts.
HEAVY = 1000000
# How many layers are for heavy wheels; the others share those that are left.
HEAVY_LAYERS = 4
BUCKETS = MOST_LAYERS - 1 - HEAVY_LAYERS
PAGE = "<!DOCTYPE html>\n<html>\n<body>\n%s</body>\n</html>\n"


def main(list_file, folder):
    with open(list_file) as file:
        wheels = sorted(json.load(file), key=lambda wheel: wheel["distribution"])
    os.umask(0o022)
    for wheel in wheels:
        problem = look(wheel)
        if problem:
            print("error: %s %s: %s" % (wheel["distribution"], wheel["version"], problem))
            return 1
    groups = layers(wheels)
    for layer, group in enumerate(groups):
        target = os.path.join(folder, str(layer), "wheels")
        os.makedirs(target)
        for wheel in group:
            shutil.copyfile(wheel["path"], os.path.join(target, wheel["file"]))
            wheel["layer"] = layer
    last = os.path.join(folder, str(len(groups)))
    for name in ("wheels", "simple"):
        os.makedirs(os.path.join(last, name))
    write(
        os.path.join(last, "wheels/requirements.txt"),
        "".join("%(distribution)s==%(version)s --hash=sha256:%(sha256)s\n" % wheel for wheel in wheels),
    )
    write_index(wheels, os.path.join(last, "simple"))
    clamp(folder)
    print("layers: %d" % (len(groups) + 1))
    return 0


def layers(wheels):
    """The wheels of each layer, by name: the heaviest alone, the others by a hash of their names. So a
    new version of one changes its layer alone, what else the lock has does not matter to a layer that
    does not change, and other apps have the same one.
    """
    heavy = [wheel for wheel in wheels if wheel["size"] >= HEAVY]
    heavy = sorted(heavy, key=lambda wheel: (-wheel["size"], wheel["distribution"]))[:HEAVY_LAYERS]
    buckets = [[] for _ in range(BUCKETS)]
    for wheel in wheels:
        if wheel not in heavy:
            buckets[fnv_1a(wheel["distribution"]) % BUCKETS].append(wheel)
    alone = [[wheel] for wheel in sorted(heavy, key=lambda wheel: wheel["distribution"])]
    return alone + [bucket for bucket in buckets if bucket]


def fnv_1a(name):
    """A hash of 32 bits, which spreads short names."""
    digest = 0x811C9DC5
    for byte in name.encode():
        digest = (digest ^ byte) * 0x01000193 & 0xFFFFFFFF
    return digest


def look(wheel):
    """Note a wheel's file, size and hash; what is wrong with it, if anything is."""
    path = wheel["path"]
    if os.path.isdir(path):
        names = [name for name in sorted(os.listdir(path)) if is_of(name, wheel["distribution"])]
        if len(names) != 1:
            return "the image of its wheel has %d of them; remove that image, then run again" % len(names)
        path = os.path.join(path, names[0])
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        for chunk in iter(lambda: source.read(1 << 20), b""):
            digest.update(chunk)
    found = digest.hexdigest()
    if found != wheel.setdefault("sha256", found):
        return "%s has sha256 %s instead of %s; run again" % (path, found, wheel["sha256"])
    wheel.update(path=path, file=os.path.basename(path), size=os.path.getsize(path))
    return None


def is_of(file, distribution):
    """Tells whether a wheel is of a distribution, whose name is normalised (PEP 503)."""
    return file.endswith(".whl") and re.sub("[-_.]+", "-", file.split("-")[0]).lower() == distribution


def write_index(wheels, folder):
    names = [wheel["distribution"] for wheel in wheels]
    links = "".join('<a href="%s/">%s</a>\n' % (name, name) for name in names)
    write(os.path.join(folder, "index.html"), PAGE % links)
    meta = {"api-version": "1.1"}
    projects = [{"name": wheel["distribution"], "_layer": wheel["layer"]} for wheel in wheels]
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
