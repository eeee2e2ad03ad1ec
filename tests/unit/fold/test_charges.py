"""Units that are charged: one for each leg, part or receiver, also where there is no amount (features.md N5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from ringlake.fold import fold_call
from ringlake.fold.message import fold_message
from ringlake.model.calls import CallRecord
from ringlake.model.charges import Charge, CostSource, Unpriced
from ringlake.model.directory import Rate, Tariff
from ringlake.model.facts import CallFact, CallKind, Direction, EndedAs, FactKind, MessageFact, MessageStatus
from ringlake.model.messages import MessageRecord
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind
from tests.unit.fold.telling import AT, DIRECTORY, SUBJECT, A, E, T, fact

CALLS = Tariff(id="c", name="Calls", currency="EUR", rates=(Rate(prefix="48", per_minute=Decimal(6), increment_s=1),))
TEXTS = Tariff(
    id="m", name="Texts", currency="EUR", channel="message", rates=(Rate(prefix="48", connect_fee=Decimal("0.5")),)
)
DOLLARS = msgspec.structs.replace(TEXTS, id="d", currency="USD", connection="pbx", rates=(Rate(prefix="1"),))
OURS, POLAND, GERMANY = "+48221230000", "+48600100200", "+4930123456"
OUT: dict[str, Any] = {"direction": Direction.OUTBOUND, "from_number": OURS, "to_number": POLAND}


def folded(*facts: CallFact, tariffs: tuple[Tariff, ...] = (CALLS,)) -> CallRecord:
    directory = msgspec.structs.replace(DIRECTORY, tariffs=tariffs)
    return fold_call(SUBJECT, "generic", [fact(FactKind.STARTED, 0, **OUT), *facts], directory)


def text(*numbers: str, status: MessageStatus = MessageStatus.SENT, **more: Any) -> MessageRecord:
    subject = Subject(workspace="acme", kind=SubjectKind.MESSAGE, connection="pbx", id="m-1")
    told: dict[str, Any] = {"direction": Direction.OUTBOUND, "from_number": OURS, "to_numbers": numbers, "segments": 2}
    sent = MessageFact(message_id="m-1", received_at=AT, at=AT, status=status, **(told | more))
    directory = msgspec.structs.replace(DIRECTORY, tariffs=(TEXTS, DOLLARS))
    return fold_message(subject, "generic", [sent], directory)


def amounts(charges: tuple[Charge, ...]) -> list[tuple[str, str]]:
    """Each unit with its amount, or the reason why it has none."""
    return [
        (one.unit, f"{one.amount.amount:f} {one.amount.currency}" if one.amount else str(one.ratings[-1].unpriced))
        for one in charges
    ]


def test_a_call_that_lasts_is_a_unit_without_an_amount() -> None:
    record = folded(fact(A, 5, "anna", **OUT))
    assert (record.cost, amounts(record.charges)) == (None, [("c-1", Unpriced.LASTS)])


def test_a_pick_up_without_a_time_is_charged_by_the_length_that_was_told_else_its_amount_is_unknown() -> None:
    over = fact(E, 60, "anna", ended_as=EndedAs.ANSWERED, **OUT)
    (unit,) = folded(over).charges
    assert (unit.billable_ms, unit.ratings[-1].unpriced, unit.ratings[-1].prefix) == (None, Unpriced.UNKNOWN_TIME, "48")
    (told,) = folded(msgspec.structs.replace(over, duration_s=30)).charges
    assert (told.billable_ms, amounts((told,))) == (30_000, [("c-1", "3.0000 EUR")])


def test_a_part_without_a_rate_leaves_the_whole_unknown_and_both_units_there() -> None:
    there = {**OUT, "to_number": GERMANY, "call_id": "x-1", "parent_id": "c-1", "call_kind": CallKind.EXTERNAL_TRANSFER}
    record = folded(
        fact(A, 5, "anna", **OUT),
        fact(T, 10, "anna", **OUT),
        fact(A, 12, **there),
        fact(E, 35, **there),
        fact(E, 35, **OUT),
    )
    assert record.cost is None
    assert amounts(record.charges) == [("c-1", "3.0000 EUR"), ("x-1", Unpriced.NO_RATE)]
    assert [one.number for one in record.charges] == [POLAND, GERMANY]


def test_without_a_tariff_and_a_price_there_is_no_unit() -> None:
    assert folded(fact(A, 5, "anna", **OUT), fact(E, 35, **OUT), tariffs=()).charges == ()
    assert text(POLAND, direction=Direction.INBOUND, from_number=POLAND).charges == ()
    assert text(POLAND, status=MessageStatus.PENDING).charges == ()


def test_the_providers_price_of_the_whole_says_how_long_it_was_up_and_that_of_a_leg_does_not() -> None:
    cost = Money(amount=Decimal("0.07"), currency="USD")
    lived = [fact(A, 5, "anna", **OUT), fact(E, 35, **OUT)]
    (whole,) = folded(*lived, fact(FactKind.INFO, 90, cost=cost)).charges
    assert (whole.unit, whole.source, whole.billable_ms, whole.number, whole.at) == (
        "c-1", CostSource.PROVIDER, 30_000, POLAND, AT,
    )  # fmt: skip
    both = folded(*lived, fact(FactKind.INFO, 90, leg="l1", cost=cost), fact(FactKind.INFO, 91, leg="l2", cost=cost))
    assert [(one.unit, one.billable_ms) for one in both.charges] == [("c-1/l1", None), ("c-1/l2", None)]
    assert both.cost == Money(amount=Decimal("0.14"), currency="USD")


def test_a_text_is_charged_for_each_receiver_and_unknown_as_soon_as_one_is() -> None:
    two = text(POLAND, "+48700100200")
    assert two.cost == Money(amount=Decimal("2.0000"), currency="EUR")
    assert amounts(two.charges) == [("1", "1.0000 EUR"), ("2", "1.0000 EUR")]
    one = text(POLAND, GERMANY)
    assert one.cost is None
    assert sorted(amount for _, amount in amounts(one.charges)) == ["1.0000 EUR", "no_rate"]
    assert amounts(text(POLAND, segments=None).charges) == [("1", Unpriced.NO_SEGMENTS)]


def test_a_text_in_two_currencies_has_no_sum_and_both_charges() -> None:
    record = text(POLAND, "+12025550187")
    assert record.cost is None
    assert sorted(amount for _, amount in amounts(record.charges)) == ["0.0000 USD", "1.0000 EUR"]


def test_the_providers_price_of_a_text_is_one_unit() -> None:
    cost = Money(amount=Decimal("0.03"), currency="USD")
    record = text(POLAND, cost=cost)
    assert (record.cost, record.cost_source, amounts(record.charges)) == (
        cost,
        CostSource.PROVIDER,
        [("1", "0.03 USD")],
    )
    assert record.charges[0].number == POLAND
