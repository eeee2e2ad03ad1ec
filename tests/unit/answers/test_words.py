"""Texts of providers of which there is no capture with words, by their documentation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from ringlake import providers
from ringlake.model.directory import Connection
from ringlake.model.events import RawEvent
from ringlake.model.facts import Media
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.words import Words, WordsKind

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
CALL, MESSAGE = SubjectKind.CALL, SubjectKind.MESSAGE
UTTERANCES = [
    {"participant_type": "internal", "user_id": 7, "text": "Hello.", "start_time": 0.5},
    {"participant_type": "external", "text": "Hi.", "start_time": 2},
    {"participant_type": "external", "text": None},
    "nonsense",
]


def words(provider: str, kind: SubjectKind, said: dict[str, Any], *, form: bool = False) -> tuple[Words, ...]:
    about = Subject(workspace="acme", kind=kind, connection="c", id="1")
    body = urlencode(said).encode() if form else json.dumps(said).encode()
    event = RawEvent(
        subject=about, event_id="e", event_type="x", provider=provider, adapter=1, body=body, received_at=AT
    )
    return tuple(providers.adapter(provider).words(event, Connection(id="c", workspace="acme", provider=provider)))


def texts(found: tuple[Words, ...]) -> list[str]:
    return [line.text for one in found for line in one.lines]


def test_twilio_sends_a_transcript_whole_or_in_pieces() -> None:
    whole = words(
        "twilio", CALL, {"CallSid": "1", "TranscriptionStatus": "completed", "TranscriptionText": "Hello"}, form=True
    )
    piece = {
        "TranscriptionEvent": "transcription-content",
        "TranscriptionData": '{"transcript": "Good", "confidence": 0.9}',
    }
    running = words("twilio", CALL, {"CallSid": "1", **piece}, form=True)

    assert (texts(whole), whole[0].running) == (["Hello"], False)
    assert (texts(running), running[0].running) == (["Good"], True)
    assert words("twilio", CALL, {"CallSid": "1", "TranscriptionData": "no json"}, form=True) == ()


def test_vonage_says_where_a_transcript_is() -> None:
    (found,) = words("vonage", CALL, {"conversation_uuid": "1", "transcription_url": "https://api.example.com/t/1"})

    assert (found.kind, found.url, found.lines) == (WordsKind.TRANSCRIPT, "https://api.example.com/t/1", ())


def test_aircall_sends_utterances_of_both_sides() -> None:
    said = {
        "event": "transcription.created",
        "timestamp": 1772625600,
        "data": {"call_id": 1, "content": {"utterances": UTTERANCES}},
    }
    (found,) = words("aircall", CALL, said)

    assert [(line.text, line.speaker, line.account, line.at_s) for line in found.lines] == [
        ("Hello.", "agent", "7", 0.5),
        ("Hi.", "customer", "", 2.0),
    ]


SMS = "/restapi/v1.0/account/1/extension/2/message-store/instant?type=SMS"
TEXTS = [
    ("aircall", {"event": "message.received", "data": {"id": "1", "body": "Hi"}}, False),
    ("twilio", {"MessageSid": "1", "SmsStatus": "received", "Body": "Hi"}, True),
    ("telnyx", {"data": {"event_type": "message.received", "payload": {"id": "1", "text": "Hi"}}}, False),
    ("vonage", {"message_uuid": "1", "channel": "sms", "text": "Hi"}, False),
    ("openphone", {"type": "message.received", "data": {"object": {"id": "1", "body": "Hi"}}}, False),
    ("ringcentral", {"event": SMS, "body": {"type": "SMS", "messageStatus": "Received", "subject": "Hi"}}, False),
    ("generic", {"type": "message.received", "data": {"message": {"id": "1", "text": "Hi"}}}, False),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "said", "form"), TEXTS, ids=[provider for provider, *_ in TEXTS])
def test_the_text_of_a_message_is_told(provider: str, said: dict[str, Any], form: bool) -> None:
    found = words(provider, MESSAGE, said, form=form)

    assert (texts(found), [one.kind for one in found]) == (["Hi"], [WordsKind.MESSAGE])


ACCESS = [
    ("aircall", "https://assets.aircall.io/calls/1/recording", True, False),
    ("aircall", "https://files.example.com/1.mp3", False, True),
    ("dialpad", "https://dialpad.com/r/1", True, False),
    ("telnyx", "https://s3.example.com/1.mp3", False, True),
    ("vonage", "https://api.nexmo.com/v1/files/1", True, False),
    ("openphone", "https://m.example.com/1.mp3", False, False),
]


@pytest.mark.parametrize(("provider", "url", "login", "ends"), ACCESS)
def test_what_it_takes_to_open_a_recording(provider: str, url: str, login: bool, ends: bool) -> None:
    access = providers.adapter(provider).access(Media(url=url))

    assert (access.login, access.lives is not None) == (login, ends)
