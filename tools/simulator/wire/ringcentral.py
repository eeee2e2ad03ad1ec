"""RingCentral: telephony sessions by party, detailed presence, instant texts (ringcentral contract 2-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tools.simulator.history import Ending, shown
from tools.simulator.people import account
from tools.simulator.systems import Text

from .notice import Call, Change, Company, Line, Message, Notice, Span, compact, digest, iso, number_of, text_of

# The status of an account says by itself who is on the telephone.
SAYS_TALKING = True
SCHEME = "ringcentral"
ACCOUNT = "400000"
AT_ONCE = timedelta(seconds=1)
REASON: Mapping[Ending, str] = {
    Ending.ENGAGED: "TargetBusy",
    Ending.UNREACHED: "NoAnswer",
    Ending.BROKEN: "InvalidNumber",
    Ending.CHANGED_MIND: "Cancelled",
    Ending.HUNG_UP_AT_ONCE: "Cancelled",
    Ending.RANG_OUT: "NoAnswer",
    Ending.GAVE_UP: "Cancelled",
    Ending.GAVE_UP_SOON: "Cancelled",
    Ending.TECHNICAL: "InternalError",
}
# Of a call that came in and that nobody took, only that is judged, whatever its parties say (section 3).
UNTOLD: Mapping[Ending, Ending] = {
    Ending.GAVE_UP: Ending.RANG_OUT,
    Ending.GAVE_UP_SOON: Ending.RANG_OUT,
    Ending.TECHNICAL: Ending.RANG_OUT,
}
# The box reports when it takes the caller: the wait ends there.
BOX_TOLD = True
SILENT: Mapping[str, str] = {"voicemail_s": "the session says that the box took the call, not how long"}
SILENT_TEXTS: Mapping[str, str] = {"error_code": "the contract names no error code of a text"}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    teller = _Teller(company, line, call)
    if call.direction == "inbound":
        yield from _inbound(teller, call)
    else:
        yield from _outbound(teller, call)


def _inbound(teller: _Teller, call: Call) -> Iterator[Notice]:
    """One party for each colleague who rings; the outside number never reports of itself."""
    for number, ring in enumerate(call.rings, start=2):
        yield teller.tell(number, ring.person, "Setup", ring.start)
        yield teller.tell(number, ring.person, "Proceeding", ring.start)
    for number, ring in enumerate(call.rings, start=2):
        if ring.answered:
            yield teller.tell(number, ring.person, "Answered", ring.end)
            continue
        if call.voicemail_from and number == 2:
            yield teller.tell(number, ring.person, "VoiceMail", call.voicemail_from)
            continue
        missed = "AgentAnswered" if call.talks else REASON.get(call.ending, "NoAnswer")
        yield teller.tell(number, ring.person, "Disconnected", ring.end, reason=missed, missed=not call.talks)
    if call.talks or call.voicemail_from:
        last = next((n for n, r in enumerate(call.rings, start=2) if r.answered), 2)
        yield teller.tell(last, call.rings[last - 2].person, "Disconnected", call.ended_at)


def _outbound(teller: _Teller, call: Call) -> Iterator[Notice]:
    """Both ends report: the colleague's party first, then the outside number."""
    yield teller.tell(1, call.person, "Setup", call.started_at)
    yield teller.tell(1, call.person, "Proceeding", call.started_at)
    yield teller.tell(2, "", "Proceeding", call.started_at)
    if call.talks:
        yield teller.tell(2, "", "Answered", call.talks[0].start)
        yield teller.tell(1, call.person, "Answered", call.talks[0].start)
        yield teller.tell(2, "", "Disconnected", call.ended_at)
        yield teller.tell(1, call.person, "Disconnected", call.ended_at)
    else:
        reason = REASON[call.ending]
        yield teller.tell(2, "", "Disconnected", call.ended_at, reason=reason)
        yield teller.tell(1, call.person, "Disconnected", call.ended_at, reason=reason)


class _Teller:
    """The events of one session, numbered in their order."""

    def __init__(self, company: Company, line: Line, call: Call) -> None:
        self._company, self._line, self._call, self._next = company, line, call, 1

    def tell(
        self, number: int, person: str, code: str, at: datetime, *, reason: str = "", missed: bool = False
    ) -> Notice:
        call, line = self._call, self._line
        self._next += 1
        inbound = call.direction == "inbound"
        ours: dict[str, Any] = {"phoneNumber": line.e164}
        if person:
            colleague = self._company.person(person)
            ours |= {"name": colleague.name, "extensionId": account(colleague, line.sends)}
        theirs = {"phoneNumber": call.customer}
        status: dict[str, Any] = {"code": code, "rcc": False} | ({"reason": reason} if reason else {})
        party: dict[str, Any] = {
            "accountId": ACCOUNT,
            "id": f"p-{digest(call.id)[:30]}-{number}",
            "direction": "Inbound" if inbound or not person else "Outbound",
            "to": ours if inbound else theirs,
            "from": theirs if inbound else ours,
            "status": status,
            "park": {},
            "missedCall": missed,
            "standAlone": False,
            "muted": False,
        }
        if person:
            party["extensionId"] = account(self._company.person(person), line.sends)
        body = {
            "sequence": self._next,
            "sessionId": str(number_of(call.id, digits=12)),
            "telephonySessionId": provider_id(call),
            "serverId": "10.0.0.1.TAM",
            "eventTime": iso(at),
            "parties": [party],
            "origin": {"type": "Call"},
        }
        return _notice(line, f"{ACCOUNT}/telephony/sessions", ("call", provider_id(call)), str(self._next), at, body)


def heard(company: Company, line: Line, call: Call) -> Call:
    """That the box took a call does not say that anything was left in it."""
    _ = company, line
    return replace(call, ending=UNTOLD.get(call.ending, call.ending), voicemail_ready=None)


def provider_id(call: Call) -> str:
    return f"s-{digest('ringcentral', call.id)[:30]}"


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    inbound = message.direction == "inbound"
    extension = account(company.person(message.person), line.sends)
    customer, ours = {"phoneNumber": message.customer}, {"phoneNumber": line.e164}
    words = {
        Text.RECEIVED: ["Received"],
        Text.SENT: ["Queued", "Sent"],
        Text.DELIVERED: ["Sent", "Delivered"],
        Text.UNDELIVERED: ["Sent", "DeliveryFailed"],
    }[message.status]
    for number, word in enumerate(words):
        at = message.settled_at if number else message.created_at
        body = {
            "id": text_id(message),
            "to": [ours if inbound else customer],
            "from": customer if inbound else ours,
            "type": "SMS",
            "creationTime": iso(message.created_at),
            "lastModifiedTime": iso(at),
            "readStatus": "Unread",
            "priority": "Normal",
            "attachments": [],
            "direction": "Inbound" if inbound else "Outbound",
            "availability": "Alive",
            "subject": text_of(message),
            "messageStatus": word,
            "conversationId": str(number_of(message.customer, digits=12)),
        }
        path = f"{ACCOUNT}/extension/{extension}/message-store/instant?type=SMS"
        yield _notice(line, path, ("message", text_id(message)), word, at, body)


def heard_text(line: Line, message: Message) -> Message:
    _ = line
    return message


def text_id(message: Message) -> str:
    return str(number_of(message.id, digits=12))


def presence(company: Company, line: Line, changes: Sequence[Change], talks: Sequence[Span]) -> Iterator[Notice]:
    """RingCentral itself knows who is on the telephone."""
    extension = account(company.person(changes[0].person), line.sends)
    words = {
        "online": ("NoCall", "Available", "TakeAllCalls"),
        "dnd": ("NoCall", "Busy", "DoNotAcceptAnyCalls"),
        "offline": ("NoCall", "Offline", "TakeAllCalls"),
        "talking": ("CallConnected", "Busy", "TakeAllCalls"),
    }
    for number, (at, status) in enumerate(shown(changes, talks), start=1):
        telephony, present, dnd = words[status]
        body = {
            "extensionId": extension,
            "telephonyStatus": telephony,
            "sequence": int(at.timestamp()) * 10 + number % 10,
            "presenceStatus": present,
            "userStatus": "Offline" if status == "offline" else "Available",
            "meetingStatus": "Disconnected",
            "dndStatus": dnd,
            "allowSeeMyPresence": True,
        }
        path = f"{ACCOUNT}/extension/{extension}/presence?detailedTelephonyState=true"
        yield _notice(line, path, ("presence", extension), at.isoformat(), at, body)


def heard_change(change: Change) -> Change:
    return replace(change, capable=True)


def _notice(
    line: Line, path: str, subject: tuple[str, str], mark: str, at: datetime, body: Mapping[str, Any]
) -> Notice:
    event_id = str(number_of(path, subject[1], mark, digits=18))
    envelope = {
        "uuid": event_id,
        "event": f"/restapi/v1.0/account/{path}",
        "timestamp": iso(at),
        "subscriptionId": "b0000000-0000-4000-8000-000000000009",
        "ownerId": "400100",
        "body": body,
    }
    headers = (("content-type", "application/json; charset=UTF-8"), ("user-agent", "RingCentral-Webhook/8.3"))
    kind = path.partition("?")[0].rpartition("/")[2]
    return Notice(line.connection, SCHEME, event_id, subject, kind, at, compact(envelope), headers=headers)
