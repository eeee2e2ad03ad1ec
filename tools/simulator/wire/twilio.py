"""Twilio: status callbacks of the customer's leg and of each leg that it dials (twilio contract 4-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from tools.simulator.history import Ending
from tools.simulator.people import ANONYMOUS, account
from tools.simulator.systems import Text

from .notice import (
    FORM,
    Call,
    Company,
    Line,
    Message,
    Notice,
    Ring,
    cut,
    digest,
    form,
    happens,
    seconds,
    text_of,
    whole,
)

SCHEME = "twilio"
ACCOUNT = "ACsimulated000000000000000000000001"
# The word of the leg that was dialled, and its SIP answer.
DIALLED: Mapping[Ending, tuple[str, str]] = {
    Ending.RANG_OUT: ("no-answer", "480"),
    Ending.VOICEMAIL: ("no-answer", "480"),
    Ending.GAVE_UP: ("canceled", "487"),
    Ending.GAVE_UP_SOON: ("canceled", "487"),
    Ending.TECHNICAL: ("failed", "503"),
    Ending.UNREACHED: ("no-answer", "480"),
    Ending.ENGAGED: ("busy", "486"),
    Ending.BROKEN: ("failed", "404"),
    Ending.CHANGED_MIND: ("canceled", "487"),
    Ending.HUNG_UP_AT_ONCE: ("canceled", "487"),
}
# "Completed parent, child never answered" is a miss (section 5); only that a ring was taken back as the
# caller's own line ended shows that the caller gave up.
UNTOLD: Mapping[Ending, Ending] = {Ending.TECHNICAL: Ending.RANG_OUT}
SILENT: Mapping[str, str] = {}
_NO_CLOCK = "callbacks about messages have no clock: only their arrival is known"
SILENT_TEXTS: Mapping[str, str] = {
    "started_at": _NO_CLOCK,
    "local_date": _NO_CLOCK,
    "local_hour": _NO_CLOCK,
    "media_count": "only an incoming text says how many pictures it has",
}


def calls(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    call = cut(call)
    yield from (_inbound if call.direction == "inbound" else _outbound)(company, line, call)
    if call.recording_ready:
        talked = seconds(call.talks[0].start, call.ended_at)
        start, ready = call.talks[0].start, call.recording_ready
        yield _recording(line, call, "recording", "DialVerb", ready, start, talked)


def _inbound(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    """The application answers at once and dials everybody of the number."""
    customer = "+266696687" if call.customer == ANONYMOUS else call.customer
    parent = _Leg(line, call, provider_id(call), "", "inbound", customer, line.e164)
    yield parent.tell("ringing", call.started_at)
    yield parent.tell("in-progress", call.started_at)
    for ring in call.rings:
        yield from _agent(company, line, call, ring, customer)
    yield parent.tell("completed", call.ended_at, connected=seconds(call.started_at, call.ended_at))
    if call.voicemail_ready and call.voicemail_from:
        length = seconds(call.voicemail_from, call.ended_at)
        yield _recording(line, call, "voicemail", "RecordVerb", call.voicemail_ready, call.voicemail_from, length)


def _agent(company: Company, line: Line, call: Call, ring: Ring, customer: str) -> Iterator[Notice]:
    sid = _dialled(call, ring.person)
    to = account(company.person(ring.person), line.sends)
    leg = _Leg(line, call, sid, provider_id(call), "outbound-dial", customer, to)
    yield leg.tell("initiated", ring.start)
    yield leg.tell("ringing", ring.start)
    if ring.answered:
        talk = next(t for t in call.talks if t.person == ring.person)
        yield leg.tell("in-progress", talk.start)
        yield leg.tell("completed", talk.end, connected=seconds(talk.start, talk.end), sip="200")
    else:
        word, sip = ("canceled", "487") if call.talks else DIALLED[call.ending]
        yield leg.tell(word, ring.end, connected=0, sip=sip)


def _outbound(company: Company, line: Line, call: Call) -> Iterator[Notice]:
    """A browser telephone: to Twilio its own leg comes in, the customer's is dialled."""
    person = account(company.person(call.person), line.sends)
    parent = _Leg(line, call, provider_id(call), "", "inbound", person, call.customer)
    child = _Leg(line, call, _dialled(call, "customer"), provider_id(call), "outbound-dial", line.e164, call.customer)
    yield parent.tell("ringing", call.started_at)
    yield parent.tell("in-progress", call.started_at)
    yield child.tell("initiated", call.started_at)
    yield child.tell("ringing", call.started_at)
    if call.talks:
        yield child.tell("in-progress", call.talks[0].start)
        talked = seconds(call.talks[0].start, call.ended_at)
        yield child.tell("completed", call.ended_at, connected=talked, sip="200")
    else:
        word, sip = DIALLED[call.ending]
        yield child.tell(word, call.ended_at, connected=0, sip=sip)
    yield parent.tell("completed", call.ended_at, connected=seconds(call.started_at, call.ended_at))


class _Leg:
    """One leg with the numbers of its callbacks."""

    def __init__(self, line: Line, call: Call, sid: str, parent: str, direction: str, from_: str, to: str) -> None:
        self._line, self._call, self._sid, self._next = line, call, sid, 0
        self._fields = {
            "CallSid": sid,
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "Direction": direction,
            "From": from_,
            "To": to,
            "Caller": from_,
            "Called": to,
            "CallbackSource": "call-progress-events",
            "CallerName": "",
        }
        if parent:
            self._fields["ParentCallSid"] = parent

    def tell(self, status: str, at: datetime, *, connected: int | None = None, sip: str = "") -> Notice:
        fields = {
            **self._fields,
            "CallStatus": status,
            "SequenceNumber": str(self._next),
            "Timestamp": _rfc(at),
        }
        if connected is not None:
            # Minutes, begun ones whole, stand beside the seconds (section 4.2).
            fields |= {"CallDuration": str(connected), "Duration": str(-(-connected // 60))}
        if sip:
            fields["SipResponseCode"] = sip
        mark = digest(self._sid, str(self._next))[:24]
        self._next += 1
        return _notice(self._line, mark, ("call", provider_id(self._call)), status, at, fields)


def _recording(line: Line, call: Call, name: str, source: str, ready: datetime, start: datetime, length: int) -> Notice:
    sid = f"RE{digest(call.id, name)[:32]}"
    fields = {
        "AccountSid": ACCOUNT,
        "CallSid": provider_id(call),
        "RecordingSid": sid,
        "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}",
        "RecordingStatus": "completed",
        "RecordingDuration": str(length),
        "RecordingChannels": "1",
        "RecordingSource": source,
        "RecordingStartTime": _rfc(start),
        "ErrorCode": "0",
    }
    return _notice(line, sid[:24], ("call", provider_id(call)), name, ready, fields)


def heard(company: Company, line: Line, call: Call) -> Call:
    """Whole seconds, which also decide what "at once" is. The program has the call from its first moment."""
    _ = company, line
    call = cut(call)
    if call.direction == "inbound":
        call = replace(call, menu_from=call.started_at)
    ending = UNTOLD.get(call.ending, call.ending)
    early = call.ending is Ending.HUNG_UP_AT_ONCE and call.ended_at > call.started_at
    at_once = call.ending is Ending.CHANGED_MIND and call.ended_at == call.started_at
    return replace(call, ending=Ending.CHANGED_MIND if early else Ending.HUNG_UP_AT_ONCE if at_once else ending)


def provider_id(call: Call) -> str:
    return f"CA{digest('twilio', call.id)[:32]}"


def texts(company: Company, line: Line, message: Message) -> Iterator[Notice]:
    _ = company
    sid = text_id(message)
    if message.direction == "inbound":
        media = {f"MediaUrl{n}": f"https://api.twilio.com/media/{sid}/{n}" for n in range(message.media)}
        kinds = {f"MediaContentType{n}": "image/jpeg" for n in range(message.media)}
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": message.customer,
            "To": line.e164,
            "Body": text_of(message),
            "NumMedia": str(message.media),
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            **media,
            **kinds,
        }
        yield _notice(line, digest(sid)[:24], ("message", sid), "received", message.created_at, fields)
        return
    end = {Text.DELIVERED: "delivered", Text.UNDELIVERED: "undelivered"}.get(message.status)
    # Some numbers report every step, some only the last ones.
    words = ["queued"] * happens(0.5, sid) + ["sent"] + ([end] if end else [])
    for number, word in enumerate(words):
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "MessageStatus": word,
            "SmsStatus": word,
            "AccountSid": ACCOUNT,
            "From": line.e164,
            "To": message.customer,
            "ApiVersion": "2010-04-01",
        }
        if word == "undelivered":
            fields["ErrorCode"] = message.error
        at = message.created_at + (message.settled_at - message.created_at) * number / max(len(words) - 1, 1)
        yield _notice(line, digest(sid, word)[:24], ("message", sid), word, at, fields)


def heard_text(line: Line, message: Message) -> Message:
    """Nobody of ours is named on a text."""
    _ = line
    return replace(message, person="", created_at=whole(message.created_at))


def text_id(message: Message) -> str:
    return f"SM{digest('twilio', message.id)[:32]}"


def _notice(
    line: Line, mark: str, subject: tuple[str, str], kind: str, at: datetime, fields: Mapping[str, str]
) -> Notice:
    headers = (("content-type", f"{FORM}; charset=UTF-8"), ("i-twilio-idempotency-token", mark))
    return Notice(line.connection, SCHEME, mark, subject, kind, at, form(fields), headers=headers)


def _rfc(at: datetime) -> str:
    return format_datetime(at.astimezone(ZoneInfo("UTC"))).replace("GMT", "+0000")


def parts(call: Call) -> list[str]:
    """Every leg that was dialled has an id of its own."""
    whom = [r.person for r in call.rings] if call.direction == "inbound" else ["customer"]
    return [_dialled(call, who) for who in whom]


def _dialled(call: Call, who: str) -> str:
    return f"CA{digest(call.id, who)[:32]}"
