"""Two implementations for every number that finance sees.

A simulated company's deliveries go through ingest, fold and roll-up; the same raw bodies go
through `activity.sql`, which knows the metric dictionary and the providers' documents but none of
our Python. Every dimension and every measure must be equal, row by row.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringlake.model.directory import Hours
from ringlake.model.tables import ACTIVITY, CALLS, MEASURES, MESSAGES
from ringlake.stores.lake import from_parquet
from tests.oracle import second
from tests.oracle.received import WORKSPACE, Company
from tools.simulator import people, render
from tools.simulator.history import history, month

# Whole hours, half hours, three quarters, a zone whose summer time is half an hour; both hemispheres.
ZONES = (
    "UTC", "America/New_York", "America/St_Johns", "Europe/Warsaw", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Chatham",
)  # fmt: skip
# Stretches around the changes of the clocks in 2026, in both directions, and one without any.
LAST_DAYS = (
    date(2026, 3, 9), date(2026, 3, 30), date(2026, 4, 6), date(2026, 7, 2), date(2026, 9, 28), date(2026, 10, 26),
    date(2026, 11, 2),
)  # fmt: skip
DIMENSIONS = tuple(name for name in ACTIVITY.names if name not in MEASURES)

type Rows = Counter[tuple[Any, ...]]


def story(seed: int, zone: str, last: date, days: int = 3, scale: float = 0.4) -> tuple[Company, list[render.Notice]]:
    """A company in that zone and everything its providers send about the days up to `last`."""
    staff = replace(people.company(seed), zone=zone)
    started = datetime.combine(last, time(), UTC) - timedelta(days=days)
    return Company(staff, started), render.notices(history(staff, seed, month(last, days), scale))


def ours(company: Company) -> Rows:
    lake = company.roll_up()
    days = list(lake.days(ACTIVITY, WORKSPACE))
    return _rows(row for day in days for row in lake.read(ACTIVITY, WORKSPACE, day).rows.to_pylist())


def theirs(company: Company) -> Rows:
    return _rows(second.activity(company.events(), company.directory.load(WORKSPACE)))


def _rows(found: Iterable[dict[str, Any]], names: Sequence[str] = second.FROM_BODIES) -> Rows:
    return Counter(tuple(int(row[name]) if name in MEASURES else row[name] for name in names) for row in found)


def assert_equal(company: Company) -> Rows:
    mine, other = ours(company), theirs(company)
    assert mine == other, "\n".join(
        f"{sign} {dict(zip(second.FROM_BODIES, row, strict=True))}"
        for sign, rows in (("roll-up", mine - other), ("SQL    ", other - mine))
        for row in sorted(rows, key=str)[:5]
    )
    return mine


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10_000),
    zone=st.sampled_from(ZONES),
    last=st.sampled_from(LAST_DAYS),
    # A share of the deliveries that has not come yet: live calls, ends without beginnings, lone artefacts.
    outstanding=st.sampled_from([0.0, 0.1, 0.4, 0.8]),
)
def test_the_roll_up_and_sql_over_raw_bodies_agree(seed: int, zone: str, last: date, outstanding: float) -> None:
    company, notices = story(seed, zone, last)
    chance = random.Random(seed)
    late = [notice for notice in notices if chance.random() < outstanding]
    company.receive(notice for notice in notices if notice not in late)
    company.fold()
    assert_equal(company)

    company.receive(late)
    company.fold()
    assert_equal(company)


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe"])
def test_every_kind_of_call_and_message_is_compared(zone: str) -> None:
    """A comparison of nothing with nothing would pass: a big history has every word in every measure."""
    company, notices = story(6, zone, LAST_DAYS[1], days=7, scale=2.0)
    company.receive(notices)
    company.fold()
    found = assert_equal(company)

    measures = [name for name in MEASURES if name in second.FROM_BODIES]
    totals = {name: sum(row[second.FROM_BODIES.index(name)] for row in found) for name in measures}
    assert all(totals.values()), totals
    outcomes = {row[second.FROM_BODIES.index("outcome")] for row in found}
    assert outcomes >= {
        "answered", "no_answer", "caller_abandoned", "busy", "failed", "voicemail", "outbound_aborted",
        "received", "delivered", "undelivered", "sent", "pending",
    }  # fmt: skip


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), zone=st.sampled_from(ZONES), last=st.sampled_from(LAST_DAYS))
def test_recovery_in_activity_is_what_the_rows_of_calls_say(seed: int, zone: str, last: date) -> None:
    company, notices = story(seed, zone, last, days=4, scale=1.0)
    chance = random.Random(seed)
    late = [notice for notice in notices if chance.random() < 0.2]
    company.receive(notice for notice in notices if notice not in late)
    company.fold()
    company.roll_up()
    company.receive(late)
    company.fold()
    lake = company.roll_up()

    names = ("bucket_start", "user_id", "team_id", "business_number", "direction", "outcome", "source")
    days = list(lake.days(CALLS, WORKSPACE))
    calls = pa.concat_tables([lake.read(CALLS, WORKSPACE, day).rows for day in days])
    kept = [row for day in days for row in lake.read(ACTIVITY, WORKSPACE, day).rows.to_pylist()]
    summed: dict[tuple[Any, ...], Counter[str]] = {}
    for row in (row for row in kept if row["channel"] == "call"):
        sums = summed.setdefault(tuple(row[name] for name in names), Counter())
        sums.update({name: row[name] for name in second.OF_RECOVERY})
    other = {
        tuple(row[name] for name in names): Counter({name: int(row[name]) for name in second.OF_RECOVERY})
        for row in second.recovered(calls)
    }
    assert summed == other
    assert sum(sums["recovered"] for sums in summed.values()) > 0


@pytest.mark.parametrize(("short_s", "service_s"), [(0, 5), (5, 20), (30, 0)])
def test_thresholds_move_both_sides_alike(short_s: int, service_s: int) -> None:
    company, notices = story(5, "Europe/Warsaw", LAST_DAYS[3], days=5, scale=1.0)
    changed = msgspec.structs.replace(
        company.directory.settings(WORKSPACE), short_abandon_s=short_s, service_threshold_s=service_s
    )
    company.directory.put_workspace(changed)
    company.receive(notices)
    company.fold()
    assert_equal(company)


@pytest.mark.parametrize(
    ("hours", "answered_while_closed"),
    [
        (Hours(), False),
        # Narrow hours and a holiday: many calls are answered outside of them, which counts as answered only.
        (Hours(weekly={str(day): [("09:30", "11:15"), ("14:00", "15:00")] for day in range(1, 8)}), True),
        (Hours(weekly={"1": [("00:00", "24:00")]}, holidays=("2026-06-29",)), True),
    ],
)
def test_open_hours_move_both_sides_alike(hours: Hours, answered_while_closed: bool) -> None:
    company, notices = story(6, "Asia/Kathmandu", LAST_DAYS[3], days=5, scale=1.0)
    company.directory.put_workspace(msgspec.structs.replace(company.directory.settings(WORKSPACE), hours=hours))
    company.receive(notices)
    company.fold()
    found = [dict(zip(second.FROM_BODIES, row, strict=True)) for row in assert_equal(company)]

    inbound = [cell for cell in found if cell["direction"] == "inbound"]
    assert (sum(c["answered"] for c in inbound) > sum(c["answered_offered"] for c in inbound)) is answered_while_closed
    assert (sum(c["closed_hours"] for c in inbound) > 0) is answered_while_closed


# --- relations that need no second opinion ------------------------------------


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), zone=st.sampled_from(ZONES), last=st.sampled_from(LAST_DAYS))
def test_any_order_repetition_and_batching_of_deliveries_gives_the_same_bytes(seed: int, zone: str, last: date) -> None:
    company, notices = story(seed, zone, last)
    company.receive(notices)
    company.fold()
    company.roll_up()
    in_order = _held(company)

    chance = random.Random(seed)
    shuffled = [*notices, *(n for n in notices if chance.random() < 0.3)]
    chance.shuffle(shuffled)
    company.empty()
    for batch in _batches(shuffled, chance):
        company.receive(batch)
        company.fold({f"{WORKSPACE}#{n.subject[0]}#{n.connection}#{n.subject[1]}" for n in batch})
        if chance.random() < 0.3:
            company.roll_up()
    company.roll_up()

    assert _held(company) == in_order


def _batches(notices: Sequence[render.Notice], chance: random.Random) -> Iterable[Sequence[render.Notice]]:
    at = 0
    while at < len(notices):
        size = chance.randint(1, 60)
        yield notices[at : at + size]
        at += size


def _held(company: Company) -> dict[str, bytes]:
    """Objects that hold rows: a day that only once held some keeps an object without any."""
    tables = {table.name: table for table in (CALLS, MESSAGES, ACTIVITY)}
    found = {key: body for key, body in company.objects.bodies.items() if key.partition("/")[0] in tables}
    return {key: body for key, body in found.items() if len(from_parquet(tables[key.partition("/")[0]], body))}


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "America/New_York"])
def test_activity_is_the_sum_of_the_rows_of_every_local_day(zone: str) -> None:
    """Screen, file and SQL count the same: by day, by user, by team with nobody, by number."""
    company, notices = story(9, zone, LAST_DAYS[4], days=4, scale=1.0)
    company.receive(notices)
    company.fold()
    lake = company.roll_up()

    def all_rows(table: Any) -> list[dict[str, Any]]:
        return [r for day in lake.days(table, WORKSPACE) for r in lake.read(table, WORKSPACE, day).rows.to_pylist()]

    activity, calls, messages = all_rows(ACTIVITY), all_rows(CALLS), all_rows(MESSAGES)
    pairs = (("calls", calls, "is_call"), ("missed", calls, "is_missed"), ("talk_s", calls, "talk_s"),
             ("messages", messages, "is_message"), ("delivered", messages, "is_delivered"))  # fmt: skip
    for dimension in (
        "local_date",
        "local_hour",
        "local_weekday",
        "user_id",
        "team_id",
        "business_number",
        "direction",
    ):
        for measure, rows, column in pairs:
            assert _by(activity, dimension, measure) == _by(rows, dimension, column), (dimension, measure)


def _by(rows: list[dict[str, Any]], dimension: str, measure: str) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in rows:
        if row.get("is_call", 1):
            found[row[dimension]] += row[measure] or 0
    return +found


def test_answered_and_missed_and_short_are_offered_in_every_cell() -> None:
    company, notices = story(11, "Europe/Warsaw", LAST_DAYS[5], days=7, scale=1.0)
    company.receive(notices)
    company.fold()
    for row in ours(company):
        cell = dict(zip(second.FROM_BODIES, row, strict=True))
        assert cell["answered_offered"] + cell["missed"] + cell["short_abandons"] == cell["offered"]
        assert cell["within_service"] <= cell["answered_offered"] <= cell["answered"] <= cell["calls"]
