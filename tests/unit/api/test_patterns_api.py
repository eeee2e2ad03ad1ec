"""The routes about waits, service, texts and lines as requests: parameters, drill-downs, problems."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from ringlake.model.tables import CALLS, MESSAGES
from tests.unit.answers.staff import company, keep
from tests.unit.answers.test_patterns import call as one_call
from tests.unit.answers.test_patterns import many, on_line, text
from tests.unit.api.test_api import call, claims_of
from tests.unit.export.world import World

api: ModuleType = importlib.import_module("functions.api.api")
OWNER = claims_of("s-owner")
RANGE = {"from": "2026-03-09", "to": "2026-03-11"}
QUERY = urlencode(RANGE)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> World:
    """A company with calls and texts on Monday."""
    world = company()
    monkeypatch.setattr(api, "stores", lambda: world.rooms)
    monkeypatch.setattr(api, "now", world.clock)
    offered = [*many("answered", 3, 7_000, team_id="t1"), one_call("given-up", "abandoned", 9_000)]
    keep(world, CALLS, [*offered, on_line("a", "11:00", "11:10", "11:01"), on_line("b", "11:05", "11:20", "11:06")])
    keep(world, MESSAGES, [text("q1", "09:00"), text("a1", "09:10", "outbound", user_id="anna"), text("q2", "10:00")])
    return world


def listed(drill: dict[str, Any]) -> int:
    """How many interactions a drill-down lists, through the API: null takes a condition of the filter away."""
    given = {name: value for name, value in {**RANGE, **drill, "count": True}.items() if value is not None}
    words = {n: str(v).lower() if isinstance(v, bool) else v for n, v in given.items()}
    status, found, _ = call("GET /v1/interactions", OWNER, query=urlencode(words, doseq=True))
    assert status == 200, found
    return int(found["count"])


def test_waits_drill_to_calls_through_the_api(busy: World) -> None:
    status, found, _ = call("GET /v1/analytics/waits", OWNER, query=QUERY)

    assert status == 200
    counts = [(b["answered"]["count"], b["abandoned"]["count"]) for b in found["buckets"]]
    assert counts == [(0, 0), (3, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]
    for bucket in found["buckets"]:
        for side in ("answered", "abandoned"):
            assert listed(bucket[side]["drill"]) == bucket[side]["count"]


def test_service_takes_its_settings_from_the_request(busy: World) -> None:
    status, found, _ = call("GET /v1/analytics/service", OWNER, query=f"{QUERY}&threshold_s=5&by=team&cells=weekday")

    assert status == 200
    assert (found["settings"]["threshold_s"], found["overall"]["service_level"]["value"]) == (5, 0.0)
    assert [(row["name"], row["attained"]["offered"]) for row in found["rows"]] == [("Sales", 3), ("Unassigned", 1)]
    assert [listed(cell["drill"]) for cell in found["cells"]] == [cell["n"] for cell in found["cells"]] == [4]


def test_texts_and_their_blocks(busy: World) -> None:
    status, found, _ = call("GET /v1/analytics/responses", OWNER, query=f"{QUERY}&by=user")
    assert status == 200
    assert (found["first"]["clock"]["value"], found["next"]["unanswered"]) == (600.0, 1)

    asked = urlencode({**RANGE, **found["next"]["drill"], "state": "unanswered"})
    status, found, _ = call("GET /v1/analytics/responses/blocks", OWNER, query=asked)
    assert status == 200
    assert (found["count"], found["rows"][0]["message"]) == (1, "pbx:q2")
    assert listed(found["rows"][0]["drill"]) == 1


def test_peaks_drill_to_the_calls_of_their_instant(busy: World) -> None:
    status, found, _ = call("GET /v1/analytics/concurrency", OWNER, query=f"{QUERY}&granularity=hour")

    assert status == 200
    assert (found["answered"]["calls"], found["answered"]["at"]) == (2, "2026-03-09T10:06:00Z")
    assert listed(found["answered"]["drill"]) == 2
    assert len(found["buckets"]) == 72


def test_how_long_a_further_contact_counts_is_chosen_in_the_address(busy: World) -> None:
    status, found, _ = call("GET /v1/analytics/callers", OWNER, query=f"{QUERY}&window_h=168")

    assert status == 200
    assert found["window_h"] == 168


@pytest.mark.parametrize(
    ("route", "more", "field"),
    [
        ("GET /v1/analytics/waits", "&by=team", "by"),
        ("GET /v1/analytics/service", "&target_pct=0", "target_pct"),
        ("GET /v1/analytics/responses", "&by=queue", "by"),
        ("GET /v1/analytics/responses/blocks", "&state=open", "state"),
        ("GET /v1/analytics/concurrency", "&blocking_pct=100", "blocking_pct"),
        ("GET /v1/analytics/callers", "&window_h=48", "window_h"),
        ("GET /v1/analytics/callers", "&window_h=three", "window_h"),
    ],
)
def test_a_wrong_parameter_is_a_problem_that_names_it(busy: World, route: str, more: str, field: str) -> None:
    status, found, said = call(route, OWNER, query=QUERY + more)

    assert (status, said["content-type"]) == (400, "application/problem+json")
    assert [wrong["field"] for wrong in found["errors"]] == [field]


def test_too_many_hours_for_one_answer_are_refused(busy: World) -> None:
    query = "from=2024-04-01&to=2026-03-11&granularity=hour"
    status, found, _ = call("GET /v1/analytics/concurrency", OWNER, query=query)
    assert (status, found["errors"][0]["field"]) == (400, "granularity")
