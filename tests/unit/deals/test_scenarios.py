"""Deals told as tables, through the door and in all orders with repeats; and any set of words in any order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.flows.ingest import Outcome
from ringlake.fold.deal import fold_deal
from ringlake.model.base import to_json
from ringlake.model.deals import OWN, DealRecord, DealStage, DealState
from ringlake.model.directory import Directory, User, Workspace
from ringlake.model.events import RawEvent
from ringlake.model.facts import DealFact
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind
from tests.scenarios.checking import differences
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import HERE, Scenario, read
from tests.scenarios.world import CONNECTIONS, WORKSPACE, House, directory_of, store_of
from tests.unit.fold.test_scenarios import orders

ALL = [read(path) for path in sorted((HERE / "deals").glob("*.txt"))]
every_scenario = pytest.mark.parametrize("scenario", ALL, ids=[s.name for s in ALL])
AT = datetime(2026, 9, 14, 9, tzinfo=UTC)


def house_of(scenario: Scenario) -> House:
    return House(store_of(directory_of(scenario)))


def received(scenario: Scenario) -> list[RawEvent]:
    house = house_of(scenario)
    for delivery, at in deliveries(scenario):
        assert house.receive(delivery, scenario.provider, at).outcome is Outcome.ACCEPTED
    return [e for kept in house.journal.items.values() for e in kept.values()]


def deal_of(scenario: Scenario, house: House) -> DealRecord:
    subject = Subject(workspace=WORKSPACE, kind=SubjectKind.DEAL, connection=CONNECTIONS[scenario.provider], id="d-1")
    record = house.records.load(subject).record
    assert isinstance(record, DealRecord)
    return record


@every_scenario
def test_the_record_is_as_expected_in_any_order_with_repeats(scenario: Scenario) -> None:
    events = received(scenario)
    (expected,) = scenario.expected
    seen: set[bytes] = set()
    for number, order in enumerate(orders(events)):
        house = house_of(scenario)
        for place, event in enumerate(order):
            house.journal.put(event)
            if (number + place) % 2 == 0:
                house.fold([event.subject.key])
        house.fold([e.subject.key for e in order])
        record = deal_of(scenario, house)
        assert differences(scenario, record, expected.fields) == []
        seen.add(to_json(record))
    assert len(seen) == 1


@every_scenario
def test_what_has_expired_still_counts(scenario: Scenario) -> None:
    """The seal: the journal forgets, the record does not, and a late event amends it."""
    *early, late = sorted(received(scenario), key=lambda e: (e.received_at, e.event_id))
    house = house_of(scenario)
    for event in early:
        house.journal.put(event)
        house.fold([event.subject.key])
    house.journal.items.clear()
    house.journal.put(late)
    house.fold([late.subject.key])

    (expected,) = scenario.expected
    record = deal_of(scenario, house)
    assert differences(scenario, record, expected.fields) == []
    assert (record.sealed, record.revision) == (bool(early), len(early) + 1)


STAGES = st.sampled_from([stage.value for stage in DealStage])
FACTS = st.lists(
    st.builds(
        DealFact,
        deal_id=st.just("d-1"),
        stage=STAGES,
        at=st.one_of(st.none(), st.integers(0, 5).map(lambda n: AT + timedelta(minutes=n))),
        received_at=st.integers(0, 9).map(lambda n: AT + timedelta(minutes=10, seconds=n)),
        call_id=st.sampled_from(["", "c-1", "c-2"]),
        brand=st.sampled_from(["", "Bosch", "Siemens"]),
        user_id=st.sampled_from(["", "u-anna", "gone"]),
        amount=st.sampled_from(
            [None, Money(amount=Decimal(1), currency="EUR"), Money(amount=Decimal(2), currency="USD")]
        ),
        whole=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
ANNA = User(id="u-anna", email="anna@acme.example", name="Anna")
DIRECTORY = Directory(workspace=Workspace(id="acme", name="Acme"), users=(ANNA,))


def folded(facts: Sequence[DealFact], connection: str = OWN) -> DealRecord:
    subject = Subject(workspace="acme", kind=SubjectKind.DEAL, connection=connection, id="d-1")
    return fold_deal(subject, "generic", facts, DIRECTORY)


@given(FACTS, st.randoms(use_true_random=False), st.sampled_from([OWN, "pbx"]))
def test_order_and_repetition_do_not_matter(facts: list[DealFact], chance: object, connection: str) -> None:
    shuffled = [*facts, *facts[: len(facts) // 2]]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert folded(shuffled, connection) == folded(facts, connection)


@given(FACTS)
def test_the_times_of_a_deal_fit_its_state(facts: list[DealFact]) -> None:
    record = folded(facts)

    assert (record.ordered_at is not None) is (record.state is DealState.ORDERED)
    assert (record.lost_at is not None) is (record.state is DealState.LOST)
    assert record.started_at == (record.quoted_at or record.started_at)
    quotes = [f.at or f.received_at for f in facts if f.stage == DealStage.QUOTED]
    assert record.quoted_at == min(quotes, default=None)


@given(FACTS, st.sampled_from([DealStage.ORDERED, DealStage.LOST, DealStage.REOPENED]))
def test_the_last_move_decides_and_a_quote_decides_nothing(facts: list[DealFact], stage: DealStage) -> None:
    last = DealFact(deal_id="d-1", stage=stage.value, at=AT + timedelta(hours=1), received_at=AT + timedelta(hours=1))
    quote = msgspec.structs.replace(last, stage=DealStage.QUOTED.value, at=AT + timedelta(hours=2))
    wanted = DealState.QUOTED if stage is DealStage.REOPENED else DealState(stage.value)

    assert folded([*facts, last]).state is wanted
    assert folded([*facts, last, quote]).state is wanted


def test_an_id_that_no_record_can_have_names_nothing() -> None:
    """One absurd value of a sender must not stop the roll-up: keys of the tables have a limit."""
    told = DealFact(deal_id="d-1", stage="quoted", at=AT, received_at=AT, call_id="ż" * 300, contact_id="k" * 900)

    assert (folded([told], "pbx").call, folded([told], "pbx").contact_id) == ("", "")
    assert folded([msgspec.structs.replace(told, call_id="c" * 596)], "pbx").call == "pbx:" + "c" * 596


def test_what_people_enter_names_things_by_our_own_ids_and_may_take_a_brand_away() -> None:
    first = DealFact(
        deal_id="d-1", stage="quoted", at=AT, received_at=AT, call_id="pbx:c-1", user_id="u-anna", brand="Bosch",
        contact_id="k-1", whole=True,
    )  # fmt: skip
    second = msgspec.structs.replace(first, at=AT + timedelta(minutes=1), brand="", contact_id="")

    assert (folded([first]).call, folded([first]).contact_id, folded([first]).brand) == ("pbx:c-1", "k-1", "Bosch")
    assert (folded([first, second]).brand, folded([first, second]).contact_id) == ("", "")
    assert folded([first]).user.name == "Anna"
    sent = msgspec.structs.replace(first, whole=False)
    assert (folded([sent], "pbx").call, folded([sent], "pbx").user.user_id) == ("pbx:pbx:c-1", "")
