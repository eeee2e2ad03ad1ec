"""One call or message with everything that is known of it (features.md F49-F51, N5, N7, W28, W32-W36).

Read from the record itself, so it is newer than the lists; its `row` is the row that the next roll-up writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from ringlake.access import Principal, abilities
from ringlake.access.hiding import concealed
from ringlake.files.labels import TYPE_LABELS
from ringlake.metrics.rows import call_row, leg_rows, message_row, seconds
from ringlake.model.base import Answer
from ringlake.model.calls import CallRecord
from ringlake.model.consequences import Case, Consequences, Recovery
from ringlake.model.directory import Ability
from ringlake.model.facts import FactKind, Media
from ringlake.model.marks import Marks
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CALLS, LEGS, MESSAGES

from .found import Finder, Found, path_of, subjects
from .listed import COLUMNS, Row, instant, shown

VOICEMAIL = "voicemail"

# What the steps of a path are called; kinds that are not here are parts of the call, called as their type.
STEP_LABELS: Mapping[str, str] = MappingProxyType(
    {
        FactKind.STARTED.value: "Started",
        FactKind.STEP.value: "Menu",
        FactKind.QUEUED.value: "Queue",
        FactKind.RINGING.value: "Ringing",
        FactKind.ANSWERED.value: "Answered",
        FactKind.HELD.value: "On hold",
        FactKind.RESUMED.value: "Off hold",
        FactKind.TRANSFERRED.value: "Transferred",
        FactKind.FORWARDED.value: "Forwarded",
        FactKind.LEG_ENDED.value: "Attempt ended",
        FactKind.ENDED.value: "Ended",
        FactKind.VOICEMAIL.value: "Voicemail",
        FactKind.RECORDING.value: "Recording ready",
        FactKind.TRANSCRIPT.value: "Transcript ready",
        FactKind.SUMMARY.value: "Summary ready",
        FactKind.CLASSIFIED.value: "Disposition",
        FactKind.CHARGED.value: "Charged",
    }
)


class DetailQuery(BaseModel):
    """`channel` says which is meant where a call and a message of one connection have the same id."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["", "call", "message"] = ""


class RecordMeta(Answer, frozen=True, kw_only=True):
    """What an answer about one record is of: the record as it was at `as_of`."""

    workspace: str
    zone: str
    as_of: datetime
    settings_version: int


class LegView(Answer, frozen=True, kw_only=True):
    """One attempt to connect one party; whole seconds, null for a phase that never was."""

    leg_id: str
    kind: str
    user_id: str
    user_name: str
    user_account: str
    number: str
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    ring_s: int | None
    talk_s: int | None
    outcome: str


class StepView(Answer, frozen=True, kw_only=True):
    """One step of the path; `offset_s` is the time since the start of the call, `at_local` in the workspace zone."""

    at: datetime
    at_local: datetime
    offset_s: float
    kind: str
    label: str
    leg_id: str
    user_id: str
    user_name: str
    value: str


class MediaView(Answer, frozen=True, kw_only=True):
    """A recording or voicemail. `link` is our own route, null without the right to content."""

    id: str
    kind: str
    seconds: int | None
    link: str | None


class RecoveryView(Answer, frozen=True, kw_only=True):
    """What became of a missed call (W32-W35); `recovery_s` is null when it was not recovered."""

    state: str
    attempt: str
    attempted_at: datetime | None
    recovery_s: int | None
    reached: bool
    resolved_by_customer: bool
    user_id: str


class CaseView(Answer, frozen=True, kw_only=True):
    """The case that this miss opened; `misses` are the record ids of all misses in it."""

    state: str
    source: str
    reason: str
    opened_at: datetime
    last_missed_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    misses: tuple[str, ...]
    attempts: int
    first_attempt_at: datetime | None
    first_attempt_s: int | None
    first_attempt_open_s: int | None
    recovered_by: str


class MarksView(Answer, frozen=True, kw_only=True):
    """What people said; `version` goes into If-Match of what is said next, 0 before anything was."""

    success: bool | None
    labels: tuple[str, ...] | None
    tags: tuple[str, ...]
    note: str
    legal_hold: bool
    assignee: str
    case_note: str
    updated_at: datetime | None
    updated_by: str
    version: int


class RelatedView(Answer, frozen=True, kw_only=True):
    """Another record that has to do with this one, as far as the viewer may see it.

    `relation`: `recovery_call` (called back), `same_case` (another miss of the case), `twin` (the same call
    told better by another connection), `part` and `part_of` (a consultation, a survey and its call).
    """

    relation: str
    record_id: str
    channel: str
    started_at: datetime
    direction: str
    outcome: str
    user_name: str


class MessageView(Answer, frozen=True, kw_only=True):
    """What only messages have. `error_text` is the provider's word about a failure."""

    remote_numbers: tuple[str, ...]
    error_code: str
    error_text: str
    text_link: str | None


class Detail(Answer, frozen=True, kw_only=True):
    """One interaction. `row` has all columns of the list; `contacts_more` more customers have the same number.

    `legs`, `path`, `recordings`, `recovery` and `case` are of calls, `message` is of messages. `links` are
    routes about the same record. `stale` is a call whose end was never heard (demands.md D22).
    """

    meta: RecordMeta
    row: Row
    legs: tuple[LegView, ...]
    path: tuple[StepView, ...]
    recordings: tuple[MediaView, ...]
    transcript_link: str | None
    message: MessageView | None
    contacts_more: int
    recovery: RecoveryView | None
    case: CaseView | None
    marks: MarksView
    related: tuple[RelatedView, ...]
    stale: bool
    sealed: bool


class Details:
    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def show(self, viewer: Principal, record_id: str, asked: DetailQuery, now: datetime) -> Detail:
        """Raises `NotFound`, `PlanTooLow`."""
        found = self._finder.find(viewer, record_id, asked.channel)
        record, means = found.record, found.loaded.consequences
        content = path_of(record_id) if Ability.SEE_CONTENT in abilities(viewer.user) else ""
        return Detail(
            meta=meta(found, now),
            row=_row(found),
            legs=tuple(_legs(found)),
            path=tuple(_path(found)),
            recordings=tuple(_recordings(record, content)),
            transcript_link=_words_link(record, content),
            message=_message(found, content),
            contacts_more=means.contacts_more,
            recovery=_recovery(means.recovery) if means.recovery else None,
            case=_case(means.case) if means.case else None,
            marks=_marks(found.marks),
            related=tuple(self._related(found)),
            stale=means.stale,
            sealed=record.sealed,
        )

    def _related(self, found: Found) -> Iterator[RelatedView]:
        own = found.subject
        wanted: dict[str, tuple[str, Subject]] = {}
        for relation, record_id in _relations(found.record, found.loaded.consequences, found.loaded.links, own):
            for subject in subjects(own.workspace, record_id, SubjectKind.CALL.value):
                if subject != own:
                    wanted.setdefault(subject.key, (relation, subject))
        visible = self._finder.visible(found, [subject for _, subject in wanted.values()])
        for key, (relation, subject) in wanted.items():
            if (record := visible.get(key)) is not None:
                yield _of_related(relation, subject, record)


def meta(found: Found, now: datetime) -> RecordMeta:
    workspace = found.workspace
    return RecordMeta(
        workspace=workspace.id, zone=workspace.zone, as_of=now, settings_version=workspace.settings_version
    )


def _row(found: Found) -> Row:
    """The row as the lake gets it, and as a list would show it to this viewer."""
    record, means, zone = found.record, found.loaded.consequences, ZoneInfo(found.workspace.zone)
    if isinstance(record, CallRecord):
        row: Mapping[str, Any] = call_row(record, found.workspace, means, found.marks, found.deals)
        return shown(CALLS, concealed(row, found.seen.hides), COLUMNS, zone)
    row = message_row(record, found.workspace, means)
    return shown(MESSAGES, concealed(row, found.seen.hides), COLUMNS, zone)


def _leg_rows(found: Found, kind: str) -> Iterator[dict[str, Any]]:
    if not isinstance(found.record, CallRecord):
        return
    for row in leg_rows(found.record):
        if row["row_kind"] == kind:
            yield concealed(row, found.seen.hides)


def _legs(found: Found) -> Iterator[LegView]:
    for row in _leg_rows(found, "leg"):
        same = {name: row[name] for name in LegView.__struct_fields__ if name in LEGS.names}
        times = {name: instant(row[name]) for name in ("answered_at", "ended_at")}
        yield LegView(**{**same, **times}, ringing_at=instant(row["started_at"]))


def _path(found: Found) -> Iterator[StepView]:
    zone, started = ZoneInfo(found.workspace.zone), found.record.started_at
    for row in _leg_rows(found, "step"):
        at = instant(row["started_at"])
        if at is not None:
            yield StepView(
                at=at,
                at_local=at.astimezone(zone),
                offset_s=(at - started).total_seconds(),
                label=STEP_LABELS.get(row["kind"]) or TYPE_LABELS.get(row["kind"], row["kind"]),
                **{name: row[name] for name in ("kind", "leg_id", "user_id", "user_name", "value")},
            )


def media_of(record: Interaction) -> Iterator[tuple[str, str, Media]]:
    """Id, kind and what the provider said of each recording and voicemail; ids count from 1 in the record's order."""
    if isinstance(record, CallRecord):
        for number, media in enumerate(record.recordings, start=1):
            yield str(number), "recording", media
        if record.voicemail is not None:
            yield VOICEMAIL, VOICEMAIL, record.voicemail


def _recordings(record: Interaction, path: str) -> Iterator[MediaView]:
    for number, kind, media in media_of(record):
        link = f"{path}/recordings/{number}" if path else None
        yield MediaView(id=number, kind=kind, seconds=media.seconds, link=link)


def _words_link(record: Interaction, path: str) -> str | None:
    has_words = isinstance(record, CallRecord) and (record.transcript or record.summary)
    return f"{path}/transcript" if path and has_words else None


def _message(found: Found, path: str) -> MessageView | None:
    record = found.record
    if isinstance(record, CallRecord):
        return None
    numbers = [concealed({"number": number}, found.seen.hides)["number"] for number in record.remote_numbers]
    return MessageView(
        remote_numbers=tuple(numbers),
        error_code=record.error_code,
        error_text=record.error_text,
        text_link=f"{path}/transcript?channel=message" if path else None,
    )


def _recovery(recovery: Recovery) -> RecoveryView:
    return RecoveryView(
        state=recovery.state.value,
        attempt=recovery.attempt,
        attempted_at=recovery.attempted_at,
        recovery_s=seconds(recovery.recovery_ms),
        reached=recovery.reached,
        resolved_by_customer=recovery.resolved_by_customer,
        user_id=recovery.user_id,
    )


def _case(case: Case) -> CaseView:
    return CaseView(
        state=case.state.value,
        source=case.source.value,
        first_attempt_s=seconds(case.first_attempt_ms),
        first_attempt_open_s=seconds(case.first_attempt_open_ms),
        **{
            name: getattr(case, name)
            for name in (
                "reason", "opened_at", "last_missed_at", "due_at", "closed_at", "misses", "attempts",
                "first_attempt_at", "recovered_by",
            )
        },
    )  # fmt: skip


def _marks(marks: Marks | None) -> MarksView:
    return MarksView(
        success=marks.success if marks else None,
        labels=tuple(label.value for label in marks.labels) if marks and marks.labels is not None else None,
        tags=marks.tags if marks else (),
        note=marks.note if marks else "",
        legal_hold=marks.legal_hold if marks else False,
        assignee=marks.assignee if marks else "",
        case_note=marks.case_note if marks else "",
        updated_at=marks.updated_at if marks else None,
        updated_by=marks.updated_by if marks else "",
        version=marks.version if marks else 0,
    )


def _relations(
    record: Interaction, means: Consequences, links: Iterable[str], own: Subject
) -> Iterator[tuple[str, str]]:
    """What has to do with the record, and how, the closest first."""
    if means.twin_of:
        yield "twin", means.twin_of
    if means.recovery and means.recovery.attempt:
        yield "recovery_call", means.recovery.attempt
    for miss in means.case.misses if means.case else ():
        yield "same_case", miss
    if isinstance(record, CallRecord) and record.part_of:
        yield "part_of", f"{own.connection}:{record.part_of}"
    for part in links:
        yield "part", f"{own.connection}:{part}"


def _of_related(relation: str, subject: Subject, record: Interaction) -> RelatedView:
    outcome = record.outcome if isinstance(record, CallRecord) else record.status
    return RelatedView(
        relation=relation,
        record_id=subject.record_id,
        channel=subject.kind.value,
        started_at=record.started_at,
        direction=record.direction.value if record.direction else "",
        outcome=outcome.value if outcome else "",
        user_name=record.user.name,
    )
