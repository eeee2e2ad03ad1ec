"""A sheet becomes a file: the one entry for every format (features.md O29, F52, demands.md D50-D53)."""

from __future__ import annotations

from collections.abc import Iterator

from ringlake.model.base import Model
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language

from . import lines, parquet, xlsx
from .csv import Dialect
from .sheet import About, Sheet, Written

SUFFIXES = {Format.CSV: "csv", Format.XLSX: "xlsx", Format.JSONL: "jsonl", Format.PARQUET: "parquet"}
CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/x-ndjson",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Style(Model, frozen=True, kw_only=True):
    """How the requester wants the file.

    `dialect` counts for CSV alone, `headers` and `language` for CSV and XLSX: JSON Lines and Parquet are for
    programs and always have codes. `profile` is the name of the columns that the sheet was made with.
    """

    format: Format = Format.CSV
    dialect: Dialect = Dialect.SPREADSHEET
    headers: Headers = Headers.CODES
    language: Language = Language.EN
    profile: str = "ringlake"


def written(sheet: Sheet, about: About, style: Style) -> Iterator[Written]:
    """The file, in stretches of a few megabytes; the sheet's batches are read once and as late as possible.

    The first stretch holds the header and no rows. An abandoned iterator leaves nothing behind when it is closed.
    """
    if style.format is Format.CSV:
        return lines.csv_lines(sheet, style.dialect, style.headers, style.language)
    if style.format is Format.XLSX:
        return xlsx.workbook(sheet, about, style.headers, style.language)
    if style.format is Format.JSONL:
        return lines.json_lines(sheet)
    return parquet.row_groups(sheet, about)


def suffix(format: Format) -> str:
    """The end of a file's name, without its dot."""
    return SUFFIXES[format]


def content_type(format: Format) -> str:
    """The media type that the file is stored and mailed with."""
    return CONTENT_TYPES[format]
