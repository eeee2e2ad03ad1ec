"""The wall clock of a zone: where its days begin, and where its offset changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """From `start` (UTC) on the zone is `offset_s` seconds ahead of UTC."""

    start: datetime
    offset_s: int


def zone_named(name: str) -> str:
    """The name of an IANA zone, as it was given; raises `ValueError` when there is none."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is no IANA time zone") from None
    return name


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a local date begins.

    Where the clock skips midnight that is the instant of the change, where midnight comes twice
    the first of them.
    """
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the clock of the zone shows this time on this date.

    A time that the clock skips is the instant of the change, which is the next that it shows; of a time that comes
    twice it is the first.
    """
    shown = datetime.combine(day, at)
    found = shown.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == shown:
        return found
    # With the offset of before the change a skipped time lies after the change, by less than what was skipped.
    return stretches(zone, found - DAY, found)[-1].start


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
        following = min(at + DAY, end)
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
