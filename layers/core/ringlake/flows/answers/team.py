"""The team table: one row per person, one for what belongs to nobody, and the total (features.md O11-O13, W20-W23).

Missed group calls are charged to nobody, so they stand in the row "Unassigned", and the rows add up to the
total. Talk time of a row is that of the calls that the person owns; `talk_by_leg_s` is what he talked himself
on any leg, so that its sum may exceed the total where calls were handed over (metrics.md Attribution 2, 3;
demands.md D32).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal, scope
from ringlake.access.scope import shows_person
from ringlake.metrics.catalog.metric import All, Known, Not, OneOf, Total
from ringlake.metrics.measure import measure
from ringlake.model.base import Answer
from ringlake.model.directory import Directory, User
from ringlake.model.facts import CallKind
from ringlake.model.tables import CALLS, LEGS
from ringlake.query.filters import CALL

from .breakdown import Order, Part, part, sorted_by
from .dimensions import By, Dimension, dimension
from .measures import Measures, MetricId, MetricsQuery, check_sort, chosen
from .patterns import Drill
from .question import Answers, Meta, Question
from .values import Value

USUAL = (
    "calls_made", "calls_received", "calls_answered_inbound", "calls_connected", "calls_missed", "missed_rate",
    "talk_s", "average_talk_s", "messages_sent", "messages_received",
)  # fmt: skip
# Legs beside the customer's path: asking a colleague, a survey afterwards (features.md F21, F22).
_BESIDE = (CallKind.CONSULTATION.value, CallKind.SURVEY_POST_CALL.value)
_TALKED = All(
    of=(
        OneOf(column="row_kind", values=("leg",)),
        Not(of=OneOf(column="kind", values=_BESIDE)),
        Known(column="user_id", text=True),
    )
)
_LEG_COLUMNS = ("row_kind", "kind", "user_id", "talk_s")
# Why a call has no user (demands.md D24).
_REASONS = Dimension(id="unattributed", columns={CALLS.name: "unattributed"}, drill=lambda _: None)


class TeamQuery(MetricsQuery):
    """Sorted by any metric of the table, in both directions; by name without one."""

    sort: MetricId = ""
    order: Order = Order.DESC


class Member(Answer, frozen=True, kw_only=True):
    """One person; the empty key is what belongs to nobody. `teams` are today's. `talk_by_leg_s` is null for nobody."""

    key: str
    name: str
    deleted: bool
    teams: tuple[str, ...]
    values: tuple[Value, ...]
    talk_by_leg_s: int | None
    drill: Drill | None


class Reconciliation(Answer, frozen=True, kw_only=True):
    """Why talk by leg and talk of calls differ: a call handed over is one call and several legs; talk with
    parties outside, with people whom the directory does not know and between two legs is in the call alone.
    """

    talk_of_calls_s: int
    talk_by_leg_s: int
    difference_s: int
    calls_transferred: int


class TeamTable(Answer, frozen=True, kw_only=True):
    """`total` is measured over all calls and messages; `unassigned` are the calls without a user by reason
    (`group_call`, `unmapped`, `nobody`, `system`; demands.md D24).
    """

    meta: Meta
    metrics: tuple[str, ...]
    members: tuple[Member, ...]
    total: tuple[Value, ...]
    unassigned: dict[str, int]
    reconciliation: Reconciliation


class TeamAnswers(Answers):
    def table(self, viewer: Principal, asked: TeamQuery, now: datetime) -> TeamTable:
        """Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        metrics = chosen(question, asked.metrics, USUAL)
        ids = [metric.id for metric in metrics]
        check_sort(asked.sort, metrics)
        directory = self.names(viewer)
        split = dimension(By.USER, asked, question.query.zone, directory)
        more = chosen(question, ("calls", "talk_s", "calls_transferred"))
        measures = Measures(self._facts, question, [*metrics, *more], [split, _REASONS], hourly_rate=asked.rate)
        found = {key: values[: len(ids)] for (key,), values in measures.by(split, only=ids).items()}
        nothing = measures.nothing()[: len(ids)]
        for key in ("", *(user.id for user in _listed(question, directory))):
            found.setdefault(key, nothing)
        parts = [part(question, split, key, values, None) for key, values in found.items()]
        talked = self._talked(question)
        total = measures.total()
        return TeamTable(
            meta=question.meta,
            metrics=tuple(ids),
            members=tuple(_member(one, directory, talked) for one in _ordered(parts, ids, asked)),
            total=tuple(total[: len(ids)]),
            unassigned=_unassigned(measures, len(ids)),
            reconciliation=_reconciled(total[len(ids) + 1], total[len(ids) + 2], talked),
        )

    def _talked(self, question: Question) -> dict[Any, int]:
        """Seconds on own legs, by person. Legs say nothing of spam: their calls are chosen as the total counts them."""
        asked = question.query.predicates
        counted = msgspec.structs.replace(asked, without_spam=asked.without_spam or not asked.include_spam)
        rows = self._facts.rows(LEGS, msgspec.structs.replace(question.query, predicates=counted), _LEG_COLUMNS)
        if CALL not in question.query.predicates.channels:
            return {}
        found = measure(rows, [Total(of="talk_s", where=_TALKED)], ["user_id"])
        return {key: int(one.value or 0) for (key,), (one,) in found.items()}


def _unassigned(measures: Measures, place: int) -> dict[str, int]:
    """Calls without a user, by reason."""
    found = measures.by(_REASONS, only=["calls"])
    counts = {str(key): int(values[place].value or 0) for (key,), values in found.items() if key}
    return {key: counts[key] for key in sorted(counts) if counts[key]}


def _reconciled(talk: Value, moved: Value, talked: Mapping[Any, int]) -> Reconciliation:
    whole, legs = int(talk.value or 0), sum(talked.values())
    return Reconciliation(
        talk_of_calls_s=whole,
        talk_by_leg_s=legs,
        difference_s=legs - whole,
        calls_transferred=int(moved.value or 0),
    )


def _listed(question: Question, directory: Directory) -> list[User]:
    """Active people whom the viewer may see and the filter asks for: they have a row also without any call."""
    seen, asked = scope(question.viewer.user), question.filter
    return [
        user
        for user in directory.users
        if user.active
        and shows_person(seen, user, question.viewer.user.id)
        and (not asked.users or user.id in asked.users)
        and (not asked.teams or set(user.teams) & set(asked.teams))
    ]


def _ordered(parts: Sequence[Part], ids: Sequence[str], asked: TeamQuery) -> list[Part]:
    """Nobody last; by name, deleted people after the others (features.md F5), or by one metric."""
    if asked.sort:
        found = sorted_by(parts, ids.index(asked.sort), descending=asked.order is Order.DESC)
    else:
        found = sorted(parts, key=lambda one: (one.deleted, one.name.casefold(), one.key))
    return [*(one for one in found if one.key), *(one for one in found if not one.key)]


def _member(one: Part, directory: Directory, talked: Mapping[Any, int]) -> Member:
    user = next((user for user in directory.users if user.id == one.key), None)
    return Member(
        key=one.key,
        name=one.name,
        deleted=one.deleted,
        teams=user.teams if user else (),
        values=one.values,
        talk_by_leg_s=talked.get(one.key, 0) if one.key else None,
        drill=one.drill,
    )
