"""What was signed and not understood is kept, and taken in once the adapter can read it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from ringlake import providers
from ringlake.errors import Unreadable
from ringlake.flows.ingest import Ingested, Outcome, ingest, secret_context
from ringlake.flows.replay import Result
from ringlake.model.calls import CallRecord
from ringlake.model.calls import Outcome as CallOutcome
from ringlake.model.directory import Connection, Secret, Workspace
from ringlake.model.events import Delivery, Identity
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.directory import MemoryDirectory, party_key_context, token_digest
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.records import MemoryRecords
from ringlake.stores.vault import MemoryVault
from tools.replay import Site, replay_all

NOW = datetime(2026, 9, 14, 11, 0, tzinfo=UTC)
DAY = NOW.date()
KEY = b"0123456789abcdef0123456789abcdef"
CALL = Subject(workspace="acme", kind=SubjectKind.CALL, connection="pbx", id="c-1")


class World:
    """One workspace with a generic connection, over the stores' twins."""

    def __init__(self) -> None:
        self.vault = MemoryVault()
        self.directory = MemoryDirectory(self.vault)
        party = self.vault.encrypt(KEY, party_key_context("acme"))
        self.directory.put_workspace(Workspace(id="acme", name="Acme", party_secret=party))
        secret = Secret(id="s1", ciphertext=self.vault.encrypt(base64.b64encode(KEY), secret_context("acme", "pbx")))
        self.directory.put_connection(
            Connection(
                id="pbx", workspace="acme", provider="generic", token_sha256=token_digest("door"), secrets=(secret,)
            )
        )
        self.journal, self.records = MemoryJournal(), MemoryRecords()
        self.site = Site(journal=self.journal, records=self.records, directory=self.directory)

    def deliver(self, event_id: str, kind: str, at: str, **call: object) -> Ingested:
        told = {"id": "c-1", "direction": "inbound", "from": "+12025550143", "to": "+12025550101", **call}
        body = json.dumps({"type": kind, "timestamp": at, "data": {"call": told}}).encode()
        stamp = str(int(NOW.timestamp()))
        mac = hmac.new(KEY, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        }
        delivery = Delivery(method="POST", url="https://x.example/", headers=headers, query="", body=body)
        return ingest(
            delivery,
            "generic",
            "door",
            directory=self.directory,
            journal=self.journal,
            vault=self.vault,
            now=NOW,
        )

    def call(self) -> CallRecord | None:
        record = self.records.load(CALL).record
        assert record is None or isinstance(record, CallRecord)
        return record


def a_broken_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The adapter as it was before it was mended."""

    def identify(_delivery: Delivery, _connection: Connection) -> Identity:
        raise Unreadable("data.call.id", "a shape nobody had seen")

    monkeypatch.setattr(providers.adapter("generic"), "identify", identify)


def test_a_delivery_that_could_not_be_identified_becomes_a_call_after_the_adapter_is_mended() -> None:
    world = World()
    with pytest.MonkeyPatch.context() as broken:
        a_broken_adapter(broken)
        for number, (kind, at) in enumerate(
            [("call.ringing", "2026-09-14T10:00:00Z"), ("call.answered", "2026-09-14T10:00:10Z")]
        ):
            answer = world.deliver(f"e{number}", kind, at, agent={"id": "7"}, answered_by="person")
            assert answer.outcome is Outcome.QUARANTINED
            assert answer.status == 200
    assert world.call() is None

    world.deliver("e9", "call.completed", "2026-09-14T10:01:10Z", status="ANSWERED")
    results = replay_all(world.site, "acme", DAY, DAY)

    assert [r.result for r in results] == [Result.STORED, Result.STORED]
    call = world.call()
    assert call is not None
    assert (call.outcome, call.ring_ms, call.talk_ms) == (CallOutcome.ANSWERED, 10_000, 60_000)


def test_replaying_twice_changes_nothing() -> None:
    world = World()
    with pytest.MonkeyPatch.context() as broken:
        a_broken_adapter(broken)
        world.deliver("e0", "call.ringing", "2026-09-14T10:00:00Z")
    replay_all(world.site, "acme", DAY, DAY)
    before = world.call()
    again = replay_all(world.site, "acme", DAY, DAY)
    assert [r.result for r in again] == [Result.KNOWN]
    assert before is not None
    assert world.call() == before


def test_a_dry_run_stores_nothing() -> None:
    world = World()
    with pytest.MonkeyPatch.context() as broken:
        a_broken_adapter(broken)
        world.deliver("e0", "call.ringing", "2026-09-14T10:00:00Z")
    results = replay_all(world.site, "acme", DAY, DAY, dry_run=True)
    assert [r.result for r in results] == [Result.STORED]
    assert world.journal.events(CALL) == []
    assert world.directory.audit_lines("acme", datetime.now(UTC).strftime("%Y-%m")) == []


def test_what_is_still_unreadable_stays_and_says_why() -> None:
    world = World()
    with pytest.MonkeyPatch.context() as broken:
        a_broken_adapter(broken)
        world.deliver("e0", "call.ringing", "2026-09-14T10:00:00Z")
        results = replay_all(world.site, "acme", DAY, DAY)
    assert [(r.result, r.field, r.reason) for r in results] == [
        (Result.UNREADABLE, "data.call.id", "a shape nobody had seen")
    ]


def test_a_second_truth_about_one_event_is_taken_in_only_when_asked_for() -> None:
    world = World()
    world.deliver("e0", "call.completed", "2026-09-14T10:00:30Z", status="NO ANSWER")
    other = world.deliver("e0", "call.completed", "2026-09-14T10:00:31Z", status="BUSY")
    assert other.outcome is Outcome.QUARANTINED

    assert [r.result for r in replay_all(world.site, "acme", DAY, DAY)] == [Result.CONFLICT]
    assert len(world.journal.events(CALL)) == 1
    accepted = replay_all(world.site, "acme", DAY, DAY, accept_conflicts=True)
    assert [r.result for r in accepted] == [Result.STORED]
    assert len(world.journal.events(CALL)) == 2
    assert [r.result for r in replay_all(world.site, "acme", DAY, DAY, accept_conflicts=True)] == [Result.KNOWN]


def test_each_replay_leaves_an_audit_line() -> None:
    world = World()
    with pytest.MonkeyPatch.context() as broken:
        a_broken_adapter(broken)
        world.deliver("e0", "call.ringing", "2026-09-14T10:00:00Z")
    replay_all(world.site, "acme", DAY, DAY)
    lines = world.directory.audit_lines("acme", datetime.now(UTC).strftime("%Y-%m"))
    assert [(line.action, line.detail) for line in lines] == [("quarantine.replay", {"stored": 1})]
