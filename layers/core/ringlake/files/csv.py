"""CSV that a spreadsheet neither runs nor changes, and its inverse (security.md 3, demands.md D52, D53).

Two dialects. `spreadsheet`, for people: text that a spreadsheet would run as a formula or turn
into another value gets one apostrophe in front, phone numbers included (docs/adr/0050).
`data`, for importers: nothing is put in front; it needs the ability `raw_export`. Both are
UTF-8 with CRLF line ends and every cell quoted; the spreadsheet dialect begins with a byte order
mark. Null is an empty cell.

`unguarded` is the published inverse: it gives back the exact value of every text cell, except
that NUL, which no CSV can hold, has become U+FFFD.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.arrow import kernels, offsets, shifted

# An Arrow array, or a text scalar that stands for a column of equal values.
type Column = Any

BOM = b"\xef\xbb\xbf"
BATCH_ROWS = 16_384
_BETWEEN = '","'
_IN_HAND = 2
_LARGEST_KEY = 2**62

# A formula begins with one of seven characters (OWASP). Text that reads as a number, date or time
# loses zeros, digits or its form: 0048…, 1.50, 12/2026, 1e5 and integers of more than eleven digits.
# `_PLAIN` integers come back as they are.
_FORMULA = r"[=+\-@\t\r\n]"
_NUMERIC = r"[ ]*\.?[0-9][0-9 .,:/%eE+\-]*"
_PLAIN = r"(?:0|[1-9][0-9]{0,10})"


class Dialect(StrEnum):
    SPREADSHEET = "spreadsheet"
    DATA = "data"


def guarded(value: str) -> str:
    """The text cell of a value in the spreadsheet dialect. The reference of the vectorised writer."""
    return f"'{value}" if _needs_guard(value) else value


def unguarded(cell: str) -> str:
    """The value of a text cell of the spreadsheet dialect: strip one apostrophe where `guarded` put one."""
    return cell[1:] if cell.startswith("'") and (cell[1:2] == "'" or _is_risky(cell[1:])) else cell


def _needs_guard(value: str) -> bool:
    # An apostrophe that could be taken for ours gets one of its own.
    return _is_risky(value) or (value.startswith("'") and (value[1:2] == "'" or _is_risky(value[1:])))


def _is_risky(value: str) -> bool:
    if re.match(_FORMULA, value):
        return True
    return bool(re.fullmatch(_NUMERIC, value)) and not re.fullmatch(_PLAIN, value)


class Local:
    """A UTC timestamp column to be shown in a zone, with its offset."""

    def __init__(self, column: Column, zone: ZoneInfo) -> None:
        self.column = column
        self.zone = zone


class Lines(NamedTuple):
    """Encoded lines as an Arrow text array, without their outer quotes and ends; and its prefixed cells."""

    texts: Column
    prefixed: int


class Few(NamedTuple):
    """Cells with few distinct texts: one text for each, and which of them each row shows."""

    texts: Column
    indices: Column


class Cells(NamedTuple):
    """The cells of one column: a text array, `Few`, or one text for all rows."""

    cells: Column | Few | str
    prefixed: int


def header(names: Iterable[str], dialect: Dialect, *, first: bool = True) -> bytes:
    """A line of names. They are ours and never come from data."""
    doubled = (name.replace('"', '""') for name in names)
    line = ",".join(f'"{name}"' for name in doubled) + "\r\n"
    return (BOM if first and dialect is Dialect.SPREADSHEET else b"") + line.encode()


def encode(columns: Mapping[str, Column | Local], rows: int, dialect: Dialect) -> Lines:
    """The lines of at most a few ten thousand rows, in the columns' order.

    Columns are Arrow arrays of that length, or text scalars. Their types decide the form: text
    is guarded and quoted, integers and decimals are digits, timestamps are naive UTC and become
    ISO 8601 with `Z`, or with the local offset when wrapped in `Local`; booleans are 1 and 0.
    """
    encoded = [_cells(column, rows, dialect) for column in columns.values()]
    texts = kernels().binary_join_element_wise(*_joinable([part.cells for part in encoded], rows), _BETWEEN)
    return Lines(texts, sum(part.prefixed for part in encoded))


def as_pieces(texts: Column, first: str = '"', between: str = '"\r\n"', last: str = '"\r\n') -> list[Any]:
    """Lines as they stand in the file, in pieces that need not be copied together; by default those of `Lines`."""
    if len(texts) == 0:
        return []
    return [first.encode(), kernels().binary_join(_one_list(texts), between)[0].as_buffer(), last.encode()]


def in_parallel[T, R](work: Callable[[T], R], batches: Iterable[T]) -> Iterator[R]:
    """Do batches on two threads, in order; Arrow works outside Python's lock.

    No more than two batches are in hand, so memory stays flat whatever the reader's speed.
    """
    import pyarrow as pa

    def done(batch: T) -> R:
        result = work(batch)
        # Arrow's allocator keeps what a thread freed to that thread: a quarter of the whole, given back here.
        pa.default_memory_pool().release_unused()
        return result

    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting: deque[Future[R]] = deque()
        for batch in batches:
            waiting.append(pool.submit(done, batch))
            if len(waiting) == _IN_HAND:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _cells(column: Column | Local, rows: int, dialect: Dialect) -> Cells:
    import pyarrow as pa

    if isinstance(column, Local):
        return Cells(shown_local(column), 0)
    if isinstance(column, pa.Scalar):
        return _constant(column.as_py() or "", rows, dialect)
    kind, pc = column.type, kernels()
    if pa.types.is_dictionary(kind):
        return _dictionary(column, dialect)
    if pa.types.is_timestamp(kind):
        return Cells(timestamps(column, "Z"), 0)
    if pa.types.is_boolean(kind):
        column = pc.cast(column, pa.int8())
    values = _present(pc.cast(column, pa.string()))
    if not is_text(kind):
        return Cells(values, 0)
    mask = _risky_mask(values, dialect)
    return Cells(_escaped(values, mask), 0 if mask is None else pc.sum(mask).as_py() or 0)


def is_text(kind: Any) -> bool:
    """Whatever is neither a number nor a time may hold text of others."""
    import pyarrow as pa

    ours = ("integer", "floating", "decimal", "boolean", "date", "timestamp")
    return not any(getattr(pa.types, f"is_{name}")(kind) for name in ours)


def _constant(value: str, rows: int, dialect: Dialect) -> Cells:
    cell = guarded(value) if dialect is Dialect.SPREADSHEET else value
    return Cells(cell.replace('"', '""').replace("\0", "\ufffd"), rows if cell != value else 0)


def _dictionary(column: Column, dialect: Dialect) -> Cells:
    """Each distinct value is looked at once. A null shows the empty text that is added last."""
    import pyarrow as pa

    pc = kernels()
    values = pa.concat_arrays([_present(column.dictionary), pa.array([""], pa.string())])
    indices = pc.fill_null(column.indices, len(values) - 1) if column.indices.null_count else column.indices
    mask = _risky_mask(values, dialect)
    prefixed = 0 if mask is None else pc.sum(pc.take(mask, indices)).as_py() or 0
    return Cells(Few(_escaped(values, mask), indices), prefixed)


def _joinable(cells: list[Column | Few | str], rows: int) -> list[Column]:
    """Neighbours with few distinct texts become one column, so that the join has less to do."""
    import pyarrow as pa

    arrays: list[Column] = []
    for fusible, group in groupby(cells, lambda cell: isinstance(cell, Few | str)):
        run = list(group)
        arrays += _fused(run) if fusible else run
    return [pa.repeat(_BETWEEN.join(arrays), rows)] if all(isinstance(a, str) for a in arrays) else arrays


def _fused(run: list[Any]) -> list[Column]:
    """One text array for neighbouring cells: each combination that occurs is put together once."""
    import pyarrow as pa

    pc = kernels()
    parts = [cell for cell in run if isinstance(cell, Few)]
    if not parts:
        return [_BETWEEN.join(run)]
    if math.prod(len(part.texts) for part in parts) > _LARGEST_KEY:
        middle = len(run) // 2
        return _fused(run[:middle]) + _fused(run[middle:])
    key = pc.cast(parts[0].indices, pa.int64())
    for part in parts[1:]:
        key = pc.add(pc.multiply(key, len(part.texts)), part.indices)
    found = key.dictionary_encode()
    rest, texts = found.dictionary, {}
    for part in reversed(parts):
        shorter = pc.divide(rest, len(part.texts))
        texts[id(part)] = pc.take(part.texts, pc.subtract(rest, pc.multiply(shorter, len(part.texts))))
        rest = shorter
    combined = pc.binary_join_element_wise(*(texts.get(id(cell), cell) for cell in run), _BETWEEN)
    return [pc.take(combined, found.indices, boundscheck=False)]


def in_one(column: Column) -> Column:
    """A column without chunks."""
    import pyarrow as pa

    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def few(column: Column) -> Column:
    """A column of few distinct values, so that text work is done once a value."""
    import pyarrow as pa

    combined = in_one(column)
    return combined if pa.types.is_dictionary(combined.type) else combined.dictionary_encode()


def _risky_mask(values: Column, dialect: Dialect) -> Column | None:
    """Where `_needs_guard` holds; None when nowhere."""
    if dialect is Dialect.DATA:
        return None
    pc = kernels()
    # Every character that can begin a risky value sorts before A: one comparison clears nearly all text.
    suspect = pc.and_(pc.less(values, "A"), pc.not_equal(values, ""))
    if not pc.any(suspect).as_py():
        return None
    phones = pc.starts_with(values, "+")
    if pc.equal(phones, suspect).false_count == 0:
        return phones
    some = values.filter(suspect)
    formula = pc.match_substring_regex(some, rf"^(?:'?{_FORMULA}|'')")
    numeric = pc.match_substring_regex(some, rf"^'?{_NUMERIC}$")
    plain = pc.match_substring_regex(some, rf"^'?{_PLAIN}$")
    mask = pc.replace_with_mask(suspect, suspect, pc.or_(formula, pc.and_not(numeric, plain)))
    return mask if pc.any(mask).as_py() else None


def _escaped(values: Column, mask: Column | None) -> Column:
    """Apostrophes where `mask` says, quotes doubled, NUL replaced."""
    pc = kernels()
    whole = raw(values)
    if mask is not None:
        marks = pc.if_else(mask, "'", "")
        values = pc.binary_join_element_wise(marks, values, "")
    if b'"' in whole:
        values = pc.replace_substring(values, '"', '""')
    if b"\0" in whole:
        values = pc.replace_substring(values, "\0", "\ufffd")
    return values


def raw(values: Column) -> bytes:
    """All text of a string array in one piece, to be searched at memory speed."""
    offsets, data = values.buffers()[1:]
    if data is None:
        return b""
    bounds = memoryview(offsets).cast("i")
    first, last = bounds[values.offset], bounds[values.offset + len(values)]
    return bytes(memoryview(data)[first:last])


def _present(values: Column) -> Column:
    return kernels().fill_null(values, "") if values.null_count else values


def timestamps(column: Column, suffix: Column) -> Column:
    """`2026-03-01T10:00:00.000` and the suffix, which is a text or a column of texts; empty for null."""
    import pyarrow as pa

    pc = kernels()
    text = pc.cast(pc.cast(column, pa.timestamp("ms")), pa.string())
    return _present(pc.binary_join_element_wise(pc.binary_replace_slice(text, 10, 11, "T"), suffix, ""))


def shown_local(shown: Local) -> Column:
    """Wall clock with offset; empty for null."""
    import pyarrow as pa

    pc = kernels()
    ahead = offsets(shown.column, shown.zone)
    wall = shifted(shown.column, ahead)
    if isinstance(ahead, pa.Scalar):
        return timestamps(wall, offset_text(ahead.as_py()))
    encoded = few(ahead)
    suffixes = pa.array([offset_text(seconds) for seconds in encoded.dictionary.to_pylist()], pa.string())
    return timestamps(wall, pc.take(suffixes, encoded.indices))


def offset_text(seconds: int) -> str:
    """`+01:00`; with seconds only for the offsets of before 1972 that have them."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, minutes, odd = rest // 3600, rest // 60 % 60, rest % 60
    return f"{sign}{hours:02}:{minutes:02}" + (f":{odd:02}" if odd else "")


def _one_list(lines: Column) -> Column:
    import pyarrow as pa

    array = lines.combine_chunks() if isinstance(lines, pa.ChunkedArray) else lines
    return pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array)
