"""Start detached processes and end exactly those again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import psutil


class Started(TypedDict):
    """What identifies a process we started, also after its number was given away again."""

    pid: int
    mark: str


def start_mark(pid: int) -> str | None:
    """The start time of a process, or None when it does not run."""
    if Path("/proc/self/stat").exists():
        # Field 22 of stat counts clock ticks since boot, so unlike a wall-clock start
        # time it does not move when the clock is set. The command name may hold
        # spaces and brackets: split after the last one.
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in ("Z", "X") else fields[19]
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def alive(started: Started | None) -> bool:
    """Whether the very process we started still runs."""
    return started is not None and start_mark(started["pid"]) == started["mark"]


def start(command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> Started:
    """Start a process that outlives us and our terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    mark = start_mark(process.pid)
    if mark is None:
        raise RuntimeError(f"{command[0]} ended at once; see {log}")
    return {"pid": process.pid, "mark": mark}


def stop(started: Started | None, patience_s: float = 10.0) -> bool:
    """End a process of ours and its children; False when it was not running."""
    if started is None or not alive(started):
        return False
    try:
        process = psutil.Process(started["pid"])
        # The emulator's function workers end with it; collected first, in case it has to be killed.
        family = [process, *process.children(recursive=True)]
        process.terminate()
    except psutil.NoSuchProcess:
        return False
    # psutil compares start times before it signals, so a reused number is safe here too.
    _, left = psutil.wait_procs([process], timeout=patience_s)
    for other in [*left, *family[1:]]:
        try:
            other.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=patience_s)
    _reap(started["pid"])
    return True


def _reap(pid: int) -> None:
    """Collect the exit status when the process is our own child (up and down in one run)."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def wait_until(condition: Callable[[], bool], what: str, started: Started, timeout_s: float, log: Path) -> None:
    """Poll a callable until it is true; RuntimeError with the log's end when it will not be."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if not alive(started) or time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
            reason = "ended" if not alive(started) else f"was not ready after {timeout_s:.0f} s"
            raise RuntimeError(f"{what} {reason}; end of {log}:\n{tail}")
        time.sleep(0.02)
