"""Dialpad: the body is a token whose claims are the event; milliseconds everywhere (dialpad contract 3-6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tools.simulator.history import Ending, shown
from tools.simulator.people import ANONYMOUS, GROUP, HOTLINE, PHONE, account
from tools.simulator.systems import Text

from .notice import Call, Change, Company, Line, Message, Notice, Span, compact, digest, number_of, text_of

# The status of an account says by itself who is on the telephone.
SAYS_TALKING = True
SCHEME = "dialpad"
AT_ONCE = timedelta(seconds=1)
# Nothing says who hung up or why nobody was reached (section 6).
UNTOLD: Mapping[Ending, Ending] = {
    Ending.GAVE_UP: Ending.RANG_OUT,
    Ending.GAVE_UP_SOON: Ending.RANG_OUT,
    Ending.TECHNICAL: Ending.RANG_OUT,
    Ending.LEFT_QUEUE: Ending.NOBODY_THERE,
    Ending.ENGAGED: Ending.UNREACHED,
    Ending.BROKEN: Ending.UNREACHED,
    Ending.CHANGED_MIND: Ending.UNREACHED,
    Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
}
SILENT: Mapping[str, str] = {"voicemail_s": "a voicemail has a link and no length"}
SILENT_TEXTS: Mapping[str, str] = {"media_count": "one flag says that there is media, not how much"}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    inbound = call.direction == "inbound"
    queue = inbound and line.manner != PHONE
    base: dict[str, Any] = {
        "call_id": int(provider_id(call)),
        "direction": call.direction,
        "external_number": "" if call.customer == ANONYMOUS else call.customer,
        "internal_number": line.e164,
        "date_started": _ms(call.started_at),
        "date_queued": None,
        "date_rang": None,
        "date_first_rang": None,
        "date_connected": None,
        "date_ended": None,
        "talk_time": None,
        "hold_time": None,
        "duration": None,
        "total_duration": None,
        "contact": {"id": number_of(call.customer, digits=16), "type": "local", "phone": call.customer, "name": ""},
        "target": _center(line) if queue else _user(company, line, call.person or line.people[0]),
        "entry_point_call_id": None,
        "entry_point_target": {},
        "master_call_id": None,
        "operator_call_id": None,
        "group_id": None,
        "is_transferred": False,
        "was_recorded": False,
        "voicemail_link": None,
        "call_recording_ids": [],
        "recording_details": [],
        "transcription_text": None,
        "labels": [],
    }
    if queue:
        yield from _queue_call(company, line, call, base)
    else:
        yield from _leg(line, call, base, call.rings[0].start, call.talks[0] if call.talks else None, call.ended_at)
    base |= _over(base, call.talks[0] if call.talks else None, call.ended_at)
    if call.voicemail_ready:
        link = {"voicemail_link": f"https://voicemail.example.com/{provider_id(call)}.mp3"}
        yield _notice(line, call, "voicemail", call.voicemail_ready, {**base, **link})
    if call.recording_ready:
        number = number_of(call.id, "recording", digits=16)
        recording = {
            "id": str(number),
            "url": f"https://recordings.example.com/{number}.mp3",
            "duration": int(base["duration"]),
            "recording_type": "admincallrecording",
            "start_time": base["date_connected"],
        }
        more = {"was_recorded": True, "call_recording_ids": [number], "recording_details": [recording]}
        yield _notice(line, call, "recording", call.recording_ready, {**base, **more})


def _queue_call(company: Company, line: Line, call: Call, base: dict[str, Any]) -> Iterator[Notice]:
    """One stream for the call centre, one for each agent who rings."""
    talk = call.talks[0] if call.talks else None
    queued = call.queued_at or (None if line.manner == HOTLINE else call.started_at)
    if queued:
        base["date_queued"] = _ms(queued)
        yield _notice(line, call, "queued", queued, base)
    for ring in call.rings:
        mine = talk if ring.answered else None
        leg = {
            **base,
            "call_id": number_of(call.id, ring.person, digits=16),
            "date_queued": None,
            "target": _user(company, line, ring.person),
            "entry_point_call_id": int(provider_id(call)),
            "entry_point_target": _center(line),
        }
        yield from _leg(line, call, leg, ring.start, mine, call.ended_at if mine else ring.end)
    if talk:
        base["date_connected"] = _ms(talk.start)
        yield _notice(line, call, "connected", talk.start, base)
    yield _notice(line, call, "hangup", call.ended_at, {**base, **_over(base, talk, call.ended_at)})


def _leg(
    line: Line, call: Call, base: dict[str, Any], rang: datetime, talk: Span | None, end: datetime
) -> Iterator[Notice]:
    base["date_rang"] = base["date_first_rang"] = _ms(rang)
    if call.direction == "outbound":
        yield _notice(line, call, "calling", call.started_at, {**base, "date_rang": None, "date_first_rang": None})
    yield _notice(line, call, "ringing", rang, base)
    if talk:
        base["date_connected"] = _ms(talk.start)
        yield _notice(line, call, "connected", talk.start, base)
    yield _notice(line, call, "hangup", end, {**base, **_over(base, talk, end)})


def _over(base: Mapping[str, Any], talk: Span | None, end: datetime) -> dict[str, Any]:
    talked = (end - talk.start).total_seconds() * 1000 if talk else 0.0
    return {
        "date_ended": _ms(end),
        "talk_time": talked,
        "hold_time": 0.0,
        "duration": talked,
        "total_duration": float(_ms(end) - int(base["date_started"])),
    }


def heard(company: Company, line: Line, call: Call) -> Call:
    """No menu; a group rings as a call centre, so that its callers wait in a queue."""
    _ = company
    ending = UNTOLD.get(call.ending, call.ending)
    if call.direction == "outbound" and not call.talks and call.ended_at - call.started_at < AT_ONCE:
        ending = Ending.HUNG_UP_AT_ONCE
    if ending is Ending.RANG_OUT and not call.rings:
        ending = Ending.NOBODY_THERE
    if ending is Ending.STRAIGHT_TO_VOICEMAIL and not call.queued_at:
        # Neither ring nor queue nor menu is told: such a call counts as ringing from its start.
        ending = Ending.VOICEMAIL
    queued = call.queued_at
    if call.direction == "inbound" and line.manner == GROUP:
        queued = call.started_at
    return replace(call, ending=ending, menu_from=None, menu=(), queued_at=queued)


def provider_id(call: Call | Message) -> str:
    return str(number_of(call.id, digits=16))


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    """Sent on and failed are all that becomes known of an outbound text; no handset receipt."""
    inbound = message.direction == "inbound"
    person = _user(company, line, message.person)
    base: dict[str, Any] = {
        "id": int(provider_id(message)),
        "created_date": _ms(message.created_at),
        "direction": message.direction,
        "from_number": message.customer if inbound else line.e164,
        "to_number": [line.e164] if inbound else [message.customer],
        "target": {"id": person["id"], "name": person["name"], "phone_number": line.e164, "type": "user"},
        "contact": {"id": number_of(message.customer, digits=16), "name": "", "phone_number": message.customer},
        "admins": [],
        "sender_id": None if inbound else person["id"],
        "is_internal": False,
        "mms": False,
        "mms_url": None,
        "text": text_of(message),
        "text_content": text_of(message),
    }

    def tell(at: datetime, status: str, result: str | None) -> Notice:
        content = {**base, "event_timestamp": _ms(at), "message_status": status, "message_delivery_result": result}
        mark = digest(message.id, status)[:24]
        return Notice(line.connection, SCHEME, mark, ("message", provider_id(message)), "sms", at, compact(content))

    yield tell(message.created_at, "pending", None)
    if message.status is Text.UNDELIVERED:
        yield tell(message.settled_at, "failed", "invalid_destination")
    elif not inbound:
        yield tell(message.settled_at, "success", "accepted")


def heard_text(line: Line, message: Message) -> Message:
    _ = line
    status = Text.SENT if message.status is Text.DELIVERED else message.status
    return replace(message, status=status, error="invalid_destination" if message.error else "")


def presence(company: Company, line: Line, changes: Sequence[Change], talks: Sequence[Span]) -> Iterator[Notice]:
    """Dialpad itself knows who is on the telephone."""
    person = company.person(changes[0].person)
    words = {"online": "available", "dnd": "unavailable", "offline": "unavailable", "talking": "occupied"}
    for at, status in shown(changes, talks):
        content = {
            "target": _user(company, line, person.id),
            "on_duty_status": words[status],
            "on_duty_status_reason": {"dnd": "Lunch", "offline": "Off duty"}.get(status),
            "availability_status": "open",
            "call_center_ids": [str(_center(line)["id"])],
            "date": _ms(at),
            "event_timestamp": _ms(at),
        }
        mark = digest(person.id, line.sends, at.isoformat())[:24]
        subject = ("presence", account(person, line.sends))
        yield Notice(line.connection, SCHEME, mark, subject, "agent_status", at, compact(content))


def heard_change(change: Change) -> Change:
    """Off duty and unavailable are one word; there is no other device than the one."""
    return replace(change, status="dnd" if change.status == "offline" else change.status, capable=True)


def _notice(line: Line, call: Call, state: str, at: datetime, content: Mapping[str, Any]) -> Notice:
    told = {**content, "state": state, "event_timestamp": _ms(at) + 200}
    mark = digest(str(content["call_id"]), state)[:24]
    return Notice(line.connection, SCHEME, mark, ("call", provider_id(call)), state, at, compact(told))


def _user(company: Company, line: Line, person_id: str) -> dict[str, Any]:
    person = company.person(person_id)
    number = int(account(person, line.sends))
    return {"id": number, "type": "user", "email": person.email, "phone": line.e164, "name": person.name}


def _center(line: Line) -> dict[str, Any]:
    return {
        "id": number_of(line.id, digits=16),
        "type": "callcenter",
        "email": "",
        "phone": line.e164,
        "name": line.name,
    }


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def queue(line: Line, call: Call) -> str:
    """The call centre is named on every event of a call that came in to it."""
    return line.name if line.manner != PHONE and call.direction == "inbound" else ""
