"""A second opinion on callers: SQL from the definitions over random histories, against the answer of the API."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from ringlake.flows.answers.callers import CallersAnswer, CallersQuery, Repeats
from ringlake.flows.answers.customers import CustomerList, CustomersQuery
from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.customers import BANDS
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.filters import parse
from ringlake.stores.lake import as_rows
from tests.unit.export.world import World

SQL = (Path(__file__).parent / "callers.sql").read_text(encoding="utf-8")
# The clock of Warsaw goes forward in the night to the 29th: the period is an hour shorter than its days.
FIRST, LAST = date(2026, 3, 27), date(2026, 3, 30)
START, STOP = datetime(2026, 3, 26, 23, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC)
# On a coarse grid, so that windows are met exactly.
GRID = timedelta(hours=6)


class History:
    """Everything that some customers and a company did in some weeks."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.rows: dict[Table, list[dict[str, Any]]] = {CALLS: [], MESSAGES: []}
        for number in range(self.chance.choice((0, 3, 60, 160))):
            table = CALLS if self.chance.random() < 0.7 else MESSAGES
            self.rows[table].append(self._call(number) if table is CALLS else self._text(number))

    def _common(self, number: int) -> dict[str, Any]:
        party = self.chance.choice(("", "p1", "p2", "p3", "p4", "p5", "p6"))
        # Two numbers of one contact, and one contact whose number has changed hands.
        contact = {"p1": "c1", "p2": "c1", "p3": self.chance.choice(("", "c3"))}.get(party, "")
        return {
            "record_id": f"line:{number:04}",
            "connection": "line",
            "party_key": party,
            "contact_id": contact,
            "remote_number": "anonymous" if not party else "",
            "business_number": self.chance.choice(("+1", "+2")),
            "team_id": self.chance.choice(("", "t1", "t2")),
            "user_id": self.chance.choice(("", "u1", "u2")),
            "started_at": START + GRID * self.chance.randrange(-8, 60) + timedelta(hours=self.chance.choice((0, 0, 1))),
            "is_spam": int(self.chance.random() < 0.1),
        }

    def _call(self, number: int) -> dict[str, Any]:
        common = self._common(number)
        direction = self.chance.choice(("inbound", "inbound", "inbound", "outbound", "internal", ""))
        answered = self.chance.random() < 0.6
        lasts = self.chance.choice((None, timedelta(0), timedelta(minutes=3), GRID))
        return common | {
            "direction": direction,
            "outcome": "answered" if answered else "no_answer",
            "is_call": int(self.chance.random() < 0.95),
            "is_inbound": int(direction == "inbound"),
            "is_outbound": int(direction == "outbound"),
            "is_answered": int(answered),
            "ended_at": None if lasts is None else common["started_at"] + lasts,
            "contact_no": self.chance.choice((None, 1, 1, 2, 9)),
            "classifier": self.chance.choice(("", "", "", "Solved", "unsolved", "other")),
        }

    def _text(self, number: int) -> dict[str, Any]:
        direction = self.chance.choice(("inbound", "outbound"))
        return self._common(number) | {
            "direction": direction,
            "status": "received" if direction == "inbound" else "delivered",
            "is_message": 1,
            "is_inbound": int(direction == "inbound"),
            "is_outbound": int(direction == "outbound"),
            "is_bulk": int(self.chance.random() < 0.2),
        }

    def table(self, table: Table) -> Any:
        empty = {c.name: "" if c.type == "string" else None for c in table.columns}
        return as_rows(table, [{**empty, **row} for row in self.rows[table]])

    def world(self, as_of: datetime | None) -> World:
        world = World()
        for table, rows in self.rows.items():
            empty = {c.name: "" if c.type == "string" else None for c in table.columns}
            days: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in rows:
                days[f"{row['started_at']:%Y-%m-%d}"].append({**empty, **row})
            for day, own in days.items():
                world.lake.write(table, "acme", day, as_rows(table, own), None)
        settings = world.directory.settings("acme")
        words: dict[str, Any] = {"resolved_dispositions": ("SOLVED",), "unresolved_dispositions": ("Unsolved",)}
        world.directory.put_workspace(msgspec.structs.replace(settings, **words))
        if as_of is not None:
            world.directory.set_watermark("acme", as_of)
        world.now = STOP + timedelta(days=30)
        return world


def opinion(history: History, window_h: int, as_of: datetime, user: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the SQL says, by table."""
    with duckdb.connect() as sql:
        sql.execute("set timezone = 'UTC'")
        for table in (CALLS, MESSAGES):
            sql.register(table.name, history.table(table))
        naive = [at.replace(tzinfo=None) for at in (START, STOP, as_of)]
        sql.execute(
            "create table settings as select ?::timestamp as start, ?::timestamp as stop, ?::int as window_h,"
            " ?::timestamp as as_of, ? as user_id",
            [naive[0], naive[1], window_h, naive[2], user],
        )
        sql.execute(SQL)
        return {
            name: sql.execute(f"select * from {name}").fetchall()
            for name in ("conversations", "people", "repeats", "handled")
        }


def asked(world: World, window_h: int, user: str, **more: Any) -> CallersAnswer:
    given = {"from": FIRST, "to": LAST, "window_h": window_h, "by": "team", "users": [user] if user else [], **more}
    return world.answers.callers.callers(world.viewer("owner"), parse(CallersQuery, given), world.now)


def counted(found: Repeats) -> tuple[Any, ...]:
    return tuple(one.value for one in (found.resolved, found.repeated, found.open, found.open_repeated))


@pytest.mark.parametrize("seed", range(40))
def test_callers_and_sql_over_the_same_history_agree(seed: int) -> None:
    history = History(seed)
    window_h = (24, 72, 168)[seed % 3]
    user = ("", "u1")[seed // 3 % 2]
    as_of = STOP + GRID * history.chance.randrange(0, 40)
    world = history.world(as_of)
    ours, theirs = asked(world, window_h, user), opinion(history, window_h, as_of, user)

    assert ours.conversations is not None
    assert (ours.conversations.unique.value, ours.conversations.anonymous.value) == theirs["conversations"][0]

    people = theirs["people"]
    assert ours.callers is not None
    assert ours.callers.callers.value == len(people)
    assert ours.callers.new.numerator == sum(bool(fresh) for _, _, fresh, _ in people)
    assert ours.callers.new_answered.numerator == sum(bool(fresh and first) for _, _, fresh, first in people)
    for (band, low, high), mine in zip(BANDS, ours.callers.bands, strict=True):
        wanted = sum(low <= calls <= (high or calls) for _, calls, _, _ in people)
        assert (mine.band, mine.customers.numerator) == (band, wanted)

    by_team = {team: tuple(counts) for team, *counts in theirs["repeats"]}
    assert ours.repeats is not None
    totals = tuple(map(sum, zip(*by_team.values(), strict=True))) if by_team else (0, 0, 0, 0)
    assert counted(ours.repeats) == totals
    mine_by_team = {row.id: counted(row.repeats) for row in ours.rows if row.repeats}
    assert {team: counts for team, counts in mine_by_team.items() if any(counts)} == {
        team: counts for team, counts in by_team.items() if any(counts)
    }

    waits = [(reached - at).total_seconds() for _, reached, at in theirs["handled"] if reached]
    assert ours.handling is not None
    assert (ours.handling.time.n, ours.handling.waiting.value) == (len(waits), len(theirs["handled"]) - len(waits))
    assert ours.handling.time.value == (pytest.approx(sum(waits) / len(waits)) if waits else None)


def customers(world: World, **more: Any) -> CustomerList:
    given = {"from": FIRST, "to": LAST, "limit": 500, **more}
    return world.answers.customers.page(world.viewer("owner"), parse(CustomersQuery, given), world.now)


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_every_number_about_callers_lists_as_many_customers(seed: int) -> None:
    """demands.md D80: bands, callers and new callers drill to the list of customers."""
    history = History(seed)
    world = history.world(STOP)
    found = asked(world, 72, "", parts=["callers"]).callers
    assert found is not None

    assert customers(world, **found.drill).count == found.callers.value
    assert customers(world, **found.new_drill).count == found.new.numerator
    for band in found.bands:
        listed = customers(world, **band.drill)
        assert (listed.count, len(listed.rows)) == (band.customers.numerator, band.customers.numerator)


@pytest.mark.parametrize("seed", range(0, 40, 5))
def test_the_dictionarys_sql_counts_the_same_callers(seed: int) -> None:
    """demands.md D28: what finance asks in SQL is what the screen shows."""
    history = History(seed)
    found = asked(history.world(STOP), 72, "", parts=["callers"]).callers
    with duckdb.connect() as sql:
        sql.register("told", history.table(CALLS))
        period = [START.replace(tzinfo=None), STOP.replace(tzinfo=None)]
        (count,) = sql.execute(
            f"select {BY_ID['callers'].sql} from told where started_at >= ? and started_at < ?", period
        ).fetchall()[0]

    assert found is not None
    assert found.callers.value == count


def test_the_histories_meet_every_case() -> None:
    """A test of the test: resolved, repeated, open, repeated while open, new, returning, heard from and not."""
    seen: set[str] = set()
    for seed in range(40):
        history = History(seed)
        found = opinion(history, 72, STOP + GRID * 4, "")
        counts = [sum(column) for column in zip(*(row[1:] for row in found["repeats"]), strict=True)]
        names = ("resolved", "repeated", "open", "open_again")
        seen |= {name for name, count in zip(names, counts, strict=False) if count}
        seen |= {"new" if fresh else "returning" for _, _, fresh, _ in found["people"]}
        seen |= {"heard" if reached else "waiting" for _, reached, _ in found["handled"]}
    assert seen == {"resolved", "repeated", "open", "open_again", "new", "returning", "heard", "waiting"}
