"""Rings and load by person: every leg in one count, rows that sum to their total, names only of people in sight."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.load import Load
from ringlake.flows.answers.rings import RingRow, RingsAnswer, RingsQuery
from ringlake.query.filters import Filter, parse
from tests.unit.answers.staff import (
    MONDAY,
    NOW,
    TUESDAY,
    call,
    calls,
    company,
    open_hours,
    presence,
    rang,
    said,
    settings,
)
from tests.unit.export.world import World

DAYS: dict[str, Any] = {"from": MONDAY, "to": TUESDAY}


@pytest.fixture
def world() -> World:
    return company()


def rung(world: World, user: str = "owner", **given: Any) -> RingsAnswer:
    return world.answers.rings.rings(world.viewer(user), parse(RingsQuery, {**DAYS, **given}), NOW)


def loaded(world: World, user: str = "owner", **given: Any) -> Load:
    return world.answers.load.load(world.viewer(user), parse(Filter, {**DAYS, **given}), NOW)


def rows(found: RingsAnswer) -> dict[str, RingRow]:
    return {row.person.user_id or row.kind: row for row in found.rows}


SIMULTANEOUS = call(
    "1",
    "09:00",
    rang("anna", "answered", 4.0, 100),
    rang("boris", "answered_elsewhere", 6.0),
    team_id="t1",
    user_id="anna",
)
OVERFLOWED = call(
    "2", "10:00", rang("anna", "no_answer", 5.1), rang("boris", "answered", 3.0, 50), team_id="t2", user_id="boris"
)
LOST = call("3", "11:00", rang("anna", "no_answer", 5.0), rang("boris", "declined", 9.0), team_id="t1")


def test_missed_declined_answered_elsewhere_and_short_rings_are_counted_apart(world: World) -> None:
    calls(world, SIMULTANEOUS, OVERFLOWED, LOST)

    found = rung(world)

    anna, boris = rows(found)["anna"], rows(found)["boris"]
    assert (anna.rung, anna.answered, anna.missed, anna.short, anna.declined, anna.elsewhere) == (3, 1, 1, 1, 0, 0)
    assert (boris.rung, boris.answered, boris.missed, boris.declined, boris.elsewhere) == (3, 1, 0, 1, 1)
    assert (anna.missed_rings.value, anna.missed_rate.value) == (1, 0.5)
    assert (boris.missed_rings.value, boris.missed_rate.value) == (0, 0.0)
    assert found.threshold_s == 5
    assert (found.total.rung, found.total.missed, found.total.short) == (6, 1, 1)


def test_rings_that_a_colleague_answered_count_when_asked_for(world: World) -> None:
    calls(world, SIMULTANEOUS)

    [anna, boris] = sorted(rung(world, include_elsewhere=True).rows, key=lambda row: row.person.name)

    assert (anna.missed_rings.value, boris.missed_rings.value, boris.elsewhere, boris.missed) == (0, 1, 1, 0)


def test_the_drill_lists_exactly_the_calls_of_the_missed_rings(world: World) -> None:
    twice = call("4", "12:00", rang("anna", "no_answer", 9.0), rang("anna", "no_answer", 9.0))
    calls(world, SIMULTANEOUS, OVERFLOWED, LOST, twice)

    anna = rows(rung(world))["anna"]

    assert (anna.missed, anna.missed_calls) == (3, 2)
    assert anna.drill == {
        "channels": ["call"],
        "users": [],
        "record_ids": ["pbx:2", "pbx:4"],
        "without_spam": False,
    }
    assert rows(rung(world))["boris"].drill is None


def test_the_threshold_is_the_workspaces(world: World) -> None:
    calls(world, SIMULTANEOUS, OVERFLOWED, LOST)
    settings(world, missed_ring_s=4)

    assert (rung(world).threshold_s, rows(rung(world))["anna"].missed) == (4, 2)


def test_spam_internal_and_outgoing_calls_ring_nobody_here(world: World) -> None:
    calls(
        world,
        call("1", "09:00", rang("anna", "no_answer", 60.0), is_spam=1),
        call("2", "09:10", rang("anna", "no_answer", 60.0), direction="internal"),
        call("3", "09:20", rang("anna", "answered", 60.0, 5), direction="outbound"),
    )

    assert rung(world).rows == ()
    assert rung(world, include_spam=True).total.missed == 1
    assert rung(world, directions=["outbound"]).rows == ()


def test_rings_of_people_out_of_sight_have_one_row_without_a_name(world: World) -> None:
    calls(world, SIMULTANEOUS, OVERFLOWED, LOST)

    found = rung(world, "manager")

    # The manager of Sales sees the calls of that team: not the one that Support answered.
    assert [(row.kind, row.person.name) for row in found.rows] == [("person", "Anna"), ("others", "")]
    assert sum(row.rung for row in found.rows) == found.total.rung == 4
    assert "oris" not in str(found)


def test_load_counts_calls_once_and_talk_by_leg_for_everybody_who_talked(world: World) -> None:
    transferred = call(
        "1", "09:00", rang("anna", "answered", 3.0, 40), rang("boris", "answered", 2.0, 60),
        user_id="boris", talk_s=100, ring_s=3,
    )  # fmt: skip
    nobody = call("2", "10:00", rang("anna", "no_answer", 20.0), talk_s=None)
    calls(world, transferred, nobody)

    found = loaded(world)

    by = {row.person.user_id or row.kind: row for row in found.rows}
    assert (found.total.calls, found.total.talk_s, found.total.leg_talk_s, found.total.legs) == (2, 100, 100, 2)
    assert (by["boris"].calls, by["boris"].talk_s, by["boris"].leg_talk_s, by["boris"].aht.value) == (1, 100, 60, 60.0)
    assert (by["anna"].calls, by["anna"].talk_s, by["anna"].leg_talk_s, by["anna"].legs) == (0, 0, 40, 1)
    assert (by["unassigned"].calls, by["unassigned"].missed) == (1, 1)
    assert sum(row.calls for row in found.rows) == found.total.calls
    assert sum(row.calls_share.value or 0 for row in found.rows) == 1.0
    assert by["boris"].talk_share.value == 1.0
    assert by["boris"].drill == {"channels": ["call"], "users": ["boris"], "without_spam": True}
    assert by["unassigned"].drill == {"channels": ["call"], "users": [""], "without_spam": True}
    assert "exceed" in found.note


def test_load_of_nothing_has_no_shares(world: World) -> None:
    found = loaded(world, **{"from": "2026-01-01", "to": "2026-01-02"})

    assert found.rows == ()
    assert (found.total.calls, found.total.calls_share.value, found.total.aht.value) == (0, None, None)
    assert (found.answer_delay.value, found.lost.value, found.availability.value) == (None, 0, None)


def test_occupancy_stands_where_presence_is_known(world: World) -> None:
    settings(world, hours=open_hours())
    calls(world, SIMULTANEOUS, OVERFLOWED)
    presence(
        world,
        said("operator", ("09:00", "online"), ("10:00", "end")),
        said("anna", ("00:00", "offline"), ("09:00", "online"), ("09:30", "talking"), ("10:00", "end")),
    )

    by = {row.person.user_id: row for row in loaded(world).rows}

    # Four seconds of the ring were online.
    assert (by["anna"].occupancy.numerator, by["anna"].occupancy.denominator) == (1804, 3600)
    assert by["anna"].utilisation.value == 0.5
    assert (by["boris"].occupancy.value, by["boris"].utilisation.value) == (None, None)
    # Otto was there and had no call.
    assert (by["operator"].calls, by["operator"].occupancy.value) == (0, 0.0)
    assert loaded(world).availability.value == 1 / 8


def test_calls_of_owners_out_of_sight_are_one_row(world: World) -> None:
    """A member sees the calls of the numbers assigned to him, not the people who answered them."""
    calls(
        world,
        call("1", "09:00", rang("anna", "answered", 3.0, 40), user_id="anna", talk_s=40, business_number_id="n1"),
        call("2", "09:30", rang("boris", "answered", 3.0, 20), user_id="boris", talk_s=20, business_number_id="n1"),
    )

    found = loaded(world, "member")

    assert [(row.kind, row.person.user_id, row.calls, row.talk_s, row.drill) for row in found.rows] == [
        ("others", "", 2, 60, None)
    ]
    assert found.availability.value is None


def test_each_drill_lists_as_many_calls_as_its_row_counts(world: World) -> None:
    """demands.md D80: the list takes the filter of the answer, changed by the row's drill."""
    spam = call("5", "09:40", rang("anna", "answered", 3.0, 20), user_id="anna", talk_s=20, is_spam=1)
    twice = call("4", "12:00", rang("anna", "no_answer", 9.0), rang("anna", "no_answer", 9.0))
    calls(world, SIMULTANEOUS, OVERFLOWED, LOST, spam, twice)

    def listed(drill: dict[str, Any]) -> int:
        query = parse(ListQuery, {**DAYS, **drill})
        return len(world.answers.interactions.page(world.viewer("owner"), query, NOW).rows)

    load, found = loaded(world), rung(world)
    counted = [(row.calls, row.drill) for row in (load.total, *load.rows)]
    counted += [(row.missed_calls, row.drill) for row in found.rows]
    assert [n for n, drill in counted if drill is not None] == [
        listed(drill) for _, drill in counted if drill is not None
    ]
    assert [n for n, _ in counted] == [4, 1, 1, 2, 2, 0]
