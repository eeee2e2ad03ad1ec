"""One job, one file, one mail: the steps that exports and report runs share (design: Export).

Every step is a compare-and-set on the job, so a message that is delivered twice, or again after
a crash, takes up the job where it stands:

* `queued` → `running` is claimed. A running job is left alone for LEASE, which is longer than the
  function may live; after that its worker is gone and the job is taken over.
* The file becomes visible in one step, under a key with the job's id and only if nothing is there.
  What it holds (rows, hash) is written to the job just before, so that a worker that takes over
  can tell a finished file from none and never writes a second one.
* `ready` → the mail is claimed before it leaves. Where its fate is unknown it is not sent again;
  the requester sees that, and the file, in the downloads (docs/adr/0051).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from ringlake import reports
from ringlake.errors import Conflict, Forbidden, InvalidRequest, Rejected, Unavailable
from ringlake.files.csv import Dialect
from ringlake.files.formats import Style, content_type, suffix, written
from ringlake.files.mail import encoded_size, ready_mail
from ringlake.files.sheet import About, Sheet
from ringlake.model.base import Model, to_json
from ringlake.model.directory import Directory, User
from ringlake.model.jobs import Format, Job, JobKind, JobState, MailState
from ringlake.stores.directory import AuditLine, DirectoryStore
from ringlake.stores.jobs import Jobs
from ringlake.stores.mail import Mail, MailRefused, MailUncertain
from ringlake.stores.objects import Objects

# Longer than the 900 s that a function may live.
LEASE = timedelta(seconds=960)
# Below the queue's five deliveries, so that the job is marked before the message is put aside.
ATTEMPTS = 3
_LATER = "The file could not be made. Please ask for it again later."

type Clock = Callable[[], datetime]


class Asked(Model, frozen=True, kw_only=True):
    """Body of a queue message."""

    workspace: str
    job: str


class Result(StrEnum):
    """What a delivery of the message did. All are final: the message can go."""

    DONE = "done"
    FAILED = "failed"
    GONE = "gone"


class Post(Model, frozen=True, kw_only=True):
    """How files are announced."""

    sender: str
    public_url: str
    attach_limit_bytes: int


class Content(Model, frozen=True, kw_only=True):
    """What a job is about to write, whatever its format.

    `stem` is the file's name without dialect and suffix; it holds no text of others. `sheet` is read once, in
    constant memory. `scope` is what the requester may see at this moment. `share` says how much of the work is
    done, from 0 to 1, while the sheet is read; None when nobody knows.
    """

    stem: str
    sheet: Sheet
    about: About
    scope: Mapping[str, object] = {}
    share: Callable[[], float] | None = None


class Steps[T]:
    """Work in equal steps, such as days, that knows how far it is: `share` is for `Content`."""

    def __init__(self, steps: Sequence[T]) -> None:
        self._steps = steps
        self._done = 0

    def __iter__(self) -> Iterator[T]:
        for step in self._steps:
            yield step
            self._done += 1

    def share(self) -> float:
        return self._done / len(self._steps) if self._steps else 1.0


# Makes the content for the requester as he is now; raises `Rejected` when he may not have it.
type Producer = Callable[[Job, Directory, User], Content]


def deliver(
    workspace: str,
    job_id: str,
    produce: Producer,
    *,
    jobs: Jobs,
    directory: DirectoryStore,
    exports: Objects,
    mail: Mail,
    post: Post,
    clock: Clock,
) -> Result:
    """Bring a job as far as it goes. Raises `Unavailable` when the message has to come again."""
    job = jobs.get(workspace, job_id)
    if job is None:
        return Result.GONE
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        job = _make(job, produce, jobs=jobs, directory=directory, exports=exports, clock=clock)
    if job.state is not JobState.READY:
        return Result.FAILED
    _announce(job, jobs=jobs, directory=directory, exports=exports, mail=mail, post=post, clock=clock)
    return Result.DONE


def answer(messages: Iterable[tuple[str, str]], work: Callable[[str, str], Result]) -> list[str]:
    """Do what each message (id, body) of a queue asks for; returns the ids of those that have to come again."""
    again = []
    for message_id, body in messages:
        asked = msgspec.json.decode(body, type=Asked)
        try:
            said = work(asked.workspace, asked.job).value
        except (Unavailable, Conflict) as error:
            again.append(message_id)
            said = f"again: {error}"
        print(to_json({"workspace": asked.workspace, "job": asked.job, "result": said}).decode())
    return again


def _make(job: Job, produce: Producer, *, jobs: Jobs, directory: DirectoryStore, exports: Objects, clock: Clock) -> Job:
    """Write the file; returns the job, ready or failed."""
    job = _claim(job, jobs, clock)
    if job.state is JobState.FAILED:
        return job
    try:
        if job.sha256 and exports.etag(job.key) is not None:
            return _ready(job, jobs, directory, clock)
        loaded = directory.load(job.workspace)
        user = next((u for u in loaded.users if u.id == job.requester and u.deleted_at is None), None)
        if user is None:
            raise Forbidden("the requester is no longer a user")
        job = _write(job, produce(job, loaded, user), jobs, exports)
        return _ready(job, jobs, directory, clock)
    except Rejected as refusal:
        return _fail(jobs, job, _said(refusal), clock)
    except (Unavailable, Conflict):
        _hand_back(job, jobs, clock)
        raise
    except Exception as error:
        _hand_back(job, jobs, clock)
        raise Unavailable(type(error).__name__) from error


def _hand_back(job: Job, jobs: Jobs, clock: Clock) -> None:
    """Give up our claim, so that the next delivery need not wait for the lease.

    The last attempt fails the job, unless the file may be complete: then it is looked for again.
    """
    held = jobs.get(job.workspace, job.id)
    if held is None or held.state is not JobState.RUNNING or held.attempts != job.attempts:
        return
    if held.attempts >= ATTEMPTS and not held.sha256:
        _fail(jobs, held, _LATER, clock)
    else:
        _moved(jobs, held, state=JobState.QUEUED)


def _claim(job: Job, jobs: Jobs, clock: Clock) -> Job:
    now = clock()
    if job.state is JobState.RUNNING and job.started_at and now - job.started_at < LEASE:
        raise Unavailable("another worker is at it")
    if job.attempts >= ATTEMPTS and not job.sha256:
        return _fail(jobs, job, _LATER, clock)
    return _moved(jobs, job, state=JobState.RUNNING, started_at=now, attempts=job.attempts + 1)


def _write(job: Job, content: Content, jobs: Jobs, exports: Objects) -> Job:
    style = style_of(job)
    filename = f"{content.stem}_{style.dialect.value}" if style.format is Format.CSV else content.stem
    filename = f"{filename}.{suffix(style.format)}"
    key = f"workspace={job.workspace}/{job.id}/{filename}"
    if exports.etag(key) is not None:
        # Only a worker that lost its claim between these two lines can have made it; look again.
        raise Unavailable("the file appeared meanwhile")
    result = [job]

    def parts() -> Iterator[bytes]:
        digest, size, rows, prefixed = hashlib.sha256(), 0, 0, 0
        for stretch in written(content.sheet, content.about, style):
            rows, prefixed = rows + stretch.rows, prefixed + stretch.prefixed
            for piece in stretch.pieces:
                digest.update(piece)
                size += len(piece)
                yield piece
        # The upload completes when this iterator ends: what the file holds is on record by then.
        result[0] = _moved(
            jobs,
            job,
            key=key,
            filename=filename,
            rows=rows,
            prefixed_cells=prefixed,
            size_bytes=size,
            sha256=digest.hexdigest(),
            as_of=content.about.as_of,
            scope=dict(content.scope),
        )

    exports.write_parts(key, parts(), content_type=content_type(style.format), if_absent=True)
    return result[0]


def style_of(job: Job) -> Style:
    """How the requester wants the file."""
    return Style(
        format=Format(job.format),
        dialect=Dialect(job.dialect),
        headers=job.headers,
        language=job.language,
        profile=job.profile,
    )


def _ready(job: Job, jobs: Jobs, directory: DirectoryStore, clock: Clock) -> Job:
    """On record before it can be downloaded: a line too many after a crash, never one too few (O49)."""
    directory.audit(
        AuditLine(
            workspace=job.workspace,
            at=clock(),
            user_id=job.requester,
            action=f"{job.kind.value}.ready",
            target=job.id,
            detail={"rows": job.rows, "size_bytes": job.size_bytes, "sha256": job.sha256},
        )
    )
    return _moved(jobs, job, state=JobState.READY, finished_at=clock())


def _announce(
    job: Job, *, jobs: Jobs, directory: DirectoryStore, exports: Objects, mail: Mail, post: Post, clock: Clock
) -> None:
    if job.mail is MailState.SENDING:
        _mail_failed(jobs, job, "The mail may not have left.")
        return
    if job.mail is not MailState.NONE:
        return
    attachment = None
    if encoded_size(job.size_bytes or 0) <= post.attach_limit_bytes:
        found = exports.get(job.key)
        attachment = found[0] if found else None
    zone = directory.settings(job.workspace).zone
    report = reports.reports().get(job.name)
    title = report.title if job.kind is JobKind.REPORT and report else "Activity: calls and messages"
    try:
        message = ready_mail(
            job,
            sender=post.sender,
            title=title,
            zone=zone,
            link=f"{post.public_url.rstrip('/')}/v1/exports/{job.id}/download",
            now=clock(),
            attachment=attachment,
        )
    except ValueError:
        _mail_failed(jobs, job, "The address of your account cannot be mailed to.")
        return
    job = _moved(jobs, job, mail=MailState.SENDING)
    try:
        mail.send(message)
    except Unavailable:
        # Certainly not sent: give the claim back and let the message come again.
        _moved(jobs, job, mail=MailState.NONE)
        raise
    except MailRefused as refusal:
        _mail_failed(jobs, job, f"The mail was refused ({refusal}).")
    except MailUncertain:
        _mail_failed(jobs, job, "The mail may not have left.")
    else:
        _mail_sent(jobs, job)


def _mail_sent(jobs: Jobs, job: Job) -> None:
    """We know that it went, whatever another worker may have concluded meanwhile."""
    try:
        _moved(jobs, job, mail=MailState.SENT)
    except Conflict:
        held = jobs.get(job.workspace, job.id)
        if held is not None:
            _moved(jobs, held, mail=MailState.SENT, error="")


def _mail_failed(jobs: Jobs, job: Job, said: str) -> None:
    _moved(jobs, job, mail=MailState.FAILED, error=f"{said} The file is ready to download.")


def _fail(jobs: Jobs, job: Job, said: str, clock: Clock) -> Job:
    return _moved(jobs, job, state=JobState.FAILED, error=said, finished_at=clock())


def _said(refusal: Rejected) -> str:
    """What the requester may read; no other error text leaves the service."""
    if isinstance(refusal, InvalidRequest):
        return f"{refusal.field}: {refusal.reason}"
    if isinstance(refusal, Forbidden):
        return "Your rights do not cover this file any more."
    return "The file could not be made from this request."


def _moved(jobs: Jobs, job: Job, **changes: object) -> Job:
    return jobs.transition(job, msgspec.structs.replace(job, **changes))
