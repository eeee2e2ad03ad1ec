"""Calls and messages as one table: what both have, with 0 for the other's own indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_OWN = ("is_call", "is_message")


def interactions(calls: pa.Table, messages: pa.Table) -> pa.Table:
    """Rows of both, columns that both have and `is_call`, `is_message`; text columns may be dictionaries."""
    import pyarrow as pa

    common = [name for name in calls.column_names if name in messages.column_names and name not in _OWN]
    plain = {name for name in common if calls.schema.field(name).type != messages.schema.field(name).type}
    parts = []
    for rows in (calls, messages):
        none = pa.repeat(pa.scalar(0, pa.int32()), len(rows))
        own = {name: rows[name] if name in rows.column_names else none for name in _OWN}
        both = {name: rows[name].cast(pa.string()) if name in plain else rows[name] for name in common}
        parts.append(pa.table({**both, **own}))
    return pa.concat_tables(parts)
