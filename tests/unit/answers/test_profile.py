"""The drawer of one person (features.md R22-R34)."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.answers.profile import Profile, ProfileQuery
from ringlake.query.filters import parse
from tests.unit.answers.staff import (
    MONDAY,
    NOW,
    TUESDAY,
    WEDNESDAY,
    call,
    calls,
    company,
    presence,
    rang,
    said,
    settings,
)
from tests.unit.export.world import World


@pytest.fixture
def world() -> World:
    return company()


def profile(world: World, user: str = "anna", viewer: str = "owner", **given: Any) -> Profile:
    query = parse(ProfileQuery, {"period": "last_3_days", **given})
    return world.answers.profile.profile(world.viewer(viewer), user, query, NOW)


OWN: dict[str, Any] = {"user_id": "anna", "team_id": "t1"}


def test_identity_names_every_account_and_number(world: World) -> None:
    found = profile(world).identity

    assert (found.person.name, [t.name for t in found.teams]) == ("Anna", ["Sales"])
    assert [(a.connection_name, a.provider, a.account, a.until) for a in found.accounts] == [
        ("Office", "generic", "101", None),
        ("Office", "generic", "anna@sip", NOW),
    ]
    assert [(n.number, n.name) for n in found.numbers] == [("+48221230001", "Main")]


def test_handled_calls_are_answered_incoming_and_connected_outgoing(world: World) -> None:
    calls(
        world,
        call("1", "09:00", rang("anna", "answered", 4.0, 100), **OWN, talk_s=100, ring_s=4),
        call("2", "10:00", rang("anna", "answered", 7.0, 50), **OWN, talk_s=50, ring_s=7),
        call("3", "11:00", rang("anna", "answered", 1.0, 30), **OWN, talk_s=30, ring_s=1, direction="outbound"),
        call("4", "12:00", **OWN, direction="outbound"),
        call("5", "13:00", rang("anna", "answered", 1.0, 900), **OWN, talk_s=900, direction="internal"),
    )

    found = profile(world)

    assert (found.calls.handled, found.calls.incoming, found.calls.outgoing) == (3, 2, 1)
    assert found.calls.outgoing_unanswered == 1
    assert (found.talk_s, found.average_talk.value, found.average_talk.n) == (180, 60.0, 3)
    assert (found.average_answer.value, found.average_answer.n) == (5.5, 2)
    assert (found.aht.value, found.aht.n) == (60.0, 3)


def test_means_of_nothing_are_a_dash(world: World) -> None:
    found = profile(world, "boris")

    assert found.calls.handled == 0
    assert (found.average_talk.value, found.average_answer.value, found.aht.value) == (None, None, None)
    assert (found.statuses, found.occupancy.value, found.known_s, found.unknown_s) == (None, None, 0, found.elapsed_s)


@pytest.mark.parametrize(("rang_s", "missed"), [(5.0, 0), (5.1, 1)])
def test_an_unanswered_call_is_missed_when_it_rang_the_person_for_more_than_five_seconds(
    world: World, rang_s: float, missed: int
) -> None:
    """features.md R28; the call itself is kept either way."""
    calls(world, call("1", "09:00", rang("anna", "no_answer", rang_s), rang("boris", "no_answer", 60.0), team_id="t1"))

    assert profile(world).calls.missed == missed
    assert profile(world, "boris").calls.missed == 1


def test_a_call_that_a_colleague_answered_is_not_missed(world: World) -> None:
    calls(
        world, call("1", "09:00", rang("anna", "no_answer", 30.0), rang("boris", "answered", 3.0, 9), user_id="boris")
    )

    assert profile(world).calls.missed == 0


def test_days_carry_calls_and_statuses_and_the_statuses_sum_to_what_is_known(world: World) -> None:
    settings(world, missed_ring_s=10)
    presence(
        world,
        said("anna", ("00:00", "offline"), ("08:00", "online"), ("16:00", "offline"), ("24:00", "end")),
        said("anna", ("00:00", "offline"), ("09:00", "dnd"), day=WEDNESDAY),
    )
    calls(
        world,
        call("1", "09:00", rang("anna", "answered", 4.0, 100), **OWN, talk_s=100),
        call("2", "10:00", rang("anna", "no_answer", 11.0), day=TUESDAY, team_id="t1"),
    )

    found = profile(world)

    assert [(d.date, d.calls.handled, d.calls.missed, d.talk_s, d.length_s) for d in found.days] == [
        (MONDAY, 1, 0, 100, 86_400),
        (TUESDAY, 0, 1, 0, 86_400),
        (WEDNESDAY, 0, 0, 0, 36_000),
    ]
    assert [d.statuses is None for d in found.days] == [False, True, False]
    assert found.statuses is not None
    total = found.statuses
    assert total.talking_s + total.online_s + total.dnd_s + total.offline_s == found.known_s == 86_400 + 36_000
    assert found.known_s + found.unknown_s == found.elapsed_s == 2 * 86_400 + 36_000
    assert (found.calls.missed, found.missed_ring_s) == (1, 10)


def test_the_period_drives_every_block_and_the_link_lists_the_same(world: World) -> None:
    calls(
        world,
        call("1", "09:00", rang("anna", "answered", 4.0, 100), **OWN, talk_s=100),
        call("2", "09:00", rang("anna", "answered", 4.0, 10), **OWN, talk_s=10, day=WEDNESDAY),
    )

    today, week = profile(world, period="today"), profile(world, period="last_7_days")

    assert (today.calls.handled, len(today.days), today.link["from"]) == (1, 1, "2026-03-11")
    assert (week.calls.handled, len(week.days), week.link["from"]) == (2, 7, "2026-03-05")
    assert week.link == {"from": "2026-03-05", "to": "2026-03-11", "users": ["anna"]}


def test_the_strip_is_of_today_or_of_a_day_of_the_period(world: World) -> None:
    presence(world, said("anna", ("00:00", "offline"), ("08:00", "online"), ("24:00", "end")))

    assert profile(world).timeline.date == WEDNESDAY
    assert len(profile(world, day=MONDAY).timeline.segments) == 2
    with pytest.raises(InvalidRequest, match="day"):
        profile(world, day=MONDAY, period="today")


def test_a_person_out_of_sight_is_not_found(world: World) -> None:
    assert profile(world, "anna", "anna").identity.person.name == "Anna"
    assert profile(world, "anna", "manager").identity.person.name == "Anna"
    for user, viewer in (("boris", "manager"), ("anna", "boris"), ("anna", "member"), ("nobody", "owner")):
        with pytest.raises(NotFound):
            profile(world, user, viewer)
