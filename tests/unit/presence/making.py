"""Presence made by hand: accounts that say words at clock times, people whose accounts they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ringlake.fold.presence import Change, Channel, Links, Talk, by_local_day, lines, utc_midnight
from ringlake.model.directory import Account, Directory, User, Workspace
from ringlake.model.facts import PresenceStatus
from ringlake.model.presence import Interval, Line, LineId

ANNA = LineId(user_id="u-anna")
DAY = date(2026, 3, 4)


def at(clock: str, zone: ZoneInfo | None = None, day: date = DAY) -> datetime:
    """`09:00` or `09:00:30.5` on the day, in the zone (UTC unless stated), as an instant in UTC."""
    hours, _, rest = clock.partition(":")
    wall = datetime.fromisoformat(f"{day.isoformat()}T{int(hours) % 24:02}:{rest}") + timedelta(days=int(hours) // 24)
    return wall.replace(tzinfo=zone or UTC).astimezone(UTC)


def account(name: str, *said: tuple[str | datetime, str], zone: ZoneInfo | None = None, day: date = DAY) -> Channel:
    """An account of connection `pbx` that says these words at these times."""
    changes = [
        Change(when if isinstance(when, datetime) else at(when, zone, day), PresenceStatus(word), word, "")
        for when, word in said
    ]
    return Channel(connection="pbx", key=name, account=name, changes=tuple(sorted(changes, key=lambda c: c.at)))


def person(id: str, *accounts: Account | str, **fields: Any) -> User:
    own = tuple(a if isinstance(a, Account) else Account(connection="pbx", id=a) for a in accounts)
    return User(id=id, email=f"{id}@acme.example", name=id, accounts=own, **fields)


def links(*users: User, zone: str = "UTC") -> Links:
    everybody = users or (person("u-anna", "A", "B"),)
    return Links(Directory(workspace=Workspace(id="acme", name="Acme", zone=zone), users=everybody))


def told(
    channels: Sequence[Channel],
    day: date = DAY,
    *,
    zone: ZoneInfo | None = None,
    owners: Links | None = None,
    talks: Mapping[str, Sequence[Talk]] | None = None,
    lasts: bool = False,
) -> dict[LineId, Line]:
    """The lines of one UTC day."""
    zone = zone or ZoneInfo("UTC")
    found = lines(channels, talks or {}, owners or links(), day, zone, lasts=lasts)
    return {line.id: line for line in found}


def local_day(channels: Sequence[Channel], day: date, zone: ZoneInfo, **more: Any) -> tuple[Interval, ...]:
    """Anna's local day, put together of all UTC days that it touches."""
    found: list[Interval] = []
    for utc_day in (day - timedelta(days=1), day, day + timedelta(days=1)):
        line = told(channels, utc_day, zone=zone, **more).get(ANNA)
        found += line.intervals if line else ()
    return by_local_day(found, zone).get(day, ())


def shown(intervals: Sequence[Interval], zone: ZoneInfo | None = None) -> list[str]:
    """`09:00-17:30 online` in local time, neighbours of one status joined."""
    rows: list[tuple[datetime, datetime | None, str]] = []
    for interval in intervals:
        if rows and rows[-1][1:] == (interval.started_at, interval.status.value):
            rows[-1] = (rows[-1][0], interval.ended_at, interval.status.value)
        else:
            rows.append((interval.started_at, interval.ended_at, interval.status.value))
    return [f"{_clock(a, zone)}-{_clock(b, zone)} {status}" for a, b, status in rows]


def _clock(at: datetime | None, zone: ZoneInfo | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(zone or UTC)
    return local.strftime("%H:%M:%S").removesuffix(":00")


__all__ = ["ANNA", "DAY", "account", "at", "links", "local_day", "person", "shown", "told", "utc_midnight"]
