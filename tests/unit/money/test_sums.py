"""Beside every sum of money stands how much of it is known, and how much was converted (features.md N8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.catalog.metric import Loaded, Money
from ringlake.metrics.measure import Measured, Terms, measure
from ringlake.metrics.rows import call_row, charge_rows, message_row
from ringlake.model.charges import Charge, CostSource, Rated
from ringlake.model.exchange import DayRates, Exchange, YearRates
from ringlake.model.money import Money as Amount
from ringlake.model.tables import CALLS
from ringlake.stores.lake import as_rows
from tests.unit.lake.making import NOON, WORKSPACE, call, message

RATES = YearRates(id="2026", days=(DayRates(day=date(2026, 3, 4), base="EUR", rates={"USD": Decimal("1.5")}),))
DOLLARS = Exchange("USD", lambda _: RATES)
TERMS = Terms("USD", hourly_rate=Decimal(36))


def charge(unit: str, *amounts: tuple[str, str] | None) -> Charge:
    """A unit with its ratings, None for one without an amount."""
    ratings = tuple(
        Rated(rating=n, amount=Amount(amount=Decimal(one[0]), currency=one[1]) if one else None)
        for n, one in enumerate(amounts)
    )
    return Charge(unit=unit, at=NOON, source=CostSource.TARIFF, ratings=ratings)


def row(name: str, *charges: Charge, **fields: Any) -> dict[str, Any]:
    return call_row(call(name, charges=charges, **fields), WORKSPACE, exchange=DOLLARS)


def measured(metric: str, *rows: dict[str, Any], by: tuple[str, ...] = ()) -> dict[Any, Measured]:
    formula = BY_ID[metric].formula
    assert isinstance(formula, Money | Loaded)
    return {key: one for key, (one,) in measure(as_rows(CALLS, rows), [formula], by, TERMS).items()}


ROWS = (
    row("a", charge("a", ("1", "USD"))),
    row("b", charge("b", ("1", "EUR"))),
    row("c", charge("c", ("9", "GBP"))),
    row("d"),
)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("spend_calls", "2.5000"),
        ("cost_per_call", "1.2500"),
        # Two minutes of talk.
        ("cost_per_minute", "1.2500"),
        # 120 s at 36 an hour.
        ("loaded_cost_per_call", "1.8500"),
    ],
)
def test_all_of_them_tell_what_is_known_and_converted(metric: str, value: str) -> None:
    (found,) = measured(metric, *ROWS).values()
    assert (found.value, found.whole, found.known, found.converted) == (Decimal(value), 4, 2, 1)


def test_a_group_without_any_known_charge_says_that_none_of_its_rows_has_one() -> None:
    dear = row("x", charge("x", ("1", "GBP")), queue="q2")
    found = measured("spend_calls", row("a", charge("a", ("1", "USD")), queue="q1"), dear, by=("queue",))
    assert {key: (one.value, one.whole, one.known) for key, one in found.items()} == {
        ("q1",): (Decimal("1.0000"), 1, 1),
        ("q2",): (None, 1, 0),
    }


def test_a_row_of_another_currency_than_todays_is_unknown_until_it_is_made_again() -> None:
    (found,) = measure(as_rows(CALLS, ROWS), [BY_ID["spend_calls"].formula], (), Terms("PLN")).values()  # type: ignore[list-item]
    assert (found[0].value, found[0].known, found[0].whole) == (None, 0, 4)


def test_a_call_is_worth_the_sum_of_its_units_and_nothing_as_soon_as_one_is_unknown() -> None:
    both = charge("a", ("1", "USD")), charge("b", ("1", "EUR"))
    assert row("x", *both)["home_amount"] == Decimal("2.5000")
    assert row("x", *both, charge("c", None))["home_amount"] is None
    assert row("x", *both, charge("c", ("1", "GBP")))["home_amount"] is None
    # The last rating counts.
    assert row("x", charge("a", ("1", "USD"), ("4", "USD")))["home_amount"] == Decimal("4.0000")


def test_units_add_up_to_the_row_of_their_call_or_text() -> None:
    charges = (charge("1", ("0.00005", "EUR"), ("0.33335", "EUR")), charge("2", ("0.1", "USD")))
    for record, whole in (
        (call("x", charges=charges), call_row(call("x", charges=charges), WORKSPACE, exchange=DOLLARS)),
        (message("x", charges=charges), message_row(message("x", charges=charges), WORKSPACE, exchange=DOLLARS)),
    ):
        rows = charge_rows(record, WORKSPACE, exchange=DOLLARS)
        assert [one["is_charge"] for one in rows] == [0, 1, 1]
        assert sum(one["home_amount"] for one in rows if one["is_charge"]) == whole["home_amount"]
        assert [one["home_amount"] for one in rows] == [Decimal("0.0002"), Decimal("0.5001"), Decimal("0.1000")]


def test_a_record_that_is_older_than_units_is_one() -> None:
    old = call("x", cost=Amount(amount=Decimal(1), currency="EUR"))
    (only,) = charge_rows(old, WORKSPACE, exchange=DOLLARS)
    assert (only["unit"], only["cost_source"], only["home_amount"]) == ("x", "provider", Decimal("1.5000"))
