"""A number of an answer, with what it was made of."""

from __future__ import annotations

from decimal import Decimal

from ringlake.model.base import Answer


class Value(Answer, frozen=True, kw_only=True):
    """One metric of the dictionary over one set of rows (`GET /v1/metrics` tells name, unit and formula).

    `value` is a whole number for counts and sums of seconds, 0 to 1 for shares, seconds for means and a
    decimal text in `currency` for money; null when the denominator is empty or nothing is known. `n` is
    the number of rows behind it: the denominator of a share, the number of values of a mean. `median` and
    `p90` (the smallest value that nine tenths do not exceed) stand beside means, in seconds. Beside money `coverage` is
    the share of rows whose charge is known, null without rows, and `converted` how many of the charges were in
    another currency and are in it at the stored rate of their day.
    """

    metric: str
    value: int | float | Decimal | None
    n: int | None = None
    numerator: int | float | Decimal | None = None
    denominator: int | None = None
    median: float | None = None
    p90: float | None = None
    currency: str = ""
    coverage: float | None = None
    converted: int | None = None
