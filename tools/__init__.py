"""Tools for people who work on Ringlake; never deployed."""

import sys
from pathlib import Path

# The library is no installed package: it travels as a layer. `python -m tools.<name>` finds it here.
_CORE = str(Path(__file__).resolve().parents[1] / "layers" / "core")
if _CORE not in sys.path:
    sys.path.insert(0, _CORE)
