"""Cards, series, heat map, breakdowns and the team table: order, names, what is always listed, what is hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ringlake.errors import Forbidden, InvalidRequest, PlanTooLow
from ringlake.flows.answers.summary import SummaryAnswers
from ringlake.metrics.catalog import METRICS
from ringlake.model.calls import Leg, MissedReason, Outcome, Party
from ringlake.model.consequences import Consequences
from ringlake.model.directory import Ability, Rate, Role, Tariff, User
from ringlake.model.facts import Direction
from ringlake.model.marks import Label
from ringlake.model.money import Money
from ringlake.stores.records import MemoryRecords
from tests.unit.lake.making import ANNA, NOON, call, message

from .office import BO, OWNER, Office, changed
from .test_boundaries import missed, outbound, span

BOB = Party(user_id="u-bo", name="bo", email="bo@acme.example")
GROUP: dict[str, Any] = {"unattributed": "group_call"}
MEMBER = User(id="u-mia", email="mia@acme.example", name="Mia", role=Role.MEMBER, numbers=("n1",))
DAY = timedelta(days=1)


# --- which metrics ------------------------------------------------------------


def test_an_unknown_metric_is_named_by_its_place() -> None:
    with pytest.raises(InvalidRequest) as wrong:
        Office().summary(metrics=["calls", "happiness"])
    assert wrong.value.errors[0][0] == "metrics.1"

    elsewhere = next(m.id for m in METRICS if m.formula is None)
    with pytest.raises(InvalidRequest):
        Office().summary(metrics=[elsewhere])


def test_whoever_may_not_see_costs_gets_no_metric_of_money() -> None:
    office = Office(call(cost=Money(amount=Decimal(1), currency="USD")))
    blind = User(id="u-max", email="m@acme.example", name="Max", role=Role.MANAGER, without=(Ability.SEE_COSTS,))
    ids = ["calls", "spend", "cost_coverage", "cost_per_call", "other_currencies"]

    assert [one.value.metric for one in office.summary(metrics=ids).metrics] == ids
    assert [one.value.metric for one in office.summary(blind, metrics=ids).metrics] == ["calls"]
    assert "spend" not in str(msgspec.json.encode(office.summary(blind)))
    assert office.breakdown(blind, by="country").metrics == ("calls", "talk_s")


def test_a_plan_without_analytics_is_told_so() -> None:
    with pytest.raises(PlanTooLow):
        Office(workspace=changed(plan="starter")).summary()


def test_the_dictionary_tells_formulas_settings_and_sql() -> None:
    office = Office(workspace=changed(service_threshold_s=30, settings_version=7))
    answers = SummaryAnswers(office.directory, office.facts, MemoryRecords())
    found = answers.metrics(office.viewer())

    assert found.settings_version == 7
    assert [line.id for line in found.metrics] == [metric.id for metric in METRICS]
    level = next(line for line in found.metrics if line.id == "service_level")
    assert level.settings["service_threshold_s"] == 30
    assert (level.unit, level.denominator) == ("share", "offered - short abandons - call backs requested")
    assert "is_within_service" in level.sql
    # The whole document can be written: settings are plain values.
    assert msgspec.json.decode(msgspec.json.encode(found))["metrics"]


# --- breakdowns ---------------------------------------------------------------


def test_people_are_ranked_by_handled_calls_equals_by_name_and_nobody_is_listed() -> None:
    office = Office(
        call("1"), call("2"), outbound("3", user=BOB), outbound("4", user=BOB), missed("m", **GROUP),
        outbound("5", Outcome.NO_ANSWER, user=Party(user_id="u-gone", name="Was Zoe")),
    )  # fmt: skip
    found = office.breakdown(by="user")

    assert [(part.key, part.name, part.values[0].value, part.share) for part in found.parts] == [
        ("u-anna", "Anna", 2, 0.5), ("u-bo", "bo", 2, 0.5), ("u-gone", "u-gone", 0, 0), ("", "Unassigned", 0, 0)
    ]  # fmt: skip
    assert found.total[0].value == 4
    assert (found.parts[0].drill, found.parts[-1].drill) == ({"users": ["u-anna"]}, {"users": [""]})


def test_the_first_rows_are_shown_and_nobody_always() -> None:
    many = [call(str(n), user=Party(user_id=f"u-{n:02}")) for n in range(12)]
    found = Office(*many, missed("m", **GROUP)).breakdown(by="user", top=3)

    assert [part.key for part in found.parts] == ["u-00", "u-01", "u-02", ""]
    assert found.hidden_parts == 9
    everyone = Office(*many).breakdown(by="user", top=3, all=True)
    assert (len(everyone.parts), everyone.hidden_parts) == (13, 0)


def test_a_breakdown_is_sorted_by_any_metric_in_both_directions_unknown_last() -> None:
    office = Office(call("1", talk_ms=10_000), call("2", user=BOB, talk_ms=90_000), missed("m", **GROUP))
    asked: dict[str, Any] = {"by": "user", "metrics": ["calls", "average_talk_s"], "sort": "average_talk_s"}

    assert [part.key for part in office.breakdown(**asked).parts] == ["u-bo", "u-anna", ""]
    assert [part.key for part in office.breakdown(**asked, order="asc").parts] == ["u-anna", "u-bo", ""]
    with pytest.raises(InvalidRequest) as wrong:
        office.breakdown(by="user", sort="spend")
    assert wrong.value.errors[0][0] == "sort"


def test_outcomes_are_counted_and_sum_to_the_total() -> None:
    office = Office(call("1"), call("2"), missed("m"), outbound("o", Outcome.BUSY))
    found = office.breakdown(by="outcome")

    assert {part.key: part.values[0].value for part in found.parts} == {
        "answered": 2, "caller_abandoned": 1, "busy": 1, "": 0
    }  # fmt: skip
    assert sum(part.share or 0 for part in found.parts) == 1


def test_all_hours_and_weekdays_are_there_in_their_order() -> None:
    found = Office(call("1"), call("2", NOON + timedelta(hours=2))).breakdown(by="hour")

    assert [part.key for part in found.parts] == [str(hour) for hour in range(24)]
    # 12:00 UTC is 13:00 in Warsaw.
    assert {part.name: part.values[0].value for part in found.parts if part.values[0].value} == {"13:00": 1, "15:00": 1}
    assert found.parts[13].drill == {"hour_from": "13:00", "hour_to": "14:00"}
    assert found.parts[23].drill == {"hour_from": "23:00", "hour_to": "00:00"}
    assert Office().breakdown(by="weekday").parts[0].name == "Mon"


def test_hours_that_the_filter_cuts_drill_to_what_is_left_of_them() -> None:
    found = Office(call()).breakdown(by="hour", hour_from="13:15", hour_to="13:45")

    assert found.parts[13].drill == {"hour_from": "13:15", "hour_to": "13:45"}
    assert found.parts[12].drill is None


def test_labels_overlap_and_that_of_spam_counts_what_others_leave_out() -> None:
    office = Office(
        call("1"), missed("2", missed_reason=MissedReason.SPAM), call("3"),
        means={
            "line:1": Consequences(labels=(Label.UNIQUE, Label.TARGET)),
            "line:2": Consequences(labels=(Label.SPAM,)),
        },
    )  # fmt: skip
    found = office.breakdown(by="label")

    assert {part.key: part.values[0].value for part in found.parts} == {
        "unique": 1,
        "target": 1,
        "spam": 1,
        "repeat": 0,
    }
    assert found.total[0].value == 2


def test_destinations_are_the_longest_prefix_of_the_tariffs() -> None:
    office = Office(
        call("1", remote_number="+48600000001"), call("2", remote_number="+48220000009"),
        call("3", remote_number="+12025550101"), call("4", remote_number="anonymous"),
    )  # fmt: skip
    rates = (Rate(prefix="48", name="Poland"), Rate(prefix="486", name="Poland mobile"), Rate(prefix="", name="Else"))
    office.directory.put_tariff("acme", Tariff(id="t", name="T", currency="USD", rates=rates))
    found = office.breakdown(by="prefix", metrics=["calls"])

    assert {part.key: (part.name, part.values[0].value) for part in found.parts} == {
        "+486": ("Poland mobile", 1), "+48": ("Poland", 1), "": ("Other destinations", 2)
    }  # fmt: skip
    blind = User(id="u-max", email="m@acme.example", name="Max", role=Role.MANAGER, without=(Ability.SEE_NUMBERS,))
    with pytest.raises(Forbidden):
        office.breakdown(blind, by="prefix")


def test_numbers_without_a_name_of_ours_and_sources_are_listed() -> None:
    office = Office(call("1", business_number_id="n1"), call("2", business_number_id="n-ported"), call("3"))
    found = office.breakdown(by="number", metrics=["calls"])

    assert {part.key: part.name for part in found.parts} == {"n1": "Main", "n-ported": "n-ported", "": "Unknown number"}


def test_what_a_table_does_not_know_cannot_split_its_metrics() -> None:
    with pytest.raises(InvalidRequest) as wrong:
        Office().breakdown(by="queue", metrics=["messages"])
    assert wrong.value.errors[0][0] == "by"


def test_a_member_sees_the_assigned_numbers_alone() -> None:
    office = Office(call("1", business_number_id="n1"), call("2", business_number_id="n2"), users=(OWNER, MEMBER))

    assert office.summary(MEMBER, metrics=["calls"]).metrics[0].value.value == 1
    assert {part.key for part in office.breakdown(MEMBER, by="number").parts} == {"n1", ""}
    with pytest.raises(Forbidden):
        office.summary(MEMBER, numbers=["n2"])


# --- series -------------------------------------------------------------------


def test_the_period_before_stands_beside_by_position() -> None:
    office = Office(call("1"), call("2"), call("0", NOON - 2 * DAY))
    found = office.series(**span("2026-03-03", "2026-03-04"), metrics=["calls"], compare=True)

    assert found.lines[0].values == (0, 2)
    assert found.lines[0].previous == (0, 1)
    assert [tick.label for tick in found.previous_buckets] == ["2026-03-01", "2026-03-02"]
    assert (found.lines[0].total.delta, found.lines[0].total.delta_share) == (1, 1.0)


def test_chosen_people_have_a_line_each_in_the_order_asked_for_and_differences_against_the_first() -> None:
    office = Office(call("1"), call("2"), call("3", user=BOB))
    found = office.series(by="user", users=["u-bo", "u-anna", "u-owner"], metrics=["calls"], granularity="day")

    assert [(line.key, line.name, line.values, line.difference) for line in found.lines] == [
        ("u-bo", "bo", (1,), (0,)), ("u-anna", "Anna", (2,), (1,)), ("u-owner", "Olga", (0,), (-1,))
    ]  # fmt: skip
    assert [line.total_difference for line in found.lines] == [0, 1, -1]
    assert found.hidden_keys == 0


def test_the_dictionary_tells_which_metrics_can_be_drawn_over_any_rows() -> None:
    charted = {metric.id: metric.charted for metric in Office().metrics().metrics}

    assert [charted[name] for name in ("calls", "missed_rate", "occupancy", "quotes")] == [True, True, False, False]


def test_the_busiest_keys_have_lines_and_the_others_are_counted() -> None:
    office = Office(*(call(str(n), user=Party(user_id=f"u-{n}")) for n in range(5)), call("x", user=ANNA))
    found = office.series(by="user", metrics=["calls", "missed_rate"], top=2)

    assert [(line.metric, line.key) for line in found.lines] == [
        ("calls", "u-anna"), ("calls", "u-0"), ("missed_rate", "u-anna"), ("missed_rate", "u-0")
    ]  # fmt: skip
    assert found.hidden_keys == 4


def test_hours_of_a_year_are_too_many_for_one_answer() -> None:
    with pytest.raises(InvalidRequest) as wrong:
        Office().series(**span("2025-06-01", "2026-05-31"), granularity="hour")
    assert wrong.value.errors[0][0] == "granularity"


def test_a_mean_has_its_median_and_p90_in_each_bucket() -> None:
    found = Office(call("1", wait_ms=2000), call("2", wait_ms=4000)).series(metrics=["asa_s", "calls"])

    mean, count = found.lines
    assert (mean.values, mean.n, mean.medians, mean.p90s) == ((3.0,), (2,), (3.0,), (4.0,))
    assert (count.medians, count.p90s) == (None, None)


# --- heat map -----------------------------------------------------------------


def test_peaks_are_averages_for_each_weekday_and_ties_go_to_the_earlier_cell() -> None:
    """Two Mondays and one Tuesday: 4 calls on Mondays are 2 a Monday, and 3 on the Tuesday are more."""
    monday = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 10:00 in Warsaw
    at = [monday] * 4 + [monday + DAY] * 3 + [monday + DAY + timedelta(hours=1)] * 2 + [monday + timedelta(hours=2)]
    found = Office(*(call(str(n), when) for n, when in enumerate(at))).heatmap(**span("2026-03-02", "2026-03-09"))

    assert found.days == (2, 1, 1, 1, 1, 1, 1)
    assert [(peak.name, peak.value, peak.average) for peak in found.peaks] == [
        ("Tue 10:00", 3, 3.0), ("Mon 10:00", 4, 2.0), ("Tue 11:00", 2, 2.0)
    ]  # fmt: skip
    assert (len(found.cells), found.total.value) == (168, 10)
    assert found.cells[10].drill == {"weekdays": [1], "hour_from": "10:00", "hour_to": "11:00"}


def test_days_that_have_not_begun_are_no_occurrence() -> None:
    office = Office(call(), now=NOON)  # a Wednesday
    found = office.heatmap(**span("2026-03-02", "2026-03-15"))

    assert found.days == (1, 1, 1, 0, 0, 0, 0)
    assert office.heatmap(metric="calls_missed").peaks == ()


def test_a_heat_map_is_of_something_that_adds_up() -> None:
    for metric in ("missed_rate", "asa_s", "unique_conversations"):
        with pytest.raises(InvalidRequest) as wrong:
            Office().heatmap(metric=metric)
        assert wrong.value.errors[0][0] == "metric"


# --- the team table -----------------------------------------------------------


def test_rows_of_people_and_of_nobody_add_up_to_the_total() -> None:
    office = Office(
        call("1"), missed("own", user=ANNA), missed("g1", **GROUP), missed("g2", **GROUP),
        outbound("o", user=BOB), message("t", direction=Direction.INBOUND, user=Party()), message("s"),
    )  # fmt: skip
    found = office.team(metrics=["calls_received", "calls_missed", "messages_sent", "messages_received", "talk_s"])

    assert [(one.name, [value.value for value in one.values]) for one in found.members] == [
        ("Anna", [2, 1, 1, 0, 60]), ("bo", [0, 0, 0, 0, 60]), ("Olga", [0, 0, 0, 0, 0]),
        ("Unassigned", [2, 2, 0, 1, 0]),
    ]  # fmt: skip
    assert [value.value for value in found.total] == [4, 3, 1, 1, 120]
    assert found.unassigned == {"group_call": 2}
    assert found.members[1].teams == BO.teams


def test_talk_by_leg_goes_to_each_who_talked_and_the_difference_is_told() -> None:
    """Anna hands over to Bo: one call of 100 s that Bo owns, two legs."""
    legs = tuple(Leg(leg_id=who.user_id, party=who, talk_ms=ms) for who, ms in ((ANNA, 40_000), (BOB, 60_000)))
    asked = Leg(leg_id="q", party=ANNA, kind="consultation", talk_ms=9_000)
    found = Office(call("1", user=BOB, talk_ms=100_000, transfers=1, legs=(*legs, asked))).team()
    talk = {one.key: one.talk_by_leg_s for one in found.members}

    assert talk == {"u-anna": 40, "u-bo": 60, "u-owner": 0, "": None}
    told = found.reconciliation
    assert (told.talk_of_calls_s, told.talk_by_leg_s, told.difference_s, told.calls_transferred) == (100, 100, 0, 1)


@pytest.mark.parametrize(("asked", "seconds"), [({}, 0), ({"include_spam": True}, 90)])
def test_talk_by_leg_counts_spam_where_the_total_does(asked: dict[str, Any], seconds: int) -> None:
    """features.md O6: spam is in neither, or in both."""
    legs = (Leg(leg_id="1", party=ANNA, talk_ms=90_000),)
    means = {"line:1": Consequences(labels=(Label.SPAM,))}
    found = Office(call("1", talk_ms=90_000, legs=legs), means=means).team(**asked)

    assert found.members[0].talk_by_leg_s == seconds
    assert (found.reconciliation.talk_of_calls_s, found.reconciliation.difference_s) == (seconds, 0)


def test_the_table_is_sorted_by_any_column_with_nobody_last() -> None:
    office = Office(call("1"), outbound("2", user=BOB), outbound("3", user=BOB), missed("g", **GROUP))

    by_made = office.team(sort="calls_made")
    assert [one.key for one in by_made.members] == ["u-bo", "u-anna", "u-owner", ""]
    by_talk = office.team(sort="talk_s", order="asc")
    assert [one.key for one in by_talk.members] == ["u-owner", "u-anna", "u-bo", ""]


def test_a_deleted_person_keeps_the_row_and_stands_after_the_others() -> None:
    gone = User(id="u-gone", email="g@acme.example", name="Aaron", deleted_at=NOON)
    idle = User(id="u-idle", email="i@acme.example", name="Abe", deleted_at=NOON)
    office = Office(call("1", user=Party(user_id="u-gone", name="Aaron")), users=(OWNER, gone, idle))

    assert [(one.key, one.deleted) for one in office.team().members] == [
        ("u-owner", False),
        ("u-gone", True),
        ("", False),
    ]
