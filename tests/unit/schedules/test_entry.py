"""The function that ticks: what it says, and when it counts as failed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.schedule import schedule
from ringlake.errors import Unavailable
from ringlake.flows.schedules import Ticked, Ticking
from tests.unit.schedules.scheduled import Scheduled

DUE = datetime(2026, 3, 12, 7, tzinfo=UTC)


class Context:
    def __init__(self, left_ms: int = 300_000) -> None:
        self.left_ms = left_ms

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Scheduled:
    made = Scheduled()
    made.make()
    made.now = DUE
    made.directory.set_watermark("acme", DUE)
    monkeypatch.setattr(schedule, "now", made.clock)
    monkeypatch.setattr(schedule, "work", lambda: ticking(made))
    return made


def ticking(world: Scheduled, directory: Any = None) -> Ticking:
    return Ticking(
        schedules=world.schedules,
        directory=directory or world.directory,
        addresses=world.addresses,
        desk=world.desk,
        ordering=world.ordering,
        tail=lambda: f"{0:020x}",
    )


def test_what_was_ordered_is_counted_and_a_tick_with_nothing_to_do_costs_no_metric(
    world: Scheduled, capsys: pytest.CaptureFixture[str]
) -> None:
    assert schedule.handler({}, Context()) == {"ordered": 1}
    said = json.loads(capsys.readouterr().out)
    assert said["ReportsOrdered"] == 1
    assert {m["Name"] for m in said["_aws"]["CloudWatchMetrics"][0]["Metrics"]} >= {"ReportsOrdered", "SchedulesFailed"}
    assert schedule.handler({}, Context()) == {"ordered": 0}
    assert json.loads(capsys.readouterr().out) == {"due": 0}


def test_a_tick_in_which_something_failed_counts_as_failed_and_says_what(
    world: Scheduled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Down:
        def load(self, workspace: str, *, key: bool = True) -> None:
            raise Unavailable("for now")

    monkeypatch.setattr(schedule, "work", lambda: ticking(world, Down()))
    with pytest.raises(Unavailable):
        schedule.handler({}, Context())
    (failed, _) = capsys.readouterr().out.splitlines()
    ((_, schedule_id),) = world.schedules.kept
    assert json.loads(failed) == {"schedule": schedule_id, "error": "Unavailable"}


def test_what_there_is_no_time_for_waits_and_is_no_failure(world: Scheduled) -> None:
    assert schedule.handler({}, Context(left_ms=10_000)) == {"ordered": 0}
    assert schedule.handler({}, Context()) == {"ordered": 1}
    assert "SchedulesWaiting" in schedule.report(Ticked(waiting=1))
