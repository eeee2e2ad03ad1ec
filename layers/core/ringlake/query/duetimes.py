"""When a schedule's time comes, and which period it then covers (demands.md D57, D58).

Every calendar unit of the cadence (day, week, month, quarter or year) has one local date on which the schedule runs,
and what it then covers is the unit before: the last one that is over. So no two runs cover the same, and none is cut.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.directory import Workspace
from ringlake.model.localtime import DAY, instant
from ringlake.model.schedules import LAST_DAY, Cadence, Timing

from .presets import add_months, quarter_start, year_start

_MONTHS = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}


class Occurrence(NamedTuple):
    """`at` in UTC; `first` and `last` are the local dates that it covers, both inclusive."""

    at: datetime
    first: date
    last: date


def occurrences(timing: Timing, workspace: Workspace, after: datetime) -> Iterator[Occurrence]:
    """Every occurrence later than this instant, in time order, without end. Weeks, quarters and years are those of
    the workspace's settings.
    """
    zone = zone_of(timing, workspace)
    unit = _start(timing.cadence, after.astimezone(zone).date(), workspace)
    # A skipped time may fall into the unit after its own.
    unit = _start(timing.cadence, unit - DAY, workspace)
    while True:
        at = instant(_date(timing, unit), time.fromisoformat(timing.at), zone)
        if at > after:
            yield Occurrence(at, _start(timing.cadence, unit - DAY, workspace), unit - DAY)
        unit = _following(timing.cadence, unit)


def following(timing: Timing, workspace: Workspace, after: datetime) -> Occurrence:
    """The first occurrence later than this instant."""
    return next(occurrences(timing, workspace, after))


def covered(timing: Timing, workspace: Workspace, now: datetime) -> tuple[date, date]:
    """First and last date of the last unit that is over now, which is what a run at this instant covers."""
    unit = _start(timing.cadence, now.astimezone(zone_of(timing, workspace)).date(), workspace)
    return _start(timing.cadence, unit - DAY, workspace), unit - DAY


def zone_of(timing: Timing, workspace: Workspace) -> ZoneInfo:
    """The zone of the send time and of the dates that are covered."""
    return ZoneInfo(timing.zone) if timing.zone else workspace.tz


def _start(cadence: Cadence, day: date, workspace: Workspace) -> date:
    """First date of the unit that a date lies in."""
    match cadence:
        case Cadence.DAILY:
            return day
        case Cadence.WEEKLY:
            return day - timedelta(days=(day.isoweekday() - workspace.week_start) % 7)
        case Cadence.MONTHLY:
            return day.replace(day=1)
        case Cadence.QUARTERLY:
            return quarter_start(day, workspace.fiscal_month)
        case Cadence.YEARLY:
            return year_start(day, workspace.fiscal_month)


def _following(cadence: Cadence, unit: date) -> date:
    if cadence in _MONTHS:
        return add_months(unit, _MONTHS[cadence])
    return unit + (DAY if cadence is Cadence.DAILY else 7 * DAY)


def _date(timing: Timing, unit: date) -> date:
    """The date inside the unit on which the schedule runs."""
    match timing.cadence:
        case Cadence.DAILY:
            return unit
        case Cadence.WEEKLY:
            return unit + timedelta(days=(timing.weekday - unit.isoweekday()) % 7)
        case _:
            month = add_months(unit, timing.month - 1 if timing.cadence is not Cadence.MONTHLY else 0)
            end = calendar.monthrange(month.year, month.month)[1]
            return month.replace(day=end if timing.day == LAST_DAY else min(int(timing.day), end))
