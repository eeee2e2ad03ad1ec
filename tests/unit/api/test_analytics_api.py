"""The routes of metrics as requests: parameters, units, problems, who sees what."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from tests.unit.api.test_api import call, claims_of
from tests.unit.export.world import World

api: ModuleType = importlib.import_module("functions.api.api")
OWNER, OPERATOR, OTHER = claims_of("s-owner"), claims_of("s-operator"), claims_of("s-other")
RANGE = "from=2026-03-09&to=2026-03-10"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(api, "stores", lambda: world.rooms)
    monkeypatch.setattr(api, "now", world.clock)
    return world


def test_the_dictionary_is_told_with_settings_and_units(world: World) -> None:
    status, found, _ = call("GET /v1/metrics", OWNER)

    assert status == 200
    lines = {line["id"]: line for line in found["metrics"]}
    assert lines["missed_rate"]["unit"] == "share"
    assert lines["missed_rate"]["settings"]["short_abandon_s"] == 5
    assert "is_missed" in lines["missed_rate"]["sql"]


def test_cards_are_told_with_zone_freshness_and_the_period_before(world: World) -> None:
    status, found, _ = call("GET /v1/analytics/summary", OWNER, query=f"{RANGE}&metrics=calls&metrics=calls_missed")

    assert status == 200
    assert [one["value"]["metric"] for one in found["metrics"]] == ["calls", "calls_missed"]
    # The night call of the 8th began on the 9th in Warsaw.
    assert (found["metrics"][0]["value"]["value"], found["metrics"][0]["delta_share"]) == (4, None)
    assert (found["meta"]["zone"], found["meta"]["as_of"]) == ("Europe/Warsaw", "2026-03-11T08:59:00Z")
    assert (found["previous"]["from_date"], found["previous"]["to_date"]) == ("2026-03-07", "2026-03-08")
    # What was asked beside the filter is not part of the filter.
    assert found["meta"]["filter"] == {"from": "2026-03-09", "to": "2026-03-10"}


@pytest.mark.parametrize(
    ("route", "query", "field"),
    [
        ("summary", "", "from"),
        ("summary", f"{RANGE}&metrics=calls&metrics=joy", "metrics.1"),
        ("summary", "from=2024-01-01&to=2026-03-01", "to"),
        ("series", f"{RANGE}&granularity=second", "granularity"),
        ("series", "from=2025-03-09&to=2026-03-08&granularity=quarter_hour", "granularity"),
        ("series", f"{RANGE}&by=label", "by"),
        ("breakdown", RANGE, "by"),
        ("breakdown", f"{RANGE}&by=moon", "by"),
        ("breakdown", f"{RANGE}&by=user&sort=spend", "sort"),
        ("breakdown", f"{RANGE}&by=queue&metrics=messages", "by"),
        ("heatmap", f"{RANGE}&metric=missed_rate", "metric"),
        ("team", f"{RANGE}&sort=joy", "sort"),
        ("team", f"{RANGE}&colour=red", "colour"),
    ],
)
def test_a_wrong_parameter_is_named(world: World, route: str, query: str, field: str) -> None:
    status, problem, _ = call(f"GET /v1/analytics/{route}", OWNER, query=query)

    assert status == 400
    assert [one["field"] for one in problem["errors"]] == [field]


def test_each_answer_counts_the_same_rows(world: World) -> None:
    _, cards, _ = call("GET /v1/analytics/summary", OWNER, query=f"{RANGE}&metrics=interactions")
    _, series, _ = call("GET /v1/analytics/series", OWNER, query=f"{RANGE}&metrics=interactions&granularity=hour")
    _, heat, _ = call("GET /v1/analytics/heatmap", OWNER, query=RANGE)
    _, parts, _ = call("GET /v1/analytics/breakdown", OWNER, query=f"{RANGE}&by=channel&all=true")
    _, rows, _ = call("GET /v1/interactions", OWNER, query=f"{RANGE}&count=true")

    whole = cards["metrics"][0]["value"]["value"]
    assert whole == 5
    assert sum(series["lines"][0]["values"]) == whole
    assert sum(cell["value"] for cell in heat["cells"]) == whole
    assert sum(part["values"][0]["value"] for part in parts["parts"]) == whole
    assert rows["count"] == whole


def test_an_operator_sees_own_calls_in_every_answer(world: World) -> None:
    _, cards, _ = call("GET /v1/analytics/summary", OPERATOR, query=f"{RANGE}&metrics=calls")
    _, team, _ = call("GET /v1/analytics/team", OPERATOR, query=f"{RANGE}&metrics=calls")
    status, problem, _ = call("GET /v1/analytics/summary", OTHER, query=f"{RANGE}&numbers=n1")

    # Two own calls, and the group call that rang and nobody took, which is nobody's.
    assert cards["metrics"][0]["value"]["value"] == 3
    assert [(one["key"], one["values"][0]["value"]) for one in team["members"]] == [("operator", 2), ("", 1)]
    assert (status, problem["title"]) == (403, "Forbidden")
