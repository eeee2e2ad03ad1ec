"""Metrics of people's time and rings, altogether and by person: those that are no formula over single rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from ringlake.metrics.rings import HANDLED_COLUMNS, Handled, Rings, each_ring, handled, rings
from ringlake.metrics.staff import Busy, Stretches, total
from ringlake.model.directory import User
from ringlake.model.facts import Direction, PresenceStatus

from .load import aht
from .patterns import count, share
from .people import Company, PeopleAnswers, cut
from .presence import Time, group_availability, occupancy, utilisation
from .question import Question
from .values import Value

_STATUSES = {f"{status.value}_s": status for status in PresenceStatus}
_OF_TIME = frozenset({"occupancy", "utilisation", *_STATUSES})
_OF_RINGS: Mapping[str, Callable[[Rings], Value]] = {
    "agent_missed_rings": lambda of: Value(metric="agent_missed_rings", value=of.missed, n=of.rung),
    "agent_declined_rings": lambda of: Value(metric="agent_declined_rings", value=of.declined, n=of.rung),
    "agent_missed_ring_rate": lambda of: share(
        "agent_missed_ring_rate", of.missed, of.answered + of.declined + of.missed
    ),
}
_OF_LEGS: Mapping[str, Callable[[Handled], Value]] = {
    "agent_aht_s": aht,
    "agent_talk_s": lambda of: count("agent_talk_s", of.talk_s),
}
# The metrics that this module measures.
MEASURED = _OF_TIME | {"availability"} | _OF_RINGS.keys() | _OF_LEGS.keys()


class Staffing:
    """These metrics of some people over one question; what a metric needs is read when it is asked for."""

    def __init__(
        self, answers: PeopleAnswers, question: Question, company: Company, users: Mapping[str, User], team: str
    ) -> None:
        self._answers = answers
        self._question = question
        self._company = company
        self._users = users
        self._team = team

    def total(self, metric: str) -> Value:
        """Of all of them together: of the time or the legs of everybody, not the mean of their shares."""
        if metric == "availability":
            return group_availability(self._question, self._stretches, self._users, self._team)
        if metric in _OF_TIME:
            return self._of_time(metric, [user for user in self._users if self._time.known(user)])
        if metric in _OF_RINGS:
            return _OF_RINGS[metric](_sum([of for user, of in self._rings.items() if user in self._users]))
        own = [of for user, of in self._handled.items() if user in self._users]
        return _OF_LEGS[metric](Handled(sum(of.legs for of in own), sum(of.talk_s for of in own)))

    def by_person(self, metric: str) -> dict[str, Value]:
        """Of each of whom anything is known; nobody has an availability of his own."""
        if metric == "availability":
            return {}
        if metric in _OF_TIME:
            return {user: self._of_time(metric, [user]) for user in self._users if self._time.known(user)}
        if metric in _OF_RINGS:
            return {user: _OF_RINGS[metric](of) for user, of in self._rings.items() if user in self._users}
        return {user: _OF_LEGS[metric](of) for user, of in self._handled.items() if user in self._users}

    def _of_time(self, metric: str, users: list[str]) -> Value:
        if metric in _STATUSES:
            seconds = total(self._time.total(user) for user in users)[_STATUSES[metric]]
            return Value(metric=metric, value=seconds if users else None, n=len(users))
        parts = [busy for user in users if (busy := self._time.busy(user))]
        whole = Busy(*(sum(numbers) for numbers in zip(*parts, strict=True))) if parts else None
        return occupancy(whole) if metric == "occupancy" else utilisation(whole)

    @cached_property
    def _stretches(self) -> Stretches:
        return cut(self._answers.presence(self._question, self._company, self._users), self._question)

    @cached_property
    def _time(self) -> Time:
        rung = self._answers.rung(self._question)
        return Time(self._stretches, rung, self._question)

    @cached_property
    def _handled(self) -> dict[str, Handled]:
        return handled(self._answers.legs(self._question, columns=HANDLED_COLUMNS))

    @cached_property
    def _rings(self) -> dict[str, Rings]:
        legs = self._answers.legs(self._question, Direction.INBOUND)
        return rings(each_ring(legs, self._question.workspace.missed_ring_s))


def _sum(parts: list[Rings]) -> Rings:
    return Rings(*(sum(counts) for counts in zip(*parts, strict=True))) if parts else Rings()
