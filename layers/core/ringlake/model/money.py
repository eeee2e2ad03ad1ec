"""Money is decimal with a currency, never a float (design invariant 6)."""

from __future__ import annotations

from decimal import Decimal

from .base import Model


class Money(Model, frozen=True, kw_only=True):
    """`amount` in units of `currency` (ISO 4217). Unknown cost is the absence of Money, never 0 (N5)."""

    amount: Decimal
    currency: str
