"""Relations that hold for every set of rows, zone and filter, whatever the right answer is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ringlake.access import Scope
from ringlake.model.directory import Workspace
from ringlake.model.tables import CALLS
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import resolve
from ringlake.query.rows import select
from tests.unit.query.lake_rows import calls

FIRST = date(2026, 3, 27)
DAYS = 6
# Europe's clocks change on 29 March, in the middle.
ZONES = ["UTC", "Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Kiritimati"]

minutes = st.integers(0, (DAYS + 2) * 24 * 60)
people = st.sampled_from(["", "u1", "u2", "u3"])
row = st.fixed_dictionaries({"minute": minutes, "user_id": people, "team_id": st.sampled_from(["", "t1"])})
rows_ = st.lists(row, max_size=30)
filters = st.fixed_dictionaries(
    {},
    optional={
        "users": st.lists(people.filter(bool), max_size=2),
        "hour_from": st.sampled_from(["00:00", "08:30", "22:00"]),
        "hour_to": st.sampled_from(["06:00", "12:15", "23:59"]),
    },
)
EVERYTHING = Scope(everything=True)


def ids(rows: Any, zone: str, asked: dict[str, Any], first: date, last: date, scope: Scope = EVERYTHING) -> set[str]:
    workspace = Workspace(id="acme", name="Acme", zone=zone)
    wanted = parse(Filter, {**asked, "from": str(first), "to": str(last)})
    query = resolve(scope, wanted, workspace, datetime(2026, 4, 1, tzinfo=UTC))
    found = select(CALLS, rows, query)["record_id"].to_pylist()
    assert max(Counter(found).values(), default=0) <= 1
    return {str(i) for i in found}


def table(made: list[dict[str, Any]]) -> Any:
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=1)
    return calls(
        *(
            {"started_at": start + timedelta(minutes=r["minute"]), "user_id": r["user_id"], "team_id": r["team_id"]}
            for r in made
        )
    )


@given(rows_, st.sampled_from(ZONES), filters, st.integers(0, DAYS - 2))
def test_the_parts_of_a_range_make_the_whole(made: Any, zone: str, asked: dict[str, Any], cut: int) -> None:
    rows, middle, last = table(made), FIRST + timedelta(days=cut), FIRST + timedelta(days=DAYS - 1)
    before = ids(rows, zone, asked, FIRST, middle)
    after = ids(rows, zone, asked, middle + timedelta(days=1), last)

    assert before | after == ids(rows, zone, asked, FIRST, last)
    assert not before & after


@given(rows_, st.sampled_from(ZONES))
def test_each_row_belongs_to_the_local_day_it_started_on(made: Any, zone: str) -> None:
    rows = table(made)
    starts = dict(zip(rows["record_id"].to_pylist(), rows["started_at"].to_pylist(), strict=True))
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        local = {i for i, at in starts.items() if at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() == day}
        assert ids(rows, zone, {}, day, day) == local


@given(rows_, filters, st.lists(people.filter(bool), max_size=2))
def test_a_filter_or_a_scope_only_takes_away(made: Any, asked: dict[str, Any], users: list[str]) -> None:
    rows, last = table(made), FIRST + timedelta(days=DAYS)
    whole = ids(rows, "UTC", {}, FIRST, last)
    narrow = Scope(users=tuple(users))

    assert ids(rows, "UTC", asked, FIRST, last) <= whole
    assert ids(rows, "UTC", asked, FIRST, last, narrow) == ids(rows, "UTC", asked, FIRST, last) & ids(
        rows, "UTC", {}, FIRST, last, narrow
    )


@given(rows_, st.sampled_from(["08:30", "22:00"]), st.sampled_from(["06:00", "12:15"]), st.sampled_from(ZONES))
def test_a_window_and_the_window_beside_it_make_the_day(made: Any, start: str, end: str, zone: str) -> None:
    rows, last = table(made), FIRST + timedelta(days=DAYS)
    inside = ids(rows, zone, {"hour_from": start, "hour_to": end}, FIRST, last)
    outside = ids(rows, zone, {"hour_from": end, "hour_to": start}, FIRST, last)

    assert inside | outside == ids(rows, zone, {}, FIRST, last)
    assert not inside & outside
