"""Calls and messages as one table: what both have, with 0 for the other's own indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

OWN = ("is_call", "is_message")


def interactions(calls: pa.Table, messages: pa.Table) -> pa.Table:
    """Rows of both, columns that both have and `is_call`, `is_message`; text columns may be dictionaries."""
    import pyarrow as pa

    common = [name for name in calls.column_names if name in messages.column_names and name not in OWN]
    parts = []
    for rows in (calls, messages):
        none = pa.repeat(pa.scalar(0, pa.int32()), len(rows))
        own = {name: rows[name] if name in rows.column_names else none for name in OWN}
        parts.append(pa.table({**{name: rows[name] for name in common}, **own}))
    return joined(*parts)


def joined(calls: pa.Table, messages: pa.Table) -> pa.Table:
    """Rows of two tables with the same columns; text is dictionaries in both or plain in the result."""
    import pyarrow as pa

    for name in calls.column_names:
        if calls.schema.field(name).type != messages.schema.field(name).type:
            calls, messages = (_plain(rows, name) for rows in (calls, messages))
    return pa.concat_tables([calls, messages])


def _plain(rows: pa.Table, name: str) -> pa.Table:
    import pyarrow as pa

    return rows.set_column(rows.schema.get_field_index(name), name, rows[name].cast(pa.string()))
