"""Local times without an offset, and moments that a provider does not time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ringlake.errors import Unreadable
from ringlake.model.directory import Connection
from ringlake.providers.clocks import PATIENCE, closing, during, local, seconds, zone_of

WARSAW = ZoneInfo("Europe/Warsaw")
START = datetime(2026, 9, 14, 15, tzinfo=UTC)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(clock)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-09-14 15:00:00", "2026-09-14T13:00:00+00:00"),
        ("2026-09-14 15:00:00.120", "2026-09-14T13:00:00.120+00:00"),
        ("2026-09-14T15:00:00+03:00", "2026-09-14T12:00:00+00:00"),
        (" 14.09.2026 15:00:00 ", "2026-09-14T13:00:00+00:00"),
        ("14.09.2026 15:00", "2026-09-14T13:00:00+00:00"),
        ("2026/09/14 15:00:00", "2026-09-14T13:00:00+00:00"),
        ("Mon, 14 Sep 2026 15:00:00 +0000", "2026-09-14T15:00:00+00:00"),
        ("1789390800", "2026-09-14T13:00:00+00:00"),
        (1789390800000, "2026-09-14T13:00:00+00:00"),
        # An hour that is skipped in spring is read by the offset before it.
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_a_clock_is_read_whatever_its_spelling(value: object, expected: str) -> None:
    assert local(value, WARSAW) == at(expected)


@pytest.mark.parametrize("value", [None, "", "soon", "2026-13-01 00:00:00", "00.00.0000 00:00:00", [], {}, True, "0"])
def test_what_is_no_time_is_none(value: object) -> None:
    assert local(value, WARSAW) is None
    assert local(value, WARSAW, until=START, pattern="%d/%m/%Y") is None


def test_the_customers_own_pattern_goes_first() -> None:
    assert local("09/14/2026 03:00 PM", UTC, pattern="%m/%d/%Y %I:%M %p") == START
    assert local("2026-14-09 15:00:00", UTC, pattern="%Y-%d-%m %H:%M:%S") == START
    assert local("2026-09-14 15:00:00", UTC, pattern="%m/%d/%Y") == START
    assert local("2026-09-14 15:00:00", UTC, pattern="%") == START


@pytest.mark.parametrize("spelling", ["2026-10-25 02:30:00", "25.10.2026 02:30:00"])
def test_an_hour_that_exists_twice_is_told_apart_by_the_reception(spelling: str) -> None:
    first, second = at("2026-10-25T00:30:00+00:00"), at("2026-10-25T01:30:00+00:00")
    assert local(spelling, WARSAW) == first
    assert local(spelling, WARSAW, until=first + timedelta(seconds=5)) == first
    assert local(spelling, WARSAW, until=second + timedelta(seconds=5)) == second
    # Clocks of two houses differ by seconds.
    assert local(spelling, WARSAW, until=second - timedelta(seconds=2)) == second
    assert local(spelling, WARSAW, until=second - timedelta(seconds=4)) == first


@pytest.mark.parametrize("fixed", ["2026-10-25T02:30:00+02:00", "1792888200", 1792888200])
def test_a_time_with_an_offset_is_never_moved(fixed: object) -> None:
    assert local(fixed, WARSAW, until=at("2026-10-25T09:00:00+00:00")) == at("2026-10-25T00:30:00+00:00")


def test_a_zone_that_is_none_is_named() -> None:
    with pytest.raises(Unreadable) as caught:
        zone_of(Connection(id="l", workspace="w", provider="p", zone="Mars/Base"))
    assert caught.value.field == "connection.zone"
    assert zone_of(Connection(id="l", workspace="w", provider="p", zone="")) == ZoneInfo("UTC")


def test_our_reception_stands_in_while_it_can_be_true() -> None:
    assert during(START, START + timedelta(seconds=11)) is None
    assert during(START, START - timedelta(seconds=3)) is None
    assert during(START, START + PATIENCE) is None
    assert during(None, START) is None
    for unlikely in (timedelta(seconds=-4), PATIENCE + timedelta(seconds=1), timedelta(days=70)):
        assert during(START, START + unlikely) == START


def test_an_answered_call_ends_when_we_hear_of_it_and_was_answered_its_talk_before() -> None:
    span = closing(START, 185, START + timedelta(seconds=197))
    assert (span.answered, span.ended) == (START + timedelta(seconds=12), START + timedelta(seconds=197))


@pytest.mark.parametrize("late", [timedelta(days=70), timedelta(minutes=-1), PATIENCE + timedelta(seconds=186)])
def test_a_reception_that_cannot_be_true_leaves_the_providers_own_figures(late: timedelta) -> None:
    span = closing(START, 185, START + late)
    assert (span.answered, span.ended) == (START, START + timedelta(seconds=185))


def test_the_talk_is_always_what_the_provider_says() -> None:
    for heard in (-3, 0, 60, 184, 185, 300, 5000):
        span = closing(START, 185, START + timedelta(seconds=heard))
        assert span.answered is not None
        assert span.ended is not None
        assert span.ended - span.answered == timedelta(seconds=185)
        assert span.answered >= START
    without = closing(None, 60, START)
    assert (without.answered, without.ended) == (START - timedelta(seconds=60), START)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("185", 185.0),
        (185, 185.0),
        ("185.5", 185.5),
        ("03:05", 185.0),
        ("00:03:05", 185.0),
        ("1:00:00", 3600.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("-1", None),
        (-1, None),
        ("", None),
        (None, None),
        (True, None),
        ("1:2:3:4", None),
        ("::", None),
        ("1e3", None),
        ("٣", None),
        ([5], None),
        ("99999999999", None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_durations_are_seconds_or_clocks(value: object, expected: float | None) -> None:
    assert seconds(value) == expected
