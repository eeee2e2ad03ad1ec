"""What a record weighs: a typical one is one write unit, the largest imaginable call still fits."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ringlake.fold import fold_call
from ringlake.fold.seal import digest
from ringlake.model.base import to_json
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Directory, Workspace
from ringlake.model.facts import Agent, CallFact, Direction, FactKind
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.packing import _dictionary, pack, unpack
from ringlake.stores.records import item_bytes
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import Scenario, scenarios
from tests.scenarios.world import House, directory_of, store_of

ONE_WRITE_UNIT = 1024
ITEM_LIMIT = 350 * 1024
ALL = scenarios()


@pytest.mark.parametrize("scenario", ALL, ids=[s.name for s in ALL])
def test_a_record_is_one_write_unit(scenario: Scenario) -> None:
    house = House(store_of(directory_of(scenario)))
    for delivery, at in deliveries(scenario):
        house.receive(delivery, scenario.provider, at)
    house.fold(list(house.journal.items))
    for key, row in house.records.rows.items():
        assert row.record is not None
        assert item_bytes(Subject.from_key(key), row.record) <= ONE_WRITE_UNIT


def test_a_packed_document_comes_back_and_depends_on_its_key() -> None:
    record = MessageRecord(
        record_id="op:m", workspace="acme", connection="op", provider="openphone", provider_id="m",
        started_at=datetime(2026, 9, 14, tzinfo=UTC),
    )  # fmt: skip
    packed = pack(to_json(record), "acme#message#op#m")
    assert packed[0] == 1
    assert unpack(packed, "acme#message#op#m", MessageRecord) == record


def test_a_document_of_an_unknown_dictionary_is_refused() -> None:
    with pytest.raises(KeyError):
        unpack(bytes([250]) + b"...", "k", MessageRecord)


def test_the_first_dictionary_never_changes() -> None:
    """Documents in the table were packed with it; a better dictionary gets the next number (docs/adr/0033)."""
    assert (
        hashlib.sha256(_dictionary(1)).hexdigest() == "619f7f27af4c2c5309ac86486aa1fac758ee5f57bb1240a53013953a5691da0e"
    )


def test_a_conference_of_five_thousand_events_fits_into_an_item() -> None:
    subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection="pbx", id="conference-1")
    at = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
    facts = [
        CallFact(
            kind=(FactKind.RINGING, FactKind.ANSWERED, FactKind.HELD, FactKind.RESUMED, FactKind.LEG_ENDED)[n % 5],
            call_id=subject.id,
            leg_id=f"leg-{n // 5 % 200}",
            at=at + timedelta(milliseconds=731 * n),
            received_at=at + timedelta(milliseconds=731 * n + 437 + n % 613),
            direction=Direction.INBOUND,
            from_number="+48600100200",
            to_number="+48221230000",
            agent=Agent(id=f"agent-{n // 5 % 200}"),
        )
        for n in range(5000)
    ]
    record = fold_call(subject, "generic", facts, Directory(workspace=Workspace(id="acme", name="Acme")))
    seen = tuple(sorted(digest(subject.id, f"msg_{n:06}") for n in range(5000)))
    record = msgspec.structs.replace(record, seen=seen, revision=len(seen))

    assert len(record.legs) == 200
    assert isinstance(record, CallRecord)
    assert item_bytes(subject, record) <= ITEM_LIMIT
