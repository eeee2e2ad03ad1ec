"""One job, one file, one mail to each of its addresses: what exports and report runs share (design: Export).

Every step is a compare-and-set on the job, so a message that is delivered twice, or again after
a crash, takes up the job where it stands:

* `queued` → `running` is claimed. A running job is left alone for LEASE, which is longer than the
  function may live; after that its worker is gone and the job is taken over.
* The file becomes visible in one step, under a key of its own for every try and only if nothing is there.
  What it holds (rows, hash) is written to the job just before, so that a worker that takes over
  can tell a finished file from none and never writes a second one. Its manifest follows, made from the job.
* `ready` → every letter is claimed before it leaves (`flows.letters`, docs/adr/0051).

A job may be cancelled or deleted at any time. Its worker sees that at its next step, and takes back what it wrote.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, cast

import msgspec

from ringlake.errors import Conflict, Forbidden, InvalidRequest, Rejected, RinglakeError, Unavailable
from ringlake.files.csv import Dialect
from ringlake.files.formats import Style, content_type, suffix, written
from ringlake.files.sheet import About, Batch, Sheet, Written
from ringlake.model.base import Model, to_json
from ringlake.model.directory import Directory, Role, User
from ringlake.model.jobs import Format, Job, JobState, Letter, LetterKind
from ringlake.stores.directory import AuditLine
from ringlake.stores.objects import Objects
from ringlake.stores.queue import LONGEST_DELAY_S, Queue

from .letters import letter_to, send_letters
from .limits import first_of_day
from .manifest import manifest, manifest_key
from .workshop import LEASE, Later, Workshop, moved

# Below the queue's five deliveries, so that the job is marked before the message is put aside.
ATTEMPTS = 3
# How often a worker says how far it is, and looks whether it is still wanted.
TOLD_EVERY = timedelta(seconds=3)
# When a message comes again: after an error, and while its workspace has all the workers it may have.
AGAIN_S = 60
TURN_S = 30
LATER = "The file could not be made. Please ask for it again later."
# Its workers all died without a word, most likely because the time of a function was over.
TOO_LONG = "The file could not be finished in time. Ask for a shorter period, or for CSV, which is made fastest."


class Asked(Model, frozen=True, kw_only=True):
    """Body of a queue message."""

    workspace: str
    job: str


class Result(StrEnum):
    """What a delivery of the message did. `waits` wants a message of its own a little later; all the others are
    final: the message can go.
    """

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    GONE = "gone"
    WAITS = "waits"


class Stopped(RinglakeError):
    """Somebody cancelled or deleted the job while it was being worked on."""


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


def deliver(workspace: str, job_id: str, produce: Producer, shop: Workshop) -> Result:
    """Bring a job as far as it goes. Raises `Unavailable` when the message has to come again."""
    job = shop.jobs.get(workspace, job_id)
    if job is None or job.state is JobState.CANCELLED:
        # Whoever was at it may have died with a file in his hands.
        sweep(shop.exports, workspace, job_id)
        return Result.GONE if job is None else Result.CANCELLED
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        if job.state is JobState.QUEUED and _must_wait(job, shop):
            return Result.WAITS
        try:
            job = _make(job, produce, shop)
        except Stopped:
            sweep(shop.exports, workspace, job_id)
            return Result.CANCELLED
    if job.state is JobState.READY and job.attempts > 1:
        _tidy(job, shop.exports)
    if job.state in (JobState.READY, JobState.FAILED):
        job = send_letters(job, shop)
    return Result.DONE if job.state is JobState.READY else Result.FAILED


class Message(NamedTuple):
    """A message of a queue; `receipt` is the handle of this delivery of it."""

    id: str
    body: str
    receipt: str = ""


def answer(messages: Iterable[Message], work: Callable[[str, str], Result], queue: Queue) -> list[str]:
    """Do what each message of a queue asks for; returns the ids of those that have to come again.

    After an error a message comes again soon, and not when the queue believes that its worker is dead; where that
    cannot be told to the queue, an hour and a half later. Whoever only waits gets a message of its own instead,
    so that waiting does not use up the deliveries of this one.
    """
    again = []
    for message in messages:
        asked = msgspec.json.decode(message.body, type=Asked)
        try:
            try:
                result = work(asked.workspace, asked.job)
                said, wait_s = result.value, TURN_S if result is Result.WAITS else 0
            except Later as later:
                said, wait_s = f"later: {later}", min(later.seconds, LONGEST_DELAY_S)
            if wait_s:
                queue.send({"workspace": asked.workspace, "job": asked.job}, asked.workspace, delay_s=wait_s)
        except (Unavailable, Conflict) as error:
            again.append(message.id)
            said = f"again: {error}"
            _soon(queue, message)
        print(to_json({"workspace": asked.workspace, "job": asked.job, "result": said}).decode())
    return again


def _soon(queue: Queue, message: Message) -> None:
    try:
        queue.postpone(message.receipt, AGAIN_S)
    except Unavailable as error:
        print(to_json({"message": message.id, "postpone": str(error)}).decode())


def sweep(exports: Objects, workspace: str, job_id: str) -> None:
    """Delete whatever a job has written."""
    for key in list(exports.list(f"workspace={workspace}/{job_id}/")):
        exports.delete(key)


def _tidy(job: Job, exports: Objects) -> None:
    """Delete what other tries have left beside the file and its manifest."""
    for key in list(exports.list(f"workspace={job.workspace}/{job.id}/")):
        if not key.startswith(job.key):
            exports.delete(key)


class _Claim:
    """A worker's hold on a running job, as long as nobody else took it."""

    def __init__(self, job: Job, shop: Workshop) -> None:
        self._jobs, self._clock = shop.jobs, shop.clock
        self.job = moved(
            shop.jobs,
            job,
            state=JobState.RUNNING,
            started_at=shop.clock(),
            attempts=job.attempts + 1,
            worker=secrets.token_hex(8),
            progress=0,
            error="",
        )
        self._told = shop.clock()

    def move(self, **changes: object) -> Job:
        """Raises `Stopped` when nobody wants the file any more, `Conflict` when somebody else has the job."""
        try:
            self.job = moved(self._jobs, self.job, **changes)
        except Conflict:
            self.job = self._held()
            self.job = moved(self._jobs, self.job, **changes)
        return self.job

    def tell(self, share: Callable[[], float] | None) -> None:
        """Write down how far the work is, now and then. It is no harm when it cannot be told."""
        now = self._clock()
        if now - self._told < TOLD_EVERY:
            return
        self._told = now
        try:
            self.move(progress=min(99, int(100 * share())) if share else self.job.progress)
        except Unavailable:
            return

    def _held(self) -> Job:
        """Our job as it is stored. It may be further than we know: an answer of ours was lost."""
        held = self._jobs.get(self.job.workspace, self.job.id)
        if held is None or held.state is JobState.CANCELLED:
            raise Stopped(self.job.id)
        if held.state is not JobState.RUNNING or held.worker != self.job.worker:
            raise Conflict("another worker has the job")
        return held


def _must_wait(job: Job, shop: Workshop) -> bool:
    """Whether the workspace has as many workers as it may have, so that others get theirs (features.md F54)."""
    now = shop.clock()
    busy = sum(
        other.state is JobState.RUNNING and other.id != job.id and not _abandoned(other, now)
        for other in shop.jobs.since(job.workspace, first_of_day(now))
    )
    return busy >= shop.directory.settings(job.workspace).exports_running


def _abandoned(job: Job, now: datetime) -> bool:
    return job.started_at is None or now - job.started_at >= LEASE


def _make(job: Job, produce: Producer, shop: Workshop) -> Job:
    """Write the file; returns the job, ready or failed."""
    if job.state is JobState.RUNNING and job.started_at and not _abandoned(job, shop.clock()):
        left = LEASE - (shop.clock() - job.started_at)
        raise Later("another worker is at it", left.total_seconds())
    there = bool(job.sha256) and shop.exports.etag(job.key) is not None
    if job.attempts - job.forgiven >= ATTEMPTS and not there:
        return _fail(job, TOO_LONG if job.state is JobState.RUNNING else LATER, shop)
    claim = _Claim(job, shop)
    try:
        if not there:
            loaded = shop.directory.load(job.workspace)
            user = next((u for u in loaded.users if u.id == job.requester and u.active), None)
            if user is None:
                raise Forbidden("the requester is no longer a user")
            _write(claim, produce(claim.job, loaded, user), shop)
        return _ready(claim, shop)
    except Rejected as refusal:
        return _fail(claim.job, _said(refusal), shop)
    except Stopped:
        raise
    except (Unavailable, Conflict):
        _hand_back(claim.job, shop)
        raise
    except Exception as error:
        _hand_back(claim.job, shop)
        raise Unavailable(type(error).__name__) from error


def _hand_back(job: Job, shop: Workshop) -> None:
    """Give up our claim, so that the next delivery need not wait for the lease.

    The last attempt fails the job, unless the file may be complete: then it is looked for again.
    """
    held = shop.jobs.get(job.workspace, job.id)
    if held is None or held.state is not JobState.RUNNING or held.worker != job.worker:
        # Somebody took the job over. What he finished with may be our file; what he did not is nobody's.
        if held is not None and held.state is JobState.READY:
            _tidy(held, shop.exports)
        return
    if held.attempts - held.forgiven >= ATTEMPTS and not held.sha256:
        _fail(held, LATER, shop)
    else:
        moved(shop.jobs, held, state=JobState.QUEUED)


def _write(claim: _Claim, content: Content, shop: Workshop) -> None:
    """Stream the file. Raises `Stopped` between two batches when the job was cancelled."""
    job, style = claim.job, style_of(claim.job)
    filename = f"{content.stem}_{style.dialect.value}" if style.format is Format.CSV else content.stem
    filename = f"{filename}.{suffix(style.format)}"
    key = f"workspace={job.workspace}/{job.id}/{job.attempts}/{filename}"

    def watched() -> Iterator[Batch]:
        for batch in content.sheet.batches:
            claim.tell(content.share)
            yield batch

    def parts() -> Iterator[bytes]:
        digest, size, rows, prefixed, cut, sheets = hashlib.sha256(), 0, 0, 0, 0, 0
        sheet = msgspec.structs.replace(content.sheet, batches=watched())
        with closing(cast("Generator[Written]", written(sheet, content.about, style))) as stretches:
            for stretch in stretches:
                rows, prefixed = rows + stretch.rows, prefixed + stretch.prefixed
                cut, sheets = cut + stretch.cut, sheets + stretch.sheets
                for piece in stretch.pieces:
                    digest.update(piece)
                    size += len(piece)
                    yield piece
                    claim.tell(content.share)
        # The upload completes when this iterator ends: what the file holds is on record by then.
        claim.move(
            key=key,
            filename=filename,
            rows=rows,
            prefixed_cells=prefixed,
            cut_cells=cut,
            sheets=max(1, sheets),
            size_bytes=size,
            sha256=digest.hexdigest(),
            title=content.about.title,
            header=tuple(field.name for field in content.sheet.fields),
            zone=content.about.zone.key,
            settings_version=content.about.settings_version,
            notes=content.about.notes,
            as_of=content.about.as_of,
            scope=dict(content.scope),
        )

    shop.exports.write_parts(key, parts(), content_type=content_type(style.format), if_absent=True)


def style_of(job: Job) -> Style:
    """How the requester wants the file."""
    return Style(
        format=Format(job.format),
        dialect=Dialect(job.dialect),
        headers=job.headers,
        language=job.language,
        profile=job.profile,
    )


def _ready(claim: _Claim, shop: Workshop) -> Job:
    """On record before it can be downloaded: a line too many after a crash, never one too few (O49)."""
    job = claim.job
    shop.exports.put(manifest_key(job), to_json(manifest(job)))
    shop.directory.audit(
        AuditLine(
            workspace=job.workspace,
            at=shop.clock(),
            user_id=job.requester,
            action=f"{job.kind.value}.ready",
            target=job.id,
            detail={"rows": job.rows, "size_bytes": job.size_bytes, "sha256": job.sha256},
        )
    )
    loaded = shop.directory.load(job.workspace, key=False)
    recent = shop.jobs.since(job.workspace, first_of_day(shop.clock()))
    letters = (*job.letters, *_notices(job, loaded, recent))
    return claim.move(state=JobState.READY, progress=100, finished_at=shop.clock(), letters=letters)


def _notices(job: Job, loaded: Directory, recent: Sequence[Job]) -> Iterator[Letter]:
    """Letters to the owners about a file with very many rows that is not theirs, or about the one with which the
    files that its requester took within a day have as many (security.md API6).
    """
    most, rows = loaded.workspace.exports_notice_rows, job.rows or 0
    before = sum(
        other.rows or 0
        for other in recent
        if other.requester == job.requester and other.id != job.id and other.state is JobState.READY
    )
    if rows < most and not before < most <= before + rows:
        return
    for user in loaded.users:
        if user.role is Role.OWNER and user.active and user.id != job.requester:
            notice = letter_to(user, loaded.workspace, LetterKind.NOTICE)
            yield msgspec.structs.replace(notice, rows=rows if rows >= most else before + rows)


def _fail(job: Job, said: str, shop: Workshop) -> Job:
    """The requester is told by mail, unless he wanted none; those who would have got the file are not."""
    loaded = shop.directory.load(job.workspace, key=False)
    told = [
        letter_to(user, loaded.workspace, LetterKind.FAILURE)
        for user in loaded.users
        if job.letters and user.id == job.requester and user.active
    ]
    return moved(
        shop.jobs,
        job,
        state=JobState.FAILED,
        error=said,
        finished_at=shop.clock(),
        letters=(*job.letters, *told),
    )


def _said(refusal: Rejected) -> str:
    """What the requester may read; no other error text leaves the service."""
    if isinstance(refusal, InvalidRequest):
        return f"{refusal.field}: {refusal.reason}"
    if isinstance(refusal, Forbidden):
        return "Your rights do not cover this file any more."
    return "The file could not be made from this request."
