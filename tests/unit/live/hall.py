"""A company whose live board is watched, on in-memory stores: calls and statuses are told, bells are rung by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from ringlake.flows.folding import Snapshots, fold_subject
from ringlake.flows.live import Live, Rows, Rung, seen_by
from ringlake.model.board import BoardFilter, Follower, View
from ringlake.model.contacts import Contact
from ringlake.model.directory import (
    Account,
    Connection,
    Directory,
    Number,
    Role,
    ServiceTarget,
    Team,
    User,
    Workspace,
)
from ringlake.model.events import RawEvent
from ringlake.model.numbers import party_key
from ringlake.model.subjects import Subject, SubjectKind, presence_subject_id
from ringlake.stores.boards import MemoryBoards, Ticket
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.records import MemoryRecords
from ringlake.stores.walls import MemoryWalls
from ringlake.stores.wires import MemoryWire
from tests.scenarios.world import PARTY_SECRET, store_of

WORKSPACE = "acme"
AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
MAIN, SALES, ANNAS = "+48221230000", "+48221230001", "+48221230007"
CUSTOMER = "+48600100200"


def user(name: str, role: Role, **more: Any) -> User:
    return User(
        id=f"u-{name}",
        email=f"{name}@acme.example",
        name=name.title(),
        role=role,
        sub=f"s-{name}",
        accounts=(Account(connection="pbx", id=name), Account(connection="pbx", id=f"{name}-desk")),
        **more,
    )


DIRECTORY = Directory(
    workspace=Workspace(
        id=WORKSPACE,
        name="Acme",
        zone="Europe/Warsaw",
        country="PL",
        targets=(ServiceTarget(team="t-sales", threshold_s=10, target_pct=90),),
    ),
    connections=(
        Connection(
            id="pbx",
            workspace=WORKSPACE,
            provider="generic",
            zone="Europe/Warsaw",
            capabilities=("supervise", "dnd"),
            options={"supervise_url": "phone://join?call={call}&agent={agent}&as={account}&mode={mode}"},
        ),
        Connection(id="mute", workspace=WORKSPACE, provider="generic", zone="Europe/Warsaw"),
    ),
    users=(
        user("olga", Role.OWNER),
        user("mia", Role.MANAGER, teams=("t-sales",), manages=("t-sales",)),
        user("anna", Role.OPERATOR, teams=("t-sales",)),
        user("boris", Role.OPERATOR),
        user("celia", Role.MEMBER, numbers=("n-anna",)),
    ),
    teams=(Team(id="t-sales", name="Sales"), Team(id="t-service", name="Service")),
    numbers=(
        Number(id="n-main", e164=MAIN, name="Main", country="PL"),
        Number(id="n-sales", e164=SALES, name="Sales line", country="PL", team="t-sales"),
        Number(id="n-anna", e164=ANNAS, name="Anna direct", country="PL"),
    ),
    party_key_secret=PARTY_SECRET,
)
NAMES = ("olga", "mia", "anna", "boris", "celia")


class Hall:
    """`at` is the second that it is now."""

    def __init__(self, directory: Directory = DIRECTORY) -> None:
        self.at = 0.0
        self.directory: MemoryDirectory = store_of(directory)
        self.journal, self.records = MemoryJournal(), MemoryRecords()
        self.contacts, self.boards, self.wire = MemoryContacts(), MemoryBoards(), MemoryWire()
        self.walls = MemoryWalls()
        self.live = self.process()
        self.screens: dict[str, Screen] = {}
        self._told = 0
        self._screens = count()

    def process(self, **others: Any) -> Live:
        """One process of the function; `others` are stores in place of these."""
        stores: dict[str, Any] = {
            "records": self.records,
            "contacts": self.contacts,
            "directory": self.directory,
            "boards": self.boards,
            "wire": self.wire,
            "journal": self.journal,
            "walls": self.walls,
        }
        return Live(**stores | others, url="wss://live.example.com/live", clock=self.clock)

    def clock(self) -> datetime:
        return AT + timedelta(seconds=self.at)

    # --- what happens

    def tell(self, kind: str, subject: dict[str, Any], connection: str = "pbx") -> str:
        """An event now, folded; the key of its subject."""
        self._told += 1
        now = self.clock()
        about = kind.partition(".")[0]
        subject_id = subject["id"] if about == "call" else presence_subject_id(subject["account"], now)
        filed = Subject(workspace=WORKSPACE, kind=SubjectKind(about), connection=connection, id=subject_id)
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": {about: subject}}).encode()
        event = RawEvent(
            subject=filed,
            event_id=f"e{self._told:05}",
            event_type=kind,
            provider="generic",
            adapter=1,
            body=body,
            received_at=now,
            occurred_at=now,
            related=(subject["parent_id"],) if "parent_id" in subject else (),
        )
        self.journal.put(event)
        folded = fold_subject(filed.key, self.journal, self.records, Snapshots(self.directory, self.clock), self.clock)
        assert not folded.reason, folded
        return filed.key

    def call(self, what: str, id: str = "c1", agent: str = "", **more: Any) -> str:
        """An event of a customer's call; with an agent it is of that agent's leg."""
        base: dict[str, Any] = {"id": id, "direction": "inbound", "from": CUSTOMER, "to": MAIN}
        if agent:
            base |= {"agent": {"id": agent}, "leg_id": f"{id}-{agent}"}
        connection = more.pop("connection", "pbx")
        return self.tell(f"call.{what}", base | more, connection)

    def status(self, account: str, status: str) -> str:
        return self.tell("presence.changed", {"account": account, "status": status})

    def ring(self, *keys: str) -> Rung:
        return self.live.ring(keys)

    def contact(self, name: str, id: str = "k1", days_ago: int = 0) -> None:
        """Somebody with the customer's number, changed so many days ago."""
        keys = (party_key(PARTY_SECRET, [CUSTOMER]),)
        changed = AT - timedelta(days=days_ago)
        self.contacts.put(WORKSPACE, Contact(id=id, name=name, party_keys=keys, updated_at=changed))

    # --- who watches

    def screen(self, name: str, *, live: Live | None = None, **wanted: Any) -> Screen:
        """A new screen of this user, with its first snapshot."""
        opened = self.connect(name, live=live)
        opened.subscribe(**wanted)
        return opened

    def connect(self, name: str, *, live: Live | None = None) -> Screen:
        connection = f"s{next(self._screens)}"
        until = self.clock() + timedelta(seconds=30)
        self.boards.issue(connection, Ticket(workspace=WORKSPACE, user_id=f"u-{name}", expires_at=until))
        (live or self.live).connect(connection, connection)
        self.screens[connection] = Screen(self, connection, f"u-{name}", live or self.live)
        return self.screens[connection]

    def change(self, name: str, **fields: Any) -> User:
        changed = msgspec.structs.replace(self.user(name), **fields)
        self.directory.put_user(WORKSPACE, changed)
        return changed

    def user(self, name: str) -> User:
        found = self.directory.find(WORKSPACE, User, f"u-{name}")
        assert found is not None
        return found

    def fresh(self, user_id: str, wanted: BoardFilter = BoardFilter()) -> View:
        """What a fresh look at the records shows this user."""
        directory = self.directory.load(WORKSPACE)
        whole = Rows(self.records, self.contacts).whole(WORKSPACE, directory, self.clock())
        who = next(u for u in directory.users if u.id == user_id)
        return seen_by(who, wanted, whole)


class Screen:
    """One watcher; messages are taken when asked for, so that they can be lost or late."""

    def __init__(self, hall: Hall, connection: str, user_id: str, live: Live) -> None:
        self.hall = hall
        self.connection = connection
        self.user_id = user_id
        self.live = live
        self.follower = Follower()
        self.filter: dict[str, Any] = {}
        self.taken = 0

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Everything that was sent to it."""
        return [json.loads(message) for message in self.hall.wire.sent[self.connection]]

    def say(self, action: str, **more: Any) -> None:
        self.live.hear(self.connection, json.dumps({"action": action, **more}))

    def subscribe(self, **wanted: Any) -> None:
        self.filter = wanted
        self.say("subscribe", filter=wanted)

    def take(self, *, drop: Iterable[int] = ()) -> Screen:
        """Take what has come, without the messages of these numbers; ask again where there is a gap."""
        dropped = set(drop)
        while self.taken < len(self.hall.wire.sent[self.connection]):
            number, self.taken = self.taken, self.taken + 1
            if number not in dropped and self.follower.take(self.hall.wire.sent[self.connection][number]):
                self.subscribe(**self.filter)
        return self

    @property
    def calls(self) -> list[str]:
        return [call.id for call in self.take().follower.shown.calls]

    def shows_what_is(self, wanted: BoardFilter = BoardFilter()) -> bool:
        """Whether the screen equals a fresh look at the records."""
        shown, fresh = self.take().follower.shown, self.hall.fresh(self.user_id, wanted)
        return (shown.header, shown.calls, shown.people) == (fresh.header, fresh.calls, fresh.people)
