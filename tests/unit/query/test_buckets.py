"""Buckets of a range: calendar units in local time, hours and quarters by the wall clock (O14, O22, O23, D4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from ringlake.access import Scope
from ringlake.errors import InvalidRequest
from ringlake.model.directory import Workspace
from ringlake.query.buckets import Axis, Granularity, axis, hour_of_week, previous
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import Kind, ResolvedQuery, resolve

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def query(first: str, last: str, zone: str = "Europe/Warsaw") -> ResolvedQuery:
    workspace = Workspace(id="acme", name="Acme", zone=zone)
    return resolve(
        Scope(everything=True), parse(Filter, {"from": first, "to": last}), workspace, LATER, Kind.AGGREGATES
    )


def cut(first: str, last: str, unit: str, zone: str = "Europe/Warsaw", **how: Any) -> Axis:
    return axis(query(first, last, zone), Granularity(unit), how.pop("now", LATER), **how)


def labels(made: Axis) -> list[str]:
    return [bucket.label + ("*" if bucket.partial else "") for bucket in made.buckets]


def test_weeks_begin_on_monday_and_are_clipped_to_the_range() -> None:
    # 2026-03-04 is a Wednesday.
    assert labels(cut("2026-03-04", "2026-03-17", "week")) == ["2026-03-04*", "2026-03-09", "2026-03-16*"]
    assert labels(cut("2026-03-02", "2026-03-15", "week")) == ["2026-03-02", "2026-03-09"]


def test_the_week_begins_on_the_workspaces_day() -> None:
    assert labels(cut("2026-03-01", "2026-03-14", "week", week_start=7)) == ["2026-03-01", "2026-03-08"]
    assert labels(cut("2026-03-01", "2026-03-07", "week", week_start=6)) == ["2026-03-01*", "2026-03-07*"]


def test_months_are_calendar_months() -> None:
    assert labels(cut("2026-01-15", "2026-03-31", "month")) == ["2026-01*", "2026-02", "2026-03"]


def test_what_is_not_over_is_partial() -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    assert labels(cut("2026-03-09", "2026-03-11", "day", now=now)) == ["2026-03-09", "2026-03-10*", "2026-03-11*"]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Warsaw", "2026-03-29", 23),
        ("Europe/Warsaw", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Kathmandu", "2026-03-10", 24),
    ],
)
def test_a_day_of_any_length_is_one_bucket_and_its_hours_sum_to_it(zone: str, day: str, hours: float) -> None:
    (whole,) = cut(day, day, "day", zone).buckets
    assert whole.end_utc - whole.start_utc == timedelta(hours=hours)
    for unit in ("hour", "quarter_hour"):
        parts = cut(day, day, unit, zone).buckets
        assert (parts[0].start_utc, parts[-1].end_utc) == (whole.start_utc, whole.end_utc)
        assert all(a.end_utc == b.start_utc for a, b in pairwise(parts))


def test_the_repeated_hour_is_two_buckets_and_the_skipped_one_none() -> None:
    autumn = [b.label for b in cut("2026-10-25", "2026-10-25", "hour").buckets]
    assert autumn[1:5] == [
        "2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00",
    ]  # fmt: skip
    spring = [b.label for b in cut("2026-03-29", "2026-03-29", "hour").buckets]
    assert spring[1:3] == ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"]


def test_zones_with_half_and_quarter_hours_are_cut_at_their_own_full_hours() -> None:
    first = cut("2026-03-10", "2026-03-10", "hour", "Asia/Kathmandu").buckets[0]
    assert (first.start_utc, first.label) == (datetime(2026, 3, 9, 18, 15, tzinfo=UTC), "2026-03-10T00:00+05:45")
    # Lord Howe goes from 02:00 back to 01:30: half an hour comes twice.
    autumn = [b.label for b in cut("2026-04-05", "2026-04-05", "hour", "Australia/Lord_Howe").buckets]
    assert autumn[1:4] == ["2026-04-05T01:00+11:00", "2026-04-05T01:30+10:30", "2026-04-05T02:00+10:30"]


UNITS = ["month", "week", "day", "hour", "quarter_hour"]
RANGES = [
    ("Europe/Warsaw", "2026-03-27", "2026-04-02"),
    ("Europe/Warsaw", "2026-10-24", "2026-11-02"),
    ("America/New_York", "2026-10-30", "2026-11-03"),
    ("Australia/Lord_Howe", "2026-04-03", "2026-04-07"),
    ("Australia/Lord_Howe", "2026-10-03", "2026-10-06"),
    ("Asia/Kathmandu", "2026-02-27", "2026-03-03"),
    ("Africa/Cairo", "2026-04-23", "2026-04-25"),
    ("America/Havana", "2026-10-31", "2026-11-02"),
    ("Africa/Casablanca", "2026-02-13", "2026-02-17"),
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("zone", "first", "last"), RANGES)
def test_each_instant_lies_in_the_bucket_that_its_bounds_say(zone: str, first: str, last: str, unit: str) -> None:
    made = cut(first, last, unit, zone)
    bounds = made.buckets[0].start_utc, made.buckets[-1].end_utc
    # 7 minutes, and both ends of every bucket to the millisecond.
    instants = [
        bounds[0] + timedelta(minutes=7) * n for n in range(int((bounds[1] - bounds[0]) / timedelta(minutes=7)))
    ]
    instants += [b.start_utc for b in made.buckets] + [b.end_utc - timedelta(milliseconds=1) for b in made.buckets]
    column = pa.chunked_array([pa.array([i.replace(tzinfo=None) for i in instants], pa.timestamp("ms"))])

    found = made.index(column).to_pylist()

    for instant, n in zip(instants, found, strict=True):
        assert made.buckets[n].start_utc <= instant < made.buckets[n].end_utc


def test_too_many_buckets_are_refused_by_name() -> None:
    with pytest.raises(InvalidRequest) as refused:
        cut("2026-01-01", "2026-02-15", "quarter_hour")
    assert refused.value.field == "granularity"
    assert len(cut("2026-01-01", "2026-01-31", "quarter_hour").buckets) == 31 * 96


def test_the_previous_period_has_as_many_days_and_ends_where_this_one_begins() -> None:
    asked = query("2026-03-29", "2026-03-29")
    before = previous(asked)
    assert (before.from_date, before.to_date) == (date(2026, 3, 28), date(2026, 3, 28))
    assert before.end_utc == asked.start_utc
    # A day of 23 hours is compared with one of 24.
    assert before.end_utc - before.start_utc == timedelta(hours=24)
    assert previous(query("2026-03-01", "2026-03-31")).from_date == date(2026, 1, 29)
    assert before.predicates == asked.predicates


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York"])
def test_the_hour_of_the_week_is_the_local_clocks(zone: str) -> None:
    tz = ZoneInfo(zone)
    instants = [datetime(2026, 3, 26, tzinfo=UTC) + timedelta(minutes=13) * n for n in range(1200)]
    column = pa.array([i.replace(tzinfo=None) for i in instants], pa.timestamp("ms"))

    local = [i.astimezone(tz) for i in instants]
    assert hour_of_week(column, zone).to_pylist() == [(at.isoweekday() - 1) * 24 + at.hour for at in local]
