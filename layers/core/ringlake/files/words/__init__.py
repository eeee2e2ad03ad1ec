"""The words that files show beside their machine codes, in every language (demands.md D56)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from ringlake.files.sheet import Field, Sheet
from ringlake.model.jobs import Headers
from ringlake.model.language import Language


def header_rows(sheet: Sheet, headers: Headers, language: Language) -> list[list[str]]:
    """The header of a file: codes, words, or codes above words.

    Codes come first because a program reads the first row.
    """
    codes = [field.name for field in sheet.fields]
    words = [label(field, language) for field in sheet.fields]
    return {Headers.CODES: [codes], Headers.LABELS: [words], Headers.BOTH: [codes, words]}[headers]


def label(field: Field, language: Language) -> str:
    """The header of a field in a language; a field that no list knows shows its code."""
    return field.label or _words(language)["fields"].get(field.name, field.name)


@cache
def _words(language: Language) -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath(f"{language.value}.toml").read_text(encoding="utf-8"))
