"""Two implementations of status time: the roll-up's rows, and SQL over the raw bodies."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from ringlake.flows.folding import Snapshots, fold_subjects
from ringlake.flows.rollup import rollup
from ringlake.model.directory import Account, Connection, User, Workspace
from ringlake.model.events import RawEvent
from ringlake.model.subjects import Subject, SubjectKind, presence_subject_id
from ringlake.model.tables import PRESENCE
from ringlake.providers.generic import ADAPTER
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import memory_lake
from ringlake.stores.records import MemoryRecords
from tests.unit.lake.making import beside

SQL = (Path(__file__).parent / "presence.sql").read_text(encoding="utf-8")
# Ordinary days, and those on which the clocks of these zones change.
DAYS = (date(2026, 3, 4), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25), date(2026, 11, 1))
ZONES = (
    "UTC", "Europe/Warsaw", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
FAR = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class Story:
    """A few days of some accounts, random but small: instants meet, links change, clocks turn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.day = draw(st.sampled_from(DAYS))
        self.zone = draw(st.sampled_from(ZONES))
        self.events: list[dict[str, Any]] = []
        self.connections = [
            Connection(
                id=name,
                workspace="acme",
                provider="generic",
                token_sha256=name,
                capabilities=("dnd",) if draw(st.booleans()) else (),
                options={"dnd_devices": "Desk, Old Desk"} if draw(st.booleans()) else {},
            )
            for name in ("pbx", "app")
        ]
        self._draw = draw
        for _ in range(draw(st.integers(1, 12))):
            self._word()
        for number in range(draw(st.integers(0, 3))):
            self._call(f"c{number}")
        self.users = [self._user("u-anna", ("A", "B")), self._user("u-boris", ("C",))]

    def _instant(self) -> datetime:
        step = self._draw(st.sampled_from([3_600_000, 900_000, 1_000, 250]))
        count = self._draw(st.integers(0, 72 * 3_600_000 // step))
        start = datetime.combine(self.day, datetime.min.time(), UTC) - timedelta(hours=36)
        return start + timedelta(milliseconds=count * step)

    def _add(self, connection: str, type: str, at: datetime, kind: str, body: dict[str, Any]) -> None:
        received = max((e["received_at"] for e in self.events), default=FAR[0]) + timedelta(seconds=1)
        document = {"type": type, "timestamp": at.isoformat(), "data": {kind: body}}
        self.events.append({"connection": connection, "received_at": received, "at": at, "body": document})

    def _word(self) -> None:
        at = self._instant()
        if self._draw(st.integers(0, 9)) == 0:
            # So long ago that it just holds, or just does not.
            at -= timedelta(days=self._draw(st.sampled_from([30, 31])))
        body = {
            "account": self._draw(st.sampled_from("ABC")),
            "status": self._draw(st.sampled_from(["talking", "online", "dnd", "offline", "ringing"])),
            "device": self._draw(st.sampled_from(["Desk/1.0", "desk", "old desk 2", "Desktop", ""])),
        }
        self._add(self._draw(st.sampled_from(["pbx", "app"])), "presence.changed", at, "presence", body)

    def _call(self, name: str) -> None:
        connection, account = self._draw(st.sampled_from(["pbx", "app"])), self._draw(st.sampled_from("ABC"))
        at = self._instant()
        lasted = timedelta(milliseconds=self._draw(st.sampled_from([400, 90_000, 600_250, 4 * 3_600_000])))
        ends = {"from": "+48600100200", "to": "+48221230000", "direction": "inbound"}
        self._add(connection, "call.answered", at, "call", {"id": name, "agent": {"id": account}, **ends})
        self._add(connection, "call.completed", at + lasted, "call", {"id": name, **ends})

    def _user(self, id: str, names: tuple[str, ...]) -> User:
        bounds = st.one_of(st.none(), st.just(None), st.builds(self._instant))
        accounts = []
        for name in names:
            for connection in ("pbx", "app"):
                since, until = self._draw(bounds), self._draw(bounds)
                if since and until and until <= since:
                    since, until = until, since
                accounts.append(Account(connection=connection, id=name, since=since, until=until))
        deleted = self._instant() if self._draw(st.integers(0, 4)) == 0 else None
        return User(id=id, email=f"{id}@acme.example", name=id, accounts=tuple(accounts), deleted_at=deleted)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    return Story(draw)


type Seconds = Counter[tuple[str, date, str]]


def ours(story: Story) -> Seconds:
    directory = MemoryDirectory()
    directory.put_workspace(Workspace(id="acme", name="Acme", zone=story.zone))
    for connection in story.connections:
        directory.put_connection(connection)
    for user in story.users:
        directory.put_user("acme", user)
    journal, records, lake = MemoryJournal(), MemoryRecords(), memory_lake()
    now = datetime.combine(story.day, datetime.min.time(), UTC) + timedelta(days=5, hours=3)
    for number, event in enumerate(story.events):
        journal.put(raw(event, number))
    fold_subjects(
        journal.items, journal=journal, records=records, directory=Snapshots(directory, lambda: now), clock=lambda: now
    )
    rollup("acme", records=records, lake=lake, directory=directory, clock=lambda: now, **beside())
    found: Seconds = Counter()
    for day in lake.days(PRESENCE, "acme"):
        for row in lake.read(PRESENCE, "acme", day).rows.to_pylist():
            if row["seconds"]:
                found[row["line"], row["local_date"], row["status"]] += row["seconds"]
    return in_sight(story, found)


def raw(event: dict[str, Any], number: int) -> RawEvent:
    kind, body = next(iter(event["body"]["data"].items()))
    name = body["id"] if kind == "call" else presence_subject_id(key(body["account"]), event["at"])
    subject = Subject(workspace="acme", kind=SubjectKind(kind), connection=event["connection"], id=name)
    return RawEvent(
        subject=subject,
        event_id=f"e{number}",
        event_type=event["body"]["type"],
        provider="generic",
        adapter=ADAPTER.version,
        body=json.dumps(event["body"]).encode(),
        received_at=event["received_at"],
        occurred_at=event["at"],
    )


def key(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()[:32]


def theirs(story: Story) -> Seconds:
    with duckdb.connect() as sql:
        sql.execute("set timezone = 'UTC'")
        sql.execute("create table events (connection varchar, received_at timestamptz, body json)")
        sql.executemany(
            "insert into events values (?, ?, ?)",
            [(e["connection"], e["received_at"], json.dumps(e["body"])) for e in story.events],
        )
        sql.execute(
            "create table links (user_id varchar, connection varchar, account varchar, since timestamptz,"
            " until timestamptz)"
        )
        sql.executemany(
            "insert into links values (?, ?, ?, ?, ?)",
            [
                (u.id, a.connection, a.id, a.since or FAR[0], min(a.until or FAR[1], u.deleted_at or FAR[1]))
                for u in story.users
                for a in u.accounts
            ],
        )
        sql.execute("create table settings (zone varchar, first_day date, last_day date)")
        first = min(e["at"] for e in story.events).date()
        sql.execute("insert into settings values (?, ?, ?)", [story.zone, first, story.day + timedelta(days=5)])
        sql.execute("create table devices (connection varchar, device varchar)")
        sql.execute("create table capable (connection varchar)")
        for c in story.connections:
            for device in c.options.get("dnd_devices", "").lower().split(", "):
                if device:
                    sql.execute("insert into devices values (?, ?)", [c.id, device])
            if "dnd" in c.capabilities:
                sql.execute("insert into capable values (?)", [c.id])
        sql.execute(SQL)
        rows = sql.execute("select line, local_day, status, seconds from seconds where seconds > 0").fetchall()
    return in_sight(story, Counter({(line, day, status): seconds for line, day, status, seconds in rows}))


def in_sight(story: Story, found: Seconds) -> Seconds:
    """Local days that are over in every zone when the roll-up runs."""
    last = story.day + timedelta(days=3)
    return Counter({cell: seconds for cell, seconds in found.items() if cell[1] <= last})


@given(stories())
def test_status_time_is_what_sql_makes_of_the_raw_bodies(story: Story) -> None:
    mine, other = ours(story), theirs(story)

    assert mine == other, f"{story.zone} {story.day}: {sorted((mine - other).items())} {sorted((other - mine).items())}"
    lengths = Counter[tuple[str, date]]()
    for (line, day, _), seconds in mine.items():
        lengths[line, day] += seconds
    assert set(lengths.values()) <= {82_800, 84_600, 86_400, 88_200, 90_000}
