"""The gates of a free-threaded image python: those of every one, at /mnt/gates, and that the GIL is off.

usage: as that of /mnt/gates; SERIES is a name such as 3.13t.
"""

import importlib.util
import sys

sys.path.insert(1, "/mnt/gates")

import gate_environment  # noqa: E402
import gate_gil  # noqa: E402


def common_gates():
    specification = importlib.util.spec_from_file_location("gates", "/mnt/gates/__main__.py")
    gates = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(gates)
    return gates


if __name__ == "__main__":
    # Its version has no t, which is the ABI's: the gate of the GIL looks at that.
    check_python = gate_environment.check_python
    gate_environment.check_python = lambda name: check_python(name.rstrip("t"))
    gates = common_gates()
    gates.GATES += (("gil", gate_gil.check),)
    sys.exit(gates.main(*sys.argv[1:]))
