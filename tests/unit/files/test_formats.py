"""One sheet, four formats: the same rows and values in each."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.errors import InvalidRequest
from ringlake.files import formats, xlsx
from ringlake.files.csv import BOM, Dialect, Local, few, unguarded
from ringlake.files.formats import Style
from ringlake.files.profiles import PROFILES
from ringlake.files.sheet import Batch, Field, Kind, Part, Sheet
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language
from tests.unit.files.samples import WARSAW, about, sample_calls, sample_messages, sheet_of
from tests.unit.files.test_xlsx import at, batch, read, sheet

APPROVED = Path(__file__).resolve().parents[2] / "approved"
KINDS = {
    "text": Kind.TEXT, "phone": Kind.PHONE, "count": Kind.INTEGER, "talk_s": Kind.SECONDS, "mean": Kind.NUMBER,
    "rate": Kind.SHARE, "cost": Kind.MONEY, "flag": Kind.FLAG, "at": Kind.MOMENT, "local": Kind.LOCAL,
    "day": Kind.DATE,
}  # fmt: skip
MOMENT = at(2026, 10, 25, 0, 30, 0, 250_000)
ROW: dict[str, Any] = {
    "text": 'a"b\\c\n', "phone": "+48601234567", "count": 3, "talk_s": 83, "mean": 2.5, "rate": 0.25,
    "cost": Decimal("1.2300"), "flag": True, "at": MOMENT, "local": MOMENT, "day": date(2026, 10, 25),
}  # fmt: skip
TYPES = {
    "text": pa.string(), "phone": pa.string(), "count": pa.int32(), "talk_s": pa.int32(), "mean": pa.float64(),
    "rate": pa.float64(), "cost": pa.decimal128(12, 4), "flag": pa.bool_(), "at": pa.timestamp("ms"),
    "local": pa.timestamp("ms"), "day": pa.date32(),
}  # fmt: skip


def one_of_each() -> Sheet:
    """A row with a value of each kind, and one with none."""
    columns: dict[str, Any] = {name: pa.array([ROW[name], None], TYPES[name]) for name in KINDS}
    columns["local"] = Local(columns["local"], WARSAW)
    columns["phone"] = few(columns["phone"])
    return sheet(KINDS, batch(**columns))


def file(of: Sheet, format: Format, **style: Any) -> bytes:
    return b"".join(part.body for part in formats.written(of, about(), Style(format=format, **style)))


def test_json_lines_have_a_type_for_each_kind_and_null_for_nothing() -> None:
    first, second = map(json.loads, file(one_of_each(), Format.JSONL).decode().splitlines())

    assert first == {
        "text": 'a"b\\c\n', "phone": "+48601234567", "count": 3, "talk_s": 83, "mean": 2.5, "rate": 0.25,
        "cost": "1.2300", "flag": True, "at": "2026-10-25T00:30:00.250Z",
        "local": "2026-10-25T02:30:00.250+02:00", "day": "2026-10-25",
    }  # fmt: skip
    assert list(first) == list(KINDS)
    assert second == dict.fromkeys(KINDS)


def test_parquet_has_a_type_for_each_kind_and_null_for_nothing() -> None:
    table = pq.read_table(io.BytesIO(file(one_of_each(), Format.PARQUET)))

    types: dict[str, Any] = {
        "text": pa.string(), "phone": pa.string(), "count": pa.int64(), "talk_s": pa.int64(), "mean": pa.float64(),
        "rate": pa.float64(), "cost": pa.decimal128(24, 4), "flag": pa.int32(), "at": pa.timestamp("ms", tz="UTC"),
        "local": pa.timestamp("ms"), "day": pa.date32(),
    }  # fmt: skip
    assert {field.name: field.type for field in table.schema} == types
    first, second = table.to_pylist()
    assert first == ROW | {"flag": 1, "at": MOMENT.replace(tzinfo=UTC), "local": at(2026, 10, 25, 2, 30, 0, 250_000)}
    assert second == dict.fromkeys(KINDS)


def test_the_same_hour_twice_in_autumn_stays_two_moments_in_text() -> None:
    twice = pa.array([at(2026, 10, 25, 0, 30), at(2026, 10, 25, 1, 30)], pa.timestamp("ms"))
    body = file(sheet({"a": Kind.LOCAL}, batch(a=Local(twice, WARSAW))), Format.JSONL)
    assert [json.loads(line)["a"] for line in body.splitlines()] == [
        "2026-10-25T02:30:00.000+02:00", "2026-10-25T02:30:00.000+01:00",
    ]  # fmt: skip


def test_parquet_keeps_text_out_of_its_footer() -> None:
    body = file(sheet_of("ringlake", sample_calls(), sample_messages()), Format.PARQUET)
    columns = pq.ParquetFile(io.BytesIO(body)).metadata.row_group(0)

    with_statistics = {
        columns.column(n).path_in_schema for n in range(columns.num_columns) if columns.column(n).is_stats_set
    }
    assert with_statistics == {
        field.name for field in sheet_of("ringlake", sample_calls(), sample_messages()).fields
        if field.kind not in (Kind.TEXT, Kind.PHONE)
    }  # fmt: skip
    assert {columns.column(n).compression for n in range(columns.num_columns)} == {"ZSTD"}


def test_parquet_says_what_it_is() -> None:
    body = file(sheet_of("ringlake", sample_calls(), sample_messages()), Format.PARQUET)
    facts = json.loads(pq.read_schema(io.BytesIO(body)).metadata[b"ringlake"])
    assert facts == {
        "report": "interactions", "zone": "Europe/Warsaw", "as_of": "2026-03-29T01:58:00.250000+00:00",
        "settings_version": 7,
    }  # fmt: skip


def test_parquet_writes_row_groups_as_the_rows_come(monkeypatch: pytest.MonkeyPatch) -> None:
    from ringlake.files import parquet

    monkeypatch.setattr(parquet, "_GROUP_ROWS", 10)
    batches = [batch(n=pa.array(range(start, start + 4))) for start in range(0, 40, 4)]
    parts = list(formats.written(sheet({"n": Kind.INTEGER}, *batches), about(), Style(format=Format.PARQUET)))

    assert [part.rows for part in parts] == [0, 12, 12, 12, 4, 0]
    assert pq.read_table(io.BytesIO(b"".join(part.body for part in parts)))["n"].to_pylist() == list(range(40))


@pytest.mark.parametrize("profile", ["ringlake", "full", "openphone", "ringostat", "wiseparts", "fcc", "novofon"])
@pytest.mark.parametrize("language", Language)
def test_all_formats_hold_the_same_rows_and_values(profile: str, language: Language) -> None:
    def made(format: Format) -> bytes:
        return file(
            sheet_of(profile, sample_calls(), sample_messages()), format, dialect=Dialect.DATA, language=language
        )

    table = pq.read_table(io.BytesIO(made(Format.PARQUET)))
    objects = [json.loads(line) for line in made(Format.JSONL).splitlines()]
    cells = list(csv.DictReader(io.StringIO(made(Format.CSV).decode(), newline="")))
    (page, *_) = read(made(Format.XLSX)).values()

    assert len(objects) == len(cells) == len(page) - 1 == table.num_rows == 13
    for name in table.column_names:
        place = page[0].index(name)
        for row, told, cell, kept in zip(page[1:], objects, cells, table[name].to_pylist(), strict=True):
            assert row[place] == (None if kept == "" else _excel(kept))
            assert cell[name] == _text(told[name])
            if isinstance(kept, str | int) and not isinstance(told[name], bool):
                assert told[name] == kept


def _excel(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).replace(tzinfo=None)
    return value


def _text(value: Any) -> str:
    return "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("format", Format)
def test_a_file_of_no_rows_is_whole(format: Format) -> None:
    body = file(sheet(KINDS), format)
    if format is Format.CSV:
        assert body == BOM + (",".join(f'"{name}"' for name in KINDS) + "\r\n").encode()
    elif format is Format.JSONL:
        assert body == b""
    elif format is Format.PARQUET:
        assert pq.read_table(io.BytesIO(body)).num_rows == 0
    else:
        assert read(body)["Interactions"] == [tuple(KINDS)]


@pytest.mark.parametrize("format", Format)
def test_batches_without_rows_change_nothing(format: Format) -> None:
    empty = Batch((Part({"n": pa.array([], pa.int64())}, 0),))
    some = batch(n=pa.array([1, 2]))
    fields = {"n": Kind.INTEGER}
    assert file(sheet(fields, empty, some, empty), format) == file(sheet(fields, some), format)


@pytest.mark.parametrize("format", Format)
def test_the_rows_of_the_parts_add_up(format: Format) -> None:
    parts = list(formats.written(one_of_each(), about(), Style(format=format)))
    assert sum(part.rows for part in parts) == 2
    assert parts[0].rows == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=10) | st.none(), min_size=1, max_size=6))
def test_any_text_comes_back_from_json_lines_and_parquet(values: list[str | None]) -> None:
    clean = [value if value is None else value.encode("utf-8", "replace").decode() for value in values]
    made = sheet({"a": Kind.TEXT}, batch(a=pa.array(clean, pa.string())))

    lines = file(made, Format.JSONL).decode().split("\n")

    assert [json.loads(line)["a"] for line in lines if line] == clean
    assert pq.read_table(io.BytesIO(file(made, Format.PARQUET)))["a"].to_pylist() == clean


def test_a_share_that_is_no_number_is_null_in_json() -> None:
    made = sheet({"a": Kind.SHARE}, batch(a=pa.array([float("nan"), float("inf"), 1e300])))
    assert [json.loads(line)["a"] for line in file(made, Format.JSONL).splitlines()] == [None, None, 1e300]


@pytest.mark.parametrize(
    ("headers", "rows"),
    [
        (Headers.CODES, [["direction", "own_word"]]),
        (Headers.LABELS, [["Kierunek", "Własne słowo"]]),
        (Headers.BOTH, [["direction", "own_word"], ["Kierunek", "Własne słowo"]]),
    ],
)
def test_headers_are_codes_words_or_both(headers: Headers, rows: list[list[str]]) -> None:
    fields = (Field(name="direction"), Field(name="own_word", label="Własne słowo"))
    body = file(Sheet(name="x", fields=fields, batches=[]), Format.CSV, headers=headers, language=Language.PL)
    assert list(csv.reader(io.StringIO(body.removeprefix(BOM).decode(), newline=""))) == rows
    # One mark at the head of the file, not one a row.
    assert body.count(BOM) == 1


def test_codes_are_the_headers_of_what_programs_read() -> None:
    style = {"headers": Headers.LABELS, "language": Language.RU}
    assert list(json.loads(file(one_of_each(), Format.JSONL, **style).splitlines()[0])) == list(KINDS)
    assert pq.read_table(io.BytesIO(file(one_of_each(), Format.PARQUET, **style))).column_names == list(KINDS)


def test_each_format_has_its_end_and_its_type() -> None:
    assert {formats.suffix(one) for one in Format} == {"csv", "xlsx", "jsonl", "parquet"}
    assert formats.content_type(Format.XLSX).endswith("spreadsheetml.sheet")
    assert len({formats.content_type(one) for one in Format}) == 4


def test_the_guard_counts_its_cells_in_csv_alone() -> None:
    made = sheet({"a": Kind.TEXT}, batch(a=pa.array(["=1", "x", "+1"])))
    told = {one: sum(part.prefixed for part in formats.written(made, about(), Style(format=one))) for one in Format}
    assert told == {Format.CSV: 2, Format.XLSX: 0, Format.JSONL: 0, Format.PARQUET: 0}
    assert unguarded("'=1") == "=1"


# --- stretches of batches


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_stretch_of_a_batch_is_the_same_rows(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    total = sum(sizes)
    starts = [sum(sizes[:n]) for n in range(len(sizes))]
    parts = tuple(
        Part({"n": few(pa.array(range(start, start + size), pa.int64())), "z": pa.scalar(str(start))}, size)
        for start, size in zip(starts, sizes, strict=True)
    )
    order = data.draw(st.none() | st.permutations(range(total)))
    whole = Batch(parts, None if order is None else pa.array(order, pa.uint64()))
    first = data.draw(st.integers(0, total))
    count = data.draw(st.integers(0, total - first))

    found = whole.stretch(first, count)

    assert found.rows == count
    columns: list[Any] = [part.columns["n"] for part in found.parts]
    rows = [value for column in columns for value in column.to_pylist()]
    shown = rows if found.order is None else [rows[n] for n in found.order.to_pylist()]
    assert shown == list(order or range(total))[first : first + count]


# --- the archive


def test_an_archive_is_read_by_everybody_though_it_could_not_be_gone_back_in() -> None:
    """Sizes stand behind the entries, and no reader needs to know ZIP64."""
    batches = [batch(text=pa.array([f"{n}"] * 3000)) for n in range(3)]
    with zipfile.ZipFile(io.BytesIO(file(sheet({"text": Kind.TEXT}, *batches), Format.XLSX))) as found:
        assert found.testzip() is None
        entries = found.infolist()
    assert {(entry.extract_version, entry.flag_bits, entry.extra) for entry in entries} == {(20, 8, b"")}


@pytest.mark.parametrize("largest", [1000, 20_000])
def test_rows_that_no_archive_can_hold_are_refused(monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    monkeypatch.setattr(xlsx, "LARGEST", largest)
    made = sheet({"text": Kind.TEXT}, *(batch(text=pa.array([f"{n}"] * 3000)) for n in range(3)))
    with pytest.raises(InvalidRequest) as refused:
        file(made, Format.XLSX)
    assert refused.value.field == "format"


def test_zones_with_odd_offsets_are_shown_in_json() -> None:
    moment = pa.array([at(2026, 1, 1), None], pa.timestamp("ms"))
    body = file(sheet({"a": Kind.LOCAL}, batch(a=Local(moment, ZoneInfo("Asia/Kathmandu")))), Format.JSONL)
    assert [json.loads(line)["a"] for line in body.splitlines()] == ["2026-01-01T05:45:00.000+05:45", None]


# --- approved files (to approve a change: APPROVE=1 pytest, then read the difference like code)


def approve(name: str, body: str) -> None:
    path = APPROVED / name
    if os.environ.get("APPROVE"):
        path.write_text(body, encoding="utf-8")
    assert body == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "full"])
def test_the_lines_of_a_profile_are_the_approved_ones(profile: str) -> None:
    made = sheet_of(profile, sample_calls(), sample_messages())
    approve(f"lines_{profile}.jsonl", file(made, Format.JSONL).decode())


def test_the_parts_of_a_workbook_are_the_approved_ones() -> None:
    made = sheet_of("ringlake", sample_calls(), sample_messages())
    body = file(made, Format.XLSX, headers=Headers.BOTH, language=Language.PL)
    with zipfile.ZipFile(io.BytesIO(body)) as found:
        parts = {name: found.read(name).decode() for name in found.namelist()}
    # A row a line, so that a difference can be read.
    told = {name: text.replace("<row ", "\n<row ") for name, text in parts.items()}
    approve("workbook.txt", "".join(f"=== {name}\n{text}\n" for name, text in told.items()))
