"""The history in the providers' own words: bodies as they would post them, and their signatures.

Bodies and ids follow from the history alone; only the signature knows the time of sending,
because receivers refuse anything that was signed more than five minutes ago.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .history import QUEUE, SCHEME, Call, ClassifierRow, Ending, History, Message, Span, Text
from .people import BOTH, PBX, Q26, TEAMS, V2, V4, Company, Line

LEGACY, STANDARD = "legacy", "standard"

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
# Status and disconnecting side at the telephone system. A call that its menu picked up is ANSWERED to it.
PBX_STATUS: Mapping[Ending, tuple[str, str]] = {
    Ending.ANSWERED: ("ANSWERED", "customer"),
    Ending.RANG_OUT: ("NO ANSWER", "system"),
    Ending.GAVE_UP: ("NO ANSWER", "customer"),
    Ending.GAVE_UP_SOON: ("NO ANSWEAR", "customer"),
    Ending.LEFT_MENU: ("ANSWERED", "customer"),
    Ending.LEFT_QUEUE: ("NO ANSWER", "customer"),
    Ending.NOBODY_THERE: ("NO ANSWER", "system"),
    Ending.TECHNICAL: ("FAILED", "system"),
    Ending.STRAIGHT_TO_VOICEMAIL: ("NO ANSWER", "customer"),
    Ending.REACHED: ("ANSWERED", "agent"),
    Ending.UNREACHED: ("NO ANSWER", "system"),
    Ending.ENGAGED: ("BUSY", "customer"),
    Ending.BROKEN: ("FAILED", "system"),
    Ending.CHANGED_MIND: ("NO ANSWER", "agent"),
    Ending.HUNG_UP_AT_ONCE: ("NO ANSWER", "agent"),
}
PBX_CAUSE = {Ending.TECHNICAL: "503", Ending.BROKEN: "404", Ending.ENGAGED: "486"}
# Shares of the calls for which a provider also announces the ring and the answer.
RINGING_SHARE, ANSWERED_SHARE = 0.12, 0.25
TEXTS = (
    "Is the 10:00 slot free? 🙂",
    "Danke, bis später!",
    "Your order has shipped.",
    "=1+1 is two",
    "¿Cuánto cuesta?",
)


@dataclass(frozen=True)
class Notice:
    """One delivery before it is signed. `at` is when the provider has it ready to send."""

    connection: str
    scheme: str
    delivery_id: str
    subject: tuple[str, str]
    kind: str
    at: datetime
    body: bytes


def notices(history: History) -> list[Notice]:
    """Everything that the providers send about a history, in the order of their readiness."""
    company = history.company
    found = [n for c in history.calls for n in _call(company, c)]
    found += [n for m in history.messages for n in _message(company, m)]
    found += [_classifier_row(company, row) for row in history.classifier_rows]
    return sorted(found, key=lambda n: (n.at, n.delivery_id))


def sign(notice: Notice, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """Headers of one attempt at this moment; several secrets give several signatures where the scheme knows lists."""
    headers = {"content-type": "application/json", "user-agent": "ringlake-simulator"}
    if notice.scheme == LEGACY:
        stamp = str(int(now.timestamp() * 1000))
        parts = [f"hmac;1;{stamp};{_mac(base64.b64decode(s), stamp.encode() + b'.' + notice.body)}" for s in secrets]
        return {**headers, "openphone-signature": ",".join(parts)}
    stamp = str(int(now.timestamp()))
    content = f"{notice.delivery_id}.{stamp}.".encode() + notice.body
    entries = [f"v1,{_mac(base64.b64decode(s.removeprefix('whsec_')), content)}" for s in secrets]
    return {
        **headers,
        "webhook-id": notice.delivery_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(entries),
    }


def _mac(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode()


# --- small words


def _hash(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _happens(share: float, *parts: str) -> bool:
    """A choice of the provider that belongs to the call, not to the run of the generator."""
    return int(_hash(*parts)[:8], 16) < share * 0x1_0000_0000


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _conversation(line: Line, *customers: str) -> str:
    return f"CN{_hash(line.id, *sorted(customers))[:32]}"


def _words(direction: str) -> str:
    return {"inbound": "incoming", "outbound": "outgoing"}[direction]


def _text_of(message: Message) -> str:
    return TEXTS[int(_hash(message.id)[:4], 16) % len(TEXTS)]


def _call(company: Company, call: Call) -> Iterator[Notice]:
    line = company.line(call.line)
    if line.sends == PBX:
        yield from _pbx_call(company, line, call)
        return
    if line.sends in (V2, V4, BOTH):
        yield from _legacy_call(company, line, call, V4 if line.sends == V4 else V2)
    if line.sends in (Q26, BOTH):
        yield from _q26_call(company, line, call)


def _message(company: Company, message: Message) -> Iterator[Notice]:
    line = company.line(message.line)
    if line.sends == PBX:
        yield from _pbx_message(company, line, message)
        return
    if line.sends in (V2, V4, BOTH):
        yield _legacy_message(company, line, message, V4 if line.sends == V4 else V2)
    if line.sends in (Q26, BOTH):
        yield _q26_message(company, line, message)


# --- OpenPhone, older webhooks


def _legacy(kind: str, at: datetime, version: str, subject: tuple[str, str], content: Mapping[str, Any]) -> Notice:
    event_id = f"EV{_hash(version, subject[1], kind)[:32]}"
    event = {
        "id": event_id,
        "object": "event",
        "apiVersion": version,
        "createdAt": _iso(at),
        # The published samples of v4 carry these short names.
        "type": {"call.summary.completed": "callSummary", "call.transcript.completed": "callTranscript"}.get(
            kind, kind
        ),
        "data": {"object": content},
    }
    return Notice("openphone", LEGACY, event_id, subject, kind, at, _json(event))


def _legacy_call(company: Company, line: Line, call: Call, version: str) -> Iterator[Notice]:
    subject = ("call", call.id)
    shape = _v2_call if version == V2 else _v4_call
    if call.direction == "inbound" and _happens(RINGING_SHARE, call.id, "ringing"):
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
        "media": [{**recording, "duration": _talk_s(call)}] if moment == "recording" else [],
        "voicemail": {**voicemail, "duration": _voicemail_s(call)} if over and call.voicemail_from else None,
        "status": "completed" if over else "ringing",
        "createdAt": _iso(call.started_at),
        "answeredAt": _iso(call.answered_at) if over else None,
        "completedAt": _iso(call.ended_at) if over else None,
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
        "answeredAt": _iso(call.answered_at) if over else None,
        "answeredBy": person if over and inbound and call.talks else None,
        "initiatedBy": None if inbound else person,
        "direction": _words(call.direction),
        "status": words[int(_hash(call.id)[:4], 16) % len(words)] if over else "ringing",
        "completedAt": _iso(call.ended_at) if over else None,
        "createdAt": _iso(call.started_at),
        "duration": _talk_s(call) if over else 0,
        "forwardedFrom": None,
        "forwardedTo": None,
        "phoneNumberId": line.provider_id,
        "participants": [call.customer],
        "updatedAt": _iso(call.ended_at if over else call.started_at),
        "userId": person,
        "contactIds": [],
    }


def _v4_transcript(call: Call) -> dict[str, Any]:
    return {
        "callId": call.id,
        "object": "callTranscript",
        "createdAt": _iso(call.transcript_ready),
        "dialogue": [{"content": "Hello", "start": 0.4, "end": 1.1, "identifier": call.customer, "userId": None}],
        "duration": _talk_s(call),
        "status": "completed",
        "contactIds": [],
    }


def _talk_s(call: Call) -> int:
    return _seconds(call.answered_at, call.ended_at) if call.answered_at else 0


def _voicemail_s(call: Call) -> int:
    return _seconds(call.voicemail_from, call.ended_at) if call.voicemail_from else 0


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
        "createdAt": _iso(message.created_at),
        "userId": person,
        "phoneNumberId": line.provider_id,
    }
    if version == V2:
        media = [{"url": f"https://media.example.com/mms/{message.id}", "type": "image/jpeg"}] * message.media
        conversation = _conversation(line, message.customer, *message.others)
        content |= {"body": _text_of(message), "media": media, "conversationId": conversation}
    else:
        content |= {"text": _text_of(message), "contactIds": []}
    return _legacy(kind, message.settled_at, version, ("message", message.id), content)


# --- OpenPhone, webhooks of 2026-03-30


def _q26(
    kind: str, at: datetime, subject: tuple[str, str], resource: Mapping[str, Any], context: Mapping[str, Any]
) -> Notice:
    mark = _hash(Q26, subject[1], kind)[:26]
    event = {
        "id": f"EV{mark}",
        "apiVersion": "2026-03-30",
        "createdAt": _iso(at),
        "type": kind,
        "data": {"resource": resource, "context": context, "links": {"quo": None}},
    }
    return Notice("openphone", STANDARD, f"msg_{mark}", subject, kind, at, _json(event))


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
    base = {"id": call.id, "direction": _words(call.direction), "createdAt": _iso(call.started_at)}
    ended = call.ended_at + timedelta(milliseconds=200)
    if _happens(RINGING_SHARE, call.id, "ringing"):
        yield _q26("call.ringing", call.started_at, subject, {**base, "updatedAt": _iso(call.started_at)}, context)
    times = {"answeredAt": _iso(call.answered_at), "updatedAt": _iso(call.answered_at)}
    if call.answered_at and _happens(ANSWERED_SHARE, call.id, "answered"):
        resource = {**base, **times, "answeredByUserId": person if inbound else None}
        yield _q26("call.answered", call.answered_at, subject, resource, rich)
    if inbound and not call.talks:
        missed = {"id": call.id, "createdAt": _iso(call.started_at), "updatedAt": _iso(ended)}
        yield _q26("call.missed", ended, subject, missed, rich)
    over = {
        **base,
        "answeredAt": _iso(call.answered_at),
        "completedAt": _iso(call.ended_at),
        "updatedAt": _iso(ended),
        "duration": _talk_s(call) if call.talks else None,
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
            "id": f"AC{_hash(call.id, 'voicemail')[:32]}",
            "voicemailId": f"VM{_hash(call.id)[:12]}",
            "callId": call.id,
            "direction": _words(call.direction),
            "duration": _voicemail_s(call),
            "from": call.customer,
            "to": line.e164,
            "transcript": None,
            "recordingUrl": f"https://media.example.com/vm/{call.id}.mp3",
            "createdAt": _iso(call.ended_at),
            "updatedAt": _iso(call.voicemail_ready),
        }
        yield _q26("call.voicemail.completed", call.voicemail_ready, subject, resource, context)
    if call.recording_ready:
        recording = {
            "id": f"RE{_hash(call.id)[:12]}",
            "duration": _talk_s(call),
            "startTime": _iso(call.answered_at),
            "type": "audio/mpeg",
            # The very file that the older webhook names too, when a number sends both.
            "url": f"https://media.example.com/rec/{call.id}.mp3",
        }
        resource = {**over, "updatedAt": _iso(call.recording_ready), "recordings": [recording]}
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
            "createdAt": _iso(call.transcript_ready),
            "duration": _talk_s(call),
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
        "text": _text_of(message),
        "status": message.status.value,
        "createdAt": _iso(message.created_at),
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


# --- our own contract, spoken by a telephone system


def _pbx(company: Company, kind: str, at: datetime, subject: tuple[str, str], content: Mapping[str, Any]) -> Notice:
    mark = _hash(subject[1], kind, at.isoformat(), str(content.get("leg_id", "")), str(content.get("step", "")))[:24]
    # A telephone system writes the clock on its wall, with the offset of that day.
    wall = at.astimezone(company.tz).isoformat(timespec="milliseconds")
    body = {"type": kind, "timestamp": wall, "data": {subject[0]: content}}
    return Notice("generic", STANDARD, f"msg_{mark}", subject, kind, at, _json(body))


def _agent(company: Company, person_id: str) -> dict[str, str]:
    person = company.person(person_id)
    return {"id": person.pbx, "name": person.name, "account": f"sip-{person.id}"}


def _pbx_call(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    inbound = call.direction == "inbound"
    base: dict[str, Any] = {
        "id": call.id,
        "direction": call.direction,
        "from": call.customer if inbound else line.e164,
        "to": line.e164 if inbound else call.customer,
        "number": {"id": line.provider_id, "name": line.name},
        "team": {"id": line.team, "name": TEAMS[line.team]},
    }
    if inbound:
        base["scheme"] = SCHEME

    def tell(kind: str, at: datetime, **more: Any) -> Notice:
        return _pbx(company, kind, at, ("call", call.id), {**base, **more})

    if call.menu_from:
        yield tell("call.answered", call.menu_from, status="ANSWERED", answered_by="ivr")
    for number, (at, choice) in enumerate(call.menu, start=1):
        yield tell("call.step", at, step={"no": number, "kind": "ivr", "value": choice})
    if call.queued_at:
        yield tell("call.queued", call.queued_at, queue={"id": "q1", "name": QUEUE})
    legs = {}
    for number, ring in enumerate(call.rings, start=1):
        leg = f"{call.id}-{number}"
        who = {"leg_id": leg, "agent": _agent(company, ring.person)}
        yield tell("call.ringing", ring.start, **who)
        if ring.answered:
            legs[ring.person] = who
            yield tell("call.answered", ring.end, answered_by="person", **who)
    for hold in call.holds:
        who = legs[call.talks[0].person]
        yield tell("call.held", hold.start, **who)
        yield tell("call.resumed", hold.end, **who)
    if len(call.talks) > 1:
        yield tell("call.transferred", call.talks[0].end, **legs[call.talks[0].person])
    if call.consulted:
        yield _consultation(company, call, call.consulted)
    status, side = PBX_STATUS[call.ending]
    last = legs[call.talks[-1].person] if call.talks else {}
    if not inbound:
        last = {"agent": _agent(company, call.person)}
    more = {"cause": PBX_CAUSE[call.ending]} if call.ending in PBX_CAUSE else {}
    # The end of the call is no leg's.
    ended_by = {k: v for k, v in last.items() if k == "agent"}
    yield tell("call.completed", call.ended_at, status=status, hangup_by=side, **ended_by, **more)
    yield from _pbx_artefacts(call, tell)


def _pbx_artefacts(call: Call, tell: Any) -> Iterator[Notice]:
    if call.voicemail_ready:
        voicemail = {"url": f"https://rec.example.com/vm/{call.id}.mp3", "seconds": _voicemail_s(call)}
        yield tell("call.voicemail", call.voicemail_ready, voicemail=voicemail)
    if call.recording_ready:
        recording = {"url": f"https://rec.example.com/{call.id}.mp3", "seconds": _talk_s(call)}
        yield tell("call.recording", call.recording_ready, recording=recording)
    if call.summary_ready:
        yield tell("call.summary", call.summary_ready, summary="Asked for a repair.")
    if call.transcript_ready:
        yield tell("call.transcript", call.transcript_ready, transcript={"text": "Hello"})
    if call.classifier:
        done = call.ended_at + timedelta(seconds=20)
        yield tell("call.classified", done, classifier={"id": _hash(call.classifier)[:4], "name": call.classifier})
    if call.charged_at:
        yield tell("call.charged", call.charged_at, cost={"amount": call.price, "currency": "USD"})


def _consultation(company: Company, call: Call, consulted: Span) -> Notice:
    content = {
        "id": f"{call.id}-c1",
        "parent_id": call.id,
        "kind": "consultation",
        "direction": "internal",
        "from": f"sip-{call.talks[0].person}",
        "to": f"sip-{consulted.person}",
        "status": "ANSWERED",
    }
    return _pbx(company, "call.completed", consulted.end, ("call", f"{call.id}-c1"), content)


def _pbx_message(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    inbound = message.direction == "inbound"
    base: dict[str, Any] = {
        "id": message.id,
        "kind": "sms",
        "direction": message.direction,
        "from": message.customer if inbound else line.e164,
        "to": line.e164 if inbound else message.customer,
        "media_count": message.media,
        "text": _text_of(message),
    }
    if not inbound:
        base["agent"] = _agent(company, message.person)

    def tell(kind: str, at: datetime, **more: Any) -> Notice:
        return _pbx(company, kind, at, ("message", message.id), {**base, **more})

    if inbound:
        yield tell("message.received", message.created_at)
    elif message.status is Text.PENDING:
        ordered = message.scheduled_for.isoformat() if message.scheduled_for else None
        yield tell("message.queued", message.created_at, status="PENDING", scheduled_for=ordered)
    else:
        yield tell("message.sent", message.created_at)
    if message.status is Text.DELIVERED:
        yield tell("message.delivered", message.settled_at)
    if message.status is Text.UNDELIVERED:
        yield tell("message.undelivered", message.settled_at, error={"code": message.error, "text": "unreachable"})


def _classifier_row(company: Company, row: ClassifierRow) -> Notice:
    content = {
        "id": row.id,
        "direction": "outbound",
        "from": company.line(row.line).e164,
        "to": row.customer,
        "status": "CLASSIFIER",
        "classifier": {"id": _hash(row.classifier)[:4], "name": row.classifier},
    }
    return _pbx(company, "call.classified", row.at, ("call", row.id), content)
