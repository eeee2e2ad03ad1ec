"""A company whose accounts report, on in-memory stores: steps happen to it, roll-ups follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from ringlake.flows.presence import relinked
from ringlake.flows.rollup import rollup
from ringlake.fold.presence import fold_presence
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Account, Directory, User, Workspace
from ringlake.model.facts import PresenceFact
from ringlake.model.presence import PresenceRecord
from ringlake.model.records import Record
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import PRESENCE
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.lake import ObjectLake, from_parquet
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords, Write
from tests.property.turns import Turn
from tests.unit.lake.making import beside

# 22:00 UTC is midnight in Warsaw in summer: days and local days do not begin together.
WORKSPACE = Workspace(id="acme", name="Acme", zone="Europe/Warsaw")
MONDAY = datetime(2026, 9, 14, tzinfo=UTC)
FRIDAY_NOON = MONDAY + timedelta(days=4, hours=12)
PEOPLE = {"u-anna": "Anna", "u-boris": "Boris"}


class Step(NamedTuple):
    """What happens, and what time it is then."""

    now: datetime
    change: Any


class Relink(NamedTuple):
    user: User


def person(who: str, accounts: tuple[Account, ...], deleted_at: datetime | None = None) -> User:
    return User(id=who, email=f"{who}@acme.example", name=PEOPLE[who], accounts=accounts, deleted_at=deleted_at)


FIRST = {
    "u-anna": person("u-anna", (Account(connection="line", id="A"),)),
    "u-boris": person("u-boris", ()),
}


def presence(key: str, facts: list[PresenceFact]) -> PresenceRecord:
    subject = Subject(workspace="acme", kind=SubjectKind.PRESENCE, connection="line", id=key)
    record = fold_presence(subject, "generic", facts, Directory(workspace=WORKSPACE))
    return msgspec.structs.replace(record, revision=len(facts))


class House:
    """Stores, and the clock that the steps move."""

    def __init__(self) -> None:
        self.records, self.objects, self.beside = MemoryRecords(), MemoryObjects(), beside()
        self.directory = MemoryDirectory()
        self.directory.put_workspace(WORKSPACE)
        self.users = dict(FIRST)
        for user in FIRST.values():
            self.directory.put_user("acme", user)
        self.now = MONDAY

    def take(self, step: Step, records: Any = None, directory: Any = None) -> None:
        self.now = max(self.now, step.now)
        records, directory = records or self.records, directory or self.directory
        if isinstance(step.change, Relink):
            before, after = self.users[step.change.user.id], step.change.user
            self.users[after.id] = after
            directory.put_user("acme", after)
            relinked("acme", before, after, records)
        else:
            subject = subject_of(step.change)
            assert records.put(subject, step.change, self.records.load(subject)) is Write.WRITTEN

    def roll_up(self, turn: Turn | None = None, batch: int = 100, clock: Callable[[], datetime] | None = None) -> bool:
        watched: Callable[[Any], Any] = turn or (lambda store: store)
        return rollup(
            "acme",
            records=watched(self.records),
            lake=ObjectLake(watched(self.objects)),
            directory=watched(self.directory),
            clock=clock or (lambda: self.now),
            batch=batch,
            **{name: watched(store) for name, store in self.beside.items()},
        ).complete

    def rows(self) -> dict[str, list[Any]]:
        """Rows of presence by object. A day that once held some may keep an object without any."""
        found = {
            key: from_parquet(PRESENCE, body).to_pylist()
            for key, body in self.objects.bodies.items()
            if key.startswith("presence/")
        }
        return {key: rows for key, rows in found.items() if rows}

    def settle(self) -> dict[str, list[Any]]:
        self.now = FRIDAY_NOON
        assert self.roll_up()
        assert self.roll_up()
        assert not self.records.dirt
        return self.rows()


def subject_of(record: Record) -> Subject:
    kind = SubjectKind.CALL if isinstance(record, CallRecord) else SubjectKind.PRESENCE
    return Subject(workspace="acme", kind=kind, connection=record.connection, id=record.provider_id)
