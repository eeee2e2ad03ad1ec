"""What a call or message costs by our own tariffs, where the provider gives no price (features.md N5).

metrics.md Cost per call: connect fee + ceil(billable / increment) * increment * rate per minute / 60, the
longest prefix of the destination, half up to 4 decimals, by the tariff that is valid at the start.

Prices stay what they were. What began at an instant is rated by the versions of the tariffs that were written by then;
a destination that they do not know is rated by the first later versions that do. Only a `Rating` changes what
had a price: it rates its period once more, by the versions of the instant at which it was ordered. So every result
is a function of what was delivered and of what is kept, however often it is made again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from ringlake.model.charges import Rated, Unpriced
from ringlake.model.directory import Directory, Rate, Tariff
from ringlake.model.money import Money

CALLS = "call"
MESSAGES = "message"
_PLACES = Decimal("0.0001")
_MINUTE = 60


def rate_call(
    directory: Directory, connection: str, at: datetime, number: str, billable_ms: int | None
) -> tuple[Rated, ...]:
    """All ratings of one connection to `number` (E.164) that was up for so long; nobody picked up is 0."""

    def price(rate: Rate) -> Rated:
        if billable_ms is None:
            return Rated(unpriced=Unpriced.UNKNOWN_TIME)
        increment_s = max(rate.increment_s, 1)
        seconds = -(-billable_ms // (increment_s * 1000)) * increment_s
        amount = rate.connect_fee + seconds * rate.per_minute / _MINUTE if billable_ms else Decimal(0)
        return Rated(
            per_minute=rate.per_minute, increment_s=increment_s, charged_s=seconds, amount=_rounded(amount, "")
        )

    return _ratings(directory, CALLS, connection, at, number, price)


def rate_message(
    directory: Directory, connection: str, at: datetime, number: str, segments: int | None
) -> tuple[Rated, ...]:
    """All ratings of one message to one receiver: segments times the fee of its destination."""

    def price(rate: Rate) -> Rated:
        if segments is None:
            return Rated(unpriced=Unpriced.NO_SEGMENTS)
        return Rated(amount=_rounded(rate.connect_fee * segments, ""))

    return _ratings(directory, MESSAGES, connection, at, number, price)


def _ratings(
    directory: Directory, channel: str, connection: str, at: datetime, number: str, price: Callable[[Rate], Rated]
) -> tuple[Rated, ...]:
    """The first rating, and each later one that came to something else."""
    asked = [(0, at)] + [(r.number, r.at) for r in directory.ratings if r.covers(channel, connection, at)]
    found: list[Rated] = []
    for place, since in sorted(asked):
        rated = msgspec.structs.replace(_rated(directory, since, channel, connection, at, number, price), rating=place)
        if not found or msgspec.structs.replace(rated, rating=found[-1].rating) != found[-1]:
            found.append(rated)
    return tuple(found)


def _rated(
    directory: Directory,
    since: datetime,
    channel: str,
    connection: str,
    at: datetime,
    number: str,
    price: Callable[[Rate], Rated],
) -> Rated:
    """By the first state of the tariffs, from `since` on, that knows the destination."""
    for book in _books(directory, since):
        found = _rate(book, channel, connection, at, number)
        if found is not None:
            tariff, rate = found
            rated = price(rate)
            amount = Money(amount=rated.amount.amount, currency=tariff.currency) if rated.amount else None
            return msgspec.structs.replace(
                rated,
                tariff=tariff.id,
                tariff_name=tariff.name,
                tariff_version=tariff.version,
                prefix=rate.prefix,
                destination=rate.name,
                connect_fee=rate.connect_fee,
                amount=amount,
            )
    return Rated(unpriced=Unpriced.NO_RATE)


def _books(directory: Directory, since: datetime) -> Iterator[list[Tariff]]:
    """The tariffs as they stood at this instant, then as they stood after each later change."""
    kept: list[tuple[Tariff, datetime | None, datetime | None]]
    kept = [(tariff, tariff.written_at, None) for tariff in directory.tariffs]
    kept += [(past.tariff, past.tariff.written_at, past.until) for past in directory.past_tariffs]
    changes = {at for _, *ends in kept for at in ends if at is not None and at > since}
    for at in (since, *sorted(changes)):
        yield [
            tariff
            for tariff, written, until in kept
            if (written is None or written <= at) and (until is None or at < until)
        ]


def _rate(
    tariffs: Iterable[Tariff], channel: str, connection: str, at: datetime, number: str
) -> tuple[Tariff, Rate] | None:
    """Tariff and rate of a destination.

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
            return tariff, max(matching, key=lambda rate: len(rate.prefix))
    return None


def _precedence(tariff: Tariff) -> tuple[bool, float, str]:
    since = -tariff.valid_from.timestamp() if tariff.valid_from else float("inf")
    return (tariff.connection == "", since, tariff.id)


def _rounded(amount: Decimal, currency: str) -> Money:
    return Money(amount=amount.quantize(_PLACES, rounding=ROUND_HALF_UP), currency=currency)
