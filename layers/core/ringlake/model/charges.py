"""What was charged, unit by unit, and each way in which it was rated (features.md N5)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .base import Model
from .money import Money


class CostSource(StrEnum):
    """Where a cost comes from: what the provider said, or our own tariff (features.md N5)."""

    PROVIDER = "provider"
    TARIFF = "tariff"


class Unpriced(StrEnum):
    """Why a unit has no amount."""

    # No tariff that is valid at its start has a prefix of the number.
    NO_RATE = "no_rate"
    # It is not known how long it was up.
    UNKNOWN_TIME = "unknown_time"
    LASTS = "lasts"
    NO_SEGMENTS = "no_segments"


class Rated(Model, frozen=True, kw_only=True):
    """One rating of one unit: its number (0 is the first), the rate that was found, and what it came to.

    Without a tariff the amount is the provider's own, or there is none and `unpriced` says why.
    `charged_s` is the billable time in whole increments.
    """

    rating: int = 0
    tariff: str = ""
    tariff_name: str = ""
    tariff_version: int = 1
    prefix: str = ""
    destination: str = ""
    connect_fee: Decimal | None = None
    per_minute: Decimal | None = None
    increment_s: int | None = None
    charged_s: int | None = None
    amount: Money | None = None
    unpriced: Unpriced | None = None


class Charge(Model, frozen=True, kw_only=True):
    """One unit that is charged: a leg or part of a call, a receiver of a message.

    `number` is what it was dialled or sent to, E.164, "" when a provider charged something else. `ratings` are
    by their number, at least one; the last one counts. `billable_ms` is None when unknown, and for messages.
    """

    unit: str
    at: datetime
    number: str = ""
    source: CostSource
    billable_ms: int | None = None
    segments: int | None = None
    ratings: tuple[Rated, ...]

    @property
    def amount(self) -> Money | None:
        """What counts now."""
        return self.ratings[-1].amount
