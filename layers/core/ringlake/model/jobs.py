"""Exports and report runs: one job makes one file and one mail."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from .base import Model
from .language import Language


class JobState(StrEnum):
    """queued → running → ready | failed | cancelled; ready → expired (features.md F54)."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class MailState(StrEnum):
    """`sending` is claimed before the mail leaves, so that no redelivery sends a second one. `skipped` had nothing
    to say (an empty file of a schedule that wants none).
    """

    NONE = "none"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class JobKind(StrEnum):
    EXPORT = "export"
    REPORT = "report"


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Headers(StrEnum):
    """`codes` are the stable machine names, `labels` their words in a language, `both` two rows."""

    CODES = "codes"
    LABELS = "labels"
    BOTH = "both"


class LetterKind(StrEnum):
    """`file` announces the file; `failure` tells the requester that there is none; `notice` tells an owner that
    somebody took much at once (security.md API6).
    """

    FILE = "file"
    FAILURE = "failure"
    NOTICE = "notice"


class Letter(Model, frozen=True, kw_only=True):
    """One mail of a job to one address. `outside` is somebody who cannot sign in; `leave` is the token of the
    unsubscribe link of a schedule's mail, "" for mails that somebody asked for. `error` is shown to the requester.
    `rows` are those that a notice is about: of the file, or of all files that its requester took within a day.
    `tries` counts how often it was claimed, the last time at `at` by `worker`, a random word.
    """

    address: str
    kind: LetterKind = LetterKind.FILE
    language: Language = Language.EN
    outside: bool = False
    leave: str = ""
    rows: int = 0
    state: MailState = MailState.NONE
    error: str = ""
    tries: int = 0
    at: datetime | None = None
    worker: str = ""


class Figure(Model, frozen=True, kw_only=True):
    """A metric of the dictionary at the head of a scheduled report (features.md N19); `unit` is the dictionary's.
    None is unknown, never 0; `before` is that of the period before.
    """

    metric: str
    unit: str
    value: int | float | None = None
    before: int | float | None = None


class Scheduled(Model, frozen=True, kw_only=True):
    """What a schedule says of the job that it orders: its own name, the local dates that it covers (both inclusive),
    the zone of those dates, and the numbers for the head of the mails. With `skip_when_empty` a file without
    rows is not mailed.
    """

    name: str
    first: date
    last: date
    zone: str
    figures: tuple[Figure, ...] = ()
    skip_when_empty: bool = False


class Job(Model, frozen=True, kw_only=True):
    """An export or report run. `filter` is the filter object of the request exactly as resolved (O27).

    `name` is the report (`interactions`, `cases`, a finance query), `options` what it takes beside the filter
    (a chart's metric and bucket), `chosen` the columns that were asked for, none for all. `letters` are the mails,
    one for each recipient; `schedule` is the id of the schedule that ordered it, `scheduled` what it says of it.

    `progress` is a percentage. `attempts` counts the claims of workers over all time, `forgiven` those of them from
    before somebody asked for another try, when it was queued again (`queued_at`); `worker` is a random word of the
    one who holds it. `key` to `as_of` are known once the file is complete: `sheets` counts the sheets of data of a
    workbook, `cut_cells` texts that did not fit into a cell, `header` are its columns. `scope` is what the requester
    might see when it was made. `error` is shown to the requester.
    """

    id: str
    workspace: str
    kind: JobKind
    requester: str
    created_at: datetime
    expires_at: datetime
    state: JobState = JobState.QUEUED
    format: str = "csv"
    dialect: str = "spreadsheet"
    profile: str = "ringlake"
    headers: Headers = Headers.CODES
    language: Language = Language.EN
    name: str = ""
    filter: dict[str, object] = {}
    options: dict[str, object] = {}
    chosen: tuple[str, ...] = ()
    letters: tuple[Letter, ...] = ()
    schedule: str = ""
    scheduled: Scheduled | None = None
    progress: int = 0
    scope: dict[str, object] = {}
    key: str = ""
    filename: str = ""
    rows: int | None = None
    prefixed_cells: int | None = None
    cut_cells: int | None = None
    sheets: int | None = None
    size_bytes: int | None = None
    sha256: str = ""
    title: str = ""
    header: tuple[str, ...] = ()
    zone: str = ""
    settings_version: int = 0
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    forgiven: int = 0
    worker: str = ""
    error: str = ""


def job_id(at: datetime, tail: str) -> str:
    """Time first, so that ids sort by age; `tail` makes it unique: 20 hexadecimal digits, random or a hash."""
    return f"{int(at.timestamp() * 1000):011x}{tail}"
