"""Quotes that followed calls: on the numbers of the company's own telephone system, whose programs tell them.

A deal belongs to its call, not to the run of the generator, so a day is told the same alone and inside a month. Nothing
follows a late call, so that a day's deals are over before the day is; nor the calls that a board is watching now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .history import Call, History
from .people import PBX
from .wire.notice import digest, happens

# Share of calls with a talk that end in a quote, and what becomes of quotes.
QUOTED, ORDERED, LOST = 0.45, 0.5, 0.2
BRANDS = ("Bosch", "Siemens", "Miele", "")
LATEST_HOUR = 19


class Fate(StrEnum):
    OPEN = "open"
    ORDERED = "ordered"
    LOST = "lost"


@dataclass(frozen=True)
class Deal:
    """A quote made after `call` by `person`; `settled_at` is when it was ordered or lost. Amounts are in cents."""

    id: str
    call: str
    line: str
    person: str
    brand: str
    cents: int
    quoted_at: datetime
    fate: Fate
    settled_at: datetime | None


def deals(history: History) -> tuple[Deal, ...]:
    """Every deal of a history, in the order of its calls."""
    lines = {line.id for line in history.company.lines if line.sends == PBX}
    zone = history.company.tz
    return tuple(
        _deal(call)
        for call in history.calls
        if call.line in lines
        and call.talks
        and call.started_at.astimezone(zone).date() in history.days
        and call.started_at.astimezone(zone).hour < LATEST_HOUR
        and happens(QUOTED, call.id, "quote")
    )


def _deal(call: Call) -> Deal:
    chance = int(digest(call.id, "deal")[:12], 16)
    quoted = call.ended_at + timedelta(seconds=60 + chance % 1_200)
    fate = Fate.OPEN
    if happens(ORDERED, call.id, "order"):
        fate = Fate.ORDERED
    elif happens(LOST, call.id, "lost"):
        fate = Fate.LOST
    return Deal(
        id=f"q-{call.id}",
        call=call.id,
        line=call.line,
        person=call.talks[-1].person,
        brand=BRANDS[chance % len(BRANDS)],
        cents=4_900 + chance % 90_000,
        quoted_at=quoted,
        fate=fate,
        settled_at=None if fate is Fate.OPEN else quoted + timedelta(minutes=10 + chance % 110),
    )
