"""How many calls there are at once, and how many lines and agents they need.

metrics.md Concurrency, Lines required, Agents required; demands.md D63. Calls that began up to a day before the range
and last into it are in the peaks; longer ones no provider lets be. The time-of-day and weekday conditions
of a filter choose hours here, not the calls that began in them: a call from 08:50 to 09:10 is on a line at nine.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import gcd
from typing import TYPE_CHECKING, Annotated, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.metrics.busyhours import Hour, Step, hours, instant, steps, working_days
from ringlake.metrics.columns import codes, is_one, joined, milliseconds
from ringlake.metrics.concurrency import Peaks, sweep
from ringlake.metrics.erlang import MOST_LOAD, agents_required, lines_required
from ringlake.metrics.service import promise
from ringlake.model.arrow import Column, kernels
from ringlake.model.base import Answer
from ringlake.model.localtime import midnight
from ringlake.model.tables import CALLS
from ringlake.query.buckets import Granularity, axis
from ringlake.query.filters import CALL

from .patterns import NO_RANGE, Drill, Patterned, milliseconds_of, widened
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

# How far back a call may have begun that still lasts in the range: on the local date before it.
CARRIED = timedelta(days=1)
# What lists show at once is three months at most; a call that lasts that long is an error, and told as one.
_LISTED = timedelta(days=80)
_COLUMNS = (
    "started_at",
    "answered_at",
    "ended_at",
    "live",
    "is_offered",
    "is_inbound",
    "is_answered",
    "talk_s",
)
_QUARTER, _HOUR = 15, 60
# Two years of quarters of an hour.
_MOST_STEPS = 75_000


class ConcurrencyQuery(Patterned):
    """`blocking_pct` is the share of calls that may find all lines busy, `threshold_s` and `target_pct` are the
    service level that agents are to reach; those of the workspace when left out.
    """

    granularity: Granularity = Granularity.DAY
    blocking_pct: Annotated[float, Field(gt=0, lt=100)] = 1.0
    threshold_s: Annotated[int | None, Field(ge=0, le=86_400)] = None
    target_pct: Annotated[int | None, Field(ge=1, le=99)] = None


class LinePeak(Answer, frozen=True, kw_only=True):
    """The largest number of calls at once, and the first instant of it, null when there was none.

    `drill` lists the calls of that instant; its range begins earlier, because they may have begun then.
    """

    calls: int
    at: datetime | None
    drill: Drill | None


class LineBucket(Answer, frozen=True, kw_only=True):
    """Peaks of one month, week, day, hour or quarter: `answered` of conversations, `waiting` of all calls."""

    label: str
    start_utc: datetime
    end_utc: datetime
    partial: bool
    answered: LinePeak
    waiting: LinePeak


class LoadHour(Answer, frozen=True, kw_only=True):
    """One hour of the clock over the working days. `erlangs` is the mean number of lines in use.

    `lines` and `agents` are null for a load beyond what can be computed, `agents` also without a handled call.
    """

    hour: int
    days: int
    erlangs: float
    lines: int | None
    calls_per_hour: float
    agents: int | None


class Concurrency(Answer, frozen=True, kw_only=True):
    """`busy_hour` is the hour with the highest mean load over the period's working days, null without one.

    `lines_required` is what that hour needs (Erlang B); `agents_required` what the hour with most offered calls
    needs (Erlang C), which ignores that callers give up, so it says more than are needed. `unknown_end` calls
    ended nobody knows when and are left out.
    """

    meta: Meta
    granularity: Granularity
    answered: LinePeak
    waiting: LinePeak
    buckets: tuple[LineBucket, ...]
    hours: tuple[LoadHour, ...]
    busy_hour: int | None
    working_days: int
    lines_required: Value
    agents_required: Value
    blocking_pct: float
    threshold_s: int
    target_pct: int
    handle_s: float | None
    unknown_end: int


class ConcurrencyAnswers(Answers):
    def concurrency(self, viewer: Principal, asked: ConcurrencyQuery, now: datetime) -> Concurrency:
        """Raises `PlanTooLow`, `InvalidRequest` (also for too many buckets), `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        query, workspace = question.query, question.workspace
        wanted = axis(query, asked.granularity, now, workspace.week_start)
        spam = query.predicates.include_spam
        timeless = msgspec.structs.replace(query.predicates, minutes=None, weekdays=(), without_spam=not spam)
        before = query.start_utc - midnight(query.from_date - CARRIED, ZoneInfo(query.zone))
        calls = self._facts.rows(CALLS, widened(query, before, timedelta(), timeless), _COLUMNS)
        if CALL not in query.predicates.channels:
            calls = calls.slice(0, 0)
        spans = _spans(calls, milliseconds_of(now))
        grid = _grid(question, asked.granularity)
        swept = sweep(spans.started, spans.answered, spans.ended, [*(s.start_ms for s in grid), grid[-1].end_ms])
        came = _arrivals(calls, grid)
        chosen: Sequence[int] = range(len(grid))
        if query.predicates.minutes or query.predicates.weekdays:
            chosen = [n for n in chosen if _chosen(question, grid[n])]
        load = hours(
            [grid[n] for n in chosen],
            [swept.waiting.busy_ms[n] for n in chosen],
            [came[n] for n in chosen],
            working_days(workspace, query.from_date, query.to_date),
            milliseconds_of(now),
        )
        ends = [milliseconds_of(bucket.end_utc) for bucket in wanted.buckets]
        buckets = [
            LineBucket(
                label=bucket.label,
                start_utc=bucket.start_utc,
                end_utc=bucket.end_utc,
                partial=bucket.partial,
                answered=_peak(question, swept.answered, steps_of, "talking_at"),
                waiting=_peak(question, swept.waiting, steps_of, "active_at"),
            )
            for bucket, steps_of in zip(wanted.buckets, _places(grid, chosen, ends), strict=True)
        ]
        return self._told(question, asked, calls, load, buckets, spans.unknown)

    def _told(
        self,
        question: Question,
        asked: ConcurrencyQuery,
        calls: pa.Table,
        load: Sequence[Hour],
        buckets: Sequence[LineBucket],
        unknown: int,
    ) -> Concurrency:
        promised = promise(question.workspace, CALL)
        threshold = promised.threshold_s if asked.threshold_s is None else asked.threshold_s
        target = promised.target_pct if asked.target_pct is None else asked.target_pct
        handle_s = _handle_s(calls, question)
        rows = tuple(_load_hour(hour, asked.blocking_pct, handle_s, threshold, target) for hour in load)
        busy = max(rows, key=lambda row: (row.erlangs, -row.hour), default=None)
        rush = max(rows, key=lambda row: (row.calls_per_hour, -row.hour), default=None)
        used = busy is not None and busy.erlangs > 0
        return Concurrency(
            meta=question.meta,
            granularity=asked.granularity,
            answered=_largest(bucket.answered for bucket in buckets),
            waiting=_largest(bucket.waiting for bucket in buckets),
            buckets=tuple(buckets),
            hours=rows,
            busy_hour=busy.hour if busy and used else None,
            working_days=max((hour.days for hour in load), default=0),
            lines_required=Value(metric="lines_required", value=busy.lines if busy and used else None),
            agents_required=Value(metric="agents_required", value=rush.agents if rush else None),
            blocking_pct=asked.blocking_pct,
            threshold_s=threshold,
            target_pct=target,
            handle_s=handle_s,
            unknown_end=unknown,
        )


class _Spans(NamedTuple):
    """Milliseconds since 1970 of calls whose end is known or that still last; `answered` may be null."""

    started: Column
    answered: Column
    ended: Column
    unknown: int


def _spans(calls: pa.Table, now_ms: int) -> _Spans:
    """A live call lasts until now; one whose end was never heard has no known length."""
    import pyarrow as pa

    pc = kernels()
    ended = milliseconds(calls["ended_at"])
    if ended.null_count:
        lasts = pc.invert(codes(calls["live"].unify_dictionaries()).are(""))
        ended = pc.if_else(pc.and_(pc.is_null(ended), lasts), pa.scalar(now_ms, pa.int64()), ended)
    known = pc.is_valid(ended)
    unknown = len(calls) - (pc.sum(known).as_py() or 0)
    started, answered = milliseconds(calls["started_at"]), milliseconds(calls["answered_at"])
    if unknown:
        started, answered, ended = (column.filter(known) for column in (started, answered, ended))
    return _Spans(started, answered, ended, unknown)


def _grid(question: Question, granularity: Granularity) -> tuple[Step, ...]:
    """Hours of the clock or quarters of them; shorter steps where the filter's time of day cuts those."""
    query = question.query
    usual = _QUARTER if granularity is Granularity.QUARTER_HOUR else _HOUR
    step = gcd(usual, *(query.predicates.minutes or ()))
    if (query.end_utc - query.start_utc) / timedelta(minutes=step) > _MOST_STEPS:
        raise InvalidRequest("hour_from", "for so long a range give hours or quarters of one as the time of day")
    return steps(ZoneInfo(query.zone), query.start_utc, query.end_utc, 60 * step)


def _chosen(question: Question, step: Step) -> bool:
    """Whether the step begins inside the filter's time of day and weekdays."""
    asked = question.query.predicates
    # 1970-01-01 was a Thursday.
    if asked.weekdays and (step.day + 3) % 7 + 1 not in asked.weekdays:
        return False
    if asked.minutes is None:
        return True
    start, end = asked.minutes
    if start < end:
        return start <= step.minute < end
    return step.minute >= start or step.minute < end


def _arrivals(calls: pa.Table, grid: Sequence[Step]) -> list[int]:
    """Offered calls that began in each step."""
    import pyarrow as pa

    pc = kernels()
    started = milliseconds(calls["started_at"]).filter(is_one(calls["is_offered"]))
    # The largest time of which all steps are multiples: an hour, in zones of half hours a half.
    width = gcd(3_600_000, *{step.start_ms % 3_600_000 for step in grid})
    counted = pc.value_counts(pc.divide(started, pa.scalar(width, pa.int64())))
    came = dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True))
    if width == 3_600_000:
        return [came.get(step.start_ms // width, 0) for step in grid]
    return [sum(came.get(n, 0) for n in range(step.start_ms // width, -(-step.end_ms // width))) for step in grid]


def _places(grid: Sequence[Step], chosen: Sequence[int], ends: Iterable[int]) -> Iterable[Sequence[int]]:
    """The chosen steps of each bucket, of which steps are parts, by its end."""
    starts = [grid[n].start_ms for n in chosen]
    first = 0
    for end in ends:
        over = bisect_left(starts, end, first)
        yield chosen[first:over]
        first = over


def _peak(question: Question, peaks: Peaks, steps_of: Sequence[int], field: str) -> LinePeak:
    """The first of the highest peaks of some steps."""
    step = max(steps_of, key=peaks.most.__getitem__, default=None)
    if step is None or not peaks.most[step]:
        return LinePeak(calls=0, at=None, drill=None)
    at = instant(peaks.at[step])
    day = at.astimezone(ZoneInfo(question.query.zone)).date()
    drill = NO_RANGE | {
        "channels": [CALL],
        "without_spam": not question.query.predicates.include_spam,
        "from": max(question.query.from_date - CARRIED, day - _LISTED).isoformat(),
        "to": day.isoformat(),
        field: at.isoformat(),
    }
    return LinePeak(calls=peaks.most[step], at=at, drill=drill)


def _largest(peaks: Iterable[LinePeak]) -> LinePeak:
    """The first of the highest ones."""
    return max(peaks, key=lambda peak: peak.calls, default=LinePeak(calls=0, at=None, drill=None))


def _handle_s(calls: pa.Table, question: Question) -> float | None:
    """Mean handle time of incoming calls of the range that a person handled (metrics.md AHT)."""
    import pyarrow as pa

    pc = kernels()
    start = pa.scalar(milliseconds_of(question.query.start_utc), pa.int64())
    handled = pc.and_(is_one(calls["is_inbound"]), is_one(calls["is_answered"]))
    handled = pc.and_(handled, pc.greater_equal(milliseconds(calls["started_at"]), start))
    found: float | None = pc.mean(joined(calls["talk_s"]).filter(handled)).as_py()
    return found


def _load_hour(hour: Hour, blocking_pct: float, handle_s: float | None, threshold_s: int, target_pct: int) -> LoadHour:
    agents = None
    # No number of agents answers every call in time.
    if handle_s and target_pct < 100 and hour.arrivals_per_hour * handle_s / 3600 <= MOST_LOAD:
        agents = agents_required(hour.arrivals_per_hour * handle_s / 3600, handle_s, threshold_s, target_pct / 100)
    return LoadHour(
        hour=hour.hour,
        days=hour.days,
        erlangs=hour.erlangs,
        lines=lines_required(hour.erlangs, blocking_pct / 100) if hour.erlangs <= MOST_LOAD else None,
        calls_per_hour=hour.arrivals_per_hour,
        agents=agents,
    )
