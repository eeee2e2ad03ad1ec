"""Presence in the lake: the lines of everybody whose accounts report a status (features.md R29-R37).

The roll-up's part for records of presence. A day's rows of a person follow from what their accounts
said (records), whose the accounts were (directory), who talked (the day's rows in `legs`) and
whether the day is over. What is needed to find the records stands in trails, which only ever gain:

* `<workspace>#presence`: the accounts that report, one entry for each name that may be somebody's;
* `<workspace>#presence#<connection>#<account>`: the UTC days on which an account said something.

Why runs at once, a repeat, or a crash leave the right rows: everything, the clock too, is read after
the etag of the object that it goes into, and the object is written only if it is still that one. So
whoever writes last has read last. Legs are looked at again after the write, because whoever changes
them derives the line afterwards.

A change reaches to the next day on which the account says something; and back to the local midnight
before it, which is seen by rows that begin with the UTC day and did not before (the day before is
written first, so that a crash in between leaves that to be seen again).
What reaches further is marked by keys without a record, and done a month at a time:
`everyone/<day>` when days have gone by, `user:<id>/<day>` and `account:<digest>/<day>` when it was
decided anew whose an account was.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from ringlake.errors import Conflict
from ringlake.fold.presence import (
    CARRIED,
    Channel,
    Links,
    Talk,
    changes,
    lines,
    names_of,
)
from ringlake.metrics.presence import presence_rows
from ringlake.model.arrow import kernels
from ringlake.model.base import Model, utc
from ringlake.model.directory import Account, Connection, Directory, User
from ringlake.model.presence import LineId, PresenceRecord
from ringlake.model.subjects import Subject, SubjectKind, presence_account
from ringlake.model.tables import CALLS, LEGS, PRESENCE
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.lake import Lake, Stored, as_rows, from_parquet, merged, to_parquet
from ringlake.stores.records import Loaded, Records
from ringlake.stores.trails import Trails

# Roll-ups that keep losing the race for one object give way; the mark brings the work back.
ATTEMPTS = 8
# Days that a mark without a record is done for at a time; the rest is marked before.
CHUNK = 31
# A day's lines need the account's last five days with a word: the day after, the day, two before whose
# ends belong to its local days (25 hours), and one that carries over.
NEEDED = 5
_DAY = timedelta(days=1)
_LONGEST = CARRIED + 2 * _DAY
_EVERYONE = "everyone"


class Reporter(Model, frozen=True, kw_only=True):
    """An account that reports its status, with one of the names under which it may be somebody's."""

    connection: str
    key: str
    name: str


class Word(Model, frozen=True, kw_only=True):
    """That an account said something on the day of its place; what, its record knows."""


class _Talks(NamedTuple):
    """Who talked on calls of one UTC day, by user; and the etags of what that was read from."""

    etags: tuple[str | None, str | None]
    of: Mapping[str, Sequence[Talk]]


class _Mark(NamedTuple):
    """What a marked key asks for; `lines` None is everybody. A record reaches until its account says something
    again, and into the day on which it does.
    """

    lines: frozenset[LineId] | None
    first: date
    last: date


# --- asking for more than a record's own days


def _mark_key(workspace: str, whose: str, day: date) -> str:
    return Subject(workspace=workspace, kind=SubjectKind.PRESENCE, connection="", id=f"{whose}/{day.isoformat()}").key


def _account_mark(connection: str, name: str) -> str:
    """An account's name may be a person's, and keys hold nothing personal."""
    return f"account:{hashlib.sha256(f'{connection}\0{name}'.encode()).hexdigest()[:32]}"


def rederive(workspace: str, person: str, from_day: date, records: Records) -> None:
    """Have the line of a user, and of the accounts that are theirs, derived again from a UTC day on.

    The next roll-up does it. Raises `Unavailable`.
    """
    records.mark(workspace, [_mark_key(workspace, f"user:{person}", from_day)])


def rederive_account(workspace: str, connection: str, account: str, from_day: date, records: Records) -> None:
    """The same for an account, by its provider's name, and whoever it is, was or will be."""
    records.mark(workspace, [_mark_key(workspace, _account_mark(connection, account), from_day)])


def rederive_everyone(workspace: str, from_day: date | None, records: Records) -> None:
    """The same for everybody, from the first day on when none is named: what decides about all lines has changed
    (zone, whose do-not-disturb counts).
    """
    records.mark(workspace, [_mark_key(workspace, _EVERYONE, from_day or _eve(None))])


def relinked(workspace: str, before: User | None, after: User | None, records: Records) -> None:
    """Have lines derived again after a user was changed, as far as it matters whose which account is.

    To be called after the change was stored. Raises `Unavailable`.
    """
    old, new = _accounts(before), _accounts(after)
    ends = {user.deleted_at for user in (before, after) if user}
    days: dict[tuple[str, str], date] = {}
    for account in (old | new) if len(ends) > 1 else (old ^ new):
        whose = account.connection, account.id
        reach = [] if account in old and account in new else [account.since]
        reach += ends - {None} if len(ends) > 1 else ()
        first = min(map(_eve, reach))
        days[whose] = min(first, days.get(whose, first))
    for (connection, account_id), day in sorted(days.items()):
        rederive_account(workspace, connection, account_id, day, records)
    lost = {(a.connection, a.id) for a in old} - {(a.connection, a.id) for a in new}
    if before and lost:
        rederive(workspace, before.id, min(days[whose] for whose in lost), records)


def _accounts(user: User | None) -> frozenset[Account]:
    return frozenset(user.accounts) if user else frozenset()


def _eve(at: datetime | None) -> date:
    """The first UTC day that a change at this instant can reach; without bound everything."""
    return date(1970, 1, 1) if at is None else utc(at).date() - 2 * _DAY


# --- the roll-up's part


class Presence:
    """One run's work over one workspace."""

    def __init__(
        self,
        workspace: str,
        records: Records,
        trails: Trails,
        lake: Lake,
        directory: DirectoryStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._id = workspace
        self._records = records
        self._trails = trails
        self._lake = lake
        self._store = directory
        self._clock = clock
        self._marks: dict[str, _Mark] = {}
        # Lines to be derived by day; None is everybody.
        self._wanted: dict[date, set[LineId] | None] = {}
        self._read: dict[date, _Talks] = {}
        self._links: Links | None = None
        self.objects = 0

    def turn(self) -> None:
        """When a UTC day began since the last complete run, everybody's lines are closed and opened again.

        The watermark is set only after a complete run, so days that were missed are caught up.
        """
        last = self._store.watermark(self._id)
        if last is not None and utc(last).date() < self._today and self._reporters():
            rederive_everyone(self._id, utc(last).date(), self._records)

    def take(self, rows: Sequence[Loaded]) -> None:
        """Note who reports, and when; read what the marks ask for.

        The directory is read after the marks, which are set after it was changed.
        """
        self._links = None
        known = {(r.connection, r.key, r.name) for r in self._reporters()}
        for row in rows:
            subject = Subject.from_key(row.key)
            if isinstance(row.record, PresenceRecord):
                self._take_record(row.key, row.record, known)
            elif not subject.connection:
                self._take_mark(row.key, subject)

    def _take_record(self, row_key: str, record: PresenceRecord, known: set[tuple[str, str, str]]) -> None:
        """What the trails lack of it; a read costs an eighth of a write."""
        connection = record.connection
        key, day = presence_account(record.provider_id)
        for name in sorted(names_of(record)):
            if (connection, key, name) not in known:
                known.add((connection, key, name))
                place = f"{connection}#{_account_mark(key, name)}"
                self._trails.put(f"{self._id}#presence", place, Reporter(connection=connection, key=key, name=name))
        trail, last = self._trail(connection, key), (day + _LONGEST).isoformat()
        days = [word.place for word in self._trails.read(trail, Word, first=day.isoformat(), last=last)]
        if day.isoformat() not in days:
            self._trails.put(trail, day.isoformat(), Word())
        following = next((date.fromisoformat(d) for d in days if d > day.isoformat()), day + _LONGEST)
        whose = self._lines_of(connection, key, names_of(record))
        self._marks[row_key] = _Mark(frozenset(whose), day, min(following, self._today))

    def _take_mark(self, row_key: str, subject: Subject) -> None:
        whose, asked = presence_account(subject.id)
        wanted: frozenset[LineId] | None = None
        if whose != _EVERYONE:
            user_id = whose.removeprefix("user:") if whose.startswith("user:") else ""
            own = {LineId(user_id=user_id)} if user_id else set()
            wanted = frozenset(own.union(*(self._lines_of(*channel) for channel in self._channels_of(whose))))
        if wanted is not None and not wanted:
            return
        first = max(asked, self._oldest()) if self._today - asked > CARRIED else asked
        last = min(first + (CHUNK - 1) * _DAY, self._today)
        if last < self._today:
            self._records.mark(self._id, [_mark_key(self._id, whose, last + _DAY)])
        self._marks[row_key] = _Mark(wanted, first, last)

    def days(self, row: Loaded) -> set[str]:
        """The UTC days whose rows follow from this record, or that a mark asks for; none in the future."""
        if row.key not in self._marks:
            return set()
        whose, first, last = self._marks[row.key]
        found = set()
        for n in range((last - first).days + 1):
            day = first + n * _DAY
            found.add(day.isoformat())
            known = self._wanted.get(day, set())
            self._wanted[day] = None if whose is None or known is None else {*known, *whose}
        return found

    def derive(self, day: str, calls: Sequence[str] = ()) -> None:
        """Bring the day's rows up to date: of the lines asked for, and of everybody on these calls (subject keys).

        Calls reach into the day after. Raises `Conflict` when too many races were lost, `Unavailable`.
        """
        on = date.fromisoformat(day)
        ids = {Subject.from_key(key).record_id for key in calls}
        self._derive(on, self._wanted.pop(on, set()), ids)
        if ids:
            self._derive(on + _DAY, set(), ids)

    def _derive(self, day: date, wanted: set[LineId] | None, calls: set[str]) -> None:
        # Whoever is the first to report reads the legs after this, and so what was changed in them before.
        if day > self._today or not self._reporters():
            return
        for _ in range(ATTEMPTS):
            before = self._lake.stored(PRESENCE, self._id, day.isoformat())
            today = self._today
            reporters = self._reporters()
            directory = self._store.load(self._id, key=False)
            talks = [self._talks(day - _DAY), self._talks(day)]
            whose = wanted if wanted is None or not calls else wanted | self._on_calls(calls, talks, before, day)
            if whose is not None and not whose:
                return
            links = Links(directory)
            channels = self._channels(reporters, whose, links, directory, day)
            of = _together(talks)
            found = lines(channels, of, links, day, directory.workspace.tz, lasts=day == today)
            rows = [
                row for line in found if whose is None or line.id in whose for row in presence_rows(line, directory)
            ]
            eve = _at_midnight(day, rows) ^ _at_midnight(day, _old_rows(before, whose))
            if eve:
                self._derive(day - _DAY, eve, set())
            try:
                self._replace(day, rows, whose, before)
            except Conflict:
                continue
            if all(self._etags(on) == read.etags for on, read in zip((day - _DAY, day), talks, strict=True)):
                return
        raise Conflict(f"{PRESENCE.name} {day.isoformat()}")

    def _replace(self, day: date, rows: list[dict[str, Any]], whose: set[LineId] | None, before: Stored) -> None:
        """Equal rows are equal bytes: then nothing has to be written."""
        if before.body is None and not rows:
            return
        fresh = as_rows(PRESENCE, rows)
        if whose is None:
            body = to_parquet(PRESENCE, fresh)
        else:
            body = merged(PRESENCE, before.body, [line.text for line in whose], fresh)
        if body != before.body:
            self._lake.replace(PRESENCE, self._id, day.isoformat(), body, before.etag)
            self.objects += 1

    # --- what is read

    @property
    def _today(self) -> date:
        return utc(self._clock()).date()

    @property
    def _owners(self) -> Links:
        """Whose accounts were when the batch was taken: enough to know which lines to look at."""
        if self._links is None:
            self._links = Links(self._store.load(self._id, key=False))
        return self._links

    def _connection(self, connection: str, directory: Directory) -> Connection:
        """Also when it is no longer in the directory."""
        return directory.connection(connection) or Connection(id=connection, workspace=self._id, provider="")

    def _trail(self, connection: str, key: str) -> str:
        return f"{self._id}#presence#{connection}#{key}"

    def _reporters(self) -> list[Reporter]:
        return [entry.document for entry in self._trails.read(f"{self._id}#presence", Reporter)]

    def _channels_of(self, whose: str) -> list[tuple[str, str, set[str]]]:
        """Connection, key and names of the accounts that a mark is about."""
        return [
            (connection, key, names)
            for (connection, key), names in _named(self._reporters()).items()
            if whose.removeprefix("user:") in self._owners.owners(connection, names)
            or any(_account_mark(connection, name) == whose for name in names)
        ]

    def _lines_of(self, connection: str, key: str, names: Iterable[str]) -> set[LineId]:
        """The account's own line and those of its owners."""
        owners = self._owners.owners(connection, names)
        return {LineId(connection=connection, key=key), *(LineId(user_id=owner) for owner in owners)}

    def _oldest(self) -> date:
        """The first day with rows of anybody: a line may be asked for that has lost all its accounts."""
        first = next(iter(self._lake.days(PRESENCE, self._id)), None)
        return date.fromisoformat(first) if first else self._today

    def _channels(
        self,
        reporters: Iterable[Reporter],
        wanted: set[LineId] | None,
        links: Links,
        directory: Directory,
        day: date,
    ) -> list[Channel]:
        """The accounts of these lines with what they said around the day."""
        keys: list[str] = []
        for (connection, key), names in _named(reporters).items():
            mine = {LineId(connection=connection, key=key), *map(LineId, links.owners(connection, names))}
            if wanted is None or mine & wanted:
                words = self._trails.read(
                    self._trail(connection, key), Word, last=(day + _DAY).isoformat(), newest=NEEDED
                )
                keys += [self._subject(connection, key, word.place).key for word in words]
        said: dict[tuple[str, str], list[PresenceRecord]] = defaultdict(list)
        for row in self._records.get_many(keys):
            if isinstance(row.record, PresenceRecord):
                account, _ = presence_account(row.record.provider_id)
                said[row.record.connection, account].append(row.record)
        return [
            Channel(
                connection=connection,
                key=key,
                account=max(told, key=lambda r: r.day).account,
                changes=tuple(
                    change
                    for record in sorted(told, key=lambda r: r.day)
                    for change in changes(record, self._connection(connection, directory))
                ),
            )
            for (connection, key), told in sorted(said.items())
        ]

    def _subject(self, connection: str, key: str, day: str) -> Subject:
        return Subject(workspace=self._id, kind=SubjectKind.PRESENCE, connection=connection, id=f"{key}/{day}")

    # --- who talked

    def _on_calls(self, calls: set[str], talks: Iterable[_Talks], before: Stored, day: date) -> set[LineId]:
        """Whoever talks on these calls on this day, or did when its rows were made."""
        start = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
        found = {
            LineId(user_id=user)
            for read in talks
            for user, told in read.of.items()
            if any(talk.record_id in calls and (talk.end is None or talk.end > start) for talk in told)
        }
        if before.body is not None:
            old = from_parquet(PRESENCE, before.body, ["user_id", "calls"]).to_pylist()
            found |= {LineId(user_id=row["user_id"]) for row in old if calls & set((row["calls"] or "").split(";"))}
        return found

    def _talks(self, day: date) -> _Talks:
        """Read again only when its objects have changed."""
        known = self._read.get(day)
        if known is None or self._etags(day) != known.etags:
            known = self._read_talks(day.isoformat())
            self._read = {d: read for d, read in self._read.items() if abs(d - day) <= _DAY} | {day: known}
        return known

    def _etags(self, day: date) -> tuple[str | None, str | None]:
        return (
            self._lake.etag(LEGS, self._id, day.isoformat()),
            self._lake.etag(CALLS, self._id, day.isoformat()),
        )

    def _read_talks(self, day: str) -> _Talks:
        """Legs that a person of ours answered. One without an end of its own ends with its call; when that
        ended nobody knows (a call that never ended), it tells nothing.
        """
        legs = self._lake.stream(LEGS, self._id, day, ("record_id", "row_kind", "user_id", "answered_at", "ended_at"))
        told = [row for part in legs.parts for row in _answered(part)]
        open_ids = {row["record_id"] for row in told if row["ended_at"] is None}
        calls = self._lake.stream(CALLS, self._id, day, ("record_id", "live", "ended_at"))
        ends = {
            row["record_id"]: row
            for part in (calls.parts if open_ids else ())
            for row in part.to_pylist()
            if row["record_id"] in open_ids
        }
        found: dict[str, list[Talk]] = defaultdict(list)
        for row in told:
            ended = row["ended_at"]
            if ended is None:
                call = ends.get(row["record_id"], {})
                ended = call.get("ended_at")
                if ended is None and not call.get("live"):
                    continue
            connection, _, _ = row["record_id"].partition(":")
            found[row["user_id"]].append(Talk(row["record_id"], connection, _utc(row["answered_at"]), _utc(ended)))
        return _Talks((legs.etag, calls.etag), found)


def _at_midnight(day: date, rows: Iterable[Mapping[str, Any]]) -> set[LineId]:
    """The lines with a row that begins with the UTC day. They had one the moment before, unless the local day
    began there too: so where such a row comes or goes, the day before has to follow.
    """
    midnight = datetime.combine(day, time(0))
    return {LineId.from_text(row["line"]) for row in rows if row["started_at"] == midnight}


def _old_rows(before: Stored, whose: set[LineId] | None) -> list[dict[str, Any]]:
    if before.body is None:
        return []
    rows: list[dict[str, Any]] = from_parquet(PRESENCE, before.body, ["line", "started_at"]).to_pylist()
    wanted = None if whose is None else {line.text for line in whose}
    return [row for row in rows if wanted is None or row["line"] in wanted]


def _named(reporters: Iterable[Reporter]) -> dict[tuple[str, str], set[str]]:
    """The names of each reporting account."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for reporter in reporters:
        found[reporter.connection, reporter.key].add(reporter.name)
    return found


def _together(talks: Iterable[_Talks]) -> dict[str, list[Talk]]:
    found: dict[str, list[Talk]] = defaultdict(list)
    for read in talks:
        for user, told in read.of.items():
            found[user] += told
    return found


def _answered(part: Any) -> list[dict[str, Any]]:
    """Legs of users of ours with an answer; nothing else leaves Arrow."""
    import pyarrow as pa

    pc = kernels()
    kind, user = (part[name].cast(pa.string()) for name in ("row_kind", "user_id"))
    wanted = pc.and_(pc.and_(pc.equal(kind, "leg"), pc.not_equal(user, "")), pc.is_valid(part["answered_at"]))
    rows: list[dict[str, Any]] = part.filter(wanted).to_pylist()
    return rows


def _utc(at: datetime | None) -> Any:
    return None if at is None else at.replace(tzinfo=UTC)
