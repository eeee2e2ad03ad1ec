"""OpenPhone, now Quo: two webhook generations in one adapter.

Routed by headers: `openphone-signature` is the first generation (app webhooks v2 and v3, API
webhooks v4, payload under `data.object`); `webhook-id`, `-timestamp` and `-signature` together
are the generation of 2026-03-30 (payload under `data.resource` and `data.context`). A customer
who moves from one to the other has both for a while, so facts are cut small enough to be equal
whichever generation states them: when it started, who the parties are, when it was answered,
when it ended, each on its own.

Rules of meaning:

- An incoming call without `answeredAt` was never answered, whatever its status says.
- An outgoing call with `answeredAt` may have reached a voicemail box; without a machine
  detection it counts as a person (metrics.md Connect rate).
- Look-ups that are `unavailable`, and the empty lists beside them, mean unknown, not nobody.
- `call.missed` and `call.completed` speak of the same call.
- The text of messages, voicemails, summaries and transcripts stays in the raw event.

Options of the connection: `numbers`, the workspace's own numbers by id, as in
`PNmain0001=+12025550101, PNsales002=+12025550102`. Only API webhooks (v4) need it, and only when
a call lists two participants without saying which of them is ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ringlake.errors import NotAuthentic
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import (
    Agent,
    AnsweredBy,
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
    Ref,
    Step,
)
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Line, Speaker, Words, WordsKind, plain, second, words

from .adapter import Adapter
from .signatures import verify_openphone, verify_standard
from .values import document, flag, identifier, instant, items, mapping, text, texts, whole

# The closing word of a call, v4 and 2026-03-30 together. None: the word claims no ending.
CALL_STATUS: Mapping[str, EndedAs | None] = {
    "completed": EndedAs.ANSWERED,  # v2 and v3 say this of every ended call; `_ended_as` looks at answeredAt
    "answered": EndedAs.ANSWERED,
    "ai-handled": EndedAs.ANSWERED,  # by a machine: the ANSWERED fact says answered_by=ai
    "unanswered": EndedAs.NO_ANSWER,
    "missed": EndedAs.NO_ANSWER,  # v4: which of these three a missed call gets is not documented
    "no-answer": EndedAs.NO_ANSWER,
    "abandoned": EndedAs.ABANDONED,  # outgoing: the user gave up, see `_ended_as`
    "canceled": EndedAs.CANCELED,
    "busy": EndedAs.BUSY,
    "failed": EndedAs.FAILED,
    "forwarded": EndedAs.FORWARDED,
    "unknown": EndedAs.UNKNOWN,
    "queued": None,
    "initiated": None,
    "ringing": None,
    "in-progress": None,
}
# The event's name decides: the published v4 sample of message.received carries status "delivered".
MESSAGE_STATUS: Mapping[str, MessageStatus] = {
    "message.received": MessageStatus.RECEIVED,
    "message.delivered": MessageStatus.DELIVERED,
    "message.failed": MessageStatus.UNDELIVERED,
    "message.undelivered": MessageStatus.UNDELIVERED,
}
# In the published v4 samples `type` carries the object's name instead of the event's.
ALIASES: Mapping[str, str] = {
    "callSummary": "call.summary.completed",
    "callTranscript": "call.transcript.completed",
    "task.due_date_changed": "task.duedate.updated",
    "task.due_date_removed": "task.duedate.removed",
}
# Kept, without facts: tasks are no communication, integrations have no documented payload.
KEPT: frozenset[str] = frozenset(
    {f"task.{w}" for w in ("created", "updated", "deleted", "completed", "reopened", "assigned", "unassigned")}
    | {"task.overdue", "task.linked", "task.unlinked", "task.duedate.updated", "task.duedate.removed"}
    | {f"integration.{w}" for w in ("created", "updated", "deleted")}
)
DIRECTION: Mapping[str, Direction] = {"incoming": Direction.INBOUND, "outgoing": Direction.OUTBOUND}
READY = "completed"  # processingStatus; the others are absent, in-progress, failed
TEST_PREFIX = "EV-test-"


class _Envelope(NamedTuple):
    """One event of either generation with its parts in the same places."""

    type: str
    id: object
    version: str
    created_at: datetime | None
    path: str
    resource: dict[str, Any]
    context: dict[str, Any]

    @property
    def legacy(self) -> bool:
        return self.path.endswith("object")

    def field(self, name: str) -> str:
        return f"{self.path}.{name}"

    def time(self, name: str) -> datetime | None:
        return instant(self.resource.get(name))

    def text(self, name: str) -> str:
        return text(self.resource.get(name), self.field(name))


class _Said(NamedTuple):
    """One event, opened, with what came with it."""

    envelope: _Envelope
    event: RawEvent
    connection: Connection


class OpenPhone(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "openphone"
    version = 2
    kept_headers = frozenset({"webhook-id"})

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, now: datetime) -> None:
        if "openphone-signature" in delivery.headers:
            verify_openphone(delivery.headers, delivery.body, secrets, now)
        elif "webhook-signature" in delivery.headers:
            verify_standard(delivery.headers, delivery.body, secrets, now)
        else:
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        envelope = _envelope(delivery.body)
        event_id = identifier(envelope.id, "id")
        if event_id.startswith(TEST_PREFIX):
            # The test button sends the same sample id each time: tell the presses apart.
            press = delivery.headers.get("webhook-id") or hashlib.sha256(delivery.body).hexdigest()[:32]
            event_id = identifier(f"{event_id}@{press}", "id")
            kind, subject_id = SubjectKind.TEST, event_id
        else:
            if envelope.version == "v4":
                # App and API webhooks of one event share its id but not its fields; both are worth keeping.
                event_id = f"{event_id}@v4"
            kind, subject_id = _subject(envelope, event_id)
        return Identity(
            kind=kind,
            subject_id=subject_id,
            event_id=event_id,
            event_type=envelope.type,
            occurred_at=envelope.created_at,
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        if event.subject.kind not in _PARSED:
            return ()
        envelope = _envelope(event.body)
        reader = _READERS.get(envelope.type)
        return () if reader is None else tuple(reader(_Said(envelope, event, connection)))

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        envelope = _envelope(event.body)
        said = envelope.resource
        if event.subject.kind is SubjectKind.MESSAGE:
            return words(WordsKind.MESSAGE, said.get("body") or said.get("text"))
        kind = _WORDS.get(envelope.type)
        if kind is None or not _is_ready(envelope):
            return ()
        if kind is WordsKind.TRANSCRIPT:
            lines = tuple(_line(one) for one in items(said.get("dialogue"), envelope.field("dialogue")))
            return (Words(kind=kind, lines=tuple(line for line in lines if line.text)),) if lines else ()
        told = [items(said.get(name), envelope.field(name)) for name in ("summary", "nextSteps")]
        return words(kind, *(text for texts in told for text in texts))


ADAPTER = OpenPhone()


def _envelope(body: bytes) -> _Envelope:
    outer = document(body)
    inner = outer.get("object")
    # Seen in a capture: the whole event wrapped once more.
    if "type" not in outer and isinstance(inner, dict) and "type" in inner:
        outer = inner
    kind = identifier(outer.get("type"), "type")
    data = mapping(outer.get("data"), "data")
    if not data and ("resource" in outer or "context" in outer):
        data = {"resource": outer.get("resource"), "context": outer.get("context")}
    path = "data.resource" if "resource" in data else "data.object"
    return _Envelope(
        type=ALIASES.get(kind, kind),
        id=outer.get("id"),
        version=text(outer.get("apiVersion"), "apiVersion"),
        created_at=instant(outer.get("createdAt")),
        path=path,
        resource=mapping(data.get(path[5:]), path),
        context=mapping(data.get("context"), "data.context"),
    )


def _subject(envelope: _Envelope, event_id: str) -> tuple[SubjectKind, str]:
    """Kind and id of what the event is about. What we do not know is kept under the event's own id."""
    known = _SUBJECTS.get(envelope.type)
    if known is None:
        return SubjectKind.OTHER, event_id
    kind, name = known
    if envelope.type == "call.voicemail.completed" and envelope.resource.get(name) is None:
        # Without callId it cannot be joined, and a call of its own would be counted twice.
        return SubjectKind.OTHER, event_id
    return kind, identifier(envelope.resource.get(name), envelope.field(name))


# --- calls


class _Call(NamedTuple):
    """The parts of a call's facts that its events have in common."""

    envelope: _Envelope
    event: RawEvent
    connection: Connection
    direction: Direction | None
    started_at: datetime | None

    def fact(self, kind: FactKind, at: datetime | None, **attributes: Any) -> CallFact:
        return CallFact(
            kind=kind, call_id=self.event.subject.id, received_at=self.event.received_at, at=at, **attributes
        )

    @property
    def answerer(self) -> str:
        """Who answered by the provider's word, else the user that the event is tied to; of an incoming call to a
        shared number that is not sure, and `call.answered` may name somebody else.
        """
        resource = self.envelope.resource
        explicit = resource.get("answeredByUserId") or resource.get("answeredBy")
        shared = self.direction is Direction.INBOUND and self.envelope.context.get("phoneNumberType") == "shared"
        return text(explicit, self.envelope.field("answeredBy")) or ("" if shared else self.user)

    @property
    def user(self) -> str:
        holder = self.envelope.resource if self.envelope.legacy else self.envelope.context
        dialled = self.envelope.resource.get("initiatedBy")
        return text(dialled or holder.get("userId"), "userId")


def _call(said: _Said, direction: Direction | None = None) -> _Call:
    named = DIRECTION.get(said.envelope.text("direction").strip().lower())
    return _Call(
        envelope=said.envelope,
        event=said.event,
        connection=said.connection,
        direction=named or direction,
        started_at=said.envelope.time("createdAt"),
    )


def _opening(call: _Call) -> Iterable[CallFact]:
    """That the call started, and between whom: what every event of a call repeats."""
    holder = call.envelope.resource if call.envelope.legacy else call.envelope.context
    number_id = text(holder.get("phoneNumberId"), "phoneNumberId")
    agent = Agent(id=call.user) if call.direction is Direction.OUTBOUND and call.user else None
    yield call.fact(
        FactKind.STARTED,
        call.started_at,
        direction=call.direction,
        number=Ref(id=number_id) if number_id else None,
        agent=agent,
    )
    parties = _parties(call, number_id)
    if any(parties.values()):
        yield call.fact(FactKind.INFO, call.started_at, **parties)
    # The user of a private number is the one who was called; a shared number rings several.
    private = call.envelope.legacy or call.envelope.context.get("phoneNumberType") == "private"
    if call.direction is Direction.INBOUND and private and call.user:
        yield call.fact(FactKind.INFO, call.started_at, agent=Agent(id=call.user))


def _parties(call: _Call, number_id: str) -> dict[str, Any]:
    """Business and remote number, as far as this delivery tells them."""
    resource, context = call.envelope.resource, call.envelope.context
    if "from" in resource or "to" in resource:
        ends = (call.envelope.text("from"), ", ".join(texts(resource.get("to"), call.envelope.field("to"))))
        if call.direction is Direction.INBOUND:
            return {"remote_number": ends[0], "business_number": ends[1]}
        if call.direction is Direction.OUTBOUND:
            return {"remote_number": ends[1], "business_number": ends[0]}
        return {"from_number": ends[0], "to_number": ends[1]}
    if call.envelope.legacy:
        return _v4_parties(call, number_id)
    participants = mapping(context.get("participants"), "data.context.participants")
    ours = texts(participants.get("workspace"), "data.context.participants.workspace")
    theirs = texts(participants.get("external"), "data.context.participants.external")
    return {"remote_number": theirs[0] if theirs else "", "business_number": ours[0] if ours else ""}


def _v4_parties(call: _Call, number_id: str) -> dict[str, Any]:
    """One participant is the customer; of two, the one that is not ours, when we know ours."""
    participants = texts(call.envelope.resource.get("participants"), call.envelope.field("participants"))
    numbers = _own_numbers(call.connection)
    business = numbers.get(number_id, "")
    own = {business} if business else set(numbers.values())
    theirs = [p for p in participants if p not in own]
    if len(theirs) == 1:
        found = next((p for p in participants if p in own), business)
        return {"remote_number": theirs[0], "business_number": found}
    if len(theirs) > 1:
        # Which is ours is for the directory to say: the fold knows the workspace's numbers.
        return {"participants": participants, "business_number": business}
    return {"remote_number": theirs[0] if theirs else "", "business_number": business}


def _own_numbers(connection: Connection) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in connection.options.get("numbers", "").split(","))
    return {name.strip(): number.strip() for name, _, number in pairs if number.strip()}


def _ringing(said: _Said) -> Iterable[Fact]:
    call = _call(said)
    yield from _opening(call)
    yield call.fact(FactKind.RINGING, call.started_at)


def _by_machine(call: _Call) -> bool:
    resource = call.envelope.resource
    return resource.get("status") == "ai-handled" or bool(resource.get("aiHandled"))


def _answer(call: _Call, at: datetime | None) -> CallFact:
    machine = _by_machine(call)
    agent = "" if machine else call.answerer
    return call.fact(
        FactKind.ANSWERED,
        at,
        answered_by=AnsweredBy.AI if machine else AnsweredBy.PERSON,
        agent=Agent(id=agent) if agent else None,
    )


def _answered(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said), said.envelope
    yield from _opening(call)
    yield _answer(call, envelope.time("answeredAt") or envelope.created_at)


def _completed(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said), said.envelope
    yield from _opening(call)
    answered_at = envelope.time("answeredAt")
    ended_at = envelope.time("completedAt") or envelope.created_at
    resource = envelope.resource
    if answered_at is not None:
        yield _answer(call, answered_at)
    yield _end(call, ended_at, _ended_as(call, answered=answered_at is not None), answered=answered_at is not None)
    status, talk_s = envelope.text("status"), whole(resource.get("duration"), envelope.field("duration"))
    if status or talk_s is not None:
        yield call.fact(FactKind.INFO, ended_at, status=status, duration_s=talk_s)
    forwarded_to = envelope.text("forwardedTo")
    if forwarded_to:
        # v4 names the target without a time; it was before the end.
        yield call.fact(FactKind.FORWARDED, ended_at, to_party=forwarded_to)
    yield from _legacy_media(call, ended_at)


def _ended_as(call: _Call, *, answered: bool) -> EndedAs | None:
    status = call.envelope.text("status").strip().lower()
    found = CALL_STATUS.get(status, EndedAs.UNKNOWN) if status else None
    inbound = call.direction is Direction.INBOUND
    voicemail = call.envelope.resource.get("voicemail") or flag(call.envelope.resource.get("hasVoicemail"))
    if inbound and not answered and voicemail:
        return EndedAs.VOICEMAIL
    if found is EndedAs.ANSWERED and not answered and (inbound or status == "completed"):
        return EndedAs.NO_ANSWER
    if found is EndedAs.ABANDONED and not inbound:
        return EndedAs.CANCELED
    return found


def _legacy_media(call: _Call, ended_at: datetime | None) -> Iterable[CallFact]:
    """Recordings and voicemail that v2 and v3 put into the call object itself."""
    field = call.envelope.field("media")
    for entry in items(call.envelope.resource.get("media"), field) if call.envelope.legacy else ():
        yield call.fact(FactKind.RECORDING, ended_at, media=_media(mapping(entry, f"{field}[]"), field))
    voicemail = call.envelope.resource.get("voicemail")
    if voicemail:
        field = call.envelope.field("voicemail")
        yield call.fact(FactKind.VOICEMAIL, ended_at, media=_media(mapping(voicemail, field), field))


def _end(call: _Call, ended_at: datetime | None, ended_as: EndedAs | None, *, answered: bool) -> CallFact:
    """The end, with who answered where nothing else may tell it."""
    by = AnsweredBy.AI if _by_machine(call) else None
    unsure = answered and by is None and call.user and not call.answerer
    agent = Agent(id=call.user) if unsure else None
    return call.fact(FactKind.ENDED, ended_at, ended_as=ended_as, answered_by=by, agent=agent)


def _media(entry: Mapping[str, Any], field: str) -> Media:
    return Media(
        id=text(entry.get("id"), f"{field}.id"),
        url=text(entry.get("url"), f"{field}.url"),
        seconds=whole(entry.get("duration"), f"{field}.duration"),
    )


def _missed(said: _Said) -> Iterable[Fact]:
    """Ended unanswered; `call.completed` says how, so this one leaves `ended_as` to it."""
    call, envelope = _call(said, Direction.INBOUND), said.envelope
    yield from _opening(call)
    yield call.fact(FactKind.ENDED, envelope.created_at)


def _forwarded(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said, Direction.INBOUND), said.envelope
    yield from _opening(call)
    yield call.fact(FactKind.FORWARDED, envelope.created_at, to_party=envelope.text("forwardedTo"))


def _menu(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said, Direction.INBOUND), said.envelope
    yield from _opening(call)
    chosen = (envelope.text("phoneMenuSelection"), envelope.text("phoneMenuSelectionName"))
    reason = envelope.text("statusReason")
    value = " ".join(c for c in chosen if c) or reason
    yield call.fact(FactKind.STEP, envelope.created_at, step=Step(kind="ivr", value=value), cause=reason)


def _recording(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said), said.envelope
    yield from _opening(call)
    answered_at, ended_at = envelope.time("answeredAt"), envelope.time("completedAt")
    if answered_at is not None:
        yield _answer(call, answered_at)
    if ended_at is not None and (answered_at is not None or envelope.text("status")):
        # The newer generation leaves the status out here; a recorded answer is an answer.
        implied = EndedAs.ANSWERED if answered_at else None
        ended_as = _ended_as(call, answered=answered_at is not None) or implied
        yield _end(call, ended_at, ended_as, answered=answered_at is not None)
    yield from _legacy_media(call, ended_at or envelope.created_at)
    if envelope.legacy and "media" not in envelope.resource:
        # v4 says that there is one; where it lies can only be asked for.
        yield call.fact(FactKind.RECORDING, ended_at or envelope.created_at)
    field = envelope.field("recordings")
    for entry in items(envelope.resource.get("recordings"), field):
        recording = mapping(entry, f"{field}[]")
        at = instant(recording.get("startTime")) or ended_at or envelope.created_at
        yield call.fact(FactKind.RECORDING, at, media=_media(recording, f"{field}[]"))


def _number_of(call: _Call) -> Iterable[CallFact]:
    """Whose call an artefact belongs to, where nothing else came of it: the context has number and participants."""
    number_id = text(call.envelope.context.get("phoneNumberId"), "data.context.phoneNumberId")
    parties = {} if call.envelope.legacy else _parties(call, number_id)
    if number_id or any(parties.values()):
        number = Ref(id=number_id) if number_id else None
        yield call.fact(FactKind.INFO, call.envelope.created_at, number=number, **parties)


def _summary(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said), said.envelope
    yield from _number_of(call)
    if _is_ready(envelope):
        by = AnsweredBy.AI if flag(envelope.resource.get("handledByAiAgent")) else None
        yield call.fact(FactKind.SUMMARY, envelope.created_at, answered_by=by)


def _transcript(said: _Said) -> Iterable[Fact]:
    call, envelope = _call(said), said.envelope
    yield from _number_of(call)
    if _is_ready(envelope):
        yield call.fact(FactKind.TRANSCRIPT, envelope.time("createdAt") or envelope.created_at)


def _is_ready(envelope: _Envelope) -> bool:
    status = envelope.text("processingStatus") or envelope.text("status") or READY
    return status == READY


def _line(one: object) -> Line:
    said = mapping(one, "dialogue[]")
    account = plain(said.get("userId"))
    speaker = Speaker.AGENT if account else Speaker.CUSTOMER if plain(said.get("identifier")) else None
    return Line(text=plain(said.get("content")), speaker=speaker, account=account, at_s=second(said.get("start")))


def _voicemail(said: _Said) -> Iterable[Fact]:
    """Joined on callId; `id` and `createdAt` are those of the voicemail's own activity."""
    call, envelope = _call(said, Direction.INBOUND), said.envelope
    number_id = text(envelope.context.get("phoneNumberId"), "data.context.phoneNumberId")
    media = Media(
        id=envelope.text("voicemailId") or envelope.text("id"),
        url=envelope.text("recordingUrl"),
        seconds=whole(envelope.resource.get("duration"), envelope.field("duration")),
    )
    yield call.fact(
        FactKind.VOICEMAIL,
        call.started_at or envelope.created_at,
        direction=call.direction,
        number=Ref(id=number_id) if number_id else None,
        media=media,
        **_parties(call, number_id),
    )


# --- messages and contacts


def _message(said: _Said) -> Iterable[Fact]:
    envelope, event = said.envelope, said.event
    resource, context = envelope.resource, envelope.context
    holder = resource if envelope.legacy else context
    direction = DIRECTION.get(envelope.text("direction").strip().lower())
    if envelope.type == "message.received":
        direction = direction or Direction.INBOUND
    sender = envelope.text("from") or text(context.get("senderIdentifier"), "data.context.senderIdentifier")
    recipients = _recipients(envelope)
    media = items(resource.get("media"), envelope.field("media"))
    business = sender if direction is Direction.OUTBOUND else recipients[0] if len(recipients) == 1 else ""
    user = text(resource.get("createdBy") or holder.get("userId"), "userId")
    number_id = text(holder.get("phoneNumberId"), "phoneNumberId")
    yield MessageFact(
        message_id=event.subject.id,
        received_at=event.received_at,
        at=envelope.created_at,
        status=MESSAGE_STATUS[envelope.type],
        status_raw=envelope.text("status"),
        created_at=envelope.time("createdAt"),
        kind=MessageKind.MMS if media else MessageKind.SMS,
        direction=direction,
        from_number=sender,
        to_numbers=recipients,
        business_number=business,
        number=Ref(id=number_id) if number_id else None,
        agent=Agent(id=user) if user else None,
        media_count=len(media),
        error_code=envelope.text("errorCode"),
        conversation=text(holder.get("conversationId"), "conversationId"),
    )


def _recipients(envelope: _Envelope) -> tuple[str, ...]:
    """Group texts join their numbers with commas (v2, v3), are a list (v4) or stand in the context."""
    if "to" in envelope.resource:
        found = texts(envelope.resource.get("to"), envelope.field("to"))
        return tuple(n for n in (part.strip() for entry in found for part in entry.split(",")) if n)
    return texts(envelope.context.get("recipientIdentifiers"), "data.context.recipientIdentifiers")


def _contact(said: _Said) -> Iterable[Fact]:
    """Created, changed or removed. Custom fields are a list in one shape and a map in another."""
    envelope, event = said.envelope, said.event
    name = " ".join(n for n in (envelope.text("firstName"), envelope.text("lastName")) if n)
    fields, numbers = _contact_fields(envelope)
    yield ContactFact(
        contact_id=event.subject.id,
        received_at=event.received_at,
        at=envelope.time("updatedAt") or envelope.created_at,
        deleted=envelope.type == "contact.deleted",
        name=name,
        company=envelope.text("company"),
        numbers=numbers,
        fields=fields,
    )


def _contact_fields(envelope: _Envelope) -> tuple[dict[str, str], tuple[str, ...]]:
    resource = envelope.resource
    numbers = [
        text(mapping(entry, "phoneNumbers[]").get("value"), "phoneNumbers[].value")
        for entry in items(resource.get("phoneNumbers"), envelope.field("phoneNumbers"))
    ]
    pairs: list[tuple[str, str, object]] = []
    older = resource.get("fields")
    if isinstance(older, dict):
        pairs += [(text(name, "fields"), text(name, "fields"), value) for name, value in older.items()]
    listed = items(None if isinstance(older, dict) else older, envelope.field("fields"))
    for entry in (*listed, *items(resource.get("customFields"), envelope.field("customFields"))):
        field = mapping(entry, "fields[]")
        pairs.append((text(field.get("name"), "fields[].name"), text(field.get("type"), "type"), field.get("value")))
    found = {"role": envelope.text("role"), "external_id": envelope.text("externalId")}
    for name, kind, value in pairs:
        if kind.lower().startswith("phone"):
            numbers += texts(value, "fields[].value")
        elif name:
            found[name] = _shown(value)
    return {n: v for n, v in found.items() if v}, tuple(dict.fromkeys(n for n in numbers if n))


def _shown(value: object) -> str:
    """A custom field's value as text: string, number, yes or no, or several of them."""
    if isinstance(value, list):
        return ", ".join(_shown(v) for v in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, float) else text(value, "value") if isinstance(value, str | int) else ""


_Reader = Callable[[_Said], Iterable[Fact]]
_CALL_READERS: Mapping[str, _Reader] = {
    "call.ringing": _ringing,
    "call.answered": _answered,
    "call.completed": _completed,
    "call.missed": _missed,
    "call.forwarded": _forwarded,
    "call.menu.selected": _menu,
    "call.recording.completed": _recording,
    "call.summary.completed": _summary,
    "call.transcript.completed": _transcript,
    "call.voicemail.completed": _voicemail,
}
_WORDS: Mapping[str, WordsKind] = {
    "call.transcript.completed": WordsKind.TRANSCRIPT,
    "call.summary.completed": WordsKind.SUMMARY,
}
_READERS: Mapping[str, _Reader] = {
    **_CALL_READERS,
    **dict.fromkeys(MESSAGE_STATUS, _message),
    "contact.updated": _contact,
    "contact.deleted": _contact,
}
_JOINED_ON_CALL_ID = {"call.summary.completed", "call.transcript.completed", "call.voicemail.completed"}
_SUBJECTS: Mapping[str, tuple[SubjectKind, str]] = {
    **{t: (SubjectKind.CALL, "callId" if t in _JOINED_ON_CALL_ID else "id") for t in _CALL_READERS},
    **dict.fromkeys(MESSAGE_STATUS, (SubjectKind.MESSAGE, "id")),
    "contact.updated": (SubjectKind.CONTACT, "id"),
    "contact.deleted": (SubjectKind.CONTACT, "id"),
}
_PARSED = frozenset({SubjectKind.CALL, SubjectKind.MESSAGE, SubjectKind.CONTACT})
