"""Reports that are mailed at local times (features.md N19, demands.md D57, D58)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from .base import Model
from .jobs import Format, Headers
from .language import Language


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


LAST_DAY = "last"


class Timing(Model, frozen=True, kw_only=True):
    """When a report runs: at `at` ("HH:MM") on the clock of `zone` ("" is the workspace's, whatever it is then).

    `weekday` (1 Monday to 7 Sunday) is for weekly ones. `day` ("1" to "31", or "last") is for monthly, quarterly
    and yearly ones; a month that has no such day takes its last one. `month` counts from 1 inside the quarter or the
    fiscal year.
    """

    cadence: Cadence
    at: str
    zone: str = ""
    weekday: int = 1
    day: str = "1"
    month: int = 1


class WhatKind(StrEnum):
    """`export` is a file of calls, texts, people, ...; `report` a finance query."""

    EXPORT = "export"
    REPORT = "report"


class What(Model, frozen=True, kw_only=True):
    """What is mailed. Of an export `request` is its request without a range, which the period gives (and which may
    name a saved report, features.md N21); of a query (`name`) its parameters without dates.
    """

    kind: WhatKind
    name: str = ""
    request: dict[str, object] = {}


class Recipient(Model, frozen=True, kw_only=True):
    """A user by id, or else an address outside the workspace, which gets nothing before its owner agreed (D57).
    Without a `language` the user's or the workspace's counts.
    """

    user: str = ""
    address: str = ""
    language: Language | None = None


class ReportSchedule(Model, frozen=True, kw_only=True):
    """`owner` is whose rights and scope decide what is in the files. `stopped` says why the schedule ended itself;
    `paused_at` is set by people. `version` rises with every change.
    """

    id: str
    workspace: str
    name: str
    owner: str
    what: What
    timing: Timing
    recipients: tuple[Recipient, ...] = ()
    format: Format = Format.CSV
    dialect: str = "spreadsheet"
    headers: Headers = Headers.CODES
    language: Language | None = None
    skip_when_empty: bool = False
    created_at: datetime
    updated_at: datetime
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped: str = ""
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def runs(self) -> bool:
        """Whether its time will come again."""
        return self.paused_at is None and self.stopped_at is None and self.deleted_at is None


class Due(Model, frozen=True, kw_only=True):
    """When the time of a schedule comes next."""

    workspace: str
    schedule: str
    at: datetime


class RunState(StrEnum):
    """`claimed` before the job is made, so that whoever comes after a crash makes the same one; `ordered` once it is
    made and queued. `missed` are periods that an outage swallowed, `refused` those that could not be run.
    """

    CLAIMED = "claimed"
    ORDERED = "ordered"
    MISSED = "missed"
    REFUSED = "refused"


class LeftOut(Model, frozen=True, kw_only=True):
    """A recipient who got no mail: `who` is the user's id or the address."""

    who: str
    reason: str


class ScheduleRun(Model, frozen=True, kw_only=True):
    """One period of a schedule: local dates from `first` to `last`, both inclusive, which `id` names.

    `due_at` is when it was due, `at` when the run began, `job` the job that makes the file. A run that somebody asked
    for (`by`) has an id of its own: it stands beside that of the period.
    """

    id: str
    schedule: str
    first: date
    last: date
    due_at: datetime
    at: datetime
    job: str = ""
    state: RunState = RunState.CLAIMED
    reason: str = ""
    left_out: tuple[LeftOut, ...] = ()
    by: str = ""
