"""The rows of the lake that a question selects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from ringlake.errors import Unavailable
from ringlake.model.arrow import kernels
from ringlake.model.localtime import DAY
from ringlake.model.tables import CALLS, FLAGS, LEGS, Table, flags_of
from ringlake.query.resolve import ResolvedQuery
from ringlake.query.rows import LEGS_READ, Related, chosen, columns_read, hidden, needs_legs, related, select
from ringlake.stores.columns import ATTEMPTS, CALL_ROW, LakeColumns, Span, legs_alone, packed_flags, restored
from ringlake.stores.lake import Lake, empty

if TYPE_CHECKING:
    import pyarrow as pa

# An Arrow array of booleans.
type Mask = Any


class Facts(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def rows(self, table: Table, query: ResolvedQuery, columns: Sequence[str]) -> pa.Table:
        """Rows that the query selects, these columns, oldest UTC day first: of `legs` the legs (and not the
        steps) of the selected calls, of every other table its own.

        Text columns may be dictionaries, which may name more than the rows do: only codes that occur
        count. Columns that the viewer may not see are masked or empty. `FLAGS` may be asked for like a column.
        """
        ...

    def version(self, query: ResolvedQuery, tables: Sequence[Table]) -> str:
        """Digest of all that these tables say about the days of the query: equal versions, equal rows."""
        ...


class LakeFacts:
    """Straight from the lake, day by day: the plain meaning of what `CachedFacts` answers faster."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def rows(self, table: Table, query: ResolvedQuery, columns: Sequence[str]) -> pa.Table:
        import pyarrow as pa

        wanted = list(dict.fromkeys(columns))
        plain = [name for name in wanted if name != FLAGS]
        read = list(dict.fromkeys([*plain, *(flags_of(table) if FLAGS in wanted else ())]))
        found = [self._day(table, query, day, read) for day in query.days]
        rows = pa.concat_tables(found) if found else empty(table).select(read)
        return rows.select(plain) if FLAGS not in wanted else _with_flags(table, rows).select(wanted)

    def version(self, query: ResolvedQuery, tables: Sequence[Table]) -> str:
        return _digest(
            (table.name, [self._lake.etag(table, query.workspace, day) for day in query.days])
            for table in _read_for(query, tables)
        )

    def _day(self, table: Table, query: ResolvedQuery, day: str, wanted: Sequence[str]) -> pa.Table:
        if table is LEGS:
            calls = self._day(CALLS, query, day, ["record_id"])["record_id"]
            read = list(dict.fromkeys(["record_id", "row_kind", *wanted]))
            rows = legs_alone(self._lake.read(LEGS, query.workspace, day, read).rows)
            return hidden(rows.filter(kernels().is_in(rows["record_id"], value_set=calls)).select(wanted), query)
        about = Related()
        if needs_legs(table, query):
            about = related(self._lake.read(LEGS, query.workspace, day, LEGS_READ).rows, query)
        part = self._lake.read(table, query.workspace, day, sorted(columns_read(table, query).union(wanted)))
        return select(table, part.rows, query, about, wanted)


class CachedFacts:
    """The same rows from columns kept in memory; what an object says is read once for each etag."""

    def __init__(self, columns: LakeColumns) -> None:
        self._columns = columns

    def rows(self, table: Table, query: ResolvedQuery, columns: Sequence[str]) -> pa.Table:
        wanted = list(dict.fromkeys(columns))
        if not query.days:
            return _with_flags(table, empty(table)).select(wanted)
        if table is LEGS:
            return self._legs(query, wanted)
        span = self._span(table, query, columns_read(table, query).union(wanted))
        mask = _chosen(table, span, query, self._related(table, query))
        rows = span.rows.select(wanted)
        return restored(table, hidden(rows if mask is None else _kept(rows, mask), query))

    def version(self, query: ResolvedQuery, tables: Sequence[Table]) -> str:
        return _digest(
            (table.name, [*self._etags(table, query).values()]) for table in _read_for(query, tables) if query.days
        )

    def _legs(self, query: ResolvedQuery, wanted: Sequence[str]) -> pa.Table:
        """Legs whose call is selected, found by its place and not by its id: ids are long and many."""
        for attempt in range(ATTEMPTS):
            # Places count in one state of both tables; who reads again lists again.
            asked = query if attempt == 0 else msgspec.structs.replace(query, snapshot=0)
            places, calls = self._columns.call_rows(asked.workspace, asked.days, asked.snapshot)
            span = self._span(CALLS, asked, columns_read(CALLS, asked))
            legs = self._span(LEGS, asked, wanted)
            if calls.etags == span.etags and legs.ends == places.ends:
                return self._legs_of(query, wanted, span, legs, places)
        raise Unavailable("calls and legs change faster than they can be read")

    def _legs_of(self, query: ResolvedQuery, wanted: Sequence[str], span: Span, legs: Span, places: Span) -> pa.Table:
        mask = _chosen(CALLS, span, query, self._related(CALLS, query))
        if mask is None:
            # Legs whose call is not in the lake belong to no selected one.
            mask = _all(len(span.rows))
        rows = _kept(legs.rows.select(wanted), kernels().fill_null(mask.take(places.rows[CALL_ROW]), False))  # noqa: FBT003
        return hidden(restored(LEGS, rows), query)

    def _related(self, table: Table, query: ResolvedQuery) -> Related:
        if not needs_legs(table, query):
            return Related()
        return related(self._span(LEGS, query, LEGS_READ).rows, query)

    def _span(self, table: Table, query: ResolvedQuery, columns: Sequence[str] | set[str]) -> Span:
        return self._columns.span(table, query.workspace, query.days, sorted(columns), query.snapshot)

    def _etags(self, table: Table, query: ResolvedQuery) -> dict[str, str | None]:
        return self._columns.etags(table, query.workspace, query.days, query.snapshot)


class _Part(NamedTuple):
    """Rows from `start` to `end`; `within` when all of them lie inside the range."""

    start: int
    end: int
    within: bool


def _chosen(table: Table, span: Span, query: ResolvedQuery, about: Related) -> Mask | None:
    """Which rows of the span the query selects, in one array; None selects all."""
    masks, whole = [], True
    for part in _parts(query, span):
        rows = span.rows.slice(part.start, part.end - part.start)
        mask = chosen(table, rows, query, about, within=part.within)
        whole = whole and mask is None
        masks.append(_all(len(rows)) if mask is None else mask)
    return None if whole else _joined(masks)


def _with_flags(table: Table, rows: pa.Table) -> pa.Table:
    return rows.append_column(FLAGS, packed_flags(table, rows))


def _parts(query: ResolvedQuery, span: Span) -> Iterator[_Part]:
    """The span with the UTC days that the range cuts apart from those that are in it whole; at least one part."""
    parts: list[_Part] = []
    for day, start, end in zip(span.days, span.starts(), span.ends, strict=True):
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        within = query.start_utc <= midnight and midnight + DAY <= query.end_utc
        if parts and parts[-1].within == within:
            parts[-1] = _Part(parts[-1].start, end, within)
        else:
            parts.append(_Part(start, end, within))
    return iter([part for part in parts if part.end > part.start] or parts[:1])


def _kept(rows: pa.Table, mask: Mask) -> pa.Table:
    """The rows of the mask; where all are wanted nothing is copied."""
    return rows if kernels().all(mask, min_count=0).as_py() else rows.filter(mask)


def _all(count: int) -> Mask:
    import pyarrow as pa

    return pa.repeat(pa.scalar(True), count)  # noqa: FBT003 - Arrow's own signature


def _joined(masks: Sequence[Mask]) -> Mask:
    import pyarrow as pa

    parts = [chunk for mask in masks for chunk in (mask.chunks if isinstance(mask, pa.ChunkedArray) else [mask])]
    return pa.concat_arrays(parts) if parts else _all(0)


def _read_for(query: ResolvedQuery, tables: Sequence[Table]) -> list[Table]:
    """These tables and what they are selected by."""
    needed = {*tables, *(CALLS for table in tables if table is LEGS)}
    needed |= {LEGS for table in needed if needs_legs(table, query)}
    return sorted(needed, key=lambda table: table.name)


def _digest(parts: Iterator[tuple[str, list[str | None]]]) -> str:
    digest = hashlib.sha256()
    for name, etags in parts:
        digest.update(f"{name} {' '.join(etag or '-' for etag in etags)}\n".encode())
    return digest.hexdigest()[:32]
