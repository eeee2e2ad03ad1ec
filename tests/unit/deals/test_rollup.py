"""Deals in the lake, step by step: what call, customer and deal tell of each other."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ringlake.flows.deals import homes, subject_key
from ringlake.flows.rollup import RolledUp, rollup
from ringlake.model.calls import CallRecord, Leg, Outcome, Party
from ringlake.model.consequences import Consequences
from ringlake.model.contacts import Contact
from ringlake.model.deals import DealRecord, DealState
from ringlake.model.facts import Direction
from ringlake.model.marks import Marks
from ringlake.model.money import Money
from ringlake.model.subjects import SubjectKind
from ringlake.model.tables import CALLS, DEALS
from ringlake.stores.lake import ObjectLake, memory_lake
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords, Record
from tests.scenarios.rendering import deliveries
from tests.scenarios.tables import scenarios
from tests.scenarios.world import House, directory_of, store_of
from tests.unit.lake.making import ANNA, NOON, WORKSPACE, beside, call, deal, directory, store

DAY = timedelta(days=1)
CUSTOMER: dict[str, Any] = {"remote_number": "+48600000001", "party_key": "p1"}


class Company:
    """A workspace on in-memory stores."""

    def __init__(self) -> None:
        self.records, self.objects = MemoryRecords(), MemoryObjects()
        self.beside = beside()
        self.directory = directory()
        self.lake = ObjectLake(self.objects)
        self.now = NOON + DAY

    def put(self, *changed: Record) -> None:
        store(self.records, *changed)

    def run(self) -> RolledUp:
        done = rollup(
            "acme",
            records=self.records,
            lake=self.lake,
            directory=self.directory,
            clock=lambda: self.now,
            **self.beside,
        )
        assert done.complete
        assert self.records.dirt == set()
        return done

    def deals(self) -> list[dict[str, Any]]:
        return [
            row for day in self.lake.days(DEALS, "acme") for row in self.lake.read(DEALS, "acme", day).rows.to_pylist()
        ]

    def deal(self) -> dict[str, Any]:
        (row,) = self.deals()
        return row

    def calls(self) -> dict[str, tuple[int, int]]:
        """Number of deals and whether it is a sale, by call."""
        return {
            row["record_id"]: (row["deals"], row["is_sale"])
            for day in self.lake.days(CALLS, "acme")
            for row in self.lake.read(CALLS, "acme", day).rows.to_pylist()
        }


@pytest.fixture
def company() -> Company:
    return Company()


def ordered(**fields: Any) -> DealRecord:
    told: dict[str, Any] = {"state": DealState.ORDERED, "ordered_at": NOON + DAY, "revision": 2}
    return deal(**(told | fields))


def test_a_deal_shows_its_calls_customer_number_and_people(company: Company) -> None:
    company.put(call("c1", team_id="t1", queue="Sales", **CUSTOMER), deal())
    company.run()

    row = company.deal()
    assert (row["call_id"], row["party_key"], row["remote_number"]) == ("line:c1", "p1", "+48600000001")
    assert (row["user_id"], row["team_id"], row["queue"], row["direction"]) == ("u-anna", "t1", "Sales", "inbound")
    assert (row["amount"], row["currency"], row["brand"]) == (Decimal("120.5000"), "EUR", "Bosch")
    assert (row["is_quote"], row["is_order"], row["is_converted"], row["is_lost"]) == (1, 0, 0, 0)
    assert company.calls() == {"line:c1": (1, 0)}


def test_whoever_made_the_deal_owns_it_and_not_whoever_had_the_call(company: Company) -> None:
    company.put(call("c1", **CUSTOMER), deal(user=Party(user_id="u-boris", name="Boris")))
    company.run()

    assert company.deal()["user_id"] == "u-boris"


def test_a_deal_may_come_before_its_call_and_learns_of_it(company: Company) -> None:
    company.put(deal(at=NOON + DAY))
    company.run()
    assert (company.deal()["call_id"], company.deal()["call_started_at"]) == ("line:c1", None)

    company.put(call("c1", **CUSTOMER))
    company.run()
    assert (company.deal()["party_key"], company.calls()) == ("p1", {"line:c1": (1, 0)})


def test_an_order_makes_its_call_a_sale_and_a_lost_one_takes_that_back(company: Company) -> None:
    company.put(call("c1", **CUSTOMER), deal())
    company.run()
    company.put(ordered())
    company.run()
    assert company.calls() == {"line:c1": (1, 1)}
    assert (company.deal()["is_converted"], company.deal()["order_s"]) == (1, 86_400)

    company.put(deal(state=DealState.LOST, lost_at=NOON + DAY, revision=3))
    company.run()
    assert (company.calls(), company.deal()["is_lost"]) == ({"line:c1": (1, 0)}, 1)


def test_a_change_of_the_call_reaches_its_deal_on_another_day(company: Company) -> None:
    company.put(call("c1", **CUSTOMER), deal(at=NOON + 2 * DAY))
    company.run()
    company.put(call("c1", user=Party(user_id="u-celia", name="Celia"), team_id="t2", revision=9, **CUSTOMER))
    company.run()

    assert (company.deal()["user_id"], company.deal()["team_id"]) == ("u-celia", "t2")


def test_a_deal_that_names_another_call_leaves_the_first(company: Company) -> None:
    company.put(call("c1", **CUSTOMER), call("c2", at=NOON + DAY, **CUSTOMER), ordered())
    company.run()
    assert company.calls() == {"line:c1": (1, 1), "line:c2": (0, 0)}

    company.put(ordered(call="line:c2", revision=3))
    company.run()
    assert company.calls() == {"line:c1": (0, 0), "line:c2": (1, 1)}


def test_a_deal_of_a_part_belongs_to_the_whole_call(company: Company) -> None:
    """demands.md D20: what becomes a part of another call takes its deals there."""
    company.put(call("c1", **CUSTOMER), call("c2", **CUSTOMER), ordered())
    company.run()
    company.put(call("c1", part_of="c2", revision=9, **CUSTOMER))
    company.run()

    assert company.calls() == {"line:c2": (1, 1)}
    assert company.deal()["call_id"] == "line:c2"


def test_a_deal_of_a_consultation_belongs_to_the_call_that_was_folded_with_it() -> None:
    """What the fold itself wrote of a family, from the provider's own deliveries."""
    scenario = next(one for one in scenarios() if one.name == "attended_transfer_with_consultation")
    house, lake = House(store_of(directory_of(scenario))), memory_lake()
    for delivery, at in deliveries(scenario):
        house.receive(delivery, scenario.provider, at)
    house.fold(list(house.journal.items))
    told = [row.record for row in house.records.rows.values() if isinstance(row.record, CallRecord)]
    (whole,) = (one for one in told if not one.part_of)
    parts = [one for one in told if one.part_of]
    assert parts

    for one in parts:
        store(house.records, of_workspace(ordered(id=f"d-{one.provider_id}", call=one.record_id), whole.workspace))
    known = {one.record_id: one for one in parts}
    found = homes(whole.workspace, house.records, known)
    assert {name: row.record and row.record.record_id for name, row in found.items()} == dict.fromkeys(
        known, whole.record_id
    )

    stores: dict[str, Any] = {"records": house.records, "directory": house.directory, **beside()}
    rollup(whole.workspace, lake=lake, clock=lambda: house.now, **stores)
    rows = [
        r for day in lake.days(DEALS, whole.workspace) for r in lake.read(DEALS, whole.workspace, day).rows.to_pylist()
    ]
    assert [row["call_id"] for row in rows] == [whole.record_id] * len(parts)
    (row,) = lake.read(CALLS, whole.workspace, whole.started_at.date().isoformat()).rows.to_pylist()
    assert (row["deals"], row["is_sale"]) == (len(parts), 1)


def of_workspace(record: DealRecord, workspace: str) -> DealRecord:
    return msgspec.structs.replace(record, workspace=workspace)


def test_a_deal_of_a_twin_belongs_to_the_call_that_stays(company: Company) -> None:
    """demands.md D23: two connections tell of the same call."""
    legs = (Leg(leg_id="L1", party=ANNA), Leg(leg_id="L2", party=ANNA))
    company.put(call("c1", **CUSTOMER), ordered())
    company.run()
    company.put(msgspec.structs.replace(call("x1", legs=legs, **CUSTOMER), record_id="pbx:x1", connection="pbx"))
    company.run()

    assert company.calls() == {"pbx:x1": (1, 1)}
    assert company.deal()["call_id"] == "pbx:x1"


def test_a_deal_whose_quote_moves_changes_its_day(company: Company) -> None:
    company.put(call("c1", **CUSTOMER), deal(at=NOON + DAY))
    company.run()
    company.put(deal(at=NOON, revision=2))
    company.run()

    assert [row["started_at"] for row in company.deals()] == [NOON.replace(tzinfo=None)]
    assert company.calls() == {"line:c1": (1, 0)}


def test_a_person_decides_against_order_and_disposition(company: Company) -> None:
    """features.md N28, N15: a mark wins."""
    company.put(call("c1", classifier="Sale", **CUSTOMER), call("c2", classifier="SALE", **CUSTOMER), ordered())
    said = Marks(record_id="line:c1", success=False, updated_at=NOON, updated_by="u-anna")
    company.beside["marks"].put("acme", said, None)
    company.records.mark("acme", [subject_key("acme", SubjectKind.CALL, "line:c1")])
    company.run()

    assert company.calls() == {"line:c1": (1, 0), "line:c2": (0, 1)}


def test_a_deal_without_a_call_shows_the_customer_that_its_sender_names(company: Company) -> None:
    known = Contact(id="pbx:k1", name="Maria", numbers=("+48600000009",), party_keys=("p9",), updated_at=NOON)
    company.beside["contacts"].put("acme", known)
    company.put(deal(call="", contact_id="pbx:k1"))
    company.run()

    row = company.deal()
    assert (row["remote_name"], row["remote_number"], row["party_key"]) == ("Maria", "+48600000009", "p9")
    assert (row["remote_country"], row["call_id"], row["unattributed"]) == ("PL", "", "nobody")


def test_an_order_whose_quote_nobody_told_is_in_no_cohort(company: Company) -> None:
    company.put(ordered(quoted_at=None))
    company.run()

    row = company.deal()
    assert (row["is_quote"], row["is_order"], row["is_converted"], row["order_s"]) == (0, 1, 0, None)


def test_an_absurd_amount_is_unknown_and_keeps_nothing_else_out(company: Company) -> None:
    company.put(deal(amount=Money(amount=Decimal(10) ** 11, currency="EUR")))
    company.run()

    assert (company.deal()["amount"], company.deal()["currency"]) == (None, "")


def test_a_second_run_writes_nothing(company: Company) -> None:
    company.put(call("c1", **CUSTOMER), ordered())
    company.run()
    before = dict(company.objects.bodies)
    for row in list(company.records.rows):
        company.records.dirt.add(row)
    done = company.run()

    assert (done.objects, company.objects.bodies) == (0, before)


def test_calls_without_deals_cost_nothing_more(company: Company) -> None:
    company.put(call("c1", outcome=Outcome.NO_ANSWER, direction=Direction.OUTBOUND, **CUSTOMER))
    company.run()

    assert (list(company.lake.days(DEALS, "acme")), WORKSPACE.sale_dispositions) == ([], ("sale",))
    assert all(row.consequences == Consequences() or row.deals == () for row in company.records.rows.values())
