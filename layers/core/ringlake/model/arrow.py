"""Arrow's compute kernels, loaded on first use."""

from __future__ import annotations

from typing import Any


def kernels() -> Any:
    """`pyarrow.compute`, as Any: its stubs accept no Python scalars and no column of unknown type."""
    import pyarrow.compute

    return pyarrow.compute
