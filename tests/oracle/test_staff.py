"""Two implementations of people's time and rings: the answers, and SQL over the same rows of the lake."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ringlake.flows.answers.profile import ProfileQuery
from ringlake.flows.answers.rings import RingsQuery
from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.staff import ms
from ringlake.model.directory import Hours, Schedule, Team
from ringlake.model.localtime import midnight
from ringlake.model.tables import CALLS, LEGS, PRESENCE
from ringlake.query.filters import Filter, parse
from ringlake.query.people import PeopleFilter
from tests.unit.answers.staff import company, keep, presence, settings
from tests.unit.export.world import World

SQL = (Path(__file__).parent / "staff.sql").read_text(encoding="utf-8")
# The third of these days is ordinary, or the clock changes on it.
DAYS = (date(2026, 3, 4), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 25), date(2026, 11, 1))
ZONES = (
    "UTC", "Europe/Warsaw", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
USERS = {"anna": "t1", "operator": "t1", "boris": "t2"}
STATUSES = ("talking", "online", "dnd", "offline")
# Words of work after a call, and some that are none; they count for who is online alone.
WORDS = ("", "available", "wrapup-end", "wrapup", "Wrapup: notes", "wut_start")
OUTCOMES = ("answered", "no_answer", "no_answer", "answered_elsewhere", "declined", "failed", "")
# Lengths of rings around the threshold of five seconds, in milliseconds.
RINGS = (0, 400, 4999, 5000, 5001, 5100, 20_000, 90_000, 1_800_000)
_DAY = timedelta(days=1)


class Story:
    """Three local days of three people, the clock standing somewhere on the last; rows as the lake has them."""

    def __init__(self, seed: int, zone: str, last: date) -> None:
        self._random = random.Random(seed)
        self.zone = ZoneInfo(zone)
        self.days = [last - 2 * _DAY, last - _DAY, last]
        self.bounds = [midnight(day, self.zone) for day in (*self.days, last + _DAY)]
        self.now = self._between(self.bounds[2], self.bounds[3])
        self.lines = [row for user in USERS for row in self._line(user)]
        self.calls: list[dict[str, Any]] = []
        self.legs: list[dict[str, Any]] = []
        for number in range(self._random.randrange(8)):
            self._call(f"pbx:{number}")
        self.hours = {team: self._windows() for team in ("", "t1", "t2")}

    def _between(self, start: datetime, end: datetime) -> datetime:
        """Often on a grid, so that instants meet; at least a minute after the start."""
        step = self._random.choice([3_600_000, 900_000, 1_000, 1])
        length = (end - start) // timedelta(milliseconds=1)
        return start + timedelta(milliseconds=max(self._random.randrange(length) // step * step, 60_000))

    def _line(self, user: str) -> Iterator[dict[str, Any]]:
        """Whole local days without a gap, each known or not; today's last stretch lasts."""
        for day, (a, b) in zip(self.days, pairwise(self.bounds), strict=True):
            if self._random.random() < 0.25:
                continue
            today = day == self.days[-1]
            end = self.now if today else b
            times = {a, *(self._between(a, b) for _ in range(self._random.randrange(6)))}
            changes = sorted(at for at in times if at < end)
            for at, following in pairwise([*changes, None]):
                if at is not None:
                    until = following or (None if today else b)
                    yield {
                        "line": f"user:{user}",
                        "user_id": user,
                        "status": self._random.choice(STATUSES),
                        "raw": self._random.choice(WORDS),
                        "started_at": at,
                        "ended_at": until,
                    }

    def _call(self, name: str) -> None:
        at = self._between(self.bounds[0], self.now - _DAY / 24)
        direction = self._random.choice(["inbound", "inbound", "inbound", "outbound", "internal"])
        rung = [self._leg(name, at, seq) for seq in range(1, self._random.randrange(1, 4))]
        outcome = "answered" if any(leg["outcome"] == "answered" for leg in rung) else "no_answer"
        row = {
            "record_id": name,
            "started_at": at,
            "local_date": at.astimezone(self.zone).date(),
            "is_call": 1,
            "direction": direction,
            f"is_{direction}": 1,
            "outcome": outcome,
            "is_answered": int(outcome == "answered"),
            "is_spam": int(self._random.random() < 0.15),
        }
        self.calls.append(row)
        self.legs += [{**leg, "day": f"{at:%Y-%m-%d}"} for leg in rung]

    def _leg(self, name: str, at: datetime, seq: int) -> dict[str, Any]:
        outcome = self._random.choice(OUTCOMES)
        rings = at + timedelta(milliseconds=self._random.choice([0, 300, 60_000]))
        over = rings + timedelta(milliseconds=self._random.choice(RINGS))
        talk = self._random.choice([0, 1, 75, 3000]) if outcome == "answered" else None
        return {
            "record_id": name,
            "row_kind": self._random.choice(["leg", "leg", "leg", "step"]),
            "seq": seq,
            "kind": self._random.choice(["agent", "agent", "agent", "consultation"]),
            "user_id": self._random.choice([*USERS, ""]),
            "started_at": rings if self._random.random() < 0.9 else None,
            "answered_at": over if outcome == "answered" else None,
            "ended_at": None if outcome == "" else over + timedelta(seconds=talk or 0),
            "talk_s": talk,
            "outcome": outcome,
        }

    def _windows(self) -> dict[str, list[tuple[str, str]]]:
        """One window a weekday at most, on quarters of hours, now and then past midnight."""
        found = {}
        for weekday in range(1, 8):
            if self._random.random() < 0.8:
                first, length = self._random.randrange(48), self._random.randrange(1, 48)
                found[str(weekday)] = [(_clock(first), _clock((first + length) % 96))]
        return found or {"1": [("09:00", "17:00")]}

    def world(self) -> World:
        world = company()
        world.now = self.now
        schedules = tuple(Schedule(hours=Hours(weekly=self.hours[team]), team=team) for team in ("t1", "t2"))
        settings(world, zone=self.zone.key, hours=Hours(weekly=self.hours[""]), schedules=schedules)
        world.directory.put_team("acme", Team(id="t2", name="Support"))
        world.change("boris", teams=("t2",))
        presence(world, self.lines)
        keep(world, CALLS, self.calls)
        keep(world, LEGS, self.legs)
        return world


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


def theirs(story: Story, world: World) -> duckdb.DuckDBPyConnection:
    sql = duckdb.connect()
    sql.execute("set timezone = 'UTC'")
    for table in (PRESENCE, LEGS, CALLS):
        parts = [world.lake.read(table, "acme", day).rows for day in world.lake.days(table, "acme")]
        rows = pa.concat_tables(parts) if parts else world.lake.read(table, "acme", "2000-01-01").rows
        sql.register(f"{table.name}_rows", rows)
        times = ", ".join(f"cast({c.name} as timestamp) as {c.name}" for c in table.columns if c.type == "timestamp")
        sql.execute(f"create table {table.name} as select * replace ({times}) from {table.name}_rows")
    sql.execute("create table members (user_id varchar, team_id varchar)")
    sql.executemany("insert into members values (?, ?)", [*USERS.items()])
    sql.execute("create table windows (team_id varchar, weekday int, opens interval, closes interval)")
    for team, week in story.hours.items():
        for weekday, [(opens, closes)] in week.items():
            a, b = _since_midnight(opens), _since_midnight(closes)
            sql.execute("insert into windows values (?, ?, ?, ?)", [team, int(weekday), a, b if b > a else b + _DAY])
    sql.execute("create table days (local_day date)")
    sql.executemany("insert into days values (?)", [[day] for day in story.days])
    sql.execute("create table settings (zone varchar, now timestamptz, missed_ring_s int)")
    sql.execute("insert into settings values (?, ?, 5)", [story.zone.key, story.now])
    sql.execute(SQL)
    return sql


def _since_midnight(clock: str) -> timedelta:
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


stories = st.builds(Story, st.integers(0, 2**32), st.sampled_from(ZONES), st.sampled_from(DAYS))


def asked(story: Story) -> dict[str, Any]:
    return {"from": story.days[0], "to": story.days[-1]}


@given(stories)
def test_status_seconds_occupancy_and_utilisation_are_what_sql_says(story: Story) -> None:
    world = story.world()
    sql = theirs(story, world)

    found = world.answers.presence.by_day(world.viewer("owner"), parse(PeopleFilter, asked(story)), story.now)

    mine = {
        (p.person.user_id, day.date, status): seconds
        for p in found.people
        for day in p.days
        for status in STATUSES
        if (seconds := getattr(day.statuses, f"{status}_s"))
    }
    rows = sql.execute("select user_id, local_day, status, seconds from status_seconds").fetchall()
    assert mine == {(user, day, status): seconds for user, day, status, seconds in rows}
    for p in found.people:
        assert {day.length_s for day in p.days[:-1]} <= {82_800, 84_600, 86_400, 88_200, 90_000}
    of = {
        p.person.user_id: (
            p.utilisation.numerator, p.occupancy.numerator, p.occupancy.denominator, p.utilisation.denominator,
        )
        for p in found.people
    }  # fmt: skip
    rows = sql.execute("select user_id, talking + wrap, talking + engaged, there, logged_in from busy").fetchall()
    assert of == {user: tuple(numbers) for user, *numbers in rows}
    shares = {p.person.user_id: (p.occupancy.value, p.utilisation.value) for p in found.people}
    for user, handling, engaged, there, logged_in in rows:
        assert shares[user] == (engaged / there if there else None, handling / logged_in if logged_in else None)


@given(stories)
def test_shifts_are_what_sql_says(story: Story) -> None:
    world = story.world()

    found = world.answers.presence.by_day(world.viewer("owner"), parse(PeopleFilter, asked(story)), story.now)

    mine = {(p.person.user_id, ms(s.started_at), ms(s.ended_at)) for p in found.people for s in p.shifts}
    assert mine == {*theirs(story, world).execute("select user_id, epoch_ms(a), epoch_ms(b) from working").fetchall()}
    for p in found.people:
        for s in p.shifts:
            of = s.statuses
            assert of.talking_s + of.online_s + of.dnd_s + of.offline_s == s.length_s


@given(stories)
def test_availability_is_what_sql_says(story: Story) -> None:
    world = story.world()

    found = world.answers.presence.availability(world.viewer("owner"), parse(PeopleFilter, asked(story)), story.now)

    assert found.workspace is not None
    rows = (
        theirs(story, world)
        .execute("select team_id, open_ms, staffed_ms, unknown_ms, gap_ms from available")
        .fetchall()
    )
    other = {team: numbers for team, *numbers in rows}
    for group in (found.workspace, *found.teams):
        open_ms, staffed_ms, unknown_ms, gap_ms = other[group.team_id]
        known = open_ms - unknown_ms
        assert group.availability.value == (staffed_ms / known if known else None)
        assert (group.open_s, group.staffed_s, group.unknown_s) == tuple(
            round(length / 1000) for length in (open_ms, staffed_ms, unknown_ms)
        )
        gaps = sum(((g.ended_at - g.started_at) for g in group.gaps), timedelta())
        assert gaps == timedelta(milliseconds=gap_ms)


@given(stories)
def test_rings_handled_legs_and_missed_calls_are_what_sql_says(story: Story) -> None:
    world = story.world()
    sql, owner = theirs(story, world), world.viewer("owner")

    rung = world.answers.rings.rings(owner, parse(RingsQuery, asked(story)), story.now)
    load = world.answers.load.load(owner, parse(Filter, asked(story)), story.now)

    fields = ("rung", "answered", "missed", "declined", "elsewhere", "short")
    mine = {row.person.user_id: tuple(getattr(row, name) for name in fields) for row in rung.rows}
    rows = sql.execute(f"select user_id, {', '.join(fields)} from ringing").fetchall()
    assert mine == {user: tuple(counts) for user, *counts in rows}
    handled = {row.person.user_id: (row.legs, row.leg_talk_s) for row in load.rows if row.legs}
    rows = sql.execute("select user_id, legs, talk_s from handling").fetchall()
    assert handled == {user: (legs, talk_s) for user, legs, talk_s in rows}
    missed = dict(sql.execute("select user_id, calls from missed_calls").fetchall())
    for user in USERS:
        profile = world.answers.profile.profile(owner, user, parse(ProfileQuery, {"period": "last_3_days"}), story.now)
        assert profile.calls.missed == missed.get(user, 0)


# Metrics whose expression is of a person's rows, with what an answer says of the person.
OF_PRESENCE = {
    **{f"{status}_s": f"statuses.{status}_s" for status in STATUSES},
    "utilisation": "utilisation.value",
}


@given(stories)
def test_the_expressions_of_the_dictionary_say_the_same_of_days_that_are_over(story: Story) -> None:
    world = story.world()
    sql, owner = theirs(story, world), world.viewer("owner")
    over = {"from": story.days[0], "to": story.days[1]}

    people = world.answers.presence.by_day(owner, parse(PeopleFilter, over), story.now).people
    load = world.answers.load.load(owner, parse(Filter, asked(story)), story.now)

    columns = ", ".join(f"{BY_ID[metric].sql}" for metric in OF_PRESENCE)
    rows = sql.execute(
        f"select user_id, {columns} from presence where started_at < ? group by user_id",
        [story.bounds[2].replace(tzinfo=None)],
    ).fetchall()
    mine = {p.person.user_id: tuple(attrgetter(path)(p) for path in OF_PRESENCE.values()) for p in people}
    assert mine == {user: tuple(numbers) for user, *numbers in rows}
    of_calls = "from legs where record_id in (select record_id from calls where is_spam = 0 and is_internal = 0)"
    rows = sql.execute(f"select user_id, {BY_ID['agent_aht_s'].sql} {of_calls} group by user_id").fetchall()
    assert {r.person.user_id: r.aht.value for r in load.rows if r.legs} == {
        u: aht for u, aht in rows if aht is not None
    }
    rung = world.answers.rings.rings(owner, parse(RingsQuery, asked(story)), story.now)
    incoming = of_calls.replace("is_internal = 0", "is_inbound = 1")
    rows = sql.execute(f"select user_id, {BY_ID['agent_declined_rings'].sql} {incoming} group by user_id").fetchall()
    assert {r.person.user_id: r.declined for r in rung.rows if r.declined} == {u: n for u, n in rows if n}
