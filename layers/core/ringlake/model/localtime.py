"""UTC and the wall clock of a zone, for whole columns.

Arrow can convert zones too, but reads the operating system's zone database for it, which
Lambda's image lacks, and formats zoned values one by one. A column spans few changes of the
clock, so they are found once with `zoneinfo` and applied vectorised.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .arrow import kernels

# An Arrow array, chunked array or scalar.
type Column = Any

_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """From `start` (UTC) on the zone is `offset_s` seconds ahead of UTC."""

    start: datetime
    offset_s: int


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a local date begins.

    Where the clock skips midnight that is the instant of the change, where midnight comes twice
    the first of them.
    """
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def offset_s(at: datetime, zone: ZoneInfo) -> int:
    """Seconds that the zone's clock is ahead of UTC at an aware instant."""
    offset = at.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=512)
def stretches(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Stretch, ...]:
    """The constant offsets of a zone between two UTC instants, in time order; at least one.

    Looks at one instant a day and bisects to the second where the offset differs; no zone
    changes and changes back within a day.
    """
    found = [Stretch(start, offset_s(start, zone))]
    at = start
    while at < end:
        following = min(at + _DAY, end)
        if offset_s(following, zone) != found[-1].offset_s:
            found.append(_change(zone, at, following))
        at = following
    return tuple(found)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> Stretch:
    old, new = offset_s(before, zone), offset_s(after, zone)
    span = int((after - before).total_seconds())
    low, high = 0, span
    while high - low > 1:
        middle = (low + high) // 2
        if offset_s(before + timedelta(seconds=middle), zone) == old:
            low = middle
        else:
            high = middle
    return Stretch(before + timedelta(seconds=high), new)


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
        last.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC) + _DAY,
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
