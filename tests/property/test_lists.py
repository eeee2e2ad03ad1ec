"""Paging through any list yields each row exactly once, whatever comes in meanwhile, and nothing outside the scope.

What has to come out is worked out here from the rows alone: the filter and the scope once more in plain words.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.answers.detail import DetailQuery
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.listed import COLUMNS
from ringlake.flows.answers.worklist import CasesQuery
from ringlake.model.base import to_json
from ringlake.model.directory import Ability, Role, User
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import ALL_DAYS, CALLS, MESSAGES, OPEN_CASES
from ringlake.query.filters import parse
from ringlake.stores.lake import as_rows
from tests.property.test_rights import NOON, Drawn, allowed, drawn, lake_of, may, may_see
from tests.unit.export.world import World
from tests.unit.query.lake_rows import calls, messages

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NUMBERS, PEOPLE = ("n1", "n2"), ("", "operator", "other")
FILTERS: list[dict[str, Any]] = [{}, {"outcomes": ["busy"]}, {"channels": ["message"]}, {"users": ["other"]}]

# What sorts: few instants, so that many rows share one, over five UTC days.
moments = st.builds(
    lambda day, quarter: DAY + timedelta(days=day, hours=6 * quarter), st.integers(0, 4), st.integers(0, 3)
)


@st.composite
def rows(draw: st.DrawFn, most: int = 14) -> list[dict[str, Any]]:
    """Calls and messages with ids that are drawn too, because ids break ties."""
    return [
        {
            "record_id": f"c:{record_id}",
            "message": draw(st.booleans()),
            "started_at": draw(moments),
            "user_id": draw(st.sampled_from(PEOPLE)),
            "business_number_id": draw(st.sampled_from(NUMBERS)),
            "outcome": draw(st.sampled_from(("busy", "answered"))),
        }
        for record_id in draw(st.lists(st.integers(0, 99), unique=True, max_size=most))
    ]


def brought(world: World, found: list[dict[str, Any]]) -> None:
    """Put all rows into the lake, day by day, in place of what was there."""
    for table, of_messages, made in ((CALLS, False, calls), (MESSAGES, True, messages)):
        for number in range(5):
            day = (DAY + timedelta(days=number)).date()
            here = [
                {k: v for k, v in row.items() if k != "message" and not (of_messages and k == "outcome")}
                for row in found
                if row["message"] is of_messages and row["started_at"].date() == day
            ]
            name = day.isoformat()
            world.lake.write(table, "acme", name, made(*here), world.lake.etag(table, "acme", name))


def meets(row: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    if "outcomes" in asked and (row["message"] or row["outcome"] != "busy"):
        return False
    if "channels" in asked and not row["message"]:
        return False
    return "users" not in asked or row["user_id"] == "other"


def sees(user: User, row: Mapping[str, Any]) -> bool:
    """features.md O3, O4, W9; nobody rang, so there are no group calls."""
    if user.role is Role.OWNER:
        return True
    return row["business_number_id"] in user.numbers if user.role is Role.MEMBER else row["user_id"] == user.id


def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Newest first; of one instant calls before messages, then by id."""
    return (-row["started_at"].timestamp(), row["message"], row["record_id"])


@given(
    before=rows(),
    later=st.lists(rows(most=4), max_size=4),
    asked=st.sampled_from(FILTERS),
    user=st.sampled_from(("owner", "operator", "member")),
    limit=st.integers(1, 4),
)
def test_every_row_comes_once_while_others_come_in(
    before: list[dict[str, Any]], later: list[list[dict[str, Any]]], asked: dict[str, Any], user: str, limit: int
) -> None:
    world = World()
    lake, arriving = list(before), iter(later)
    brought(world, lake)
    viewer = world.viewer(user)
    seen: list[str] = []
    cursor, passed = "", None
    while True:
        query = {
            "from": "2026-03-01",
            "to": "2026-03-07",
            "limit": limit,
            **asked,
            **({"cursor": cursor} if cursor else {}),
        }
        page = world.answers.interactions.page(viewer, parse(ListQuery, query), world.now)
        shown = [row for row in lake if sees(viewer.user, row) and meets(row, asked)]
        expected = sorted((r for r in shown if passed is None or place(r) > passed), key=place)[:limit]
        assert [row.record_id for row in page.rows] == [row["record_id"] for row in expected]
        seen += [row["record_id"] for row in expected]
        passed = place(expected[-1]) if expected else passed
        if page.next is None:
            break
        cursor = page.next
        known = {row["record_id"] for row in lake}
        lake += [row for row in next(arriving, []) if row["record_id"] not in known]
        brought(world, lake)

    assert len(seen) == len(set(seen))
    # Whatever was there from the start and is the viewer's was shown.
    assert {row["record_id"] for row in before if sees(viewer.user, row) and meets(row, asked)} <= set(seen)


def open_case(row: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {c.name: "" if c.type == "string" else None for c in OPEN_CASES.columns}
    at = row["started_at"]
    due = at + timedelta(hours=1) if row["outcome"] == "busy" else None
    told = {
        "opened_at": at,
        "last_missed_at": at,
        "due_at": due,
        "state": "open",
        "misses": 1,
        "attempts": 0,
        "is_open": 1,
    }
    kept = {name: row[name] for name in ("record_id", "started_at", "user_id", "business_number_id")}
    return {**empty, **told, **kept, "miss_ids": row["record_id"], "party_key": f"k{len(row['record_id'])}"}


@given(
    found=rows(),
    user=st.sampled_from(("owner", "operator", "member")),
    limit=st.integers(1, 5),
    sort=st.sampled_from(("newest", "overdue")),
    group=st.sampled_from(("", "caller")),
)
def test_every_open_case_comes_once_on_the_work_list(
    found: list[dict[str, Any]], user: str, limit: int, sort: str, group: str
) -> None:
    world = World()
    world.lake.write(OPEN_CASES, "acme", ALL_DAYS, as_rows(OPEN_CASES, [open_case(row) for row in found]), None)
    viewer = world.viewer(user)
    seen: list[str] = []
    cursor = ""
    while True:
        query = {"sort": sort, "group": group, "limit": limit, **({"cursor": cursor} if cursor else {})}
        page = world.answers.work_list.page(viewer, parse(CasesQuery, query), world.now)
        seen += [case_id for row in page.rows for case_id in row.case_ids]
        mine = [row for row in found if sees(viewer.user, row)]
        assert page.counters.total == len(mine)
        if page.next is None:
            break
        cursor = page.next

    assert sorted(seen) == sorted(row["record_id"] for row in mine)


@given(found=rows(most=6), text=st.text(max_size=40) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_no_made_up_cursor_opens_anything(found: list[dict[str, Any]], text: str) -> None:
    world = World()
    brought(world, found)
    if text.strip():
        with pytest.raises(InvalidRequest) as refused:
            world.answers.interactions.page(world.viewer("owner"), parse(ListQuery, {"cursor": text}), world.now)
        assert refused.value.field == "cursor"


@given(drawn())
def test_no_page_cursor_detail_or_refusal_tells_of_what_is_hidden(case: Drawn) -> None:
    """Of random people and calls: rows, columns, cursors and errors."""
    world = World()
    world.lake = lake_of(case.records)
    for record in case.records:
        about = Subject(workspace="acme", kind=SubjectKind.CALL, connection="line", id=record.provider_id)
        world.records.put(about, record, world.records.load(about))
    viewer = Principal(workspace="acme", user=case.viewer)
    told: list[bytes] = []
    seen: list[Any] = []
    cursor = ""
    while True:
        query = {"from": "2026-03-09", "to": "2026-03-10", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = world.answers.interactions.page(viewer, parse(ListQuery, {**query, "columns": list(COLUMNS)}), NOON)
        seen += [row.record_id for row in page.rows]
        told.append(to_json(page))
        if page.next is None:
            break
        cursor = page.next
        told.append(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))

    for record in case.records:
        ask = partial(world.answers.details.show, viewer, record.record_id, DetailQuery(), NOON)
        if may_see(case.viewer, record):
            told.append(to_json(ask()))
        else:
            with pytest.raises(NotFound, match=f"^{record.record_id}$"):
                ask()
    assert sorted(seen) == sorted(allowed(case))
    shown = b"\n".join(told).decode("utf-8", "replace")
    for record in case.records:
        mine = may_see(case.viewer, record)
        assert (record.remote_number in shown) is (mine and may(case.viewer, Ability.SEE_NUMBERS))
        assert (f'"{record.remote_name}"' in shown) is (mine and may(case.viewer, Ability.SEE_NAMES))
        assert record.cost is not None
        assert (f'"{record.cost.amount}' in shown) is (mine and may(case.viewer, Ability.SEE_COSTS))
