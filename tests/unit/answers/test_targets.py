"""Targets by team: kept with version and audit, measured against values, the period before, and people (O47, O48)."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.errors import InvalidRequest, Outdated, PlanTooLow, Unversioned
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.targets import ProgressAnswer, ProgressQuery, TargetProgress, Targets
from ringlake.metrics.catalog import BY_ID
from ringlake.model.directory import ServiceTarget, User
from ringlake.query.filters import parse
from tests.unit.answers.staff import MONDAY, NOW, TUESDAY, call, calls, company, presence, rang, said, settings
from tests.unit.export.world import World


@pytest.fixture
def world() -> World:
    return company()


def put(world: World, *targets: dict[str, Any], version: str = "*", user: str = "owner") -> Targets:
    found, _ = world.answers.targets.change(world.viewer(user), {"targets": list(targets)}, version, NOW)
    return found


def progress(world: World, user: str = "owner", **given: Any) -> ProgressAnswer:
    query = parse(ProgressQuery, {"from": TUESDAY, "to": TUESDAY, **given})
    return world.answers.targets.progress(world.viewer(user), query, NOW)


def one(world: World, *target: Any, user: str = "owner") -> TargetProgress:
    metric, value, *team = target
    put(world, {"metric": metric, "value": value, "team": team[0] if team else ""})
    [found] = progress(world, user).targets
    return found


# --- keeping


def test_targets_are_replaced_as_a_whole_with_a_version_and_a_line_that_says_so(world: World) -> None:
    first = put(world, {"metric": "missed_rate", "value": 0.05, "team": "t1"}, {"metric": "occupancy", "value": 0.6})
    second = put(world, {"metric": "missed_rate", "value": 0.04, "team": "t1"})

    assert (first.version, second.version) == (1, 2)
    assert [(t.metric, t.team_name, t.value, t.better) for t in second.targets] == [
        ("missed_rate", "Sales", 0.04, "lower")
    ]
    lines = [line for line in world.directory.audit_lines("acme", "2026-03") if line.action == "targets.change"]
    assert lines[1].detail["added"] == ["missed_rate@t1=0.04"]
    assert lines[1].detail["removed"] == ["missed_rate@t1=0.05", "occupancy@*=0.6"]
    assert (lines[1].user_id, lines[1].detail["version"]) == ("owner", 2)


def test_a_change_names_the_version_that_it_was_made_from(world: World) -> None:
    answers = world.answers.targets
    _, version = answers.show(world.viewer("owner"))
    put(world, {"metric": "occupancy", "value": 0.6}, version=version)

    with pytest.raises(Outdated):
        put(world, version=version)
    with pytest.raises(Unversioned):
        put(world, version="")
    found, newer = answers.show(world.viewer("member"))
    assert (len(found.targets), newer != version) == (1, True)


def test_what_changes_nothing_is_no_new_version(world: World) -> None:
    put(world, {"metric": "occupancy", "value": 0.6})
    assert put(world, {"metric": "occupancy", "value": 0.6}).version == 1


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ({"metric": "love", "value": 1}, "targets.0.metric"),
        ({"metric": "occupancy", "value": 1.01}, "targets.0.value"),
        ({"metric": "occupancy", "value": -0.1}, "targets.0.value"),
        ({"metric": "occupancy", "value": "inf"}, "targets.0.value"),
        ({"metric": "occupancy", "value": 0.5, "team": "t9"}, "targets.0.team"),
        ({"metric": "load_calls_share", "value": 0.5}, "targets.0.metric"),
        ({"metric": "occupancy", "value": 0.5, "who": "me"}, "targets.0.who"),
    ],
)
def test_a_wrong_target_is_named(world: World, target: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        put(world, target)
    assert [name for name, _ in error.value.errors] == [field]


def test_a_metric_has_one_target_for_a_team(world: World) -> None:
    with pytest.raises(InvalidRequest, match="already"):
        put(world, {"metric": "occupancy", "value": 0.5}, {"metric": "occupancy", "value": 0.6})


def test_promises_stand_beside_with_their_usual_values(world: World) -> None:
    settings(world, targets=(ServiceTarget(team="t1", threshold_s=10, target_pct=90),))
    promises = world.answers.targets.show(world.viewer("owner"))[0].promises
    assert [(p.channel, p.team_id, p.threshold_s, p.target_pct) for p in promises] == [
        ("call", "", 20, 80),
        ("message", "", 900, 80),
        ("call", "t1", 10, 90),
    ]


def test_a_plan_without_analytics_has_no_targets(world: World) -> None:
    settings(world, plan="starter")
    with pytest.raises(PlanTooLow):
        world.answers.targets.show(world.viewer("owner"))


# --- progress


def test_the_drill_of_a_value_and_of_each_person_lists_what_they_count(world: World) -> None:
    some(world)
    found = one(world, "calls_answered", 5, "t1")

    def listed(drill: dict[str, Any] | None) -> int:
        assert drill is not None
        query = parse(ListQuery, {"from": TUESDAY, "to": TUESDAY, **drill})
        return len(world.answers.interactions.page(world.viewer("owner"), query, NOW).rows)

    assert listed(found.drill) == found.value.value == 15
    assert [listed(s.drill) for s in found.ranking] == [s.value.value for s in found.ranking] == [12, 3]
    assert one(world, "occupancy", 0.5).drill is None


def answered(name: str, user: str, talk_s: int, **more: Any) -> dict[str, Any]:
    team = {"anna": "t1", "operator": "t1", "boris": "t2"}[user]
    leg = rang(user, "answered", 4.0, talk_s)
    return call(name, f"09:{int(name):02}", leg, user_id=user, team_id=team, talk_s=talk_s, **more)


def some(world: World) -> None:
    calls(
        world,
        *(answered(str(n), "anna", 100, day=TUESDAY) for n in range(12)),
        *(answered(str(n), "operator", 40, day=TUESDAY) for n in range(12, 15)),
        answered("15", "boris", 70, day=TUESDAY),
        call("16", "10:00", rang("anna", "no_answer", 30.0), day=TUESDAY, team_id="t1"),
        answered("17", "anna", 50, day=MONDAY),
    )


def test_a_value_stands_against_its_target_and_the_period_before(world: World) -> None:
    some(world)

    found = one(world, "talk_s", 1000)

    assert (found.value.value, found.previous.value, found.change) == (1390, 50, 1340.0)
    assert found.whole
    rate = one(world, "missed_rate", 0.05)
    assert (rate.value.numerator, rate.value.denominator, rate.met) == (1, 17, False)
    assert rate.attained == pytest.approx(0.05 / (1 / 17))
    assert rate.previous.value == 0.0
    assert rate.change == pytest.approx(1 / 17)


@pytest.mark.parametrize(("target", "met"), [(5, True), (4.999, False), (5.001, True)])
def test_exactly_the_target_is_reached(world: World, target: float, met: bool) -> None:
    calls(world, call("1", "09:00", rang("anna", "answered", 5.0, 9), day=TUESDAY, user_id="anna", talk_s=9, ring_s=5))
    assert one(world, "person_answer_s", target).met is met


def test_a_target_of_a_team_is_measured_by_the_teams_calls(world: World) -> None:
    some(world)
    put(
        world,
        {"metric": "talk_s", "value": 1, "team": "t1"},
        {"metric": "talk_s", "value": 1, "team": "t2"},
        {"metric": "talk_s", "value": 1},
    )
    assert [t.value.value for t in progress(world).targets] == [1320, 70, 1390]
    assert [t.target.team_id for t in progress(world, teams=["t2"]).targets] == ["t2"]


def test_the_ends_of_the_ranking_lead_and_are_candidates_for_coaching(world: World) -> None:
    some(world)

    found = one(world, "person_answer_s", 10)

    assert [s.person.user_id for s in found.ranking] == []
    aht = one(world, "agent_aht_s", 60)
    assert [(s.rank, s.person.name, s.value.value, s.met, s.few) for s in aht.ranking] == [
        (1, "Otto", 40.0, True, True),
        (2, "Boris", 70.0, False, True),
        (3, "Anna", 100.0, False, False),
    ]
    assert [s.person.name for s in aht.leaders] == ["Otto"]
    assert [s.person.name for s in aht.coaching] == ["Anna"]
    assert aht.ranking[2].previous.value == 50.0


def test_equal_values_share_a_rank(world: World) -> None:
    calls(world, *(answered(str(n), user, 60, day=TUESDAY) for n, user in enumerate(("anna", "boris", "operator"))))
    assert [(s.rank, s.person.name) for s in one(world, "agent_aht_s", 60).ranking] == [
        (1, "Anna"),
        (1, "Boris"),
        (1, "Otto"),
    ]


def test_metrics_of_time_and_rings_have_targets_too(world: World) -> None:
    presence(
        world,
        said("anna", ("00:00", "offline"), ("09:00", "online"), ("10:00", "talking"), ("11:00", "end"), day=TUESDAY),
        said("operator", ("00:00", "dnd"), ("24:00", "end"), day=TUESDAY),
    )
    calls(world, call("1", "08:00", rang("anna", "no_answer", 6.0), day=TUESDAY, team_id="t1"))
    put(
        world,
        *({"metric": m, "value": 0.5} for m in ("occupancy", "utilisation", "availability", "agent_missed_ring_rate")),
        {"metric": "talking_s", "value": 60},
        {"metric": "agent_missed_rings", "value": 1},
    )

    found = {t.target.metric: t for t in progress(world).targets}

    assert (found["occupancy"].value.value, found["occupancy"].met) == (0.5, True)
    assert [s.person.name for s in found["occupancy"].ranking] == ["Anna"]
    assert found["utilisation"].value.value == 3600 / (7200 + 86_400)
    assert (found["availability"].value.value, found["availability"].ranking) == (2 / 24, ())
    assert (found["agent_missed_rings"].value.value, found["agent_missed_rings"].met) == (1, True)
    assert (found["agent_missed_ring_rate"].value.value, found["agent_missed_ring_rate"].met) == (1.0, False)
    assert (found["talking_s"].value.value, found["talking_s"].met) == (3600, None)
    assert found["occupancy"].previous.value is None


def test_whoever_sees_a_part_is_told_that_it_is_one_and_sees_no_other_names(world: World) -> None:
    some(world)
    put(world, {"metric": "talk_s", "value": 1, "team": "t1"}, {"metric": "talk_s", "value": 1, "team": "t2"})

    [mine] = progress(world, "anna").targets
    [ours] = progress(world, "manager").targets

    assert (mine.whole, mine.value.value, mine.target.team_id) == (False, 1200, "t1")
    assert (ours.whole, ours.value.value) == (True, 1320)
    assert "oris" not in str(progress(world, "manager"))


def test_people_out_of_sight_keep_their_place_and_lose_their_name(world: World) -> None:
    calls(
        world,
        answered("1", "anna", 100, day=TUESDAY, business_number_id="n1"),
        answered("2", "boris", 70, day=TUESDAY, business_number_id="n1"),
    )
    put(world, {"metric": "missed_rate", "value": 0.5})

    [found] = progress(world, "member").targets

    assert not found.whole
    assert [(s.rank, s.hidden, s.person.user_id, s.person.name) for s in found.ranking] == [(1, True, "", "")] * 2


def test_promises_of_calls_are_attained_or_not(world: World) -> None:
    settings(world, targets=(ServiceTarget(team="t2", threshold_s=2, target_pct=90),))
    calls(
        world,
        answered("1", "anna", 9, day=TUESDAY, wait_ms=20_000),
        answered("2", "boris", 9, day=TUESDAY, wait_ms=2001),
    )

    kept = progress(world).promises

    assert [(k.promise.channel, k.team_name, k.value.value, k.passed) for k in kept] == [
        ("call", "", 1.0, True),
        ("message", "", None, None),
        ("call", "Support", 0.0, False),
    ]
    assert [(k.previous.value, k.passed_before) for k in kept] == [(None, None)] * 3
    assert [k.team_name for k in progress(world, "manager").promises] == ["", ""]


def test_a_target_of_a_hidden_cost_is_not_shown(world: World) -> None:
    put(world, {"metric": "spend", "value": 10})
    assert len(progress(world).targets) == 1
    assert progress(world, "manager").targets == ()


def test_every_metric_with_a_formula_can_have_a_target(world: World) -> None:
    usual = [m for m in BY_ID.values() if m.formula is not None and m.table in ("calls", "messages", "cases")]
    put(world, *({"metric": m.id, "value": 1} for m in usual))
    assert len(progress(world).targets) == len(usual)


def test_a_user_who_was_deleted_stays_in_the_ranking(world: World) -> None:
    some(world)
    world.change("boris", deleted_at=NOW)
    found = one(world, "agent_aht_s", 60)
    assert [(s.person.name, s.person.deleted) for s in found.ranking][1] == ("Boris", True)
    assert isinstance(world.viewer("boris").user, User)
