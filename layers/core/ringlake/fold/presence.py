"""Presence: what accounts said becomes one gap-free line per person (features.md R29-R37). Pure.

* At each instant the highest status over all accounts of the person counts: talking, online, dnd,
  offline (R36, R37). Where no account says anything, the person is offline (R33).
* A status holds until the account says something else, across midnight and weekends, but not for
  more than `CARRIED`: of an account that is silent that long nothing is known any more.
* An account speaks for the person whose it is at that instant (`Account.since`, `until`), and for
  itself while it is nobody's.
* Who is on the telephone is talking, whatever the accounts say; the legs of calls tell so where a
  connection does not report `talking` by itself.
* A line covers whole local days: from the midnight before the first word to the midnight after the
  last. So each day of a person has its real length, 23 and 25 hours included (R32), or no line at
  all: who never reports a status is unknown, not offline.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ringlake.model.base import Model, utc
from ringlake.model.directory import Connection, Directory, User
from ringlake.model.facts import PresenceFact, PresenceStatus
from ringlake.model.localtime import midnight
from ringlake.model.presence import Interval, Line, LineId, PresenceRecord, heard_as, in_wrap_up, whole_seconds
from ringlake.model.subjects import Subject, presence_account

from .facts import as_states, when

# For this long a status holds without a word of the account. Longer than any holiday, shorter than
# for ever: an integration that was switched off must not leave people online.
CARRIED = timedelta(days=31)
# First wins (features.md R37).
PRIORITY: tuple[PresenceStatus, ...] = (
    PresenceStatus.TALKING,
    PresenceStatus.ONLINE,
    PresenceStatus.DND,
    PresenceStatus.OFFLINE,
)
_RANK = {status: len(PRIORITY) - place for place, status in enumerate(PRIORITY)}
_DAY = timedelta(days=1)
_MS = timedelta(milliseconds=1)


# --- one account on one day


def fold_presence(
    subject: Subject, provider: str, facts: Sequence[PresenceFact], directory: Directory, *, part_of: str = ""
) -> PresenceRecord:
    """The record of one account and UTC day. `directory` and `part_of` are there for the common signature."""
    del directory, part_of
    states = as_states(facts)
    account, day = presence_account(subject.id)
    flags = {
        "no_provider_time": any(s.at is None for s in states),
        "other_day": any(utc(when(s)).date() != day for s in states),
    }
    return PresenceRecord(
        record_id=subject.record_id,
        workspace=subject.workspace,
        connection=subject.connection,
        provider=provider,
        provider_id=subject.id,
        account=next((s.account for s in reversed(states) if s.account), account),
        day=day,
        started_at=utc_midnight(day),
        facts=states,
        flags=tuple(sorted(name for name, holds in flags.items() if holds)),
    )


class Change(NamedTuple):
    """From `at` on the account has this status. `user` is the provider's id of the person, if it names one."""

    at: datetime
    status: PresenceStatus
    raw: str
    user: str


def changes(record: PresenceRecord, connection: Connection) -> tuple[Change, ...]:
    """The changes of an account on its day, as they count."""
    first = utc_midnight(record.day)
    last = first + _DAY - _MS
    return tuple(
        Change(min(max(when(f), first), last), heard_as(f.status, f.device, connection), f.raw, f.user_id)
        for f in record.facts
    )


class Channel(Model, frozen=True, kw_only=True):
    """One account with its changes in time order; those before a window are its carry-over.

    `key` is the account's id in our keys, `account` the provider's name of it.
    """

    connection: str
    key: str
    account: str
    changes: tuple[Change, ...]


class Talk(NamedTuple):
    """A person's part in a call, from answer to end; `end` None while it lasts."""

    record_id: str
    connection: str
    start: datetime
    end: datetime | None


# --- whose account it was


class _Link(NamedTuple):
    user: User
    since: datetime | None
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


class Links:
    """Whose an account was at any time, from a directory. A user who was deleted owns nothing from then on."""

    def __init__(self, directory: Directory) -> None:
        self._users = {user.id: user for user in directory.users}
        self._links: dict[tuple[str, str], list[_Link]] = defaultdict(list)
        self._edges: dict[tuple[str, tuple[str, ...]], list[datetime]] = {}
        for user in directory.users:
            for account in user.accounts:
                ends = [at for at in (account.until, user.deleted_at) if at is not None]
                link = _Link(user, account.since, min(ends, default=None))
                self._links[account.connection, account.id].append(link)

    def user(self, user_id: str) -> User | None:
        return self._users.get(user_id)

    def owner(self, connection: str, names: Iterable[str], at: datetime) -> str:
        """Id of the user whose the account is; the first name that is somebody's decides. "" is nobody."""
        for name in names:
            for link in self._links.get((connection, name), ()):
                if link.holds(at):
                    return link.user.id
        return ""

    def owners(self, connection: str, names: Iterable[str]) -> set[str]:
        """Everybody whose the account was, is or will be."""
        return {link.user.id for name in names for link in self._links.get((connection, name), ())}

    def edges(self, connection: str, names: tuple[str, ...]) -> list[datetime]:
        """Instants at which the account changes hands."""
        known = self._edges.get((connection, names))
        if known is None:
            bounds = (at for name in names for link in self._links.get((connection, name), ()) for at in link[1:])
            known = self._edges[connection, names] = sorted({utc(at) for at in bounds if at is not None})
        return known


def names_of(record: PresenceRecord) -> set[str]:
    """All names under which the account may be somebody's: the provider's and ours of the account, and those of
    the people it names.
    """
    key, _ = presence_account(record.provider_id)
    return {key, record.account, *(f.user_id for f in record.facts)} - {""}


# --- the lines of one UTC day


class _Stretch(NamedTuple):
    start: datetime
    end: datetime
    status: PresenceStatus
    raw: str
    connection: str
    call: str = ""


class _Begin(NamedTuple):
    """Where a status of the one line begins, with the word behind it and the calls it was taken from."""

    at: datetime
    status: PresenceStatus
    raw: str
    calls: set[str]


def lines(
    channels: Iterable[Channel],
    talks: Mapping[str, Sequence[Talk]],
    links: Links,
    day: date,
    zone: ZoneInfo,
    *,
    lasts: bool = False,
) -> list[Line]:
    """The lines of a UTC day of everybody whom these channels speak for.

    A channel needs the last change before the local days that touch `day`, and all changes from there
    to the end of the day after. `talks` are by user id. With `lasts` the day is not over: the last
    interval then has no end, and is not cut at a local midnight that it has not reached.
    """
    spans = local_spans(day, zone)
    said: dict[LineId, list[_Stretch]] = defaultdict(list)
    accounts: dict[LineId, str] = {}
    for channel in channels:
        for owner, stretch in _owned(channel, links, spans[0][0], spans[-1][1]):
            line = LineId(user_id=owner) if owner else LineId(connection=channel.connection, key=channel.key)
            said[line].append(stretch)
            accounts[line] = "" if owner else channel.account
    start = utc_midnight(day)
    found = []
    for line, stretches in sorted(said.items()):
        covered = [(a, b) for a, b in spans if any(s.start < b and a < s.end for s in stretches)]
        mine = _of_user(talks.get(line.user_id, ()), links.user(line.user_id))
        all_said = [*stretches, *_talking(stretches, mine, start, start + _DAY)]
        intervals = [
            interval
            for a, b in _blocks(covered, start, start + _DAY)
            for interval in _intervals(merged(all_said, a, b), b, lasts=lasts and b == start + _DAY)
        ]
        cut = tuple(_cut(intervals, [a for a, _ in spans]))
        if cut:
            found.append(Line(id=line, account=accounts[line], intervals=cut))
    return found


def merged(stretches: Iterable[_Stretch], start: datetime, end: datetime) -> list[_Begin]:
    """The one line over [start, end): where each status begins, and where work after a call begins and ends."""
    waiting = sorted(stretches)
    edges = sorted({start, *(at for s in waiting for at in s[:2] if start < at < end)})
    found: list[_Begin] = []
    active: list[_Stretch] = []
    begun = 0
    for at in edges:
        while begun < len(waiting) and waiting[begun].start <= at:
            active.append(waiting[begun])
            begun += 1
        active = [s for s in active if s.end > at]
        best = max(active, key=_weight, default=None)
        status, raw = (best.status, best.raw) if best else (PresenceStatus.OFFLINE, "")
        last = found[-1] if found else None
        if last is None or last.status is not status or in_wrap_up(status, last.raw) != in_wrap_up(status, raw):
            found.append(_Begin(at, status, raw, set()))
        found[-1].calls.update(s.call for s in active if s.call)
    return found


def _weight(stretch: _Stretch) -> tuple[int, bool, datetime, str]:
    """Of equal statuses work after a call tells most, then what was said last."""
    return _RANK[stretch.status], in_wrap_up(stretch.status, stretch.raw), stretch.start, stretch.raw


def _owned(channel: Channel, links: Links, start: datetime, end: datetime) -> Iterator[tuple[str, _Stretch]]:
    """What the channel says within [start, end), cut where the account changes hands, each with its owner."""
    for change, following in zip(channel.changes, [*(c.at for c in channel.changes[1:]), None], strict=False):
        until = min(end, change.at + CARRIED, following or end)
        since = max(start, change.at)
        if since >= until:
            continue
        names = tuple(n for n in (change.user, channel.account, channel.key) if n)
        edges = [at for at in links.edges(channel.connection, names) if since < at < until]
        for a, b in zip([since, *edges], [*edges, until], strict=True):
            if a < b:
                owner = links.owner(channel.connection, names, a)
                yield owner, _Stretch(a, b, change.status, change.raw, channel.connection)


def _of_user(talks: Iterable[Talk], user: User | None) -> list[Talk]:
    """Calls are a user's also after the deletion (demands.md D72); the line is not."""
    ended = user.deleted_at if user else None
    return [talk for talk in talks if ended is None or talk.start < ended]


def _talking(
    stretches: Iterable[_Stretch], talks: Iterable[Talk], start: datetime, end: datetime
) -> Iterator[_Stretch]:
    """The talks of connections that do not say `talking` themselves on this day."""
    saying = {s.connection for s in stretches if s.status is PresenceStatus.TALKING and s.start < end and start < s.end}
    for talk in talks:
        ended = talk.end or max(end, talk.start)
        if talk.connection not in saying and talk.start < ended:
            yield _Stretch(talk.start, ended, PresenceStatus.TALKING, "", talk.connection, talk.record_id)


def _blocks(
    covered: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The covered local days within the UTC day, neighbours joined."""
    held: tuple[datetime, datetime] | None = None
    for a, b in ((max(a, start), min(b, end)) for a, b in covered):
        if a >= b:
            continue
        if held and held[1] == a:
            held = (held[0], b)
            continue
        if held:
            yield held
        held = (a, b)
    if held:
        yield held


def _intervals(found: Sequence[_Begin], end: datetime, *, lasts: bool) -> Iterator[Interval]:
    for begin, following in zip(found, [*(f.at for f in found[1:]), None], strict=True):
        yield Interval(
            status=begin.status,
            started_at=begin.at,
            ended_at=following or (None if lasts else end),
            raw=begin.raw,
            calls=tuple(sorted(begin.calls)),
        )


def _cut(intervals: Iterable[Interval], edges: Sequence[datetime]) -> Iterator[Interval]:
    """Intervals that have ended, cut at these instants."""
    for interval in intervals:
        ended = interval.ended_at
        if ended is None:
            yield interval
            continue
        inside = [at for at in edges if interval.started_at < at < ended]
        for a, b in zip([interval.started_at, *inside], [*inside, ended], strict=True):
            yield msgspec.structs.replace(interval, started_at=a, ended_at=b)


# --- days


def utc_midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)


def local_spans(day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The local days that touch a UTC day, as UTC instants [begin, end), in order."""
    start = utc_midnight(day)
    found = []
    for shift in (-1, 0, 1, 2):
        local = day + shift * _DAY
        a, b = midnight(local, zone), midnight(local + _DAY, zone)
        if a < b and a < start + _DAY and start < b:
            found.append((a, b))
    return found


# --- what is read from a line


def seconds(intervals: Iterable[Interval], until: datetime | None = None) -> dict[PresenceStatus, int]:
    """Seconds in each status (R29). What has not ended counts to `until`, and not at all without one."""
    found = dict.fromkeys(PRIORITY, 0)
    for interval in intervals:
        ended = interval.ended_at or until
        if ended is not None and ended > interval.started_at:
            found[interval.status] += whole_seconds(interval.started_at, ended)
    return found


def joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The line without the cuts at midnights: neighbours of one status become one (D70, shifts unsplit)."""
    found: list[Interval] = []
    for following in sorted(intervals, key=lambda i: i.started_at):
        last = found[-1] if found else None
        if last and last.ended_at == following.started_at and last.status is following.status:
            calls = tuple(sorted({*last.calls, *following.calls}))
            found[-1] = msgspec.structs.replace(last, ended_at=following.ended_at, calls=calls)
        else:
            found.append(following)
    return tuple(found)


def by_local_day(intervals: Iterable[Interval], zone: ZoneInfo) -> dict[date, tuple[Interval, ...]]:
    """A line cut into local days, for views of one day (R33, R34). What lasts stays on the day it began."""
    found: dict[date, list[Interval]] = defaultdict(list)
    for interval in intervals:
        edges = []
        if interval.ended_at is not None:
            first = interval.started_at.astimezone(zone).date()
            days = range(1, (interval.ended_at.astimezone(zone).date() - first).days + 1)
            edges = [midnight(first + n * _DAY, zone) for n in days]
        for part in _cut([interval], edges):
            found[part.started_at.astimezone(zone).date()].append(part)
    return {day: tuple(parts) for day, parts in sorted(found.items())}


class Shift(Model, frozen=True, kw_only=True):
    """One stretch of work across midnights: first and last activity, and what it was made of (D70)."""

    started_at: datetime
    ended_at: datetime | None
    intervals: tuple[Interval, ...]


def shifts(intervals: Iterable[Interval], pause: timedelta = timedelta(hours=1)) -> tuple[Shift, ...]:
    """The shifts of a line: offline for less than `pause` is a break within one, everything longer parts two."""
    groups: list[list[Interval]] = []
    away: Interval | None = None
    for interval in joined(intervals):
        if interval.status is PresenceStatus.OFFLINE:
            away = interval
            continue
        short = away is not None and away.ended_at is not None and away.ended_at - away.started_at < pause
        follows = bool(groups) and _touches(groups[-1][-1], away if short and away else interval)
        if follows:
            groups[-1] += [away, interval] if short and away else [interval]
        else:
            groups.append([interval])
        away = None
    return tuple(Shift(started_at=g[0].started_at, ended_at=g[-1].ended_at, intervals=tuple(g)) for g in groups)


def _touches(before: Interval, after: Interval) -> bool:
    return before.ended_at == after.started_at
