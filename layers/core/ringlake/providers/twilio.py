"""Twilio: callbacks of calls, dials, queues, recordings, transcripts and messages.

A call of Twilio's is one line. `ParentCallSid` names the line that had it dialled, so a child is filed
under its own id as a part of its parent (`related`), and fold/lines.py makes the call of them: the parent is the
caller's own line, each child an attempt to reach somebody. There is no type field; the fields tell
what a request is (`_kind`).

Rules of meaning:

- The terminal word of a parent proves nothing: Twilio picks an incoming line up to run the program. Its
  pick-up is an answer only while no child, queue or voicemail is known.
- `CallDuration` is seconds of connection, `Duration` billed minutes and never read. Without an event of the answer
  the answer was `CallDuration` before the end.
- A browser or SIP phone that places a call is `inbound` to Twilio and outbound to the business.
- A recording by the verb Record is a voicemail; every other one is a recording of the call.
- Prices are never in a callback; texts stay in the raw event.

Options of the connection: `account_sid`, the accounts whose callbacks are taken, separated by commas (without it,
every one that the auth token signs); `agents`, numbers and SIP addresses of people of ours: an
incoming line from one of them is a call that they place. Whomever an incoming call is offered to is ours anyway.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    Agent,
    AnsweredBy,
    CallFact,
    Direction,
    EndedAs,
    Fact,
    FactKind,
    HangupBy,
    Media,
    MessageFact,
    MessageKind,
    MessageStatus,
    Ref,
    Step,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Line, Words, WordsKind, plain, words

from .adapter import Access, Adapter, Answer
from .addresses import agent_at, number_at, own_addresses
from .values import document, identifier, text, whole

# Words of a call, for a line that was called; incoming lines are in INBOUND_ENDED.
CALL_ENDED: Mapping[str, EndedAs] = {
    "completed": EndedAs.ANSWERED,  # only with CallDuration above 0, see `_ended`
    "busy": EndedAs.BUSY,
    "failed": EndedAs.FAILED,
    "no-answer": EndedAs.NO_ANSWER,
    "canceled": EndedAs.CANCELED,
}
CALL_WORDS = frozenset({"queued", "initiated", "ringing", "in-progress", *CALL_ENDED})
# `answered` and `completed` of a dial say that somebody talked; whether the end was in order does not matter.
DIAL_ENDED: Mapping[str, EndedAs] = {
    "completed": EndedAs.ANSWERED,
    "answered": EndedAs.ANSWERED,
    "busy": EndedAs.BUSY,
    "no-answer": EndedAs.NO_ANSWER,
    "failed": EndedAs.FAILED,
    "canceled": EndedAs.CANCELED,
}
ANSWERED_BY: Mapping[str, AnsweredBy] = {
    "human": AnsweredBy.PERSON,
    "machine": AnsweredBy.MACHINE,  # and every word that begins with it
    "fax": AnsweredBy.MACHINE,
    "unknown": AnsweredBy.UNKNOWN,
}
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "received": MessageStatus.RECEIVED,
    "receiving": MessageStatus.RECEIVED,
    "accepted": MessageStatus.PENDING,
    "scheduled": MessageStatus.PENDING,
    "queued": MessageStatus.PENDING,
    "sending": MessageStatus.PENDING,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "partially_delivered": MessageStatus.DELIVERED,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.UNDELIVERED,
    "canceled": MessageStatus.UNDELIVERED,
}
INCOMING = frozenset({"received", "receiving"})
READY = "completed"  # of a recording or transcript; the others are in progress, absent or failed
VOICEMAIL_SOURCE = "recordverb"
# A caller who leaves a queue by hanging up.
_HUNG_UP = "hangup"
# Hosts under which phones register at Twilio.
SIP_HOSTS = (".twilio.com",)
_FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": 443, "http": 80}
_LONGEST_CHOICE = 2


class Twilio(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "twilio"
    version = 1
    kept_headers = frozenset({"content-type", "i-twilio-idempotency-token"})
    # An answer with text would be sent to the customer who wrote a message; JSON is an error in Twilio's log.
    receipt = Answer(headers={"content-type": "text/xml"}, body='<?xml version="1.0" encoding="UTF-8"?><Response/>')

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, _now: datetime) -> None:
        presented = _bytes(delivery.headers.get("x-twilio-signature", ""))
        appended = _appended(delivery)
        matched = False
        for secret in secrets:
            for address in _addresses(delivery.url):
                digest = hmac.digest(secret.strip(), _bytes(address + appended), "sha1")
                matched |= bool(secret.strip()) & hmac.compare_digest(presented, base64.b64encode(digest))
        if not matched or not _is_of_account(delivery, connection):
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        said = _fields(delivery.body, delivery.query)
        kind = _kind(said)
        if kind is None:
            return _unknown(delivery, said)
        subject_id = identifier(said.get(kind.id_field), kind.id_field)
        word = said.get(kind.word_field, "").strip().lower()
        parts = [kind.name, *(said.get(name, "") for name in kind.key_fields)]
        if kind.by_content:
            parts.append(hashlib.sha256(delivery.body + b"\0" + delivery.query.encode()).hexdigest()[:16])
        parent = said.get("ParentCallSid", "")
        return Identity(
            kind=kind.subject,
            subject_id=subject_id,
            event_id=identifier("/".join([subject_id, *(p for p in parts if p)]), kind.id_field),
            event_type=identifier(f"{kind.name}.{word}" if word else kind.name, kind.word_field),
            occurred_at=_stamp(said.get("Timestamp")),
            related=(identifier(parent, "ParentCallSid"),) if parent and parent != subject_id else (),
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        if event.subject.kind not in (SubjectKind.CALL, SubjectKind.MESSAGE):
            return ()
        said = _fields(event.body, event.query)
        kind = _kind(said)
        return () if kind is None else tuple(kind.read(_Said(said, event, connection)))

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        said = _fields(event.body, event.query)
        if event.subject.kind is SubjectKind.MESSAGE:
            return words(WordsKind.MESSAGE, said.get("Body"))
        spoken = words(WordsKind.TRANSCRIPT, said.get("TranscriptionText"), url=said.get("TranscriptionUrl"))
        return spoken or _spoken_along(said)

    def access(self, _media: Media) -> Access:
        # The account decides whether its media need its credentials.
        return Access(login=True)


ADAPTER = Twilio()


# --- signature


def _appended(delivery: Delivery) -> str:
    """What stands behind the address in the signed text: the fields of a form, nothing for GET and for
    bodies whose hash is in the address. Raises `NotAuthentic` for a body that nothing covers.
    """
    hashes = [value for name, value in parse_qsl(delivery.query) if name == "bodySHA256"]
    if hashes:
        digest = hashlib.sha256(delivery.body).hexdigest()
        if len(hashes) != 1 or not hmac.compare_digest(_bytes(hashes[0]), digest.encode()):
            raise NotAuthentic
    if delivery.headers.get("content-type", "").strip().lower().startswith(_FORM):
        values: dict[str, set[str]] = {}
        for name, value in _pairs(delivery.body, NotAuthentic()):
            values.setdefault(name, set()).add(value)
        return "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    if not hashes and (delivery.body or delivery.method != "GET"):
        raise NotAuthentic
    return ""


def _addresses(url: str) -> tuple[str, str]:
    """Senders are inconsistent about the port: the address without it, and with it."""
    try:
        parts = urlsplit(url.partition("#")[0])
        port = parts.port or _PORTS.get(parts.scheme, 443)
    except ValueError:
        raise NotAuthentic from None
    bare = parts.netloc.removesuffix(f":{port}")
    return urlunsplit(parts._replace(netloc=bare)), urlunsplit(parts._replace(netloc=f"{bare}:{port}"))


def _is_of_account(delivery: Delivery, connection: Connection) -> bool:
    wanted = {a.strip() for a in connection.options.get("account_sid", "").split(",") if a.strip()}
    if not wanted:
        return True
    try:
        return _fields(delivery.body, delivery.query).get("AccountSid") in wanted
    except Unreadable:
        return False


def _bytes(content: str) -> bytes:
    try:
        return content.encode()
    except UnicodeEncodeError:
        raise NotAuthentic from None


# --- what a request is


class _Said(NamedTuple):
    """One request's fields with what came with it."""

    fields: Mapping[str, str]
    event: RawEvent
    connection: Connection

    def get(self, name: str) -> str:
        return self.fields.get(name, "").strip()

    def word(self, name: str) -> str:
        return self.get(name).lower()

    @property
    def at(self) -> datetime | None:
        return _stamp(self.fields.get("Timestamp"))

    def fact(self, kind: FactKind, at: datetime | None = None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )


class _Kind(NamedTuple):
    """One kind of request: its subject, and which fields make its event id (docs/providers/twilio.md).

    `by_content` is for requests that repeat under the same fields with other content.
    """

    name: str
    subject: SubjectKind
    id_field: str
    word_field: str
    key_fields: tuple[str, ...]
    read: Callable[[_Said], Iterable[Fact]]
    by_content: bool = False


def _fields(body: bytes, query: str) -> dict[str, str]:
    """Fields of the form, of a flat JSON object, or of the query where the body is empty. Of a repeated
    field the last counts. Raises `Unreadable`.
    """
    if not body.strip():
        return dict(_pairs(query.encode("utf-8", "surrogatepass"), Unreadable("query", "not UTF-8")))
    if body.lstrip()[:1] == b"{":
        scalars = {n: v for n, v in document(body).items() if isinstance(v, str | int) and not isinstance(v, bool)}
        return {text(n, "body"): text(v, "body") for n, v in scalars.items()}
    return dict(_pairs(body, Unreadable("body", "not a form")))


def _pairs(content: bytes, error: Exception) -> list[tuple[str, str]]:
    try:
        return parse_qsl(content.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise error from None


def _kind(said: Mapping[str, str]) -> _Kind | None:
    """The kind by its telling fields, the most particular first; None for what we do not know."""

    def has(*names: str) -> bool:
        return all(said.get(name, "").strip() for name in names)

    if has("RecordingSid", "RecordingStatus"):
        return _RECORDING if has("CallSid") else None
    if has("TranscriptionSid", "CallSid"):
        return _TRANSCRIPTION
    if has("MessageSid") or has("SmsSid"):
        status = (said.get("MessageStatus") or said.get("SmsStatus") or "").strip().lower()
        incoming = status in INCOMING or not (status or has("EventType"))
        id_field = "MessageSid" if has("MessageSid") else "SmsSid"
        return (_INCOMING_MESSAGE if incoming else _MESSAGE)._replace(id_field=id_field)
    if not has("CallSid"):
        return None
    if has("DialCallStatus"):
        return _DIAL
    if has("QueueResult") or has("QueueSid"):
        return _QUEUE
    if has("AnsweredBy", "MachineDetectionDuration"):
        return _DETECTION
    if has("CallStatus"):
        # The verb Record sends the key that ended it, too.
        chosen = (said.get("Digits") or said.get("SpeechResult")) and not said.get("RecordingUrl")
        return _GATHER if chosen else _CALL
    return None


def _unknown(delivery: Delivery, said: Mapping[str, str]) -> Identity:
    """Kept under its own content: Twilio adds kinds of callbacks without notice."""
    digest = hashlib.sha256(delivery.body + b"\0" + delivery.query.encode("utf-8", "replace")).hexdigest()[:32]
    word = next((f"{n}={said[n]}" for n in ("StatusCallbackEvent", "EventType", "StreamEvent") if said.get(n)), "")
    return Identity(
        kind=SubjectKind.OTHER,
        subject_id=digest,
        event_id=digest,
        event_type=f"unknown {word}"[:64].strip() if word.isprintable() else "unknown",
        occurred_at=_stamp(said.get("Timestamp")),
    )


def _stamp(value: str | None) -> datetime | None:
    """A time as RFC 2822 has it; None for everything else."""
    try:
        found = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError):
        return None
    try:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if 2000 <= found.year < 2100 else None


# --- whose line it is


class _Side(NamedTuple):
    """One line as the business sees it. `agent` is our person on it, `child` whether another line dialled it."""

    direction: Direction | None
    agent: Agent | None
    child: bool = False
    business: str = ""
    remote: str = ""


def _side(said: _Said) -> _Side:
    own = own_addresses(said.connection)
    caller, callee = said.get("From") or said.get("Caller"), said.get("To") or said.get("Called")
    ours_calls, ours_called = agent_at(caller, own, SIP_HOSTS), agent_at(callee, own, SIP_HOSTS)
    calling = "" if ours_calls else number_at(caller)
    called = "" if ours_called else number_at(callee)
    if said.get("ParentCallSid"):
        return _Side(None, ours_called, child=True, business=calling, remote=called)
    direction = said.word("Direction")
    if ours_calls and ours_called:
        return _Side(Direction.INTERNAL, ours_calls)
    if ours_calls:
        # Browser and SIP phones: inbound to Twilio, outbound to the business.
        return _Side(Direction.OUTBOUND, ours_calls, remote=called)
    if direction.startswith("outbound") or direction == "trunking-terminating":
        # Dialled by the program; when it is one of us who is rung first, the customer is on another line.
        return _Side(Direction.OUTBOUND, ours_called, business=calling, remote=called)
    if direction in ("inbound", "trunking-originating"):
        return _Side(Direction.INBOUND, ours_called, business=called, remote=calling)
    return _Side(None, ours_called, business=calling, remote=called)


# --- calls


def _read_call(said: _Said) -> Iterable[Fact]:
    """Status callbacks, and the request that asks the program what to do with an incoming call."""
    side, word, at = _side(said), said.word("CallStatus"), said.at
    line = said.event.subject.id
    yield from _opening(said, side, line)
    status = "" if side.child else word
    if word in ("queued", "initiated"):
        if side.child:
            yield said.fact(FactKind.RINGING, at, line=line, agent=side.agent, to_party=said.get("To"))
        else:
            yield said.fact(FactKind.STARTED, at, line=line, direction=side.direction, agent=side.agent)
            yield said.fact(FactKind.QUEUED, at, line=line, status=status)
    elif word == "ringing":
        if side.child:
            yield said.fact(FactKind.RINGING, at, line=line, agent=side.agent, to_party=said.get("To"))
        else:
            yield said.fact(FactKind.STARTED, at, line=line, direction=side.direction, agent=side.agent, status=status)
            if side.direction is Direction.OUTBOUND and side.agent is None:
                yield said.fact(FactKind.RINGING, at, line=line)
    elif word == "in-progress":
        yield _answer(said, side, line, at)
        if status:
            yield said.fact(FactKind.INFO, at, line=line, status=status)
    elif word in CALL_ENDED:
        yield from _ended(said, side, line, word)
    else:
        yield said.fact(FactKind.INFO, at, line=line, status=status)
    if _answered_by(said):
        # Also about a pick-up that was told without it.
        yield said.fact(FactKind.INFO, at, line=line, answered_by=_answered_by(said))
    yield from _call_recording(said)


def _opening(said: _Said, side: _Side, line: str) -> Iterable[CallFact]:
    """Who is on the line: what every callback of it repeats. Without a time, so that repeats are one fact."""
    weak = side.child or side.direction is None
    names = ("from_number", "to_number") if weak else ("business_number", "remote_number")
    ends: dict[str, Any] = dict(zip(names, (side.business, side.remote), strict=True))
    yield said.fact(
        FactKind.INFO,
        line=line,
        direction=side.direction,
        agent=side.agent,
        remote_name=said.get("CallerName") if side.direction is Direction.INBOUND else "",
        to_party=said.get("To") if side.child else "",
        **ends,
    )


def _answer(said: _Said, side: _Side, line: str, at: datetime | None) -> CallFact:
    return said.fact(
        FactKind.ANSWERED,
        at,
        line=line,
        agent=side.agent,
        answered_by=_answered_by(said) or (AnsweredBy.UNKNOWN if side.child else None),
    )


def _answered_by(said: _Said) -> AnsweredBy | None:
    word = said.word("AnsweredBy")
    return ANSWERED_BY["machine"] if word.startswith("machine") else ANSWERED_BY.get(word)


def _ended(said: _Said, side: _Side, line: str, word: str) -> Iterable[CallFact]:
    talked_s = whole(said.get("CallDuration") or None, "CallDuration")
    ended_as: EndedAs | None = CALL_ENDED[word]
    answered_by = None
    if word == "completed" and talked_s == 0:
        # Hung up before anybody picked up: by us where we called, else nobody answered.
        ended_as = EndedAs.CANCELED if side.direction is Direction.OUTBOUND else EndedAs.NO_ANSWER
    elif word == "completed":
        if talked_s and said.at:
            yield _answer(said, side, line, said.at - timedelta(seconds=talked_s))
        elif talked_s is None:
            answered_by = _answered_by(said) or AnsweredBy.UNKNOWN
        if side.agent and side.direction is Direction.OUTBOUND:
            # The end of our own phone's line does not say how the customer's line ended.
            ended_as = None
    elif word == "canceled" and side.child and side.agent:
        # The colleague declined nothing: the ring was taken back.
        ended_as = EndedAs.NO_ANSWER
    taken_back = word == "canceled" and side.child
    yield said.fact(
        FactKind.ENDED,
        said.at,
        line=line,
        ended_as=ended_as,
        answered_by=answered_by,
        hangup_by=HangupBy.CALLER if taken_back else None,
        status="" if side.child else word,
        cause=said.get("SipResponseCode"),
        # How long a line was connected is how long somebody talked, but for a line that a program picked up.
        duration_s=talked_s if talked_s and (side.child or side.direction is not Direction.INBOUND) else None,
    )


def _call_recording(said: _Said) -> Iterable[CallFact]:
    """Terminal callbacks of a call that was made with Record=true name its recording."""
    if said.get("RecordingUrl") or said.get("RecordingSid"):
        yield said.fact(FactKind.RECORDING, said.at, media=_media(said))


def _read_dial(said: _Said) -> Iterable[Fact]:
    """The end of a Dial, told of the parent. It has no time of its own, so it is only a word about the attempt."""
    side, line = _side(said), said.event.subject.id
    yield from _opening(said, side, line)
    ended_as = DIAL_ENDED.get(said.word("DialCallStatus"), EndedAs.UNKNOWN)
    talked_s = whole(said.get("DialCallDuration"), "DialCallDuration")
    yield said.fact(
        FactKind.LEG_ENDED,
        said.at,
        leg_id=said.get("DialCallSid") or "dial",
        ended_as=ended_as,
        duration_s=talked_s or None,
    )
    yield from _call_recording(said)


def _read_queue(said: _Said) -> Iterable[Fact]:
    """Waiting in a queue, told while it lasts (QueuePosition) and at its end (QueueResult), with the seconds so far."""
    side, line = _side(said), said.event.subject.id
    yield from _opening(said, side, line)
    told_at = said.at or said.event.received_at
    waited_s = whole(said.get("QueueTime"), "QueueTime") or 0
    queue = Ref(id=said.get("QueueSid"), name=said.get("QueueName"))
    yield said.fact(
        FactKind.QUEUED, told_at - timedelta(seconds=waited_s), queue=queue, status=said.word("QueueResult")
    )
    if said.word("QueueResult") == _HUNG_UP:
        yield said.fact(FactKind.ENDED, said.at, ended_as=EndedAs.ABANDONED, hangup_by=HangupBy.CUSTOMER)


def _read_detection(said: _Said) -> Iterable[Fact]:
    """Who picked up, found out after the answer."""
    yield said.fact(FactKind.INFO, said.at, line=said.event.subject.id, answered_by=_answered_by(said))


def _read_gather(said: _Said) -> Iterable[Fact]:
    """A choice in a menu. Longer input may be an account number or a card: only that there was some."""
    side, line = _side(said), said.event.subject.id
    yield from _opening(said, side, line)
    digits = said.get("Digits")
    value = digits if len(digits) <= _LONGEST_CHOICE else ""
    yield said.fact(FactKind.STEP, said.at, step=Step(kind="ivr", value=value))


def _read_recording(said: _Said) -> Iterable[Fact]:
    if said.word("RecordingStatus") != READY:
        return
    voicemail = said.word("RecordingSource") == VOICEMAIL_SOURCE
    yield said.fact(
        FactKind.VOICEMAIL if voicemail else FactKind.RECORDING,
        _stamp(said.get("RecordingStartTime")),
        media=_media(said),
    )


def _media(said: _Said) -> Media:
    return Media(
        id=said.get("RecordingSid"),
        url=said.get("RecordingUrl"),
        seconds=whole(said.get("RecordingDuration"), "RecordingDuration"),
    )


def _read_transcription(said: _Said) -> Iterable[Fact]:
    """Ready transcripts of recordings, and the spoken words of a transcription that runs along with the call."""
    if said.word("TranscriptionStatus") == READY or said.word("TranscriptionEvent") == "transcription-content":
        yield said.fact(FactKind.TRANSCRIPT, said.at)


def _spoken_along(said: Mapping[str, str]) -> Sequence[Words]:
    """A piece of a transcription that runs along with the call."""
    try:
        told = document(said.get("TranscriptionData", "").encode())
    except Unreadable:
        return ()
    text = plain(told.get("transcript"))
    return (Words(kind=WordsKind.TRANSCRIPT, lines=(Line(text=text),), running=True),) if text else ()


# --- messages


def _read_message(said: _Said) -> Iterable[Fact]:
    """Messages carry no time: the time of reception stands for it."""
    word = said.word("MessageStatus") or said.word("SmsStatus") or said.word("EventType") or "received"
    status = MESSAGE_STATUS.get(word, MessageStatus.UNKNOWN)
    inbound = status is MessageStatus.RECEIVED
    sender, receiver = number_at(said.get("From")), number_at(said.get("To"))
    media = whole(said.get("NumMedia"), "NumMedia")
    error = said.get("ErrorCode")
    yield MessageFact(
        message_id=said.event.subject.id,
        received_at=said.event.received_at,
        status=status,
        status_raw=word,
        kind=_message_kind(said, media),
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        from_number=sender,
        to_numbers=(receiver,) if receiver else (),
        business_number=receiver if inbound else sender,
        segments=whole(said.get("NumSegments"), "NumSegments"),
        media_count=media,
        error_code="" if error == "0" else error,
        error_text=said.get("ChannelStatusMessage"),
    )


def _message_kind(said: _Said, media: int | None) -> MessageKind | None:
    """None where a receipt does not tell: another event of the message does."""
    channel = f"{said.word('From')} {said.word('To')} {said.word('ChannelPrefix')}:"
    if "whatsapp:" in channel or "messenger:" in channel or "rcs:" in channel:
        return MessageKind.MESSENGER
    if media or said.event.subject.id.startswith("MM"):
        return MessageKind.MMS
    return MessageKind.SMS if media is not None else None


_CALL = _Kind("call", SubjectKind.CALL, "CallSid", "CallStatus", ("SequenceNumber", "CallStatus"), _read_call)
_DIAL = _Kind("dial", SubjectKind.CALL, "CallSid", "DialCallStatus", ("DialCallSid", "DialCallStatus"), _read_dial)
_QUEUE = _Kind(
    "queue", SubjectKind.CALL, "CallSid", "QueueResult", ("QueueSid", "QueueResult"), _read_queue, by_content=True
)
_DETECTION = _Kind("detection", SubjectKind.CALL, "CallSid", "AnsweredBy", ("AnsweredBy",), _read_detection)
_GATHER = _Kind("gather", SubjectKind.CALL, "CallSid", "", (), _read_gather, by_content=True)
_RECORDING = _Kind(
    "recording", SubjectKind.CALL, "CallSid", "RecordingStatus", ("RecordingSid", "RecordingStatus"), _read_recording
)
_TRANSCRIPTION = _Kind(
    "transcription",
    SubjectKind.CALL,
    "CallSid",
    "TranscriptionStatus",
    ("TranscriptionSid", "TranscriptionStatus", "TranscriptionEvent", "SequenceId"),
    _read_transcription,
)
_MESSAGE = _Kind(
    "message",
    SubjectKind.MESSAGE,
    "MessageSid",
    "MessageStatus",
    ("MessageStatus", "SmsStatus", "EventType"),
    _read_message,
)
_INCOMING_MESSAGE = _MESSAGE._replace(word_field="SmsStatus", key_fields=("SmsStatus",))
