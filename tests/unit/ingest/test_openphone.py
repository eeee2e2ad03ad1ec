"""OpenPhone: the rules of meaning, event by event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import AnsweredBy, CallFact, ContactFact, Direction, EndedAs, Fact, FactKind, MessageFact
from ringlake.model.facts import MessageStatus as Status
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.providers.openphone import ADAPTER, CALL_STATUS, KEPT, MESSAGE_STATUS

NOW = datetime(2026, 9, 14, 13, 5, tzinfo=UTC)
LINE = Connection(id="line", workspace="acme", provider="openphone")
CREATED, ANSWERED, ENDED = "2026-09-14T13:00:00Z", "2026-09-14T13:00:12Z", "2026-09-14T13:04:12Z"
V4 = ["queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
V4 += ["missed", "answered", "forwarded", "abandoned"]
NEWER = ["answered", "unanswered", "failed", "forwarded", "abandoned", "ai-handled", "unknown"]


def versioned(type: str, resource: dict[str, Any], id: str = "EV1", **context: Any) -> dict[str, Any]:
    return {
        "id": id,
        "apiVersion": "2026-03-30",
        "createdAt": ENDED,
        "type": type,
        "data": {"resource": resource, "context": context, "links": {"quo": None}},
    }


def legacy(type: str, resource: dict[str, Any], version: str = "v2") -> dict[str, Any]:
    return {
        "id": "EV1",
        "object": "event",
        "apiVersion": version,
        "createdAt": ENDED,
        "type": type,
        "data": {"object": resource},
    }


def identify(body: dict[str, Any], **headers: str) -> Identity:
    delivery = Delivery(method="POST", url="", headers=headers, query="", body=json.dumps(body).encode())
    return ADAPTER.identify(delivery, LINE)


def parse(body: dict[str, Any], connection: Connection = LINE) -> list[Fact]:
    identity = identify(body)
    event = RawEvent(
        subject=Subject(workspace="acme", kind=identity.kind, connection="line", id=identity.subject_id),
        event_id=identity.event_id,
        event_type=identity.event_type,
        provider="openphone",
        adapter=1,
        body=json.dumps(body).encode(),
        received_at=NOW,
    )
    return list(ADAPTER.parse(event, connection))


def call(body: dict[str, Any]) -> dict[FactKind, CallFact]:
    """The call's facts by kind, the last of each; attributes of several INFO facts are not needed here."""
    return {f.kind: f for f in parse(body) if isinstance(f, CallFact)}


def completed(direction: str, status: str, answered: str | None, **more: Any) -> dict[str, Any]:
    resource = {"id": "AC1", "direction": direction, "status": status, "createdAt": CREATED, "answeredAt": answered}
    return versioned(
        "call.completed", resource | {"completedAt": ENDED, "duration": None, "hasVoicemail": False} | more
    )


@pytest.mark.parametrize("status", sorted({*V4, *NEWER}))
def test_an_incoming_call_without_an_answer_time_was_never_answered(status: str) -> None:
    facts = call(completed("incoming", status, None))
    assert FactKind.ANSWERED not in facts
    assert facts[FactKind.ENDED].ended_as is not EndedAs.ANSWERED


@pytest.mark.parametrize("status", sorted({*V4, *NEWER}))
def test_every_documented_status_is_in_the_table_and_kept_verbatim(status: str) -> None:
    assert status in CALL_STATUS
    assert call(completed("incoming", status, ANSWERED))[FactKind.INFO].status == status


@pytest.mark.parametrize(
    ("direction", "status", "answered", "ended_as"),
    [
        ("incoming", "completed", ANSWERED, EndedAs.ANSWERED),
        ("incoming", "answered", ANSWERED, EndedAs.ANSWERED),
        ("incoming", "completed", None, EndedAs.NO_ANSWER),
        ("incoming", "missed", None, EndedAs.NO_ANSWER),
        ("incoming", "no-answer", None, EndedAs.NO_ANSWER),
        ("incoming", "unanswered", None, EndedAs.NO_ANSWER),
        ("incoming", "abandoned", None, EndedAs.ABANDONED),
        ("incoming", "forwarded", None, EndedAs.FORWARDED),
        ("incoming", "failed", None, EndedAs.FAILED),
        ("outgoing", "answered", ANSWERED, EndedAs.ANSWERED),
        ("outgoing", "completed", None, EndedAs.NO_ANSWER),
        ("outgoing", "unanswered", None, EndedAs.NO_ANSWER),
        ("outgoing", "busy", None, EndedAs.BUSY),
        ("outgoing", "canceled", None, EndedAs.CANCELED),
        # Nobody can abandon a queue of ours outward: the user gave up.
        ("outgoing", "abandoned", None, EndedAs.CANCELED),
        ("incoming", "unknown", None, EndedAs.UNKNOWN),
        ("incoming", "teleported", None, EndedAs.UNKNOWN),
        ("incoming", "", None, None),
        ("incoming", "ringing", None, None),
    ],
)
def test_the_closing_word(direction: str, status: str, answered: str | None, ended_as: EndedAs | None) -> None:
    assert call(completed(direction, status, answered))[FactKind.ENDED].ended_as is ended_as


def test_a_voicemail_upgrades_a_miss_and_never_an_answer() -> None:
    assert call(completed("incoming", "unanswered", None, hasVoicemail=True))[FactKind.ENDED].ended_as is (
        EndedAs.VOICEMAIL
    )
    assert call(completed("incoming", "answered", ANSWERED, hasVoicemail=True))[FactKind.ENDED].ended_as is (
        EndedAs.ANSWERED
    )


def test_an_outgoing_pick_up_counts_as_a_person() -> None:
    """It may be a voicemail box; nothing in the event tells (metrics.md Connect rate)."""
    answered = call(completed("outgoing", "answered", ANSWERED))[FactKind.ANSWERED]
    assert answered.answered_by is AnsweredBy.PERSON


@pytest.mark.parametrize("more", [{"status": "ai-handled"}, {"status": "answered", "aiHandled": "ai-agent"}])
def test_the_ai_agent_is_no_person(more: dict[str, Any]) -> None:
    body = completed("incoming", "", ANSWERED)
    body["data"]["resource"] |= more
    answered = call(body)[FactKind.ANSWERED]
    assert answered.answered_by is AnsweredBy.AI
    assert answered.agent is None


def test_the_ai_agent_is_named_also_when_no_time_is() -> None:
    facts = call(completed("incoming", "ai-handled", None))
    assert FactKind.ANSWERED not in facts
    assert facts[FactKind.ENDED].answered_by is AnsweredBy.AI


def test_the_answerer_by_name_goes_before_the_user_of_the_number() -> None:
    resource = {"id": "AC1", "direction": "incoming", "createdAt": CREATED, "answeredAt": ANSWERED}
    named = versioned("call.answered", resource | {"answeredByUserId": "US2"}, userId="US1")
    assert _agent(call(named)[FactKind.ANSWERED]) == "US2"
    assert _agent(call(versioned("call.answered", resource, userId="US1"))[FactKind.ANSWERED]) == "US1"


def test_who_dialled_is_the_user_of_an_outgoing_call() -> None:
    resource = {"id": "AC1", "direction": "outgoing", "createdAt": CREATED, "status": "no-answer"}
    started = call(legacy("call.completed", resource | {"initiatedBy": "US2", "userId": "US1"}, "v4"))[FactKind.STARTED]
    assert _agent(started) == "US2"


def test_a_missed_call_on_a_shared_number_is_nobodys() -> None:
    resource = {"id": "AC1", "direction": "incoming", "createdAt": CREATED, "status": "unanswered"}
    shared = parse(versioned("call.completed", resource, userId="US1", phoneNumberType="shared"))
    private = parse(versioned("call.completed", resource, userId="US1", phoneNumberType="private"))
    assert not [f for f in shared if isinstance(f, CallFact) and f.agent]
    assert [_agent(f) for f in private if isinstance(f, CallFact) and f.agent] == ["US1"]


def _agent(fact: CallFact) -> str:
    assert fact.agent is not None
    return fact.agent.id


def test_lookups_that_are_unavailable_leave_the_parties_unknown() -> None:
    nobody = {"workspace": [], "external": [], "resolution": "unavailable"}
    facts = parse(
        versioned("call.ringing", {"id": "AC1", "direction": "incoming", "createdAt": CREATED}, participants=nobody)
    )
    assert not [f for f in facts if isinstance(f, CallFact) and (f.remote_number or f.business_number)]


@pytest.mark.parametrize(
    ("participants", "options", "remote", "business", "open_ends"),
    [
        (["+12025550143"], {}, "+12025550143", "", ()),
        (["+12025550143"], {"numbers": "PN1=+12025550101"}, "+12025550143", "+12025550101", ()),
        (["+12025550143", "+12025550101"], {"numbers": "PN1=+12025550101"}, "+12025550143", "+12025550101", ()),
        (["+12025550101", "+12025550143"], {"numbers": " PN1 = +12025550101 ,"}, "+12025550143", "+12025550101", ()),
        (["+12025550101", "+12025550143"], {}, "", "", ("+12025550101", "+12025550143")),
        ([], {}, "", "", ()),
    ],
)
def test_of_v4_participants_the_one_that_is_not_ours_is_remote(
    participants: list[str], options: dict[str, str], remote: str, business: str, open_ends: tuple[str, ...]
) -> None:
    resource = {"id": "AC1", "direction": "incoming", "createdAt": CREATED, "phoneNumberId": "PN1"}
    body = legacy("call.ringing", resource | {"participants": participants, "status": "ringing"}, "v4")
    line = Connection(id="line", workspace="acme", provider="openphone", options=options)
    told = [f for f in parse(body, line) if isinstance(f, CallFact) and f.kind is FactKind.INFO]
    found = [(f.remote_number, f.business_number, f.participants) for f in told]
    assert found == ([(remote, business, open_ends)] if remote or business or open_ends else [])


@pytest.mark.parametrize("status", ["absent", "in-progress", "failed"])
@pytest.mark.parametrize("type", ["call.summary.completed", "call.transcript.completed", "callSummary"])
def test_what_is_not_ready_is_no_artefact(type: str, status: str) -> None:
    assert parse(versioned(type, {"callId": "AC1", "processingStatus": status})) == []
    assert parse(legacy(type, {"callId": "AC1", "status": status}, "v4")) == []


def test_a_summary_says_when_the_ai_agent_had_the_call() -> None:
    body = versioned(
        "call.summary.completed", {"callId": "AC1", "processingStatus": "completed", "handledByAiAgent": True}
    )
    assert call(body)[FactKind.SUMMARY].answered_by is AnsweredBy.AI


@pytest.mark.parametrize(("type", "status"), sorted(MESSAGE_STATUS.items()))
def test_the_meaning_of_a_message_is_in_its_type(type: str, status: Status) -> None:
    """The published v4 sample of message.received carries the status `delivered`."""
    [fact] = parse(versioned(type, {"id": "AC1", "direction": "", "status": "delivered", "errorCode": 30006}))
    assert isinstance(fact, MessageFact)
    assert (fact.status, fact.status_raw, fact.error_code) == (status, "delivered", "30006")


@pytest.mark.parametrize(
    ("to", "recipients"),
    [
        ("+1,+2", ("+1", "+2")),
        (" +1 , ", ("+1",)),
        (["+1", "+2"], ("+1", "+2")),
        (["+1,+2", "+3"], ("+1", "+2", "+3")),
        (None, ()),
    ],
)
def test_recipients_in_every_shape(to: object, recipients: tuple[str, ...]) -> None:
    [fact] = parse(legacy("message.received", {"id": "AC1", "from": "+9", "to": to, "direction": "incoming"}))
    assert isinstance(fact, MessageFact)
    assert fact.to_numbers == recipients
    assert fact.business_number == (recipients[0] if len(recipients) == 1 else "")
    assert fact.direction is Direction.INBOUND


def test_contact_fields_as_list_and_as_map() -> None:
    listed = [
        {"name": "Phone", "type": "phone-number", "value": "+1"},
        {"name": "Tier", "type": "string", "value": "gold"},
    ]
    for fields in (listed, {"Phone": ["+1"], "Tier": "gold"}):
        [fact] = parse(legacy("contact.updated", {"id": "CT1", "fields": fields}))
        assert isinstance(fact, ContactFact)
        assert (fact.numbers, fact.fields) == (("+1",), {"Tier": "gold"})


def test_custom_fields_of_every_type() -> None:
    values = {"text": "a", "number": 1.5, "whole": 7, "yes": True, "many": ["a", "b"], "none": None, "odd": {}}
    custom = [{"name": name, "key": name, "type": "x", "value": value} for name, value in values.items()]
    [fact] = parse(versioned("contact.deleted", {"id": "CT1", "customFields": custom}))
    assert isinstance(fact, ContactFact)
    assert fact.deleted
    assert fact.fields == {"text": "a", "number": "1.5", "whole": "7", "yes": "true", "many": "a, b"}


@pytest.mark.parametrize("type", [*sorted(KEPT), "call.teleported", "message.read", "task.due_date_changed"])
def test_what_is_no_communication_is_kept_without_facts(type: str) -> None:
    body = versioned(type, {"id": "TK1"})
    assert identify(body).kind is SubjectKind.OTHER
    assert parse(body) == []


def test_the_test_button_never_touches_a_call() -> None:
    body = completed("incoming", "answered", ANSWERED) | {"id": "EV-test-1"}
    pressed = [identify(body, **{"webhook-id": f"msg_{n}"}) for n in (1, 2, 1)]
    assert {p.kind for p in pressed} == {SubjectKind.TEST}
    assert [p.event_id for p in pressed] == ["EV-test-1@msg_1", "EV-test-1@msg_2", "EV-test-1@msg_1"]
    assert parse(body) == []


def test_app_and_api_webhooks_of_one_event_are_two_events() -> None:
    resource = {"id": "AC1", "direction": "incoming"}
    assert identify(legacy("call.ringing", resource)).event_id == "EV1"
    assert identify(legacy("call.ringing", resource, "v4")).event_id == "EV1@v4"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"id": ""}, "id"),
        ({"type": None}, "type"),
        ({"data": []}, "data"),
        ({"data": {"resource": "x"}}, "data.resource"),
        ({"data": {"resource": {}}}, "data.resource.id"),
        ({"data": {"object": {"id": []}}}, "data.object.id"),
        ({"data": None}, "data.object.id"),
    ],
)
def test_what_cannot_be_identified_names_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        identify(versioned("call.ringing", {"id": "AC1"}) | change)
    assert refused.value.field == field


@pytest.mark.parametrize("headers", [{}, {"webhook-id": "a", "webhook-timestamp": "1"}, {"authorization": "x"}])
def test_a_delivery_of_neither_generation_is_refused(headers: dict[str, str]) -> None:
    delivery = Delivery(method="POST", url="", headers=headers, query="", body=b"{}")
    with pytest.raises(NotAuthentic):
        ADAPTER.verify(delivery, [b"c2VjcmV0"], LINE, NOW)
