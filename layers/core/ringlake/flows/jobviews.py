"""A job as people see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ringlake.model.base import Answer
from ringlake.model.jobs import Headers, Job, JobKind, JobState, LetterKind, MailState
from ringlake.model.language import Language

from .limits import is_stuck


class LetterView(Answer, frozen=True, kw_only=True):
    """A mail of a job; `error` says what to do when it could not be sent."""

    address: str
    outside: bool
    language: Language
    state: MailState
    error: str
    at: datetime | None


class JobView(Answer, frozen=True, kw_only=True):
    """A job as its requester sees it: `progress` in percent, `mail` the state of the first of its letters.

    `download` and `manifest` are paths, once there is a file.
    """

    id: str
    kind: JobKind
    name: str
    title: str
    state: JobState
    progress: int
    mail: MailState
    letters: list[LetterView]
    schedule: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    filter: dict[str, object]
    options: dict[str, object]
    format: str
    dialect: str
    profile: str
    headers: Headers
    language: Language
    filename: str
    rows: int | None
    prefixed_cells: int | None
    size_bytes: int | None
    sha256: str
    as_of: datetime | None
    error: str
    download: str | None
    manifest: str | None


def state_of(job: Job, now: datetime) -> JobState:
    """The state at this moment: files expire, and workers die, without anybody writing it down."""
    if job.state is JobState.READY and job.expires_at <= now:
        return JobState.EXPIRED
    return JobState.FAILED if is_stuck(job, now) else job.state


def job_view(job: Job, now: datetime, reader: str = "", *, covered: bool = True) -> JobView:
    """The job for its requester, or for the `reader` (an address) who got one of its letters and sees no other. Not
    `covered` by his rights he does not see what was asked for either: a filter may name a customer's number.
    """
    fields: Mapping[str, Any] = {f: getattr(job, f) for f in JobView.__struct_fields__ if hasattr(job, f)}
    state = state_of(job, now)
    letters = [
        LetterView(
            address=letter.address,
            outside=letter.outside,
            language=letter.language,
            state=letter.state,
            error=letter.error,
            at=letter.at,
        )
        for letter in job.letters
        # What owners are told is not for him whom it is about.
        if letter.kind is not LetterKind.NOTICE and (not reader or same_address(letter.address, reader))
    ]
    own = f"/v1/exports/{job.id}"
    ready = state is JobState.READY
    changed: dict[str, Any] = {
        "state": state,
        "mail": letters[0].state if letters else MailState.NONE,
        "letters": letters,
        "error": "The file was not finished in time. Please try again." if is_stuck(job, now) else job.error,
        "download": f"{own}/download" if ready else None,
        "manifest": f"{own}/manifest" if ready else None,
    }
    if not covered:
        changed |= {"filter": {}, "options": {}}
    return JobView(**{**fields, **changed})


def same_address(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
