"""Saved reports: kept questions, shared inside the workspace, asked with the rights of who asks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pydantic import BaseModel

from ringlake.errors import Forbidden, InvalidRequest, NotFound, Outdated, PlanTooLow, Unversioned
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.worklist import CasesQuery
from ringlake.model.directory import Ability
from tests.unit.export.world import World

VIEWS: dict[str, type[BaseModel]] = {"/v1/interactions": ListQuery, "/v1/cases": CasesQuery}
BODY: dict[str, Any] = {
    "name": "Missed, Monday",
    "view": "/v1/interactions",
    "parameters": {"preset": "last_7_days", "outcomes": ["no_answer"], "columns": ["record_id"], "count": True},
}


@pytest.fixture
def world() -> World:
    return World()


def save(world: World, user: str = "manager", **body: Any) -> Any:
    saved = world.answers.saved
    return saved.create(world.viewer(user), {**BODY, **body}, VIEWS, world.now).document


def run(world: World, report_id: str, user: str = "manager") -> Any:
    return world.answers.saved.run(world.viewer(user), report_id, VIEWS, world.now)


def names(world: World, user: str) -> list[str]:
    return [report.name for report in world.answers.saved.all(world.viewer(user)).reports]


def test_a_report_is_kept_listed_and_asked_again(world: World) -> None:
    kept = save(world)

    assert (kept.mine, kept.shared, kept.version) == (True, False, 1)
    assert names(world, "manager") == ["Missed, Monday"]
    asked = run(world, kept.id)
    assert asked.path == "/v1/interactions?columns=record_id&count=true&outcomes=no_answer&preset=last_7_days"
    assert asked.settings_changed == ()


def test_what_nobody_shares_nobody_else_sees(world: World) -> None:
    kept = save(world)

    assert names(world, "owner") == []
    with pytest.raises(NotFound):
        world.answers.saved.show(world.viewer("owner"), kept.id)
    with pytest.raises(NotFound):
        run(world, kept.id, "owner")


def test_a_shared_report_is_asked_by_everybody_and_changed_by_who_saved_it(world: World) -> None:
    kept = save(world, shared=True)

    assert run(world, kept.id, "member").report.mine is False
    with pytest.raises(Forbidden):
        world.answers.saved.change(world.viewer("member"), kept.id, BODY, "*", VIEWS, world.now)
    with pytest.raises(Forbidden):
        world.answers.saved.delete(world.viewer("operator"), kept.id, world.now)
    # Whoever administers may end what somebody left behind.
    world.answers.saved.delete(world.viewer("owner"), kept.id, world.now)
    assert names(world, "manager") == []


def test_nobody_elses_workspace_has_it(world: World) -> None:
    kept = save(world, shared=True)

    with pytest.raises(NotFound):
        world.answers.saved.show(world.viewer("owner", "rival"), kept.id)


def test_a_report_asks_with_the_rights_of_who_asks(world: World) -> None:
    kept = save(world, "owner", shared=True, parameters={"preset": "today", "numbers": ["n1"]})
    hidden = save(world, "owner", shared=True, parameters={"preset": "today", "remote": "+48600100200"})
    world.change("operator", without=(Ability.SEE_NUMBERS,))

    with pytest.raises(Forbidden, match="not assigned"):
        run(world, kept.id, "other")
    with pytest.raises(Forbidden, match="see_numbers"):
        run(world, hidden.id, "operator")
    shown = world.answers.saved.show(world.viewer("operator"), hidden.id).document
    assert shown.parameters["remote"] == "+48•••••••00"


WRONG = [
    ({"view": "/v1/me"}, "view"),
    ({"view": "/v1/interactions/{id}"}, "view"),
    ({"parameters": {"preset": "last_7_days", "outcomes": ["maybe"]}}, "parameters.outcomes.0"),
    ({"parameters": {"preset": "last_7_days", "column": ["record_id"]}}, "parameters.column"),
    ({"parameters": {"from": "2026-03-02", "to": "2026-03-01"}}, "parameters.to"),
    ({"parameters": {"preset": "last_12_months"}}, "preset"),
    ({"name": ""}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"name": "Week\r\nBcc: a@example.com"}, "name"),
    ({"owner": "u1"}, "owner"),
]


@pytest.mark.parametrize(("body", "field"), WRONG)
def test_what_the_route_would_refuse_is_not_kept(world: World, body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        save(world, **body)

    assert refused.value.field == field
    assert names(world, "manager") == []


def test_where_a_page_began_is_not_kept(world: World) -> None:
    kept = save(world, parameters={"preset": "today", "cursor": "abc", "limit": 10})

    assert kept.parameters == {"preset": "today", "limit": 10}


def test_a_change_is_made_from_a_version_and_raises_it(world: World) -> None:
    kept = save(world)
    saved = world.answers.saved
    other = {**BODY, "name": "Other"}

    with pytest.raises(Unversioned):
        saved.change(world.viewer("manager"), kept.id, other, None, VIEWS, world.now)
    changed = saved.change(world.viewer("manager"), kept.id, other, '"1"', VIEWS, world.now)
    assert (changed.document.name, changed.etag) == ("Other", "2")
    with pytest.raises(Outdated):
        saved.change(world.viewer("manager"), kept.id, BODY, '"1"', VIEWS, world.now)


def test_settings_that_changed_since_are_named(world: World) -> None:
    kept = save(world)
    workspace = world.directory.settings("acme")
    world.directory.put_workspace(msgspec.structs.replace(workspace, service_threshold_s=30, settings_version=2))

    assert run(world, kept.id).settings_changed == ("service_threshold_s",)
    assert kept.settings["service_threshold_s"] == 20


def test_every_change_is_on_record_without_names_and_numbers(world: World) -> None:
    kept = save(world, "owner", name="Mr Secret", parameters={"preset": "today", "remote": "+48600100200"})
    world.answers.saved.delete(world.viewer("owner"), kept.id, world.now)
    lines = world.directory.audit_lines("acme", "2026-03")

    assert [line.action for line in lines] == ["saved_report.create", "saved_report.delete"]
    assert lines[0].detail["parameters"] == ["preset", "remote"]
    assert not [line for line in lines if "Secret" in str(line) or "600100200" in str(line)]


def test_work_lists_can_be_kept_too(world: World) -> None:
    kept = save(world, view="/v1/cases", parameters={"assignees": ["me"], "only_overdue": True})

    assert run(world, kept.id).path == "/v1/cases?assignees=me&only_overdue=true"


def test_there_is_an_end_to_how_many_one_may_keep(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringlake.flows.answers.saved.MOST", 1)
    kept = save(world)

    with pytest.raises(InvalidRequest, match="delete one first"):
        save(world)
    world.answers.saved.delete(world.viewer("manager"), kept.id, world.now)
    save(world)


def test_a_plan_without_analytics_keeps_no_reports(world: World) -> None:
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), plan="starter"))

    with pytest.raises(PlanTooLow):
        save(world)
