"""`make check`: everything that can be known without running the product, in under a minute.

The checks run side by side; each prints its duration, and the output of those that failed.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "types (mypy strict)": [str(BIN / "mypy")],
    "template rules": [sys.executable, "-m", "tools.template_rules"],
    "imports (layers)": [str(BIN / "lint-imports"), "--no-cache"],
    "lint (ruff)": [str(BIN / "ruff"), "check", "--no-cache", "."],
    "format (ruff)": [str(BIN / "ruff"), "format", "--check", "--no-cache", "."],
    "data dictionary is current": [sys.executable, "-m", "tools.dictionary", "--check"],
    "metrics are current": [sys.executable, "-m", "tools.metrics", "--check"],
    "outcomes are current": [sys.executable, "-m", "tools.outcomes", "--check"],
    "columns of exports are current": [sys.executable, "-m", "tools.exports", "--check"],
    "API pages are current": [sys.executable, "-m", "tools.apidoc", "--check"],
    "API description is current": [sys.executable, "-m", "tools.openapi", "--check"],
    "documents' links": [sys.executable, "-m", "tools.links"],
    "words of the dashboard are current": [sys.executable, "-m", "tools.words", "--check"],
    "types of the API are current": [sys.executable, "tools/dashboard.py", "--check-types"],
}
# Run in the dashboard's folder, by the project's own Node.
SITE = ROOT / "functions" / "dashboard" / "site"
SITE_CHECKS: dict[str, list[str]] = {
    "dashboard: format, lint (biome)": [
        str(BIN / "node"),
        "node_modules/@biomejs/biome/bin/biome",
        "ci",
        "--colors=off",
        ".",
    ],
    "dashboard: types (tsc)": [str(BIN / "node"), "node_modules/typescript/bin/tsc"],
    "dashboard: tests (vitest)": [str(BIN / "node"), "node_modules/vitest/vitest.mjs", "run", "--silent=passed-only"],
}


def run(name: str, command: list[str]) -> tuple[str, int, str, float]:
    """Run one check; returns its name, exit code, output and seconds."""
    began = time.monotonic()
    folder = SITE if name in SITE_CHECKS else ROOT
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=_environment(), check=False)
    return name, done.returncode, (done.stdout + done.stderr).strip(), time.monotonic() - began


def _environment() -> dict[str, str]:
    import os

    paths = os.pathsep.join([str(ROOT / "layers" / "core"), str(ROOT)])
    return os.environ | {"PYTHONPATH": paths, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def main() -> int:
    """Exit 1 when any check fails."""
    began = time.monotonic()
    failed = 0
    checks = CHECKS | SITE_CHECKS
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name, code, output, seconds in pool.map(lambda item: run(*item), checks.items()):
            print(f"{'ok  ' if code == 0 else 'FAIL'}  {name:<32} {seconds:5.1f} s", flush=True)
            if code:
                failed += 1
                print("\n".join(f"      {line}" for line in output.splitlines()), flush=True)
    print(f"{len(checks) - failed} of {len(checks)} checks passed in {time.monotonic() - began:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
