"""WiseParts: its own statuses and directions inside our own contract (wiseparts contract 2-3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tools.simulator.history import Ending

from . import generic
from .notice import Call, Company, Line, Notice, compact, happens

# The words of WiseParts, in more than one spelling.
STATUS: Mapping[Ending, tuple[str, ...]] = {
    Ending.ANSWERED: ("Completed",),
    Ending.RANG_OUT: ("No Answer", "no-answer"),
    Ending.GAVE_UP: ("Canceled", "cancelled"),
    Ending.GAVE_UP_SOON: ("Canceled",),
    Ending.LEFT_MENU: ("Canceled",),
    Ending.LEFT_QUEUE: ("Canceled",),
    Ending.NOBODY_THERE: ("No Answer",),
    Ending.TECHNICAL: ("Failed",),
    Ending.REACHED: ("Completed",),
    Ending.UNREACHED: ("No Answer",),
    Ending.ENGAGED: ("No Answer",),
    Ending.BROKEN: ("Failed",),
    Ending.CHANGED_MIND: ("Canceled",),
    Ending.HUNG_UP_AT_ONCE: ("Canceled",),
}
# There is no word for a customer whose line is busy.
UNTOLD: Mapping[Ending, Ending] = {Ending.ENGAGED: Ending.UNREACHED}
SILENT: Mapping[str, str] = {}
KINDS = ("call.queued", "call.ringing", "call.answered", "call.completed")
queue, scheme, campaign = generic.queue, generic.scheme, generic.campaign


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    for notice in generic.calls(company, line, call):
        body = json.loads(notice.body)
        told = body["data"]["call"]
        # No menus: a caller waits in a queue or an operator's telephone rings.
        if notice.kind not in KINDS or told.get("answered_by") == "ivr":
            continue
        if call.direction == "outbound":
            told["direction"] = "outbound_dial" if happens(0.7, call.id) else "outbound_auto"
        if notice.kind == "call.completed":
            words = STATUS[call.ending]
            told["status"] = words[int(happens(0.5, call.id)) % len(words)]
            told.pop("hangup_by", None)
            told.pop("cause", None)
        yield replace(notice, body=compact(body))


def heard(company: Company, line: Line, call: Call) -> Call:
    _ = company, line
    return replace(call, ending=UNTOLD.get(call.ending, call.ending), menu_from=None, menu=())
