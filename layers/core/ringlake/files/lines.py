"""Files of lines, made from batches by Arrow: CSV and JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ringlake.model.arrow import kernels
from ringlake.model.jobs import Headers
from ringlake.model.language import Language

from .csv import Column, Dialect, as_pieces, encode, header, in_parallel
from .sheet import Batch, Field, Sheet, Written
from .words import header_rows


def csv_lines(sheet: Sheet, dialect: Dialect, headers: Headers, language: Language) -> Iterator[Written]:
    """The CSV file of a sheet."""
    yield Written(
        [header(row, dialect, first=not i) for i, row in enumerate(header_rows(sheet, headers, language))], 0, 0
    )
    yield from in_parallel(partial(_csv, fields=sheet.fields, dialect=dialect), sheet.batches)


def _csv(batch: Batch, fields: tuple[Field, ...], dialect: Dialect) -> Written:
    lines = [
        encode({field.name: part.columns[field.name] for field in fields}, part.rows, dialect)
        for part in batch.parts
        if part.rows
    ]
    texts = in_order([part.texts for part in lines], batch.order)
    return Written(as_pieces(texts), len(texts), sum(part.prefixed for part in lines))


def in_order(parts: list[Column], order: Column | None) -> Column:
    """One array of the parts' rows, in the order of the batch."""
    import pyarrow as pa

    texts = pa.chunked_array(parts, pa.string()).combine_chunks()
    return texts if order is None else kernels().take(texts, order)
