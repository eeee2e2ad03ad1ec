"""Mapping an account changes history: from the row that nobody owned to the row of its owner (demands.md D24)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from ringlake.flows.refolding import SETTLED, Refolded, work_off
from ringlake.flows.rollup import rollup
from ringlake.flows.unmapped import unmapped
from ringlake.model.directory import Account, CallSource, Directory, Number
from ringlake.model.refolds import Refold
from ringlake.model.tables import CALLS, LEGS
from ringlake.stores.lake import memory_lake
from ringlake.stores.refolds import MemoryRefolds
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import Scenario, scenarios
from tests.scenarios.world import WORKSPACE, House, directory_of, store_of
from tests.unit.lake.making import beside

BY_NAME = {s.name: s for s in scenarios()}
TODAY = date(2026, 9, 14)


class Company:
    """Everything from the door to the lake, on in-memory stores, with the stream played by hand."""

    def __init__(self, scenario: Scenario) -> None:
        self.house = House(store_of(directory_of(scenario)))
        self.lake, self.refolds, self._beside = memory_lake(), MemoryRefolds(), beside()
        for delivery, at in deliveries(scenario):
            self.house.receive(delivery, scenario.provider, at)
        self.house.fold(list(self.house.journal.items))
        self.roll_up()

    def roll_up(self) -> None:
        rollup(
            WORKSPACE,
            records=self.house.records,
            lake=self.lake,
            directory=self.house.directory,
            clock=self.house.clock,
            **self._beside,
        )

    def minutes_later(self, minutes: int) -> None:
        self.house.now += timedelta(minutes=minutes)
        self.roll_up()

    def work_off(self) -> Refolded:
        found = work_off(
            WORKSPACE,
            refolds=self.refolds,
            lake=self.lake,
            journal=self.house.journal,
            directory=self.house.directory,
            mark=self.house.records.mark,
            clock=self.house.clock,
            until=self.house.now + timedelta(seconds=30),
        )
        rung, self.house.journal.rung = list(self.house.journal.rung), {}
        self.house.fold(rung)
        self.roll_up()
        return found

    @property
    def directory(self) -> Directory:
        return self.house.directory.load(WORKSPACE)

    def rows(self) -> list[dict[str, Any]]:
        return self.lake.read(CALLS, WORKSPACE, TODAY.isoformat()).rows.to_pylist()


def test_a_mapped_account_owns_its_history_some_minutes_later() -> None:
    company = Company(BY_NAME["agent_not_mapped"])
    (stranger,) = unmapped(company.directory, company.lake, TODAY).accounts
    assert {row["unattributed"] for row in company.rows()} == {"unmapped"}

    anna = next(u for u in company.directory.users if u.id == "u-anna")
    mapped = Account(connection=stranger.connection, id=stranger.account)
    company.house.directory.put_user(WORKSPACE, msgspec.structs.replace(anna, accounts=(*anna.accounts, mapped)))
    asked = company.house.now
    company.refolds.ask(
        WORKSPACE,
        Refold(id="r", requested_at=asked, connection=stranger.connection, accounts=(stranger.account,)),
    )
    assert unmapped(company.directory, company.lake, TODAY).accounts == ()
    assert company.work_off() == Refolded(waiting=1)

    company.minutes_later(2)
    assert company.house.now - asked > SETTLED
    assert company.work_off() == Refolded(done=1, rung=1)
    assert [(row["user_id"], row["unattributed"]) for row in company.rows()] == [("u-anna", "")]
    assert company.work_off() == Refolded()


def test_a_number_that_is_added_names_the_calls_that_it_served() -> None:
    company = Company(BY_NAME["unknown_line"])
    (unknown,) = unmapped(company.directory, company.lake, TODAY).numbers
    assert unknown.number == "+48221239999"
    company.house.directory.put_source(WORKSPACE, CallSource(id="s", name="Fair"))
    company.house.directory.put_number(
        WORKSPACE, Number(id="n-fair", e164=unknown.number, name="Fair line", team="t-sales", source="s")
    )
    company.refolds.ask(WORKSPACE, Refold(id="r", requested_at=company.house.now, numbers=(unknown.number,)))
    company.minutes_later(2)
    assert company.work_off() == Refolded(done=1, rung=1)
    (row,) = company.rows()
    shown = row["business_number_id"], row["business_number_name"], row["team_id"], row["source"]
    assert shown == ("n-fair", "Fair line", "t-sales", "Fair")


def test_another_zone_writes_rows_again_although_no_record_changes() -> None:
    company = Company(BY_NAME["answered_inbound"])
    assert [row["local_hour"] for row in company.rows()] == [11]
    settings = company.house.directory.settings(WORKSPACE)
    company.house.directory.put_workspace(msgspec.structs.replace(settings, zone="Asia/Kathmandu"))
    company.refolds.ask(WORKSPACE, Refold(id="settings", requested_at=company.house.now, everything=True))
    before = {key: row.record for key, row in company.house.records.rows.items()}
    company.minutes_later(2)
    assert company.work_off() == Refolded(done=1, rung=1)
    assert {key: row.record for key, row in company.house.records.rows.items()} == before
    assert [(row["local_hour"], row["zone"]) for row in company.rows()] == [(14, "Asia/Kathmandu")]


def test_a_spam_entry_changes_the_reason_of_old_misses() -> None:
    company = Company(BY_NAME["missed_without_voicemail"])
    (row,) = company.rows()
    assert (row["missed_reason"], row["is_missed"]) == ("rang_no_answer", 1)
    lists = msgspec.structs.replace(company.directory.lists, spam=(row["remote_number"],))
    company.house.directory.put_lists(WORKSPACE, lists)
    company.refolds.ask(WORKSPACE, Refold(id="r", requested_at=company.house.now, numbers=(row["remote_number"],)))
    company.minutes_later(2)
    company.work_off()
    (row,) = company.rows()
    assert (row["missed_reason"], row["is_missed"]) == ("spam", 0)


def map_to_anna(company: Company, account: str) -> None:
    anna = next(u for u in company.directory.users if u.id == "u-anna")
    accounts = (*anna.accounts, Account(connection="pbx", id=account))
    company.house.directory.put_user(WORKSPACE, msgspec.structs.replace(anna, accounts=accounts))
    company.refolds.ask(
        WORKSPACE,
        Refold(id="r", requested_at=company.house.now, connection="pbx", accounts=(account,)),
    )
    company.minutes_later(2)
    assert company.work_off().done == 1


def test_history_whose_events_have_expired_is_mapped_too() -> None:
    """The record keeps the facts that it was made from (the seal)."""
    company = Company(BY_NAME["agent_not_mapped"])
    company.house.journal.items.clear()
    map_to_anna(company, "ext-55")
    assert [(row["user_id"], row["unattributed"]) for row in company.rows()] == [("u-anna", "")]
    (record,) = (row.record for row in company.house.records.rows.values())
    assert getattr(record, "sealed", False)


def test_who_was_only_rung_by_a_part_of_a_call_is_mapped_too() -> None:
    """The row is the call's, the leg that of a part with an id of its own."""
    company = Company(BY_NAME["parallel_parts"])
    boris = next(u for u in company.directory.users if u.id == "u-boris")
    kept = tuple(a for a in boris.accounts if a.id != "boris")
    company.house.directory.put_user(WORKSPACE, msgspec.structs.replace(boris, accounts=kept))
    company.house.fold(list(company.house.journal.items))
    company.roll_up()
    (stranger,) = unmapped(company.directory, company.lake, TODAY).accounts
    assert (stranger.account, stranger.records) == ("boris", 1)

    map_to_anna(company, "boris")
    (row,) = company.rows()
    assert row["user_id"] == "u-anna"
    legs = company.lake.read(LEGS, WORKSPACE, TODAY.isoformat()).rows.to_pylist()
    assert {leg["user_id"] for leg in legs if leg["row_kind"] == "leg"} == {"u-anna"}
