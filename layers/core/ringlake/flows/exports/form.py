"""How a file is written: asked for alike by exports, by runs of reports and by schedules."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from ringlake.access import Principal, abilities
from ringlake.errors import Forbidden
from ringlake.files.csv import Dialect
from ringlake.model.directory import Ability
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language

OF_PROGRAMS = frozenset({Format.JSONL, Format.PARQUET})


class FileForm(BaseModel):
    """`headers` are codes, and labels in XLSX, which people read, unless they are given."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    format: Format = Format.CSV
    dialect: Dialect = Dialect.SPREADSHEET
    headers: Headers = Headers.CODES
    language: Language | None = None

    @model_validator(mode="before")
    @classmethod
    def _headed(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("format") == Format.XLSX and "headers" not in given:
            return {**given, "headers": Headers.LABELS}
        return given


def form_errors(viewer: Principal, format: Format, dialect: Dialect, headers: Headers) -> list[tuple[str, str]]:
    """What is wrong with the form of a file, of exports and of reports alike; raises `Forbidden`."""
    if dialect is Dialect.DATA and Ability.RAW_EXPORT not in abilities(viewer.user):
        raise Forbidden("the data dialect needs the ability raw_export")
    wrong = []
    if dialect is Dialect.DATA and format is not Format.CSV:
        wrong.append(("dialect", "is of CSV files"))
    if headers is not Headers.CODES and format in OF_PROGRAMS:
        wrong.append(("headers", "files for programs have codes alone"))
    return wrong
