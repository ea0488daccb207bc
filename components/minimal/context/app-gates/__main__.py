"""The gates of an app's dependencies on the image minimal: those of every app, with pip and ldd of the image python.

usage: as that of /mnt/gates
"""

import importlib.util
import os
import sys
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = ["/mnt/gates", os.path.join(os.path.dirname(HERE), "gates")]

import tools  # noqa: E402


def common_gates():
    specification = importlib.util.spec_from_file_location("gates", "/mnt/gates/__main__.py")
    gates = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(gates)
    return gates


if __name__ == "__main__":
    tools.use()
    # pip, for the gate that runs it; the others start interpreters that do not heed this.
    site = os.path.relpath(sysconfig.get_path("purelib"), sys.prefix)
    os.environ["PYTHONPATH"] = os.path.join(tools.VENV, site)
    sys.exit(common_gates().main(*sys.argv[1:]))
