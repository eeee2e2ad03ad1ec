"""What became of every miss, worked out from the story alone (features.md W32-W36, N14, metrics.md Call-back SLA).

Slow and plain: each miss is looked at by itself against everything else of its customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .people import ANONYMOUS, Company

WINDOW = timedelta(days=7)
BURST = timedelta(minutes=30)
CYCLE = timedelta(days=30)
TARGET_TALK = timedelta(seconds=30)
SLA = timedelta(minutes=30)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Contact:
    """One call or text with a customer as it is heard. `sent` is whether a text is not known to have failed."""

    record_id: str
    customer: str
    at: datetime
    end: datetime
    channel: str
    direction: str
    outcome: str = ""
    reason: str = ""
    user: str = ""
    number: str = ""
    talk: timedelta = timedelta(0)
    sent: bool = False
    spam: bool = False

    @property
    def missed(self) -> bool:
        return (self.channel, self.direction) == ("call", "inbound") and self.outcome != "answered"


@dataclass(frozen=True)
class Fate:
    """What happened after one miss."""

    miss: Contact
    state: str
    tries: tuple[Contact, ...] = ()
    recovered: Contact | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Case:
    """Misses of one customer in one burst; everything but their number is the first one's."""

    first: Fate
    misses: list[str] = field(default_factory=list)


def cases(contacts: Iterable[Contact]) -> list[Case]:
    """The cases of all customers who showed their number, in order of their first miss."""
    found: list[Case] = []
    for known in _by_customer(contacts).values():
        mine: list[Case] = []
        for miss in (c for c in known if c.missed and not c.spam):
            last = mine[-1].first if mine else None
            if last and miss.at - last.miss.at <= BURST and not (last.closed_at and last.closed_at <= miss.at):
                mine[-1].misses.append(miss.record_id)
            else:
                mine.append(Case(fate(miss, known), [miss.record_id]))
        found += mine
    return sorted(found, key=lambda c: (c.first.miss.at, c.first.miss.record_id))


def fates(contacts: Iterable[Contact]) -> dict[str, Fate]:
    """Record id of every miss that needs a call back -> what happened after it."""
    return {
        miss.record_id: fate(miss, known)
        for known in _by_customer(contacts).values()
        for miss in known
        if miss.missed and not miss.spam
    }


def fate(miss: Contact, known: Sequence[Contact]) -> Fate:
    """Called back, rang again and was answered, was written to, or nothing; a call counts more than a text."""
    until = miss.end + WINDOW
    calls = [c for c in known if c.channel == "call" and c.at <= until]
    tries = [c for c in calls if c.direction == "outbound" and c.at >= miss.end]
    again = [c for c in calls if c.direction == "inbound" and c.outcome == "answered" and c.at > miss.at]
    answered = again[0] if again and not (tries and tries[0].at < again[0].at) else None
    if answered:
        tries = [t for t in tries if t.at < answered.at]
    end = answered.at if answered else until
    texts = [c for c in known if c.channel == "text" and c.direction == "outbound" and c.sent]
    text = next((t for t in texts if miss.end <= t.at <= end), None)
    closing = [c.at for c in (answered or (tries[0] if tries else None), text) if c]
    closed = min(closing, default=None)
    if answered:
        return Fate(miss, "resolved_by_customer", tuple(tries), None, closed)
    if tries:
        reached = any(t.outcome == "answered" for t in tries)
        return Fate(miss, "reached" if reached else "attempted", tuple(tries), tries[0], closed)
    return Fate(miss, "resolved_by_text" if text else "open", (), None, closed)


def labels(contacts: Iterable[Contact]) -> dict[str, frozenset[str]]:
    """Record id of each call and text -> its labels: first ever, heard of lately, worth a sale."""
    found: dict[str, frozenset[str]] = {}
    for known in _by_customer(contacts).values():
        sale: datetime | None = None
        for number, contact in enumerate(known):
            words = set()
            if number == 0:
                words.add("unique")
            elif contact.at - known[number - 1].at <= CYCLE:
                words.add("repeat")
            talked = contact.outcome == "answered" and contact.talk >= TARGET_TALK
            if contact.channel == "call" and talked and (sale is None or contact.at - sale > CYCLE):
                words.add("target")
                sale = contact.at
            if contact.spam:
                words.add("spam")
            found[contact.record_id] = frozenset(words)
    return found


def open_time(company: Company, start: datetime, end: datetime) -> timedelta:
    """How much of a stretch of time falls into open hours, by the clock on the wall."""
    total = timedelta(0)
    day = start.astimezone(company.tz).date()
    while day <= end.astimezone(company.tz).date():
        if day.isoformat() not in company.holidays:
            for opens, closes in company.hours.get(str(day.isoweekday()), ()):
                a = datetime.fromisoformat(f"{day.isoformat()}T{opens}").replace(tzinfo=company.tz)
                b = datetime.fromisoformat(f"{day.isoformat()}T{closes}").replace(tzinfo=company.tz)
                span = min(b.astimezone(start.tzinfo), end) - max(a.astimezone(start.tzinfo), start)
                total += max(span, timedelta(0))
        day += DAY
    return total


def _by_customer(contacts: Iterable[Contact]) -> dict[str, list[Contact]]:
    found: dict[str, list[Contact]] = {}
    for contact in sorted(contacts, key=lambda c: (c.at, c.record_id)):
        if contact.customer not in ("", ANONYMOUS):
            found.setdefault(contact.customer, []).append(contact)
    return found
