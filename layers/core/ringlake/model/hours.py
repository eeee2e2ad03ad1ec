"""Open hours: whether a business is open at an instant, and how much open time lies between two.

A window belongs to the local date on which it begins. So ("22:00", "02:00") on a Friday is open until
two on Saturday, whatever Saturday's own windows, validity or holiday say (demands.md D8), and a holiday
closes the windows that begin on it. Windows are read off the wall clock: where the clock goes back an
hour within a window, that hour is open twice; where it goes forward, the hour that is not there counts
for nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from .base import utc
from .directory import Hours, Schedule, Workspace
from .localtime import stretches

_DAY = dt.timedelta(days=1)
_MS = dt.timedelta(milliseconds=1)
# How far `open_after` looks: a schedule without any open hour in a year never opens.
_HORIZON = dt.timedelta(days=400)

type Span = tuple[dt.datetime, dt.datetime]


def hours_on(workspace: Workspace, day: dt.date, team: str = "", number: str = "") -> Hours:
    """The hours that count for windows beginning on this local date: the number's, else the team's, else the
    workspace's schedule; of several valid ones the one that began last; else `Workspace.hours`.

    `team` and `number` are ids of the directory.
    """
    valid = [s for s in workspace.schedules if _is_valid(s, day, team, number)]
    if not valid:
        return workspace.hours
    return max(valid, key=lambda s: (bool(s.number), bool(s.team), s.valid_from)).hours


def is_open(workspace: Workspace, at: dt.datetime, team: str = "", number: str = "") -> bool:
    """Whether the business is open at this instant (metrics.md base set CLOSED)."""
    if not workspace.schedules and not workspace.hours.weekly:
        return True
    wall = at.astimezone(workspace.tz).replace(tzinfo=None)
    return any(a <= wall < b for a, b in _walls(workspace, wall.date(), team, number))


def open_ms(workspace: Workspace, start: dt.datetime, end: dt.datetime, team: str = "", number: str = "") -> int:
    """Milliseconds of open time from `start` to `end`; 0 when the end is not after the start."""
    return sum((b - a) // _MS for a, b in open_spans(workspace, start, end, team, number))


def open_after(
    workspace: Workspace, start: dt.datetime, ms: int, team: str = "", number: str = ""
) -> dt.datetime | None:
    """The first instant at which `ms` of open time have passed since `start`: when a promise runs out.

    With 0 it is when the business is open first, `start` itself if it is open then: when the promise's
    clock starts. None when it does not open often enough within 400 days.
    """
    left = dt.timedelta(milliseconds=ms)
    for a, b in open_spans(workspace, start, utc(start) + _HORIZON, team, number):
        if b - a >= left:
            return a + left
        left -= b - a
    return None


def open_spans(
    workspace: Workspace, start: dt.datetime, end: dt.datetime, team: str = "", number: str = ""
) -> Iterator[Span]:
    """The stretches of open time between two instants, UTC, in order and apart from each other."""
    start, end = utc(start), utc(end)
    if end <= start:
        return
    held: Span | None = None
    for a, b in _clipped(workspace, start, end, team, number):
        if held and a <= held[1]:
            held = held[0], max(b, held[1])
            continue
        if held:
            yield held
        held = a, b
    if held:
        yield held


def _clipped(workspace: Workspace, start: dt.datetime, end: dt.datetime, team: str, number: str) -> Iterator[Span]:
    """Open spans in the order of their start, not yet united."""
    if not workspace.schedules and not workspace.hours.weekly:
        yield start, end
        return
    # Spans of one date may begin after some of the next date's (a window of more than a day does not
    # exist), so two dates are sorted together before the first of them is given out.
    waiting: list[Span] = []
    day = start.astimezone(workspace.tz).date() - _DAY
    last = end.astimezone(workspace.tz).date()
    while day <= last:
        for a, b in _begun(workspace, day, team, number):
            waiting += [(max(x, start), min(y, end)) for x, y in _instants(a, b, workspace.tz) if x < end and y > start]
        waiting.sort()
        border = dt.datetime.combine(day, dt.time(), dt.UTC)
        while waiting and waiting[0][0] < border:
            yield waiting.pop(0)
        day += _DAY
    yield from waiting


@lru_cache(maxsize=4096)
def _instants(a: dt.datetime, b: dt.datetime, zone: ZoneInfo) -> tuple[Span, ...]:
    """The instants whose wall clock lies in [a, b): one span, or two around a change of the clock."""
    first = dt.datetime.combine(a.date() - _DAY, dt.time(), dt.UTC)
    until = dt.datetime.combine(b.date() + 2 * _DAY, dt.time(), dt.UTC)
    parts = stretches(zone, first, until)
    ends = [*(part.start for part in parts[1:]), until]
    found = []
    for part, over in zip(parts, ends, strict=True):
        ahead = dt.timedelta(seconds=part.offset_s)
        x = max((a - ahead).replace(tzinfo=dt.UTC), part.start)
        y = min((b - ahead).replace(tzinfo=dt.UTC), over)
        if x < y:
            found.append((x, y))
    return tuple(found)


def _walls(workspace: Workspace, day: dt.date, team: str, number: str) -> list[Span]:
    """Windows by the wall clock that reach into a local date."""
    return [*_begun(workspace, day - _DAY, team, number), *_begun(workspace, day, team, number)]


def _begun(workspace: Workspace, day: dt.date, team: str, number: str) -> list[Span]:
    """Windows by the wall clock that begin on a local date."""
    hours = hours_on(workspace, day, team, number)
    midnight = dt.datetime.combine(day, dt.time())
    if not hours.weekly:
        return [(midnight, midnight + _DAY)]
    if day.isoformat() in hours.holidays:
        return []
    found = []
    for opens, closes in hours.weekly.get(str(day.isoweekday()), ()):
        a, b = _minutes(opens), _minutes(closes)
        found.append((midnight + a, midnight + (b if b > a else b + _DAY)))
    return found


@lru_cache(maxsize=1024)
def _minutes(clock: str) -> dt.timedelta:
    hours, _, minutes = clock.partition(":")
    return dt.timedelta(hours=int(hours), minutes=int(minutes))


def _is_valid(schedule: Schedule, day: dt.date, team: str, number: str) -> bool:
    if (schedule.number and schedule.number != number) or (schedule.team and schedule.team != team):
        return False
    at = day.isoformat()
    return (not schedule.valid_from or schedule.valid_from <= at) and (not schedule.valid_to or at <= schedule.valid_to)
