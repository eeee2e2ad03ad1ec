"""Vonage: voice events of each leg of a conversation, and the Messages API (vonage contract 1-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tools.simulator.history import Ending
from tools.simulator.people import ANONYMOUS, account
from tools.simulator.systems import Text

from .notice import (
    Call,
    Company,
    Line,
    Message,
    Notice,
    bare,
    compact,
    dialled,
    digest,
    iso,
    nameless,
    seconds,
    text_of,
)

SCHEME = "vonage"
# Status, detail and SIP code of the customer's leg when nobody talked.
WORDS: Mapping[Ending, tuple[str, str, int]] = {
    Ending.GAVE_UP: ("cancelled", "", 487),
    Ending.GAVE_UP_SOON: ("cancelled", "", 487),
    Ending.TECHNICAL: ("failed", "internal_error", 503),
    Ending.UNREACHED: ("unanswered", "timeout", 480),
    Ending.ENGAGED: ("busy", "", 486),
    Ending.BROKEN: ("rejected", "invalid_number", 404),
    Ending.CHANGED_MIND: ("cancelled", "", 487),
    Ending.HUNG_UP_AT_ONCE: ("cancelled", "", 487),
}
UNTOLD: Mapping[Ending, Ending] = {}
SILENT: Mapping[str, str] = {}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    call = dialled(call)
    inbound = call.direction == "inbound"
    customer = call.customer if call.customer == ANONYMOUS else bare(call.customer)
    ends = (customer, bare(line.e164)) if inbound else (bare(line.e164), customer)
    leg = digest(call.id, "customer")[:32]
    direction = call.direction
    yield _notice(line, call, leg, direction, ends, "started", call.started_at)
    if inbound:
        for ring in call.rings:
            to = account(company.person(ring.person), line.sends)
            mine = digest(call.id, ring.person)[:32]
            theirs = (customer, to)
            yield _notice(line, call, mine, "outbound", theirs, "started", ring.start)
            yield _notice(line, call, mine, "outbound", theirs, "ringing", ring.start)
            if ring.answered:
                talk = next(t for t in call.talks if t.person == ring.person)
                yield _notice(line, call, mine, "outbound", theirs, "answered", talk.start)
                over = _over(talk.start, talk.end, "0.0000")
                yield _notice(line, call, mine, "outbound", theirs, "completed", talk.end, **over)
            else:
                word = "timeout" if call.ending is Ending.RANG_OUT else "cancelled"
                yield _notice(line, call, mine, "outbound", theirs, word, ring.end)
    else:
        yield _notice(line, call, leg, direction, ends, "ringing", call.started_at)
    if call.talks:
        yield _notice(line, call, leg, direction, ends, "answered", call.talks[0].start)
        over = _over(call.talks[0].start, call.ended_at, call.price)
        yield _notice(line, call, leg, direction, ends, "completed", call.ended_at, **over)
    elif call.ending in WORDS:
        word, detail, code = WORDS[call.ending]
        more: dict[str, Any] = {"sip_code": code} | ({"detail": detail} if detail else {})
        yield _notice(line, call, leg, direction, ends, word, call.ended_at, **more)
    else:
        nothing = {"start_time": None, "end_time": iso(call.ended_at), "duration": "0", "rate": "0.00"}
        yield _notice(line, call, leg, direction, ends, "completed", call.ended_at, **nothing, price="0", network=None)
    if call.recording_ready:
        recording = {
            "start_time": _seconds_z(call.talks[0].start),
            "end_time": _seconds_z(call.ended_at),
            "recording_url": f"https://api.nexmo.com/v1/files/{digest(call.id)[:32]}",
            "recording_uuid": digest(call.id, "recording")[:32],
            "size": 12_222,
            "conversation_uuid": provider_id(call),
            "timestamp": iso(call.recording_ready),
        }
        mark = digest(call.id, "record")[:32]
        subject = ("call", provider_id(call))
        yield Notice(line.connection, SCHEME, mark, subject, "record", call.recording_ready, compact(recording))


def heard(company: Company, line: Line, call: Call) -> Call:
    """An outbound call has the customer's leg alone. Every completed leg has a price, be it nothing."""
    _ = company, line
    priced = call.ended_at if call.talks or call.ending is Ending.RANG_OUT else None
    price = call.price if call.talks else "0.0000"
    call = replace(dialled(call), ending=UNTOLD.get(call.ending, call.ending), charged_at=priced, price=price)
    return nameless(call) if call.direction == "outbound" else call


CURRENCY = "EUR"


def provider_id(call: Call) -> str:
    return f"CON-{_uuid(call.id)}"


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    _ = company
    inbound = message.direction == "inbound"
    base: dict[str, Any] = {
        "channel": "sms",
        "message_uuid": text_id(message),
        "to": bare(line.e164 if inbound else message.customer),
        "from": bare(message.customer if inbound else line.e164),
    }
    subject = ("message", text_id(message))
    if inbound:
        more = {"message_type": "text", "text": text_of(message), "sms": {"num_messages": "1"}}
        body = {**base, "timestamp": _seconds_z(message.created_at), **more}
        mark = digest(message.id, "inbound")[:32]
        yield Notice(line.connection, SCHEME, mark, subject, "inbound", message.created_at, compact(body))
        return
    words = {Text.DELIVERED: "delivered", Text.UNDELIVERED: "undeliverable"}
    steps = [("submitted", message.created_at)]
    if message.status in words:
        steps.append((words[message.status], message.settled_at))
    for word, at in steps:
        body = {**base, "timestamp": iso(at), "status": word}
        if word == "undeliverable":
            body["error"] = {"type": "https://developer.vonage.com/api-errors", "title": message.error, "detail": ""}
        yield Notice(line.connection, SCHEME, digest(message.id, word)[:32], subject, word, at, compact(body))


def heard_text(line: Line, message: Message) -> Message:
    """Nobody of ours is named; an incoming text has a clock of seconds."""
    _ = line
    at = message.created_at.replace(microsecond=0) if message.direction == "inbound" else message.created_at
    return replace(message, person="", created_at=at)


def text_id(message: Message) -> str:
    return _uuid(message.id)


def _notice(
    line: Line, call: Call, leg: str, direction: str, ends: tuple[str, str], status: str, at: datetime, **more: Any
) -> Notice:
    body = {
        "from": ends[0],
        "to": ends[1],
        "uuid": leg,
        "conversation_uuid": provider_id(call),
        "status": status,
        "direction": direction,
        "timestamp": iso(at),
        **more,
    }
    mark = digest(leg, status)[:32]
    return Notice(line.connection, SCHEME, mark, ("call", provider_id(call)), status, at, compact(body))


def _over(start: datetime, end: datetime, price: str) -> dict[str, Any]:
    return {
        "start_time": iso(start),
        "end_time": iso(end),
        "duration": str(seconds(start, end)),
        "rate": "0.00450000",
        "price": price,
        "network": "US-FIXED",
        "disconnected_by": "user",
    }


def _seconds_z(at: datetime) -> str:
    return f"{(iso(at) or '')[:19]}Z"


def _uuid(seed: str) -> str:
    mark = digest("vonage", seed)
    return f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-8{mark[17:20]}-{mark[20:32]}"
