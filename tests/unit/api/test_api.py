"""The API's entry: requests as the gateway hands them over, answers as people get them."""

from __future__ import annotations

import base64
import importlib
import json
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from api_answers import record_id

from ringlake.access import ROUTES
from ringlake.errors import NotFound, Unavailable
from ringlake.model.directory import Workspace
from tests.unit.api.conformance import conforms
from tests.unit.export.world import FILTER, NOW, WATERMARK, World

api: ModuleType = importlib.import_module("functions.api.api")

CONTEXT = object()


def claims_of(sub: str, **more: Any) -> dict[str, Any]:
    return {"sub": sub, "token_use": "access", "client_id": "c", "scope": "openid", **more}


def call(
    route: str,
    claims: dict[str, Any] | None,
    body: object = None,
    *,
    raw: str | None = None,
    binary: bool = False,
    flagged: bool = False,
    headers: dict[str, str] | None = None,
    **parameters: str,
) -> tuple[int, Any, dict[str, str]]:
    """Status, decoded body and headers of one request with payload format 2.0.

    A `binary` body comes as base64; a `flagged` one only says so.
    """
    method, _, path = route.partition(" ")
    query = parameters.pop("query", "")
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", value)
    text = raw if raw is not None else json.dumps(body) if body is not None else None
    event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": dict(pair.split("=", 1) for pair in query.split("&")) if query else None,
        "headers": {"content-type": "application/json", "host": "evil.example"} | (headers or {}),
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": "r-1",
            "routeKey": route,
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}} if claims is not None else {},
        },
        "pathParameters": parameters or None,
        "body": base64.b64encode(text.encode()).decode() if text is not None and binary else text,
        "isBase64Encoded": binary or flagged,
    }
    answer = api.handler(event, CONTEXT)
    said = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    said |= {name.lower(): value[0] for name, value in (answer.get("multiValueHeaders") or {}).items()}
    kind = said.get("content-type", "")
    document = json.loads(answer["body"]) if "json" in kind else answer.get("body")
    conforms(route, answer["statusCode"], kind, document)
    return answer["statusCode"], document, said


OWNER, MEMBER = claims_of("s-owner"), claims_of("s-member")


def test_a_user_learns_who_he_is(world: World) -> None:
    status, me, headers = call("GET /v1/me", MEMBER)

    assert (status, me["user"]["role"], me["workspace"]["id"]) == (200, "member", "acme")
    assert headers["cache-control"] == "private, no-cache"


def test_the_way_of_an_export_from_order_to_download(world: World) -> None:
    status, ordered, _ = call("POST /v1/exports", MEMBER, {"filter": FILTER, "format": "csv", "dialect": "spreadsheet"})
    assert (status, ordered["state"]) == (202, "queued")
    world.run(ordered["id"])

    status, shown, _ = call("GET /v1/exports/{id}", MEMBER, id=ordered["id"])
    assert (status, shown["state"], shown["mail"], shown["rows"]) == (200, "ready", "sent", 3)
    assert datetime.fromisoformat(shown["as_of"]) == WATERMARK

    status, listed, _ = call("GET /v1/exports", MEMBER)
    assert (status, [job["id"] for job in listed["exports"]], listed["next"]) == (200, [ordered["id"]], "")

    status, _, headers = call("GET /v1/exports/{id}/download", MEMBER, id=ordered["id"])
    assert (status, headers["cache-control"]) == (302, "no-store")
    assert headers["location"].startswith("memory://workspace=acme/")
    status, link, browsers = call("GET /v1/exports/{id}/link", MEMBER, id=ordered["id"])
    assert (status, link["url"], browsers["cache-control"]) == (200, headers["location"], "no-store")


def test_the_manifest_of_a_file_is_a_document_of_its_own(world: World) -> None:
    job_id = world.order("member")
    assert call("GET /v1/exports/{id}/manifest", MEMBER, id=job_id)[0] == 404
    world.run(job_id)
    status, manifest, _ = call("GET /v1/exports/{id}/manifest", MEMBER, id=job_id)

    job = world.job(job_id)
    assert (status, manifest["sha256"], manifest["rows"]) == (200, job.sha256, 3)
    assert manifest["filter"] == FILTER
    assert call("GET /v1/exports/{id}/manifest", claims_of("s-other"), id=job_id)[0] == 404


def test_a_job_is_cancelled_and_deleted_and_a_failed_one_tried_again(world: World) -> None:
    job_id = world.order("member")
    status, cancelled, _ = call("POST /v1/exports/{id}/cancel", MEMBER, id=job_id)
    assert (status, cancelled["state"], cancelled["download"]) == (200, "cancelled", None)
    assert call("POST /v1/exports/{id}/retry", MEMBER, id=job_id)[0] == 409
    status, deleted, _ = call("DELETE /v1/exports/{id}", MEMBER, id=job_id)
    assert (status, deleted["id"]) == (200, job_id)
    assert call("GET /v1/exports/{id}", MEMBER, id=job_id)[0] == 404

    failing = world.order("member")
    world.change("member", suspended_at=world.now)
    world.run(failing)
    world.change("member", suspended_at=None)
    status, again, _ = call("POST /v1/exports/{id}/retry", MEMBER, id=failing)
    assert (status, again["state"]) == (202, "queued")


def test_who_asks_for_too_much_at_once_is_told_the_limit_and_when(world: World) -> None:
    world.limit(exports_daily_user=1)
    world.run(world.order("member"))
    world.wait(3_600)
    status, problem, headers = call("POST /v1/exports", MEMBER, {"filter": FILTER})

    assert (status, headers["content-type"]) == (429, "application/problem+json")
    assert (problem["limit"], problem["most"]) == ("exports_daily_user", 1)
    assert datetime.fromisoformat(problem["until"]) == NOW + timedelta(days=1)
    assert headers["retry-after"] == str(23 * 3_600)


def test_a_body_in_base64_is_read_by_its_flag(world: World) -> None:
    assert call("POST /v1/exports", OWNER, {"filter": FILTER}, binary=True)[0] == 202


def test_pages_of_the_list_follow_each_other(world: World) -> None:
    first, second = world.order("member"), None
    world.wait(1)
    second = world.order("member")
    _, listed, _ = call("GET /v1/exports", MEMBER, query=f"before={second}")
    assert [job["id"] for job in listed["exports"]] == [first]


def test_the_way_of_a_report_run(world: World) -> None:
    status, catalogue, _ = call("GET /v1/reports", OWNER)
    name = catalogue["reports"][0]["name"]
    body = {"from": "2026-03-01", "to": "2026-03-10"}
    parameters = {p["name"] for p in catalogue["reports"][0]["parameters"]}
    assert (status, parameters) == (200, {"first_date", "last_date"})

    _, polish, _ = call("GET /v1/reports", OWNER, query="language=pl")
    assert [one["name"] for one in polish["reports"]] == [one["name"] for one in catalogue["reports"]]
    assert polish["reports"][0]["title"] == "Obecność"

    status, ordered, _ = call("POST /v1/reports/{name}/runs", OWNER, body, name=name)
    assert (status, ordered["kind"]) == (202, "report")
    world.run_report(ordered["id"])
    status, shown, _ = call("GET /v1/reports/runs/{id}", OWNER, id=ordered["id"])
    assert (status, shown["state"]) == (200, "ready")
    assert call("GET /v1/exports/{id}/download", OWNER, id=ordered["id"])[0] == 302


BAD_CLAIMS = [
    None,
    {},
    claims_of(""),
    claims_of("s-unknown"),
    claims_of("s-owner", token_use="id"),
    {"sub": "s-owner"},
    {"username": "owner", "token_use": "access", "cognito:groups": "[owner]"},
]


@pytest.mark.parametrize("route", sorted(ROUTES))
@pytest.mark.parametrize("claims", BAD_CLAIMS)
def test_without_a_known_access_token_every_route_answers_401(
    world: World, route: str, claims: dict[str, Any] | None
) -> None:
    status, problem, headers = call(route, claims, id="x", name="x")

    assert (status, problem["status"]) == (401, 401)
    assert headers["content-type"] == "application/problem+json"


def test_groups_and_tenants_of_a_token_change_nothing(world: World) -> None:
    forged = claims_of("s-member", **{"cognito:groups": "[owner admin]", "custom:workspace": "rival", "role": "owner"})
    _, me, _ = call("GET /v1/me", forged)

    assert (me["user"]["role"], me["workspace"]["id"]) == ("member", "acme")
    assert call("GET /v1/reports", forged)[0] == 403


def test_a_deleted_user_is_out_at_once(world: World) -> None:
    assert call("GET /v1/me", MEMBER)[0] == 200
    world.change("member", deleted_at=world.now)
    assert call("GET /v1/me", MEMBER)[0] == 401


def test_the_lowest_plan_answers_402(world: World) -> None:
    world.directory.put_workspace(Workspace(id="acme", name="Acme", plan="starter"))
    status, problem, _ = call("GET /v1/exports", OWNER)
    assert (status, problem["title"]) == (402, "Payment Required")
    assert call("GET /v1/me", OWNER)[0] == 200


def test_another_workspaces_job_is_not_found(world: World) -> None:
    job_id = world.order("owner")
    for route in ("GET /v1/exports/{id}", "GET /v1/exports/{id}/download", "GET /v1/reports/runs/{id}"):
        status, problem, _ = call(route, claims_of("s-rival"), id=job_id)
        assert (status, problem["detail"]) == (404, "not found")
        assert job_id not in json.dumps(problem)


def test_every_viewer_reaches_his_own_jobs_and_no_others(world: World) -> None:
    """An oracle for every viewer, every job and every route: the requester, in his workspace."""
    viewers = {user: claims_of(f"s-{user}") for user in ("owner", "manager", "operator", "member", "other", "rival")}
    jobs = {user: world.order(user) for user in viewers if user != "rival"}
    for job_id in jobs.values():
        world.run(job_id)
    for viewer, claims in viewers.items():
        for requester, job_id in jobs.items():
            for route in ("GET /v1/exports/{id}", "GET /v1/exports/{id}/download", "GET /v1/exports/{id}/link"):
                status, _, _ = call(route, claims, id=job_id)
                assert (status < 400) == (viewer == requester), (viewer, requester, route)
        _, listed, _ = call("GET /v1/exports", claims)
        assert [job["id"] for job in listed["exports"]] == ([jobs[viewer]] if viewer in jobs else [])


def test_only_who_sees_the_record_sees_everybodys_exports(world: World) -> None:
    job_id = world.order("member")
    status, page, _ = call("GET /v1/exports/everybody", OWNER)

    assert (status, [(one["id"], one["requester_name"]) for one in page["exports"]]) == (200, [(job_id, "Mia")])
    assert call("GET /v1/exports/everybody", MEMBER)[0] == 403
    # The outline is no way to the file.
    world.run(job_id)
    assert call("GET /v1/exports/{id}/link", OWNER, id=job_id)[0] == 404


def test_a_dialog_learns_what_can_be_exported_and_with_which_columns(world: World) -> None:
    status, offers, _ = call("GET /v1/exports/reports", MEMBER)
    assert status == 200
    assert "charges" not in {one["report"] for one in offers["reports"]}

    status, offers, _ = call("GET /v1/exports/reports", MEMBER, query="report=team&metrics=calls")
    (team,) = offers["reports"]
    assert [column["code"] for column in team["profiles"][0]["columns"]][4:] == ["calls", "talk_by_leg_s"]
    status, problem, _ = call("GET /v1/exports/reports", MEMBER, query="report=team&metrics=none")
    assert (status, problem["errors"][0]["field"]) == (400, "options.metrics.0")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("{", "body"),
        ("[1]", "body"),
        ('"x"', "body"),
        ("null", "body"),
        ("", "filter.from"),
        ('{"filter": {"preset": "tomorrow"}}', "filter.preset"),
        ('{"filter": {"from": "2026-01-15", "to": "2026-04-16"}}', "filter.to"),
        ('{"filter": {"preset": "today"}, "x": 1}', "x"),
        (f'{{"filter": "{"x" * 70_000}"}}', "body"),
        ("[" * 60_000, "body"),
    ],
)
def test_a_wrong_body_answers_400_naming_the_field(world: World, raw: str, field: str) -> None:
    status, problem, headers = call("POST /v1/exports", OWNER, raw=raw)

    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["reason"]


def test_a_body_that_is_no_text_answers_400(world: World) -> None:
    event_body = base64.b64encode(b"\xff\xfe").decode()
    status, problem, _ = call("POST /v1/exports", OWNER, raw=event_body)
    assert (status, problem["errors"][0]["field"]) == (400, "body")


def test_a_member_who_names_a_number_of_others_is_refused(world: World) -> None:
    assert call("POST /v1/exports", MEMBER, {"filter": {**FILTER, "numbers": ["n2"]}})[0] == 403


@pytest.mark.parametrize("route", ["GET /v1/secrets", "PUT /v1/exports/{id}", "$default"])
def test_a_route_without_a_declared_ability_is_refused_even_to_the_owner(world: World, route: str) -> None:
    assert call(route, OWNER, id="x")[0] == 403


def test_a_failing_store_answers_503_and_when_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_sub: str) -> None:
        raise Unavailable("GetItem: table ringlake-prod-directory")

    monkeypatch.setattr(world.directory, "user_by_sub", down)
    status, problem, headers = call("GET /v1/me", OWNER)
    assert (status, headers["retry-after"]) == (503, "5")
    assert "ringlake-prod" not in json.dumps(problem)


def test_no_exception_reaches_the_gateway(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_sub: str) -> None:
        raise RuntimeError("+48601234567 in a message")

    monkeypatch.setattr(world.directory, "user_by_sub", broken)
    status, problem, headers = call("GET /v1/me", OWNER)

    assert (status, headers["content-type"]) == (500, "application/problem+json")
    output = capsys.readouterr()
    assert "601234567" not in json.dumps(problem) + output.out + output.err + caplog.text


@pytest.mark.parametrize(
    ("segment", "record"),
    [
        ("c1:AC0123.4-5_6", "c1:AC0123.4-5_6"),
        ("~YzE6YS9iI2M_ZCUyRiDFvA", "c1:a/b#c?d%2F ż"),
        ("~", ""),
    ],
)
def test_ids_in_paths_may_be_of_any_record(segment: str, record: str) -> None:
    assert record_id(segment) == record


@pytest.mark.parametrize("segment", ["~*", "~a", "~_w", "~é"])
def test_what_names_no_record_is_not_found(segment: str) -> None:
    with pytest.raises(NotFound):
        record_id(segment)
