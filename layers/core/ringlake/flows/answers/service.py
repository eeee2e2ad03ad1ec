"""The service level: how many callers are answered in time, against what was promised.

metrics.md Service level, Target compliance by hour; features.md O48; demands.md D33, D69. The workspace's settings
can be replaced for one answer; what was used is in the answer. Overall all calls are measured by one threshold;
`promised` and the rows measure each call by the target of its own team and queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.metrics.columns import Codes, codes, is_one
from ringlake.metrics.service import (
    CALL_COLUMNS,
    Part,
    Promise,
    ServiceSettings,
    counted,
    level,
    missed,
    parts,
    promise,
)
from ringlake.model.arrow import Column, kernels, wall
from ringlake.model.base import Answer
from ringlake.model.directory import Workspace
from ringlake.model.tables import CALLS
from ringlake.query.filters import CALL

from .dimensions import one_of
from .drills import narrowed
from .patterns import NO_RANGE, Drill, Patterned, named, share
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

# metrics.md Target compliance by hour: cells of fewer calls say little.
FEW = 10
# Up to this many days cells are of dates, beyond of weekdays; and this many may be asked for.
_DATES = 31
_MOST_DATES = 92
_EPOCH = date(1970, 1, 1)

_COLUMNS = (*CALL_COLUMNS, "started_at", "team_id", "queue", "user_id")

type Counts = Mapping[int, int]


class ServiceQuery(Patterned):
    """`threshold_s` (T), `target_pct` (X) and `short_s` (S) replace the workspace's for this answer.

    With `threshold_s` all calls are measured by it, also those with a target of their own. `by` names the rows,
    `cells` the days of the hour cells.
    """

    by: Literal["team", "queue", "user"] = "team"
    cells: Literal["auto", "date", "weekday"] = "auto"
    threshold_s: Annotated[int | None, Field(ge=0, le=86_400)] = None
    target_pct: Annotated[int | None, Field(ge=1, le=100)] = None
    short_s: Annotated[int | None, Field(ge=0, le=3_600)] = None
    include_short: bool = False
    include_vm: bool = True
    include_timeouts: bool = True


class ServicePart(Answer, frozen=True, kw_only=True):
    """Offered calls that ended in one way; `counted` when they are in the service level's denominator.

    `drill` is null for parts that no filter can tell or that the filter leaves out: short and other abandons by
    another threshold than the workspace's, and calls answered late when some of their waits are unknown.
    """

    part: Literal[
        "answered_in_time", "answered_late", "abandoned", "short_abandon", "voicemail", "timed_out",
        "callback_requested",
    ]  # fmt: skip
    count: int
    counted: bool
    drill: Drill | None


class Attained(Answer, frozen=True, kw_only=True):
    """What was attained of a promise. `passed` is null when nothing was to be measured."""

    service_level: Value
    missed_rate: Value
    offered: int
    threshold_s: int
    target_pct: int
    passed: bool | None


class ServiceRow(Answer, frozen=True, kw_only=True):
    """One team, queue or user; `id` "" are calls without one. Each call by its own target."""

    id: str
    name: str
    attained: Attained
    drill: Drill | None


class ServiceCell(Answer, frozen=True, kw_only=True):
    """One hour of the clock on one date or weekday (1 Monday to 7 Sunday). `n` are offered calls; `few` below ten."""

    date: date | None
    weekday: int | None
    hour: int
    n: int
    service_level: float | None
    missed_rate: float | None
    passed: bool | None
    few: bool
    drill: Drill | None


class ServiceSettingsUsed(Answer, frozen=True, kw_only=True):
    """By what the answer measures (T, X, S and the switches)."""

    threshold_s: int
    target_pct: int
    short_s: int
    include_short: bool
    include_vm: bool
    include_timeouts: bool


class ServiceLevels(Answer, frozen=True, kw_only=True):
    meta: Meta
    settings: ServiceSettingsUsed
    overall: Attained
    promised: Attained
    parts: tuple[ServicePart, ...]
    by: Literal["team", "queue", "user"]
    rows: tuple[ServiceRow, ...]
    cells: tuple[ServiceCell, ...]


class ServiceAnswers(Answers):
    def service(self, viewer: Principal, asked: ServiceQuery, now: datetime) -> ServiceLevels:
        """Raises `PlanTooLow`, `InvalidRequest` (also for too many dates), `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        check_cells(question, asked)
        calls = self._facts.rows(CALLS, question.query, _COLUMNS)
        if CALL not in question.query.predicates.channels:
            calls = calls.slice(0, 0)
        calls = calls.filter(is_one(calls["is_offered"])).unify_dictionaries()
        used = _settings(asked, question.workspace)
        dimensions = {by: codes(calls[column]) for by, column in _BY.items()}
        whole = parts(calls, used.threshold_s, used.short_s)
        own = whole
        if asked.threshold_s is None and question.workspace.targets:
            own = parts(calls, _thresholds(question.workspace, dimensions), used.short_s)
        total, kept = counted(whole).get((), {}), counted(own).get((), {})
        return ServiceLevels(
            meta=question.meta,
            settings=ServiceSettingsUsed(
                **{name: getattr(used, name) for name in ServiceSettingsUsed.__struct_fields__}
            ),
            overall=_attained(total, used, used),
            promised=_attained(kept, used, used),
            parts=tuple(_parts(question, total, used, calls)),
            by=asked.by,
            rows=tuple(self._rows(question, asked, used, own, dimensions[asked.by])),
            cells=tuple(_cells(question, asked, used, whole, calls["started_at"])),
        )

    def _rows(
        self, question: Question, asked: ServiceQuery, used: ServiceSettings, own: Column, dimension: Codes
    ) -> Iterable[ServiceRow]:
        """Most calls first, ties by name."""
        names = named(self.names(question.viewer), asked.by)
        words: list[str] = dimension.words.to_pylist()
        by_code = counted(own, [(dimension.values, max(len(words), 1))])
        # Calls of nobody have a row also when there are none, so that a reader need not look for it.
        by_id: dict[str, Counts] = {"": {}} | {words[code]: counts for (code,), counts in by_code.items()}
        found = [
            ServiceRow(
                id=group,
                name=names.get(group, group) or _NOBODY[asked.by],
                attained=_attained(counts, used, _aim(question.workspace, asked, used, group)),
                drill=_row_drill(question, f"{asked.by}s", group),
            )
            for group, counts in by_id.items()
        ]
        return sorted(found, key=lambda row: (-row.attained.offered, row.name, row.id))


def check_cells(question: Question, asked: ServiceQuery) -> None:
    """Raises `InvalidRequest` for dates of a longer range than an answer can have cells of."""
    if asked.cells == "date" and question.query.to_date - question.query.from_date >= timedelta(days=_MOST_DATES):
        raise InvalidRequest("cells", f"a range of more than {_MOST_DATES} days has cells of weekdays")


def _row_drill(question: Question, field: str, group: str) -> Drill | None:
    of_one = one_of(field, group, question.filter)
    return narrowed(question, of_one and _OFFERED | of_one)


_BY = {"team": "team_id", "queue": "queue", "user": "user_id"}
_NOBODY = {"team": "Unassigned", "queue": "none", "user": "Unassigned"}
_OFFERED: Drill = {
    "channels": [CALL],
    "sets": ["answered", "abandoned", "short_abandon", "voicemail", "timed_out", "callback_requested"],
}
_WORDS = {
    Part.IN_TIME: "answered_in_time",
    Part.LATE: "answered_late",
    Part.ABANDONED: "abandoned",
    Part.SHORT: "short_abandon",
    Part.VOICEMAIL: "voicemail",
    Part.TIMED_OUT: "timed_out",
    Part.CALLBACK: "callback_requested",
}


def _settings(asked: ServiceQuery, workspace: Workspace) -> ServiceSettings:
    """The workspace's, but for what the request sets."""
    everyone = promise(workspace, CALL)
    return ServiceSettings(
        threshold_s=everyone.threshold_s if asked.threshold_s is None else asked.threshold_s,
        target_pct=everyone.target_pct if asked.target_pct is None else asked.target_pct,
        short_s=workspace.short_abandon_s if asked.short_s is None else asked.short_s,
        include_short=asked.include_short,
        include_vm=asked.include_vm,
        include_timeouts=asked.include_timeouts,
    )


def _aim(workspace: Workspace, asked: ServiceQuery, used: ServiceSettings, group: str) -> Promise:
    """What was promised to the calls of one row."""
    own = promise(workspace, CALL, **({asked.by: group} if asked.by != "user" else {}))
    return Promise(
        threshold_s=used.threshold_s if asked.threshold_s is not None else own.threshold_s,
        target_pct=used.target_pct if asked.target_pct is not None else own.target_pct,
    )


def _thresholds(workspace: Workspace, dimensions: Mapping[str, Codes]) -> Column:
    """Seconds promised to each call, by its team and queue."""
    import pyarrow as pa

    pc = kernels()
    team, queue = dimensions["team"], dimensions["queue"]
    size = max(len(queue.words), 1)
    pair = pc.add(pc.multiply(team.values, pa.scalar(size, pa.int64())), queue.values)
    distinct = pc.unique(pair)
    teams, queues = team.words.to_pylist(), queue.words.to_pylist()
    promised = [promise(workspace, CALL, teams[p // size], queues[p % size]) for p in distinct.to_pylist()]
    seconds = pa.array([p.threshold_s for p in promised], pa.int64())
    return seconds.take(pc.index_in(pair, value_set=distinct))


def _attained(counts: Counts, used: ServiceSettings, aim: Promise | ServiceSettings) -> Attained:
    part, whole = level(counts, used)
    return Attained(
        service_level=share("service_level", part, whole),
        missed_rate=share("missed_rate", *missed(counts)),
        offered=sum(counts.values()),
        threshold_s=aim.threshold_s,
        target_pct=aim.target_pct,
        passed=_passed(part, whole, aim.target_pct),
    )


def _passed(part: int, whole: int, target_pct: int) -> bool | None:
    """Exactly the target passes; in whole numbers, so that no fraction is lost."""
    return part * 100 >= whole * target_pct if whole else None


def _parts(question: Question, counts: Counts, used: ServiceSettings, calls: pa.Table) -> Iterable[ServicePart]:
    limit = used.threshold_s * 1000 + 1
    usual = used.short_s == question.workspace.short_abandon_s
    # An unknown wait is late, and no filter by waits finds it.
    known = not calls.filter(is_one(calls["is_answered_offered"]))["wait_ms"].null_count
    drills: dict[Part, Drill | None] = {
        Part.IN_TIME: {"sets": ["answered"], "wait_below_ms": limit},
        Part.LATE: {"sets": ["answered"], "wait_from_ms": limit} if known else None,
        Part.ABANDONED: {"sets": ["abandoned"]} if usual else None,
        Part.SHORT: {"sets": ["short_abandon"]} if usual else None,
        Part.VOICEMAIL: {"sets": ["voicemail"]},
        Part.TIMED_OUT: {"sets": ["timed_out"]},
        Part.CALLBACK: {"sets": ["callback_requested"]},
    }
    for part in Part:
        drill = drills[part]
        yield ServicePart(
            part=_WORDS[part],  # type: ignore[arg-type]
            count=counts.get(part, 0),
            counted=part in used.counted,
            drill=narrowed(question, None if drill is None else {"channels": [CALL], **drill}),
        )


def _cells(
    question: Question, asked: ServiceQuery, used: ServiceSettings, whole: Column, started: Column
) -> Iterable[ServiceCell]:
    """Cells that have calls, by day and hour."""
    import pyarrow as pa

    pc = kernels()
    days = (question.query.to_date - question.query.from_date).days + 1
    dated = asked.cells == "date" or (asked.cells == "auto" and days <= _DATES)
    local = wall(started, ZoneInfo(question.query.zone)).combine_chunks()
    hour = pc.cast(pc.hour(local), pa.int64())
    first = (question.query.from_date - _EPOCH).days
    if dated:
        on_day = pc.cast(pc.cast(local, pa.date32()), pa.int32()).cast(pa.int64())
        day = pc.subtract(on_day, pa.scalar(first, pa.int64()))
    else:
        day = pc.subtract(pc.day_of_week(local, count_from_zero=False, week_start=1), pa.scalar(1, pa.int64()))
    size = days if dated else 7
    for (n, at), counts in sorted(counted(whole, [(day, size), (hour, 24)]).items()):
        on = question.query.from_date + timedelta(days=n) if dated else None
        part, below = level(counts, used)
        lost, from_ = missed(counts)
        offered = sum(counts.values())
        yield ServiceCell(
            date=on,
            weekday=None if dated else n + 1,
            hour=at,
            n=offered,
            service_level=part / below if below else None,
            missed_rate=lost / from_ if from_ else None,
            passed=_passed(part, below, used.target_pct),
            few=offered < FEW,
            drill=narrowed(question, _OFFERED | _cell(question, on, n + 1, at)),
        )


def _cell(question: Question, on: date | None, weekday: int, hour: int) -> Drill:
    """The hour of the clock; where the filter's own window begins or ends inside it, that much of it."""
    start, end = hour * 60, hour * 60 + 60
    opens, closes = question.query.predicates.minutes or (0, 0)
    if start < opens < end and not start < closes <= opens:
        start = opens
    if start < closes < end and not closes <= opens < end:
        end = closes
    clock: Drill = {"hour_from": _clock(start), "hour_to": _clock(end % 1440)}
    if on is None:
        return {"weekdays": [weekday], **clock}
    return NO_RANGE | {"from": on.isoformat(), "to": on.isoformat()} | clock


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
