"""Tests of components/app/context/libraries.py, with any Python 3.4 or newer."""

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import unittest
import zipfile

CONTEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "context")
COMPONENTS = os.path.join(CONTEXT, "..", "..")
sys.path[:0] = [
    CONTEXT,
    os.path.join(COMPONENTS, "wheelbuild", "context", "buildwheels.d"),
    os.path.join(COMPONENTS, "python", "context", "gates"),
]

import libraries  # noqa: E402


class Libraries(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def test_what_a_wheel_needs_and_brings_along(self):
        python = os.path.realpath(sys.executable)
        needs = set(libraries.gate_libraries.needed_names(python))
        with zipfile.ZipFile(os.path.join(self.folder, "one-1.0-cp313-none-any.whl"), "w") as wheel:
            wheel.write(python, "one/program")
            wheel.writestr("one/text.py", "")
        with zipfile.ZipFile(os.path.join(self.folder, "two-1.0-cp313-none-any.whl"), "w") as wheel:
            wheel.writestr("two.libs/libm.so.6", "")
        found = libraries.lacks(self.folder, {"libc.so.6"})
        self.assertEqual(set(found), needs - {"libm.so.6", "libc.so.6"})
        for name in found:
            self.assertEqual(found[name], ("one", "one/program"))
        self.assertEqual(libraries.lacks(self.folder, needs), {})

    def run_main(self, contents):
        """What is said where only libc.so.6 is lacking, and what Debian's index is asked for, which has none."""
        python, asked = os.path.realpath(sys.executable), []
        here = set(libraries.gate_libraries.needed_names(python)) - {"libc.so.6"}

        def packages_with(patterns):
            asked.extend(patterns)
            return {pattern: [] for pattern in patterns}

        for module, name, value in (
            (libraries, "libraries_here", lambda: here),
            (libraries.debian, "packages_with", packages_with),
        ):
            self.addCleanup(setattr, module, name, getattr(module, name))
            setattr(module, name, value)
        with zipfile.ZipFile(os.path.join(self.folder, "one-1.0-cp313-none-any.whl"), "w") as wheel:
            wheel.write(python, "one/program")
            for name, content in contents.items():
                wheel.writestr("one-1.0.dist-info/" + name, content)
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            libraries.main(self.folder)
        return output.getvalue(), asked

    def sbom(self):
        properties = [{"name": "debian-python:soname", "value": "libc.so.6"}]
        purl = "pkg:deb/debian/libm%2B%2B6?distro=debian-12"
        other = {"purl": "pkg:pypi/x@1"}
        return json.dumps({"components": [other, {"purl": purl, "properties": properties}]})

    def test_what_is_compiled_here_says_its_packages(self):
        files = {"buildwheels.json": "{}", "sboms/one.cdx.json": self.sbom()}
        self.assertEqual(self.run_main(files), ("libm++6\n", []))

    def test_debian_is_asked_for_the_rest(self):
        for files in ({}, {"sboms/one.cdx.json": self.sbom()}):
            said, asked = self.run_main(files)
            self.assertIn("error: one: one/program needs libc.so.6, which no package", said)
            self.assertEqual(len(asked), 1)


if __name__ == "__main__":
    unittest.main()
