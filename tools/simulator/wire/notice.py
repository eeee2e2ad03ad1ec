"""One delivery before it is signed, and the small words that every provider's writer needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tools.simulator.history import Call, Change, ClassifierRow, History, Message, Ring, Span
from tools.simulator.people import Company, Line

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TEXTS = (
    "Is the 10:00 slot free? 🙂",
    "Danke, bis später!",
    "Your order has shipped.",
    "=1+1 is two",
    "¿Cuánto cuesta?",
)


@dataclass(frozen=True)
class Notice:
    """One delivery before it is signed. `at` is when the provider has it ready to send.

    `scheme` names how it is signed. What is signed may be more than the body: `query` goes into the
    address, behind what the address has already. `headers` are those that the sender always sets.
    """

    connection: str
    scheme: str
    delivery_id: str
    subject: tuple[str, str]
    kind: str
    at: datetime
    body: bytes
    method: str = "POST"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = (("content-type", JSON),)


def digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def happens(share: float, *parts: str) -> bool:
    """A choice of the provider that belongs to the call, not to the run of the generator."""
    return int(digest(*parts)[:8], 16) < share * 0x1_0000_0000


def number_of(*parts: str, digits: int) -> int:
    """A number of exactly so many digits that belongs to the call."""
    low = int(10 ** (digits - 1))
    return low + int(digest(*parts)[:15], 16) % (9 * low)


def iso(at: datetime | None) -> str | None:
    """UTC with milliseconds and Z."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wall(at: datetime, zone: ZoneInfo, *, milliseconds: bool = False) -> str:
    """The account's clock without an offset, as `YYYY-MM-DD HH:MM:SS`."""
    local = at.astimezone(zone).replace(tzinfo=None)
    return local.isoformat(" ", "milliseconds" if milliseconds else "seconds")


def whole(at: datetime) -> datetime:
    """An instant cut to its second."""
    return at.replace(microsecond=0)


def seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


def cut(call: Call) -> Call:
    """The call by a clock that only knows whole seconds."""
    return timed(call, whole)


def by_the_wall(call: Call, zone: ZoneInfo) -> Call:
    """The call by a clock without an offset: what happened in the first of two equal hours, in the night when
    clocks go back, cannot be told from the second, and whoever hears of it days later takes the later one.
    """
    wall = call.started_at.astimezone(zone).replace(fold=1)
    late = wall.astimezone(UTC) - call.started_at
    return timed(call, lambda at: at + late) if late else call


def timed(call: Call, heard: Callable[[datetime], datetime]) -> Call:
    """The call with every moment of it as it is heard."""

    def spans(found: tuple[Span, ...]) -> tuple[Span, ...]:
        return tuple(replace(x, start=heard(x.start), end=heard(x.end)) for x in found)

    return replace(
        call,
        started_at=heard(call.started_at),
        ended_at=heard(call.ended_at),
        menu_from=call.menu_from and heard(call.menu_from),
        queued_at=call.queued_at and heard(call.queued_at),
        rings=tuple(replace(r, start=heard(r.start), end=heard(r.end)) for r in call.rings),
        talks=spans(call.talks),
        holds=spans(call.holds),
        voicemail_from=call.voicemail_from and heard(call.voicemail_from),
    )


# No program dials anybody in the very millisecond in which a call comes in.
DIALS_AFTER = timedelta(milliseconds=120)


def dialled(call: Call) -> Call:
    """The call where a program dials the colleagues: each rings a moment after the customer's line is there."""
    if call.direction == "outbound":
        return call
    first = call.started_at + DIALS_AFTER
    return replace(call, rings=tuple(replace(r, start=max(r.start, first)) for r in call.rings))


def nameless(call: Call) -> Call:
    """The call where nobody of ours is named."""
    return replace(
        call,
        person="",
        rings=(),
        talks=tuple(replace(t, person="") for t in call.talks),
    )


def compact(value: Any) -> bytes:
    """A JSON body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def form(fields: Mapping[str, object]) -> bytes:
    """A form body; everything is text, None is empty."""
    return urlencode({name: "" if value is None else str(value) for name, value in fields.items()}).encode()


def bare(number: str) -> str:
    """A number without its plus, as several providers write it."""
    return number.removeprefix("+")


def text_of(message: Message) -> str:
    return TEXTS[int(digest(message.id)[:4], 16) % len(TEXTS)]


def talk_s(call: Call) -> int:
    return seconds(call.answered_at, call.ended_at) if call.answered_at else 0


def voicemail_s(call: Call) -> int:
    return seconds(call.voicemail_from, call.ended_at) if call.voicemail_from else 0


__all__ = [
    "FORM",
    "JSON",
    "TEXTS",
    "Call",
    "Change",
    "ClassifierRow",
    "Company",
    "History",
    "Line",
    "Message",
    "Notice",
    "Ring",
    "Span",
    "bare",
    "by_the_wall",
    "compact",
    "cut",
    "dialled",
    "digest",
    "form",
    "happens",
    "iso",
    "nameless",
    "number_of",
    "seconds",
    "talk_s",
    "text_of",
    "timed",
    "voicemail_s",
    "wall",
    "whole",
]
