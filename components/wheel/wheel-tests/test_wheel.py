"""Tests of components/wheel/context, with any Python 3.4 or newer."""

import importlib.util
import io
import os
import shutil
import sys
import tempfile
import unittest
import zipfile

COMPONENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CONTEXT = os.path.join(COMPONENTS, "wheel", "context")
sys.path[:0] = [CONTEXT, os.path.join(COMPONENTS, "wheelbuild", "context", "buildwheels.d")]

import failure  # noqa: E402
import sbom  # noqa: E402

spec = importlib.util.spec_from_file_location("wheel", os.path.join(CONTEXT, "__main__.py"))
wheel = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wheel)

JOB = {
    "name": "psycopg2",
    "version": "2.9.10+x",
    "number": "12",
    "sdist": {"path": "/downloads/cc/psycopg2-2.9.10.tar.gz", "sha256": "c" * 64},
    "packages": ["libpq-dev"],
    "folder": "examples/app",
    "project": "examples/app/pyproject.toml",
}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text=""):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)


class Explain(Folder):
    def explained(self, text):
        self.addCleanup(setattr, wheel, "LOG", wheel.LOG)
        self.addCleanup(setattr, wheel.debian, "packages_with", wheel.debian.packages_with)
        wheel.LOG = self.write("log", text)
        wheel.debian.packages_with = lambda patterns: {each: ["libpq-dev"] for each in patterns}
        try:
            wheel.explain(JOB)
        except failure.Failure as failed:
            return failed.line
        return None

    def test_what_is_not_locked(self):
        line = (
            "error: psycopg2 2.9.10+x: its build requires setuptools>=61, which is not locked; "
            "npm run lock -- examples/app"
        )
        said = "ERROR: No matching distribution found for setuptools>=61\n"
        self.assertEqual(self.explained(said), line)
        self.assertEqual(self.explained("x\n      " + said + "      [end of output]\n"), line)

    def test_what_debian_has(self):
        self.assertEqual(
            self.explained("Error: pg_config executable not found.\n"),
            "error: psycopg2 2.9.10+x cannot be built: the build lacks the program pg_config, which is "
            "in libpq-dev; add to build-packages.psycopg2 of examples/app/pyproject.toml: libpq-dev",
        )

    def test_a_version_of_git(self):
        said = "      LookupError: setuptools-scm was unable to detect version for /build/source.\n"
        self.assertIn("its version is to come from git", self.explained(said))

    def test_what_nobody_knows(self):
        self.assertIsNone(self.explained("error: something else\n"))


    def test_an_app_without_a_version(self):
        self.assertEqual(wheel.title({"name": "guestbook"}), "guestbook")


class Place(Folder):
    def test_hashes_are_checked(self):
        item = {"path": self.write("a.tar.gz", "content"), "sha256": "0" * 64}
        with self.assertRaises(failure.Failure) as caught:
            wheel.place(item, self.path("links"))
        self.assertIn("error: a.tar.gz has the sha256 ed7002b4", caught.exception.line)
        item["sha256"] = wheel.digest(item["path"])
        placed = (item, self.path("links", "a.tar.gz"), item["sha256"])
        self.assertEqual(wheel.place(item, self.path("links")), placed)

    def test_a_folder_has_one_wheel(self):
        os.mkdir(self.path("image"))
        item = {"path": self.path("image")}
        with self.assertRaises(failure.Failure):
            wheel.place(item, self.path("links"))
        self.write(os.path.join("image", "a-1-py3-none-any.whl"))
        self.assertTrue(os.path.isfile(wheel.place(item, self.path("links"))[1]))


def bom():
    """An SBOM of all that there can be, whose wheel has a distribution inside."""
    built = io.BytesIO()
    with zipfile.ZipFile(built, "w") as archive:
        archive.writestr("x/_vendor/y-1.dist-info/METADATA", "Name: y\n")
        archive.writestr(
            "x-1.dist-info/METADATA", "Version: 2.9.10+x\nLicense-Expression: MIT OR Apache-2.0\n\nText\n"
        )
    used = [({"name": "setuptools", "version": "80.9.0"}, "", "a" * 64)]
    owners = {"libpq.so.5": "libpq5", "libstdc++.so.6": "libstdc++6"}
    return sbom.write(JOB, used, owners, built)


class Sbom(unittest.TestCase):
    def test_same_bytes(self):
        self.assertEqual(bom(), bom())

    def test_names(self):
        text = bom().decode()
        for expected in (
            '"purl": "pkg:pypi/psycopg2@2.9.10%2Bx"',
            '"expression": "MIT OR Apache-2.0"',
            '"purl": "pkg:deb/debian/libstdc%2B%2B6?distro=debian-12"',
            '"value": "libpq.so.5"',
            '"content": "' + "c" * 64 + '"',
        ):
            self.assertIn(expected, text)


if __name__ == "__main__":
    if sys.argv[1:] == ["bom"]:
        sys.stdout.write(bom().decode())
    else:
        unittest.main()
