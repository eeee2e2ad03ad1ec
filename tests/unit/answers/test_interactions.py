"""The list of interactions: both channels in one line, page by page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ringlake.errors import Forbidden, InvalidRequest, PlanTooLow
from ringlake.flows.answers.interactions import Interactions, ListQuery
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS
from ringlake.query.filters import parse
from tests.unit.export.world import FILTER, World

ALL = {"from": "2026-03-08", "to": "2026-03-11"}


@pytest.fixture
def world() -> World:
    return World()


def page(world: World, user: str = "owner", workspace: str = "acme", **asked: Any) -> Interactions:
    query = parse(ListQuery, {**FILTER, **asked} if "preset" not in asked else asked)
    return world.answers.interactions.page(world.viewer(user, workspace), query, world.now)


def ids(found: Interactions) -> list[Any]:
    return [row.record_id for row in found.rows]


def test_calls_and_messages_stand_in_one_line_newest_first(world: World) -> None:
    found = page(world)

    # The night call of the 8th began on the 9th in Warsaw; of one instant the call comes first.
    assert ids(found) == ["c:group", "c:2", "c:1", "m:1", "c:night"]
    assert [row.channel for row in found.rows][2:4] == ["call", "message"]
    assert (found.next, found.count) == (None, None)
