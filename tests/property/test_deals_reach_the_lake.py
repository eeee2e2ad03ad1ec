"""Deals and calls tell of each other in the lake, whatever comes first, and whatever a roll-up that died had done."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.errors import Unavailable
from ringlake.flows.rollup import rollup
from ringlake.model.calls import CallRecord, Leg, Party
from ringlake.model.deals import DealState
from ringlake.model.tables import CALLS, DEALS
from ringlake.stores.lake import ObjectLake
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords, Record
from tests.unit.lake.making import ANNA, NOON, beside, call, deal, directory, store, subject

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def a_call(name: str, part_of: str, user: str, late: int, twin: bool) -> CallRecord:
    """`twin` is the same call as c1, told better by another connection."""
    found = call(
        name, at=NOON + late * DAY, party_key="p1", remote_number="+48600000001", part_of=part_of,
        user=Party(user_id=user), team_id=f"t-{user}",
    )  # fmt: skip
    if not twin:
        return found
    legs = (Leg(leg_id="L1", party=ANNA), Leg(leg_id="L2", party=ANNA))
    return msgspec.structs.replace(found, record_id=f"pbx:{name}", connection="pbx", legs=legs, part_of="")


CHANGES = st.lists(
    st.one_of(
        st.builds(
            a_call,
            st.sampled_from(["c1", "c2"]),
            st.sampled_from(["", "", "c3"]),
            st.sampled_from(["u1", "u2"]),
            st.sampled_from([0, 0, 1]),
            st.just(False),
        ),
        st.builds(a_call, st.sampled_from(["c3", "x1"]), st.just(""), st.just("u3"), st.just(0), st.booleans()),
        st.builds(
            lambda name, named, state, late: deal(
                name,
                at=NOON + late * DAY,
                call=named,
                state=state,
                ordered_at=NOON + 9 * DAY if state is DealState.ORDERED else None,
            ),
            st.sampled_from(["d1", "d2"]),
            st.sampled_from(["line:c1", "line:c2", "line:never", ""]),
            st.sampled_from(list(DealState)),
            st.sampled_from([0, 1, 1]),
        ),
    ),
    min_size=1,
    max_size=8,
)
# After each change: no roll-up, a whole one, or one that dies at its n-th call of a store.
RUNS = st.lists(st.one_of(st.none(), st.just(-1), st.integers(0, 60)), min_size=8, max_size=8)


class Mortal:
    """A store that is not there any more from its n-th call on."""

    def __init__(self, store: Any, left: list[int]) -> None:
        self._store, self._left = store, left

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def called(*arguments: Any, **options: Any) -> Any:
            self._left[0] -= 1
            if self._left[0] == 0:
                raise Unavailable("gone")
            return method(*arguments, **options)

        return called


class Company:
    def __init__(self) -> None:
        self.records, self.objects, self.beside = MemoryRecords(), MemoryObjects(), beside()
        self.directory = directory()

    def put(self, record: Record) -> None:
        """The next version of the same subject."""
        known = self.records.load(subject(record)).record
        store(self.records, msgspec.structs.replace(record, revision=known.revision + 1 if known else 1))

    def roll_up(self, dies_at: int = -1) -> None:
        left = [dies_at + 1 if dies_at >= 0 else -1]
        done = rollup(
            "acme",
            records=Mortal(self.records, left),
            lake=ObjectLake(Mortal(self.objects, left)),
            directory=self.directory,
            clock=lambda: NOON + 20 * DAY,
            **self.beside,
        )
        assert done.complete

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        lake = ObjectLake(self.objects)
        return {
            f"{table.name} {day}": rows
            for table in (CALLS, DEALS)
            for day in lake.days(table, "acme")
            if (rows := lake.read(table, "acme", day).rows.drop(["revision"]).to_pylist())
        }


@settings(max_examples=max(20, settings().max_examples))
@given(CHANGES, RUNS)
def test_by_and_by_and_at_once_the_lake_says_the_same(changes: list[Record], runs: list[int | None]) -> None:
    by_and_by, at_once = Company(), Company()
    for change, run in zip(changes, runs, strict=False):
        by_and_by.put(change)
        if run is not None:
            with contextlib.suppress(Unavailable):
                by_and_by.roll_up(run)
    by_and_by.roll_up()
    assert by_and_by.records.dirt == set()

    latest = {(type(change), change.record_id): change for change in changes}
    for change in latest.values():
        at_once.put(change)
    at_once.roll_up()

    assert by_and_by.rows() == at_once.rows()
    # What a deal says of its call, that call says of its deals.
    told = [row for key, rows in by_and_by.rows().items() if key.startswith("deals") for row in rows]
    for key, rows in by_and_by.rows().items():
        for row in rows if key.startswith("calls") else ():
            mine = [one for one in told if one["call_id"] == row["record_id"]]
            assert (row["deals"], row["is_sale"]) == (len(mine), int(any(one["is_order"] for one in mine)))
