"""What the lake shows of a call beside its times and counts: ends, source, cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ringlake.metrics.rows import call_row, leg_rows, message_row
from ringlake.model.calls import End, EndKind, Leg, Party
from ringlake.model.charges import CostSource
from ringlake.model.consequences import Consequences
from ringlake.model.facts import Source
from ringlake.model.money import Money
from tests.unit.lake.making import ANNA, WORKSPACE, call, message

NOTHING = Consequences()
CUSTOMER, OUTSIDE = "+48600000001", "+48700800900"


def row(**fields: Any) -> dict[str, Any]:
    return call_row(call(**fields), WORKSPACE, NOTHING)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (End(), ("", "", "")),
        (End(kind=EndKind.USER, party=ANNA), ("user", "Anna", "u-anna")),
        (End(kind=EndKind.USER, party=Party(account="107")), ("user", "107", "")),
        (End(kind=EndKind.QUEUE, name="Service"), ("queue", "Service", "")),
        (End(kind=EndKind.NUMBER, number="+48220000001"), ("number", "+48220000001", "")),
        (End(kind=EndKind.NUMBER, name="Main", number="+48220000001"), ("number", "Main", "")),
        (End(kind=EndKind.CUSTOMER, number=CUSTOMER), ("customer", "", "")),
    ],
)
def test_who_was_called_first_is_shown_without_the_customers_number(end: End, expected: tuple[str, str, str]) -> None:
    found = row(requested=end)
    assert (found["requested_kind"], found["requested_party"], found["requested_user_id"]) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (End(), ("", "", "", "")),
        (End(kind=EndKind.USER, party=ANNA, number="101"), ("user", "Anna", "u-anna", "")),
        (End(kind=EndKind.OUTSIDE, number=OUTSIDE), ("outside", "", "", OUTSIDE)),
        (End(kind=EndKind.VOICEMAIL), ("voicemail", "", "", "")),
        (End(kind=EndKind.QUEUE, name="Service"), ("queue", "Service", "", "")),
    ],
)
def test_who_had_the_call_last_has_numbers_in_a_column_of_their_own(end: End, expected: tuple[str, ...]) -> None:
    found = row(final_party=end)
    shown = (found["final_kind"], found["final_party"], found["final_user_id"], found["final_number"])
    assert shown == expected


def test_a_source_is_three_columns() -> None:
    found = row(source=Source(name="Search advert", medium="cpc", campaign="autumn"))
    assert (found["source"], found["source_medium"], found["source_campaign"]) == ("Search advert", "cpc", "autumn")


def test_a_cost_says_where_it_comes_from_and_an_unknown_one_does_not() -> None:
    zero = Money(amount=Decimal(0), currency="EUR")
    assert row(cost=zero, cost_source=CostSource.TARIFF)["cost_source"] == "tariff"
    # Records that were folded before there were tariffs have the provider's price.
    assert row(cost=zero)["cost_source"] == "provider"
    assert (row()["cost_amount"], row()["cost_source"]) == (None, "")
    too_much = Money(amount=Decimal("1e9"), currency="EUR")
    assert row(cost=too_much, cost_source=CostSource.PROVIDER)["cost_source"] == ""
    text = message_row(message(cost=zero, cost_source=CostSource.TARIFF), WORKSPACE, NOTHING)
    assert (text["cost_amount"], text["cost_source"]) == (Decimal("0.0000"), "tariff")


def test_the_providers_id_of_our_number_is_shown() -> None:
    assert row(business_number_ref="PN1")["business_number_ref"] == "PN1"
    found = message_row(message(business_number_ref="PN1"), WORKSPACE, NOTHING)
    assert found["business_number_ref"] == "PN1"


def test_a_leg_shows_the_number_that_was_dialled_for_it() -> None:
    (leg,) = leg_rows(call(legs=(Leg(leg_id="x", party=Party(), number=OUTSIDE),)))
    assert leg["number"] == OUTSIDE


def test_the_score_of_a_survey_stands_with_the_call_and_an_unknown_one_is_null() -> None:
    """features.md F22."""
    assert row(survey_score=Decimal("4.5"))["survey_score"] == Decimal("4.5000")
    assert row()["survey_score"] is None
