"""Cells of a worksheet as XML, made column by column by Arrow (security.md 3, demands.md D52, D53, D56).

The type of a field decides the type of its cells, never a value: text is an inline string in a cell that is
formatted as text, so that no formula, link or number can come of it, not even when somebody edits the cell.
What a number of Excel cannot hold exactly (more than fifteen digits, times before 1900) is text too.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple

from ringlake.model.arrow import kernels, wall

from .csv import Column, Local, in_one, is_text, raw, timestamps
from .lines import repeated
from .sheet import Field, Kind

# Excel's limits.
ROWS, COLUMNS, TEXT_LENGTH = 1_048_576, 16_384, 32_767
_DAY_MS = 86_400_000
# Days from the first of Excel's calendar to 1970; before March 1900 its calendar has a day that never was.
_EPOCH, _FIRST_MS, _LAST_MS = 25_569, -2_203_891_200_000, 253_402_300_799_999
_EXACT = 10**15

# What XML cannot hold, or Excel reads as something else: written as Excel writes it, _x000D_.
_ODD = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]|_x(?=[0-9A-Fa-f]{4}_)")
_ODD_BYTES = re.compile(rb"[\0-\x08\x0b-\x1f]|\xef\xbf[\xbe\xbf]|_x[0-9A-Fa-f]{4}_")
_ODD_RE2 = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
# Space at the start or the end of a text.
_SPACED, SPACE = r"^\s|\s$", ' xml:space="preserve"'
_CUT = " … [cut: {} characters]"


class Style(IntEnum):
    """Positions in `cellXfs` of xl/styles.xml (`xlsx.STYLES`)."""

    GENERAL, HEADER, TEXT, WHOLE, MONEY, SHARE, MOMENT, DATE, TITLE, WRAPPED, COUNT, HEADER_RIGHT = range(12)


_STYLES = {
    Kind.TEXT: Style.TEXT,
    Kind.PHONE: Style.TEXT,
    Kind.INTEGER: Style.WHOLE,
    Kind.SECONDS: Style.WHOLE,
    Kind.NUMBER: Style.GENERAL,
    Kind.SHARE: Style.SHARE,
    Kind.MONEY: Style.MONEY,
    Kind.FLAG: Style.WHOLE,
    Kind.MOMENT: Style.MOMENT,
    Kind.LOCAL: Style.MOMENT,
    Kind.DATE: Style.DATE,
}


class Cells(NamedTuple):
    """What stands between `r="A1` and the next cell for each row, or one text for all; and texts cut in it."""

    texts: Column | str
    cut: int


def cells(field: Field, column: Column | Local, after: str) -> Cells:
    """The cells of a column, each followed by `after`."""
    import pyarrow as pa

    style, pc = _STYLES[field.kind], kernels()
    empty = f'" s="{style.value}"/>{after}'
    if isinstance(column, pa.Scalar):
        value = column.as_py()
        if value is None or value == "":
            return Cells(empty, 0)
        column = pa.array([value], column.type)
        found = cells(field, column, after)
        return Cells(found.texts if isinstance(found.texts, str) else found.texts[0].as_py(), found.cut)
    if isinstance(column, Local):
        return Cells(_numbers(wall(column.column, column.zone), style, empty, after), 0)
    column = in_one(column)
    if pa.types.is_dictionary(column.type):
        # Each distinct value is written once; a null shows the empty cell that is added last.
        known = cells(field, column.dictionary, after)
        values = pa.chunked_array([repeated(known.texts, len(column.dictionary)), pa.array([empty])]).combine_chunks()
        indices = pc.fill_null(column.indices, len(values) - 1)
        cut = _cut_rows(column) if known.cut else 0
        return Cells(pc.take(values, indices, boundscheck=False), cut)
    if pa.types.is_null(column.type):
        return Cells(pa.repeat(empty, len(column)), 0)
    if is_text(column.type):
        return _texts(pc.cast(column, pa.string()), style, empty, after)
    return Cells(_numbers(column, style, empty, after), 0)


def _texts(values: Column, style: Style, empty: str, after: str) -> Cells:
    pc = kernels()
    values = pc.fill_null(values, "")
    held = pc.not_equal(values, "")
    written, cut = escaped(values)
    # Space at an end has to be claimed, else Excel drops it; to claim it always would cost a fifth of the file's XML.
    spaced = pc.match_substring_regex(values, _SPACED)
    lead: Any = _lead(style)
    if pc.any(spaced).as_py():
        lead = pc.if_else(spaced, _lead(style, spaced=True), lead)
    return Cells(pc.if_else(held, pc.binary_join_element_wise(lead, written, _tail(after), ""), empty), cut)


def _lead(style: Style, *, spaced: bool = False) -> str:
    return f'" s="{style.value}" t="inlineStr"><is><t{SPACE if spaced else ""}>'


def _tail(after: str) -> str:
    return f"</t></is></c>{after}"


def _numbers(column: Column, style: Style, empty: str, after: str) -> Column:
    """Numbers, and as text what no number of Excel holds."""
    pc = kernels()
    shown, inexact, said = _as_number(column)
    result = pc.binary_join_element_wise(f'" s="{style.value}"><v>', shown, f"</v></c>{after}", "")
    if inexact is not None and pc.any(inexact).as_py():
        told = pc.binary_join_element_wise(_lead(Style.TEXT), said(), _tail(after), "")
        result = pc.if_else(inexact, told, result)
    return pc.fill_null(result, empty)


def _as_number(column: Column) -> tuple[Column, Column | None, Any]:
    """The digits of a column; where they would lose something; and the text that stands there instead."""
    import pyarrow as pa

    pc, kind = kernels(), column.type
    if pa.types.is_boolean(kind):
        return pc.cast(pc.cast(column, pa.int8()), pa.string()), None, None
    if pa.types.is_timestamp(kind):
        stamps = pc.cast(column, pa.timestamp("ms"))
        ms = pc.cast(stamps, pa.int64())
        days = pc.add(pc.divide(pc.cast(ms, pa.float64()), float(_DAY_MS)), float(_EPOCH))
        beyond = pc.or_(pc.less(ms, _FIRST_MS), pc.greater(ms, _LAST_MS))
        return pc.cast(days, pa.string()), beyond, partial(timestamps, stamps, "")
    said = partial(pc.cast, column, pa.string())
    if pa.types.is_date(kind):
        days = pc.cast(pc.cast(column, pa.date32()), pa.int32())
        beyond = pc.or_(pc.less(days, _FIRST_MS // _DAY_MS), pc.greater(days, _LAST_MS // _DAY_MS))
        return pc.cast(pc.add(pc.cast(days, pa.int64()), _EPOCH), pa.string()), beyond, said
    if pa.types.is_floating(kind):
        return said(), pc.invert(pc.is_finite(column)), said
    if pa.types.is_decimal(kind):
        if kind.precision <= 15:
            return said(), None, None
        digits = pc.utf8_length(pc.replace_substring_regex(said(), r"^-?0*\.?0*|\.|0+$", ""))
        return said(), pc.greater(digits, 15), said
    if kind.bit_width < 64:
        return said(), None, None
    return said(), pc.or_(pc.less_equal(column, -_EXACT), pc.greater_equal(column, _EXACT)), said


def escaped(values: Column) -> tuple[Column, int]:
    """Texts as they stand in XML, and how many of them had to be cut. Values are not null."""
    import pyarrow as pa

    pc = kernels()
    cut = 0
    if (pc.max(pc.binary_length(values)).as_py() or 0) > TEXT_LENGTH:
        long = pc.greater(pc.binary_length(values), TEXT_LENGTH)
        shorter = [shortened(value) for value in values.filter(long).to_pylist()]
        cut = sum(changed for _, changed in shorter)
        values = pc.replace_with_mask(values, long, pa.array([value for value, _ in shorter], pa.string()))
    whole = raw(values)
    if _ODD_BYTES.search(whole):
        odd = pc.match_substring_regex(values, _ODD_RE2)
        named = [plain_escaped(value) for value in values.filter(odd).to_pylist()]
        values = pc.replace_with_mask(values, odd, pa.array(named, pa.string()))
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        if character.encode() in whole:
            values = pc.replace_substring(values, character, entity)
    return values, cut


def plain_escaped(value: str) -> str:
    """Characters that Excel names by their code."""
    return _ODD.sub(lambda found: "_x005F_x" if found.group() == "_x" else f"_x{ord(found.group()):04X}_", value)


def shortened(value: str) -> tuple[str, bool]:
    """A text that fits into a cell: Excel counts UTF-16 units. What is cut says so at its end."""
    units = len(value.encode("utf-16-le")) // 2
    if units <= TEXT_LENGTH:
        return value, False
    note = _CUT.format(len(value))
    kept = value.encode("utf-16-le")[: 2 * (TEXT_LENGTH - len(note))].decode("utf-16-le", "ignore")
    return kept + note, True


def _cut_rows(column: Column) -> int:
    """Rows of an encoded column whose text is too long."""
    pc = kernels()
    long = [shortened(value or "")[1] for value in column.dictionary.to_pylist()]
    counts = pc.value_counts(column.indices.drop_null())
    return sum(entry["counts"] for entry in counts.to_pylist() if long[entry["values"]])
