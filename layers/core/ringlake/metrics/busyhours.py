"""The load of a business day by its hours (metrics.md Lines required: the busy hour).

Hours are those of the wall clock. Where the clock changes an hour comes twice, not at all or in part, so that a
mean is taken over the time that there was: erlangs are seconds of use in each second.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ringlake.model.base import Model
from ringlake.model.directory import Workspace
from ringlake.model.hours import hours_on
from ringlake.model.localtime import stretches

_DAY_S = 86_400
_EPOCH = date(1970, 1, 1)


class Step(Model, frozen=True, kw_only=True):
    """[start_ms, end_ms) on local `day` (days since 1970), from `minute` of that day on."""

    start_ms: int
    end_ms: int
    day: int
    minute: int


@lru_cache(maxsize=32)
def steps(zone: ZoneInfo, start: datetime, end: datetime, step_s: int) -> tuple[Step, ...]:
    """A range of UTC cut at the wall clock's full steps and where its offset changes."""
    found = []
    parts = [part for part in stretches(zone, start, end) if part.start < end]
    ends = [part.start for part in parts[1:]] + [end]
    for part, over in zip(parts, ends, strict=True):
        at, until = int(part.start.timestamp()), int(over.timestamp())
        while at < until:
            local = at + part.offset_s
            following = min(at + step_s - local % step_s, until)
            day, second = divmod(local, _DAY_S)
            found.append(Step(start_ms=at * 1000, end_ms=following * 1000, day=day, minute=second // 60))
            at = following
    return tuple(found)


class Hour(Model, frozen=True, kw_only=True):
    """One hour of the clock over all days that count: `days` have some of it, `busy_ms` of use in `lasted_ms`,
    and `arrivals`.
    """

    hour: int
    days: int
    busy_ms: int
    lasted_ms: int
    arrivals: int

    @property
    def erlangs(self) -> float:
        """Mean number of lines in use."""
        return self.busy_ms / self.lasted_ms if self.lasted_ms else 0.0

    @property
    def arrivals_per_hour(self) -> float:
        return self.arrivals * 3_600_000 / self.lasted_ms if self.lasted_ms else 0.0


def hours(
    grid: Sequence[Step], busy_ms: Iterable[int], arrivals: Iterable[int], working: Collection[int], now_ms: int
) -> list[Hour]:
    """Hours of the clock that the grid has, in order; only working days (since 1970) and what is over count.

    `busy_ms` and `arrivals` go with the grid, which is no coarser than hours.
    """
    busy_of, lasted_of, came_of, days_of, last_of = ([0] * 24 for _ in range(5))
    for step, busy, came in zip(grid, busy_ms, arrivals, strict=True):
        if step.day not in working or step.end_ms > now_ms:
            continue
        hour = step.minute // 60
        busy_of[hour] += busy
        lasted_of[hour] += step.end_ms - step.start_ms
        came_of[hour] += came
        # Steps of one day may be two of one hour.
        days_of[hour] += step.day != last_of[hour]
        last_of[hour] = step.day
    return [
        Hour(hour=n, days=days_of[n], busy_ms=busy_of[n], lasted_ms=lasted_of[n], arrivals=came_of[n])
        for n in range(24)
        if lasted_of[n]
    ]


def working_days(workspace: Workspace, first: date, last: date) -> frozenset[int]:
    """Days since 1970 on which the workspace opens: all days when it has no hours, never on holidays."""
    count = (last - first).days + 1
    days = (first + timedelta(days=n) for n in range(count))
    return frozenset((day - _EPOCH).days for day in days if _works(workspace, day))


def _works(workspace: Workspace, day: date) -> bool:
    hours = hours_on(workspace, day)
    if not hours.weekly:
        return True
    return day.isoformat() not in hours.holidays and bool(hours.weekly.get(str(day.isoweekday())))


def instant(ms: int) -> datetime:
    """Milliseconds since 1970 as an instant."""
    return datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)
