"""What people do with schedules: make them, change them, pause them, look at their runs, run them now.

A schedule belongs to its owner, whose rights and scope decide what is in the files; administrators see and change
all of them, and take one over whose owner has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal, abilities, scope
from ringlake.access.hiding import masked
from ringlake.errors import Conflict, Forbidden, InvalidRequest, LimitReached, NotFound, Outdated, PlanTooLow, Taken
from ringlake.flows.directory.office import View, check_version, line, may, new_id, refuse
from ringlake.flows.mailing.asking import Asking
from ringlake.flows.plans import PLANS
from ringlake.flows.requests import Desk
from ringlake.model.directory import Ability, Directory, User
from ringlake.model.localtime import DAY
from ringlake.model.mailing import normal
from ringlake.model.schedules import Recipient, ReportSchedule, RunState, ScheduleRun, Timing, What
from ringlake.query.duetimes import covered, following
from ringlake.query.filters import parse
from ringlake.stores.addresses import Addresses
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.jobs import Jobs
from ringlake.stores.schedules import Schedules

from .asking import Span
from .bodies import RunNowBody, ScheduleBody
from .ordering import Ordering
from .recipients import OK, UNCONFIRMED, Known, all_at_once, one_by_one, reached
from .ticking import period_id
from .views import RecipientView, RunLetter, RunPage, RunView, ScheduleList, ScheduleView

MOST_OWN = 50
MOST = 500
MOST_OUTSIDE = 20
RUNS_PAGE = 20
_NUMBERS = ("remote", "source_number", "destination_number")
# Of one schedule within a day, beside its own.
MOST_ASKED_RUNS = 10
# What an administrator must have himself before he changes what goes out in somebody else's name.
_OF_FILES = frozenset({Ability.EXPORT, Ability.RAW_EXPORT, Ability.REPORTS, Ability.SEE_CONTENT})


class Scheduling:
    """Use cases over the stores of one installation."""

    def __init__(
        self,
        *,
        schedules: Schedules,
        directory: DirectoryStore,
        jobs: Jobs,
        addresses: Addresses,
        asking: Asking,
        desk: Desk,
        ordering: Ordering,
    ) -> None:
        self._schedules = schedules
        self._directory = directory
        self._jobs = jobs
        self._addresses = addresses
        self._asking = asking
        self._desk = desk
        self._ordering = ordering

    def all(self, viewer: Principal) -> ScheduleList:
        directory = self._loaded(viewer)
        times = self._schedules.times(viewer.workspace)
        found = [one for one in self._schedules.all(viewer.workspace) if _sees(viewer, one)]
        found.sort(key=lambda one: (one.name.casefold(), one.id))
        known = all_at_once(self._addresses, viewer.workspace)
        return ScheduleList(
            schedules=tuple(self._view(viewer, one, directory, times.get(one.id), known) for one in found),
        )

    def show(self, viewer: Principal, schedule_id: str) -> View[ScheduleView]:
        """Raises `NotFound` for what is not there and for what is somebody else's."""
        directory = self._loaded(viewer)
        return self._versioned(viewer, self._seen(viewer, schedule_id), directory)

    def create(self, viewer: Principal, body: Any, now: datetime) -> View[ScheduleView]:
        """Raises `InvalidRequest` naming the fields, `Forbidden` for files that the owner may not have."""
        directory, asked = self._loaded(viewer), parse(ScheduleBody, body)
        kept = [one for one in self._schedules.all(viewer.workspace) if one.deleted_at is None]
        if len([one for one in kept if one.owner == viewer.user.id]) >= MOST_OWN or len(kept) >= MOST:
            raise InvalidRequest("name", f"you have {MOST_OWN} schedules, or all of you {MOST}: delete one first")
        if asked.owner not in ("", viewer.user.id):
            raise InvalidRequest("owner", "a schedule is made for oneself")
        schedule = ReportSchedule(
            id=new_id("schedule"),
            workspace=viewer.workspace,
            owner=viewer.user.id,
            created_at=now,
            updated_at=now,
            **_fields(asked, directory),
        )
        self._check(viewer, schedule, directory, now)
        self._ask(viewer, schedule, directory, now)
        self._put(viewer, schedule, None, "schedule.create", directory, now)
        return self._versioned(viewer, schedule, directory)

    def change(
        self, viewer: Principal, schedule_id: str, body: Any, version: str | None, now: datetime
    ) -> View[ScheduleView]:
        """All of it anew. One that had stopped itself goes on."""
        directory, before = self._loaded(viewer), self._seen(viewer, schedule_id)
        check_version(str(before.version), version)
        asked = parse(ScheduleBody, body)
        if asked.owner not in ("", before.owner, viewer.user.id):
            raise InvalidRequest("owner", "a schedule is taken over by oneself")
        after = msgspec.structs.replace(
            before,
            **_fields(asked, directory),
            owner=asked.owner or before.owner,
            stopped_at=None,
            stopped="",
            updated_at=now,
            version=before.version + 1,
        )
        # Both: what goes out in the old owner's name is his too.
        self._covers(viewer, before.owner, directory)
        self._check(viewer, after, directory, now)
        self._ask(viewer, after, directory, now)
        self._put(viewer, after, before, "schedule.change", directory, now)
        return self._versioned(viewer, after, directory)

    def delete(self, viewer: Principal, schedule_id: str, now: datetime) -> View[ScheduleView]:
        """Its history stays on record."""
        return self._moved(viewer, schedule_id, now, "schedule.delete", deleted_at=now)

    def pause(self, viewer: Principal, schedule_id: str, now: datetime) -> View[ScheduleView]:
        """Nothing is sent until it is resumed; what falls into the pause is not sent later."""
        return self._moved(viewer, schedule_id, now, "schedule.pause", paused_at=now)

    def resume(self, viewer: Principal, schedule_id: str, now: datetime) -> View[ScheduleView]:
        """Goes on with the next period, also after it had stopped itself. Raises what making it anew would raise."""
        directory, before = self._loaded(viewer), self._seen(viewer, schedule_id)
        self._check(viewer, before, directory, now)
        return self._moved(viewer, schedule_id, now, "schedule.resume", paused_at=None, stopped_at=None, stopped="")

    def run(self, viewer: Principal, schedule_id: str, body: Any, now: datetime) -> RunView:
        """The last period that is over, now: to who asks, or to everyone. Beside the schedule's own runs."""
        directory, schedule, asked = self._loaded(viewer), self._seen(viewer, schedule_id), parse(RunNowBody, body)
        owner = self._check(viewer, schedule, directory, now)
        first, last = covered(schedule.timing, directory.workspace, now)
        recipients = schedule.recipients if asked.everyone else (Recipient(user=viewer.user.id),)
        to = reached(schedule.id, recipients, directory, self._known(viewer))
        left_out = tuple(one.left_out for one in to if one.state != OK)
        if len(left_out) == len(to):
            raise Taken("there is nobody to mail to: " + ", ".join(f"{one.who} ({one.reason})" for one in left_out))
        self._check_haste(schedule, now)
        job = self._ordering.job(schedule, owner, directory.workspace, Span(first, last), now)
        job = self._ordering.with_figures(job, owner, now)
        job = self._ordering.with_letters(job, [one for one in to if one.state == OK], now)
        self._desk.order(job, viewer, now)
        run = ScheduleRun(
            id=f"{period_id(first, last)}_{job.id}",
            schedule=schedule.id,
            first=first,
            last=last,
            due_at=now,
            at=now,
            job=job.id,
            state=RunState.ORDERED,
            left_out=left_out,
            by=viewer.user.id,
        )
        self._schedules.claim(viewer.workspace, run)
        return self._run_view(run, directory)

    def runs(self, viewer: Principal, schedule_id: str, before: str = "") -> RunPage:
        """The history of one schedule."""
        directory, schedule = self._loaded(viewer), self._seen(viewer, schedule_id)
        found = self._schedules.runs(viewer.workspace, schedule.id, before, RUNS_PAGE)
        return RunPage(
            runs=[self._run_view(run, directory) for run in found],
            next=found[-1].id if len(found) == RUNS_PAGE else "",
        )

    # ---------------------------------------------------------------- inside

    def _moved(
        self, viewer: Principal, schedule_id: str, now: datetime, action: str, **fields: object
    ) -> View[ScheduleView]:
        directory, before = self._loaded(viewer), self._seen(viewer, schedule_id)
        after = msgspec.structs.replace(before, **fields, updated_at=now, version=before.version + 1)
        self._put(viewer, after, before, action, directory, now)
        return self._versioned(viewer, after, directory)

    def _check(self, viewer: Principal, schedule: ReportSchedule, directory: Directory, now: datetime) -> Principal:
        """The owner, who must be able to have these files now, as must who changes them in his name. What is asked
        for must make a file for the period that the next run covers. Raises `Rejected`.
        """
        owner = self._covers(viewer, schedule.owner, directory)
        after = following(schedule.timing, directory.workspace, now)
        self._ordering.job(schedule, owner, directory.workspace, Span(after.first, after.last), after.at)
        return owner

    def _check_haste(self, schedule: ReportSchedule, now: datetime) -> None:
        """Runs that people ask for are few (security.md API6). Raises `LimitReached`."""
        recent = self._schedules.runs(schedule.workspace, schedule.id)
        asked = sorted(run.at for run in recent if run.by and now - run.at < DAY)
        if len(asked) >= MOST_ASKED_RUNS:
            until = asked[-MOST_ASKED_RUNS] + DAY
            said = (
                f"{MOST_ASKED_RUNS} runs were asked for within 24 hours, the next may be at {until:%Y-%m-%d %H:%M} UTC"
            )
            raise LimitReached(said, "schedule_runs_daily", MOST_ASKED_RUNS, until)

    def _covers(self, viewer: Principal, owner_id: str, directory: Directory) -> Principal:
        """The owner; raises `Forbidden` when who changes his schedule would see more by it than by himself."""
        owner = next((user for user in directory.users if user.id == owner_id), None)
        if owner is None:
            raise NotFound(owner_id)
        if owner.id != viewer.user.id and owner.active:
            more = (abilities(owner) & _OF_FILES) - abilities(viewer.user)
            if more or not scope(viewer.user).covers(scope(owner)):
                raise Forbidden("the owner of this schedule sees more than you")
        return Principal(workspace=viewer.workspace, user=owner)

    def _ask(self, viewer: Principal, schedule: ReportSchedule, directory: Directory, now: datetime) -> None:
        """Ask people outside whether they want mails, before anything else is sent to them (demands.md D57). Who was
        asked before is not asked again: that is for `POST /v1/mail/addresses`.
        """
        for place, one in enumerate(reached(schedule.id, schedule.recipients, directory, self._known(viewer))):
            if one.state == UNCONFIRMED and one.asked_at is None:
                try:
                    self._asking.ask(viewer, {"address": one.address, "language": one.language.value}, now)
                except InvalidRequest as error:
                    raise InvalidRequest(f"recipients.{place}.address", error.reason) from None

    def _put(
        self,
        viewer: Principal,
        after: ReportSchedule,
        before: ReportSchedule | None,
        action: str,
        directory: Directory,
        now: datetime,
    ) -> None:
        outside = [one.address for one in after.recipients if one.address]
        told = {"what": after.what.kind, "owner": after.owner, "outside": outside, "recipients": len(after.recipients)}
        self._directory.audit(line(viewer, now, action, after.id, **told))
        due = following(after.timing, directory.workspace, now).at if after.runs else None
        try:
            self._schedules.put(after, before, due)
        except Conflict:
            raise Outdated("somebody else changed it meanwhile: read it again") from None

    def _loaded(self, viewer: Principal) -> Directory:
        if self._directory.settings(viewer.workspace).plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        return self._directory.load(viewer.workspace, key=False)

    def _seen(self, viewer: Principal, schedule_id: str) -> ReportSchedule:
        found = self._schedules.get(viewer.workspace, schedule_id)
        if found is None or not _sees(viewer, found):
            raise NotFound(schedule_id)
        return found

    def _versioned(self, viewer: Principal, schedule: ReportSchedule, directory: Directory) -> View[ScheduleView]:
        due = self._schedules.times(viewer.workspace).get(schedule.id)
        return View(self._view(viewer, schedule, directory, due, self._known(viewer)), str(schedule.version))

    def _known(self, viewer: Principal) -> Known:
        return one_by_one(self._addresses, viewer.workspace)

    def _view(
        self, viewer: Principal, schedule: ReportSchedule, directory: Directory, due: datetime | None, known: Known
    ) -> ScheduleView:
        first, last = covered(schedule.timing, directory.workspace, due) if due else (None, None)
        to = reached(schedule.id, schedule.recipients, directory, known)
        same = (
            "id", "name", "owner", "timing", "format", "dialect", "headers", "language", "skip_when_empty",
            "paused_at", "stopped_at", "stopped", "created_at", "updated_at", "version",
        )  # fmt: skip
        return ScheduleView(
            mine=schedule.owner == viewer.user.id,
            what=_shown(viewer, schedule.what),
            recipients=tuple(
                RecipientView(
                    user=one.recipient.user,
                    address=one.recipient.address,
                    language=one.recipient.language,
                    state=one.state,
                    asked_at=one.asked_at,
                )
                for one in to
            ),
            due_at=due,
            next_first=first,
            next_last=last,
            **{name: getattr(schedule, name) for name in same},
        )

    def _run_view(self, run: ScheduleRun, directory: Directory) -> RunView:
        job = self._jobs.get(directory.workspace.id, run.job) if run.job else None
        # Colleagues by id: their addresses are for who manages the directory.
        users = {user.email: user.id for user in directory.users}
        return RunView(
            job_state=job.state if job else None,
            rows=job.rows if job else None,
            error=job.error if job else "",
            letters=tuple(
                RunLetter(who=users.get(letter.address, letter.address), state=letter.state, error=letter.error)
                for letter in (job.letters if job else ())
            ),
            **{
                name: getattr(run, name)
                for name in ("id", "first", "last", "due_at", "at", "state", "reason", "by", "job", "left_out")
            },
        )


def _sees(viewer: Principal, schedule: ReportSchedule) -> bool:
    return schedule.deleted_at is None and (schedule.owner == viewer.user.id or may(viewer, Ability.ADMINISTER))


def _shown(viewer: Principal, what: What) -> What:
    """Without customers' numbers for who may not see them."""
    conditions = what.request.get("filter")
    if Ability.SEE_NUMBERS not in scope(viewer.user).hides or not isinstance(conditions, dict):
        return what
    hidden = {name: masked(str(conditions[name])) for name in _NUMBERS if name in conditions}
    return msgspec.structs.replace(what, request={**what.request, "filter": {**conditions, **hidden}})


def _fields(asked: ScheduleBody, directory: Directory) -> dict[str, Any]:
    timing = asked.timing
    return {
        "name": asked.name,
        "what": What(kind=asked.what.kind, name=asked.what.name, request=asked.what.request),
        "timing": Timing(
            cadence=timing.cadence,
            at=timing.at,
            zone=timing.zone,
            weekday=timing.weekday or 1,
            day=timing.day or "1",
            month=timing.month or 1,
        ),
        "recipients": _recipients(asked, directory.users),
        "format": asked.format,
        "dialect": asked.dialect.value,
        "headers": asked.headers,
        "language": asked.language,
        "skip_when_empty": asked.skip_when_empty,
    }


def _recipients(asked: ScheduleBody, users: Sequence[User]) -> tuple[Recipient, ...]:
    """Once each. An address of a user is that user."""
    active = {user.id: user for user in users if user.deleted_at is None}
    by_address = {normal(user.email): user.id for user in active.values()}
    found: list[Recipient] = []
    wrong: list[tuple[str, str]] = []
    for place, one in enumerate(asked.recipients):
        user = one.user or by_address.get(normal(one.address), "")
        recipient = Recipient(user=user, address="" if user else normal(one.address), language=one.language)
        if user and user not in active:
            wrong.append((f"recipients.{place}.user", "there is no such user"))
        elif any((recipient.user, recipient.address) == (other.user, other.address) for other in found):
            wrong.append((f"recipients.{place}", "is there twice"))
        found.append(recipient)
    if sum(not recipient.user for recipient in found) > MOST_OUTSIDE:
        wrong.append(("recipients", f"at most {MOST_OUTSIDE} people outside"))
    refuse(wrong)
    return tuple(found)
