"""Whatever happens on the way, the lake ends up as the records are (design invariant 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringlake.flows.rollup import rollup
from ringlake.model.calls import Leg, MissedReason, Outcome, Party
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.tables import TABLES
from ringlake.stores.lake import ObjectLake, from_parquet
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords, Record
from tests.property.turns import Turn, Turns
from tests.unit.lake.making import ANNA, NOON, call, directory, message, store, subject

DIRECTORY = directory()


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    """Versions of a few calls and messages, as the fold writes them one after the other.

    They cross midnight, move to another day, become parts of other calls, gain and lose legs:
    small ranges on purpose, so that versions meet on the same day and in the same interval.
    """
    versions: list[Record] = []
    revision: dict[str, int] = {}
    for _ in range(draw(st.integers(1, 7))):
        name = draw(st.sampled_from(["c1", "c2", "c3", "m1"]))
        revision[name] = revision.get(name, 0) + 1
        at = NOON + timedelta(hours=12 * draw(st.integers(0, 3)), minutes=20 * draw(st.integers(0, 1)))
        common: dict[str, Any] = {
            "user": draw(st.sampled_from([ANNA, Party()])),
            "direction": draw(st.sampled_from([Direction.INBOUND, Direction.OUTBOUND])),
            "revision": revision[name],
        }
        if name == "m1":
            versions.append(message(name, at, status=draw(st.sampled_from(MessageStatus)), **common))
            continue
        missed = draw(st.booleans())
        legs = draw(st.integers(0, 2))
        versions.append(
            call(
                name,
                at,
                part_of=draw(st.sampled_from(["", "", "line:c9"])),
                outcome=Outcome.NO_ANSWER if missed else Outcome.ANSWERED,
                missed_reason=draw(st.sampled_from(MissedReason)) if missed else None,
                legs=tuple(Leg(leg_id=f"L{n}", party=ANNA, ringing_at=at) for n in range(legs)),
                **common,
            )
        )
    return versions


def content(objects: MemoryObjects) -> dict[str, bytes]:
    """The objects that hold rows. A day that once held some may keep an object without any."""
    tables = {table.name: table for table in TABLES}
    return {key: body for key, body in objects.bodies.items() if len(from_parquet(tables[key.partition("/")[0]], body))}


def at_once(versions: list[Record]) -> dict[str, bytes]:
    """The lake of a company that rolls up once, in the end."""
    last = {subject(version).key: version for version in versions}
    records, objects = MemoryRecords(), MemoryObjects()
    store(records, *last.values())
    run(records, objects)
    return content(objects)


def run(records: Any, objects: Any, batch: int = 100) -> None:
    done = rollup(
        "acme", records=records, lake=ObjectLake(objects), directory=DIRECTORY, clock=lambda: NOON, batch=batch
    )
    assert done.complete


@given(histories(), st.lists(st.integers(0, 7)), st.integers(1, 3))
def test_any_batching_gives_the_same_bytes(versions: list[Record], rolled_up_after: list[int], batch: int) -> None:
    records, objects = MemoryRecords(), MemoryObjects()
    for number, version in enumerate(versions):
        store(records, version)
        if number in rolled_up_after:
            run(records, objects, batch)
    run(records, objects, batch)

    assert content(objects) == at_once(versions)
    assert not records.dirt


@given(histories(), st.integers(1, 40), st.integers(0, 7))
def test_a_crash_at_any_store_call_is_made_good(versions: list[Record], crash_at: int, first: int) -> None:
    records, objects = MemoryRecords(), MemoryObjects()
    store(records, *versions[:first])

    def crashing(turn: Turn) -> None:
        run(turn(records), turn(objects))

    Turns(iter(()), {0: crash_at}).run([crashing])
    store(records, *versions[first:])
    Turns(iter(()), {0: crash_at // 2}).run([crashing])
    run(records, objects)

    assert content(objects) == at_once(versions)


@given(histories(), st.lists(st.integers(0, 2), max_size=120))
def test_roll_ups_at_once_while_the_fold_goes_on_converge(versions: list[Record], order: list[int]) -> None:
    records, objects = MemoryRecords(), MemoryObjects()

    def folding(turn: Turn) -> None:
        store(turn(records), *versions)

    def rolling(turn: Turn) -> None:
        rollup("acme", records=turn(records), lake=ObjectLake(turn(objects)), directory=DIRECTORY, clock=lambda: NOON)

    Turns(iter(order)).run([folding, rolling, rolling])
    run(records, objects)

    assert content(objects) == at_once(versions)


@given(histories(), st.lists(st.integers(0, 2), max_size=120), st.integers(1, 60))
def test_a_crash_in_the_middle_of_a_race_is_made_good(versions: list[Record], order: list[int], crash_at: int) -> None:
    records, objects = MemoryRecords(), MemoryObjects()

    def folding(turn: Turn) -> None:
        store(turn(records), *versions)

    def rolling(turn: Turn) -> None:
        rollup("acme", records=turn(records), lake=ObjectLake(turn(objects)), directory=DIRECTORY, clock=lambda: NOON)

    Turns(iter(order), {1: crash_at}).run([folding, rolling, rolling])
    run(records, objects)

    assert content(objects) == at_once(versions)
