"""The published description: valid, complete, current, and the same that the API answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_answers import OPERATIONS
from api_description import describe, name_of, statuses
from openapi_spec_validator import validate

from ringlake.access import ROUTES
from ringlake.metrics.catalog import METRICS
from ringlake.model.directory import Workspace
from ringlake.query.filters import Filter
from tests.unit.api.conformance import conforms, document
from tests.unit.api.test_api import OWNER, call, claims_of
from tests.unit.export.world import World
from tools import openapi

METHODS = {"get", "post", "put", "patch", "delete"}


def described() -> dict[str, dict[str, Any]]:
    """Operations by route."""
    return {f"{m.upper()} {path}": one for path, methods in document()["paths"].items() for m, one in methods.items()}


def test_it_is_valid_openapi() -> None:
    validate(document())
    assert document()["openapi"] == "3.1.0"


def test_it_has_every_route_of_the_table_and_no_other() -> None:
    assert sorted(described()) == sorted(ROUTES)
    assert set(OPERATIONS) == set(ROUTES)


def test_the_file_is_current() -> None:
    assert openapi.main(["--check"]) == 0


def test_a_file_that_is_out_of_date_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(openapi, "text", lambda: "{}")
    assert openapi.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err


def test_it_is_what_the_api_answers_to_everybody_who_is_signed_in(world: World) -> None:
    status, answer, headers = call("GET /v1/openapi.json", claims_of("s-member"))
    assert (status, answer) == (200, json.loads(json.dumps(describe(OPERATIONS))))
    assert call("GET /v1/openapi.json", claims_of("s-member"), headers={"if-none-match": headers["etag"]})[0] == 304


def test_every_operation_says_what_it_is_for() -> None:
    for route, operation in described().items():
        assert operation["summary"].endswith("."), route
        assert operation["operationId"] == name_of(route)
        assert document()["tags"], route
        for parameter in operation["parameters"]:
            assert parameter["schema"], (route, parameter["name"])
    names = [operation["operationId"] for operation in described().values()]
    assert len(set(names)) == len(names)
    assert all(tag["description"] for tag in document()["tags"])


def test_every_change_but_a_making_needs_a_version() -> None:
    for route, operation in described().items():
        headers = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"]
        assert headers == (["If-Match"] if route.startswith(("PUT", "PATCH")) else []), route


def test_every_operation_needs_a_token_and_says_so() -> None:
    assert document()["security"] == [{"people": []}]
    assert all("security" not in operation for operation in described().values())
    assert all("401" in operation["responses"] for operation in described().values())


def test_metrics_are_named_and_explained_by_the_dictionary() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["MetricId"]["enum"] == [metric.id for metric in METRICS]
    assert all(metric.words in schemas["MetricId"]["description"] for metric in METRICS)
    assert schemas["Value"]["properties"]["metric"] == {"$ref": "#/components/schemas/MetricId"}


def test_types_of_one_name_are_told_apart_by_their_modules() -> None:
    names = document()["components"]["schemas"]
    assert not [name for name in names if "." in name]
    assert names["Problem"]["required"] == ["type", "title", "status", "detail", "request_id"]


def test_fields_of_answers_are_always_there_and_times_are_times() -> None:
    user = document()["components"]["schemas"]["UserView"]
    assert user["required"] == list(user["properties"])
    assert user["properties"]["deleted_at"] == {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    # What is kept by the model leaves out what is usual.
    assert document()["components"]["schemas"]["Account"]["required"] == ["connection", "id"]


@pytest.mark.parametrize("route", ROUTES)
def test_what_the_lowest_plan_may_not_ask_says_so(world: World, route: str) -> None:
    """402 is described for the routes that answer it, and for no other."""
    world.directory.put_workspace(Workspace(id="acme", name="Acme", plan="starter"))
    model = OPERATIONS[route].query if route in OPERATIONS else None
    query = "preset=today" if model and issubclass(model, Filter) else ""
    ids: Any = _ids(route) | {"query": query}
    status, _, _ = call(route, OWNER, {}, headers={"if-match": "*"}, **ids)
    if 402 in statuses(route):
        # What is wrong with the request itself may be said first.
        assert status in (402, 400), (route, status)
    else:
        assert status != 402


def _ids(route: str) -> dict[str, str]:
    return {name: "c1:x" for name in ("id", "name", "secret", "number") if f"{{{name}}}" in route}


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (418, "application/json", {}),
        (200, "text/html", ""),
        (200, "application/json", {"teams": [{"id": "t1"}]}),
        (200, "application/json", {"teams": [], "more": 1}),
        (200, "application/json", {}),
        (400, "application/problem+json", {"title": "x"}),
    ],
)
def test_an_answer_that_is_not_as_described_is_noticed(status: int, kind: str, body: Any) -> None:
    with pytest.raises(AssertionError):
        conforms("GET /v1/directory/teams", status, kind, body)
    conforms("GET /v1/directory/teams", 200, "application/json", {"teams": []})
