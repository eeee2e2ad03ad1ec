"""Tariffs, rating again and exchange rates, from the door to the rows of the lake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound, Taken
from ringlake.flows.directory import Offices, Stores
from ringlake.flows.money.exchange import ExchangeRates
from ringlake.flows.money.ratings import DifferencesQuery, Ratings
from ringlake.model.directory import Role, User
from ringlake.model.tables import CALLS, CHARGES, MESSAGES
from ringlake.stores.arrivals import MemoryArrivals
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.identities import MemoryIdentities
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.saved import MemorySavedReports
from ringlake.stores.vault import MemoryVault
from tests.scenarios.tables import Scenario, scenarios
from tests.scenarios.world import WORKSPACE
from tests.unit.lake.test_mapping import TODAY, Company

BY_NAME = {s.name: s for s in scenarios()}
OWNER = Principal(workspace=WORKSPACE, user=User(id="o", email="o@example.com", name="O", role=Role.OWNER))
DAY = TODAY.isoformat()


class Office(Company):
    """A company, with what its owner does about money."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario)
        self.stores = Stores(
            directory=self.house.directory,
            contacts=MemoryContacts(),
            marks=MemoryMarks(),
            records=self.house.records,
            journal=self.house.journal,
            arrivals=MemoryArrivals(),
            refolds=self.refolds,
            saved=MemorySavedReports(),
            lake=self.lake,
            vault=MemoryVault(),
            identities=MemoryIdentities(),
            public_url="https://ringlake.example.com",
        )
        self.tariffs, self.ratings = Offices(self.stores).tariffs, Ratings(self.stores)
        self.exchange = ExchangeRates(self.stores)

    def settle(self) -> None:
        """Minutes pass, and what was asked for is done."""
        self.minutes_later(3)
        self.work_off()

    def tariff(self, per_minute: str, **body: Any) -> None:
        """The tariff of the scenario with another price of a minute for +48 60..., 0.02 a connection, by 30 seconds."""
        rates = [{"prefix": "4860", "connect_fee": "0.02", "per_minute": per_minute, "increment_s": 30}]
        wanted = {"name": "call", "currency": "EUR", "rates": rates, **body}
        self.tariffs.put(OWNER, "call", wanted, "*", self.house.now)
        self.settle()

    def rate(self, **body: Any) -> None:
        asked = {"reason": "wrong price of a minute", "since": "2026-09-14T00:00:00Z", "until": "2026-09-15T00:00:00Z"}
        self.house.now = max(self.house.now, datetime(2026, 9, 15, 1, tzinfo=UTC))
        self.ratings.order(OWNER, {**asked, **body}, self.house.now)
        self.settle()

    def cost(self, table: Any = CALLS) -> tuple[str, str]:
        (row,) = self.lake.read(table, WORKSPACE, DAY).rows.to_pylist()
        return str(row["cost_amount"]), str(row["home_amount"])

    def charges(self) -> list[tuple[Any, ...]]:
        rows = self.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
        return [(r["rating"], r["tariff_version"], str(r["cost_amount"]), r["is_current"]) for r in rows]


@pytest.fixture
def office() -> Office:
    return Office(BY_NAME["rated_by_tariff"])


def test_a_charge_says_how_it_came_about(office: Office) -> None:
    (row,) = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()

    assert {name: row[name] for name in (
        "record_id", "unit", "channel", "number", "destination_country", "prefix", "tariff_id", "tariff_version",
        "connect_fee", "per_minute", "increment_s", "billable_s", "charged_s", "cost_amount", "cost_source", "unpriced",
        "is_charge", "is_call", "user_id",
    )} == {
        "record_id": "pbx:c-1", "unit": "c-1", "channel": "call", "number": "+48600100200", "destination_country": "PL",
        "prefix": "4860", "tariff_id": "call", "tariff_version": 1, "connect_fee": Decimal("0.02"),
        "per_minute": Decimal("0.12"), "increment_s": 30, "billable_s": 61, "charged_s": 90,
        "cost_amount": Decimal("0.2"), "cost_source": "tariff", "unpriced": "", "is_charge": 1, "is_call": 1,
        "user_id": "u-boris",
    }  # fmt: skip


def test_a_changed_tariff_leaves_the_past_until_somebody_orders_a_rating(office: Office) -> None:
    office.tariff("0.60")
    assert office.charges() == [(0, 1, "0.2000", 1)]

    office.rate()
    assert office.charges() == [(0, 1, "0.2000", 0), (1, 2, "0.9200", 1)]
    assert office.cost()[0] == "0.9200"

    office.tariff("0.06")
    office.rate(reason="it was wrong again")
    assert office.charges() == [(0, 1, "0.2000", 0), (1, 2, "0.9200", 0), (2, 3, "0.1100", 1)]
    assert office.cost()[0] == "0.1100"
    first = office.ratings.show(OWNER, "1", DifferencesQuery())
    assert [(d.before, d.after, d.change) for d in first.differences] == [
        (Decimal("0.2"), Decimal("0.92"), Decimal("0.72"))
    ]
    assert [
        (s.currency, s.before, s.after, s.change) for s in office.ratings.show(OWNER, "2", DifferencesQuery()).sums
    ] == [("EUR", Decimal("0.92"), Decimal("0.11"), Decimal("-0.81"))]
    assert [(one.number, one.reason, one.working) for one in office.ratings.all(OWNER).ratings] == [
        (2, "it was wrong again", False), (1, "wrong price of a minute", False),
    ]  # fmt: skip


def test_folding_everything_again_gives_the_same_charges(office: Office) -> None:
    office.tariff("0.60")
    office.rate()
    office.tariff("0.06")
    before = office.lake.read(CHARGES, WORKSPACE, DAY)
    office.house.fold(list(office.house.journal.items))
    office.house.records.mark(WORKSPACE, list(office.house.journal.items))
    office.roll_up()

    assert office.lake.read(CHARGES, WORKSPACE, DAY).rows.equals(before.rows)


def test_a_rating_of_another_time_or_channel_changes_nothing_and_says_so(office: Office) -> None:
    office.tariff("0.60")
    office.rate(since="2026-09-13T00:00:00Z", until="2026-09-14T09:00:00Z")
    office.rate(channel="message")
    office.rate(connection="op")

    assert office.charges() == [(0, 1, "0.2000", 1)]
    assert office.ratings.show(OWNER, "3", DifferencesQuery()).units == 0


def test_a_deleted_tariff_leaves_its_prices(office: Office) -> None:
    office.tariffs.delete(OWNER, "call", office.house.now)
    office.settle()
    assert office.charges() == [(0, 1, "0.2000", 1)]
    assert [one.version for one in office.tariffs.versions(OWNER, "call")] == [1]


def test_what_had_no_price_gets_one_as_soon_as_a_tariff_knows_the_destination() -> None:
    office = Office(BY_NAME["destination_without_a_rate"])
    rows = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
    assert [(row["unpriced"], row["cost_amount"], row["is_charge"]) for row in rows] == [("no_rate", None, 0)]

    number = rows[0]["number"].removeprefix("+")
    rates = [{"prefix": number, "per_minute": "0.6"}]
    office.tariffs.put(OWNER, "call", {"name": "c", "currency": "EUR", "rates": rates}, "*", office.house.now)
    office.settle()
    (row,) = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
    assert (row["rating"], row["tariff_version"], row["prefix"], row["is_charge"]) == (0, 2, number, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": "2026-09-14T00:00:00Z"}, "until"),
        ({"since": "2026-09-16T00:00:00Z", "until": "2026-09-17T00:00:00Z"}, "until"),
        ({"since": "2020-01-01T00:00:00Z"}, "until"),
        ({"since": 5}, "since"),
        ({"reason": " "}, "reason"),
        ({"channel": "fax"}, "channel"),
        ({"connection": "nowhere"}, "connection"),
    ],
)
def test_a_rating_that_makes_no_sense_is_refused(office: Office, body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        office.rate(**body)
    assert refused.value.errors[0][0] == field
    assert office.directory.ratings == ()


def test_there_is_nothing_to_rate_by_without_a_tariff_and_no_rating_that_nobody_ordered() -> None:
    office = Office(BY_NAME["outbound_answered"])
    with pytest.raises(InvalidRequest):
        office.rate()
    with pytest.raises(NotFound):
        office.ratings.show(OWNER, "1", DifferencesQuery())


def test_two_who_order_at_once_do_not_overwrite_each_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.directory
    office.rate()
    monkeypatch.setattr(office.ratings, "_directory", lambda _: before)
    with pytest.raises(Taken):
        office.rate(reason="somebody else")
    assert [rating.reason for rating in office.directory.ratings] == ["wrong price of a minute"]


# ---------------------------------------------------------------- exchange


def rates(day: str, **worth: str) -> dict[str, Any]:
    return {"days": [{"day": day, "rates": worth}]}


def test_a_charge_is_cost_converted_as_soon_as_a_rate_is_stored_and_again_when_it_is_mended(office: Office) -> None:
    assert office.directory.workspace.currency == "USD"
    assert office.cost() == ("0.2000", "None")

    assert office.exchange.put(OWNER, rates("2026-09-11", USD="1.25"), office.house.now).changed == 1
    office.settle()
    assert office.cost() == ("0.2000", "0.2500")
    (row,) = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
    shown = row["home_currency"], row["exchange_rate"], row["exchange_date"].isoformat(), row["is_cost_converted"]
    assert shown == ("USD", Decimal("1.25"), "2026-09-11", 1)

    office.exchange.put(OWNER, rates("2026-09-14", USD="1.5"), office.house.now)
    office.settle()
    assert office.cost() == ("0.2000", "0.3000")
    assert office.exchange.put(OWNER, rates("2026-09-14", USD="1.5"), office.house.now).changed == 0


def test_a_rate_of_another_currency_or_of_too_long_ago_concerns_nobody(office: Office) -> None:
    office.exchange.put(OWNER, rates("2026-09-06", USD="1.5"), office.house.now)
    office.settle()
    assert office.cost() == ("0.2000", "None")
    office.exchange.put(OWNER, rates("2026-09-14", GBP="0.8"), office.house.now)
    office.settle()
    assert office.cost() == ("0.2000", "None")


def test_charges_in_two_currencies_are_added_up_at_home() -> None:
    office = Office(BY_NAME["charged_in_two_currencies"])
    assert office.cost() == ("0.0200", "None")
    office.exchange.put(OWNER, rates("2026-09-14", USD="1.2"), office.house.now)
    office.settle()
    assert office.cost() == ("0.0200", "0.1400")
    legs = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
    assert [(r["unit"], str(r["cost_amount"]), r["cost_currency"], str(r["home_amount"])) for r in legs] == [
        ("c-1/l1", "0.1000", "EUR", "0.1200"), ("c-1/l2", "0.0200", "USD", "0.0200"),
    ]  # fmt: skip


def test_a_text_is_charged_by_receiver() -> None:
    office = Office(BY_NAME["text_rated_by_tariff"])
    (row,) = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
    assert (row["channel"], row["unit"], row["number"], row["segments"]) == ("message", "1", "+48600100200", 3)
    assert (str(row["cost_amount"]), row["billable_s"], row["is_message"]) == ("0.1050", None, 1)
    assert office.cost(MESSAGES)[0] == "0.1050"


def test_the_providers_price_is_a_charge_of_its_own() -> None:
    office = Office(BY_NAME["price_by_the_provider_wins"])
    (row,) = office.lake.read(CHARGES, WORKSPACE, DAY).rows.to_pylist()
    assert (row["cost_source"], row["tariff_id"], row["tariff_version"], row["is_charge"]) == ("provider", "", None, 1)
    assert row["number"].startswith("+48")
    assert row["billable_s"] is not None
    assert timedelta(0) <= row["charged_at"] - row["started_at"] < timedelta(minutes=1)
