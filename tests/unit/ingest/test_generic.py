"""The generic contract: what the reader does beyond the captures."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ringlake.errors import Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    AnsweredBy,
    CallFact,
    CallKind,
    Direction,
    EndedAs,
    Fact,
    FactKind,
    MessageFact,
    PresenceFact,
    PresenceStatus,
)
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.providers.canonical import CALL_STATUS, CALL_TYPES
from ringlake.providers.generic import ADAPTER

NOW = datetime(2026, 9, 14, 12, 0, 1, tzinfo=UTC)
LINE = Connection(id="line", workspace="acme", provider="generic")
CALL = {"id": "c1", "direction": "inbound", "from": "+34600111222", "to": "+34910000000"}


def body(type: str, subject: dict[str, Any], timestamp: object = "2026-09-14T12:00:00Z") -> bytes:
    return json.dumps({"type": type, "timestamp": timestamp, "data": {type.partition(".")[0]: subject}}).encode()


def identify(raw: bytes, connection: Connection = LINE, event_id: str = "msg_1") -> Identity:
    delivery = Delivery(method="POST", url="", headers={"webhook-id": event_id}, query="", body=raw)
    return ADAPTER.identify(delivery, connection)


def parse(raw: bytes, connection: Connection = LINE) -> list[Fact]:
    identity = identify(raw, connection)
    subject = Subject(workspace="acme", kind=identity.kind, connection="line", id=identity.subject_id)
    event = RawEvent(
        subject=subject,
        event_id="msg_1",
        event_type=identity.event_type,
        provider="generic",
        adapter=1,
        body=raw,
        received_at=NOW,
    )
    return list(ADAPTER.parse(event, connection))


def call(type: str, **fields: Any) -> CallFact:
    fact = parse(body(type, CALL | fields))[0]
    assert isinstance(fact, CallFact)
    return fact


@pytest.mark.parametrize(("type", "kind"), sorted(CALL_TYPES.items()))
def test_every_type_states_one_thing_at_its_time(type: str, kind: FactKind) -> None:
    facts = parse(body(type, CALL))
    assert [(f.kind, f.at) for f in facts if isinstance(f, CallFact)] == [(kind, datetime(2026, 9, 14, 12, tzinfo=UTC))]


@pytest.mark.parametrize("spelled", ["NO ANSWER", "NO ANSWEAR", "no answer", " No Answear ", "no_answer", "missed"])
def test_no_answer_in_every_spelling(spelled: str) -> None:
    ended = call("call.completed", status=spelled)
    assert (ended.ended_as, ended.status) == (EndedAs.NO_ANSWER, spelled)


def test_a_word_that_nobody_knows_is_kept_and_unknown() -> None:
    ended = call("call.completed", status="TELEPORTED")
    assert (ended.ended_as, ended.status) == (EndedAs.UNKNOWN, "TELEPORTED")
    assert call("call.completed").ended_as is None


def test_a_snapshot_word_is_no_ending() -> None:
    assert {w for w, ended in CALL_STATUS.items() if ended is None} == {"queued", "ringing", "pending", "classifier"}


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ({}, AnsweredBy.PERSON),
        ({"kind": "campaign"}, AnsweredBy.IVR),
        ({"kind": "campaign", "agent": {"id": "7"}}, AnsweredBy.PERSON),
        ({"kind": "campaign", "direction": "outbound"}, AnsweredBy.PERSON),
        ({"kind": "campaign", "answered_by": "person"}, AnsweredBy.PERSON),
        ({"answered_by": "machine"}, AnsweredBy.MACHINE),
        ({"answered_by": "IVR"}, AnsweredBy.IVR),
    ],
)
def test_who_picked_up(fields: dict[str, Any], by: AnsweredBy) -> None:
    assert call("call.answered", **fields).answered_by is by


@pytest.mark.parametrize(
    ("direction", "remote", "business"),
    [
        ("inbound", "+34600111222", "+34910000000"),
        ("OUTBOUND", "+34910000000", "+34600111222"),
        ("internal", "", ""),
        ("sideways", "", ""),
    ],
)
def test_the_remote_side_follows_from_the_direction(direction: str, remote: str, business: str) -> None:
    fact = call("call.ringing", direction=direction)
    assert (fact.remote_number, fact.business_number) == (remote, business)
    assert (fact.from_number, fact.to_number) == ("+34600111222", "+34910000000")


def test_of_a_transfer_the_called_number_is_where_it_goes() -> None:
    fact = call("call.transferred", to="+34911111111")
    assert (fact.to_party, fact.business_number, fact.to_number) == ("+34911111111", "", "")


def test_a_classifier_without_a_call_is_no_call() -> None:
    assert call("call.classified", status="CLASSIFIER", classifier="call back").call_kind is CallKind.CLASSIFIER
    assert call("call.classified", classifier={"name": "call back"}).call_kind is None


def test_a_part_names_its_parent_and_nobody_is_their_own() -> None:
    assert identify(body("call.ringing", CALL | {"parent_id": "p1"})).related == ("p1",)
    assert identify(body("call.ringing", CALL | {"parent_id": "c1"})).related == ()
    assert identify(body("call.ringing", CALL | {"parent_id": ""})).related == ()
    assert call("call.ringing", parent_id="p1").parent_id == "p1"
    assert call("call.ringing", parent_id="c1").parent_id == ""


@pytest.mark.parametrize(
    ("word", "status"),
    [
        # Which devices' do-not-disturb counts is decided where lines are made (features.md R35).
        ("dnd", PresenceStatus.DND),
        ("offline", PresenceStatus.OFFLINE),
        ("ringing", PresenceStatus.ONLINE),
        ("lunch", PresenceStatus.ONLINE),
    ],
)
def test_a_presence_word_outside_the_four_is_online_and_kept(word: str, status: PresenceStatus) -> None:
    [fact] = parse(body("presence.changed", {"account": "a", "status": word, "device": "Desk/1"}))
    assert isinstance(fact, PresenceFact)
    assert (fact.status, fact.raw, fact.device) == (status, word, "Desk/1")


def test_presence_without_a_word_states_nothing() -> None:
    assert parse(body("presence.changed", {"account": "a"})) == []


def test_the_key_of_a_presence_holds_no_account() -> None:
    told = [identify(body("presence.changed", {"account": a, "status": "online"})) for a in ("+34600111222", "b")]
    assert "600111222" not in told[0].subject_id
    assert told[0].subject_id != told[1].subject_id


def test_all_recipients_of_a_mail_are_recipients() -> None:
    mail = {"id": "m", "direction": "outbound", "from": "a@x", "to": ["b@x", ""], "cc": "c@x", "bcc": ["d@x"]}
    [fact] = parse(body("message.sent", mail | {"kind": "email"}))
    assert isinstance(fact, MessageFact)
    assert (fact.to_numbers, fact.business_number) == (("b@x", "c@x", "d@x"), "a@x")


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-09-14T14:00:00", datetime(2026, 9, 14, 12, tzinfo=UTC)),
        ("2026-09-14T12:00:00Z", datetime(2026, 9, 14, 12, tzinfo=UTC)),
        (1789387200, datetime(2026, 9, 14, 12, tzinfo=UTC)),
        ("soon", None),
        (None, None),
    ],
)
def test_the_senders_clock(said: object, at: datetime | None) -> None:
    madrid = Connection(id="line", workspace="acme", provider="generic", zone="Europe/Madrid")
    raw = body("call.ringing", CALL, said)
    assert identify(raw, madrid).occurred_at == at
    assert [f.at for f in parse(raw, madrid) if isinstance(f, CallFact)] == [at]


def test_a_wrong_zone_of_ours_keeps_no_delivery_out() -> None:
    """The event is stored; folding names the setting, and after it is mended folds again."""
    nowhere = Connection(id="line", workspace="acme", provider="generic", zone="Mars/Olympus")
    raw = body("call.ringing", CALL)
    assert identify(raw, nowhere).kind is SubjectKind.CALL
    with pytest.raises(Unreadable, match=r"connection\.zone"):
        parse(raw, nowhere)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"[]", "body"),
        (b"{}", "type"),
        (b'{"type":7.5}', "type"),
        (b'{"type":"call.ringing"}', "data.call"),
        (b'{"type":"call.ringing","data":[]}', "data"),
        (b'{"type":"call.ringing","data":{"call":"x"}}', "data.call"),
        (b'{"type":"call.ringing","data":{"call":{}}}', "data.call.id"),
        (b'{"type":"call.ringing","data":{"call":{"id":1.5}}}', "data.call.id"),
        (b'{"type":"call.ringing","data":{"call":{"id":1,"parent_id":[]}}}', "data.call.parent_id"),
        (b'{"type":"presence.changed","data":{"presence":{}}}', "data.presence.account"),
    ],
)
def test_what_cannot_be_identified_names_its_field(raw: bytes, field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        identify(raw)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"agent": "Anna"}, "data.call.agent"),
        ({"agent": {"name": []}}, "data.call.agent.name"),
        ({"from": {}}, "data.call.from"),
        ({"tags": {"a": 1}}, "data.call.tags[]"),
        ({"cost": {"amount": "x", "currency": "EUR"}}, "data.call.cost.amount"),
        ({"step": {"no": []}}, "data.call.step.no"),
        ({"recording": "url"}, "data.call.recording"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named_and_not_guessed(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        call("call.ringing", **fields)
    assert refused.value.field == field


def test_unknown_fields_and_missing_ones_do_no_harm() -> None:
    [fact] = parse(body("call.ringing", {"id": "c1", "colour": {"a": [1]}}))
    assert isinstance(fact, CallFact)
    assert (fact.direction, fact.from_number) == (None, "")
    assert call("call.ringing").direction is Direction.INBOUND
