"""Times of providers that tell local time without an offset, and of moments that they do not time.

Two kinds of senders need this: templates whose date format the customer chooses (Ringostat,
Novofon 2.0), and PBX notifications that name the start of the call and its length but not when a
phone rang or was picked up. For those our reception stands in, as long as it can be true: a wrong
zone or a delivery that comes hours later would otherwise make hours of ringing (docs/adr/0023).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringlake.errors import Unreadable
from ringlake.model.directory import Connection

from .values import instant

# A webhook follows its moment by seconds; menu, queue and ringing may go before it. Less than the
# half hour by which the smallest usual error of a zone would move a clock.
PATIENCE = timedelta(minutes=20)
# Clocks of two houses, and durations that were rounded up.
SKEW = timedelta(seconds=3)
# Other spellings of date and time than ISO 8601; the day comes before the month wherever a dot parts them.
PATTERNS = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y.%m.%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z",
)


def zone_of(connection: Connection) -> tzinfo:
    """Zone of the provider account. Raises `Unreadable` when the setting is none."""
    try:
        return ZoneInfo(connection.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise Unreadable("connection.zone", "not an IANA zone") from None


def local(value: object, zone: tzinfo, *, until: datetime | None = None, pattern: str = "") -> datetime | None:
    """A clock in UTC: by the customer's own `pattern` (of strptime), else as `values.instant` reads it, else by
    one of `PATTERNS`. None when it is no time.

    A local time that exists twice, in the night when clocks go back, is the first of both; with `until`,
    the time by which it had happened, it is the later one that can be.
    """
    stated = _patterned(value, (pattern,)) if pattern else None
    found = instant(value, zone) if stated is None else None
    if found is None:
        stated = stated or _patterned(value, PATTERNS)
        found = instant((stated if stated.tzinfo else stated.replace(tzinfo=zone)).isoformat()) if stated else None
    if found is None or until is None:
        return found
    again = found.astimezone(zone).replace(fold=1).astimezone(UTC)
    if not found < again <= until + SKEW:
        return found
    return again if _is_naive(value, stated) else found


def _patterned(value: object, patterns: Sequence[str]) -> datetime | None:
    if not isinstance(value, str):
        return None
    for pattern in patterns:
        try:
            return datetime.strptime(value.strip(), pattern)  # noqa: DTZ007 - `local` puts the zone on
        except ValueError:
            continue
    return None


def _is_naive(value: object, stated: datetime | None) -> bool:
    """Whether a text that was read names a local time: no offset, no epoch number."""
    if stated is not None:
        return stated.tzinfo is None
    try:
        return isinstance(value, str) and datetime.fromisoformat(value.strip()).tzinfo is None
    except ValueError:
        return False


class Span(NamedTuple):
    """When a finished call was answered and ended, as well as its closing event tells."""

    answered: datetime | None
    ended: datetime | None


def during(start: datetime | None, received_at: datetime) -> datetime | None:
    """Time of a moment within a call that the provider reports without one.

    None, which the fold reads as our reception, where that can be true; else the start of the call,
    the only clock that the provider gave.
    """
    if start is None or start - SKEW <= received_at <= start + PATIENCE:
        return None
    return start


def closing(start: datetime | None, talk_s: int, received_at: datetime) -> Span:
    """An answered call of which only start and talk are told: it ended when we heard of it, if that can be
    true, and was answered its talk before. Else it was answered at its start.
    """
    talk = timedelta(seconds=talk_s)
    if start is None:
        return Span(received_at - talk, received_at)
    if start + talk - SKEW <= received_at <= start + talk + PATIENCE:
        answered = max(start, received_at - talk)
        return Span(answered, answered + talk)
    return Span(start, start + talk)


def seconds(value: Any) -> float | None:
    """A duration as seconds (`185`, `185.2`) or clock (`03:05`, `00:03:05`); None for everything else, also
    for negative ones, which stand for unknown.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if 0 <= value < _LONGEST_S else None
    parts = str(value).strip().split(":")
    if not all(p.replace(".", "", 1).isdigit() and p.isascii() and len(p) < 12 for p in parts) or len(parts) > 3:
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return total if total < _LONGEST_S else None


# A month: what is longer is no call.
_LONGEST_S = 31 * 86_400
