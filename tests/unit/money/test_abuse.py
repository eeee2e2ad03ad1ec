"""Calls that may be abuse of the phones (features.md N17)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ringlake.errors import InvalidRequest, Outdated
from ringlake.flows.answers.facts import LakeFacts
from ringlake.flows.money.abuse import Abuse, AbuseAnswers, AbuseQuery, Suspicion, is_premium
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import Filter, parse
from tests.unit.answers.test_deals import keep
from tests.unit.export.world import World

NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)  # 12:00 in Warsaw
HOME, ABROAD, PREMIUM = "+48600100200", "+4930123456", "+48701123456"
MARCH = {"from": "2026-03-01", "to": "2026-03-10"}


@pytest.fixture
def world() -> World:
    world = World()
    keep(world, MESSAGES, [])
    return world


def dialled(name: str, number: str = HOME, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    return {
        "record_id": f"c:{name}", "started_at": at, "is_call": 1, "is_outbound": 1, "is_internal": 0, "is_spam": 0,
        "direction": "outbound", "outcome": "answered", "remote_number": number, "talk_s": 60, "user_id": "operator",
        "team_id": "t1", "home_amount": Decimal("0.5"), "home_currency": "USD", **fields,
    }  # fmt: skip


def rules(world: World, **body: Any) -> None:
    world.rooms.money.abuse.change(world.viewer("owner"), body, "*", world.now)


def abuse(world: World, user: str = "owner", **asked: Any) -> Abuse:
    query = parse(AbuseQuery, {**MARCH, **asked})
    return world.rooms.money.abuse.listed(world.viewer(user), query, world.now)


def found(world: World, **asked: Any) -> dict[str, set[str]]:
    return {one.record_id.removeprefix("c:"): set(map(str, one.suspicions)) for one in abuse(world, **asked).listed}


def test_premium_and_foreign_numbers_nights_and_long_calls_are_listed(world: World) -> None:
    keep(world, CALLS, [
        dialled("plain"),
        dialled("premium", PREMIUM),
        dialled("abroad", ABROAD),
        dialled("night", at=NOON + timedelta(hours=10)),
        dialled("long", talk_s=7201),
        dialled("exactly", talk_s=7200),
        dialled("all", "+499001234567", at=NOON - timedelta(hours=7), talk_s=9000),
    ])  # fmt: skip
    assert found(world) == {
        "premium": {"premium"}, "abroad": {"foreign"}, "night": {"night"}, "long": {"long"},
        "all": {"premium", "foreign", "night", "long"},
    }  # fmt: skip
    answer = abuse(world)
    assert (answer.looked_at, answer.calls, answer.amount) == (7, 5, Decimal("2.5"))
    assert [(one.suspicion, one.calls, one.talk_s) for one in answer.by_suspicion] == [
        (Suspicion.PREMIUM, 2, 9060),
        (Suspicion.FOREIGN, 2, 9060),
        (Suspicion.NIGHT, 2, 9060),
        (Suspicion.LONG, 2, 16201),
    ]


@pytest.mark.parametrize(
    ("local", "at_night"), [("21:59", False), ("22:00", True), ("00:00", True), ("05:59", True), ("06:00", False)]
)
def test_night_is_by_the_workspaces_clock_and_its_end_is_not_in_it(world: World, local: str, at_night: bool) -> None:
    at = datetime.fromisoformat(f"2026-03-05T{local}:30+01:00").astimezone(UTC).replace(tzinfo=None)
    keep(world, CALLS, [dialled("c", at=at)])
    assert bool(found(world)) is at_night


def test_a_night_that_ends_before_midnight_and_none(world: World) -> None:
    keep(world, CALLS, [dialled("eleven"), dialled("noon", at=NOON + timedelta(hours=1))])
    rules(world, night_from="12:30", night_to="13:30")
    assert set(found(world)) == {"noon"}
    rules(world, night_from="", night_to="")
    assert found(world) == {}


def test_calls_that_were_handed_outside_are_looked_at_by_that_number(world: World) -> None:
    forwarded: dict[str, Any] = {"is_outbound": 0, "is_inbound": 1, "direction": "inbound"}
    keep(world, CALLS, [dialled("in", ABROAD, **forwarded), dialled("on", ABROAD, **forwarded, final_number=PREMIUM)])
    (one,) = abuse(world).listed
    assert (one.record_id, one.number, one.country, one.suspicions) == ("c:on", PREMIUM, "PL", (Suspicion.PREMIUM,))


def test_spam_internal_calls_and_texts_are_not_looked_at(world: World) -> None:
    keep(world, CALLS, [
        dialled("spam", PREMIUM, is_spam=1),
        dialled("internal", PREMIUM, is_internal=1),
        dialled("row", PREMIUM, is_call=0),
    ])  # fmt: skip
    assert abuse(world).looked_at == 0
    assert abuse(world, channels=["message"]).calls == 0


def test_rules_of_the_workspace_count(world: World) -> None:
    keep(world, CALLS, [dialled("abroad", ABROAD), dialled("premium", PREMIUM), dialled("own", "+48600900900")])
    rules(world, countries=["DE"], premium=False, prefixes=["486009"])
    assert found(world) == {"own": {"premium"}}
    rules(world, foreign=False, allowed=[PREMIUM], prefixes=[])
    assert found(world) == {}


def test_one_kind_of_suspicion_can_be_asked_for_and_the_dearest_come_first(world: World) -> None:
    keep(world, CALLS, [
        dialled("a", ABROAD, home_amount=Decimal(1)), dialled("b", PREMIUM, home_amount=Decimal(9)),
        dialled("c", PREMIUM, home_amount=Decimal(3)), dialled("d", PREMIUM, home_amount=None, home_currency=""),
    ])  # fmt: skip
    answer = abuse(world, suspicions=["premium"], limit=2)
    assert [one.record_id for one in answer.listed] == ["c:b", "c:c"]
    assert (answer.calls, answer.amount, len(answer.by_suspicion)) == (3, Decimal(12), 1)


def test_a_drill_down_lists_the_calls_and_above_two_hundred_there_is_none(world: World) -> None:
    keep(world, CALLS, [dialled(str(n), ABROAD) for n in range(201)])
    answer = abuse(world)
    assert answer.by_suspicion[1].drill is None
    keep(world, CALLS, [dialled("x", ABROAD)])
    assert abuse(world).by_suspicion[1].drill == {"channels": ["call"], "record_ids": ["c:x"]}
    assert abuse(world).by_suspicion[0].drill is None


def test_what_the_viewer_may_not_see_is_hidden_and_still_looked_at(world: World) -> None:
    keep(world, CALLS, [dialled("mine", PREMIUM), dialled("foreign", PREMIUM, user_id="other", team_id="t9")])
    world.change("operator", without=(Ability.SEE_NUMBERS,))
    (one,) = abuse(world, "operator").listed
    assert (one.record_id, one.number, one.amount, one.currency) == ("c:mine", "+48•••••••56", None, "")
    assert abuse(world, "operator").amount is None


def test_alerts_count_what_the_screen_lists(world: World) -> None:
    keep(world, CALLS, [dialled("a", ABROAD), dialled("b")])
    asked = parse(Filter, MARCH)
    assert world.rooms.money.abuse.count(world.viewer("owner"), asked, world.now) == 1


def test_rules_have_a_version_and_wrong_ones_are_refused(world: World) -> None:
    rooms, owner = world.rooms.money.abuse, world.viewer("owner")
    usual, version = rooms.rules(owner)
    assert (usual.version, usual.home, usual.zone, usual.longest_s) == (0, "PL", "Europe/Warsaw", 7200)
    changed, etag = rooms.change(owner, {"longest_s": 60}, version, world.now)
    assert (changed.version, changed.longest_s) == (1, 60)
    with pytest.raises(Outdated):
        rooms.change(owner, {}, version, world.now)
    assert rooms.change(owner, {"longest_s": 60}, etag, world.now) == (changed, etag)
    for wrong in (
        {"prefixes": ["+48"]}, {"allowed": ["600100200"]}, {"countries": ["XX"]}, {"night_from": "24:00"},
        {"night_from": "", "night_to": "06:00"}, {"night_from": "06:00", "night_to": "06:00"}, {"longest_s": -1},
    ):  # fmt: skip
        with pytest.raises(InvalidRequest):
            rooms.change(owner, wrong, "*", world.now)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+48701123456", True),
        ("+19005551234", True),
        ("+448712345678", True),
        (HOME, False),
        ("+12025550187", False),
        ("101", False),
    ],
)
def test_premium_numbers_are_those_of_the_numbering_plans(number: str, expected: bool) -> None:
    assert is_premium(number) is expected


def test_rows_straight_from_the_lake_and_kept_ones_are_looked_at_alike(world: World) -> None:
    keep(world, CALLS, [dialled("a", ABROAD), dialled("b", at=NOON - timedelta(days=2), talk_s=9000), dialled("c")])
    plain = AbuseAnswers(world.directory, LakeFacts(world.lake), world.records)
    owner, asked = world.viewer("owner"), parse(AbuseQuery, MARCH)
    assert plain.listed(owner, asked, world.now) == abuse(world)
    # Days of which the lake has nothing.
    nothing = parse(AbuseQuery, {"from": "2025-07-01", "to": "2025-07-02"})
    assert (plain.listed(owner, nothing, world.now).calls, plain.count(owner, nothing, world.now)) == (0, 0)
    assert world.rooms.money.abuse.listed(owner, nothing, world.now).listed == ()
