"""A table on its way into a file, whatever the format: named fields and batches of Arrow columns.

Who makes a sheet knows nothing of formats, and who writes one knows nothing of calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

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
