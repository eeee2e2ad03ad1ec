"""Telnyx: Call Control and Messaging webhooks of API v2 (telnyx contract 1-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.simulator.history import QUEUE, Ending
from tools.simulator.people import CURRENCY, HOTLINE, account
from tools.simulator.systems import Text

from .notice import Call, Company, Line, Message, Notice, Ring, compact, dialled, digest, nameless, seconds, text_of

SCHEME = "telnyx"
# Cause, source and SIP code of the customer's leg.
HANGUP: Mapping[Ending, tuple[str, str, str]] = {
    Ending.ANSWERED: ("normal_clearing", "caller", "200"),
    Ending.RANG_OUT: ("timeout", "callee", "480"),
    Ending.GAVE_UP: ("originator_cancel", "caller", "487"),
    Ending.GAVE_UP_SOON: ("originator_cancel", "caller", "487"),
    Ending.TECHNICAL: ("unspecified", "unknown", "503"),
    Ending.LEFT_MENU: ("normal_clearing", "caller", "200"),
    Ending.LEFT_QUEUE: ("normal_clearing", "caller", "200"),
    Ending.NOBODY_THERE: ("normal_clearing", "callee", "200"),
    Ending.REACHED: ("normal_clearing", "callee", "200"),
    Ending.UNREACHED: ("no_answer", "callee", "480"),
    Ending.ENGAGED: ("user_busy", "callee", "486"),
    Ending.BROKEN: ("not_found", "unknown", "404"),
    Ending.CHANGED_MIND: ("originator_cancel", "caller", "487"),
    Ending.HUNG_UP_AT_ONCE: ("originator_cancel", "caller", "487"),
}
# "Not answered, inbound, any cause" is a miss (section 5); on the hotline an application had answered.
UNTOLD: Mapping[Ending, Ending] = {Ending.TECHNICAL: Ending.RANG_OUT}
SILENT: Mapping[str, str] = {}
ABANDONED = (Ending.GAVE_UP, Ending.GAVE_UP_SOON, Ending.LEFT_QUEUE, Ending.LEFT_MENU)


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    call = dialled(call)
    inbound = call.direction == "inbound"
    leg = _uuid(call.id, "customer")
    from_, to = (call.customer, line.e164) if inbound else (line.e164, call.customer)
    machine = inbound and line.manner == HOTLINE
    yield _notice(
        line,
        call,
        "call.initiated",
        call.started_at,
        leg,
        {
            "from": from_,
            "to": to,
            "direction": "incoming" if inbound else "outgoing",
            "state": "parked" if inbound else "bridging",
            "start_time": _iso(call.started_at),
        },
    )
    ends = {"from": from_, "to": to}
    if machine:
        # The application takes the call to play its menu and to put the caller into the queue.
        yield _notice(line, call, "call.answered", call.started_at, leg, {**ends, "state": "answered"})
    if machine and call.queued_at:
        queue = {"queue": QUEUE, "current_position": 1, "queue_avg_wait_time_secs": 30}
        yield _notice(line, call, "call.enqueued", call.queued_at, leg, queue)
        out = call.talks[0].start if call.talks else call.ended_at
        reason = "bridged" if call.talks else "hangup" if call.ending in ABANDONED else "timeout"
        waited = seconds(call.queued_at, out)
        left = {"queue": QUEUE, "queue_position": 1, "reason": reason, "wait_time_secs": waited}
        yield _notice(line, call, "call.dequeued", out, leg, left)
    for ring in call.rings if inbound else ():
        yield from _agent(company, line, call, ring)
    if call.talks and not machine:
        yield _notice(line, call, "call.answered", call.talks[0].start, leg, {**ends, "state": "answered"})
    if call.talks and inbound:
        yield _notice(line, call, "call.bridged", call.talks[0].start, leg, ends)
    cause, source, code = HANGUP[call.ending]
    over = {
        **ends,
        "hangup_cause": cause,
        "hangup_source": source,
        "sip_hangup_cause": code,
        "start_time": _iso(call.started_at),
        "end_time": _iso(call.ended_at),
        "state": "hangup",
    }
    yield _notice(line, call, "call.hangup", call.ended_at, leg, over)
    if call.recording_ready and call.talks:
        url = {"mp3": f"https://media.example.com/rec/{call.id}.mp3"}
        recording = {
            "channels": "dual",
            "recording_started_at": _iso(call.talks[0].start),
            "recording_ended_at": _iso(call.ended_at),
            "recording_urls": url,
            "public_recording_urls": {},
        }
        yield _notice(line, call, "call.recording.saved", call.recording_ready, leg, recording)
    if call.charged_at:
        part = {"call_part": "call-control", "cost": call.price, "currency": CURRENCY, "rate": "0.00200"}
        cost = {
            "status": "success",
            "total_cost": call.price,
            "billed_duration_secs": 60,
            "billing_group_id": None,
            "occurred_at": _iso(call.ended_at),
            "cost_parts": [{**part, "billed_duration_secs": 60}],
        }
        yield _notice(line, call, "call.cost", call.charged_at, leg, cost)


def _agent(company: Company, line: Line, call: Call, ring: Ring) -> Iterator[Notice]:
    leg = _uuid(call.id, ring.person)
    ends = {"from": call.customer, "to": account(company.person(ring.person), line.sends)}
    begun = {"direction": "outgoing", "state": "bridging", "start_time": _iso(ring.start)}
    yield _notice(line, call, "call.initiated", ring.start, leg, {**ends, **begun})
    end, cause, source, code = ring.end, "timeout", "callee", "480"
    if ring.answered:
        talk = next(t for t in call.talks if t.person == ring.person)
        yield _notice(line, call, "call.answered", talk.start, leg, {**ends, "state": "answered"})
        yield _notice(line, call, "call.bridged", talk.start, leg, ends)
        end, cause, source, code = talk.end, "normal_clearing", "caller", "200"
    elif call.talks or call.ending in ABANDONED:
        cause, source, code = "originator_cancel", "caller", "487"
    over = {"hangup_cause": cause, "hangup_source": source, "sip_hangup_cause": code, "start_time": _iso(ring.start)}
    yield _notice(line, call, "call.hangup", end, leg, {**ends, **over, "end_time": _iso(end), "state": "hangup"})


def heard(company: Company, line: Line, call: Call) -> Call:
    """An outbound call has the customer's leg alone; no choices are told, only that an application had answered."""
    _ = company
    ending = UNTOLD.get(call.ending, call.ending)
    if ending is Ending.RANG_OUT and call.ending is Ending.TECHNICAL and not call.rings:
        ending = Ending.NOBODY_THERE
    call = replace(dialled(call), ending=ending, menu=())
    if call.direction == "outbound":
        return nameless(call)
    return replace(call, menu_from=call.started_at if line.manner == HOTLINE else None)


def provider_id(call: Call) -> str:
    return _uuid(call.id, "session")


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    _ = company
    inbound = message.direction == "inbound"
    customer = {"phone_number": message.customer, "carrier": "Example Telecom", "line_type": "Wireless"}
    ours = {"phone_number": line.e164, "carrier": "Telnyx", "line_type": "Wireless"}
    base: dict[str, Any] = {
        "record_type": "message",
        "id": text_id(message),
        "direction": message.direction,
        "type": "SMS",
        "messaging_profile_id": _uuid("profile", line.id),
        "from": customer if inbound else ours,
        "cc": [],
        "text": text_of(message),
        "media": [],
        "encoding": "GSM-7",
        "parts": 1,
        "tags": [],
        "errors": [],
        "cost": None,
        "received_at": _iso(message.created_at),
        "sent_at": None,
        "completed_at": None,
    }

    def tell(kind: str, at: datetime, status: str, **more: Any) -> Notice:
        other = ours if inbound else customer
        payload = {**base, "to": [{**other, "status": status}], **more}
        event = _event(kind, at, _uuid(message.id, kind), payload)
        return Notice(line.connection, SCHEME, _uuid(message.id, kind), ("message", text_id(message)), kind, at, event)

    if inbound:
        yield tell("message.received", message.created_at, "webhook_delivered")
        return
    yield tell("message.sent", message.created_at, "sent", sent_at=_iso(message.created_at))
    settled = {"sent_at": _iso(message.created_at), "completed_at": _iso(message.settled_at)}
    if message.status is Text.DELIVERED:
        yield tell("message.finalized", message.settled_at, "delivered", **settled)
    elif message.status is Text.UNDELIVERED:
        errors = [{"code": message.error, "title": "Not deliverable", "detail": "unreachable"}]
        yield tell("message.finalized", message.settled_at, "delivery_failed", **settled, errors=errors)
    elif message.status is Text.SENT:
        yield tell("message.finalized", message.settled_at, "delivery_unconfirmed", **settled)


def heard_text(line: Line, message: Message) -> Message:
    """Nobody of ours is named on a text."""
    _ = line
    return replace(message, person="")


def text_id(message: Message) -> str:
    return _uuid(message.id, "text")


def _notice(line: Line, call: Call, kind: str, at: datetime, leg: str, more: Mapping[str, Any]) -> Notice:
    event_id = _uuid(leg, kind)
    payload = {
        "call_control_id": f"v3:{digest(leg)[:24]}",
        "call_leg_id": leg,
        "call_session_id": provider_id(call),
        "connection_id": "1000000000000000009",
        "client_state": None,
        **more,
    }
    return Notice(
        line.connection, SCHEME, event_id, ("call", provider_id(call)), kind, at, _event(kind, at, event_id, payload)
    )


def _event(kind: str, at: datetime, event_id: str, payload: Mapping[str, Any]) -> bytes:
    data = {
        "record_type": "event",
        "event_type": kind,
        "id": event_id,
        "occurred_at": _iso(at),
        "payload": payload,
    }
    return compact({"data": data, "meta": {"attempt": 1, "delivered_to": "https://hooks.example.com/telnyx"}})


def _iso(at: datetime) -> str:
    """Microseconds, of which the last three are the network's own."""
    return (at.astimezone(UTC) + timedelta(microseconds=310)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _uuid(*seed: str) -> str:
    mark = digest("telnyx", *seed)
    return f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-8{mark[17:20]}-{mark[20:32]}"


def queue(line: Line, call: Call) -> str:
    _ = line
    return QUEUE if call.queued_at else ""
