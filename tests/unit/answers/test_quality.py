"""What is wrong with what arrives: silent connections, deliveries set aside, rows that tell too little."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.quality import LONGEST_SILENCE, USUAL, ConnectionHealth, Quality, Rows
from ringlake.flows.directory.hints import provider_hints
from ringlake.model.directory import Ability, Connection
from ringlake.model.events import Quarantined
from ringlake.model.findings import Finding
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.providers import names
from ringlake.query.filters import parse
from ringlake.stores.objects import MemoryObjects
from tests.unit.export.world import NOW, WATERMARK, World
from tests.unit.query.lake_rows import calls, messages

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
# A second after five minutes to nine: the lake knows all until 08:59.
LAST = datetime(2026, 3, 11, 8, 55, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    world = World()
    # The days that every world has are not these tests.
    objects = world.lake._objects
    assert isinstance(objects, MemoryObjects)
    objects.bodies.clear()
    world.directory.put_connection(Connection(id="line", workspace="acme", provider="generic", name="Line"))
    return world


def write(world: World, rows: Iterable[dict[str, Any]], texts: Iterable[dict[str, Any]] = ()) -> None:
    days: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for side, given in enumerate((rows, texts)):
        for n, row in enumerate(given):
            whole = {"connection": "line", "record_id": f"line:{side}{n}", **row}
            days.setdefault(whole["started_at"].date().isoformat(), ([], []))[side].append(whole)
    for day, (some, others) in days.items():
        world.lake.write(CALLS, "acme", day, calls(*some), None)
        world.lake.write(MESSAGES, "acme", day, messages(*others), None)


def starts(*moments: datetime) -> list[dict[str, Any]]:
    return [{"started_at": at.replace(tzinfo=None)} for at in moments]


def seen(world: World, user: str = "owner", days: int = 30) -> Quality:
    return world.answers.quality.quality(world.viewer(user), world.now, days)


def line(world: World) -> ConnectionHealth:
    (found,) = [one for one in seen(world).connections if one.connection == "line"]
    return found


def listed(world: World, said: Quality, drill: dict[str, object], user: str = "owner") -> int:
    query = parse(ListQuery, {**said.meta.filter, **drill, "count": True})
    count = world.answers.interactions.page(world.viewer(user), query, world.now).count
    assert count is not None
    return count


def weekly(hours_ago: float, each: int, weeks: Iterable[int] = (1, 2, 3, 4)) -> list[datetime]:
    """So many calls in the same hours of earlier weeks, and one long before them."""
    moment = WATERMARK - timedelta(hours=hours_ago)
    spread = [moment - WEEK * week + timedelta(seconds=n + 1) for week in weeks for n in range(each)]
    return [WATERMARK - WEEK * 4 - DAY * 2, *spread]


def test_a_connection_that_speaks_as_usual_is_not_quiet(world: World) -> None:
    write(world, starts(*weekly(2, USUAL), WATERMARK - timedelta(minutes=10)))
    told = line(world)
    assert (told.state, told.quiet_since) == ("speaking", None)
    assert told.last_record_at == WATERMARK - timedelta(minutes=10)


@pytest.mark.parametrize(("each", "state"), [(USUAL, "quiet"), (USUAL - 1, "speaking")])
def test_silence_where_earlier_weeks_had_calls_is_quiet_from_five_on(world: World, each: int, state: str) -> None:
    last = WATERMARK - timedelta(hours=3)
    write(world, starts(*weekly(2, each), last))
    told = line(world)
    assert (told.state, told.usual) == (state, each)
    assert told.quiet_since == (last if state == "quiet" else None)


@pytest.mark.parametrize(("minutes", "state"), [(29, "speaking"), (30, "quiet")])
def test_half_an_hour_is_the_least_silence(world: World, minutes: int, state: str) -> None:
    write(world, starts(*weekly(0.4, 50), WATERMARK - timedelta(minutes=minutes)))
    assert line(world).state == state


def test_nights_and_weekends_are_no_silence(world: World) -> None:
    """The same hours of earlier weeks brought nothing either."""
    write(world, starts(*(WATERMARK - DAY * n - HOUR * 20 for n in range(1, 30)), WATERMARK - HOUR * 30))
    told = line(world)
    assert told.usual is not None
    assert told.usual < USUAL
    assert told.state == "speaking"


def test_a_new_connection_is_compared_with_the_weeks_that_it_has(world: World) -> None:
    write(world, starts(*weekly(2, 6, weeks=[1])[1:], WATERMARK - WEEK - HOUR * 5, WATERMARK - HOUR * 3))
    assert (line(world).usual, line(world).state) == (6, "quiet")


def test_whoever_spoke_and_says_nothing_for_a_week_is_quiet(world: World) -> None:
    assert line(world).state == "never"
    heard = WATERMARK - LONGEST_SILENCE
    world.arrivals.note("acme", "line", "accepted", heard + timedelta(seconds=1))
    assert line(world).state == "speaking"
    world.arrivals.note("acme", "line", "accepted", heard)
    told = line(world)
    assert (told.state, told.quiet_since, told.last_at, told.usual) == ("quiet", heard, heard, None)


def test_a_disabled_connection_is_not_missed(world: World) -> None:
    world.arrivals.note("acme", "line", "accepted", NOW - DAY * 30)
    world.directory.put_connection(Connection(id="line", workspace="acme", provider="generic", disabled=True))
    assert (line(world).state, line(world).quiet_since) == ("disabled", None)


def test_the_last_hour_and_day_are_counted_to_the_freshness_of_the_lake(world: World) -> None:
    moments = [WATERMARK - span for span in (timedelta(minutes=1), HOUR, HOUR * 2, DAY, DAY + timedelta(seconds=1))]
    write(world, starts(*moments), starts(WATERMARK - timedelta(minutes=3)))
    said, told = seen(world), line(world)
    assert (told.hour.count, told.day.count) == (3, 5)
    assert [listed(world, said, rows.drill) for rows in (told.hour, told.day)] == [3, 5]


def test_what_was_set_aside_is_counted_for_a_week_without_its_content(world: World) -> None:
    for n in range(9):
        world.journal.quarantine(
            Quarantined(
                id=f"q{n}", workspace="acme", connection="line", provider="generic", stage="parse", field=f"data.{n}",
                reason="missing", received_at=NOW - DAY * n, subject="", body=b"+48601234567", headers={}, query="",
            )
        )  # fmt: skip
    aside = line(world).quarantined
    assert (aside.count, aside.latest[0].field) == (7, "data.0")
    assert "601234567" not in repr(seen(world))


ROWS = [
    {"started_at": LAST, "outcome": "answered", "talk_s": 0, "business_number_id": "n1"},
    {"started_at": LAST, "outcome": "answered", "talk_s": 1, "flags": "direction_unknown;never_ended"},
    {"started_at": LAST, "outcome": "answered", "flags": "negative_duration"},
    {"started_at": LAST, "outcome": "busy", "talk_s": 0, "unattributed": "unmapped", "direction": "internal"},
    {"started_at": LAST, "outcome": "", "flags": "never_ended_twice", "connection": "gone"},
]
TEXTS = [
    {"started_at": LAST, "flags": "direction_unknown", "status": "unknown", "business_number_id": "n1"},
    {"started_at": LAST, "unattributed": "nobody", "status": "sent", "business_number_id": "n1"},
]
FOUND = {
    "answered_without_talk": (1, 3),
    "never_ended": (1, 5),
    "negative_duration": (1, 5),
    "duration_differs": (0, 5),
    "after_end": (0, 5),
    "mixed_currency": (0, 5),
    "direction_unknown": (2, 7),
    "no_provider_time": (0, 7),
    "person_unmapped": (1, 7),
    "number_unmapped": (4, 7),
    "text_status_unknown": (1, 2),
}


def naive(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "started_at": row["started_at"].replace(tzinfo=None)} for row in rows]


def test_rows_that_tell_too_little_are_counted_and_listed_alike(world: World) -> None:
    write(world, naive(ROWS), naive(TEXTS))
    said = seen(world)
    assert {one.finding: (one.count, one.of) for one in said.findings} == FOUND
    for one in said.findings:
        assert listed(world, said, one.drill) == one.count, one.finding
        assert sum(rows.count for rows in one.connections) == one.count
        for rows in one.connections:
            assert listed(world, said, rows.drill) == rows.count
        assert one.share == one.count / one.of


def test_there_is_no_share_of_nothing(world: World) -> None:
    assert {one.share for one in seen(world).findings} == {None}


def test_who_sees_a_part_counts_that_part_and_judges_silence_by_all(world: World) -> None:
    world.grant("other", Ability.MANAGE_DIRECTORY)
    mine = {"started_at": LAST, "business_number_id": "n2", "flags": "never_ended"}
    hers = {"started_at": LAST, "business_number_id": "n1", "flags": "never_ended"}
    write(world, naive([mine, hers, hers]))
    said = seen(world, "other")
    counts = {one.finding: one.count for one in said.findings}
    assert counts["never_ended"] == 1
    day: Rows = said.connections[0].day
    assert (day.count, listed(world, said, day.drill, "other")) == (1, 1)
    assert said.connections[0].last_record_at == LAST


def test_numbers_say_how_far_they_are_behind(world: World) -> None:
    said = seen(world)
    assert (said.freshness.as_of, said.freshness.behind_s) == (WATERMARK, 60)
    assert (said.freshness.waiting, said.freshness.at_least, said.freshness.refolding) == (0, False, 0)
    world.records.mark("acme", ["acme#call#line#1"])
    assert seen(world).freshness.waiting == 1


def test_history_is_looked_after_on_every_plan(world: World) -> None:
    world.limit(plan="starter")
    assert seen(world).connections


def test_the_lights_tell_of_all_connections_of_the_workspace_at_once(world: World) -> None:
    world.arrivals.note("acme", "line", "accepted", NOW)
    world.arrivals.note("rival", "line", "refused", NOW)
    told = world.offices.connections.arrived(world.viewer("owner"), NOW)
    assert {name: kept.accepted_at for name, kept in told.connections.items()} == {"line": NOW}


def test_findings_of_rows_are_those_of_the_filter(world: World) -> None:
    looked_for = {one.finding for one in seen(world).findings}
    assert {f.value for f in Finding} <= looked_for


def test_every_provider_says_what_it_needs() -> None:
    told = {hint.provider: hint for hint in provider_hints()}
    assert sorted(told) == names()
    for hint in told.values():
        assert hint.set_up.steps
        assert hint.set_up.account
        assert bool(hint.given_as) is (hint.secret == "given")


SITE = Path(__file__).parents[3] / "functions" / "dashboard" / "site" / "src" / "pages" / "settings"


@pytest.mark.parametrize("language", ["es", "ru", "pl"])
def test_what_providers_need_is_said_in_each_language_of_the_dashboard(language: str) -> None:
    translated = json.loads((SITE / f"providers.{language}.json").read_text())
    said = {
        text
        for hint in provider_hints()
        for text in (*hint.set_up.steps, hint.set_up.account, hint.given_as, *(o.meaning for o in hint.set_up.options))
        if text
    }
    assert said == set(translated)
    assert all(translated.values())
