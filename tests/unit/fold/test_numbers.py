"""One spelling per number, one word for withheld ones, no number in a key."""

from __future__ import annotations

import pytest

from ringlake.model.numbers import ANONYMOUS, country_of, e164, is_withheld, party_key


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        # National and international spellings are the same caller (demands.md D46).
        ("600 100 200", "PL", "+48600100200"),
        ("+48 600-100-200", "", "+48600100200"),
        ("0048600100200", "PL", "+48600100200"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "", "+442079460958"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("tel:+12025550143", "", "+12025550143"),
        # Providers that leave out the plus.
        ("48600100200", "PL", "+48600100200"),
        ("48600100200", "US", "+48600100200"),
        ("+12025550143", "PL", "+12025550143"),
        # Up to ten digits may be an extension: only a range in use makes them a number.
        ("4910000000", "", "4910000000"),
        ("4930901820", "", "+4930901820"),
        ("48111111111", "", "+48111111111"),
        # Short codes and extensions keep their digits and match nothing else (D47).
        ("888", "US", "888"),
        ("101", "PL", "101"),
        ("116123", "PL", "116123"),
        # What is no number stays text.
        ("sip:anna@pbx.example.com", "PL", "sip:anna@pbx.example.com"),
        ("anna", "PL", "anna"),
        ("customer@example.com", "PL", "customer@example.com"),
        # A local number without its area cannot be made international.
        ("555-0143", "US", "555-0143"),
        ("+999123", "", "999123"),
    ],
)
def test_numbers_become_e164_where_they_can(raw: str, country: str, expected: str) -> None:
    assert e164(raw, country) == expected
    assert e164(expected, country) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  ",
        "anonymous",
        "Anonymous",
        "UNKNOWN",
        "restricted",
        "Private",
        "unavailable",
        "blocked",
        "0",
        "0000000",
        "+0",
        "266696687",
        "+266696687",
        "+7378742833",
        "+8656696",
        "sip:anonymous@anonymous.invalid",
        "No Caller ID",
    ],
)
def test_every_placeholder_of_a_withheld_number_is_anonymous(raw: str) -> None:
    assert is_withheld(raw)
    assert e164(raw, "US") == ANONYMOUS
    assert e164(ANONYMOUS, "US") == ANONYMOUS


@pytest.mark.parametrize("raw", ["+48600100200", "101", "1000", "anna@example.com", "unknown-device"])
def test_what_is_shown_is_not_withheld(raw: str) -> None:
    assert not is_withheld(raw)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+48600100200", "PL"),
        ("+12025550143", "US"),
        ("+16045550143", "CA"),
        ("+447700900123", "GB"),
        ("+34600111222", "ES"),
        ("+870773111632", ""),
        ("101", ""),
        (ANONYMOUS, ""),
        ("", ""),
    ],
)
def test_the_country_of_a_number(number: str, expected: str) -> None:
    assert country_of(number) == expected


def test_a_party_key_is_keyed_and_says_nothing_of_the_number() -> None:
    key = party_key(b"secret", ["+48600100200"])
    assert len(key) == 32
    assert key == party_key(b"secret", ["+48600100200"])
    assert key != party_key(b"other", ["+48600100200"])
    assert key != party_key(b"secret", ["+48600100201"])
    assert "600100" not in key


def test_a_group_is_one_party_whatever_the_order() -> None:
    one, two = "+48600100200", "+48600100201"
    assert party_key(b"s", [one, two]) == party_key(b"s", [two, one, two])
    assert party_key(b"s", [one, two]) != party_key(b"s", [one])


def test_withheld_callers_are_nobodys_party_and_without_a_secret_there_is_no_key() -> None:
    assert party_key(b"s", [ANONYMOUS]) == ""
    assert party_key(b"s", [""]) == ""
    assert party_key(b"s", []) == ""
    assert party_key(b"", ["+48600100200"]) == ""
