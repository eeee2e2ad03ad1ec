"""Resolve requirements/*.in into hashed locks: `make lock`.

The layers are locked first and constrain everything after them, so that a test
runs against exactly the versions that ship. Hashes of every published wheel are
kept, which makes one lock good for both processor architectures of Lambda.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_VERSION = "3.13"
# name -> locks whose versions it must share
LOCKS: dict[str, tuple[str, ...]] = {
    "layer-runtime": (),
    # Before layer-arrow: awswrangler has an upper bound on pyarrow, pyarrow has none on it.
    "layer-wrangler": ("layer-runtime",),
    "layer-arrow": ("layer-wrangler",),
    "layer-files": ("layer-runtime",),
    "dev": ("layer-runtime", "layer-wrangler", "layer-arrow", "layer-files"),
    "stack": (),
    "sam": (),
}


def compile_lock(name: str, constraints: tuple[str, ...], *, upgrade: bool) -> None:
    """Write requirements/<name>.txt; without `upgrade` valid pins stay as they are."""
    command = [
        str(ROOT / ".venv" / "bin" / "uv"),
        "pip",
        "compile",
        f"{name}.in",
        f"--output-file={name}.txt",
        f"--python-version={PYTHON_VERSION}",
        "--generate-hashes",
        "--no-config",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--custom-compile-command=make lock",
        "--quiet",
        *(f"--constraints={other}.txt" for other in constraints),
        *(["--upgrade"] if upgrade else []),
    ]
    # Run inside the folder: uv writes the input's path into the comments.
    subprocess.run(command, cwd=ROOT / "requirements", check=True)


def main(arguments: list[str]) -> int:
    upgrade = "--upgrade" in arguments
    for name, constraints in LOCKS.items():
        compile_lock(name, constraints, upgrade=upgrade)
        print(f"lock   requirements/{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
