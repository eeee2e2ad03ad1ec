"""Bad bodies: each is refused with every wrong field named, and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from api_answers import OPERATIONS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringlake.model.directory import Connection
from tests.unit.api.test_api import OWNER, call
from tests.unit.export.world import World


@pytest.fixture
def world(world: World) -> World:
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    return world


def ask(route: str, body: object, **more: Any) -> tuple[int, Any]:
    status, answer, _ = call(route, OWNER, body, headers={"if-match": "*"}, **more)
    return status, answer


D = "/v1/directory"
ROUTES = sorted(route for route, operation in OPERATIONS.items() if isinstance(operation.body, type))
SETTINGS, USERS, NUMBERS = f"PATCH {D}/settings", f"POST {D}/users", f"POST {D}/numbers"
ANNA = {"email": "a@example.com", "name": "Anna"}
RATE = {"prefix": "48", "per_minute": "0.1"}
TARIFF = {"name": "T", "currency": "EUR", "rates": [RATE]}

BAD: list[tuple[str, Any, list[str]]] = [
    (SETTINGS, {"zone": "Europe/Krakow"}, ["zone"]),
    (SETTINGS, {"zone": "../etc/passwd"}, ["zone"]),
    (SETTINGS, {"zone": None}, ["zone"]),
    (SETTINGS, {"country": "XX", "currency": "EURO", "plan": "free"}, ["country", "currency", "plan"]),
    (SETTINGS, {"currency": "XXX"}, ["currency"]),
    (SETTINGS, {"week_start": 0, "fiscal_month": 13}, ["week_start", "fiscal_month"]),
    (SETTINGS, {"missed_ring_s": 31}, ["missed_ring_s"]),
    (SETTINGS, {"missed_ring_s": "5"}, ["missed_ring_s"]),
    (SETTINGS, {"missed_ring_s": 5.5}, ["missed_ring_s"]),
    (SETTINGS, {"missed_ring_s": True}, ["missed_ring_s"]),
    (SETTINGS, {"recovery_strict": "yes"}, ["recovery_strict"]),
    (SETTINGS, {"name": ""}, ["name"]),
    (SETTINGS, {"name": "A\u202eB"}, ["name"]),
    (SETTINGS, {"name": "x" * 121}, ["name"]),
    (SETTINGS, {"party_secret": "eA=="}, ["party_secret"]),
    (SETTINGS, {"settings_version": 7, "id": "rival"}, ["settings_version", "id"]),
    (SETTINGS, {"hours": {"weekly": {"8": [["09:00", "17:00"]]}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"weekly": {"1": [["9:00", "17:00"]]}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"weekly": {"1": [["09:00", "25:00"]]}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"weekly": {"1": [["24:00", "25:00"]]}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"weekly": {"1": [["09:00", "13:00"], ["12:00", "17:00"]]}}}, ["hours.weekly"]),
    # Monday night reaches into Tuesday morning, and Sunday night into Monday.
    (SETTINGS, {"hours": {"weekly": {"1": [["20:00", "02:00"]], "2": [["01:00", "09:00"]]}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"weekly": {"7": [["20:00", "02:00"]], "1": [["01:00", "09:00"]]}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"weekly": {"1": [], "6": []}}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"holidays": ["2026-12-25"]}}, ["hours.weekly"]),
    (SETTINGS, {"hours": {"holidays": ["2026-02-30"]}}, ["hours.holidays.0"]),
    (SETTINGS, {"hours": {"holidays": ["2026-12-25", "2026-12-25"]}}, ["hours.holidays"]),
    (SETTINGS, {"hours": {"holidays": [20261225]}}, ["hours.holidays.0"]),
    (SETTINGS, {"schedules": [{"hours": {}, "valid_from": "2026-02-02", "valid_to": "2026-02-01"}]},
     ["schedules.0.valid_to"]),
    (SETTINGS, {"schedules": [{"hours": {}, "team": "t1", "number": "n1"}]}, ["schedules.0.number"]),
    (SETTINGS, {"targets": [{"threshold_s": 0, "target_pct": 101}]},
     ["targets.0.threshold_s", "targets.0.target_pct"]),
    (f"POST {D}/connections", {}, ["provider"]),
    (f"POST {D}/connections", {"provider": "nobody"}, ["provider"]),
    (f"POST {D}/connections", {"provider": "generic", "id": "A#B"}, ["id"]),
    (f"POST {D}/connections", {"provider": "generic", "secret": "short"}, ["secret"]),
    (f"POST {D}/connections", {"provider": "generic", "options": {"a": 1}}, ["options.a"]),
    (f"POST {D}/connections", {"provider": "generic", "capabilities": ["DND"], "token": "x"},
     ["capabilities.0", "token"]),
    (USERS, {}, ["email", "name"]),
    (USERS, {**ANNA, "email": "a@b"}, ["email"]),
    (USERS, {**ANNA, "email": "a@example.com\r\nBcc: x@example.com"}, ["email"]),
    (USERS, {**ANNA, "role": "root"}, ["role"]),
    (USERS, {**ANNA, "abilities": ["fly", "export"]}, ["abilities.0"]),
    (USERS, {**ANNA, "abilities": ["export", "export"]}, ["abilities"]),
    (USERS, {**ANNA, "sub": "s-owner", "deleted_at": None}, ["sub", "deleted_at"]),
    (USERS, {**ANNA, "accounts": [{"connection": "c1"}]}, ["accounts.0.id"]),
    (USERS, {**ANNA, "accounts": [{"connection": "c1", "id": "x", "since": "2026-01-01T00:00:00"}]},
     ["accounts.0.since"]),
    (USERS, {**ANNA, "accounts": [{"connection": "c1", "id": "x", "since": 1767225600}]}, ["accounts.0.since"]),
    (USERS, {**ANNA, "accounts": [{"connection": "c1", "id": "x", "since": "2026-02-01T00:00:00Z",
                                   "until": "2026-02-01T01:00:00+01:00"}]}, ["accounts.0.until"]),
    (NUMBERS, {"e164": 48221230009}, ["e164"]),
    (NUMBERS, {"e164": "+48221230009", "country": "POL"}, ["country"]),
    (NUMBERS, {"e164": "+48221230009", "provider_ids": ["a", "a"]}, ["provider_ids"]),
    (f"POST {D}/contacts", {"name": "C", "fields": {"": "x"}}, ["fields..[key]"]),
    (f"POST {D}/contacts", {"name": "C", "numbers": ["+48600100200"] * 21}, ["numbers"]),
    (f"POST {D}/contacts", {"name": "C", "email": "nobody", "party_keys": ["x"]}, ["email", "party_keys"]),
    (f"PUT {D}/lists", {"spam": "+48600100200"}, ["spam"]),
    (f"PUT {D}/lists", {"withheld": [""]}, ["withheld.0"]),
    (f"POST {D}/tariffs", {**TARIFF, "rates": []}, ["rates"]),
    (f"POST {D}/tariffs", {**TARIFF, "rates": [{**RATE, "per_minute": 0.1}]}, ["rates.0.per_minute"]),
    (f"POST {D}/tariffs", {**TARIFF, "rates": [{**RATE, "per_minute": "-1"}]}, ["rates.0.per_minute"]),
    (f"POST {D}/tariffs", {**TARIFF, "rates": [{**RATE, "per_minute": "NaN"}]}, ["rates.0.per_minute"]),
    (f"POST {D}/tariffs", {**TARIFF, "rates": [{**RATE, "prefix": "+48"}, {"prefix": "0"}]},
     ["rates.0.prefix", "rates.1.prefix"]),
    (f"POST {D}/tariffs", {**TARIFF, "rates": [RATE, RATE]}, ["rates"]),
    (f"POST {D}/tariffs", {**TARIFF, "valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-02-01T00:00:00Z"},
     ["valid_to"]),
    (f"POST {D}/unmapped/map", {"connection": "c1"}, ["account"]),
    (f"POST {D}/unmapped/map", {"connection": "c1", "account": "x"}, ["user"]),
    (f"POST {D}/unmapped/map", {"connection": "c1", "account": "x", "user": "member", "number_id": "n1"}, ["user"]),
    (f"POST {D}/unmapped/map", {"connection": "c1", "number": "+48221230009", "user": "member"}, ["number"]),
    (f"POST {D}/unmapped/map", {"connection": "c9", "account": "x", "user": "member"}, ["connection"]),
]  # fmt: skip


@pytest.mark.parametrize(("route", "body", "fields"), BAD, ids=[f"{r} {json.dumps(b)[:60]}" for r, b, _ in BAD])
def test_a_bad_body_is_refused_with_all_its_fields(world: World, route: str, body: Any, fields: list[str]) -> None:
    before = world.directory.load("acme")
    status, problem = ask(route, body)

    assert (status, problem["title"]) == (400, "Bad Request"), problem
    assert [error["field"] for error in problem["errors"]] == fields
    assert all(error["reason"] for error in problem["errors"])
    assert world.directory.load("acme") == before
    assert world.identities.people == {}


@pytest.mark.parametrize("route", ROUTES)
def test_unknown_fields_lists_and_nothing_are_refused_by_every_body(world: World, route: str) -> None:
    given = {"id": "c1:x", "name": "x", "secret": "x"}
    for body in ({"surprise": 1}, [1], "x", 1, None):
        status, problem = ask(route, body, raw=json.dumps(body), **given)
        if status == 404:
            # What the body is about is looked up first: nobody learns by errors what there is.
            continue
        assert status == 400, (body, problem)
        named = {error["field"] for error in problem["errors"]}
        assert "surprise" in named if isinstance(body, dict) else "body" in named


@pytest.mark.parametrize("raw", ["{", "{'a': 1}", '{"a": NaN}', '{"a": 1e999}', "[" * 60_000, "\ufeff{}"])
def test_what_is_no_json_is_refused(world: World, raw: str) -> None:
    status, problem = ask(SETTINGS, None, raw=raw)
    assert status == 400
    assert problem["errors"][0]["field"] in ("body", "a")


@pytest.mark.parametrize(
    ("route", "raw", "field"),
    [
        (USERS, '{"email": "a@example.com", "name": "\\ud800"}', "name"),
        (SETTINGS, '{"\\ud800": 1}', "body"),
        (SETTINGS, '{"name": "a\\u0000b"}', "name"),
        (SETTINGS, f'{{"week_start": {"9" * 5_000}}}', "body"),
    ],
)
def test_half_characters_and_endless_numbers_are_refused(world: World, route: str, raw: str, field: str) -> None:
    status, problem = ask(route, None, raw=raw)
    assert (status, problem["errors"][0]["field"]) == (400, field)
    assert ask(f"GET {D}/users/{{id}}", None, id="\ud800")[0] == 404


def test_a_body_beyond_its_size_is_refused(world: World) -> None:
    assert ask(USERS, {**ANNA, "name": "x" * 70_000})[0] == 400
    tables = {"spam": [f"+4860010{n:04}" for n in range(5_000)]}
    assert ask(f"PUT {D}/lists", tables)[0] == 200
    assert ask(f"PUT {D}/lists", {"spam": ["1" * 30] * 40_000})[0] == 400


@pytest.mark.parametrize(
    ("route", "query", "field"),
    [
        (f"GET {D}/users", "deleted=maybe", "deleted"),
        (f"GET {D}/contacts", "limit=-1", "limit"),
        (f"GET {D}/contacts", "limit=501", "limit"),
        (f"GET {D}/audit", "month=2026-3", "month"),
        (f"GET {D}/audit", "skip=x", "skip"),
        (f"GET {D}/unmapped", "days=0", "days"),
        (f"GET {D}/unmapped", "days=93", "days"),
    ],
)
def test_a_bad_query_is_refused(world: World, route: str, query: str, field: str) -> None:
    status, problem = ask(route, None, query=query)
    assert (status, [error["field"] for error in problem["errors"]]) == (400, [field])


def test_a_file_that_is_no_csv_is_refused(world: World) -> None:
    route = f"POST {D}/numbers/import"
    assert ask(route, {"e164": "x"})[1]["errors"][0]["field"] == "content-type"
    status, problem, _ = call(route, OWNER, raw="%%%", flagged=True, headers={"content-type": "text/csv"})
    assert (status, problem["errors"][0]["reason"]) == (400, "is no base64")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_json_comes_is_answered_and_never_breaks(world: World, data: st.DataObject) -> None:
    route = data.draw(st.sampled_from(ROUTES))
    model: Any = OPERATIONS[route].body
    names = st.sampled_from(sorted(model.model_fields))
    body = data.draw(st.dictionaries(names, JSON, max_size=4) | JSON)
    status, _ = ask(route, None, raw=json.dumps(body), id="c1", name="x")
    assert status < 500
