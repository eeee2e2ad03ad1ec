"""Columns of files from columns of the lake, and from answers made row by row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ringlake.files.csv import Column, Local
from ringlake.files.profiles.own import field_of
from ringlake.files.sheet import Batch, Field, Kind, Part
from ringlake.flows.answers.values import Value
from ringlake.metrics.catalog.metric import Count, Distinct, Mean, Metric, Most, Share, Total, Unit
from ringlake.model.tables import Table

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that come as Python objects and not as columns are many times their size.
_ROWS = 2_048
# Of the workspace's zone, where a file has the zone that was asked for.
LOCAL_DATES = frozenset({"local_date", "local_hour", "local_weekday", "zone"})
PHONES = frozenset(
    {
        "business_number",
        "remote_number",
        "entry_number",
        "final_number",
        "number",
        "source_number",
        "destination_number",
    }
)


class Deferred(Mapping[str, Column | Local]):
    """Columns that are worked out when the first of them is looked at: by the thread that writes them."""

    def __init__(self, made: Callable[[], Mapping[str, Column | Local]]) -> None:
        self._made = made
        self._found: Mapping[str, Column | Local] | None = None

    @property
    def _columns(self) -> Mapping[str, Column | Local]:
        if self._found is None:
            self._found = self._made()
        return self._found

    def __getitem__(self, name: str) -> Column | Local:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


# --- columns of the lake


def lake_fields(table: Table, *, without: Collection[str] = ()) -> tuple[Field, ...]:
    """Fields that show columns of the lake as they are."""
    return tuple(field_of(column) for column in table.columns if column.name not in without)


def lake_columns(fields: Sequence[Field], rows: pa.Table) -> dict[str, Column | Local]:
    return {field.name: rows[field.name].combine_chunks() for field in fields}


# --- answers, row by row


def batches_of(fields: Sequence[Field], rows: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> Iterator[Batch]:
    """Rows by field name, in batches; a name that a row lacks is an empty cell."""
    for some in batched(rows, _ROWS, strict=False):
        yield Batch((part_of(fields, some, zone),))


def part_of(fields: Sequence[Field], rows: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Part:
    return Part({f.name: _array(f.kind, [row.get(f.name) for row in rows], zone) for f in fields}, len(rows))


def _array(kind: Kind, values: list[Any], zone: ZoneInfo) -> Column | Local:
    import pyarrow as pa

    if kind in (Kind.MOMENT, Kind.LOCAL):
        moments = pa.array([_utc(at) for at in values], pa.timestamp("ms"))
        return Local(moments, zone) if kind is Kind.LOCAL else moments
    types = {
        Kind.TEXT: pa.string(), Kind.PHONE: pa.string(), Kind.INTEGER: pa.int64(), Kind.SECONDS: pa.int64(),
        Kind.NUMBER: pa.float64(), Kind.SHARE: pa.float64(), Kind.MONEY: pa.decimal128(24, 4), Kind.FLAG: pa.bool_(),
        Kind.DATE: pa.date32(),
    }  # fmt: skip
    return pa.array(values, types[kind])


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC).replace(tzinfo=None) if at is not None and at.tzinfo is not None else at


def joined_words(words: Iterable[str]) -> str:
    """Several words in one cell, as the lake joins tags."""
    return ";".join(words)


# --- metrics


def metric_fields(metrics: Iterable[Metric]) -> tuple[Field, ...]:
    """A metric's value and what it was made of: `n` beside shares and means, median and p90 beside means; beside money
    the currency, for which share of the rows it is known, and how many charges were converted.
    """
    return tuple(found for metric in metrics for found in _of_metric(metric))


def _of_metric(metric: Metric) -> Iterator[Field]:
    yield Field(name=metric.id, kind=metric_kind(metric))
    if not isinstance(metric.formula, Count | Distinct | Total | Most):
        yield Field(name=f"{metric.id}_n", kind=Kind.INTEGER)
    if isinstance(metric.formula, Mean):
        yield Field(name=f"{metric.id}_median", kind=Kind.NUMBER)
        yield Field(name=f"{metric.id}_p90", kind=Kind.NUMBER)
    if metric.unit is Unit.MONEY:
        yield Field(name=f"{metric.id}_currency")
        yield Field(name=f"{metric.id}_coverage", kind=Kind.SHARE)
        yield Field(name=f"{metric.id}_converted", kind=Kind.INTEGER)


def metric_kind(metric: Metric) -> Kind:
    if metric.unit is Unit.MONEY:
        return Kind.MONEY
    if isinstance(metric.formula, Share) or metric.unit is Unit.SHARE:
        return Kind.SHARE
    if isinstance(metric.formula, Mean):
        return Kind.NUMBER
    return Kind.SECONDS if metric.unit is Unit.SECONDS else Kind.INTEGER


def value_cells(value: Value) -> dict[str, Any]:
    """What the fields of a metric show of one value."""
    return {
        value.metric: value.value,
        f"{value.metric}_n": value.n,
        f"{value.metric}_median": value.median,
        f"{value.metric}_p90": value.p90,
        f"{value.metric}_currency": value.currency,
        f"{value.metric}_coverage": value.coverage,
        f"{value.metric}_converted": value.converted,
    }
