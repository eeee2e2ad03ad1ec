"""Formulas of the dictionary as SQL over the lake's tables, in the words that Trino and DuckDB share.

A table here is what the metric names: `calls`, `messages`, `cases`, or `interactions`, which is calls and
messages together (the view of that name in docs/metrics.sql). Money is added up in one currency: the
expression names it as the parameter `:currency`, and what an hour of a person costs as `:hourly_rate`.
"""

from __future__ import annotations

from .catalog.metric import (
    All,
    AtMost,
    Charged,
    Condition,
    Count,
    Distinct,
    Either,
    Elapsed,
    Flag,
    Formula,
    Known,
    Loaded,
    Mean,
    Measure,
    Metric,
    Money,
    Most,
    Not,
    OneOf,
    Share,
    Total,
)

CURRENCY = ":currency"
HOURLY_RATE = ":hourly_rate"


def expression(metric: Metric) -> str:
    """The aggregate expression of a metric over its table; "" where no single one exists."""
    return metric.sql if metric.formula is None else aggregate(metric.formula)


def median(metric: Metric) -> str:
    """Of a mean, the expression of its median; "" for others."""
    return _median(metric.formula) if isinstance(metric.formula, Mean) else ""


def p90(metric: Metric) -> str:
    """Of a mean, the expression of the smallest value that nine tenths do not exceed; "" for others."""
    if not isinstance(metric.formula, Mean):
        return ""
    values, n = _values(metric.formula)
    return f"{values}[cast(floor((9 * {n} + 9) / 10e0) as integer)]"


def aggregate(formula: Formula) -> str:
    match formula:
        case Count(of=of):
            return _count(of)
        case Share(part=part, whole=whole):
            return f"cast({_count(All(of=(part, whole)))} as double) / nullif({_count(whole)}, 0)"
        case Total(of=of, where=where):
            return f"coalesce(sum({_value(of)}) filter (where {condition(where)}), 0)"
        case Mean(of=of, where=where, middle=middle):
            return (
                _median(formula) if middle else f"avg(cast({_value(of)} as double)) filter (where {condition(where)})"
            )
        case Most(of=of, where=where):
            return f"max({_value(of)}) filter (where {condition(where)})"
        case Distinct(of=of, where=where):
            return f"count(distinct ({', '.join(of)})) filter (where {condition(where)})"
        case Money():
            return _money(formula)
        case Loaded(where=where, per=per, seconds=seconds):
            charged = f"filter (where {condition(All(of=(where, Charged())))})"
            people = f"{HOURLY_RATE} * coalesce(sum({seconds}) {charged}, 0) / 3600e0"
            handled = _count(All(of=(per, Charged())))
            return f"(cast(sum(home_amount) {charged} as double) + {people}) / nullif({handled}, 0)"


def condition(of: Condition) -> str:
    """True or false for each row, never null."""
    match of:
        case Flag(column=column):
            return f"coalesce({column}, 0) = 1"
        case OneOf(column=column, values=values):
            listed = ", ".join(f"'{value}'" for value in values)
            return f"coalesce({column}, '') in ({listed})"
        case AtMost(column=column, most=most):
            return f"coalesce({column} <= {most}, false)"
        case Known(column=column, text=text):
            return f"coalesce({column}, '') <> ''" if text else f"{column} is not null"
        case Charged(other=other):
            known = f"home_amount is not null and coalesce(home_currency, '') = {CURRENCY}"
            return f"(cost_amount is not null and not ({known}))" if other else f"({known})"
        case All(of=parts):
            return " and ".join(_part(part) for part in _flat(parts))
        case Either(of=parts):
            return " or ".join(_part(part) for part in parts)
        case Not(of=Flag(column=column)):
            return f"coalesce({column}, 0) <> 1"
        case Not(of=inner):
            return f"not ({condition(inner)})"


def _flat(parts: tuple[Condition, ...]) -> list[Condition]:
    """Nested conjunctions as one, each part once."""
    found: list[Condition] = []
    for part in parts:
        found += _flat(part.of) if isinstance(part, All) else [part]
    return list(dict.fromkeys(found))


def _part(of: Condition) -> str:
    return f"({condition(of)})" if isinstance(of, All | Either) else condition(of)


def _count(of: Condition) -> str:
    return f"count(*) filter (where {condition(of)})"


def _value(of: Measure) -> str:
    if isinstance(of, Elapsed):
        between = f"date_diff('millisecond', {of.start}, {of.end}) / 1000e0"
        return f"(case when {of.end} < {of.start} then 0e0 else {between} end)"
    return of


def _values(formula: Mean) -> tuple[str, str]:
    """All values in order as an array, null without any; and how many."""
    value = _value(formula.of)
    which = f"filter (where {condition(formula.where)} and {value} is not null)"
    return f"(array_agg({value} order by {value}) {which})", f"count({value}) {which}"


def _median(formula: Mean) -> str:
    values, n = _values(formula)
    low, high = f"cast(floor(({n} + 1) / 2e0) as integer)", f"cast(floor({n} / 2e0) as integer) + 1"
    return f"({values}[{low}] + {values}[{high}]) / 2e0"


def _money(formula: Money) -> str:
    charged = condition(All(of=(formula.where, Charged())))
    spent = f"sum(home_amount) filter (where {charged})"
    if formula.per is not None:
        return f"cast({spent} as double) / nullif({_count(All(of=(formula.per, Charged())))}, 0)"
    if formula.per_minute_of:
        talk = f"sum({formula.per_minute_of}) filter (where {charged})"
        return f"cast({spent} as double) * 60 / nullif({talk}, 0)"
    return spent
