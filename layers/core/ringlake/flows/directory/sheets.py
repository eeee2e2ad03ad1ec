"""The form of the files that users, numbers and contacts are imported from and exported to.

UTF-8 (a byte order mark is fine), a header line, commas, semicolons or tabs between cells, any line end,
quoted cells may hold line ends. Cells follow the spreadsheet dialect of files/csv.py: what a spreadsheet
would run or change has an apostrophe in front, and one that came back without it is read all the same.
Several values of one cell stand between `|`; a `|` or backslash of a value has a backslash in front.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ringlake.errors import InvalidRequest
from ringlake.files.csv import BOM, guarded, unguarded
from ringlake.model.base import Model

# Together with its other parts the request must stay below the 6 MB that a function is called with.
MAX_BYTES = 4_000_000
# What is listed of a file that is wrong from top to bottom; all are counted.
LISTED = 2_000
_BETWEEN = "|"
_PART = re.compile(r"(?:[^|\\]|\\.)*", re.DOTALL)


class Wrong(NamedTuple):
    """A mistake: the line of the file that the row begins on (the header is line 1), column and reason."""

    line: int
    column: str
    reason: str


class Row(NamedTuple):
    """A line of the file by column, cells without guards and outer white space."""

    line: int
    cells: dict[str, str]


class Imported(Model, frozen=True, kw_only=True, omit_defaults=False):
    """What an import did or, with `dry_run` or errors, would do: nothing is applied when anything is wrong."""

    dry_run: bool
    applied: bool
    lines: int
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    error_count: int = 0
    errors: tuple[dict[str, Any], ...] = ()


def result(
    wrong: Iterable[Wrong], *, dry_run: bool, lines: int, created: int = 0, changed: int = 0, unchanged: int = 0
) -> Imported:
    listed = sorted(set(wrong))
    return Imported(
        dry_run=dry_run,
        applied=not dry_run and not listed,
        lines=lines,
        created=created,
        changed=changed,
        unchanged=unchanged,
        error_count=len(listed),
        errors=tuple({"line": w.line, "column": w.column, "reason": w.reason} for w in listed[:LISTED]),
    )


def read(
    data: bytes, columns: Sequence[str], needed: Sequence[str], most: int, *, prefix: str = ""
) -> tuple[list[Row], list[Wrong]]:
    """Rows of a file and what is wrong with its form.

    `columns` are the columns that there are (and any that begin with `prefix`), `needed` those without
    which nothing can be read. Raises `InvalidRequest` for what is no such file at all.
    """
    if len(data) > MAX_BYTES:
        raise InvalidRequest("body", f"larger than {MAX_BYTES} bytes: split the file")
    try:
        text = data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidRequest("body", f"is not UTF-8 (line {line}): save it as CSV UTF-8") from None
    if "\0" in text:
        raise InvalidRequest("body", f"holds a NUL character (line {text[: text.index(chr(0))].count(chr(10)) + 1})")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    rows: list[Row] = []
    wrong: list[Wrong] = []
    header: list[str] | None = None
    began = 1
    try:
        for cells in reader:
            line, began = began, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, columns, needed, prefix)
            elif len(cells) != len(header):
                wrong.append(Wrong(line, "", f"has {len(cells)} cells, the header has {len(header)}"))
            elif len(rows) == most:
                raise InvalidRequest("body", f"more than {most} lines: split the file")
            else:
                clean = (unguarded(cell.strip()).strip() for cell in cells)
                rows.append(Row(line, dict(zip(header, clean, strict=True))))
    except csv.Error as error:
        raise InvalidRequest("body", f"line {began}: {error}") from None
    if header is None:
        raise InvalidRequest("body", f"is empty: the first line names the columns ({', '.join(columns)})")
    return rows, wrong


def write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file that a spreadsheet opens and that `read` takes back, value for value."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return BOM + out.getvalue().encode()


def split(cell: str) -> list[str]:
    """The values of one cell; an empty cell has none."""
    if not cell:
        return []
    values, at = [], 0
    while at <= len(cell):
        match = _PART.match(cell, at)
        part = match[0] if match else cell[at:]
        values.append(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL).strip())
        at += len(part) + 1
        if match and match.end() < len(cell) and cell[match.end()] == "\\":
            # A backslash at the very end stands for itself.
            values[-1] += "\\"
            break
    return [value for value in values if value]


def joined(values: Iterable[str]) -> str:
    """The cell that `split` takes apart."""
    return _BETWEEN.join(re.sub(r"([|\\])", r"\\\1", value) for value in values)


def _header(cells: Sequence[str], columns: Sequence[str], needed: Sequence[str], prefix: str) -> list[str]:
    """Column names, whatever their case; raises `InvalidRequest` naming each that is wrong."""
    names = [unguarded(cell.strip()).strip() for cell in cells]
    known = {column.casefold(): column for column in columns}
    header = [known.get(name.casefold(), name) for name in names]
    errors = [
        ("body", f"line 1: there is no column {name!r}")
        for name in header
        if name not in columns and not (prefix and name.startswith(prefix) and len(name) > len(prefix))
    ]
    errors += [("body", f"line 1: the column {name!r} is there twice") for name in header if header.count(name) > 1]
    errors += [("body", f"line 1: the column {name!r} is missing") for name in needed if name not in header]
    if errors:
        distinct = list(dict.fromkeys(errors))
        raise InvalidRequest(*distinct[0], *distinct[1:])
    return header


def delimiter(text: str) -> str:
    """What stands most often between the cells of the first line."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=lambda mark: (bare.count(mark), mark == ","))
