"""`make down` ends what `make up` started, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.stack import processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_a_process_we_started_is_ended_with_its_children(tmp_path: Path) -> None:
    parent = f"import subprocess, time; print(subprocess.Popen({SLEEP!r}).pid, flush=True); time.sleep(60)"
    log = tmp_path / "log"
    started = processes.start([sys.executable, "-c", parent], {}, log, tmp_path)
    processes.wait_until(lambda: log.read_text().endswith("\n"), "the parent", started, 10, log)
    child = int(log.read_text())
    assert processes.start_mark(child) is not None
    assert processes.stop(started)
    assert not processes.alive(started)
    assert processes.start_mark(child) is None
    assert not processes.stop(started)


def test_a_number_given_to_another_process_is_left_alone(stranger: subprocess.Popen[bytes]) -> None:
    """After a reboot the number in our file may belong to anybody."""
    assert not processes.stop({"pid": stranger.pid, "mark": "1"})
    assert stranger.poll() is None


def test_a_process_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    failing = [sys.executable, "-c", "import sys, time; time.sleep(0.2); sys.exit('no such setting')"]
    started = processes.start(failing, {}, log, tmp_path)
    with pytest.raises(RuntimeError, match=r"(?s)the server ended.*no such setting"):
        processes.wait_until(lambda: False, "the server", started, 10, log)
