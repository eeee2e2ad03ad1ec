"""Prices by our own tariffs (features.md N5; metrics.md Cost per call)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.fold.rating import rate_call, rate_message
from ringlake.model.charges import Unpriced
from ringlake.model.directory import Directory, Rate, Rating, Tariff, TariffVersion, Workspace
from ringlake.model.money import Money

AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
CUSTOMER = "+48600100200"


def rate(prefix: str, fee: str = "0", minute: str = "0", increment_s: int = 60) -> Rate:
    return Rate(prefix=prefix, connect_fee=Decimal(fee), per_minute=Decimal(minute), increment_s=increment_s)


def tariff(*rates: Rate, id: str = "t", **more: Any) -> Tariff:
    return Tariff(id=id, name=id, currency=more.pop("currency", "EUR"), rates=rates, **more)


def book(*tariffs: Tariff, past: tuple[TariffVersion, ...] = (), ratings: tuple[Rating, ...] = ()) -> Directory:
    workspace = Workspace(id="acme", name="Acme")
    return Directory(workspace=workspace, tariffs=tariffs, past_tariffs=past, ratings=ratings)


def price(*tariffs: Tariff, ms: int | None = 60_000, number: str = CUSTOMER, connection: str = "pbx") -> str | None:
    (rated,) = rate_call(book(*tariffs), connection, AT, number, ms)
    return None if rated.amount is None else f"{rated.amount.amount} {rated.amount.currency}"


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
    (rated,) = rate_message(book(texts), "pbx", AT, CUSTOMER, 3)
    assert rated.amount == Money(amount=Decimal("3.0000"), currency="EUR")
    (other,) = rate_message(book(tariff(rate("48", "1"))), "pbx", AT, CUSTOMER, 3)
    assert (other.amount, other.unpriced) == (None, Unpriced.NO_RATE)


def test_a_text_without_a_number_of_segments_has_no_price_but_a_rate() -> None:
    (rated,) = rate_message(book(tariff(rate("48", "0.03"), channel="message")), "pbx", AT, CUSTOMER, None)
    assert (rated.amount, rated.unpriced, rated.connect_fee) == (None, Unpriced.NO_SEGMENTS, Decimal("0.03"))


@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000), st.integers(1, 120), st.integers(0, 99))
def test_a_longer_call_never_costs_less(one: int, other: int, increment_s: int, cents: int) -> None:
    rates = tariff(rate("48", "0.02", f"0.{cents:02}", increment_s))
    shorter, longer = (rate_call(book(rates), "pbx", AT, CUSTOMER, ms)[0].amount for ms in sorted((one, other)))
    assert shorter is not None
    assert longer is not None
    assert shorter.amount <= longer.amount


# ---------------------------------------------------------------- versions and ratings

LATER = AT + timedelta(days=1)
CHEAP, DEAR = rate("48", "1"), rate("48", "2")


def version(number: int, *rates: Rate, written: datetime | None = None, **more: Any) -> Tariff:
    return tariff(*rates, version=number, written_at=written, **more)


def past(of: Tariff, until: datetime) -> TariffVersion:
    return TariffVersion(id=f"{of.id}-{of.version}", tariff=of, until=until)


def rating(number: int, at: datetime, since: datetime = AT, until: datetime = LATER, **more: Any) -> Rating:
    return Rating(id=f"{number:06}", number=number, at=at, by="u", reason="wrong", since=since, until=until, **more)


def amounts(directory: Directory, connection: str = "pbx", at: datetime = AT) -> list[tuple[int, int, str]]:
    """Number of the rating, version of the tariff, amount."""
    found = rate_call(directory, connection, at, CUSTOMER, 60_000)
    return [(r.rating, r.tariff_version, f"{r.amount.amount:f}" if r.amount else "") for r in found]


def test_what_had_a_price_keeps_it_when_the_tariff_is_changed_later() -> None:
    changed = book(version(2, DEAR, written=LATER), past=(past(version(1, CHEAP), LATER),))

    assert amounts(changed) == [(0, 1, "1.0000")]
    assert amounts(changed, at=LATER) == [(0, 2, "2.0000")]


def test_a_deleted_tariff_still_prices_what_began_before() -> None:
    gone = book(past=(past(version(1, CHEAP), LATER),))

    assert amounts(gone) == [(0, 1, "1.0000")]
    assert amounts(gone, at=LATER) == [(0, 1, "")]


def test_what_had_no_price_gets_that_of_the_first_later_version_that_knows_the_destination() -> None:
    first, second = LATER, LATER + timedelta(days=1)
    third = second + timedelta(days=1)
    unknown = past(version(1, rate("49", "9"), written=AT - timedelta(days=1)), first)
    known = past(version(2, CHEAP, written=first), second)
    directory = book(version(4, rate("48", "7"), written=third), past=(unknown, known, past(version(3, DEAR), third)))

    assert amounts(book(version(2, CHEAP, written=first), past=(unknown,))) == [(0, 2, "1.0000")]
    kept = book(version(3, DEAR, written=second), past=(unknown, known))
    assert amounts(kept) == [(0, 2, "1.0000")]
    assert amounts(directory) != []


def test_a_new_tariff_that_goes_before_others_changes_nothing_that_had_a_price() -> None:
    own = version(1, DEAR, id="own", connection="pbx", written=LATER)

    assert amounts(book(tariff(CHEAP), own)) == [(0, 1, "1.0000")]


def test_a_rating_prices_its_period_again_and_the_first_result_stays_visible() -> None:
    ordered = LATER + timedelta(days=3)
    directory = book(
        version(2, DEAR, written=LATER + timedelta(days=2)),
        past=(past(version(1, CHEAP), LATER + timedelta(days=2)),),
        ratings=(rating(1, ordered),),
    )

    assert amounts(directory) == [(0, 1, "1.0000"), (1, 2, "2.0000")]
    assert amounts(directory, at=LATER) == [(0, 1, "1.0000")]
    assert amounts(directory, at=AT - timedelta(microseconds=1)) == [(0, 1, "1.0000")]


def test_a_rating_sees_the_tariffs_of_its_own_instant_however_they_change_later() -> None:
    first, second = LATER + timedelta(days=1), LATER + timedelta(days=2)
    directory = book(
        version(3, rate("48", "7"), written=second),
        past=(past(version(1, CHEAP), first), past(version(2, DEAR, written=first), second)),
        ratings=(rating(1, first + timedelta(hours=1)), rating(2, second + timedelta(hours=1))),
    )

    assert amounts(directory) == [(0, 1, "1.0000"), (1, 2, "2.0000"), (2, 3, "7.0000")]


def test_a_rating_that_comes_to_the_same_adds_nothing_and_one_of_another_channel_or_connection_is_none() -> None:
    same = book(tariff(CHEAP), ratings=(rating(1, LATER), rating(2, LATER)))
    assert amounts(same) == [(0, 1, "1.0000")]
    changed = book(
        version(2, DEAR, written=LATER),
        past=(past(version(1, CHEAP), LATER),),
        ratings=(
            rating(1, LATER, channel="message"),
            rating(2, LATER, connection="other"),
            rating(3, LATER, connection="pbx"),
        ),
    )
    assert amounts(changed) == [(0, 1, "1.0000"), (3, 2, "2.0000")]
    assert amounts(changed, connection="other") == [(0, 1, "1.0000"), (2, 2, "2.0000")]
