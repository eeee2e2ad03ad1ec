"""Calls that turn out to be parts of others leave the lake, whenever that is learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.flows.rollup import rollup
from ringlake.model.calls import CallRecord
from ringlake.model.events import RawEvent
from ringlake.model.tables import ACTIVITY, CALLS, LEGS
from ringlake.stores.lake import ObjectLake, memory_lake
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import Scenario, scenarios
from tests.scenarios.world import WORKSPACE, House, directory_of, store_of
from tests.unit.lake.making import beside

pytestmark = pytest.mark.slow

SHAPES = (
    "attended_transfer_with_consultation",
    "call_in_three_pieces",
    "consultation_of_a_transferred_leg",
    "forward_on_no_answer_outside_answered",
    "ids_sort_differently_as_text_and_as_time",
    "link_learned_hours_later",
    "parallel_parts",
    "parent_that_comes_after_its_part",
    "site_call_agent_leg_is_the_parent",
    "two_calls_joined_by_a_third",
    "two_calls_that_name_each_other",
)
BY_NAME = {s.name: s for s in scenarios()}


class Company:
    """From the journal to the lake, step by step."""

    def __init__(self, scenario: Scenario) -> None:
        self.house = House(store_of(directory_of(scenario)))
        self.lake: ObjectLake = memory_lake()
        self._beside = beside()

    def fold(self, events: Sequence[RawEvent]) -> None:
        for event in events:
            self.house.journal.put(event)
        self.house.fold([event.subject.key for event in events])

    def roll_up(self) -> None:
        done = rollup(
            WORKSPACE,
            records=self.house.records,
            lake=self.lake,
            directory=self.house.directory,
            clock=self.house.clock,
            **self._beside,
        )
        assert done.complete

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        return {
            f"{table.name} {day}": rows
            for table in (CALLS, LEGS, ACTIVITY)
            for day in self.lake.days(table, WORKSPACE)
            if (rows := self.lake.read(table, WORKSPACE, day).rows.to_pylist())
        }


def events_of(scenario: Scenario) -> list[RawEvent]:
    house = House(store_of(directory_of(scenario)))
    for delivery, at in deliveries(scenario):
        house.receive(delivery, scenario.provider, at)
    return [e for kept in house.journal.items.values() for _, e in sorted(kept.items())]


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=max(5, settings().max_examples // 2))
@given(data=st.data())
def test_whenever_a_link_is_learned_the_lake_ends_with_one_row_per_call(name: str, data: st.DataObject) -> None:
    """Events in any order, the roll-up after any of them: the rows are those of everything at once."""
    scenario = BY_NAME[name]
    events = events_of(scenario)
    at_once, by_and_by = Company(scenario), Company(scenario)
    at_once.fold(events)
    at_once.roll_up()
    for event in data.draw(st.permutations(events)):
        by_and_by.fold([event])
        if data.draw(st.booleans()):
            by_and_by.roll_up()
    by_and_by.roll_up()

    wanted = at_once.rows()
    assert by_and_by.rows() == wanted
    records = [row.record for row in at_once.house.records.rows.values()]
    calls = {r.record_id for r in records if isinstance(r, CallRecord) and not r.part_of}
    shown = [row["record_id"] for key, rows in wanted.items() if key.startswith("calls ") for row in rows]
    assert sorted(shown) == sorted(calls)
    assert len(calls) < len(records)
    assert {row["record_id"] for key, rows in wanted.items() if key.startswith("legs ") for row in rows} <= calls
