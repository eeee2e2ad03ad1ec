"""Rows of presence and legs for tests: stretches by the wall clock of one day, legs by how long they rang."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ringlake.model.tables import LEGS, PRESENCE
from ringlake.stores.lake import as_rows

if TYPE_CHECKING:
    import pyarrow as pa

DAY = date(2026, 3, 4)
_EMPTY: dict[str, object] = {"string": ""}


def clock(text: str, day: date = DAY, zone: ZoneInfo | None = None) -> datetime:
    """`09:00`, `09:00:30.5`, or `26:00` for two in the morning after, as an instant in UTC."""
    hours, _, rest = text.partition(":")
    wall = datetime.fromisoformat(f"{day.isoformat()}T{int(hours) % 24:02}:{rest}") + timedelta(days=int(hours) // 24)
    return wall.replace(tzinfo=zone or UTC).astimezone(UTC)


def line(user: str, *words: tuple[str, str], day: date = DAY, zone: ZoneInfo | None = None) -> list[dict[str, Any]]:
    """Rows of one person: each word holds from its time to the next; the last one, `end`, only ends, without
    it the last stretch lasts.
    """
    spoken = [(clock(at, day, zone), word) for at, word in words]
    rows = [stretch(user, word, a, b) for (a, word), (b, _) in pairwise(spoken)]
    if spoken[-1][1] != "end":
        rows.append(stretch(user, spoken[-1][1], spoken[-1][0], None))
    return rows


def stretch(user: str, word: str, start: datetime, end: datetime | None) -> dict[str, Any]:
    """`wrapup` is a word for being online."""
    status = "online" if word == "wrapup" else word
    times = {"started_at": start, "ended_at": end}
    return {"line": f"user:{user}", "user_id": user, "status": status, "raw": word, **times}


def presence(rows: Iterable[dict[str, Any]]) -> pa.Table:
    empty = {c.name: _EMPTY.get(c.type) for c in PRESENCE.columns}
    return as_rows(PRESENCE, [{**empty, **row} for row in rows])


def leg(user: str, outcome: str, rang_s: float | None, talk_s: int | None = None, **more: Any) -> dict[str, Any]:
    """A leg that began to ring at nine and rang for so long; None never rang."""
    rung = more.pop("at", clock("09:00"))
    over = rung if rang_s is None else rung + timedelta(seconds=rang_s)
    answered = over if outcome == "answered" else None
    return {
        "user_id": user,
        "outcome": outcome,
        "started_at": None if rang_s is None else rung,
        "answered_at": answered,
        "ended_at": None if outcome == "" else over + timedelta(seconds=talk_s or 0),
        "ring_s": None if rang_s is None else int(rang_s + 0.5),
        "talk_s": talk_s,
        **more,
    }


def legs(*rows: dict[str, Any]) -> pa.Table:
    empty = {c.name: _EMPTY.get(c.type) for c in LEGS.columns}
    usual = {"row_kind": "leg", "kind": "agent"}
    return as_rows(LEGS, [{**empty, **usual, "record_id": f"c:{n}", "seq": n, **row} for n, row in enumerate(rows)])
