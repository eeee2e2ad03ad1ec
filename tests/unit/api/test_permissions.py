"""The table of permissions: approved by eye, complete, and what the API does (security.md API5)."""

from __future__ import annotations

import pytest

from ringlake.access import ROUTES, abilities
from ringlake.model.directory import Ability, Role
from tests.unit.api.test_api import call, claims_of
from tests.unit.export.world import World
from tools import apidoc, catalog

pytestmark = pytest.mark.slow


def test_the_pages_are_current() -> None:
    assert apidoc.main(["--check"]) == 0


def test_who_may_call_what_is_what_was_approved() -> None:
    """A change of rights is a change of tests/approved/permissions.md, seen by whoever reviews it."""
    assert apidoc.permissions() == apidoc.APPROVED.read_text(encoding="utf-8")


def test_a_page_that_is_out_of_date_is_noticed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apidoc, "permissions", lambda: "something else")
    assert apidoc.main(["--check"]) == 1
    assert "permissions.md is out of date" in capsys.readouterr().err


def test_every_route_has_a_name_of_its_own_in_the_template() -> None:
    """Two routes with one logical id would be one."""
    every = {*ROUTES, *catalog.OPEN}
    assert len({catalog.route_id(route) for route in every}) == len(every)
    assert set(catalog.ROUTE_IDS) <= every


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_is_answered_by_a_handler_of_its_own(world: World, route: str) -> None:
    """Nothing that the owner may ask for ends in the router's own 404, which has no problem document."""
    status, _, headers = call(route, claims_of("s-owner"), {}, id="x", name="x", secret="x")
    assert status < 500
    assert headers["content-type"] != "application/json" or status < 400, (route, status)
    if status == 404:
        assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_exactly_its_routes(world: World, role: Role) -> None:
    world.change("other", role=role)
    held = abilities(world.viewer("other").user)
    for route, needed in ROUTES.items():
        status, problem, _ = call(route, claims_of("s-other"), {}, id="x", name="x", secret="x")
        missing = sorted(ability.value for ability in needed if ability not in held)
        refused = status == 403 and problem["detail"].startswith("this needs the ability")
        assert refused == bool(missing), (route, role, status)
        if missing:
            assert all(name in problem["detail"] for name in missing)


def test_what_is_granted_opens_and_what_is_taken_closes(world: World) -> None:
    reading = "GET /v1/directory/settings"
    other = claims_of("s-other")
    assert call(reading, other)[0] == 403
    world.grant("other", Ability.MANAGE_DIRECTORY)
    assert call(reading, other)[0] == 200
    world.change("other", without=(Ability.MANAGE_DIRECTORY, Ability.EXPORT))
    assert call(reading, other)[0] == 403
    assert call("GET /v1/exports", other)[0] == 403


def test_a_suspended_user_is_out_at_once(world: World) -> None:
    world.change("member", suspended_at=world.now)
    assert call("GET /v1/me", claims_of("s-member"))[0] == 401
