"""Abilities of roles and the abilities that routes need, each in one table; default is no."""

from __future__ import annotations

from types import MappingProxyType

from ringlake.errors import Forbidden
from ringlake.model.directory import Ability, Role, User

# Every role may export: what is in the file is decided by scope (O4, W9). The `data` dialect
# and the finance reports, which read the whole workspace, are for owners and admins unless granted.
_OF_ROLE: dict[Role, frozenset[Ability]] = {
    Role.OWNER: frozenset(Ability),
    Role.ADMIN: frozenset(Ability),
    Role.MANAGER: frozenset({Ability.VIEW_ALL_CALLS, Ability.EXPORT}),
    Role.OPERATOR: frozenset({Ability.EXPORT}),
    Role.MEMBER: frozenset({Ability.EXPORT}),
}

# The ability that each route of the API needs; None is any signed-in user. A route that is not
# here is refused (security.md API5).
ROUTES = MappingProxyType(
    {
        "GET /v1/me": None,
        "POST /v1/exports": Ability.EXPORT,
        "GET /v1/exports": Ability.EXPORT,
        "GET /v1/exports/{id}": Ability.EXPORT,
        "GET /v1/exports/{id}/download": Ability.EXPORT,
        "GET /v1/reports": Ability.REPORTS,
        "POST /v1/reports/{name}/runs": Ability.REPORTS,
        "GET /v1/reports/runs/{id}": Ability.REPORTS,
    }
)


def of_role(role: Role) -> frozenset[Ability]:
    """What the role may do by itself."""
    return _OF_ROLE[role]


def abilities(user: User) -> frozenset[Ability]:
    """What the user may do: the role's abilities and the user's own grants without what was taken from him;
    nothing once suspended or deleted. From an owner nothing can be taken.
    """
    if not user.active:
        return frozenset()
    if user.role is Role.OWNER:
        return _OF_ROLE[user.role]
    return (_OF_ROLE[user.role] | frozenset(user.abilities)) - frozenset(user.without)


def permit(user: User, route: str) -> None:
    """Raises `Forbidden` unless the user may call the route."""
    if route not in ROUTES or not user.active:
        raise Forbidden(route)
    needed = ROUTES[route]
    if needed is not None and needed not in abilities(user):
        raise Forbidden(f"this needs the ability {needed.value}")
