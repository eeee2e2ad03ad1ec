"""Focus Contact Center: call events in our own contract, and its documented notice of a transcript (fcc contract)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tools.simulator.history import Ending

from . import generic
from .notice import Call, Company, Line, Message, Notice, compact, number_of

BASIC = "fcc"
# What a script in front puts before Focus' own number of the call.
PREFIX = "fcc-"
# Focus names the campaign of each call that it has written down.
CAMPAIGN_ID = "17"
UNTOLD: Mapping[Ending, Ending] = {}
SILENT: Mapping[str, str] = {}
queue, scheme, row = generic.queue, generic.scheme, generic.row
heard_text = generic.heard_text


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    yield from generic.calls(company, line, replace(call, id=provider_id(call), transcript_ready=None))
    if call.transcript_ready:
        clock = call.transcript_ready.astimezone(company.tz).isoformat(timespec="seconds")
        number = int(provider_id(call).removeprefix(PREFIX))
        body = {
            "eventName": "TranscriptionCreated",
            "fccInstance": "acme.fcc-online.pl",
            "customerId": 7,
            "version": 1,
            "createdAt": clock,
            "data": {"calls_id": number, "date_time": clock, "campaigns_id": int(CAMPAIGN_ID)},
        }
        subject = ("call", provider_id(call))
        mark = f"transcript-{number}"
        at = call.transcript_ready
        yield Notice(line.connection, BASIC, mark, subject, "TranscriptionCreated", at, compact(body))


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    yield from generic.texts(company, line, message)


def heard(company: Company, line: Line, call: Call) -> Call:
    _ = company, line
    return replace(call, ending=UNTOLD.get(call.ending, call.ending))


def provider_id(call: Call) -> str:
    return f"{PREFIX}{number_of(call.id, digits=8)}"


def text_id(message: Message) -> str:
    return message.id


def parts(call: Call) -> list[str]:
    return generic.parts(replace(call, id=provider_id(call)))


def campaign(line: Line, call: Call) -> str:
    return generic.campaign(line, call) or (CAMPAIGN_ID if call.transcript_ready else "")
