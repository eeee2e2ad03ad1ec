"""P2: how long a fresh process of each function takes to be ready, against boto3 with one client.

Ready means: the entry is imported, the clients that its first invocation needs are made, and what
it loads on first use (adapter, numbering plans, Arrow) is loaded. The library travels as its
layer does, compiled with unchecked hashes. Compared is the whole process, the interpreter
included, in CPU milliseconds.
"""

from __future__ import annotations

import compileall
import os
import platform
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.bench import packages
from tests.bench.endpoint import credentials
from tests.bench.report import Bar, Outcome
from tests.bench.timing import LIBRARY, ROOT, environment, interleaved, ratio

BARS = {"ingest": 1.2, "fold": 1.6}
# What the first invocation of each function asks for.
CLIENTS = {
    "ingest": ("dynamodb", "kms"),
    "fold": ("dynamodb", "kms"),
    "archive": ("dynamodb", "s3"),
    "rollup": ("dynamodb", "s3"),
    "export": ("dynamodb", "s3", "ses"),
    "report": ("dynamodb", "s3", "athena", "ses"),
    "api": ("dynamodb", "sqs"),
}
# What it loads on first use beside clients.
ADAPTER = "from ringlake.providers import adapter; adapter('openphone')"
FIRST_WORK = {
    "ingest": ADAPTER,
    "fold": f"{ADAPTER}; from ringlake.model.numbers import e164; e164('2025550101', 'US')",
    "rollup": "import pyarrow.parquet, pyarrow.compute",
}
ROUNDS = 9
PEER = "boto3 + dynamodb client"


def functions() -> list[str]:
    """Names of the functions, from their folders."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/*.py") if path.stem == path.parent.name)


def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P2", "start of a process, CPU ms, compared with `import boto3; boto3.client('dynamodb')`")
    with tempfile.TemporaryDirectory(prefix="ringlake-bench-") as name:
        folder = Path(name)
        layers = {} if tiny else third_party()
        outcome.notes.append(
            f"our library from a compiled copy; packages from {'the built layers' if layers else 'the environment'}, "
            "boto3 from the project's environment"
        )
        compile_library(folder / "core")
        own = folder / "core"
        paths = {name: (own / "functions" / name, own, *layers.get(name, ())) for name in functions()}
        peers: dict[str, Callable[[], float]] = {PEER: _start(folder, "import boto3; boto3.client('dynamodb')", ())}
        for function, path in sorted(paths.items()):
            peers[f"{function}: import"] = _start(folder, f"import {function}", path)
            peers[f"{function}: ready"] = _start(folder, ready(function), path)
        for start in peers.values():
            start()
        found = interleaved(peers, 2 if tiny else ROUNDS)
    for what, sample in found.items():
        outcome.line(what, f"{sample.show('ms', 1000, 0)}  {ratio(sample, found[PEER]):.2f} x")
    for function, limit in BARS.items():
        what = f"{function}: ready"
        outcome.bars.append(Bar(what, ratio(found[what], found[PEER]), limit))
    return outcome


def third_party() -> dict[str, list[Path]]:
    """Import paths of each function's layers but ours, from SAM's build; empty when this machine cannot load them."""
    found = packages.folders(packages.BUILD)
    libraries = [path.name for path in packages.BUILD.glob("RuntimeLayer/python/**/*.so")]
    if not libraries or not all(f"{platform.machine()}-{sys.platform}" in name for name in libraries):
        return {}
    return {
        name: [layer / "python" for layer in layers if not (layer / "python" / "ringlake").exists()]
        for name, (_, *layers) in found.items()
    }


def ready(function: str) -> str:
    """Statements that leave a process as it is when the first invocation has been answered."""
    clients = "; ".join(f"client({service!r})" for service in CLIENTS.get(function, ("dynamodb",)))
    more = FIRST_WORK.get(function, "")
    return f"import {function}; from ringlake.stores.clients import client; {clients}; {more}"


def compile_library(target: Path) -> None:
    """The library and the entries as they ship: sources beside .pyc files that are never checked."""
    shutil.copytree(LIBRARY, target, ignore=shutil.ignore_patterns("__pycache__", "Makefile"))
    shutil.copytree(ROOT / "functions", target / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    if not compileall.compile_dir(
        target, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, workers=1
    ):
        raise RuntimeError("the library does not compile")


def _start(folder: Path, code: str, path: Iterable[Path]) -> Callable[[], float]:
    variables = environment(**credentials("http://127.0.0.1:9"), PYTHONDONTWRITEBYTECODE="1", PYTHONHASHSEED="0")
    variables["PYTHONPATH"] = os.pathsep.join(str(part) for part in path)
    return lambda: _cpu_of(code, variables, folder)


def _cpu_of(code: str, variables: Mapping[str, str], folder: Path) -> float:
    """CPU seconds, user and system, of one whole interpreter."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=dict(variables), cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise RuntimeError(f"{code!r} failed:\n{errors.decode()[-2000:]}")
    return usage.ru_utime + usage.ru_stime
