"""A build backend (PEP 517) without requirements, which is careless on purpose.

The wheel has the time and the folder of the build, its files in an order that
changes, and the tag linux_*.
"""

import os
import subprocess
import sys
import sysconfig
import zipfile

VERSION = "%d%d" % sys.version_info[:2]
PLATFORM = sysconfig.get_platform().replace("-", "_")


def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "native-1.0-cp%s-cp%s-%s.whl" % (VERSION, VERSION, PLATFORM)
    with open("flags") as file:
        flags = file.read().split()
    include = "-I" + sysconfig.get_path("include")
    source = os.path.abspath("native.c")
    subprocess.check_call(
        ["gcc", "-g", "-shared", "-fPIC", include, source, "-o", "native.so"] + flags
    )
    tag = "cp%s-cp%s-%s" % (VERSION, VERSION, PLATFORM)
    files = {
        "native-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: native\nVersion: 1.0\n",
        "native-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: %s\n" % tag,
        "native-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(directory, name), "w") as archive:
        for path in set(files):
            archive.writestr(path, files[path])
        archive.write("native.so", "native" + sysconfig.get_config_var("EXT_SUFFIX"))
    return name
