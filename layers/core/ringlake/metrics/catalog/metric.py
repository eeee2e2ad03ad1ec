"""What a metric is: its words, and the one declaration that its numbers and its SQL are made of.

A condition (`Flag`, `OneOf`, `AtMost`, `Known`, `Charged`, joined by `All`, `Either` and `Not`) is 1 or 0
for each row; a formula says what is added up over the rows for which it is 1. `ringlake.metrics.measure` evaluates
formulas over Arrow tables, `ringlake.metrics.sql` writes them as SQL that Trino and DuckDB both run; so
a screen and a query cannot differ (demands.md D28, D29). Null columns make no condition true.
"""

from __future__ import annotations

from enum import StrEnum

from ringlake.model.base import Model


class Flag(Model, frozen=True, kw_only=True, tag=True):
    """A column of the lake that holds 0 or 1."""

    column: str


class OneOf(Model, frozen=True, kw_only=True, tag=True):
    """A text column that holds one of these values."""

    column: str
    values: tuple[str, ...]


class AtMost(Model, frozen=True, kw_only=True, tag=True):
    """A number column that is at most this: the boundary is inside."""

    column: str
    most: int


class Known(Model, frozen=True, kw_only=True, tag=True):
    """A column that is not null; a text column that is not empty."""

    column: str
    text: bool = False


class Charged(Model, frozen=True, kw_only=True, tag=True):
    """The cost is known in the workspace's currency, as charged or converted; `other` is known, but in a currency
    for which no rate of the day is stored.
    """

    other: bool = False


class All(Model, frozen=True, kw_only=True, tag=True):
    of: tuple[Condition, ...]


class Either(Model, frozen=True, kw_only=True, tag=True):
    of: tuple[Condition, ...]


class Not(Model, frozen=True, kw_only=True, tag=True):
    of: Condition


type Condition = Flag | OneOf | AtMost | Known | Charged | All | Either | Not


class Elapsed(Model, frozen=True, kw_only=True, tag=True):
    """Seconds between two instants of a row, to the millisecond; null when one is unknown, never below 0."""

    start: str
    end: str


# A number column, or what lies between two instants.
type Measure = str | Elapsed


class Count(Model, frozen=True, kw_only=True, tag=True):
    """Rows."""

    of: Condition


class Share(Model, frozen=True, kw_only=True, tag=True):
    """Rows of `part` for each row of `whole`, in which they lie; null when there is none (demands.md D33)."""

    part: Condition
    whole: Condition


class Total(Model, frozen=True, kw_only=True, tag=True):
    """Sum of a number column over some rows; an unknown value adds nothing."""

    of: str
    where: Condition


class Mean(Model, frozen=True, kw_only=True, tag=True):
    """Mean of a number column over the rows where it is known, with n, median and p90.

    `middle` makes the median the metric's own value.
    """

    of: Measure
    where: Condition
    middle: bool = False


class Most(Model, frozen=True, kw_only=True, tag=True):
    """Largest value of a number column; null when there is none."""

    of: str
    where: Condition


class Distinct(Model, frozen=True, kw_only=True, tag=True):
    """Different combinations of text columns."""

    of: tuple[str, ...]
    where: Condition


class Money(Model, frozen=True, kw_only=True, tag=True):
    """Sum of the known charges in the workspace's currency; for each row of `per`, or for each minute of the
    column `per_minute_of`, when there is one.

    Null when no charge is known, which is not nought (features.md N5). Rows whose charge is unknown, or cannot be
    converted, are in no part of it, so that they make nothing cheaper: a share of rows that are `Charged` tells how
    much is known.
    """

    where: Condition
    per: Condition | None = None
    per_minute_of: str = ""


class Loaded(Model, frozen=True, kw_only=True, tag=True):
    """Known charges and the time of people at an hourly rate, for each row of `per`; rows without a known charge
    are in no part of it. Null when no rate is given.
    """

    where: Condition
    per: Condition
    seconds: str


type Formula = Count | Share | Total | Mean | Most | Distinct | Money | Loaded


class Unit(StrEnum):
    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    MONEY = "money"
    PEOPLE = "people"
    LINES = "lines"


class Grain(StrEnum):
    """What one row of the metric's base is."""

    CALL = "call"
    MESSAGE = "message"
    INTERACTION = "interaction"
    LEG = "leg"
    CASE = "case"
    INTERVAL = "interval"
    CUSTOMER = "customer"
    DEAL = "deal"


class Metric(Model, frozen=True, kw_only=True):
    """One line of the dictionary.

    `words` is the formula in a sentence or two; `numerator` and `denominator` say it in words too, ""
    where there is none. `settings` names fields of `Workspace` that the value depends on. `better` is
    `higher`, `lower` or "". `table` is the lake's table it is computed from, `interactions` for calls and
    messages together. `sql` is an aggregate expression over that table for a metric that has no
    `formula`; both empty means that no single expression exists. `source` is the rule it follows.
    """

    id: str
    name: str
    unit: Unit
    words: str
    grain: Grain
    source: str
    numerator: str = ""
    denominator: str = ""
    settings: tuple[str, ...] = ()
    better: str = ""
    table: str = ""
    formula: Formula | None = None
    sql: str = ""
