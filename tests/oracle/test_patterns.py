"""Response times and concurrency by two implementations: ours, and SQL written from the definitions.

The histories are made for it: messages and calls so close together that blocks, episodes and peaks are many, around
changes of the clock in zones with whole, half and three quarter hours.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ringlake.flows.answers.concurrency import Concurrency, ConcurrencyQuery
from ringlake.flows.answers.responses import BlocksQuery, ResponsesQuery, TextBlock, TextResponseTimes
from ringlake.model.directory import Hours, Workspace
from ringlake.model.localtime import midnight
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import parse
from tests.unit.answers.staff import company, keep
from tests.unit.answers.staff import settings as set_workspace
from tests.unit.export.world import World

SQL = (Path(__file__).parent / "patterns.sql").read_text(encoding="utf-8")
ZONES = (
    "UTC", "Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham",
)  # fmt: skip
# Ranges around changes of the clock, and one without any.
FIRST_DAYS = (
    date(2026, 3, 7),
    date(2026, 3, 28),
    date(2026, 4, 4),
    date(2026, 7, 4),
    date(2026, 10, 3),
    date(2026, 10, 24),
)
DAYS = 3
USERS = ("", "anna", "boris", "operator")
HOURS = (
    Hours(),
    Hours(weekly={str(day): [("09:00", "17:30")] for day in range(1, 6)}),
    Hours(weekly={str(day): [("08:00", "12:00")] for day in range(1, 8)}, holidays=("2026-03-29", "2026-04-05")),
)

type Row = dict[str, Any]


class History:
    """Messages and calls from nine days before a range to nine days after it."""

    def __init__(self, seed: int, zone: str, first: date, hours: Hours = Hours()) -> None:
        self.chance = random.Random(seed)
        self.zone, self.first, self.last = zone, first, first + timedelta(days=DAYS - 1)
        self.start, self.end = (midnight(day, ZoneInfo(zone)) for day in (first, self.last + timedelta(days=1)))
        # Within the range, right after it, or long after it.
        self.now = self.start + timedelta(hours=self.chance.choice((50, 80, 400)))
        self.world = company()
        self.world.now = self.now
        set_workspace(self.world, zone=zone, hours=hours)
        self.messages, self.calls = self._messages(), self._calls()
        keep(self.world, MESSAGES, self.messages)
        keep(self.world, CALLS, self.calls)

    @property
    def workspace(self) -> Workspace:
        return self.world.directory.settings("acme")

    @property
    def range(self) -> Row:
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def _messages(self) -> list[Row]:
        """Few customers, who come back after minutes, hours, or just about a day."""
        chance = self.chance
        rows: list[Row] = []
        for customer in range(6):
            at = self.start - timedelta(hours=chance.randrange(24 * 9))
            while at < min(self.end + timedelta(days=9), self.now):
                later = at + timedelta(hours=chance.randrange(1, 40)) if chance.random() < 0.1 else None
                rows.append(
                    {
                        "record_id": f"pbx:m{len(rows)}",
                        "is_message": 1,
                        "direction": chance.choice(("inbound", "inbound", "outbound", "")),
                        "started_at": at,
                        "scheduled_for": later,
                        "party_key": "" if customer == 5 and chance.random() < 0.3 else f"k{customer % 5}",
                        "business_number": chance.choice(("+1", "+1", "+2")),
                        "business_number_id": chance.choice(("n1", "")),
                        "user_id": chance.choice(USERS),
                        "team_id": chance.choice(("", "t1", "t2")),
                        "is_bulk": int(chance.random() < 0.1),
                        "is_spam": int(chance.random() < 0.05),
                        "unattributed": chance.choice(("", "", "", "system")),
                    }
                )
                at += chance.choice(
                    (
                        timedelta(),
                        timedelta(seconds=chance.randrange(4_000)),
                        timedelta(hours=chance.randrange(30)),
                        timedelta(days=1, milliseconds=chance.randrange(-1, 2)),
                        timedelta(days=chance.randrange(9)),
                    )
                )
        return rows

    def _calls(self) -> list[Row]:
        chance = self.chance
        rows: list[Row] = []
        at = self.start - timedelta(hours=30)
        while at < min(self.end + timedelta(days=8), self.now):
            outcome = chance.choice(("answered", "answered", "caller_abandoned", "no_answer"))
            waits = timedelta(seconds=chance.randrange(90))
            lasts = timedelta(seconds=chance.choice((0, 30, 600, 3_600, 20_000)))
            ended = at + waits + lasts
            live = "in_progress" if ended > self.now or chance.random() < 0.02 else ""
            if chance.random() < 0.02:
                live, never = "", True
            else:
                never = False
            direction = chance.choice(("inbound", "inbound", "outbound"))
            offered = int(direction == "inbound" and not live and chance.random() < 0.8)
            rows.append(
                {
                    "record_id": f"pbx:c{len(rows)}",
                    "is_call": 1,
                    "direction": direction,
                    "is_inbound": int(direction == "inbound"),
                    "outcome": "" if live else outcome,
                    "live": live,
                    "started_at": at,
                    "answered_at": at + waits if outcome == "answered" else None,
                    "ended_at": None if live or never else ended,
                    "is_answered": int(outcome == "answered" and not live),
                    "is_offered": offered,
                    "talk_s": int(lasts.total_seconds()) if outcome == "answered" and not live else None,
                    "party_key": chance.choice(("k0", "k1", "k2", "")),
                    "user_id": chance.choice(USERS),
                    "is_spam": int(not offered and chance.random() < 0.1),
                }
            )
            at += timedelta(seconds=chance.choice((0, 30, 600, 5_000, 40_000)))
        return rows

    @contextmanager
    def sql(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect() as engine:
            engine.execute("set timezone = 'UTC'")
            for table in (MESSAGES, CALLS):
                days = [self.world.lake.read(table, "acme", day).rows for day in self.world.lake.days(table, "acme")]
                engine.register(table.name, pa.concat_tables(days))
            engine.execute("create table report as select ? as zone, ? as now", [self.zone, naive(self.now)])
            engine.execute("create table range_ as select ? as begins, ? as ends", [naive(self.start), naive(self.end)])
            engine.execute("create table working (day date)")
            engine.execute("create table buckets (n int, begins timestamp, ends timestamp)")
            engine.execute(SQL)
            yield engine


def naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def selected(engine: duckdb.DuckDBPyConnection, what: str, *values: Any) -> list[Row]:
    found = engine.execute(what, values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def all_blocks(world: World, asked: Row) -> list[TextBlock]:
    query = parse(BlocksQuery, {**asked, "limit": 500})
    found = world.answers.responses.blocks(world.viewer("owner"), query, world.now)
    assert found.count == len(found.rows) < 500
    return list(found.rows)


SEEDS, ZONE, FIRST = st.integers(0, 100_000), st.sampled_from(ZONES), st.sampled_from(FIRST_DAYS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS, ZONE, FIRST)
def test_blocks_and_their_replies_are_those_of_sql(seed: int, zone: str, first: date) -> None:
    history = History(seed, zone, first)
    world = history.world
    with history.sql() as engine:
        theirs = [
            row
            for row in selected(engine, "select * from text_blocks()")
            if naive(history.start) <= row["moment"] < naive(history.end)
        ]

    mine = all_blocks(world, history.range)
    # Customer messages of one instant in one conversation have no order: either may stand for their block.
    key = lambda row: (row["moment"], row["first"], row["state"], str(row["replied_at"]), row["by_call"])  # noqa: E731
    ours = [
        {
            "moment": naive(block.started_at),
            "first": block.part == "first",
            "state": block.state,
            "replied_at": naive(block.replied_at) if block.replied_at else None,
            "by_call": block.channel == "call",
        }
        for block in mine
    ]
    for row in theirs:
        if row["state"] == "unanswered":
            row.update(replied_at=None, by_call=False)
    assert sorted(map(key, ours)) == sorted(map(key, theirs))
    for state in {row["state"] for row in theirs}:
        event(state)

    answer = world.answers.responses.responses(world.viewer("owner"), parse(ResponsesQuery, history.range), world.now)
    for part, times in (("first", answer.first), ("next", answer.next)):
        same_as(times, [row for row in theirs if row["first"] is (part == "first")], history)


def same_as(times: TextResponseTimes, rows: list[Row], history: History) -> None:
    """Counts, mean, median and p90 from single blocks."""
    by_state = {s: [row for row in rows if row["state"] == s] for s in ("replied", "late", "unanswered")}
    assert (times.blocks, times.replied, times.late, times.unanswered) == (len(rows), *map(len, by_state.values()))
    assert times.by_call == sum(row["by_call"] for row in by_state["replied"])
    waits = sorted((row["replied_at"] - row["moment"]).total_seconds() for row in by_state["replied"])
    with duckdb.connect() as engine:
        engine.execute("create table waits (s double)")
        if waits:
            engine.executemany("insert into waits values (?)", [(wait,) for wait in waits])
        (told,) = selected(engine, "select avg(s) as mean, median(s) as median from waits")
    # The smallest value that nine tenths do not exceed.
    p90 = next((w for w in waits if sum(v <= w for v in waits) * 10 >= len(waits) * 9), None)
    for mine, other in (
        (times.clock.value, told["mean"]),
        (times.clock.median, told["median"]),
        (times.clock.p90, p90),
    ):
        assert mine == (None if other is None else pytest.approx(other))
    now = naive(history.now)
    waiting = [(now - row["moment"]).total_seconds() for row in by_state["unanswered"]]
    assert times.oldest_s == (max(waiting) if waiting else None)
    # Fifteen minutes; what may still be answered in time is not due.
    limit = 900.0
    delays = [(row["replied_at"] - row["moment"]).total_seconds() for row in rows if row["state"] != "unanswered"]
    met, due = sum(d <= limit for d in delays), len(delays) + sum(age > limit for age in waiting)
    assert (times.in_time.numerator, times.in_time.denominator) == (met, due)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS, ZONE, FIRST, st.sampled_from(HOURS), st.sampled_from(["day", "hour", "quarter_hour"]))
def test_peaks_and_the_busy_hour_are_those_of_sql(
    seed: int, zone: str, first: date, hours: Hours, granularity: str
) -> None:
    history = History(seed, zone, first, hours)
    world = history.world
    asked = parse(ConcurrencyQuery, {**history.range, "granularity": granularity})
    mine = world.answers.concurrency.concurrency(world.viewer("owner"), asked, world.now)
    with history.sql() as engine:
        in_range(engine, history)
        assert_peaks(engine, mine, history)
        assert_load(engine, mine, history)


def in_range(engine: duckdb.DuckDBPyConnection, history: History) -> None:
    """Working days; calls that began before the day before the range are not looked for."""
    weekly, holidays = history.workspace.hours.weekly, history.workspace.hours.holidays
    for n in range(DAYS):
        day = history.first + timedelta(days=n)
        if not weekly or (str(day.isoweekday()) in weekly and day.isoformat() not in holidays):
            engine.execute("insert into working values (?)", [day])
    day_before = midnight(history.first - timedelta(days=1), ZoneInfo(history.zone))
    engine.execute("create table carried as select * from calls where started_at >= ?", [naive(day_before)])
    engine.unregister("calls")
    engine.execute("create view calls as select * from carried")


def assert_peaks(engine: duckdb.DuckDBPyConnection, mine: Concurrency, history: History) -> None:
    assert mine.buckets[0].start_utc == history.start
    assert mine.buckets[-1].end_utc == history.end
    engine.executemany(
        "insert into buckets values (?, ?, ?)",
        [(n, naive(b.start_utc), naive(b.end_utc)) for n, b in enumerate(mine.buckets)],
    )
    for kind in ("waiting", "answered"):
        theirs = {row["n"]: row for row in selected(engine, f"select * from peaks('{kind}')")}
        for n, bucket in enumerate(mine.buckets):
            found = getattr(bucket, kind)
            assert found.calls == theirs[n]["peak"], (kind, bucket.label)
            if found.calls:
                assert naive(found.at) == theirs[n]["moment"], (kind, bucket.label)
        assert getattr(mine, kind).calls == max(row["peak"] for row in theirs.values())
    unknown = "select count(*) as n from calls where ended_at is null and live = '' and is_spam = 0 and started_at < ?"
    assert mine.unknown_end == selected(engine, unknown, naive(history.end))[0]["n"]


def assert_load(engine: duckdb.DuckDBPyConnection, mine: Concurrency, history: History) -> None:
    theirs = {row["hour"]: row for row in selected(engine, "select * from busy_hours()")}
    # An hour in progress is not over: ours looks at whole hours, theirs at minutes.
    over = history.now >= history.end
    if not over:
        return
    assert [row.hour for row in mine.hours] == sorted(theirs)
    for row in mine.hours:
        other = theirs[row.hour]
        assert row.days == other["days"]
        assert row.erlangs == pytest.approx(other["busy_ms"] / other["minutes"] / 60_000)
        assert row.calls_per_hour == pytest.approx(other["arrivals"] * 60 / other["minutes"])
        if row.erlangs:
            (told,) = selected(engine, "select erlang_b_lines(?, 0.01) as lines", row.erlangs)
            assert row.lines == told["lines"]
    if any(row.erlangs for row in mine.hours):
        assert mine.busy_hour == max(mine.hours, key=lambda row: (row.erlangs, -row.hour)).hour


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SEEDS, FIRST)
def test_every_peak_lists_the_calls_that_make_it(seed: int, first: date) -> None:
    history = History(seed, "Europe/Warsaw", first)
    world, owner = history.world, history.world.viewer("owner")
    asked = parse(ConcurrencyQuery, {**history.range, "granularity": "day"})
    mine = world.answers.concurrency.concurrency(owner, asked, world.now)
    for peak in (mine.answered, mine.waiting, *(b.waiting for b in mine.buckets), *(b.answered for b in mine.buckets)):
        if peak.drill is not None:
            drilled = {**history.range, **peak.drill}
            assert len(listed(world, drilled)) == peak.calls, drilled


def listed(world: World, asked: Row) -> list[Any]:
    """Rows of the list under a filter to which a drill-down was added; null takes a condition away."""
    from ringlake.flows.answers.interactions import ListQuery

    query = parse(ListQuery, {name: value for name, value in {**asked, "limit": 500}.items() if value is not None})
    return list(world.answers.interactions.page(world.viewer("owner"), query, world.now).rows)
