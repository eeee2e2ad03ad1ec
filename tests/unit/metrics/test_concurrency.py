"""Calls at once (metrics.md Concurrency): boundaries, carry-over, and any history against counting."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.metrics.busyhours import hours, steps, working_days
from ringlake.metrics.concurrency import sweep
from ringlake.model.directory import Hours, Schedule, Workspace

MINUTE = 60_000
NINE, TEN, ELEVEN = 9 * 60 * MINUTE, 10 * 60 * MINUTE, 11 * 60 * MINUTE

type Span = tuple[int, int]


def swept(spans: list[Span], bounds: list[int], answers: list[int | None] | None = None) -> list[tuple[int, int, int]]:
    """Peak, its first instant and time in use of each bucket; of conversations when there are answers."""
    starts, ends = (pa.array([span[n] for span in spans], pa.int64()) for n in range(2))
    answered = pa.array([None] * len(spans) if answers is None else answers, pa.int64())
    found = sweep(starts, answered, ends, bounds)
    return list(zip(*(found.waiting if answers is None else found.answered), strict=True))


def test_a_call_counts_in_every_hour_that_it_reaches_into() -> None:
    """09:50 to 10:10: at ten it is carried over."""
    found = swept([(NINE + 50 * MINUTE, TEN + 10 * MINUTE)], [NINE, TEN, ELEVEN, ELEVEN + 60 * MINUTE])

    assert [peak for peak, _, _ in found] == [1, 1, 0]
    assert [busy for _, _, busy in found] == [10 * MINUTE, 10 * MINUTE, 0]
    assert [at for _, at, _ in found][:2] == [NINE + 50 * MINUTE, TEN]


def test_a_call_that_ends_as_another_begins_does_not_meet_it() -> None:
    assert swept([(0, 10), (10, 20)], [0, 30]) == [(1, 0, 20)]
    assert swept([(0, 11), (10, 20)], [0, 30]) == [(2, 10, 21)]


def test_a_call_that_ends_as_the_hour_begins_is_not_in_it() -> None:
    assert [peak for peak, _, _ in swept([(0, TEN)], [NINE, TEN, ELEVEN])] == [1, 0]
    assert [peak for peak, _, _ in swept([(TEN, ELEVEN)], [NINE, TEN, ELEVEN])] == [0, 1]


def test_a_call_from_long_before_to_long_after_is_in_every_hour() -> None:
    found = swept([(-(10**12), 10**13)], [NINE, TEN, ELEVEN])
    assert found == [(1, NINE, 60 * MINUTE), (1, TEN, 60 * MINUTE)]


def test_a_call_without_duration_is_at_no_instant() -> None:
    assert swept([(5, 5), (7, 6)], [0, 30]) == [(0, 0, 0)]
    assert swept([], [0, 30]) == [(0, 0, 0)]


def test_the_first_of_equal_peaks_is_told() -> None:
    assert swept([(3, 5), (7, 9)], [0, 30]) == [(1, 3, 4)]


SPANS = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 30)).map(lambda s: (s[0], s[0] + s[1])), max_size=12)
BOUNDS = st.lists(st.integers(-10, 50), min_size=2, max_size=8, unique=True).map(sorted)


@given(SPANS, BOUNDS)
def test_the_sweep_is_counting_at_every_instant(spans: list[Span], bounds: list[int]) -> None:
    expected = []
    for start, end in pairwise(bounds):
        at_once = [sum(a <= t < b for a, b in spans) for t in range(start, end)]
        expected.append((max(at_once), start + at_once.index(max(at_once)), sum(at_once)))

    assert swept(spans, bounds) == expected


@given(SPANS.flatmap(lambda spans: st.tuples(st.just(spans), st.lists(
    st.none() | st.integers(0, 30), min_size=len(spans), max_size=len(spans)
))), BOUNDS)  # fmt: skip
def test_conversations_are_swept_from_their_answer_on(
    told: tuple[list[Span], list[int | None]], bounds: list[int]
) -> None:
    spans, waits = told
    answers = [None if wait is None else start + wait for (start, _), wait in zip(spans, waits, strict=True)]
    talks = [(at, end) for (start, end), at in zip(spans, answers, strict=True) if at is not None]

    assert swept(spans, bounds, answers) == swept(talks, bounds)
    assert swept(spans, bounds) == swept(spans, bounds, [start for start, _ in spans])


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "day", "count", "shortest"),
    [
        ("Europe/Warsaw", date(2026, 3, 29), 23, 60),
        ("Europe/Warsaw", date(2026, 10, 25), 25, 60),
        ("Europe/Warsaw", date(2026, 7, 1), 24, 60),
        ("Asia/Kathmandu", date(2026, 7, 1), 24, 60),
        # 03:45 becomes 02:45: three is cut at a quarter to four, then come the quarter before three and three again.
        ("Pacific/Chatham", date(2026, 4, 5), 26, 15),
        # Summer time of half an hour: one hour of the clock is cut short, or comes half again.
        ("Australia/Lord_Howe", date(2026, 10, 4), 24, 30),
        ("Australia/Lord_Howe", date(2026, 4, 5), 25, 30),
    ],
)
def test_hours_follow_the_wall_clock(zone: str, day: date, count: int, shortest: int) -> None:
    tz = ZoneInfo(zone)
    start, end = midnight(day, tz), midnight(day + timedelta(days=1), tz)
    found = steps(tz, start, end, 3600)

    assert (found[0].start_ms, found[-1].end_ms) == (int(start.timestamp()) * 1000, int(end.timestamp()) * 1000)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(found))
    for step in found:
        local = datetime.fromtimestamp(step.start_ms / 1000, tz)
        assert (step.day, step.minute) == ((local.date() - date(1970, 1, 1)).days, local.hour * 60 + local.minute)
    assert {step.day for step in found} == {(day - date(1970, 1, 1)).days}
    assert (len(found), min(s.end_ms - s.start_ms for s in found)) == (count, shortest * MINUTE)


def test_an_hour_that_comes_twice_is_a_mean_over_both() -> None:
    """Autumn in Warsaw: two o'clock lasts two hours; one line busy in all of them is one erlang."""
    tz = ZoneInfo("Europe/Warsaw")
    day = date(2026, 10, 25)
    grid = steps(tz, midnight(day, tz), midnight(day + timedelta(days=1), tz), 3600)
    busy = [step.end_ms - step.start_ms for step in grid]
    working = {(day - date(1970, 1, 1)).days}
    found = hours(grid, busy, [1] * len(grid), working, 2**60)

    assert [hour.erlangs for hour in found] == [1.0] * 24
    assert found[2].arrivals == 2
    assert found[2].arrivals_per_hour == 1


def test_only_what_is_over_on_working_days_counts() -> None:
    tz = ZoneInfo("UTC")
    grid = steps(tz, datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC), 3600)
    friday = (date(2026, 3, 6) - date(1970, 1, 1)).days
    found = hours(grid, [60 * MINUTE] * 48, [3] * 48, {friday}, grid[9].end_ms)

    assert [(hour.hour, hour.days, hour.erlangs, hour.arrivals_per_hour) for hour in found] == [
        (hour, 1, 1.0, 3.0) for hour in range(10)
    ]
    assert hours(grid, [0] * 48, [0] * 48, set(), 2**60) == []


def test_a_business_works_on_the_days_it_opens() -> None:
    weekdays = Hours(weekly={str(d): [("09:00", "17:00")] for d in range(1, 6)}, holidays=("2026-03-04",))
    workspace = Workspace(
        id="acme",
        name="Acme",
        hours=weekdays,
        schedules=(Schedule(hours=Hours(weekly={"6": [("10:00", "12:00")]}), valid_from="2026-03-06"),),
    )
    first, last = date(2026, 3, 2), date(2026, 3, 8)
    found = sorted(date(1970, 1, 1) + timedelta(days=n) for n in working_days(workspace, first, last))

    assert [day.day for day in found] == [2, 3, 5, 7]
    assert len(working_days(Workspace(id="acme", name="Acme"), first, last)) == 7


DAY_MS = 86_400_000


@pytest.mark.parametrize("in_order", [True, False])
def test_a_long_range_is_swept_month_by_month_to_the_same_end(in_order: bool) -> None:
    """Four months of calls in the order of their days, as the lake has them; some last for days, one for months."""
    chance = random.Random(7)
    days = sorted(chance.randrange(1, 121) for _ in range(400))
    starts = [day * DAY_MS + chance.randrange(DAY_MS) for day in days]
    lasts = [chance.choice((1_000, 600_000, DAY_MS, 3 * DAY_MS)) for _ in starts]
    lasts[20] = 80 * DAY_MS
    spans = [(start, start + last) for start, last in zip(starts, lasts, strict=True)]
    answers = [start + 500 if chance.random() < 0.6 else None for start in starts]
    if not in_order:
        chance.shuffle(spans)
    bounds = [n * DAY_MS // 4 for n in range(8, 4 * 119)]

    found = swept(spans, bounds), swept(spans, bounds, answers if in_order else [None] * len(spans))
    for n in chance.sample(range(len(bounds) - 1), 60):
        bucket = bounds[n : n + 2]
        assert found[0][n] == swept(spans, bucket)[0]
        if in_order:
            assert found[1][n] == swept(spans, bucket, answers)[0]
