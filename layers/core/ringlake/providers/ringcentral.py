"""RingCentral: telephony sessions, presence and instant messages of one subscription.

Authentication is the subscription's `validationToken`, which comes back in the header `Validation-Token` of
every event; a subscription without one proves nothing and is refused. A request with that header and
an empty body is the set-up handshake and hears its own header again.

A session is the customer's call. Each notification names the parties that changed; parties with an
`extensionId` are ours.

- The call's direction is that of our party; a call from extension to extension is internal.
- Answered is who of ours was `Answered`. On the calling side of an internal call the word only says that the
  other end's call handling (a queue, a menu) began, so it is no answer.
- No event tells the end of a session: it is over when all of its parties are gone, because a transfer swaps them.
- How an unanswered outbound call ended is said by the `reason`; without one our side gave up.
- A supervisor who listens (`Supervising`) is left out.
- Every fact stands under its own time (`eventTime`), so late and repeated events cannot bring a call back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ringlake.errors import NotAuthentic
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
    MessageFact,
    MessageKind,
    MessageStatus,
    PresenceFact,
    PresenceStatus,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words, WordsKind, words

from .adapter import Adapter, Answer
from .values import choice, document, identifier, instant, items, mapping, text

TOKEN_HEADER = "validation-token"  # noqa: S105 (a header's name)
# Answers to a handshake may have 1,024 bytes, headers and all.
LONGEST_TOKEN = 512
DIRECTION: Mapping[str, Direction] = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}
RINGING = frozenset({"setup", "proceeding"})
HELD = frozenset({"hold", "parked"})
OVER = frozenset({"disconnected", "gone"})
# Two spellings of the caller leaving a message while our side may listen.
SCREENED = frozenset({"vmscreening", "voicemailscreening"})
# Reasons with which an outbound call ends unanswered; every other reason is a failure.
OUTBOUND_REASON: Mapping[str, EndedAs] = {
    "targetbusy": EndedAs.BUSY,
    "rejected": EndedAs.REJECTED,
    "cancelled": EndedAs.CANCELED,
    "noanswer": EndedAs.NO_ANSWER,
    "timeout": EndedAs.NO_ANSWER,
    "voicemail": EndedAs.NO_ANSWER,
    "callfinished": EndedAs.CANCELED,  # a normal end that nobody answered: our side hung up
}
# What a reason says about one attempt to reach one of us.
LEG_REASON: Mapping[str, EndedAs] = {
    "targetbusy": EndedAs.BUSY,
    "rejected": EndedAs.REJECTED,
    "internalerror": EndedAs.FAILED,
}
HAND_OVERS = frozenset({"blindtransfer", "attendedtransfer", "rcctransfer", "dtmftransfer"})
# The call goes on at another telephone or with another colleague: no word about how it ended.
GOES_ON = HAND_OVERS | {"callflip", "pickup", "takeover", "parklocation"}
# A supervisor who listens is no party to the call.
LISTENS = "supervising"
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "queued": MessageStatus.PENDING,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "deliveryfailed": MessageStatus.UNDELIVERED,
    "sendingfailed": MessageStatus.UNDELIVERED,
    "received": MessageStatus.RECEIVED,
}
MESSAGE_KIND: Mapping[str, MessageKind] = {"sms": MessageKind.SMS, "mms": MessageKind.MMS}
TELEPHONY: Mapping[str, PresenceStatus] = {
    "callconnected": PresenceStatus.TALKING,
    "onhold": PresenceStatus.TALKING,
    "ringing": PresenceStatus.ONLINE,  # features.md R37
}
AVAILABILITY: Mapping[str, PresenceStatus] = {
    "available": PresenceStatus.ONLINE,
    "busy": PresenceStatus.DND,
    "offline": PresenceStatus.OFFLINE,
}
_REFUSES_ALL = "donotacceptanycalls"
_EXTENSION = re.compile(r"/extension/([^/?]+)")
_NAMED = re.compile(r"^/restapi/v[0-9.]+/|(?:account|extension)/[^/?]+/|\?.*$")


class RingCentral(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "ringcentral"
    version = 1

    def handshake(self, delivery: Delivery, _connection: Connection) -> Answer | None:
        """The echo that creates or renews a subscription; None for events and for what no header may hold."""
        token = delivery.headers.get(TOKEN_HEADER, "")
        plain = token.isascii() and token.isprintable() and 0 < len(token) <= LONGEST_TOKEN
        if delivery.method != "POST" or delivery.body.strip() or not plain:
            return None
        return Answer(headers={TOKEN_HEADER: token})

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, _now: datetime) -> None:
        given = delivery.headers.get(TOKEN_HEADER, "").encode("utf-8", "replace")
        matched = False
        for secret in secrets:
            matched |= bool(secret) & hmac.compare_digest(given, secret)
        if not matched:
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        said = _said(document(delivery.body))
        # Every notification has a uuid; should one come without, it is itself what tells it apart.
        event_id = identifier(said.outer.get("uuid") or hashlib.sha256(delivery.body).hexdigest()[:32], "uuid")
        kind, subject_id = SubjectKind.OTHER, event_id
        if said.is_session:
            kind, subject_id = SubjectKind.CALL, _session(said)
        elif said.is_presence:
            kind, subject_id = SubjectKind.PRESENCE, identifier(_extension(said), "body.extensionId")
        elif said.is_message:
            kind, subject_id = SubjectKind.MESSAGE, identifier(said.body.get("id"), "body.id")
        return Identity(
            kind=kind,
            subject_id=subject_id,
            event_id=event_id,
            event_type=identifier(_NAMED.sub("", said.event).strip("/") or "unknown", "event"),
            occurred_at=said.at,
        )

    def parse(self, event: RawEvent, _connection: Connection) -> Sequence[Fact]:
        said = _said(document(event.body))
        if said.is_session:
            return tuple(_session_facts(said, event))
        if said.is_presence:
            return tuple(_presence(said, event))
        return (_message(said, event),) if said.is_message else ()

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        said = _said(document(event.body))
        return words(WordsKind.MESSAGE, said.body.get("subject")) if said.is_message else ()


ADAPTER = RingCentral()


class _Said(NamedTuple):
    """One notification, opened."""

    outer: dict[str, Any]
    body: dict[str, Any]
    event: str

    @property
    def is_session(self) -> bool:
        return "telephonySessionId" in self.body or "/telephony/sessions" in self.event

    @property
    def is_presence(self) -> bool:
        return "telephonyStatus" in self.body or "presenceStatus" in self.body

    @property
    def is_message(self) -> bool:
        """Instant texts; a voicemail in the message store names no session that it could be joined to."""
        return "messageStatus" in self.body and choice(self.body.get("type"), MESSAGE_KIND) is not None

    @property
    def at(self) -> datetime | None:
        return instant(self.body.get("eventTime")) or instant(self.outer.get("timestamp"))


def _said(outer: dict[str, Any]) -> _Said:
    return _Said(outer, mapping(outer.get("body"), "body"), text(outer.get("event"), "event"))


def _session(said: _Said) -> str:
    return identifier(said.body.get("telephonySessionId") or said.body.get("sessionId"), "body.telephonySessionId")


def _extension(said: _Said) -> str:
    """Whose presence or message it is, "" when nothing says it; `~` is the owner of the subscription."""
    stated = text(said.body.get("extensionId"), "body.extensionId")
    named = _EXTENSION.search(said.event)
    found = stated or (named.group(1) if named and named.group(1) != "~" else "")
    return found or text(said.outer.get("ownerId"), "ownerId")


# --- sessions


class _Party(NamedTuple):
    """One party of a session as one notification has it."""

    id: str
    said: dict[str, Any]
    at: datetime | None
    event: RawEvent

    @property
    def own(self) -> bool:
        return bool(self.said.get("extensionId"))

    @property
    def code(self) -> str:
        return self._status("code")

    @property
    def reason(self) -> str:
        return self._status("reason")

    @property
    def side(self) -> Direction | None:
        """From the party's own view: who is called is inbound."""
        return choice(self.said.get("direction"), DIRECTION)

    @property
    def internal(self) -> bool:
        return bool(self.end("from").get("extensionId") and self.end("to").get("extensionId"))

    @property
    def agent(self) -> Agent | None:
        if not self.own:
            return None
        near = self.end("to" if self.side is Direction.INBOUND else "from")
        return Agent(
            id=identifier(self.said.get("extensionId"), "body.parties[].extensionId"),
            name=text(near.get("name"), "body.parties[].name"),
        )

    def end(self, name: str) -> dict[str, Any]:
        return mapping(self.said.get(name), f"body.parties[].{name}")

    def number(self, name: str) -> str:
        return text(self.end(name).get("phoneNumber"), f"body.parties[].{name}.phoneNumber")

    def fact(self, kind: FactKind, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind,
            call_id=self.event.subject.id,
            received_at=self.event.received_at,
            at=self.at,
            **attributes,
        )

    @property
    def leg(self) -> dict[str, Any]:
        """What marks a fact as one of the attempt to reach one of us; parties of the outside are no legs."""
        return {"leg_id": self.id, "agent": self.agent} if self.own else {}

    def _status(self, name: str) -> str:
        status = mapping(self.said.get("status"), "body.parties[].status")
        return text(status.get(name), f"body.parties[].status.{name}").strip().lower()


def _session_facts(said: _Said, event: RawEvent) -> Iterable[Fact]:
    field = "body.parties"
    parties = [
        _Party(_party_id(mapping(p, f"{field}[]")), mapping(p, f"{field}[]"), said.at, event)
        for p in items(said.body.get("parties"), field)
    ]
    parties = [party for party in parties if party.reason != LISTENS]
    first = next((p for p in parties if p.own), None)
    for party in parties:
        yield from _opening(party, speaks=party is first)
        yield from _life(party)
        if party.code in OVER:
            yield from _closing(party)


def _party_id(party: Mapping[str, Any]) -> str:
    """Unique within its session; a party without one is its extension, or the outside."""
    return text(party.get("id"), "body.parties[].id") or text(party.get("extensionId"), "body.parties[]") or "outside"


def _opening(party: _Party, *, speaks: bool) -> Iterable[CallFact]:
    """That the party is there (the strand), and between whom the call is."""
    direction = None
    if speaks:
        direction = Direction.INTERNAL if party.internal else party.side
    dialling = party.side is Direction.OUTBOUND and party.code in RINGING
    kind = FactKind.STARTED if dialling or party.code == "setup" else FactKind.INFO
    caller, callee = party.number("from"), party.number("to")
    ends = {"from_number": caller, "to_number": callee}
    if direction is Direction.INBOUND:
        ends |= {"remote_number": caller, "business_number": callee}
    elif direction is Direction.OUTBOUND:
        ends |= {"remote_number": callee, "business_number": caller}
    far = {Direction.INBOUND: "from", Direction.OUTBOUND: "to"}.get(direction) if direction else None
    yield party.fact(
        kind,
        strand=party.id,
        direction=direction,
        status=_status_word(party) if party.own else "",
        remote_name=text(party.end(far).get("name"), "body.parties[].name") if far else "",
        agent=party.agent if speaks and party.side is Direction.OUTBOUND else None,
        **ends,
    )


def _status_word(party: _Party) -> str:
    """As RingCentral spells it."""
    status = mapping(party.said.get("status"), "body.parties[].status")
    return text(status.get("code"), "body.parties[].status.code")


def _life(party: _Party) -> Iterable[CallFact]:
    code = party.code
    if code in RINGING:
        # Our own phone does not ring when we dial; the other end does.
        if party.side is not Direction.OUTBOUND:
            yield party.fact(FactKind.RINGING, **party.leg)
    elif code == "answered":
        if party.own and not (party.internal and party.side is Direction.OUTBOUND):
            yield party.fact(FactKind.ANSWERED, answered_by=AnsweredBy.PERSON, **party.leg)
    elif code in HELD and party.own:
        # Who holds has answered before, should that notification be lost.
        yield party.fact(FactKind.ANSWERED, answered_by=AnsweredBy.PERSON, **party.leg)
        yield party.fact(FactKind.HELD, **party.leg)
    elif code == "voicemail":
        yield party.fact(FactKind.ANSWERED, answered_by=AnsweredBy.VOICEMAIL)
        yield party.fact(FactKind.VOICEMAIL)
    elif code in SCREENED:
        yield party.fact(FactKind.ANSWERED, answered_by=AnsweredBy.VOICEMAIL)
    elif code == "faxreceive":
        yield party.fact(FactKind.ANSWERED, answered_by=AnsweredBy.MACHINE, tags=("fax",))


def _closing(party: _Party) -> Iterable[CallFact]:
    """The party is gone. A colleague who took the call, and a transfer, end the party and not the session."""
    outbound = party.side is Direction.OUTBOUND
    if party.own:
        yield party.fact(FactKind.LEG_ENDED, ended_as=None if outbound else LEG_REASON.get(party.reason), **party.leg)
        if party.reason in HAND_OVERS:
            yield party.fact(FactKind.TRANSFERRED, **party.leg)
    word = None
    if outbound == party.own and party.reason not in GOES_ON:
        # Of our calling party, or of the outside party that it called.
        word = OUTBOUND_REASON.get(party.reason, EndedAs.FAILED) if party.reason else None
        word = word or (EndedAs.CANCELED if party.own else None)
    yield party.fact(FactKind.ENDED, strand=party.id, ended_as=word, cause=party.reason)


# --- presence and messages


def _presence(said: _Said, event: RawEvent) -> Iterable[Fact]:
    body = said.body
    words = [text(body.get(name), f"body.{name}") for name in ("telephonyStatus", "presenceStatus", "dndStatus")]
    telephony, availability, refuses = words
    status = choice(telephony, TELEPHONY) or choice(availability, AVAILABILITY)
    # A call that rings or runs is one, whatever the person set.
    if refuses.strip().lower() == _REFUSES_ALL and status is PresenceStatus.ONLINE and not choice(telephony, TELEPHONY):
        status = PresenceStatus.DND
    if status is None:
        return
    yield PresenceFact(
        account=_extension(said),
        received_at=event.received_at,
        at=said.at,
        status=status,
        raw="/".join(word for word in words if word),
    )


def _message(said: _Said, event: RawEvent) -> MessageFact:
    body = said.body
    direction = choice(body.get("direction"), DIRECTION)
    sender = text(mapping(body.get("from"), "body.from").get("phoneNumber"), "body.from.phoneNumber")
    receivers = tuple(
        number
        for number in (
            text(mapping(entry, "body.to[]").get("phoneNumber"), "body.to[].phoneNumber")
            for entry in items(body.get("to"), "body.to")
        )
        if number
    )
    business = sender if direction is Direction.OUTBOUND else receivers[0] if len(receivers) == 1 else ""
    media, extension = _media_count(body), _extension(said)
    word = text(body.get("messageStatus"), "body.messageStatus")
    return MessageFact(
        message_id=event.subject.id,
        received_at=event.received_at,
        at=instant(body.get("lastModifiedTime")) or said.at,
        status=choice(word, MESSAGE_STATUS) or MessageStatus.UNKNOWN,
        status_raw=word,
        created_at=instant(body.get("creationTime")),
        kind=MessageKind.MMS if media else choice(body.get("type"), MESSAGE_KIND),
        direction=direction,
        from_number=sender,
        to_numbers=receivers,
        business_number=business,
        agent=Agent(id=extension) if extension else None,
        media_count=media,
        conversation=text(body.get("conversationId"), "body.conversationId"),
    )


def _media_count(body: Mapping[str, Any]) -> int:
    """Attachments besides the text itself, which RingCentral lists as one too."""
    found = [mapping(entry, "body.attachments[]") for entry in items(body.get("attachments"), "body.attachments")]
    kinds = [text(a.get("contentType") or a.get("type"), "body.attachments[].contentType").lower() for a in found]
    return sum(not kind.startswith("text") for kind in kinds)
