"""Accounts and numbers that providers name and the directory does not know."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ringlake.flows.rollup import rollup
from ringlake.flows.unmapped import MOST_LISTED, Stranger, unmapped
from ringlake.model.calls import CallRecord, Leg, Party
from ringlake.model.directory import Account, Directory, Number, User
from ringlake.model.messages import MessageRecord
from ringlake.stores.lake import Lake, memory_lake
from ringlake.stores.records import MemoryRecords
from tests.unit.lake.making import NOON, WORKSPACE, beside, call, directory, message, store

TODAY = date(2026, 3, 5)
KIM = Party(name="Kim", account="107")
DIRECTORY = Directory(
    workspace=WORKSPACE,
    users=(User(id="u1", email="a@acme.example", name="A", accounts=(Account(connection="line", id="US1"),)),),
    numbers=(Number(id="n1", e164="+48220000001"),),
)


def lake_of(*records: CallRecord | MessageRecord) -> Lake:
    kept, lake = MemoryRecords(), memory_lake()
    store(kept, *records)
    rollup("acme", records=kept, lake=lake, directory=directory(), clock=lambda: NOON + timedelta(days=2), **beside())
    return lake


def unknown(**more: Any) -> dict[str, Any]:
    return {"user": KIM, "unattributed": "unmapped", "business_number_id": "n1", **more}


def test_an_account_without_a_user_is_listed_once_with_its_latest_example() -> None:
    lake = lake_of(
        call("c1", **unknown()),
        call("c2", NOON + timedelta(days=1), **unknown(user=Party(account="107"))),
        message("m1", **unknown()),
        call("c3", business_number_id="n1"),
    )
    found = unmapped(DIRECTORY, lake, TODAY)
    assert found.numbers == ()
    assert found.accounts == (
        Stranger(
            connection="line",
            account="107",
            name="Kim",
            records=3,
            first_seen=NOON,
            last_seen=NOON + timedelta(days=1),
            example="line:c2",
            drill={
                "from": "2026-03-03",
                "to": "2026-03-06",
                "include_internal": True,
                "record_ids": ["line:c1", "line:c2", "line:m1"],
            },
        ),
    )


@pytest.mark.parametrize(("count", "listed"), [(MOST_LISTED, True), (MOST_LISTED + 1, False)])
def test_more_calls_than_an_address_holds_are_counted_and_not_listed(count: int, listed: bool) -> None:
    lake = lake_of(*(call(f"c{n}", **unknown()) for n in range(count)))
    (kim,) = unmapped(DIRECTORY, lake, TODAY).accounts
    assert kim.records == count
    assert (kim.drill is not None) is listed


def test_who_was_only_rung_is_listed_too_and_counts_a_call_once() -> None:
    rung = [
        Leg(leg_id="l1", party=KIM, ringing_at=NOON),
        Leg(leg_id="l2", party=KIM, answered_at=NOON + timedelta(seconds=5)),
        Leg(leg_id="l3", party=Party(account="US1", user_id="u1"), ringing_at=NOON),
    ]
    lake = lake_of(call("c1", business_number_id="n1", unattributed="group_call", user=Party(), legs=tuple(rung)))
    (kim,) = unmapped(DIRECTORY, lake, TODAY).accounts
    assert (kim.account, kim.records, kim.last_seen) == ("107", 1, NOON + timedelta(seconds=5))


def test_a_number_of_ours_that_the_directory_does_not_know_is_listed() -> None:
    lake = lake_of(
        call("c1", business_number="+48220000009", business_number_name="Old line"),
        message("m1", business_number="+48220000009"),
        call("c2", business_number=""),
        call("c3", business_number="107"),
    )
    (number,) = unmapped(DIRECTORY, lake, TODAY).numbers
    assert (number.connection, number.number, number.name, number.records) == ("line", "+48220000009", "Old line", 2)
    assert number.account == ""


def test_a_number_that_the_provider_names_by_its_own_id_is_listed_by_it() -> None:
    lake = lake_of(
        call("c1", business_number="", business_number_ref="PN1", business_number_name="Support"),
        message("m1", business_number="", business_number_ref="PN1"),
        call("c2", business_number="+48220000009", business_number_ref="PN2"),
    )
    by_id, both = unmapped(DIRECTORY, lake, TODAY).numbers
    assert (by_id.number, by_id.ref, by_id.name, by_id.records) == ("", "PN1", "Support", 2)
    assert (both.number, both.ref) == ("+48220000009", "PN2")
    known = Number(id="n2", e164="+48220000002", provider_ids=("PN1", "PN2"))
    mapped = msgspec.structs.replace(DIRECTORY, numbers=(known,))
    assert unmapped(mapped, lake, TODAY).numbers == ()


def test_what_was_mapped_since_is_gone_before_its_rows_are_folded_again() -> None:
    lake = lake_of(call("c1", **unknown(business_number_id="", business_number="+48220000009")))
    mapped = msgspec.structs.replace(
        DIRECTORY,
        users=(User(id="u2", email="", name="", accounts=(Account(connection="line", id="107"),)),),
        numbers=(Number(id="n9", e164="+48220000009"),),
    )
    assert unmapped(mapped, lake, TODAY).accounts == ()
    assert unmapped(mapped, lake, TODAY).numbers == ()
    elsewhere = msgspec.structs.replace(
        mapped, users=(User(id="u2", email="", name="", accounts=(Account(connection="other", id="107"),)),)
    )
    assert len(unmapped(elsewhere, lake, TODAY).accounts) == 1


def test_only_the_days_asked_for_are_read_and_the_most_frequent_comes_first() -> None:
    old = datetime(2026, 1, 5, 9, tzinfo=UTC)
    lake = lake_of(
        call("c1", **unknown()),
        call("c2", **unknown(user=Party(account="200"))),
        call("c3", **unknown(user=Party(account="200"))),
        call("c4", old, **unknown(user=Party(account="300"))),
    )
    assert [s.account for s in unmapped(DIRECTORY, lake, TODAY).accounts] == ["200", "107"]
    assert [s.account for s in unmapped(DIRECTORY, lake, TODAY, days=90).accounts] == ["200", "107", "300"]
    assert unmapped(DIRECTORY, memory_lake(), TODAY).accounts == ()
