"""Amazon Connect: contact events from EventBridge.

No webhook: a rule hands the events of this account to the function `connect`, which names the instance
where others name a path token. Nobody can post them: only a delivery with the method `EVENT`, which no HTTP
request can have, is authentic, and only when source, type, account and instance are the connection's.

Option of the connection: `instance_arn`, the instance whose contacts it takes (it is also its address).

A contact is one stretch of a call: a transfer makes another one that names the same `initialContactId`,
which is the customer's call. What dials out (`OUTBOUND`, `CALLBACK`, `API`) is a call of its own. Every event is
a snapshot with all times known so far. The events hold no telephone numbers.

- Field names come in two cases (`agentInfo`, `AgentInfo`) and are read in any.
- Answered is `connectedToAgentTimestamp`; who was only connected to the system heard a menu.
- Outbound, the connection to the system is the customer's answer; answering machine detection says whose.
- No event tells the end of the call: it is over when all of its contacts are.
- `MONITOR` is a supervisor who listens. Chats, tasks and e-mails are kept and state nothing yet.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Agent, AnsweredBy, CallFact, Direction, EndedAs, Fact, FactKind, Ref
from ringlake.model.subjects import SubjectKind

from .adapter import Adapter
from .values import document, identifier, instant, mapping, text

METHOD = "EVENT"
SOURCE = "aws.connect"
DETAIL_TYPE = "Amazon Connect Contact Event"
OPTION = "instance_arn"
_INSTANCE = re.compile(r"arn:aws[a-z-]*:connect:[a-z0-9-]+:([0-9]{12}):instance/[A-Za-z0-9-]+", re.ASCII)
VOICE = "voice"
DIRECTION: Mapping[str, Direction] = {
    "inbound": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "callback": Direction.OUTBOUND,
    "api": Direction.OUTBOUND,
    # `transfer`, `queue_transfer` and `disconnect` go on with a call whose direction its first contact has.
}
HANDED_OVER = frozenset({"transfer", "queue_transfer"})
LISTENS = "monitor"
# Answering machine detection -> who answered; None: it is not known that anybody did.
DETECTED: Mapping[str, AnsweredBy | None] = {
    "human_answered": AnsweredBy.PERSON,
    "voicemail_beep": AnsweredBy.MACHINE,
    "voicemail_no_beep": AnsweredBy.MACHINE,
    "fax_machine_detected": AnsweredBy.MACHINE,
    "sit_tone-detected": None,
    "sit_tone_detected": None,
    "amd_unanswered": None,
    "amd_unresolved": None,
    "amd_error": None,
}
# Ends an unanswered outbound call: the number does not exist, or the detection found nobody.
FAILED = frozenset(word for word, by in DETECTED.items() if by is None)


def handed_over(event: Mapping[str, Any]) -> Delivery:
    """An event of the bus as a delivery; written the same way each time, so that a repeat is one."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Delivery(method=METHOD, url="", headers={}, query="", body=body)


def instance_of(event: Mapping[str, Any]) -> str:
    """The instance that an event names, which is the address of its connection; "" when it names none."""
    detail = event.get("detail")
    found = _Detail(detail).get("instanceArn") if isinstance(detail, dict) else ""
    return found if isinstance(found, str) else ""


class AmazonConnect(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "amazon_connect"
    version = 1
    by_http = False

    def address(self, options: Mapping[str, str]) -> str:
        """What finds the connection in place of a random path token. Raises `Unreadable` without a usable option."""
        arn = options.get(OPTION, "")
        if not _INSTANCE.fullmatch(arn):
            raise Unreadable(OPTION, "not the ARN of an Amazon Connect instance")
        return arn

    def verify(self, delivery: Delivery, _secrets: Sequence[bytes], connection: Connection, _now: datetime) -> None:
        ours = _INSTANCE.fullmatch(connection.options.get(OPTION, ""))
        if delivery.method != METHOD or ours is None:
            raise NotAuthentic
        try:
            outer = document(delivery.body)
        except Unreadable:
            raise NotAuthentic from None
        detail = outer.get("detail")
        genuine = (
            outer.get("source") == SOURCE
            and outer.get("detail-type") == DETAIL_TYPE
            and outer.get("account") == ours.group(1)
            and isinstance(detail, dict)
            and _Detail(detail).get("instanceArn") == ours.group(0)
        )
        if not genuine:
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        outer = document(delivery.body)
        detail = _Detail(mapping(outer.get("detail"), "detail"))
        event_type = identifier(detail.get("eventType"), "detail.eventType")
        contact = identifier(detail.get("contactId"), "detail.contactId")
        # The bus delivers an event more than once under its id.
        event_id = identifier(outer.get("id") or f"{contact}/{event_type}", "id")
        is_call = _is_call(detail)
        return Identity(
            kind=SubjectKind.CALL if is_call else SubjectKind.OTHER,
            subject_id=_conversation(detail, contact) if is_call else event_id,
            event_id=event_id,
            event_type=event_type,
            occurred_at=_happened_at(detail, event_type) or instant(outer.get("time")),
        )

    def parse(self, event: RawEvent, _connection: Connection) -> Sequence[Fact]:
        outer = document(event.body)
        detail = _Detail(mapping(outer.get("detail"), "detail"))
        if not _is_call(detail):
            return ()
        contact = identifier(detail.get("contactId"), "detail.contactId")
        return tuple(_facts(_Contact(contact, detail, event, instant(outer.get("time")))))


ADAPTER = AmazonConnect()


class _Detail:
    """An object whose keys are read in any case."""

    def __init__(self, said: Mapping[str, Any], path: str = "detail") -> None:
        self._said = {name.lower(): value for name, value in said.items()}
        self._path = path

    def get(self, name: str) -> Any:
        return self._said.get(name.lower())

    def text(self, name: str) -> str:
        return text(self.get(name), f"{self._path}.{name}").strip()

    def word(self, name: str) -> str:
        return self.text(name).lower()

    def time(self, name: str) -> datetime | None:
        return instant(self.get(name))

    def part(self, name: str) -> _Detail:
        path = f"{self._path}.{name}"
        return _Detail(mapping(self.get(name), path), path)


def _is_call(detail: _Detail) -> bool:
    return detail.word("channel") == VOICE and detail.word("initiationMethod") != LISTENS


def _conversation(detail: _Detail, contact: str) -> str:
    """The customer's call. A callback names the call that asked for it, and is another one."""
    first = detail.get("initialContactId")
    if not first or detail.word("initiationMethod") in DIRECTION:
        return contact
    return identifier(first, "detail.initialContactId")


# When the event itself happened, by its type.
_HAPPENED: Mapping[str, tuple[str, str]] = {
    "INITIATED": ("", "initiationTimestamp"),
    "CONNECTED_TO_SYSTEM": ("", "connectedToSystemTimestamp"),
    "QUEUED": ("queueInfo", "enqueueTimestamp"),
    "CONNECTED_TO_AGENT": ("agentInfo", "connectedToAgentTimestamp"),
    "DISCONNECTED": ("", "disconnectTimestamp"),
    "COMPLETED": ("agentInfo", "afterContactWorkEndTimestamp"),
}


def _happened_at(detail: _Detail, event_type: str) -> datetime | None:
    part, name = _HAPPENED.get(event_type.upper(), ("", ""))
    return (detail.part(part) if part else detail).time(name) if name else None


class _Contact(NamedTuple):
    """One snapshot of one contact."""

    id: str
    detail: _Detail
    event: RawEvent
    sent_at: datetime | None

    @property
    def type(self) -> str:
        return self.detail.text("eventType").upper()

    @property
    def direction(self) -> Direction | None:
        return DIRECTION.get(self.detail.word("initiationMethod"))

    @property
    def agent(self) -> Agent | None:
        arn = self.detail.part("agentInfo").text("agentArn")
        return Agent(id=arn.rpartition("/")[2], account=arn) if arn else None

    @property
    def detected(self) -> str:
        return self.detail.word("answeringMachineDetectionStatus")

    def moment(self, event_type: str) -> datetime | None:
        """The stated time of a step; for the event of that step also when the bus got it."""
        stated = _happened_at(self.detail, event_type)
        return stated or (self.sent_at if self.type == event_type else None)

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind,
            call_id=self.event.subject.id,
            received_at=self.event.received_at,
            at=at,
            strand=self.id,
            **attributes,
        )


def _facts(contact: _Contact) -> Iterable[Fact]:
    outbound = contact.direction is Direction.OUTBOUND
    started_at = contact.moment("INITIATED")
    yield contact.fact(
        FactKind.STARTED if started_at else FactKind.INFO,
        started_at or contact.sent_at,
        direction=contact.direction,
        agent=contact.agent if outbound else None,
    )
    before = contact.detail.text("previousContactId")
    if started_at and before and contact.detail.word("initiationMethod") in HANDED_OVER:
        yield contact.fact(FactKind.TRANSFERRED, started_at, leg_id=before)
    queued_at = contact.moment("QUEUED")
    if queued_at:
        arn = contact.detail.part("queueInfo").text("queueArn")
        queue = Ref(id=arn.rpartition("/")[2]) if arn else None
        yield contact.fact(FactKind.QUEUED, queued_at, queue=queue)
    yield from _answers(contact, outbound=outbound)
    ended_at = contact.moment("DISCONNECTED")
    if ended_at:
        yield from _closing(contact, ended_at, outbound=outbound)


def _answers(contact: _Contact, *, outbound: bool) -> Iterable[CallFact]:
    system_at, agent_at = contact.moment("CONNECTED_TO_SYSTEM"), contact.moment("CONNECTED_TO_AGENT")
    if system_at and outbound:
        by = DETECTED.get(contact.detected, AnsweredBy.PERSON)
        if by:
            yield contact.fact(FactKind.ANSWERED, system_at, answered_by=by)
    elif system_at and contact.direction is Direction.INBOUND:
        yield contact.fact(FactKind.ANSWERED, system_at, answered_by=AnsweredBy.IVR)
    if agent_at:
        yield contact.fact(
            FactKind.ANSWERED, agent_at, answered_by=AnsweredBy.PERSON, leg_id=contact.id, agent=contact.agent
        )


def _closing(contact: _Contact, ended_at: datetime, *, outbound: bool) -> Iterable[CallFact]:
    answered = contact.moment("CONNECTED_TO_AGENT") is not None
    if answered:
        yield contact.fact(FactKind.LEG_ENDED, ended_at, leg_id=contact.id, agent=contact.agent)
    word = None
    if outbound and not answered:
        word = EndedAs.FAILED if contact.detected in FAILED else EndedAs.NO_ANSWER
    yield contact.fact(FactKind.ENDED, ended_at, ended_as=word, cause=contact.detected)
