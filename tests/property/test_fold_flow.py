"""Folding against stores that fail, processes that die, folds that overlap and events that expire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake import providers
from ringlake.errors import Unavailable, Unreadable
from ringlake.flows.folding import Result, Snapshots, fold_subjects
from ringlake.model.base import from_json, to_json
from ringlake.model.calls import CallRecord
from ringlake.model.events import RawEvent
from ringlake.model.messages import MessageRecord
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.records import MemoryRecords
from tests.driver.faults import Crash, Hooked, Nth
from tests.property.turns import Turn, Turns
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import Scenario, scenarios
from tests.scenarios.world import House, directory_of, store_of

pytestmark = pytest.mark.slow

SHAPES = (
    "attended_transfer_with_consultation",
    "consultation_known_before_its_call",
    "forwarded_and_answered_in_another_call",
    "ring_group_answered_elsewhere",
    "two_calls_joined_by_a_third",
    "two_calls_that_name_each_other",
    "bad_apple",
    "text_undelivered_after_sent",
    "call_in_three_pieces",
    "ids_sort_differently_as_text_and_as_time",
    "link_learned_hours_later",
    "parallel_parts",
    "parent_that_comes_after_its_part",
    "site_call_agent_leg_is_the_parent",
)
BY_NAME = {s.name: s for s in scenarios()}


def filled(scenario: Scenario) -> tuple[House, list[RawEvent]]:
    """A house whose journal has everything and whose records are still empty."""
    house = House(store_of(directory_of(scenario)))
    for delivery, at in deliveries(scenario):
        house.receive(delivery, scenario.provider, at)
    return house, [e for kept in house.journal.items.values() for _, e in sorted(kept.items())]


class Overtaken:
    """Lets something else happen before the nth call of the stores."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.calls = 0
        self.act = act
        self._at = at

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            self.act()


def documents(records: MemoryRecords) -> dict[str, bytes]:
    return {key: to_json(row.record) for key, row in records.rows.items()}


def wanted(scenario: Scenario) -> dict[str, bytes]:
    house, events = filled(scenario)
    house.fold(e.subject.key for e in events)
    return documents(house.records)


WANTED = {name: wanted(BY_NAME[name]) for name in SHAPES}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("error", [Unavailable, Crash])
def test_a_failure_at_any_store_call_costs_nothing(name: str, error: type[BaseException]) -> None:
    """Each call of each store fails once; the doorbell rings again, as the stream promises."""
    house, events = filled(BY_NAME[name])
    keys = [e.subject.key for e in events]
    at = 0
    while True:
        at += 1
        nth = Nth(at, lambda: error("fault"))
        records = MemoryRecords()
        arguments: dict[str, Any] = {
            "journal": Hooked(house.journal, nth),
            "records": Hooked(records, nth),
            "directory": Snapshots(Hooked(house.directory, nth), house.clock),
            "clock": house.clock,
        }
        try:
            first = fold_subjects(keys, **arguments)
        except Crash:
            first = []
        if nth.calls < at:
            break
        if error is Unavailable:
            assert [f.result for f in first].count(Result.FAILED) == 1
        fold_subjects(keys, **arguments)
        assert documents(records) == WANTED[name], f"fault at call {at}"
    assert at > 2 * len(set(keys))


@pytest.mark.parametrize("name", SHAPES)
@given(schedule=st.lists(st.integers(0, 2), max_size=60), split=st.integers(0, 6))
def test_folds_that_overlap_at_every_call_end_in_the_same_records(name: str, schedule: list[int], split: int) -> None:
    """Three folds, one of them begun before the last events were there; whoever finishes last, it is the same."""
    house, events = filled(BY_NAME[name])
    records = MemoryRecords()
    journal = MemoryJournal()
    for event in events[:split]:
        journal.put(event)

    def folder(share: Sequence[RawEvent], arriving: Sequence[RawEvent] = ()) -> Any:
        def act(turn: Turn) -> None:
            for event in arriving:
                turn(journal).put(event)
            fold_subjects(
                [e.subject.key for e in share],
                journal=turn(journal),
                records=turn(records),
                directory=house.snapshots(),
                clock=house.clock,
            )

        return act

    Turns(iter(schedule)).run([folder(events[:split]), folder(events[split:], events[split:]), folder(events[::-1])])
    assert documents(records) == WANTED[name]


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("folded_before", [False, True])
def test_an_event_that_arrives_and_is_folded_while_another_fold_reads_is_neither_lost_nor_sealed(
    name: str, folded_before: bool
) -> None:
    """At each store call of a fold: the rest of the events arrives and is folded completely meanwhile."""
    house, events = filled(BY_NAME[name])
    for split in range(len(events)):
        for begins_with in dict.fromkeys(e.subject.key for e in events):
            for at in count(1):
                journal, records = MemoryJournal(), MemoryRecords()
                for event in events[:split]:
                    journal.put(event)
                if folded_before:
                    fold_all(house, [e.subject.key for e in events[:split]], journal, records)

                def overtake(journal: MemoryJournal = journal, records: MemoryRecords = records) -> None:
                    for event in events:
                        journal.put(event)
                    fold_all(house, [e.subject.key for e in events], journal, records)

                overtaken = Overtaken(at, overtake)
                fold_all(house, [begins_with], Hooked(journal, overtaken), Hooked(records, overtaken))
                if overtaken.calls < at:
                    break
                assert documents(records) == WANTED[name], f"overtaken at call {at} of {begins_with}"


def fold_all(house: House, keys: Sequence[str], journal: Any, records: Any) -> None:
    fold_subjects(keys, journal=journal, records=records, directory=house.snapshots(), clock=house.clock)


@pytest.mark.parametrize("name", SHAPES)
@given(data=st.data())
def test_events_that_expire_are_never_missed(name: str, data: st.DataObject) -> None:
    """Fold some, let some of them expire, fold the rest: nothing known is lost, and the record says sealed."""
    house, events = filled(BY_NAME[name])
    order = data.draw(st.permutations(events))
    split = data.draw(st.integers(1, len(order)))
    early, late = order[:split], order[split:]
    expired = [e for e in early if data.draw(st.booleans())]
    journal, records = MemoryJournal(), MemoryRecords()

    def fold(share: Sequence[RawEvent]) -> None:
        for event in share:
            journal.put(event)
        fold_subjects(
            [e.subject.key for e in share],
            journal=journal,
            records=records,
            directory=house.snapshots(),
            clock=house.clock,
        )

    fold(early)
    for event in expired:
        del journal.items[event.subject.key][event.event_id]
    fold(late)
    whole = records_of(WANTED[name])
    for key, row in records.rows.items():
        record = row.record
        assert record is not None
        if any(e.subject.key == key for e in late) or not expired:
            assert set(record.facts) == set(whole[key].facts), key
            assert record.seen == whole[key].seen
        assert record.revision == len(record.seen)


def records_of(found: dict[str, bytes]) -> dict[str, Any]:
    return {k: from_json(v, MessageRecord if "#message#" in k else CallRecord) for k, v in found.items()}


def test_a_late_event_amends_a_sealed_call() -> None:
    house, events = filled(BY_NAME["late_recording_and_charge"])
    *early, charge = sorted(events, key=lambda e: e.event_id)
    journal = MemoryJournal()
    house.journal = journal
    for event in early:
        journal.put(event)
    house.fold([early[0].subject.key])
    journal.items.clear()
    house.now += timedelta(days=120)
    journal.put(charge)

    house.fold([charge.subject.key])

    record = house.records.load(charge.subject).record
    assert isinstance(record, CallRecord)
    assert record.sealed
    assert record.cost is not None
    assert record.talk_ms == 120_000
    assert len(record.recordings) == 1
    assert record.revision == len(events)


def test_an_event_that_an_updated_adapter_cannot_read_any_more_is_not_forgotten(monkeypatch: Any) -> None:
    house, events = filled(BY_NAME["answered_inbound"])
    key = events[0].subject.key
    house.fold([key])
    before = documents(house.records)
    adapter = providers.adapter("generic")
    parse = type(adapter).parse

    def stricter(self: Any, event: RawEvent, connection: Any) -> Any:
        if event.event_id == events[1].event_id:
            raise Unreadable("data.call", "no longer accepted")
        return parse(self, event, connection)

    monkeypatch.setattr(type(adapter), "parse", stricter)
    (folded,) = house.fold([key])

    assert folded.bad_events == 1
    record = house.records.load(events[0].subject).record
    assert isinstance(record, CallRecord)
    assert record.talk_ms == 180_000
    assert record.sealed
    assert before[key] != to_json(record)
