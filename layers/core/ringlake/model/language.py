"""Languages of headers and mails. Codes, column names and values stay the same in all of them (demands.md D56)."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1."""

    EN = "en"
    ES = "es"
    RU = "ru"
    PL = "pl"
