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
    parts = []
    for rows in (calls, messages):
        none = pa.repeat(pa.scalar(0, pa.int32()), len(rows))
        own = {name: rows[name] if name in rows.column_names else none for name in _OWN}
        parts.append(pa.table({**{name: rows[name] for name in common}, **own}))
    left, right = parts
    return pa.concat_tables([left, right.cast(left.schema) if left.schema != right.schema else right])
