"""What nobody sends by accident: each is refused by name, or answered; nothing breaks, whatever the route."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from api_answers import MAX_QUERY, OPERATIONS

from ringlake.access import ROUTES
from ringlake.query.filters import Filter
from tests.unit.api.furnished import furnished
from tests.unit.api.test_api import OWNER, call
from tests.unit.export.world import World

pytestmark = pytest.mark.slow

ODD = {
    "nothing": "",
    "white space": "  ",
    "NUL": "\0",
    "line end": "a\r\nb",
    "right to left": "\u202eabc",
    "half a character": "%ED%A0%80",
    "no UTF-8": "%FF%FE",
    "emoji": "👩‍👩‍👧‍👦",
    "combining": "Ż" * 40 + "\u0301" * 40,
    "digits of another script": "٣",
    "very long": "x" * 3_000,
    "largest": str(2**63),
    "endless": "9" * 400,
    "negative": "-1",
    "not a number": "NaN",
    "exponent": "1e308",
    "underscore": "1_0",
    "plus": "+5",
    "first year": "0001-01-01",
    "last year": "9999-12-31",
    "no day": "2026-02-30",
    "no year": "0000-01-01",
    "time": "2026-03-01T00:00:00Z",
    "seconds": "1700000000",
    "before the calendar": "0001-01-01T00:00:00+14:00",
    "after the calendar": "9999-12-31T23:59:59-12:00",
    "path": "../../etc/passwd",
    "SQL": "' or 1=1 --",
    "JSON": '{"a":[1]}',
    "comma": "a,b",
}
RAW = {name: value if "%" in value else quote(value) for name, value in ODD.items()}
READING = [route for route in ROUTES if route in OPERATIONS and OPERATIONS[route].query is not None]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """One room for all requests of a test: a new one would read the lake anew each time."""
    from tests.unit.api.conftest import api

    made, _ = furnished()
    rooms = made.rooms
    monkeypatch.setattr(api, "stores", lambda: rooms)
    return made


def parameters(route: str) -> list[str]:
    model = OPERATIONS[route].query
    assert model is not None
    return [field.alias or name for name, field in model.model_fields.items()]


def ask(route: str, query: str) -> tuple[int, Any]:
    named: Any = {name: "c:1" for name in ("id", "name", "secret", "number") if f"{{{name}}}" in route}
    headers = {"content-type": "text/csv"} if route.startswith("POST") else {}
    raw = "name\n" if route.startswith("POST") else None
    status, answer, _ = call(route, OWNER, raw=raw, headers=headers, query=query, **named)
    return status, answer


def usual(route: str, without: str = "") -> str:
    """Parameters without which a route refuses before it looks at the others."""
    model = OPERATIONS[route].query
    if model is not None and issubclass(model, Filter) and without not in ("preset", "from", "to"):
        return "from=2026-03-09&to=2026-03-09&"
    return ""


def own(route: str) -> list[str]:
    """The parameters to try: those of a filter are the same everywhere, so one route stands for all."""
    model = OPERATIONS[route].query
    names = parameters(route)
    if model is not None and issubclass(model, Filter) and route != "GET /v1/interactions":
        shared = {field.alias or name for name, field in Filter.model_fields.items()}
        return [name for name in names if name not in shared or name in ("from", "to", "zone")]
    return names


@pytest.mark.parametrize("route", READING)
def test_odd_values_of_parameters_break_nothing(world: World, route: str) -> None:
    for name in own(route):
        for what, value in RAW.items():
            status, answer = ask(route, f"{usual(route, name)}{name}={value}")
            assert status < 500, (route, name, what, answer)
            if status == 400:
                assert all(error["reason"] for error in answer["errors"]), (route, name, what, answer)


@pytest.mark.parametrize(("first", "last"), [("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31")])
@pytest.mark.parametrize("zone", ["", "&zone=Pacific/Kiritimati", "&zone=Etc/GMT%2B12", "&zone=Asia/Kathmandu"])
@pytest.mark.parametrize("route", [r for r in READING if issubclass(OPERATIONS[r].query or object, Filter)])
def test_the_edges_of_time_are_answered_or_refused_by_name(
    world: World, route: str, first: str, last: str, zone: str
) -> None:
    status, answer = ask(route, f"from={first}&to={last}{zone}")
    assert status < 500, (route, answer)
    if status == 400:
        assert {error["field"] for error in answer["errors"]} <= {"from", "to", *parameters(route)}, answer


@pytest.mark.parametrize("route", ROUTES)
def test_an_unknown_parameter_is_refused_by_its_name(world: World, route: str) -> None:
    for query, name in (("surprise=1", "surprise"), ("a%00b=1", "a\0b"), ("Deleted=true", "Deleted")):
        status, problem = ask(route, query)
        assert (status, name in [error["field"] for error in problem["errors"]]) == (400, True), (query, problem)


@pytest.mark.parametrize("route", READING)
def test_a_second_value_is_refused_where_there_is_one(world: World, route: str) -> None:
    model = OPERATIONS[route].query
    assert model is not None
    for field_name, field in model.model_fields.items():
        name = field.alias or field_name
        if "list" in str(field.annotation):
            continue
        status, problem = ask(route, f"{name}=1&{name}=1")
        assert status == 400, (route, name)
        assert name in [error["field"] for error in problem["errors"]], (route, name, problem)


@pytest.mark.parametrize("route", ROUTES)
def test_an_endless_query_is_refused(world: World, route: str) -> None:
    status, problem = ask(route, "q=" + "x" * MAX_QUERY)
    assert (status, problem["errors"][0]["field"]) == (400, "query")


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route])
def test_odd_ids_are_not_found(world: World, route: str) -> None:
    for what, value in ODD.items():
        if not value or "%" in value:
            continue
        named: Any = {name: value for name in ("id", "name", "secret", "number") if f"{{{name}}}" in route}
        named["query"] = usual(route).rstrip("&") if route in READING else ""
        status, answer, _ = call(route, OWNER, {}, headers={"if-match": "*"}, **named)
        assert status in (400, 404, 409, 302), (route, what, status, answer)
        if status == 400:
            # Of the body: the id was not looked up yet.
            assert OPERATIONS[route].body is not None or route in READING, (route, what, answer)
