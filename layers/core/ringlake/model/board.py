"""The live board: who is on the telephone now, and what watchers are told of it (features.md R1-R21, W8).

A board has a version. Each change makes the next one, and a watcher is told either all of a version (a
snapshot) or what is different from the one before (a delta, which names both): so whoever misses a
delta sees the gap. Times are UTC; a client shows ages by `at`, the server's clock at the time of sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from .base import Answer, Model, from_json, to_json
from .calls import LiveState
from .facts import PresenceStatus

# API Gateway carries 128 KB in one message to a client; larger snapshots come in parts.
LARGEST_MESSAGE = 120_000


class CallType(StrEnum):
    """R8. A callback is a call that a system began because the customer had asked for one: it counts as outgoing."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    CALLBACK = "callback"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class CallStatus(StrEnum):
    """R11. A call in a menu is waiting, a call on hold is talking (R2)."""

    WAITING = "waiting"
    TALKING = "talking"


class Employee(Answer, frozen=True, kw_only=True):
    """A person of ours on a call or rung by it (R9); `user_id` "" for an account that is nobody's.

    `since` is when this person picked up, or began to be rung.
    """

    user_id: str
    name: str
    since: datetime | None = None


class LiveCall(Answer, frozen=True, kw_only=True):
    """One call that has not ended; one row of the board.

    `status_since` is when the status began (R12). `waiting_since` is when the customer began to wait for a
    person: an incoming call when it left the menu to a queue or a phone (null before), an outgoing one when
    it was dialled; `wait_s` is the wait once answered (R15). `menu_s` is the time in a menu, null where there
    was none; while `in_menu` it counts from `started_at`. `answered_at` is when the talk began (R16).
    `employees` are on the call, `ringing` are rung by it now; after a transfer the first employee is neither
    (demands.md D22). `reached` are the users whom it ever reached or rang. `owner_id` and `team_id` are whose call it
    is, `employee_teams` the teams of whoever is on it or rung (R20). `contacts_more` is how many other contacts
    have the number (W7). `target_s` is the promised time to answer. `supervise` says that the viewer can join (R38).
    """

    id: str
    connection: str
    type: CallType
    status: CallStatus
    state: LiveState
    status_since: datetime
    started_at: datetime
    waiting_since: datetime | None
    wait_s: int | None
    answered_at: datetime | None
    in_menu: bool
    menu_s: int | None
    employees: tuple[Employee, ...]
    ringing: tuple[Employee, ...]
    reached: tuple[str, ...]
    owner_id: str
    owner_name: str
    team_id: str
    team_name: str
    employee_teams: tuple[str, ...]
    group_call: bool
    customer_number: str
    anonymous: bool
    customer_name: str
    contact_id: str
    contacts_more: int
    business_number: str
    business_number_id: str
    business_number_name: str
    scheme: str
    queue: str
    campaign: str
    source: str
    spam: bool
    target_s: int
    supervise: bool

    @property
    def order(self) -> tuple[datetime, str]:
        return self.started_at, self.id


class Person(Answer, frozen=True, kw_only=True):
    """A person's status now, merged over all accounts and calls (R36, R37).

    `since` is when the talk began, else when the account that has said the status longest began to say it.
    `calls` are the calls of the board that the person is on, `ringing` those that ring.
    """

    user_id: str
    name: str
    teams: tuple[str, ...]
    team_names: tuple[str, ...]
    status: PresenceStatus
    since: datetime
    calls: tuple[str, ...]
    ringing: tuple[str, ...]


class AccountState(Model, frozen=True, kw_only=True):
    """What one account said last, on the UTC day `day`. `names` are those under which it may be somebody's,
    first the one that decides.
    """

    connection: str
    key: str
    names: tuple[str, ...]
    day: date
    status: PresenceStatus
    since: datetime
    said_at: datetime

    @property
    def place(self) -> tuple[str, str]:
        return self.connection, self.key


class Board(Model, frozen=True, kw_only=True):
    """All of a workspace, before anybody's scope: calls by start, people by id. `accounts` are never shown."""

    calls: tuple[LiveCall, ...] = ()
    people: tuple[Person, ...] = ()
    accounts: tuple[AccountState, ...] = ()


class BoardFilter(Model, frozen=True, kw_only=True):
    """What a watcher wants to see: different conditions are joined by AND, values of one by OR (R18-R20).

    `users` and `teams` are met by whoever is on the call or rung by it, and choose people too; the other
    conditions are about calls alone. Internal calls are in only when asked for.
    """

    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    types: tuple[CallType, ...] = ()
    statuses: tuple[CallStatus, ...] = ()
    include_internal: bool = False


class Header(Answer, frozen=True, kw_only=True):
    """R2-R7. `in_project` is how many active calls there are without the filter, inside the viewer's scope."""

    total: int
    waiting: int
    waiting_incoming: int
    talking: int
    talking_incoming: int
    in_project: int


def header(calls: Iterable[LiveCall], in_project: int) -> Header:
    """Counts of these rows: total = waiting + talking (R7)."""
    rows = list(calls)
    waiting = [c for c in rows if c.status is CallStatus.WAITING]
    talking = [c for c in rows if c.status is CallStatus.TALKING]
    return Header(
        total=len(rows),
        waiting=len(waiting),
        waiting_incoming=sum(c.type is CallType.INCOMING for c in waiting),
        talking=len(talking),
        talking_incoming=sum(c.type is CallType.INCOMING for c in talking),
        in_project=in_project,
    )


class View(Model, frozen=True, kw_only=True):
    """What one watcher sees of one version. Whatever the filter: `mine` are the calls that ring the watcher now,
    `heard` the ids of those that ever did.
    """

    header: Header
    calls: tuple[LiveCall, ...] = ()
    people: tuple[Person, ...] = ()
    mine: tuple[LiveCall, ...] = ()
    heard: tuple[str, ...] = ()


# --- what watchers are told


class Snapshot(Answer, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """All of a version, in `parts` messages; a client shows it when it has every part (from 1 on).

    `view` names the rights and the filter that it was made by. `notifications` are calls that ring the watcher (W8):
    to be announced once per call.
    """

    version: int
    view: str
    at: datetime
    part: int
    parts: int
    zone: str
    settings_version: int
    header: Header
    calls: tuple[LiveCall, ...]
    people: tuple[Person, ...]
    notifications: tuple[LiveCall, ...]


class Delta(Answer, frozen=True, kw_only=True, tag_field="type", tag="delta"):
    """What makes `version` out of `from_version` of the same `view`: rows that are new or other, ids of those gone."""

    from_version: int
    version: int
    view: str
    at: datetime
    header: Header
    calls: tuple[LiveCall, ...] = ()
    calls_gone: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    people_gone: tuple[str, ...] = ()
    notifications: tuple[LiveCall, ...] = ()


class Pong(Answer, frozen=True, kw_only=True, tag_field="type", tag="pong"):
    """The answer to a ping: the version that the board has now, and the view that this client is told of ("": none)."""

    version: int
    view: str
    at: datetime


class Problem(Answer, frozen=True, kw_only=True, tag_field="type", tag="problem"):
    """A message could not be followed; nothing has changed. As RFC 9457, with the fields that are wrong."""

    title: str
    status: int
    detail: str
    errors: tuple[dict[str, str], ...] = ()


Told = Snapshot | Delta | Pong | Problem


def snapshots(
    view: View, name: str, *, version: int, at: datetime, zone: str, settings_version: int
) -> Iterator[Snapshot]:
    """A version as messages that the wire can carry; `name` is that of the view."""
    pages = list(_pages([*view.calls, *view.people], LARGEST_MESSAGE // 2))
    for number, page in enumerate(pages or [[]], start=1):
        yield Snapshot(
            version=version,
            view=name,
            at=at,
            part=number,
            parts=max(len(pages), 1),
            zone=zone,
            settings_version=settings_version,
            header=view.header,
            calls=tuple(row for row in page if isinstance(row, LiveCall)),
            people=tuple(row for row in page if isinstance(row, Person)),
            notifications=view.mine if number == 1 else (),
        )


def _pages(rows: Sequence[LiveCall | Person], most: int) -> Iterator[list[LiveCall | Person]]:
    """Rows in lists of at most `most` bytes, a longer row alone."""
    page: list[LiveCall | Person] = []
    size = 0
    for row in rows:
        length = len(to_json(row))
        if page and size + length > most:
            yield page
            page, size = [], 0
        page.append(row)
        size += length
    if page:
        yield page


def difference(before: View, after: View, name: str, *, from_version: int, version: int, at: datetime) -> Delta:
    """What a watcher of `before` has to be told to see `after`.

    A call is announced when it rings the watcher for the first time (W8: once per call).
    """
    old_calls, old_people = {c.id: c for c in before.calls}, {p.user_id: p for p in before.people}
    return Delta(
        from_version=from_version,
        version=version,
        view=name,
        at=at,
        header=after.header,
        calls=tuple(c for c in after.calls if old_calls.get(c.id) != c),
        calls_gone=tuple(sorted(set(old_calls) - {c.id for c in after.calls})),
        people=tuple(p for p in after.people if old_people.get(p.user_id) != p),
        people_gone=tuple(sorted(set(old_people) - {p.user_id for p in after.people})),
        notifications=tuple(c for c in after.mine if c.id not in before.heard),
    )


# --- the other side


class Follower:
    """What a client has to do with what it is told; the reference that tests, and people who write clients, use.

    `stale` says that what is shown may be old: before the first snapshot, and from the loss of the connection to
    the next one; `heard_at` is the server's time of the last message, since when it is. Deltas may come out of
    order: one that is ahead, or of another view than the one shown, waits for the snapshot or deltas before it.
    """

    def __init__(self) -> None:
        self.version: int | None = None
        self.view = ""
        self.stale = True
        self.heard_at: datetime | None = None
        self.header: Header | None = None
        self.calls: dict[str, LiveCall] = {}
        self.people: dict[str, Person] = {}
        self.announced: list[str] = []
        self._waiting: dict[tuple[str, int], Delta] = {}
        self._parts: dict[tuple[str, int], dict[int, Snapshot]] = {}

    def lost(self) -> None:
        """The connection is gone: what is shown is stale from now on."""
        self.stale = True
        self._waiting.clear()
        self._parts.clear()

    def take(self, message: bytes | str) -> bool:
        """Take one message; True when a snapshot has to be asked for: subscribe again."""
        told: Told = from_json(message, Told)  # type: ignore[arg-type]
        if not isinstance(told, Problem) and (self.heard_at is None or self.heard_at < told.at):
            self.heard_at = told.at
        match told:
            case Snapshot():
                return self._snapshot(told)
            case Delta():
                return self._delta(told)
            case Pong():
                return self.version is None or told.version > self.version or told.view != self.view
            case Problem():
                return False

    def _snapshot(self, told: Snapshot) -> bool:
        parts = self._parts.setdefault((told.view, told.version), {})
        parts[told.part] = told
        if len(parts) < told.parts:
            return False
        del self._parts[told.view, told.version]
        if not self.stale and told.view == self.view and self.version is not None and told.version < self.version:
            return False
        self.version, self.view, self.header, self.stale = told.version, told.view, told.header, False
        self.calls = {c.id: c for part in parts.values() for c in part.calls}
        self.people = {p.user_id: p for part in parts.values() for p in part.people}
        self._announce(c for part in parts.values() for c in part.notifications)
        return self._catch_up()

    def _delta(self, told: Delta) -> bool:
        known = not self.stale and told.view == self.view
        if known and self.version is not None and told.version <= self.version:
            return False
        self._waiting[told.view, told.from_version] = told
        return self._catch_up()

    def _catch_up(self) -> bool:
        """Apply what follows; what is left over then is behind a gap, or of a view that is not shown."""
        if self.version is None or self.stale:
            return False
        while (told := self._waiting.pop((self.view, self.version), None)) is not None:
            self.version, self.header = told.version, told.header
            self.calls = _with(self.calls, {c.id: c for c in told.calls}, told.calls_gone)
            self.people = _with(self.people, {p.user_id: p for p in told.people}, told.people_gone)
            self._announce(told.notifications)
        # Of whatever view: what is not ahead of the version shown is overtaken.
        self._waiting = {key: d for key, d in self._waiting.items() if d.version > self.version}
        return bool(self._waiting)

    def _announce(self, calls: Iterable[LiveCall]) -> None:
        self.announced += [c.id for c in calls if c.id not in self.announced]

    @property
    def shown(self) -> View:
        """What is on the screen, in the board's order."""
        if self.header is None:
            raise ValueError("nothing was shown yet")
        return View(
            header=self.header,
            calls=tuple(sorted(self.calls.values(), key=lambda c: c.order)),
            people=tuple(sorted(self.people.values(), key=lambda p: p.user_id)),
        )


def _with(rows: dict[str, Any], changed: dict[str, Any], gone: Iterable[str]) -> dict[str, Any]:
    left = set(gone)
    return {key: row for key, row in (rows | changed).items() if key not in left}
