"""Open hours between whole columns of instants (demands.md D10): `model.hours.open_ms`, vectorised.

Open hours begin and end on whole minutes, so one table of the range's minutes tells for each how much was open
before it and whether it is open itself; a duration is then a difference of two look-ups.
"""

from __future__ import annotations

import datetime as dt

from ringlake.model.arrow import Column, kernels
from ringlake.model.directory import Schedule, Workspace
from ringlake.model.hours import open_spans

_MINUTE_MS = 60_000


class OpenTime:
    """The open time of a workspace from `start` to `end`, both UTC on whole minutes."""

    def __init__(self, workspace: Workspace, start: dt.datetime, end: dt.datetime) -> None:
        self._workspace = workspace
        self._start, self._end = start, end
        self._minutes: dict[tuple[str, str], tuple[Column, Column] | None] = {}

    def between(self, starts: Column, ends: Column, teams: Column, numbers: Column) -> Column:
        """Milliseconds of open time from each start to its end; null where either is null, 0 when the end is not
        later. `starts` and `ends` are int64 milliseconds since 1970; `teams` and `numbers` ids of the directory.

        What lies outside the range of this object counts as closed.
        """
        import pyarrow as pa

        pc = kernels()
        special = self._special()
        found = self._of("", "", starts, ends)
        for team, number in special:
            chosen = self._chosen(team, number, special, teams, numbers)
            if pc.any(chosen).as_py():
                found = pc.if_else(chosen, self._of(team, number, starts, ends), found)
        return pc.max_element_wise(found, pa.scalar(0, pa.int64()), skip_nulls=False)

    def _special(self) -> list[tuple[str, str]]:
        """Teams and numbers with hours of their own: a number's hours count before a team's."""
        schedules: tuple[Schedule, ...] = self._workspace.schedules
        teams = sorted({s.team for s in schedules if s.team})
        numbers = sorted({s.number for s in schedules if s.number})
        pairs = [(team, "") for team in teams]
        return pairs + [(team, number) for number in numbers for team in ("", *teams)]

    @staticmethod
    def _chosen(team: str, number: str, special: list[tuple[str, str]], teams: Column, numbers: Column) -> Column:
        """Rows of exactly this team and number, where "" stands for every other one."""
        pc = kernels()
        others = {name for name, _ in special if name}, {name for _, name in special if name}
        wanted = []
        for column, value, known in ((teams, team, others[0]), (numbers, number, others[1])):
            wanted.append(pc.equal(column, value) if value else pc.invert(_one_of(column, known)))
        return pc.fill_null(pc.and_(*wanted), False)  # noqa: FBT003 - Arrow's own signature

    def _of(self, team: str, number: str, starts: Column, ends: Column) -> Column:
        pc = kernels()
        return pc.subtract(self._before(ends, team, number), self._before(starts, team, number))

    def _before(self, times: Column, team: str, number: str) -> Column:
        """Open milliseconds from the beginning of the range to each instant."""
        import pyarrow as pa

        pc = kernels()
        table = self._table(team, number)
        if table is None:
            return times
        before, is_open = table
        begin = int(self._start.timestamp()) * 1000
        since = pc.subtract(times, pa.scalar(begin, pa.int64()))
        since = pc.max_element_wise(since, pa.scalar(0, pa.int64()), skip_nulls=False)
        since = pc.min_element_wise(since, pa.scalar(len(before) * _MINUTE_MS - 1, pa.int64()), skip_nulls=False)
        minute = pc.divide(since, pa.scalar(_MINUTE_MS, pa.int64()))
        within = pc.subtract(since, pc.multiply(minute, pa.scalar(_MINUTE_MS, pa.int64())))
        return pc.add(before.take(minute), pc.multiply(is_open.take(minute), within))

    def _table(self, team: str, number: str) -> tuple[Column, Column] | None:
        """Open milliseconds before each minute, and whether it is open; None when it is always open."""
        if not self._workspace.schedules and not self._workspace.hours.weekly:
            return None
        if (team, number) not in self._minutes:
            self._minutes[team, number] = self._built(team, number)
        return self._minutes[team, number]

    def _built(self, team: str, number: str) -> tuple[Column, Column]:
        import pyarrow as pa

        pc = kernels()
        count = int((self._end - self._start).total_seconds()) // 60 + 1
        ends: list[int] = []
        values: list[int] = []
        for begin, until in open_spans(self._workspace, self._start, self._end, team, number):
            a, b = (int((at - self._start).total_seconds()) // 60 for at in (begin, until))
            if a > (ends[-1] if ends else 0):
                ends.append(a)
                values.append(0)
            if b > (ends[-1] if ends else 0):
                ends.append(b)
                values.append(1)
        if not ends or ends[-1] < count:
            ends.append(count)
            values.append(0)
        runs: Column = pa.RunEndEncodedArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values, pa.int64()))
        is_open = pc.run_end_decode(runs)
        lasts = pc.multiply(is_open, pa.scalar(_MINUTE_MS, pa.int64()))
        return pc.subtract(pc.cumulative_sum(lasts), lasts), is_open


def _one_of(column: Column, values: set[str]) -> Column:
    import pyarrow as pa

    return kernels().is_in(column, value_set=pa.array(sorted(values), pa.string()))
