"""Tests of components/app/context/libraries.py, with any Python 3.4 or newer."""

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


if __name__ == "__main__":
    unittest.main()
