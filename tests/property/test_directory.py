"""Whatever people do to a directory, and in which order: what must hold of it holds."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import combinations
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ringlake.access import abilities, scope
from ringlake.errors import RinglakeError
from ringlake.flows.directory.users import overlap
from ringlake.model.directory import Ability, Connection, Role, User
from ringlake.stores.identities import Person
from tests.unit.export.world import World

PEOPLE = ("owner", "manager", "operator", "member", "other")
WHO = st.sampled_from(PEOPLE)
TIMES = st.sampled_from([None, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"])
ACCOUNT = st.fixed_dictionaries(
    {"connection": st.just("c1"), "id": st.sampled_from("AB"), "since": TIMES, "until": TIMES}
)
RIGHTS = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from([role.value for role in Role]),
        "abilities": st.lists(st.sampled_from([a.value for a in Ability]), max_size=2, unique=True),
        "without": st.lists(st.sampled_from([a.value for a in Ability]), max_size=2, unique=True),
        "accounts": st.lists(ACCOUNT, max_size=2),
        "teams": st.sampled_from([[], ["t1"]]),
        "manages": st.sampled_from([[], ["t1"]]),
        "numbers": st.sampled_from([[], ["n1"]]),
        "email": st.sampled_from(["a@example.com", "b@example.com", "owner@example.com"]),
    },
)
ACT: st.SearchStrategy[tuple[str, str, str, Any]] = st.one_of(
    st.tuples(st.just("change"), WHO, WHO, RIGHTS),
    st.tuples(st.sampled_from(["suspend", "delete", "activate"]), WHO, WHO, st.just({})),
    st.tuples(st.just("number"), WHO, st.sampled_from(["+48221230001", "22 123 00 01", "+48221230002"]), st.just({})),
    st.tuples(
        st.just("team"), WHO, st.just(""), st.fixed_dictionaries({"managers": st.lists(WHO, max_size=2, unique=True)})
    ),
)


def act(world: World, kind: str, by: str, on: str, body: dict[str, Any]) -> None:
    """Do it as whoever may or may not; what is refused changes nothing."""
    viewer, offices = world.viewer(by), world.offices
    match kind:
        case "change":
            offices.users.change(viewer, on, body, "*", world.now)
        case "number":
            offices.numbers.create(viewer, {"e164": on}, world.now)
        case "team":
            offices.teams.create(viewer, {"name": "T", **body}, world.now)
        case _:
            getattr(offices.users, kind)(viewer, on, world.now)


@example([("change", "owner", "owner", {"role": "member"})])
@example(
    [
        ("change", "owner", "member", {"role": "owner"}),
        ("delete", "member", "owner", {}),
        ("suspend", "owner", "member", {}),
    ]
)
@example(
    [
        ("change", "owner", "member", {"accounts": [{"connection": "c1", "id": "A"}]}),
        ("change", "owner", "other", {"accounts": [{"connection": "c1", "id": "A"}]}),
    ]
)
@given(st.lists(ACT, max_size=25))
def test_no_order_of_changes_leaves_a_directory_that_makes_no_sense(acts: list[tuple[str, str, str, Any]]) -> None:
    world = World()
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    for user in world.directory.load("acme").users:
        world.identities.people[user.sub] = Person(email=user.email, password="chosen")
    lines = 0
    for kind, by, on, body in acts:
        world.now += timedelta(seconds=1)
        before, actor = world.directory.load("acme"), world.viewer(by).user
        body = {**body}
        if "accounts" in body:
            body["accounts"] = [{n: v for n, v in account.items() if v} for account in body["accounts"]]
        try:
            act(world, kind, by, on, body)
        except RinglakeError:
            assert world.directory.load("acme") == before, "what was refused changed something"
        after = world.directory.load("acme")
        said = len(world.directory.audit_lines("acme", "2026-03"))
        # One line for each change, and none without one.
        assert said - lines == (after != before)
        lines = said
        _check_gains(actor, before.users, after.users)

        living = [user for user in after.users if user.deleted_at is None]
        assert any(user.role is Role.OWNER and user.active and user.sub for user in living)
        assert max(Counter(user.email for user in living).values()) == 1
        assert max(Counter(number.e164 for number in after.numbers).values()) == 1
        held = [account for user in after.users for account in user.accounts]
        assert not any(overlap(one, other) for one, other in combinations(held, 2))
        for user in after.users:
            assert world.directory.user_by_sub(user.sub) == ("acme", user)
            if user.active:
                assert world.identities.people[user.sub].email == user.email


def _check_gains(actor: User, before: tuple[User, ...], after: tuple[User, ...]) -> None:
    """Nobody gave what he did not have, to himself or another."""
    old = {user.id: user for user in before}
    for user in after:
        was = old[user.id]
        assert abilities(user) - abilities(was) <= abilities(actor)
        if scope(user) != scope(was):
            assert scope(actor).covers(scope(user))
        if Role.OWNER in (user.role, was.role) and abilities(user) != abilities(was):
            assert actor.role is Role.OWNER
