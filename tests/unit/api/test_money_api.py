"""Money over HTTP: rates, ratings, budgets, rules, and who may ask for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ringlake.model.directory import Rate, Tariff
from tests.unit.api.test_api import MEMBER, OWNER, call, claims_of
from tests.unit.export.world import World

CSV = {"content-type": "text/csv"}
FILE = "Date,USD,PLN,\n2026-03-10,1.0842,4.2755,\n2026-03-09,1.09,N/A,\n"
PERIOD = {"reason": "the carrier had another price", "since": "2026-03-01T00:00:00Z", "until": "2026-03-09T00:00:00Z"}


def test_the_central_banks_file_comes_in_and_is_shown(world: World) -> None:
    route = "POST /v1/exchange-rates/import"
    status, tried, _ = call(route, OWNER, raw=FILE, headers=CSV, query="dry_run=true")
    assert (status, tried["created"], tried["applied"]) == (200, 2, False)
    assert call(route, OWNER, raw=FILE, headers=CSV)[1]["applied"]
    status, shown, _ = call("GET /v1/exchange-rates", OWNER, query="from=2026-03-09&to=2026-03-10")
    assert (status, shown["home"]) == (200, "USD")
    assert shown["days"] == [
        {"day": "2026-03-09", "base": "EUR", "rates": {"USD": "1.09"}},
        {"day": "2026-03-10", "base": "EUR", "rates": {"PLN": "4.2755", "USD": "1.0842"}},
    ]
    status, problem, _ = call(route, OWNER, raw="Date,USD\n2026-03-10,x\n", headers=CSV)
    assert (status, problem["error_count"], problem["errors"][0]["line"]) == (400, 1, 2)


def test_a_rating_is_taken_on_and_found_again(world: World) -> None:
    rates = (Rate(prefix="48", per_minute=Decimal("0.1")),)
    world.directory.put_tariff("acme", Tariff(id="t", name="T", currency="EUR", rates=rates))
    status, made, _ = call("POST /v1/charges/ratings", OWNER, PERIOD)
    assert (status, made["number"], made["working"], made["by"]) == (202, 1, True, "owner")
    status, result, _ = call("GET /v1/charges/ratings/{id}", OWNER, id="1", query="limit=5")
    assert (status, result["units"], result["reason"]) == (200, 0, PERIOD["reason"])
    assert [one["number"] for one in call("GET /v1/charges/ratings", OWNER)[1]["ratings"]] == [1]
    assert call("GET /v1/charges/ratings/{id}", OWNER, id="2")[0] == 404
    status, problem, _ = call("POST /v1/charges/ratings", OWNER, {**PERIOD, "until": "2027-01-01T00:00:00Z"})
    assert (status, problem["errors"][0]["field"]) == (400, "until")


def test_budgets_and_rules_change_by_their_version(world: World) -> None:
    changes: dict[str, object] = {
        "/v1/budgets": {"budgets": [{"every": "month", "amount": "100.00", "team": "t1"}]},
        "/v1/abuse-rules": {"longest_s": 600},
    }
    for route, body in changes.items():
        status, _, headers = call(f"GET {route}", OWNER)
        assert status == 200
        assert call(f"PUT {route}", OWNER, body)[0] == 428
        status, changed, _ = call(f"PUT {route}", OWNER, body, headers={"if-match": headers["etag"]})
        assert (status, changed["version"]) == (200, 1)
        assert call(f"PUT {route}", OWNER, body, headers={"if-match": headers["etag"]})[0] == 412
    status, progress, _ = call("GET /v1/budgets/progress", OWNER, query="on=2026-03-05")
    assert (status, progress["budgets"][0]["budget"]["name"], progress["budgets"][0]["from_date"]) == (
        200, "Sales", "2026-03-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    "route",
    [
        "GET /v1/exchange-rates", "POST /v1/exchange-rates", "GET /v1/charges/ratings", "POST /v1/charges/ratings",
        "GET /v1/budgets", "GET /v1/budgets/progress", "GET /v1/directory/tariffs/{id}/versions",
        "GET /v1/interactions/{id}/charges",
    ],
)  # fmt: skip
def test_what_things_cost_is_for_those_who_may_see_it(world: World, route: str) -> None:
    named: dict[str, Any] = {"id": "c:1"} if "{id}" in route else {}
    for viewer in (MEMBER, claims_of("s-manager")):
        assert call(route, viewer, {} if route.startswith("POST") else None, **named)[0] == 403


def test_everybody_sees_suspicious_calls_of_their_own(world: World) -> None:
    status, found, _ = call("GET /v1/analytics/abuse", MEMBER, query="from=2026-03-09&to=2026-03-10")
    assert (status, found["calls"], found["amount"]) == (200, 0, None)
