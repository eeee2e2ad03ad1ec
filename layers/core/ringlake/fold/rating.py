"""What a call or message costs by our own tariffs, where the provider gives no price (features.md N5).

metrics.md Cost per call: connect fee + ceil(billable / increment) * increment * rate per minute / 60, the
longest prefix of the destination, half up to 4 decimals, by the tariff that is valid at the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from ringlake.model.directory import Rate, Tariff
from ringlake.model.money import Money

CALLS = "call"
MESSAGES = "message"
_PLACES = Decimal("0.0001")
_MINUTE = 60


def rate_call(
    tariffs: Iterable[Tariff], connection: str, at: datetime, number: str, billable_ms: int | None
) -> Money | None:
    """Price of one connection to `number` (E.164) that was up for so long; nobody picked up is 0.

    None when no valid tariff knows the destination, or when it is unknown how long it was up.
    """
    found = _rate(tariffs, CALLS, connection, at, number)
    if found is None or billable_ms is None:
        return None
    currency, rate = found
    if billable_ms == 0:
        return _rounded(Decimal(0), currency)
    increment_ms = max(rate.increment_s, 1) * 1000
    seconds = -(-billable_ms // increment_ms) * increment_ms // 1000
    return _rounded(rate.connect_fee + seconds * rate.per_minute / _MINUTE, currency)


def rate_message(
    tariffs: Iterable[Tariff], connection: str, at: datetime, numbers: Sequence[str], segments: int | None
) -> Money | None:
    """Price of one message: segments times the fee of each receiver's destination.

    None when the number of segments is unknown, or any receiver's price is, or prices differ in currency.
    """
    found = [_rate(tariffs, MESSAGES, connection, at, number) for number in numbers]
    known = [priced for priced in found if priced is not None]
    currencies = {currency for currency, _ in known}
    if segments is None or not known or len(known) < len(found) or len(currencies) > 1:
        return None
    return _rounded(sum((rate.connect_fee * segments for _, rate in known), Decimal(0)), known[0][0])


def _rate(
    tariffs: Iterable[Tariff], channel: str, connection: str, at: datetime, number: str
) -> tuple[str, Rate] | None:
    """Currency and rate of a destination.

    A tariff of the connection comes before one of all connections, a later one before an earlier one;
    the first of them that has a prefix of the number decides, by its longest.
    """
    if not number.startswith("+"):
        return None
    valid = [
        tariff
        for tariff in tariffs
        if tariff.channel == channel
        and tariff.connection in ("", connection)
        and (tariff.valid_from is None or tariff.valid_from <= at)
        and (tariff.valid_to is None or at < tariff.valid_to)
    ]
    for tariff in sorted(valid, key=_precedence):
        matching = [rate for rate in tariff.rates if number[1:].startswith(rate.prefix)]
        if matching:
            return tariff.currency, max(matching, key=lambda rate: len(rate.prefix))
    return None


def _precedence(tariff: Tariff) -> tuple[bool, float, str]:
    since = -tariff.valid_from.timestamp() if tariff.valid_from else float("inf")
    return (tariff.connection == "", since, tariff.id)


def _rounded(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount.quantize(_PLACES, rounding=ROUND_HALF_UP), currency=currency)
