"""Whose time an answer may show, by which names, and the rows that it is made of.

Presence and rings belong to a person: whoever may see the person sees them, and nobody else
(`access.scope.shows_person`). Names and teams are the directory's of today, of deleted people too, who
are marked (features.md O4, demands.md D72); the lake's own are those at the time a row was made, and one
list with two names for a person who married helps nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from ringlake.access import Scope, scope
from ringlake.access.scope import shows_person
from ringlake.errors import NotFound
from ringlake.metrics.measure import Measured
from ringlake.metrics.rings import LEG_COLUMNS, RUNG_COLUMNS
from ringlake.metrics.staff import PRESENCE_COLUMNS, Stretches, by_day, stretches
from ringlake.model.base import Answer
from ringlake.model.directory import Directory, Team, User
from ringlake.model.facts import Direction
from ringlake.model.tables import LEGS, PRESENCE
from ringlake.query.filters import CALL
from ringlake.query.resolve import Predicates, ResolvedQuery, between

from .patterns import Drill
from .question import Answers, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

_DAY = timedelta(days=1)


class Person(Answer, frozen=True, kw_only=True):
    """Somebody by today's name and teams. `deleted` people keep their history."""

    user_id: str
    name: str
    teams: tuple[str, ...]
    deleted: bool


def person(user: User) -> Person:
    return Person(user_id=user.id, name=user.name, teams=user.teams, deleted=user.deleted_at is not None)


# What stands in place of people whom the viewer may not see, so that rows sum to their total.
OTHERS = Person(user_id="", name="", teams=(), deleted=False)


@dataclass(frozen=True)
class Company:
    """The people whom a viewer may see, by id."""

    directory: Directory
    scope: Scope
    users: Mapping[str, User]

    def chosen(self, users: Collection[str], teams: Collection[str]) -> dict[str, User]:
        """Those of them who are asked for: by id, or by a team that they are in today."""
        return {
            user.id: user
            for user in self.users.values()
            if (not users or user.id in users) and (not teams or set(user.teams) & set(teams))
        }

    def one(self, user_id: str) -> User:
        """Raises `NotFound` for somebody who is not there and for somebody out of sight alike."""
        if user_id not in self.users:
            raise NotFound(user_id)
        return self.users[user_id]

    @property
    def teams(self) -> tuple[Team, ...]:
        """Teams of which the viewer sees all people: those that analytics offer (features.md W19)."""
        return tuple(
            team
            for team in self.directory.teams
            if team.kind == "call_center" and (self.scope.everything or team.id in self.scope.teams)
        )


def in_order(users: Iterable[User]) -> list[User]:
    """By name, deleted people last."""
    return sorted(users, key=lambda u: (u.deleted_at is not None, u.name.casefold(), u.id))


class PeopleAnswers(Answers):
    """Base of the use cases about people."""

    def company(self, question: Question) -> Company:
        viewer = question.viewer
        directory, seen = self.names(viewer), scope(viewer.user)
        users = {user.id: user for user in directory.users if shows_person(seen, user, viewer.user.id)}
        return Company(directory, seen, users)

    def presence(
        self, question: Question, company: Company, users: Collection[str], *, before: int = 1, after: int = 0
    ) -> Stretches:
        """The stretches of these people in the range and some days around it (metrics.staff.stretches).

        A day before is read at least: until the first roll-up of a day its stretch from yesterday is still open.
        """
        query = of_people(question.query, company, users, before, after)
        return stretches(self._facts.rows(PRESENCE, query, PRESENCE_COLUMNS), question.now)

    def legs(
        self, question: Question, direction: Direction | None = None, columns: Sequence[str] = LEG_COLUMNS
    ) -> pa.Table:
        """Legs of the calls that the question selects, or of those of one direction, whoever their owner is: a
        person's rings and talks are on calls of others too. Without spam, as all measures, unless it is asked for.
        """
        asked = question.query.predicates
        directions = asked.directions
        if direction is not None:
            # An impossible word where it is not asked for: no directions would mean any.
            directions = (direction.value,) if direction.value in (directions or (direction.value,)) else ("\0",)
        every = msgspec.structs.replace(
            asked, users=(), directions=directions, without_spam=asked.without_spam or not asked.include_spam
        )
        return self._facts.rows(LEGS, msgspec.structs.replace(question.query, predicates=every), columns)

    def rung(self, question: Question) -> pa.Table:
        """All legs of the range, of calls of any kind and whoever's: how people's time was spent. Not for showing;
        whose rings count is decided by whose stretches they are laid beside.
        """
        query = question.query
        first, last, days = between(query.from_date, query.to_date, ZoneInfo(query.zone))
        every = msgspec.structs.replace(
            query, start_utc=first, end_utc=last, days=days, scope=Scope(everything=True), predicates=Predicates()
        )
        return self._facts.rows(LEGS, every, RUNG_COLUMNS)


def drill(**more: object) -> Drill:
    """What the filter of an answer is changed by to list exactly the calls of one of its parts (demands.md D80)."""
    return {"channels": [CALL], "without_spam": True, **more}


def told(metric: str, found: Measured) -> Value:
    """A result of the dictionary's computation as an answer shows it."""
    return Value(
        metric=metric, value=found.value, n=found.n, numerator=found.numerator, denominator=found.denominator,
        median=found.median, p90=found.p90,
    )  # fmt: skip


def dates(question: Question) -> list[date]:
    """The local dates of the range that have begun."""
    query = question.query
    today = question.now.astimezone(ZoneInfo(query.zone)).date()
    count = (min(query.to_date, today) - query.from_date).days + 1
    return [query.from_date + n * _DAY for n in range(max(count, 0))]


def cut(found: Stretches, question: Question) -> Stretches:
    """The stretches that lie in the range, cut into its days."""
    days = dates(question)
    return by_day(found, days or [question.query.from_date], ZoneInfo(question.query.zone))


def of_users(query: ResolvedQuery, users: tuple[str, ...]) -> ResolvedQuery:
    """The same query for interactions of these users, () of anybody."""
    return msgspec.structs.replace(query, predicates=msgspec.structs.replace(query.predicates, users=users))


def of_people(query: ResolvedQuery, company: Company, users: Collection[str], before: int, after: int) -> ResolvedQuery:
    """The query for rows of these people's time, wider by some days; conditions on calls are dropped."""
    earlier = min(before, (query.from_date - date.min).days)
    first, last = query.from_date - earlier * _DAY, query.to_date + after * _DAY
    start, end, days = between(first, last, ZoneInfo(query.zone))
    seen = Scope(everything=True) if company.scope.everything else Scope(users=tuple(sorted(company.users)))
    whole = company.scope.everything and set(users) >= set(company.users)
    # An impossible id: an empty list of users would mean everybody.
    asked = Predicates() if whole else Predicates(users=tuple(sorted(users)) or ("\0",))
    return msgspec.structs.replace(query, start_utc=start, end_utc=end, days=days, scope=seen, predicates=asked)
