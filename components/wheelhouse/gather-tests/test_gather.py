"""Tests of components/wheelhouse/context/gather.py, with any Python 3.4 or newer."""

import contextlib
import hashlib
import io
import json
import os
import random
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "context"))

import gather  # noqa: E402


class Gather(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.one = self.write("downloads/one-1.0+x-py3-none-any.whl", b"one")
        self.write("compiled/Two_b-2.0-1deb12-cp313-cp313-manylinux_2_36_x86_64.whl", b"two")
        self.write("compiled/three-1.0-py3-none-any.whl", b"three")
        self.compiled = os.path.join(self.folder, "compiled")

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        if not os.path.isdir(os.path.dirname(path)):
            os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(content)
        return path

    def gather(self, out, *wheels):
        list_file = self.write(out + ".json", json.dumps(wheels).encode())
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = gather.main(list_file, os.path.join(self.folder, out))
        return status, said.getvalue()

    def wheels(self):
        return [
            {"distribution": "two-b", "version": "2.0", "path": self.compiled},
            {
                "distribution": "one",
                "version": "1.0+x",
                "path": self.one,
                "sha256": hashlib.sha256(b"one").hexdigest(),
            },
        ]

    def read(self, path):
        with open(os.path.join(self.folder, path), encoding="utf-8") as file:
            return file.read()

    def test_requirements_and_index(self):
        self.assertEqual(self.gather("out", *self.wheels()), (0, "layers: 3\n"))
        one, two = [hashlib.sha256(content).hexdigest() for content in (b"one", b"two")]
        self.assertEqual(
            self.read("out/2/wheels/requirements.txt"),
            "one==1.0+x --hash=sha256:%s\ntwo-b==2.0 --hash=sha256:%s\n" % (one, two),
        )
        self.assertIn('<a href="two-b/">two-b</a>', self.read("out/2/simple/index.html"))
        self.assertIn(
            '<a href="../../wheels/one-1.0%%2Bx-py3-none-any.whl#sha256=%s">' % one,
            self.read("out/2/simple/one/index.html"),
        )
        page = json.loads(self.read("out/2/simple/two-b/index.json"))
        self.assertEqual((page["name"], page["versions"]), ("two-b", ["2.0"]))
        (file,) = page["files"]
        self.assertEqual((file["hashes"], file["size"]), ({"sha256": two}, 3))

        projects = json.loads(self.read("out/2/simple/index.json"))["projects"]
        layers = {project["name"]: project["_layer"] for project in projects}
        self.assertEqual(sorted(layers.values()), [0, 1])
        folder = os.path.join(self.folder, "out", str(layers["one"]), "wheels")
        self.assertEqual(os.listdir(folder), ["one-1.0+x-py3-none-any.whl"])

    def test_the_same_whenever_it_runs(self):
        for out, wheels in (("a", self.wheels()), ("b", self.wheels()[::-1])):
            self.gather(out, *wheels)
        trees = [
            [
                (os.path.relpath(path, root), os.stat(path).st_mtime)
                for path, _, _ in sorted(os.walk(root))
            ]
            for root in (os.path.join(self.folder, out) for out in "ab")
        ]
        self.assertEqual(trees[0], trees[1])
        self.assertEqual({time for _, time in trees[0]}, {0})
        self.assertEqual(self.read("a/2/simple/index.json"), self.read("b/2/simple/index.json"))

    def test_other_bytes_are_refused(self):
        wheels = self.wheels()
        wheels[1]["sha256"] = "0" * 64
        status, said = self.gather("out", *wheels)
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^error: one 1\.0\+x: \S+\.whl has sha256 \w+ instead of 0+; run again\n")

    def test_an_image_without_the_wheel_is_refused(self):
        four = {"distribution": "four", "version": "1", "path": self.compiled}
        status, said = self.gather("out", four)
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^error: four 1: the image of its wheel has 0 of them; ")


def sized(sizes):
    return [{"distribution": name, "size": sizes[name]} for name in sorted(sizes)]


def names(sizes):
    return [[wheel["distribution"] for wheel in group] for group in gather.layers(sized(sizes))]


class Layers(unittest.TestCase):
    def setUp(self):
        chance = random.Random(7)
        self.locks = [
            {
                "d%x" % chance.getrandbits(40): chance.choice([chance.randrange(200000), 10**9])
                for _ in range(chance.randrange(100))
            }
            for _ in range(50)
        ]

    def test_every_distribution_is_in_one_of_few_layers(self):
        for sizes in self.locks:
            groups = names(sizes)
            self.assertEqual(sorted(sum(groups, [])), sorted(sizes))
            self.assertLess(len(groups), gather.MOST_LAYERS)
            self.assertTrue(all(groups))

    def test_a_light_distribution_more_changes_one_layer(self):
        for sizes in self.locks:
            before, after = names(sizes), names(dict(sizes, light=9000))
            self.assertEqual(len([group for group in after if group not in before]), 1)

    def test_the_heaviest_are_alone(self):
        sizes = {"small%d" % index: 9000 for index in range(60)}
        sizes.update({"a": 5000000, "b": 5000001, "c": 5000002, "d": 5000003, "e": 5000004})
        groups = names(sizes)
        self.assertEqual(groups[:4], [["b"], ["c"], ["d"], ["e"]])
        self.assertEqual(len(groups), gather.MOST_LAYERS - 1)


if __name__ == "__main__":
    unittest.main()
