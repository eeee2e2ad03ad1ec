"""Who may call what and see which rows (features.md O3, O4, W9-W18)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ringlake.access import ROUTES, Scope, abilities, of_role, permit, principal, scope
from ringlake.access.hiding import HIDDEN
from ringlake.errors import Forbidden, NotAuthentic
from ringlake.model.directory import Ability, Role, User


def user(role: Role = Role.MEMBER, **fields: Any) -> User:
    return User(id="u1", email="u1@example.com", name="Una", role=role, **fields)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_call_a_route_when_it_has_all_that_the_route_needs(route: str, role: Role) -> None:
    """Which these are stands in tests/approved/permissions.md."""
    if set(ROUTES[route]) <= of_role(role):
        permit(user(role), route)
    else:
        with pytest.raises(Forbidden):
            permit(user(role), route)


def test_a_manager_has_all_that_an_operator_has() -> None:
    assert of_role(Role.OPERATOR) < of_role(Role.MANAGER) < of_role(Role.ADMIN) == of_role(Role.OWNER)


def test_what_is_taken_is_gone_although_role_or_grant_give_it_and_an_owner_keeps_all() -> None:
    taken = (Ability.SEE_NUMBERS, Ability.SEE_COSTS)
    assert not set(taken) & abilities(user(Role.MANAGER, abilities=(Ability.SEE_COSTS,), without=taken))
    assert set(taken) <= abilities(user(Role.OWNER, without=taken))


def test_a_suspended_user_may_and_sees_nothing() -> None:
    away = user(Role.ADMIN, suspended_at=datetime(2026, 3, 1, tzinfo=UTC))
    assert abilities(away) == frozenset()
    assert scope(away) == Scope(hides=tuple(HIDDEN))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ["PUT /v1/exports/{id}", "GET /v1/exports/", "$default", ""])
def test_a_route_that_is_not_in_the_table_is_refused_to_everybody(route: str, role: Role) -> None:
    with pytest.raises(Forbidden):
        permit(user(role, abilities=tuple(Ability)), route)


@pytest.mark.parametrize("route", ROUTES)
def test_a_deleted_owner_may_call_nothing_and_see_nothing(route: str) -> None:
    gone = user(Role.OWNER, deleted_at=datetime(2026, 3, 1, tzinfo=UTC), numbers=("n1",))

    with pytest.raises(Forbidden):
        permit(gone, route)
    assert abilities(gone) == frozenset()
    assert scope(gone) == Scope(hides=tuple(HIDDEN))


def test_a_grant_opens_the_route_that_needs_it() -> None:
    permit(user(abilities=(Ability.REPORTS,)), "GET /v1/reports")


def test_a_manager_can_do_all_that_an_operator_can() -> None:
    assert abilities(user(Role.MANAGER)) > abilities(user(Role.OPERATOR))


EVERYTHING = Scope(everything=True)
VIEW, WIDE = (Ability.VIEW_ALL_CALLS,), (Ability.VIEW_ALL_CALLS, Ability.SCOPE_WORKSPACE)


def own(**also: tuple[str, ...]) -> Scope:
    return msgspec.structs.replace(Scope(users=("u1",), rung="u1"), **also)


@pytest.mark.parametrize(
    ("viewer", "sees"),
    [
        (user(Role.OWNER), EVERYTHING),
        (user(Role.ADMIN, teams=("t1",), numbers=("n1",)), EVERYTHING),
        (user(Role.MEMBER, numbers=("n2", "n1")), Scope(numbers=("n1", "n2"))),
        (user(Role.MEMBER), Scope()),
        (user(Role.MEMBER, teams=("t1",)), Scope()),
        (user(Role.MEMBER, abilities=(Ability.SCOPE_WORKSPACE,)), Scope()),
        (user(Role.MEMBER, abilities=VIEW, numbers=("n1",)), own(numbers=("n1",))),
        (user(Role.OPERATOR), own()),
        (user(Role.OPERATOR, teams=("t1",), numbers=("n1",)), own()),
        (user(Role.OPERATOR, abilities=(Ability.SCOPE_WORKSPACE,)), own()),
        (user(Role.OPERATOR, abilities=VIEW, teams=("t1",)), own(teams=("t1",))),
        (user(Role.OPERATOR, abilities=VIEW), EVERYTHING),
        (user(Role.OPERATOR, abilities=WIDE, teams=("t1",)), EVERYTHING),
        (user(Role.MANAGER, manages=("t2", "t1"), teams=("t9",)), own(teams=("t1", "t2"))),
        (user(Role.MANAGER, teams=("t9",)), EVERYTHING),
        (user(Role.MANAGER, manages=("t1",), abilities=(Ability.SCOPE_WORKSPACE,)), EVERYTHING),
    ],
)
def test_scope_is_the_union_of_what_was_granted(viewer: User, sees: Scope) -> None:
    assert msgspec.structs.replace(scope(viewer), hides=()) == sees


@pytest.mark.parametrize(
    ("viewer", "hides"),
    [
        (user(Role.OWNER), ()),
        (user(Role.OWNER, without=tuple(HIDDEN)), ()),
        (user(Role.ADMIN), ()),
        (user(Role.ADMIN, without=(Ability.SEE_NUMBERS,)), (Ability.SEE_NUMBERS,)),
        (user(Role.MANAGER), (Ability.SEE_COSTS,)),
        (user(Role.OPERATOR, abilities=(Ability.SEE_COSTS,)), ()),
        (user(Role.MEMBER, without=(Ability.SEE_NAMES,)), (Ability.SEE_NAMES, Ability.SEE_COSTS)),
    ],
)
def test_columns_are_hidden_from_whoever_lacks_their_ability(viewer: User, hides: tuple[Ability, ...]) -> None:
    assert scope(viewer).hides == hides


@pytest.mark.parametrize(
    ("mine", "files", "covered"),
    [
        (EVERYTHING, EVERYTHING, True),
        (Scope(users=("u1",)), EVERYTHING, False),
        (EVERYTHING, Scope(numbers=("n1",)), True),
        (Scope(numbers=("n1", "n2")), Scope(numbers=("n1",)), True),
        (Scope(numbers=("n2",)), Scope(numbers=("n1",)), False),
        (Scope(teams=("t1",)), Scope(teams=("t1",), users=("u1",)), False),
        (Scope(users=("u1",)), Scope(users=("u1",), rung="u1"), False),
        (Scope(), Scope(), True),
        (Scope(everything=True, hides=(Ability.SEE_NUMBERS,)), Scope(), False),
        (Scope(everything=True, hides=(Ability.SEE_NUMBERS,)), Scope(hides=tuple(HIDDEN)), True),
    ],
)
def test_a_file_is_covered_when_nothing_in_it_was_taken_away(mine: Scope, files: Scope, covered: bool) -> None:
    assert mine.covers(files) is covered


class Directory:
    def __init__(self, **users: User) -> None:
        self.users = users

    def user_by_sub(self, sub: str) -> tuple[str, User] | None:
        return ("acme", self.users[sub]) if sub in self.users else None


KNOWN = Directory(s1=user(), gone=user(deleted_at=datetime(2026, 1, 1, tzinfo=UTC)))


def test_the_user_and_the_workspace_come_from_the_directory_alone() -> None:
    claims = {
        "sub": "s1",
        "token_use": "access",
        "cognito:groups": "[owner admin]",
        "custom:workspace": "other",
        "role": "owner",
    }

    found = principal(claims, KNOWN)

    assert found.workspace == "acme"
    assert found.user.role is Role.MEMBER


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"sub": "s1"},
        {"sub": "s1", "token_use": "id"},
        {"sub": "s1", "token_use": "refresh"},
        {"sub": "s1", "token_use": ["access"]},
        {"sub": "s1", "token_use": "ACCESS"},
        {"token_use": "access"},
        {"sub": "", "token_use": "access"},
        {"sub": None, "token_use": "access"},
        {"sub": ["s1"], "token_use": "access"},
        {"sub": "unknown", "token_use": "access"},
        {"sub": "gone", "token_use": "access"},
    ],
)
def test_any_other_token_is_refused_in_the_same_words(claims: dict[str, object]) -> None:
    with pytest.raises(NotAuthentic) as refused:
        principal(claims, KNOWN)
    assert str(refused.value) == "signature not accepted"
