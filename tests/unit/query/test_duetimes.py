"""When schedules run, and what they cover (demands.md D57, D58)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.model.directory import Workspace
from ringlake.model.localtime import DAY, instant
from ringlake.model.schedules import LAST_DAY, Cadence, Timing
from ringlake.query.duetimes import covered, following, occurrences

WORKSPACE = Workspace(id="acme", name="Acme")
# Whole, half-hour and three-quarter offsets, changes of an hour and of half an hour, both hemispheres, none at all.
ZONES = (
    "UTC", "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham",
    "Africa/Casablanca", "America/Havana", "Asia/Beirut", "America/St_Johns", "Pacific/Apia",
)  # fmt: skip


def timing(cadence: str, at: str = "08:00", zone: str = "UTC", **fields: Any) -> Timing:
    return Timing(cadence=Cadence(cadence), at=at, zone=zone, **fields)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def next_one(rule: Timing, after: datetime, workspace: Workspace = WORKSPACE) -> tuple[str, str, str]:
    found = following(rule, workspace, after)
    return found.at.isoformat(timespec="minutes")[:16], found.first.isoformat(), found.last.isoformat()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (timing("daily"), ("2026-03-12T08:00", "2026-03-11", "2026-03-11")),
        # The 11th of March 2026 is a Wednesday; weeks begin on Mondays.
        (timing("weekly", weekday=1), ("2026-03-16T08:00", "2026-03-09", "2026-03-15")),
        (timing("weekly", weekday=5), ("2026-03-13T08:00", "2026-03-02", "2026-03-08")),
        (timing("monthly", day="1"), ("2026-04-01T08:00", "2026-03-01", "2026-03-31")),
        (timing("monthly", day="20"), ("2026-03-20T08:00", "2026-02-01", "2026-02-28")),
        (timing("monthly", day="31"), ("2026-03-31T08:00", "2026-02-01", "2026-02-28")),
        (timing("quarterly", day="5"), ("2026-04-05T08:00", "2026-01-01", "2026-03-31")),
        (timing("quarterly", day=LAST_DAY, month=3), ("2026-03-31T08:00", "2025-10-01", "2025-12-31")),
        (timing("yearly", day="15", month=2), ("2027-02-15T08:00", "2026-01-01", "2026-12-31")),
    ],
)
def test_the_next_run_covers_the_last_period_that_is_over(rule: Timing, expected: tuple[str, str, str]) -> None:
    assert next_one(rule, utc(2026, 3, 11, 9)) == expected


def test_the_last_day_is_the_last_of_every_month_and_so_is_a_day_that_a_month_does_not_have() -> None:
    for day in (LAST_DAY, "31"):
        found = islice(occurrences(timing("monthly", day=day), WORKSPACE, utc(2028, 1, 1)), 5)
        assert [o.at.date().isoformat() for o in found] == [
            "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31",
        ]  # fmt: skip


def test_weeks_quarters_and_years_are_those_of_the_workspace() -> None:
    workspace = Workspace(id="acme", name="Acme", week_start=7, fiscal_month=4)
    now = utc(2026, 3, 11, 9)
    assert next_one(timing("weekly", weekday=7), now, workspace) == ("2026-03-15T08:00", "2026-03-08", "2026-03-14")
    assert next_one(timing("quarterly"), now, workspace) == ("2026-04-01T08:00", "2026-01-01", "2026-03-31")
    assert next_one(timing("yearly"), now, workspace) == ("2026-04-01T08:00", "2025-04-01", "2026-03-31")


def test_the_send_time_is_local_on_both_sides_of_a_clock_change() -> None:
    found = islice(occurrences(timing("daily", "09:00", "Europe/Warsaw"), WORKSPACE, utc(2026, 3, 27, 12)), 3)
    assert [o.at.strftime("%d %H:%M") for o in found] == ["28 08:00", "29 07:00", "30 07:00"]


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        # Warsaw skips from 2 to 3; New York likewise; Lord Howe by half an hour; Havana and Beirut skip midnight.
        ("Europe/Warsaw", (2026, 3, 29), "02:30", utc(2026, 3, 29, 1)),
        ("Europe/Warsaw", (2026, 3, 29), "02:00", utc(2026, 3, 29, 1)),
        ("America/New_York", (2026, 3, 8), "02:59", utc(2026, 3, 8, 7)),
        ("Australia/Lord_Howe", (2026, 10, 4), "02:15", utc(2026, 10, 3, 15, 30)),
        ("America/Havana", (2026, 3, 8), "00:20", utc(2026, 3, 8, 5)),
        # 30 December 2011 does not exist in Samoa.
        ("Pacific/Apia", (2011, 12, 30), "17:00", utc(2011, 12, 30, 10)),
    ],
)
def test_a_time_that_the_clock_skips_is_the_next_that_it_shows(
    zone: str, day: tuple[int, int, int], at: str, expected: datetime
) -> None:
    hour, minute = map(int, at.split(":"))
    wall = time(hour, minute)
    assert instant(date(*day), wall, ZoneInfo(zone)) == expected


def test_a_time_that_comes_twice_runs_the_first_time_only() -> None:
    found = list(islice(occurrences(timing("daily", "02:30", "Europe/Warsaw"), WORKSPACE, utc(2026, 10, 24, 12)), 2))
    assert [o.at for o in found] == [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]


rules = st.builds(
    Timing,
    cadence=st.sampled_from(Cadence),
    at=st.times().map(lambda t: t.strftime("%H:%M")),
    zone=st.sampled_from(ZONES),
    weekday=st.integers(1, 7),
    day=st.integers(1, 31).map(str) | st.just(LAST_DAY),
    month=st.integers(1, 3),
)
workspaces = st.builds(
    Workspace, id=st.just("acme"), name=st.just("Acme"), week_start=st.integers(1, 7), fiscal_month=st.integers(1, 12)
)
moments = st.integers(0, 15 * 365 * 24 * 60).map(lambda minutes: utc(2020, 1, 1) + timedelta(minutes=minutes))


@settings(max_examples=40, deadline=None)
@given(rule=rules, workspace=workspaces, after=moments)
def test_periods_follow_each_other_without_gap_or_overlap_and_are_over_when_they_are_sent(
    rule: Timing, workspace: Workspace, after: datetime
) -> None:
    zone = ZoneInfo(rule.zone)
    found = list(islice(occurrences(rule, workspace, after), 8))
    assert found[0].at > after
    for one in found:
        local = one.at.astimezone(zone)
        assert one.first <= one.last < local.date()
        # It runs in the unit that comes after what it covers.
        assert local.date() - one.last <= timedelta(days=366)
        assert covered(rule, workspace, one.at) == (one.first, one.last)
    for one, then in pairwise(found):
        assert then.at > one.at
        assert then.first == one.last + DAY


@settings(max_examples=40, deadline=None)
@given(rule=rules, after=moments)
def test_a_run_shows_the_asked_time_unless_the_clock_skips_it(rule: Timing, after: datetime) -> None:
    zone = ZoneInfo(rule.zone)
    one = following(rule, WORKSPACE, after)
    shown = one.at.astimezone(zone)
    if shown.strftime("%H:%M") != rule.at:
        before = (one.at - timedelta(seconds=1)).astimezone(zone)
        assert before.utcoffset() != shown.utcoffset()
        assert before.strftime("%H:%M") < rule.at < shown.strftime("%H:%M") or before.date() < shown.date()
    # Of a time that comes twice it is the first.
    assert shown.fold == 0


@settings(max_examples=40, deadline=None)
@given(rule=rules, after=moments, step=st.integers(1, 500))
def test_looking_later_never_finds_an_earlier_run(rule: Timing, after: datetime, step: int) -> None:
    first = following(rule, WORKSPACE, after)
    assert following(rule, WORKSPACE, first.at - timedelta(seconds=1)) == first
    assert following(rule, WORKSPACE, after + timedelta(hours=step)).at >= first.at
