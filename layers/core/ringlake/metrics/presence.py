"""A person's line becomes rows of table `presence`."""

from __future__ import annotations

from ringlake.model.directory import Directory
from ringlake.model.facts import PresenceStatus
from ringlake.model.presence import Line, whole_seconds

from .rows import Row, instant


def presence_rows(line: Line, directory: Directory) -> list[Row]:
    """One row per interval. The user's name and only team are those of the directory."""
    user = next((u for u in directory.users if u.id == line.id.user_id), None) if line.id.user_id else None
    team = directory.team(user.teams[0]) if user and len(user.teams) == 1 else None
    whose: Row = {
        "line": line.id.text,
        "user_id": line.id.user_id,
        "user_name": user.name if user else "",
        "team_id": team.id if team else "",
        "team_name": team.name if team else "",
        "connection": line.id.connection,
        "user_account": line.account,
    }
    zone = directory.workspace.tz
    rows = []
    for interval in line.intervals:
        local = interval.started_at.astimezone(zone)
        lasted = whole_seconds(interval.started_at, interval.ended_at) if interval.ended_at else None
        rows.append(
            {
                **whose,
                "status": interval.status.value,
                "raw": interval.raw,
                "calls": ";".join(interval.calls),
                "started_at": instant(interval.started_at),
                "ended_at": instant(interval.ended_at),
                "seconds": lasted,
                "local_date": local.date(),
                "local_hour": local.hour,
                "local_weekday": local.isoweekday(),
                "zone": directory.workspace.zone,
                **{f"{s.value}_s": _share(lasted, own=s is interval.status) for s in PresenceStatus},
            }
        )
    return rows


def _share(lasted: int | None, *, own: bool) -> int | None:
    """Unknown while it lasts; the other statuses are certainly 0."""
    return lasted if own else 0
