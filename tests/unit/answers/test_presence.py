"""Presence through the use case: days, night shifts, strips, availability, and who may see whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ringlake.errors import InvalidRequest, NotFound, PlanTooLow
from ringlake.flows.answers.presence import AvailabilityAnswer, Presence, PresenceTimeline, TimelineQuery
from ringlake.model.directory import Ability, Role, Schedule, Team
from ringlake.query.filters import parse
from ringlake.query.people import PeopleFilter
from tests.unit.answers.staff import (
    MONDAY,
    NOW,
    RANGE,
    TUESDAY,
    WARSAW,
    WEDNESDAY,
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
from tests.unit.metrics.people import clock


def on(day: date) -> dict[str, Any]:
    return {"from": day, "to": day}


ON_MONDAY = on(MONDAY)


@pytest.fixture
def world() -> World:
    return company()


def asked(world: World, user: str = "owner", **given: Any) -> Presence:
    query = parse(PeopleFilter, {**(RANGE if "preset" not in given else {}), **given})
    return world.answers.presence.by_day(world.viewer(user), query, world.now)


def timeline(world: World, user: str, viewer: str = "owner", **given: Any) -> PresenceTimeline:
    return world.answers.presence.timeline(world.viewer(viewer), parse(TimelineQuery, {"user": user, **given}), NOW)


def available(world: World, user: str = "owner", **given: Any) -> AvailabilityAnswer:
    query = parse(PeopleFilter, {**RANGE, **given})
    return world.answers.presence.availability(world.viewer(user), query, NOW)


NIGHT = [
    *said("anna", ("00:00", "offline"), ("22:00", "online"), ("24:00", "end")),
    *said("anna", ("00:00", "online"), ("06:00", "offline"), ("24:00", "end"), day=TUESDAY),
    *said("anna", ("00:00", "offline"), ("09:00", "online"), day=WEDNESDAY),
]


def test_each_full_day_has_its_length_and_today_lasts_until_now(world: World) -> None:
    presence(world, NIGHT)

    [anna] = asked(world).people

    assert [(day.date, day.length_s) for day in anna.days] == [(MONDAY, 86_400), (TUESDAY, 86_400), (WEDNESDAY, 36_000)]
    for day in anna.days:
        of = day.statuses
        assert of.talking_s + of.online_s + of.dnd_s + of.offline_s == day.length_s
    assert (anna.days[2].statuses.offline_s, anna.days[2].statuses.online_s) == (9 * 3600, 3600)
    assert (anna.known_s, anna.unknown_s) == (208_800, 0)
    assert asked(world).elapsed_s == 208_800


def test_a_night_shift_is_split_in_days_and_whole_as_a_shift_with_its_first_and_last_activity(world: World) -> None:
    presence(world, NIGHT)

    [anna] = asked(world).people

    assert [day.statuses.online_s for day in anna.days] == [2 * 3600, 6 * 3600, 3600]
    night, morning = anna.shifts
    assert (night.date, night.started_at, night.ended_at) == (
        MONDAY,
        clock("22:00", MONDAY, WARSAW),
        clock("06:00", TUESDAY, WARSAW),
    )
    assert (night.length_s, night.statuses.online_s, night.lasts) == (8 * 3600, 8 * 3600, False)
    assert (morning.date, morning.length_s, morning.lasts) == (WEDNESDAY, 3600, True)
    assert anna.days[0].first_activity == clock("22:00", MONDAY, WARSAW)
    assert anna.days[1].last_activity == clock("06:00", TUESDAY, WARSAW)


def test_a_shift_is_whole_on_each_of_its_days(world: World) -> None:
    presence(world, NIGHT)

    for day in (MONDAY, TUESDAY):
        [anna] = asked(world, **on(day)).people
        assert [(s.date, s.length_s) for s in anna.shifts] == [(MONDAY, 8 * 3600)]


def test_people_without_a_line_are_unknown_and_have_no_row_of_zeros(world: World) -> None:
    presence(world, NIGHT)

    found = asked(world)

    assert [p.person.name for p in found.people] == ["Anna"]
    assert [p.name for p in found.unknown] == ["Boris", "Max", "Mia", "Ola", "Olga", "Otto"]


def test_a_day_of_which_nothing_is_known_is_no_day_of_zeros(world: World) -> None:
    presence(world, NIGHT[:3])

    [anna] = asked(world).people

    assert [day.date for day in anna.days] == [MONDAY, TUESDAY]
    assert (anna.known_s, anna.unknown_s) == (108_000, 208_800 - 108_000)


def test_a_deleted_person_keeps_name_and_history_and_is_marked(world: World) -> None:
    presence(world, NIGHT)
    world.change("anna", deleted_at=NOW, name="Anna Nowak")

    found = asked(world)

    assert [(p.person.name, p.person.deleted) for p in found.people] == [("Anna Nowak", True)]


def test_occupancy_counts_rings_of_all_calls_of_the_person(world: World) -> None:
    presence(world, said("anna", ("00:00", "offline"), ("09:00", "online"), ("09:10", "talking"), ("09:20", "end")))
    calls(world, call("1", "09:05", rang("anna", "no_answer", 60.0), direction="internal"))

    [anna] = asked(world, **ON_MONDAY).people

    assert (anna.occupancy.numerator, anna.occupancy.denominator, anna.occupancy.value) == (660, 1200, 0.55)
    assert (anna.utilisation.numerator, anna.utilisation.denominator) == (600, 1200)


# --- whose


def seen(world: World, user: str) -> set[str]:
    found = asked(world, user)
    return {p.person.user_id for p in found.people} | {p.user_id for p in found.unknown}


def test_scope_decides_whose_lines_are_shown(world: World) -> None:
    presence(world, NIGHT, said("boris", ("09:00", "online"), ("12:00", "end")))

    everybody = {"anna", "boris", "manager", "member", "operator", "other", "owner"}
    assert seen(world, "owner") == everybody
    assert seen(world, "manager") == {"anna", "manager", "operator"}
    assert seen(world, "operator") == {"operator"}
    assert seen(world, "anna") == {"anna"}
    assert seen(world, "member") == {"member"}
    world.grant("operator", Ability.VIEW_ALL_CALLS)
    assert seen(world, "operator") == {"anna", "operator"}
    world.grant("operator", Ability.VIEW_ALL_CALLS, Ability.SCOPE_WORKSPACE)
    assert seen(world, "operator") == everybody


def test_teams_and_users_choose_among_the_people_in_sight(world: World) -> None:
    presence(world, NIGHT, said("boris", ("09:00", "online"), ("12:00", "end")))

    assert [p.person.user_id for p in asked(world, teams=["t2"]).people] == ["boris"]
    assert [p.person.user_id for p in asked(world, users=["anna"]).people] == ["anna"]
    assert asked(world, "anna", users=["boris"]).people == ()
    assert asked(world, "anna", users=["boris"]).unknown == ()


def test_a_plan_without_analytics_is_told_so_and_wrong_fields_are_named(world: World) -> None:
    with pytest.raises(InvalidRequest, match="to"):
        asked(world, **{**ON_MONDAY, "to": MONDAY - timedelta(days=1)})
    with pytest.raises(InvalidRequest, match="zone"):
        asked(world, zone="Mars/Base")
    settings(world, plan="starter")
    with pytest.raises(PlanTooLow):
        asked(world)


def test_another_zone_cuts_days_at_its_own_midnights_and_says_so(world: World) -> None:
    presence(world, NIGHT)

    found = asked(world, zone="America/New_York", **ON_MONDAY)

    assert found.meta.zone == "America/New_York"
    [anna] = found.people
    # Midnight there is 05:00 in Warsaw: the end of Tuesday's first hour of the night shift lies on Monday.
    assert anna.days[0].statuses.online_s == 7 * 3600
    assert anna.days[0].length_s == 86_400


# --- strips


def test_the_strip_of_the_specification(world: World) -> None:
    """features.md R34: offline until 12:08, online to 19:27, talking 17:47-17:58 inside it, offline after."""
    presence(
        world,
        said(
            "anna",
            ("00:00", "offline"), ("12:08", "online"), ("17:47", "talking"), ("17:58", "online"), ("19:27", "offline"),
            ("24:00", "end"),
        ),
    )  # fmt: skip

    found = timeline(world, "anna", day=MONDAY)

    assert [(s.from_local[11:16], s.to_local[11:16], s.status) for s in found.strip.segments] == [
        ("00:00", "12:08", "offline"),
        ("12:08", "17:47", "online"),
        ("17:47", "17:58", "talking"),
        ("17:58", "19:27", "online"),
        ("19:27", "00:00", "offline"),
    ]
    assert found.strip.zone == "Europe/Warsaw"
    assert found.strip.segments[0].from_local == "2026-03-09T00:00:00+01:00"
    assert sum(s.seconds for s in found.strip.segments) == found.strip.length_s == 86_400


def test_todays_strip_goes_to_now_and_a_day_of_silence_is_unknown(world: World) -> None:
    presence(world, NIGHT)

    today, silent = timeline(world, "anna"), timeline(world, "boris")

    assert [(s.from_local[11:16], s.to_local[11:16], s.lasts) for s in today.strip.segments] == [
        ("00:00", "09:00", False),
        ("09:00", "10:00", True),
    ]
    assert (silent.strip.known, silent.strip.statuses, silent.strip.segments) == (False, None, ())


def test_the_strip_of_somebody_out_of_sight_is_not_found_like_that_of_nobody(world: World) -> None:
    presence(world, NIGHT)
    assert timeline(world, "anna", "manager").person.user_id == "anna"
    for user, viewer in (("anna", "boris"), ("nobody", "owner")):
        with pytest.raises(NotFound):
            timeline(world, user, viewer)


def test_a_day_of_25_hours_has_a_strip_of_25_hours(world: World) -> None:
    autumn = date(2025, 10, 26)
    presence(world, said("anna", ("00:00", "offline"), ("02:30", "online"), ("24:00", "end"), day=autumn))

    strip = timeline(world, "anna", day=autumn).strip

    assert strip.length_s == 90_000 == sum(s.seconds for s in strip.segments)
    assert [s.from_local[11:] for s in strip.segments] == ["00:00:00+02:00", "02:30:00+02:00"]


# --- availability


def test_availability_by_team_and_of_the_workspace(world: World) -> None:
    settings(world, hours=open_hours())
    presence(
        world,
        said("anna", ("00:00", "offline"), ("09:00", "online"), ("12:00", "offline"), ("24:00", "end")),
        said("boris", ("00:00", "offline"), ("11:00", "talking"), ("13:00", "dnd"), ("24:00", "end")),
    )

    found = available(world, **ON_MONDAY)

    assert found.workspace is not None
    assert (found.workspace.availability.value, found.workspace.open_s, found.workspace.staffed_s) == (
        0.5,
        28_800,
        14_400,
    )
    assert [(g.from_local[11:16], g.to_local[11:16], g.seconds) for g in found.workspace.gaps] == [
        ("13:00", "17:00", 14_400)
    ]
    assert [(t.team_name, t.availability.value, t.gaps_count) for t in found.teams] == [
        ("Sales", 3 / 8, 1),
        ("Support", 2 / 8, 2),
    ]


def test_a_team_has_its_own_open_hours(world: World) -> None:
    settings(world, hours=open_hours(), schedules=(Schedule(hours=open_hours("09:00", "10:00"), team="t1"),))
    presence(world, said("anna", ("00:00", "offline"), ("09:30", "online"), ("24:00", "end")))

    found = available(world, **ON_MONDAY)

    sales = next(t for t in found.teams if t.team_id == "t1")
    assert (sales.availability.value, sales.open_s) == (0.5, 3600)


def test_days_of_which_nobody_reported_are_unknown_and_not_unstaffed(world: World) -> None:
    settings(world, hours=open_hours())
    presence(world, said("anna", ("00:00", "offline"), ("09:00", "online"), ("24:00", "end")))

    found = available(world)

    assert found.workspace is not None
    # Monday is known; of Tuesday and of Wednesday's first hour nothing is.
    assert (found.workspace.availability.value, found.workspace.unknown_s) == (1.0, 9 * 3600)
    support = next(t for t in found.teams if t.team_id == "t2")
    assert (support.availability.value, support.unknown_s, support.gaps) == (None, 17 * 3600, ())


def test_availability_of_teams_is_for_who_sees_their_people(world: World) -> None:
    world.directory.put_team("acme", Team(id="t3", name="Other", kind="other"))
    manager, operator = available(world, "manager"), available(world, "operator")

    assert (manager.workspace, [t.team_id for t in manager.teams]) == (None, ["t1"])
    assert (operator.workspace, operator.teams) == (None, ())
    assert "t3" not in {t.team_id for t in available(world).teams}
    assert world.viewer("manager").user.role is Role.MANAGER
