"""Dialpad: call, SMS and agent status events, each a JWT whose claims are the event.

The whole body is a compact token (HS256, secret of the webhook); there is no signature header, and
plain JSON is what a webhook without a secret sends: refused. Tokens have no expiry and repeats come for
hours; a repeat has the same event id and is stored once.

Option of the connection: `max_age_s`, how many seconds the `event_timestamp` of a delivery may be away from our
clock, both ways; without it any time is taken.

Events carry no type: `call_id` with `state` is a call, `on_duty_status` an agent's status,
`from_number` or `to_number` with `id` a message. Each call event is a snapshot with all times known so far,
and every snapshot states all of them, so a lost or late event costs nothing.

Rules of meaning:

- `call_id` is one leg. `master_call_id`, else `entry_point_call_id`, names the customer's call.
- Answered is who has `date_connected`, not what `state` says; `date_ended` ends the leg whatever the state.
- The end of a queue's leg ends the call; a call to a person or a menu may be handed on, and lasts as long as its legs.
- An unanswered outbound call is aborted when it never rang or lasted less than a second.
- `monitor`, `barge` and the like are a supervisor's doing and no call.
- A call centre leg that connects was taken by a person; a call router is a menu.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

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
    Media,
    MessageFact,
    MessageKind,
    MessageStatus,
    PresenceFact,
    PresenceStatus,
    Ref,
)
from ringlake.model.numbers import is_withheld
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words, WordsKind, words

from . import jws
from .adapter import Access, Adapter
from .values import choice, document, flag, identifier, instant, items, mapping, score, text, texts, whole

DIRECTION: Mapping[str, Direction] = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
# States in which the call is with somebody, or on its way to one: the word is kept as the telephony status.
LIFE_STATES = frozenset(
    {"calling", "preanswer", "queued", "ringing", "connected", "hold", "parked", "merged"}
    | {"hangup", "missed", "voicemail", "voicemail_uploaded", "blocked"}
)
# The leg is over even when the snapshot has no `date_ended`.
CLOSING_STATES = frozenset({"hangup", "missed", "blocked"})
HOLDING_STATES = frozenset({"hold", "parked"})
TAKEN_STATES = frozenset({"connected", "hold", "parked", "merged"})
VOICEMAIL_STATES = frozenset({"voicemail", "voicemail_uploaded"})
RECORDING_STATES = frozenset({"recording", "admin_recording"})
TRANSCRIPT_STATES = frozenset({"transcription", "call_transcription"})
SUMMARY_STATES = frozenset({"recap_summary"})
# A supervisor listens in or takes part; nothing happened to the customer's call.
SUPERVISOR_STATES = frozenset({"monitor", "barge", "takeover", "eavesdrop", "admin"})
# Kinds of targets whose call waits for one of several people.
GROUPS = frozenset({"callcenter", "department", "coachingteam", "coachinggroup", "staffgroup", "channel"})
MENU = "callrouter"
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "pending": MessageStatus.PENDING,
    "success": MessageStatus.SENT,  # the carrier took it; receipts of handsets are not documented
    "failed": MessageStatus.UNDELIVERED,
}
# A delivery result comes with status=true subscriptions; null and `accepted` are no failure.
NO_ERROR = frozenset({"", "accepted"})
ON_DUTY: Mapping[str, PresenceStatus] = {
    "available": PresenceStatus.ONLINE,
    "occupied": PresenceStatus.TALKING,
    "occupied-end": PresenceStatus.ONLINE,
    "wrapup": PresenceStatus.ONLINE,  # at work after a call (metrics.md Occupancy counts it there)
    "wrapup-end": PresenceStatus.ONLINE,
    "busy": PresenceStatus.DND,
    "unavailable": PresenceStatus.DND,
}
_AT_ONCE = timedelta(seconds=1)
# `connected` is sent again when a call returns from hold, and then long after `date_connected`.
_RETURNED = timedelta(seconds=5)


class Dialpad(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "dialpad"
    version = 2

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, now: datetime) -> None:
        payload = jws.verify(_token(delivery.body), secrets)
        most = whole(connection.options.get("max_age_s") or None, "max_age_s")
        if most is not None and not _is_fresh(payload, now, most):
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        claims = _claims(delivery.body)
        stamp = instant(claims.get("event_timestamp"))
        mark = _digits(claims.get("event_timestamp")) or hashlib.sha256(delivery.body).hexdigest()[:32]
        kind = _kind(claims)
        if kind is SubjectKind.CALL:
            call_id, state = identifier(claims["call_id"], "call_id"), identifier(claims["state"], "state")
            subject, *related = _conversation(claims, call_id)
            event_id, event_type = f"{call_id}/{state}/{mark}", f"call.{state}"
        elif kind is SubjectKind.MESSAGE:
            subject, related = identifier(claims["id"], "id"), []
            status = text(claims.get("message_status"), "message_status")
            event_id, event_type = f"{subject}/{mark}/{status}", "sms"
        elif kind is SubjectKind.PRESENCE:
            subject = identifier(mapping(claims.get("target"), "target").get("id"), "target.id")
            status, related = text(claims.get("on_duty_status"), "on_duty_status"), []
            event_id, event_type = f"{subject}/{mark}/{status}", "agent_status"
            stamp = _changed_at(claims)
        else:
            subject = event_id = hashlib.sha256(delivery.body).hexdigest()[:32]
            event_type, related = "unknown", []
        return Identity(
            kind=kind,
            subject_id=subject,
            event_id=identifier(event_id, "event_id"),
            event_type=identifier(event_type, "state"),
            occurred_at=stamp,
            related=tuple(related),
        )

    def parse(self, event: RawEvent, _connection: Connection) -> Sequence[Fact]:
        claims = _claims(event.body)
        kind = _kind(claims)
        if kind is SubjectKind.CALL:
            return tuple(_call_facts(_Leg(claims, event)))
        if kind is SubjectKind.MESSAGE:
            return (_message(claims, event),)
        return tuple(_presence(claims, event)) if kind is SubjectKind.PRESENCE else ()

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        claims = _claims(event.body)
        if event.subject.kind is SubjectKind.MESSAGE:
            return words(WordsKind.MESSAGE, claims.get("text"))
        spoken = words(WordsKind.TRANSCRIPT, claims.get("transcription_text"))
        return (*spoken, *words(WordsKind.SUMMARY, claims.get("recap_summary")))

    def access(self, _media: Media) -> Access:
        return Access(login=True)


ADAPTER = Dialpad()


def _token(body: bytes) -> bytes:
    """The token; some clients quote it as a JSON string."""
    token = body.strip()
    return token[1:-1] if len(token) > 1 and token[:1] == token[-1:] == b'"' else token


def _is_fresh(payload: bytes, now: datetime, most_s: int) -> bool:
    try:
        made_at = instant(document(payload).get("event_timestamp"))
    except Unreadable:
        return False
    return made_at is not None and abs(now - made_at).total_seconds() <= most_s


def _claims(body: bytes) -> dict[str, Any]:
    return document(jws.payload_of(_token(body)))


def _kind(claims: Mapping[str, Any]) -> SubjectKind:
    if claims.get("call_id") and claims.get("state"):
        return SubjectKind.CALL
    if "on_duty_status" in claims:
        return SubjectKind.PRESENCE
    if claims.get("id") and ("from_number" in claims or "to_number" in claims):
        return SubjectKind.MESSAGE
    return SubjectKind.OTHER


def _digits(value: object) -> str:
    """A time stamp as the text of its whole milliseconds, "" when there is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return text(value, "event_timestamp") if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _conversation(claims: Mapping[str, Any], call_id: str) -> list[str]:
    """The call that this leg belongs to, then others that it belongs to as well."""
    named = [identifier(claims[name], name) for name in ("master_call_id", "entry_point_call_id") if claims.get(name)]
    return list(dict.fromkeys(n for n in named if n != call_id)) or [call_id]


# --- calls


class _Leg(NamedTuple):
    """One snapshot of one leg."""

    claims: dict[str, Any]
    event: RawEvent

    @property
    def state(self) -> str:
        return text(self.claims.get("state"), "state").strip().lower()

    @property
    def id(self) -> str:
        return identifier(self.claims.get("call_id"), "call_id")

    @property
    def is_entry(self) -> bool:
        """Whether this leg is the customer's own call and not one of the attempts inside it."""
        return self.id == self.event.subject.id

    @property
    def direction(self) -> Direction | None:
        if flag(self.claims.get("is_internal")):
            return Direction.INTERNAL
        return choice(self.claims.get("direction"), DIRECTION)

    @property
    def target_kind(self) -> str:
        return _type(self.part("target"), "target")

    @property
    def agent(self) -> Agent | None:
        return _agent(self.part("target"), "target")

    @property
    def stamp(self) -> datetime | None:
        return self.time("event_timestamp")

    @property
    def ended_at(self) -> datetime | None:
        """When the leg ended; `date_ended` wins over the state."""
        return self.time("date_ended") or (self.stamp if self.state in CLOSING_STATES else None)

    @property
    def over(self) -> bool:
        return self.time("date_ended") is not None or self.state in CLOSING_STATES

    @property
    def connected_at(self) -> datetime | None:
        """When somebody took it; a leg that is talking without a time of it was taken by now."""
        return self.time("date_connected") or (self.stamp if self.state in TAKEN_STATES else None)

    @property
    def rang_at(self) -> datetime | None:
        """First ring; a person's phone that rings or was answered without a time of it rang from the start."""
        rang = self.time("date_first_rang") or self.time("date_rang")
        implied = self.state == "ringing" or (
            self.agent and (self.state in TAKEN_STATES or self.time("date_connected"))
        )
        return rang or (self.time("date_started") or self.stamp if implied else None)

    def time(self, name: str) -> datetime | None:
        return instant(self.claims.get(name))

    def part(self, name: str) -> dict[str, Any]:
        return mapping(self.claims.get(name), name)

    def text(self, name: str) -> str:
        return text(self.claims.get(name), name)

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )

    @property
    def own(self) -> dict[str, Any]:
        """What marks a fact as one of an attempt to reach a person; nothing for queues and menus."""
        return {"leg_id": self.id, "agent": self.agent} if self.agent else {}


def _type(target: Mapping[str, Any], field: str) -> str:
    return text(target.get("type"), f"{field}.type").strip().lower()


def _agent(target: Mapping[str, Any], field: str) -> Agent | None:
    """A person of ours; queues, departments and rooms are none."""
    if _type(target, field) != "user" or not target.get("id"):
        return None
    return Agent(
        id=identifier(target.get("id"), f"{field}.id"),
        name=text(target.get("name"), f"{field}.name"),
        account=text(target.get("email"), f"{field}.email"),
    )


def _ref(target: Mapping[str, Any], field: str) -> Ref:
    return Ref(id=text(target.get("id"), f"{field}.id"), name=text(target.get("name"), f"{field}.name"))


def _call_facts(leg: _Leg) -> Iterable[Fact]:
    if leg.state in SUPERVISOR_STATES:
        return
    yield from _opening(leg)
    yield from _life(leg)
    yield from _closing(leg)
    yield from _afterwards(leg)
    # An attempt that reached nobody says nothing about how the call is doing.
    if leg.state in LIFE_STATES and (leg.is_entry or leg.connected_at):
        yield leg.fact(FactKind.INFO, leg.stamp, status=leg.state)


def _opening(leg: _Leg) -> Iterable[CallFact]:
    """That the call started and between whom. An outbound call is dialled before it rings."""
    outbound = leg.direction is Direction.OUTBOUND
    started_at = leg.time("date_started")
    if started_at or leg.state in LIFE_STATES:
        yield leg.fact(
            FactKind.STARTED,
            started_at or leg.stamp,
            strand=leg.id,
            direction=leg.direction,
            agent=leg.agent if outbound and leg.is_entry else None,
        )
    ours = leg.text("internal_number")
    parties = {
        "remote_number": leg.text("external_number"),
        "business_number": "" if is_withheld(ours) else ours,
        "remote_name": text(leg.part("contact").get("name"), "contact.name"),
    }
    if any(parties.values()):
        yield leg.fact(FactKind.INFO, started_at, **parties)
    if outbound and leg.is_entry and started_at:
        yield leg.fact(FactKind.QUEUED, started_at)
    handed = leg.part("transferred_from")
    if handed.get("id"):
        yield leg.fact(
            FactKind.TRANSFERRED,
            leg.time("date_first_rang") or leg.time("date_queued") or started_at,
            agent=_agent(handed, "transferred_from"),
            to_party=text(leg.part("target").get("id"), "target.id"),
        )


def _life(leg: _Leg) -> Iterable[CallFact]:
    queue = _queue(leg)
    queued_at = leg.time("date_queued") or (leg.stamp if leg.state == "queued" else None)
    if queued_at:
        yield leg.fact(FactKind.QUEUED, queued_at, queue=queue)
    elif queue:
        yield leg.fact(FactKind.INFO, leg.time("date_started"), queue=queue)
    if leg.rang_at:
        yield leg.fact(FactKind.RINGING, leg.rang_at, **leg.own)
    connected_at = leg.connected_at
    if connected_at:
        by = AnsweredBy.IVR if leg.target_kind == MENU else AnsweredBy.PERSON
        yield leg.fact(FactKind.ANSWERED, connected_at, answered_by=by, **leg.own)
    if leg.state in HOLDING_STATES:
        yield leg.fact(FactKind.HELD, leg.stamp, **leg.own)
    elif leg.state == "connected" and connected_at and leg.stamp and leg.stamp - connected_at > _RETURNED:
        yield leg.fact(FactKind.RESUMED, leg.stamp, **leg.own)


def _queue(leg: _Leg) -> Ref | None:
    for name in ("target", "entry_point_target"):
        found = leg.part(name)
        if _type(found, name) in GROUPS:
            return _ref(found, name)
    return None


def _closing(leg: _Leg) -> Iterable[CallFact]:
    if not leg.over:
        return
    word = _ended_as(leg)
    if not leg.is_entry:
        yield leg.fact(FactKind.LEG_ENDED, leg.ended_at, **leg.own)
        yield leg.fact(FactKind.ENDED, leg.ended_at, strand=leg.id)
        return
    if leg.agent:
        yield leg.fact(FactKind.LEG_ENDED, leg.ended_at, **leg.own)
    # A queue lasts as long as its call; a person or a menu may have handed it on to another leg.
    hands_on = leg.agent is not None or leg.target_kind == MENU or flag(leg.claims.get("is_transferred"))
    strand = leg.id if hands_on else ""
    yield leg.fact(FactKind.ENDED, leg.ended_at, ended_as=word, strand=strand)
    talk_s = _seconds(leg.claims.get("duration")) if leg.time("date_connected") else None
    if talk_s is not None and leg.target_kind != MENU:
        hold_s = _seconds(leg.claims.get("hold_time"))
        yield leg.fact(FactKind.INFO, leg.ended_at, duration_s=talk_s, hold_s=hold_s)


def _ended_as(leg: _Leg) -> EndedAs:
    if leg.state == "blocked":
        return EndedAs.BLOCKED
    if leg.time("date_connected") and leg.target_kind != MENU:
        return EndedAs.ANSWERED
    if leg.claims.get("voicemail_link") or leg.state in VOICEMAIL_STATES:
        return EndedAs.VOICEMAIL
    if leg.direction is Direction.OUTBOUND and _aborted(leg):
        return EndedAs.CANCELED
    return EndedAs.NO_ANSWER


def _aborted(leg: _Leg) -> bool:
    if not leg.time("date_first_rang"):
        return True
    total = leg.claims.get("total_duration")
    if isinstance(total, int | float) and not isinstance(total, bool):
        return total < _AT_ONCE / timedelta(milliseconds=1)
    started_at, ended_at = leg.time("date_started"), leg.ended_at
    return started_at is not None and ended_at is not None and ended_at - started_at < _AT_ONCE


def _afterwards(leg: _Leg) -> Iterable[CallFact]:
    """Voicemail, recordings, transcript and summary; texts stay in the raw event."""
    link = leg.text("voicemail_link")
    if link or leg.state in VOICEMAIL_STATES:
        media = Media(id=leg.text("voicemail_recording_id"), url=link)
        yield leg.fact(FactKind.VOICEMAIL, leg.time("date_ended") or leg.stamp, media=media)
    details = items(leg.claims.get("recording_details"), "recording_details")
    for entry in details:
        recording = mapping(entry, "recording_details[]")
        media = Media(
            id=text(recording.get("id"), "recording_details[].id"),
            url=text(recording.get("url"), "recording_details[].url"),
            seconds=_seconds(recording.get("duration")),
        )
        at = instant(recording.get("start_time")) or leg.stamp
        yield leg.fact(FactKind.RECORDING, at, media=media)
    if not details:
        for known in texts(leg.claims.get("call_recording_ids") or [], "call_recording_ids"):
            yield leg.fact(FactKind.RECORDING, leg.stamp, media=Media(id=known))
        if leg.state in RECORDING_STATES and not leg.claims.get("call_recording_ids"):
            yield leg.fact(FactKind.RECORDING, leg.stamp)
    if leg.state in TRANSCRIPT_STATES or leg.claims.get("transcription_text"):
        yield leg.fact(FactKind.TRANSCRIPT, leg.stamp)
    if leg.state in SUMMARY_STATES or leg.claims.get("recap_summary"):
        yield leg.fact(FactKind.SUMMARY, leg.stamp)
    given = score(leg.claims.get("csat_score"))
    if given is not None:
        yield leg.fact(FactKind.INFO, leg.stamp, score=given)


def _seconds(value: object) -> int | None:
    """Whole seconds of a duration in milliseconds, which may be a fraction; None when absent or garbled."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        return None
    return round(value / 1000)


# --- messages and agents


def _message(claims: Mapping[str, Any], event: RawEvent) -> MessageFact:
    direction = choice(claims.get("direction"), DIRECTION)
    if flag(claims.get("is_internal")):
        direction = Direction.INTERNAL
    word = text(claims.get("message_status"), "message_status").strip().lower()
    status = MESSAGE_STATUS.get(word, MessageStatus.UNKNOWN)
    if direction is Direction.INBOUND:
        status = MessageStatus.RECEIVED  # seen with message_status `pending`
    sender, receivers = text(claims.get("from_number"), "from_number"), texts(claims.get("to_number"), "to_number")
    business = sender if direction is Direction.OUTBOUND else receivers[0] if len(receivers) == 1 else ""
    result = text(claims.get("message_delivery_result"), "message_delivery_result")
    target = mapping(claims.get("target"), "target")
    media = bool(claims.get("mms_url")) or flag(claims.get("mms"))
    return MessageFact(
        message_id=event.subject.id,
        received_at=event.received_at,
        at=instant(claims.get("event_timestamp")),
        status=status,
        status_raw=word,
        created_at=instant(claims.get("created_date")),
        kind=MessageKind.MMS if media else MessageKind.SMS,
        direction=direction,
        from_number=sender,
        to_numbers=receivers,
        business_number=business,
        agent=_agent(target, "target"),
        team=_ref(target, "target") if _type(target, "target") in GROUPS else None,
        media_count=1 if media else None,
        error_code="" if result in NO_ERROR else result,
    )


def _changed_at(claims: Mapping[str, Any]) -> datetime | None:
    return instant(claims.get("date")) or instant(claims.get("event_timestamp"))


def _presence(claims: Mapping[str, Any], event: RawEvent) -> Iterable[Fact]:
    target = mapping(claims.get("target"), "target")
    raw = text(claims.get("on_duty_status"), "on_duty_status")
    status = choice(raw, ON_DUTY)
    if status is None:
        return
    reason = text(claims.get("on_duty_status_reason"), "on_duty_status_reason")
    if not target.get("id"):
        raise Unreadable("target.id", "missing")
    yield PresenceFact(
        account=identifier(target.get("id"), "target.id"),
        received_at=event.received_at,
        at=_changed_at(claims),
        status=status,
        raw=f"{raw}: {reason}" if reason else raw,
    )
