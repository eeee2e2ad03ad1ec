"""Ringostat: every status of the written contract, moments in any order, and the edges of templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from ringlake import providers
from ringlake.errors import Unreadable
from ringlake.flows.ingest import raw_event
from ringlake.fold import fold_call
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Account, Connection, Directory, User, Workspace
from ringlake.model.events import Delivery, Identity
from ringlake.model.facts import CallFact, Fact, FactKind
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.providers.ringostat import STATUS

ADAPTER = providers.adapter("ringostat")
LINE = Connection(id="line", workspace="acme", provider="ringostat", country="US")
START = datetime(2026, 9, 14, 12, tzinfo=UTC)
CALL = {"call_id": "us1-1.1", "caller": "12025550143", "dst": "12025550101", "calldate": "2026-09-14 12:00:00"}


def get(event: str, **said: Any) -> Delivery:
    return Delivery(method="GET", url="", headers={}, query=urlencode({"event": event, **CALL, **said}), body=b"")


def identity(delivery: Delivery, connection: Connection = LINE) -> Identity:
    return ADAPTER.identify(delivery, connection)


def parse(delivery: Delivery, after_s: float = 60, connection: Connection = LINE) -> list[CallFact]:
    received_at = START + timedelta(seconds=after_s)
    event = raw_event(delivery, connection, ADAPTER, identity(delivery, connection), received_at)
    return [f for f in ADAPTER.parse(event, connection) if isinstance(f, CallFact)]


def fold(*deliveries: tuple[Delivery, float]) -> CallRecord:
    people = (User(id="anna", email="a@example.com", name="Anna", accounts=(Account(connection="line", id="5001"),)),)
    directory = Directory(workspace=Workspace(id="acme", name="Acme"), connections=(LINE,), users=people)
    facts = [f for delivery, after in deliveries for f in parse(delivery, after)]
    subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection="line", id="us1-1.1")
    return fold_call(subject, "ringostat", facts, directory)


def of_kind(facts: list[CallFact], kind: FactKind) -> list[CallFact]:
    return [f for f in facts if f.kind is kind]


INBOUND = {
    "PROPER": "answered",
    "ANSWERED": "answered",
    "REPEATED": "answered",
    "NO ANSWER": "no_answer",
    "BUSY": "busy",
    "FAILED": "failed",
    "NO-FORWARD": "failed",
    "VOICEMAIL": "voicemail",
    "WRONG EXTENSION": "caller_abandoned",
    "NO EXTENSION": "caller_abandoned",
    "CLIENT NO ANSWER": "no_answer",
    "FAILED FORBIDDEN DESTINATION": "failed",
    "DECLINE": "busy",
}
OUTBOUND = INBOUND | {"VOICEMAIL": "no_answer", "WRONG EXTENSION": "no_answer", "NO EXTENSION": "no_answer"}


def test_every_status_of_the_contract_is_in_the_table() -> None:
    assert set(INBOUND) == set(STATUS) - {"NO FORWARD"}


@pytest.mark.parametrize("spelling", [str, str.lower, lambda w: w.replace(" ", "_"), lambda w: w.replace(" ", "+ ")])
@pytest.mark.parametrize("word", sorted(INBOUND))
def test_a_status_in_any_spelling_is_the_outcome_of_the_table(word: str, spelling: Any) -> None:
    talk = 40 if word in ("PROPER", "ANSWERED", "REPEATED") else 0
    said = {"disposition": spelling(word), "duration": 60, "billsec": talk, "waittime": 20}
    inbound = fold((get("after_call", call_type="in", **said), 61))
    outbound = fold((get("after_outgoing", call_type="out", **said), 61))
    callback = fold((get("after_call", call_type="callback", **said), 61))
    assert inbound.outcome == INBOUND[word]
    assert outbound.outcome == OUTBOUND[word]
    assert callback.kind == "callback_customer"
    if word not in ("VOICEMAIL", "WRONG EXTENSION", "NO EXTENSION"):
        assert callback.outcome == INBOUND[word]
    assert inbound.talk_ms == (talk * 1000 or None)
    assert inbound.telephony_status == spelling(word)


def test_repeated_without_a_talk_was_missed() -> None:
    said = {"disposition": "REPEATED", "duration": "20"}
    assert fold((get("after_call", **said, billsec="0"), 21)).outcome == "no_answer"
    assert fold((get("after_call", **said, billsec="15"), 21)).outcome == "answered"


@pytest.mark.parametrize(("event", "kind"), [("IN PROGRESS", "in_progress"), ("CALLING", "ringing")])
def test_live_states_end_nothing(event: str, kind: str) -> None:
    for moment in ("before_call", "after_call"):
        record = fold((get(moment, call_type="in", disposition=event), 5))
        assert (record.live, record.outcome, record.ended_at) == (kind, None, None)


def test_an_unknown_status_is_kept_and_the_talk_decides() -> None:
    assert fold((get("after_call", disposition="ORBIT", duration=9, billsec=5), 9)).outcome == "answered"
    record = fold((get("after_call", disposition="ORBIT", duration=9, billsec=0), 9))
    assert (record.outcome, record.telephony_status) == ("no_answer", "ORBIT")


@pytest.mark.parametrize("value", ["-1", "", "soon", "-0.5"])
def test_a_wait_below_zero_or_garbled_is_unknown(value: str) -> None:
    facts = parse(get("after_call", disposition="ANSWERED", duration="30", billsec="20", waittime=value))
    assert not of_kind(facts, FactKind.RINGING)
    [answered] = of_kind(facts, FactKind.ANSWERED)
    assert answered.at == START + timedelta(seconds=10)


def test_durations_are_laid_back_from_the_end() -> None:
    """A menu of five seconds before the wait shows as neither wait nor talk."""
    record = fold((get("after_call", call_type="in", disposition="ANSWERED", duration=60, billsec=40, waittime=15), 61))
    assert (record.wait_ms, record.talk_ms, record.total_ms) == (15_000, 40_000, 60_000)
    assert record.answered_at == START + timedelta(seconds=20)


@pytest.mark.parametrize(
    ("said", "ended"),
    [
        ({"duration": "60", "duration_ms": "59500"}, 59.5),
        ({"billsec": "40", "waittime": "15"}, 55),
        ({"billsec": "40"}, 40),
        ({"duration": "00:01:00"}, 60),
    ],
)
def test_the_end_is_told_by_whatever_length_there_is(said: dict[str, str], ended: float) -> None:
    [fact] = of_kind(parse(get("after_call", disposition="ANSWERED", **said), 3600 * 24), FactKind.ENDED)
    assert fact.at == START + timedelta(seconds=ended)


def test_without_a_clock_the_reception_is_the_end_and_the_talk_stays() -> None:
    record = fold((get("after_call", calldate="", disposition="ANSWERED", duration=50, billsec=40), 60))
    assert (record.outcome, record.talk_ms) == ("answered", 40_000)
    assert "no_provider_time" in record.flags


def test_the_moments_of_a_call_in_any_order_are_one_record() -> None:
    moments = [
        (get("before_call", call_type="in"), 0.5),
        (get("on_forward", call_type="in", connected_with="shop_anna", employee_number="5001"), 2),
        (get("on_forward", call_type="in", connected_with="shop_boris"), 8),
        (get("on_answer", call_type="in", connected_with="shop_anna", employee_number="5001"), 15),
        (
            get(
                "after_call",
                call_type="in",
                connected_with="shop_anna",
                employee_number="5001",
                disposition="ANSWERED",
                duration=200,
                billsec=185,
                waittime=15,
            ),
            201,
        ),
    ]
    record = fold(*moments)
    assert record == fold(*reversed(moments))
    assert (record.outcome, record.talk_ms, record.wait_ms, record.user.user_id) == (
        "answered",
        185_000,
        15_000,
        "anna",
    )
    assert [(leg.party.account, leg.outcome) for leg in record.legs] == [
        ("shop_anna", "answered"),
        ("shop_boris", "answered_elsewhere"),
    ]


def test_the_wait_for_a_person_ends_where_the_box_takes_the_call() -> None:
    said = {"disposition": "VOICEMAIL", "duration": 55, "billsec": 20, "waittime": 25}
    record = fold((get("after_call", **said), 56))
    assert (record.outcome, record.wait_ms, record.talk_ms, record.total_ms) == ("voicemail", 25_000, None, 55_000)
    # No speech is told: it went to the box, and rang until the end.
    assert fold((get("after_call", **said | {"billsec": 0}), 56)).outcome == "voicemail"


def test_moments_that_come_months_late_leave_the_figures_of_the_end_alone() -> None:
    late = 70 * 86_400
    record = fold(
        (get("on_forward", connected_with="shop_anna"), late),
        (get("on_answer", connected_with="shop_anna"), late + 1),
        (
            get("after_call", connected_with="shop_anna", disposition="PROPER", duration=200, billsec=185, waittime=15),
            late,
        ),
    )
    assert (record.talk_ms, record.wait_ms, record.total_ms, record.flags) == (185_000, 15_000, 200_000, ())
    assert [(leg.outcome, leg.ring_ms, leg.talk_ms) for leg in record.legs] == [("answered", 15_000, 185_000)]
    assert fold((get("on_answer", waittime="15"), late)).answered_at == START + timedelta(seconds=15)


def test_a_pick_up_of_a_callback_by_a_colleague_is_no_answer_by_the_customer() -> None:
    said = {"call_type": "callback", "connected_with": "shop_anna"}
    taken = (get("on_answer", **said), 8)
    assert fold(taken).live == "ringing"
    ended = fold(taken, (get("after_call", **said, disposition="CLIENT NO ANSWER", duration=25, billsec=0), 26))
    assert (ended.outcome, ended.direction, ended.remote_number) == ("no_answer", "outbound", "+12025550143")


def test_the_insertion_type_tells_a_callback_too() -> None:
    facts = parse(get("after_call", call_type="in", substitution_type="callback", disposition="NO ANSWER"))
    assert {f.call_kind for f in of_kind(facts, FactKind.STARTED)} == {"callback_customer"}


@pytest.mark.parametrize(
    ("call_type", "event", "direction"),
    [
        ("in", "after_call", "inbound"),
        ("transitin", "after_call", "inbound"),
        ("out", "after_outgoing", "outbound"),
        ("transitout", "after_outgoing", "outbound"),
        ("", "before_call", "inbound"),
        ("sideways", "before_outgoing", "outbound"),
        ("OUT", "after_call", "outbound"),
    ],
)
def test_the_direction_is_told_by_the_type_and_else_by_the_moment(call_type: str, event: str, direction: str) -> None:
    [started] = of_kind(parse(get(event, call_type=call_type, disposition="ANSWERED")), FactKind.STARTED)
    assert started.direction == direction


@pytest.mark.parametrize("caller", ['"shop_anna" <shop_anna>', "shop_anna", "<shop_anna>", '"shop_anna"'])
def test_a_login_is_known_in_both_spellings(caller: str) -> None:
    [started] = of_kind(parse(get("before_outgoing", call_type="out", caller=caller)), FactKind.STARTED)
    assert started.agent is not None
    assert started.agent.id == "shop_anna"


def test_an_outgoing_call_from_a_number_shows_it_as_ours() -> None:
    said = {"call_type": "out", "caller": "12025550101", "dst": "12025550187", "employee_number": "5001"}
    facts = parse(get("before_outgoing", **said))
    [info] = of_kind(facts, FactKind.INFO)
    assert (info.business_number, info.remote_number) == ("12025550101", "12025550187")
    [started] = of_kind(facts, FactKind.STARTED)
    assert started.agent is not None
    assert started.agent.id == "5001"


def test_both_addresses_of_a_recording_are_one_recording() -> None:
    said = {"disposition": "ANSWERED", "duration": 9, "billsec": 5, "has_recording": "1"}
    first = (get("after_call", **said, recording="https://x.example/a.mp3", recording_wav="https://x.example/a.wav"), 9)
    assert len(fold(first).recordings) == 1
    assert len(fold((get("after_call", **said), 9)).recordings) == 1
    assert not fold((get("after_call", **said | {"has_recording": "0"}), 9)).recordings


def test_keys_tell_targets_and_moments_apart_and_hold_no_number() -> None:
    rung = [identity(get("on_forward", connected_with=target)) for target in ("12025550166", "12025550167")]
    assert len({i.event_id for i in rung}) == 2
    assert all("1202555" not in i.event_id for i in rung)
    again = identity(get("on_forward", connected_with="12025550166", note="later"))
    assert again.event_id == rung[0].event_id
    assert identity(get("after_call")).event_id == "us1-1.1/after_call"
    assert identity(get("uniqueid", call_id="", uniqueid="us1-9")).subject_id == "us1-9"


def test_only_the_start_has_a_time_of_its_own() -> None:
    assert identity(get("before_call")).occurred_at == START
    assert identity(get("after_call")).occurred_at is None
    wrong = Connection(id="line", workspace="acme", provider="ringostat", zone="Mars/Base")
    assert identity(get("before_call"), wrong).occurred_at is None
    with pytest.raises(Unreadable):
        parse(get("before_call"), connection=wrong)


def test_times_are_in_the_zone_of_the_project() -> None:
    kyiv = Connection(id="line", workspace="acme", provider="ringostat", zone="Europe/Kyiv")
    [started] = of_kind(parse(get("before_call"), connection=kyiv), FactKind.STARTED)
    assert started.at == START - timedelta(hours=3)
    [offset] = of_kind(
        parse(get("before_call", calldate="2026-09-14T12:00:00+00:00"), connection=kyiv), FactKind.STARTED
    )
    assert offset.at == START


def test_a_format_of_time_and_words_of_the_customer_are_options() -> None:
    options = {"date_format": "%m/%d/%Y %H:%M", "after_call": "Звонок окончен", "call_id": "id звонка"}
    own = Connection(id="line", workspace="acme", provider="ringostat", options=options)
    said = {"event": "Звонок окончен", "id звонка": "us1-7", "calldate": "09/14/2026 12:00", "disposition": "BUSY"}
    delivery = Delivery(method="POST", url="", headers={}, query="token=x", body=json.dumps(said).encode())
    assert identity(delivery, own).subject_id == "us1-7"
    assert identity(delivery, own).event_type == "after_call"
    [ended] = of_kind(parse(delivery, 5, own), FactKind.ENDED)
    assert (ended.ended_as, ended.status) == ("busy", "BUSY")


def test_without_a_moment_a_closing_status_tells_the_end() -> None:
    without = {**CALL, "disposition": "ANSWERED", "duration": "9", "billsec": "5"}
    for call_type, event in (("in", "after_call"), ("out", "after_outgoing"), ("", "after_call")):
        query = urlencode(without | {"call_type": call_type})
        delivery = Delivery(method="GET", url="", headers={}, query=query, body=b"")
        assert identity(delivery).event_type == event
    nothing = Delivery(method="GET", url="", headers={}, query=urlencode(CALL), body=b"")
    assert identity(nothing).event_type == "unnamed"
    assert parse(nothing) == []


def test_what_is_no_call_is_kept_without_facts() -> None:
    chat = Delivery(method="POST", url="", headers={}, query="event=chat_opened", body=b'{"name":"Marta"}')
    found = identity(chat)
    assert (found.kind, found.event_type) == (SubjectKind.OTHER, "chat_opened")
    assert parse(chat) == []
    assert identity(Delivery(method="POST", url="", headers={}, query="", body=b"")).kind is SubjectKind.OTHER


@pytest.mark.parametrize(
    "event", ["before_call", "on_forward", "on_answer", "after_call", "after_rating", "ai_processed"]
)
def test_a_moment_of_a_call_without_its_id_is_unreadable(event: str) -> None:
    with pytest.raises(Unreadable) as caught:
        identity(get(event, call_id=""))
    assert (caught.value.field, caught.value.reason) == ("call_id", "missing")


def test_an_early_judgement_waits_for_its_call() -> None:
    """A rating or a transcript that comes first makes no live call and no answer."""
    facts: list[Fact] = [*parse(get("ai_processed", calldate="", brief_summary="x", ai_vtt_file="https://x.example/1"))]
    assert {f.kind for f in facts if isinstance(f, CallFact)} == {FactKind.INFO, FactKind.SUMMARY, FactKind.TRANSCRIPT}
    assert fold((get("ai_processed", calldate="", brief_summary="x"), 900)).live is None
