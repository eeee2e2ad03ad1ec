"""Scope: the rows that a viewer may see, applied before anything is counted."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ringlake.model.base import Model
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Ability, Role, User
from ringlake.model.messages import MessageRecord

from .abilities import abilities
from .hiding import hidden_from


class Scope(Model, frozen=True, kw_only=True):
    """The union of granted numbers, teams and self, by id (features.md, conflicts: Visibility).

    A row is visible when `everything` or its user, team or business number is granted. `rung`
    names a user who also sees the group calls that rang that user and nobody answered; such
    calls belong to nobody, so they count in no personal total (W9). `hides` are the abilities to see
    single columns that the viewer lacks (demands.md D74; `hiding.py` says which columns).
    """

    everything: bool = False
    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    rung: str = ""
    hides: tuple[Ability, ...] = ()

    def covers(self, other: Scope) -> bool:
        """Whether everything that `other` shows is visible here too."""
        if not set(self.hides) <= set(other.hides):
            return False
        if self.everything:
            return True
        return (
            not other.everything
            and set(other.users) <= set(self.users)
            and set(other.teams) <= set(self.teams)
            and set(other.numbers) <= set(self.numbers)
            and other.rung in ("", self.rung)
        )


def scope(user: User) -> Scope:
    """What the user sees now; current assignments decide, also about the past (O4).

    Owner and admin: everything. Member: the assigned numbers. Operator: own interactions and
    unanswered group calls that rang. `view_all_calls`, which managers have, lifts the own-calls
    limit inside the managed (or else own) teams, and altogether where there is no team;
    `scope_workspace` with it lifts the team limit (W13-W17).
    """
    held = abilities(user)
    if not user.active:
        return Scope(hides=hidden_from(held))
    return msgspec.structs.replace(_rows(user, held), hides=hidden_from(held))


def _rows(user: User, held: frozenset[Ability]) -> Scope:
    if user.role in (Role.OWNER, Role.ADMIN):
        return Scope(everything=True)
    everyone = Ability.VIEW_ALL_CALLS in held
    if everyone and Ability.SCOPE_WORKSPACE in held:
        return Scope(everything=True)
    if user.role is Role.MEMBER and not everyone:
        return Scope(numbers=tuple(sorted(user.numbers)))
    if not everyone:
        return Scope(users=(user.id,), rung=user.id)
    teams = user.manages if user.role is Role.MANAGER else user.teams
    if not teams and user.role is not Role.MEMBER:
        return Scope(everything=True)
    return Scope(users=(user.id,), teams=tuple(sorted(teams)), numbers=tuple(sorted(user.numbers)), rung=user.id)


def shows_person(seen: Scope, person: User, viewer: str = "") -> bool:
    """Whether a person's status, rings and time are inside the scope: who is granted, whoever is in a granted
    team today, and the viewer himself. Numbers grant calls, not the people who answer them.
    """
    return seen.everything or person.id in (viewer, *seen.users) or bool(set(person.teams) & set(seen.teams))


def shows(seen: Scope, record: CallRecord | MessageRecord) -> bool:
    """Whether one record is inside the scope, by the same rule as rows of the lake (query/rows.py)."""
    rung = (
        (leg.party.user_id for leg in record.legs)
        if isinstance(record, CallRecord) and record.unattributed == "group_call"
        else ()
    )
    return grants(seen, record.user.user_id, record.team_id, record.business_number_id, rung)


def grants(seen: Scope, user: str, team: str, number: str, rung: Iterable[str] = ()) -> bool:
    """Whether something of this user, team and business number is inside the scope.

    `rung` are the users whom a group call rang that nobody answered: it is also shown to them (W9).
    """
    if seen.everything:
        return True
    granted = ((user, seen.users), (team, seen.teams), (number, seen.numbers))
    return any(own and own in some for own, some in granted) or bool(seen.rung and seen.rung in rung)
