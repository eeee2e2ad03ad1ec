"""Budgets: periods, what was spent, what the period will come to, and who sees how much of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ringlake.errors import InvalidRequest, Outdated, Unversioned
from ringlake.flows.money.budgets import BudgetProgress, BudgetState, ProgressOn, forecast, period_of
from ringlake.model.budgets import Budget, Every
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import parse
from tests.unit.answers.test_deals import keep
from tests.unit.export.world import World

# 11 March 2026, 10:00 in Warsaw: ten days of the month are over.
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    world = World()
    keep(world, CALLS, [])
    keep(world, MESSAGES, [])
    return world


def spend(world: World, *costs: tuple[int, str | None], **fields: Any) -> None:
    """Calls on days of March with their charge, None for an unknown one; before what is there."""
    rows = [
        {
            "record_id": f"c:{day}-{place}-{fields.get('user_id', '')}",
            "started_at": datetime(2026, 3, day, 9, tzinfo=UTC),
            "is_call": 1, "is_outbound": 1, "direction": "outbound", "outcome": "answered", "is_spam": 0,
            "home_amount": None if amount is None else Decimal(amount), "home_currency": "USD" if amount else "",
            "is_cost_converted": 0, **fields,
        }
        for place, (day, amount) in enumerate(costs)
    ]  # fmt: skip
    keep(world, CALLS, rows)


def plan(world: World, *budgets: dict[str, Any]) -> None:
    world.rooms.money.budgets.change(world.viewer("owner"), {"budgets": list(budgets)}, "*", NOW)


def progress(world: World, user: str = "owner", **asked: Any) -> list[BudgetProgress]:
    found = world.rooms.money.budgets.progress(world.viewer(user), parse(ProgressOn, asked), NOW)
    return found.budgets


def month(amount: str = "100", **of: str) -> dict[str, Any]:
    return {"every": "month", "amount": amount, **of}


def test_what_was_spent_stands_beside_what_may_be(world: World) -> None:
    spend(world, (2, "20.5"), (10, "9.5"), (11, "1"))
    plan(world, month())
    (found,) = progress(world)

    assert (found.from_date, found.to_date) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (found.spent.value, found.left, found.used) == (Decimal("31.0000"), Decimal("69.0000"), 0.31)
    assert found.elapsed == 10 / 31
    # Ten days cost 30, so 31 days come to 93.
    assert (found.forecast, found.state) == (Decimal("93.0000"), BudgetState.FINE)
    assert found.drill == {"without_spam": True}


@pytest.mark.parametrize(
    ("spent", "state"),
    [("30", BudgetState.FINE), ("33", BudgetState.WARNED), ("100", BudgetState.WARNED), ("100.0001", BudgetState.OVER)],
)
def test_a_budget_warns_before_it_is_used_up(world: World, spent: str, state: BudgetState) -> None:
    spend(world, (2, spent))
    plan(world, month())
    assert [one.state for one in progress(world)] == [state]


def test_four_fifths_of_a_budget_warn_also_when_nothing_more_is_expected(world: World) -> None:
    spend(world, (2, "80"))
    plan(world, month())
    (found,) = progress(world, on="2026-02-01")
    assert (found.to_date, found.spent.value, found.state) == (date(2026, 2, 28), None, BudgetState.FINE)
    world.now = NOW
    (found,) = world.rooms.money.budgets.progress(
        world.viewer("owner"), parse(ProgressOn, {"on": "2026-03-05"}), NOW + timedelta(days=30)
    ).budgets
    assert (found.elapsed, found.forecast, found.state) == (1, Decimal("80.0000"), BudgetState.WARNED)


def test_where_no_charge_is_known_what_was_spent_is_unknown_and_where_nothing_happened_it_is_nothing(
    world: World,
) -> None:
    plan(world, month())
    (found,) = progress(world)
    assert (found.spent.value, found.used, found.forecast, found.state) == (
        None,
        0.0,
        Decimal("0.0000"),
        BudgetState.FINE,
    )

    spend(world, (2, None))
    (found,) = progress(world)
    assert (found.spent.coverage, found.used, found.forecast, found.state) == (0.0, None, None, BudgetState.UNKNOWN)


def test_budgets_of_people_teams_and_numbers_hold_their_own(world: World) -> None:
    rows = {"user_id": "operator", "team_id": "t1", "business_number_id": "n1"}
    spend(world, (2, "10"), (3, None), **rows)
    spend(world, (4, "5"), user_id="manager", business_number_id="n2")
    plan(world, month(), month(user="operator"), month(team="t1"), month(number="n1"), month("7", user="manager"))
    found = progress(world)

    assert [(one.budget.name, one.spent.value) for one in found] == [
        ("", Decimal(15)), ("Otto", Decimal(10)), ("Sales", Decimal(10)), ("+48221230001", Decimal(10)),
        ("Max", Decimal(5)),
    ]  # fmt: skip
    assert [one.spent.coverage for one in found[:2]] == [2 / 3, 0.5]
    assert all(one.whole for one in found)


def test_whoever_sees_less_sees_what_was_spent_of_it_and_that_it_is_not_all(world: World) -> None:
    world.grant("manager", Ability.SEE_COSTS)
    spend(world, (2, "10"), user_id="operator", team_id="t1")
    spend(world, (4, "5"), user_id="other")
    plan(world, month(), month(team="t1"))
    every, team = progress(world, "manager")

    assert (every.spent.value, every.whole) == (Decimal(10), False)
    assert (team.spent.value, team.whole) == (Decimal(10), True)


def test_spam_is_in_no_budget(world: World) -> None:
    spend(world, (2, "10"), is_spam=1)
    plan(world, month())
    assert [one.spent.value for one in progress(world)] == [None]


def test_what_alerts_ask_is_what_the_screen_shows(world: World) -> None:
    spend(world, (2, "10"), user_id="operator")
    budget = Budget(every=Every.MONTH, amount=Decimal(5), user="operator")
    assert world.rooms.money.budgets.spend_of(world.viewer("owner"), budget, NOW).value == Decimal(10)


@pytest.mark.parametrize(
    ("every", "on", "fiscal", "first", "last"),
    [
        (Every.MONTH, "2028-02-29", 1, "2028-02-01", "2028-02-29"),
        (Every.QUARTER, "2026-03-11", 1, "2026-01-01", "2026-03-31"),
        (Every.QUARTER, "2026-03-11", 2, "2026-02-01", "2026-04-30"),
        (Every.YEAR, "2026-03-11", 1, "2026-01-01", "2026-12-31"),
        (Every.YEAR, "2026-03-11", 4, "2025-04-01", "2026-03-31"),
    ],
)
def test_periods_are_those_of_the_calendar_or_of_the_fiscal_year(
    every: Every, on: str, fiscal: int, first: str, last: str
) -> None:
    assert period_of(every, date.fromisoformat(on), fiscal) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_forecast_needs_a_day_that_is_over_and_is_never_below_what_was_spent() -> None:
    assert forecast(Decimal(5), Decimal(0), 0, 30) is None
    assert forecast(Decimal(50), Decimal(1), 1, 30) == 50
    assert forecast(Decimal(5), Decimal(4), 3, 30) == Decimal("40.0000")
    assert forecast(Decimal(5), Decimal(4), 30, 30) == 5


def test_all_budgets_are_replaced_together_and_have_a_version(world: World) -> None:
    rooms, owner = world.rooms.money.budgets, world.viewer("owner")
    empty, version = rooms.show(owner)
    assert (empty.version, empty.budgets) == (0, [])
    with pytest.raises(Unversioned):
        rooms.change(owner, {"budgets": []}, None, NOW)
    first, etag = rooms.change(owner, {"budgets": [month("1.5")]}, version, NOW)
    assert (first.version, first.budgets[0].currency) == (1, "USD")
    with pytest.raises(Outdated):
        rooms.change(owner, {"budgets": []}, version, NOW)
    same, again = rooms.change(owner, {"budgets": [month("1.50")]}, etag, NOW)
    assert (same.version, again) == (1, etag)
    assert world.directory.audit_lines("acme", "2026-03")[-1].action == "budgets.change"


@pytest.mark.parametrize(
    ("budgets", "field"),
    [
        ([month("0")], "budgets.0.amount"),
        ([{"every": "month", "amount": 1.5}], "budgets.0.amount"),
        ([month("1.00001")], "budgets.0.amount"),
        ([month(user="operator", team="t1")], "budgets.0.user"),
        ([month(user="nobody")], "budgets.0.user"),
        ([month(number="n9")], "budgets.0.number"),
        ([month(), month("5")], "budgets.1"),
        ([{"every": "day", "amount": "1"}], "budgets.0.every"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(world: World, budgets: list[Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        plan(world, *budgets)
    assert refused.value.errors[0][0] == field
