"""Quotes and orders: conversion by the date of the quote, rows that add up, drill-downs that count the same."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from ringlake.errors import InvalidRequest
from ringlake.flows.answers.deals import DealFilter, DealList, DealListQuery, Deals, DealsQuery
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.values import Value
from ringlake.metrics.catalog import BY_ID
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, DEALS, Table
from ringlake.query.filters import parse
from ringlake.stores.lake import as_rows
from tests.unit.export.world import World

pytestmark = pytest.mark.slow

RANGE = {"from": "2026-03-09", "to": "2026-03-10"}
# The local days of Warsaw, an hour ahead of UTC.
START, STOP = datetime(2026, 3, 8, 23, tzinfo=UTC), datetime(2026, 3, 10, 23, tzinfo=UTC)
NUMBERS = {"n1": "Main", "n2": "Sales", "": ""}


def keep(world: World, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """In place of what the lake has of any day."""
    for day in ("2026-03-08", "2026-03-09", "2026-03-10", "2026-03-11"):
        if (etag := world.lake.etag(table, "acme", day)) is not None:
            world.lake.write(table, "acme", day, as_rows(table, []), etag)
    empty = {c.name: "" if c.type == "string" else None for c in table.columns}
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        days[f"{row['started_at']:%Y-%m-%d}"].append({**empty, **row})
    for day, own in days.items():
        world.lake.write(table, "acme", day, as_rows(table, own), world.lake.etag(table, "acme", day))


def quote(number: int, at: datetime, state: str = "quoted", **fields: Any) -> dict[str, Any]:
    """A row of `deals`."""
    ordered = at + timedelta(hours=number % 5 + 1) if state == "ordered" else None
    return {
        "record_id": f"_own:d-{number:03}",
        "connection": "_own",
        "state": state,
        "started_at": at,
        "quoted_at": at,
        "ordered_at": ordered,
        "order_s": (number % 5 + 1) * 3600 if ordered else None,
        "is_deal": 1,
        "is_quote": 1,
        "is_order": int(state == "ordered"),
        "is_converted": int(state == "ordered"),
        "is_lost": int(state == "lost"),
        "direction": "inbound",
        "business_number_id": "n1",
        "team_id": "t1",
        "user_id": "operator",
        "user_name": "Otto",
        **fields,
    }


def conversion(world: World, user: str = "owner", **asked: Any) -> Deals:
    return world.answers.deals.conversion(world.viewer(user), parse(DealsQuery, {**RANGE, **asked}), world.now)


def listed(world: World, user: str = "owner", **asked: Any) -> DealList:
    return world.answers.deals.page(world.viewer(user), parse(DealListQuery, {**RANGE, **asked}), world.now)


def values(found: Iterable[Value]) -> dict[str, Any]:
    return {one.metric: one.value for one in found}


@pytest.fixture
def world() -> World:
    return World()


def test_a_quote_counts_on_its_own_day_whenever_it_is_ordered(world: World) -> None:
    """features.md W29: cohort by quote date, both edges of the local days."""
    keep(
        world,
        DEALS,
        [
            quote(1, START),
            quote(2, STOP - timedelta(milliseconds=1), "ordered", ordered_at=STOP + timedelta(days=40)),
            quote(3, START - timedelta(milliseconds=1), "ordered", ordered_at=START + timedelta(hours=5)),
            quote(4, STOP, "ordered"),
        ],
    )
    found = conversion(world)

    assert values(found.values) == {
        "quotes": 2, "orders": 1, "conversion": 0.5, "lost_quotes": 0, "open_quotes": 1, "orders_without_quote": 0,
        "order_s": 3 * 3600.0,
    }  # fmt: skip


def test_without_quotes_there_is_no_conversion(world: World) -> None:
    """demands.md D33."""
    found = conversion(world)

    assert values(found.values)["conversion"] is None
    assert values(found.values)["quotes"] == 0
    assert [(row.id, row.name, row.share) for row in found.rows] == [("", "none", None)]
    assert (found.amounts, values(found.sales)["sale_rate"]) == ((), None)


def test_brands_share_the_quotes_and_a_blank_one_is_none(world: World) -> None:
    """features.md W30."""
    keep(
        world,
        DEALS,
        [
            quote(n, START, "ordered" if n == 1 else "quoted", brand=b)
            for n, b in enumerate(["Bosch", "Bosch", "AEG", ""])
        ],
    )
    found = conversion(world)

    assert [(row.name, row.values[0].value, row.share, row.drill) for row in found.rows] == [
        ("Bosch", 2, 0.5, {"brands": ["Bosch"], "quoted": True}),
        ("AEG", 1, 0.25, {"brands": ["AEG"], "quoted": True}),
        ("none", 1, 0.25, {"brands": [""], "quoted": True}),
    ]
    assert values(found.rows[0].values)["conversion"] == 0.5


def test_amounts_of_different_currencies_are_never_added(world: World) -> None:
    keep(
        world,
        DEALS,
        [
            quote(1, START, "ordered", amount=Decimal("10.50"), currency="EUR"),
            quote(2, START, amount=Decimal("0.25"), currency="EUR"),
            quote(3, START, "ordered", amount=Decimal(7), currency="USD"),
            quote(4, START, "ordered"),
        ],
    )
    euro, dollar = conversion(world).amounts

    assert (euro.currency, euro.quoted.value, euro.quoted.n, euro.ordered.value) == (
        "EUR", Decimal("10.75"), 2, Decimal("10.5"),
    )  # fmt: skip
    assert (dollar.currency, dollar.quoted.value, dollar.ordered.value, dollar.ordered.n) == ("USD", 7, 7, 1)


@pytest.mark.parametrize("seed", range(6))
def test_the_dictionarys_sql_adds_the_same_amounts(seed: int) -> None:
    rows, world = history(seed), World()
    keep(world, DEALS, rows)
    empty = {c.name: "" if c.type == "string" else None for c in DEALS.columns}
    with duckdb.connect() as sql:
        sql.register("told", as_rows(DEALS, [{**empty, **row} for row in rows]))
        theirs = sql.execute(
            f"select currency, {BY_ID['quoted_amount'].sql}, {BY_ID['ordered_amount'].sql} from told"
            " where currency <> '' and direction <> 'internal' and started_at >= ? and started_at < ?"
            " group by currency order by currency",
            [START.replace(tzinfo=None), STOP.replace(tzinfo=None)],
        ).fetchall()
    mine = [(one.currency, one.quoted.value, one.ordered.value) for one in conversion(world).amounts]

    assert mine == [row for row in theirs if row[1] is not None]


def test_outgoing_answered_calls_that_ended_in_a_sale(world: World) -> None:
    """features.md N28."""
    out = {"direction": "outbound", "outcome": "answered", "is_call": 1, "is_outbound": 1, "is_answered": 1}
    rows = [
        {**out, "record_id": "c:1", "is_sale": 1},
        {**out, "record_id": "c:2", "is_sale": 0},
        {**out, "record_id": "c:3", "is_sale": 1, "is_spam": 1},
        {**out, "record_id": "c:4", "is_sale": 1, "outcome": "no_answer", "is_answered": 0},
        {**out, "record_id": "c:5", "is_sale": 1, "direction": "inbound", "is_outbound": 0, "is_inbound": 1},
    ]
    keep(world, CALLS, [{"is_spam": 0, "is_inbound": 0, "started_at": START, **row} for row in rows])
    found = conversion(world)

    assert values(found.sales) == {"sales": 1, "sale_rate": 0.5}
    drilled = parse(ListQuery, {**RANGE, **(found.sales_drill or {})})
    page = world.answers.interactions.page(world.viewer("owner"), drilled, world.now)
    assert [row.record_id for row in page.rows] == ["c:1"]
    # Inside what was asked about: nothing lists the sales of a filter that leaves outgoing calls out.
    for asked in ({"directions": ["inbound"]}, {"channels": ["message"]}, {"sale": False}):
        elsewhere = conversion(world, **asked)
        assert (values(elsewhere.sales)["sales"], elsewhere.sales_drill) == (0, None)


# --- a second opinion, and what must always hold


def history(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    found = []
    for number in range(chance.choice((0, 4, 60))):
        quoted = chance.random() < 0.9
        row = quote(
            number,
            START + timedelta(hours=chance.randrange(-6, 54)),
            chance.choice(("quoted", "ordered", "ordered", "lost")),
            brand=chance.choice(("", "Bosch", "AEG")),
            user_id=chance.choice(("", "operator", "other")),
            team_id=chance.choice(("", "t1", "t2")),
            business_number_id=chance.choice(("", "n1", "n2")),
            source=chance.choice(("", "advert")),
            amount=chance.choice((None, Decimal(5), Decimal("1.25"))),
            direction=chance.choice(("", "inbound", "outbound", "internal")),
        )
        row["currency"] = chance.choice(("EUR", "USD")) if row["amount"] is not None else ""
        row |= {"is_quote": int(quoted), "quoted_at": row["quoted_at"] if quoted else None}
        row |= {"is_converted": int(quoted and row["state"] == "ordered")}
        row |= {"order_s": row["order_s"] if row["is_converted"] else None}
        found.append(row)
    return found


SQL = """
with deals as (
  select * from told where started_at >= ? and started_at < ? and direction <> 'internal'
)
select {by} as own, count(*) filter (quoted_at is not null),
  count(*) filter (quoted_at is not null and state = 'ordered'),
  count(*) filter (quoted_at is not null and state = 'lost'), count(*) filter (quoted_at is null and state = 'ordered'),
  sum(amount) filter (quoted_at is not null and currency = 'EUR'),
  avg(date_diff('second', quoted_at, ordered_at)) filter (quoted_at is not null and state = 'ordered')
from deals group by own order by own
"""
COLUMNS = {"brand": "brand", "user": "user_id", "team": "team_id", "number": "business_number_id", "source": "source"}


@pytest.mark.parametrize("by", COLUMNS)
@pytest.mark.parametrize("seed", range(12))
def test_conversion_and_sql_over_the_same_deals_agree(seed: int, by: str) -> None:
    rows, world = history(seed), World()
    keep(world, DEALS, rows)
    empty = {c.name: "" if c.type == "string" else None for c in DEALS.columns}
    with duckdb.connect() as sql:
        sql.register("told", as_rows(DEALS, [{**empty, **row} for row in rows]))
        bounds = [START.replace(tzinfo=None), STOP.replace(tzinfo=None)]
        theirs = {own: row for own, *row in sql.execute(SQL.format(by=COLUMNS[by]), bounds).fetchall()}
        (total,) = sql.execute(SQL.format(by="''"), bounds).fetchall() or [("", 0, 0, 0, 0, None, None)]
    found = conversion(world, by=by)

    mine = values(found.values)
    assert [mine[m] for m in ("quotes", "orders", "lost_quotes", "orders_without_quote")] == [*total[1:5]]
    assert mine["order_s"] == (pytest.approx(total[6]) if total[6] is not None else None)
    euro = next((a for a in found.amounts if a.currency == "EUR"), None)
    assert (euro.quoted.value if euro else None) == total[5]
    for row in found.rows:
        wanted = theirs.get(row.id, [0] * 4)
        assert [values(row.values)[m] for m in ("quotes", "orders", "lost_quotes")] == wanted[:3]
    assert {row.id for row in found.rows} == {*theirs, ""}
    assert sum(row.values[0].n or 0 for row in found.rows) == mine["quotes"]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("user", ["owner", "manager", "operator", "member", "other"])
def test_every_number_drills_to_as_many_deals_and_none_outside_the_scope(seed: int, user: str) -> None:
    """demands.md D25, D80."""
    rows, world = history(seed), World()
    keep(world, DEALS, rows)
    found = conversion(world, user)

    assert listed(world, user, **found.drill).count == found.values[0].value
    for row in found.rows:
        assert listed(world, user, **row.drill).count == row.values[0].value
    inside = [r for r in rows if START <= r["started_at"] < STOP and r["direction"] != "internal"]
    seen = listed(world, user, limit=500)
    assert sorted(line.id for line in seen.rows) == sorted(r["record_id"] for r in inside if _granted(user, r))


def _granted(user: str, row: dict[str, Any]) -> bool:
    """By the table of roles (features.md O4, W9-W17), not by our own scope."""
    match user:
        case "owner":
            return True
        case "manager":
            return bool(row["team_id"] == "t1" or row["user_id"] == "manager")
        case "operator":
            return bool(row["user_id"] == "operator")
        case "member":
            return bool(row["business_number_id"] == "n1")
        case _:
            return bool(row["business_number_id"] == "n2")


# --- the list


def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    keep(world, DEALS, [quote(n, START + timedelta(hours=n // 2)) for n in range(7)])
    seen, cursor = [], ""
    while True:
        page = listed(world, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [line.id for line in page.rows]
        assert page.count == 7
        if page.next is None:
            break
        cursor = page.next

    assert seen == ["_own:d-006", "_own:d-004", "_own:d-005", "_own:d-002", "_own:d-003", "_own:d-000", "_own:d-001"]
    with pytest.raises(InvalidRequest):
        listed(world, "manager", limit=2, cursor=cursor)
    with pytest.raises(InvalidRequest):
        listed(world, limit=2, cursor=cursor, brands=["Bosch"])


def test_the_list_is_filtered_by_state_brand_call_and_customer(world: World) -> None:
    keep(
        world,
        DEALS,
        [
            quote(1, START, "ordered", brand="AEG", call_id="line:c1", party_key="p1"),
            quote(2, START, brand="", contact_id="k1"),
            quote(3, START, "lost", brand="Bosch", is_quote=0, quoted_at=None),
        ],
    )

    def ids(**asked: Any) -> list[str]:
        return [line.id[-1] for line in listed(world, **asked).rows]

    assert ids(deal_states=["ordered", "lost"]) == ["1", "3"]
    assert (ids(brands=[""]), ids(call="line:c1"), ids(party="p1"), ids(contact="k1")) == (["2"], ["1"], ["1"], ["2"])
    assert (ids(quoted=False), ids(quoted=True)) == (["3"], ["1", "2"])


def test_who_may_not_see_names_and_numbers_gets_the_deals_without_them(world: World) -> None:
    keep(world, DEALS, [quote(1, START, remote_name="Maria", remote_number="+48600000001")])
    world.change("operator", without=(Ability.SEE_NAMES, Ability.SEE_NUMBERS))
    (line,) = listed(world, "operator").rows

    assert (line.customer_name, line.customer_number) == ("", "+48•••••••01")
    assert DealFilter.model_fields.keys() >= {"brands", "deal_states"}
