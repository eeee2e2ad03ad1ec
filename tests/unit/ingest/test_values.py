"""Tolerant readers: provider clocks absent, garbage, naive and with offset; ids exact; money decimal."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ringlake.errors import Unreadable
from ringlake.model.money import Money
from ringlake.providers import values

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2026-09-14T12:00:00Z",
        "2026-09-14T12:00:00.000Z",
        "2026-09-14T14:00:00+02:00",
        "2026-09-14T17:45:00+05:45",
        " 2026-09-14 12:00:00+00:00 ",
        "20260914T120000Z",
        1789387200,
        1789387200.0,
        1789387200000,
        "1789387200",
        "1789387200000",
    ],
)
def test_one_instant_in_every_spelling(said: object) -> None:
    assert values.instant(said) == NOON


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        " ",
        "soon",
        "2026-13-01",
        "0",
        0,
        -5,
        True,
        [],
        {},
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        1e300,
        -1e300,
        float("nan"),
        float("inf"),
        "9" * 30,
        2**63,
        "2026-09-14T25:00:00Z",
        "١٢٣",
    ],
)
def test_a_clock_that_says_nothing_is_absent(said: object) -> None:
    assert values.instant(said) is None


def test_a_naive_time_is_local_to_the_connection() -> None:
    assert values.instant("2026-09-14 14:00:00", ZoneInfo("Europe/Madrid")) == NOON
    assert values.instant("2026-09-14T17:45:00", ZoneInfo("Asia/Kathmandu")) == NOON
    # Once in spring that hour does not exist; it is read with the offset before the change.
    assert values.instant("2026-03-29T02:30:00", ZoneInfo("Europe/Madrid")) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("number", [9007199254740993, 5923790016577536123, 10**40 + 1])
def test_long_ids_keep_every_digit(number: int) -> None:
    body = values.document(b'{"id": %d}' % number)
    assert values.identifier(body["id"], "id") == str(number)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "missing"),
        ("", "empty"),
        (1.5, "not an id"),
        (True, "not an id"),
        ([], "not an id"),
        ("a\nb", "control character"),
        ("\0", "control character"),
        ("é" * 257, "too long"),
        ("x" * 513, "too long"),
        ("\ud800", "not UTF-8"),
        pytest.param(10**5000, "too long", id="five thousand digits"),
    ],
)
def test_what_is_no_id_says_why_and_not_what(said: object, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        values.identifier(said, "data.call.id")
    assert (refused.value.field, refused.value.reason) == ("data.call.id", reason)


def test_an_id_may_be_as_long_as_a_key_allows() -> None:
    assert values.identifier("x" * 512, "id") == "x" * 512


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b"1", b"\xff", b'{"a":"\xff"}', b"[" * 100_000, b'{"a":' * 100_000, b"{'a':1}"],
)
def test_a_body_that_is_no_json_object_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        values.document(body)


@pytest.mark.parametrize(
    "body",
    [b'\xef\xbb\xbf{"a":1}', b'{"a":1,"a":1}', b' {"a":1}\n', b'{"a":1,"b":"\\ud83d"}', b'{"a":1,"b":1e999}'],
)
def test_bodies_that_are_only_unusual_are_read(body: bytes) -> None:
    assert values.document(body)["a"] == 1


def test_half_an_emoji_becomes_a_question_mark() -> None:
    assert values.text("see you \ud83d", "text") == "see you ?"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (12, 12),
        ("12", 12),
        (12.9, 12),
        ("12.0", 12),
        (0, 0),
        (-1, None),
        ("", None),
        ("x", None),
        (None, None),
        (True, None),
        (1e300, None),
        ("9" * 30, None),
    ],
)
def test_seconds_are_whole_and_unknown_is_not_zero(said: object, seconds: int | None) -> None:
    assert values.whole(said, "duration") == seconds


def test_seconds_of_the_wrong_kind_name_their_field() -> None:
    with pytest.raises(Unreadable, match=r"data\.call\.duration"):
        values.whole([], "data.call.duration")


def test_money_is_decimal_with_a_currency() -> None:
    assert values.money({"amount": "0.0312", "currency": "eur"}, "cost") == Money(
        amount=Decimal("0.0312"), currency="EUR"
    )
    assert values.money({"amount": 0.1, "currency": "EUR"}, "cost") == Money(amount=Decimal("0.1"), currency="EUR")
    assert values.money(None, "cost") is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount": "x", "currency": "EUR"}, "cost.amount"),
        ({"amount": "NaN", "currency": "EUR"}, "cost.amount"),
        ({"amount": "1e999", "currency": "EUR"}, "cost.amount"),
        ({"amount": True, "currency": "EUR"}, "cost.amount"),
        ({"currency": "EUR"}, "cost.amount"),
        ({"amount": "1"}, "cost.currency"),
        ({"amount": "1", "currency": "EURO"}, "cost.currency"),
        ("1 EUR", "cost"),
    ],
)
def test_broken_money_is_never_an_amount(said: object, field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        values.money(said, "cost")
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (5, Decimal(5)),
        ("4.5", Decimal("4.5")),
        (" 3 ", Decimal(3)),
        (-100, Decimal(-100)),
        (0, Decimal(0)),
        (4.12345, Decimal("4.1234")),
        (None, None),
        (True, None),
        ("", None),
        ("five", None),
        ("nan", None),
        ("Infinity", None),
        (10**6, None),
        ([], None),
    ],
)
def test_a_score_is_a_number_on_any_scale_or_unknown(said: object, meant: Decimal | None) -> None:
    """features.md F22: a score that was not given is none, which is not 0."""
    assert values.score(said) == meant
