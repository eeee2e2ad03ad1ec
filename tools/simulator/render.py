"""The history in the providers' own words: what each of them would post, and when it is ready to.

Bodies and ids follow from the history alone; only the signature knows the time of sending,
because receivers refuse anything that was signed more than five minutes ago. How each provider
words it is in `wire`, how it signs in `signing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit, urlunsplit

from . import signing
from .deals import deals
from .history import Change, History, Span
from .wire import WIRES
from .wire.notice import Notice

LEGACY, STANDARD = signing.OPENPHONE, signing.STANDARD
USER_AGENT = "ringlake-simulator"

__all__ = ["LEGACY", "STANDARD", "Notice", "day_of", "heard_changes", "notices", "request", "talks_of"]


def notices(history: History) -> list[Notice]:
    """Everything that the providers send about a history, in the order of their readiness."""
    found: list[Notice] = []
    lines = {line.id: line for line in history.company.lines}
    for call in history.calls:
        line = lines[call.line]
        found += WIRES[line.sends].calls(history.company, line, call)
    for message in history.messages:
        line = lines[message.line]
        found += WIRES[line.sends].texts(history.company, line, message)
    for row in history.classifier_rows:
        line = lines[row.line]
        found.append(WIRES[line.sends].row(history.company, line, row))
    for deal in deals(history):
        line = lines[deal.line]
        found += WIRES[line.sends].deal(history.company, line, deal)
    found += _presence(history)
    return sorted(found, key=lambda n: (n.at, n.delivery_id))


def request(notice: Notice, url: str, secrets: Sequence[str], now: datetime) -> signing.Request:
    """One attempt at this moment to hand a notice over at this address."""
    parts = urlsplit(url)
    query = "&".join(q for q in (parts.query, notice.query) if q)
    headers = {"user-agent": USER_AGENT, **dict(notice.headers)}
    plain = signing.Request(notice.method, urlunsplit(parts._replace(query=query)), notice.body, headers)
    return signing.signed(notice.scheme, plain, secrets, now, notice.delivery_id)


def _presence(history: History) -> Iterator[Notice]:
    """Each account's day by itself, so that a day is told the same alone and inside a month."""
    company = history.company
    for (account, sends, _), changes in groupby(
        sorted(history.changes, key=lambda c: (c.account, c.sends, day_of(history, c.at), c.at)),
        key=lambda c: (c.account, c.sends, day_of(history, c.at)),
    ):
        told = tuple(changes)
        line = next(x for x in company.lines if x.sends == sends and told[0].person in x.people)
        day = day_of(history, told[0].at)
        talks = [t for t in talks_of(history, told[0].person, sends) if day_of(history, t[0]) == day]
        spans = [t[1] for t in talks] if account.startswith("desk:") else []
        yield from WIRES[sends].presence(company, line, told, spans)


def talks_of(history: History, person: str, sends: str) -> list[tuple[datetime, Span]]:
    """Start of the call and the colleague's part in it, on numbers of one kind of webhooks."""
    lines = {line.id: line for line in history.company.lines}
    return [
        (call.started_at, talk)
        for call in history.calls
        if lines[call.line].sends == sends
        for talk in call.talks
        if talk.person == person
    ]


def day_of(history: History, at: datetime) -> str:
    """The local day of an instant."""
    return at.astimezone(history.company.tz).date().isoformat()


def heard_changes(changes: Sequence[Change], sends: str) -> list[Change]:
    """The changes as far as the provider tells them."""
    change = getattr(WIRES[sends], "heard_change", None)
    return [change(c) for c in changes] if change else list(changes)
