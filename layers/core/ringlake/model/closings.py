"""Months that finance has closed: what they said then, to be compared with what they say now."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from .base import Model


class Sum(Model, frozen=True, kw_only=True):
    """Rows of one currency ("" where there is no amount) and what they add up to; `seconds` are those of talk (calls)
    or billed (charges).
    """

    currency: str = ""
    rows: int
    seconds: int = 0
    amount: Decimal = Decimal(0)


class Frozen(Model, frozen=True, kw_only=True):
    """The rows of one table on one UTC day that are of the month, and their digest (`metrics/closing.py`)."""

    table: str
    day: date
    rows: int
    sums: tuple[Sum, ...]
    sha256: str


class Closing(Model, frozen=True, kw_only=True):
    """A month as it was when it was closed; never changed. Whoever closes it again makes the next `version`.

    `month` is its first day, in the zone `zone`. `sha256` is over all parts. `charges_key` is the object with the
    frozen charges, named by its content. `lake_as_of` is when the lake was written that it was taken from.
    """

    month: date
    version: int
    zone: str
    currency: str
    settings_version: int
    lake_as_of: datetime
    closed_at: datetime
    closed_by: str
    reason: str = ""
    parts: tuple[Frozen, ...]
    sha256: str
    charges_key: str
