"""Twilio, Telnyx, Vonage and Aircall where their contracts leave traps: repeats, addresses, missing fields."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from ringlake import providers
from ringlake.errors import NotAuthentic
from ringlake.flows.ingest import Outcome
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery
from ringlake.model.facts import Agent, AnsweredBy, CallFact, Direction, EndedAs, FactKind, MessageFact, MessageStatus
from ringlake.model.subjects import SubjectKind
from ringlake.providers.addresses import agent_at, number_at, sip_agent
from tests.contract.captures import SECRETS, capture, event_of, house
from tools.simulator import signing

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OWN = frozenset({"+12025550150", "sip:carla@pbx.example.com"})


def facts_of(provider: str, fields: dict[str, Any], **options: str) -> list[Any]:
    """What an adapter reads in these fields."""
    like = capture({"twilio": "twilio/05_voice_busy_outbound"}.get(provider, "vonage/08_timeout"))
    connection = Connection(id="line", workspace="acme", provider=provider, options=options)
    body = urlencode(fields).encode() if provider == "twilio" else json.dumps(fields).encode()
    delivery = msgspec.structs.replace(like.delivery, body=body, query="")
    adapter = providers.adapter(provider)
    identity = adapter.identify(delivery, connection)
    kept = event_of(like)
    subject = msgspec.structs.replace(kept.subject, kind=identity.kind, id=identity.subject_id)
    return list(adapter.parse(msgspec.structs.replace(kept, subject=subject, body=body, query=""), connection))


def calls(facts: list[Any], kind: FactKind) -> list[CallFact]:
    return [f for f in facts if isinstance(f, CallFact) and f.kind is kind]


# --- repeats


def test_another_attempt_of_telnyx_is_the_same_event() -> None:
    """The body counts the attempts, and its keys come in any order."""
    seen = capture("telnyx/26_call_hangup_retry_attempt2")
    content = json.loads(seen.body)
    content["meta"]["attempt"] = 1
    body = json.dumps(dict(reversed(content.items()))).encode()
    request = signing.signed("telnyx", signing.Request("POST", seen.url, body), [SEED], seen.now)
    first = msgspec.structs.replace(
        seen.delivery, body=body, headers={n.lower(): v for n, v in request.headers.items()}
    )
    home = house(seen.connection)
    assert home.take(first, "telnyx", seen.now).outcome is Outcome.ACCEPTED
    assert home.take(seen.delivery, "telnyx", seen.now).outcome is Outcome.DUPLICATE
    assert not home.journal.held


def test_an_event_of_aircall_is_the_same_under_another_token() -> None:
    seen = capture("aircall/10_call_ended_answered")
    other = b"ffeeddccbbaa99887766554433221100"
    home = house(seen.connection)
    assert home.take(seen.delivery, "aircall", seen.now).outcome is Outcome.ACCEPTED
    again = msgspec.structs.replace(seen.delivery, body=seen.body.replace(SECRETS["aircall"].encode(), other))
    assert home.take(again, "aircall", seen.now).outcome is Outcome.NOT_AUTHENTIC
    moved = house(seen.connection)
    kept = providers.adapter("aircall")
    assert kept.identify(again, seen.connection) == kept.identify(seen.delivery, seen.connection)
    moved.take(seen.delivery, "aircall", seen.now)
    [event] = moved.stored()
    assert b"token" not in event.body


def test_a_repeat_at_twilio_is_one_event_whatever_its_idempotency_header() -> None:
    seen = capture("twilio/04_voice_completed_outbound")
    again = msgspec.structs.replace(
        seen.delivery, headers=seen.delivery.headers | {"i-twilio-idempotency-token": "another"}
    )
    home = house(seen.connection)
    assert home.take(seen.delivery, "twilio", seen.now).outcome is Outcome.ACCEPTED
    assert home.take(again, "twilio", seen.now + timedelta(days=2)).outcome is Outcome.DUPLICATE


# --- proof


def test_a_vonage_token_is_as_old_as_the_connection_allows() -> None:
    seen = capture("vonage/08_timeout")
    adapter = providers.adapter("vonage")
    short = msgspec.structs.replace(seen.connection, options={"max_age_s": "600"})
    adapter.verify(seen.delivery, seen.secrets, short, seen.now + timedelta(seconds=600))
    with pytest.raises(NotAuthentic):
        adapter.verify(seen.delivery, seen.secrets, short, seen.now + timedelta(seconds=601))
    with pytest.raises(NotAuthentic):
        adapter.verify(seen.delivery, seen.secrets, seen.connection, seen.now - timedelta(seconds=301))


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": "1773151460"},
        {"iat": True},
        {"iat": None},
        {"iat": 1e300},
        {"exp": "never"},
        {"exp": 1773151460},
        {"nbf": 1773159999},
        {"payload_hash": ["x"]},
        {"payload_hash": ""},
        {"api_key": ["a1b2c3d4"]},
    ],
    ids=str,
)
def test_a_vonage_token_that_claims_otherwise_is_refused(claims: dict[str, Any]) -> None:
    seen = capture("vonage/08_timeout")
    connection = msgspec.structs.replace(seen.connection, options={"api_key": "a1b2c3d4"})
    stated = signing.claims(seen.delivery.headers["authorization"].split(" ")[1].encode())
    token = signing.jwt(stated | claims, SECRETS["vonage"]).decode()
    forged = msgspec.structs.replace(
        seen.delivery, headers=seen.delivery.headers | {"authorization": f"Bearer {token}"}
    )
    with pytest.raises(NotAuthentic):
        providers.adapter("vonage").verify(forged, seen.secrets, connection, seen.now)


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_word_bearer_is_spelled_in_any_case(scheme: str) -> None:
    seen = capture("vonage/08_timeout")
    header = seen.delivery.headers["authorization"].replace("Bearer", scheme)
    spelled = msgspec.structs.replace(seen.delivery, headers=seen.delivery.headers | {"authorization": header})
    providers.adapter("vonage").verify(spelled, seen.secrets, seen.connection, seen.now)


def test_a_published_token_verifies_with_the_key_it_was_published_with() -> None:
    """The HMAC alone: this one covers no body, and is refused for one."""
    token = (
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ"
        "1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
    )
    seen = capture("vonage/08_timeout")
    at = seen.now.fromtimestamp(1697634680 + 60, seen.now.tzinfo)
    headers = {"authorization": f"Bearer {token}"}
    secrets = [b"qwertyuiopasdfghjklzxcvbnm" + b"123456"]
    empty = Delivery(method="GET", url=seen.url, headers=headers, query="status=ringing", body=b"")
    providers.adapter("vonage").verify(empty, secrets, seen.connection, at)
    with pytest.raises(NotAuthentic):
        providers.adapter("vonage").verify(msgspec.structs.replace(empty, body=b"{}"), secrets, seen.connection, at)


@pytest.mark.parametrize("key", [b"", b"not base64", b"AAAA", b"\xff\xfe"], ids=["empty", "text", "short", "bytes"])
def test_a_key_of_telnyx_that_is_none_locks_nobody_out(key: bytes) -> None:
    seen = capture("telnyx/02_call_answered")
    adapter = providers.adapter("telnyx")
    adapter.verify(seen.delivery, [key, *seen.secrets], seen.connection, seen.now)
    with pytest.raises(NotAuthentic):
        adapter.verify(seen.delivery, [key], seen.connection, seen.now)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_signature_of_a_hashed_body_is_good_for_no_other_body(kind: str, method: str) -> None:
    seen = capture("twilio/46_json_body")
    for body in (b"", b"a=b", b"{}"):
        changed = {"headers": seen.delivery.headers | {"content-type": kind}, "method": method, "body": body}
        with pytest.raises(NotAuthentic):
            providers.adapter("twilio").verify(
                msgspec.structs.replace(seen.delivery, **changed), seen.secrets, seen.connection, seen.now
            )


# --- addresses


@pytest.mark.parametrize(
    ("address", "agent", "number"),
    [
        ("client:agent.lee", "agent.lee", ""),
        (
            "sip:lee@acme.sip.twilio.com;transport=tls",
            "lee@acme.sip.twilio.com",
            "sip:lee@acme.sip.twilio.com;transport=tls",
        ),
        ("sip:carla@pbx.example.com", "carla@pbx.example.com", "sip:carla@pbx.example.com"),
        ("sip:+14155550100@trunk.example.com:5060", "", "+14155550100"),
        ("+12025550150", "+12025550150", "+12025550150"),
        ("12025550150", "12025550150", "12025550150"),
        ("+12025550142", "", "+12025550142"),
        ("whatsapp:+12025550142", "", "+12025550142"),
        ("anonymous", "", "anonymous"),
        ("client:", "", ""),
        ("", "", ""),
    ],
)
def test_addresses(address: str, agent: str, number: str) -> None:
    found = agent_at(address, OWN, (".twilio.com",))
    assert (found.id if found else "", number_at(address)) == (agent, number)


def test_a_sip_address_is_a_person_unless_it_is_a_number_on_a_trunk() -> None:
    assert sip_agent("sip:101@pbx.example.com") == Agent(id="101@pbx.example.com", account="sip:101@pbx.example.com")
    assert sip_agent("sip:+14155550100@trunk.example.com") is None
    assert sip_agent("+14155550100") is None


# --- what Twilio leaves out


def test_a_completed_line_without_its_length_was_answered_all_the_same() -> None:
    """`Duration` is billed minutes and says nothing about talk."""
    call = {"CallSid": "CA1", "From": "+14155550100", "To": "+12025550142", "Direction": "outbound-api"}
    [ended] = calls(facts_of("twilio", call | {"CallStatus": "completed", "Duration": "2"}), FactKind.ENDED)
    assert (ended.ended_as, ended.answered_by, ended.duration_s) == (EndedAs.ANSWERED, AnsweredBy.UNKNOWN, None)


def test_a_message_without_any_status_has_come_in() -> None:
    [fact] = facts_of("twilio", {"MessageSid": "SM1", "From": "+12025550142", "To": "+14155550100", "Body": ""})
    assert isinstance(fact, MessageFact)
    assert (fact.status, fact.direction) == (MessageStatus.RECEIVED, Direction.INBOUND)


def test_a_receipt_of_reading_is_a_delivery() -> None:
    [fact] = facts_of("twilio", {"MessageSid": "SM1", "EventType": "READ", "ChannelPrefix": "whatsapp"})
    assert isinstance(fact, MessageFact)
    assert (fact.status, fact.direction, fact.kind) == (MessageStatus.DELIVERED, Direction.OUTBOUND, "messenger")


def test_a_line_without_a_direction_still_has_two_ends() -> None:
    call = {"CallSid": "CA1", "From": "+14155550100", "To": "+12025550142", "CallStatus": "ringing"}
    [info, *_] = calls(facts_of("twilio", call), FactKind.INFO)
    assert (info.direction, info.from_number, info.to_number) == (None, "+14155550100", "+12025550142")


def test_an_incoming_line_from_a_number_of_ours_is_a_call_that_we_place() -> None:
    call = {"CallSid": "CA1", "From": "+12025550150", "To": "+12025550142", "Direction": "inbound"}
    facts = facts_of("twilio", call | {"CallStatus": "ringing"}, agents="+12025550150")
    assert {f.direction for f in calls(facts, FactKind.STARTED)} == {Direction.OUTBOUND}
    facts = facts_of("twilio", call | {"CallStatus": "ringing"})
    assert {f.direction for f in calls(facts, FactKind.STARTED)} == {Direction.INBOUND}


@pytest.mark.parametrize("stamp", ["", "yesterday", "Tue, 10 Mar 2026 14:00:00", "Tue, 10 Mar 1026 14:00:00 +0000"])
def test_a_clock_that_says_nothing_costs_nothing_else(stamp: str) -> None:
    call = {"CallSid": "CA1", "From": "+14155550100", "To": "+12025550142", "Direction": "outbound-api"}
    facts = facts_of("twilio", call | {"CallStatus": "completed", "CallDuration": "5", "Timestamp": stamp})
    [ended] = calls(facts, FactKind.ENDED)
    assert (ended.at is not None) == (stamp == "Tue, 10 Mar 2026 14:00:00")


def test_kinds_that_came_later_are_kept_apart() -> None:
    seen = capture("twilio/52_missing_subject")
    identity = providers.adapter("twilio").identify(seen.delivery, seen.connection)
    assert (identity.kind, identity.event_type) == (SubjectKind.OTHER, "unknown")


# --- what Telnyx says in more than one way


@pytest.mark.parametrize("to", ["+12025550142", {"phone_number": "+12025550142"}, [{"phone_number": "+12025550142"}]])
@pytest.mark.parametrize("cost", [None, {}, {"amount": None, "currency": "USD"}])
def test_the_ends_of_a_message_in_any_shape(to: object, cost: object) -> None:
    like = capture("telnyx/20_message_received_sms")
    payload = {"id": "m-1", "direction": "outbound", "from": "+14155550100", "to": to, "cost": cost}
    body = json.dumps({"data": {"event_type": "message.sent", "id": "e-1", "payload": payload}}).encode()
    [fact] = providers.adapter("telnyx").parse(msgspec.structs.replace(event_of(like), body=body), like.connection)
    assert isinstance(fact, MessageFact)
    assert (fact.from_number, fact.to_numbers, fact.cost) == ("+14155550100", ("+12025550142",), None)
    assert fact.status is MessageStatus.SENT


# --- what Vonage says in more than one way


def test_a_number_gets_its_plus_and_everything_else_stays() -> None:
    line = {"uuid": "u", "conversation_uuid": "c", "status": "ringing", "direction": "inbound"}
    [info, *_] = calls(facts_of("vonage", line | {"from": "12025550142", "to": "12345"}), FactKind.INFO)
    assert (info.from_number, info.to_number) == ("+12025550142", "12345")


def test_objects_in_place_of_words_cost_nothing_else() -> None:
    line = {"uuid": "u", "conversation_uuid": "c", "status": "completed", "direction": "outbound", "duration": {"s": 1}}
    facts = facts_of("vonage", line | {"from": {"x": 1}, "to": ["y"], "price": [], "timestamp": 5})
    [ended] = calls(facts, FactKind.ENDED)
    assert (ended.at, ended.ended_as) == (None, None)
