"""The body of Ringlake's own contract: `{"type", "timestamp", "data": {"<subject>": {...}}}`.

What the adapters `generic`, `fcc` and `wiseparts` have in common: how such a document is identified
and read. The JSON Schema is docs/schemas/generic.schema.json and says the same as the tables below.
Senders should keep to the schema; the reader takes less: unknown fields are ignored, missing ones
are unknown, an unknown type is kept without facts. Only a field of the wrong kind makes a delivery
unreadable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringlake.errors import Unreadable
from ringlake.model.deals import OWN, DealStage
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    Agent,
    AnsweredBy,
    CallFact,
    CallKind,
    ContactFact,
    DealFact,
    Direction,
    EndedAs,
    Fact,
    FactKind,
    HangupBy,
    Media,
    MessageFact,
    MessageKind,
    MessageStatus,
    PresenceFact,
    PresenceStatus,
    Ref,
    Source,
    Step,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words, WordsKind, words

from .adapter import Adapter
from .signatures import verify_standard
from .values import choice, document, flag, identifier, instant, items, mapping, money, score, text, texts, whole

# Type of a delivery -> what it says of the call.
CALL_TYPES: Mapping[str, FactKind] = {
    "call.queued": FactKind.QUEUED,
    "call.ringing": FactKind.RINGING,
    "call.answered": FactKind.ANSWERED,
    "call.held": FactKind.HELD,
    "call.resumed": FactKind.RESUMED,
    "call.transferred": FactKind.TRANSFERRED,
    "call.completed": FactKind.ENDED,
    "call.step": FactKind.STEP,
    "call.voicemail": FactKind.VOICEMAIL,
    "call.recording": FactKind.RECORDING,
    "call.transcript": FactKind.TRANSCRIPT,
    "call.summary": FactKind.SUMMARY,
    "call.classified": FactKind.CLASSIFIED,
    "call.charged": FactKind.CHARGED,
}
MESSAGE_TYPES: Mapping[str, MessageStatus] = {
    "message.queued": MessageStatus.PENDING,  # ordered for later (features.md F46)
    "message.sent": MessageStatus.SENT,
    "message.received": MessageStatus.RECEIVED,
    "message.delivered": MessageStatus.DELIVERED,
    "message.undelivered": MessageStatus.UNDELIVERED,
}
DEAL_TYPES: Mapping[str, DealStage] = {
    "deal.quoted": DealStage.QUOTED,
    "deal.ordered": DealStage.ORDERED,
    "deal.lost": DealStage.LOST,
    "deal.reopened": DealStage.REOPENED,  # neither ordered nor lost after all
}
# The sender's closing word, spelled by `_word`. Kept verbatim beside; unknown words are unknown, never a failure.
CALL_STATUS: Mapping[str, EndedAs | None] = {
    "answered": EndedAs.ANSWERED,  # also of a call that only an IVR picked up (features.md F15)
    # WiseParts: over, whoever answered; an `answered` event says that somebody did.
    "completed": EndedAs.UNKNOWN,
    "no answer": EndedAs.NO_ANSWER,
    "no answear": EndedAs.NO_ANSWER,  # as Focus Contact Center spells it (features.md F47)
    "noanswer": EndedAs.NO_ANSWER,
    "missed": EndedAs.NO_ANSWER,
    "busy": EndedAs.BUSY,
    "failed": EndedAs.FAILED,
    "rejected": EndedAs.REJECTED,
    "declined": EndedAs.REJECTED,
    "abandoned": EndedAs.ABANDONED,
    "cancelled": EndedAs.CANCELED,
    "canceled": EndedAs.CANCELED,
    "voicemail": EndedAs.VOICEMAIL,
    "forwarded": EndedAs.FORWARDED,
    "blocked": EndedAs.BLOCKED,
    "queued": None,
    "ringing": None,  # a snapshot, no ending (features.md F42)
    "pending": None,
    "classifier": None,
}
DIRECTION: Mapping[str, Direction] = {
    **{d.value: d for d in Direction},
    "incoming": Direction.INBOUND,
    "outgoing": Direction.OUTBOUND,
    "outbound dial": Direction.OUTBOUND,
    "outbound auto": Direction.OUTBOUND,
}
# Directions that say more than the direction; the word becomes a tag.
DIRECTION_TAG: Mapping[str, str] = {"outbound dial": "outbound_dial", "outbound auto": "outbound_auto"}
CALL_KIND: Mapping[str, CallKind] = {k.value: k for k in CallKind}
ANSWERED_BY: Mapping[str, AnsweredBy] = {a.value: a for a in AnsweredBy}
# `caller` and `callee` are words for lines, of which this contract knows none.
HANGUP_BY: Mapping[str, HangupBy] = {h.value: h for h in HangupBy if h not in (HangupBy.CALLER, HangupBy.CALLEE)}
MESSAGE_KIND: Mapping[str, MessageKind] = {k.value: k for k in MessageKind}
PRESENCE: Mapping[str, PresenceStatus] = {p.value: p for p in PresenceStatus}
_CLASSIFIER = "classifier"


def identify(delivery: Delivery, connection: Connection, event_id: str) -> Identity:
    """Subject and type of a document. Raises `Unreadable`."""
    outer = document(delivery.body)
    event_type = identifier(outer.get("type"), "type")
    at: datetime | None = None
    # A wrong setting of ours must not keep a delivery out of the journal; `parse` names it.
    with suppress(Unreadable):
        at = instant(outer.get("timestamp"), _zone(connection))
    known = _SUBJECTS.get(event_type)
    kind, subject_id = SubjectKind.OTHER, event_id
    related: tuple[str, ...] = ()
    if known is not None:
        kind = known.kind
        subject = _subject(outer, kind)
        subject_id = identifier(subject.get(known.id_field), f"data.{kind.value}.{known.id_field}")
        related = _related(subject, subject_id) if kind is SubjectKind.CALL else ()
        if kind is SubjectKind.PRESENCE:
            # An account may be a person's name or number, and keys hold nothing personal.
            subject_id = hashlib.sha256(subject_id.encode()).hexdigest()[:32]
    return Identity(
        kind=kind,
        subject_id=subject_id,
        event_id=event_id,
        event_type=event_type,
        occurred_at=at,
        related=related,
    )


def parse(event: RawEvent, connection: Connection) -> Sequence[Fact]:
    """Facts of a document. Raises `Unreadable`."""
    outer = document(event.body)
    event_type = identifier(outer.get("type"), "type")
    known = _SUBJECTS.get(event_type)
    if known is None:
        return ()
    zone = _zone(connection)
    said = _Said(
        event_type=event_type,
        path=f"data.{known.kind.value}",
        subject=_subject(outer, known.kind),
        at=instant(outer.get("timestamp"), zone),
        event=event,
        connection=connection,
        zone=zone,
    )
    return tuple(known.read(said))


def words_of(event: RawEvent) -> Sequence[Words]:
    """Transcript, summary or text of a document: fields that may come with any type. Raises `Unreadable`."""
    outer = document(event.body)
    known = _SUBJECTS.get(identifier(outer.get("type"), "type"))
    if known is None:
        return ()
    subject = _subject(outer, known.kind)
    if known.kind is SubjectKind.MESSAGE:
        return words(WordsKind.MESSAGE, subject.get("text"))
    said = subject.get("transcript")
    told = said if isinstance(said, dict) else {"text": said}
    spoken = words(WordsKind.TRANSCRIPT, told.get("text"), url=told.get("url"))
    return (*spoken, *words(WordsKind.SUMMARY, subject.get("summary")))


class _Said(NamedTuple):
    """One delivery, opened: its subject and when it happened."""

    event_type: str
    path: str
    subject: dict[str, Any]
    at: datetime | None
    event: RawEvent
    connection: Connection
    zone: tzinfo

    def get(self, name: str) -> Any:
        return self.subject.get(name)

    def field(self, name: str) -> str:
        return f"{self.path}.{name}"

    def text(self, name: str) -> str:
        return text(self.get(name), self.field(name))

    def part(self, name: str) -> dict[str, Any]:
        return mapping(self.get(name), self.field(name))

    def ref(self, name: str) -> Ref | None:
        """`{id, name}`, or just a name."""
        value = self.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            return Ref(name=text(value, self.field(name)))
        found = Ref(id=self.inner(name, "id"), name=self.inner(name, "name"))
        return found if found.id or found.name else None

    def inner(self, name: str, key: str) -> str:
        return text(self.part(name).get(key), f"{self.field(name)}.{key}")

    def agent(self) -> Agent | None:
        found = Agent(
            id=self.inner("agent", "id"), name=self.inner("agent", "name"), account=self.inner("agent", "account")
        )
        return found if found.id or found.name or found.account else None


def _zone(connection: Connection) -> tzinfo:
    try:
        return ZoneInfo(connection.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise Unreadable("connection.zone", "not an IANA zone") from None


def _subject(outer: Mapping[str, Any], kind: SubjectKind) -> dict[str, Any]:
    found = mapping(outer.get("data"), "data").get(kind.value)
    if found is None:
        raise Unreadable(f"data.{kind.value}", "missing")
    return mapping(found, f"data.{kind.value}")


def _related(subject: Mapping[str, Any], subject_id: str) -> tuple[str, ...]:
    parent = subject.get("parent_id")
    if parent is None or parent == "":
        return ()
    found = identifier(parent, "data.call.parent_id")
    return () if found == subject_id else (found,)


# --- calls


def _read_call(said: _Said) -> Iterable[Fact]:
    """The fact that the type names, with everything said along with it; artefacts as facts of their own."""
    kind = CALL_TYPES[said.event_type]
    common = _common(said)

    def fact(kind: FactKind, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=said.event.subject.id, at=said.at, received_at=said.event.received_at, **attributes
        )

    yield fact(kind, **common, **_SPECIAL[kind](said) if kind in _SPECIAL else {})
    for other, name in _ARTEFACTS.items():
        if other is not kind and said.get(name):
            yield fact(other, leg_id=common["leg_id"], **_SPECIAL[other](said))


def _common(said: _Said) -> dict[str, Any]:
    direction = _direction(said)
    ends = said.text("from"), said.text("to")
    status = said.text("status")
    call_kind = choice(said.get("kind"), CALL_KIND)
    if _word(status) == _CLASSIFIER:
        call_kind = CallKind.CLASSIFIER
    found: dict[str, Any] = {
        "leg_id": said.text("leg_id"),
        "parent_id": _parent(said),
        "call_kind": call_kind,
        "direction": direction,
        "from_number": ends[0],
        "to_number": ends[1],
        "number": said.ref("number"),
        "agent": said.agent(),
        "team": said.ref("team"),
        "queue": said.ref("queue"),
        "campaign": said.ref("campaign"),
        "scheme": said.text("scheme"),
        "status": status,
        "hangup_by": choice(said.get("hangup_by"), HANGUP_BY),
        "cause": said.text("cause"),
        "record_ref": said.text("record_id"),
        "reference": said.text("reference"),
        "significant": said.text("significant"),
        "source": _source(said),
        "roaming": flag(said.get("roaming")),
        "score": score(said.get("survey_score")),
        "tags": _tags(said),
    }
    if CALL_TYPES[said.event_type] is FactKind.TRANSFERRED:
        # `to` is where the call goes now, not the number that was called.
        found |= {"from_number": "", "to_number": ""}
    elif direction is Direction.INBOUND:
        found |= {"remote_number": ends[0], "business_number": ends[1]}
    elif direction is Direction.OUTBOUND:
        found |= {"remote_number": ends[1], "business_number": ends[0]}
    return found


def _word(value: object) -> str:
    """A word in one spelling: senders write `NO ANSWER`, `no_answer` and `no-answer` for one thing."""
    return " ".join(value.replace("_", " ").replace("-", " ").lower().split()) if isinstance(value, str) else ""


def _direction(said: _Said) -> Direction | None:
    return DIRECTION.get(_word(said.get("direction")))


def _tags(said: _Said) -> tuple[str, ...]:
    stated = texts(said.get("tags"), said.field("tags")) if said.get("tags") is not None else ()
    kind = DIRECTION_TAG.get(_word(said.get("direction")))
    return (*stated, kind) if kind else stated


def _parent(said: _Said) -> str:
    return next(iter(_related(said.subject, said.event.subject.id)), "")


def _answered(said: _Said) -> dict[str, Any]:
    """Who picked up. A campaign's inbound line is picked up by its IVR, so without an agent and
    without a word about it that is what happened (features.md F15)."""
    by = choice(said.get("answered_by"), ANSWERED_BY)
    if by is None:
        inbound = _direction(said) is Direction.INBOUND
        campaign = choice(said.get("kind"), CALL_KIND) is CallKind.CAMPAIGN
        by = AnsweredBy.IVR if inbound and campaign and said.agent() is None else AnsweredBy.PERSON
    return {"answered_by": by}


def _ended(said: _Said) -> dict[str, Any]:
    status = _word(said.text("status"))
    by = choice(said.get("answered_by"), ANSWERED_BY)
    return {"ended_as": CALL_STATUS.get(status, EndedAs.UNKNOWN) if status else None, "answered_by": by}


def _step(said: _Said) -> Step:
    return Step(
        no=whole(said.part("step").get("no"), said.field("step.no")),
        kind=said.inner("step", "kind"),
        value=said.inner("step", "value"),
    )


def _media(said: _Said, name: str) -> Media:
    part = said.part(name)
    return Media(
        id=said.inner(name, "id"),
        url=said.inner(name, "url"),
        seconds=whole(part.get("seconds"), f"{said.field(name)}.seconds"),
    )


def _transcript(said: _Said) -> Media:
    """That there is one and where; its text stays in the raw event."""
    return Media(url=said.inner("transcript", "url")) if isinstance(said.get("transcript"), dict) else Media()


def _source(said: _Said) -> Source | None:
    if said.get("source") is None:
        return None
    if isinstance(said.get("source"), str):
        return Source(name=said.text("source"))
    return Source(
        name=said.inner("source", "name"),
        medium=said.inner("source", "medium"),
        campaign=said.inner("source", "campaign"),
    )


_SPECIAL: Mapping[FactKind, Callable[[_Said], dict[str, Any]]] = {
    FactKind.ANSWERED: _answered,
    FactKind.TRANSFERRED: lambda said: {"to_party": said.text("to")},
    FactKind.SUMMARY: lambda _: {},
    FactKind.ENDED: _ended,
    FactKind.STEP: lambda said: {"step": _step(said)},
    FactKind.RECORDING: lambda said: {"media": _media(said, "recording")},
    FactKind.VOICEMAIL: lambda said: {"media": _media(said, "voicemail")},
    FactKind.TRANSCRIPT: lambda said: {"media": _transcript(said)},
    FactKind.CLASSIFIED: lambda said: {"classifier": said.ref("classifier")},
    FactKind.CHARGED: lambda said: {"cost": money(said.get("cost"), said.field("cost"))},
}

# Fields that may come along with any type and state something of their own.
_ARTEFACTS: Mapping[FactKind, str] = {
    FactKind.STEP: "step",
    FactKind.VOICEMAIL: "voicemail",
    FactKind.RECORDING: "recording",
    FactKind.TRANSCRIPT: "transcript",
    FactKind.SUMMARY: "summary",
    FactKind.CLASSIFIED: "classifier",
    FactKind.CHARGED: "cost",
}


# --- messages, presence, contacts, deals


def _read_message(said: _Said) -> Iterable[Fact]:
    direction = _direction(said)
    if said.event_type == "message.received":
        direction = direction or Direction.INBOUND
    sender = said.text("from")
    recipients = tuple(n for name in ("to", "cc", "bcc") for n in texts(said.get(name), said.field(name)))
    business = ""
    if direction is Direction.OUTBOUND:
        business = sender
    elif direction is Direction.INBOUND and len(recipients) == 1:
        business = recipients[0]
    yield MessageFact(
        message_id=said.event.subject.id,
        received_at=said.event.received_at,
        at=said.at,
        status=MESSAGE_TYPES[said.event_type],
        status_raw=said.text("status"),
        kind=choice(said.get("kind"), MESSAGE_KIND),
        direction=direction,
        from_number=sender,
        to_numbers=recipients,
        business_number=business,
        number=said.ref("number"),
        agent=said.agent(),
        team=said.ref("team"),
        campaign=said.ref("campaign"),
        segments=whole(said.get("segments"), said.field("segments")),
        media_count=whole(said.get("media_count"), said.field("media_count")),
        scheduled_for=instant(said.get("scheduled_for"), said.zone),
        error_code=said.inner("error", "code"),
        error_text=said.inner("error", "text"),
        bulk=flag(said.get("bulk")),
        cost=money(said.get("cost"), said.field("cost")),
        reference=said.text("reference"),
    )


def _read_presence(said: _Said) -> Iterable[Fact]:
    """Whoever says a word outside the four (ringing, lunch) is there: online (features.md R37)."""
    raw = said.text("status")
    if not raw:
        return
    yield PresenceFact(
        account=said.text("account"),
        received_at=said.event.received_at,
        at=said.at,
        status=choice(raw, PRESENCE) or PresenceStatus.ONLINE,
        raw=raw,
        user_id=said.text("user_id"),
        device=said.text("device"),
    )


def _read_contact(said: _Said) -> Iterable[Fact]:
    fields = {
        text(name, said.field("fields")): text(value, f"{said.field('fields')}[]")
        for name, value in said.part("fields").items()
    }
    yield ContactFact(
        contact_id=said.event.subject.id,
        received_at=said.event.received_at,
        at=said.at,
        deleted=said.event_type == "contact.deleted",
        name=said.text("name"),
        company=said.text("company"),
        numbers=tuple(text(n, said.field("numbers[]")) for n in items(said.get("numbers"), said.field("numbers"))),
        fields=fields,
    )


def _read_deal(said: _Said) -> Iterable[Fact]:
    yield DealFact(
        deal_id=said.event.subject.id,
        received_at=said.event.received_at,
        at=said.at,
        stage=DEAL_TYPES[said.event_type],
        call_id=said.text("call_id"),
        user_id=said.text("user_id"),
        brand=said.text("brand"),
        contact_id=said.text("contact_id"),
        amount=money(said.get("amount"), said.field("amount")),
        # What people enter in Ringlake is told as a whole each time, so that they can also take a brand away.
        whole=said.connection.id == OWN,
    )


class _Kind(NamedTuple):
    """How deliveries of one type are read: their subject, the field of its id, the reader."""

    kind: SubjectKind
    id_field: str
    read: Callable[[_Said], Iterable[Fact]]


_SUBJECTS: Mapping[str, _Kind] = {
    **dict.fromkeys(CALL_TYPES, _Kind(SubjectKind.CALL, "id", _read_call)),
    **dict.fromkeys(MESSAGE_TYPES, _Kind(SubjectKind.MESSAGE, "id", _read_message)),
    "presence.changed": _Kind(SubjectKind.PRESENCE, "account", _read_presence),
    "contact.updated": _Kind(SubjectKind.CONTACT, "id", _read_contact),
    "contact.deleted": _Kind(SubjectKind.CONTACT, "id", _read_contact),
    **dict.fromkeys(DEAL_TYPES, _Kind(SubjectKind.DEAL, "id", _read_deal)),
}
TYPES: frozenset[str] = frozenset(_SUBJECTS)


class Signed(Adapter):
    """An adapter of this body signed by Standard Webhooks, with `webhook-id` as event id."""

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, now: datetime) -> None:
        verify_standard(delivery.headers, delivery.body, secrets, now)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        return identify(delivery, connection, identifier(delivery.headers.get("webhook-id"), "webhook-id"))

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        return parse(event, connection)

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        return words_of(event)
