"""Vonage: event webhook of the Voice API, inbound and status webhooks of the Messages API.

`conversation_uuid` is the call, `uuid` one line of it; fold/lines.py makes one call of the lines. A
delivery is proved by a JSON web token in its `Authorization` header, whose claim `payload_hash` covers the
body (docs/adr/0025). What a delivery is, its fields tell.

Rules of meaning:

- `completed` says nothing of itself: with a duration the line had been answered, without one it had not.
  A closing word that says more (`busy`, `unanswered`, ...) comes before it and wins.
- A program answers an incoming line to play something; see fold/lines.py for when that is an answer.
- `human` and `machine` come after the answer and name the line `call_uuid`.
- Numbers come without a plus; times of a line are its own, durations and prices are text.
- A line that is transferred goes on under another conversation, of which the earlier one is then a part.
- Prices of calls are euro.

Options of the connection: `api_key` and `application_id`, what the token must claim (several separated by commas;
without one, whatever the secret signed is taken); `max_age_s`, how old a token may be (default a day, because
deliveries that failed come again for so long); `agents`, numbers of people of ours that a program rings first when
it places a call. SIP addresses, and whomever an incoming call is offered to, are ours anyway.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

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
    Step,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words, WordsKind, words

from . import jws
from .adapter import Access, Adapter
from .addresses import agent_at, number_at, own_addresses, sip_agent
from .values import choice, document, identifier, instant, mapping, money, text, whole

MAX_AGE = timedelta(hours=24)
AHEAD = timedelta(seconds=300)
DIRECTION: Mapping[str, Direction] = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
# Closing words of a line; `completed` is `_read_completed`.
ENDED: Mapping[str, EndedAs] = {
    "busy": EndedAs.BUSY,
    "cancelled": EndedAs.CANCELED,
    "unanswered": EndedAs.NO_ANSWER,
    "timeout": EndedAs.NO_ANSWER,
    "rejected": EndedAs.FAILED,  # but for REJECTED_AS
    "failed": EndedAs.FAILED,
}
REJECTED_AS: Mapping[str, EndedAs] = {"declined": EndedAs.REJECTED}
DETECTED: Mapping[str, AnsweredBy] = {"human": AnsweredBy.PERSON, "machine": AnsweredBy.MACHINE}
DISCONNECTED_BY: Mapping[str, HangupBy] = {"user": HangupBy.CUSTOMER, "platform": HangupBy.SYSTEM}
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "submitted": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "rejected": MessageStatus.UNDELIVERED,
    "undeliverable": MessageStatus.UNDELIVERED,
}
MESSAGE_KIND: Mapping[str, MessageKind] = {"sms": MessageKind.SMS, "mms": MessageKind.MMS}
# Kinds of messages that are or carry a file.
MEDIA = frozenset({"image", "audio", "video", "file", "vcard", "sticker"})
CURRENCY = "EUR"
_SCHEME = "bearer "
_PHONE_DIGITS = range(8, 16)
_LONGEST_CHOICE = 2


class Vonage(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "vonage"
    version = 1

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, now: datetime) -> None:
        header = delivery.headers.get("authorization", "")
        if not header.lower().startswith(_SCHEME):
            raise NotAuthentic
        try:
            token = header[len(_SCHEME) :].strip().encode("ascii")
            claims = document(jws.verify(token, [secret.strip() for secret in secrets]))
        except (UnicodeEncodeError, Unreadable):
            raise NotAuthentic from None
        if not (_in_time(claims, connection, now) & _is_of_account(claims, connection) & _covers(claims, delivery)):
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        said = _said(delivery.body, delivery.query)
        kind = _kind(said)
        digest = hashlib.sha256(delivery.body + b"\0" + delivery.query.encode("utf-8", "replace")).hexdigest()[:32]
        if kind is None:
            return Identity(
                kind=SubjectKind.OTHER, subject_id=digest, event_id=digest, event_type="unknown", occurred_at=said.at
            )
        word = said.text("status").lower()
        parts = [part for part in (said.text(name) for name in kind.key_fields) if part]
        return Identity(
            kind=kind.subject,
            subject_id=identifier(said.get(kind.id_field), kind.id_field),
            event_id=identifier("/".join([kind.name, *parts]) if parts else digest, kind.id_field),
            event_type=identifier(f"{kind.name}.{word}" if word else kind.name, "status"),
            occurred_at=said.at,
            related=kind.related(said),
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        said = _said(event.body, event.query)
        kind = _kind(said)
        if kind is None or event.subject.kind is not kind.subject:
            return ()
        return tuple(kind.read(_Event(said, event, own_addresses(connection))))

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        said = _said(event.body, event.query)
        if event.subject.kind is SubjectKind.MESSAGE:
            return words(WordsKind.MESSAGE, said.get("text"))
        return words(WordsKind.TRANSCRIPT, url=said.get("transcription_url"))

    def access(self, _media: Media) -> Access:
        return Access(login=True)


ADAPTER = Vonage()


# --- what a token must claim


def _in_time(claims: Mapping[str, Any], connection: Connection, now: datetime) -> bool:
    issued, expires, begins = (_instant(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None:
        return False
    stated = whole(connection.options.get("max_age_s", "").strip() or None, "max_age_s")
    oldest = MAX_AGE if stated is None else timedelta(seconds=min(stated, 31 * 86_400))
    return (
        -AHEAD <= now - issued <= oldest
        and ("exp" not in claims or (expires is not None and now < expires))
        and ("nbf" not in claims or (begins is not None and begins - AHEAD <= now))
    )


def _instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    """A NumericDate of RFC 7519: seconds, and never text."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _is_of_account(claims: Mapping[str, Any], connection: Connection) -> bool:
    for name in ("api_key", "application_id"):
        wanted = {v.strip() for v in connection.options.get(name, "").split(",") if v.strip()}
        if wanted and str(claims.get(name)) not in wanted:
            return False
    return True


def _covers(claims: Mapping[str, Any], delivery: Delivery) -> bool:
    """Whether the token speaks of this content. Where there is no body there may be no hash; what a hash
    is taken over then is not documented: nothing, or the query.
    """
    stated = claims.get("payload_hash")
    if stated is None:
        return not delivery.body
    if not isinstance(stated, str):
        return False
    hashed = [delivery.body] if delivery.body else [b"", delivery.query.encode("utf-8", "replace")]
    matched = False
    for content in hashed:
        expected = hashlib.sha256(content).hexdigest()
        matched |= hmac.compare_digest(stated.encode("utf-8", "replace"), expected.encode())
    return matched


# --- what a delivery is


class _Said(NamedTuple):
    """The fields of one delivery, from its body or its query."""

    fields: Mapping[str, Any]

    def get(self, name: str) -> object:
        return self.fields.get(name)

    def text(self, name: str) -> str:
        """Plain values only: an object in place of a word says nothing to us."""
        value = self.fields.get(name)
        return "" if isinstance(value, dict | list | bool | float) else text(value, name).strip()

    def part(self, name: str) -> dict[str, Any]:
        value = self.fields.get(name)
        return value if isinstance(value, dict) else {}

    def time(self, name: str) -> datetime | None:
        return instant(self.fields.get(name))

    @property
    def at(self) -> datetime | None:
        return self.time("timestamp")


class _Event(NamedTuple):
    """One event of a line with what came with it. `own` are the addresses of people of ours."""

    said: _Said
    event: RawEvent
    own: frozenset[str]

    @property
    def line(self) -> str:
        return self.said.text("uuid") or self.said.text("call_uuid")

    @property
    def direction(self) -> Direction | None:
        return DIRECTION.get(self.said.text("direction").lower())

    @property
    def agent(self) -> Agent | None:
        """The person of ours at the end of a line that was dialled; who is dialled by SIP is one."""
        to = self.said.text("to")
        if self.direction is Direction.INBOUND:
            return None
        return sip_agent(to) or agent_at(to, self.own)

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind,
            call_id=self.event.subject.id,
            received_at=self.event.received_at,
            at=at,
            **({"line": self.line} | attributes),
        )


def _no_one(_said: _Said) -> tuple[str, ...]:
    return ()


class _Kind(NamedTuple):
    """One kind of delivery: its subject, and which fields make its event id (docs/providers/vonage.md)."""

    name: str
    subject: SubjectKind
    id_field: str
    key_fields: tuple[str, ...]
    read: Callable[[_Event], Iterable[Fact]]
    related: Callable[[_Said], tuple[str, ...]] = _no_one


def _said(body: bytes, query: str) -> _Said:
    if body.strip():
        return _Said(document(body))
    try:
        return _Said(dict(parse_qsl(query, keep_blank_values=True, errors="strict")))
    except ValueError:
        raise Unreadable("query", "not UTF-8") from None


def _kind(said: _Said) -> _Kind | None:
    """The kind by its telling fields; None for what we do not know."""
    if said.text("message_uuid"):
        return _STATUS if said.text("status") else _MESSAGE
    if said.text("conversation_uuid_from"):
        return _TRANSFER
    if not said.text("conversation_uuid"):
        # Rare, and a call of its own as far as anybody can tell.
        return _VOICE._replace(id_field="uuid") if said.text("uuid") and said.text("status") else None
    if said.text("status"):
        return _TRANSCRIBED if said.text("status").lower() == "transcribed" else _VOICE
    if said.text("recording_uuid") or said.text("recording_url"):
        return _RECORD
    if said.part("dtmf") or said.text("dtmf") or said.part("speech"):
        return _INPUT
    return _NOTICE


# --- calls


def _read_voice(event: _Event) -> Iterable[Fact]:
    said, word = event.said, event.said.text("status").lower()
    reader = _STATUS_READERS.get(word)
    if reader is None and word not in ENDED:
        return
    ours = event.agent
    yield event.fact(
        FactKind.INFO,
        None,
        direction=event.direction,
        from_number=_number(said.text("from")),
        to_number="" if ours else _number(said.text("to")),
        to_party=_called(event),
        agent=ours,
    )
    yield from _read_ended(event) if reader is None else reader(event)


def _read_started(event: _Event) -> Iterable[CallFact]:
    yield event.fact(
        FactKind.STARTED, event.said.at, direction=event.direction, agent=event.agent, to_party=_called(event)
    )
    yield event.fact(FactKind.QUEUED, event.said.at, status="started")


def _read_ringing(event: _Event) -> Iterable[CallFact]:
    yield event.fact(FactKind.RINGING, event.said.at, agent=event.agent, to_party=_called(event), status="ringing")


def _called(event: _Event) -> str:
    return _number(event.said.text("to")) if event.direction is Direction.OUTBOUND else ""


def _read_answered(event: _Event) -> Iterable[CallFact]:
    yield _answer(event, event.said.at)


def _answer(event: _Event, at: datetime | None) -> CallFact:
    """Who is called picks up himself; a line that comes in may have been picked up by the program."""
    dialled = event.direction is Direction.OUTBOUND
    return event.fact(
        FactKind.ANSWERED, at, agent=event.agent, answered_by=AnsweredBy.UNKNOWN if dialled else None, status="answered"
    )


def _read_detected(event: _Event) -> Iterable[CallFact]:
    yield event.fact(FactKind.ANSWERED, event.said.at, answered_by=DETECTED[event.said.text("status").lower()])
    yield event.fact(FactKind.INFO, event.said.at, answered_by=DETECTED[event.said.text("status").lower()])


def _read_ended(event: _Event) -> Iterable[CallFact]:
    said, word = event.said, event.said.text("status").lower()
    ended_as = ENDED[word]
    if word == "rejected":
        ended_as = choice(said.get("detail"), REJECTED_AS) or ended_as
    elif event.agent and ended_as is EndedAs.CANCELED:
        ended_as = EndedAs.NO_ANSWER
    yield _end(event, said.time("end_time") or said.at, ended_as)


def _read_completed(event: _Event) -> Iterable[CallFact]:
    said = event.said
    ended = said.time("end_time") or said.at
    talked_s = whole(_plain(said.get("duration")), "duration")
    answered = said.time("start_time")
    if talked_s:
        if answered is None and ended is not None:
            answered = ended - timedelta(seconds=talked_s)
        if answered is not None:
            yield _answer(event, answered)
        inbound = event.direction is Direction.INBOUND
        yield _end(event, ended, EndedAs.ANSWERED, duration_s=None if inbound else talked_s)
    else:
        # Another closing word of this line says more; without one the line ended before anybody picked up.
        yield _end(event, ended, None)
        # A colleague's telephone that fell silent declined nothing.
        unanswered = EndedAs.NO_ANSWER if event.agent else EndedAs.CANCELED
        yield event.fact(FactKind.LEG_ENDED, ended, ended_as=unanswered)
    price = _plain(said.get("price"))
    if price not in (None, ""):
        cost = money({"amount": price, "currency": CURRENCY}, "price")
        yield event.fact(FactKind.CHARGED, said.at, cost=cost)


def _end(event: _Event, at: datetime | None, ended_as: EndedAs | None, **more: Any) -> CallFact:
    said = event.said
    return event.fact(
        FactKind.ENDED,
        at,
        ended_as=ended_as,
        status=said.text("status").lower(),
        cause=said.text("detail") or said.text("sip_code"),
        hangup_by=choice(said.get("disconnected_by"), DISCONNECTED_BY),
        **more,
    )


def _read_nothing(_event: _Event) -> Iterable[CallFact]:
    return ()


_STATUS_READERS: Mapping[str, Callable[[_Event], Iterable[CallFact]]] = {
    "started": _read_started,
    "ringing": _read_ringing,
    "answered": _read_answered,
    "human": _read_detected,
    "machine": _read_detected,
    "completed": _read_completed,
}


def _read_record(event: _Event) -> Iterable[Fact]:
    """Attached through the conversation: a recording names no line."""
    said = event.said
    began, ended = said.time("start_time"), said.time("end_time")
    seconds = int((ended - began).total_seconds()) if began and ended and ended >= began else None
    media = Media(id=said.text("recording_uuid"), url=said.text("recording_url"), seconds=seconds)
    yield event.fact(FactKind.RECORDING, began or said.at, line="", media=media)


def _read_transcribed(event: _Event) -> Iterable[Fact]:
    yield event.fact(FactKind.TRANSCRIPT, event.said.at, line="")


def _read_input(event: _Event) -> Iterable[Fact]:
    """A choice in a menu. Longer input may be an account number: only that there was some."""
    dtmf = event.said.part("dtmf")
    digits = text(dtmf.get("digits"), "dtmf.digits") if dtmf else event.said.text("dtmf")
    value = digits if len(digits) <= _LONGEST_CHOICE else ""
    yield event.fact(FactKind.STEP, event.said.at, line="", step=Step(kind="ivr", value=value))


def _read_transfer(event: _Event) -> Iterable[Fact]:
    yield event.fact(FactKind.TRANSFERRED, event.said.at, line="")


def _transferred_to(said: _Said) -> tuple[str, ...]:
    to = said.text("conversation_uuid_to")
    return (identifier(to, "conversation_uuid_to"),) if to and to != said.text("conversation_uuid_from") else ()


def _plain(value: object) -> object:
    return None if isinstance(value, dict | list) else value


def _number(address: str) -> str:
    """With its plus: numbers are international without one. Names and SIP addresses stay as they are."""
    found = number_at(address)
    return f"+{found}" if found.isascii() and found.isdigit() and len(found) in _PHONE_DIGITS else found


# --- messages


def _read_message(event: _Event) -> Iterable[Fact]:
    yield _message(event, MessageStatus.RECEIVED, Direction.INBOUND, "received")


def _read_status(event: _Event) -> Iterable[Fact]:
    word = event.said.text("status").lower()
    yield _message(event, MESSAGE_STATUS.get(word, MessageStatus.UNKNOWN), Direction.OUTBOUND, word)


def _message(event: _Event, status: MessageStatus, direction: Direction, word: str) -> MessageFact:
    said = event.said
    sender, receiver = _end_of(said, "from"), _end_of(said, "to")
    content = mapping(said.part("message").get("content"), "message.content")
    kind = (said.text("message_type") or text(content.get("type"), "message.content.type")).lower()
    error, usage, sms = said.part("error"), said.part("usage"), said.part("sms")
    price = _plain(usage.get("price"))
    return MessageFact(
        message_id=event.event.subject.id,
        received_at=event.event.received_at,
        at=said.at,
        status=status,
        status_raw=word,
        created_at=said.at if direction is Direction.INBOUND else None,
        kind=MESSAGE_KIND.get(_channel(said), MessageKind.MESSENGER) if _channel(said) else None,
        direction=direction,
        from_number=sender,
        to_numbers=(receiver,) if receiver else (),
        business_number=receiver if direction is Direction.INBOUND else sender,
        segments=whole(_plain(sms.get("num_messages") or sms.get("count_total")), "sms.num_messages"),
        media_count=int(kind in MEDIA) if kind else None,
        error_code=text(error.get("title") or error.get("code"), "error.title"),
        error_text=text(error.get("detail") or error.get("reason"), "error.detail"),
        cost=money({"amount": price, "currency": usage.get("currency") or CURRENCY}, "usage")
        if price not in (None, "")
        else None,
        reference=said.text("client_ref"),
    )


def _end_of(said: _Said, name: str) -> str:
    """A number, or, as version 0.1 has it, an object with the number or id in it."""
    holder = said.part(name)
    raw = text(holder.get("number") or holder.get("id"), name) if holder else said.text(name)
    return _number(raw.strip())


def _channel(said: _Said) -> str:
    return (said.text("channel") or text(said.part("from").get("type"), "from.type")).lower()


_VOICE = _Kind(
    "voice", SubjectKind.CALL, "conversation_uuid", ("uuid", "call_uuid", "status", "timestamp"), _read_voice
)
_TRANSCRIBED = _Kind(
    "voice",
    SubjectKind.CALL,
    "conversation_uuid",
    ("uuid", "recording_uuid", "status", "timestamp"),
    _read_transcribed,
)
_RECORD = _Kind("record", SubjectKind.CALL, "conversation_uuid", ("recording_uuid", "timestamp"), _read_record)
_INPUT = _Kind("input", SubjectKind.CALL, "conversation_uuid", ("uuid", "timestamp"), _read_input)
_TRANSFER = _Kind(
    "transfer",
    SubjectKind.CALL,
    "conversation_uuid_from",
    ("uuid", "conversation_uuid_to", "timestamp"),
    _read_transfer,
    _transferred_to,
)
_NOTICE = _Kind("notice", SubjectKind.OTHER, "conversation_uuid", (), _read_nothing)
_MESSAGE = _Kind("message", SubjectKind.MESSAGE, "message_uuid", ("message_uuid",), _read_message)
_STATUS = _Kind("message", SubjectKind.MESSAGE, "message_uuid", ("message_uuid", "status"), _read_status)
