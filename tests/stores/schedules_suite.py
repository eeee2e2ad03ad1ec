"""The suite that every store of schedules passes, in memory or real."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.schedules import (
    Cadence,
    Due,
    LeftOut,
    Recipient,
    ReportSchedule,
    RunState,
    ScheduleRun,
    Timing,
    What,
    WhatKind,
)
from ringlake.stores.schedules import Schedules

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = AT + timedelta(days=1)
_numbers = count()


def schedule(workspace: str, schedule_id: str = "s-1", **fields: Any) -> ReportSchedule:
    usual: dict[str, Any] = {
        "name": "Monday",
        "owner": "u-anna",
        "what": What(kind=WhatKind.EXPORT, request={"filter": {"users": ["u1"]}}),
        "timing": Timing(cadence=Cadence.WEEKLY, at="08:00", zone="Europe/Warsaw"),
        "recipients": (Recipient(user="u-anna"), Recipient(address="boss@example.com")),
    }
    return ReportSchedule(id=schedule_id, workspace=workspace, created_at=AT, updated_at=AT, **{**usual, **fields})


def run(first: int = 2, schedule_id: str = "s-1", **fields: Any) -> ScheduleRun:
    day = date(2026, 3, first)
    usual: dict[str, Any] = {"first": day, "last": day, "due_at": AT, "at": AT}
    return ScheduleRun(id=day.isoformat(), schedule=schedule_id, **{**usual, **fields})


class SchedulesSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def workspace(self) -> str:
        """A workspace of the test's own, since a real table is shared."""
        return f"scheduled{next(_numbers)}"

    def test_what_was_kept_comes_back(self, store: Schedules, workspace: str) -> None:
        kept = schedule(workspace)
        store.put(kept, None, AT)

        assert store.get(workspace, "s-1") == kept
        assert store.get(workspace, "s-2") is None

    def test_all_of_a_workspace_by_id_and_of_no_other(self, store: Schedules, workspace: str) -> None:
        for schedule_id in ("s-2", "s-1"):
            store.put(schedule(workspace, schedule_id), None, AT)
        store.put(schedule(f"{workspace}x", "s-3"), None, AT)

        assert [kept.id for kept in store.all(workspace)] == ["s-1", "s-2"]

    def test_a_schedule_is_replaced_only_in_place_of_the_one_it_was_made_from(
        self, store: Schedules, workspace: str
    ) -> None:
        first = schedule(workspace)
        store.put(first, None, AT)
        second = msgspec.structs.replace(first, name="Other", version=2)
        store.put(second, first, None)

        for previous in (None, first):
            with pytest.raises(Conflict):
                store.put(msgspec.structs.replace(first, name="Late", version=2), previous, LATER)
        assert store.get(workspace, "s-1") == second
        # What did not replace the schedule did not change when it is due either.
        assert store.times(workspace) == {}

    def test_what_is_due_is_found_at_its_time_and_not_before(self, store: Schedules, workspace: str) -> None:
        store.put(schedule(workspace, "s-1"), None, LATER)
        store.put(schedule(workspace, "s-2"), None, AT)
        store.put(schedule(workspace, "s-3"), None, None)
        first, second = (Due(workspace=workspace, schedule=i, at=at) for i, at in (("s-2", AT), ("s-1", LATER)))

        def found(until: datetime) -> list[Due]:
            return [due for due in store.due(until) if due.workspace == workspace]

        assert found(AT - timedelta(microseconds=1)) == []
        assert found(AT) == [first]
        assert found(LATER) == [first, second]
        assert store.times(workspace) == {"s-1": LATER, "s-2": AT}
        assert store.times(workspace[:-1]) == {}

    def test_one_of_two_moves_a_time_on(self, store: Schedules, workspace: str) -> None:
        store.put(schedule(workspace), None, AT)
        due = Due(workspace=workspace, schedule="s-1", at=AT)

        store.advance(due, LATER)
        with pytest.raises(Conflict):
            store.advance(due, LATER)
        assert store.times(workspace) == {"s-1": LATER}
        store.advance(Due(workspace=workspace, schedule="s-1", at=LATER), None)
        assert store.times(workspace) == {}
        with pytest.raises(Conflict):
            store.advance(Due(workspace=workspace, schedule="s-1", at=LATER), AT)

    def test_a_run_is_claimed_once_and_whoever_comes_later_gets_the_first(
        self, store: Schedules, workspace: str
    ) -> None:
        first = run(job="j-1", left_out=(LeftOut(who="u-2", reason="suspended"),))

        assert store.claim(workspace, first) == first
        assert store.claim(workspace, run(job="j-2")) == first
        ordered = msgspec.structs.replace(first, state=RunState.ORDERED)
        assert store.settle(workspace, first, ordered) == ordered
        with pytest.raises(Conflict):
            store.settle(workspace, first, ordered)
        assert store.claim(workspace, run(job="j-3")) == ordered

    def test_runs_are_listed_with_the_latest_period_first(self, store: Schedules, workspace: str) -> None:
        for day in (3, 5, 4):
            store.claim(workspace, run(day))
        store.claim(workspace, run(9, schedule_id="s-2"))

        assert [r.first.day for r in store.runs(workspace, "s-1")] == [5, 4, 3]
        assert [r.first.day for r in store.runs(workspace, "s-1", limit=2)] == [5, 4]
        assert [r.first.day for r in store.runs(workspace, "s-1", before="2026-03-04")] == [3]
        assert store.runs(f"{workspace}x", "s-1") == []
