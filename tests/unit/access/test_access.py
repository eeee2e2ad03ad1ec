"""Who may call what and see which rows (features.md O3, O4, W9-W18)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ringlake.access import ROUTES, Scope, abilities, permit, principal, scope
from ringlake.errors import Forbidden, NotAuthentic
from ringlake.model.directory import Ability, Role, User

ALL, NO_REPORTS = "owner admin manager operator member", "owner admin"
# Every route and the roles that may call it without any grant.
ALLOWED = {
    "GET /v1/me": ALL,
    "POST /v1/exports": ALL,
    "GET /v1/exports": ALL,
    "GET /v1/exports/{id}": ALL,
    "GET /v1/exports/{id}/download": ALL,
    "GET /v1/reports": NO_REPORTS,
    "POST /v1/reports/{name}/runs": NO_REPORTS,
    "GET /v1/reports/runs/{id}": NO_REPORTS,
}


def user(role: Role = Role.MEMBER, **fields: Any) -> User:
    return User(id="u1", email="u1@example.com", name="Una", role=role, **fields)


def test_the_table_of_this_test_names_every_route() -> None:
    assert set(ALLOWED) == set(ROUTES)


@pytest.mark.parametrize("route", ALLOWED)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_call_its_routes_and_no_other(route: str, role: Role) -> None:
    if role.value in ALLOWED[route].split():
        permit(user(role), route)
    else:
        with pytest.raises(Forbidden):
            permit(user(role), route)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ["DELETE /v1/exports/{id}", "GET /v1/exports/", "$default", ""])
def test_a_route_that_is_not_in_the_table_is_refused_to_everybody(route: str, role: Role) -> None:
    with pytest.raises(Forbidden):
        permit(user(role, abilities=tuple(Ability)), route)


@pytest.mark.parametrize("route", ALLOWED)
def test_a_deleted_owner_may_call_nothing_and_see_nothing(route: str) -> None:
    gone = user(Role.OWNER, deleted_at=datetime(2026, 3, 1, tzinfo=UTC), numbers=("n1",))

    with pytest.raises(Forbidden):
        permit(gone, route)
    assert abilities(gone) == frozenset()
    assert scope(gone) == Scope()


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
    assert scope(viewer) == sees


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
