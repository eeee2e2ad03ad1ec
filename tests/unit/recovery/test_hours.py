"""Open hours by the wall clock: schedules, holidays, windows past midnight, days of 23 and 25 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.model.directory import Hours, Schedule, Workspace
from ringlake.model.hours import hours_on, is_open, open_after, open_ms, open_spans

OFFICE = Hours(weekly={str(day): [("09:00", "18:00")] for day in range(1, 6)}, holidays=("2026-03-06",))
WARSAW = Workspace(id="acme", name="Acme", zone="Europe/Warsaw", hours=OFFICE)
MINUTE, HOUR = 60_000, 3_600_000
# Changes by an hour and by half an hour, at night and at midnight, in both hemispheres.
ZONES = ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "UTC")
# Days around the changes of 2026 in these zones, and one without any.
DAYS = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 9, 6), date(2026, 10, 25), date(2026, 7, 1))


def local(text: str, zone: str = "Europe/Warsaw") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def open_(hours: Hours, **more: Any) -> Workspace:
    return msgspec.structs.replace(WARSAW, hours=hours, **more)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-04T08:59:59.999", False),
        ("2026-03-04T09:00:00", True),
        ("2026-03-04T17:59:59.999", True),
        ("2026-03-04T18:00:00", False),
        ("2026-03-07T12:00:00", False),
        ("2026-03-06T12:00:00", False),
    ],
)
def test_the_start_of_a_window_is_inside_its_end_is_not(at: str, expected: bool) -> None:
    assert is_open(WARSAW, local(at)) is expected


def test_without_any_hours_it_is_always_open() -> None:
    always = open_(Hours(holidays=("2026-03-06",)))
    start, end = local("2026-03-06T00:00"), local("2026-03-08T00:00")

    assert is_open(always, start)
    assert open_ms(always, start, end) == 48 * HOUR
    assert open_after(always, start, 5) == start + timedelta(milliseconds=5)


def test_a_miss_after_hours_waits_for_the_next_open_day() -> None:
    """metrics.md Call-back SLA: a miss at 18:05 with opening 09:00-18:00: the clock starts at nine."""
    missed = local("2026-03-04T18:05")

    assert open_after(WARSAW, missed, 0) == local("2026-03-05T09:00")
    assert open_after(WARSAW, missed, 30 * MINUTE) == local("2026-03-05T09:30")
    assert open_ms(WARSAW, missed, local("2026-03-05T09:10")) == 10 * MINUTE


def test_a_promise_that_does_not_fit_runs_over_the_holiday_and_the_weekend() -> None:
    missed = local("2026-03-05T17:45")

    assert open_after(WARSAW, missed, 30 * MINUTE) == local("2026-03-09T09:15")
    assert open_after(WARSAW, missed, 15 * MINUTE) == local("2026-03-05T18:00")
    assert open_ms(WARSAW, missed, local("2026-03-09T09:15")) == 30 * MINUTE


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    """demands.md D8; a holiday closes what begins on it, not what the evening before began."""
    bar = open_(Hours(weekly={"5": [("18:00", "02:00")]}, holidays=("2026-03-07", "2026-03-13")))

    assert is_open(bar, local("2026-03-07T01:59"))
    assert not is_open(bar, local("2026-03-07T02:00"))
    assert not is_open(bar, local("2026-03-06T01:00"))
    assert not is_open(bar, local("2026-03-14T01:00"))
    assert open_ms(bar, local("2026-03-01T00:00"), local("2026-03-15T00:00")) == 8 * HOUR


def test_a_window_that_ends_when_it_begins_is_a_whole_day() -> None:
    round_the_clock = open_(Hours(weekly={"3": [("08:00", "08:00")]}))

    assert open_ms(round_the_clock, local("2026-03-02T00:00"), local("2026-03-09T00:00")) == 24 * HOUR


def test_windows_that_overlap_count_once() -> None:
    twice = open_(Hours(weekly={"3": [("09:00", "12:00"), ("11:00", "13:00")], "2": [("22:00", "10:00")]}))
    start, end = local("2026-03-03T00:00"), local("2026-03-05T00:00")

    assert list(open_spans(twice, start, end)) == [(local("2026-03-03T22:00"), local("2026-03-04T13:00"))]
    assert open_ms(twice, start, end) == 15 * HOUR


def test_what_never_opens_has_no_deadline() -> None:
    closed = open_(Hours(weekly={"1": []}))

    assert open_after(closed, local("2026-03-04T12:00"), 0) is None
    assert open_ms(closed, local("2026-03-04T00:00"), local("2027-03-04T00:00")) == 0


def test_the_most_specific_schedule_that_is_valid_counts() -> None:
    def hours(opens: str) -> Hours:
        return Hours(weekly={str(day): [(opens, "12:00")] for day in range(1, 8)})

    schedules = (
        Schedule(hours=hours("01:00"), valid_from="2026-03-01"),
        Schedule(hours=hours("02:00"), valid_from="2026-03-03", valid_to="2026-03-04"),
        Schedule(hours=hours("03:00"), team="t1"),
        Schedule(hours=hours("04:00"), number="n1", valid_to="2026-03-04"),
        Schedule(hours=hours("05:00"), number="n1", team="t1"),
    )
    house = open_(OFFICE, schedules=schedules)

    def opens(day: str, team: str = "", number: str = "") -> str:
        weekly = hours_on(house, date.fromisoformat(day), team, number).weekly
        return weekly["1"][0][0]

    assert opens("2026-02-28") == "09:00"
    assert opens("2026-03-02") == "01:00"
    assert [opens(f"2026-03-0{day}") for day in (3, 4, 5)] == ["02:00", "02:00", "01:00"]
    assert opens("2026-03-03", team="t1") == "03:00"
    assert opens("2026-03-03", team="t2") == "02:00"
    assert opens("2026-03-04", team="t2", number="n1") == "04:00"
    assert opens("2026-03-05", team="t2", number="n1") == "01:00"
    assert opens("2026-03-04", team="t1", number="n1") == "05:00"
    assert is_open(house, local("2026-03-04T04:30"), "t2", "n1")
    assert not is_open(house, local("2026-03-04T03:30"), "t2", "n1")
    assert open_after(house, local("2026-03-04T11:30"), HOUR, "t2", "n1") == local("2026-03-05T01:30")


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Warsaw", 23),
        ("2026-10-25", "Europe/Warsaw", 25),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2026-07-01", "Europe/Warsaw", 24),
    ],
)
def test_a_day_that_is_open_round_the_clock_is_as_long_as_it_is(day: str, zone: str, hours: float) -> None:
    house = open_(Hours(weekly={str(d): [("00:00", "24:00")] for d in range(1, 8)}), zone=zone)
    start = local(f"{day}T00:00", zone)
    end = local(f"{(date.fromisoformat(day) + timedelta(days=1)).isoformat()}T00:00", zone)

    assert open_ms(house, start, end) == hours * HOUR


def test_an_hour_that_comes_twice_is_open_twice_and_one_that_is_missing_not_at_all() -> None:
    night = open_(Hours(weekly={"7": [("02:15", "02:45")]}))

    assert open_ms(night, local("2026-10-25T00:00"), local("2026-10-26T00:00")) == 60 * MINUTE
    assert open_ms(night, local("2026-03-29T00:00"), local("2026-03-30T00:00")) == 0


# --- properties ---------------------------------------------------------------

CLOCKS = st.sampled_from(["00:00", "01:30", "02:15", "03:00", "09:00", "17:45", "22:00", "23:59", "24:00"])
HOUSES = st.builds(
    Workspace,
    id=st.just("acme"),
    name=st.just("Acme"),
    zone=st.sampled_from(ZONES),
    hours=st.builds(
        Hours,
        weekly=st.dictionaries(
            st.sampled_from([str(d) for d in range(1, 8)]),
            st.lists(st.tuples(CLOCKS.filter(lambda c: c != "24:00"), CLOCKS), max_size=2),
            min_size=1,
        ),
        holidays=st.lists(st.sampled_from([d.isoformat() for d in DAYS]), max_size=2).map(tuple),
    ),
)
INSTANTS = st.builds(
    lambda day, minutes: datetime.combine(day, time(), UTC) + timedelta(minutes=minutes),
    st.sampled_from(DAYS),
    st.integers(-3000, 3000),
)


@given(HOUSES, INSTANTS, st.integers(0, 2000))
def test_open_time_is_the_minutes_at_which_it_is_open(house: Workspace, start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    counted = sum(is_open(house, start + timedelta(minutes=n)) for n in range(minutes))

    assert open_ms(house, start, end) == counted * MINUTE


@given(HOUSES, INSTANTS, INSTANTS, INSTANTS)
def test_open_time_adds_up(house: Workspace, a: datetime, b: datetime, c: datetime) -> None:
    first, middle, last = sorted([a, b, c])

    assert open_ms(house, first, last) == open_ms(house, first, middle) + open_ms(house, middle, last)
    assert open_ms(house, last, first) == 0
    spans = list(open_spans(house, first, last))
    assert all(x < y for x, y in spans)
    assert all(y < x for (_, y), (x, _) in pairwise(spans))


@given(HOUSES, INSTANTS, st.integers(0, 3000))
def test_a_deadline_is_the_first_instant_with_that_much_open_time(house: Workspace, start: datetime, left: int) -> None:
    promised = left * MINUTE
    due = open_after(house, start, promised)

    if due is None:
        assert open_ms(house, start, start + timedelta(days=400)) < max(promised, 1)
    else:
        assert open_ms(house, start, due) == promised
        assert due == start or open_ms(house, start, due - timedelta(milliseconds=1)) < max(promised, 1)
        if promised:
            assert open_ms(house, start, due - timedelta(milliseconds=1)) == promised - 1
