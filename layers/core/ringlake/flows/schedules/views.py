"""What is shown of schedules and their runs."""

from __future__ import annotations

from datetime import date, datetime

from ringlake.model.base import Answer
from ringlake.model.jobs import Format, Headers, JobState, MailState
from ringlake.model.language import Language
from ringlake.model.schedules import LeftOut, RunState, Timing, What


class RecipientView(Answer, frozen=True, kw_only=True):
    """A `user`, or an `address` outside. `state` is `ok`, or why nothing is sent: `unconfirmed` (asked at
    `asked_at`), `unsubscribed`, `bounced`, `complained`, `suspended`, `gone`.
    """

    user: str
    address: str
    language: Language | None
    state: str
    asked_at: datetime | None


class ScheduleView(Answer, frozen=True, kw_only=True):
    """A schedule. `mine` is one's own; `due_at` is when it runs next (null: paused or stopped), over the local dates
    `next_first` to `next_last`. `stopped` says why it ended itself. `version` is its ETag.
    """

    id: str
    name: str
    owner: str
    mine: bool
    what: What
    timing: Timing
    recipients: tuple[RecipientView, ...]
    format: Format
    dialect: str
    headers: Headers
    language: Language | None
    skip_when_empty: bool
    due_at: datetime | None
    next_first: date | None
    next_last: date | None
    paused_at: datetime | None
    stopped_at: datetime | None
    stopped: str
    created_at: datetime
    updated_at: datetime
    version: int


class ScheduleList(Answer, frozen=True, kw_only=True):
    """One's own schedules, for administrators everybody's, by name."""

    schedules: tuple[ScheduleView, ...]


class RunLetter(Answer, frozen=True, kw_only=True):
    """One mail of a run, and what became of it. `who` is the user's id or the address outside."""

    who: str
    state: MailState
    error: str


class RunView(Answer, frozen=True, kw_only=True):
    """One run. `state` is how far it is: `claimed`, `ordered`, `missed` (an outage swallowed its time) or `refused`
    (see `reason`); `job_state`, `rows` and `error` are of the job that makes the file, null once it is forgotten.
    `by` is the user who asked for a run beside the schedule.
    """

    id: str
    first: date
    last: date
    due_at: datetime
    at: datetime
    state: RunState
    reason: str
    by: str
    job: str
    job_state: JobState | None
    rows: int | None
    error: str
    letters: tuple[RunLetter, ...]
    left_out: tuple[LeftOut, ...]


class RunPage(Answer, frozen=True, kw_only=True):
    """The latest period first; `next` is what to send as `before`, "" at the end."""

    runs: list[RunView]
    next: str
