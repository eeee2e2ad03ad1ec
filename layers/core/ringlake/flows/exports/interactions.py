"""Calls and texts, one row each, in the columns of a system or of the list on screen (features.md O30-O44, F52)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ringlake.files.profiles import PROFILES, Profile, batches
from ringlake.files.sheet import Batch, Field
from ringlake.model.tables import CALLS, LEGS, MESSAGES, Table
from ringlake.query.filters import CALL, MESSAGE, Filter
from ringlake.query.resolve import Kind, ResolvedQuery
from ringlake.query.rows import LEGS_READ, Related, columns_read, needs_legs, related, select
from ringlake.stores.lake import Lake

from . import listed
from .order import Asked, Report, Work

if TYPE_CHECKING:
    import pyarrow as pa

_CHANNEL = {CALLS.name: CALL, MESSAGES.name: MESSAGE}


def selected(table: Table, query: ResolvedQuery, lake: Lake, day: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """These columns of the rows of calls or messages that the query selects of a UTC day, part by part, so that a day
    is never held with the rows and columns that nobody asked for.
    """
    if _CHANNEL[table.name] not in query.predicates.channels:
        return
    about = Related()
    if needs_legs(table, query):
        about = related(lake.read(LEGS, query.workspace, day, LEGS_READ).rows, query)
    stream = lake.stream(table, query.workspace, day, sorted(columns_read(table, query).union(columns)))
    for part in stream.parts:
        yield select(table, part, query, about, columns)


def profile_of(asked: Asked) -> Profile:
    return listed.list_profile(asked.columns) if asked.profile == listed.NAME else PROFILES[asked.profile]


def _fields(asked: Asked) -> tuple[Field, ...]:
    if asked.profile == listed.NAME and asked.columns:
        # Any column of the list may be chosen, also those that it does not show by itself.
        return listed.list_fields()
    return profile_of(asked).fields


def _batches(asked: Asked, work: Work) -> Iterator[Batch]:
    """Day by day, so that memory holds one day whatever the range."""
    query, lake, profile = asked.question.query, work.sources.lake, profile_of(asked)
    for day in work.days:
        calls, messages = (selected(table, query, lake, day, profile.reads[table.name]) for table in (CALLS, MESSAGES))
        yield from batches(profile, calls, messages, asked.zone)


REPORT = Report(
    name="interactions",
    title="Calls and messages",
    kind=Kind.ROWS,
    model=lambda _: Filter,
    fields=_fields,
    batches=_batches,
    profiles=(*PROFILES, listed.NAME),
)
