"""Metrics by user, team, number, source, destination, outcome, reason and other dimensions
(features.md O25, W23, W25-W27, N8-N10, N13, N16, N24).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from pydantic import Field

from ringlake.access import Principal
from ringlake.metrics.catalog.metric import Metric
from ringlake.metrics.measure import Word
from ringlake.model.base import Answer
from ringlake.model.marks import Label

from .dimensions import DAYS_OF_WEEK, HOURS_OF_DAY, By, Dimension, labelled
from .drills import narrowed
from .measures import Measures, MetricId, MetricsQuery, addable, check_sort, chosen
from .patterns import Drill
from .prefixes import split_by
from .question import Answers, Meta, Question
from .values import Value

_CALLS = ("calls", "calls_answered", "calls_missed", "missed_rate", "talk_s", "average_talk_s")
_KPIS = ("messages_sent", "messages_received", "calls_made", "calls_received", "unique_conversations", "talk_s",
         "calls_answered", "calls_missed", "missed_rate")  # fmt: skip
_USUAL: dict[By, tuple[str, ...]] = {
    # W27: people are ranked by what they handled.
    By.USER: ("calls_answered", "calls", "calls_missed", "talk_s", "average_talk_s"),
    By.NUMBER: _KPIS,
    By.CHANNEL: ("interactions", "spend", "cost_coverage"),
    By.DIRECTION: ("interactions", "spend", "cost_coverage"),
    By.STATUS: ("messages",),
    By.REASON: ("calls_missed", "recovery_candidates", "calls_recovered", "recovery_rate"),
    By.KIND: ("interactions",),
    By.SOURCE: ("calls_received", "calls_answered_inbound", "unique_contacts", "target_calls", "talk_s", "spend_calls"),
    # N9: cost, minutes and the average cost of a minute.
    By.PREFIX: ("calls", "talk_s", "spend_calls", "cost_per_minute", "call_cost_coverage"),
    By.COUNTRY: ("calls", "talk_s", "spend_calls", "cost_per_minute", "call_cost_coverage"),
    By.LABEL: ("calls", "calls_received", "calls_answered", "calls_missed", "talk_s"),
    By.STATE: ("recovery_candidates", "calls_recovered"),
    By.HOUR: ("calls", "messages", "calls_missed"),
    By.WEEKDAY: ("calls", "messages", "calls_missed"),
}


def usual(by: By) -> tuple[str, ...]:
    """The metrics of a breakdown that names none."""
    return _USUAL.get(by, _CALLS)


class Order(StrEnum):
    ASC = "asc"
    DESC = "desc"


class BreakdownQuery(MetricsQuery):
    """`by` what; the first `top` rows by metric `sort` (the first metric unless said), or `all` of them. Equals
    stand in the order of their names; hours and weekdays in their own order unless `sort` is given.
    """

    by: By
    sort: MetricId = ""
    order: Order = Order.DESC
    top: Annotated[int, Field(ge=1, le=1000)] = 10
    all: bool = False


class Part(Answer, frozen=True, kw_only=True):
    """One key. `share` is its part of the total of the first metric, null where that does not add up. `drill` is
    the extra filter that lists its rows, null where no filter says it.
    """

    key: str
    name: str
    deleted: bool
    share: float | None
    values: tuple[Value, ...]
    drill: Drill | None


class Breakdown(Answer, frozen=True, kw_only=True):
    """`total` is measured over all rows; `parts` add up to it where a metric adds up, together with the
    `hidden_parts` that `all` would show. The part without a key ("Unassigned") is always there. Labels
    overlap: a call may be in several of their parts or in none.
    """

    meta: Meta
    by: str
    metrics: tuple[str, ...]
    total: tuple[Value, ...]
    parts: tuple[Part, ...]
    hidden_parts: int


class BreakdownAnswers(Answers):
    def breakdown(self, viewer: Principal, asked: BreakdownQuery, now: datetime) -> Breakdown:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        metrics = chosen(question, asked.metrics, usual(asked.by))
        if asked.by is By.LABEL:
            return self._labels(question, asked, metrics)
        split = split_by(asked.by, question, self.names(viewer))
        measures = Measures(self._facts, question, metrics, [split], hourly_rate=asked.rate)
        found = {key: values for (key,), values in measures.by(split).items()}
        for key in _always(asked.by):
            found.setdefault(key, measures.nothing())
        total = measures.total()
        shared = bool(metrics) and addable(metrics[0])
        whole = total[0] if shared else None
        parts = [part(question, split, key, values, whole) for key, values in found.items()]
        ordered = in_order(parts, metrics, asked)
        clock = asked.by in (By.HOUR, By.WEEKDAY)
        shown = ordered if asked.all or clock else _cut(ordered, asked.top)
        return Breakdown(
            meta=question.meta,
            by=asked.by.value,
            metrics=tuple(metric.id for metric in metrics),
            total=tuple(total),
            parts=tuple(shown),
            hidden_parts=len(ordered) - len(shown),
        )

    def _labels(self, question: Question, asked: BreakdownQuery, metrics: Sequence[Metric]) -> Breakdown:
        """Parts overlap; that of spam counts what all others leave out."""
        open_spam = msgspec.structs.replace(question.query.predicates, include_spam=True)
        spammed = msgspec.structs.replace(question.query, predicates=open_spam)
        parts = []
        total: list[Value] = []
        for label in Label:
            split = labelled(label)
            query = spammed if label is Label.SPAM else question.query
            measures = Measures(self._facts, question, metrics, [split], query, hourly_rate=asked.rate)
            total = total or measures.total()
            values = measures.by(split).get((1,), measures.nothing())
            drill = narrowed(question, split.drill(1))
            parts.append(
                Part(
                    key=label.value, name=label.value, deleted=False, share=_share(values, total, metrics),
                    values=tuple(values), drill=drill,
                )
            )  # fmt: skip
        return Breakdown(
            meta=question.meta,
            by=asked.by.value,
            metrics=tuple(metric.id for metric in metrics),
            total=tuple(total),
            parts=tuple(in_order(parts, metrics, asked)),
            hidden_parts=0,
        )


def _share(values: Sequence[Value], total: Sequence[Value], metrics: Sequence[Metric]) -> float | None:
    if not metrics or not addable(metrics[0]) or not total[0].value:
        return None
    return float(values[0].value or 0) / float(total[0].value)


def part(question: Question, split: Dimension, key: Word, values: Sequence[Value], whole: Value | None) -> Part:
    share = None
    if whole is not None and whole.value and values[0].value is not None:
        share = float(values[0].value) / float(whole.value)
    return Part(
        key="" if key is None else str(key),
        name=split.name(key),
        deleted=str(key) in split.gone,
        share=share,
        values=tuple(values),
        drill=narrowed(question, split.drill(key)),
    )


def in_order(parts: Sequence[Part], metrics: Sequence[Metric], asked: BreakdownQuery) -> list[Part]:
    """By a metric in either direction, unknown values last, equals by name (features.md O13, W27)."""
    if asked.by in (By.HOUR, By.WEEKDAY) and not asked.sort:
        return sorted(parts, key=lambda p: int(p.key))
    ids = [metric.id for metric in metrics]
    check_sort(asked.sort, metrics)
    return sorted_by(parts, ids.index(asked.sort) if asked.sort else 0, descending=asked.order is Order.DESC)


def sorted_by(parts: Sequence[Part], place: int, *, descending: bool) -> list[Part]:
    sign = -1 if descending else 1

    def rank(one: Part) -> tuple[bool, float, str, str]:
        value = one.values[place].value if one.values else None
        return value is None, sign * float(value or 0), one.name.casefold(), one.key

    return sorted(parts, key=rank)


def _always(by: By) -> Sequence[Word]:
    """Keys that are listed also without rows: nobody's, and all hours and weekdays (W19, W25)."""
    if by is By.HOUR:
        return range(HOURS_OF_DAY)
    if by is By.WEEKDAY:
        return range(1, DAYS_OF_WEEK + 1)
    return () if by is By.CHANNEL else ("",)


def _cut(parts: Sequence[Part], top: int) -> list[Part]:
    """The first ones, and nobody's wherever it stands."""
    return [one for place, one in enumerate(parts) if place < top or one.key == ""]
