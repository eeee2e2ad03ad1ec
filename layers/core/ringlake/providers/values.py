"""Tolerant readers for what providers send: absent, null and text-for-number are all usual.

Every reader takes the value and the path of its field (`data.call.id`). What cannot be a
statement at all raises `Unreadable` with that path; what is merely absent or garbled gives
None or "", so that one bad clock does not cost the rest of an event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from ringlake.errors import Unreadable
from ringlake.model.money import Money

# A key of DynamoDB holds 1,024 bytes; ids above half of that are no ids of any provider we know.
MAX_ID_BYTES = 512
# Outside these years a provider's clock says nothing: 1970 is a zero, 2100 an overflow.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"[0-9]{1,30}(\.[0-9]{1,9})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_SCORE, _MOST_SCORE = Decimal("0.0001"), Decimal(10) ** 6
# From here on an epoch number counts milliseconds: as seconds it would be the year 5138.
_MILLISECONDS_FROM = 100_000_000_000


def document(body: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    The fast strict decoder first; texts that were cut inside an emoji (a lone surrogate escape)
    and a byte-order mark are legal enough to be worth the slow one.
    """
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise Unreadable("body", "not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("body", "not a JSON object")
    return found


def mapping(value: object, field: str) -> dict[str, Any]:
    """An object; absent and null are an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(field, "not an object")
    return value


def items(value: object, field: str) -> list[Any]:
    """A list; absent and null are an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(field, "not a list")
    return value


def text(value: object, field: str) -> str:
    """Text; absent and null are "". Whole numbers become their exact digits (ids of 16 and more digits)."""
    if value is None:
        return ""
    if isinstance(value, str):
        # Half an emoji cannot be written as UTF-8 anywhere further on.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return _exact(value, field)
    raise Unreadable(field, "not text")


def identifier(value: object, field: str) -> str:
    """An id: text or whole number, not empty, short enough for a key, without control characters."""
    if isinstance(value, str):
        found = value
    elif isinstance(value, int) and not isinstance(value, bool):
        found = _exact(value, field)
    elif value is None:
        raise Unreadable(field, "missing")
    else:
        raise Unreadable(field, "not an id")
    if not found:
        raise Unreadable(field, "empty")
    try:
        size = len(found) if found.isascii() else len(found.encode())
    except UnicodeEncodeError:
        raise Unreadable(field, "not UTF-8") from None
    if size > MAX_ID_BYTES:
        raise Unreadable(field, "too long")
    if not found.isprintable():
        raise Unreadable(field, "control character")
    return found


def texts(value: object, field: str) -> tuple[str, ...]:
    """One text or a list of texts, empty ones left out."""
    entries = value if isinstance(value, list) else [value]
    return tuple(t for t in (text(entry, f"{field}[]").strip() for entry in entries) if t)


def instant(value: object, zone: tzinfo = UTC) -> datetime | None:
    """A provider's clock in UTC: ISO 8601 with offset or naive (then in `zone`), epoch seconds or
    milliseconds as number or text. None when absent or when it cannot be a time of a call.
    """
    if isinstance(value, str):
        value = value.strip()
        if _DIGITS.fullmatch(value):
            return _epoch(float(value))
        return _iso(value, zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    return None


def whole(value: object, field: str) -> int | None:
    """Whole seconds or a count, as number or text; None when absent, garbled or negative."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = value.strip()
        if not _DIGITS.fullmatch(value):
            return None
        value = float(value)
    if isinstance(value, int | float):
        return int(value) if 0 <= value <= 2**53 else None
    raise Unreadable(field, "not a number")


def flag(value: object) -> bool | None:
    """True, false, or None for everything else: unknown is not false."""
    return value if isinstance(value, bool) else None


def money(value: object, field: str) -> Money | None:
    """`{amount, currency}` as decimal and ISO 4217 code; None when absent (unknown cost is not 0)."""
    if value is None:
        return None
    parts = mapping(value, field)
    raw, currency = parts.get("amount"), parts.get("currency")
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise Unreadable(f"{field}.amount", "not a decimal")
    try:
        amount = Decimal(str(raw))
    except InvalidOperation:
        raise Unreadable(f"{field}.amount", "not a decimal") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 12:
        raise Unreadable(f"{field}.amount", "out of range")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise Unreadable(f"{field}.currency", "not an ISO 4217 code")
    return Money(amount=amount, currency=currency.upper())


def score(value: object) -> Decimal | None:
    """A customer's score on whatever scale, as number or text; None when absent or garbled."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = Decimal(str(value).strip()[:32])
        return found.quantize(_SCORE) if found.is_finite() and abs(found) < _MOST_SCORE else None
    except InvalidOperation:
        return None


def choice[T](value: object, table: Mapping[str, T]) -> T | None:
    """A word of a provider through its table, whatever its case; None for words the table does not know."""
    return table.get(value.strip().lower()) if isinstance(value, str) else None


def _exact(value: int, field: str) -> str:
    try:
        return str(value)
    except ValueError:  # the interpreter refuses to print integers of thousands of digits
        raise Unreadable(field, "too long") from None


def _epoch(value: float) -> datetime | None:
    try:
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        return _plausible(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return None


def _iso(value: str, zone: tzinfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        return _plausible(found.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _plausible(found: datetime) -> datetime | None:
    return found if _FIRST <= found < _LAST else None
