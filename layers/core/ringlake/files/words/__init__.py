"""The words that files show beside their machine codes, in every language (demands.md D56).

Only words that stand around the rows are translated. What stands in a cell is the same in all languages, so
that files can be compared, filtered and joined whoever made them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from ringlake.files.sheet import Field, Sheet
from ringlake.model.jobs import Headers
from ringlake.model.language import Language

type Lists = Mapping[str, Mapping[str, str]]


class Words:
    """The words of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._lists = lists(language)

    def field(self, field: Field) -> str:
        """The header of a field; a field that no list knows (of a report of SQL) shows its code."""
        return field.label or self.column(field.name) or field.name

    def column(self, code: str) -> str:
        """The words of a column, with its unit; "" when no list knows it.

        What stands beside a number (how many it was made of, its median) is called after that number.
        """
        if own := self._lists["fields"].get(code, ""):
            return f"{own}, {self._lists['endings']['unit_s']}" if code.endswith("_s") else own
        base, _, ending = code.rpartition("_")
        beside = self._lists["endings"].get(ending, "") if ending != "s" else ""
        number = self.column(base) if beside else ""
        return f"{number} ({beside})" if number else ""

    def sheet(self, name: str) -> str:
        """What a sheet is called; one that no list knows (a report of SQL) by its code, made readable."""
        return self._lists["sheets"].get(name) or name.replace("_", " ").capitalize()

    def about(self, name: str) -> str:
        """A word of the sheet about the file."""
        return self._lists["about"][name]


def header_rows(sheet: Sheet, headers: Headers, language: Language) -> list[list[str]]:
    """The header of a file: codes, words, or codes above words.

    Codes come first because a program reads the first row.
    """
    words = Words(language)
    codes = [field.name for field in sheet.fields]
    labels = [words.field(field) for field in sheet.fields]
    return {Headers.CODES: [codes], Headers.LABELS: [labels], Headers.BOTH: [codes, labels]}[headers]


@cache
def lists(language: Language) -> Lists:
    """All words of a language by list and code."""
    return tomllib.loads(files(__package__).joinpath(f"{language.value}.toml").read_text(encoding="utf-8"))
