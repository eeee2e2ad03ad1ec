"""Aircall: each event carries the whole state of its call, by a clock of seconds (aircall contract 1-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tools.simulator.history import Ending
from tools.simulator.people import ANONYMOUS, HOTLINE, ZONE, account
from tools.simulator.systems import Text

from .notice import (
    Call,
    Change,
    Company,
    Line,
    Message,
    Notice,
    Span,
    compact,
    cut,
    digest,
    number_of,
    seconds,
    text_of,
    whole,
)

SCHEME = "aircall"
REASON: Mapping[Ending, str | None] = {
    Ending.RANG_OUT: "agents_did_not_answer",
    Ending.VOICEMAIL: "agents_did_not_answer",
    Ending.GAVE_UP: "abandoned_in_classic",
    Ending.GAVE_UP_SOON: "short_abandoned",
    Ending.LEFT_MENU: "abandoned_in_ivr",
    Ending.LEFT_QUEUE: "abandoned_in_classic",
    Ending.NOBODY_THERE: "no_available_agent",
    Ending.TECHNICAL: None,
    Ending.STRAIGHT_TO_VOICEMAIL: "no_available_agent",
}
# Nothing separates busy, failed and given up on outbound calls (section 5).
UNTOLD: Mapping[Ending, Ending] = {
    Ending.TECHNICAL: Ending.RANG_OUT,
    Ending.ENGAGED: Ending.UNREACHED,
    Ending.BROKEN: Ending.UNREACHED,
    Ending.CHANGED_MIND: Ending.UNREACHED,
    Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
}
SILENT: Mapping[str, str] = {"voicemail_s": "a voicemail has an address and no length"}
SILENT_TEXTS: Mapping[str, str] = {"error_code": "the contract names no error code of a text"}
END_OF_DATA = timedelta(seconds=31)


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    call = cut(call)
    inbound = call.direction == "inbound"
    base: dict[str, Any] = {
        "id": int(provider_id(call)),
        "call_uuid": _uuid(call.id),
        "direct_link": f"https://api.aircall.io/v1/calls/{provider_id(call)}",
        "direction": call.direction,
        "status": "initial",
        "missed_call_reason": None,
        "started_at": _unix(call.started_at),
        "answered_at": None,
        "ended_at": None,
        "duration": 0,
        "cost": "0.0",
        "hangup_cause": None,
        "voicemail": None,
        "recording": None,
        "asset": None,
        "raw_digits": call.customer if call.customer == ANONYMOUS else _spaced(call.customer),
        "number": _number(line),
        "archived": False,
        "teams": [],
        "comments": [],
        "tags": [],
        "participants": [],
        "ivr_options_selected": [],
    }

    def tell(event: str, at: datetime, **more: Any) -> Notice:
        base.update(more)
        return _notice(line, "call", event, at, ("call", provider_id(call)), base)

    def user(person: str) -> dict[str, Any]:
        return _user(company, line, person)

    yield tell("call.created", call.started_at, **({} if inbound else {"user": user(call.person)}))
    chosen: list[dict[str, Any]] = []
    for number, (at, choice) in enumerate(call.menu, start=1):
        key, _, title = choice.partition(" ")
        chosen.append({"id": str(number), "title": title, "key": key, "branch": "main", "created_at": _iso(at)})
        yield tell("call.ivr_option_selected", at, ivr_options_selected=list(chosen))
    first = call.talks[0] if call.talks else None
    for ring in call.rings if inbound else ():
        if not first or ring.start <= first.start:
            yield tell("call.ringing_on_agent", ring.start, user=user(ring.person))
    base.pop("user", None) if inbound else None
    if first:
        yield tell(
            "call.answered", first.start, status="answered", answered_at=_unix(first.start), user=user(first.person)
        )
        for hold in call.holds:
            yield tell("call.hold", hold.start)
            yield tell("call.unhold", hold.end)
        for before, after in pairwise(call.talks):
            passed = {"transferred_by": user(before.person), "transferred_to": user(after.person)}
            yield tell("call.transferred", after.start, **passed)
            base["user"] = user(after.person)
    over: dict[str, Any] = {
        "status": "done",
        "ended_at": _unix(call.ended_at),
        "duration": seconds(call.started_at, call.ended_at),
    }
    if inbound and not first:
        closed = not company.is_open(call.started_at)
        over["missed_call_reason"] = "out_of_opening_hours" if closed else REASON[call.ending]
    yield tell("call.hungup", call.ended_at, **over)
    asset = f"https://assets.aircall.io/calls/{provider_id(call)}"
    if call.voicemail_ready:
        media = {"voicemail": f"https://media.example.com/vm/{call.id}.mp3", "asset": f"{asset}/voicemail"}
        yield tell("call.ended", call.ended_at + END_OF_DATA, **media)
        yield tell("call.voicemail_left", call.ended_at + END_OF_DATA + timedelta(seconds=3))
    elif call.recording_ready:
        media = {"recording": f"https://media.example.com/rec/{call.id}.mp3", "asset": f"{asset}/recording"}
        yield tell("call.ended", call.ended_at + END_OF_DATA, **media)
    else:
        yield tell("call.ended", call.ended_at + END_OF_DATA)


def heard(company: Company, line: Line, call: Call) -> Call:
    """Whole seconds; a transfer is one moment, and who was rung is known by name alone, once.

    Outside opening hours that is the only reason given. Who found nobody waits, for all that is told, from
    the start.
    """
    _ = line
    call = cut(call)
    ending = UNTOLD.get(call.ending, call.ending)
    missed = call.direction == "inbound" and not call.talks
    unrung = missed and REASON[call.ending] == "no_available_agent"
    if missed and not company.is_open(call.started_at):
        unrung = True
        call = call if call.menu else replace(call, menu_from=None)
        if not call.voicemail_from:
            ending = Ending.RANG_OUT if call.rings else Ending.NOBODY_THERE
    if call.direction == "outbound" and not call.talks and call.ended_at == call.started_at:
        # "Outbound, duration 0" is all that tells a call that was ended at once.
        ending = Ending.HUNG_UP_AT_ONCE
    talks = call.talks
    if len(talks) > 1:
        talks = (replace(talks[0], end=talks[1].start), *talks[1:])
    talkers = {t.person for t in talks}
    rings = tuple(r for r in call.rings if r.answered or r.person not in talkers)
    return replace(call, ending=ending, queued_at=call.started_at if unrung else None, talks=talks, rings=rings)


def provider_id(call: Call | Message) -> str:
    return str(number_of(call.id, digits=9))


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    _ = company
    inbound = message.direction == "inbound"
    base: dict[str, Any] = {
        "id": text_id(message),
        "direct_link": f"https://api.aircall.io/v1/messages/{text_id(message)}",
        "direction": message.direction,
        "external_number": message.customer,
        "raw_digits": _spaced(message.customer),
        "body": text_of(message),
        "status": "received" if inbound else "sent",
        "media_url": None,
        "channel": None,
        "created_at": _milliseconds(message.created_at),
        "sent_at": _milliseconds(message.created_at),
        "updated_at": _milliseconds(message.created_at),
        "number": _number(line),
    }

    def tell(event: str, at: datetime, **more: Any) -> Notice:
        return _notice(line, "message", event, at, ("message", text_id(message)), {**base, **more})

    yield tell("message.received" if inbound else "message.sent", message.created_at)
    words = {Text.DELIVERED: "delivered", Text.UNDELIVERED: "failed"}
    if message.status in words:
        updated = _milliseconds(message.settled_at)
        yield tell("message.status_updated", message.settled_at, status=words[message.status], updated_at=updated)


def heard_text(line: Line, message: Message) -> Message:
    """Nobody of ours is named on a text."""
    _ = line
    return replace(message, person="")


def text_id(message: Message) -> str:
    return _uuid(message.id)


def presence(company: Company, line: Line, changes: Sequence[Change], talks: Sequence[Span]) -> Iterator[Notice]:
    """Log-in and availability; who talks follows from the calls. After a call there is wrap-up time."""
    person = changes[0].person
    before = "offline"
    for change in changes:
        event = {
            ("offline", "online"): "user.opened.v2",
            ("online", "dnd"): "user.closed.v2",
            ("dnd", "online"): "user.opened.v2",
            ("online", "offline"): "user.disconnected.v2",
            ("dnd", "offline"): "user.disconnected.v2",
        }[before, change.status]
        if before == "offline":
            yield _of_user(company, line, person, "user.connected.v2", change.at, "available")
        else:
            yield _of_user(company, line, person, event, change.at, change.status)
        before = change.status
    online = [(a.at, b.at) for a, b in pairwise(changes) if a.status == "online"]
    for talk in talks:
        over = whole(talk.end)
        if any(start <= over and over + timedelta(seconds=30) < end for start, end in online):
            yield _of_user(company, line, person, "user.wut_start.v2", over, "online")
            yield _of_user(company, line, person, "user.wut_end.v2", over + timedelta(seconds=15), "online")


def heard_change(change: Change) -> Change:
    """Whole seconds; there is no other device than the one."""
    return replace(change, at=whole(change.at), capable=True)


def _of_user(company: Company, line: Line, person: str, event: str, at: datetime, status: str) -> Notice:
    free = status in ("online", "available")
    told = {
        **_user(company, line, person),
        "available": free,
        "availability_status": "available" if free else "unavailable",
        "substatus": "always_open" if free else "out_for_lunch",
    }
    return _notice(line, "user", event, at, ("presence", account(company.person(person), line.sends)), told)


def _notice(
    line: Line, resource: str, event: str, at: datetime, subject: tuple[str, str], data: Mapping[str, Any]
) -> Notice:
    body = {"resource": resource, "event": event, "timestamp": _unix(at), "token": "", "data": data}
    mark = digest(subject[1], event, str(_unix(at)), str(data.get("user", "")))[:24]
    return Notice(line.connection, SCHEME, mark, subject, event, at, compact(body))


def _user(company: Company, line: Line, person_id: str) -> dict[str, Any]:
    person = company.person(person_id)
    number = account(person, line.sends)
    return {
        "id": int(number),
        "direct_link": f"https://api.aircall.io/v1/users/{number}",
        "name": person.name,
        "email": person.email,
        "available": True,
        "availability_status": "available",
        "language": "en-US",
        "wrap_up_time": 15,
        "time_zone": ZONE,
    }


def _number(line: Line) -> dict[str, Any]:
    return {
        "id": int(line.provider_id),
        "direct_link": f"https://api.aircall.io/v1/numbers/{line.provider_id}",
        "name": line.name,
        "digits": _spaced(line.e164),
        "e164_digits": line.e164,
        "country": "US",
        "time_zone": ZONE,
        "open": True,
        "availability_status": "custom",
        "is_ivr": line.manner == HOTLINE,
        "live_recording_activated": True,
    }


def _spaced(number: str) -> str:
    return f"+1 {number[2:5]}-{number[5:8]}-{number[8:]}" if number.startswith("+1") else f"{number[:3]} {number[3:]}"


def _unix(at: datetime) -> int:
    return int(at.timestamp())


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _iso(at: datetime) -> str:
    return at.astimezone(ZoneInfo("UTC")).isoformat(timespec="seconds")


def _uuid(seed: str) -> str:
    mark = digest("aircall", seed)
    return f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-9{mark[17:20]}-{mark[20:32]}"
