"""Rows of the lake for tests: only what a test is about is given, the rest is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ringlake.model.tables import CALLS, CASES, LEGS, MESSAGES, PRESENCE, Table
from ringlake.stores.lake import as_rows

if TYPE_CHECKING:
    import pyarrow as pa

_EMPTY: dict[str, object] = {"string": ""}
_CALL = {"is_call": 1, "direction": "inbound", "outcome": "answered", "recordings": 0}
_MESSAGE = {"is_message": 1, "direction": "inbound", "status": "received"}


def _table(table: Table, rows: tuple[Mapping[str, Any], ...], usual: Mapping[str, Any]) -> pa.Table:
    empty = {c.name: _EMPTY.get(c.type) for c in table.columns}
    return as_rows(table, [{**empty, **usual, "record_id": f"c:{n}", **row} for n, row in enumerate(rows)])


def calls(*rows: Mapping[str, Any]) -> pa.Table:
    return _table(CALLS, rows, _CALL)


def messages(*rows: Mapping[str, Any]) -> pa.Table:
    return _table(MESSAGES, rows, _MESSAGE)


def cases(*rows: Mapping[str, Any]) -> pa.Table:
    return _table(CASES, rows, {})


def presence(*rows: Mapping[str, Any]) -> pa.Table:
    """Lines are the positions of the rows."""
    return _table(PRESENCE, tuple({"line": str(n), **row} for n, row in enumerate(rows)), {})


def legs(*rows: Mapping[str, Any]) -> pa.Table:
    return _table(LEGS, rows, {"row_kind": "leg"})
