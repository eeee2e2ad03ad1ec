"""Texts, one row each, with all that the lake knows of them (demands.md D55)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ringlake.files.csv import Column, Local
from ringlake.files.profiles import Profile, batches
from ringlake.files.sheet import Batch, Field, Kind
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.filters import Filter
from ringlake.query.resolve import Kind as Range

from .cells import LOCAL_DATES, lake_columns, lake_fields
from .interactions import selected
from .order import Asked, Report, Work

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = lake_fields(MESSAGES, without={*LOCAL_DATES, "is_message", "revision"})


def _columns(_: Table, rows: pa.Table, zone: ZoneInfo) -> dict[str, Column | Local]:
    shown = lake_columns(_SHOWN, rows)
    return {**shown, "started_at_local": Local(shown["started_at"], zone)}


_PROFILE = Profile(
    "messages",
    (*_SHOWN, Field(name="started_at_local", kind=Kind.LOCAL)),
    {CALLS.name: (), MESSAGES.name: tuple(field.name for field in _SHOWN)},
    _columns,
)


def _batches(asked: Asked, work: Work) -> Iterator[Batch]:
    for day in work.days:
        rows = selected(MESSAGES, asked.question.query, work.sources.lake, day, _PROFILE.reads[MESSAGES.name])
        yield from batches(_PROFILE, (), rows, asked.zone)


REPORT = Report(
    name="messages",
    title="Messages",
    kind=Range.ROWS,
    model=lambda _: Filter,
    fields=lambda _: _PROFILE.fields,
    batches=_batches,
)
