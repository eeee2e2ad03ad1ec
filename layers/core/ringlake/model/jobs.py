"""Exports and report runs: one job makes one file and one mail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import Model


class JobState(StrEnum):
    """queued → running → ready | failed; ready → expired (features.md F54)."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


class MailState(StrEnum):
    """`sending` is claimed before the mail leaves, so that no redelivery sends a second one."""

    NONE = "none"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class JobKind(StrEnum):
    EXPORT = "export"
    REPORT = "report"


class Job(Model, frozen=True, kw_only=True):
    """An export or report run. `filter` is the filter object of the request exactly as resolved (O27).

    `rows`, `size_bytes`, `sha256`, `as_of` are known once the file is complete. `scope` is what the
    requester might see when it was made. `error` is shown to the requester.
    """

    id: str
    workspace: str
    kind: JobKind
    requester: str
    requester_email: str
    created_at: datetime
    expires_at: datetime
    state: JobState = JobState.QUEUED
    mail: MailState = MailState.NONE
    format: str = "csv"
    dialect: str = "spreadsheet"
    name: str = ""
    filter: dict[str, object] = {}
    scope: dict[str, object] = {}
    key: str = ""
    filename: str = ""
    rows: int | None = None
    prefixed_cells: int | None = None
    size_bytes: int | None = None
    sha256: str = ""
    as_of: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    error: str = ""
