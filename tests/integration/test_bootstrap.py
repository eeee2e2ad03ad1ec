"""`make setup` finds the right Python, and builds an environment once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_name_proves_nothing(tmp_path: Path) -> None:
    """A pyenv shim exists under this name also when no such version is selected."""
    shim = script(tmp_path / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    assert not bootstrap.answers_version(shim)
    assert not bootstrap.answers_version(script(tmp_path / "other", "echo 3.12"))
    assert not bootstrap.answers_version(str(tmp_path / "missing"))
    assert bootstrap.answers_version(sys.executable)


def test_an_environment_is_current_only_for_its_lock_and_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("one", encoding="utf-8")
    environment = bootstrap.Environment("test environment", tmp_path / "venv", lock)
    assert not bootstrap.is_current(environment)
    (environment.path / "bin").mkdir(parents=True)
    (environment.path / "bin/python3.13").symlink_to(sys.executable)
    (environment.path / ".ringlake-lock").write_text(bootstrap.fingerprint(environment), encoding="utf-8")
    assert bootstrap.is_current(environment)
    moved = environment._replace(path=tmp_path / "moved")
    environment.path.rename(moved.path)
    assert not bootstrap.is_current(moved)
    moved.path.rename(environment.path)
    monkeypatch.setattr(bootstrap, "LAYOUT", "2")
    assert not bootstrap.is_current(environment)


def test_the_interpreter_may_be_gone(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("one", encoding="utf-8")
    environment = bootstrap.Environment("test environment", tmp_path / "venv", lock)
    (environment.path / "bin").mkdir(parents=True)
    (environment.path / "bin/python3.13").symlink_to(tmp_path / "uninstalled")
    (environment.path / ".ringlake-lock").write_text(bootstrap.fingerprint(environment), encoding="utf-8")
    assert not bootstrap.is_current(environment)


def test_a_second_setup_does_nothing() -> None:
    """These tests run in the environment that the first one made."""
    done = subprocess.run(
        [sys.executable, "tools/bootstrap.py", "project"],
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("\n") == 1


def test_an_unknown_environment_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "tools/bootstrap.py", "stak"], cwd=bootstrap.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "stak" in done.stderr
