"""OpenPhone, now Quo: the older webhooks of two versions and those of 2026-03-30."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tools.simulator.history import Ending
from tools.simulator.people import BOTH, Q26, V2, V4
from tools.simulator.systems import Text

from .notice import (
    Call,
    Company,
    Line,
    Message,
    Notice,
    compact,
    digest,
    happens,
    iso,
    talk_s,
    text_of,
    voicemail_s,
)

LEGACY, STANDARD = "openphone", "standard"

# What the providers call an ending; where a wording is open, several are used in turn.
# v2 says `completed` whatever happened.
V4_STATUS: Mapping[Ending, Sequence[str]] = {
    Ending.ANSWERED: ("completed", "answered"),
    Ending.RANG_OUT: ("missed", "no-answer", "completed"),
    Ending.VOICEMAIL: ("missed", "no-answer"),
    Ending.GAVE_UP: ("abandoned",),
    Ending.GAVE_UP_SOON: ("abandoned",),
    Ending.TECHNICAL: ("failed",),
    Ending.REACHED: ("completed", "answered"),
    Ending.UNREACHED: ("no-answer",),
    Ending.ENGAGED: ("busy",),
    Ending.BROKEN: ("failed",),
    Ending.CHANGED_MIND: ("canceled",),
    Ending.HUNG_UP_AT_ONCE: ("canceled",),
}
Q26_STATUS: Mapping[Ending, str] = {
    Ending.ANSWERED: "answered",
    Ending.RANG_OUT: "unanswered",
    Ending.VOICEMAIL: "unanswered",
    Ending.GAVE_UP: "abandoned",
    Ending.GAVE_UP_SOON: "abandoned",
    Ending.TECHNICAL: "failed",
    Ending.REACHED: "answered",
    Ending.UNREACHED: "unanswered",
    Ending.ENGAGED: "unanswered",
    Ending.BROKEN: "failed",
    Ending.CHANGED_MIND: "abandoned",
    Ending.HUNG_UP_AT_ONCE: "abandoned",
}
# Shares of the calls for which a provider also announces the ring and the answer.
RINGING_SHARE, ANSWERED_SHARE = 0.12, 0.25


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    if line.sends in (V2, V4, BOTH):
        yield from _legacy_call(company, line, call, V4 if line.sends == V4 else V2)
    if line.sends in (Q26, BOTH):
        yield from _q26_call(company, line, call)


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    if line.sends in (V2, V4, BOTH):
        yield _legacy_message(company, line, message, V4 if line.sends == V4 else V2)
    if line.sends in (Q26, BOTH):
        yield _q26_message(company, line, message)


def _conversation(line: Line, *customers: str) -> str:
    return f"CN{digest(line.id, *sorted(customers))[:32]}"


def _words(direction: str) -> str:
    return {"inbound": "incoming", "outbound": "outgoing"}[direction]


# --- OpenPhone, older webhooks


def _legacy(kind: str, at: datetime, version: str, subject: tuple[str, str], content: Mapping[str, Any]) -> Notice:
    event_id = f"EV{digest(version, subject[1], kind)[:32]}"
    event = {
        "id": event_id,
        "object": "event",
        "apiVersion": version,
        "createdAt": iso(at),
        # The published samples of v4 carry these short names.
        "type": {"call.summary.completed": "callSummary", "call.transcript.completed": "callTranscript"}.get(
            kind, kind
        ),
        "data": {"object": content},
    }
    return Notice("openphone", LEGACY, event_id, subject, kind, at, compact(event))


def _legacy_call(company: Company, line: Line, call: Call, version: str) -> Iterator[Notice]:
    subject = ("call", call.id)
    shape = _v2_call if version == V2 else _v4_call
    if call.direction == "inbound" and happens(RINGING_SHARE, call.id, "ringing"):
        yield _legacy("call.ringing", call.started_at, version, subject, shape(company, line, call, "ringing"))
    ended = call.ended_at + timedelta(milliseconds=400)
    yield _legacy("call.completed", ended, version, subject, shape(company, line, call, "completed"))
    if call.recording_ready:
        content = shape(company, line, call, "recording")
        yield _legacy("call.recording.completed", call.recording_ready, version, subject, content)
    if version == V4 and call.summary_ready:
        summary = {"callId": call.id, "object": "callSummary", "status": "completed", "summary": ["Asked for a quote."]}
        yield _legacy("call.summary.completed", call.summary_ready, version, subject, {**summary, "nextSteps": []})
    if version == V4 and call.transcript_ready:
        yield _legacy("call.transcript.completed", call.transcript_ready, version, subject, _v4_transcript(call))


def _v2_call(company: Company, line: Line, call: Call, moment: str) -> dict[str, Any]:
    over = moment != "ringing"
    inbound = call.direction == "inbound"
    # Where nobody spoke, the user is whoever the number is tied to.
    person = company.person(call.person or line.people[0])
    recording = {"url": f"https://media.example.com/rec/{call.id}.mp3", "type": "audio/mpeg"}
    voicemail = {"url": f"https://media.example.com/vm/{call.id}.mp3", "type": "audio/mpeg"}
    return {
        "id": call.id,
        "object": "call",
        "from": call.customer if inbound else line.e164,
        "to": line.e164 if inbound else call.customer,
        "direction": _words(call.direction),
        "media": [{**recording, "duration": talk_s(call)}] if moment == "recording" else [],
        "voicemail": {**voicemail, "duration": voicemail_s(call)} if over and call.voicemail_from else None,
        "status": "completed" if over else "ringing",
        "createdAt": iso(call.started_at),
        "answeredAt": iso(call.answered_at) if over else None,
        "completedAt": iso(call.ended_at) if over else None,
        "userId": person.openphone,
        "phoneNumberId": line.provider_id,
        "conversationId": _conversation(line, call.customer),
    }


def _v4_call(company: Company, line: Line, call: Call, moment: str) -> dict[str, Any]:
    over = moment != "ringing"
    inbound = call.direction == "inbound"
    words = V4_STATUS[call.ending]
    person = company.person(call.person or line.people[0]).openphone
    return {
        "id": call.id,
        "object": "call",
        "answeredAt": iso(call.answered_at) if over else None,
        "answeredBy": person if over and inbound and call.talks else None,
        "initiatedBy": None if inbound else person,
        "direction": _words(call.direction),
        "status": words[int(digest(call.id)[:4], 16) % len(words)] if over else "ringing",
        "completedAt": iso(call.ended_at) if over else None,
        "createdAt": iso(call.started_at),
        "duration": talk_s(call) if over else 0,
        "forwardedFrom": None,
        "forwardedTo": None,
        "phoneNumberId": line.provider_id,
        "participants": [call.customer],
        "updatedAt": iso(call.ended_at if over else call.started_at),
        "userId": person,
        "contactIds": [],
    }


def _v4_transcript(call: Call) -> dict[str, Any]:
    return {
        "callId": call.id,
        "object": "callTranscript",
        "createdAt": iso(call.transcript_ready),
        "dialogue": [{"content": "Hello", "start": 0.4, "end": 1.1, "identifier": call.customer, "userId": None}],
        "duration": talk_s(call),
        "status": "completed",
        "contactIds": [],
    }


def _legacy_message(company: Company, line: Line, message: Message, version: str) -> Notice:
    inbound = message.direction == "inbound"
    person = company.person(message.person).openphone
    kind = "message.received" if inbound else "message.delivered"
    receivers = [line.e164, *message.others] if inbound else [message.customer]
    content: dict[str, Any] = {
        "id": message.id,
        "object": "message",
        "from": message.customer if inbound else line.e164,
        "to": ",".join(receivers) if version == V2 else receivers,
        "direction": _words(message.direction),
        "status": "received" if inbound and version == V2 else "delivered",
        "createdAt": iso(message.created_at),
        "userId": person,
        "phoneNumberId": line.provider_id,
    }
    if version == V2:
        media = [{"url": f"https://media.example.com/mms/{message.id}", "type": "image/jpeg"}] * message.media
        conversation = _conversation(line, message.customer, *message.others)
        content |= {"body": text_of(message), "media": media, "conversationId": conversation}
    else:
        content |= {"text": text_of(message), "contactIds": []}
    return _legacy(kind, message.settled_at, version, ("message", message.id), content)


# --- OpenPhone, webhooks of 2026-03-30


def _q26(
    kind: str, at: datetime, subject: tuple[str, str], resource: Mapping[str, Any], context: Mapping[str, Any]
) -> Notice:
    mark = digest(Q26, subject[1], kind)[:26]
    event = {
        "id": f"EV{mark}",
        "apiVersion": "2026-03-30",
        "createdAt": iso(at),
        "type": kind,
        "data": {"resource": resource, "context": context, "links": {"quo": None}},
    }
    return Notice("openphone", STANDARD, f"msg_{mark}", subject, kind, at, compact(event))


def _q26_call(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    subject = ("call", call.id)
    inbound = call.direction == "inbound"
    person = company.person(call.person or line.people[0]).openphone
    context = {
        "orgId": "OR00simul1",
        "phoneNumberId": line.provider_id,
        "conversationId": _conversation(line, call.customer),
        "userId": person,
        "participants": {"workspace": [], "external": [], "resolution": "unavailable"}
        if call.lookup_failed
        else {"workspace": [line.e164], "external": [call.customer], "resolution": "available"},
    }
    known: dict[str, Any] = {"ids": [], "lookupStatus": "unavailable" if call.lookup_failed else "none"}
    rich = {**context, "phoneNumberType": "private" if len(line.people) == 1 else "shared", "contacts": known}
    base = {"id": call.id, "direction": _words(call.direction), "createdAt": iso(call.started_at)}
    ended = call.ended_at + timedelta(milliseconds=200)
    if happens(RINGING_SHARE, call.id, "ringing"):
        yield _q26("call.ringing", call.started_at, subject, {**base, "updatedAt": iso(call.started_at)}, context)
    times = {"answeredAt": iso(call.answered_at), "updatedAt": iso(call.answered_at)}
    if call.answered_at and happens(ANSWERED_SHARE, call.id, "answered"):
        resource = {**base, **times, "answeredByUserId": person if inbound else None}
        yield _q26("call.answered", call.answered_at, subject, resource, rich)
    if inbound and not call.talks:
        missed = {"id": call.id, "createdAt": iso(call.started_at), "updatedAt": iso(ended)}
        yield _q26("call.missed", ended, subject, missed, rich)
    over = {
        **base,
        "answeredAt": iso(call.answered_at),
        "completedAt": iso(call.ended_at),
        "updatedAt": iso(ended),
        "duration": talk_s(call) if call.talks else None,
    }
    status = {"status": Q26_STATUS[call.ending], "hasVoicemail": call.voicemail_from is not None}
    yield _q26("call.completed", ended, subject, {**over, **status}, rich)
    yield from _q26_artefacts(line, call, over, rich, person)


def _q26_artefacts(
    line: Line, call: Call, over: Mapping[str, Any], context: Mapping[str, Any], person: str
) -> Iterator[Notice]:
    subject = ("call", call.id)
    if call.voicemail_ready:
        resource = {
            "id": f"AC{digest(call.id, 'voicemail')[:32]}",
            "voicemailId": f"VM{digest(call.id)[:12]}",
            "callId": call.id,
            "direction": _words(call.direction),
            "duration": voicemail_s(call),
            "from": call.customer,
            "to": line.e164,
            "transcript": None,
            "recordingUrl": f"https://media.example.com/vm/{call.id}.mp3",
            "createdAt": iso(call.ended_at),
            "updatedAt": iso(call.voicemail_ready),
        }
        yield _q26("call.voicemail.completed", call.voicemail_ready, subject, resource, context)
    if call.recording_ready:
        recording = {
            "id": f"RE{digest(call.id)[:12]}",
            "duration": talk_s(call),
            "startTime": iso(call.answered_at),
            "type": "audio/mpeg",
            # The very file that the older webhook names too, when a number sends both.
            "url": f"https://media.example.com/rec/{call.id}.mp3",
        }
        resource = {**over, "updatedAt": iso(call.recording_ready), "recordings": [recording]}
        yield _q26("call.recording.completed", call.recording_ready, subject, resource, context)
    if call.summary_ready:
        resource = {
            "callId": call.id,
            "processingStatus": "completed",
            "summary": ["Asked for a quote."],
            "nextSteps": None,
            "fromPhoneNumber": None,
            "handledByAiAgent": False,
            "answeredByUserId": person if call.direction == "inbound" else None,
            "jobs": [],
        }
        yield _q26("call.summary.completed", call.summary_ready, subject, resource, context)
    if call.transcript_ready:
        dialogue = [{"userId": None, "identifier": None, "content": "Hello", "start": 0, "end": 2}]
        resource = {
            "callId": call.id,
            "createdAt": iso(call.transcript_ready),
            "duration": talk_s(call),
            "processingStatus": "completed",
            "dialogue": dialogue,
        }
        yield _q26("call.transcript.completed", call.transcript_ready, subject, resource, context)


def _q26_message(company: Company, line: Line, message: Message) -> Notice:
    inbound = message.direction == "inbound"
    kind = f"message.{message.status.value}"
    media = [{"url": f"https://media.example.com/mms/{message.id}"}] * message.media
    resource: dict[str, Any] = {
        "id": message.id,
        "direction": _words(message.direction),
        "text": text_of(message),
        "status": message.status.value,
        "createdAt": iso(message.created_at),
    }
    if message.status is not Text.FAILED:
        resource["media"] = media
    if message.error:
        resource["errorCode"] = message.error
    context = {
        "orgId": "OR00simul1",
        "phoneNumberId": line.provider_id,
        "conversationId": _conversation(line, message.customer, *message.others),
        "userId": company.person(message.person).openphone,
        "contacts": {"ids": [], "lookupStatus": "none"},
        "senderIdentifier": message.customer if inbound else line.e164,
        "recipientIdentifiers": [line.e164, *message.others] if inbound else [message.customer],
    }
    return _q26(kind, message.settled_at, ("message", message.id), resource, context)


# --- what stays untold

# Webhooks -> ending -> the ending that it cannot be told from.
UNTOLD_BY: Mapping[str, Mapping[Ending, Ending]] = {
    # `completed` is the only word there is; a call that nobody answered just was not answered.
    V2: {
        Ending.GAVE_UP: Ending.RANG_OUT,
        Ending.GAVE_UP_SOON: Ending.RANG_OUT,
        Ending.TECHNICAL: Ending.RANG_OUT,
        Ending.ENGAGED: Ending.UNREACHED,
        Ending.BROKEN: Ending.UNREACHED,
        Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
    },
    # A voicemail can only be fetched, it is not sent.
    V4: {Ending.VOICEMAIL: Ending.RANG_OUT},
    Q26: {Ending.ENGAGED: Ending.UNREACHED},
    BOTH: {Ending.ENGAGED: Ending.UNREACHED},
}
SILENT: Mapping[str, str] = {}


def heard(company: Company, line: Line, call: Call) -> Call:
    """Whoever rang is named only when somebody answered or the number is one person's."""
    _ = company
    ending = UNTOLD_BY[line.sends].get(call.ending, call.ending)
    return replace(call, ending=ending)


def heard_text(line: Line, message: Message) -> Message:
    """The texts of v4 come without their pictures."""
    return replace(message, media=0) if line.sends == V4 else message


def tells_legs(line: Line, call: Call) -> bool:
    """Of a shared number only `call.answered` says who it was; the end names whom the number is tied to (section 8)."""
    return line.sends not in (Q26, BOTH) or len(line.people) == 1 or happens(ANSWERED_SHARE, call.id, "answered")
