"""Workbooks, read by another library: every cell typed, every value back, nothing that could be run (security.md 3)."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.files import formats, xlsx
from ringlake.files.csv import Local, few
from ringlake.files.formats import Style
from ringlake.files.sheet import Batch, Field, Kind, Part, Sheet
from ringlake.files.xlsx import Limits, letters, workbook
from ringlake.files.xlsx_cells import TEXT_LENGTH, plain_escaped, shortened
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language
from tests.unit.files.samples import about, sample_calls, sample_messages, sheet_of
from tests.unit.files.test_csv import HARMLESS, RISKY

LINK = "http://example.com/x"


def at(*parts: int) -> datetime:
    """UTC without saying so, as the lake has it and as Excel knows it."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type,misc]


def batch(**columns: Any) -> Batch:
    rows = max(len(c.column if isinstance(c, Local) else c) for c in columns.values() if not isinstance(c, pa.Scalar))
    return Batch((Part(columns, rows),))


def sheet(kinds: Mapping[str, Kind], *batches: Batch) -> Sheet:
    return Sheet(name="interactions", fields=tuple(Field(name=n, kind=k) for n, k in kinds.items()), batches=batches)


def body(of: Sheet, *, headers: Headers = Headers.CODES, limits: Limits = Limits(), **said: Any) -> bytes:
    return b"".join(part.body for part in workbook(of, about(**said), headers, Language.EN, limits))


def decoded(value: Any) -> Any:
    """The other library leaves Excel's names of characters as they are."""
    return re.sub("_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), value) if isinstance(value, str) else value


def read(file: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(file))
    return {page.title: [tuple(map(decoded, row)) for row in page.iter_rows(values_only=True)] for page in book}


def column(kind: Kind, values: Iterable[Any], type_: Any = None) -> list[Any]:
    """What a column of these values holds after somebody opened the file."""
    array = pa.array(values, type_)
    rows = read(body(sheet({"a": kind, "end": Kind.TEXT}, batch(a=array, end=pa.scalar("x")))))["Interactions"]
    return [row[0] for row in rows[1:]]


def cells_of(file: bytes, name: str = "xl/worksheets/sheet1.xml") -> list[ET.Element]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        root = ET.fromstring(archive.read(name))
    return list(root.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}c"))


# --- text


def test_text_stays_text_whatever_it_looks_like() -> None:
    values = [*RISKY, *HARMLESS, LINK, "#REF!", "TRUE", "2026-03-29", "{=1}", "_x0041_", "_x", "a_x000D_b"]
    assert column(Kind.TEXT, values) == [value or None for value in values]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.binary()])
def test_text_is_text_however_arrow_holds_it(kind: Any) -> None:
    assert column(Kind.TEXT, pa.array(["=1", None, "ü&<>"]).cast(kind)) == ["=1", None, "ü&<>"]


@pytest.mark.parametrize("form", ["plain", "few", "chunked", "constant"])
def test_every_form_of_a_column_gives_the_same_cells(form: str) -> None:
    values = ["+48221234567", None, "", "a&b"]
    forms = {
        "plain": pa.array(values),
        "few": few(pa.array(values)),
        "chunked": pa.chunked_array([values[:1], values[1:]]),
    }
    if form == "constant":
        found = [column(Kind.PHONE, [value], pa.string()) for value in values]
        kept = [
            [
                row[0]
                for row in read(
                    body(
                        sheet({"a": Kind.PHONE, "b": Kind.TEXT}, batch(a=pa.scalar(v, pa.string()), b=pa.array(["x"])))
                    )
                )["Interactions"][1:]
            ]
            for v in values
        ]
        assert kept == found
        return
    made = batch(a=forms[form], b=pa.array(["x"] * 4))
    assert [row[0] for row in read(body(sheet({"a": Kind.PHONE, "b": Kind.TEXT}, made)))["Interactions"][1:]] == [
        "+48221234567", None, None, "a&b",
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_any_text_comes_back(values: list[str]) -> None:
    clean = [value.encode("utf-8", "replace").decode() for value in values]
    assert column(Kind.TEXT, clean, pa.string()) == [value or None for value in clean]


def test_control_characters_are_named_as_excel_names_them() -> None:
    assert plain_escaped("a\rb\x07\ufffe_x0041_ _xyz") == "a_x000D_b_x0007__xFFFE__x005F_x0041_ _xyz"


def test_a_text_that_no_cell_holds_is_cut_and_says_so() -> None:
    whole, long = "x" * TEXT_LENGTH, "y" * 40_000
    astral = "\U0001f600" * 20_000
    written = list(
        workbook(sheet({"a": Kind.TEXT}, batch(a=pa.array([whole, long, astral]))), about(), Headers.CODES, Language.EN)
    )
    pages = read(b"".join(part.body for part in written))

    first, second, third = (row[0] for row in pages["Interactions"][1:])
    assert first == whole
    assert second.endswith(" … [cut: 40000 characters]")
    assert len(second) == TEXT_LENGTH
    assert len(third.encode("utf-16-le")) // 2 in (TEXT_LENGTH - 1, TEXT_LENGTH)
    assert sum(part.cut for part in written) == 2
    assert any("32,767" in str(row[1]) and str(row[1]).endswith(": 2") for row in pages["About"])


def test_a_long_text_of_few_values_is_counted_for_each_row() -> None:
    made = batch(a=few(pa.array(["y" * 40_000, "z", "y" * 40_000])))
    assert sum(part.cut for part in workbook(sheet({"a": Kind.TEXT}, made), about(), Headers.CODES, Language.EN)) == 2
    assert shortened("z") == ("z", False)


# --- numbers and times


def test_numbers_are_numbers_and_null_is_an_empty_cell() -> None:
    assert column(Kind.SECONDS, [0, 83, None, -1]) == [0, 83, None, -1]
    assert column(Kind.NUMBER, [0.1, 1e-9, 1e21, None]) == [0.1, 1e-9, 1e21, None]
    assert column(Kind.SHARE, [0.8123, None]) == [0.8123, None]
    assert column(Kind.FLAG, [True, False, None]) == [1, 0, None]
    assert column(Kind.MONEY, [Decimal("12.3400"), Decimal("-0.0001"), None]) == [12.34, -0.0001, None]
    assert column(Kind.DATE, [date(2026, 3, 29), None]) == [at(2026, 3, 29), None]


def test_a_number_that_excel_would_round_is_text() -> None:
    assert column(Kind.INTEGER, [999_999_999_999_999, 10**15, -(10**15)]) == [
        999_999_999_999_999,
        str(10**15),
        str(-(10**15)),
    ]
    exact, long = Decimal("12345678901.2345"), Decimal("123456789012.3456")
    assert column(Kind.MONEY, [exact, long, Decimal("1000000000000000.0000")], pa.decimal128(24, 4)) == [
        float(exact), str(long), "1000000000000000.0000",
    ]  # fmt: skip
    assert column(Kind.NUMBER, [float("nan"), float("inf")]) == ["nan", "inf"]


def test_moments_are_real_times_to_the_millisecond() -> None:
    start = at(2026, 3, 29, 0, 59, 59, 999_000)
    moments = [start + timedelta(milliseconds=n * 86_400_123) for n in range(300)]
    assert column(Kind.MOMENT, moments, pa.timestamp("ms")) == moments
    assert column(Kind.MOMENT, [start, None], pa.timestamp("us")) == [start, None]


def test_a_time_before_excels_calendar_is_text() -> None:
    first = at(1900, 3, 1)
    assert column(Kind.MOMENT, [first, first - timedelta(milliseconds=1)], pa.timestamp("ms")) == [
        first, "1900-02-28T23:59:59.999",
    ]  # fmt: skip
    assert column(Kind.DATE, [date(1900, 3, 1), date(1900, 2, 28)]) == [at(1900, 3, 1), "1900-02-28"]


def test_local_times_are_the_wall_clock_on_both_sides_of_a_change() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    moments = [at(2026, 3, 29, 0, 59), at(2026, 3, 29, 1, 0), None]
    made = batch(a=Local(pa.array(moments, pa.timestamp("ms")), zone))

    rows = read(body(sheet({"a": Kind.LOCAL}, made)))["Interactions"]

    assert [row[0] for row in rows[1:3]] == [at(2026, 3, 29, 1, 59), at(2026, 3, 29, 3, 0)]


def test_the_format_of_a_cell_follows_its_field() -> None:
    kinds = {kind.value: kind for kind in Kind if kind is not Kind.LOCAL}
    values: dict[Kind, Any] = {
        Kind.TEXT: "x", Kind.PHONE: "+1", Kind.INTEGER: 1, Kind.SECONDS: 1, Kind.NUMBER: 1.5, Kind.SHARE: 0.5,
        Kind.MONEY: Decimal("1.0000"), Kind.FLAG: True, Kind.MOMENT: at(2026, 1, 1), Kind.DATE: date(2026, 1, 1),
    }  # fmt: skip
    file = body(sheet(kinds, batch(**{name: pa.array([values[kind]]) for name, kind in kinds.items()})))

    page = openpyxl.load_workbook(io.BytesIO(file))["Interactions"]

    assert {name: page.cell(2, n).number_format for n, name in enumerate(kinds, 1)} == {
        "text": "@", "phone": "@", "integer": "0", "seconds": "0", "number": "General", "share": "0.00%",
        "money": "0.0000", "flag": "0", "moment": "yyyy\\-mm\\-dd\\ hh:mm:ss", "date": "yyyy\\-mm\\-dd",
    }  # fmt: skip


# --- what could be run


def test_there_is_no_formula_link_macro_or_name_of_a_person_in_it() -> None:
    file = b"".join(
        part.body
        for part in formats.written(
            sheet_of("ringlake", sample_calls(), sample_messages()), about(), Style(format=Format.XLSX)
        )
    )
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        relations = "".join(archive.read(name).decode() for name in names if name.endswith(".rels"))
        properties = "".join(archive.read(name).decode() for name in names if name.startswith("docProps/"))
        pages = "".join(archive.read(name).decode() for name in names if name.startswith("xl/worksheets/"))
    assert not [name for name in names if re.search(r"externalLink|vba|macro|connections|activeX|embeddings", name)]
    assert "hyperlink" not in relations
    assert "TargetMode" not in relations
    assert not re.search(r"<f[ >]|<hyperlink|<oleObject|<dde", pages)
    assert "Anna" not in properties
    book = openpyxl.load_workbook(io.BytesIO(file))
    kinds = {cell.data_type for page in book for row in page.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d", "inlineStr"}
    assert not [cell for page in book for row in page.iter_rows() for cell in row if cell.hyperlink]
    assert set(book.defined_names) == set()


# --- sheets


def test_the_header_is_frozen_bold_and_filtered() -> None:
    file = body(sheet({"a": Kind.TEXT, "b": Kind.SECONDS}, batch(a=pa.array(["x", "y"]), b=pa.array([1, 2]))))
    page = openpyxl.load_workbook(io.BytesIO(file))["Interactions"]

    assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("A2", "A1:B3", "$1:$1")
    assert page["A1"].font.b
    assert 8 <= page.column_dimensions["A"].width <= 45


def test_a_long_header_goes_on_in_a_second_line_that_has_room() -> None:
    name = "share_of_answered_calls within_the_promised_time"
    page = openpyxl.load_workbook(io.BytesIO(body(sheet({name: Kind.SHARE}, batch(**{name: pa.array([0.5])})))))[
        "Interactions"
    ]

    assert page.column_dimensions["A"].width < len(name)
    assert (page.row_dimensions[1].height, page["A1"].alignment.wrap_text) == (30, True)
    # Over its numbers.
    assert page["A1"].alignment.horizontal == "right"


def test_codes_stand_above_words_when_both_are_asked_for() -> None:
    made = sheet({"ring_s": Kind.SECONDS}, batch(ring_s=pa.array([1])))
    file = body(made, headers=Headers.BOTH)
    page = openpyxl.load_workbook(io.BytesIO(file))["Interactions"]

    assert [row[0] for row in page.iter_rows(values_only=True)][::2] == ["ring_s", 1]
    assert (page.freeze_panes, page.auto_filter.ref) == ("A3", "A2:A3")


@pytest.mark.parametrize("rows", [0, 1, 8, 9, 10, 18, 19, 27, 40])
def test_rows_go_on_on_the_next_sheet_before_the_limit_and_the_file_says_so(rows: int) -> None:
    batches = [batch(n=pa.array(range(start, min(start + 7, rows)))) for start in range(0, rows, 7)]
    written = list(workbook(sheet({"n": Kind.INTEGER}, *batches), about(), Headers.CODES, Language.EN, Limits(rows=10)))
    pages = read(b"".join(part.body for part in written))

    told = pages.pop("About")
    full = -(-rows // 9) or 1
    assert list(pages) == ["Interactions", *(f"Interactions {n}" for n in range(2, full + 1))]
    assert [row[0] for page in pages.values() for row in page[1:]] == list(range(rows))
    assert all(page[0] == ("n",) and len(page) <= 10 for page in pages.values())
    assert (sum(part.rows for part in written), sum(part.sheets for part in written)) == (rows, full)
    assert ("Rows", rows) in told
    assert any("1,048,576" in str(row[1]) for row in told) is (full > 1)


def test_a_sheet_that_grows_too_heavy_ends_early() -> None:
    batches = [batch(n=pa.array(range(start, start + 100))) for start in range(0, 1000, 100)]
    pages = read(body(sheet({"n": Kind.INTEGER}, *batches), limits=Limits(sheet_bytes=5_000)))

    about_file = pages.pop("About")
    assert len(pages) > 1
    assert [row[0] for page in pages.values() for row in page[1:]] == list(range(1000))
    assert ("Rows", 1000) in about_file


def test_rows_of_several_parts_keep_their_order_over_stretches_and_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "_STRETCH_ROWS", 3)
    of_calls = Part({"n": pa.array([0, 2, 4, 6, 8, 10]), "c": pa.scalar("call")}, 6)
    of_texts = Part({"n": pa.array([1, 3, 5, 7, 9]), "c": pa.scalar("message")}, 5)
    order = pa.array([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5])
    kinds = {"n": Kind.INTEGER, "c": Kind.TEXT}

    pages = read(body(sheet(kinds, Batch((of_calls, of_texts), order)), limits=Limits(rows=5)))

    rows = [row for name, page in pages.items() if name != "About" for row in page[1:]]
    assert rows == [(n, "message" if n % 2 else "call") for n in range(11)]


def test_every_cell_names_its_row_and_column() -> None:
    count = 30
    kinds = {f"c{n}": Kind.INTEGER for n in range(count)}
    file = body(sheet(kinds, batch(**{name: pa.array([1, 2]) for name in kinds})))

    assert [cell.get("r") for cell in cells_of(file)] == [
        f"{letters(n)}{row}" for row in (1, 2, 3) for n in range(count)
    ]
    assert [letters(n) for n in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_a_sheet_about_the_file_says_what_it_is() -> None:
    pages = read(
        body(
            sheet({"a": Kind.TEXT}, batch(a=pa.array(["x"]))),
            filter={"from": "2026-03-01", "remote": "=1+1", "teams": ["t1", "t2"]},
            notes=("Charges of two calls are not known.",),
            title="=Activity",
        )
    )

    assert pages["About"] == [
        ("=Activity", None),
        (None, None),
        ("Workspace", "acme"),
        ("Rows", 1),
        ("Time zone", "Europe/Warsaw"),
        ("Data as of", "2026-03-29 01:58:00 UTC"),
        ("Made at", "2026-03-29 02:58:00 UTC"),
        ("Version of the settings", 7),
        ("Filter: from", "2026-03-01"),
        ("Filter: remote", "=1+1"),
        ("Filter: teams", '["t1", "t2"]'),
        ("Note", "Charges of two calls are not known."),
        (
            "Note",
            "Times in columns whose code ends in _utc or _at are UTC, those of _local are of the time zone above.",
        ),
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("interactions", "Interactions"),
        ("a/b:c*[d]?", "A b c  d"),
        ("x" * 40, "X" + "x" * 30),
        ("history", "Data"),
        ("'", "Data"),
        ("about", "About"),
    ],
)
def test_a_sheet_has_a_name_that_excel_takes(name: str, shown: str) -> None:
    made = Sheet(name=name, fields=(Field(name="a"),), batches=[])
    pages = read(b"".join(part.body for part in workbook(made, about(), Headers.CODES, Language.EN)))
    assert list(pages)[:1] == [shown]


def test_no_two_sheets_have_one_name() -> None:
    made = Sheet(name="about", fields=(Field(name="a"),), batches=[])
    pages = read(b"".join(part.body for part in workbook(made, about(), Headers.CODES, Language.EN)))
    assert list(pages) == ["About", "About (i)"]


def test_the_same_rows_make_the_same_file() -> None:
    made = [body(sheet({"a": Kind.TEXT}, batch(a=pa.array(["x", "y"])))) for _ in range(2)]
    assert made[0] == made[1]


def test_an_abandoned_file_closes_its_source() -> None:
    closed = []

    def source() -> Iterable[Batch]:
        try:
            for _ in range(100):
                yield batch(a=pa.array(["x"]))
        finally:
            closed.append(True)

    made = workbook(Sheet(name="x", fields=(Field(name="a"),), batches=source()), about(), Headers.CODES, Language.EN)
    next(made)
    next(made)
    made.close()  # type: ignore[attr-defined]

    assert closed


def test_the_time_of_the_archive_is_the_time_it_was_made() -> None:
    with zipfile.ZipFile(
        io.BytesIO(body(sheet({"a": Kind.TEXT}), made_at=datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC)))
    ) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 11, 22, 8, 15, 30)}


@pytest.mark.slow
def test_one_row_more_than_excel_takes_goes_on_the_next_sheet() -> None:
    rows = 1_048_577
    step = 65_536
    batches = (batch(n=pa.array(range(first, min(first + step, rows)))) for first in range(0, rows, step))
    made = Sheet(name="interactions", fields=(Field(name="n", kind=Kind.INTEGER),), batches=batches)

    with zipfile.ZipFile(
        io.BytesIO(b"".join(p.body for p in workbook(made, about(), Headers.CODES, Language.EN)))
    ) as file:
        first, second, last = (file.read(f"xl/worksheets/sheet{n}.xml") for n in (1, 2, 3))

    assert (first.count(b"<row "), second.count(b"<row ")) == (1_048_576, 3)
    assert b'<c r="A1048576" s="3"><v>1048574</v></c></row></sheetData><autoFilter ref="A1:A1048576"/>' in first
    assert b'<row r="3"><c r="A3" s="3"><v>1048576</v></c></row></sheetData>' in second
    assert b"Interactions: 1048575, Interactions 2: 2" in last
