"""The job of a schedule for one period: what its owner would get who asked for it now (design: Export)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ringlake.access import Principal, abilities
from ringlake.errors import Forbidden, InvalidRequest, Rejected
from ringlake.flows.answers.summary import SummaryAnswers, SummaryQuery
from ringlake.flows.requests import Desk
from ringlake.metrics.catalog import BY_ID
from ringlake.model.directory import Ability, Workspace
from ringlake.model.jobs import Figure, Job, JobKind, Letter, Scheduled
from ringlake.model.schedules import ReportSchedule, WhatKind
from ringlake.query.duetimes import zone_of
from ringlake.query.filters import CALL, parse
from ringlake.stores.addresses import Confirmations
from ringlake.stores.saved import SavedReports

from .asking import Span, export_body, place, run_body
from .recipients import Reached, topic_of

# Accepted calls, average conversation, reaction speed (features.md N19).
HEADLINE = ("calls_answered_inbound", "average_talk_s", "asa_s")
# Exports that they say something about; finance queries show the whole workspace.
_ABOUT_CALLS = frozenset({"interactions", "detailed", "legs", "team", "numbers", "chart", "cases"})


class Ordering:
    """Makes jobs of schedules. The desk checks them as it checks what people ask for themselves."""

    def __init__(self, desk: Desk, summary: SummaryAnswers, saved: SavedReports, confirmations: Confirmations) -> None:
        self._desk = desk
        self._summary = summary
        self._saved = saved
        self._confirmations = confirmations

    def job(self, schedule: ReportSchedule, owner: Principal, workspace: Workspace, span: Span, now: datetime) -> Job:
        """What the owner would get now, as a job without letters that is not queued. Raises `Rejected`, with the
        fields named as the schedule has them.
        """
        if Ability.EXPORT not in abilities(owner.user):
            raise Forbidden("sending files needs the ability export")
        if schedule.what.kind is WhatKind.REPORT:
            body = run_body(schedule, workspace, span)
        else:
            body = export_body(schedule, owner, workspace, span, self._saved)
        try:
            if schedule.what.kind is WhatKind.REPORT:
                job = self._desk.run_job(owner, schedule.what.name, body, now)
            else:
                job = self._desk.export_job(owner, body, now)
        except InvalidRequest as error:
            named = [(place(field), reason) for field, reason in error.errors]
            raise InvalidRequest(*named[0], *named[1:]) from None
        scheduled = Scheduled(
            name=schedule.name,
            first=span.first,
            last=span.last,
            zone=zone_of(schedule.timing, workspace).key,
            skip_when_empty=schedule.skip_when_empty,
        )
        return msgspec.structs.replace(job, schedule=schedule.id, scheduled=scheduled)

    def with_figures(self, job: Job, owner: Principal, now: datetime) -> Job:
        """The job with the numbers for the head of its mails, of the rows that its filter selects and its owner may
        see; without any where the file is not about calls. Raises `Unavailable`.
        """
        scheduled = job.scheduled
        conditions = dict(job.filter)
        if scheduled is None or (job.kind is JobKind.EXPORT and not _about_calls(job)):
            return job
        if job.kind is JobKind.REPORT:
            conditions = {"from": scheduled.first.isoformat(), "to": scheduled.last.isoformat()}
        try:
            asked = parse(SummaryQuery, {**conditions, "metrics": list(HEADLINE)})
            found = self._summary.summary(owner, asked, now)
        except Rejected:
            # Conditions that a summary does not know: the file goes out without numbers at its head.
            return job
        figures = tuple(
            Figure(
                metric=one.value.metric,
                unit=BY_ID[one.value.metric].unit.value,
                value=_number(one.value.value),
                before=_number(one.previous.value) if one.previous else None,
            )
            for one in found.metrics
        )
        return msgspec.structs.replace(job, scheduled=msgspec.structs.replace(scheduled, figures=figures))

    def with_letters(self, job: Job, to: Sequence[Reached], now: datetime) -> Job:
        """The job with one letter for each of these recipients, each with a way out of its own."""
        letters = tuple(
            Letter(
                address=one.address,
                language=one.language,
                outside=one.outside,
                leave=self._confirmations.leave(job.workspace, one.address, topic_of(job.schedule), now),
            )
            for one in to
        )
        return msgspec.structs.replace(job, letters=letters)


def _about_calls(job: Job) -> bool:
    channels = job.filter.get("channels") or [CALL]
    return job.name in _ABOUT_CALLS and isinstance(channels, list) and CALL in channels


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) else None
