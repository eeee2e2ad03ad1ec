"""Metrics over time: buckets of the range, one line for each metric and key, and the period before
(features.md O13, O14, O22, O23, O26, W24, W25; demands.md D54).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.metrics.catalog.metric import Loaded, Mean, Money
from ringlake.metrics.measure import Word
from ringlake.model.base import Answer
from ringlake.query.buckets import Axis, Granularity, axis, previous

from .dimensions import By, Dimension, buckets, within
from .drills import narrowed
from .measures import Measures, MetricsQuery, chosen, difference
from .patterns import Drill
from .prefixes import split_by
from .question import Answers, Meta, Question
from .summary import Compared, Period, compared, period
from .values import Value

USUAL = ("calls", "messages")
MOST_LINES = 50
# Buckets times lines: more values than this make an answer that no chart can show and no gateway carries.
MOST_VALUES = 20_000


class SeriesQuery(MetricsQuery):
    """`by` draws one line for each key: those that the filter names in its order, else the `top` ones by the
    first metric. `compare` adds the period of equal length just before, aligned by position.
    """

    granularity: Granularity = Granularity.DAY
    by: By | None = None
    top: Annotated[int, Field(ge=1, le=MOST_LINES)] = 10
    compare: bool = False


class Tick(Answer, frozen=True, kw_only=True):
    """One bucket, [start_utc, end_utc), named by the local clock; `partial` when the range cuts it or when it
    is not over. `drill` is the extra filter that lists its rows.
    """

    label: str
    start_utc: datetime
    end_utc: datetime
    partial: bool
    drill: Drill | None


class Line(Answer, frozen=True, kw_only=True):
    """One metric of one key over the buckets: `values` by position, 0 for empty buckets of counts and null for
    those of rates. `n` are the rows behind each; `medians` and `p90s` stand beside means, `coverages` and `converted`
    beside money, as in a single value. `total` is of the whole period. `difference` and
    `total_difference` are against the first line of the same metric, when there are several keys (features.md O26).
    """

    metric: str
    key: str
    name: str
    deleted: bool
    total: Compared
    values: tuple[int | float | Decimal | None, ...]
    n: tuple[int, ...]
    medians: tuple[float | None, ...] | None
    p90s: tuple[float | None, ...] | None
    coverages: tuple[float | None, ...] | None
    converted: tuple[int, ...] | None
    previous: tuple[int | float | Decimal | None, ...] | None
    difference: tuple[int | float | Decimal | None, ...] | None
    total_difference: int | float | Decimal | None
    drill: Drill | None


class Series(Answer, frozen=True, kw_only=True):
    """`hidden_keys` have rows and no line: ask for them by the filter, or for more by `top`."""

    meta: Meta
    granularity: str
    by: str
    buckets: tuple[Tick, ...]
    previous: Period | None
    previous_buckets: tuple[Tick, ...]
    lines: tuple[Line, ...]
    hidden_keys: int


class SeriesAnswers(Answers):
    def series(self, viewer: Principal, asked: SeriesQuery, now: datetime) -> Series:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        metrics = chosen(question, asked.metrics, USUAL)
        split = split_by(asked.by, question, self.names(viewer)) if asked.by else None
        week_start = question.workspace.week_start
        now_axis = axis(question.query, asked.granularity, now, week_start)
        current = _Period(
            now_axis,
            Measures(self._facts, question, metrics, _dimensions(now_axis, split), hourly_rate=asked.rate),
            split,
        )
        keys = [""] if split is None else _keys(current, asked, split)
        shown = keys[: MOST_LINES if _named(asked) else asked.top] if split else keys
        check_size(len(now_axis.buckets) * len(shown) * max(len(metrics), 1))
        before: _Period | None = None
        earlier = previous(question.query) if asked.compare else None
        if earlier is not None:
            then_axis = axis(earlier, asked.granularity, now, week_start)
            measures = Measures(
                self._facts, question, metrics, _dimensions(then_axis, split), query=earlier, hourly_rate=asked.rate
            )
            before = _Period(then_axis, measures, split)
        chart = _Chart(question, current, before, shown, split)
        return Series(
            meta=question.meta,
            granularity=asked.granularity.value,
            by=asked.by.value if asked.by else "",
            buckets=ticks(question, now_axis),
            previous=period(earlier) if earlier is not None else None,
            previous_buckets=ticks(question, before.axis) if before is not None else (),
            lines=tuple(chart.line(place, key) for place in range(len(metrics)) for key in shown),
            hidden_keys=len(keys) - len(shown),
        )


class _Period:
    """One period, measured by bucket and key, and by key alone."""

    def __init__(self, axis: Axis, measures: Measures, split: Dimension | None) -> None:
        self.axis = axis
        self.metrics = measures.metrics
        self._nothing = measures.nothing()
        by = [split] if split else []
        self._cells = measures.by(buckets(axis), *by)
        self.totals = measures.by(*by)
        self._split = split

    def total(self, key: Word) -> list[Value]:
        return self.totals.get((key,) if self._split else (), self._nothing)

    def values(self, key: Word, place: int) -> list[Value]:
        """Of one metric, for each bucket."""
        rest = (key,) if self._split else ()
        return [self._cells.get((n, *rest), self._nothing)[place] for n in range(len(self.axis.buckets))]


def ticks(question: Question, axis: Axis) -> tuple[Tick, ...]:
    return tuple(
        Tick(
            label=bucket.label,
            start_utc=bucket.start_utc,
            end_utc=bucket.end_utc,
            partial=bucket.partial,
            drill=narrowed(question, within(bucket, axis.granularity)),
        )
        for bucket in axis.buckets
    )


def _dimensions(axis: Axis, split: Dimension | None) -> list[Dimension]:
    return [buckets(axis), *([split] if split else [])]


def _named(asked: SeriesQuery) -> Sequence[str]:
    """The keys that the filter names, in its order: each has a line, also without rows (O13, O26)."""
    conditions = {By.USER: asked.users, By.TEAM: asked.teams, By.NUMBER: asked.numbers}
    return list(dict.fromkeys(conditions.get(asked.by, ()))) if asked.by else ()


def _keys(found: _Period, asked: SeriesQuery, split: Dimension) -> list[Word]:
    named = _named(asked)
    # A filter on today's members of a team, or on a team, may also show others' rows: they follow.
    ranked = sorted(
        (key for (key,) in found.totals if key not in named),
        key=lambda key: (*_rank(found.total(key)), split.name(key)),
    )
    return [*named, *ranked]


def _rank(values: Sequence[Value]) -> tuple[bool, float]:
    first = values[0].value if values else None
    return first is None, -float(first or 0)


@dataclass(frozen=True)
class _Chart:
    """Both periods and the keys that have a line."""

    question: Question
    current: _Period
    before: _Period | None
    keys: Sequence[Word]
    split: Dimension | None

    def line(self, place: int, key: Word) -> Line:
        """Of one metric and one key."""
        current, before, split = self.current, self.before, self.split
        values = current.values(key, place)
        formula = current.metrics[place].formula
        mean, money = isinstance(formula, Mean), isinstance(formula, Money | Loaded)
        earlier = before.total(key)[place] if before else None
        against, whole = None, None
        total = current.total(key)[place]
        if split is not None and len(self.keys) > 1:
            first = current.values(self.keys[0], place)
            against = tuple(difference(own, other) for own, other in zip(values, first, strict=True))
            whole = difference(total, current.total(self.keys[0])[place])
        return Line(
            metric=current.metrics[place].id,
            key="" if key is None else str(key),
            name=split.name(key) if split else "",
            deleted=split is not None and str(key) in split.gone,
            total=compared(self.question, total, earlier),
            values=tuple(value.value for value in values),
            n=tuple(value.n or 0 for value in values),
            medians=tuple(value.median for value in values) if mean else None,
            p90s=tuple(value.p90 for value in values) if mean else None,
            coverages=tuple(value.coverage for value in values) if money else None,
            converted=tuple(value.converted or 0 for value in values) if money else None,
            previous=tuple(value.value for value in before.values(key, place)) if before else None,
            difference=against,
            total_difference=whole,
            drill=narrowed(self.question, split.drill(key)) if split else {},
        )


def check_size(values: int) -> None:
    """Raises `InvalidRequest` for more values than an answer may have."""
    if values > MOST_VALUES:
        raise InvalidRequest(
            "granularity",
            f"the answer would have {values} values, at most {MOST_VALUES}: ask for longer buckets or fewer lines",
        )
