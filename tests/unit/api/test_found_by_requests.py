"""Requests that once broke something, as they were found: by made-up requests, each kept as a sentence."""

from __future__ import annotations

import pytest

from tests.unit.api.conftest import api
from tests.unit.api.furnished import furnished
from tests.unit.api.test_api import OWNER, call
from tests.unit.export.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    made, _ = furnished()
    rooms = made.rooms
    monkeypatch.setattr(api, "stores", lambda: rooms)
    return made


@pytest.mark.parametrize(
    ("route", "query"),
    [
        # Grouping no rows: Arrow could not tell what an empty list holds.
        ("GET /v1/cases", "group=caller&sources=nowhere"),
    ],
)
def test_it_is_answered(world: World, route: str, query: str) -> None:
    status, answer, _ = call(route, OWNER, query=query)
    assert status == 200, answer


@pytest.mark.parametrize(
    ("route", "query", "field"),
    [
        ("GET /v1/analytics/summary", "from=0001-01-01&to=0001-01-02", "from"),
        ("GET /v1/interactions", "from=2026-03-09&to=2026-03-09&active_at=0001-01-01T00:00:00%2B14:00", "active_at"),
        ("GET /v1/interactions", "from=1700000000&to=1700000000", "from"),
        ("GET /v1/directory/teams", "=1", "query"),
    ],
)
def test_it_is_refused_by_name(world: World, route: str, query: str, field: str) -> None:
    status, problem, _ = call(route, OWNER, query=query)
    assert (status, problem["errors"][0]["field"]) == (400, field), problem


def test_bytes_that_are_no_text_are_no_json(world: World) -> None:
    """In base64, as a gateway sends what it takes for binary."""
    status, problem, _ = call("POST /v1/exports", OWNER, raw="//79", flagged=True)
    assert (status, problem["errors"]) == (400, [{"field": "body", "reason": "not JSON"}])


def test_a_parameter_without_a_name_is_told_from_one_with(world: World) -> None:
    body = {"from": "2026-03-01", "to": "2026-03-10", "parameters": {"": "x"}}
    status, problem, _ = call("POST /v1/reports/{name}/runs", OWNER, body, name="missed_rate_per_week")
    assert (status, problem["errors"]) == (400, [{"field": "body", "reason": "unknown parameter"}])


def test_a_json_body_says_that_it_is_json(world: World) -> None:
    status, problem, _ = call("POST /v1/exports", OWNER, {}, headers={"content-type": "application/xml"})
    assert (status, problem["errors"][0]["field"]) == (400, "content-type")
