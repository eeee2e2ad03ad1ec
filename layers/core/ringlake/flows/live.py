"""The live board: bells of records become versions of a board, and versions become messages (design section 5).

A bell only says which records have news. Whoever answers it reads the board, then those records, strongly
consistent, and writes the next version on condition that the board is still the one that was read:
so whoever writes last has read last, and order, repeats and parallel bells cannot matter. A bell that was
lost is made good by the next sweep, which compares the board with all records.

Who is told: after a version was written, everybody who is in the list then. Whoever joins puts himself into
the list before reading the board. So each version after the one that a watcher was shown reaches the watcher; if a
message is lost on the way, the next delta or pong names a version that does not follow, and the watcher
asks for a snapshot.

Nobody watches: a bell costs one read. The first watcher has the board made anew. The sweep rides on the
pings of watchers, so nothing runs while nobody looks (docs/adr/0087).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple

import msgspec

from ringlake.access import abilities, scope
from ringlake.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidRequest,
    NotAuthentic,
    NotFound,
    PlanTooLow,
    Unavailable,
)
from ringlake.fold.board import account_state, board, live_call
from ringlake.fold.presence import CARRIED
from ringlake.model.base import Answer, Model, to_json
from ringlake.model.board import (
    LARGEST_MESSAGE,
    AccountState,
    Board,
    BoardFilter,
    Pong,
    Problem,
    Told,
    View,
    difference,
    snapshots,
)
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Ability, Connection, Directory, User
from ringlake.model.events import Quarantined
from ringlake.model.language import Language
from ringlake.model.presence import PresenceRecord
from ringlake.model.subjects import Subject, SubjectKind, presence_account
from ringlake.model.walls import Theme, Thresholds, Wall, read_token
from ringlake.query.board import on_wall, view
from ringlake.stores.boards import Boards, Kept, Socket, Ticket
from ringlake.stores.contacts import Contacts
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.journal import Journal
from ringlake.stores.records import Loaded, Records, is_live
from ringlake.stores.walls import Walls
from ringlake.stores.wires import Wire

from .parties import each
from .plans import PLANS

# Those who answer bells of one board at once and keep losing the race give way; their bells come again.
ATTEMPTS = 12
# API Gateway ends a connection after two hours; a little longer, and it was forgotten without a word.
SOCKET_LIFE = timedelta(hours=2, minutes=10)
# Pings of watchers have the board compared with all records once in this time.
SWEEP = timedelta(seconds=60)
# A board that was just made may lack what the index of live calls did not show yet: it is swept again soon.
SETTLES = timedelta(seconds=3)
# Directories are kept in the process for this long.
LIFE = timedelta(seconds=60)
TICKET_LIFE = timedelta(seconds=30)
# Screens of one person, and of one wall; more is a program that loses its connections.
MOST_SCREENS = 20
# More live calls than this are no longer a board that people read, and would not fit into one item.
MOST_CALLS = 1_000
LONGEST_MESSAGE = 32_768
AT_ONCE = 8
_DAY = timedelta(days=1)


class House(NamedTuple):
    """A workspace's directory, and when it was read."""

    directory: Directory
    read_at: datetime

    def user(self, user_id: str) -> User | None:
        return next((user for user in self.directory.users if user.id == user_id), None)


class Houses:
    """Directories by workspace, without their party keys."""

    def __init__(self, store: DirectoryStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, House] = {}

    def of(self, workspace: str, since: datetime | None = None) -> House:
        """Not older than `LIFE`, nor than `since`; raises `NotFound`, `Unavailable`."""
        now = self._clock()
        kept = self._kept.get(workspace)
        if kept is None or not timedelta(0) <= now - kept.read_at < LIFE or (since and kept.read_at < since):
            # The clock before the read: what was changed later is not promised to be in it.
            kept = self._kept[workspace] = House(self._store.load(workspace, key=False), now)
        return kept


class Rows:
    """Boards from records: all of one, or what has news. Without contacts customers have no names."""

    def __init__(
        self, records: Records, contacts: Contacts | None, aside: Callable[[str, Exception], None] = lambda *_: None
    ) -> None:
        self._records = records
        self._contacts = contacts
        self._aside = aside

    def whole(self, workspace: str, directory: Directory, now: datetime, known: Board = Board()) -> Board:
        """The board of everything that the indexes show, and of what `known` shows: an index lags behind."""
        calls = {*self._records.live(workspace), *(_call_key(workspace, call.id) for call in known.calls)}
        days: dict[tuple[str, str], str] = {
            a.place: Subject(
                workspace=workspace,
                kind=SubjectKind.PRESENCE,
                connection=a.connection,
                id=f"{a.key}/{a.day.isoformat()}",
            ).key
            for a in known.accounts
        }
        for key in self._records.reported(workspace, now - CARRIED - _DAY):
            subject = Subject.from_key(key)
            account, _ = presence_account(subject.id)
            place = subject.connection, account
            # Keys of one account differ in the day alone.
            days[place] = max(key, days.get(place, ""))
        return self.changed(workspace, Board(), [*sorted(calls), *sorted(days.values())], directory, now)

    def changed(self, workspace: str, known: Board, keys: Iterable[str], directory: Directory, now: datetime) -> Board:
        """The board once these subjects were read again."""
        subjects = {key: Subject.from_key(key) for key in keys}
        calls = {call.id: call for call in known.calls}
        accounts = {account.place: account for account in known.accounts}
        for subject in subjects.values():
            if subject.kind is SubjectKind.CALL:
                calls.pop(subject.record_id, None)
        loaded = self._loaded(list(subjects))
        lasting = [row for row in loaded if _is_on_board(row)]
        parties = [row.record.party_key for row in lasting if isinstance(row.record, CallRecord)]
        names = self._contacts.by_party(workspace, parties) if self._contacts else {}
        for row in loaded:
            try:
                if isinstance(row.record, PresenceRecord):
                    _take(accounts, self._account(row.record, directory))
                elif isinstance(row.record, CallRecord) and _is_on_board(row):
                    contacts = names.get(row.record.party_key, [])
                    calls[row.record.record_id] = live_call(row.record, directory, contacts)
            except Exception as error:  # noqa: BLE001 - one bad record must not keep the others from the board
                self._aside(row.key, error)
        shown = sorted(calls.values(), key=lambda call: call.order)[-MOST_CALLS:]
        return board(shown, accounts.values(), directory, now)

    def _account(self, record: PresenceRecord, directory: Directory) -> AccountState | None:
        bare = Connection(id=record.connection, workspace=record.workspace, provider=record.provider)
        return account_state(record, directory.connection(record.connection) or bare)

    def _loaded(self, keys: Sequence[str]) -> list[Loaded]:
        try:
            return self._records.get_many(keys)
        except (Unavailable, Conflict):
            raise
        except Exception as error:  # noqa: BLE001 - a document that nobody can read
            if len(keys) > 1:
                return [row for key in keys for row in self._loaded([key])]
            self._aside(keys[0], error)
            return []


def _is_on_board(row: Loaded) -> bool:
    """A call that lasts, and that no other connection tells better (demands.md D22, D23)."""
    means = row.consequences
    return row.record is not None and is_live(row.record) and not means.stale and not means.twin_of


def _take(accounts: dict[tuple[str, str], AccountState], told: AccountState | None) -> None:
    """A late word about an earlier day changes nothing."""
    if told is not None and (told.place not in accounts or accounts[told.place].day <= told.day):
        accounts[told.place] = told


def _call_key(workspace: str, record_id: str) -> str:
    connection, _, subject = record_id.partition(":")
    return Subject(workspace=workspace, kind=SubjectKind.CALL, connection=connection, id=subject).key


def seen_by(user: User, wanted: BoardFilter, shown: Board, wall: str = "") -> View:
    """What a user sees of a board, or a wall of the user's."""
    seen = view(shown, scope(user), user.id, wanted, _joins(user))
    return on_wall(seen) if wall else seen


def lens_of(user: User, wanted: BoardFilter, wall: str = "") -> str:
    """Names what decides about a user's view beside the board: a delta needs the lens of what it follows."""
    return hashlib.sha256(to_json((scope(user), _joins(user), user.id, wanted, wall))).hexdigest()[:16]


def stands(wall: Wall, owner: User | None) -> bool:
    """Whether a wall shows anything: until it is withdrawn, and while its owner may look at the calls of others."""
    return wall.deleted_at is None and owner is not None and Ability.VIEW_ALL_CALLS in abilities(owner)


def _joins(user: User) -> tuple[str, ...]:
    """Connections whose calls the user may join: those with an account of the own (features.md R38, R40)."""
    if Ability.SUPERVISE not in abilities(user):
        return ()
    return tuple(sorted({account.connection for account in user.accounts}))


class Rung(Model, frozen=True, kw_only=True):
    """What came of a batch of bells: versions written, messages sent, watchers gone or not reached, subjects
    set aside; `failed` are keys of subjects whose bells have to come again, for these `reasons`.
    """

    versions: int = 0
    sent: int = 0
    gone: int = 0
    unsent: int = 0
    quarantined: int = 0
    failed: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()


class WallTicket(Answer, frozen=True, kw_only=True):
    """Connect to `url` before `expires_at`; the rest is what the page of a wall needs beside the board."""

    url: str
    expires_at: datetime
    name: str
    company: str
    thresholds: Thresholds
    language: Language
    theme: Theme
    zone: str
    at: datetime


class Live:
    """Everything that happens to the boards of one installation."""

    def __init__(
        self,
        *,
        records: Records,
        contacts: Contacts,
        directory: DirectoryStore,
        boards: Boards,
        wire: Wire,
        journal: Journal,
        walls: Walls,
        url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._directory = directory
        self._walls = walls
        self._url = url
        self._houses = Houses(directory, clock)
        self._boards = boards
        self._wire = wire
        self._journal = journal
        self._clock = clock
        self._rows = Rows(records, contacts, self._set_aside)
        self._counts: dict[str, int] = {}
        self._counting = Lock()

    # --- bells

    def ring(self, keys: Iterable[str]) -> Rung:
        """Answer the bells of these subjects, workspace by workspace; what has no place on a board is passed over."""
        self._counts = {}
        of: dict[str, list[str]] = {}
        for key in dict.fromkeys(keys):
            try:
                subject = Subject.from_key(key)
            except ValueError:
                continue
            if subject.kind in (SubjectKind.CALL, SubjectKind.PRESENCE):
                of.setdefault(subject.workspace, []).append(key)
        failed: set[str] = set()
        reasons: list[str] = []
        for workspace, news in of.items():
            try:
                self._advance(workspace, news)
            except NotFound:
                continue
            except Exception as error:  # noqa: BLE001 - one workspace must not keep the others waiting
                failed |= set(news)
                reasons.append(type(error).__name__)
        return Rung(**self._counts, failed=frozenset(failed), reasons=tuple(reasons))

    def _advance(self, workspace: str, news: Sequence[str] = (), *, sweeps: bool = False) -> int:
        """Bring the board up to date and tell its watchers; returns its version.

        Raises `Conflict` when too many races were lost, `Unavailable`, `NotFound`.
        """
        for _ in range(ATTEMPTS):
            now = self._clock()
            kept = self._boards.read(workspace, now)
            if not kept.sockets:
                if kept.board is None:
                    return kept.version
                # Whoever joined after that read may have been shown the board that is dropped here: look again.
                if self._boards.put(workspace, kept.version, None, None) and not self._watched(workspace):
                    return kept.version + 1
                continue
            house = self._houses.of(workspace)
            if kept.board is None or sweeps:
                shown = self._rows.whole(workspace, house.directory, now, kept.board or Board())
            else:
                shown = self._rows.changed(workspace, kept.board, news, house.directory, now)
            if shown == kept.board:
                if sweeps:
                    self._boards.swept(workspace, kept.version, now)
                return kept.version
            swept_at = now - SWEEP + SETTLES if kept.board is None else now if sweeps else kept.swept_at
            if self._boards.put(workspace, kept.version, shown, swept_at):
                self._count("versions")
                self._tell(workspace, kept, shown, house)
                return kept.version + 1
        raise Conflict(workspace)

    def _watched(self, workspace: str) -> bool:
        return bool(self._boards.read(workspace, self._clock()).sockets)

    # --- telling

    def _tell(self, workspace: str, before: Kept, shown: Board, house: House) -> None:
        """Tell everybody who watches now, each the difference of his own view."""
        now = self._clock()
        watchers = [s for s in self._boards.read(workspace, now).sockets if s.lens]
        newest = max((s.judged_at for s in watchers if s.judged_at), default=None)
        if newest is not None and newest > house.read_at:
            # Somebody was shown the board by newer rights than these: rights are never taken back to older ones.
            house = self._houses.of(workspace, newest)
        after = Kept(version=before.version + 1, board=shown)
        # A wall that was withdrawn is told nothing of this version: walls are read anew, roles may be a minute old.
        shown_on = sorted({watcher.wall for watcher in watchers} - {""})
        found = each(lambda wall: self._walls.get(workspace, wall), shown_on, AT_ONCE)
        walls = dict(zip(shown_on, found, strict=True))
        each(lambda s: self._tell_one(s, walls.get(s.wall), before, after, house, now), watchers, AT_ONCE)

    def _tell_one(
        self, watcher: Socket, wall: Wall | None, before: Kept, after: Kept, house: House, now: datetime
    ) -> None:
        user = house.user(watcher.user_id)
        if user is None or not _may_watch(watcher, user, wall):
            self._dismiss(watcher)
            return
        lens = lens_of(user, watcher.filter, watcher.wall)
        seen = seen_by(user, watcher.filter, after.board or Board(), watcher.wall)
        if before.board is not None and lens == watcher.lens:
            follows = seen_by(user, watcher.filter, before.board, watcher.wall)
            told = difference(follows, seen, lens, from_version=before.version, version=after.version, at=now)
            message = to_json(told)
            if len(message) <= LARGEST_MESSAGE:
                self._send(watcher, message)
                return
        judged = msgspec.structs.replace(watcher, lens=lens, judged_at=house.read_at)
        # Whoever has meanwhile subscribed to something else is being shown that.
        if lens == watcher.lens or self._boards.change(judged, watcher):
            self._show(judged, seen, after.version, house.directory, now)

    def _show(self, watcher: Socket, seen: View, version: int, directory: Directory, now: datetime) -> None:
        workspace = directory.workspace
        for part in snapshots(
            seen,
            watcher.lens,
            version=version,
            at=now,
            zone=workspace.zone,
            settings_version=workspace.settings_version,
        ):
            if not self._send(watcher, to_json(part)):
                return

    def _send(self, watcher: Socket, message: bytes | Told) -> bool:
        """False when it did not arrive. A watcher who was not reached finds out by the next version."""
        try:
            self._wire.send(watcher.id, message if isinstance(message, bytes) else to_json(message))
        except Gone:
            self._boards.leave(watcher)
            self._count("gone")
            return False
        except Unavailable:
            self._count("unsent")
            return False
        self._count("sent")
        return True

    def _dismiss(self, watcher: Socket) -> None:
        """Whoever may not watch any more: first out of the list, then hung up."""
        self._boards.leave(watcher)
        self._count("gone")
        try:
            self._wire.close(watcher.id)
        except Unavailable:
            # Nothing is sent to who is not in the list; API Gateway ends the connection when it is idle.
            return

    # --- watchers

    def open_wall(self, token: str) -> WallTicket:
        """A ticket for whoever holds a wall's token, with what its page needs.

        Raises `NotFound` alike for a token that is none, was withdrawn, or whose owner may not watch any more;
        `PlanTooLow`.
        """
        now = self._clock()
        named = read_token(token)
        wall = self._walls.get(named.workspace, named.wall) if named else None
        if named is None or wall is None or not wall.opens(named.secret):
            raise NotFound("there is no such wall")
        if not stands(wall, self._directory.find(named.workspace, User, wall.owner)):
            raise NotFound("there is no such wall")
        workspace = self._directory.settings(named.workspace)
        if workspace.plan not in PLANS:
            raise PlanTooLow("the live board needs the plan business or scale")
        ticket, until = secrets.token_urlsafe(32), now + TICKET_LIFE
        self._boards.issue(ticket, Ticket(workspace=workspace.id, user_id=wall.owner, expires_at=until, wall=wall.id))
        return WallTicket(
            url=f"{self._url}?ticket={ticket}",
            expires_at=until,
            name=wall.name,
            company=workspace.name,
            thresholds=wall.thresholds,
            language=wall.language,
            theme=wall.theme,
            zone=workspace.zone,
            at=now,
        )

    def connect(self, connection: str, token: str) -> None:
        """Let a connection in by its ticket; raises `NotAuthentic`, `Forbidden` for too many screens of one person or
        of one wall.
        """
        now = self._clock()
        ticket = self._boards.redeem(token, now) if token else None
        if ticket is None:
            raise NotAuthentic
        wall = self._walls.get(ticket.workspace, ticket.wall) if ticket.wall else None
        socket = Socket(
            id=connection,
            workspace=ticket.workspace,
            user_id=ticket.user_id,
            expires_at=now + SOCKET_LIFE,
            filter=wall.filter if wall else BoardFilter(),
            wall=ticket.wall,
        )
        user = self._directory.find(ticket.workspace, User, ticket.user_id)
        if user is None or not _may_watch(socket, user, wall):
            raise NotAuthentic
        known = self._boards.read(ticket.workspace, now).sockets
        if sum((s.user_id, s.wall) == (user.id, socket.wall) for s in known) >= MOST_SCREENS:
            raise Forbidden(f"at most {MOST_SCREENS} screens at once")
        self._boards.join(socket)

    def disconnect(self, connection: str) -> None:
        """The last one to go leaves a board that the next bell drops."""
        socket = self._boards.socket(connection)
        if socket is not None:
            self._boards.leave(socket)

    def hear(self, connection: str, message: str) -> None:
        """What a client says: `subscribe` with a filter, which asks for a snapshot, or `ping`, with it or without.

        Raises `Unavailable`, `Conflict`: the client says it again.
        """
        # The border's validator takes a while to load, and bells do without it.
        from ringlake.query.watching import board_filter

        self._counts = {}
        socket = self._boards.socket(connection)
        if socket is None:
            self._wire.close(connection)
            return
        judged_at = self._clock()
        user = self._directory.find(socket.workspace, User, socket.user_id)
        wall = self._walls.get(socket.workspace, socket.wall) if socket.wall else None
        if user is None or not _may_watch(socket, user, wall) or socket.expires_at <= judged_at:
            self._dismiss(socket)
            return
        try:
            said = _said(message)
            # A ping may say the filter too: should the subscription have got lost, this is noticed here.
            wanted = board_filter(said.get("filter", {})) if "filter" in said else None
            # What a wall shows, its owner has chosen: whoever holds the address cannot ask for anything else.
            wanted = wall.filter if wall else wanted
            match said.get("action"):
                case "subscribe":
                    self._subscribe(msgspec.structs.replace(socket, filter=wanted or BoardFilter()), user, judged_at)
                case "ping":
                    self._ping(socket, wanted, user, judged_at)
                case _:
                    raise InvalidRequest("action", "is subscribe or ping")
        except InvalidRequest as error:
            self._send(socket, _problem(error))

    def _subscribe(self, socket: Socket, user: User, judged_at: datetime) -> None:
        """Put the watcher into the list, then show the board: in this order no version falls between the two."""
        if self._boards.read(socket.workspace, judged_at).board is None:
            self._advance(socket.workspace)
        lens = lens_of(user, socket.filter, socket.wall)
        watcher = msgspec.structs.replace(socket, lens=lens, judged_at=judged_at)
        if not self._boards.change(watcher):
            return
        now = self._clock()
        kept = self._boards.read(socket.workspace, now)
        if kept.board is None:
            # Dropped in this moment, because nobody was in the list yet: now somebody is, who is told.
            self._advance(socket.workspace)
            return
        house = self._houses.of(socket.workspace)
        seen = seen_by(user, watcher.filter, kept.board, watcher.wall)
        self._show(watcher, seen, kept.version, house.directory, now)

    def _ping(self, socket: Socket, wanted: BoardFilter | None, user: User, judged_at: datetime) -> None:
        """Say which version there is now; sweep when it is time; show the board anew when rights have changed, or
        when the client wants another filter than it is told of.
        """
        asked = msgspec.structs.replace(socket, filter=socket.filter if wanted is None else wanted)
        if (socket.lens or wanted is not None) and lens_of(user, asked.filter, asked.wall) != socket.lens:
            self._subscribe(asked, user, judged_at)
        now = self._clock()
        kept = self._boards.read(socket.workspace, now)
        due = kept.board is None or kept.swept_at is None or now - kept.swept_at >= SWEEP
        version = self._advance(socket.workspace, sweeps=kept.board is not None) if due else kept.version
        told_of = next((s.lens for s in kept.sockets if s.id == socket.id), "")
        self._send(socket, Pong(version=version, view=told_of, at=now))

    # --- bookkeeping

    def _count(self, name: str) -> None:
        with self._counting:
            self._counts[name] = self._counts.get(name, 0) + 1

    def _set_aside(self, key: str, error: Exception) -> None:
        """Under an id made of the subject: set aside once, however often its bell rings."""
        subject = Subject.from_key(key)
        self._journal.quarantine(
            Quarantined(
                id=hashlib.sha256(f"live\0{key}".encode()).hexdigest()[:32],
                workspace=subject.workspace,
                connection=subject.connection,
                provider="",
                stage="live",
                field="",
                reason=type(error).__name__,
                received_at=self._clock(),
                subject=key,
            )
        )
        self._count("quarantined")


def _may_watch(watcher: Socket, user: User, wall: Wall | None) -> bool:
    """Whether a connection may be told anything; `wall` is the one that it comes from."""
    if not watcher.wall:
        return user.active
    return wall is not None and stands(wall, user)


def _said(message: str) -> dict[str, Any]:
    """Raises `InvalidRequest`."""
    if len(message) > LONGEST_MESSAGE:
        raise InvalidRequest("body", f"longer than {LONGEST_MESSAGE} characters")
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        raise InvalidRequest("body", "is no JSON") from None
    if not isinstance(said, dict):
        raise InvalidRequest("body", "is no JSON object")
    return said


def _problem(error: InvalidRequest) -> Problem:
    return Problem(
        title="Bad Request",
        status=400,
        detail=str(error),
        errors=tuple({"field": field, "reason": reason} for field, reason in error.errors),
    )
