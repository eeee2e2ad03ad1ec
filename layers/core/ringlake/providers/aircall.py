"""Aircall: company webhooks, each with the state of one call, user, message, number or contact.

There is no signature: the webhook's own token stands in the body, is compared in constant time and taken out
before anything is stored. There is no event id either: an event is its name, its time and its content.
Deliveries come in any order and may come for twelve hours; each call event repeats all times known so
far, and every one of them states all of them, so that none is needed but the last.

Rules of meaning:

- Answered is a call with `answered_at`, whatever `missed_call_reason` says (it may be null on a missed call).
- `duration` includes ringing and is not read: the times say more.
- `call.transferred` is sent when the transfer is done: its target then has the call.
- `cost` is about zero and deprecated: not read. Comments and message texts stay in the raw event.
- `user.closed` is a do-not-disturb; whether it counts is the connection's capability `dnd` (features.md R35).
- After-call work (`wut`) is time at work, so `online`. The event's name decides; the flag beside it lags.

Options of the connection: none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    Agent,
    CallFact,
    ContactFact,
    Direction,
    EndedAs,
    Fact,
    FactKind,
    Media,
    MessageFact,
    MessageKind,
    MessageStatus,
    PresenceFact,
    PresenceStatus,
    Ref,
    Step,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Line, Speaker, Words, WordsKind, plain, second, words

from .adapter import Access, Adapter
from .signatures import same_secret
from .values import choice, document, flag, identifier, instant, items, mapping, text, texts

DIRECTION: Mapping[str, Direction] = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
# Why a call was missed. Who gave up is the caller; the rest are endings on our side.
MISSED: Mapping[str, EndedAs] = {
    "short_abandoned": EndedAs.ABANDONED,
    "abandoned_in_ivr": EndedAs.ABANDONED,
    "abandoned_in_classic": EndedAs.ABANDONED,
    "out_of_opening_hours": EndedAs.NO_ANSWER,
    "no_available_agent": EndedAs.NO_ANSWER,
    "agents_did_not_answer": EndedAs.NO_ANSWER,
}
IN_MENU = "abandoned_in_ivr"
# The caller waited without any phone ringing.
UNRUNG = frozenset({"out_of_opening_hours", "no_available_agent"})
# Telephones of ours rang.
RUNG = frozenset({"agents_did_not_answer", "abandoned_in_classic"})
# Values are not documented; these are the usual words of telephone exchanges.
HANGUP_CAUSE: Mapping[str, EndedAs] = {
    "busy": EndedAs.BUSY,
    "user_busy": EndedAs.BUSY,
    "rejected": EndedAs.REJECTED,
    "call_rejected": EndedAs.REJECTED,
    "failed": EndedAs.FAILED,
    "unallocated_number": EndedAs.FAILED,
    "invalid_number": EndedAs.FAILED,
}
# message.status_updated; the other two events name the status themselves.
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "received": MessageStatus.RECEIVED,
    "pending": MessageStatus.PENDING,
    "queued": MessageStatus.PENDING,
    "sending": MessageStatus.PENDING,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "failed": MessageStatus.UNDELIVERED,
    "undelivered": MessageStatus.UNDELIVERED,
}
# None: the flag of the user says it.
PRESENCE: Mapping[str, PresenceStatus | None] = {
    "user.connected": PresenceStatus.ONLINE,
    "user.disconnected": PresenceStatus.OFFLINE,
    "user.opened": PresenceStatus.ONLINE,
    "user.closed": PresenceStatus.DND,
    "user.wut_start": PresenceStatus.ONLINE,
    "user.wut_end": None,
}
# Events of the add-ons that say that something is ready, by the call's id.
READY: Mapping[str, FactKind] = {
    "transcription.created": FactKind.TRANSCRIPT,
    "summary.created": FactKind.SUMMARY,
}
_VERSION = ".v2"
# The page of a recording or voicemail asks for a sign-in and stays; the file's own address lives an hour.
_PAGES = "https://assets.aircall.io/"
_FILES_LIVE = timedelta(hours=1)


class Aircall(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "aircall"
    version = 1

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, _now: datetime) -> None:
        try:
            token = document(delivery.body).get("token")
            given = token.encode() if isinstance(token, str) else b""
        except (Unreadable, UnicodeEncodeError):
            raise NotAuthentic from None
        if not same_secret(given, [secret.strip() for secret in secrets]):
            raise NotAuthentic

    def without_credentials(self, delivery: Delivery) -> Delivery:
        try:
            content = document(delivery.body)
        except Unreadable:
            return delivery
        if "token" not in content:
            return delivery
        del content["token"]
        body = json.dumps(content, separators=(",", ":")).encode()
        return msgspec.structs.replace(delivery, body=body)

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        said = _said(delivery.body)
        kind, subject_id = _subject(said)
        canonical = json.dumps([said.sent_as, said.stamp, said.data], sort_keys=True, separators=(",", ":"))
        event_id = hashlib.sha256(canonical.encode()).hexdigest()[:32]
        return Identity(
            kind=kind,
            subject_id=subject_id or event_id,
            event_id=event_id,
            event_type=said.sent_as,
            occurred_at=said.at,
        )

    def parse(self, event: RawEvent, _connection: Connection) -> Sequence[Fact]:
        reader = _READERS.get(event.subject.kind)
        return () if reader is None else tuple(reader(_said(event.body), event))

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        said = _said(event.body)
        if event.subject.kind is SubjectKind.MESSAGE:
            return words(WordsKind.MESSAGE, said.data.get("body"))
        if READY.get(said.event) is FactKind.SUMMARY:
            return words(WordsKind.SUMMARY, said.data.get("content") or said.data.get("summary"))
        return _transcript(said.data.get("content")) if said.event in READY else ()

    def access(self, media: Media) -> Access:
        return Access(login=True) if media.url.startswith(_PAGES) else Access(lives=_FILES_LIVE)


ADAPTER = Aircall()


def _transcript(content: object) -> Sequence[Words]:
    """One text, or utterances of both sides (the sender's people are `internal`)."""
    if not isinstance(content, dict):
        return words(WordsKind.TRANSCRIPT, content)
    told = content.get("utterances")
    lines = [_line(one) for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    spoken = tuple(line for line in lines if line.text)
    return (Words(kind=WordsKind.TRANSCRIPT, lines=spoken),) if spoken else ()


def _line(said: Mapping[str, Any]) -> Line:
    sides = {"internal": Speaker.AGENT, "external": Speaker.CUSTOMER}
    return Line(
        text=plain(said.get("text")),
        speaker=choice(said.get("participant_type"), sides),
        account=str(said.get("user_id") or ""),
        at_s=second(said.get("start_time")),
    )


class _Said(NamedTuple):
    """One event opened. `event` is its name without the version at its end."""

    event: str
    sent_as: str
    stamp: object
    data: dict[str, Any]

    @property
    def at(self) -> datetime | None:
        return instant(self.stamp)

    def text(self, name: str) -> str:
        return text(self.data.get(name), f"data.{name}").strip()

    def time(self, name: str) -> datetime | None:
        return instant(self.data.get(name))

    def part(self, name: str) -> dict[str, Any]:
        return mapping(self.data.get(name), f"data.{name}")

    def parts(self, name: str) -> list[dict[str, Any]]:
        return [mapping(entry, f"data.{name}[]") for entry in items(self.data.get(name), f"data.{name}")]


def _said(body: bytes) -> _Said:
    outer = document(body)
    sent_as = identifier(outer.get("event"), "event")
    return _Said(sent_as.removesuffix(_VERSION), sent_as, outer.get("timestamp"), mapping(outer.get("data"), "data"))


def _subject(said: _Said) -> tuple[SubjectKind, str]:
    """Kind and id of what the event is about; what we do not read is kept under the event's own id."""
    family = said.event.partition(".")[0]
    if family == "call":
        return SubjectKind.CALL, identifier(said.data.get("id"), "data.id")
    if said.event in PRESENCE:
        return SubjectKind.PRESENCE, identifier(said.data.get("id"), "data.id")
    if family in ("message", "group_message"):
        return SubjectKind.MESSAGE, identifier(said.data.get("id"), "data.id")
    if family == "contact":
        return SubjectKind.CONTACT, identifier(said.data.get("id"), "data.id")
    if said.event in READY and said.data.get("call_id") is not None:
        return SubjectKind.CALL, identifier(said.data.get("call_id"), "data.call_id")
    return SubjectKind.OTHER, ""


# --- calls


class _Call(NamedTuple):
    """One call event with what its facts have in common."""

    said: _Said
    event: RawEvent
    direction: Direction | None

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )

    @property
    def user(self) -> Agent | None:
        return _agent(self.said.part("user"), "data.user")


def _read_call(said: _Said, event: RawEvent) -> Iterable[Fact]:
    call = _Call(said, event, DIRECTION.get(said.text("direction").lower()))
    if said.event in READY:
        yield call.fact(READY[said.event], said.at)
        return
    happened = _HAPPENED.get(said.event)
    if happened is None:
        return
    yield from _opening(call)
    yield from _menu(call)
    answered_at, ended_at = said.time("answered_at"), said.time("ended_at")
    if _rang(call, answered_at):
        # The provider counts the ring from the start, not from the first of our telephones.
        yield call.fact(FactKind.RINGING, said.time("started_at"))
    elif answered_at is None and call.direction is Direction.INBOUND and _reason(said) in RUNG:
        # Telephones rang after the menu; since when, only their own events know.
        yield call.fact(FactKind.LEG_ENDED, ended_at, ended_as=EndedAs.NO_ANSWER)
    if answered_at is not None and said.event != "call.answered":
        # Whose call it was then, only the event of the answer knows: later the user may be another one.
        yield call.fact(FactKind.ANSWERED, answered_at)
    yield from happened(call)
    if said.text("status").lower() == "done" or ended_at is not None:
        yield from _ended(call, answered_at, ended_at)
    yield from _artefacts(call)


def _opening(call: _Call) -> Iterable[CallFact]:
    """When it started and between whom: what every event of a call repeats."""
    said, number = call.said, call.said.part("number")
    agent = call.user if call.direction is Direction.OUTBOUND else None
    teams = said.parts("teams")
    yield call.fact(
        FactKind.STARTED,
        said.time("started_at"),
        direction=call.direction,
        number=_ref(number, "data.number"),
        agent=agent,
        business_number=_number(number),
        remote_number=said.text("raw_digits") or said.text("external_caller_number"),
    )
    name = _name(said.part("contact"))
    if name:
        yield call.fact(FactKind.INFO, said.time("started_at"), remote_name=name)
    if teams:
        yield call.fact(FactKind.INFO, said.time("started_at"), team=_ref(teams[0], "data.teams[]"))


def _rang(call: _Call, answered_at: datetime | None) -> bool:
    """Whether the time since the start was ringing: not of a call that a menu had, or that found nobody there."""
    said = call.said
    if (
        call.direction is not Direction.INBOUND
        or said.parts("ivr_options_selected")
        or said.part("number").get("is_ivr")
    ):
        return False
    reason = _reason(said)
    if answered_at is not None:
        return True
    # The moment of hanging up does not know the reason yet; `call.ended` does.
    gathered = said.text("status").lower() == "done" and said.event != "call.hungup"
    return gathered and reason != IN_MENU and reason not in UNRUNG


def _reason(said: _Said) -> str:
    return said.text("missed_call_reason").lower()


def _menu(call: _Call) -> Iterable[CallFact]:
    """The choices so far, each with its own time; one without is placed by the event that tells of it."""
    for entry in call.said.parts("ivr_options_selected"):
        at = instant(entry.get("created_at"))
        if at is None and call.said.event != "call.ivr_option_selected":
            continue
        words = [text(entry.get(name), f"data.ivr_options_selected[].{name}").strip() for name in ("key", "title")]
        yield call.fact(FactKind.STEP, at or call.said.at, step=Step(kind="ivr", value=" ".join(w for w in words if w)))


def _ended(call: _Call, answered_at: datetime | None, ended_at: datetime | None) -> Iterable[CallFact]:
    said = call.said
    reason = _reason(said)
    if answered_at is None and call.direction is Direction.INBOUND:
        if reason == IN_MENU:
            yield call.fact(FactKind.STEP, said.time("started_at"), step=Step(kind="ivr"))
        elif reason in UNRUNG:
            yield call.fact(FactKind.QUEUED, said.time("started_at"))
    # The moment of hanging up does not know the reason yet.
    gathered = answered_at is not None or said.event != "call.hungup"
    yield call.fact(
        FactKind.ENDED,
        ended_at or said.at,
        ended_as=_ended_as(call, answered_at, ended_at),
        status=reason or (said.text("status").lower() if gathered else ""),
        cause=said.text("hangup_cause"),
        agent=call.user if answered_at is not None else None,
    )


def _ended_as(call: _Call, answered_at: datetime | None, ended_at: datetime | None) -> EndedAs:
    if answered_at is not None:
        return EndedAs.ANSWERED
    said = call.said
    if call.direction is Direction.OUTBOUND:
        refined = choice(said.data.get("hangup_cause"), HANGUP_CAUSE)
        at_once = said.time("started_at") == ended_at and ended_at is not None
        return refined or (EndedAs.CANCELED if at_once else EndedAs.NO_ANSWER)
    if said.text("voicemail") or said.event == "call.voicemail_left":
        return EndedAs.VOICEMAIL
    return choice(said.data.get("missed_call_reason"), MISSED) or EndedAs.NO_ANSWER


def _artefacts(call: _Call) -> Iterable[CallFact]:
    """Recording, voicemail, tags. Addresses are signed anew each time; the page of the file stays."""
    said, call_id = call.said, call.event.subject.id
    page = said.text("asset")
    if said.text("recording"):
        url = page if page.endswith("/recording") else said.text("recording")
        yield call.fact(FactKind.RECORDING, said.time("ended_at"), media=Media(id=f"{call_id}/recording", url=url))
    if said.text("voicemail") or said.event == "call.voicemail_left":
        url = page if page.endswith("/voicemail") else said.text("voicemail")
        yield call.fact(FactKind.VOICEMAIL, said.time("ended_at"), media=Media(id=f"{call_id}/voicemail", url=url))
    tags = tuple(text(entry.get("name"), "data.tags[].name") for entry in said.parts("tags"))
    if tags or said.event == "call.untagged":
        yield call.fact(FactKind.INFO, said.at, tags=tuple(t for t in tags if t), all_tags=True)


def _nothing_more(_call: _Call) -> Iterable[CallFact]:
    return ()


def _ringing(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.RINGING, call.said.at, agent=call.user)


def _declined(call: _Call) -> Iterable[CallFact]:
    if call.user:
        yield call.fact(FactKind.LEG_ENDED, call.said.at, agent=call.user, ended_as=EndedAs.REJECTED)


def _answered(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.ANSWERED, call.said.time("answered_at") or call.said.at, agent=call.user)


def _held(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.HELD, call.said.at, agent=call.user)


def _resumed(call: _Call) -> Iterable[CallFact]:
    yield call.fact(FactKind.RESUMED, call.said.at, agent=call.user)


def _transferred(call: _Call) -> Iterable[CallFact]:
    said = call.said
    by = _agent(said.part("transferred_by"), "data.transferred_by") or call.user
    target = said.part("transferred_to")
    to = _agent(target, "data.transferred_to")
    yield call.fact(FactKind.TRANSFERRED, said.at, agent=by, to_party=(to.name or to.id) if to else "")
    if to and _is_user(target):
        yield call.fact(FactKind.ANSWERED, said.at, agent=to)
    elif to:
        yield call.fact(FactKind.INFO, said.at, team=Ref(id=to.id, name=to.name))


def _not_transferred(call: _Call) -> Iterable[CallFact]:
    to = _agent(call.said.part("transferred_to"), "data.transferred_to")
    if to and _is_user(call.said.part("transferred_to")):
        yield call.fact(FactKind.LEG_ENDED, call.said.at, agent=to, ended_as=EndedAs.NO_ANSWER)


def _transferred_outside(call: _Call) -> Iterable[CallFact]:
    by = _agent(call.said.part("transferred_by"), "data.transferred_by") or call.user
    to = call.said.text("external_transferred_to")
    yield call.fact(FactKind.TRANSFERRED, call.said.at, agent=by, to_party=to)


# What an event says beside the state of the call. Events that are not here are kept and not read.
_HAPPENED: Mapping[str, Callable[[_Call], Iterable[CallFact]]] = {
    "call.created": _nothing_more,
    "call.ringing_on_agent": _ringing,
    "call.agent_declined": _declined,
    "call.answered": _answered,
    "call.hold": _held,
    "call.unhold": _resumed,
    "call.transferred": _transferred,
    "call.unsuccessful_transfer": _not_transferred,
    "call.external_transferred": _transferred_outside,
    "call.ivr_option_selected": _nothing_more,
    "call.hungup": _nothing_more,
    "call.ended": _nothing_more,
    "call.voicemail_left": _nothing_more,
    "call.comm_assets_generated": _nothing_more,
    "call.assigned": _nothing_more,
    "call.archived": _nothing_more,
    "call.unarchived": _nothing_more,
    "call.tagged": _nothing_more,
    "call.untagged": _nothing_more,
    "call.commented": _nothing_more,
}


def _agent(user: Mapping[str, Any], field: str) -> Agent | None:
    found = text(user.get("id"), f"{field}.id")
    return Agent(id=found, name=text(user.get("name"), f"{field}.name").strip()) if found else None


def _is_user(target: Mapping[str, Any]) -> bool:
    """A transfer goes to a person or to a team; teams have no address and no availability."""
    return "email" in target or "/users/" in str(target.get("direct_link"))


def _ref(entry: Mapping[str, Any], field: str) -> Ref | None:
    found = Ref(id=text(entry.get("id"), f"{field}.id"), name=text(entry.get("name"), f"{field}.name").strip())
    return found if found.id or found.name else None


def _number(number: Mapping[str, Any]) -> str:
    return text(number.get("e164_digits") or number.get("digits"), "data.number.digits")


def _name(contact: Mapping[str, Any]) -> str:
    """A person's name, else the company's."""
    words = [text(contact.get(name), f"data.contact.{name}").strip() for name in ("first_name", "last_name")]
    return " ".join(w for w in words if w) or text(contact.get("company_name"), "data.contact.company_name").strip()


# --- presence, messages, contacts


def _read_presence(said: _Said, event: RawEvent) -> Iterable[Fact]:
    status = PRESENCE[said.event]
    if status is None:
        available = flag(said.data.get("available"))
        closed = said.text("availability_status").lower() == "unavailable" if available is None else not available
        status = PresenceStatus.DND if closed else PresenceStatus.ONLINE
    word = said.event.partition(".")[2]
    reason = said.text("substatus") if status is PresenceStatus.DND else ""
    yield PresenceFact(
        account=text(said.data.get("id"), "data.id"),
        received_at=event.received_at,
        at=said.at,
        status=status,
        raw=reason or word,
    )


def _read_message(said: _Said, event: RawEvent) -> Iterable[Fact]:
    word = said.text("status").lower()
    named = said.event.rpartition(".")[2]
    status = choice(named if named in ("sent", "received") else word, MESSAGE_STATUS) or MessageStatus.UNKNOWN
    direction = DIRECTION.get(said.text("direction").lower())
    if status is MessageStatus.RECEIVED:
        direction = direction or Direction.INBOUND
    ours, theirs = _number(said.part("number")), said.text("external_number") or said.text("raw_digits")
    inbound = direction is Direction.INBOUND
    media = items(said.data.get("media_details"), "data.media_details") or texts(
        said.data.get("media_url"), "data.media_url"
    )
    yield MessageFact(
        message_id=event.subject.id,
        received_at=event.received_at,
        at=said.at,
        status=status,
        status_raw=word or named,
        created_at=said.time("created_at"),
        kind=_message_kind(said, bool(media)),
        direction=direction,
        from_number=theirs if inbound else ours,
        to_numbers=tuple(n for n in (ours if inbound else theirs,) if n),
        business_number=ours,
        number=_ref(said.part("number"), "data.number"),
        agent=_agent(said.part("user"), "data.user"),
        media_count=len(media),
    )


def _message_kind(said: _Said, media: bool) -> MessageKind:  # noqa: FBT001 (a word about the message)
    if said.text("channel").lower() == "whatsapp":
        return MessageKind.MESSENGER
    return MessageKind.MMS if media else MessageKind.SMS


def _read_contact(said: _Said, event: RawEvent) -> Iterable[Fact]:
    mails = [text(e.get("value"), "data.emails[].value") for e in said.parts("emails")]
    yield ContactFact(
        contact_id=event.subject.id,
        received_at=event.received_at,
        at=said.at,
        deleted=said.event == "contact.deleted",
        name=" ".join(n for n in (said.text("first_name"), said.text("last_name")) if n),
        company=said.text("company_name"),
        numbers=tuple(
            n for n in (text(e.get("value"), "data.phone_numbers[].value") for e in said.parts("phone_numbers")) if n
        ),
        fields={"email": mails[0]} if mails and mails[0] else {},
    )


_READERS: Mapping[SubjectKind, Callable[[_Said, RawEvent], Iterable[Fact]]] = {
    SubjectKind.CALL: _read_call,
    SubjectKind.PRESENCE: _read_presence,
    SubjectKind.MESSAGE: _read_message,
    SubjectKind.CONTACT: _read_contact,
}
