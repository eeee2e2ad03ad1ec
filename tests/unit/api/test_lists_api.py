"""Lists, detail, texts and saved reports as the gateway hands them over."""

from __future__ import annotations

import importlib
import json
from datetime import timedelta
from typing import Any

import pytest

from ringlake.access import ROUTES
from ringlake.model.calls import CallRecord, Party
from ringlake.model.directory import Ability, Connection
from ringlake.model.events import RawEvent
from ringlake.model.facts import CallFact, Direction, FactKind, Media
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.records import Loaded
from tests.unit.api.test_api import MEMBER, OWNER, call, claims_of
from tests.unit.export.world import NOW, World

RANGE = "from=2026-03-09&to=2026-03-10"
OPERATOR = claims_of("s-operator")
ID = "c1:a/1"


@pytest.fixture
def told(world: World) -> World:
    about = Subject(workspace="acme", kind=SubjectKind.CALL, connection="c1", id="a/1")
    fact = CallFact(kind=FactKind.TRANSCRIPT, call_id="a/1", received_at=NOW - timedelta(hours=1))
    record = CallRecord(
        record_id=ID,
        workspace="acme",
        connection="c1",
        provider="generic",
        provider_id="a/1",
        direction=Direction.INBOUND,
        started_at=NOW,
        user=Party(user_id="operator", name="Otto"),
        recordings=(Media(id="r", url="https://media.example.com/1.mp3"), Media(id="r2")),
        transcript=True,
        facts=(fact,),
    )
    world.records.put(about, record, Loaded(key=about.key))
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    said = {"type": "call.transcript", "data": {"call": {"id": "a/1", "transcript": {"text": "Grüße"}}}}
    event = RawEvent(
        subject=about,
        event_id="e1",
        event_type="call.transcript",
        provider="generic",
        adapter=1,
        body=json.dumps(said).encode(),
        received_at=NOW,
    )
    world.journal.put(event)
    return world


def test_a_list_is_read_page_by_page(world: World) -> None:
    status, first, _ = call(
        "GET /v1/interactions", OWNER, query=f"{RANGE}&limit=2&columns=record_id&columns=status&count=true"
    )
    assert (status, first["count"], [row["record_id"] for row in first["rows"]]) == (200, 5, ["c:group", "c:2"])
    assert (first["meta"]["zone"], first["meta"]["filter"]) == (
        "Europe/Warsaw",
        {"from": "2026-03-09", "to": "2026-03-10"},
    )

    _, rest, _ = call("GET /v1/interactions", OWNER, query=f"{RANGE}&limit=9&cursor={first['next']}")
    assert ([row["record_id"] for row in rest["rows"]], rest["next"]) == (["c:1", "m:1", "c:night"], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (f"{RANGE}&cursor=abc", "cursor"),
        (f"{RANGE}&columns=secret", "columns.0"),
        (f"{RANGE}&limit=501", "limit"),
        ("from=2026-03-09", "to"),
    ],
)
def test_a_wrong_parameter_is_named(world: World, query: str, field: str) -> None:
    status, problem, _ = call("GET /v1/interactions", OWNER, query=query)

    assert (status, problem["errors"][0]["field"]) == (400, field)


def test_the_way_from_detail_to_what_was_said(told: World) -> None:
    coded = "~YzE6YS8x"
    status, found, _ = call("GET /v1/interactions/{id}", OPERATOR, id=coded)
    assert (status, found["row"]["record_id"], found["transcript_link"]) == (
        200,
        ID,
        f"/v1/interactions/{coded}/transcript",
    )

    status, media, headers = call("GET /v1/interactions/{id}/recordings/{number}", OPERATOR, id=coded, number="1")
    assert (status, media["url"], headers["cache-control"]) == (200, "https://media.example.com/1.mp3", "no-store")
    status, text, headers = call("GET /v1/interactions/{id}/transcript", OPERATOR, id=coded)
    assert (status, text["lines"][0]["text"], headers["cache-control"]) == (200, "Grüße", "no-store")
    status, file, headers = call("GET /v1/interactions/{id}/transcript", OPERATOR, id=coded, query="format=text")
    assert (status, file, headers["content-type"]) == (200, "Grüße\n", "text/plain; charset=utf-8")
    assert headers["content-disposition"] == 'attachment; filename="transcript.txt"'


def test_what_is_absent_is_said_and_what_is_hidden_is_not(told: World) -> None:
    route = "GET /v1/interactions/{id}/recordings/{number}"

    assert call(route, OPERATOR, id=ID, number="2")[1]["detail"].endswith("it is kept there as r2")
    assert call(route, MEMBER, id=ID, number="2")[:2][0] == 404
    assert call(route, MEMBER, id=ID, number="2")[1]["detail"] == "not found"
    told.change("operator", without=(Ability.SEE_CONTENT,))
    assert call(route, OPERATOR, id=ID, number="1")[0] == 403
    assert call("GET /v1/interactions/{id}/transcript", OPERATOR, id=ID)[0] == 403


def test_a_report_is_saved_changed_and_deleted(world: World) -> None:
    body = {"name": "Mine", "view": "/v1/interactions", "parameters": {"preset": "today", "directions": ["inbound"]}}
    status, made, headers = call("POST /v1/saved-reports", MEMBER, body)
    assert (status, made["mine"], headers["etag"]) == (201, True, '"1"')

    status, changed, _ = call(
        "PUT /v1/saved-reports/{id}",
        MEMBER,
        {**body, "name": "Yours"},
        id=made["id"],
        headers={"if-match": headers["etag"]},
    )
    assert (status, changed["name"], changed["version"]) == (200, "Yours", 2)
    _, run, _ = call("GET /v1/saved-reports/{id}/run", MEMBER, id=made["id"])
    status, listed, _ = call("GET /v1/interactions", MEMBER, query=run["path"].partition("?")[2])
    assert (status, listed["meta"]["filter"]) == (200, {"preset": "today", "directions": ["inbound"]})
    assert call("DELETE /v1/saved-reports/{id}", MEMBER, id=made["id"])[0] == 200
    assert call("GET /v1/saved-reports", MEMBER)[1]["reports"] == []


def test_every_analytics_route_with_a_filter_can_be_kept() -> None:
    views = importlib.import_module("api_interactions")._views()
    answering = {
        route.partition(" ")[2] for route in ROUTES if route.startswith("GET /v1/analytics/") and "{" not in route
    }

    assert answering | {"/v1/interactions", "/v1/cases"} == set(views)


def test_the_work_list_is_there(world: World) -> None:
    status, found, _ = call("GET /v1/cases", OWNER, query="sort=overdue&group=caller&assignees=me")

    assert (status, found["count"], found["counters"]["by_state"]["open"]) == (200, 0, 0)


@pytest.mark.parametrize("route", ["GET /v1/interactions", "GET /v1/cases", "GET /v1/saved-reports"])
def test_nobody_reads_without_being_signed_in(world: World, route: str) -> None:
    answer: Any = call(route, None)

    assert answer[0] == 401
