"""What the captures become: from signed delivery to record, in the provider's order and in reverse.

The expectations are in tests/contract/folded, one module per provider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from ringlake import providers
from ringlake.flows.folding import Snapshots, fold_subjects
from ringlake.model.directory import Account, Number, Team, User
from ringlake.model.facts import PresenceFact
from ringlake.model.subjects import SubjectKind
from ringlake.stores.records import MemoryRecords, Record

from .captures import CONNECTION, WORKSPACE, Capture, captures, event_of, house
from .folded import Table, tables

DURATIONS = {"ivr_s", "wait_s", "ring_s", "hold_s", "talk_s", "total_s"}
TABLES = tables()
BY_NAME = {c.name: c for provider in TABLES for c in captures(provider)}
ACCEPTED = [c for c in BY_NAME.values() if c.outcome == "accepted"]
CALLS = [(p, [f"{p}/{n}" for n in names], told) for p, table in TABLES.items() for names, told in table.calls]
MESSAGES = [(p, [f"{p}/{n}" for n in names], told) for p, table in TABLES.items() for names, told in table.messages]
PRESENCE = [(f"{p}/{name}", said) for p, table in TABLES.items() for name, said in table.presence.items()]
# What the makers of samples say of a call or message -> what a record says.
STATUS_WORDS: Mapping[str, Mapping[str, str]] = {
    "completed": {"outcome": "answered"},
    "answered": {"outcome": "answered"},
    "no_answer": {"outcome": "no_answer"},
    "cancelled": {"outcome": "caller_abandoned"},
    "canceled": {"outcome": "caller_abandoned"},
    "abandoned": {"outcome": "caller_abandoned"},
    "ringing_only": {"outcome": "outbound_aborted"},
    "busy": {"outcome": "busy"},
    "failed": {"outcome": "failed"},
    "voicemail": {"outcome": "voicemail"},
    "queued": {"live": "queued"},
    "ringing": {"live": "ringing"},
    "in_progress": {"live": "in_progress"},
}
DIRECTION_WORDS = {"incoming": "inbound", "outgoing": "outbound"}


def folded(names: Sequence[str]) -> dict[str, Record]:
    """All records, by the provider's id, after these deliveries in this order."""
    first = BY_NAME[names[0]]
    home = house(first.connection)
    people(home.directory, TABLES[first.provider])
    for name in names:
        seen = BY_NAME[name]
        secret = seen.connection.secrets
        home.directory.put_connection(msgspec.structs.replace(first.connection, secrets=secret))
        assert home.take(seen.delivery, seen.provider, seen.now).status == 200
    records = MemoryRecords()
    snapshots = Snapshots(home.directory, lambda: first.now)
    fold_subjects(
        list(home.journal.items), journal=home.journal, records=records, directory=snapshots, clock=lambda: first.now
    )
    assert not home.journal.held
    return {row.record.provider_id: row.record for row in records.rows.values() if row.record}


def people(directory: Any, table: Table, *, workspace: str = WORKSPACE, connection: str = CONNECTION) -> None:
    """The persons and numbers of a table in a directory."""
    for name, ids in table.accounts.items():
        owned = tuple(Account(connection=connection, id=i) for i in ids)
        directory.put_user(workspace, User(id=name, email=f"{name}@example.com", name=name, accounts=owned))
    directory.put_team(workspace, Team(id="sales", name="Sales"))
    for e164, ids in table.numbers.items():
        directory.put_number(workspace, Number(id=e164.lstrip("+"), e164=e164, provider_ids=tuple(ids)))


def told(record: Any, name: str) -> Any:
    """A property of a record as the expectations spell it."""
    if name in DURATIONS:
        value = getattr(record, f"{name[:-2]}_ms")
        return None if value is None else (value + 500) // 1000
    shown: dict[str, Callable[[], Any]] = {
        "user": lambda: record.user.user_id,
        "voicemail": lambda: record.voicemail.seconds,
        "voicemail_left": lambda: record.voicemail is not None,
        "recordings": lambda: len(record.recordings),
        "legs": lambda: len(record.legs),
        "cost": lambda: f"{record.cost.amount} {record.cost.currency}",
        "path": lambda: tuple(f"{s.kind} {s.value}" for s in record.timeline if s.value),
    }
    return shown[name]() if name in shown else getattr(record, name)


def _ids(cases: Sequence[tuple[str, list[str], Any]]) -> list[str]:
    return [f"{p}: " + " + ".join(n.split("/")[1] for n in names)[:80] for p, names, _ in cases]


@pytest.mark.parametrize(("_provider", "names", "expected"), CALLS, ids=_ids(CALLS))
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "in reverse"])
def test_the_call_is_what_the_provider_meant(
    _provider: str, names: list[str], expected: Mapping[str, Any], backwards: bool
) -> None:
    records = folded(names[::-1] if backwards else names)
    [record] = [r for r in records.values() if not told(r, "part_of")] if len(records) > 1 else records.values()
    assert {name: told(record, name) for name in expected} == expected


@pytest.mark.parametrize(("_provider", "names", "expected"), MESSAGES, ids=_ids(MESSAGES))
@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "in reverse"])
def test_the_message_is_what_the_provider_meant(
    _provider: str, names: list[str], expected: Mapping[str, Any], backwards: bool
) -> None:
    [record] = folded(names[::-1] if backwards else names).values()
    assert {name: told(record, name) for name in expected} == expected


@pytest.mark.parametrize(("name", "expected"), PRESENCE, ids=[name for name, _ in PRESENCE])
def test_the_status_is_what_the_provider_meant(name: str, expected: tuple[str, str, str]) -> None:
    seen = BY_NAME[name]
    [fact] = providers.adapter(seen.provider).parse(event_of(seen), seen.connection)
    assert isinstance(fact, PresenceFact)
    assert (fact.account, fact.status.value, fact.raw) == expected


def _said(seen: Capture) -> bool:
    known = {"status", "direction", "talk_seconds", "error_code"} & set(seen.says)
    return bool(known) and seen.path.stem not in TABLES[seen.provider].differs


@pytest.mark.parametrize("seen", [c for c in ACCEPTED if _said(c)], ids=lambda seen: seen.name)
def test_the_record_agrees_with_the_maker_of_the_sample(seen: Capture) -> None:
    """One delivery alone already says what its maker says it means."""
    kind = event_of(seen).subject.kind
    if kind not in (SubjectKind.CALL, SubjectKind.MESSAGE):
        return
    [record] = folded([seen.name]).values()
    says, expected = seen.says, dict[str, Any]()
    if "status" in says:
        words = STATUS_WORDS.get(says["status"], {}) if kind is SubjectKind.CALL else {"status": says["status"]}
        if says["status"] == "missed":
            words = {"outcome": "no_answer"}
        assert words, says["status"]
        expected |= words
    if says.get("direction"):
        expected["direction"] = DIRECTION_WORDS.get(says["direction"], says["direction"])
    if says.get("talk_seconds"):
        expected["talk_s"] = says["talk_seconds"]
    if says.get("error_code"):
        expected["error_code"] = says["error_code"]
    assert {name: told(record, name) for name in expected} == expected


def test_a_consultation_is_a_part_and_no_call() -> None:
    records = folded(
        [f"generic/{n}" for n in ("01_fcc_ivr_picks_up", "05_fcc_ring_agent_1", "07_fcc_answer_agent_1")]
        + ["generic/08_fcc_completed", "generic/13_fcc_consultation"]
    )
    part = records["fcc-136-c1"]
    assert told(part, "part_of") == "fcc-136"
    assert not told(part, "counts_as_call")
    assert told(records["fcc-136"], "outcome") == "answered"


@pytest.mark.parametrize("seen", ACCEPTED, ids=lambda seen: seen.name)
def test_no_capture_is_unfoldable(seen: Capture) -> None:
    assert len(folded([seen.name])) <= 1
