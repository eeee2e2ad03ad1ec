"""Presence: what accounts said, and the one line per person that comes of it (features.md R29-R37)."""

from __future__ import annotations

from datetime import date, datetime

from .base import Model
from .facts import PresenceFact, PresenceStatus


class PresenceRecord(Model, frozen=True, kw_only=True):
    """What one account said on one UTC day; see `CallRecord` for facts, seen, revision, sealed.

    `facts` are the distinct changes in time order; `started_at` is the begin of the day.
    """

    record_id: str
    workspace: str
    connection: str
    provider: str
    provider_id: str
    account: str
    day: date
    started_at: datetime
    facts: tuple[PresenceFact, ...] = ()
    flags: tuple[str, ...] = ()
    revision: int = 0
    sealed: bool = False
    seen: tuple[str, ...] = ()


class Interval(Model, frozen=True, kw_only=True):
    """One stretch of one person's merged line, UTC; `ended_at` None while it lasts.

    `raw` is the provider's word behind the status, "" for `talking` that was taken from calls and
    for the time before anything is known.
    """

    status: PresenceStatus
    started_at: datetime
    ended_at: datetime | None = None
    raw: str = ""
