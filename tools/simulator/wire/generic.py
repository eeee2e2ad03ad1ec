"""Our own contract, spoken by a telephone system; also by those without a contract of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tools.simulator.history import CAMPAIGN, QUEUE, SCHEME, Ending, Span
from tools.simulator.people import CURRENCY, HOTLINE, TEAMS, account
from tools.simulator.systems import Text

if TYPE_CHECKING:
    from tools.simulator.deals import Deal

from .notice import (
    Call,
    Change,
    ClassifierRow,
    Company,
    Line,
    Message,
    Notice,
    compact,
    digest,
    talk_s,
    text_of,
    voicemail_s,
)

STANDARD = "standard"

# Status and disconnecting side at the telephone system. A call that its menu picked up is ANSWERED to it.
PBX_STATUS: Mapping[Ending, tuple[str, str]] = {
    Ending.ANSWERED: ("ANSWERED", "customer"),
    Ending.RANG_OUT: ("NO ANSWER", "system"),
    Ending.VOICEMAIL: ("NO ANSWER", "customer"),
    Ending.GAVE_UP: ("NO ANSWER", "customer"),
    Ending.GAVE_UP_SOON: ("NO ANSWEAR", "customer"),
    Ending.LEFT_MENU: ("ANSWERED", "customer"),
    Ending.LEFT_QUEUE: ("NO ANSWER", "customer"),
    Ending.NOBODY_THERE: ("NO ANSWER", "system"),
    Ending.TECHNICAL: ("FAILED", "system"),
    Ending.STRAIGHT_TO_VOICEMAIL: ("NO ANSWER", "customer"),
    Ending.REACHED: ("ANSWERED", "agent"),
    Ending.UNREACHED: ("NO ANSWER", "system"),
    Ending.ENGAGED: ("BUSY", "customer"),
    Ending.BROKEN: ("FAILED", "system"),
    Ending.CHANGED_MIND: ("NO ANSWER", "agent"),
    Ending.HUNG_UP_AT_ONCE: ("NO ANSWER", "agent"),
}
PBX_CAUSE = {Ending.TECHNICAL: "503", Ending.BROKEN: "404", Ending.ENGAGED: "486"}


# --- our own contract, spoken by a telephone system


def _notice(
    company: Company, line: Line, kind: str, at: datetime, subject: tuple[str, str], content: Mapping[str, Any]
) -> Notice:
    mark = digest(
        subject[1],
        kind,
        at.isoformat(),
        str(content.get("leg_id", "")),
        str(content.get("step", "")),
        str(content.get("account", "")),
    )[:24]
    # A telephone system writes the clock on its wall, with the offset of that day.
    wall = at.astimezone(company.tz).isoformat(timespec="milliseconds")
    body = {"type": kind, "timestamp": wall, "data": {subject[0]: content}}
    return Notice(line.connection, STANDARD, f"msg_{mark}", subject, kind, at, compact(body))


def _agent(company: Company, line: Line, person_id: str) -> dict[str, str]:
    person = company.person(person_id)
    return {"id": account(person, line.sends), "name": person.name, "account": f"sip-{person.id}"}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    inbound = call.direction == "inbound"
    base: dict[str, Any] = {
        "id": call.id,
        "direction": call.direction,
        "from": call.customer if inbound else line.e164,
        "to": line.e164 if inbound else call.customer,
        "number": {"id": line.provider_id, "name": line.name},
    }
    if line.team:
        base["team"] = {"id": line.team, "name": TEAMS[line.team]}
    if inbound and line.manner == HOTLINE:
        base["scheme"] = SCHEME
        base["campaign"] = {"id": "17", "name": CAMPAIGN}

    def tell(kind: str, at: datetime, **more: Any) -> Notice:
        return _notice(company, line, kind, at, ("call", call.id), {**base, **more})

    yield from _menu(call, tell)
    if call.queued_at:
        yield tell("call.queued", call.queued_at, queue={"id": "q1", "name": QUEUE})
    legs = {}
    for number, ring in enumerate(call.rings, start=1):
        leg = f"{call.id}-{number}"
        who = {"leg_id": leg, "agent": _agent(company, line, ring.person)}
        yield tell("call.ringing", ring.start, **who)
        if ring.answered:
            legs[ring.person] = who
            yield tell("call.answered", ring.end, answered_by="person", **who)
    for hold in call.holds:
        who = legs[call.talks[0].person]
        yield tell("call.held", hold.start, **who)
        yield tell("call.resumed", hold.end, **who)
    if len(call.talks) > 1:
        yield tell("call.transferred", call.talks[0].end, **legs[call.talks[0].person])
    if call.consulted:
        yield _consultation(company, line, call, call.consulted)
    status, side = PBX_STATUS[call.ending]
    last = legs[call.talks[-1].person] if call.talks else {}
    if not inbound:
        last = {"agent": _agent(company, line, call.person)}
    more = {"cause": PBX_CAUSE[call.ending]} if call.ending in PBX_CAUSE else {}
    # The end of the call is no leg's.
    ended_by = {k: v for k, v in last.items() if k == "agent"}
    yield tell("call.completed", call.ended_at, status=status, hangup_by=side, **ended_by, **more)
    yield from _artefacts(call, tell)


def _menu(call: Call, tell: Any) -> Iterator[Notice]:
    if call.menu_from:
        yield tell("call.answered", call.menu_from, status="ANSWERED", answered_by="ivr")
    for number, (at, choice) in enumerate(call.menu, start=1):
        yield tell("call.step", at, step={"no": number, "kind": "ivr", "value": choice})


def _artefacts(call: Call, tell: Any) -> Iterator[Notice]:
    if call.voicemail_ready:
        voicemail = {"url": f"https://rec.example.com/vm/{call.id}.mp3", "seconds": voicemail_s(call)}
        yield tell("call.voicemail", call.voicemail_ready, voicemail=voicemail)
    if call.recording_ready:
        recording = {"url": f"https://rec.example.com/{call.id}.mp3", "seconds": talk_s(call)}
        yield tell("call.recording", call.recording_ready, recording=recording)
    if call.summary_ready:
        yield tell("call.summary", call.summary_ready, summary="Asked for a repair.")
    if call.transcript_ready:
        yield tell("call.transcript", call.transcript_ready, transcript={"text": "Hello"})
    if call.classifier:
        done = call.ended_at + timedelta(seconds=20)
        yield tell("call.classified", done, classifier={"id": digest(call.classifier)[:4], "name": call.classifier})
    if call.charged_at:
        yield tell("call.charged", call.charged_at, cost={"amount": call.price, "currency": "USD"})


def _consultation(company: Company, line: Line, call: Call, consulted: Span) -> Notice:
    content = {
        "id": parts(call)[0],
        "parent_id": call.id,
        "kind": "consultation",
        "direction": "internal",
        "from": f"sip-{call.talks[0].person}",
        "to": f"sip-{consulted.person}",
        "status": "ANSWERED",
    }
    return _notice(company, line, "call.completed", consulted.end, ("call", parts(call)[0]), content)


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    inbound = message.direction == "inbound"
    base: dict[str, Any] = {
        "id": message.id,
        "kind": "sms",
        "direction": message.direction,
        "from": message.customer if inbound else line.e164,
        "to": line.e164 if inbound else message.customer,
        "media_count": message.media,
        "text": text_of(message),
    }
    if not inbound:
        base["agent"] = _agent(company, line, message.person)

    def tell(kind: str, at: datetime, **more: Any) -> Notice:
        return _notice(company, line, kind, at, ("message", message.id), {**base, **more})

    if inbound:
        yield tell("message.received", message.created_at)
    elif message.status is Text.PENDING:
        ordered = message.scheduled_for.isoformat() if message.scheduled_for else None
        yield tell("message.queued", message.created_at, status="PENDING", scheduled_for=ordered)
    else:
        yield tell("message.sent", message.created_at)
    if message.status is Text.DELIVERED:
        yield tell("message.delivered", message.settled_at)
    if message.status is Text.UNDELIVERED:
        yield tell("message.undelivered", message.settled_at, error={"code": message.error, "text": "unreachable"})


def row(company: Company, line: Line, row: ClassifierRow) -> Notice:
    content = {
        "id": row.id,
        "direction": "outbound",
        "from": line.e164,
        "to": row.customer,
        "status": "CLASSIFIER",
        "classifier": {"id": digest(row.classifier)[:4], "name": row.classifier},
    }
    return _notice(company, line, "call.classified", row.at, ("call", row.id), content)


def deal(company: Company, line: Line, deal: Deal) -> Iterator[Notice]:
    """A quote, and what became of it."""
    content = {
        "id": deal.id,
        "call_id": deal.call,
        "user_id": account(company.person(deal.person), line.sends),
        "brand": deal.brand,
        "amount": {"amount": f"{deal.cents / 100:.2f}", "currency": CURRENCY},
    }
    yield _notice(company, line, "deal.quoted", deal.quoted_at, ("deal", deal.id), content)
    if deal.settled_at is not None:
        yield _notice(company, line, f"deal.{deal.fate.value}", deal.settled_at, ("deal", deal.id), content)


# A browser's do-not-disturb is not believed (features.md R35).
DESK, BROWSER = "Ringlake Desk/3.1 (Windows)", "Mozilla/5.0 (X11; Linux x86_64)"


def presence(company: Company, line: Line, changes: Sequence[Change], talks: Sequence[Span]) -> Iterator[Notice]:
    """One account's day. Who talks follows from the calls: an account only knows what was pressed on it."""
    _ = talks
    for change in changes:
        device = DESK if change.capable else BROWSER
        content = {"account": account_name(change), "status": change.status, "device": device}
        subject = ("presence", account_name(change))
        yield _notice(company, line, "presence.changed", change.at, subject, content)


def account_name(change: Change) -> str:
    kind, _, person = change.account.partition(":")
    return f"{'sip' if kind == 'desk' else 'app'}-{person}"


UNTOLD: Mapping[Ending, Ending] = {}
SILENT: Mapping[str, str] = {}


def queue(line: Line, call: Call) -> str:
    _ = line
    return QUEUE if call.queued_at else ""


def scheme(line: Line, call: Call) -> str:
    return SCHEME if line.manner == HOTLINE and call.direction == "inbound" else ""


def heard(company: Company, line: Line, call: Call) -> Call:
    """Everything is told."""
    _ = company, line
    return call


def heard_text(line: Line, message: Message) -> Message:
    """Nobody of ours is named on a text that was received."""
    _ = line
    return replace(message, person="") if message.direction == "inbound" else message


def parts(call: Call) -> list[str]:
    """A consultation is told as a call of its own."""
    return [f"{call.id}-c1"] if call.consulted else []


def campaign(line: Line, call: Call) -> str:
    """Calls to the hotline are a campaign's: files show them step by step (features.md F53)."""
    return CAMPAIGN if scheme(line, call) else ""
