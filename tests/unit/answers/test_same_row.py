"""What the detail shows of a record is what the roll-up writes and the list shows."""

from __future__ import annotations

from datetime import timedelta

from ringlake.flows.answers.detail import DetailQuery
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.listed import COLUMNS
from ringlake.flows.rollup import rollup
from ringlake.model.calls import Leg, LegOutcome, MissedReason, Outcome, Party, TimelineStep
from ringlake.model.deals import DealState
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.marks import Label, Marks
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject
from ringlake.query.filters import parse
from ringlake.stores.trails import MemoryTrails
from tests.unit.export.world import NOW, World
from tests.unit.lake.making import call, deal, message, store

AT = NOW - timedelta(days=1)
RANG = Leg(leg_id="1", party=Party(user_id="operator"), ringing_at=AT, ring_ms=9500, outcome=LegOutcome.NO_ANSWER)
MISS = {
    "outcome": Outcome.NO_ANSWER,
    "missed_reason": MissedReason.RANG_NO_ANSWER,
    "user": Party(),
    "answered_at": None,
}


def test_detail_list_and_lake_are_one_row() -> None:
    world = World()
    records = (
        call("c1", AT, party_key="k1", tags=("vip",), timeline=(TimelineStep(at=AT, kind="step", value="1"),)),
        call("miss", AT + timedelta(hours=1), party_key="k1", unattributed="group_call", legs=(RANG,), **MISS),
        call("back", AT + timedelta(hours=2), party_key="k1", direction=Direction.OUTBOUND, transfers=1),
        call("live", AT + timedelta(hours=3), outcome=None, live=None, ended_at=None, talk_ms=None),
        message("m1", AT, status=MessageStatus.UNDELIVERED, error_code="30003"),
        deal("d1", AT, call="line:c1", state=DealState.ORDERED),
    )
    store(world.records, *records)
    world.records.attach("acme", "acme#call#line#c1", ["line:d1"])
    said = Marks(record_id="line:back", labels=(Label.TARGET,), tags=("good",), updated_at=NOW, updated_by="owner")
    world.marks.put("acme", said, None)
    world.records.mark("acme", ["acme#call#line#back"])
    done = rollup(
        "acme",
        records=world.records,
        trails=MemoryTrails(),
        marks=world.marks,
        contacts=world.contacts,
        lake=world.lake,
        directory=world.directory,
        clock=world.clock,
    )
    assert done.complete

    query = parse(ListQuery, {"preset": "yesterday", "connections": ["line"], "columns": list(COLUMNS)})
    listed = {
        str(row.record_id): row for row in world.answers.interactions.page(world.viewer("owner"), query, NOW).rows
    }
    kept = {Subject.from_key(row.key).record_id: row for row in world.records.get_many(list(world.records.rows))}

    assert set(listed) == {record_id for record_id, row in kept.items() if isinstance(row.record, Interaction)}
    for record_id, row in listed.items():
        assert world.answers.details.show(world.viewer("owner"), record_id, DetailQuery(), NOW).row == row
    assert (listed["line:c1"].sale, listed["line:miss"].recovered_flag, listed["line:back"].labels) == (
        True,
        True,
        ["target"],
    )
