"""Exchange rates by day, and what an amount is worth in the workspace's currency (features.md N8)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from .base import Model
from .money import Money

# Central banks publish none on Saturdays, Sundays and holidays: the last one before counts, but not for ever.
OLDEST_DAYS = 7
_CENTS = Decimal("0.0001")
_RATE = Decimal("0.0000000001")


class DayRates(Model, frozen=True, kw_only=True):
    """How much of each currency one unit of `base` was worth on a day; all above 0."""

    day: date
    base: str
    rates: dict[str, Decimal]

    def value(self, currency: str) -> Decimal | None:
        return Decimal(1) if currency == self.base else self.rates.get(currency)


class YearRates(Model, frozen=True, kw_only=True):
    """The days of one calendar year that have rates, by date. `id` is the year."""

    id: str
    days: tuple[DayRates, ...] = ()

    def put(self, fresh: dict[date, DayRates]) -> YearRates:
        """With these days instead of what was known of them."""
        days = {one.day: one for one in self.days} | {d: r for d, r in fresh.items() if str(d.year) == self.id}
        return YearRates(id=self.id, days=tuple(days[day] for day in sorted(days)))


class Home(NamedTuple):
    """An amount in the workspace's currency. `rate` is what one unit of the charge's was worth on `day`; of an amount
    that was charged in the workspace's currency it is 1, of no day.
    """

    amount: Decimal
    currency: str
    rate: Decimal
    day: date | None

    @property
    def converted(self) -> bool:
        return self.day is not None


class Exchange:
    """Converts to one currency, `home`. `years` gives what is stored of a calendar year, and is asked once for each."""

    def __init__(self, home: str, years: Callable[[int], YearRates]) -> None:
        self.home = home
        self._years = years
        self._known: dict[int, YearRates] = {}

    def worth(self, money: Money, on: date) -> Home | None:
        """Half up to 4 decimals by a rate of 10; None where no rate of that day, or of the seven before, is stored."""
        if money.currency == self.home:
            return Home(money.amount.quantize(_CENTS, ROUND_HALF_UP), self.home, Decimal(1), None)
        found = self.rate(money.currency, on)
        if found is None:
            return None
        rate, day = found
        return Home((money.amount * rate).quantize(_CENTS, ROUND_HALF_UP), self.home, rate, day)

    def rate(self, currency: str, on: date) -> tuple[Decimal, date] | None:
        """What one unit is worth, and the day whose rates say so: the last that knows both currencies."""
        for year in (on.year, on.year - 1):
            days = self._of(year).days
            for one in reversed(days[: bisect_right(days, on, key=lambda rates: rates.day)]):
                if (on - one.day).days > OLDEST_DAYS:
                    return None
                here, there = one.value(self.home), one.value(currency)
                if here and there:
                    return (here / there).quantize(_RATE, ROUND_HALF_UP), one.day
        return None

    def _of(self, year: int) -> YearRates:
        if year not in self._known:
            self._known[year] = self._years(year)
        return self._known[year]


def no_rates(year: int) -> YearRates:
    """Of somebody who has stored none."""
    return YearRates(id=str(year))
