"""Records made by hand: short enough that a test shows what matters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ringlake.model.calls import CallRecord, Outcome, Party
from ringlake.model.deals import DealRecord, DealState
from ringlake.model.directory import Hours, Workspace
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.messages import MessageRecord
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.directory import MemoryDirectory
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.records import Record, Records, Write
from ringlake.stores.trails import MemoryTrails

WORKSPACE = Workspace(id="acme", name="Acme", zone="Europe/Warsaw")
WEEKDAYS = Hours(weekly={str(day): [("09:00", "17:00")] for day in range(1, 6)})
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
ANNA = Party(user_id="u-anna", name="Anna", email="anna@acme.example", account="US1")


def call(id: str = "c1", at: datetime = NOON, **fields: Any) -> CallRecord:
    """An inbound call of our default workspace that Anna answered after 4 s and held for 60 s."""
    answered: dict[str, Any] = {
        "direction": Direction.INBOUND,
        "outcome": Outcome.ANSWERED,
        "user": ANNA,
        "business_number": "+48220000001",
        "remote_number": "+48600000001",
        "ringing_at": at,
        "answered_at": at + timedelta(seconds=4),
        "ended_at": at + timedelta(seconds=64),
        "wait_ms": 4000,
        "ring_ms": 4000,
        "talk_ms": 60_000,
        "total_ms": 64_000,
        "revision": 3,
    }
    return CallRecord(
        record_id=f"line:{id}",
        workspace="acme",
        connection="line",
        provider="openphone",
        provider_id=id,
        started_at=at,
        **(answered | fields),
    )


def message(id: str = "m1", at: datetime = NOON, **fields: Any) -> MessageRecord:
    """An outgoing text of Anna that was delivered."""
    delivered: dict[str, Any] = {
        "direction": Direction.OUTBOUND,
        "status": MessageStatus.DELIVERED,
        "user": ANNA,
        "business_number": "+48220000001",
        "remote_number": "+48600000001",
        "remote_numbers": ("+48600000001",),
        "revision": 2,
    }
    return MessageRecord(
        record_id=f"line:{id}",
        workspace="acme",
        connection="line",
        provider="openphone",
        provider_id=id,
        started_at=at,
        **(delivered | fields),
    )


def deal(id: str = "d1", at: datetime = NOON, **fields: Any) -> DealRecord:
    """A quote of Bosch over 120.50 EUR that came of call c1."""
    quoted: dict[str, Any] = {
        "state": DealState.QUOTED,
        "brand": "Bosch",
        "amount": Money(amount=Decimal("120.50"), currency="EUR"),
        "quoted_at": at,
        "call": "line:c1",
        "revision": 1,
    }
    return DealRecord(
        record_id=f"line:{id}",
        workspace="acme",
        connection="line",
        provider="generic",
        provider_id=id,
        started_at=at,
        **(quoted | fields),
    )


_KINDS: dict[type[Record], SubjectKind] = {
    CallRecord: SubjectKind.CALL,
    MessageRecord: SubjectKind.MESSAGE,
    DealRecord: SubjectKind.DEAL,
}


def subject(record: Record) -> Subject:
    kind = _KINDS[type(record)]
    return Subject(workspace=record.workspace, kind=kind, connection=record.connection, id=record.provider_id)


def store(records: Records, *changed: Record) -> None:
    """Put as the fold does."""
    for record in changed:
        where = subject(record)
        assert records.put(where, record, records.load(where)) is Write.WRITTEN


def beside() -> dict[str, Any]:
    """What a roll-up keeps beside the records, all in memory: its further arguments."""
    return {"trails": MemoryTrails(), "marks": MemoryMarks(), "contacts": MemoryContacts()}


def directory(*workspaces: Workspace) -> MemoryDirectory:
    found = MemoryDirectory()
    for workspace in workspaces or (WORKSPACE,):
        found.put_workspace(workspace)
    return found


def total(rows: Iterable[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)
