"""The columns of the list of interactions on screen as columns of a file (features.md N21)."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from ringlake.files.csv import Column, Local
from ringlake.files.profiles import Profile
from ringlake.files.sheet import Field, Kind
from ringlake.flows.answers.listed import COLUMNS, USUAL, Row, needed, shown
from ringlake.model.tables import CALLS, MESSAGES, Table

from .cells import PHONES, joined_words, part_of

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "list"
_OF_TYPE = {
    str: Kind.TEXT, int: Kind.INTEGER, float: Kind.NUMBER, bool: Kind.FLAG, datetime: Kind.MOMENT,
    Decimal: Kind.MONEY,
}  # fmt: skip


def list_profile(columns: Sequence[str] = ()) -> Profile:
    """Those columns of the list; without any those that it shows unless it is told."""
    names = tuple(columns or USUAL)
    return Profile(
        NAME,
        list_fields(names),
        {table.name: tuple(sorted({*needed(table, names), "started_at"})) for table in (CALLS, MESSAGES)},
        partial(_columns, list_fields(names)),
    )


def list_fields(names: Sequence[str] = COLUMNS) -> tuple[Field, ...]:
    hints = get_type_hints(Row)
    return tuple(Field(name=name, kind=_kind(name, hints[name])) for name in names)


def _kind(name: str, hint: Any) -> Kind:
    if name == "started_at_local":
        return Kind.LOCAL
    if name in PHONES:
        return Kind.PHONE
    kinds = get_args(hint) if get_origin(hint) is types.UnionType else (hint,)
    plain = next(one for one in kinds if one not in (msgspec.UnsetType, types.NoneType))
    if plain is int and name.endswith("_s"):
        return Kind.SECONDS
    return Kind.TEXT if get_origin(plain) is list else _OF_TYPE[plain]


def _columns(fields: Sequence[Field], table: Table, rows: pa.Table, zone: ZoneInfo) -> Mapping[str, Column | Local]:
    names = [field.name for field in fields]
    made = []
    for row in rows.to_pylist():
        cells = msgspec.structs.asdict(shown(table, row, names, zone))
        made.append({name: joined_words(cell) if isinstance(cell, list) else cell for name, cell in cells.items()})
    return part_of(fields, made, zone).columns
