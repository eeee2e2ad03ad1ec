"""People: the team table (features.md O11, O12), numbers, and the stretches of everybody's status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ringlake.files.sheet import Batch, Field, Kind
from ringlake.flows.answers.breakdown import BreakdownQuery, Order
from ringlake.flows.answers.dimensions import By
from ringlake.flows.answers.measures import MetricId, MetricsQuery, check_sort, chosen
from ringlake.flows.answers.presence import PresenceAnswers
from ringlake.flows.answers.team import USUAL, Member, TeamAnswers, TeamQuery
from ringlake.query.people import PeopleFilter
from ringlake.query.resolve import Kind as Range

from .cells import batches_of, joined_words, metric_fields, value_cells
from .chart import breakdown_fields, breakdown_rows
from .order import Asked, Report, Work

# --- the team table


def _team_fields(asked: Asked) -> tuple[Field, ...]:
    query = _team_query(asked)
    metrics = chosen(asked.question, query.metrics, USUAL)
    check_sort(query.sort, metrics)
    return (
        Field(name="user_id"),
        Field(name="user_name"),
        Field(name="teams"),
        Field(name="deleted", kind=Kind.FLAG),
        *metric_fields(metrics),
        Field(name="talk_by_leg_s", kind=Kind.SECONDS),
    )


def _team_query(asked: Asked) -> TeamQuery:
    if not isinstance(asked.given, TeamQuery):
        raise TypeError(type(asked.given).__name__)
    return asked.given


def _team_batches(asked: Asked, work: Work) -> Iterator[Batch]:
    """Rows add up to the total of the screen, with the row of nobody, whose id is empty."""
    answers = TeamAnswers(work.sources.directory, work.facts, work.sources.records)
    table = answers.table(asked.question.viewer, _team_query(asked), asked.question.now)
    return batches_of(_team_fields(asked), (_member(one) for one in table.members), asked.zone)


def _member(one: Member) -> dict[str, Any]:
    row: dict[str, Any] = {
        "user_id": one.key,
        "user_name": one.name,
        "teams": joined_words(one.teams),
        "deleted": one.deleted,
        "talk_by_leg_s": one.talk_by_leg_s,
    }
    for value in one.values:
        row |= value_cells(value)
    return row


TEAM = Report(
    name="team",
    title="Team",
    kind=Range.AGGREGATES,
    model=lambda _: TeamQuery,
    fields=_team_fields,
    batches=_team_batches,
)


# --- numbers of ours


class NumbersQuery(MetricsQuery):
    """Rows by metric `sort`, the first metric unless said."""

    sort: MetricId = ""
    order: Order = Order.DESC


def _numbers_query(asked: Asked) -> BreakdownQuery:
    given = {name: getattr(asked.given, name) for name in type(asked.given).model_fields}
    return BreakdownQuery(**given, by=By.NUMBER, all=True)


_OF_NUMBERS = {"key": "business_number_id", "name": "business_number_name"}


def _numbers_fields(asked: Asked) -> tuple[Field, ...]:
    fields = breakdown_fields(asked, _numbers_query(asked))
    return tuple(Field(name=_OF_NUMBERS.get(field.name, field.name), kind=field.kind) for field in fields)


def _numbers_batches(asked: Asked, work: Work) -> Iterator[Batch]:
    rows = (_named(row) for row in breakdown_rows(asked, _numbers_query(asked), work))
    return batches_of(_numbers_fields(asked), rows, asked.zone)


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {_OF_NUMBERS.get(name, name): value for name, value in row.items()}


NUMBERS = Report(
    name="numbers",
    title="Numbers",
    kind=Range.AGGREGATES,
    model=lambda _: NumbersQuery,
    fields=_numbers_fields,
    batches=_numbers_batches,
)


# --- presence


_PRESENCE = (
    Field(name="user_id"),
    Field(name="user_name"),
    Field(name="teams"),
    Field(name="deleted", kind=Kind.FLAG),
    Field(name="date", kind=Kind.DATE),
    Field(name="timezone"),
    Field(name="status"),
    Field(name="started_at", kind=Kind.MOMENT),
    Field(name="ended_at", kind=Kind.MOMENT),
    Field(name="started_at_local", kind=Kind.LOCAL),
    Field(name="ended_at_local", kind=Kind.LOCAL),
    Field(name="seconds", kind=Kind.SECONDS),
    Field(name="lasts", kind=Kind.FLAG),
)


def _presence_batches(asked: Asked, work: Work) -> Iterator[Batch]:
    answers = PresenceAnswers(work.sources.directory, work.facts, work.sources.records)
    given: Any = asked.given
    rows = (
        {
            "user_id": who.user_id,
            "user_name": who.name,
            "teams": joined_words(who.teams),
            "deleted": who.deleted,
            "date": day,
            "timezone": asked.zone.key,
            "status": one.status.value,
            "started_at": one.started_at,
            "ended_at": one.ended_at,
            "started_at_local": one.started_at,
            "ended_at_local": one.ended_at,
            "seconds": one.seconds,
            "lasts": one.lasts,
        }
        for who, day, one in answers.intervals(asked.question.viewer, given, asked.question.now)
    )
    return batches_of(_PRESENCE, rows, asked.zone)


PRESENCE = Report(
    name="presence",
    title="Presence",
    kind=Range.AGGREGATES,
    model=lambda _: PeopleFilter,
    fields=lambda _: _PRESENCE,
    batches=_presence_batches,
)
