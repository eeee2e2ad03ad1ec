"""Alerts as people reach them: status, version and form of each kind of answer."""

from __future__ import annotations

from typing import Any

from tests.unit.api.test_api import OWNER, call, claims_of
from tests.unit.export.world import World

RULE: dict[str, Any] = {"name": "Queue", "kind": "waiting", "threshold": 3, "recipients": [{"user": "owner"}]}
MANAGER, OPERATOR = claims_of("s-manager"), claims_of("s-operator")


def test_an_alert_is_made_read_changed_and_deleted(world: World) -> None:
    status, made, headers = call("POST /v1/alerts", OWNER, RULE)
    assert (status, made["threshold"], headers["etag"]) == (201, "3", '"1"')
    path = {"id": made["id"]}
    status, changed, after = call(
        "PUT /v1/alerts/{id}", OWNER, RULE | {"threshold": 4}, headers={"if-match": '"1"'}, **path
    )
    assert (status, changed["threshold"], after["etag"]) == (200, "4", '"2"')
    status, _, _ = call("PUT /v1/alerts/{id}", OWNER, RULE, headers={"if-match": '"1"'}, **path)
    assert status == 412
    assert [one["id"] for one in call("GET /v1/alerts", OWNER)[1]["alerts"]] == [made["id"]]
    assert call("DELETE /v1/alerts/{id}", OWNER, **path)[0] == 200
    assert call("GET /v1/alerts/{id}", OWNER, **path)[0] == 404


def test_where_an_alert_stands_is_read_anew_each_time(world: World) -> None:
    """Its version is that of the rule; what the minute's run makes of it has none."""
    _, made, _ = call("POST /v1/alerts", OWNER, RULE)
    status, _, headers = call("GET /v1/alerts/{id}", OWNER, headers={"if-none-match": '"1"'}, id=made["id"])

    assert (status, headers["etag"], headers["cache-control"]) == (200, '"1"', "no-store")


def test_a_secret_is_in_the_answer_that_makes_it_and_is_kept_nowhere(world: World) -> None:
    _, made, headers = call("POST /v1/alerts", OWNER, RULE | {"webhook": "https://hooks.example.com/in"})
    assert made["webhook"]["secret"].startswith("whsec_")
    assert headers["cache-control"] == "no-store"
    assert call("GET /v1/alerts/{id}", OWNER, id=made["id"])[1]["webhook"]["secret"] == ""
    status, again, _ = call("POST /v1/alerts/{id}/secret", OWNER, id=made["id"])
    assert (status, again["webhook"]["secrets"]) == (200, 2)


def test_a_trial_is_accepted_and_stands_in_the_history(world: World) -> None:
    _, made, _ = call("POST /v1/alerts", OWNER, RULE)
    status, event, _ = call("POST /v1/alerts/{id}/test", OWNER, id=made["id"])
    assert (status, event["kind"]) == (202, "test")
    assert call("GET /v1/alerts/{id}/history", OWNER, id=made["id"])[1] == {"events": [event], "next": ""}
    assert call("POST /v1/alerts/{id}/mute", OWNER, {"until": None}, id=made["id"])[1]["muted_until"] is None


def test_alerts_are_for_those_who_answer_for_others(world: World) -> None:
    assert call("POST /v1/alerts", MANAGER, RULE | {"team": "t1"})[0] == 201
    assert call("POST /v1/alerts", OPERATOR, RULE)[0] == 403
    assert call("GET /v1/alerts", OPERATOR)[0] == 403
    status, problem, _ = call("POST /v1/alerts", MANAGER, RULE | {"webhook": "https://hooks.example.com/in"})
    assert (status, "administer" in problem["detail"]) == (403, True)


def test_an_address_of_the_inside_is_refused_by_its_field(world: World) -> None:
    status, problem, _ = call("POST /v1/alerts", OWNER, RULE | {"webhook": "https://169.254.169.254/latest/"})
    assert (status, [one["field"] for one in problem["errors"]]) == (400, ["webhook"])
