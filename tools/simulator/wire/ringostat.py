"""Ringostat: the recommended template, as JSON, as a form or in the address of a GET (ringostat contract 1-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from tools.simulator.history import SCHEME, Ending
from tools.simulator.people import account

from .notice import (
    FORM,
    JSON,
    Call,
    Company,
    Line,
    Notice,
    bare,
    by_the_wall,
    compact,
    cut,
    digest,
    form,
    seconds,
    wall,
)

SCHEME_OF_SIGNING = "ringostat"
DISPOSITION: Mapping[Ending, str] = {
    Ending.ANSWERED: "ANSWERED",
    Ending.RANG_OUT: "NO ANSWER",
    Ending.GAVE_UP: "NO ANSWER",
    Ending.GAVE_UP_SOON: "NO ANSWER",
    Ending.VOICEMAIL: "VOICEMAIL",
    Ending.TECHNICAL: "FAILED",
    Ending.REACHED: "ANSWERED",
    Ending.UNREACHED: "NO ANSWER",
    Ending.ENGAGED: "BUSY",
    Ending.BROKEN: "FAILED",
    Ending.CHANGED_MIND: "NO ANSWER",
    Ending.HUNG_UP_AT_ONCE: "NO ANSWER",
}
# "There is no separate value for the caller who hung up" (section 5).
UNTOLD: Mapping[Ending, Ending] = {
    Ending.GAVE_UP: Ending.RANG_OUT,
    Ending.GAVE_UP_SOON: Ending.RANG_OUT,
    Ending.CHANGED_MIND: Ending.UNREACHED,
    Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
}
SILENT: Mapping[str, str] = {
    "answered_elsewhere": "a forward names a target and no time; who else rang may be told late or never",
    "voicemail_s": "the log has no length of a voicemail",
}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    call = cut(call)
    inbound = call.direction == "inbound"
    login = account(company.person(call.person), line.sends) if call.person else ""
    base: dict[str, object] = {
        "call_id": provider_id(call),
        "project_id": "10001",
        "call_type": "in" if inbound else "out",
        "calldate": wall(call.started_at, company.tz),
        "caller": bare(call.customer) if inbound else login,
        "dst": bare(line.e164) if inbound else bare(call.customer),
    }
    if inbound:
        base |= {"pool_name": "Main site pool", "scheme_name": SCHEME, "substitution_type": "dynamic"}
    else:
        base |= {"caller_number": bare(line.e164)}
        base |= _employee(company, line, call.person)

    def tell(event: str, at: datetime, **more: object) -> Notice:
        return _notice(line, call, event, at, {**base, **more})

    yield tell("before_call" if inbound else "before_outgoing", call.started_at)
    for ring in call.rings if inbound else ():
        yield tell("on_forward", ring.start, connected_with=account(company.person(ring.person), line.sends))
    if call.talks:
        # Taking a call is an event of incoming calls only.
        if inbound:
            waited = str(seconds(call.started_at, call.talks[0].start))
            yield tell("on_answer", call.talks[0].start, connected_with=login, waittime=waited)
        base |= {"connected_with": login if inbound else bare(call.customer), **_employee(company, line, call.person)}
    recorded = call.recording_ready is not None
    over: dict[str, object] = {
        "disposition": DISPOSITION[call.ending],
        "duration": str(seconds(call.started_at, call.ended_at)),
        "billsec": str(seconds(call.talks[0].start, call.ended_at) if call.talks else 0),
        "waittime": str(seconds(call.started_at, call.talks[0].start if call.talks else call.ended_at)),
        "has_recording": str(int(recorded)),
    }
    if recorded:
        over["recording"] = f"https://rec.example.com/{call.id}.mp3"
    yield tell("after_call" if inbound else "after_outgoing", call.ended_at + timedelta(seconds=2), **over)


def heard(company: Company, line: Line, call: Call) -> Call:
    """Whole seconds; it is told who was forwarded to, not when; and that the box took a call, not what is in it."""
    _ = line
    call = by_the_wall(cut(call), company.tz)
    rings = tuple(replace(r, start=call.started_at) for r in call.rings)
    return replace(call, ending=UNTOLD.get(call.ending, call.ending), rings=rings, voicemail_ready=None)


def provider_id(call: Call) -> str:
    return f"us1-{int(call.started_at.timestamp())}.{digest(call.id)[:10]}"


def _employee(company: Company, line: Line, person_id: str) -> dict[str, object]:
    person = company.person(person_id)
    _ = line
    return {"employee_number": person.pbx, "employee_fio": person.name}


def _notice(line: Line, call: Call, event: str, at: datetime, fields: Mapping[str, object]) -> Notice:
    """The customer chose a form for some moments and a GET for one; all values are text either way."""
    target = str(fields.get("connected_with", ""))
    mark = digest(call.id, event, target if event == "on_forward" else "")[:24]
    query = f"event={event}"
    subject = ("call", provider_id(call))
    if event == "on_forward":
        form_header = (("content-type", FORM),)
        body = form(fields)
        return Notice(
            line.connection, SCHEME_OF_SIGNING, mark, subject, event, at, body, query=query, headers=form_header
        )
    if event == "after_outgoing":
        query = f"{query}&{urlencode(fields)}"
        return Notice(
            line.connection, SCHEME_OF_SIGNING, mark, subject, event, at, b"", method="GET", query=query, headers=()
        )
    headers = (("content-type", JSON),)
    return Notice(
        line.connection, SCHEME_OF_SIGNING, mark, subject, event, at, compact(fields), query=query, headers=headers
    )


def scheme(line: Line, call: Call) -> str:
    _ = line
    return SCHEME if call.direction == "inbound" else ""
