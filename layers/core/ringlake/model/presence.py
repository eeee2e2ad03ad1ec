"""Presence: what accounts said, and the one line per person that comes of it (features.md R29-R37)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from .base import Model, utc
from .directory import Connection
from .facts import PresenceFact, PresenceStatus


class PresenceRecord(Model, frozen=True, kw_only=True):
    """What one account said on one UTC day; see `CallRecord` for facts, seen, revision, sealed.

    `facts` are the distinct changes in time order, with the status as the provider stated it (what
    counts of it, `heard_as` says); `started_at` is the begin of the day. `account` is the provider's
    name of the account, while keys have the adapter's id of it. Flags: `no_provider_time`, `other_day`
    (a change that its provider dates outside of the day; it counts at the day's edge).
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

    Work after a call is a stretch of its own, told by its `raw` (`in_wrap_up`).
    `raw` is the provider's word with which the stretch began, "" for `talking` that was taken from calls
    and for the time before anything is known. `calls` are the record ids of the calls that `talking` was
    taken from.
    """

    status: PresenceStatus
    started_at: datetime
    ended_at: datetime | None = None
    raw: str = ""
    calls: tuple[str, ...] = ()


class LineId(NamedTuple):
    """Whose line: of a user of ours, or of an account (by its key) that is nobody's."""

    user_id: str = ""
    connection: str = ""
    key: str = ""

    @property
    def text(self) -> str:
        return f"user:{self.user_id}" if self.user_id else f"account:{self.connection}:{self.key}"

    @classmethod
    def from_text(cls, text: str) -> LineId:
        """Ids of connections hold no colon."""
        kind, _, rest = text.partition(":")
        if kind == "user":
            return cls(user_id=rest)
        connection, _, key = rest.partition(":")
        return cls(connection=connection, key=key)


class Line(Model, frozen=True, kw_only=True):
    """One line on one UTC day. Intervals are cut at the day's edges and at local midnights.

    `account` is the provider's name of an account that is nobody's, "" on a person's line.
    """

    id: LineId
    account: str = ""
    intervals: tuple[Interval, ...]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def whole_seconds(start: datetime, end: datetime) -> int:
    """Seconds between the times cut to the second: so that the parts of a day add up to the day exactly."""
    return (utc(end) - _EPOCH) // _SECOND - (utc(start) - _EPOCH) // _SECOND


# What providers call the work after a call; the account is online meanwhile (Dialpad, Aircall, and usual words of
# others for the generic contract).
WRAP_UP = frozenset({"wrapup", "wrap_up", "wrap-up", "wut_start", "acw", "after_call_work"})


def in_wrap_up(status: PresenceStatus, raw: str) -> bool:
    """Whether a stretch is work after a call (metrics.md Occupancy)."""
    return status is PresenceStatus.ONLINE and is_wrap_up(raw)


def is_wrap_up(raw: str) -> bool:
    """Whether a word is one for it; a provider may put a reason behind a colon."""
    return raw.partition(":")[0].strip().lower() in WRAP_UP


def heard_as(status: PresenceStatus, device: str, connection: Connection) -> PresenceStatus:
    """What a stated status counts as: `dnd` from a device that cannot have it is `online` (features.md R35).

    Capable are the devices of the connection's option `dnd_devices` (user agents without their version,
    separated by commas); without that list every device of a connection with the capability `dnd`.
    """
    if status is not PresenceStatus.DND:
        return status
    listed = [d.strip().lower() for d in connection.options.get("dnd_devices", "").split(",") if d.strip()]
    name = device.strip().lower()
    if listed:
        capable = any(name == d or name.startswith((f"{d}/", f"{d} ")) for d in listed)
    else:
        capable = "dnd" in connection.capabilities
    return PresenceStatus.DND if capable else PresenceStatus.ONLINE
