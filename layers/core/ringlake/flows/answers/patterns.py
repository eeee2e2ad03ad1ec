"""What answers about waits, lines and texts share: parameters beside the filter, values, widened reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from ringlake.metrics.measure import Spread
from ringlake.model.directory import Directory
from ringlake.query.filters import Filter
from ringlake.query.resolve import Predicates, ResolvedQuery

from .values import Value

# The extra filter that lists exactly the rows of a number; null takes a condition of the filter away.
type Drill = dict[str, object]

# A range of its own in a drill-down takes the place of the filter's.
NO_RANGE: Drill = {"preset": None, "hour_from": None, "hour_to": None, "weekdays": []}


class Patterned(Filter):
    """A filter with parameters of one answer beside it."""

    @property
    def filter(self) -> Filter:
        """What is asked about, without how it is answered."""
        return Filter(**{name: getattr(self, name) for name in Filter.model_fields})


def share(metric: str, part: int, whole: int) -> Value:
    """Null when there is nothing to share (demands.md D33)."""
    value = part / whole if whole else None
    return Value(metric=metric, value=value, n=whole, numerator=part, denominator=whole)


def count(metric: str, value: int) -> Value:
    return Value(metric=metric, value=value, n=value)


def mean(metric: str, found: Spread, unit: int = 1) -> Value:
    """Mean, median and p90 in seconds of values in so many parts of a second; null without any."""
    if not found.n:
        return Value(metric=metric, value=None, n=0, numerator=0, denominator=0)
    total = found.total / unit if unit != 1 else found.total
    median, p90 = (None if value is None else value / unit for value in (found.median, found.p90))
    return Value(
        metric=metric,
        value=found.total / unit / found.n,
        n=found.n,
        numerator=total,
        denominator=found.n,
        median=median,
        p90=p90,
    )


def widened(query: ResolvedQuery, before: timedelta, after: timedelta, predicates: Predicates) -> ResolvedQuery:
    """The same viewer's rows from some time before the range to some time after it, under other conditions."""
    start, end = query.start_utc - before, query.end_utc + after
    days = (end - timedelta(microseconds=1)).date() - start.date()
    return msgspec.structs.replace(
        query,
        start_utc=start,
        end_utc=end,
        from_date=start.date(),
        to_date=end.date(),
        days=tuple((start.date() + timedelta(days=n)).isoformat() for n in range(days.days + 1)),
        predicates=predicates,
    )


def milliseconds_of(at: datetime) -> int:
    return (at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def named(directory: Directory, by: str) -> dict[str, str]:
    """Names of users, teams or numbers by id, deleted ones too; queues have none but their own."""
    if by == "user":
        return {user.id: user.name for user in directory.users}
    if by == "number":
        return {number.id: number.name or number.e164 for number in directory.numbers}
    return {team.id: team.name for team in directory.teams} if by == "team" else {}
