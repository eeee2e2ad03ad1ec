"""Start ministack with the differences put right that matter to the product.

Runs inside the emulator's own environment, by path; see server.start_emulator. Only
Athena is changed. Everything else is met by rules of the template, by our own code,
or repeated after the deployment (deploy.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Change what has to be changed and hand over to ministack."""
    # Only while our modules are imported: functions are started from this process.
    sys.path.insert(0, str(ROOT))
    from tools.stack import athena

    sys.path.remove(str(ROOT))
    athena.install()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
