"""The routes of scheduled reports as requests: versions, statuses, problems."""

from __future__ import annotations

import importlib
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.unit.api.test_api import call, claims_of
from tests.unit.schedules.scheduled import DAILY, OUTSIDE, Scheduled

api: ModuleType = importlib.import_module("functions.api.api")
OWNER, MEMBER = claims_of("s-owner"), claims_of("s-member")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Scheduled:
    made = Scheduled()
    monkeypatch.setattr(api, "stores", lambda: made.rooms)
    monkeypatch.setattr(api, "now", made.clock)
    return made


def created(body: dict[str, Any] = DAILY) -> tuple[dict[str, Any], str]:
    status, found, headers = call("POST /v1/schedules", OWNER, body)
    assert status == 201, found
    return found, headers["etag"]


def test_a_schedule_lives_through_the_api(world: Scheduled) -> None:
    found, etag = created({**DAILY, "recipients": [{"user": "owner"}, {"address": OUTSIDE}]})
    assert (found["due_at"], found["next_first"], found["mine"]) == ("2026-03-12T07:00:00Z", "2026-03-11", True)
    assert [one["state"] for one in found["recipients"]] == ["ok", "unconfirmed"]
    there = {"id": found["id"]}

    status, changed, headers = call(
        "PUT /v1/schedules/{id}", OWNER, {**DAILY, "name": "New"}, headers={"if-match": etag}, **there
    )
    assert (status, changed["name"], headers["etag"]) == (200, "New", '"2"')
    assert call("PUT /v1/schedules/{id}", OWNER, DAILY, headers={"if-match": etag}, **there)[0] == 412
    assert call("PUT /v1/schedules/{id}", OWNER, DAILY, **there)[0] == 428

    status, run, _ = call("POST /v1/schedules/{id}/run", OWNER, {}, **there)
    assert (status, run["state"], run["job_state"]) == (202, "ordered", "queued")
    world.tick(world.now + timedelta(days=1))
    status, page, _ = call("GET /v1/schedules/{id}/runs", OWNER, **there)
    assert status == 200
    # When it runs next has changed, its version has not: nobody is told that what he kept still holds.
    status, shown, headers = call("GET /v1/schedules/{id}", OWNER, headers={"if-none-match": '"2"'}, **there)
    assert (status, shown["due_at"], headers["cache-control"]) == (200, "2026-03-13T07:00:00Z", "no-store")
    assert [(one["first"], one["by"]) for one in page["runs"]] == [("2026-03-11", ""), ("2026-03-10", "owner")]

    assert call("POST /v1/schedules/{id}/pause", OWNER, **there)[1]["due_at"] is None
    assert call("POST /v1/schedules/{id}/resume", OWNER, **there)[1]["due_at"] is not None
    assert [one["id"] for one in call("GET /v1/schedules", OWNER)[1]["schedules"]] == [found["id"]]
    assert call("DELETE /v1/schedules/{id}", OWNER, **there)[0] == 200
    assert call("GET /v1/schedules/{id}", OWNER, **there)[0] == 404


def test_somebody_elses_schedule_is_not_there(world: Scheduled) -> None:
    found, _ = created()
    for route in ("GET /v1/schedules/{id}", "DELETE /v1/schedules/{id}", "GET /v1/schedules/{id}/runs"):
        assert call(route, MEMBER, id=found["id"])[0] == 404
    assert call("GET /v1/schedules", MEMBER)[1] == {"schedules": []}


def test_a_wrong_schedule_answers_400_naming_its_fields(world: Scheduled) -> None:
    body = {**DAILY, "timing": {"cadence": "weekly", "at": "8:00", "weekday": 8}, "recipients": [{}]}
    status, problem, _ = call("POST /v1/schedules", OWNER, body)
    assert status == 400
    assert [error["field"] for error in problem["errors"]] == ["timing.at", "timing.weekday", "recipients.0.user"]
