"""Calls and messages as one table: what both have, with 0 for the other's own indicators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringlake.model.arrow import Column, kernels

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


def shared_codes(left: Column, right: Column) -> tuple[Column, Column]:
    """Two text columns as whole numbers that are equal where their words are.

    Dictionaries are compared once for as long as both stay the same objects: they may have hundreds of thousands of
    words, and those of a cache outlive many questions.
    """
    import pyarrow as pa

    pc = kernels()
    left, right = (_one_dictionary(column) for column in (left, right))
    places = _places(left.dictionary, right.dictionary)
    return left.indices.cast(pa.int64()), pc.take(places, right.indices)


_MOST_KEPT = 8
_kept: list[tuple[Column, Column, Column]] = []


def _places(words: Column, others: Column) -> Column:
    """The place of each of the other words among the words, or behind them."""
    import pyarrow as pa

    pc = kernels()
    for n, (left, right, places) in enumerate(_kept):
        if _same(left, words) and _same(right, others):
            _kept.append(_kept.pop(n))
            return places
    found = pc.cast(pc.index_in(others, value_set=words), pa.int64())
    behind = pc.add(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), len(others))), len(words))
    places = pc.coalesce(found, behind)
    # The words are kept with their places: what is held cannot be another dictionary at the same address.
    _kept.append((words, others, places))
    del _kept[:-_MOST_KEPT]
    return places


def _same(left: Column, right: Column) -> bool:
    """Whether two arrays are the same memory."""
    if len(left) != len(right) or left.offset != right.offset:
        return False
    pairs = zip(left.buffers(), right.buffers(), strict=True)
    return all((a.address if a else 0) == (b.address if b else 0) for a, b in pairs)


def _one_dictionary(column: Column) -> Column:
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    joined = column.unify_dictionaries().combine_chunks()
    array = joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined
    if array.null_count:
        array = kernels().fill_null(array.cast(pa.string()), "").dictionary_encode()
    return array


def _plain(rows: pa.Table, name: str) -> pa.Table:
    import pyarrow as pa

    return rows.set_column(rows.schema.get_field_index(name), name, rows[name].cast(pa.string()))
