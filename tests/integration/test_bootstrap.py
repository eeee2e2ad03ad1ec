"""`make setup` finds the right Python, and builds an environment once."""

from __future__ import annotations

import json
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


def test_the_dashboards_packages_are_current_only_for_their_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (tmp_path / name).write_bytes((bootstrap.SITE / name).read_bytes())
    monkeypatch.setattr(bootstrap, "SITE", tmp_path)
    assert not bootstrap.packages_are_current()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/.ringlake-lock").write_text(bootstrap.packages_fingerprint(), encoding="utf-8")
    assert bootstrap.packages_are_current()
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    assert not bootstrap.packages_are_current()


def test_packages_that_do_not_fit_their_lock_are_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"preact": "10.0.0"}}', encoding="utf-8")
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}', encoding="utf-8")
    (tmp_path / ".npmrc").write_text("offline=true\n", encoding="utf-8")
    monkeypatch.setattr(bootstrap, "SITE", tmp_path)
    with pytest.raises(bootstrap.SetupError, match="npm install"):
        bootstrap.install_packages()
    assert not bootstrap.packages_are_current()


def test_the_lock_of_packages_names_hashes_and_no_registry() -> None:
    """`npm ci` takes what has the hash, from whichever mirror."""
    lock = json.loads((bootstrap.SITE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert not [name for name, one in packages.items() if "resolved" in one]
    # Builds for other systems than those of the tests may be absent from a mirror.
    assert not [name for name, one in packages.items() if "integrity" not in one and not one.get("optional")]
    declared = json.loads((bootstrap.SITE / "package.json").read_text(encoding="utf-8"))
    assert all(
        version == packages[f"node_modules/{name}"]["version"]
        for part in ("dependencies", "devDependencies")
        for name, version in declared[part].items()
    )


def test_npm_gets_the_place_of_the_registry_and_nothing_else_of_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NPM_CONFIG_REGISTRY", "npm_config_ignore_scripts", "NODE_OPTIONS", "NODE_PATH"):
        monkeypatch.setenv(name, "set")
    given = bootstrap._npm_environment()
    assert given["NPM_CONFIG_REGISTRY"] == "set"
    assert not {"npm_config_ignore_scripts", "NODE_OPTIONS", "NODE_PATH"} & set(given)
    assert given["PATH"].startswith(str(bootstrap.ROOT / ".venv/bin"))
