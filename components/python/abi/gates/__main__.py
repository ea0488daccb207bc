"""The gates of an image python with another ABI: those of every one, at /mnt/gates, and its own.

usage: as that of /mnt/gates; SERIES is a name such as 3.13t.
"""

import importlib.util
import re
import sys

sys.path.insert(1, "/mnt/gates")

import gate_debug  # noqa: E402
import gate_environment  # noqa: E402
import gate_files  # noqa: E402
import gate_gil  # noqa: E402
import gate_sysconfig  # noqa: E402

OWN = {"d": ("debug", gate_debug.check), "t": ("gil", gate_gil.check)}


def common_gates():
    specification = importlib.util.spec_from_file_location("gates", "/mnt/gates/__main__.py")
    gates = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(gates)
    return gates


def optimized(variables):
    """As if a debug build had what upstream's configure takes for -O3 in all others."""
    texts = {name: value for name, value in variables.items() if isinstance(value, str)}
    return {name: re.sub(r"-O[g0]\b", "-O3", text) for name, text in texts.items()}


if __name__ == "__main__":
    flag = sys.argv[1][-1]
    # Its version has no flag, which is the ABI's: its own gate looks at that.
    check_python = gate_environment.check_python
    gate_environment.check_python = lambda name: check_python(name[:-1])
    if flag == "d":
        # Nor has a debug build's library.
        check_bytecode = gate_files.check_bytecode
        gate_files.check_bytecode = lambda library, without: check_bytecode(library[:-1], without)
        check_flags = gate_sysconfig.check_flags
        gate_sysconfig.check_flags = lambda variables: check_flags(optimized(variables))
    gates = common_gates()
    gates.GATES += (OWN[flag],)
    sys.exit(gates.main(*sys.argv[1:]))
