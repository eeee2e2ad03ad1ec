"""Turns the lines of a scenario into signed deliveries, exactly as the providers post them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ringlake.model.events import Delivery
from ringlake.providers.signatures import sign_openphone, sign_standard
from tests.scenarios.tables import Line, Scenario

SECRET = b"cmluZ2xha2Utc2NlbmFyaW8tdGVzdC1rZXktMDAwMQ=="
TOKEN = "scenario-token"

# Short columns of the generic contract.
_INSIDE = {
    "agent": "agent.id",
    "queue": "queue.name",
    "team": "team.name",
    "campaign": "campaign.name",
    "classifier": "classifier.name",
    "step": "step.value",
    "number": "number.id",
}
_WHOLE = {"segments", "media_count", "step.no", "recording.seconds", "voicemail.seconds"}
_LISTS = {"tags"}
_IDS = {"call": "c-1", "deal": "d-1"}


def deliveries(scenario: Scenario) -> list[tuple[Delivery, datetime]]:
    """One signed request per line, with the moment of its arrival."""
    render = {"generic": _generic, "openphone": _openphone}[scenario.provider]
    return [(render(scenario, line), line.received_at) for line in scenario.lines]


def _generic(scenario: Scenario, line: Line) -> Delivery:
    """Columns: `time`, `type`, `event` (id of the delivery), the rest are fields of the subject."""
    cells = dict(line.cells)
    event_type = cells.pop("type", "")
    event_id = cells.pop("event", f"evt_{line.number:03}")
    body: dict[str, Any] = {"type": event_type}
    if "time" in cells:
        body["timestamp"] = _sent(scenario, cells.pop("time"))
    kind = event_type.partition(".")[0]
    subject: dict[str, Any] = {"id": _IDS.get(kind, "m-1")}
    for name, text in cells.items():
        if name == "broken":
            subject[text] = ["not", "an", "object"]
            continue
        _place(subject, _INSIDE.get(name, name), _value(scenario, name, text))
    body["data"] = {kind: subject}
    raw = json.dumps(body).encode()
    stamp = int(line.received_at.timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign_standard(SECRET, event_id, stamp, raw),
    }
    return _delivery("generic", headers, raw)


def _openphone(scenario: Scenario, line: Line) -> Delivery:
    """Columns: `api` (v2, v3, v4, 2026-03-30), `type`, `time` (of the event), `event`, `id`, `direction`,
    `customer`, `ours`, `number`, `user`, `start`, `answered`, `end`, `status`, `duration`, and what
    the types add: `voicemail_s`, `recording`, `to`, `text`.
    """
    cells = dict(line.cells)
    modern = cells.get("api", "v2") == "2026-03-30"
    resource = _resource(scenario, cells, modern=modern)
    event_id = cells.get("event", f"EV{line.number:030}")
    event: dict[str, Any] = {"id": event_id, "apiVersion": cells.get("api", "v2"), "type": cells["type"]}
    if "time" in cells:
        event["createdAt"] = _sent(scenario, cells["time"])
    if modern:
        event["data"] = {"resource": resource, "context": _context(cells)}
        raw = json.dumps(event).encode()
        stamp = int(line.received_at.timestamp())
        return _delivery(
            "openphone",
            {
                "webhook-id": f"msg_{event_id}",
                "webhook-timestamp": str(stamp),
                "webhook-signature": sign_standard(SECRET, f"msg_{event_id}", stamp, raw),
            },
            raw,
        )
    event["object"] = "event"
    event["data"] = {"object": resource}
    raw = json.dumps(event).encode()
    stamp_ms = int(line.received_at.timestamp() * 1000)
    return _delivery("openphone", {"openphone-signature": sign_openphone(SECRET, stamp_ms, raw)}, raw)


def _resource(scenario: Scenario, cells: Mapping[str, str], *, modern: bool) -> dict[str, Any]:
    kind = cells["type"]
    outgoing = cells.get("direction") == "outgoing"
    found: dict[str, Any] = {"id": cells.get("id", "AC-1"), "direction": cells.get("direction")}
    if kind.endswith(("summary.completed", "transcript.completed")):
        found = {"callId": cells.get("id", "AC-1"), "processingStatus": "completed"}
    times = {"start": "createdAt", "answered": "answeredAt", "end": "completedAt"}
    found |= {field: _sent(scenario, cells[name]) if name in cells else None for name, field in times.items()}
    if "status" in cells:
        found["status"] = cells["status"]
    if "duration" in cells:
        found["duration"] = int(cells["duration"])
    if "errorCode" in cells:
        found["errorCode"] = cells["errorCode"]
    if not modern:
        ends = [cells.get("customer"), cells.get("to", cells.get("ours"))]
        if outgoing:
            ends = [cells.get("ours"), cells.get("to", cells.get("customer"))]
        found |= {"userId": cells.get("user"), "phoneNumberId": cells.get("number")}
        if cells.get("api") == "v4" and kind.startswith("call."):
            # `participants` lists both ends without saying whose they are.
            listed = cells.get("participants", cells.get("customer", "")).split()
            found |= {"participants": listed, "answeredBy": None}
        else:
            found |= {"from": ends[0], "to": ends[1]}
    _add_artefacts(found, cells, modern=modern)
    return found


def _add_artefacts(found: dict[str, Any], cells: Mapping[str, str], *, modern: bool) -> None:
    if "voicemail_s" in cells and not modern:
        found["voicemail"] = {"url": "https://media.example.com/vm.mp3", "duration": int(cells["voicemail_s"])}
    elif "voicemail_s" in cells and cells["type"] == "call.voicemail.completed":
        found |= {
            "id": "VM-activity-1",
            "voicemailId": "VM-1",
            "callId": cells.get("id", "AC-1"),
            "duration": int(cells["voicemail_s"]),
            "recordingUrl": "https://media.example.com/vm.mp3",
        }
    if "recording" in cells:
        media = {"url": f"https://media.example.com/{cells['recording']}.mp3", "duration": 60}
        found |= {"recordings": [media | {"id": cells["recording"]}]} if modern else {"media": [media]}


def _context(cells: Mapping[str, str]) -> dict[str, Any]:
    ours = [cells["ours"]] if "ours" in cells else []
    theirs = [cells["customer"]] if "customer" in cells else []
    found: dict[str, Any] = {
        "userId": cells.get("user"),
        "phoneNumberId": cells.get("number"),
        "phoneNumberType": "shared",
        "participants": {"workspace": ours, "external": theirs, "resolution": "available"},
    }
    if cells["type"].startswith("message."):
        ends = (ours, theirs) if cells.get("direction") == "outgoing" else (theirs, ours)
        found |= {"senderIdentifier": ends[0][0], "recipientIdentifiers": ends[1]}
    return found


def _delivery(provider: str, headers: dict[str, str], raw: bytes) -> Delivery:
    url = f"https://ringlake.example.com/webhooks/{provider}/{TOKEN}"
    return Delivery(method="POST", url=url, headers=headers, query="", body=raw)


def _sent(scenario: Scenario, text: str) -> str:
    """A clock time as UTC with offset; anything else goes out as it stands (naive or garbage times)."""
    at = scenario.time(text)
    return at.isoformat().replace("+00:00", "Z") if at else text


def _value(scenario: Scenario, name: str, text: str) -> Any:
    if name in _WHOLE:
        return int(text)
    if name in _LISTS:
        return text.split()
    if text in ("true", "false"):
        return text == "true"
    if name == "to" and "," in text:
        return [part.strip() for part in text.split(",")]
    return _sent(scenario, text)


def _place(into: dict[str, Any], path: str, value: Any) -> None:
    name, dot, rest = path.partition(".")
    if dot:
        _place(into.setdefault(name, {}), rest, value)
    else:
        into[name] = value
