"""Novofon: the classic line (PBX notifications) and 2.0 (templates that the customer fills in).

A delivery is classic by its fields (`NOTIFY_*`, `pbx_call_id`, `result`) and then by the scheme of
`notify`, under the API secret. Everything else is 2.0: JSON, form or query, proven by a `token` in
the address. Both secrets may be live on one connection; the option `line` (`classic` or `2.0`)
refuses the other one. Set the connection's zone: neither line sends an offset (Moscow is usual).

2.0, rules of meaning:

- The event is the literal `event` of the template, else the sender's mnemonic; without either it
  is what the fields say. An option with an event's name holds the customer's own word for it.
- `notification_time` is when the event happened. The durations of a finished call place its
  beginning and its answer before that.
- A lost call is closed twice (`CALL_LOST`, `CALL_END`); both speak of one call.
- Fields are renamed by the connection's options, as in `employee_id = manager`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ringlake.errors import NotAuthentic, Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Agent, CallFact, Direction, EndedAs, Fact, FactKind, Media
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words

from . import notify
from .adapter import Adapter, Answer
from .clocks import local, seconds, zone_of
from .notify import Word
from .template import Reader, digest, fields, named, type_of, verify_credential, without_credential
from .values import identifier

_BAD_NUMBER = Word(EndedAs.FAILED, EndedAs.FAILED, "bad_number")
_LIMIT = Word(EndedAs.FAILED, EndedAs.FAILED, "provider_limit")
# Classic: `disposition`.
STATUS: Mapping[str, Word] = {
    "answered": Word(EndedAs.ANSWERED, EndedAs.ANSWERED),
    "busy": Word(EndedAs.BUSY, EndedAs.BUSY),
    "cancel": Word(EndedAs.ABANDONED, EndedAs.CANCELED),
    "no answer": Word(EndedAs.NO_ANSWER, EndedAs.NO_ANSWER),
    "failed": Word(EndedAs.FAILED, EndedAs.FAILED),
    "call failed": Word(EndedAs.FAILED, EndedAs.FAILED),  # as the statistics spell it
    "unallocated number": _BAD_NUMBER,
    "no money": _LIMIT,
    "no limit": _LIMIT,
    "no day limit": _LIMIT,
    "line limit": _LIMIT,
    "no money, no limit": _LIMIT,  # one word with a comma in it
}
_MISSED = Word(EndedAs.NO_ANSWER, EndedAs.NO_ANSWER)
_REJECTED = Word(EndedAs.REJECTED, EndedAs.REJECTED)
_FAILED = Word(EndedAs.FAILED, EndedAs.FAILED)
# 2.0: `finish_reason` of a call without a talk. About 90 are known to exist; those that are not here say nothing.
FINISH_REASON: Mapping[str, Word] = {
    "subscriber_busy": Word(EndedAs.BUSY, EndedAs.BUSY),
    "subscriber_disconnects": Word(EndedAs.ABANDONED, EndedAs.NO_ANSWER),
    **dict.fromkeys(("subscriber_not_responsible", "timeout"), _MISSED),
    **dict.fromkeys(("operator_not_responsible", "operator_busy", "no_success_operator_call"), _MISSED),
    **dict.fromkeys(("employee_busy", "group_inactive_by_schedule"), _MISSED),
    **dict.fromkeys(("subscriber_number_problems", "numb_not_exists"), _BAD_NUMBER),
    **dict.fromkeys(("locked_numb", "internal_error", "incorrect_config"), _FAILED),
    **dict.fromkeys(("no_money", "not_enough_money", "limit_exceeded", "no_resources"), _LIMIT),
    **dict.fromkeys(("max_in_call_reached", "max_out_call_reached"), _LIMIT),
    **dict.fromkeys(("numa_in_black_list", "numa_in_spam_list"), _REJECTED),
}
_SPAM = "numa_in_spam_list"
# Our name of an event -> other words that are seen for it. The sender's mnemonics are not published.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "CALL_IN": ("IN_CALL", "INCOMING_CALL", "CALL_INCOMING", "INBOUND_CALL"),
    "CALL_WAIT": ("WAIT_CALL", "CALL_WAITING", "WAITING_CALL", "WAIT_ANSWER"),
    "CALL_OUT": ("OUT_CALL", "OUTGOING_CALL", "CALL_OUTGOING", "OUTBOUND_CALL"),
    "TALK_START": ("START_TALK", "TALK_STARTED"),
    "TALK_END": ("END_TALK", "TALK_ENDED", "TALK_FINISHED"),
    "CALL_END": ("END_CALL", "CALL_ENDED", "CALL_FINISHED", "FINISH_CALL", "CALL_FINISH"),
    "CALL_LOST": ("LOST_CALL",),
    "RECORD_CALL": ("CALL_RECORD", "CALL_RECORDED", "RECORD"),
}
DIRECTION: Mapping[str, Direction] = {
    **dict.fromkeys(("in", "inbound", "incoming"), Direction.INBOUND),
    **dict.fromkeys(("out", "outbound", "outgoing"), Direction.OUTBOUND),
}
_OF_EVENT: Mapping[str, Direction] = {
    "CALL_IN": Direction.INBOUND,
    "CALL_LOST": Direction.INBOUND,
    "CALL_OUT": Direction.OUTBOUND,
}
# Fields of 2.0 -> their other names (reports and published templates).
FIELDS: Mapping[str, tuple[str, ...]] = {
    "event": (),
    "notification_mnemonic": (),
    "notification_time": ("notification_timestamp",),
    "start_time": (),
    "call_session_id": (),
    "direction": (),
    "virtual_phone_number": (),
    "contact_phone_number": (),
    "contact_full_name": (),
    "calling_phone_number": ("numa",),
    "called_phone_number": ("numb",),
    "employee_id": (),
    "employee_full_name": (),
    "employee_phone_number": ("extension_phone_number",),
    "employee_ids": (),
    "last_talked_employee_id": (),
    "leg_id": (),
    "leg_ids": (),
    "scenario_name": (),
    "talk_time_duration": ("talk_duration",),
    "total_time_duration": ("total_duration",),
    "wait_time_duration": ("wait_duration",),
    "is_transfer": (),
    "is_lost": (),
    "is_internal": (),
    "finish_reason": (),
    "tag_names": (),
    "external_id": (),
    "file_link": ("full_record_file_link",),
    "file_duration": ("call_record_duration",),
    "voice_mail_records": (),
}


class Novofon(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "novofon"
    version = 1
    kept_headers = notify.KEPT_HEADERS
    receipt = notify.RECEIPT

    def handshake(self, delivery: Delivery, connection: Connection) -> Answer | None:
        return notify.handshake(delivery) if connection.options.get("line") != "2.0" else None

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, _now: datetime) -> None:
        classic = notify.is_notification(delivery.body)
        line = connection.options.get("line", "").strip().lower()
        if line and line != ("classic" if classic else "2.0"):
            raise NotAuthentic
        if classic:
            notify.verify(delivery, secrets)
        else:
            verify_credential(delivery, secrets)

    def without_credentials(self, delivery: Delivery) -> Delivery:
        return without_credential(delivery)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        if notify.is_notification(delivery.body):
            return notify.identify(delivery, connection)
        said = _opened(delivery, connection)
        name = _event(said, connection)
        call = said.text("call_session_id")
        if not call and name not in _READERS:
            key = f"other/{said.digest}"
            return Identity(kind=SubjectKind.OTHER, subject_id=key, event_id=key, event_type=name or "unnamed")
        call = identifier(call or None, "call_session_id")
        leg = said.text("leg_id") or digest(",".join(said.texts("leg_ids")).encode())
        stated = said.text("notification_time")
        parts = [call, name or "unnamed", leg, stated]
        if name not in _READERS:
            parts.append(said.digest)
        occurred_at = None
        with suppress(Unreadable):
            occurred_at = local(stated, zone_of(connection), pattern=connection.options.get("date_format", ""))
        return Identity(
            kind=SubjectKind.CALL,
            subject_id=call,
            event_id=identifier("/".join(parts).rstrip("/"), "notification_time"),
            event_type=name or "unnamed",
            occurred_at=occurred_at,
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        if notify.is_notification(event.body):
            return notify.parse(event, connection, STATUS)
        said = _opened(event, connection)
        name = _event(said, connection)
        reader = _READERS.get(name)
        if reader is None or event.subject.kind is not SubjectKind.CALL:
            return ()
        zone, pattern = zone_of(connection), connection.options.get("date_format", "")
        at = local(said.raw("notification_time"), zone, until=event.received_at, pattern=pattern)
        start = local(said.raw("start_time"), zone, until=at or event.received_at, pattern=pattern)
        return tuple(reader(_Said(name, said, event, at, start)))

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        return notify.words_of(event) if notify.is_notification(event.body) else ()


ADAPTER = Novofon()


def _opened(said: Delivery | RawEvent, connection: Connection) -> Reader:
    return Reader(fields(said, FIELDS), connection.options, FIELDS)


def _event(said: Reader, connection: Connection) -> str:
    """Our name of the event; the sender's own word where we have none; "" when nothing is said."""
    stated = said.text("event") or said.text("notification_mnemonic")
    if stated:
        word = re.sub(r"\W+", "_", stated.upper())
        return named(word, connection.options, EVENTS) or type_of(stated)
    if said.text("file_link"):
        return "RECORD_CALL"
    if said.flag("is_lost"):
        return "CALL_LOST"
    return "CALL_END" if said.text("total_time_duration") else ""


class _Said(NamedTuple):
    """One notification of 2.0, opened: when it happened and when its call began, as far as told."""

    name: str
    said: Reader
    event: RawEvent
    at: datetime | None
    start: datetime | None

    def text(self, name: str) -> str:
        return self.said.text(name)

    def seconds(self, name: str) -> float | None:
        return seconds(self.said.raw(name))

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )

    def before(self, lasted: float | None) -> datetime | None:
        """The time so many seconds before this event."""
        return (self.at or self.event.received_at) - timedelta(seconds=lasted) if lasted is not None else None

    @property
    def direction(self) -> Direction | None:
        if self.said.flag("is_internal"):
            return Direction.INTERNAL
        return DIRECTION.get(self.text("direction").lower()) or _OF_EVENT.get(self.name)

    @property
    def agent(self) -> Agent | None:
        found = Agent(
            id=self.text("employee_id"),
            name=self.text("employee_full_name"),
            account=self.text("employee_phone_number"),
        )
        return found if found.id or found.name or found.account else None


def _opening(said: _Said, start: datetime | None, *, begins: bool = False) -> Iterable[CallFact]:
    """That the call started and between whom, as far as this event tells; `begins` when it is the start, a
    `start` of None claims nothing.
    """
    direction = said.direction
    if begins or start is not None:
        agent = said.agent if direction is Direction.OUTBOUND else None
        yield said.fact(FactKind.STARTED, start, direction=direction, agent=agent)
    calling, called = said.text("calling_phone_number"), said.text("called_phone_number")
    outbound = direction is Direction.OUTBOUND
    yield said.fact(
        FactKind.INFO,
        said.at,
        direction=direction,
        business_number=said.text("virtual_phone_number") or (calling if outbound else called),
        remote_number=said.text("contact_phone_number") or (called if outbound else calling),
        remote_name=said.text("contact_full_name"),
        scheme=said.text("scenario_name"),
        reference=said.text("external_id"),
        tags=said.said.texts("tag_names"),
    )


def _began(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said, said.start or said.at, begins=True)


def _waits(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said, said.start)
    agent = said.agent
    yield said.fact(FactKind.RINGING, said.at, agent=agent, leg_id="" if agent else said.text("leg_id"))


def _talks(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said, said.start)
    yield said.fact(FactKind.ANSWERED, said.at, agent=said.agent)


def _talked(said: _Said) -> Iterable[CallFact]:
    """One talk is over; the call may go on with somebody else."""
    yield from _opening(said, said.start)
    talk, agent = said.seconds("talk_time_duration"), said.agent
    if talk:
        yield said.fact(FactKind.ANSWERED, said.before(talk), agent=agent)
    if agent:
        yield said.fact(FactKind.LEG_ENDED, said.at, agent=agent)


def _ended(said: _Said) -> Iterable[CallFact]:
    """The end of a call; without a talk it was missed, and `finish_reason` may say why."""
    talk, total = said.seconds("talk_time_duration"), said.seconds("total_time_duration")
    wait = said.seconds("wait_time_duration")
    yield from _opening(said, said.start or said.before(total))
    lost = said.name == "CALL_LOST" or said.said.flag("is_lost") is True
    answered = bool(talk) and not (lost and said.direction is not Direction.OUTBOUND)
    handed_on = said.said.flag("is_transfer") is True
    # Of a call that was handed on somebody was rung again between two talks: the wait does not go before the last.
    again = handed_on and answered and total is not None and total > (wait or 0) + (talk or 0)
    if wait is not None and (answered or wait) and not again:
        rung: list[Agent | None] = [Agent(id=i) for i in said.said.texts("employee_ids")] if not answered else []
        for agent in rung or [None]:
            yield said.fact(FactKind.RINGING, said.before(wait + (talk or 0 if answered else 0)), agent=agent)
    if answered:
        yield said.fact(FactKind.ANSWERED, said.before(talk), agent=None if handed_on else said.agent)
    reason = said.text("finish_reason")
    word = FINISH_REASON.get(reason.lower())
    yield said.fact(
        FactKind.ENDED,
        said.at,
        agent=_last_agent(said),
        status=reason or said.name,
        ended_as=EndedAs.ANSWERED if answered else _unanswered(said, word, known=talk is not None or lost),
        cause=(word.reason if word else "") or reason,
        duration_s=int(talk) if talk and answered else None,
        tags=("spam",) if reason.lower() == _SPAM else (),
    )
    if _is_filled(said.said.raw("voice_mail_records")):
        yield said.fact(FactKind.VOICEMAIL, said.at, media=Media())


def _is_filled(records: Any) -> bool:
    """Whether a list, or its text in a query, has entries; what they are does not matter."""
    return bool(records.strip(" []") if isinstance(records, str) else records)


def _unanswered(said: _Said, word: Word | None, *, known: bool) -> EndedAs:
    if word is not None:
        return word.outbound if said.direction is Direction.OUTBOUND else word.inbound
    return EndedAs.NO_ANSWER if known else EndedAs.UNKNOWN


def _last_agent(said: _Said) -> Agent | None:
    """Who talked last, where that is told; else whom the event names."""
    agent, last = said.agent, said.text("last_talked_employee_id")
    if not last or (agent and agent.id == last):
        return agent
    return Agent(id=last)


def _recorded(said: _Said) -> Iterable[CallFact]:
    """A recording comes after the call: one whose other events were lost is no call that still rings."""
    yield from _opening(said, None)
    length = said.seconds("file_duration")
    for url in said.said.urls("file_link"):
        media = Media(url=url, seconds=int(length) if length is not None else None)
        yield said.fact(FactKind.RECORDING, said.at, media=media)


_READERS: Mapping[str, Callable[[_Said], Iterable[CallFact]]] = {
    "CALL_IN": _began,
    "CALL_OUT": _began,
    "CALL_WAIT": _waits,
    "TALK_START": _talks,
    "TALK_END": _talked,
    "CALL_END": _ended,
    "CALL_LOST": _ended,
    "RECORD_CALL": _recorded,
}
