"""A company whose people report their status: rows of presence, calls and legs over two days and a morning.

Warsaw is an hour ahead of UTC. Anna and Otto (the operator) are in team t1, Boris in t2, Olga never reports.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ringlake.model.directory import Account, Connection, Hours, Number, Role, Team, User
from ringlake.model.facts import PresenceStatus
from ringlake.model.presence import whole_seconds
from ringlake.model.tables import CALLS, LEGS, PRESENCE, Table
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects
from tests.unit.export.world import World
from tests.unit.metrics.people import clock, leg, line

WARSAW = ZoneInfo("Europe/Warsaw")
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, day) for day in (9, 10, 11))
# Wednesday 10:00 in Warsaw.
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
RANGE = {"from": "2026-03-09", "to": "2026-03-11"}
_EMPTY: dict[str, object] = {"string": "", "int": 0}
_NULL = {"wait_ms", "wait_s", "ring_s", "talk_s", "hold_s", "total_s", "ivr_s", "recovery_s", "contact_no"}

ANNA = User(
    id="anna",
    email="anna@example.com",
    name="Anna",
    role=Role.OPERATOR,
    sub="s-anna",
    teams=("t1",),
    numbers=("n1",),
    accounts=(Account(connection="pbx", id="101"), Account(connection="pbx", id="anna@sip", until=NOW)),
)
BORIS = User(id="boris", email="boris@example.com", name="Boris", role=Role.OPERATOR, sub="s-boris", teams=("t2",))


def company() -> World:
    world = World()
    world.now, world.lake = NOW, ObjectLake(MemoryObjects())
    world.change("operator", teams=("t1",))
    for user in (ANNA, BORIS):
        world.directory.put_user("acme", user)
    world.directory.put_team("acme", Team(id="t2", name="Support"))
    world.directory.put_number("acme", Number(id="n1", e164="+48221230001", name="Main"))
    world.directory.put_connection(Connection(id="pbx", workspace="acme", provider="generic", name="Office"))
    return world


def settings(world: World, **fields: Any) -> None:
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), **fields))


def keep(world: World, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """In place of what the lake has of the days of these rows."""
    empty = {c.name: None if c.name in _NULL else _EMPTY.get(c.type) for c in table.columns}
    days: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        days[row.get("day") or f"{row['started_at'].astimezone(UTC):%Y-%m-%d}"].append(row)
    for day, own in days.items():
        full = as_rows(table, [{**empty, **{n: v for n, v in row.items() if n != "day"}} for row in own])
        world.lake.write(table, "acme", day, full, world.lake.etag(table, "acme", day))


def presence(world: World, *lines: list[dict[str, Any]]) -> None:
    """Lines, cut where a UTC day begins as the roll-up cuts them."""
    keep(world, PRESENCE, [part for rows in lines for row in rows for part in _cut(row)])


def _cut(row: dict[str, Any]) -> Iterable[dict[str, Any]]:
    start, end = row["started_at"], row["ended_at"]
    while end is not None:
        midnight = datetime.combine(start.astimezone(UTC).date() + timedelta(days=1), datetime.min.time(), UTC)
        until = min(end, midnight)
        lasted = whole_seconds(start, until)
        own = {f"{status}_s": lasted if status == row["status"] else 0 for status in PresenceStatus}
        yield {**row, "started_at": start, "ended_at": until, "seconds": lasted, **own}
        if end <= midnight:
            return
        start = midnight
    yield {**row, "started_at": start, **dict.fromkeys(("seconds", *(f"{s}_s" for s in PresenceStatus)))}


def said(user: str, *words: tuple[str, str], day: date = MONDAY) -> list[dict[str, Any]]:
    """A line by the clock of Warsaw."""
    return line(user, *words, day=day, zone=WARSAW)


def call(
    name: str, at: str, *legs: dict[str, Any], day: date = MONDAY, direction: str = "inbound", **more: Any
) -> dict[str, Any]:
    """A call with its legs, by the clock of Warsaw; answered when a leg was."""
    started = clock(at, day, WARSAW)
    outcome = more.pop("outcome", "answered" if any(one["outcome"] == "answered" for one in legs) else "no_answer")
    row = {
        "record_id": f"pbx:{name}",
        "started_at": started,
        "local_date": started.astimezone(WARSAW).date(),
        "is_call": 1,
        "direction": direction,
        "outcome": outcome,
        f"is_{direction}": 1,
        "is_answered": int(outcome == "answered"),
        "is_missed": int(direction == "inbound" and outcome != "answered"),
        "is_offered": int(direction == "inbound"),
        "is_answered_offered": int(direction == "inbound" and outcome == "answered"),
        "in_open_hours": 1,
        **more,
    }
    return {"row": row, "legs": [{**one, "record_id": row["record_id"], "at": started} for one in legs]}


def rang(user: str, outcome: str, seconds: float | None, talk_s: int | None = None, **more: Any) -> dict[str, Any]:
    return {"user": user, "outcome": outcome, "rang_s": seconds, "talk_s": talk_s, **more}


def calls(world: World, *made: dict[str, Any]) -> None:
    rows, legs = [], []
    for one in made:
        rows.append(one["row"])
        for seq, told in enumerate(one["legs"], start=1):
            row = leg(**told)
            day = f"{one['row']['started_at']:%Y-%m-%d}"
            legs.append({"row_kind": "leg", "kind": "agent", "seq": seq, "day": day, **row})
    keep(world, CALLS, rows)
    keep(world, LEGS, legs)


def open_hours(opens: str = "09:00", closes: str = "17:00") -> Hours:
    return Hours(weekly={str(day): [(opens, closes)] for day in range(1, 6)})
