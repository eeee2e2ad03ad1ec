"""The `NOTIFY_*` notifications of Novofon's classic line and of Zadarma (novofon contract A, zadarma contract)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tools.simulator.history import Ending
from tools.simulator.people import account

from .notice import FORM, Call, Company, Line, Notice, bare, by_the_wall, cut, digest, form, seconds, wall

# Disposition and Q.931 cause.
DISPOSITION: Mapping[Ending, tuple[str, str]] = {
    Ending.ANSWERED: ("answered", "16"),
    Ending.RANG_OUT: ("no answer", "19"),
    Ending.GAVE_UP: ("cancel", "16"),
    Ending.GAVE_UP_SOON: ("cancel", "16"),
    Ending.TECHNICAL: ("failed", "41"),
    Ending.REACHED: ("answered", "16"),
    Ending.UNREACHED: ("no answer", "19"),
    Ending.ENGAGED: ("busy", "17"),
    Ending.BROKEN: ("call failed", "1"),
    Ending.CHANGED_MIND: ("cancel", "16"),
    Ending.HUNG_UP_AT_ONCE: ("cancel", "16"),
}
UNTOLD: Mapping[Ending, Ending] = {}
_NO_CLOCK = "only the start has a time: ring, answer and end are known by their arrival, which proves nothing here"
SILENT: Mapping[str, str] = {
    "answered_at": _NO_CLOCK,
    "ended_at": _NO_CLOCK,
    "ring_s": _NO_CLOCK,
    "wait_s": _NO_CLOCK,
    "is_within_service": _NO_CLOCK,
    "total_s": "one duration is sent; of an answered call it is the talk time",
    "answered_elsewhere": _NO_CLOCK,
}


def calls(company: Company, line: Line, call: Call, *, plus: bool) -> Iterator[Notice]:
    call = cut(call)
    inbound = call.direction == "inbound"
    agent = account(company.person(call.person), line.sends) if call.person else ""

    def number(value: str) -> str:
        return value if plus else bare(value)

    customer, ours = number(call.customer), number(line.e164)
    start = {"call_start": wall(call.started_at, company.tz), "pbx_call_id": provider_id(call)}
    record_id = f"{int(call.started_at.timestamp())}.{digest(call.id)[:6]}"

    def tell(event: str, at: datetime, **more: str) -> Notice:
        fields = {"event": event, **start, **more}
        mark = digest(call.id, event, more.get("internal", ""))[:24]
        headers = (("content-type", FORM),)
        subject = ("call", provider_id(call))
        return Notice(line.connection, line.provider, mark, subject, event, at, form(fields), headers=headers)

    disposition, cause = DISPOSITION[call.ending]
    end = {
        "duration": str(seconds(call.talks[0].start if call.talks else call.started_at, call.ended_at)),
        "disposition": disposition,
        "status_code": cause,
        "is_recorded": str(int(call.recording_ready is not None)),
        "call_id_with_rec": record_id if call.recording_ready else "",
    }
    if inbound:
        ends = {"caller_id": customer, "called_did": ours}
        yield tell("NOTIFY_START", call.started_at, **ends)
        for ring in call.rings:
            yield tell("NOTIFY_INTERNAL", ring.start, **ends, internal=account(company.person(ring.person), line.sends))
        if call.talks:
            at = call.talks[0].start
            yield tell("NOTIFY_ANSWER", at, caller_id=customer, destination=agent, internal=agent)
        who = {"internal": agent} if agent else {}
        yield tell("NOTIFY_END", call.ended_at, **ends, **who, **end)
    else:
        yield tell("NOTIFY_OUT_START", call.started_at, internal=agent, destination=customer)
        yield tell("NOTIFY_OUT_END", call.ended_at, caller_id=ours, internal=agent, destination=customer, **end)
    if call.recording_ready:
        fields = {"event": "NOTIFY_RECORD", "call_id_with_rec": record_id, "pbx_call_id": provider_id(call)}
        mark = digest(call.id, "NOTIFY_RECORD")[:24]
        at = max(call.recording_ready, call.ended_at + timedelta(seconds=40))
        subject = ("call", provider_id(call))
        headers = (("content-type", FORM),)
        yield Notice(line.connection, line.provider, mark, subject, "NOTIFY_RECORD", at, form(fields), headers=headers)


def heard(company: Company, line: Line, call: Call) -> Call:
    """Whole seconds, which also decide what "at once" is."""
    _ = line
    call = by_the_wall(cut(call), company.tz)
    ending = UNTOLD.get(call.ending, call.ending)
    if ending is Ending.HUNG_UP_AT_ONCE and call.ended_at > call.started_at:
        ending = Ending.CHANGED_MIND
    return replace(call, ending=ending)


def provider_id(call: Call) -> str:
    return f"{'in' if call.direction == 'inbound' else 'out'}_{digest('pbx', call.id)[:40]}"
