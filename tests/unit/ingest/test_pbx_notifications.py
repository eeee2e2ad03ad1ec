"""Novofon (both lines) and Zadarma: every word of the written contracts, keys, and times that nobody tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from ringlake import providers
from ringlake.errors import NotAuthentic, Unreadable
from ringlake.flows.ingest import raw_event
from ringlake.fold import fold_call
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Account, Connection, Directory, User, Workspace
from ringlake.model.events import Delivery, Identity
from ringlake.model.facts import CallFact, FactKind
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.providers import notify, novofon, zadarma

START = datetime(2026, 9, 14, 15, tzinfo=UTC)
IN = {
    "caller_id": "12025550143",
    "called_did": "12025550101",
    "call_start": "2026-09-14 15:00:00",
    "pbx_call_id": "in_1",
}
OUT = {"internal": "102", "destination": "12025550187", "call_start": "2026-09-14 15:00:00", "pbx_call_id": "out_1"}
# The published vectors: event, signed fields, base64 of the digest's text, base64 of the digest.
VECTORS = [
    (
        "NOTIFY_START",
        {"caller_id": "12025550143", "called_did": "12025550101", "call_start": "2026-09-14 15:00:00"},
        "ZTcwMzFlOTU3ZDBhZWFmODk0MzhkNWVlNjlkN2MyYmY1OTU5MzM4NA==",
        "5wMelX0K6viUONXuadfCv1lZM4Q=",
    ),
    (
        "NOTIFY_ANSWER",
        {"caller_id": "12025550143", "destination": "101", "call_start": "2026-09-14 15:00:00"},
        "MDcwMWQ0ZDVjN2M2NWI3ZTc3YzRlOGI0MzkwYjA3NTc5ZWUzYzU5NA==",
        "BwHU1cfGW353xOi0OQsHV57jxZQ=",
    ),
    (
        "NOTIFY_OUT_END",
        {"internal": "102", "destination": "12025550187", "call_start": "2026-09-14 15:40:00"},
        "ZWE1ZjBjMmM3NWU4NzVhYjdjMWVkMDUyMDA3ZmZjZDY1YWY2NjgwOQ==",
        "6l8MLHXodat8HtBSAH/81lr2aAk=",
    ),
    (
        "NOTIFY_RECORD",
        {"pbx_call_id": "in_5f0e3c1a9b7d2486c0e1f2a3b4c5d6e7f8091a2b", "call_id_with_rec": "1789398000.5150"},
        "ZDMwYTRiNDBiNjJjMTFiY2NkZjI1YTk1MDE5MGYxMzY3YzdlMjYzMQ==",
        "0wpLQLYsEbzN8lqVAZDxNnx+JjE=",
    ),
]


def line(provider: str = "novofon", **settings: Any) -> Connection:
    return Connection(id="line", workspace="acme", provider=provider, country="US", **settings)


def form(event: str, fields: dict[str, str], **more: str) -> Delivery:
    body = urlencode({"event": event, **fields, **more}).encode()
    return Delivery(method="POST", url="", headers={}, query="", body=body)


def v2(event: str, time: str = "2026-09-14 15:03:20", **fields: Any) -> Delivery:
    said = {"event": event, "call_session_id": 7, "notification_time": time, **fields}
    return Delivery(method="POST", url="", headers={}, query="token=x", body=json.dumps(said).encode())


def identity(delivery: Delivery, connection: Connection | None = None) -> Identity:
    connection = connection or line()
    return providers.adapter(connection.provider).identify(delivery, connection)


def parse(delivery: Delivery, after_s: float = 60, connection: Connection | None = None) -> list[CallFact]:
    connection = connection or line()
    adapter = providers.adapter(connection.provider)
    event = raw_event(delivery, connection, adapter, identity(delivery, connection), START + timedelta(seconds=after_s))
    return [f for f in adapter.parse(event, connection) if isinstance(f, CallFact)]


def fold(*deliveries: tuple[Delivery, float], connection: Connection | None = None) -> CallRecord:
    connection = connection or line()
    people = (User(id="anna", email="a@example.com", name="Anna", accounts=(Account(connection="line", id="101"),)),)
    directory = Directory(workspace=Workspace(id="acme", name="Acme"), connections=(connection,), users=people)
    facts = [f for delivery, after in deliveries for f in parse(delivery, after, connection)]
    subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection="line", id=facts[0].call_id)
    return fold_call(subject, connection.provider, facts, directory)


@pytest.mark.parametrize(("event", "fields", "text", "raw"), VECTORS, ids=[v[0] for v in VECTORS])
def test_the_published_vectors_are_signed_and_accepted(event: str, fields: dict[str, str], text: str, raw: str) -> None:
    delivery = form(event, fields)
    secret = b"novofon-test" + b"-secret-0001"
    assert notify.signatures(secret, delivery.body) == [text, raw]
    for signature in (text, raw):
        signed = Delivery(method="POST", url="", headers={"signature": signature}, query="", body=delivery.body)
        notify.verify(signed, [b"another", secret])


def test_a_known_event_is_signed_over_its_own_fields_only() -> None:
    """The fields of another event are no signature; an event that nobody knows may be signed like any."""
    start = form("NOTIFY_START", IN, internal="101", destination="101")
    outgoing = form("NOTIFY_OUT_START", IN, internal="101", destination="101")
    assert set(notify.signatures(b"s", start.body)).isdisjoint(notify.signatures(b"s", outgoing.body))
    unknown = notify.signatures(b"s", form("NOTIFY_NEW", IN, internal="101", destination="101").body)
    assert {*notify.signatures(b"s", start.body), *notify.signatures(b"s", outgoing.body)} <= set(unknown)


# --- words

NOVOFON = {
    "answered": ("answered", "answered"),
    "busy": ("busy", "busy"),
    "cancel": ("caller_abandoned", "no_answer"),
    "no answer": ("no_answer", "no_answer"),
    "failed": ("failed", "failed"),
    "call failed": ("failed", "failed"),
    "unallocated number": ("failed", "failed"),
    "no money": ("failed", "failed"),
    "no limit": ("failed", "failed"),
    "no day limit": ("failed", "failed"),
    "line limit": ("failed", "failed"),
    "no money, no limit": ("failed", "failed"),
}
ZADARMA = NOVOFON | {"cancel": ("no_answer", "no_answer")}


def test_every_word_of_the_contracts_is_in_the_tables() -> None:
    assert set(novofon.STATUS) == set(NOVOFON) == set(zadarma.STATUS)


@pytest.mark.parametrize(("provider", "table"), [("novofon", NOVOFON), ("zadarma", ZADARMA)])
@pytest.mark.parametrize("word", sorted(NOVOFON))
@pytest.mark.parametrize("spelling", [str, str.upper, lambda w: w.replace(" ", "_")])
def test_a_disposition_is_the_outcome_of_its_direction(
    provider: str, table: dict[str, tuple[str, str]], word: str, spelling: Any
) -> None:
    more = {"duration": "30", "disposition": spelling(word), "status_code": "16"}
    inbound = fold((form("NOTIFY_END", IN, **more), 45), connection=line(provider))
    outbound = fold((form("NOTIFY_OUT_END", OUT, **more), 45), connection=line(provider))
    assert (inbound.outcome, outbound.outcome) == table[word]
    assert (inbound.direction, outbound.direction) == ("inbound", "outbound")
    assert inbound.telephony_status == spelling(word)
    assert inbound.talk_ms == (30_000 if word == "answered" else None)


@pytest.mark.parametrize(("provider", "outcome"), [("novofon", "no_answer"), ("zadarma", "failed")])
def test_an_unknown_disposition_is_kept(provider: str, outcome: str) -> None:
    record = fold((form("NOTIFY_END", IN, disposition="lunar", duration="5"), 6), connection=line(provider))
    assert (record.outcome, record.telephony_status) == (outcome, "lunar")


def test_a_failure_says_why() -> None:
    def cause(word: str) -> str:
        return fold((form("NOTIFY_END", IN, disposition=word, status_code="21"), 5)).cause

    assert (cause("unallocated number"), cause("line limit"), cause("failed")) == ("bad_number", "provider_limit", "21")


# --- direction and people


@pytest.mark.parametrize(
    ("event", "fields", "direction"),
    [
        ("NOTIFY_START", {}, "inbound"),
        ("NOTIFY_END", {"pbx_call_id": "out_9"}, "outbound"),
        ("NOTIFY_END", {"caller_id": "102"}, "outbound"),
        ("NOTIFY_END", {"caller_id": "10200"}, "outbound"),
        ("NOTIFY_END", {"caller_id": "102000"}, "inbound"),
        ("NOTIFY_END", {"caller_id": "102", "called_did": "101"}, "internal"),
        ("NOTIFY_END", {"pbx_call_id": "9"}, "inbound"),
        ("NOTIFY_END", {"caller_id": ""}, "inbound"),
        ("NOTIFY_OUT_END", {"pbx_call_id": "in_9"}, "outbound"),
    ],
)
def test_the_direction_is_told_by_event_then_caller_then_prefix(
    event: str, fields: dict[str, str], direction: str
) -> None:
    facts = parse(form(event, IN | fields, disposition="answered", duration="3"))
    assert {f.direction for f in facts if f.kind is FactKind.STARTED} == {direction}


def test_a_withheld_caller_is_anonymous_and_numbers_need_no_plus() -> None:
    record = fold((form("NOTIFY_START", IN | {"caller_id": ""}), 1))
    assert (record.remote_number, record.business_number) == ("anonymous", "+12025550101")
    assert fold((form("NOTIFY_START", IN), 1)).remote_number == "+12025550143"
    assert fold((form("NOTIFY_START", IN | {"caller_id": "+12025550143"}), 1)).remote_number == "+12025550143"


def test_the_answer_of_an_outgoing_call_names_the_customer() -> None:
    record = fold((form("NOTIFY_ANSWER", {"caller_id": "12025550101", **OUT}), 9))
    assert (record.direction, record.live) == ("outbound", "in_progress")
    assert (record.remote_number, record.business_number) == ("+12025550187", "+12025550101")
    assert record.user.account == "102"


def test_an_extension_that_rings_and_one_that_answers_are_legs() -> None:
    record = fold(
        (form("NOTIFY_INTERNAL", IN, internal="101"), 2),
        (form("NOTIFY_INTERNAL", IN, internal="102"), 2),
        (form("NOTIFY_END", IN, internal="101", disposition="answered", duration="60"), 70),
    )
    assert [(leg.party.account, leg.outcome) for leg in record.legs] == [
        ("101", "answered"),
        ("102", "answered_elsewhere"),
    ]
    assert (record.user.user_id, record.talk_ms, record.ring_ms) == ("anna", 60_000, 8_000)


# --- times


def test_an_answer_long_after_the_fact_makes_no_hours_of_ringing() -> None:
    """Deliveries that come months late, and a zone that is set wrong, leave the provider's figures alone."""
    for late in (70 * 86_400, 3 * 3_600, -3 * 3_600):
        record = fold(
            (form("NOTIFY_START", IN), late),
            (form("NOTIFY_INTERNAL", IN, internal="101"), late + 1),
            (form("NOTIFY_ANSWER", IN, destination="101", internal="101"), late + 2),
            (form("NOTIFY_END", IN, internal="101", disposition="answered", duration="185"), late + 3),
        )
        assert (record.outcome, record.talk_ms, record.total_ms) == ("answered", 185_000, 185_000)
        assert record.started_at == START


def test_a_live_answer_is_timed_by_our_clock_and_says_so() -> None:
    record = fold((form("NOTIFY_START", IN), 1), (form("NOTIFY_ANSWER", IN, internal="101"), 11))
    assert record.answered_at == START + timedelta(seconds=11)
    assert record.flags == ("no_provider_time",)


def test_an_unanswered_call_lasts_as_long_as_the_provider_says() -> None:
    record = fold((form("NOTIFY_END", IN, disposition="cancel", duration="12"), 14))
    assert (record.total_ms, record.wait_ms) == (12_000, 12_000)
    # Nothing is said: it ended when we heard of it.
    record = fold((form("NOTIFY_END", IN, disposition="no answer", duration="0"), 30))
    assert (record.total_ms, record.wait_ms) == (30_000, 30_000)


def test_the_start_is_local_time_of_the_account() -> None:
    moscow = line(zone="Europe/Moscow")
    [started] = [f for f in parse(form("NOTIFY_START", IN), connection=moscow) if f.kind is FactKind.STARTED]
    assert started.at == START - timedelta(hours=3)
    assert identity(form("NOTIFY_START", IN), moscow).occurred_at == START - timedelta(hours=3)
    assert identity(form("NOTIFY_END", IN), moscow).occurred_at is None
    assert identity(form("NOTIFY_START", IN), line(zone="Mars/Base")).occurred_at is None


@pytest.mark.parametrize("clock", ["", "yesterday", "0000-00-00 00:00:00"])
def test_a_call_without_a_usable_start_is_a_call(clock: str) -> None:
    record = fold((form("NOTIFY_END", IN | {"call_start": clock}, disposition="answered", duration="20"), 60))
    assert (record.outcome, record.talk_ms) == ("answered", 20_000)
    assert record.ended_at == START + timedelta(seconds=60)


# --- keys


def test_repeats_share_a_key_and_what_differs_does_not() -> None:
    def key(event: str, **more: str) -> str:
        return identity(form(event, IN, **more)).event_id

    assert key("NOTIFY_END", duration="5") == key("NOTIFY_END", duration="500")
    assert key("NOTIFY_INTERNAL", internal="101") != key("NOTIFY_INTERNAL", internal="102")
    assert key("NOTIFY_START") != key("NOTIFY_END")
    assert key("NOTIFY_START", call_start="2026-09-14 16:00:00") != key("NOTIFY_START")
    assert key("NOTIFY_RECORD", call_id_with_rec="1") != key("NOTIFY_RECORD", call_id_with_rec="2")
    assert key("NOTIFY_IVR", **{"wait_dtmf[digits]": "1"}) != key("NOTIFY_IVR", **{"wait_dtmf[digits]": "2"})
    assert key("NOTIFY_ANSWER", destination="12025550166") != key("NOTIFY_ANSWER", destination="12025550167")
    assert key("NOTIFY_NEW", x="1") != key("NOTIFY_NEW", x="2")


def test_no_number_is_in_a_key() -> None:
    for event in (*notify.SIGNED, "NOTIFY_NEW"):
        found = identity(form(event, {**IN, **OUT}, internal="12025550166", call_id_with_rec="1"))
        assert "1202555" not in found.event_id
    text = form("SMS", {"result": json.dumps({"caller_id": "12025550143", "text": "x"})})
    assert "1202555" not in identity(text).event_id + identity(text).subject_id


def test_what_has_no_call_is_kept_and_a_call_without_id_is_set_aside() -> None:
    assert identity(form("DOCUMENT", {"result": "{}"})).kind is SubjectKind.OTHER
    assert identity(form("CALL_TRACKING", {"result": "no json"})).kind is SubjectKind.OTHER
    assert identity(form("SPEECH_RECOGNITION", {"result": '{"words":[]}'})).kind is SubjectKind.OTHER
    for event in notify.SIGNED:
        with pytest.raises(Unreadable) as caught:
            identity(form(event, {"caller_id": "1"}), line("zadarma"))
        assert caught.value.field == "pbx_call_id"
    with pytest.raises(Unreadable) as caught:
        identity(Delivery(method="POST", url="", headers={}, query="", body=b"pbx_call_id=in_1"), line("zadarma"))
    assert caught.value.field == "event"


# --- the address is tried out


def echo(query: str, method: str = "GET") -> Delivery:
    return Delivery(method=method, url="", headers={}, query=query, body=b"")


@pytest.mark.parametrize("value", ["7c1f5a2e90", "a", "A-Z_09", "x" * 64])
def test_the_echo_comes_back_as_plain_text(value: str) -> None:
    for provider in ("novofon", "zadarma"):
        adapter: Any = providers.adapter(provider)
        answer = adapter.handshake(echo(f"zd_echo={value}"), line(provider))
        assert (answer.status, answer.body) == (200, value)
        assert answer.headers == {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
        assert adapter.handshake(echo(f"token=x&zd_echo={value}"), line(provider)) == answer


@pytest.mark.parametrize(
    "query",
    [
        "",
        "zd_echo=",
        "zd_echo",
        "zd_echo=%3Cscript%3E",
        "zd_echo=a%0D%0Ab",
        "zd_echo=a+b",
        "zd_echo=" + "x" * 65,
        "zd_echo=%D0%B9",
        "zd_echo=a%00",
        "ZD_ECHO=a",
        "zd_echo=a&event=CALL_END",
    ],
)
def test_what_is_no_plain_word_is_not_echoed(query: str) -> None:
    assert notify.handshake(echo(query)) is None


def test_only_get_is_a_handshake_and_2_0_has_none() -> None:
    assert notify.handshake(echo("zd_echo=a", "POST")) is None
    adapter: Any = providers.adapter("novofon")
    assert adapter.handshake(echo("zd_echo=a"), line(options={"line": "2.0"})) is None


def test_a_line_that_is_set_refuses_the_other_one() -> None:
    adapter = providers.adapter("novofon")
    body = form("NOTIFY_START", IN).body
    headers = {"signature": notify.signatures(b"s", body)[0]}
    classic = Delivery(method="POST", url="", headers=headers, query="", body=body)
    newer = Delivery(method="POST", url="", headers={}, query="token=s", body=b"{}")
    for delivery, refused in ((classic, "2.0"), (newer, "classic")):
        adapter.verify(delivery, [b"s"], line(), START)
        with pytest.raises(NotAuthentic):
            adapter.verify(delivery, [b"s"], line(options={"line": refused}), START)


# --- 2.0


@pytest.mark.parametrize(
    ("event", "fields", "outcome"),
    [
        ("CALL_LOST", {"direction": "in", "wait_time_duration": 9}, "no_answer"),
        ("CALL_LOST", {}, "no_answer"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 5, "total_time_duration": 9}, "answered"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 5, "is_lost": False}, "answered"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 5, "is_lost": True}, "no_answer"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 0}, "no_answer"),
        ("CALL_END", {"direction": "in", "talk_time_duration": "0", "is_lost": "true"}, "no_answer"),
        ("CALL_END", {"direction": "out", "talk_time_duration": 5, "is_lost": True}, "answered"),
        ("CALL_END", {"direction": "out", "talk_time_duration": 0, "wait_time_duration": 9}, "no_answer"),
        ("CALL_END", {"direction": "out", "talk_time_duration": 0, "finish_reason": "subscriber_busy"}, "busy"),
        (
            "CALL_END",
            {"direction": "in", "talk_time_duration": 0, "finish_reason": "subscriber_disconnects"},
            "caller_abandoned",
        ),
        (
            "CALL_END",
            {"direction": "out", "talk_time_duration": 0, "finish_reason": "subscriber_disconnects"},
            "no_answer",
        ),
        ("CALL_END", {"direction": "in", "talk_time_duration": 0, "finish_reason": "operator_busy"}, "no_answer"),
        ("CALL_END", {"direction": "out", "talk_time_duration": 0, "finish_reason": "numb_not_exists"}, "failed"),
        ("CALL_END", {"direction": "out", "talk_time_duration": 0, "finish_reason": "no_money"}, "failed"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 0, "finish_reason": "something_else"}, "no_answer"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 5, "finish_reason": "timeout"}, "answered"),
        ("CALL_END", {"direction": "in", "talk_duration": "00:00:05", "total_duration": "00:00:09"}, "answered"),
        ("CALL_END", {"call_info": {"direction": "in", "talk_time_duration": 5}}, "answered"),
        ("CALL_END", {"direction": "in", "talk_time_duration": 0, "voice_mail_records": ["1"]}, "voicemail"),
        ("CALL_END", {"direction": "in", "talk_time_duration": None}, "no_answer"),
    ],
)
def test_a_finished_call_of_2_0_is_what_the_mapping_says(event: str, fields: dict[str, Any], outcome: str) -> None:
    record = fold((v2(event, **fields), 201))
    assert record.outcome == outcome
    assert record.talk_ms == (5_000 if outcome == "answered" else None)


@pytest.mark.parametrize(
    ("word", "event"),
    [
        ("CALL_END", "CALL_END"),
        ("call_end", "CALL_END"),
        ("Call end", "CALL_END"),
        ("call_finished", "CALL_END"),
        ("lost_call", "CALL_LOST"),
        ("record_call", "RECORD_CALL"),
        ("Завершено", "CALL_END"),
        ("TAG_ADDED", "TAG_ADDED"),
    ],
)
def test_an_event_is_known_by_its_literal_a_usual_word_or_the_customers(word: str, event: str) -> None:
    own = line(options={"call_end": "Завершено"})
    assert identity(v2(word), own).event_type == event
    assert identity(v2("", notification_mnemonic=word), own).event_type == event


def test_an_unnamed_event_is_what_its_fields_say() -> None:
    assert identity(v2("", total_time_duration=5)).event_type == "CALL_END"
    assert identity(v2("", is_lost=True, total_time_duration=5)).event_type == "CALL_LOST"
    assert identity(v2("", file_link="https://x.example/1")).event_type == "RECORD_CALL"
    assert identity(v2("")).event_type == "unnamed"
    assert parse(v2("")) == parse(v2("TAG_ADDED", total_time_duration=5)) == []


def test_keys_of_2_0_name_call_event_leg_and_time() -> None:
    assert identity(v2("CALL_WAIT", leg_id=1)).event_id == "7/CALL_WAIT/1/2026-09-14 15:03:20"
    several = identity(v2("TALK_START", leg_ids=[1, 2])).event_id
    assert several == identity(v2("TALK_START", leg_ids="[1, 2]")).event_id
    assert several != identity(v2("TALK_START", leg_ids=[1, 3])).event_id
    assert identity(v2("CALL_END", "2026-09-14 15:03:21")).event_id != identity(v2("CALL_END")).event_id
    with pytest.raises(Unreadable):
        identity(v2("CALL_END", call_session_id=None))
    assert identity(v2("NEWS", call_session_id=None)).kind is SubjectKind.OTHER


def test_times_of_2_0_are_in_the_zone_of_the_account() -> None:
    moscow = line(zone="Europe/Moscow")
    assert identity(v2("CALL_IN", "2026-09-14 18:00:00.120"), moscow).occurred_at == START + timedelta(milliseconds=120)
    [started, *_] = parse(v2("CALL_IN", "2026-09-14T18:00:00+03:00"), connection=line())
    assert started.at == START
    by_epoch = v2("CALL_IN", "", notification_timestamp=int(START.timestamp()))
    assert identity(by_epoch).occurred_at == START
    own = v2("CALL_OUT", "2026-09-14 15:00:09", start_time="2026-09-14 15:00:00")
    [started, *_] = parse(own)
    assert started.at == START


def test_a_call_of_2_0_from_its_first_to_its_last_event() -> None:
    said = {"direction": "in", "virtual_phone_number": "12025550101", "contact_phone_number": "12025550143"}
    anna = {"employee_info": {"employee_id": 9, "extension_phone_number": "101"}}
    events = [
        (v2("CALL_IN", "2026-09-14 15:00:00", **said), 1.0),
        (v2("CALL_WAIT", "2026-09-14 15:00:03", **said, **anna, leg_id=1), 4.0),
        (v2("CALL_WAIT", "2026-09-14 15:00:03", **said, employee_id=10, leg_id=2), 4.0),
        (v2("TALK_START", "2026-09-14 15:00:11", **said, **anna, leg_ids=[0, 1]), 12.0),
        (v2("TALK_END", "2026-09-14 15:03:16", **said, **anna, talk_time_duration=185), 197.0),
        (
            v2(
                "CALL_END",
                "2026-09-14 15:03:16",
                **said,
                **anna,
                talk_time_duration=185,
                total_time_duration=196,
                wait_time_duration=11,
            ),
            197.0,
        ),
    ]
    record = fold(*events)
    assert record == fold(*events[::-1])
    assert (record.outcome, record.talk_ms, record.total_ms, record.user.user_id) == (
        "answered",
        185_000,
        196_000,
        "anna",
    )
    assert {leg.party.account: leg.outcome for leg in record.legs} == {"9": "answered", "10": "answered_elsewhere"}
    assert (record.remote_number, record.business_number, record.flags) == ("+12025550143", "+12025550101", ())


def test_both_talks_of_a_transferred_call_have_their_person() -> None:
    record = fold(
        (v2("TALK_START", "2026-09-14 15:00:10", employee_id=9), 11),
        (v2("TALK_END", "2026-09-14 15:01:00", employee_id=9, talk_time_duration=50), 61),
        (v2("TALK_START", "2026-09-14 15:01:10", employee_id=10), 71),
        (
            v2(
                "CALL_END",
                "2026-09-14 15:03:20",
                direction="in",
                employee_id=9,
                is_transfer=True,
                last_talked_employee_id=10,
                talk_time_duration=180,
                total_time_duration=200,
            ),
            201,
        ),
    )
    assert (record.outcome, record.user.account) == ("answered", "10")
    assert [leg.party.account for leg in record.legs] == ["9", "10"]


def test_several_recordings_are_several() -> None:
    record = fold(
        (v2("RECORD_CALL", file_link=["https://x.example/1", "https://x.example/2"], file_duration="00:03:05"), 220)
    )
    assert [m.seconds for m in record.recordings] == [185, 185]


@pytest.mark.parametrize("value", ["", None, "null", "None"])
def test_nothing_is_said_in_several_ways(value: Any) -> None:
    facts = parse(v2("CALL_IN", employee_id=value, contact_phone_number=value, tag_names=value, is_internal=value))
    assert all(f.agent is None and f.remote_number == "" and f.tags == () for f in facts)
