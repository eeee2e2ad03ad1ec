"""The lake: one Parquet object per table, workspace and UTC day (design section 4).

Everything that has to be the same for equal rows is pinned here: schema, order, compression
and layout. Equal rows give equal bytes, so a roll-up that runs twice changes nothing.
"""

from __future__ import annotations

import io
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ringlake.model.tables import Table

from .objects import MemoryObjects, Objects

if TYPE_CHECKING:
    import pyarrow as pa

# 16k rows: a list of one user reads few groups (0.7 MB instead of 41 MB of a big day), because files
# are sorted by user first and the group statistics prune.
ROW_GROUP_ROWS = 16_384
ZSTD_LEVEL = 3
# From this share of changed rows on, sorting a part is faster than putting each row in its place.
SORT_FROM = 150
# Row groups that work on a whole day takes at a time: 65,000 rows.
PART_GROUPS = 4

type Row = Mapping[str, object]


class Part(NamedTuple):
    """One object of the lake as read: its rows and the etag that a conditional write has to name.

    An object that does not exist has no rows and etag None.
    """

    rows: pa.Table
    etag: str | None


class Stored(NamedTuple):
    """One object of the lake as it lies there; both None when there is none."""

    body: bytes | None
    etag: str | None


class Stream(NamedTuple):
    """An object as read part by part, in the order of its rows; text columns are dictionaries."""

    parts: Iterator[pa.Table]
    etag: str | None


class Lake(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def read(self, table: Table, workspace: str, day: str, columns: Sequence[str] | None = None) -> Part:
        """The rows of a UTC day (`YYYY-MM-DD`) in `table.order`; all columns or only those named."""
        ...

    def stream(self, table: Table, workspace: str, day: str, columns: Sequence[str]) -> Stream:
        """The same for these columns in parts of some row groups, for work that needs no more at once."""
        ...

    def etag(self, table: Table, workspace: str, day: str) -> str | None:
        """Etag of the object, None when there is none. Cheaper than `read`."""
        ...

    def etags(self, table: Table, workspace: str, first: str, last: str) -> dict[str, str]:
        """Etags by UTC day of all objects from one day to another, both inclusive; one listing."""
        ...

    def write(self, table: Table, workspace: str, day: str, rows: pa.Table, previous: str | None) -> str:
        """Replace the object that had the etag `previous` (None: there was none); returns the new etag.

        `rows` may come in any order. Raises `Conflict` when somebody else wrote meanwhile.
        """
        ...

    def stored(self, table: Table, workspace: str, day: str) -> Stored:
        """The object unread, for `merged`."""
        ...

    def replace(self, table: Table, workspace: str, day: str, body: bytes, previous: str | None) -> str:
        """`write` for bytes that are made already."""
        ...

    def days(self, table: Table, workspace: str) -> Iterator[str]:
        """UTC days that have an object, oldest first."""
        ...


def lake_key(table: Table, workspace: str, day: str) -> str:
    """Key of the object; the folders are what partition projection of the Glue tables resolves."""
    return f"{table.name}/workspace={workspace}/day={day}/data.parquet"


@cache
def arrow_schema(table: Table) -> pa.Schema:
    """Arrow schema of a table. Timestamps are milliseconds without zone and mean UTC."""
    import pyarrow as pa

    types: dict[str, Any] = {
        "string": pa.string(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("ms"),
        "boolean": pa.bool_(),
        "decimal(12,4)": pa.decimal128(12, 4),
        "decimal(20,10)": pa.decimal128(20, 10),
    }
    return pa.schema([pa.field(column.name, types[column.type]) for column in table.columns])


def as_rows(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Rows as an Arrow table in the table's schema. Datetimes must be naive UTC or aware UTC."""
    import pyarrow as pa

    schema = arrow_schema(table)
    return pa.table([pa.array([row[f.name] for row in rows], type=f.type) for f in schema], schema=schema)


def empty(table: Table) -> pa.Table:
    """No rows, right schema."""
    table_of_none: pa.Table = arrow_schema(table).empty_table()
    return table_of_none


def in_order(table: Table, rows: pa.Table) -> pa.Table:
    """The rows sorted as files are: by user and time where lists are read, by key elsewhere."""
    schema = arrow_schema(table)
    typed = rows.select(schema.names).cast(schema)
    return typed.sort_by([(name, "ascending") for name in table.order]).combine_chunks()


class _Writer:
    """Makes an object of rows that come in order, one row group at a time.

    Every group is written from one piece of memory, so that the bytes depend on the rows alone and
    not on the pieces in which they came.
    """

    def __init__(self, table: Table) -> None:
        import pyarrow.parquet as pq

        self._sink = io.BytesIO()
        self._held: list[pa.Table] = []
        self._rows = 0
        self._schema = arrow_schema(table)
        self._file = pq.ParquetWriter(
            self._sink,
            self._schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=ZSTD_LEVEL,
            use_dictionary=_repeating(table),  # type: ignore[arg-type]
            # A footer shows the smallest and the largest value of a column in clear (security.md 8).
            write_statistics=[c.name for c in table.columns if c.statistics],
            write_page_index=False,
            # The Arrow schema in the footer would only repeat the Parquet types and add the library's dialect.
            store_schema=False,
        )

    def add(self, rows: pa.Table) -> None:
        self._held.append(rows)
        self._rows += len(rows)
        while self._rows >= ROW_GROUP_ROWS:
            self._write(ROW_GROUP_ROWS)

    def finish(self) -> bytes:
        if self._rows or not self._sink.tell():
            self._write(self._rows)
        self._file.close()
        return self._sink.getvalue()

    def _write(self, count: int) -> None:
        import pyarrow as pa

        held = pa.concat_tables(self._held) if self._held else self._schema.empty_table()
        self._file.write_table(held.slice(0, count).combine_chunks(), row_group_size=ROW_GROUP_ROWS)
        rest = held.slice(count)
        self._held = [rest] if len(rest) else []
        self._rows = len(rest)


def _repeating(table: Table) -> list[str]:
    """Columns worth a dictionary. Where nearly every row has a value of its own (ids of the table, instants)
    one makes the file a fifth larger and slower to write.
    """
    own = {"record_id", "provider_id"} if table.key == ("record_id",) else set()
    instants = {c.name for c in table.columns if c.type == "timestamp"} - set(table.key)
    return [name for name in table.names if name not in own | instants]


def to_parquet(table: Table, rows: pa.Table) -> bytes:
    """The object's bytes: a function of the rows alone (for one version of the writer)."""
    writer = _Writer(table)
    writer.add(in_order(table, rows))
    return writer.finish()


def merged(table: Table, body: bytes | None, gone: Collection[str], fresh: pa.Table) -> bytes:
    """The object without the rows of these ids, with the fresh rows: the same bytes as `to_parquet` of all.

    Ids are values of the first column of the table's key.

    Goes through the object part by part, in the memory of one part. Where little changes old rows are
    neither sorted nor copied: they are in order already, so the fresh ones are put between them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    fresh = in_order(table, fresh)
    keys = _keys(table, fresh)
    writer, done = _Writer(table), 0
    ids = pa.array(sorted(gone), pa.string())
    for part in _parts(table, body) if body is not None else ():
        old = _Keys(table, part)
        leaving: Any = pc.is_in(part[table.key[0]], value_set=ids)
        # What belongs behind the last row of this part may belong behind rows of the next.
        until = max(done, bisect_right(keys, old[len(part) - 1]))
        if (pc.sum(leaving).as_py() or 0) + until - done > len(part) // SORT_FROM:
            writer.add(
                in_order(table, pa.concat_tables([part.filter(pc.invert(leaving)), fresh.slice(done, until - done)]))
            )
        else:
            places = [(bisect_left(old, key), n) for n, key in enumerate(keys[done:until], start=done)]
            gone_at: list[Any] = pc.indices_nonzero(leaving).to_pylist()
            for piece in _pieces(part, gone_at, fresh, places):
                writer.add(piece)
        done = until
    writer.add(fresh.slice(done))
    return writer.finish()


def _pieces(
    part: pa.Table, leaving: Sequence[int], fresh: pa.Table, places: Sequence[tuple[int, int]]
) -> Iterator[pa.Table]:
    """The part's rows in order without those that leave, with each fresh row before its place."""
    at = 0
    marks = sorted([(place, 0, n) for place, n in places] + [(index, 1, index) for index in leaving])
    for place, is_leaving, n in marks:
        if place > at:
            yield part.slice(at, place - at)
        at = place + 1 if is_leaving else max(at, place)
        if not is_leaving:
            yield fresh.slice(n, 1)
    if at < len(part):
        yield part.slice(at)


class _Keys(Sequence[tuple[object, ...]]):
    """The order key of each row of a part, read only where it is looked at."""

    def __init__(self, table: Table, rows: pa.Table) -> None:
        self._columns = [rows[name].combine_chunks() for name in table.order]

    def __len__(self) -> int:
        return len(self._columns[0])

    def __getitem__(self, index: int) -> tuple[object, ...]:  # type: ignore[override]
        return tuple(column[index].as_py() for column in self._columns)


def _keys(table: Table, rows: pa.Table) -> list[Any]:
    return list(zip(*(rows[name].to_pylist() for name in table.order), strict=True))


def _parts(table: Table, body: bytes) -> Iterator[pa.Table]:
    """All columns of an object in the table's schema, part by part."""
    schema = arrow_schema(table)
    for part in parts_of(table, body, schema.names, dictionaries=False):
        if len(part):
            yield part.cast(schema)


def held(table: Table, body: bytes, ids: Collection[str]) -> bool:
    """Whether the object has a row with any of these values in the first column of the table's key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: Any = pc.is_in(from_parquet(table, body, table.key[:1])[table.key[0]], value_set=pa.array(ids, pa.string()))
    return bool(pc.any(found).as_py())


def from_parquet(table: Table, body: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Rows of an object. A column that is newer than the file is null in every row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(table)
    wanted = list(columns) if columns is not None else schema.names
    with pq.ParquetFile(pa.BufferReader(body)) as file:
        present = set(file.schema_arrow.names)
        found = file.read(columns=[n for n in wanted if n in present])
    return pa.table(
        [
            found.column(n).cast(schema.field(n).type) if n in present else pa.nulls(len(found), schema.field(n).type)
            for n in wanted
        ],
        schema=pa.schema([schema.field(n) for n in wanted]),
    )


def parts_of(table: Table, body: bytes, columns: Sequence[str], *, dictionaries: bool = True) -> Iterator[pa.Table]:
    """Rows of an object in its order, PART_GROUPS row groups at a time; a column newer than the file is null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(table)
    wanted = list(dict.fromkeys(columns))
    with pq.ParquetFile(pa.BufferReader(body)) as file:
        footer, names = file.metadata, set(file.schema_arrow.names)
    present = [name for name in wanted if name in names]
    text = [name for name in present if dictionaries and schema.field(name).type == pa.string()]
    with pq.ParquetFile(pa.BufferReader(body), metadata=footer, read_dictionary=text) as file:
        for at in range(0, file.num_row_groups, PART_GROUPS):
            groups = list(range(at, min(at + PART_GROUPS, file.num_row_groups)))
            found = file.read_row_groups(groups, columns=present)
            missing = {n: pa.nulls(len(found), schema.field(n).type) for n in wanted if n not in present}
            yield pa.table({n: missing[n] if n in missing else found[n] for n in wanted})


class ObjectLake:
    """The lake over a bucket; over `MemoryObjects` it is its own twin."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def read(self, table: Table, workspace: str, day: str, columns: Sequence[str] | None = None) -> Part:
        found = self._objects.get(lake_key(table, workspace, day))
        if found is None:
            rows = empty(table)
            return Part(rows if columns is None else rows.select(list(columns)), None)
        body, etag = found
        return Part(from_parquet(table, body, columns), etag)

    def stream(self, table: Table, workspace: str, day: str, columns: Sequence[str]) -> Stream:
        found = self._objects.get(lake_key(table, workspace, day))
        if found is None:
            return Stream(iter(()), None)
        body, etag = found
        return Stream(parts_of(table, body, columns), etag)

    def etag(self, table: Table, workspace: str, day: str) -> str | None:
        return self._objects.etag(lake_key(table, workspace, day))

    def etags(self, table: Table, workspace: str, first: str, last: str) -> dict[str, str]:
        prefix = f"{table.name}/workspace={workspace}/day="
        found = self._objects.etags(prefix, *(lake_key(table, workspace, day) for day in (first, last)))
        return {key[len(prefix) :].partition("/")[0]: etag for key, etag in found}

    def write(self, table: Table, workspace: str, day: str, rows: pa.Table, previous: str | None) -> str:
        return self.replace(table, workspace, day, to_parquet(table, rows), previous)

    def stored(self, table: Table, workspace: str, day: str) -> Stored:
        found = self._objects.get(lake_key(table, workspace, day))
        return Stored(None, None) if found is None else Stored(*found)

    def replace(self, table: Table, workspace: str, day: str, body: bytes, previous: str | None) -> str:
        return self._objects.put(lake_key(table, workspace, day), body, if_match=previous, if_absent=previous is None)

    def days(self, table: Table, workspace: str) -> Iterator[str]:
        prefix = f"{table.name}/workspace={workspace}/day="
        for key in self._objects.list(prefix):
            yield key[len(prefix) :].partition("/")[0]


def memory_lake() -> ObjectLake:
    """The twin."""
    return ObjectLake(MemoryObjects())
