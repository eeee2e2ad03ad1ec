"""The work list: open cases of all days, by state, caller and lateness, inside the scope."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringlake.errors import Forbidden, InvalidRequest, PlanTooLow
from ringlake.flows.answers.worklist import Cases, CasesQuery
from ringlake.model.directory import Ability
from ringlake.model.marks import Marks
from ringlake.model.tables import ALL_DAYS, CASES, LEGS, OPEN_CASES
from ringlake.query.filters import parse
from ringlake.stores.lake import as_rows
from tests.unit.export.world import NOW, WATERMARK, World
from tests.unit.query.lake_rows import legs

OLD = datetime(2024, 1, 5, 9, tzinfo=UTC)


def case(record_id: str, at: datetime = NOW - timedelta(hours=1), **fields: Any) -> Mapping[str, Any]:
    empty: dict[str, Any] = {c.name: "" if c.type == "string" else None for c in OPEN_CASES.columns}
    open_since = {"opened_at": at, "last_missed_at": at, "due_at": at + timedelta(minutes=30)}
    usual = {"state": "open", "case_source": "missed", "reason": "rang_no_answer", "misses": 1, "is_open": 1}
    row = {**empty, **usual, **open_since, "started_at": at, "attempts": 0, "party_key": f"k-{record_id}"}
    return {**row, "record_id": record_id, "miss_ids": record_id, **fields}


@pytest.fixture
def world() -> World:
    world = World()
    mine: dict[str, Any] = {"user_id": "operator", "team_id": "t1", "business_number_id": "n1"}
    rows = [
        case("c:old", OLD, **mine, remote_number="+48600100200", remote_name="Old friend"),
        case("c:new", NOW - timedelta(minutes=10), **mine, state="assigned", assignee="manager"),
        case("c:group", unattributed="group_call", rang=";operator;other;", business_number_id="n2"),
        case("c:theirs", business_number_id="n2", user_id="other", party_key="k-twice"),
        case("c:again", NOW - timedelta(minutes=5), business_number_id="n2", user_id="other", party_key="k-twice"),
        case("c:never", due_at=None, business_number_id="n2", misses=3, miss_ids="c:never;c:x;c:y"),
    ]
    world.lake.write(OPEN_CASES, "acme", ALL_DAYS, as_rows(OPEN_CASES, rows), None)
    today = [
        {name: value for name, value in row.items() if name != "rang"}
        for row in (*rows[1:3], case("c:closed", closed_at=NOW, is_open=0, state="reached", **mine))
    ]
    world.lake.write(CASES, "acme", NOW.date().isoformat(), as_rows(CASES, today), None)
    return world


def cases(world: World, user: str = "owner", **asked: Any) -> Cases:
    return world.answers.work_list.page(world.viewer(user), parse(CasesQuery, asked), world.now)


def ids(found: Cases) -> list[str]:
    return [row.record_id for row in found.rows]


def test_open_cases_have_no_horizon_and_stand_newest_first(world: World) -> None:
    found = cases(world)

    assert ids(found) == ["c:again", "c:new", "c:group", "c:never", "c:theirs", "c:old"]
    assert (found.count, found.next, found.all_days) == (6, None, True)
    assert found.rows[-1].started_at == OLD


def test_the_most_overdue_comes_first_and_what_is_never_due_last(world: World) -> None:
    found = cases(world, sort="overdue")

    assert ids(found) == ["c:old", "c:group", "c:theirs", "c:new", "c:again", "c:never"]
    assert [row.overdue for row in found.rows] == [True, True, True, False, False, False]
    assert ids(cases(world, sort="overdue", only_overdue="true")) == ["c:old", "c:group", "c:theirs"]


def test_counters_are_of_all_states_whatever_state_is_listed(world: World) -> None:
    found = cases(world, states=["assigned"])

    assert ids(found) == ["c:new"]
    assert (found.counters.total, found.counters.misses, found.counters.unassigned) == (6, 8, 5)
    assert (found.counters.by_state["open"], found.counters.by_state["assigned"], found.counters.overdue) == (5, 1, 3)
    assert found.count == 1


def test_cases_of_one_caller_are_one_row_with_a_counter(world: World) -> None:
    found = cases(world, group="caller")

    assert found.count == 5
    assert (found.rows[0].record_id, found.rows[0].cases, found.rows[0].misses) == ("c:again", 2, 2)
    assert found.rows[0].case_ids == ("c:again", "c:theirs")


@pytest.mark.parametrize(
    "asked", [{}, {"sort": "overdue"}, {"group": "caller"}, {"group": "caller", "sort": "overdue"}]
)
def test_pages_add_up_to_the_list(world: World, asked: dict[str, Any]) -> None:
    found, cursor = [], ""
    while True:
        page = cases(world, **asked, limit=1, **({"cursor": cursor} if cursor else {}))
        found += ids(page)
        if page.next is None:
            break
        cursor = page.next

    assert found == ids(cases(world, **asked))


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("operator", {"c:old", "c:new", "c:group"}),
        ("manager", {"c:old", "c:new"}),
        ("member", {"c:old", "c:new"}),
        ("other", {"c:group", "c:theirs", "c:again", "c:never"}),
    ],
)
def test_everybody_sees_and_counts_the_cases_of_the_scope(world: World, user: str, seen: set[str]) -> None:
    found = cases(world, user)

    assert (set(ids(found)), found.counters.total) == (seen, len(seen))


def test_with_dates_closed_cases_are_listed_too(world: World) -> None:
    found = cases(world, preset="today", states=["reached", "open"])

    assert ids(found) == ["c:closed", "c:group"]
    assert (found.all_days, found.counters.by_state["reached"]) == (False, 1)
    assert found.rows[0].closed_at == NOW


def test_with_dates_group_calls_are_seen_by_whom_they_rang(world: World) -> None:
    rang = legs({"record_id": "c:group", "user_id": "operator"})
    world.lake.write(LEGS, "acme", NOW.date().isoformat(), rang, None)

    assert ids(cases(world, "operator", preset="today")) == ["c:new", "c:closed", "c:group"]
    assert ids(cases(world, "manager", preset="today")) == ["c:new", "c:closed"]


CONDITIONS = [
    ({"assignees": ["me"]}, "manager", ["c:new"]),
    ({"assignees": [""]}, "manager", ["c:old"]),
    ({"users": ["other"]}, "owner", ["c:again", "c:theirs"]),
    ({"teams": ["t1"]}, "owner", ["c:new", "c:old"]),
    ({"numbers": ["n2"], "reasons": ["rang_no_answer"]}, "other", ["c:again", "c:group", "c:never", "c:theirs"]),
    ({"remote": "600 100 200"}, "owner", ["c:old"]),
    ({"case_sources": ["voicemail"]}, "owner", []),
    ({"party": "k-twice"}, "owner", ["c:again", "c:theirs"]),
]


@pytest.mark.parametrize(("asked", "user", "expected"), CONDITIONS)
def test_conditions_choose(world: World, asked: dict[str, Any], user: str, expected: list[str]) -> None:
    assert ids(cases(world, user, **asked)) == expected


def test_numbers_and_names_are_hidden_from_who_may_not_see_them(world: World) -> None:
    world.change("operator", without=(Ability.SEE_NUMBERS, Ability.SEE_NAMES))
    row = cases(world, "operator").rows[-1]

    assert (row.record_id, row.remote_number, row.remote_name) == ("c:old", "+48•••••••00", "")
    with pytest.raises(Forbidden, match="see_numbers"):
        cases(world, "operator", remote="600100200")


def test_what_was_said_since_the_last_roll_up_is_told(world: World) -> None:
    said = Marks(record_id="c:new", case_note="Ring in the morning", updated_at=NOW, updated_by="manager")
    world.marks.put("acme", said, None)
    row = cases(world).rows[1]

    assert (row.note, row.version, row.pending) == ("Ring in the morning", 1, True)
    world.directory.set_watermark("acme", NOW + timedelta(seconds=1))
    assert cases(world).rows[1].pending is False
    assert WATERMARK < NOW


@pytest.mark.parametrize("asked", [{"preset": "today", "from": "2026-03-01"}, {"from": "2026-03-01"}, {"limit": 0}])
def test_a_wrong_field_is_named(world: World, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        cases(world, **asked)

    assert refused.value.field in ("preset", "to", "limit")


def test_a_cursor_is_of_one_list_of_one_person(world: World) -> None:
    cursor = cases(world, limit=1).next

    for user, asked in (("manager", {}), ("owner", {"sort": "overdue"}), ("owner", {"states": ["open"]})):
        with pytest.raises(InvalidRequest) as refused:
            cases(world, user, limit=1, cursor=cursor, **asked)
        assert refused.value.field == "cursor"


def test_new_cases_are_seen_at_once_though_the_list_is_kept_in_memory(world: World) -> None:
    work_list = world.answers.work_list
    query = parse(CasesQuery, {})
    assert work_list.page(world.viewer("owner"), query, NOW).count == 6
    _, etag = world.lake.read(OPEN_CASES, "acme", ALL_DAYS)
    world.lake.write(OPEN_CASES, "acme", ALL_DAYS, as_rows(OPEN_CASES, [case("c:only")]), etag)

    assert ids(work_list.page(world.viewer("owner"), query, NOW)) == ["c:only"]


def test_a_workspace_without_any_case_has_an_empty_list(world: World) -> None:
    found = world.answers.work_list.page(world.viewer("owner", "rival"), parse(CasesQuery, {}), NOW)

    assert (found.rows, found.count, found.counters.total) == ((), 0, 0)


def test_a_plan_without_analytics_gets_no_list(world: World) -> None:
    import msgspec

    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), plan="starter"))

    with pytest.raises(PlanTooLow):
        cases(world)
