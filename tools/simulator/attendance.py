"""Who was in which status when, worked out from the story alone (features.md R29-R37).

A person's line is looked at piece by piece: between two neighbouring moments at which anything
happens to any account or call of theirs, the highest status counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from .history import Change, History, Span, shown
from .people import Company
from .render import day_of, heard_changes, talks_of
from .wire import WIRES

# First wins (features.md R37).
PRIORITY = ("talking", "online", "dnd", "offline")
DAY = timedelta(days=1)

# One stretch of one status: start, end, status.
Stretch = tuple[datetime, datetime, str]
# (person, local day) -> the day's stretches without gap.
Lines = Mapping[tuple[str, date], Sequence[Stretch]]


def lines(history: History) -> dict[tuple[str, date], list[Stretch]]:
    """The line of everybody whose accounts report, for each local day of the story from their first word on."""
    company = history.company
    accounts = _accounts(history)
    found: dict[tuple[str, date], list[Stretch]] = {}
    for person in {owner for _, _, owner in _owners(company, accounts)}:
        mine = [(name, since_until) for name, since_until, owner in _owners(company, accounts) if owner == person]
        talks = _talks(history, person)
        words = [at for name, (a, b) in mine for at, _ in accounts[name] if a <= at < b]
        for day in history.days:
            start, end = _midnight(company, day), _midnight(company, day + DAY)
            # Where an account changes hands, its last word counts for the new owner too.
            begun = [max(at, a) for name, (a, b) in mine for at, _ in accounts[name] if at < b]
            if words and min(begun) < end:
                found[person, day] = _day(start, end, [(accounts[name], hold) for name, hold in mine], talks)
    return found


def _day(
    start: datetime,
    end: datetime,
    accounts: Sequence[tuple[Sequence[tuple[datetime, str]], tuple[datetime, datetime]]],
    talks: Sequence[tuple[datetime, datetime]],
) -> list[Stretch]:
    moments = {start}
    moments |= {at for changes, _ in accounts for at, _ in changes}
    moments |= {at for _, hold in accounts for at in hold}
    moments |= {at for talk in talks for at in talk}
    edges = sorted(at for at in moments if start <= at < end)
    found: list[Stretch] = []
    for a, b in zip(edges, [*edges[1:], end], strict=True):
        statuses = {"talking"} if any(x <= a < y for x, y in talks) else set()
        for changes, (since, until) in accounts:
            said = [status for at, status in changes if at <= a]
            if said and since <= a < until:
                statuses.add(said[-1])
        status = next((s for s in PRIORITY if s in statuses), "offline")
        if found and found[-1][2] == status:
            found[-1] = (found[-1][0], b, status)
        else:
            found.append((a, b, status))
    return found


def _accounts(history: History) -> dict[tuple[str, str], list[tuple[datetime, str]]]:
    """(account, kind of webhooks) -> its changes of status in time order, as far as they are told and believed."""
    found: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
    days: dict[tuple[str, str, str], list[Change]] = {}
    for change in history.changes:
        days.setdefault((change.account, change.sends, day_of(history, change.at)), []).append(change)
    for (account, sends, day), changes in sorted(days.items()):
        told = sorted(changes, key=lambda c: c.at)
        if getattr(WIRES[sends], "SAYS_TALKING", False):
            talks = [t for at, t in talks_of(history, told[0].person, sends) if day_of(history, at) == day]
            told = [replace(told[0], at=at, status=status) for at, status in shown(told, talks)]
        believed = [
            (c.at, c.status if c.status != "dnd" or c.capable else "online") for c in heard_changes(told, sends)
        ]
        found.setdefault((account, sends), []).extend(believed)
    return {name: sorted(changes) for name, changes in found.items()}


def _owners(
    company: Company, accounts: Mapping[tuple[str, str], object]
) -> list[tuple[tuple[str, str], tuple[datetime, datetime], str]]:
    """Each account with the time in which it is somebody's, and whose."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    found = []
    for name in accounts:
        person = name[0].partition(":")[2]
        heir = company.heir_of(name[0])
        if heir and company.switched:
            found.append((name, (first, company.switched), person))
            found.append((name, (company.switched, last), heir))
        else:
            found.append((name, (first, last), person))
    return found


def _talks(history: History, person: str) -> list[tuple[datetime, datetime]]:
    """When somebody was on the telephone, as far as the calls are told, on numbers of all kinds."""
    company = history.company
    found = []
    for story in history.calls:
        line = company.line(story.line)
        spans: Sequence[Span] = WIRES[line.sends].heard(company, line, story).talks
        found += [(t.start, t.end) for t in spans if t.person == person]
    return found


def _midnight(company: Company, day: date) -> datetime:
    return datetime.combine(day, time(0), company.tz).astimezone(UTC)
