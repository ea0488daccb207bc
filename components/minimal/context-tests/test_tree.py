"""Tests of what the image minimal has of a root: python3 -B test_tree.py"""

import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../context"))

import dpkg  # noqa: E402
import tree  # noqa: E402

STATUS = """Package: cpython3.13
Status: install ok installed
Architecture: amd64
Depends: libssl3 (>= 3.0) | libssl4, media:any, ca-certificates

Package: ca-certificates
Status: install ok installed
Architecture: all
Depends: debconf (>= 0.5) | debconf-2.0, openssl
Pre-Depends: dash

Package: openssl
Status: install ok installed
Architecture: amd64
Depends: libssl3

Package: libssl3
Status: install ok installed
Architecture: amd64
Description: a library
 Depends: on nothing

Package: media-types
Status: install ok installed
Architecture: all
Provides: media

Package: debconf
Status: install ok installed
Architecture: all
Depends: perl

Package: perl
Status: install ok installed
Architecture: amd64

Package: dash
Status: install ok installed
Essential: yes
Architecture: amd64

Package: gone
Status: deinstall ok config-files
Architecture: amd64
"""


class WithRoot(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.root = os.path.join(self.folder, "root")
        self.write("/var/lib/dpkg/status", STATUS)

    def write(self, path, text=""):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        with open(self.root + path, "w") as file:
            file.write(text)


class Closure(WithRoot):
    def closure(self, *names):
        return sorted(dpkg.closure(dpkg.Root(self.root).packages(), names, ["debconf"]))

    def test_follows_what_is_installed_but_not_what_scripts_need(self):
        needed = ["ca-certificates", "cpython3.13", "libssl3", "media-types", "openssl"]
        self.assertEqual(self.closure("cpython3.13"), needed)

    def test_has_what_is_named_whatever_it_is(self):
        self.assertEqual(self.closure("dash", "media"), ["dash", "media-types"])
        self.assertEqual(self.closure("debconf"), ["debconf", "perl"])

    def test_knows_only_what_is_installed(self):
        self.assertNotIn("gone", dpkg.Root(self.root).packages())


class Records(WithRoot):
    def test_of_multiarch_packages_have_the_architecture(self):
        self.write("/var/lib/dpkg/info/libssl3:amd64.list", "/.\n/usr\n/usr/lib/libssl.so.3\n")
        self.write("/var/lib/dpkg/info/perl.list", "/.\n/usr\n")
        root = dpkg.Root(self.root)
        files = [root.files(root.packages()[name]) for name in ("libssl3", "perl", "dash")]
        self.assertEqual(files, [["/usr", "/usr/lib/libssl.so.3"], ["/usr"], []])

    def test_of_diversions_and_alternatives(self):
        self.write("/var/lib/dpkg/diversions", "/a\n/a.distrib\n:\n/bin/sh\n/bin/sh.distrib\ndash\n")
        self.write(
            "/var/lib/dpkg/alternatives/libblas.so.3",
            "auto\n/usr/lib/libblas.so.3\nlibcblas.so.3\n/usr/lib/libcblas.so.3\n\n/usr/lib/x/libblas.so.3\n10\n",
        )
        root = dpkg.Root(self.root)
        self.assertEqual(root.diversions(), [("/a", "/a.distrib", ":"), ("/bin/sh", "/bin/sh.distrib", "dash")])
        self.assertEqual(
            root.alternatives(),
            {"libblas.so.3": "/usr/lib/libblas.so.3", "libcblas.so.3": "/usr/lib/libcblas.so.3"},
        )


class Files(unittest.TestCase):
    def kept(self, is_bare, diversions=()):
        package = dpkg.Package({"Package": "x"}, "")
        paths = [
            *("/usr/bin/x", "/sbin/ldconfig", "/sbin/y", "/usr/lib/x.so", "/usr/share/doc/x"),
            *("/usr/share/doc/x/copyright", "/usr/share/doc/x/README", "/usr/share/man/man1/x.1"),
            *("/opt/cpython/3.13/lib/python3.13/ensurepip/__init__.py", "/opt/cpython/3.13/bin/python3.13"),
        ]
        root = mock.Mock(files=lambda package: paths, diversions=lambda: diversions)
        return tree.files_of(root, package, is_bare)

    def test_are_without_programs_documentation_and_ensurepip(self):
        kept = ["/sbin/ldconfig", "/usr/lib/x.so", "/usr/share/doc/x", "/usr/share/doc/x/copyright"]
        self.assertEqual(self.kept(True), kept + ["/opt/cpython/3.13/bin/python3.13"])
        self.assertIn("/usr/bin/x", self.kept(False))
        self.assertNotIn("/usr/share/man/man1/x.1", self.kept(False))

    def test_are_where_a_diversion_has_them_but_for_whose_it_is(self):
        self.assertIn("/usr/lib/x.so.distrib", self.kept(True, [("/usr/lib/x.so", "/usr/lib/x.so.distrib", ":")]))
        self.assertIn("/usr/lib/x.so", self.kept(True, [("/usr/lib/x.so", "/elsewhere", "x")]))

    def test_of_pip_are_none_of_those_that_are_made(self):
        site = "/venv/lib/python3.13/site-packages/"
        for path in ("/venv/bin/pip3.13", site + "pip", site + "pip/_vendor/x.py", site + "pip-26.0.dist-info/RECORD"):
            self.assertTrue(tree.PIP.match(path), path)
        for path in ("/venv/bin/python", site + "pipx/x.py", site + "x/pip"):
            self.assertFalse(tree.PIP.match(path), path)

    def test_that_are_made_are_in_the_list(self):
        for path in ("/lib", "/etc/ssl/certs", "/etc/ssl/certs/a.pem", "/usr/local/bin/python3", "/venv/bin/x"):
            self.assertTrue(tree.is_made(path), path)
        for path in ("/lib/x", "/etc/shadow", "/usr/local/bin/pip", "/venv2"):
            self.assertFalse(tree.is_made(path), path)


class Trees(WithRoot):
    def difference(self, after):
        before = self.root
        self.root = os.path.join(self.folder, "after")
        for path, text in after.items():
            self.write(path, text)
        layer = os.path.join(self.folder, "layer")
        tree.difference(before, self.root, layer)
        listed = subprocess.check_output(["find", ".", "-type", "f"], cwd=layer).decode().split()
        return sorted(path[1:] for path in listed)

    def test_differ_by_what_is_new_or_changed(self):
        self.write("/etc/a", "1")
        self.write("/etc/b", "1")
        after = {"/etc/a": "1", "/etc/b": "2", "/usr/c": "", "/var/lib/dpkg/status": STATUS}
        self.assertEqual(self.difference(after), ["/etc/b", "/usr/c"])

    def test_cannot_lose_what_they_have(self):
        with self.assertRaisesRegex(SystemExit, "^error: .* replace /var of the image minimal; take a base"):
            self.difference({"/etc/a": "1"})


if __name__ == "__main__":
    unittest.main()
