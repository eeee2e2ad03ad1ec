"""Telnyx: Call Control and Messaging webhooks, API version 2.

`call_session_id` is the call, `call_leg_id` one line of it; fold/lines.py makes one call of the lines. Only
`call.initiated` says a direction, and the fold takes that of the line that began first. The signature is
Ed25519 over `<timestamp>|<body>`; the secret of the connection is the account's public key.

Rules of meaning:

- A program answers an incoming line to play a menu. Once another line, a queue or a voicemail is known,
  `call.bridged` is the answer and `call.answered` is none.
- `start_time` is the begin of the line on every event; the answer is when `call.answered` occurred.
- There are no durations: everything is computed from times.
- A line that hung up in order with SIP 200 had been answered, also when the event of the answer is missing.
- How an incoming call was closed makes no outcome: unanswered is missed, whatever the cause.
- A delivery is stored without its `meta`, which counts the attempts: a repeat is the same event.
- Costs are told per line and add up; they are dollars where the delivery names no currency.
- A message to several receivers is one message here: delivered when all have it, undelivered when one has not.

Options of the connection: `agents`, numbers of people of ours that a program rings first when it places a call.
Every SIP address that a call is sent to, and whomever an incoming call is offered to, is one of ours anyway.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

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
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Line, Words, WordsKind, plain, words

from .adapter import Access, Adapter
from .addresses import agent_at, number_at, own_addresses, sip_agent
from .values import choice, document, identifier, instant, items, mapping, money, text, texts, whole

TOLERANCE = timedelta(seconds=300)
DIRECTION: Mapping[str, Direction] = {
    "incoming": Direction.INBOUND,
    "inbound": Direction.INBOUND,
    "outgoing": Direction.OUTBOUND,
    "outbound": Direction.OUTBOUND,
}
# Of a line that was not answered.
HANGUP_CAUSE: Mapping[str, EndedAs] = {
    "user_busy": EndedAs.BUSY,
    "call_rejected": EndedAs.REJECTED,
    "no_answer": EndedAs.NO_ANSWER,
    "timeout": EndedAs.NO_ANSWER,
    "originator_cancel": EndedAs.CANCELED,
    "not_found": EndedAs.FAILED,
    "unspecified": EndedAs.FAILED,
    "time_limit": EndedAs.FAILED,
    "normal_clearing": EndedAs.NO_ANSWER,  # within the first second: hung up at once, see `_read_hangup`
}
HANGUP_SOURCE: Mapping[str, HangupBy] = {"caller": HangupBy.CALLER, "callee": HangupBy.CALLEE}
DETECTED: Mapping[str, AnsweredBy] = {
    "human": AnsweredBy.PERSON,
    "human_residence": AnsweredBy.PERSON,
    "human_business": AnsweredBy.PERSON,
    "machine": AnsweredBy.MACHINE,
    "fax_detected": AnsweredBy.MACHINE,
}
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "queued": MessageStatus.PENDING,
    "sending": MessageStatus.PENDING,
    "sent": MessageStatus.SENT,
    "delivery_unconfirmed": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "sending_failed": MessageStatus.UNDELIVERED,
    "delivery_failed": MessageStatus.UNDELIVERED,
    "expired": MessageStatus.UNDELIVERED,
}
MESSAGE_KIND: Mapping[str, MessageKind] = {
    "sms": MessageKind.SMS,
    "mms": MessageKind.MMS,
    "rcs": MessageKind.MESSENGER,
    "whatsapp": MessageKind.MESSENGER,
}
# What all receivers of a message have in common: the first of these that one of them has.
_WORST = (
    MessageStatus.UNDELIVERED,
    MessageStatus.UNKNOWN,
    MessageStatus.PENDING,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
)
CURRENCY = "USD"
_IN_ORDER, _SIP_OK = "normal_clearing", "200"
_AT_ONCE = timedelta(seconds=1)
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_LONGEST_STAMP = 12


class Telnyx(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "telnyx"
    version = 1

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, now: datetime) -> None:
        stamp = delivery.headers.get("telnyx-timestamp", "")
        signature = _decoded(delivery.headers.get("telnyx-signature-ed25519", ""), _SIGNATURE_BYTES)
        if signature is None or not _in_time(stamp, now):
            raise NotAuthentic
        message = f"{stamp}|".encode() + delivery.body
        keys = [_decoded(secret.decode("ascii", "replace").strip(), _KEY_BYTES) for secret in secrets]
        if not any(_signed(message, signature, key) for key in keys if key is not None):
            raise NotAuthentic

    def without_credentials(self, delivery: Delivery) -> Delivery:
        """Attempts count themselves in `meta`, and the order of keys is not stable: one spelling for one event."""
        try:
            content = document(delivery.body)
        except Unreadable:
            return delivery
        content.pop("meta", None)
        body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return msgspec.structs.replace(delivery, body=body)

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        said = _said(delivery.body)
        event_type = identifier(said.event_type, "data.event_type")
        event_id = said.id or hashlib.sha256(self.without_credentials(delivery).body).hexdigest()[:32]
        kind, subject_id = _subject(said)
        return Identity(
            kind=kind,
            subject_id=subject_id or event_id,
            event_id=identifier(event_id, "data.id"),
            event_type=event_type,
            occurred_at=said.at,
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        said = _said(event.body)
        if event.subject.kind is SubjectKind.MESSAGE:
            return tuple(_read_message(said, event))
        reader = _READERS.get(said.event_type)
        if event.subject.kind is not SubjectKind.CALL or reader is None:
            return ()
        call = _Call(said, event, own_addresses(connection))
        return (*_opening(call), *reader(call))

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        said = _said(event.body)
        if event.subject.kind is SubjectKind.MESSAGE:
            return words(WordsKind.MESSAGE, said.payload.get("text"))
        told = mapping(said.payload.get("transcription_data"), "data.payload.transcription_data")
        text = plain(told.get("transcript"))
        # A piece that is not final comes again.
        if not text or told.get("is_final") is False:
            return ()
        return (Words(kind=WordsKind.TRANSCRIPT, lines=(Line(text=text),), running=True),)

    def access(self, _media: Media) -> Access:
        return Access(lives=_URLS_LIVE)


ADAPTER = Telnyx()
_URLS_LIVE = timedelta(minutes=10)


# --- signature


def _decoded(value: str, size: int) -> bytes | None:
    """Base64 of exactly so many bytes in its one canonical spelling; None for everything else."""
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Decoding forgives changed padding bits.
    return found if len(found) == size and base64.b64encode(found).decode() == value else None


def _in_time(stamp: str, now: datetime) -> bool:
    """ASCII digits only: `int()` would also take signs, spaces and other scripts' digits."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _LONGEST_STAMP):
        return False
    return abs((now - datetime.fromtimestamp(0, UTC)) - timedelta(seconds=int(stamp))) <= TOLERANCE


def _signed(message: bytes, signature: bytes, key: bytes) -> bool:
    # Here and not above: whoever folds Telnyx's events verifies nothing and need not load a library for it.
    from nacl.exceptions import BadSignatureError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(key).verify(message, signature)
    except BadSignatureError:
        return False
    return True


# --- envelope


class _Said(NamedTuple):
    """One event opened, with or without its envelope."""

    event_type: str
    id: str
    at: datetime | None
    payload: dict[str, Any]

    def text(self, name: str) -> str:
        value = self.payload.get(name)
        return text(value, f"data.payload.{name}").strip() if not isinstance(value, dict | list) else ""

    def time(self, name: str) -> datetime | None:
        return instant(self.payload.get(name))


def _said(body: bytes) -> _Said:
    outer = document(body)
    data = mapping(outer.get("data"), "data") if "data" in outer else outer
    return _Said(
        event_type=text(data.get("event_type"), "data.event_type"),
        id=text(data.get("id"), "data.id"),
        at=instant(data.get("occurred_at")),
        payload=mapping(data.get("payload"), "data.payload"),
    )


def _subject(said: _Said) -> tuple[SubjectKind, str]:
    """What an event is about; what is neither call nor message is kept under the event's own id."""
    if said.event_type.startswith("call."):
        session = said.text("call_session_id") or said.text("call_leg_id")
        if session:
            return SubjectKind.CALL, identifier(session, "data.payload.call_session_id")
    if said.event_type.startswith("message.") and said.payload.get("id") is not None:
        return SubjectKind.MESSAGE, identifier(said.payload.get("id"), "data.payload.id")
    return SubjectKind.OTHER, ""


# --- calls


class _Call(NamedTuple):
    """One event of a line. `own` are the addresses of people of ours."""

    said: _Said
    event: RawEvent
    own: frozenset[str]

    @property
    def line(self) -> str:
        return self.said.text("call_leg_id") or self.said.text("call_control_id") or self.event.subject.id

    @property
    def agent(self) -> Agent | None:
        """The person of ours whose telephone this line rings."""
        to = self.said.text("to")
        return sip_agent(to) or agent_at(to, self.own)

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind,
            call_id=self.event.subject.id,
            received_at=self.event.received_at,
            at=at,
            **({"line": self.line} | attributes),
        )


def _opening(call: _Call) -> Iterable[CallFact]:
    """When the line began and between whom: what nearly every event of it repeats."""
    said = call.said
    if not (said.text("from") or said.text("to")):
        return
    began = said.time("start_time") or (said.at if said.event_type == "call.initiated" else None)
    direction = DIRECTION.get(said.text("direction").lower())
    name = said.text("caller_id_name")
    yield call.fact(
        FactKind.STARTED if began else FactKind.INFO,
        began,
        direction=direction,
        from_number=number_at(said.text("from")),
        to_number="" if call.agent else number_at(said.text("to")),
        to_party=said.text("to"),
        agent=call.agent,
        remote_name=name if direction is Direction.INBOUND and name != said.text("from") else "",
    )


def _read_initiated(call: _Call) -> Iterable[CallFact]:
    tags = texts(call.said.payload.get("tags"), "data.payload.tags")
    if tags:
        yield call.fact(FactKind.INFO, call.said.at, tags=tags)


def _read_answered(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.ANSWERED, call.said.at, agent=call.agent)


def _read_bridged(call: _Call) -> Iterable[CallFact]:
    """Two lines joined: whoever had picked up, now they talk."""
    yield call.fact(FactKind.ANSWERED, call.said.at, agent=call.agent, answered_by=AnsweredBy.UNKNOWN)


def _read_hold(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.HELD, call.said.at)


def _read_unhold(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.RESUMED, call.said.at)


def _read_enqueued(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.QUEUED, call.said.at, line="", queue=Ref(name=call.said.text("queue")))


def _read_dequeued(call: _Call) -> Iterable[CallFact]:
    """The way out of a queue states how long the wait was; the way in may never have come."""
    waited_s = whole(call.said.payload.get("wait_time_secs"), "data.payload.wait_time_secs")
    if waited_s is not None and call.said.at:
        since = call.said.at - timedelta(seconds=waited_s)
        yield call.fact(FactKind.QUEUED, since, line="", queue=Ref(name=call.said.text("queue")))


def _read_hangup(call: _Call) -> Iterable[CallFact]:
    """The end, twice: what happened to the call, and how this line was closed. Which of the two
    makes the outcome depends on the direction, and that this event does not know.
    """
    said = call.said
    began, ended = said.time("start_time"), said.time("end_time") or said.at
    word, sip = said.text("hangup_cause").lower(), said.text("sip_hangup_cause")
    closed = HANGUP_CAUSE.get(word, EndedAs.UNKNOWN)
    answered_by = None
    if word == _IN_ORDER and sip == _SIP_OK:
        closed, answered_by = EndedAs.ANSWERED, AnsweredBy.UNKNOWN
    elif word == _IN_ORDER and began and ended and ended - began < _AT_ONCE:
        closed = EndedAs.CANCELED
    yield call.fact(
        FactKind.ENDED,
        ended,
        ended_as=closed if closed in (EndedAs.ANSWERED, EndedAs.CANCELED) else None,
        answered_by=answered_by,
        status=word,
        cause=sip if sip.lower() != "unspecified" else word,
        hangup_by=choice(said.payload.get("hangup_source"), HANGUP_SOURCE),
    )
    if call.agent and closed is EndedAs.CANCELED:
        # The colleague declined nothing: the ring was taken back.
        closed = EndedAs.NO_ANSWER
    yield call.fact(FactKind.LEG_ENDED, ended, ended_as=closed, agent=call.agent)


def _read_recording(call: _Call) -> Iterable[CallFact]:
    said = call.said
    began, ended = said.time("recording_started_at"), said.time("recording_ended_at")
    urls = {
        **mapping(said.payload.get("public_recording_urls"), "data.payload.public_recording_urls"),
        **mapping(said.payload.get("recording_urls"), "data.payload.recording_urls"),
    }
    url = next(
        (text(urls[name], "data.payload.recording_urls") for name in ("mp3", "wav", *urls) if urls.get(name)), ""
    )
    seconds = int((ended - began).total_seconds()) if began and ended and ended >= began else None
    media = Media(id=said.text("recording_id"), url=url, seconds=seconds)
    yield call.fact(FactKind.RECORDING, began or said.at, line="", media=media)


def _read_transcript(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.TRANSCRIPT, call.said.at, line="")


def _read_detection(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.INFO, call.said.at, answered_by=choice(call.said.payload.get("result"), DETECTED))


def _read_cost(call: _Call) -> Iterable[CallFact]:
    said = call.said
    if said.text("status").lower() not in ("", "success") or said.payload.get("total_cost") is None:
        return
    field = "data.payload.cost_parts"
    parts = [mapping(entry, f"{field}[]") for entry in items(said.payload.get("cost_parts"), field)]
    currency = next((text(p.get("currency"), f"{field}[].currency") for p in parts if p.get("currency")), CURRENCY)
    cost = money({"amount": said.payload.get("total_cost"), "currency": currency}, "data.payload.total_cost")
    yield call.fact(FactKind.CHARGED, said.time("occurred_at") or said.at, cost=cost)


_READERS: Mapping[str, Callable[[_Call], Iterable[CallFact]]] = {
    "call.initiated": _read_initiated,
    "call.answered": _read_answered,
    "call.bridged": _read_bridged,
    "call.hold": _read_hold,
    "call.unhold": _read_unhold,
    "call.enqueued": _read_enqueued,
    "call.dequeued": _read_dequeued,
    "call.hangup": _read_hangup,
    "call.recording.saved": _read_recording,
    "call.recording.transcription.saved": _read_transcript,
    "call.machine.detection.ended": _read_detection,
    "call.machine.premium.detection.ended": _read_detection,
    "call.cost": _read_cost,
}


# --- messages


def _read_message(said: _Said, event: RawEvent) -> Iterable[Fact]:
    field = "data.payload"
    if said.event_type not in ("message.received", "message.sent", "message.finalized"):
        return
    direction = DIRECTION.get(said.text("direction").lower())
    inbound = said.event_type == "message.received" or direction is Direction.INBOUND
    sender, *_ = [*_parties(said.payload.get("from"), f"{field}.from"), {}]
    receivers = _parties(said.payload.get("to"), f"{field}.to")
    copies = _parties(said.payload.get("cc"), f"{field}.cc")
    cost = mapping(said.payload.get("cost"), f"{field}.cost")
    words = [text(r.get("status"), f"{field}.to[].status").lower() for r in receivers if r.get("status")]
    errors = [mapping(entry, f"{field}.errors[]") for entry in items(said.payload.get("errors"), f"{field}.errors")]
    numbers = tuple(n for n in (_phone(entry, f"{field}.to[]") for entry in (*receivers, *copies)) if n)
    media = items(said.payload.get("media"), f"{field}.media")
    ours = _phone(sender, f"{field}.from")
    if inbound:
        ours = numbers[0] if len(numbers) == 1 else ""
    yield MessageFact(
        message_id=event.subject.id,
        received_at=event.received_at,
        at=said.time("completed_at") or said.at,
        status=MessageStatus.RECEIVED if inbound else _status(said.event_type, words),
        status_raw=words[0] if words else said.event_type.partition(".")[2],
        created_at=said.time("received_at"),
        kind=choice(said.payload.get("type"), MESSAGE_KIND),
        direction=Direction.INBOUND if inbound else direction or Direction.OUTBOUND,
        from_number=_phone(sender, f"{field}.from"),
        to_numbers=numbers,
        business_number=ours,
        segments=whole(said.payload.get("parts"), f"{field}.parts"),
        media_count=len(media),
        error_code=text(errors[0].get("code"), f"{field}.errors[].code") if errors else "",
        error_text=text(errors[0].get("title"), f"{field}.errors[].title") if errors else "",
        cost=money(cost, f"{field}.cost") if cost.get("amount") is not None else None,
    )


def _parties(value: object, field: str) -> list[dict[str, Any]]:
    """The ends of a message: objects in a list, one object, or (as older messages have it) plain numbers."""
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return [{"phone_number": e} if isinstance(e, str) else mapping(e, field) for e in listed]


def _phone(entry: Mapping[str, Any], field: str) -> str:
    return number_at(text(entry.get("phone_number"), f"{field}.phone_number").strip())


def _status(event_type: str, words: Sequence[str]) -> MessageStatus:
    if not words:
        return MessageStatus.SENT if event_type == "message.sent" else MessageStatus.UNKNOWN
    found = {MESSAGE_STATUS.get(word, MessageStatus.UNKNOWN) for word in words}
    return next(status for status in _WORST if status in found)
