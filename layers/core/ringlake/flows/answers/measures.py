"""Metrics of the dictionary over the rows that a question selects, ungrouped or by dimensions.

Summary, series, heat map, breakdowns and the team table are all this, and so cannot disagree (demands.md D2). A
total is measured over the rows, never added up from groups: a distinct count or a median has no sum (D32).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from ringlake.access.hiding import HIDDEN
from ringlake.errors import InvalidRequest
from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.catalog.metric import All, Count, Distinct, Formula, Loaded, Metric, Money, Total
from ringlake.metrics.interactions import OWN, joined, shared_codes
from ringlake.metrics.measure import Key, Measured, Terms, added, columns_of, matching, measure, nothing
from ringlake.model.tables import CALLS, CASES, FLAGS, MESSAGES, Table, flags_of
from ringlake.query.filters import CALL, MESSAGE
from ringlake.query.resolve import ResolvedQuery

from .dimensions import Dimension
from .facts import Facts
from .patterns import Patterned
from .question import Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

MOST_METRICS = 120
MetricId = Annotated[str, StringConstraints(max_length=64)]

# What cards show first: volume, talk, how well callers were served (features.md O5-O10, N20, N23, N25).
KPIS = (
    "calls_made", "calls_received", "calls_answered", "calls_missed", "messages_sent", "messages_received",
    "unique_conversations", "anonymous_interactions", "talk_s", "average_talk_s", "missed_rate", "answer_rate",
    "service_level", "asa_s", "short_abandons", "closed_hours_calls", "connect_rate", "recovery_rate",
    "delivery_rate", "spend", "cost_coverage",
)  # fmt: skip

_TABLES: Mapping[str, tuple[Table, ...]] = {
    CALLS.name: (CALLS,),
    MESSAGES.name: (MESSAGES,),
    CASES.name: (CASES,),
    "interactions": (CALLS, MESSAGES),
}
_CHANNEL = {CALLS.name: CALL, CASES.name: CALL, MESSAGES.name: MESSAGE}


class MetricsQuery(Patterned):
    """A filter, and the metrics to be measured; without any the usual ones of the answer. `hourly_rate` is what an hour
    of a person costs, in the workspace's currency, for the metric that asks for it.
    """

    metrics: Annotated[list[MetricId], Field(max_length=MOST_METRICS)] = []
    hourly_rate: Annotated[str, StringConstraints(pattern=r"^([0-9]{1,6}([.][0-9]{1,4})?)?$")] = ""

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.hourly_rate) if self.hourly_rate else None


def chosen(
    question: Question, asked: Sequence[str], usual: Sequence[str] = KPIS, field: str = "metrics"
) -> list[Metric]:
    """The metrics that are asked for, once each, without those that the viewer may not see (demands.md D74).

    Raises `InvalidRequest` for one that is not in the dictionary or that other routes answer.
    """
    found = []
    for place, name in enumerate(dict.fromkeys(asked or usual)):
        metric = BY_ID.get(name)
        if metric is None:
            raise InvalidRequest(_at(field, place), f"{name!r} is no metric: see GET /v1/metrics")
        if not measurable(metric):
            raise InvalidRequest(_at(field, place), f"{name!r} is answered by a route of its own: see GET /v1/metrics")
        if not hidden(metric, question):
            found.append(metric)
    return found


def check_sort(sort: str, metrics: Sequence[Metric]) -> None:
    """Raises `InvalidRequest` for a metric that is not among those that are shown; "" sorts by none of them."""
    ids = [metric.id for metric in metrics]
    if sort and sort not in ids:
        raise InvalidRequest("sort", f"is one of {', '.join(ids)}")


def _at(field: str, place: int) -> str:
    return f"{field}.{place}" if field == "metrics" else field


def hidden(metric: Metric, question: Question) -> bool:
    """Whether the metric is made of a column that the viewer may not see."""
    if metric.formula is None:
        return False
    closed = frozenset[str]().union(*(HIDDEN[ability] for ability in question.query.scope.hides))
    return not closed.isdisjoint(columns_of([metric.formula]))


def measurable(metric: Metric) -> bool:
    """Whether the metric is a formula over rows that a filter selects."""
    return metric.formula is not None and metric.table in _TABLES


def addable(metric: Metric) -> bool:
    """Whether the metric of a whole is the sum of its parts': counts of rows, sums of seconds and money."""
    return isinstance(metric.formula, Count | Total) or (
        isinstance(metric.formula, Money) and metric.formula.per is None and not metric.formula.per_minute_of
    )


class Measures:
    """These metrics over one question's rows. Rows are read once, for all dimensions that will be asked for."""

    def __init__(
        self,
        facts: Facts,
        question: Question,
        metrics: Sequence[Metric],
        dimensions: Iterable[Dimension] = (),
        query: ResolvedQuery | None = None,
        *,
        hourly_rate: Decimal | None = None,
    ) -> None:
        self._facts = facts
        self._question = question
        self.metrics = metrics
        self._query = query or question.query
        self._dimensions = tuple(dimensions)
        self._rows: dict[str, pa.Table] = {}
        self._both: dict[Distinct, pa.Table] = {}
        self._terms = Terms(question.workspace.currency, self._query.predicates.include_spam, hourly_rate)

    def total(self) -> list[Value]:
        """Over all rows, one value per metric in their order."""
        return self.by()[()]

    def by(self, *dimensions: Dimension, only: Sequence[str] = ()) -> dict[Key, list[Value]]:
        """For each combination of keys that has rows in some table, one value per metric in their order.

        `only` measures the metrics with these ids; the others have no value.
        """
        places = [n for n, metric in enumerate(self.metrics) if not only or metric.id in only]
        found: dict[Key, list[Measured | None]] = {}
        if not dimensions:
            found[()] = [None] * len(self.metrics)
        for place, results in self._measured(places, dimensions):
            for key, result in results.items():
                found.setdefault(key, [None] * len(self.metrics))[place] = result
        return {key: [self._value(n, result) for n, result in enumerate(row)] for key, row in found.items()}

    def nothing(self) -> list[Value]:
        """The values of a group without rows: 0 for counts and sums, null for rates and means."""
        return [self._value(n, None) for n in range(len(self.metrics))]

    def _measured(
        self, places: Sequence[int], dimensions: Sequence[Dimension]
    ) -> Iterator[tuple[int, dict[Key, Measured]]]:
        """Each metric by key. What can be added up is measured in one pass over each table, together with the
        table's own metrics; distinct counts over both channels on their own.
        """
        keys = [dimension.column for dimension in dimensions]
        formulas = {n: formula for n in places if (formula := self.metrics[n].formula) is not None}
        joint = {n: f for n, f in formulas.items() if isinstance(f, Distinct) and len(self._tables(n)) > 1}
        parts: dict[int, list[dict[Key, Measured]]] = defaultdict(list)
        for table in dict.fromkeys(table for n in formulas for table in self._tables(n)):
            rows = self._keyed(table, dimensions, both=any(len(self._tables(n)) > 1 for n in formulas))
            here = [n for n in formulas if table in self._tables(n) and n not in joint]
            measured = measure(rows, [formulas[n] for n in here], keys, self._terms, flags_of(table)) if here else {}
            for at, n in enumerate(here):
                parts[n].append({key: results[at] for key, results in measured.items()})
        for n, results in parts.items():
            yield n, results[0] if len(results) == 1 else _added(formulas[n], results)
        for n, formula in joint.items():
            found = measure(self._joined(n, formula, dimensions), [Distinct(of=formula.of, where=All(of=()))], keys)
            yield n, {key: one for key, (one,) in found.items()}

    def _tables(self, place: int) -> tuple[Table, ...]:
        return _TABLES[self.metrics[place].table]

    def _keyed(self, table: Table, dimensions: Sequence[Dimension], *, both: bool) -> pa.Table:
        """The table's rows with their keys; for metrics of both channels with 0 for the other's indicator."""
        rows = self._read(table)
        for dimension in dimensions:
            rows = dimension.keyed(table.name, rows)
        return _with_both(rows) if both else rows

    def _joined(self, place: int, formula: Distinct, dimensions: Sequence[Dimension]) -> pa.Table:
        """The rows of both channels that a distinct count is of, with its columns and the keys. Those that were joined
        for some keys serve the total too.
        """
        columns = list(dict.fromkeys([*(dimension.column for dimension in dimensions), *formula.of]))
        known = self._both.get(formula)
        if known is not None and {*columns} <= {*known.column_names}:
            return known
        tables = [(table, self._keyed(table, dimensions, both=True)) for table in self._tables(place)]
        kept = [matching(rows, formula.where, columns, self._terms, flags_of(table)) for table, rows in tables]
        for name in formula.of:
            codes = shared_codes(*(found[name] for found in kept))
            kept = [
                found.set_column(found.schema.get_field_index(name), name, own)
                for found, own in zip(kept, codes, strict=True)
            ]
        self._both[formula] = joined(*kept)
        return self._both[formula]

    def _read(self, table: Table) -> pa.Table:
        """The rows of one table with what all metrics and dimensions need of it."""
        if table.name in self._rows:
            return self._rows[table.name]
        columns: set[str] = set()
        for metric in self.metrics:
            if metric.formula is not None and table in _TABLES[metric.table]:
                columns |= columns_of([metric.formula], flags_of(table))
        for dimension in self._dimensions:
            columns |= dimension.reads(table.name)
        own = sorted(columns & {*table.names, FLAGS} | {"started_at"})
        rows = self._facts.rows(table, self._query, own)
        # Conditions that only one channel can meet leave the other out (features.md F14).
        if _CHANNEL[table.name] not in self._query.predicates.channels:
            rows = rows.slice(0, 0)
        self._rows[table.name] = rows
        return rows

    def _value(self, place: int, found: Measured | None) -> Value:
        metric = self.metrics[place]
        if metric.formula is None:
            return Value(metric=metric.id, value=None)
        told = found or nothing(metric.formula)
        money = isinstance(metric.formula, Money | Loaded)
        return Value(
            metric=metric.id,
            value=told.value,
            n=told.n,
            numerator=told.numerator,
            denominator=told.denominator,
            median=told.median,
            p90=told.p90,
            currency=self._terms.currency if money else "",
            coverage=_coverage(told) if money else None,
            converted=(told.converted or 0) if money else None,
        )


def _coverage(money: Measured) -> float | None:
    return (money.known or 0) / money.whole if money.whole else None


def _added(formula: Formula, parts: Sequence[dict[Key, Measured]]) -> dict[Key, Measured]:
    keys = dict.fromkeys(key for part in parts for key in part)
    return {key: added(formula, [part[key] for part in parts if key in part]) for key in keys}


def _with_both(rows: pa.Table) -> pa.Table:
    """The rows with 0 for the indicator of the other channel, which only the packed flags of its own table have."""
    import pyarrow as pa

    none = pa.repeat(pa.scalar(0, pa.int32()), len(rows))
    for name in OWN:
        rows = rows.append_column(name, none) if name not in rows.column_names else rows
    return rows


def difference(value: Value, other: Value) -> int | float | Decimal | None:
    """The value less the other; null when one is unknown."""
    if value.value is None or other.value is None:
        return None
    if isinstance(value.value, Decimal) or isinstance(other.value, Decimal):
        return Decimal(str(value.value)) - Decimal(str(other.value))
    return value.value - other.value


def relative(value: Value, other: Value) -> float | None:
    """The difference as a share of the other; null (a dash) when that is 0 or unknown (features.md W24)."""
    change = difference(value, other)
    return None if change is None or not other.value else float(change) / float(other.value)
