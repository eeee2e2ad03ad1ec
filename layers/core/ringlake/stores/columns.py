"""Columns of the lake in memory: what is asked again is not read again (design section 5, Query).

Of each column that somebody asked for, all days read so far lie end to end in one piece, so that a range of
days is a view and a year is one array per column. An object is read again only when its etag
has changed. Text is kept as codes of one dictionary per column, flags in one byte; of table `legs` only
legs are kept. The least recently used columns go when the memory is full.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from ringlake.errors import Unavailable
from ringlake.model.arrow import kernels
from ringlake.model.tables import CALLS, FLAGS, LEGS, Table, flags_of

from .lake import Lake, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

# An Arrow array.
type Values = Any

# The API's function has 2 GB; columns of a year of a million interactions take 100 to 250 MB of it.
MOST_BYTES = 320 * 1024 * 1024
# As many as a client of the SDK keeps connections.
READERS = 10
# How often a day may be replaced while it is being read before we give up.
ATTEMPTS = 8
# Nearly every row has a value of its own: a dictionary would be larger than the text.
_DISTINCT = frozenset(
    {"record_id", "provider_id", "recovery_call", "miss_ids", "leg_id", "line", "calls", "deal_id", "call_id"}
)
# For each leg the position of its call among the day's calls, null when it is not there.
CALL_ROW = "call_row"


class Span(NamedTuple):
    """Columns of some days, oldest first: day `days[n]` is the rows from `ends[n - 1]` to `ends[n]`, read
    from the object with `etags[n]`.
    """

    rows: pa.Table
    days: Sequence[str]
    ends: Sequence[int]
    etags: Sequence[str | None]

    def starts(self) -> list[int]:
        return [0, *self.ends[:-1]]


class _Kept(NamedTuple):
    """One column: the etag that each day was read from (None: no object), where its rows begin and end, and the
    number of the day; days in order.
    """

    values: Values
    etags: dict[str, str | None]
    places: dict[str, tuple[int, int]]
    numbers: dict[str, int]

    def runs(self, days: Sequence[str]) -> list[tuple[int, int]]:
        """Where these days lie, neighbours together."""
        first, last = days[0], days[-1]
        if self.numbers[last] - self.numbers[first] == len(days) - 1:
            return [(self.places[first][0], self.places[last][1])]
        return _runs([self.places[day] for day in days])


class _MovedError(Exception):
    """A day was replaced between the listing and the reading."""


type _Key = tuple[str, str, str]
type _Day = tuple[str | None, dict[str, Values]]


class LakeColumns:
    """Safe to use from several threads; they read one after another and share what is there."""

    def __init__(self, lake: Lake, most_bytes: int = MOST_BYTES, readers: int = READERS) -> None:
        self._lake = lake
        self._most = most_bytes
        self._readers = readers
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._pool: ThreadPoolExecutor | None = None
        self._lock = RLock()
        # Listings of one snapshot: by table and workspace, each with the days that it covers.
        self._snapshot = 0
        self._listings: dict[tuple[str, str], list[tuple[str, str, dict[str, str]]]] = {}

    @property
    def size_bytes(self) -> int:
        """Memory of the columns that are kept."""
        return self._bytes

    def etags(self, table: Table, workspace: str, days: Sequence[str], snapshot: int = 0) -> dict[str, str | None]:
        """Etag of each day's object, None where there is none.

        Whoever names the same snapshot again sees the same listing; 0 always lists anew.
        """
        with self._lock:
            return self._listed(table, workspace, days, snapshot)

    def span(
        self, table: Table, workspace: str, days: Sequence[str], columns: Collection[str], snapshot: int = 0
    ) -> Span:
        """These columns of these days (in order, at least one of both).

        Flags come as one byte each and most text as dictionaries: see `restored`. Raises `Unavailable`.
        """
        with self._lock:
            for attempt in range(ATTEMPTS):
                listed = self._listed(table, workspace, days, snapshot if attempt == 0 else 0)
                try:
                    self._ensure(table, workspace, listed, columns)
                except _MovedError:
                    self._listings.pop((table.name, workspace), None)
                    continue
                return self._cut(table, workspace, days, columns)
        raise Unavailable(f"{table.name} changes faster than it can be read")

    def call_rows(self, workspace: str, days: Sequence[str], snapshot: int = 0) -> tuple[Span, Span]:
        """For each leg the row of its call in the span of calls that is returned beside it, null for none.

        The first span has one column, `CALL_ROW`, and etags of both; the second has the calls' starts.
        """
        with self._lock:
            for attempt in range(ATTEMPTS):
                of_legs, of_calls = (
                    self._listed(table, workspace, days, snapshot if attempt == 0 else 0) for table in (LEGS, CALLS)
                )
                both = {day: _both(of_legs[day], of_calls[day]) for day in days}
                try:
                    self._ensure(LEGS, workspace, both, (CALL_ROW,), self._calls_of_legs)
                    # Taken at once: what comes next may need its room.
                    legs = self._cut(LEGS, workspace, days, (CALL_ROW,))
                    self._ensure(CALLS, workspace, of_calls, ("started_at",))
                except _MovedError:
                    for table in (LEGS, CALLS):
                        self._listings.pop((table.name, workspace), None)
                    continue
                calls = self._cut(CALLS, workspace, days, ("started_at",))
                return _shifted(legs, calls), calls
        raise Unavailable("calls and legs change faster than they can be read")

    def _listed(self, table: Table, workspace: str, days: Sequence[str], snapshot: int) -> dict[str, str | None]:
        first, last = days[0], days[-1]
        if snapshot != self._snapshot:
            self._snapshot, self._listings = snapshot, {}
        known = self._listings.setdefault((table.name, workspace), [])
        found = next((etags for start, end, etags in known if snapshot and start <= first and last <= end), None)
        if found is None:
            found = self._lake.etags(table, workspace, first, last)
            known.append((first, last, found))
        return {day: found.get(day) for day in days}

    def _ensure(
        self,
        table: Table,
        workspace: str,
        listed: Mapping[str, str | None],
        columns: Collection[str],
        read: Callable[[Table, str, str, Sequence[str]], _Day] | None = None,
    ) -> None:
        """Read what is missing or has changed; raises `_MovedError` when it changes meanwhile."""
        read = read or self._day
        missing: dict[str, list[str]] = {}
        for column in columns:
            kept = self._kept.get((workspace, table.name, column))
            if kept is None:
                stale = list(listed)
            elif listed.items() <= kept.etags.items():
                continue
            else:
                stale = [day for day, etag in listed.items() if kept.etags.get(day, "") != etag]
            for day in stale:
                missing.setdefault(day, []).append(column)
        if missing:
            found = dict(self._read(table, workspace, listed, missing, read))
            for column in columns:
                news = {day: (listed[day], found[day][1][column]) for day, names in missing.items() if column in names}
                if news:
                    self._keep((workspace, table.name, column), news, columns)

    def _read(
        self,
        table: Table,
        workspace: str,
        listed: Mapping[str, str | None],
        missing: Mapping[str, Sequence[str]],
        read: Callable[[Table, str, str, Sequence[str]], _Day],
    ) -> Iterator[tuple[str, _Day]]:
        there = [day for day in missing if listed[day] is not None]
        for day in missing:
            if listed[day] is None:
                yield day, (None, {name: _no_values(table, name) for name in missing[day]})
        parts: Iterator[_Day]
        if len(there) > 1:
            self._pool = self._pool or ThreadPoolExecutor(self._readers, "lake")
            parts = self._pool.map(lambda day: read(table, workspace, day, missing[day]), there)
        else:
            parts = (read(table, workspace, day, missing[day]) for day in there)
        for day, part in zip(there, parts, strict=True):
            if part[0] != listed[day]:
                raise _MovedError(day)
            yield day, part

    def _day(self, table: Table, workspace: str, day: str, columns: Sequence[str]) -> _Day:
        import pyarrow as pa

        read = [name for name in columns if name != FLAGS]
        read += [name for name in flags_of(table) if FLAGS in columns and name not in read]
        if table is LEGS and "row_kind" not in read:
            read.append("row_kind")
        stream = self._lake.stream(table, workspace, day, read)
        parts = [legs_alone(part) if table is LEGS else part for part in stream.parts]
        found = {name: _encoded(table, name, [part[name] for part in parts]) for name in columns if name != FLAGS}
        if FLAGS in columns:
            found[FLAGS] = _one(packed_flags(table, pa.concat_tables(parts))) if parts else _no_values(table, FLAGS)
        return stream.etag, found

    def _calls_of_legs(self, table: Table, workspace: str, day: str, _columns: Sequence[str]) -> _Day:
        import pyarrow as pa

        legs = self._lake.read(table, workspace, day, ["record_id", "row_kind"])
        calls = self._lake.read(CALLS, workspace, day, ["record_id"])
        rows = kernels().index_in(legs_alone(legs.rows)["record_id"], value_set=calls.rows["record_id"])
        return _both(legs.etag, calls.etag), {CALL_ROW: pa.chunked_array(rows.chunks, pa.int32()).combine_chunks()}

    def _keep(self, key: _Key, news: Mapping[str, tuple[str | None, Values]], needed: Collection[str]) -> None:
        old = self._kept.pop(key, None)
        kept = _merged(old, news)
        self._kept[key] = kept
        self._bytes += kept.values.nbytes - (old.values.nbytes if old else 0)
        for other in list(self._kept):
            if self._bytes <= self._most:
                return
            if other[:2] != key[:2] or other[2] not in needed:
                self._bytes -= self._kept.pop(other).values.nbytes

    def _cut(self, table: Table, workspace: str, days: Sequence[str], columns: Collection[str]) -> Span:
        import pyarrow as pa

        cut: dict[str, Any] = {}
        ends: list[int] = []
        for column in columns:
            key = (workspace, table.name, column)
            kept = self._kept[key]
            self._kept.move_to_end(key)
            cut[column] = pa.chunked_array([kept.values.slice(a, b - a) for a, b in kept.runs(days)], kept.values.type)
            if not ends:
                at = 0
                for start, end in (kept.places[day] for day in days):
                    at += end - start
                    ends.append(at)
        self._trim()
        return Span(pa.table(cut), days, ends, [kept.etags[day] for day in days])

    def _trim(self) -> None:
        """A question may need more than fits; nothing is kept beyond it once it has its columns."""
        while self._bytes > self._most and self._kept:
            _, kept = self._kept.popitem(last=False)
            self._bytes -= kept.values.nbytes


def legs_alone(rows: pa.Table) -> pa.Table:
    """Rows of `legs` without the steps of the path, which are half of them: nothing is measured over steps."""
    return rows.filter(kernels().equal(kernels().cast(rows["row_kind"], "string"), "leg"))


def restored(table: Table, rows: pa.Table) -> pa.Table:
    """Flags in the type of the lake's column; text stays as it is."""
    for at, name in enumerate(rows.column_names):
        if rows.schema.field(name).type == _flag_type():
            kind = arrow_schema(table).field(name).type
            rows = rows.set_column(at, name, kernels().cast(rows[name], kind))
    return rows


def packed_flags(table: Table, rows: pa.Table) -> Any:
    """All flags of each row in one whole number (see `FLAGS`); an unknown one is 0."""
    import pyarrow as pa

    pc = kernels()
    packed: Any = pa.chunked_array([pa.repeat(pa.scalar(0, pa.int64()), len(rows))])
    for place, name in enumerate(flags_of(table)):
        held = pc.cast(pc.fill_null(pc.equal(rows[name], 1), False), pa.int64())  # noqa: FBT003 - Arrow's own signature
        packed = pc.add(packed, pc.shift_left(held, pa.scalar(place, pa.int64())))
    return packed


def _flag_type() -> Any:
    import pyarrow as pa

    return pa.int8()


def _is_flag(name: str) -> bool:
    return name.startswith("is_") or name in ("in_open_hours", "local_hour", "local_weekday")


def _kept_type(table: Table, name: str) -> Any:
    import pyarrow as pa

    if name in (CALL_ROW, FLAGS):
        return pa.int32() if name == CALL_ROW else pa.int64()
    plain = arrow_schema(table).field(name).type
    if _is_flag(name) and pa.types.is_integer(plain):
        return _flag_type()
    if pa.types.is_string(plain) and name not in _DISTINCT:
        return pa.dictionary(pa.int32(), pa.string())
    return plain


def _no_values(table: Table, name: str) -> Values:
    import pyarrow as pa

    return pa.array([], _kept_type(table, name))


def _encoded(table: Table, name: str, parts: Sequence[Any]) -> Values:
    """One array of a column's parts, in the type in which it is kept."""
    import pyarrow as pa

    kind = _kept_type(table, name)
    if not parts:
        return _no_values(table, name)
    whole = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
    if not pa.types.is_dictionary(kind):
        return _one(kernels().cast(whole, kind))
    if not pa.types.is_dictionary(whole.type):
        whole = kernels().cast(whole, pa.string()).dictionary_encode()
    return _one(whole.unify_dictionaries().cast(kind))


def _one(column: Any) -> Values:
    """The chunks of a column in one array."""
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _merged(old: _Kept | None, news: Mapping[str, tuple[str | None, Values]]) -> _Kept:
    """The column with the new days in place of the old ones."""
    import pyarrow as pa

    places = old.places if old else {}
    etags = {**(old.etags if old else {}), **{day: etag for day, (etag, _) in news.items()}}
    days = sorted(etags)
    pieces: list[Values] = []
    new: dict[str, tuple[int, int]] = {}
    at = 0
    run: tuple[int, int] | None = None
    for day in days:
        if day in news:
            if run and old:
                pieces.append(old.values.slice(run[0], run[1] - run[0]))
            run = None
            pieces.append(news[day][1])
            length = len(news[day][1])
        else:
            start, end = places[day]
            run = (run[0], end) if run else (start, end)
            length = end - start
        new[day] = (at, at + length)
        at += length
    if run and old:
        pieces.append(old.values.slice(run[0], run[1] - run[0]))
    whole = pa.chunked_array(pieces, pieces[0].type)
    if pa.types.is_dictionary(whole.type):
        values = _one(whole.unify_dictionaries())
        lost = [old.values.slice(a, b - a) for d, (a, b) in places.items() if d in news] if old else []
        if _may_lose(lost, [piece for _, piece in news.values()]):
            values = _compact(values)
    else:
        values = _one(whole)
    if len(pieces) == 1 and old is None:
        # A view of a larger buffer would keep all of it.
        values = pa.concat_arrays([values])
    return _Kept(values, etags, new, {day: number for number, day in enumerate(days)})


def _may_lose(lost: Sequence[Values], fresh: Sequence[Values]) -> bool:
    """Whether a value of a replaced day is not in the new ones: then nobody may have it any more."""
    new = {value for piece in fresh for value in _values(piece)}
    return any(value not in new for piece in lost for value in _values(piece))


def _values(piece: Values) -> list[str]:
    used = kernels().unique(piece.indices).drop_null()
    values: list[str] = piece.dictionary.take(used).to_pylist()
    return values


def _compact(values: Values) -> Values:
    """The same with a dictionary of the values that occur: what was erased is not kept here either."""
    import pyarrow as pa

    used = kernels().unique(values.indices).drop_null()
    if len(used) == len(values.dictionary):
        return values
    codes = kernels().index_in(values.indices, value_set=used, skip_nulls=True)
    return pa.DictionaryArray.from_arrays(codes, values.dictionary.take(used))


def _runs(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring stretches as one."""
    found: list[tuple[int, int]] = []
    for start, end in places:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _both(legs: str | None, calls: str | None) -> str | None:
    return f"{legs} {calls}" if legs else None


def _shifted(legs: Span, calls: Span) -> Span:
    """Positions within each day become positions within the span of calls."""
    import pyarrow as pa

    pc = kernels()
    column = _one(legs.rows[CALL_ROW])
    parts = [
        pc.add(column.slice(start, end - start), pa.scalar(first, pa.int32()))
        for start, end, first in zip(legs.starts(), legs.ends, calls.starts(), strict=True)
        if end > start
    ]
    rows = pa.table({CALL_ROW: pa.chunked_array(parts, pa.int32())})
    return legs._replace(rows=rows)
