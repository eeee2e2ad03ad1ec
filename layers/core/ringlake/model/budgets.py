"""What may be spent (features.md N8), and what counts as abuse of the phones (N17)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from .base import Model


class Every(StrEnum):
    """Budgets are for calendar months of the workspace zone, or for quarters and years of its fiscal year."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Budget(Model, frozen=True, kw_only=True):
    """`amount` in the workspace's currency for each period, of one user, team or number of ours; without any of them
    of the whole workspace.
    """

    every: Every
    amount: Decimal
    user: str = ""
    team: str = ""
    number: str = ""


class Budgets(Model, frozen=True, kw_only=True):
    """All budgets of a workspace; `version` grows with every change."""

    budgets: tuple[Budget, ...] = ()
    version: int = 0


class AbuseRules(Model, frozen=True, kw_only=True):
    """Which calls of ours are listed as possible abuse.

    `premium` are numbers that the numbering plan of their country calls premium rate, and those that begin with one
    of `prefixes` (E.164 without plus). `foreign` are numbers of countries that are neither the workspace's nor in
    `countries`. Night is from `night_from` to `night_to` by the workspace's clock, past midnight when the end is
    earlier; both empty switch it off. `longest_s` of talk or less are fine, 0 switches it off. Calls to
    `allowed` numbers are never listed.
    """

    premium: bool = True
    prefixes: tuple[str, ...] = ()
    foreign: bool = True
    countries: tuple[str, ...] = ()
    night_from: str = "22:00"
    night_to: str = "06:00"
    longest_s: int = 7200
    allowed: tuple[str, ...] = ()
    version: int = 0
