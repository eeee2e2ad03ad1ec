"""CSV that a spreadsheet neither runs nor changes, and that can be read back exactly."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from ringlake.files.csv import (
    BOM,
    Dialect,
    Local,
    as_pieces,
    encode,
    few,
    guarded,
    header,
    in_parallel,
    offset_text,
    unguarded,
)

# What a spreadsheet would run or change, beside text that merely looks alike.
RISKY = [
    '=HYPERLINK("http://example.com";"x")', "=1+2", "+1-1", "+48221234567", "-", "-1", "@SUM(A1)", "\ttab", "\rcr",
    "\nlf", "0048789789789", "007", "1.50", "1,234", "1e5", "12/2026", "1-2", "12:30", "5%", "123456789012",
    " 12", "1.", ".5",
    "'=1+2", "''", "''x", "'0048", "'+1", "'\t",
]  # fmt: skip
HARMLESS = [
    "", "Anna", "anonymous", "3CX Support", "0", "101", "12345678901", "'quote", "'", "a=b", "a\tb", "x\r\ny",
    'say "hi"', "٣٤٥", "\uff12\uff10", "\uff1d1", "Ünï", "a,b;c", "1st", "openphone:AC1", "￥5",
    "\u200b=1", "'101", "'3CX",
]  # fmt: skip


@pytest.mark.parametrize("value", RISKY)
def test_text_that_a_spreadsheet_would_run_or_change_gets_one_apostrophe(value: str) -> None:
    assert guarded(value) == f"'{value}"
    assert unguarded(guarded(value)) == value


@pytest.mark.parametrize("value", HARMLESS)
def test_all_other_text_stays_as_it_is(value: str) -> None:
    assert guarded(value) == value
    assert unguarded(value) == value


def joined(texts: Any) -> bytes:
    return b"".join(as_pieces(texts))


def written(columns: dict[str, Any], dialect: Dialect = Dialect.SPREADSHEET) -> tuple[list[list[str]], int, bytes]:
    rows = max(
        (len(c.column if isinstance(c, Local) else c) for c in columns.values() if not isinstance(c, pa.Scalar)),
        default=1,
    )
    lines = encode(columns, rows, dialect)
    body = joined(lines.texts)
    return list(csv.reader(io.StringIO(body.decode(), newline=""))), lines.prefixed, body


@pytest.mark.parametrize("form", ["plain", "few", "constant"])
def test_the_writer_guards_exactly_what_the_reference_guards(form: str) -> None:
    values = RISKY + HARMLESS
    text = pa.array(values, pa.string())
    if form == "constant":
        cells = [written({"a": pa.scalar(v), "b": pa.array([1])}) for v in values]
        assert [rows[0][0] for rows, _, _ in cells] == [guarded(v) for v in values]
        assert sum(prefixed for _, prefixed, _ in cells) == len(RISKY)
        return
    rows, prefixed, _ = written({"a": few(text) if form == "few" else text})

    assert [row[0] for row in rows] == [guarded(v) for v in values]
    assert prefixed == len(RISKY)


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.binary()])
def test_text_is_guarded_however_arrow_holds_it(kind: Any) -> None:
    rows, prefixed, _ = written({"a": pa.array(["=1", "x", 'y"'], pa.string()).cast(kind)})
    assert (rows, prefixed) == ([["'=1"], ["x"], ['y"']], 1)


def test_a_column_that_holds_nothing_is_empty() -> None:
    assert written({"a": pa.nulls(2), "b": pa.array([1.5, None])})[0] == [["", "1.5"], ["", ""]]


def test_a_column_of_phone_numbers_only_is_guarded_throughout() -> None:
    phones = ["+48221234567", "+12025550143"]
    assert written({"a": pa.array(phones)})[0] == [[f"'{p}"] for p in phones]


def test_the_data_dialect_puts_nothing_in_front() -> None:
    rows, prefixed, _ = written({"a": pa.array(RISKY), "b": few(pa.array(RISKY)), "c": pa.scalar("=1")}, Dialect.DATA)

    assert rows == [[v, v, "=1"] for v in RISKY]
    assert prefixed == 0


_ALPHABET = "=+-@\t\r\n'\" ,;.:/%0123456789eEabzÄß中٣\u200b\0"


@pytest.mark.parametrize("dialect", Dialect)
def test_five_thousand_random_rows_come_back_to_the_last_character(dialect: Dialect) -> None:
    chance = random.Random(20261121)
    values = [["".join(chance.choices(_ALPHABET, k=chance.randrange(8))) for _ in range(4)] for _ in range(5_000)]
    columns: dict[str, Any] = {str(n): pa.array([row[n] for row in values]) for n in range(4)}
    columns["1"] = few(columns["1"])

    rows, _, _ = written(columns, dialect)

    back = [[unguarded(cell) if dialect is Dialect.SPREADSHEET else cell for cell in row] for row in rows]
    assert back == [[v.replace("\0", "\ufffd") for v in row] for row in values]


def test_every_cell_is_quoted_and_lines_end_with_crlf() -> None:
    columns = {
        "text": pa.array(['a"b', None]),
        "few": few(pa.array([None, "x"])),
        "int": pa.array([1, None], pa.int32()),
        "money": pa.array([Decimal("1.5000"), None], pa.decimal128(12, 4)),
        "flag": pa.array([True, None]),
        "date": pa.array([date(2026, 3, 1), None]),
        "at": pa.array([datetime(2026, 3, 1, 9, 5, 6, 7000, tzinfo=UTC), None], pa.timestamp("ms")),
        "same": pa.scalar("UTC"),
        "nothing": pa.scalar(None, pa.string()),
    }

    _, prefixed, body = written(columns)

    assert body == (
        b'"a""b","","1","1.5000","1","2026-03-01","2026-03-01T09:05:06.007Z","UTC",""\r\n'
        b'"","x","","","","","","UTC",""\r\n'
    )
    assert prefixed == 0


def test_negative_numbers_are_numbers_and_keep_their_sign() -> None:
    assert written({"a": pa.array([-1], pa.int32()), "b": pa.array([Decimal("-0.5")])})[0] == [["-1", "-0.5"]]


def test_the_header_row_is_ours_and_only_the_spreadsheet_dialect_has_a_byte_order_mark() -> None:
    assert header(("a", "b"), Dialect.SPREADSHEET) == BOM + b'"a","b"\r\n'
    assert header(("a", "b"), Dialect.DATA) == b'"a","b"\r\n'


def test_only_constants_still_make_a_line_for_each_row() -> None:
    assert joined(encode({"a": pa.scalar("x"), "b": pa.scalar("y")}, 2, Dialect.DATA).texts) == b'"x","y"\r\n' * 2


def test_no_rows_make_no_bytes() -> None:
    lines = encode({"a": pa.array([], pa.string()), "b": pa.array([], pa.int32())}, 0, Dialect.SPREADSHEET)
    assert (joined(lines.texts), lines.prefixed) == (b"", 0)


def test_neighbours_with_few_values_stay_apart_in_every_combination() -> None:
    left, right = ["a", "b", "=c"] * 4, ["x", "x", "y", "z"] * 3
    columns = {
        "l": few(pa.array(left)),
        "k": pa.scalar("k"),
        "r": few(pa.array(right)),
        "n": few(pa.array([None] * 12, pa.string())),
    }

    rows, prefixed, _ = written(columns)

    assert rows == [[guarded(a), "k", b, ""] for a, b in zip(left, right, strict=True)]
    assert prefixed == 4


def test_a_slice_of_a_column_is_written_alone() -> None:
    whole = pa.array(["=1", 'q"', "x", "=2"])
    assert written({"a": whole.slice(2, 1)})[0] == [["x"]]
    assert written({"a": whole.slice(1, 2)})[2] == b'"q"""\r\n"x"\r\n'


@pytest.mark.parametrize(
    ("zone", "utc_time", "shown"),
    [
        ("Europe/Warsaw", "2026-03-29T00:59:59.999", "2026-03-29T01:59:59.999+01:00"),
        ("Europe/Warsaw", "2026-03-29T01:00:00.000", "2026-03-29T03:00:00.000+02:00"),
        ("Europe/Warsaw", "2026-10-25T00:30:00.000", "2026-10-25T02:30:00.000+02:00"),
        ("Europe/Warsaw", "2026-10-25T01:30:00.000", "2026-10-25T02:30:00.000+01:00"),
        ("Asia/Kathmandu", "2026-03-10T18:15:00.000", "2026-03-11T00:00:00.000+05:45"),
        ("America/St_Johns", "2026-01-10T12:00:00.000", "2026-01-10T08:30:00.000-03:30"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00.000", "2026-04-05T01:30:00.000+10:30"),
    ],
)
def test_local_times_carry_their_offset(zone: str, utc_time: str, shown: str) -> None:
    at = pa.array([datetime.fromisoformat(utc_time).replace(tzinfo=UTC)], pa.timestamp("ms"))
    # Beside a time half a year away, so that the column spans a change of the clock, and alone.
    far = pa.array([*at.to_pylist(), datetime(2026, 7, 1, tzinfo=UTC).replace(tzinfo=None)], pa.timestamp("ms"))

    assert written({"a": Local(at, ZoneInfo(zone))})[0] == [[shown]]
    assert written({"a": Local(far, ZoneInfo(zone))})[0][0] == [shown]


def test_offsets_in_text() -> None:
    assert [offset_text(s) for s in (0, 3600, -12600, 20700, 5040 + 4)] == [
        "+00:00",
        "+01:00",
        "-03:30",
        "+05:45",
        "+01:24:04",
    ]


def test_parallel_work_comes_back_in_order() -> None:
    assert list(in_parallel(lambda n: n * n, range(20))) == [n * n for n in range(20)]


def test_an_error_in_a_batch_reaches_the_reader() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_parallel(lambda n: 1 // n, [1, 0]))
