"""Tests of components/app/context/gates, with any Python 3.4 or newer."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

CONTEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "context")
COMPONENTS = os.path.join(CONTEXT, "..", "..")
sys.path[:0] = [
    os.path.join(CONTEXT, "gates"),
    os.path.join(COMPONENTS, "python", "context", "gates"),
]

import distributions  # noqa: E402
import gate_copies  # noqa: E402
import gate_imports  # noqa: E402
from distributions import Distribution  # noqa: E402
from failure import Failure  # noqa: E402


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        if not os.path.isdir(os.path.dirname(path)):
            os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(content)
        return path


class TopModules(unittest.TestCase):
    def names(self, *paths):
        files = [os.path.join(distributions.SITE, path) for path in paths]
        return gate_imports.top_modules(Distribution("any", files))

    def test_packages_and_modules(self):
        found = self.names(
            "one/__init__.py",
            "one/sub.py",
            "one/deep/__init__.py",
            "two.py",
            "_native" + gate_imports.SUFFIXES[-1],
            "one-1.0.dist-info/METADATA",
            "one.libs/libpq-0123.so.5",
        )
        self.assertEqual(found, ["_native", "one", "two"])

    def test_namespaces_are_no_modules_of_anybody(self):
        found = self.names("company/orders/__init__.py", "company/orders/a.py", "company/x.py")
        self.assertEqual(found, ["company.orders"])

    def test_what_is_beside_them_by_mistake(self):
        self.assertEqual(self.names("tests/__init__.py", "tests/test_a.py", "../../../bin/a.py"), [])


class Imports(Folder):
    def setUp(self):
        Folder.setUp(self)
        self.site, gate_imports.SITE = gate_imports.SITE, self.folder
        self.addCleanup(setattr, gate_imports, "SITE", self.site)

    def test_a_failure_names_the_distribution(self):
        # The child does not have the folder on its path.
        files = [self.write("no_such_module_anywhere.py", b"")]
        with self.assertRaises(Failure) as caught:
            gate_imports.check([Distribution("bad", files)], ())
        self.assertIn("bad: 1 modules do not import: no_such_module_anywhere", caught.exception.what)
        other = Distribution("other", [self.write("no_such_module_either.py", b"")])
        with self.assertRaises(Failure) as caught:
            gate_imports.check([other, Distribution("bad", files)], ())
        self.assertIn("bad, other: 2 modules do not import: ", caught.exception.what)
        self.assertIn("0 modules", gate_imports.check([Distribution("bad", files)], ("bad",)))

    def test_a_module_may_write_a_temporary_file(self):
        code = b"import tempfile\nassert tempfile.gettempdir() == '/dev/shm'\n"
        files = [self.write("writer.py", code)]
        importer = gate_imports.import_in_child
        self.addCleanup(setattr, gate_imports, "import_in_child", importer)
        gate_imports.import_in_child = lambda names: (
            [(n, "no") for n in names if subprocess.call([sys.executable, files[0]])], None
        )
        self.assertIn("1 modules of 1", gate_imports.check([Distribution("writer", files)], ()))


class Copies(Folder):
    def test_by_file_name_and_by_content(self):
        elf = b"\x7fELF"
        static = self.write("crypt.so", elf + b"\0OpenSSL 3.5.1 1 Jul 2025\0 deflate 1.3.1 Copyright 1995-")
        shared = self.write("a.libs/libpq-0123.so.5", elf)
        # Statically linked, as in lxml.
        xml = self.write("etree.so", elf + b"Warning: program compiled against libxml %d using older %d\n\0")
        script = self.write("libpq.py", b"")
        given = [Distribution("one", [static]), Distribution("two", [shared, script]), Distribution("lxml", [xml])]
        told = gate_copies.check(given, ())
        redhat = self.write("libcrypto-54.so.1.1", elf + b"OpenSSL 1.1.1k  FIPS 25 Mar 2021\0")
        self.assertEqual(gate_copies.copies(Distribution("cv", [redhat]), *gate_copies.LIBRARIES[0][1:]), ["1.1.1k"])
        self.assertTrue(told.endswith("OpenSSL 2, libpq 2, libxml2 2, zlib 2"), told)


if __name__ == "__main__":
    unittest.main()
