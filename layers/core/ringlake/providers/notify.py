"""PBX notifications of Zadarma's kind (`NOTIFY_*`), which Novofon's classic line speaks too.

Form bodies, signed over three of their fields. The signature covers neither the event's name nor
its result, and the opening, a ring and the end of one call carry the same one: a seen request can
be altered and sent again. That is why the address holds a token, an event is kept under a key
that its repeat shares, and another content under that key is set aside (docs/adr/0021).

Rules of meaning:

- No event is timed. `call_start` is local time of the account; for what comes after it our
  reception stands in (`clocks`).
- `duration` is the talk of an answered call and the length of an unanswered one.
- A caller of five digits or fewer is an extension: such a call is outgoing, whatever its events are
  called; between two extensions it is internal.
- What a caller enters in a menu is a choice up to four digits; longer input is private and stays in
  the raw event.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    Agent,
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

from .adapter import Answer
from .clocks import Span, closing, during, local, seconds, zone_of
from .template import charset_of, digest, is_json, pairs, plain, raw_pairs, type_of
from .values import identifier

# A JSON answer with fields would redirect or end the call.
RECEIPT = Answer(headers={"content-type": "application/json"}, body="{}")
KEPT_HEADERS = frozenset({"content-type"})
_ECHO = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

_IN = ("caller_id", "called_did", "call_start")
_OUT = ("internal", "destination", "call_start")
# Event -> the fields whose values, put together without separator, are signed.
SIGNED: Mapping[str, tuple[str, ...]] = {
    "NOTIFY_START": _IN,
    "NOTIFY_INTERNAL": _IN,
    "NOTIFY_END": _IN,
    "NOTIFY_IVR": _IN,
    "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_OUT_START": _OUT,
    "NOTIFY_OUT_END": _OUT,
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
}
# Number look-ups, texts, recognised speech and the like have their data in this one field.
RESULT = "result"
_LONGEST_EXTENSION = 5
_LONGEST_CHOICE = 4


class Word(NamedTuple):
    """What a closing word means for a call that came in and for one that went out, and why it failed."""

    inbound: EndedAs
    outbound: EndedAs
    reason: str = ""


# --- the door


def handshake(delivery: Delivery) -> Answer | None:
    """The value of `zd_echo`, as it is sent when the address is saved; other than short plain words are none."""
    if delivery.method != "GET":
        return None
    query = dict(parse_qsl(delivery.query, keep_blank_values=True))
    echo = query.get("zd_echo", "")
    if "event" in query or not _ECHO.fullmatch(echo):
        return None
    headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return Answer(headers=headers, body=echo)


def is_notification(body: bytes) -> bool:
    """Whether a body is one of this kind."""
    if is_json(body):
        return False
    form = raw_pairs(body)
    return form.get(b"event", b"").startswith(b"NOTIFY_") or b"pbx_call_id" in form or RESULT.encode() in form


def signatures(secret: bytes, body: bytes) -> list[str]:
    """Every header that would sign this body: base64 over the digest's hexadecimal text, as the senders make
    it, and over the digest itself, as one of their own libraries checks it.
    """
    found = []
    for content in _signed(raw_pairs(body)):
        digest = hmac.digest(secret, content, "sha1")
        found += [base64.b64encode(digest.hex().encode()).decode(), base64.b64encode(digest).decode()]
    return found


def verify(delivery: Delivery, secrets: Sequence[bytes]) -> None:
    """The header `signature` under any secret, in either encoding. Raises `NotAuthentic`."""
    given = delivery.headers.get("signature", "").encode("utf-8", "replace")
    matched = False
    for secret in secrets:
        for expected in signatures(secret, delivery.body):
            matched |= bool(secret) & hmac.compare_digest(given, expected.encode())
    if not matched:
        raise NotAuthentic


def _signed(form: Mapping[bytes, bytes]) -> list[bytes]:
    """The texts that may be signed, one for a known event. A text of nothing proves nothing."""
    event = form.get(b"event", b"").decode("ascii", "replace")
    if event in SIGNED:
        chosen: Iterable[tuple[str, ...]] = (SIGNED[event],)
    elif RESULT.encode() in form:
        chosen = ((RESULT,),)
    else:
        chosen = dict.fromkeys(SIGNED.values())
    texts = (b"".join(form.get(name.encode(), b"") for name in names) for names in chosen)
    return [text for text in texts if text]


# --- reading


class _Said(NamedTuple):
    """One notification, opened; `start` is the call's start, `duration_s` its stated length."""

    form: Mapping[str, str]
    event: RawEvent
    start: datetime | None
    duration_s: int | None
    words: Mapping[str, Word]
    other: EndedAs

    def get(self, name: str) -> str:
        return self.form.get(name, "").strip()

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )

    @property
    def at(self) -> datetime | None:
        return during(self.start, self.event.received_at)

    @property
    def direction(self) -> Direction | None:
        name, call_id = self.event.event_type, self.event.subject.id
        dialled = self.get("called_did") or self.get("destination")
        if name.startswith("NOTIFY_OUT_"):
            return Direction.OUTBOUND
        if is_extension(self.get("caller_id")):
            return Direction.INTERNAL if is_extension(dialled) else Direction.OUTBOUND
        if call_id.startswith(("in_", "out_")):
            return Direction.INBOUND if call_id.startswith("in_") else Direction.OUTBOUND
        return Direction.INBOUND if "called_did" in self.form else None

    @property
    def agent(self) -> Agent | None:
        """The extension; whoever answered elsewhere (a mobile) by the number that was rung for it."""
        extension = self.get("internal")
        if not extension and self.direction is Direction.INBOUND:
            extension = self.get("destination")
        return Agent(id=extension) if extension else self.dialler

    @property
    def dialler(self) -> Agent | None:
        """Who of us dialled; nobody of a call that came in."""
        caller, extension = self.get("caller_id"), ""
        if self.direction is Direction.OUTBOUND:
            extension = self.get("internal")
        if self.direction in (Direction.OUTBOUND, Direction.INTERNAL) and is_extension(caller):
            extension = extension or caller
        return Agent(id=extension) if extension else None

    @property
    def parties(self) -> dict[str, str]:
        caller, dialled = self.get("caller_id"), self.get("called_did") or self.get("destination")
        if self.direction is Direction.INBOUND:
            # What an answer calls the destination is the phone that took it.
            return {"remote_number": caller, "business_number": self.get("called_did")}
        if self.direction is Direction.OUTBOUND:
            return {"remote_number": dialled, "business_number": "" if is_extension(caller) else caller}
        return {"from_number": caller, "to_number": dialled}


def is_extension(number: str) -> bool:
    """Digits of an extension's length; nothing but zeros is a withheld number."""
    return number.isascii() and number.isdigit() and len(number) <= _LONGEST_EXTENSION and number.strip("0") != ""


def identify(delivery: Delivery, connection: Connection) -> Identity:
    """Call and key: the call, the event, the extension and the start, and what else tells two of them apart."""
    form = _form(delivery)
    event = type_of(identifier(form.get("event"), "event"))
    call_id = form.get("pbx_call_id") or _result(form).get("pbx_call_id")
    whole = _digest("\0".join(f"{name}={value}" for name, value in sorted(form.items())))
    if event == "SMS" or (not call_id and event not in SIGNED):
        key = identifier(f"{event}/{whole}", "event")
        kind = SubjectKind.MESSAGE if event == "SMS" else SubjectKind.OTHER
        return Identity(kind=kind, subject_id=key, event_id=key, event_type=event)
    call = identifier(call_id, "pbx_call_id")
    internal = form.get("internal", "").strip()
    parts = [call, event, internal if is_extension(internal) else _digest(internal), form.get("call_start", "").strip()]
    if event in _APART:
        parts.append(_digest("\0".join(f"{n}={v}" for n, v in sorted(form.items()) if n.startswith(_APART[event]))))
    elif event not in SIGNED:
        parts.append(whole)
    occurred_at = None
    # A wrong setting of ours must not keep a delivery out of the journal; `parse` names it.
    with suppress(Unreadable):
        occurred_at = local(form.get("call_start"), zone_of(connection)) if event in _STARTS else None
    return Identity(
        kind=SubjectKind.CALL,
        subject_id=call,
        event_id=identifier("/".join(parts).rstrip("/"), "event"),
        event_type=event,
        occurred_at=occurred_at,
    )


def parse(
    event: RawEvent, connection: Connection, words: Mapping[str, Word], other: EndedAs = EndedAs.UNKNOWN
) -> Sequence[Fact]:
    """Facts of a notification. `words` are the provider's closing words, `other` stands for all that are not there."""
    reader = _READERS.get(event.event_type)
    if reader is None:
        return ()
    form = _form(event)
    lasted = seconds(form.get("duration"))
    until = event.received_at - timedelta(seconds=lasted or 0)
    start = local(form.get("call_start"), zone_of(connection), until=until)
    said = _Said(form, event, start, None if lasted is None else int(lasted), words, other)
    return tuple(reader(said))


def words_of(event: RawEvent) -> Sequence[Words]:
    """The recognised speech of a call, or the text of a message."""
    result = _result(_form(event))
    if event.subject.kind is SubjectKind.MESSAGE:
        return words(WordsKind.MESSAGE, result.get("text"))
    told = result.get("words")
    spoken = [one.get("w") for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return words(WordsKind.TRANSCRIPT, " ".join(word for word in spoken if isinstance(word, str)))


def _form(said: Delivery | RawEvent) -> dict[str, str]:
    return pairs(said.body, charset_of(said.headers.get("content-type", "")))


def _result(form: Mapping[str, str]) -> dict[str, Any]:
    try:
        found = json.loads(form.get(RESULT, ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(text: str) -> str:
    return digest(text.encode("utf-8", "replace"))


def _opening(said: _Said) -> Iterable[CallFact]:
    """That the call started and between whom: what every event of it repeats."""
    direction = said.direction
    if said.start is not None or said.event.event_type in _STARTS:
        yield said.fact(FactKind.STARTED, said.start, direction=direction, agent=said.dialler)
    tags = tuple(t for t in (said.get("calltype"),) if t)
    if any(said.parties.values()) or tags:
        yield said.fact(FactKind.INFO, said.start, direction=direction, tags=tags, **said.parties)


def _ringing(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    yield said.fact(FactKind.RINGING, said.at, agent=said.agent)


def _answered(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    yield said.fact(FactKind.ANSWERED, said.at, agent=said.agent)


def _menu(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    entered, name = said.get("wait_dtmf[digits]"), said.get("wait_dtmf[name]")
    with suppress(ValueError, RecursionError):
        nested = json.loads(said.get("wait_dtmf") or "{}")
        if isinstance(nested, dict):
            entered, name = plain(nested.get("digits")) or entered, plain(nested.get("name")) or name
    chosen = entered if len(entered) <= _LONGEST_CHOICE else ""
    yield said.fact(FactKind.STEP, said.at, step=Step(kind=name or "ivr", value=chosen))


def _ended(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    stated = said.get("disposition")
    word = said.words.get(" ".join(stated.lower().replace("_", " ").split()))
    outbound = said.direction is Direction.OUTBOUND
    ended_as = said.other if stated else None
    if word is not None:
        ended_as = word.outbound if outbound else word.inbound
    answered = ended_as is EndedAs.ANSWERED
    span = _span(said, answered=answered)
    if answered:
        yield said.fact(FactKind.ANSWERED, span.answered, agent=said.agent)
    yield said.fact(
        FactKind.ENDED,
        span.ended,
        agent=said.agent,
        status=stated,
        ended_as=ended_as,
        hangup_by=_HANGUP.get(ended_as) if ended_as else None,
        cause=(word.reason if word else "") or said.get("status_code"),
        duration_s=said.duration_s if answered else None,
    )
    if said.get("is_recorded") in ("1", "true"):
        yield said.fact(FactKind.RECORDING, span.ended, media=Media(id=said.get("call_id_with_rec")))


def _span(said: _Said, *, answered: bool) -> Span:
    if answered and said.duration_s is not None:
        return closing(said.start, said.duration_s, said.event.received_at)
    if said.start is not None and said.duration_s:
        return Span(None, said.start + timedelta(seconds=said.duration_s))
    return Span(said.at, said.at)


def _recorded(said: _Said) -> Iterable[CallFact]:
    yield said.fact(FactKind.RECORDING, said.start, media=Media(id=said.get("call_id_with_rec")))


def _text(said: _Said) -> Iterable[Fact]:
    result = _result(said.form)
    yield MessageFact(
        message_id=said.event.subject.id,
        received_at=said.event.received_at,
        status=MessageStatus.RECEIVED,
        kind=MessageKind.SMS,
        direction=Direction.INBOUND,
        from_number=plain(result.get("caller_id")),
        to_numbers=tuple(t for t in (plain(result.get("caller_did") or result.get("called_did")),) if t),
        business_number=plain(result.get("caller_did") or result.get("called_did")),
    )


def _speech(said: _Said) -> Iterable[CallFact]:
    """That there is a text; the words stay in the raw event."""
    if said.event.subject.kind is SubjectKind.CALL:
        yield said.fact(FactKind.TRANSCRIPT, None, media=Media())


_HANGUP: Mapping[EndedAs, HangupBy] = {EndedAs.ABANDONED: HangupBy.CUSTOMER, EndedAs.CANCELED: HangupBy.AGENT}
_STARTS = frozenset({"NOTIFY_START", "NOTIFY_OUT_START"})
# Events that come more than once with one extension and start -> the fields that tell them apart.
_APART: Mapping[str, tuple[str, ...]] = {
    "NOTIFY_IVR": ("wait_dtmf", "ivr_"),
    "NOTIFY_ANSWER": ("destination",),
    "NOTIFY_RECORD": ("call_id_with_rec",),
}
_READERS: Mapping[str, Callable[[_Said], Iterable[Fact]]] = {
    "NOTIFY_START": _opening,
    "NOTIFY_OUT_START": _opening,
    "NOTIFY_INTERNAL": _ringing,
    "NOTIFY_ANSWER": _answered,
    "NOTIFY_IVR": _menu,
    "NOTIFY_END": _ended,
    "NOTIFY_OUT_END": _ended,
    "NOTIFY_RECORD": _recorded,
    "SMS": _text,
    "SPEECH_RECOGNITION": _speech,
}
