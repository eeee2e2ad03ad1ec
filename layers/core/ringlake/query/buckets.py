"""A range cut into months, weeks, days, hours or quarters of an hour of its zone (features.md O14, O22, O23).

Days and longer buckets follow the local calendar: a day of 23 or 25 hours is one bucket. Hours and quarters
follow the wall clock too, but never mix two offsets: where the clock is put back the repeated hour is a bucket
of its own, where it is put forward there is none, and zones with :30 and :45 are cut at their own
full hours (demands.md D4).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ringlake.errors import InvalidRequest
from ringlake.model.arrow import kernels, wall
from ringlake.model.base import Model
from ringlake.model.localtime import midnight, stretches

from .presets import add_months
from .resolve import ResolvedQuery, between

# An Arrow array or chunked array.
type Column = Any


class Granularity(StrEnum):
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    QUARTER_HOUR = "quarter_hour"


# Two years of days, four months of hours, a month of quarters: more no chart can show.
MOST_BUCKETS = 3_000
_STEP_S = {Granularity.HOUR: 3600, Granularity.QUARTER_HOUR: 900}
_DAY_S = 86_400
# 1970-01-01 was a Thursday: so many days before it a Monday began.
_MONDAY_BEFORE_EPOCH = 3
_HOURS_OF_WEEK = 168


class Bucket(Model, frozen=True, kw_only=True):
    """[start_utc, end_utc). `label` names it in the zone: `2026-03`, `2026-03-23` (also of a week, by its
    first day), `2026-03-29T02:15+02:00`. `from_date` and `to_date` are local and inclusive. `partial` when the range
    cuts the month, week or day, or when it is not over yet.
    """

    start_utc: datetime
    end_utc: datetime
    from_date: date
    to_date: date
    label: str
    partial: bool


class Axis(Model, frozen=True, kw_only=True):
    """The buckets of a range in order, and which of them an instant lies in."""

    granularity: Granularity
    zone: str
    buckets: tuple[Bucket, ...]
    week_start: int = 1

    def index(self, started: Column) -> Column:
        """Position of the bucket for each value of a naive UTC timestamp column inside the range; int64."""
        import pyarrow as pa

        pc = kernels()
        if self.granularity in _STEP_S:
            return self._index_of_steps(started)
        local = wall(started, ZoneInfo(self.zone))
        first = self.buckets[0].from_date
        if self.granularity is Granularity.MONTH:
            months = pc.add(pc.multiply(pc.year(local), 12), pc.month(local))
            return pc.cast(pc.subtract(months, first.year * 12 + first.month), pa.int64())
        # Instants before 1970 do not occur: to divide is to round down.
        days = pc.divide(seconds(local), _DAY_S)
        if self.granularity is Granularity.DAY:
            return pc.subtract(days, _day(first))
        return pc.divide(pc.subtract(days, _day(_week(first, self.week_start))), 7)

    def _index_of_steps(self, started: Column) -> Column:
        import pyarrow as pa

        pc = kernels()
        step = _STEP_S[self.granularity]
        position = {bucket.start_utc: n for n, bucket in enumerate(self.buckets)}
        ahead: Column = None
        behind: Column = None
        for part in stretches(ZoneInfo(self.zone), self.buckets[0].start_utc, self.buckets[-1].end_utc):
            if part.start >= self.buckets[-1].end_utc:
                break
            # Steps since 1970 on this stretch's clock, less those before its first bucket.
            before = (int(part.start.timestamp()) + part.offset_s) // step - position[part.start]
            here = pa.scalar(part.offset_s, pa.int64()), pa.scalar(before, pa.int64())
            if ahead is None:
                ahead, behind = here
                continue
            earlier = pc.less(started, pa.scalar(part.start.replace(tzinfo=None), started.type))
            ahead, behind = pc.if_else(earlier, ahead, here[0]), pc.if_else(earlier, behind, here[1])
        return pc.subtract(pc.divide(pc.add(seconds(started), ahead), step), behind)


def axis(query: ResolvedQuery, granularity: Granularity, now: datetime, week_start: int = 1) -> Axis:
    """Raises `InvalidRequest` for `granularity` when the range has too many of these buckets."""
    zone = ZoneInfo(query.zone)
    if granularity in _STEP_S:
        spans = (query.end_utc - query.start_utc).total_seconds() / _STEP_S[granularity]
        if spans > MOST_BUCKETS:
            raise InvalidRequest("granularity", f"the range has more than {MOST_BUCKETS} buckets of one {granularity}")
        found = _steps(query, zone, _STEP_S[granularity], now)
    else:
        found = _dated(query, zone, granularity, now, week_start)
    return Axis(granularity=granularity, zone=query.zone, buckets=tuple(found), week_start=week_start)


def previous(query: ResolvedQuery) -> ResolvedQuery:
    """The same question about the period of as many days just before (features.md W24, O47).

    Buckets of both periods are compared by their position.
    """
    days = query.to_date - query.from_date + timedelta(days=1)
    first, last = query.from_date - days, query.to_date - days
    start, end, utc_days = between(first, last, ZoneInfo(query.zone))
    return msgspec.structs.replace(query, from_date=first, to_date=last, start_utc=start, end_utc=end, days=utc_days)


def hour_of_week(started: Column, zone: str) -> Column:
    """Hours since Monday 00:00 of the local clock, 0 to 167, for each value of a naive UTC timestamp column."""
    pc = kernels()
    hours = pc.add(pc.divide(seconds(wall(started, ZoneInfo(zone))), 3600), _MONDAY_BEFORE_EPOCH * 24)
    return pc.subtract(hours, pc.multiply(pc.divide(hours, _HOURS_OF_WEEK), _HOURS_OF_WEEK))


def seconds(column: Column) -> Column:
    """Whole seconds since 1970 of a timestamp column, int64."""
    import pyarrow as pa

    pc = kernels()
    return pc.divide(pc.cast(column, pa.int64()), 1000)


def _dated(
    query: ResolvedQuery, zone: ZoneInfo, granularity: Granularity, now: datetime, week_start: int
) -> list[Bucket]:
    found = []
    at = query.from_date
    while at <= query.to_date:
        whole, following = _unit(at, granularity, week_start)
        until = min(following, query.to_date + timedelta(days=1))
        end = midnight(until, zone)
        found.append(
            Bucket(
                start_utc=midnight(at, zone),
                end_utc=end,
                from_date=at,
                to_date=until - timedelta(days=1),
                label=f"{at:%Y-%m}" if granularity is Granularity.MONTH else at.isoformat(),
                partial=at != whole or until != following or end > now,
            )
        )
        at = until
    return found


def _unit(at: date, granularity: Granularity, week_start: int) -> tuple[date, date]:
    """First day of the month, week or day, and of the one after it."""
    if granularity is Granularity.MONTH:
        return at.replace(day=1), add_months(at.replace(day=1), 1)
    if granularity is Granularity.WEEK:
        first = _week(at, week_start)
        return first, first + timedelta(days=7)
    return at, at + timedelta(days=1)


def _week(at: date, week_start: int) -> date:
    return at - timedelta(days=(at.isoweekday() - week_start) % 7)


def _day(at: date) -> int:
    return (at - date(1970, 1, 1)).days


def _steps(query: ResolvedQuery, zone: ZoneInfo, step: int, now: datetime) -> list[Bucket]:
    found: list[Bucket] = []
    parts = [p for p in stretches(zone, query.start_utc, query.end_utc) if p.start < query.end_utc]
    ends = [part.start for part in parts[1:]] + [query.end_utc]
    for part, end in zip(parts, ends, strict=True):
        at = part.start
        while at < end:
            local = int(at.timestamp()) + part.offset_s
            until = min(at + timedelta(seconds=step - local % step), end)
            shown = at.astimezone(zone)
            found.append(
                Bucket(
                    start_utc=at,
                    end_utc=until,
                    from_date=shown.date(),
                    to_date=shown.date(),
                    label=shown.isoformat(timespec="minutes"),
                    partial=until > now,
                )
            )
            at = until
    return found
