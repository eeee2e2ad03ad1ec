"""Single metrics of the dictionary, measured by name."""

from __future__ import annotations

from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.catalog.metric import Formula
from ringlake.metrics.measure import Measured

from .values import Value


def formula_of(metric: str) -> Formula:
    """The metric's formula; one without is a programming error."""
    formula = BY_ID[metric].formula
    if formula is None:
        raise ValueError(metric)
    return formula


def value_of(metric: str, found: Measured, currency: str = "") -> Value:
    """The result as an answer shows it."""
    return Value(
        metric=metric,
        value=found.value,
        n=found.n,
        numerator=found.numerator,
        denominator=found.denominator,
        median=found.median,
        p90=found.p90,
        currency=currency,
    )
