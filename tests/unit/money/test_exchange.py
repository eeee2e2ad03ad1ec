"""Exchange rates: files of the central bank, bodies, and how an amount is converted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.errors import InvalidRequest, Taken
from ringlake.flows.money.exchange import ExchangeRates, RatesQuery, StoredRates
from ringlake.model.exchange import DayRates, Exchange, YearRates, no_rates
from ringlake.model.money import Money
from ringlake.model.refolds import EVERY
from ringlake.query.filters import parse
from tests.unit.export.world import World

# As https://www.ecb.europa.eu/stats/eurofxref/ has them: of one day, and of all days.
DAILY = b"Date, USD, JPY, BGN, \n10 March 2026, 1.0842, 163.95, 1.9558, \n"
HISTORY = (
    b"Date,USD,JPY,HRK,\n2026-03-10,1.0842,163.95,N/A,\n2026-03-09,1.0900,164.10,N/A,\n1999-01-04,1.1789,133.73,7.5,\n"
)


@pytest.fixture
def world() -> World:
    return World()


def exchange(world: World) -> ExchangeRates:
    return world.rooms.money.exchange


def imported(world: World, data: bytes, *, dry_run: bool = False) -> Any:
    return exchange(world).import_csv(world.viewer("owner"), data, world.now, dry_run=dry_run)


def shown(world: World, **asked: Any) -> StoredRates:
    return exchange(world).show(world.viewer("owner"), parse(RatesQuery, asked), world.now)


def test_the_central_banks_file_of_a_day_is_read(world: World) -> None:
    done = imported(world, DAILY)
    assert (done.applied, done.lines, done.created) == (True, 1, 1)
    (day,) = shown(world).days
    assert (day.day, day.base, day.rates) == (
        date(2026, 3, 10), "EUR", {"BGN": Decimal("1.9558"), "JPY": Decimal("163.95"), "USD": Decimal("1.0842")},
    )  # fmt: skip


def test_the_file_of_all_days_is_read_into_its_years_and_says_what_it_changes(world: World) -> None:
    imported(world, DAILY)
    again = imported(world, HISTORY, dry_run=True)
    assert (again.applied, again.created, again.changed, again.unchanged) == (False, 2, 1, 0)
    assert shown(world, **{"from": "1999-01-01", "to": "1999-02-01"}).days == []

    assert imported(world, HISTORY).applied
    assert imported(world, HISTORY).unchanged == 3
    assert [one.day.isoformat() for one in shown(world).days] == ["2026-03-09", "2026-03-10"]
    (old,) = shown(world, **{"from": "1999-01-01", "to": "1999-02-01", "currency": "HRK"}).days
    assert old.rates == {"HRK": Decimal("7.5")}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Date,USD\n2026-13-01,1\n", "is no date"),
        (b"Date,USD\n2026-03-01,-1\n", "above 0"),
        (b"Date,USD\n2026-03-01,NaN\n", "above 0"),
        (b"Date,USD\n2026-03-01,x\n", "is no number"),
        (b"Date,USD\n2026-03-01,1.00000000001\n", "decimals"),
        (b"Date,USD\n2026-03-01,N/A\n", "has no rate"),
        (b"Date,USD\n2026-03-01,1,2\n", "more cells"),
        (b"Date,USD\n2026-03-01,1\n2026-03-01,2\n", "twice"),
        (b"Date,USD\n1998-03-01,1\n", "is a day from"),
    ],
)
def test_one_wrong_line_keeps_the_file_out_and_is_told(world: World, data: bytes, reason: str) -> None:
    done = imported(world, data)
    assert (done.applied, done.error_count) == (False, 1)
    assert reason in done.errors[0]["reason"]
    assert world.refolds.open("acme") == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"Day,USD\n",
        b"Date\n",
        b"Date,dollars\n",
        b'Date,USD\n2026-03-02,"' + b"1" * 200_000 + b'"\n',
        b"Date,,USD\n2026-03-02,5,\n",
        b"Date,USD,USD\n2026-03-02,1,2\n",
    ],
)
def test_what_is_no_such_file_is_refused(world: World, data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        imported(world, data)


@pytest.mark.parametrize(
    "body",
    [
        {"days": []},
        {"days": [{"day": "2026-03-01", "rates": {}}]},
        {"days": [{"day": "2026-03-01", "rates": {"XXQ": "1"}}]},
        {"days": [{"day": "2026-03-01", "rates": {"USD": 1.1}}]},
        {"days": [{"day": "2026-03-01", "rates": {"USD": "0"}}]},
        {"days": [{"day": "2026-03-01", "rates": {"USD": "1"}}] * 2},
        {"days": [{"day": 20260301, "rates": {"USD": "1"}}]},
    ],
)
def test_rates_that_make_no_sense_are_refused(world: World, body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        exchange(world).put(world.viewer("owner"), body, world.now)


def test_only_what_a_change_concerns_is_converted_again(world: World) -> None:
    owner = world.viewer("owner")
    assert world.directory.settings("acme").currency == "USD"

    def put(**worth: str) -> tuple[str, ...]:
        exchange(world).put(owner, {"days": [{"day": "2026-03-10", "rates": worth}]}, world.now)
        found = world.refolds.open("acme")
        for request in found:
            world.refolds.advance("acme", request, None)
        return tuple(currency for request in found for currency in request.currencies)

    assert put(USD="1.1", PLN="4.3") == (EVERY,)
    assert put(USD="1.1", PLN="4.2") == ("PLN",)
    assert put(USD="1.1", PLN="4.2") == ()
    assert put(USD="1.1") == ("PLN",)
    assert put(USD="1.2") == (EVERY,)
    assert world.directory.audit_lines("acme", "2026-03")[-1].action == "exchange.change"


def test_the_days_that_may_use_a_rate_are_converted_again(world: World) -> None:
    exchange(world).put(world.viewer("owner"), {"days": [{"day": "2026-03-05", "rates": {"USD": "1"}}]}, world.now)
    (asked,) = world.refolds.open("acme")
    assert (asked.since, asked.until) == (date(2026, 3, 4), date(2026, 3, 13))


def test_who_changes_the_same_year_in_the_same_moment_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms, owner = exchange(world), world.viewer("owner")
    rooms.put(owner, {"days": [{"day": "2026-03-05", "rates": {"USD": "1"}}]}, world.now)
    monkeypatch.setattr(rooms, "_year", lambda *_: None)
    with pytest.raises(Taken):
        rooms.put(owner, {"days": [{"day": "2026-03-06", "rates": {"USD": "1"}}]}, world.now)


def test_at_most_a_year_and_a_month_is_shown(world: World) -> None:
    for asked in ({"from": "2025-01-01", "to": "2026-03-01"}, {"from": "2026-03-02", "to": "2026-03-01"}):
        with pytest.raises(InvalidRequest):
            shown(world, **asked)


# ---------------------------------------------------------------- converting

DAY = date(2026, 1, 2)


def of(*days: DayRates, home: str = "USD") -> Exchange:
    years = {year: YearRates(id=str(year), days=tuple(d for d in days if d.day.year == year)) for year in (2025, 2026)}
    return Exchange(home, lambda year: years.get(year) or no_rates(year))


def rates(day: date, **worth: str) -> DayRates:
    return DayRates(day=day, base="EUR", rates={name: Decimal(value) for name, value in worth.items()})


def worth(exchange: Exchange, amount: str, currency: str, on: date = DAY) -> str | None:
    found = exchange.worth(Money(amount=Decimal(amount), currency=currency), on)
    return None if found is None else f"{found.amount} {found.rate.normalize():f} {found.day}"


def test_the_days_own_rate_counts_else_the_last_of_seven_days() -> None:
    old, new = rates(DAY - timedelta(days=7), USD="1.25"), rates(DAY, USD="1.5")
    assert worth(of(old, new), "0.10", "EUR") == "0.1500 1.5 2026-01-02"
    assert worth(of(old), "0.10", "EUR") == "0.1250 1.25 2025-12-26"
    assert worth(of(old), "0.10", "EUR", DAY + timedelta(days=1)) is None
    assert worth(of(new), "0.10", "EUR", DAY - timedelta(days=1)) is None


def test_a_day_without_one_of_the_currencies_leaves_it_to_the_day_before() -> None:
    before, after = rates(DAY - timedelta(days=1), USD="2", PLN="4"), rates(DAY, USD="3")
    assert worth(of(before, after), "1", "PLN") == "0.5000 0.5 2026-01-01"


def test_the_workspaces_own_currency_needs_no_rate() -> None:
    assert worth(of(), "0.00005", "USD") == "0.0001 1 None"


def test_rates_are_crossed_by_their_base_and_halves_go_up() -> None:
    assert worth(of(rates(DAY, USD="1", IDR="17650.5")), "1000000", "IDR") == "56.6556 0.0000566556 2026-01-02"
    assert worth(of(rates(DAY, USD="3", GBP="2")), "0.0001", "GBP") == "0.0002 1.5 2026-01-02"


@settings(max_examples=40, deadline=None)
@given(
    st.decimals("0.0001", "9999", places=4),
    st.decimals("0.001", "1000", places=6),
    st.decimals("0.001", "1000", places=6),
)
def test_there_and_back_loses_no_more_than_rounding(amount: Decimal, one: Decimal, other: Decimal) -> None:
    day = DayRates(day=DAY, base="EUR", rates={"USD": one, "PLN": other})
    there = of(day, home="PLN").worth(Money(amount=amount, currency="USD"), DAY)
    assert there is not None
    back = of(day).worth(Money(amount=there.amount, currency="PLN"), DAY)
    assert back is not None
    lost = Decimal("0.00005") * (1 + one / other) + amount * Decimal("0.000001") * (1 + one / other + other / one)
    assert abs(back.amount - amount) <= lost
