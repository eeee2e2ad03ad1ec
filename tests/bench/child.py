"""The other side of `timing.own_process`: one function, measured, its result as one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path


def peak_mb() -> float:
    """High-water mark of this process. `ru_maxrss` would start with that of the process that started us."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main(request: str) -> None:
    module, name, arguments = json.loads(request)
    function = getattr(import_module(module), name)
    prepare = getattr(function, "prepare", None)
    if prepare is not None:
        prepare(**arguments)
    base = peak_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = function(**arguments)
    measured = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    print(json.dumps({"answer": dict(answer), **measured, "peak_mb": peak_mb(), "base_mb": base}))


if __name__ == "__main__":
    main(sys.argv[1])
