"""Answers about waits, service, texts and lines: filters, targets, scope, and drill-downs that count the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ringlake.errors import InvalidRequest, PlanTooLow
from ringlake.flows.answers.concurrency import Concurrency, ConcurrencyQuery
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.responses import BlocksQuery, ResponsesQuery, TextBlock, TextResponses
from ringlake.flows.answers.service import ServiceLevels, ServiceQuery
from ringlake.flows.answers.waits import Waits, WaitsQuery, colour
from ringlake.metrics.catalog import BY_ID
from ringlake.model.directory import Hours, ServiceTarget, User
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import parse
from tests.unit.answers.staff import MONDAY, NOW, RANGE, TUESDAY, WARSAW, company, keep, settings
from tests.unit.export.world import World
from tests.unit.metrics.people import clock

type Row = dict[str, Any]

# What each kind of offered call has in its indicator columns.
KINDS: dict[str, tuple[str, ...]] = {
    "answered": ("is_answered", "is_answered_offered"),
    "abandoned": ("is_missed", "is_abandoned"),
    "short": ("is_short_abandon", "is_abandoned"),
    "voicemail": ("is_missed", "is_voicemail"),
    "timed_out": ("is_missed",),
    "callback": ("is_callback_requested",),
}


@pytest.fixture
def world() -> World:
    return company()


def call(name: str, kind: str, wait_ms: int | None, at: str = "10:00", day: date = MONDAY, **more: Any) -> Row:
    """An offered incoming call by the clock of Warsaw."""
    flags = dict.fromkeys(("is_call", "is_inbound", "is_offered", "in_open_hours", *KINDS[kind]), 1)
    return {
        "record_id": f"pbx:{name}",
        "started_at": clock(at, day, WARSAW),
        "direction": "inbound",
        "outcome": {"answered": "answered", "voicemail": "voicemail"}.get(kind, "caller_abandoned"),
        "wait_ms": wait_ms,
        "wait_s": None if wait_ms is None else (wait_ms + 500) // 1000,
        **flags,
        **more,
    }


def many(kind: str, count: int, wait_ms: int, at: str = "10:00", **more: Any) -> list[Row]:
    return [call(f"{kind}{at}{more.get('team_id', '')}{wait_ms}-{n}", kind, wait_ms, at, **more) for n in range(count)]


def waits(world: World, user: str = "owner", **asked: Any) -> Waits:
    return world.answers.waits.waits(world.viewer(user), parse(WaitsQuery, {**RANGE, **asked}), world.now)


def service(world: World, user: str = "owner", **asked: Any) -> ServiceLevels:
    return world.answers.service.service(world.viewer(user), parse(ServiceQuery, {**RANGE, **asked}), world.now)


def responses(world: World, user: str = "owner", **asked: Any) -> TextResponses:
    return world.answers.responses.responses(world.viewer(user), parse(ResponsesQuery, {**RANGE, **asked}), world.now)


def blocks(world: World, **asked: Any) -> tuple[TextBlock, ...]:
    found = world.answers.responses.blocks(world.viewer("owner"), parse(BlocksQuery, {**RANGE, **asked}), world.now)
    return found.rows


def concurrency(world: World, user: str = "owner", **asked: Any) -> Concurrency:
    query = parse(ConcurrencyQuery, {**RANGE, **asked})
    return world.answers.concurrency.concurrency(world.viewer(user), query, world.now)


def listed(world: World, drill: Row | None, **asked: Any) -> list[str]:
    """Ids of the list under the filter with the drill-down; null takes a condition of the filter away."""
    assert drill is not None
    given = {name: value for name, value in {**RANGE, **asked, **drill, "limit": 500}.items() if value is not None}
    page = world.answers.interactions.page(world.viewer("owner"), parse(ListQuery, given), world.now)
    return sorted(str(row.record_id) for row in page.rows)


# ---------------------------------------------------------------------------------------------- waits


def test_buckets_of_waits_list_their_calls(world: World) -> None:
    edges = (0, 4_999, 5_000, 19_999, 20_000, 119_999, 120_000)
    rows = [call(f"{kind}{wait}", kind, wait) for kind in ("answered", "abandoned", "short") for wait in edges]
    spam = call("spam", "answered", 3_000, is_offered=0, is_answered_offered=0, is_spam=1)
    keep(world, CALLS, [*rows, spam, call("callback", "callback", 1_000), call("unknown", "answered", None)])
    found = waits(world)

    assert [(b.from_s, b.below_s, b.answered.count, b.abandoned.count) for b in found.buckets] == [
        (0, 5, 2, 4), (5, 10, 1, 2), (10, 20, 1, 2), (20, 30, 1, 2), (30, 60, 0, 0), (60, 120, 1, 2), (120, None, 1, 2),
    ]  # fmt: skip
    assert [b.answered.cumulative for b in found.buckets] == [n / 7 for n in (2, 3, 4, 5, 5, 6, 7)]
    for bucket in found.buckets:
        for side in (bucket.answered, bucket.abandoned):
            assert len(listed(world, side.drill)) == side.count
    assert (found.answered.callers, found.answered.unknown) == (8, 1)
    assert (found.abandoned.callers, found.abandoned.unknown) == (14, 0)
    assert len(listed(world, found.answered.drill)) == 8
    assert len(listed(world, found.abandoned.drill)) == 14


def test_a_drill_down_lists_no_more_than_what_was_asked_about(world: World) -> None:
    """Of a filter that has sets and waits of its own."""
    rows = [call(f"{kind}{wait}", kind, wait) for kind in ("answered", "short") for wait in (3_000, 4_000, 7_000)]
    keep(world, CALLS, rows)
    asked: Row = {"sets": ["answered"], "wait_from_ms": "4000", "wait_below_ms": "8000"}
    found = waits(world, **asked)

    assert [(b.answered.count, b.abandoned.count) for b in found.buckets[:3]] == [(1, 0), (1, 0), (0, 0)]
    assert [listed(world, b.answered.drill, **asked) for b in found.buckets[:2]] == [
        ["pbx:answered4000"],
        ["pbx:answered7000"],
    ]
    assert found.abandoned.drill is None
    parts = {part.part: part for part in service(world, **asked).parts}
    assert listed(world, parts["answered_in_time"].drill, **asked) == ["pbx:answered4000", "pbx:answered7000"]
    assert (parts["short_abandon"].count, parts["short_abandon"].drill) == (0, None)


@pytest.mark.parametrize(
    ("seconds", "flag"), [(None, None), (0, "green"), (20, "green"), (20.1, "amber"), (30, "amber"), (30.1, "red")]
)
def test_a_mean_wait_is_flagged_above_its_thresholds(seconds: float | None, flag: str | None) -> None:
    assert colour(seconds) == flag


def test_a_mean_comes_with_its_values(world: World) -> None:
    keep(world, CALLS, [call("a", "answered", 10_000), call("b", "answered", 50_000), call("c", "abandoned", 9_000)])
    found = waits(world)

    assert (found.answered.wait.metric, found.answered.wait.value, found.answered.wait.n) == ("asa_s", 30.0, 2)
    assert (found.answered.wait.median, found.answered.wait.p90, found.answered.flag) == (30.0, 50.0, "amber")
    assert (found.abandoned.wait.value, found.abandoned.flag) == (9.0, "green")


def test_without_calls_nothing_is_measured(world: World) -> None:
    keep(world, CALLS, [call("a", "answered", 10_000)])
    for found in (waits(world, outcomes=["busy"]), waits(world, channels=["message"])):
        assert (found.answered.callers, found.answered.wait.value, found.answered.flag) == (0, None, None)
        assert [bucket.answered.cumulative for bucket in found.buckets] == [None] * 7


# ---------------------------------------------------------------------------------------------- service level


def test_every_part_lists_its_calls_and_they_add_up(world: World) -> None:
    rows = [
        call("at-threshold", "answered", 20_000), call("late", "answered", 20_001), call("ab", "abandoned", 5_001),
        call("short", "short", 5_000), call("vm", "voicemail", 9_000), call("to", "timed_out", 9_000),
        call("cb", "callback", 1_000),
    ]  # fmt: skip
    keep(world, CALLS, rows)
    found = service(world)

    assert {part.part: part.count for part in found.parts} == dict.fromkeys((p.part for p in found.parts), 1)
    for part in found.parts:
        assert len(listed(world, part.drill)) == part.count
    level = found.overall.service_level
    assert (level.numerator, level.denominator, level.value) == (1, 5, 0.2)
    assert sum(part.count for part in found.parts if part.counted) == level.denominator
    assert (found.overall.missed_rate.numerator, found.overall.missed_rate.denominator) == (3, 6)
    assert found.overall.offered == len(rows) == len(listed(world, found.rows[0].drill))


def test_settings_of_the_workspace_can_be_replaced_for_one_answer(world: World) -> None:
    keep(world, CALLS, [call("a", "answered", 9_000), call("b", "answered", 15_000), call("s", "abandoned", 7_000)])

    def told(**asked: Any) -> tuple[Any, ...]:
        level = service(world, **asked).overall.service_level
        return level.numerator, level.denominator

    assert told() == (2, 3)
    assert told(threshold_s="10") == (1, 3)
    assert told(short_s="7") == (2, 2)
    assert told(short_s="7", include_short="true") == (2, 3)
    replaced = service(world, threshold_s="10", target_pct="30", short_s="7")
    assert (replaced.settings.threshold_s, replaced.settings.target_pct, replaced.settings.short_s) == (10, 30, 7)
    # By another short threshold no filter tells the abandoned ones apart.
    assert {part.part for part in replaced.parts if part.drill is None} == {"abandoned", "short_abandon"}


def test_exactly_the_target_passes(world: World) -> None:
    keep(world, CALLS, [*many("answered", 4, 1_000), *many("abandoned", 1, 9_000)])

    assert service(world).overall.passed is True
    assert service(world, target_pct="81").overall.passed is False
    assert service(world, outcomes=["busy"]).overall.passed is None
    assert service(world, outcomes=["busy"]).overall.service_level.value is None


def test_each_call_is_measured_by_the_narrowest_target(world: World) -> None:
    settings(
        world,
        targets=(
            ServiceTarget(team="t1", threshold_s=10, target_pct=90),
            ServiceTarget(team="t1", queue="vip", threshold_s=5, target_pct=90),
        ),
    )
    keep(
        world, CALLS,
        [
            *many("answered", 1, 8_000, team_id="t1"), *many("answered", 1, 8_001, team_id="t1", queue="vip"),
            *many("answered", 1, 15_000, team_id="t2"), *many("answered", 1, 16_000),
        ],
    )  # fmt: skip
    found = service(world)

    assert found.overall.service_level.value == 1.0
    assert found.promised.service_level.numerator == 3
    rows = {row.id: row.attained for row in found.rows}
    assert [row.name for row in found.rows] == ["Sales", "Support", "Unassigned"]
    assert (rows["t1"].service_level.value, rows["t1"].threshold_s, rows["t1"].passed) == (0.5, 10, False)
    assert (rows["t2"].service_level.value, rows["t2"].threshold_s, rows["t2"].passed) == (1.0, 20, True)
    assert [row.attained.service_level.numerator for row in service(world, threshold_s="15").rows] == [2, 1, 0]
    by_queue = {row.id: row.attained.passed for row in service(world, by="queue").rows}
    assert by_queue == {"": True, "vip": False}


def test_calls_of_nobody_have_a_row_also_without_any(world: World) -> None:
    keep(world, CALLS, many("answered", 2, 1_000, user_id="anna"))
    rows = service(world, by="user").rows

    assert [(row.id, row.name, row.attained.offered) for row in rows] == [("anna", "Anna", 2), ("", "Unassigned", 0)]
    assert rows[1].attained.service_level.value is None
    assert listed(world, rows[1].drill) == []


def test_cells_of_few_calls_are_marked_and_list_their_calls(world: World) -> None:
    keep(
        world, CALLS,
        [
            *many("answered", 9, 1_000, "10:00"), *many("answered", 10, 1_000, "11:59"),
            *many("abandoned", 10, 9_000, "11:00"), call("tuesday", "answered", 1_000, "23:30", TUESDAY),
        ],
    )  # fmt: skip
    found = service(world)

    assert [(c.date, c.weekday, c.hour, c.n, c.service_level, c.missed_rate, c.few) for c in found.cells] == [
        (MONDAY, None, 10, 9, 1.0, 0.0, True),
        (MONDAY, None, 11, 20, 0.5, 0.5, False),
        (TUESDAY, None, 23, 1, 1.0, 0.0, True),
    ]
    assert [cell.passed for cell in found.cells] == [True, False, True]
    for asked in ({}, {"cells": "weekday"}, {"cells": "weekday", "hour_from": "10:00", "hour_to": "12:00"}):
        for cell in service(world, **asked).cells:
            assert len(listed(world, cell.drill, **{n: v for n, v in asked.items() if n != "cells"})) == cell.n


@pytest.mark.parametrize(
    ("zone", "hour"), [("Asia/Kathmandu", 13), ("America/St_Johns", 5), ("Australia/Lord_Howe", 19)]
)
def test_cells_follow_the_zone_that_was_asked_for(world: World, zone: str, hour: int) -> None:
    """09:00 in Warsaw; whole, half and three quarter hours away."""
    keep(world, CALLS, [call("a", "answered", 1_000, "09:00")])
    (cell,) = service(world, zone=zone).cells

    assert cell.hour == hour
    assert listed(world, cell.drill, zone=zone) == ["pbx:a"]


def test_a_long_range_has_cells_of_weekdays(world: World) -> None:
    keep(world, CALLS, [call("a", "answered", 1_000), call("b", "answered", 1_000, day=MONDAY - timedelta(days=7))])
    long = {"from": "2026-01-01", "to": "2026-04-30"}

    assert [(cell.weekday, cell.n) for cell in service(world, **long).cells] == [(1, 2)]
    with pytest.raises(InvalidRequest, match="cells"):
        service(world, **long, cells="date")
    assert len(service(world, **{**long, "to": "2026-04-02"}, cells="date").cells) == 2


def test_a_window_that_cuts_an_hour_cuts_its_cell(world: World) -> None:
    keep(world, CALLS, [call("in", "answered", 1_000, "10:45"), call("out", "answered", 1_000, "10:15")])
    for window in ({"hour_from": "10:30", "hour_to": "12:00"}, {"hour_from": "10:30", "hour_to": "09:00"}):
        (cell,) = service(world, **window).cells
        assert (cell.n, listed(world, cell.drill, **window)) == (1, ["pbx:in"])


# ---------------------------------------------------------------------------------------------- texts


def text(name: str, at: str, direction: str = "inbound", day: date = MONDAY, **more: Any) -> Row:
    return {
        "record_id": f"pbx:{name}",
        "started_at": clock(at, day, WARSAW),
        "direction": direction,
        "is_message": 1,
        "is_inbound": int(direction == "inbound"),
        "scheduled_for": None,
        "party_key": "k1",
        "business_number": "+48221230001",
        "business_number_id": "n1",
        **more,
    }


def rung(name: str, at: str, day: date = MONDAY, **more: Any) -> Row:
    told = {"is_call": 1, "is_outbound": 1, "is_answered": 1, "outcome": "answered", "party_key": "k1", "wait_ms": None}
    started = clock(at, day, WARSAW)
    return {"record_id": f"pbx:{name}", "started_at": started, "direction": "outbound", **told, **more}


def test_the_sender_is_credited_and_who_has_the_message_when_nobody_replies(world: World) -> None:
    keep(
        world, MESSAGES,
        [
            text("q1", "09:00", user_id="anna"), text("a1", "09:10", "outbound", user_id="boris"),
            text("q2", "10:00", user_id="anna", party_key="k2"),
        ],
    )  # fmt: skip
    found = responses(world)

    rows = {row.id: row for row in found.rows}
    assert (rows["boris"].first.replied, rows["boris"].first.clock.value) == (1, 600.0)
    assert (rows["anna"].first.replied, rows["anna"].first.unanswered) == (0, 1)
    assert (rows[""].first.blocks, rows[""].name) == (0, "Unassigned")
    assert found.first.oldest_s == (NOW - clock("10:00", MONDAY, WARSAW)).total_seconds()
    assert [row.first.blocks for row in responses(world, users=["boris"]).rows if row.id] == [1]
    assert [block.message for block in blocks(world, users=["anna"])] == ["pbx:q2"]


def test_a_call_to_the_customer_is_a_reply_and_says_so(world: World) -> None:
    keep(world, MESSAGES, [text("q1", "09:00")])
    keep(world, CALLS, [rung("c1", "09:05", user_id="anna")])
    found = responses(world)

    assert (found.first.replied, found.first.by_call, found.first.clock.value) == (1, 1, 300.0)
    (block,) = found.slowest
    assert (block.channel, block.reply, block.user_id) == ("call", "pbx:c1", "anna")
    assert listed(world, block.drill) == ["pbx:c1", "pbx:q1"]


def test_only_open_hours_count_on_their_side(world: World) -> None:
    """Written at 16:50, answered at 09:05 the next day; open from nine to five."""
    settings(world, hours=Hours(weekly={str(day): [("09:00", "17:00")] for day in range(1, 6)}))
    keep(
        world, MESSAGES,
        [text("q1", "16:50", in_open_hours=1), text("a1", "09:05", "outbound", TUESDAY, in_open_hours=1)],
    )  # fmt: skip
    found = responses(world)

    assert (found.first.clock.value, found.first.open_hours.value) == (16.25 * 3600, 15 * 60)
    assert (found.first.in_time.value, found.first.in_time_open.value) == (0.0, 1.0)
    assert found.first.passed is False
    assert responses(world, hours="open").first.passed is True
    assert responses(world, hours="closed").first.blocks == 0
    (block,) = blocks(world, hours="open", in_time="true")
    assert (block.clock_s, block.open_s, block.in_time) == (16.25 * 3600, 900.0, True)


def test_teams_have_promises_of_their_own_for_texts(world: World) -> None:
    settings(world, targets=(ServiceTarget(channel="message", team="t1", threshold_s=60, target_pct=50),))
    keep(
        world, MESSAGES,
        [
            text("q1", "09:00", team_id="t1"), text("a1", "09:02", "outbound"),
            text("q2", "09:00", team_id="t2", party_key="k2"), text("a2", "09:02", "outbound", party_key="k2"),
        ],
    )  # fmt: skip
    rows = {row.id: row.first for row in responses(world, by="team").rows}

    assert (rows["t1"].in_time.value, rows["t1"].passed) == (0.0, False)
    assert (rows["t2"].in_time.value, rows["t2"].passed) == (1.0, True)
    assert responses(world, threshold_s="120").first.in_time.value == 1.0


def test_what_may_still_be_answered_in_time_is_not_due(world: World) -> None:
    keep(world, MESSAGES, [text("q1", "09:46", day=NOW.date()), text("q2", "09:44", day=NOW.date(), party_key="k2")])
    found = responses(world)

    assert (found.first.unanswered, found.first.in_time.denominator) == (2, 1)
    assert [block.in_time for block in blocks(world)] == [False, None]
    assert [len(blocks(world, in_time=value)) for value in ("true", "false")] == [0, 1]


def test_conversations_are_carried_over_the_edges_of_the_range(world: World) -> None:
    """The first message was on Sunday, so Monday's are further blocks; the last one is answered on Wednesday."""
    sunday = MONDAY - timedelta(days=1)
    keep(
        world, MESSAGES,
        [
            text("q0", "22:00", day=sunday), text("a0", "22:30", "outbound", sunday), text("q1", "09:00"),
            text("a1", "09:30", "outbound"), text("q2", "23:50", day=TUESDAY),
            text("q3", "22:00", day=TUESDAY, party_key="k2"), text("a2", "00:05", "outbound", NOW.date()),
        ],
    )  # fmt: skip
    asked = {"from": "2026-03-09", "to": "2026-03-10"}
    found = blocks(world, **asked)

    assert {(b.message, b.part, b.state) for b in found} == {
        ("pbx:q1", "next", "replied"), ("pbx:q2", "first", "replied"), ("pbx:q3", "first", "unanswered"),
    }  # fmt: skip
    assert responses(world, **asked).first.replied == 1


def test_filters_are_about_the_customer_s_messages(world: World) -> None:
    keep(
        world, MESSAGES,
        [
            text("q1", "09:00", team_id="t1"), text("a1", "09:10", "outbound", team_id="t2"),
            text("q2", "15:00", party_key="k2", business_number="+2", business_number_id="n2"),
            text("a2", "15:30", "outbound", party_key="k2", business_number="+2", business_number_id="n2"),
        ],
    )  # fmt: skip

    def told(**asked: Any) -> list[str]:
        return sorted(block.message for block in blocks(world, **asked) if block.state == "replied")

    assert told() == ["pbx:q1", "pbx:q2"]
    assert told(teams=["t1"]) == ["pbx:q1"]
    assert told(teams=["t2"]) == []
    assert told(numbers=["n2"]) == ["pbx:q2"]
    assert told(party="k2") == ["pbx:q2"]
    assert told(hour_from="08:00", hour_to="09:05") == ["pbx:q1"]
    assert told(directions=["inbound"]) == ["pbx:q1", "pbx:q2"]
    assert told(directions=["outbound"]) == []
    assert told(channels=["call"]) == []


def test_blocks_are_paged_slowest_first(world: World) -> None:
    keep(
        world, MESSAGES,
        [r for n in range(4) for r in (text(f"q{n}", "09:00", party_key=f"k{n}"),
                                       text(f"a{n}", f"09:0{n + 1}", "outbound", party_key=f"k{n}"))],
    )  # fmt: skip

    assert [block.clock_s for block in blocks(world)] == [240, 180, 120, 60]
    assert [block.clock_s for block in blocks(world, limit="2", skip="1")] == [180, 120]
    assert [block.clock_s for block in responses(world).slowest] == [240, 180, 120, 60]
    assert blocks(world, part="next") == ()
    assert blocks(world, state="late") == ()


@pytest.mark.parametrize("by", ["user", "team", "number"])
def test_every_number_of_texts_lists_its_blocks(world: World, by: str) -> None:
    rows = []
    for n in range(9):
        about: dict[str, Any] = {
            "party_key": f"k{n % 5}", "user_id": ("", "anna", "boris")[n % 3], "team_id": ("", "t1")[n % 2],
            "business_number": f"+{n % 2}", "business_number_id": ("", "n1")[n % 2],
        }  # fmt: skip
        rows.append(text(f"q{n}", f"{9 + n}:00", **about))
        if n % 4:
            rows.append(text(f"a{n}", f"{9 + n}:{1 + n * 4:02}", "outbound", **about))
    keep(world, MESSAGES, rows)
    found = responses(world, by=by)

    assert sum(row.first.blocks + row.next.blocks for row in found.rows) == 9
    for row in found.rows:
        for times in (row.first, row.next):
            asked = {**row.drill, **times.drill}
            assert len(blocks(world, **asked)) == times.blocks
            for state in ("replied", "late", "unanswered"):
                assert len(blocks(world, **asked, state=state)) == getattr(times, state)
            in_time = times.in_time
            assert len(blocks(world, **asked, in_time="true")) == in_time.numerator
            assert len(blocks(world, **asked, in_time="false")) == (in_time.denominator or 0) - int(
                in_time.numerator or 0
            )


def test_messages_without_a_customer_are_counted_apart(world: World) -> None:
    keep(world, MESSAGES, [text("q1", "09:00", party_key="")])
    found = responses(world)
    assert (found.first.blocks, found.without_number) == (0, 1)


# ---------------------------------------------------------------------------------------------- lines


def on_line(
    name: str, start: str, end: str | None, answered: str | None = None, day: date = MONDAY, **more: Any
) -> Row:
    return {
        "record_id": f"pbx:{name}",
        "is_call": 1,
        "direction": "inbound",
        "outcome": "answered" if answered else "no_answer",
        "started_at": clock(start, day, WARSAW),
        "answered_at": clock(answered, day, WARSAW) if answered else None,
        "ended_at": clock(end, day, WARSAW) if end else None,
        "live": "",
        "wait_ms": None,
        **more,
    }


def test_waiting_callers_are_on_a_line_and_in_no_conversation(world: World) -> None:
    keep(
        world, CALLS,
        [
            on_line("a", "10:00", "10:10", "10:05"), on_line("b", "10:04", "10:06"),
            on_line("c", "10:06", "10:20", "10:07"),
        ],
    )  # fmt: skip
    found = concurrency(world)

    assert (found.waiting.calls, found.answered.calls) == (2, 2)
    assert (found.waiting.at, found.answered.at) == (clock("10:04", MONDAY, WARSAW), clock("10:07", MONDAY, WARSAW))
    assert listed(world, found.waiting.drill) == ["pbx:a", "pbx:b"]
    assert listed(world, found.answered.drill) == ["pbx:a", "pbx:c"]
    assert [bucket.waiting.calls for bucket in found.buckets] == [2, 0, 0]


def test_a_call_from_before_the_range_is_carried_into_it(world: World) -> None:
    keep(world, CALLS, [on_line("a", "23:50", "24:10", day=MONDAY - timedelta(days=1))])
    found = concurrency(world, granularity="hour", to="2026-03-09")

    assert [bucket.waiting.calls for bucket in found.buckets[:2]] == [1, 0]
    assert listed(world, found.buckets[0].waiting.drill) == ["pbx:a"]


def test_a_time_of_day_chooses_hours_and_not_the_calls_that_began_in_them(world: World) -> None:
    keep(world, CALLS, [on_line("a", "08:50", "09:10"), on_line("b", "11:00", "11:05"), on_line("c", "11:01", "11:05")])
    found = concurrency(world, hour_from="09:00", hour_to="11:00", granularity="hour", to="2026-03-09")

    assert (found.waiting.calls, found.waiting.at) == (1, clock("09:00", MONDAY, WARSAW))
    assert [hour.hour for hour in found.hours] == [9, 10]
    assert concurrency(world, weekdays=["2"]).waiting.calls == 0
    assert listed(world, found.waiting.drill, hour_from="09:00", hour_to="11:00") == ["pbx:a"]
    assert concurrency(world, hour_from="09:05", hour_to="11:00").waiting.calls == 1
    assert concurrency(world, hour_from="09:10", hour_to="11:00").waiting.calls == 0
    with pytest.raises(InvalidRequest, match="hour_from"):
        concurrency(world, **{"from": "2025-01-01", "to": "2026-03-09"}, hour_from="09:01", hour_to="11:00")


def test_live_calls_last_until_now_and_lost_ones_are_counted_apart(world: World) -> None:
    keep(
        world,
        CALLS,
        [on_line("a", "09:30", None, live="ringing", day=NOW.date()), on_line("b", "09:30", None, day=NOW.date())],
    )
    found = concurrency(world)

    assert (found.waiting.calls, found.unknown_end) == (1, 1)
    assert listed(world, found.waiting.drill) == ["pbx:a"]


def test_spam_and_internal_calls_need_no_line_unless_asked_for(world: World) -> None:
    rows = [
        on_line("a", "10:00", "10:10"),
        on_line("spam", "10:00", "10:10", is_spam=1),
        on_line("internal", "10:00", "10:10", direction="internal", is_internal=1),
    ]
    keep(world, CALLS, rows)

    assert concurrency(world).waiting.calls == 1
    assert concurrency(world, include_spam="true").waiting.calls == 2
    assert concurrency(world, include_internal="true").waiting.calls == 2


def test_the_busy_hour_is_a_mean_over_working_days(world: World) -> None:
    """An hour of one call on Monday at ten, half of one on both days at eleven: on the mean they are as busy."""
    settings(world, hours=Hours(weekly={"1": [("09:00", "17:00")], "2": [("09:00", "17:00")]}))
    rows = [on_line("a", "10:00", "11:00"), on_line("b", "11:00", "11:31"), on_line("c", "11:00", "11:30", day=TUESDAY)]
    # A holiday's calls, on Wednesday, are not of a working day.
    keep(world, CALLS, [*rows, on_line("d", "00:00", "09:00", day=NOW.date())])
    found = concurrency(world)

    erlangs = {hour.hour: hour.erlangs for hour in found.hours}
    assert [erlangs[hour] for hour in (10, 11, 0)] == pytest.approx([0.5, 61 / 120, 0])
    assert (found.busy_hour, found.working_days) == (11, 2)
    assert found.lines_required.value == 4
    assert concurrency(world, blocking_pct="20").lines_required.value == 2


def test_agents_are_for_the_hour_with_most_callers(world: World) -> None:
    """100 callers an hour of 180 s on the mean: eight agents answer 80 % within 20 s."""
    rows = [
        {
            **call(f"c{n}", "answered", 1_000, f"10:{n % 60:02}"),
            "talk_s": 180,
            "answered_at": None,
            "ended_at": None,
            "live": "",
        }
        for n in range(100)
    ]
    keep(world, CALLS, rows)
    found = concurrency(world, to="2026-03-09")

    assert (found.agents_required.value, found.handle_s) == (8, 180.0)
    assert concurrency(world, to="2026-03-09", target_pct="74").agents_required.value == 7
    assert concurrency(world, to="2026-03-09", outcomes=["busy"]).agents_required.value is None


def test_nothing_needs_no_line(world: World) -> None:
    found = concurrency(world)

    assert (found.waiting.calls, found.waiting.at, found.waiting.drill) == (0, None, None)
    assert (found.busy_hour, found.lines_required.value, found.agents_required.value) == (None, None, None)


def test_a_day_of_23_hours_has_23_of_them(world: World) -> None:
    world.now = datetime(2026, 4, 1, tzinfo=UTC)
    keep(world, CALLS, [on_line("a", "01:30", "03:30", day=date(2026, 3, 29))])
    found = concurrency(world, **{"from": "2026-03-29", "to": "2026-03-29"}, granularity="hour")

    assert len(found.buckets) == 23
    assert [b.label[11:] for b in found.buckets if b.waiting.calls] == ["01:00+01:00", "03:00+02:00"]
    assert [hour.hour for hour in found.hours] == [hour for hour in range(24) if hour != 2]


# ---------------------------------------------------------------------------------------------- all of them

ASKED = (waits, service, responses, concurrency)


@pytest.mark.parametrize("ask", ASKED)
def test_a_plan_without_analytics_has_no_answers(world: World, ask: Any) -> None:
    settings(world, plan="starter")
    with pytest.raises(PlanTooLow):
        ask(world)


@pytest.mark.parametrize("ask", ASKED)
def test_a_viewer_is_answered_inside_his_scope(world: World, ask: Any) -> None:
    """A member of other numbers sees nothing of these."""
    world.directory.put_user("acme", User(id="nobody", email="n@example.com", name="N", numbers=("n9",)))
    keep(world, CALLS, [call("a", "answered", 1_000, business_number_id="n1"), on_line("b", "10:00", "10:10")])
    keep(world, MESSAGES, [text("q1", "09:00"), text("a1", "09:10", "outbound")])
    found = ask(world, user="nobody")

    match found:
        case Waits():
            assert found.answered.callers == 0
        case ServiceLevels():
            assert found.overall.offered == 0
        case TextResponses():
            assert found.first.blocks == 0
        case Concurrency():
            assert found.waiting.calls == 0


@pytest.mark.parametrize("ask", ASKED)
def test_an_answer_says_what_it_is_about(world: World, ask: Any) -> None:
    meta = ask(world, teams=["t1"]).meta

    assert (meta.workspace, meta.zone, meta.from_date, meta.to_date) == ("acme", "Europe/Warsaw", MONDAY, NOW.date())
    assert meta.as_of is not None
    assert meta.filter["teams"] == ["t1"]
    assert meta.start_utc == datetime(2026, 3, 8, 23, tzinfo=UTC) == datetime(2026, 3, 9, tzinfo=ZoneInfo(meta.zone))


def test_every_metric_that_is_answered_is_in_the_dictionary(world: World) -> None:
    lines = concurrency(world)
    found = [
        waits(world).answered.wait, waits(world).abandoned.wait, lines.lines_required, lines.agents_required,
        service(world).overall.service_level, service(world).overall.missed_rate,
    ]  # fmt: skip
    for times in (responses(world).first, responses(world).next):
        found += [times.clock, times.open_hours, times.in_time, times.in_time_open]

    assert {value.metric for value in found} <= set(BY_ID)


@pytest.mark.parametrize(
    ("kind", "asked", "field"),
    [
        (ServiceQuery, {"target_pct": "101"}, "target_pct"),
        (ServiceQuery, {"by": "number"}, "by"),
        (ConcurrencyQuery, {"blocking_pct": "0"}, "blocking_pct"),
        (ConcurrencyQuery, {"granularity": "minute"}, "granularity"),
        (ResponsesQuery, {"threshold_s": "-1"}, "threshold_s"),
        (BlocksQuery, {"limit": "501"}, "limit"),
        (WaitsQuery, {"by": "team"}, "by"),
    ],
)
def test_a_wrong_parameter_is_named(kind: Any, asked: Row, field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        parse(kind, {**RANGE, **asked})
    assert [wrong for wrong, _ in error.value.errors] == [field]
