"""What a signed-in user may do with exports and reports: ask, look, download."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from pydantic import ConfigDict, Field

from ringlake import reports
from ringlake.access import Principal, Scope, abilities, scope
from ringlake.errors import Conflict, LimitReached, NotFound, PlanTooLow, Taken, Unavailable
from ringlake.files.csv import Dialect
from ringlake.files.words import Words
from ringlake.flows.directory.office import refuse
from ringlake.model.base import Answer
from ringlake.model.directory import Ability, Role, Workspace
from ringlake.model.jobs import Job, JobKind, JobState, LetterKind, job_id
from ringlake.model.language import Language
from ringlake.query.filters import parse
from ringlake.stores.directory import AuditLine, DirectoryStore
from ringlake.stores.jobs import PAGE, Jobs
from ringlake.stores.objects import Objects
from ringlake.stores.queue import Queue
from ringlake.stores.saved import SavedReports

from .delivery import sweep
from .exports.form import FileForm, form_errors
from .exports.offered import OfferQuery, Offers, offers
from .exports.registry import REPORTS
from .exports.request import ExportRequest, settled
from .filerights import covers, may_take
from .jobviews import JobView, job_view, same_address, state_of
from .letters import letter_to
from .limits import check_at_once, check_limits, first_of_day
from .manifest import Manifest, manifest
from .plans import PLANS
from .report import lacks, may_read_reports, may_run

# features.md F54: files are kept for thirty days.
KEPT = timedelta(days=30)
# A URL that is handed out at once and never mailed or stored lives this long.
URL_SECONDS = 300
# A change of a job that somebody else changes at the same time is made again this often.
TRIES = 5


class RunRequest(FileForm):
    """`parameters` are the report's own; `from` and `to` are short for `first_date` and `last_date`. The form of the
    file is that of exports.
    """

    model_config = ConfigDict(populate_by_name=True)

    parameters: dict[str, str] = {}
    from_: str | None = Field(None, alias="from")
    to: str | None = None


class JobPage(Answer, frozen=True, kw_only=True):
    """Newest first; `next` is what to send as `before`, "" at the end."""

    exports: list[JobView]
    next: str


class FileLink(Answer, frozen=True, kw_only=True):
    """An address of a file that needs no sign-in, until a moment a few minutes away."""

    url: str
    until: datetime


class Outline(Answer, frozen=True, kw_only=True):
    """A job as somebody sees it who answers for the exports of others: who, what and when, and nothing of the file.

    `filter` says `given` instead of a customer's number.
    """

    id: str
    kind: JobKind
    name: str
    title: str
    state: JobState
    requester: str
    requester_name: str
    schedule: str
    created_at: datetime
    finished_at: datetime | None
    filter: dict[str, object]
    format: str
    dialect: str
    rows: int | None
    size_bytes: int | None


class OutlinePage(Answer, frozen=True, kw_only=True):
    """Newest first; `next` is what to send as `before`, "" at the end."""

    exports: list[Outline]
    next: str


class ReportParameter(Answer, frozen=True, kw_only=True):
    name: str
    type: str


class ReportEntry(Answer, frozen=True, kw_only=True):
    """A report that can be run."""

    name: str
    title: str
    description: str
    parameters: list[ReportParameter]


class Catalogue(Answer, frozen=True, kw_only=True):
    reports: list[ReportEntry]


class OwnWorkspace(Answer, frozen=True, kw_only=True):
    """`analytics`: whether the plan has them (features.md O1)."""

    id: str
    name: str
    zone: str
    country: str
    currency: str
    plan: str
    analytics: bool


class OwnUser(Answer, frozen=True, kw_only=True):
    """`language` is the one that was set for the person, null where none was."""

    id: str
    name: str
    email: str
    role: Role
    language: Language | None


class Me(Answer, frozen=True, kw_only=True):
    """Who the viewer is and what the screens may offer; `as_of` is when the lake was last written."""

    workspace: OwnWorkspace
    user: OwnUser
    abilities: tuple[Ability, ...]
    scope: Scope
    as_of: datetime | None


# Conditions that hold a customer's number, which no line of the record does.
_PERSONAL = frozenset({"remote", "source_number", "destination_number"})


class Desk:
    """The use cases over the stores of one deployment."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        directory: DirectoryStore,
        saved: SavedReports,
        exports: Objects,
        export_queue: Queue,
        report_queue: Queue,
    ) -> None:
        self._jobs = jobs
        self._directory = directory
        self._saved = saved
        self._exports = exports
        self._queues = {JobKind.EXPORT: export_queue, JobKind.REPORT: report_queue}

    def export(self, viewer: Principal, body: Any, now: datetime) -> JobView:
        """Queue an export of a filter."""
        job = self.export_job(viewer, body, now)
        return self._queue(job, viewer, now, mailed=parse(ExportRequest, body).mail)

    def export_job(self, viewer: Principal, body: Any, now: datetime) -> Job:
        """The job of an export, not queued yet. The dates that a preset means are settled here (O27)."""
        self._paid(viewer)
        request = settled(viewer, parse(ExportRequest, body), self._directory, now, self._saved)
        job = request.onto(_new(viewer, JobKind.EXPORT, Dialect(request.dialect), now))
        return msgspec.structs.replace(job, title=REPORTS[job.name].title)

    def run(self, viewer: Principal, name: str, body: Any, now: datetime) -> JobView:
        """Queue a run of a named report."""
        return self._queue(self.run_job(viewer, name, body, now), viewer, now)

    def run_job(self, viewer: Principal, name: str, body: Any, now: datetime) -> Job:
        """The job of a run of a named report, not queued yet."""
        workspace = self._paid(viewer)
        may_read_reports(viewer.user)
        report = reports.report(name)
        may_run(viewer.user, report)
        request = parse(RunRequest, body)
        refuse(form_errors(viewer, request.format, request.dialect, request.headers))
        given = {"first_date": request.from_, "last_date": request.to}
        arguments = {n: v for n, v in given.items() if v is not None} | request.parameters
        bound = reports.bind(report, workspace.id, arguments)
        language = request.language or viewer.user.language or workspace.language
        return msgspec.structs.replace(
            _new(viewer, JobKind.REPORT, request.dialect, now),
            name=name,
            title=_titled(report, language),
            filter={n: str(value) for n, value in bound.items() if n != "workspace"},
            format=request.format.value,
            headers=request.headers,
            language=language,
        )

    def reports(self, viewer: Principal, language: Language | None = None) -> list[ReportEntry]:
        """The catalogue: name, title, description and parameters of each report that the viewer may run."""
        workspace = self._paid(viewer)
        may_read_reports(viewer.user)
        return [
            ReportEntry(
                name=report.name,
                title=_titled(report, language or viewer.user.language or workspace.language),
                description=report.description,
                parameters=[ReportParameter(name=p.name, type=p.type) for p in report.parameters],
            )
            for report in reports.reports().values()
            if not lacks(viewer.user, report)
        ]

    def jobs(self, viewer: Principal, now: datetime, before: str = "") -> tuple[list[JobView], str]:
        """The viewer's own jobs, newest first, and where the next page begins ("" at the end)."""
        self._paid(viewer)
        found: list[Job] = []
        while True:
            page = self._jobs.newest(viewer.workspace, before)
            found += [job for job in page if job.requester == viewer.user.id]
            if len(page) < PAGE:
                return [job_view(job, now) for job in found], ""
            before = page[-1].id
            if len(found) >= PAGE:
                return [job_view(job, now) for job in found], before

    def job(self, viewer: Principal, job_id: str, now: datetime, kind: JobKind | None = None) -> JobView:
        """One job that the viewer asked for or got by mail; `NotFound` for all others and for another kind."""
        self._paid(viewer)
        job = self._readable(viewer, job_id)
        if kind not in (None, job.kind):
            raise NotFound(job_id)
        if job.requester == viewer.user.id:
            return job_view(job, now)
        return job_view(job, now, viewer.user.email, covered=covers(viewer, job))

    def everybody(self, viewer: Principal, now: datetime, before: str = "") -> OutlinePage:
        """What all people of the workspace asked for, newest first (features.md O49)."""
        self._paid(viewer)
        page = self._jobs.newest(viewer.workspace, before)
        names = {user.id: user.name or user.email for user in self._directory.load(viewer.workspace, key=False).users}
        return OutlinePage(
            exports=[_outline(job, names.get(job.requester, ""), now) for job in page],
            next=page[-1].id if len(page) == PAGE else "",
        )

    def offers(self, viewer: Principal, query: OfferQuery, now: datetime) -> Offers:
        """What can be exported, with the columns of each."""
        self._paid(viewer)
        return offers(viewer, query, self._directory, now)

    def link(self, viewer: Principal, job_id: str, now: datetime) -> FileLink:
        """An address of the file for the next minutes; every one handed out is on record."""
        job = self._file(viewer, job_id, now)
        self._audit(viewer, now, "download", job, rows=job.rows, sha256=job.sha256)
        url = self._exports.signed_url(job.key, URL_SECONDS, job.filename)
        return FileLink(url=url, until=now + timedelta(seconds=URL_SECONDS))

    def manifest(self, viewer: Principal, job_id: str, now: datetime) -> Manifest:
        """What the file holds (demands.md D51)."""
        return manifest(self._file(viewer, job_id, now))

    def cancel(self, viewer: Principal, job_id: str, now: datetime) -> JobView:
        """Stop a job. A worker that is at it notices within seconds and leaves nothing behind. Raises `Taken` when
        there is nothing to stop any more.
        """
        self._paid(viewer)
        job = self._own(viewer, job_id)
        if job.state is JobState.CANCELLED:
            return job_view(job, now)

        def cancelled(found: Job) -> Job:
            if found.state not in (JobState.QUEUED, JobState.RUNNING):
                raise Taken(f"the file is {state_of(found, now).value}; there is nothing to stop")
            return msgspec.structs.replace(found, state=JobState.CANCELLED, finished_at=now)

        self._audit(viewer, now, "cancel", job)
        return job_view(self._change(job, cancelled), now)

    def retry(self, viewer: Principal, job_id: str, now: datetime) -> JobView:
        """Try again to make a file that failed. Raises `Taken` when the job did not fail, or is too old."""
        workspace = self._paid(viewer)
        job = self._own(viewer, job_id)
        recent = self._jobs.since(viewer.workspace, first_of_day(now))
        check_at_once(recent, workspace, viewer.user.id, now)

        def again(found: Job) -> Job:
            if state_of(found, now) is not JobState.FAILED or found.expires_at <= now:
                raise Taken("only a file that failed within the last thirty days can be tried again")
            return msgspec.structs.replace(
                found,
                state=JobState.QUEUED,
                queued_at=now,
                finished_at=None,
                forgiven=found.attempts,
                progress=0,
                error="",
            )

        self._audit(viewer, now, "retry", job)
        job = self._change(job, again)
        self._send(job)
        return job_view(job, now)

    def delete(self, viewer: Principal, job_id: str, now: datetime) -> JobView:
        """Delete a job and its file; returns it as it was last. Raises `Taken` while it is under way."""
        self._paid(viewer)
        job = self._own(viewer, job_id)

        def closed(found: Job) -> Job:
            if state_of(found, now) in (JobState.QUEUED, JobState.RUNNING):
                raise Taken("the file is under way; cancel it first")
            return msgspec.structs.replace(found, state=JobState.EXPIRED)

        self._audit(viewer, now, "delete", job)
        # Closed before its file goes, so that nobody is offered a file that is not there.
        job = self._change(job, closed)
        sweep(self._exports, job.workspace, job.id)
        self._jobs.delete(job)
        return job_view(job, now)

    def me(self, viewer: Principal) -> Me:
        """Who the viewer is and what the screens may offer."""
        workspace = self._directory.settings(viewer.workspace)
        user = viewer.user
        return Me(
            workspace=OwnWorkspace(
                id=workspace.id,
                name=workspace.name,
                zone=workspace.zone,
                country=workspace.country,
                currency=workspace.currency,
                plan=workspace.plan,
                analytics=workspace.plan in PLANS,
            ),
            user=OwnUser(id=user.id, name=user.name, email=user.email, role=user.role, language=user.language),
            abilities=tuple(sorted(abilities(user))),
            scope=scope(user),
            as_of=self._directory.watermark(workspace.id),
        )

    def _paid(self, viewer: Principal) -> Workspace:
        workspace = self._directory.settings(viewer.workspace)
        if workspace.plan not in PLANS:
            raise PlanTooLow("analytics need the plan business or scale; your history is being kept")
        return workspace

    def _own(self, viewer: Principal, job_id: str) -> Job:
        """A job that the viewer asked for."""
        job = self._jobs.get(viewer.workspace, job_id)
        if job is None or job.requester != viewer.user.id:
            raise NotFound(job_id)
        return job

    def _readable(self, viewer: Principal, job_id: str) -> Job:
        """A job that the viewer asked for, or of which he got a letter."""
        job = self._jobs.get(viewer.workspace, job_id)
        if job is None:
            raise NotFound(job_id)
        got = any(
            letter.kind is LetterKind.FILE and same_address(letter.address, viewer.user.email) for letter in job.letters
        )
        if job.requester != viewer.user.id and not got:
            raise NotFound(job_id)
        return job

    def _file(self, viewer: Principal, job_id: str, now: datetime) -> Job:
        """A job whose file the viewer may have. The rights are those of this moment: it is refused when he may see
        less than the file holds.
        """
        self._paid(viewer)
        job = self._readable(viewer, job_id)
        if state_of(job, now) is not JobState.READY:
            raise NotFound("there is no file, or it has expired")
        may_take(viewer, job)
        return job

    def _queue(self, job: Job, viewer: Principal, now: datetime, *, mailed: bool = True) -> JobView:
        workspace = self._directory.settings(viewer.workspace)
        if mailed:
            job = msgspec.structs.replace(job, letters=(letter_to(viewer.user, workspace),))
        recent = self._jobs.since(viewer.workspace, first_of_day(now))
        check_limits(recent, workspace, viewer.user.id, now)
        # On record first: whatever happens afterwards, the order was given.
        self._audit(viewer, now, "request", job)
        self._jobs.create(job)
        try:
            # Those who ask in the same moment see each other now.
            recent = self._jobs.since(viewer.workspace, first_of_day(now))
            check_limits([other for other in recent if other.id != job.id], workspace, viewer.user.id, now)
        except LimitReached:
            self._jobs.delete(job)
            raise
        self._send(job)
        return job_view(job, now)

    def _send(self, job: Job) -> None:
        try:
            self._queues[job.kind].send({"workspace": job.workspace, "job": job.id}, job.workspace)
        except Unavailable:
            self._jobs.transition(
                job, msgspec.structs.replace(job, state=JobState.FAILED, error="The request could not be queued.")
            )
            raise

    def _change(self, job: Job, change: Callable[[Job], Job]) -> Job:
        """Change a job as it is, also while its worker writes down how far he is. Raises what `change` raises."""
        for _ in range(TRIES):
            try:
                return self._jobs.transition(job, change(job))
            except Conflict:
                held = self._jobs.get(job.workspace, job.id)
                if held is None:
                    raise NotFound(job.id) from None
                job = held
        raise Conflict(job.id)

    def order(self, job: Job, viewer: Principal, now: datetime) -> None:
        """Make a job that a schedule ordered, and queue it. Done again it is the same job, so it can be repeated
        until it succeeds; raises `Unavailable`.
        """
        self._audit(viewer, now, "request", job, schedule=job.schedule)
        with suppress(Conflict):
            self._jobs.create(job)
        self._queues[job.kind].send({"workspace": job.workspace, "job": job.id}, job.workspace)

    def _audit(self, viewer: Principal, now: datetime, action: str, job: Job, **detail: object) -> None:
        self._directory.audit(
            AuditLine(
                workspace=viewer.workspace,
                at=now,
                user_id=viewer.user.id,
                action=f"{job.kind.value}.{action}",
                target=job.id,
                detail={
                    "role": viewer.user.role.value,
                    "name": job.name,
                    "format": job.format,
                    "dialect": job.dialect,
                    "filter": _unnamed(job.filter),
                    "options": job.options,
                    **detail,
                },
            )
        )


def _titled(report: reports.Report, language: Language) -> str:
    """What a finance query is called; its own words are English."""
    return report.title if language is Language.EN else Words(language).sheet(report.name)


def _unnamed(filter: Mapping[str, object]) -> dict[str, object]:
    """A filter without the numbers of customers."""
    return {name: "given" if name in _PERSONAL else value for name, value in filter.items()}


def _outline(job: Job, name: str, now: datetime) -> Outline:
    fields: dict[str, Any] = {f: getattr(job, f) for f in Outline.__struct_fields__ if hasattr(job, f)}
    changed: dict[str, Any] = {"state": state_of(job, now), "filter": _unnamed(job.filter), "requester_name": name}
    return Outline(**{**fields, **changed})


def _new(viewer: Principal, kind: JobKind, dialect: Dialect, now: datetime) -> Job:
    return Job(
        # 80 random bits, so that nobody can guess an id.
        id=job_id(now, secrets.token_hex(10)),
        workspace=viewer.workspace,
        kind=kind,
        requester=viewer.user.id,
        created_at=now,
        expires_at=now + KEPT,
        dialect=dialect.value,
    )
