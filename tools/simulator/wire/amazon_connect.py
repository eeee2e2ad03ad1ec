"""Amazon Connect: contact events on EventBridge, without any telephone number (amazon_connect contract 1-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from tools.simulator.history import Ending
from tools.simulator.people import HOTLINE, account

from .notice import Call, Company, Line, Notice, compact, digest, iso

SCHEME = "amazon_connect"
# Nothing says who hung up or why; an outbound contact was connected or not (section 2).
UNTOLD: Mapping[Ending, Ending] = {
    Ending.GAVE_UP: Ending.RANG_OUT,
    Ending.GAVE_UP_SOON: Ending.RANG_OUT,
    Ending.TECHNICAL: Ending.RANG_OUT,
    Ending.LEFT_QUEUE: Ending.RANG_OUT,
    Ending.NOBODY_THERE: Ending.RANG_OUT,
    Ending.LEFT_MENU: Ending.RANG_OUT,
    Ending.ENGAGED: Ending.UNREACHED,
    Ending.BROKEN: Ending.UNREACHED,
    Ending.CHANGED_MIND: Ending.UNREACHED,
    Ending.HUNG_UP_AT_ONCE: Ending.UNREACHED,
}
SILENT: Mapping[str, str] = {}
# No number of either side is sent: no customer, no line and no team of the line.
NUMBERLESS = True


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    inbound = call.direction == "inbound"
    detail: dict[str, Any] = {
        "contactId": provider_id(call),
        "initialContactId": provider_id(call),
        "channel": "VOICE",
        "instanceArn": company.instance,
        "initiationMethod": "INBOUND" if inbound else "OUTBOUND",
        "initiationTimestamp": iso(call.started_at),
    }

    def tell(kind: str, at: datetime, **more: Any) -> Notice:
        detail.update(more)
        return _notice(company, line, call, kind, at, {"eventType": kind, **detail})

    yield tell("INITIATED", call.started_at)
    if inbound:
        # The flow takes the contact at once.
        detail["connectedToSystemTimestamp"] = iso(call.started_at)
    queued = _queued(line, call)
    if queued:
        queue = {
            "queueArn": f"{company.instance}/queue/{line.id}",
            "queueType": "STANDARD",
            "enqueueTimestamp": iso(queued),
        }
        yield tell("QUEUED", queued, queueInfo=queue)
    if call.talks:
        agent = {
            "agentArn": account(company.person(call.person), line.sends),
            "connectedToAgentTimestamp": iso(call.talks[0].start),
        }
        if not inbound:
            yield tell("CONNECTED_TO_SYSTEM", call.talks[0].start, connectedToSystemTimestamp=iso(call.talks[0].start))
        yield tell("CONNECTED_TO_AGENT", call.talks[0].start, agentInfo=agent)
    yield tell("DISCONNECTED", call.ended_at, disconnectTimestamp=iso(call.ended_at))


def _queued(line: Line, call: Call) -> datetime | None:
    if call.direction == "outbound":
        return None
    return call.queued_at if line.manner == HOTLINE else call.started_at


def heard(company: Company, line: Line, call: Call) -> Call:
    """No ring, only the flow that has the contact at once, and the queue. Who dialled in vain is not told."""
    _ = company
    queued, menu = _queued(line, call), call.started_at if call.direction == "inbound" else None
    ending = UNTOLD.get(call.ending, call.ending)
    if call.direction == "inbound" and not call.talks:
        ending = Ending.NOBODY_THERE
    person = call.person if call.talks else ""
    return replace(call, ending=ending, menu_from=menu, menu=(), queued_at=queued, rings=(), customer="", person=person)


def provider_id(call: Call) -> str:
    return _uuid(call.id, "contact")


def _notice(company: Company, line: Line, call: Call, kind: str, at: datetime, detail: Mapping[str, Any]) -> Notice:
    event_id = _uuid(call.id, kind)
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "account": "111122223333",
        "time": f"{(iso(at) or '')[:19]}Z",
        "region": "us-east-1",
        "resources": [company.instance, f"{company.instance}/contact/{provider_id(call)}"],
        "detail": dict(detail),
    }
    return Notice(line.connection, SCHEME, event_id, ("call", provider_id(call)), kind, at, compact(event))


def _uuid(*seed: str) -> str:
    mark = digest("connect", *seed)
    return f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-8{mark[17:20]}-{mark[20:32]}"


def queue(line: Line, call: Call) -> str:
    return line.id if call.queued_at else ""
