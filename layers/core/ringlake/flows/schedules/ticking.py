"""Every few minutes: what is due becomes jobs, once for each schedule and period (docs/adr/0103).

A run is claimed under the name of its period before its job is made, and the claim says which job that will be. So
whoever comes after a crash, at whatever step, makes the same job again, which the jobs refuse; and a job makes one
file and one mail for each recipient, however often it is queued (docs/adr/0051).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import NamedTuple

import msgspec

from ringlake.access import Principal
from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, PlanTooLow, Rejected
from ringlake.flows.requests import Desk
from ringlake.model.directory import Directory, User, Workspace
from ringlake.model.jobs import job_id
from ringlake.model.localtime import DAY, midnight
from ringlake.model.schedules import Due, ReportSchedule, RunState, ScheduleRun
from ringlake.query.duetimes import Occurrence, covered, following, occurrences, zone_of
from ringlake.stores.addresses import Addresses
from ringlake.stores.directory import AuditLine, DirectoryStore
from ringlake.stores.schedules import Schedules

from .asking import Span
from .ordering import Ordering
from .recipients import OK, one_by_one, reached

# So many of the periods that an outage swallowed are listed.
MOST_MISSED = 60
# For so long a report waits for the lake: for all of the period, of which the mail then says what it has, and for the
# numbers at its head.
PATIENCE = timedelta(hours=1)
_BEFORE = timedelta(microseconds=1)
NOBODY = "There is nobody left to mail to."


class Ticked(NamedTuple):
    """What one tick did. The turn of schedules that `failed`, or are `waiting` because time was up, comes again with
    the next one.
    """

    ordered: int = 0
    missed: int = 0
    refused: int = 0
    failed: int = 0
    waiting: int = 0


class Ticking:
    """`tail` makes the random end of a job's id."""

    def __init__(
        self,
        *,
        schedules: Schedules,
        directory: DirectoryStore,
        addresses: Addresses,
        desk: Desk,
        ordering: Ordering,
        tail: Callable[[], str],
    ) -> None:
        self._schedules = schedules
        self._directory = directory
        self._addresses = addresses
        self._desk = desk
        self._ordering = ordering
        self._tail = tail

    def tick(
        self, now: datetime, until: Callable[[], bool] = lambda: True, log: Callable[[str, str], None] = print
    ) -> Ticked:
        """Order everything that is due; one schedule that fails does not keep the others waiting. `until` says
        whether there is time for another one, `log` is told the id of a schedule that failed, and why.
        """
        ordered = missed = refused = failed = waiting = 0
        load = cache(lambda workspace: self._directory.load(workspace, key=False))
        for due in self._schedules.due(now):
            if not until():
                waiting += 1
                continue
            try:
                runs = self._turn(due, load, now)
            except Conflict:
                # Somebody changed it in this moment, or another tick is at it: it is looked at again.
                continue
            except Exception as error:  # noqa: BLE001 - the others must not wait for it
                failed += 1
                log(due.schedule, type(error).__name__)
                continue
            ordered += sum(run.state is RunState.ORDERED for run in runs)
            missed += sum(run.state is RunState.MISSED for run in runs)
            refused += sum(run.state is RunState.REFUSED for run in runs)
        return Ticked(ordered, missed, refused, failed, waiting)

    def _turn(self, due: Due, load: Callable[[str], Directory], now: datetime) -> list[ScheduleRun]:
        """One schedule whose time has come; returns the runs that came out of it."""
        schedule = self._schedules.get(due.workspace, due.schedule)
        if schedule is None or not schedule.runs:
            self._schedules.advance(due, None)
            return []
        directory = load(due.workspace)
        workspace = directory.workspace
        asked = occurrences(schedule.timing, workspace, due.at - _BEFORE)
        found = list(takewhile(lambda one: one.at <= now, asked))
        if not found:
            # Zone, weeks or years of the workspace were changed meanwhile: its next time is another one now.
            found = [Occurrence(due.at, *covered(schedule.timing, workspace, now))]
        *older, latest = found
        if not self._complete(schedule, workspace, latest, now):
            return []
        runs = [self._missed(schedule, directory, one, now) for one in older[-MOST_MISSED:]]
        run = self._schedules.claim(schedule.workspace, self._run(schedule, latest, now))
        before = run.state
        run = self._ordered(schedule, directory, run, now)
        # A schedule that ended itself is not due any more.
        current = self._schedules.get(schedule.workspace, schedule.id)
        if current is not None and current.runs:
            self._schedules.advance(due, following(schedule.timing, workspace, now).at)
        return [*runs, *([run] if before is RunState.CLAIMED else [])]

    def _complete(self, schedule: ReportSchedule, workspace: Workspace, one: Occurrence, now: datetime) -> bool:
        """Whether the lake holds all of the period, or has been waited for long enough: what is sent at midnight is
        not to lack the last minutes of the day.
        """
        end = midnight(one.last + DAY, zone_of(schedule.timing, workspace))
        as_of = self._directory.watermark(workspace.id)
        return as_of is None or as_of >= end or now - one.at >= PATIENCE

    def _run(self, schedule: ReportSchedule, one: Occurrence, now: datetime) -> ScheduleRun:
        return ScheduleRun(
            id=period_id(one.first, one.last),
            schedule=schedule.id,
            first=one.first,
            last=one.last,
            due_at=one.at,
            at=now,
            job=job_id(now, self._tail()),
        )

    def _missed(self, schedule: ReportSchedule, directory: Directory, one: Occurrence, now: datetime) -> ScheduleRun:
        """A period whose time passed without a tick. One that had begun is finished: its mails may have left."""
        run = msgspec.structs.replace(self._run(schedule, one, now), state=RunState.MISSED, job="")
        return self._ordered(schedule, directory, self._schedules.claim(schedule.workspace, run), now)

    def _ordered(self, schedule: ReportSchedule, directory: Directory, run: ScheduleRun, now: datetime) -> ScheduleRun:
        """Bring a run to its end from wherever it stands. Raises `Unavailable`."""
        if run.state is not RunState.CLAIMED:
            return run
        workspace = schedule.workspace
        owner = next((user for user in directory.users if user.id == schedule.owner), None)
        if owner is None or not owner.active:
            return self._stopped(schedule, run, f"Its owner is {_fate(owner)}.")
        viewer = Principal(workspace=workspace, user=owner)
        to = reached(schedule.id, schedule.recipients, directory, one_by_one(self._addresses, workspace))
        run_left_out = tuple(one.left_out for one in to if one.state != OK)
        try:
            job = self._ordering.job(schedule, viewer, directory.workspace, Span(run.first, run.last), run.at)
        except PlanTooLow as refusal:
            # The plan may come back, and the schedule with it.
            return self._settled(run, workspace, RunState.REFUSED, reason=str(refusal))
        except Rejected as refusal:
            return self._stopped(schedule, run, said(refusal))
        if len(run_left_out) == len(to):
            return self._settled(run, workspace, RunState.REFUSED, reason=NOBODY, left_out=run_left_out)
        job = msgspec.structs.replace(job, id=run.job, created_at=run.at)
        try:
            job = self._ordering.with_figures(job, viewer, run.at)
        except Exception:
            # The numbers are an ornament of the mail: it waits for them, but not for ever.
            if now - run.at < PATIENCE:
                raise
        job = self._ordering.with_letters(job, [one for one in to if one.state == OK], run.at)
        self._desk.order(job, viewer, run.at)
        return self._settled(run, workspace, RunState.ORDERED, left_out=run_left_out)

    def _settled(self, run: ScheduleRun, workspace: str, state: RunState, **fields: object) -> ScheduleRun:
        return self._schedules.settle(workspace, run, msgspec.structs.replace(run, state=state, **fields))

    def _stopped(self, schedule: ReportSchedule, run: ScheduleRun, reason: str) -> ScheduleRun:
        """End the schedule: whoever may change it sees why, mends it and resumes it."""
        after = msgspec.structs.replace(
            schedule, stopped_at=run.at, stopped=reason, updated_at=run.at, version=schedule.version + 1
        )
        self._directory.audit(
            AuditLine(
                workspace=schedule.workspace,
                at=run.at,
                user_id=schedule.owner,
                action="schedule.stop",
                target=schedule.id,
                detail={"reason": reason},
            )
        )
        run = self._settled(run, schedule.workspace, RunState.REFUSED, reason=reason)
        self._schedules.put(after, schedule, None)
        return run


def period_id(first: object, last: object) -> str:
    """Names a period so that names sort as periods do."""
    return f"{first}_{last}"


def said(refusal: Rejected) -> str:
    """Why a schedule cannot run, for whoever looks at it."""
    if isinstance(refusal, InvalidRequest):
        return f"{refusal.field}: {refusal.reason}"
    if isinstance(refusal, NotFound):
        return "What it reports is not there any more."
    if isinstance(refusal, Forbidden):
        return f"Its owner may not have this file any more: {refusal}."
    return "It could not be run."


def _fate(owner: User | None) -> str:
    if owner is None or owner.deleted_at is not None:
        return "no longer a user"
    return "suspended"
