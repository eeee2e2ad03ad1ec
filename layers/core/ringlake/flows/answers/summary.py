"""The cards: each metric over the whole period beside the period before (features.md O5-O10, O47, W24)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from ringlake.access import Principal
from ringlake.metrics import sql
from ringlake.metrics.catalog import METRICS
from ringlake.model.base import Answer
from ringlake.model.directory import Workspace
from ringlake.query.buckets import previous
from ringlake.query.resolve import ResolvedQuery

from .drills import drill_of, narrowed
from .measures import Measures, MetricsQuery, chosen, difference, measurable, relative
from .patterns import Drill
from .question import Answers, Meta, Question
from .values import Value


class SummaryQuery(MetricsQuery):
    """`compare` adds the period of equal length just before."""

    compare: bool = True


class Period(Answer, frozen=True, kw_only=True):
    """Local dates, both inclusive; the UTC bounds are [start_utc, end_utc)."""

    from_date: date
    to_date: date
    start_utc: datetime
    end_utc: datetime


class Compared(Answer, frozen=True, kw_only=True):
    """A metric now and in the period before. `delta` is the difference, `delta_share` the difference as a
    share of the value before: null where that is 0 or unknown. `drill` lists the rows of the value (of a
    share: those of its numerator) in the list of interactions; null where no filter says it.
    """

    value: Value
    previous: Value | None
    delta: int | float | Decimal | None
    delta_share: float | None
    drill: Drill | None


class Summary(Answer, frozen=True, kw_only=True):
    meta: Meta
    previous: Period | None
    metrics: tuple[Compared, ...]


class MetricLine(Answer, frozen=True, kw_only=True):
    """One line of the dictionary. `settings` are the values that count in this workspace now; `sql` is the
    expression over `table` for Athena, "" where no single one exists. `charted` ones are answered by summary, series,
    breakdown and team; the others by routes of their own.
    """

    id: str
    name: str
    unit: str
    words: str
    numerator: str
    denominator: str
    grain: str
    settings: dict[str, object]
    better: str
    table: str
    sql: str
    source: str
    drill: Drill | None
    charted: bool


class Metrics(Answer, frozen=True, kw_only=True):
    """The dictionary of metrics, for tooltips and for reports that print their formulas (demands.md D28, D29)."""

    settings_version: int
    metrics: tuple[MetricLine, ...]


class SummaryAnswers(Answers):
    def metrics(self, viewer: Principal) -> Metrics:
        """Raises `PlanTooLow`."""
        workspace = self.paid(viewer)
        lines = (
            MetricLine(
                id=metric.id,
                name=metric.name,
                unit=metric.unit.value,
                words=metric.words,
                numerator=metric.numerator,
                denominator=metric.denominator,
                grain=metric.grain.value,
                settings={name: _setting(workspace, name) for name in metric.settings},
                better=metric.better,
                table=metric.table,
                sql=sql.expression(metric),
                source=metric.source,
                drill=drill_of(metric.id),
                charted=measurable(metric),
            )
            for metric in METRICS
        )
        return Metrics(settings_version=workspace.settings_version, metrics=tuple(lines))

    def summary(self, viewer: Principal, asked: SummaryQuery, now: datetime) -> Summary:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        metrics = chosen(question, asked.metrics)
        values = Measures(self._facts, question, metrics, hourly_rate=asked.rate).total()
        before = previous(question.query) if asked.compare else None
        earlier: list[Value | None] = [None] * len(values)
        if before is not None:
            earlier = [*Measures(self._facts, question, metrics, query=before, hourly_rate=asked.rate).total()]
        return Summary(
            meta=question.meta,
            previous=period(before) if before is not None else None,
            metrics=tuple(compared(question, now_, then) for now_, then in zip(values, earlier, strict=True)),
        )


def compared(question: Question, value: Value, before: Value | None) -> Compared:
    return Compared(
        value=value,
        previous=before,
        delta=difference(value, before) if before is not None else None,
        delta_share=relative(value, before) if before is not None else None,
        drill=narrowed(question, drill_of(value.metric)),
    )


def period(query: ResolvedQuery) -> Period:
    return Period(from_date=query.from_date, to_date=query.to_date, start_utc=query.start_utc, end_utc=query.end_utc)


def _setting(workspace: Workspace, name: str) -> object:
    return getattr(workspace, name)
