"""Novofon 2.0: notifications from templates of the customer's own (novofon contract B)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tools.simulator.history import Ending
from tools.simulator.people import account

from .notice import Call, Company, Line, Notice, bare, by_the_wall, compact, digest, number_of, seconds, wall

SCHEME = "novofon 2.0"
# Only whether somebody talked is sent; why not is in a report (section B5).
UNTOLD: Mapping[Ending, Ending] = {
    Ending.GAVE_UP: Ending.RANG_OUT,
    Ending.GAVE_UP_SOON: Ending.RANG_OUT,
    Ending.TECHNICAL: Ending.RANG_OUT,
    Ending.ENGAGED: Ending.UNREACHED,
    Ending.BROKEN: Ending.UNREACHED,
    Ending.CHANGED_MIND: Ending.UNREACHED,
    Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
}
SILENT: Mapping[str, str] = {}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    inbound = call.direction == "inbound"
    base: dict[str, Any] = {
        "call_session_id": int(provider_id(call)),
        "communication_id": int(provider_id(call)),
        "direction": "in" if inbound else "out",
        "virtual_phone_number": bare(line.e164),
        "contact_phone_number": bare(call.customer),
        "contact_id": None,
        "contact_full_name": None,
        "call_source": "va" if inbound else "sip",
        "scenario_name": "Main menu" if inbound else None,
    }

    def tell(event: str, at: datetime, **more: Any) -> Notice:
        clock = wall(at, company.tz, milliseconds=True)
        content = {"event": event, "notification_name": "analytics", "notification_time": clock, **base, **more}
        mark = digest(call.id, event, str(more.get("leg_id", "")))[:24]
        return Notice(line.connection, SCHEME, mark, ("call", provider_id(call)), event, at, compact(content))

    def who(person_id: str) -> dict[str, Any]:
        person = company.person(person_id)
        return {
            "employee_id": int(account(person, line.sends)),
            "employee_full_name": person.name,
            "employee_phone_number": person.pbx,
        }

    yield tell("CALL_IN" if inbound else "CALL_OUT", call.started_at, **({} if inbound else who(call.person)))
    for ring in call.rings:
        yield tell("CALL_WAIT", ring.start, leg_id=_leg(call, ring.person), **who(ring.person))
    if call.talks:
        legs = {"leg_ids": [_leg(call, call.person)], **who(call.person)}
        yield tell("TALK_START", call.talks[0].start, **legs)
        talked = seconds(call.talks[0].start, call.ended_at)
        yield tell("TALK_END", call.ended_at, talk_time_duration=talked, **legs)
    over = {
        "talk_time_duration": seconds(call.talks[0].start, call.ended_at) if call.talks else 0,
        "total_time_duration": seconds(call.started_at, call.ended_at),
        "wait_time_duration": seconds(call.started_at, call.talks[0].start if call.talks else call.ended_at),
    }
    if inbound and not call.talks:
        missed_by = [int(account(company.person(r.person), line.sends)) for r in call.rings]
        yield tell("CALL_LOST", call.ended_at, wait_time_duration=over["wait_time_duration"], employee_ids=missed_by)
    closing = who(call.person) if call.person else {}
    lost = {"is_lost": not call.talks} if inbound else {}
    yield tell("CALL_END", call.ended_at, **over, **closing, **lost, is_transfer=False, tag_names=None)
    if call.recording_ready:
        file = {"file_link": f"https://rec.example.com/{call.id}", "file_duration": over["talk_time_duration"]}
        yield tell("RECORD_CALL", call.recording_ready, call_record_file_info=file)


def heard(company: Company, line: Line, call: Call) -> Call:
    _ = line
    return replace(by_the_wall(call, company.tz), ending=UNTOLD.get(call.ending, call.ending))


def provider_id(call: Call) -> str:
    return str(number_of(call.id, digits=9))


def _leg(call: Call, person: str) -> int:
    return number_of(call.id, person, digits=10)


def scheme(line: Line, call: Call) -> str:
    _ = line
    return "Main menu" if call.direction == "inbound" else ""
