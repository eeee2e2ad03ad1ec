"""Columns of the lake as whole numbers: what sorting, packing and sweeping work on."""

from __future__ import annotations

from typing import NamedTuple

from ringlake.model.arrow import Column, kernels


class Codes(NamedTuple):
    """A text column as int64 positions in its distinct words; null is the empty text."""

    values: Column
    words: Column

    def are(self, word: str) -> Column:
        """Which rows have this word."""
        import pyarrow as pa

        pc = kernels()
        code = pc.index(self.words, word).as_py()
        if code < 0:
            return pa.repeat(pa.scalar(False), len(self.values))  # noqa: FBT003 - Arrow's own signature
        return pc.equal(self.values, pa.scalar(code, pa.int64()))


def codes(column: Column) -> Codes:
    """Chunks of dictionaries must share one (`unify_dictionaries`)."""
    import pyarrow as pa

    pc = kernels()
    values = joined(column)
    if values.null_count:
        values = pc.fill_null(values.cast(pa.string()), "")
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    return Codes(values.indices.cast(pa.int64()), values.dictionary.cast(pa.string()))


def joined(column: Column) -> Column:
    """One array of a chunked one."""
    return column.combine_chunks() if hasattr(column, "combine_chunks") else column


def is_one(column: Column) -> Column:
    """A 0/1 column as truth; null is no."""
    pc = kernels()
    return pc.fill_null(pc.equal(joined(column), 1), False)  # noqa: FBT003 - Arrow's own signature


def milliseconds(column: Column) -> Column:
    """A timestamp column as int64 milliseconds since 1970; null stays null."""
    import pyarrow as pa

    return joined(column).cast(pa.timestamp("ms")).cast(pa.int64())
