"""Files of lines, made from batches by Arrow: CSV and JSON Lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from ringlake.model.arrow import kernels
from ringlake.model.jobs import Headers
from ringlake.model.language import Language

from .csv import (
    Column,
    Dialect,
    Local,
    as_pieces,
    encode,
    header,
    in_one,
    in_parallel,
    is_text,
    raw,
    shown_local,
    timestamps,
)
from .sheet import Batch, Field, Kind, Part, Sheet, Written
from .words import header_rows

TEXTS = (Kind.TEXT, Kind.PHONE)
_CONTROL, _CONTROLS = re.compile("[\0-\x1f]"), re.compile(rb"[\0-\x1f]")


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


# --- JSON Lines


def json_lines(sheet: Sheet) -> Iterator[Written]:
    """One object a line, keys in the order of the fields.

    Text, times (ISO 8601, UTC with Z, local with offset) and dates are strings; money is a string too, so that
    its decimals stay exact, as in the answers of the API; flags are true or false; what is not there is null.
    """
    yield Written([], 0, 0)
    yield from in_parallel(partial(_json, fields=sheet.fields), sheet.batches)


def _json(batch: Batch, fields: tuple[Field, ...]) -> Written:
    lines = [_objects(part, fields) for part in batch.parts if part.rows]
    texts = in_order(lines, batch.order)
    return Written(as_pieces(texts, first="", between="\n", last="\n"), len(texts), 0)


def _objects(part: Part, fields: tuple[Field, ...]) -> Column:
    pieces: list[Any] = []
    for place, field in enumerate(fields):
        pieces += [f"{',' if place else '{'}{_quoted(field.name)}:", _json_values(field.kind, part.columns[field.name])]
    joined = kernels().binary_join_element_wise(*pieces, "}", "")
    return repeated(joined, part.rows)


def _json_values(kind: Kind, column: Column | Local) -> Column | str:
    """The values of a column as JSON: texts, or one text for all rows."""
    import pyarrow as pa

    pc = kernels()
    if isinstance(column, Local):
        return _null_or(pc.binary_join_element_wise('"', shown_local(column), '"', ""), column.column)
    if isinstance(column, pa.Scalar):
        value = column.as_py()
        if value is None or (value == "" and kind not in TEXTS):
            return "null"
        found = _json_values(kind, pa.array([value], column.type))
        return found if isinstance(found, str) else str(found[0].as_py())
    column = in_one(column)
    held = column.type
    if pa.types.is_dictionary(held):
        known = _json_values(kind, column.dictionary)
        return pc.fill_null(pc.take(known, column.indices), "null")
    if pa.types.is_null(held):
        return pa.repeat("null", len(column))
    if pa.types.is_boolean(held) or kind is Kind.FLAG:
        return _null_or(pc.if_else(pc.cast(column, pa.bool_()), "true", "false"), column)
    if pa.types.is_timestamp(held):
        return _null_or(pc.binary_join_element_wise('"', timestamps(column, "Z"), '"', ""), column)
    if pa.types.is_floating(held):
        return _null_or(pc.if_else(pc.is_finite(column), pc.cast(column, pa.string()), "null"), column)
    texts = pc.cast(column, pa.string())
    if pa.types.is_integer(held) or (pa.types.is_decimal(held) and kind is not Kind.MONEY):
        return pc.fill_null(texts, "null")
    if is_text(held):
        texts = _json_text(texts)
    return pc.fill_null(pc.binary_join_element_wise('"', texts, '"', ""), "null")


def _null_or(texts: Column, column: Column) -> Column:
    pc = kernels()
    return pc.if_else(pc.is_valid(column), texts, "null") if column.null_count else texts


def _json_text(values: Column) -> Column:
    """Text without its quotes."""
    import pyarrow as pa

    pc = kernels()
    whole = raw(pc.fill_null(values, ""))
    for character in ("\\", '"'):
        if character.encode() in whole:
            values = pc.replace_substring(values, character, f"\\{character}")
    if _CONTROLS.search(whole):
        odd = pc.match_substring_regex(pc.fill_null(values, ""), r"[\x00-\x1f]")
        named = [_CONTROL.sub(_escape, value) for value in values.filter(odd).to_pylist()]
        values = pc.replace_with_mask(values, odd, pa.array(named, pa.string()))
    return values


def _escape(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(found.group()) or f"\\u{ord(found.group()):04x}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def repeated(column: Column, rows: int) -> Column:
    """A column of texts where all rows may have come out as one text."""
    import pyarrow as pa

    return pa.repeat(str(column.as_py()), rows) if isinstance(column, pa.Scalar) else column
