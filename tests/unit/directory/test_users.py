"""Users: what can be given, by whom, and what stays when somebody goes."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.errors import Conflict, Forbidden, InvalidRequest, NotFound, Outdated, Taken, Unversioned
from ringlake.flows.directory.views import UserView
from ringlake.model.directory import Ability, Account, Connection, Role, User
from ringlake.model.language import Language
from ringlake.stores.identities import Person
from tests.unit.export.world import World

ANNA = {"email": "Anna@Example.com", "name": "Anna Nowak"}


@pytest.fixture
def world() -> World:
    world = World()
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    for user in world.directory.load("acme").users:
        # Everybody of the world signs in; the pool knows them, too.
        world.identities.people[user.sub] = Person(email=user.email, password="chosen")
    return world


def create(world: World, user: str = "owner", **body: Any) -> UserView:
    return world.offices.users.create(world.viewer(user), {**ANNA, **body}, world.now).document


def change(world: World, user_id: str, by: str = "owner", version: str | None = "*", **body: Any) -> UserView:
    return world.offices.users.change(world.viewer(by), user_id, body, version, world.now).document


def test_who_is_created_is_invited_and_found_by_the_identity(world: World) -> None:
    made = create(world, role="operator", teams=["t1"], numbers=["n1"])
    found = world.directory.find("acme", User, made.id)

    assert found is not None
    assert (found.email, found.role, found.teams, found.numbers) == (
        "anna@example.com",
        Role.OPERATOR,
        ("t1",),
        ("n1",),
    )
    assert world.identities.people[found.sub].mails == 1
    assert world.directory.user_by_sub(found.sub) == ("acme", found)
    assert (made.state, made.signs_in) == ("active", True)
    assert "sub" not in made.__struct_fields__


def test_who_does_not_sign_in_has_no_identity_until_he_does(world: World) -> None:
    made = create(world, signs_in=False)
    assert (made.signs_in, world.identities.find("anna@example.com")) == (False, "")
    assert change(world, made.id, signs_in=True).signs_in
    sub = world.identities.find("anna@example.com")
    assert world.directory.user_by_sub(sub) is not None

    assert not change(world, made.id, signs_in=False).signs_in
    assert not world.identities.people[sub].enabled
    assert world.directory.user_by_sub(sub) is None


def test_an_address_signs_in_to_one_user_only(world: World) -> None:
    with pytest.raises(InvalidRequest, match="another user has this address"):
        create(world, email="MEMBER@example.com")
    world.identities.add("o@rival.example", "x")
    world.directory.put_user(
        "rival", User(id="r2", email="o@rival.example", name="R", sub=world.identities.find("o@rival.example"))
    )
    with pytest.raises(Taken):
        create(world, email="o@rival.example")


def test_an_identity_that_an_attempt_left_behind_is_taken_up(world: World) -> None:
    sub = world.identities.invite("anna@example.com")
    world.identities.disable(sub)
    made = create(world)
    found = world.directory.user_by_sub(sub)
    assert found is not None
    assert found[1].id == made.id
    assert world.identities.people[sub].enabled


@pytest.mark.parametrize(
    ("by", "body"),
    [
        # Nobody without `administer` gives rights, in whichever field they hide.
        ("clerk", {"role": "operator"}),
        ("clerk", {"abilities": ["export"]}),
        ("clerk", {"numbers": ["n1"]}),
        ("clerk", {"teams": ["t1"]}),
        ("clerk", {"manages": ["t1"]}),
        # An admin makes no owner.
        ("admin", {"role": "owner"}),
        # Nobody grants what he lacks: this admin was denied costs.
        ("poor", {"abilities": ["see_costs"]}),
        ("poor", {"role": "admin"}),
    ],
)
def test_nobody_gives_what_he_may_not(world: World, by: str, body: dict[str, Any]) -> None:
    world.directory.put_user(
        "acme", User(id="clerk", email="c@example.com", name="C", abilities=(Ability.MANAGE_DIRECTORY,))
    )
    world.directory.put_user("acme", User(id="admin", email="a@example.com", name="A", role=Role.ADMIN))
    world.directory.put_user(
        "acme", User(id="poor", email="p@example.com", name="P", role=Role.ADMIN, without=(Ability.SEE_COSTS,))
    )
    before = world.directory.load("acme").users
    with pytest.raises(Forbidden):
        create(world, by, **body)
    with pytest.raises(Forbidden):
        change(world, "other", by, **body)
    assert world.directory.load("acme").users == before
    assert world.identities.find("anna@example.com") == ""


def test_an_admin_makes_himself_no_owner_and_touches_no_owner(world: World) -> None:
    world.directory.put_user("acme", User(id="admin", email="a@example.com", name="A", role=Role.ADMIN))
    for attempt in (
        lambda: change(world, "admin", "admin", role="owner"),
        lambda: change(world, "owner", "admin", role="member"),
        lambda: change(world, "owner", "admin", email="mine@example.com"),
        lambda: world.offices.users.suspend(world.viewer("admin"), "owner", world.now),
        lambda: world.offices.users.delete(world.viewer("admin"), "owner", world.now),
    ):
        with pytest.raises(Forbidden):
            attempt()
    assert change(world, "owner", "admin", name="Olga Maria").name == "Olga Maria"


def test_what_was_denied_to_an_admin_he_does_not_give_himself_back(world: World) -> None:
    poor = User(id="poor", email="p@example.com", name="P", role=Role.ADMIN, without=(Ability.SEE_COSTS,))
    world.directory.put_user("acme", poor)
    with pytest.raises(Forbidden):
        change(world, "poor", "poor", without=[])
    assert change(world, "poor", "owner", without=[]).without == ()


def test_nobody_shows_others_more_than_he_sees(world: World) -> None:
    grants = (Ability.MANAGE_DIRECTORY, Ability.ADMINISTER)
    world.change("manager", abilities=grants)
    with pytest.raises(Forbidden, match="does not see"):
        change(world, "other", "manager", numbers=["n1"])
    assert change(world, "other", "manager", numbers=[], teams=["t1"]).teams == ("t1",)


def test_the_last_owner_stays(world: World) -> None:
    world.directory.put_user(
        "acme", User(id="second", email="s@example.com", name="S", role=Role.OWNER, sub="s-second")
    )
    assert change(world, "second", role="admin").role == "admin"
    with pytest.raises(Forbidden, match="last owner"):
        change(world, "owner", role="admin")
    with pytest.raises(Forbidden):
        world.offices.users.delete(world.viewer("owner"), "owner", world.now)
    # A suspended owner, and one who cannot sign in, are no owners to rely on.
    world.directory.put_user("acme", User(id="second", email="s@example.com", name="S", role=Role.OWNER))
    with pytest.raises(Forbidden, match="last owner"):
        change(world, "owner", role="admin")


def test_two_owners_do_not_demote_each_other_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.directory.put_user(
        "acme", User(id="second", email="s@example.com", name="S", role=Role.OWNER, sub="s-second")
    )
    replace = world.directory.replace
    first, second = world.viewer("owner"), world.viewer("second")

    def crossed(workspace: str, changes: Any, said: Any = None) -> None:
        monkeypatch.setattr(world.directory, "replace", replace)
        world.offices.users.change(second, "owner", {"role": "admin"}, "*", world.now)
        replace(workspace, changes, said)

    monkeypatch.setattr(world.directory, "replace", crossed)
    with pytest.raises(Conflict):
        world.offices.users.change(first, "second", {"role": "admin"}, "*", world.now)
    owners = [user.id for user in world.directory.load("acme").users if user.role is Role.OWNER]
    assert owners == ["second"]


def test_a_suspended_user_keeps_the_name_and_loses_the_access(world: World) -> None:
    shown = world.offices.users.suspend(world.viewer("owner"), "member", world.now).document
    assert (shown.state, shown.name, shown.effective) == ("suspended", "Mia", ())
    assert not world.identities.people["s-member"].enabled
    assert world.identities.people["s-member"].sessions_ended == 1
    back = world.offices.users.activate(world.viewer("owner"), "member", world.now).document
    assert (back.state, world.identities.people["s-member"].enabled) == ("active", True)


def test_a_deleted_user_stands_last_and_only_when_asked_for(world: World) -> None:
    world.offices.users.delete(world.viewer("owner"), "manager", world.now)
    users, owner = world.offices.users, world.viewer("owner")
    assert "manager" not in [user.id for user in users.all(owner)]
    last = users.all(owner, deleted=True)[-1]
    assert (last.id, last.name, last.state) == ("manager", "Max", "deleted")
    with pytest.raises(Taken):
        change(world, "manager", name="x")
    with pytest.raises(InvalidRequest, match="activate him instead"):
        create(world, email="manager@example.com")
    assert users.activate(owner, "manager", world.now).document.state == "active"


def test_ending_somebodys_access_again_signs_him_out_again(world: World) -> None:
    for _ in range(2):
        world.offices.users.delete(world.viewer("owner"), "member", world.now)
    assert world.identities.people["s-member"].sessions_ended == 2
    lines = [line for line in world.directory.audit_lines("acme", "2026-03") if line.action == "user.delete"]
    assert len(lines) == 1


def test_nobody_ends_his_own_access(world: World) -> None:
    world.directory.put_user(
        "acme", User(id="second", email="s@example.com", name="S", role=Role.OWNER, sub="s-second")
    )
    for end in (world.offices.users.suspend, world.offices.users.delete):
        with pytest.raises(Forbidden):
            end(world.viewer("owner"), "owner", world.now)


def test_another_address_is_another_sign_in(world: World) -> None:
    assert change(world, "member", email="mia.new@example.com").email == "mia.new@example.com"
    assert world.identities.people["s-member"].email == "mia.new@example.com"
    with pytest.raises(InvalidRequest):
        change(world, "member", email="other@example.com")
    world.identities.add("stranger@example.com", "x")
    with pytest.raises(Taken):
        change(world, "member", email="stranger@example.com")


def test_who_has_signed_in_is_not_invited_again(world: World) -> None:
    made = create(world)
    world.offices.users.invite(world.viewer("owner"), made.id, world.now)
    assert world.identities.people[world.identities.find("anna@example.com")].mails == 2
    with pytest.raises(Taken):
        world.offices.users.invite(world.viewer("owner"), "member", world.now)


def test_accounts_have_one_holder_at_a_time_and_history_is_made_again(world: World) -> None:
    change(world, "member", accounts=[{"connection": "c1", "id": "US1", "until": "2026-02-01T00:00:00+01:00"}])
    change(world, "other", accounts=[{"connection": "c1", "id": "US1", "since": "2026-01-31T23:00:00Z"}])
    with pytest.raises(InvalidRequest) as refused:
        change(world, "operator", accounts=[{"connection": "c1", "id": "US1"}, {"connection": "c9", "id": "US1"}])
    assert [field for field, _ in refused.value.errors] == ["accounts.0", "accounts.1.connection"]

    asked = world.refolds.open("acme")
    assert [(one.connection, one.accounts) for one in asked] == [("c1", ("US1",))]
    assert all("US1" not in one.id for one in asked)
    found = world.directory.find("acme", User, "member")
    assert found is not None
    assert found.accounts[0].until is not None
    assert found.accounts[0].until.isoformat() == "2026-01-31T23:00:00+00:00"


def test_an_account_is_not_named_twice_for_the_same_time(world: World) -> None:
    twice = [{"connection": "c1", "id": "US1"}, {"connection": "c1", "id": "US1"}]
    with pytest.raises(InvalidRequest, match="named twice"):
        change(world, "member", accounts=twice)


def test_what_a_user_refers_to_is_there(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        create(world, teams=["t1", "t9"], manages=["t8"], numbers=["n9"])
    assert [field for field, _ in refused.value.errors] == ["teams.1", "manages.0", "numbers.0"]


def test_a_change_needs_the_version_that_it_was_made_from(world: World) -> None:
    shown = world.offices.users.show(world.viewer("owner"), "member")
    assert shown.document.etag == shown.etag
    change(world, "member", version=f'"{shown.etag}"', name="Mia M.")
    with pytest.raises(Outdated):
        change(world, "member", version=f'"{shown.etag}"', name="Mia N.")
    with pytest.raises(Unversioned):
        change(world, "member", version=None, name="Mia N.")


def test_users_of_another_workspace_are_not_there(world: World) -> None:
    rival = world.viewer("owner", "rival")
    with pytest.raises(NotFound):
        world.offices.users.show(rival, "member")
    with pytest.raises(NotFound):
        world.offices.users.change(rival, "member", {"name": "x"}, "*", world.now)


def test_every_change_of_rights_is_on_record_with_who_did_it(world: World) -> None:
    change(world, "member", role="manager", abilities=["reports"], manages=["t1"])
    (said,) = world.directory.audit_lines("acme", "2026-03")
    assert (said.action, said.user_id, said.target) == ("user.change", "owner", "member")
    assert (said.detail["user_role"], said.detail["abilities"], said.detail["manages"]) == (
        "manager",
        ["reports"],
        ["t1"],
    )
    assert said.detail["role"] == "owner"


def test_accounts_of_a_user_stay_what_they_were(world: World) -> None:
    world.change("member", accounts=(Account(connection="c1", id="US1"),))
    change(world, "member", name="Mia M.")
    assert world.viewer("member").user.accounts == (Account(connection="c1", id="US1"),)
    assert world.refolds.open("acme") == []


def test_who_is_gone_from_the_pool_can_still_be_ended_but_not_come_back_as_he_was(world: World) -> None:
    del world.identities.people["s-member"]
    owner = world.viewer("owner")
    assert world.offices.users.suspend(owner, "member", world.now).document.state == "suspended"
    with pytest.raises(Taken, match="sign-in is gone"):
        world.offices.users.activate(owner, "member", world.now)
    change(world, "member", signs_in=False)
    assert change(world, "member", signs_in=True).signs_in


def test_a_user_may_have_a_language_of_his_own_and_give_it_up_for_the_workspaces(world: World) -> None:
    made = create(world, language="ru")
    kept = world.directory.find("acme", User, made.id)
    assert (made.language, kept and kept.language) == ("ru", Language.RU)

    assert change(world, made.id, language="").language == ""
    kept = world.directory.find("acme", User, made.id)
    assert kept is not None
    assert kept.language is None
