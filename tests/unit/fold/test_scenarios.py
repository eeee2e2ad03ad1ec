"""Every scenario file, as pure fold, through the door, and in all orders with duplicates."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import islice, permutations

import msgspec
import pytest

from ringlake import providers
from ringlake.errors import Unreadable
from ringlake.flows.ingest import Outcome
from ringlake.fold import FOLDS
from ringlake.model.base import to_json
from ringlake.model.calls import CallRecord, MissedReason
from ringlake.model.calls import Outcome as CallOutcome
from ringlake.model.events import RawEvent
from ringlake.model.facts import Fact
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from tests.scenarios.checking import differences
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import HERE, Expected, Scenario, scenarios
from tests.scenarios.world import CONNECTIONS, WORKSPACE, House, directory_of, store_of

ALL = scenarios()
every_scenario = pytest.mark.parametrize("scenario", ALL, ids=[s.name for s in ALL])
# All orders up to five deliveries (120), this many sampled ones above.
ALL_ORDERS_UP_TO = 5
SAMPLED = 40


def house_of(scenario: Scenario) -> House:
    return House(store_of(directory_of(scenario)))


def received(scenario: Scenario) -> tuple[House, list[RawEvent]]:
    """The house after all deliveries, and its events in order of arrival."""
    house = house_of(scenario)
    for delivery, at in deliveries(scenario):
        answer = house.receive(delivery, scenario.provider, at)
        assert answer.outcome is Outcome.ACCEPTED, answer
    events = [e for kept in house.journal.items.values() for e in kept.values()]
    return house, sorted(events, key=lambda e: (e.received_at, e.event_id))


def subject_of(scenario: Scenario, expected: Expected) -> Subject:
    kind = SubjectKind(expected.kind)
    return Subject(workspace=WORKSPACE, kind=kind, connection=CONNECTIONS[scenario.provider], id=expected.id)


def assert_as_expected(scenario: Scenario, house: House) -> None:
    wrong: list[str] = []
    for expected in scenario.expected:
        if expected.kind == "quarantine":
            held = [q for kept in house.journal.held.values() for q in kept.values() if q.stage == expected.id]
            assert len(held) == int(expected.fields["items"])
            continue
        record = house.records.load(subject_of(scenario, expected)).record
        assert (record is None) == expected.absent, f"{expected.kind} {expected.id}"
        if record is not None:
            assert isinstance(record, CallRecord | MessageRecord)
            wrong += [f"{expected.kind} {expected.id} {d}" for d in differences(scenario, record, expected.fields)]
    assert not wrong, "\n".join([scenario.title, *wrong])


def documents(house: House) -> dict[str, bytes]:
    return {key: to_json(row.record) for key, row in house.records.rows.items()}


@every_scenario
def test_through_the_door_the_record_is_as_expected(scenario: Scenario) -> None:
    house, events = received(scenario)
    house.fold(e.subject.key for e in events)
    assert_as_expected(scenario, house)


@every_scenario
def test_folded_after_each_delivery_the_record_is_the_same(scenario: Scenario) -> None:
    at_once, events = received(scenario)
    at_once.fold(e.subject.key for e in events)
    step_by_step = house_of(scenario)
    for event in events:
        step_by_step.journal.put(event)
        step_by_step.fold([event.subject.key])
    assert documents(step_by_step) == documents(at_once)


@every_scenario
def test_the_pure_fold_alone_gives_the_same_record(scenario: Scenario) -> None:
    house, events = received(scenario)
    house.fold(e.subject.key for e in events)
    directory = directory_of(scenario)
    for key, row in house.records.rows.items():
        subject = Subject.from_key(key)
        record = row.record
        assert record is not None
        part_of = getattr(record, "part_of", "")
        facts = told(scenario, events, subject, {subject.id} if part_of else everybody(house, subject))
        pure = FOLDS[subject.kind](subject, scenario.provider, facts, directory, part_of=part_of)
        kept = msgspec.structs.replace(pure, seen=record.seen, revision=record.revision)
        assert to_json(kept) == to_json(record)


def everybody(house: House, subject: Subject) -> set[str]:
    """The call and everybody linked with it, in either direction."""
    pairs = {(Subject.from_key(key).id, child) for key, linked in house.records.linked.items() for child in linked}
    found = {subject.id}
    while more := {m for pair in pairs if found & set(pair) for m in pair} - found:
        found |= more
    return found


def told(scenario: Scenario, events: Sequence[RawEvent], subject: Subject, ids: set[str]) -> list[Fact]:
    directory = directory_of(scenario)
    connection = directory.connection(subject.connection)
    assert connection is not None
    found: list[Fact] = []
    for event in events:
        if event.subject.kind is subject.kind and event.subject.id in ids:
            try:
                found += providers.adapter(event.provider).parse(event, connection)
            except Unreadable:
                continue
    return found


@every_scenario
def test_any_order_with_repeats_gives_the_same_bytes(scenario: Scenario) -> None:
    """Orders of arrival: each delivery keeps the moment at which it was first received."""
    reference, events = received(scenario)
    reference.fold(e.subject.key for e in events)
    wanted = documents(reference)
    for number, order in enumerate(orders(events)):
        house = house_of(scenario)
        # A fold after some deliveries only, chosen by the order's number, and always one at the end.
        for place, event in enumerate(order):
            house.journal.put(event)
            if (number + place) % 3 == 0:
                house.fold([event.subject.key])
        house.fold([e.subject.key for e in order])
        assert documents(house) == wanted, [e.event_id for e in order]


def orders(events: Sequence[RawEvent]) -> Iterator[list[RawEvent]]:
    """Every order of a few events, a sample of many, each with some events repeated."""
    chance = random.Random(len(events))
    if len(events) <= ALL_ORDERS_UP_TO:
        found: Iterator[Sequence[RawEvent]] = permutations(events)
    else:
        found = (chance.sample(events, len(events)) for _ in range(SAMPLED))
    for order in islice(found, 720):
        repeated = [e for e in order if chance.random() < 0.4]
        yield [*order, *repeated]


def test_every_outcome_and_every_reason_of_a_miss_has_a_scenario() -> None:
    named = {(k, v) for s in ALL for e in s.expected for k, v in e.fields.items()}
    assert {("outcome", o.value) for o in CallOutcome} <= named
    assert {("missed_reason", r.value) for r in MissedReason} <= named


def test_every_table_is_in_the_index_of_shapes() -> None:
    index = (HERE / "README.md").read_text().partition("## Index of shapes")[2]
    named = re.findall(r"`([a-z0-9_]+)`", index)
    assert sorted(named) == sorted(s.name for s in ALL)
