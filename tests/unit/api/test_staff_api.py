"""The routes about people as requests: parameters, versions, problems."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import pytest

from ringlake.model.directory import Ability
from tests.unit.answers.staff import MONDAY, calls, company, presence, rang, said
from tests.unit.answers.staff import call as one_call
from tests.unit.api.test_api import call, claims_of
from tests.unit.export.world import World

api: ModuleType = importlib.import_module("functions.api.api")
OWNER, ANNA, MANAGER = claims_of("s-owner"), claims_of("s-anna"), claims_of("s-manager")
RANGE = "from=2026-03-09&to=2026-03-11"


@pytest.fixture
def staffed(monkeypatch: pytest.MonkeyPatch) -> World:
    world = company()
    monkeypatch.setattr(api, "stores", lambda: world.rooms)
    monkeypatch.setattr(api, "now", world.clock)
    presence(world, said("anna", ("00:00", "offline"), ("09:00", "online"), ("17:00", "offline"), ("24:00", "end")))
    calls(world, one_call("1", "10:00", rang("anna", "answered", 4.0, 60), user_id="anna", team_id="t1", talk_s=60))
    return world


def test_presence_is_told_by_person_and_day_with_zone_and_freshness(staffed: World) -> None:
    status, found, _ = call("GET /v1/analytics/presence", OWNER, query=RANGE)

    assert status == 200
    [anna] = found["people"]
    assert (anna["person"]["name"], anna["days"][0]["statuses"]["online_s"]) == ("Anna", 28_800)
    assert (found["meta"]["zone"], found["meta"]["settings_version"]) == ("Europe/Warsaw", 1)
    assert found["meta"]["as_of"] == "2026-03-11T08:59:00Z"
    assert {"name": "Boris", "user_id": "boris", "teams": ["t2"], "deleted": False} in found["unknown"]


@pytest.mark.parametrize(
    ("route", "query", "field"),
    [
        ("GET /v1/analytics/presence", "", "from"),
        ("GET /v1/analytics/presence", f"{RANGE}&queues=q", "queues"),
        ("GET /v1/analytics/presence", "from=2020-01-01&to=2026-01-01", "to"),
        ("GET /v1/analytics/presence/timeline", "", "user"),
        ("GET /v1/analytics/presence/timeline", "user=anna&day=yesterday", "day"),
        ("GET /v1/analytics/rings", f"{RANGE}&include_elsewhere=perhaps", "include_elsewhere"),
        ("GET /v1/people/{id}/profile", "period=last_month", "period"),
        ("GET /v1/targets/progress", "", "from"),
    ],
)
def test_a_wrong_parameter_is_named(staffed: World, route: str, query: str, field: str) -> None:
    status, problem, _ = call(route, OWNER, query=query, id="anna")

    assert (status, problem["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("user", ["anna", "boris", "nobody"])
def test_people_out_of_sight_are_not_found_like_those_who_are_not_there(staffed: World, user: str) -> None:
    seen = 200 if user == "anna" else 404
    assert call("GET /v1/people/{id}/profile", MANAGER, id=user, query="period=today")[0] == seen
    assert call("GET /v1/analytics/presence/timeline", MANAGER, query=f"user={user}")[0] == seen


def test_the_way_of_a_target_from_setting_to_progress(staffed: World) -> None:
    status, before, headers = call("GET /v1/targets", OWNER)
    assert (status, before["version"], before["targets"]) == (200, 0, [])
    body: dict[str, Any] = {"targets": [{"metric": "talk_s", "value": 50, "team": "t1"}]}

    assert call("PUT /v1/targets", OWNER, body)[0] == 428
    status, after, newer = call("PUT /v1/targets", OWNER, body, headers={"if-match": headers["etag"]})
    assert (status, after["version"], after["targets"][0]["team_name"]) == (200, 1, "Sales")
    assert call("PUT /v1/targets", OWNER, {"targets": []}, headers={"if-match": headers["etag"]})[0] == 412
    assert call("GET /v1/targets", ANNA)[2]["etag"] == newer["etag"]

    status, found, _ = call("GET /v1/targets/progress", MANAGER, query=f"from={MONDAY}&to={MONDAY}")
    [target] = found["targets"]
    assert (status, target["value"]["value"], target["met"], target["whole"]) == (200, 60, None, True)


def test_targets_are_changed_by_who_manages_the_directory(staffed: World) -> None:
    body: dict[str, Any] = {"targets": []}
    assert call("PUT /v1/targets", ANNA, body, headers={"if-match": "*"})[0] == 403
    staffed.grant("anna", Ability.MANAGE_DIRECTORY)
    assert call("PUT /v1/targets", ANNA, body, headers={"if-match": "*"})[0] == 200


def test_everything_about_people_is_of_a_plan_with_analytics(staffed: World) -> None:
    import msgspec

    settings = staffed.directory.settings("acme")
    staffed.directory.put_workspace(msgspec.structs.replace(settings, plan="starter"))
    for route, query in (
        ("GET /v1/analytics/presence", RANGE),
        ("GET /v1/analytics/presence/timeline", "user=anna"),
        ("GET /v1/analytics/availability", RANGE),
        ("GET /v1/analytics/rings", RANGE),
        ("GET /v1/analytics/load", RANGE),
        ("GET /v1/people/{id}/profile", ""),
        ("GET /v1/targets", ""),
        ("GET /v1/targets/progress", RANGE),
    ):
        assert call(route, OWNER, query=query, id="anna")[0] == 402, route


def test_presence_is_exported_with_names_that_no_spreadsheet_runs(staffed: World) -> None:
    staffed.change("anna", name="=HYPERLINK(1)")
    status, text, headers = call("GET /v1/analytics/presence/export", OWNER, query=RANGE)

    times = '"2026-03-09T09:00:00+01:00","2026-03-09T17:00:00+01:00"'
    lines = text.removeprefix("\ufeff").splitlines()
    assert status == 200
    assert headers["content-disposition"] == 'attachment; filename="presence-2026-03-09-2026-03-11.csv"'
    assert lines[1:] == [
        '"anna","\'=HYPERLINK(1)","2026-03-09","Europe/Warsaw","86400","0","28800","0","57600",' + times
    ]
    said = [one for one in staffed.directory.audit_lines("acme", "2026-03") if one.action == "presence.export"]
    assert [(one.user_id, one.detail["rows"]) for one in said] == [("owner", 1)]


def test_only_who_may_export_gets_the_file(staffed: World) -> None:
    staffed.change("anna", without=(Ability.EXPORT,))
    assert call("GET /v1/analytics/presence/export", ANNA, query=RANGE)[0] == 403
