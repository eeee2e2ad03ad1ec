"""Ringostat: webhooks that the customer composes, one per moment of a call.

There is no fixed payload and no signature. The recommended address carries `event` (the moment,
which no field tells) and `token` (the secret); method, body format and names of fields are the
customer's. `FIELDS` are the names of the recommended template; an option of the connection with
such a name holds the customer's own name, as in `caller = phone` or `disposition = call_status`.
An option with an event's name (`after_call = finished`) holds the customer's word for the moment,
`date_format` an unusual spelling of time (of strptime). Times are in the connection's zone.

Rules of meaning:

- A callback, a call that the system makes because a visitor asked for one, is outgoing (features.md R4),
  its customer is the `caller`, and a colleague who picks up has not talked to the customer yet.
- Wait is `waittime`, talk is `billsec`; both are laid back from the end, `calldate` + `duration`.
- A ring and a pick-up are told without a time; our reception stands in (`clocks`).
- Nothing tells a caller who hung up from one who was not answered: both are NO ANSWER.
- Ringostat has no webhook about people's status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ringlake.errors import Unreadable
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    Agent,
    AnsweredBy,
    CallFact,
    CallKind,
    Direction,
    EndedAs,
    Fact,
    FactKind,
    Media,
    Ref,
    Source,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words, WordsKind, words

from .adapter import Adapter
from .clocks import during, local, seconds, zone_of
from .template import KEPT_HEADERS, Reader, digest, fields, named, type_of, verify_credential, without_credential
from .values import identifier


class Disposition(NamedTuple):
    """What a status means for a call that came in (or was called back) and for one that went out."""

    inbound: EndedAs
    outbound: EndedAs


_ANSWERED = Disposition(EndedAs.ANSWERED, EndedAs.ANSWERED)
_FAILED = Disposition(EndedAs.FAILED, EndedAs.FAILED)
STATUS: Mapping[str, Disposition] = {
    "PROPER": _ANSWERED,  # a target call by the project's rule
    "ANSWERED": _ANSWERED,
    "REPEATED": _ANSWERED,  # after a target call; two sources disagree, so without talk it was missed (`_ended_as`)
    "NO ANSWER": Disposition(EndedAs.NO_ANSWER, EndedAs.NO_ANSWER),
    "BUSY": Disposition(EndedAs.BUSY, EndedAs.BUSY),
    "FAILED": _FAILED,
    "NO-FORWARD": _FAILED,
    "NO FORWARD": _FAILED,
    "VOICEMAIL": Disposition(EndedAs.VOICEMAIL, EndedAs.NO_ANSWER),  # out: a machine took it
    "WRONG EXTENSION": Disposition(EndedAs.ABANDONED, EndedAs.NO_ANSWER),
    "NO EXTENSION": Disposition(EndedAs.ABANDONED, EndedAs.NO_ANSWER),
    "CLIENT NO ANSWER": Disposition(EndedAs.NO_ANSWER, EndedAs.NO_ANSWER),
    "FAILED FORBIDDEN DESTINATION": _FAILED,
    "DECLINE": Disposition(EndedAs.REJECTED, EndedAs.REJECTED),
}
# Live states of the export, should a template send them: they end nothing.
LIVE: Mapping[str, FactKind] = {"IN PROGRESS": FactKind.ANSWERED, "CALLING": FactKind.RINGING}
DIRECTION: Mapping[str, Direction] = {
    "in": Direction.INBOUND,
    "out": Direction.OUTBOUND,
    "callback": Direction.OUTBOUND,
    "transitin": Direction.INBOUND,
    "transitout": Direction.OUTBOUND,
}
CALLBACK = "callback"
# Our name of a moment -> other spellings that suggest themselves. The word is the customer's.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "before_call": ("before_incoming", "before_incoming_call"),
    "on_forward": ("on_forwarding", "on_location_forwarding", "forward", "forwarding"),
    "on_answer": ("on_pickup", "on_pick_up", "when_taking_the_call", "answer"),
    "after_call": ("after_incoming", "after_incoming_call"),
    "after_rating": ("after_call_rating_menu", "after_rating_menu", "rating"),
    "before_outgoing": ("before_outgoing_call", "before_call_outgoing"),
    "after_outgoing": ("after_outgoing_call", "after_call_outgoing"),
    "ai_processed": ("call_processed_by_ai", "processed_by_ai"),
}
_OF_EVENT: Mapping[str, Direction] = {
    **dict.fromkeys(("before_call", "on_forward", "on_answer", "after_call", "after_rating"), Direction.INBOUND),
    **dict.fromkeys(("before_outgoing", "after_outgoing"), Direction.OUTBOUND),
}
# Names of the recommended template -> other names that were seen in the field.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "event": (),
    "call_id": ("uniqueid",),
    "calldate": ("call_date",),
    "call_type": (),
    "substitution_type": (),
    "caller": (),
    "caller_number": (),
    "dst": (),
    "connected_with": (),
    "employee_number": (),
    "employee_fio": (),
    "department": (),
    "scheme_name": (),
    "disposition": ("call_status",),
    "duration": ("call_duration",),
    "duration_ms": (),
    "billsec": (),
    "waittime": (),
    "proper_flag": (),
    "repeated_flag": (),
    "has_recording": (),
    "recording": ("call_recording",),
    "recording_wav": (),
    "category_number": (),
    "category_mark": (),
    "employee_mark": (),
    "utm_source": ("last_utm_source",),
    "utm_medium": ("last_utm_medium",),
    "utm_campaign": ("last_utm_campaign",),
    "brief_summary": (),
    "ai_vtt_file": (),
}
_AFTERWARDS = frozenset({"after_rating", "ai_processed"})
_LOGIN = re.compile(r".*<([^<>]+)>\s*")
_NUMBER = re.compile(r"\+?[\d\s().-]{5,}", re.ASCII)


class Ringostat(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "ringostat"
    version = 1
    kept_headers = KEPT_HEADERS

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, _now: datetime) -> None:
        # Some integrations are known to get the secret in this header.
        verify_credential(delivery, secrets, header="auth-key")

    def without_credentials(self, delivery: Delivery) -> Delivery:
        return without_credential(delivery)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        said = _opened(delivery, connection)
        name = _event(said, connection)
        call = said.text("call_id")
        if not call and name not in _READERS:
            # A site's form, a chat: no call.
            key = f"other/{said.digest}"
            return Identity(kind=SubjectKind.OTHER, subject_id=key, event_id=key, event_type=name or "unnamed")
        call = identifier(call or None, "call_id")
        parts = [call, name or "unnamed"]
        if name == "on_forward":
            parts.append(digest(said.text("connected_with").encode()))
        elif name not in _READERS:
            parts.append(said.digest)
        occurred_at = None
        # A wrong setting of ours must not keep a delivery out of the journal; `parse` names it.
        with suppress(Unreadable):
            begins = name in ("before_call", "before_outgoing")
            occurred_at = _time(said.raw("calldate"), connection) if begins else None
        return Identity(
            kind=SubjectKind.CALL,
            subject_id=call,
            event_id=identifier("/".join(parts).rstrip("/"), "event"),
            event_type=name or "unnamed",
            occurred_at=occurred_at,
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        said = _opened(event, connection)
        name = _event(said, connection)
        reader = _READERS.get(name)
        if reader is None or event.subject.kind is not SubjectKind.CALL:
            return ()
        lasted = _lasted(said)
        until = event.received_at - timedelta(seconds=lasted or 0)
        start = _time(said.raw("calldate"), connection, until)
        return tuple(reader(_Said(name, said, event, start, lasted)))

    def words(self, event: RawEvent, connection: Connection) -> Sequence[Words]:
        said = _opened(event, connection)
        transcript = words(WordsKind.TRANSCRIPT, url=said.raw("ai_vtt_file"))
        return (*transcript, *words(WordsKind.SUMMARY, said.raw("brief_summary")))


ADAPTER = Ringostat()


def _opened(said: Delivery | RawEvent, connection: Connection) -> Reader:
    return Reader(fields(said), connection.options, FIELDS)


def _event(said: Reader, connection: Connection) -> str:
    """Our name of the moment; the customer's word where we have none. Without a word a closing status tells
    the end; "" when nothing does.
    """
    stated = said.text("event")
    if stated:
        return named(stated, connection.options, EVENTS) or type_of(stated)
    if not said.text("call_id") or _word(said) in LIVE or not _word(said):
        return ""
    return "after_outgoing" if DIRECTION.get(_type(said)) is Direction.OUTBOUND else "after_call"


def _word(said: Reader) -> str:
    """The status in one spelling: upper case, single spaces, hyphens as they are."""
    return " ".join(re.sub(r"[_+]", " ", said.text("disposition").upper()).split())


def _type(said: Reader) -> str:
    stated = said.text("call_type").lower()
    return CALLBACK if said.text("substitution_type").lower() == CALLBACK and stated in ("", "in") else stated


def _time(value: object, connection: Connection, until: datetime | None = None) -> datetime | None:
    return local(value, zone_of(connection), until=until, pattern=connection.options.get("date_format", ""))


def _lasted(said: Reader) -> float | None:
    exact = seconds(said.raw("duration_ms"))
    return exact / 1000 if exact is not None else seconds(said.raw("duration"))


class _Said(NamedTuple):
    """One webhook, opened; `start` is the call's start, `lasted` its length in seconds."""

    name: str
    said: Reader
    event: RawEvent
    start: datetime | None
    lasted: float | None

    def text(self, name: str) -> str:
        return self.said.text(name)

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )

    @property
    def at(self) -> datetime | None:
        return during(self.start, self.event.received_at)

    @property
    def is_callback(self) -> bool:
        return _type(self.said) == CALLBACK

    @property
    def direction(self) -> Direction | None:
        return DIRECTION.get(_type(self.said)) or _OF_EVENT.get(self.name)

    @property
    def dials(self) -> bool:
        """Whether a colleague of ours made this call; nobody does that for a callback."""
        return self.direction is Direction.OUTBOUND and not self.is_callback

    @property
    def agent(self) -> Agent | None:
        """Who took the call, or dialled: by SIP login or number where that is told, with the employee's id beside."""
        login = _login(self.text("caller" if self.dials else "connected_with"))
        if self.dials and _NUMBER.fullmatch(login):
            login = ""
        employee = self.text("employee_number")
        found = Agent(id=login or employee, name=self.text("employee_fio"), account=employee if login else "")
        return found if found.id or found.name else None

    @property
    def parties(self) -> dict[str, str]:
        caller = self.text("caller_number") or _login(self.text("caller"))
        if self.direction is None:
            return {"from_number": caller, "to_number": self.text("dst")}
        if self.dials:
            ours = caller if _NUMBER.fullmatch(caller) else ""
            return {"business_number": ours, "remote_number": self.text("dst")}
        return {"business_number": self.text("dst"), "remote_number": caller}

    @property
    def source(self) -> Source | None:
        found = Source(name=self.text("utm_source"), medium=self.text("utm_medium"), campaign=self.text("utm_campaign"))
        return found if found != Source() else None


def _login(stated: str) -> str:
    """The login of `"login" <login>`, and of anything else itself."""
    found = _LOGIN.fullmatch(stated)
    return (found[1] if found else stated).strip().strip('"').strip()


def _opening(said: _Said) -> Iterable[CallFact]:
    """That the call started, between whom and from where: what every moment may repeat."""
    agent = said.agent if said.dials else None
    kind = CallKind.CALLBACK_CUSTOMER if said.is_callback else None
    # What comes after the call starts none: nothing is sent again, and a call whose end was lost does not ring.
    if (said.start is not None and said.name not in _AFTERWARDS) or said.name in ("before_call", "before_outgoing"):
        yield said.fact(FactKind.STARTED, said.start, direction=said.direction, call_kind=kind, agent=agent)
    marks = {"proper": "proper_flag", "repeated": "repeated_flag"}
    tags = {tag for tag, name in marks.items() if said.said.flag(name) or _word(said.said) == tag.upper()}
    team = said.text("department")
    yield said.fact(
        FactKind.INFO,
        said.start,
        direction=said.direction,
        call_kind=kind,
        scheme=said.text("scheme_name"),
        source=said.source,
        # The department is the colleague's, not that of a call that nobody took.
        team=Ref(name=team) if team and said.dials else None,
        tags=tuple(sorted(tags)),
        **said.parties,
    )


def _begins(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    live = LIVE.get(_word(said.said))
    if live:
        yield said.fact(live, said.at, agent=said.agent)


def _rings(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    yield said.fact(FactKind.RINGING, said.at, agent=said.agent)


def _taken(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    if said.is_callback:
        # A colleague is on the line; now the visitor is called.
        yield said.fact(FactKind.RINGING, said.at, agent=said.agent)
        return
    # Without a wait our reception stands in however late it is: the end will tell, and the earlier time counts.
    at = _after(said.start, seconds(said.said.raw("waittime")))
    yield said.fact(FactKind.ANSWERED, at, agent=said.agent)


def _ends(said: _Said) -> Iterable[CallFact]:
    yield from _opening(said)
    word = _word(said.said)
    if word in LIVE:
        yield said.fact(LIVE[word], said.at, agent=said.agent)
        return
    talk, wait = seconds(said.said.raw("billsec")), seconds(said.said.raw("waittime"))
    ended_as = _ended_as(said, word, talk)
    answered = ended_as is EndedAs.ANSWERED
    # A box or a machine that spoke took the call too, but nobody of ours talked.
    spoke = bool(talk) and word == "VOICEMAIL"
    ended = _end(said, (wait or 0) + (talk or 0))
    stop = ended if ended or said.start else said.event.received_at
    if answered or spoke:
        stop = _picked_up(said, stop, talk, wait)
    # 0 for a call that nobody took says that there was no answer, not that it rang for no time.
    if wait is not None and stop and (answered or wait):
        yield said.fact(FactKind.RINGING, stop - timedelta(seconds=wait))
    if answered:
        team = said.text("department")
        yield said.fact(FactKind.ANSWERED, stop, agent=said.agent, team=Ref(name=team) if team else None)
    elif spoke:
        by = AnsweredBy.MACHINE if said.dials else AnsweredBy.VOICEMAIL
        yield said.fact(FactKind.ANSWERED, stop, answered_by=by)
    yield said.fact(
        FactKind.ENDED,
        ended,
        agent=said.agent,
        status=said.text("disposition"),
        ended_as=ended_as,
        duration_s=int(talk) if answered and talk is not None else None,
    )
    recording = said.text("recording") or said.text("recording_wav")
    if recording or said.said.flag("has_recording"):
        media = Media(id=said.event.subject.id if recording else "", url=recording)
        yield said.fact(FactKind.RECORDING, ended, media=media)


def _picked_up(said: _Said, stop: datetime | None, talk: float | None, wait: float | None) -> datetime | None:
    """The talk before the end, else the wait after the start; our reception when neither is told."""
    if stop is None or talk is None:
        return _after(said.start, wait) or said.at
    at = stop - timedelta(seconds=talk)
    return max(at, said.start) if said.start else at


def _ended_as(said: _Said, word: str, talk: float | None) -> EndedAs | None:
    """By the status; by the talk where there is none or nobody knows it."""
    known = STATUS.get(word)
    if known is None:
        if talk:
            return EndedAs.ANSWERED
        return EndedAs.UNKNOWN if word else EndedAs.NO_ANSWER if talk == 0 else None
    if word == "REPEATED" and talk == 0:
        return EndedAs.NO_ANSWER
    return known.outbound if said.dials else known.inbound


def _end(said: _Said, known_s: float) -> datetime | None:
    """The end by the provider's own clock, as far as that tells it; else None, our reception."""
    if said.start is None:
        return None
    lasted = said.lasted if said.lasted is not None else known_s or None
    if lasted is not None:
        return said.start + timedelta(seconds=lasted)
    return said.at


def _after(start: datetime | None, lasted: float | None) -> datetime | None:
    return start + timedelta(seconds=lasted) if start and lasted is not None else None


def _rated(said: _Said) -> Iterable[CallFact]:
    """What the call was about, and the mark that the caller gave."""
    yield from _opening(said)
    about = Ref(id=said.text("category_number"), name=said.text("category_mark"))
    if about.id or about.name:
        yield said.fact(FactKind.CLASSIFIED, said.start, classifier=about)
    mark = said.text("employee_mark")
    if mark:
        yield said.fact(FactKind.INFO, said.start, tags=(f"rating {mark}",))


def _understood(said: _Said) -> Iterable[CallFact]:
    """That there is a summary and a transcript; moods and texts stay in the raw event."""
    yield from _opening(said)
    if said.text("brief_summary"):
        yield said.fact(FactKind.SUMMARY, None)
    if said.text("ai_vtt_file"):
        yield said.fact(FactKind.TRANSCRIPT, None, media=Media(url=said.text("ai_vtt_file")))


_READERS: Mapping[str, Callable[[_Said], Iterable[CallFact]]] = {
    "before_call": _begins,
    "before_outgoing": _begins,
    "on_forward": _rings,
    "on_answer": _taken,
    "after_call": _ends,
    "after_outgoing": _ends,
    "after_rating": _rated,
    "ai_processed": _understood,
}
