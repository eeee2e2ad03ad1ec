"""Abilities of roles, in one table, and what they open; default is no."""

from __future__ import annotations

from ringlake.errors import Forbidden
from ringlake.model.directory import Ability, Role, User

from .routes import ROUTES

# Whoever works with customers sees who they are; which ones is decided by scope (O4, W9), and single
# abilities can be taken from a user (D74). Every role may export what it sees. A manager has all that an
# operator has (W14). Costs, the `data` dialect, the finance reports, which read the whole workspace,
# supervising and the record of who did what are for owners and admins unless granted.
_WORKING = frozenset({Ability.EXPORT, Ability.SEE_NAMES, Ability.SEE_NUMBERS, Ability.SEE_CONTENT, Ability.WORK_CASES})
_OF_ROLE: dict[Role, frozenset[Ability]] = {
    Role.OWNER: frozenset(Ability),
    Role.ADMIN: frozenset(Ability),
    Role.MANAGER: _WORKING | {Ability.VIEW_ALL_CALLS},
    Role.OPERATOR: _WORKING,
    Role.MEMBER: _WORKING,
}


def of_role(role: Role) -> frozenset[Ability]:
    """What the role may do by itself."""
    return _OF_ROLE[role]


def roles() -> dict[Role, list[Ability]]:
    """What each role may do by itself, in the order of the abilities."""
    return {role: [ability for ability in Ability if ability in held] for role, held in _OF_ROLE.items()}


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
    missing = [ability.value for ability in ROUTES[route] if ability not in abilities(user)]
    if missing:
        raise Forbidden(f"this needs the ability {' and '.join(missing)}")
