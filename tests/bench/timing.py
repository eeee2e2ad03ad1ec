"""Repetitions that alternate between peers, and work in processes of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "layers" / "core"


@dataclass(frozen=True)
class Sample:
    """Repeated measurements of one thing."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.values) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def show(self, unit: str, scale: float = 1.0, digits: int = 2) -> str:
        low, high = self.quartiles
        return (
            f"{self.median * scale:.{digits}f} {unit}"
            f"  ({low * scale:.{digits}f}-{high * scale:.{digits}f}, n={len(self.values)})"
        )


def ratio(ours: Sample, peer: Sample) -> float:
    """Median of the ratios of neighbours in time: what disturbs a round disturbs both of its sides."""
    return statistics.median(a / b for a, b in zip(ours.values, peer.values, strict=True))


def interleaved[K](peers: Mapping[K, Callable[[], float]], rounds: int) -> dict[K, Sample]:
    """Run every peer once per round, in turn; the order is reversed every other round."""
    found: dict[K, list[float]] = {name: [] for name in peers}
    for number in range(rounds):
        names = list(peers) if number % 2 == 0 else list(peers)[::-1]
        for name in names:
            found[name].append(peers[name]())
    return {name: Sample(tuple(values)) for name, values in found.items()}


def cpu_per_call(call: Callable[[], Any], times: int) -> float:
    """CPU seconds of this process per call."""
    started = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - started) / times


@dataclass(frozen=True)
class Run:
    """What a process of its own measured: `cpu_s` and `wall_s` of the work, `peak_mb` of the whole process.

    `cpu_s` counts all threads of the process. `base_mb` is the process with its libraries, before the work.
    """

    answer: dict[str, Any]
    cpu_s: float
    wall_s: float
    peak_mb: float
    base_mb: float


def own_process(function: Callable[..., Mapping[str, Any]], **arguments: Any) -> Run:
    """Call a module's function in a fresh interpreter. Its arguments and answer are JSON.

    A function that has an attribute `prepare` is prepared first (imports, inputs that are not part
    of the work); the measured part begins after that.
    """
    request = json.dumps([function.__module__, function.__qualname__, arguments])
    result = subprocess.run(
        [sys.executable, "-m", "tests.bench.child", request],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise RuntimeError(f"{function.__qualname__} failed:\n{result.stderr[-4000:]}")
    return Run(**json.loads(result.stdout.splitlines()[-1]))


def environment(**extra: str) -> dict[str, str]:
    """The caller's environment with the library on the path and no AWS account in reach."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "RINGLAKE_", "POWERTOOLS_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(LIBRARY), str(ROOT)]),
        # Both sides of a comparison compute on one thread.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **extra,
    }
