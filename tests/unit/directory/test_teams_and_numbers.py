"""Teams, their managers, and business numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ringlake.errors import Forbidden, InvalidRequest, NotFound, Outdated, Taken
from ringlake.flows.directory.views import NumberView, TeamView
from ringlake.model.directory import Ability, CallSource, Number, Team, User
from tests.unit.export.world import World


@pytest.fixture
def world() -> World:
    return World()


def team(world: World, **body: Any) -> TeamView:
    return world.offices.teams.create(world.viewer("owner"), {"name": "Night", **body}, world.now).document


def number(world: World, e164: str = "22 123 00 09", **body: Any) -> NumberView:
    return world.offices.numbers.create(world.viewer("owner"), {"e164": e164, **body}, world.now).document


def manages(world: World, user_id: str) -> tuple[str, ...]:
    return world.viewer(user_id).user.manages


def test_managers_of_a_team_manage_it_from_the_same_step_on(world: World) -> None:
    made = team(world, managers=["operator", "manager"])
    assert (made.managers, made.kind) == (["manager", "operator"], "call_center")
    assert manages(world, "operator") == (made.id,)
    assert manages(world, "manager") == ("t1", made.id)

    owner = world.viewer("owner")
    after = world.offices.teams.change(owner, made.id, {"managers": ["operator"]}, made.etag, world.now).document
    assert (after.managers, manages(world, "manager")) == (["operator"], ("t1",))
    with pytest.raises(Outdated):
        world.offices.teams.change(owner, made.id, {"managers": []}, made.etag, world.now)


def test_managers_are_users_and_only_who_administers_names_them(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        team(world, managers=["operator", "nobody"])
    assert refused.value.field == "managers.1"
    world.grant("other", Ability.MANAGE_DIRECTORY)
    with pytest.raises(Forbidden):
        world.offices.teams.create(world.viewer("other"), {"name": "Mine", "managers": ["other"]}, world.now)
    assert [t.id for t in world.directory.load("acme").teams] == ["t1"]


def test_a_team_goes_when_nobody_is_in_it_and_comes_back(world: World) -> None:
    teams, owner, made = world.offices.teams, world.viewer("owner"), team(world)
    world.change("member", teams=(made.id,))
    with pytest.raises(Taken, match="Mia"):
        teams.delete(owner, made.id, world.now)
    world.change("member", teams=())
    assert teams.delete(owner, made.id, world.now).document.deleted_at == world.now
    assert [t.id for t in teams.all(owner)] == ["t1"]
    assert [t.id for t in teams.all(owner, deleted=True)] == ["t1", made.id]
    assert teams.restore(owner, made.id, world.now).document.deleted_at is None


def test_a_team_without_a_number_in_it_can_go(world: World) -> None:
    made = team(world)
    number(world, team=made.id)
    with pytest.raises(Taken, match=r"\+48221230009"):
        world.offices.teams.delete(world.viewer("owner"), made.id, world.now)


def test_a_number_is_kept_in_one_spelling_with_its_country(world: World) -> None:
    made = number(world, provider_ids=["PN9"], name="Line")
    assert (made.e164, made.country, made.provider_ids) == ("+48221230009", "PL", ("PN9",))
    assert number(world, "+1 202-555-0143").country == "US"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"e164": "112"}, ["e164"]),
        ({"e164": "+4822"}, ["e164"]),
        ({"e164": "anonymous"}, ["e164"]),
        ({"e164": "+48 22 123 00 01"}, ["e164"]),
        ({"team": "t9", "source": "s9"}, ["team", "source"]),
        ({"provider_ids": ["PN0", "PN1"]}, ["provider_ids.1"]),
    ],
)
def test_a_number_that_is_none_or_anothers_is_refused(world: World, body: dict[str, Any], fields: list[str]) -> None:
    world.directory.put_number("acme", Number(id="n1", e164="+48221230001", provider_ids=("PN1",)))
    with pytest.raises(InvalidRequest) as refused:
        number(world, **{"e164": "22 123 00 09", **body})
    assert [field for field, _ in refused.value.errors] == fields


def test_a_number_is_not_used_twice_but_restored(world: World) -> None:
    numbers, owner = world.offices.numbers, world.viewer("owner")
    numbers.delete(owner, "n1", world.now)
    with pytest.raises(InvalidRequest, match="restore it instead"):
        number(world, "+48221230001")
    assert [n.id for n in numbers.all(owner)] == []
    assert [n.id for n in numbers.all(owner, deleted=True)] == ["n1"]
    assert numbers.restore(owner, "n1", world.now).document.deleted_at is None
    assert [line.action for line in world.directory.audit_lines("acme", "2026-03")] == [
        "number.delete",
        "number.restore",
    ]


def test_history_is_made_again_when_a_number_says_something_else_about_calls(world: World) -> None:
    numbers, owner = world.offices.numbers, world.viewer("owner")
    world.directory.put_source("acme", CallSource(id="s1", name="Poster"))
    made = number(world)
    (asked,) = world.refolds.open("acme")
    assert (asked.numbers, asked.number_ids) == (("+48221230009",), (made.id,))

    numbers.change(owner, made.id, {"name": "Other", "team": "t1"}, "*", world.now)
    assert world.refolds.open("acme") == [asked]
    numbers.change(owner, made.id, {"provider_ids": ["PN7"], "source": "s1"}, "*", world.now)
    numbers.change(owner, made.id, {"e164": "+48221230010"}, "*", world.now)
    # None of them makes another forgotten.
    waiting = world.refolds.open("acme")
    assert {(one.numbers, one.number_ids) for one in waiting} == {
        (("+48221230009",), (made.id,)),
        (("+48221230009",), (made.id, "")),
        (("+48221230009", "+48221230010"), (made.id,)),
    }
    assert not any("4822" in one.id for one in waiting)


def test_numbers_and_teams_of_another_workspace_are_not_there(world: World) -> None:
    rival = world.viewer("owner", "rival")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: world.offices.numbers.show(rival, "n1"),
        lambda: world.offices.numbers.delete(rival, "n1", world.now),
        lambda: world.offices.teams.show(rival, "t1"),
        lambda: world.offices.teams.change(rival, "t1", {"name": "x"}, "*", world.now),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()


def test_what_filters_offer_lies_inside_the_scope(world: World) -> None:
    world.directory.put_team("acme", Team(id="t2", name="Back office", kind="other"))
    world.directory.put_team("acme", Team(id="t3", name="Alpha"))
    world.directory.put_number("acme", Number(id="n2", e164="+48221230002", name="Two", team="t3"))
    world.directory.put_user("acme", User(id="gone", email="g@example.com", name="Adam", deleted_at=world.now))
    world.change("operator", teams=("t1",))
    looking = world.offices.looking

    everything = looking.choices(world.viewer("owner"), deleted=True)
    assert [u.name for u in everything.users] == ["Max", "Mia", "Ola", "Olga", "Otto", "Adam"]
    assert everything.users[-1].deleted
    assert [t.id for t in everything.teams] == ["t3", "t1"]
    managed = looking.choices(world.viewer("manager"))
    assert {u.id for u in managed.users} == {"manager", "operator"}
    assert ([t.id for t in managed.teams], managed.numbers) == (["t1"], [])
    mine = looking.choices(world.viewer("member"))
    assert (mine.users, mine.teams, mine.sources) == ([], [], [])
    assert [(n.id, n.e164) for n in mine.numbers] == [("n1", "+48221230001")]


def test_the_record_is_read_by_month_newest_first(world: World) -> None:
    looking, owner = world.offices.looking, world.viewer("owner")
    team(world)
    world.wait(60)
    number(world)
    seen = looking.audit(owner, world.now)
    assert [one.action for one in seen.lines] == ["number.create", "team.create"]
    assert (seen.lines[0].user_name, seen.count, seen.next) == ("Olga", 2, None)
    assert looking.audit(owner, world.now, action="team").count == 1
    assert looking.audit(owner, world.now, action="team.create", user="owner").count == 1
    assert looking.audit(owner, world.now, user="member").count == 0
    assert looking.audit(owner, world.now, target=seen.lines[0].target).count == 1
    assert looking.audit(owner, world.now, month="2026-02").lines == []
    assert looking.audit(world.viewer("owner", "rival"), world.now).lines == []
    for wrong in ({"month": "2026-3"}, {"month": "2026-13"}, {"skip": -1}):
        with pytest.raises(InvalidRequest):
            looking.audit(owner, world.now, **wrong)


def test_pages_of_the_record_follow_each_other(world: World) -> None:
    numbers, owner = world.offices.numbers, world.viewer("owner")
    for _ in range(203):
        world.wait(1)
        numbers.delete(owner, "n1", world.now)
        numbers.restore(owner, "n1", world.now)
    looking = world.offices.looking
    pages = [looking.audit(owner, world.now, skip=skip) for skip in (0, 200, 400)]
    assert [page.next for page in pages] == [200, 400, None]
    assert sum(len(page.lines) for page in pages) == pages[0].count == 406
