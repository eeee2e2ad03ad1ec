"""Columns of other systems: relabelled, never recounted (features.md F31-F50, N1-N16, O30-O44, R8-R17, W2-W6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.errors import InvalidRequest
from ringlake.files import formats
from ringlake.files.formats import Style
from ringlake.files.labels import TYPE_LABELS
from ringlake.files.profiles import PROFILES, fcc, novofon, openphone, profile_of, ringostat, wiseparts
from ringlake.flows.answers.listed import shown
from ringlake.model.calls import Outcome
from ringlake.model.facts import CallKind, Direction, MessageKind, MessageStatus
from ringlake.model.jobs import Format
from ringlake.model.tables import CALLS, MESSAGES
from tests.unit.files.samples import WARSAW, about, sheet_of
from tests.unit.query.lake_rows import calls, messages

START = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SYSTEMS = ("openphone", "ringostat", "wiseparts", "fcc", "novofon")


def rows(profile: str, of_calls: Any, of_messages: Any) -> list[dict[str, Any]]:
    parts = formats.written(sheet_of(profile, of_calls, of_messages), about(), Style(format=Format.JSONL))
    return [json.loads(line) for part in parts for line in part.body.decode().splitlines()]


def call(profile: str, **fields: Any) -> dict[str, Any]:
    """A call's row under our names."""
    (row,) = rows(profile, calls({"started_at": START} | fields), messages())
    return row


def labelled(profile: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {field.label or field.name: row[field.name] for field in profile_of(profile).fields}


def test_fcc_has_its_nineteen_columns_first_and_our_codes_beside() -> None:
    labels = [field.label for field in profile_of("fcc").fields]

    assert labels[:19] == [
        "ID połączenia", "Kampania", "Agent", "Numer/adres źródłowy", "Numer/adres docelowy", "Adres DW", "Adres UDW",
        "Kiedy", "Czas rozmowy", "Czas wydzwaniania", "Rozmowa z agentem", "Typ", "Status", "ID rekordu",
        "Pole znaczące", "Klasyfikator", "Kolejka", "Szczegóły", "Strona rozłączenia",
    ]  # fmt: skip
    assert not any(labels[19:])


def test_a_campaign_call_in_fccs_words() -> None:
    row = labelled(
        "fcc",
        call(
            "fcc", record_id="c:7", campaign="Wiosna", queue="Serwis", outcome="answered", user_name="Anna",
            answered_at=START + timedelta(seconds=40), queued_at=START + timedelta(seconds=10), ivr_s=10, wait_s=30,
            talk_s=83, kind="campaign", remote_number="+48601234567", business_number="+48221230000",
            entry_number="+48221239999", classifier="Sprzedaż", record_ref="K-1", significant="ACME", recordings=1,
            transcript=1, hangup_by="customer", provider="fcc", telephony_status="ANSWERED",
        ),
    )  # fmt: skip

    assert {name: value for name, value in row.items() if name in {f.label for f in profile_of("fcc").fields[:19]}} == {
        "ID połączenia": "c:7", "Kampania": "Wiosna", "Agent": "Anna", "Numer/adres źródłowy": "+48601234567",
        "Numer/adres docelowy": "+48221239999", "Adres DW": "", "Adres UDW": "",
        "Kiedy": "2026-10-25T02:30:00.000+02:00", "Czas rozmowy": 123, "Czas wydzwaniania": None,
        "Rozmowa z agentem": 83, "Typ": "Połączenie przychodzące w kampanii", "Status": "ANSWERED",
        "ID rekordu": "K-1", "Pole znaczące": "ACME", "Klasyfikator": "Sprzedaż", "Kolejka": "Serwis",
        "Szczegóły": "nagranie;transkrypcja", "Strona rozłączenia": "klient",
    }  # fmt: skip
    assert (row["type"], row["status_code"], row["outcome"]) == ("call_inbound_campaign", "ANSWERED", "answered")


@pytest.mark.parametrize(
    ("fields", "shown_as", "code"),
    [
        ({"outcome": "answered"}, "ANSWERED", "ANSWERED"),
        ({"outcome": "no_answer"}, "NO ANSWER", "NO_ANSWER"),
        ({"outcome": "caller_abandoned", "campaign": "Wiosna"}, "ANSWERED", "NO_ANSWER"),
        ({"outcome": "no_answer", "campaign": "Wiosna", "direction": "outbound"}, "NO ANSWER", "NO_ANSWER"),
        ({"outcome": "busy", "campaign": "Wiosna"}, "BUSY", "BUSY"),
        ({"outcome": "failed"}, "FAILED", "FAILED"),
        ({"outcome": "", "live": "ringing"}, "RINGING", "RINGING"),
        ({"outcome": "", "kind": "classifier"}, "CLASSIFIER", "CLASSIFIER"),
        # Its own closing word, the misspelled one too.
        ({"outcome": "caller_abandoned", "provider": "fcc", "telephony_status": "NO_ANSWEAR", "campaign": "W"},
         "NO ANSWER", "NO_ANSWER"),
        ({"outcome": "no_answer", "provider": "fcc", "telephony_status": "answered"}, "ANSWERED", "NO_ANSWER"),
        ({"outcome": "no_answer", "provider": "twilio", "telephony_status": "answered"}, "NO ANSWER", "NO_ANSWER"),
    ],
)  # fmt: skip
def test_the_status_of_fcc_and_what_people_made_of_it(fields: dict[str, Any], shown_as: str, code: str) -> None:
    row = call("fcc", **fields)
    assert (row["status"], row["status_code"]) == (shown_as, code)


@pytest.mark.parametrize(
    ("status", "shown_as"), [("pending", "PENDING"), ("undelivered", "FAILED"), ("delivered", "DELIVERED")]
)
def test_the_status_of_a_text_in_fccs_words(status: str, shown_as: str) -> None:
    (row,) = rows(
        "fcc", calls(), messages({"started_at": START, "kind": "sms", "direction": "outbound", "status": status})
    )
    assert (row["status"], row["type_label"], row["type"]) == (shown_as, "SMS wychodzący", "sms_outbound")


def test_fcc_has_a_word_for_every_type_that_lists_have() -> None:
    assert set(fcc.TYPES) == set(TYPE_LABELS)


def test_openphone_in_the_names_of_its_api() -> None:
    row = labelled(
        "openphone",
        call("openphone", provider_id="AC1", direction="outbound", outcome="outbound_aborted", user_account="US1"),
    )

    assert {name: row[name] for name in ("id", "object", "status", "userId", "duration", "answeredAt")} == {
        "id": "AC1", "object": "call", "status": "Ringing", "userId": "US1", "duration": None, "answeredAt": None,
    }  # fmt: skip
    assert call("openphone", direction="outbound")["way"] == "outgoing"
    assert openphone.way("internal") == "internal"
    # O30: more than 24 data points.
    assert len([field for field in profile_of("openphone").fields if field.label]) > 24


@pytest.mark.parametrize(
    ("provider", "word", "outcome", "shown_as"),
    [
        ("ringostat", "proper", "answered", "PROPER"),
        ("ringostat", "NO_FORWARD", "failed", "FAILED"),
        ("ringostat", "CLIENT NO ANSWER", "no_answer", "CLIENT NO ANSWER"),
        ("zadarma", "proper", "answered", "ANSWERED"),
        ("", "", "caller_abandoned", "NO ANSWER"),
        ("", "", "voicemail", "VOICEMAIL"),
        ("", "", "", "IN PROGRESS"),
    ],
)
def test_dispositions_of_ringostat(provider: str, word: str, outcome: str, shown_as: str) -> None:
    assert ringostat.disposition(provider, word, outcome) == shown_as


def test_types_of_ringostat() -> None:
    assert ringostat.call_type("inbound", "callback_customer") == "callback"
    assert call("ringostat", direction="inbound", kind="voice", is_target=1)["call_type"] == "in"
    assert call("ringostat", is_target=1)["is_target"] is True


@pytest.mark.parametrize(
    ("outcome", "live", "shown_as"),
    [
        ("answered", "", "Completed"), ("caller_abandoned", "", "Canceled"), ("outbound_aborted", "", "Canceled"),
        ("failed", "", "Failed"), ("busy", "", "No Answer"), ("voicemail", "", "No Answer"), ("", "queued", "Queued"),
        ("", "ringing", "Ringing"), ("", "in_progress", "Answered"),
    ],
)  # fmt: skip
def test_statuses_of_wiseparts(outcome: str, live: str, shown_as: str) -> None:
    assert wiseparts.status(outcome, live) == shown_as


def test_directions_of_wiseparts() -> None:
    assert wiseparts.way("outbound", "survey_outbound") == "Outbound Auto"
    assert wiseparts.way("outbound", "voice") == "Outbound Dial"
    assert call("wiseparts", direction="inbound")["way"] == "Inbound"


def test_a_row_of_novofons_log() -> None:
    row = labelled(
        "novofon",
        call("novofon", outcome="no_answer", remote_number="+79161234567", is_unique=1, is_spam=1, is_no_success=1),
    )

    assert {name: row[name] for name in ("Номер телефона", "Вид вызова", "Тип соединения", "Метки", "Результат")} == {
        "Номер телефона": "+79161234567", "Вид вызова": "пропущенный", "Тип соединения": "голосовая связь",
        "Метки": "уникальный;спам", "Результат": "неуспешный",
    }  # fmt: skip
    # Free and unknown are different (N5).
    assert row["Стоимость услуги"] is None
    assert novofon.medium("mms") == "SMS/MMS"
    assert novofon.medium("chat") == "другое"


def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidRequest) as refused:
        profile_of("siebel")
    assert refused.value.field == "profile"


def test_every_profile_has_our_id_and_outcome_beside_its_own_words() -> None:
    for name, profile in PROFILES.items():
        names = {field.name for field in profile.fields}
        assert {"record_id", "direction", "outcome"} <= names or name in ("ringlake", "fcc"), name
        assert len(names) == len(profile.fields)


def test_the_full_profile_has_every_column_of_calls_and_messages() -> None:
    names = {field.name for field in profile_of("full").fields}
    assert names == {*CALLS.names, *MESSAGES.names, "channel", "started_at_local"}


SECONDS = st.none() | st.integers(0, 600)
MOMENTS = st.none() | st.integers(-1500, 600_000).map(lambda ms: START + timedelta(milliseconds=ms))
PHONES = st.sampled_from(["", "+48601234567", "anonymous", "101"])
CALL = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind.value for kind in CallKind]),
        "direction": st.sampled_from(["", *(way.value for way in Direction)]),
        "outcome": st.sampled_from(["", *(outcome.value for outcome in Outcome)]),
        "campaign": st.sampled_from(["", "Wiosna"]),
        "user_name": st.sampled_from(["", "Anna"]),
        "remote_number": PHONES,
        "business_number": PHONES,
        "entry_number": PHONES,
        "answered_at": MOMENTS,
        "queued_at": MOMENTS,
        "ended_at": MOMENTS,
        "ivr_s": SECONDS,
        "wait_s": SECONDS,
        "talk_s": SECONDS,
    }
)
TEXT = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind.value for kind in MessageKind]),
        "direction": st.sampled_from(["", "inbound", "outbound"]),
        "status": st.sampled_from([status.value for status in MessageStatus]),
        "user_name": st.sampled_from(["", "Anna"]),
        "remote_number": PHONES,
        "business_number": PHONES,
    }
)
SAME = (
    "source_number", "destination_number", "agent_name", "total_connected_s", "dialling_s", "talk_s", "type",
    "status_code", "outcome", "hangup_by",
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(CALL, max_size=6), st.lists(TEXT, max_size=3))
def test_a_file_says_what_the_list_says(some_calls: list[dict[str, Any]], texts: list[dict[str, Any]]) -> None:
    of_calls = calls(*({"started_at": START, **one} for one in some_calls))
    of_texts = messages(*({"started_at": START, "record_id": f"m:{n}", **one} for n, one in enumerate(texts)))
    listed = {
        row["record_id"]: shown(table, row, SAME, WARSAW)
        for table, found in ((CALLS, of_calls), (MESSAGES, of_texts))
        for row in found.to_pylist()
    }

    found = rows("fcc", of_calls, of_texts)

    assert len(found) == len(listed)
    for row in found:
        for name in SAME:
            assert row[name] == getattr(listed[row["record_id"]], name), name


@settings(max_examples=20, deadline=None)
@given(st.lists(CALL, min_size=1, max_size=5))
def test_no_profile_loses_a_row_or_changes_a_duration(some_calls: list[dict[str, Any]]) -> None:
    of_calls = calls(*({"started_at": START, **one} for one in some_calls))
    talk = {row["record_id"]: row["talk_s"] for row in of_calls.to_pylist()}
    for name in SYSTEMS:
        found = rows(name, of_calls, messages())
        assert {row["record_id"]: row["talk_s"] for row in found} == talk
