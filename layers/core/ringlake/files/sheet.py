"""A table on its way into a file, whatever the format: named fields and batches of Arrow columns.

Who makes a sheet knows nothing of formats, and who writes one knows nothing of calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.arrow import kernels
from ringlake.model.base import Model

from .csv import Column, Local


class Kind(StrEnum):
    """What a column holds; the Arrow type that a batch brings for it in brackets.

    `text` and `phone` (string, or a dictionary of strings), `integer` (ints), `seconds` (ints, whole seconds),
    `number` (float), `share` (float from 0 to 1), `money` (decimal), `flag` (boolean or 0 and 1), `moment`
    (naive timestamp in UTC), `local` (`csv.Local`: a moment shown in a zone), `date` (date32). Null is an empty
    cell everywhere, never 0.
    """

    TEXT = "text"
    PHONE = "phone"
    INTEGER = "integer"
    SECONDS = "seconds"
    NUMBER = "number"
    SHARE = "share"
    MONEY = "money"
    FLAG = "flag"
    MOMENT = "moment"
    LOCAL = "local"
    DATE = "date"


class Field(Model, frozen=True, kw_only=True):
    """`name` is the stable machine code. `label` replaces the header in every language (profiles of other systems)."""

    name: str
    kind: Kind = Kind.TEXT
    label: str = ""


class Part(NamedTuple):
    """Columns by field name, each of `rows` values, or a text scalar that stands for equal values."""

    columns: Mapping[str, Column | Local]
    rows: int


class Batch(NamedTuple):
    """At most a few ten thousand rows. `order` says which row of the parts, laid end to end, comes first, second,
    ...; None when they are in order.
    """

    parts: tuple[Part, ...]
    order: Any = None

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    def stretch(self, start: int, count: int) -> Batch:
        """`count` rows of it from `start` on, in its order."""
        if start == 0 and count == self.rows:
            return self
        if self.order is not None:
            return self._picked(self.order.slice(start, count))
        parts, offset = [], 0
        for part in self.parts:
            first, last = max(start - offset, 0), min(start + count - offset, part.rows)
            if first < last:
                parts.append(_taken(part, last - first, partial(_sliced, start=first, count=last - first)))
            offset += part.rows
        return Batch(tuple(parts))

    def _picked(self, picked: Any) -> Batch:
        import pyarrow as pa

        pc = kernels()
        picked = pc.cast(picked, pa.int64())
        parts: list[Part] = []
        offset, before = 0, 0
        order = pa.scalar(0, pa.int64())
        for part in self.parts:
            mask = pc.and_(pc.greater_equal(picked, offset), pc.less(picked, offset + part.rows))
            rows = pc.subtract(picked.filter(mask), offset)
            if len(rows):
                place = pc.add(pc.cumulative_sum(pc.cast(mask, pa.int64())), before - 1)
                order = pc.if_else(mask, place, order)
                parts.append(_taken(part, len(rows), partial(_rows_of, rows=rows)))
                before += len(rows)
            offset += part.rows
        return Batch(tuple(parts), order if len(parts) > 1 else None)


def _taken(part: Part, rows: int, take: Callable[[Column], Column]) -> Part:
    """Some rows of a part; a text that stands for all rows stands for these too."""
    import pyarrow as pa

    def of(column: Column | Local) -> Column | Local:
        if isinstance(column, Local):
            return Local(take(column.column), column.zone)
        return column if isinstance(column, pa.Scalar) else take(column)

    return Part({name: of(column) for name, column in part.columns.items()}, rows)


def _sliced(column: Column, start: int, count: int) -> Column:
    return column.slice(start, count)


def _rows_of(column: Column, rows: Column) -> Column:
    return column.take(rows)


class Sheet(Model, frozen=True, kw_only=True):
    """`batches` is read once, in constant memory. `name` is the report's (`interactions`)."""

    name: str
    fields: tuple[Field, ...]
    batches: Iterable[Batch]


class About(Model, frozen=True, kw_only=True):
    """What a file says of itself in its manifest, and in XLSX on its last sheet (demands.md D51)."""

    title: str
    workspace: str
    filter: Mapping[str, object]
    zone: ZoneInfo
    as_of: datetime | None
    settings_version: int
    made_at: datetime
    notes: tuple[str, ...] = ()


class Written(NamedTuple):
    """A stretch of a file: bytes and Arrow buffers as they stand in it, one after another.

    `rows` are the data rows that it adds, `prefixed` its cells that got an apostrophe (CSV for people), `cut` its
    texts that did not fit into a cell whole (XLSX), `sheets` the sheets of data that begin in it (XLSX).
    """

    pieces: list[Any]
    rows: int
    prefixed: int
    cut: int = 0
    sheets: int = 0

    @property
    def body(self) -> bytes:
        """All pieces in one; costs a copy."""
        return b"".join(self.pieces)
