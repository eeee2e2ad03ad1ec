"""A real spreadsheet opens the file: nothing is run, and every value comes back (demands.md, acceptance test 7)."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ringlake.files import formats
from ringlake.files.csv import BOM, Dialect, encode, header, unguarded
from ringlake.files.formats import Style
from ringlake.files.sheet import Kind, Sheet
from ringlake.model.jobs import Format
from tests.unit.files.samples import about, sample_calls, sample_messages, sheet_of
from tests.unit.files.test_csv import HARMLESS, RISKY, joined
from tests.unit.files.test_xlsx import batch, read, sheet

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def _spreadsheet(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a spreadsheet nothing is shown, and that must not look like success."""
    if SOFFICE is None:
        reason = "NOT RUN: no LibreOffice here (Debian package libreoffice-calc), the CSV was opened by no spreadsheet"
        with capfd.disabled():
            print(f"\n*** {reason} ***")
        pytest.skip(reason)


_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def opened(folder: Path, body: bytes) -> tuple[list[list[str]], int]:
    """What the spreadsheet holds after opening a CSV as people do, comma-separated UTF-8: cells, formulas."""
    converted(folder, "file.csv", body, "ods", "--infilter=CSV:44,34,76,1")
    with zipfile.ZipFile(folder / "file.ods") as archive:
        content = ET.fromstring(archive.read("content.xml"))
    rows = [[_value(cell) for cell in _cells(row)] for row in content.iter(f"{_TABLE}table-row")]
    return rows, sum(f"{_TABLE}formula" in cell.attrib for cell in content.iter(f"{_TABLE}table-cell"))


def converted(folder: Path, name: str, body: bytes, to: str, *options: str) -> Path:
    """The file after the spreadsheet opened it and saved it as another kind."""
    source = folder / name
    source.write_bytes(body)
    command = [str(SOFFICE), f"-env:UserInstallation=file://{folder}/profile", "--headless", *options]
    command += ["--convert-to", to, "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return source.with_suffix("." + to.partition(":")[0])


def _cells(row: Any) -> list[Any]:
    return [
        cell
        for cell in row.findall(f"{_TABLE}table-cell")
        for _ in range(int(cell.get(f"{_TABLE}number-columns-repeated", "1")))
    ]


def _value(cell: Any) -> str:
    """The cell's own value: of a number what is stored, not what is shown."""
    kind = cell.get(f"{_OFFICE}value-type", "string")
    if kind == "string":
        return "\n".join(_text(paragraph) for paragraph in cell.findall(f"{_TEXT}p"))
    return str(cell.get(f"{_OFFICE}value") or cell.get(f"{_OFFICE}{kind}-value"))


def _text(node: Any) -> str:
    special = {f"{_TEXT}s": " " * int(node.get(f"{_TEXT}c", "1")), f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
    own = special.get(node.tag, node.text or "")
    return own + "".join(_text(child) + (child.tail or "") for child in node)


def seen(value: str) -> str:
    """A spreadsheet knows one line end."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    """A sheet does not know how many empty cells end a row."""
    kept = [list(row) for row in rows]
    for row in kept:
        while row and not row[-1]:
            row.pop()
    return kept


def test_the_activity_file_comes_back_value_for_value(tmp_path: Path) -> None:
    def file(dialect: Dialect) -> bytes:
        sheet = sheet_of("ringlake", sample_calls(), sample_messages())
        return b"".join(part.body for part in formats.written(sheet, about(), Style(dialect=dialect)))

    expected = list(csv.reader(io.StringIO(file(Dialect.DATA).decode(), newline="")))

    rows, formulas = opened(tmp_path, file(Dialect.SPREADSHEET).removeprefix(BOM))

    assert formulas == 0
    back = trimmed([[unguarded(cell) for cell in row] for row in rows])
    assert [row for row in back if row] == trimmed([[seen(cell) for cell in row] for row in expected])


def test_text_that_would_be_run_or_changed_comes_back_as_it_was(tmp_path: Path) -> None:
    values = [value for value in RISKY + HARMLESS if value]
    lines = encode({"value": pa.array(values), "end": pa.array(["x"] * len(values))}, len(values), Dialect.SPREADSHEET)

    rows, formulas = opened(tmp_path, header(("value", "end"), Dialect.DATA) + joined(lines.texts))

    assert formulas == 0
    assert [unguarded(row[0]) for row in rows[1:] if row[1:2] == ["x"]] == [seen(value) for value in values]


def test_without_the_guard_values_are_run_and_lost(tmp_path: Path) -> None:
    """Shows that the two tests above can fail."""
    values = ["=1+2", "0048789789789", "+48789789789"]
    lines = encode({"value": pa.array(values), "end": pa.array(["x"] * 3)}, 3, Dialect.DATA)

    rows, formulas = opened(tmp_path, joined(lines.texts))

    assert formulas == 1
    assert [row[0] for row in rows[:3]] == ["3", "48789789789", "48789789789"]


# --- workbooks


def workbook(of: Sheet) -> bytes:
    return b"".join(part.body for part in formats.written(of, about(), Style(format=Format.XLSX)))


# Of a CSV that the spreadsheet writes: comma, quotes, UTF-8, from the first row, every cell quoted as it is stored
# and not as it is shown; 1 is the first sheet.
_AS_STORED = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,1"


def test_a_workbook_comes_back_from_the_spreadsheet_value_for_value(tmp_path: Path) -> None:
    """Both ways: opened, and saved as a workbook of its own, which another library reads."""
    body = workbook(sheet_of("ringlake", sample_calls(), sample_messages()))

    saved = converted(tmp_path, "file.xlsx", body, "ods").read_bytes()
    (tmp_path / "file.xlsx").unlink()
    again = converted(tmp_path, "file.ods", saved, "xlsx").read_bytes()

    assert values(again) == values(body)
    assert len(values(body)["Interactions"]) == 14


def values(body: bytes) -> dict[str, list[list[Any]]]:
    """Cells by sheet. A spreadsheet knows one line end; and this one, writing a workbook, forgets a tab at the start
    of a text, which it has read, as its CSV below shows.
    """
    return {
        name: [[seen(cell).lstrip("\t") if isinstance(cell, str) else cell for cell in row] for row in rows if any(row)]
        for name, rows in read(body).items()
    }


def test_every_text_in_a_workbook_is_that_text_to_the_spreadsheet(tmp_path: Path) -> None:
    texts = [value for value in [*RISKY, *HARMLESS, "http://example.com", "TRUE", "x" * 32_767] if value]
    made = sheet({"value": Kind.PHONE, "end": Kind.TEXT}, batch(value=pa.array(texts), end=pa.scalar("x")))

    rows = csv_of(tmp_path, workbook(made))

    assert [row[0] for row in rows[1:]] == [seen(value) for value in texts]


def csv_of(folder: Path, body: bytes) -> list[list[str]]:
    """The cells of the first sheet, which the spreadsheet wrote as CSV."""
    found = converted(folder, "file.xlsx", body, _AS_STORED)
    path = next(path for path in sorted(folder.glob("*.csv")) if path == found or path.stem.startswith("file"))
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    return [[seen(cell) for cell in row] for row in rows]


def test_the_spreadsheet_gives_the_data_dialect_back(tmp_path: Path) -> None:
    """security.md 3: a workbook, saved as CSV, is the file for importers."""
    made = sheet_of("ringlake", sample_calls(), sample_messages())
    texts = [field.name for field in made.fields if field.kind in (Kind.TEXT, Kind.PHONE, Kind.SECONDS, Kind.FLAG)]
    data = b"".join(part.body for part in formats.written(made, about(), Style(dialect=Dialect.DATA)))
    expected = list(csv.DictReader(io.StringIO(data.decode(), newline="")))

    header_row, *rows = csv_of(tmp_path, workbook(sheet_of("ringlake", sample_calls(), sample_messages())))

    found = [dict(zip(header_row, row, strict=True)) for row in rows]
    assert [{name: row[name] for name in texts} for row in found] == [
        {name: seen(row[name]) for name in texts} for row in expected
    ]
