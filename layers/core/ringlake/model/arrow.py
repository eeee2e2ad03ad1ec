"""Arrow's compute kernels, loaded on first use, and the wall clock of whole columns.

Arrow can convert zones itself, but reads the operating system's zone database for it, which
Lambda's image lacks, and formats zoned values one by one. A column spans few changes of the
clock, so they are found once with `zoneinfo` and applied vectorised.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from .localtime import DAY, stretches

# An Arrow array, chunked array or scalar.
type Column = Any


def kernels() -> Any:
    """`pyarrow.compute`, as Any: its stubs accept no Python scalars and no column of unknown type."""
    import pyarrow.compute

    return pyarrow.compute


def offsets(column: Column, zone: ZoneInfo) -> Column:
    """Seconds ahead of UTC for each value of a naive UTC timestamp column; one scalar where all agree."""
    import pyarrow as pa

    pc = kernels()
    bounds = pc.min_max(column)
    first, last = bounds["min"].as_py(), bounds["max"].as_py()
    if first is None:
        return pa.scalar(0, pa.int32())
    parts = stretches(
        zone,
        first.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC),
        last.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC) + DAY,
    )
    result: Column = pa.scalar(parts[0].offset_s, pa.int32())
    for part in parts[1:]:
        edge = pa.scalar(part.start.replace(tzinfo=None), column.type)
        result = pc.if_else(pc.less(column, edge), result, pa.scalar(part.offset_s, pa.int32()))
    return result


def wall(column: Column, zone: ZoneInfo) -> Column:
    """The zone's wall clock for a naive UTC timestamp column, naive again."""
    return shifted(column, offsets(column, zone))


def shifted(column: Column, ahead_s: Column) -> Column:
    """A timestamp column moved by seconds, which are a column too or one scalar."""
    import pyarrow as pa

    pc = kernels()
    return pc.add(column, pc.cast(pc.cast(ahead_s, pa.int64()), pa.duration("s")))
