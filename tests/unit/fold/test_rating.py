"""Prices by our own tariffs (features.md N5; metrics.md Cost per call)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.fold.rating import rate_call, rate_message
from ringlake.model.directory import Rate, Tariff
from ringlake.model.money import Money

AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
CUSTOMER = "+48600100200"


def rate(prefix: str, fee: str = "0", minute: str = "0", increment_s: int = 60) -> Rate:
    return Rate(prefix=prefix, connect_fee=Decimal(fee), per_minute=Decimal(minute), increment_s=increment_s)


def tariff(*rates: Rate, id: str = "t", **more: Any) -> Tariff:
    return Tariff(id=id, name=id, currency=more.pop("currency", "EUR"), rates=rates, **more)


def price(*tariffs: Tariff, ms: int | None = 60_000, number: str = CUSTOMER, connection: str = "pbx") -> str | None:
    found = rate_call(tariffs, connection, AT, number, ms)
    return None if found is None else f"{found.amount} {found.currency}"


@pytest.mark.parametrize(
    ("ms", "increment_s", "expected"),
    [
        (0, 60, "0.0000"),
        (1, 60, "0.1600"),
        (60_000, 60, "0.1600"),
        (60_001, 60, "0.3100"),
        (61_000, 1, "0.1625"),
        (61_001, 1, "0.1650"),
        (61_000, 30, "0.2350"),
        (61_000, 0, "0.1625"),
    ],
)
def test_every_begun_increment_is_charged_and_nobody_picking_up_is_not(
    ms: int, increment_s: int, expected: str
) -> None:
    assert price(tariff(rate("48", "0.01", "0.15", increment_s)), ms=ms) == f"{expected} EUR"


def test_halves_are_rounded_up_to_four_decimals() -> None:
    assert price(tariff(rate("48", "0.00005"))) == "0.0001 EUR"
    assert price(tariff(rate("48", "0.00004"))) == "0.0000 EUR"
    assert price(tariff(rate("48", "0", "0.001", 1)), ms=1_000) == "0.0000 EUR"
    assert price(tariff(rate("48", "0", "0.001", 1)), ms=3_000) == "0.0001 EUR"


def test_the_longest_prefix_of_the_number_counts_and_an_empty_one_is_everything_else() -> None:
    rates = tariff(rate("", "9"), rate("48", "1"), rate("4860", "2"), rate("486001002001", "3"), rate("49", "4"))
    assert price(rates) == "2.0000 EUR"
    assert price(rates, number="+48700100200") == "1.0000 EUR"
    assert price(rates, number="+12025550187") == "9.0000 EUR"


def test_a_destination_without_a_rate_and_a_number_that_is_none_are_unknown() -> None:
    assert price(tariff(rate("49", "1"))) is None
    assert price(tariff(rate("", "1")), number="101") is None
    assert price(tariff(rate("", "1")), number="anonymous") is None
    assert price(tariff(rate("48", "1")), ms=None) is None
    assert price() is None


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_valid"),
    [
        (None, None, True),
        (AT, None, True),
        (AT + timedelta(milliseconds=1), None, False),
        (None, AT, False),
        (None, AT + timedelta(milliseconds=1), True),
    ],
)
def test_a_tariff_counts_when_it_is_valid_at_the_start(
    valid_from: datetime | None, valid_to: datetime | None, is_valid: bool
) -> None:
    found = price(tariff(rate("48", "1"), valid_from=valid_from, valid_to=valid_to))
    assert found == ("1.0000 EUR" if is_valid else None)


def test_the_connections_own_tariff_comes_first_then_the_latest_then_the_smallest_id() -> None:
    common, own = tariff(rate("48", "1"), valid_from=AT), tariff(rate("48", "2"), connection="pbx")
    assert price(common, own) == "2.0000 EUR"
    assert price(common, own, connection="other") == "1.0000 EUR"
    older = tariff(rate("48", "3"), valid_from=AT - timedelta(days=1))
    assert price(older, common) == "1.0000 EUR"
    assert price(tariff(rate("48", "4")), older) == "3.0000 EUR"
    assert price(tariff(rate("48", "6"), id="b"), tariff(rate("48", "5"), id="a")) == "5.0000 EUR"


def test_a_tariff_without_the_destination_leaves_it_to_the_next() -> None:
    assert price(tariff(rate("49", "2"), connection="pbx"), tariff(rate("48", "1"))) == "1.0000 EUR"


def test_calls_and_messages_have_tariffs_of_their_own() -> None:
    texts = tariff(rate("48", "1"), channel="message")
    assert price(texts) is None
    assert rate_message([texts], "pbx", AT, [CUSTOMER], 3) == Money(amount=Decimal("3.0000"), currency="EUR")
    assert rate_message([tariff(rate("48", "1"))], "pbx", AT, [CUSTOMER], 3) is None


def test_a_text_to_several_costs_the_sum_and_is_unknown_as_soon_as_one_part_is() -> None:
    texts = [tariff(rate("48", "0.03"), rate("1", "0.01"), channel="message")]
    both = rate_message(texts, "pbx", AT, [CUSTOMER, "+12025550187"], 2)
    assert both == Money(amount=Decimal("0.0800"), currency="EUR")
    assert rate_message(texts, "pbx", AT, [CUSTOMER, "+4930123456"], 2) is None
    assert rate_message(texts, "pbx", AT, [CUSTOMER], None) is None
    assert rate_message(texts, "pbx", AT, [], 1) is None
    dollars = tariff(rate("1", "0.01"), channel="message", currency="USD", id="d", connection="pbx")
    assert rate_message([*texts, dollars], "pbx", AT, [CUSTOMER, "+12025550187"], 1) is None


@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000), st.integers(1, 120), st.integers(0, 99))
def test_a_longer_call_never_costs_less(one: int, other: int, increment_s: int, cents: int) -> None:
    rates = tariff(rate("48", "0.02", f"0.{cents:02}", increment_s))
    prices = [rate_call([rates], "pbx", AT, CUSTOMER, ms) for ms in sorted((one, other))]
    assert prices[0] is not None
    assert prices[1] is not None
    assert prices[0].amount <= prices[1].amount
