"""What belongs to calls and texts: their legs and steps, and their charges (features.md N5, W28)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ringlake.files.csv import BATCH_ROWS, Column
from ringlake.files.sheet import Batch, Field, Kind, Part
from ringlake.flows.answers.patterns import Patterned
from ringlake.model.arrow import kernels
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, CHARGES, LEGS, MESSAGES, Table
from ringlake.query.filters import CALL, MESSAGE, Filter
from ringlake.query.resolve import Kind as Range
from ringlake.query.rows import hidden

from .cells import LOCAL_DATES, lake_columns, lake_fields
from .interactions import selected
from .order import Asked, Report, Work

if TYPE_CHECKING:
    import pyarrow as pa


def _ids(table: Table, asked: Asked, work: Work, day: str) -> Column:
    """Ids of the selected calls or texts of a day."""
    import pyarrow as pa

    parts = selected(table, asked.question.query, work.sources.lake, day, ("record_id",))
    chunks = [chunk for part in parts for chunk in part["record_id"].cast(pa.string()).chunks]
    return pa.chunked_array(chunks, pa.string())


def _batches(rows: pa.Table, fields: tuple[Field, ...]) -> Iterator[Batch]:
    whole = rows.unify_dictionaries()
    for start in range(0, len(whole), BATCH_ROWS):
        some = whole.slice(start, BATCH_ROWS)
        yield Batch((Part(lake_columns(fields, some), len(some)),))


# --- legs and steps


_LEG_FIELDS = lake_fields(LEGS)


def _legs(asked: Asked, work: Work) -> Iterator[Batch]:
    """Legs and steps of the selected calls, call by call."""
    import pyarrow as pa

    query, names = asked.question.query, [field.name for field in _LEG_FIELDS]
    for day in work.days:
        calls = _ids(CALLS, asked, work, day)
        if len(calls):
            for part in work.sources.lake.stream(LEGS, query.workspace, day, names).parts:
                mine = kernels().is_in(part["record_id"].cast(pa.string()), value_set=calls)
                yield from _batches(hidden(part.filter(mine), query), _LEG_FIELDS)


LEGS_REPORT = Report(
    name="legs",
    title="Legs and steps of calls",
    kind=Range.ROWS,
    model=lambda _: Filter,
    fields=lambda _: _LEG_FIELDS,
    batches=_legs,
)


# --- charges


# Prices have ten decimals, amounts four.
_PRICES = frozenset({"connect_fee", "per_minute", "exchange_rate"})
_CHARGE_FIELDS = tuple(
    msgspec.structs.replace(field, kind=Kind.NUMBER) if field.name in _PRICES else field
    for field in lake_fields(CHARGES, without=LOCAL_DATES)
)


class ChargesQuery(Patterned):
    """Charges of the calls and texts of a filter: as they are rated now, or with `all` also what earlier ratings
    said, which counts in no sum (`is_charge` is 0).
    """

    ratings: Literal["current", "all"] = "current"


def _charges(asked: Asked, work: Work) -> Iterator[Batch]:
    import pyarrow as pa

    query, names, pc = asked.question.query, [field.name for field in _CHARGE_FIELDS], kernels()
    given: Any = asked.given
    for day in work.days:
        ids = {channel: _ids(table, asked, work, day) for channel, table in ((CALL, CALLS), (MESSAGE, MESSAGES))}
        if not any(len(own) for own in ids.values()):
            continue
        for part in work.sources.lake.stream(CHARGES, query.workspace, day, names).parts:
            record, channel = part["record_id"].cast(pa.string()), part["channel"].cast(pa.string())
            mine = pa.chunked_array([pa.repeat(pa.scalar(False), len(part))])  # noqa: FBT003 - Arrow's own signature
            for name, own in ids.items():
                mine = pc.or_(mine, pc.and_(pc.equal(channel, name), pc.is_in(record, value_set=own)))
            if given.ratings == "current":
                mine = pc.and_(mine, pc.equal(part["is_current"], 1))
            yield from _batches(hidden(part.filter(mine), query), _CHARGE_FIELDS)


CHARGES_REPORT = Report(
    name="charges",
    title="Charges",
    kind=Range.ROWS,
    model=lambda _: ChargesQuery,
    fields=lambda _: _CHARGE_FIELDS,
    batches=_charges,
    needs=frozenset({Ability.SEE_COSTS}),
)
