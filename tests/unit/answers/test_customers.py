"""Customers one by one: who they are, how they like to be in touch, what is open; only what the viewer may see."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.answers.callers import CallersAnswer, CallersQuery
from ringlake.flows.answers.customers import Customer, CustomerList, CustomerQuery, CustomersQuery
from ringlake.flows.answers.values import Value
from ringlake.model.contacts import Contact
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, CASES, DEALS, MESSAGES
from ringlake.query.filters import parse
from tests.unit.answers.test_deals import keep, quote
from tests.unit.export.world import NOW, World

P1, P2 = f"{1:032x}", f"{2:032x}"
RANGE = {"from": "2026-03-09", "to": "2026-03-10"}
# 10:00 in Warsaw.
TEN = datetime(2026, 3, 9, 9, tzinfo=UTC)
MARIA = {"party_key": P1, "remote_number": "+48600000001", "remote_name": "Maria", "remote_country": "PL"}


def call(
    number: int, at: datetime, direction: str = "inbound", outcome: str = "answered", **fields: Any
) -> dict[str, Any]:
    answered = outcome == "answered"
    return {
        "record_id": f"line:{number:03}",
        "direction": direction,
        "outcome": outcome,
        "started_at": at,
        "ended_at": at + timedelta(minutes=2),
        "is_call": 1,
        "is_inbound": int(direction == "inbound"),
        "is_outbound": int(direction == "outbound"),
        "is_answered": int(answered),
        "is_spam": 0,
        "talk_s": 100 if answered else None,
        "user_id": "operator",
        "team_id": "t1",
        "business_number_id": "n1",
        "business_number": "+48221230001",
        **MARIA,
        **fields,
    }


def text(number: int, at: datetime, direction: str = "inbound", **fields: Any) -> dict[str, Any]:
    return {
        "record_id": f"line:m{number:03}",
        "direction": direction,
        "status": "received" if direction == "inbound" else "delivered",
        "started_at": at,
        "is_message": 1,
        "is_inbound": int(direction == "inbound"),
        "is_outbound": int(direction == "outbound"),
        "is_bulk": 0,
        "is_spam": 0,
        "user_id": "operator",
        "team_id": "t1",
        "business_number_id": "n1",
        "business_number": "+48221230001",
        **MARIA,
        **fields,
    }


def show(world: World, id: str = P1, user: str = "owner", **asked: Any) -> Customer:
    return world.answers.customers.show(world.viewer(user), id, parse(CustomerQuery, {**RANGE, **asked}), world.now)


def page(world: World, user: str = "owner", **asked: Any) -> CustomerList:
    return world.answers.customers.page(world.viewer(user), parse(CustomersQuery, {**RANGE, **asked}), world.now)


def values(found: Iterable[Value]) -> dict[str, Any]:
    return {one.metric: one.value for one in found}


@pytest.fixture
def world() -> World:
    world = World()
    keep(world, CALLS, [])
    keep(world, MESSAGES, [])
    return world


def test_one_customer_with_history_habits_and_totals(world: World) -> None:
    """features.md O49: preferred channel and hours, in the workspace's zone."""
    keep(
        world,
        CALLS,
        [
            call(1, TEN, outcome="no_answer"),
            call(2, TEN + timedelta(hours=2), "outbound", "no_answer"),
            call(3, TEN + timedelta(hours=5), "outbound"),
            call(4, TEN + timedelta(days=1)),
            call(5, TEN + timedelta(days=1), party_key=P2),
            call(6, TEN, is_spam=1),
        ],
    )
    keep(world, MESSAGES, [text(1, TEN + timedelta(minutes=30)), text(2, TEN + timedelta(hours=1), "outbound")])
    found = show(world)

    assert (found.id, found.contact_id, found.parties, found.numbers) == (P1, "", (P1,), ("+48600000001",))
    assert (found.name, found.contacts, found.first_at, found.last_at) == ("Maria", 6, TEN, TEN + timedelta(days=1))
    assert [past.id for past in found.history] == [
        "line:004", "line:003", "line:002", "line:m002", "line:m001", "line:001",
    ]  # fmt: skip
    assert (found.pattern.channel, found.pattern.calls, found.pattern.messages) == ("call", 2, 1)
    # Two of the three at 10 in Warsaw, one at half past; the call of ours that was answered began at 15.
    assert (found.pattern.incoming_hours, found.pattern.reached_hours) == ((10,), (15,))
    assert (found.pattern.hours[10].incoming, found.pattern.hours[15].reached) == (3, 1)
    assert found.pattern.weekdays == (2, 1, 0, 0, 0, 0, 0)
    told = values(found.values)
    assert (told["calls_received"], told["calls_answered_inbound"], told["calls_made"], told["asr"]) == (2, 1, 2, 0.5)
    assert (told["talk_s"], told["messages_received"], told["messages_sent"]) == (200, 1, 1)
    # features.md N18: from the missed call to the first text of ours, an hour later.
    assert found.handling.value == 3600
    assert found.drill == {"party": P1}


def test_a_contact_is_shown_with_all_its_numbers(world: World) -> None:
    """demands.md D82."""
    maria = Contact(
        id="c-7", name="Maria Nowak", company="Nowak", numbers=("+48600000001", "+48600000002"),
        party_keys=(P1, P2), updated_at=NOW,
    )  # fmt: skip
    world.contacts.put("acme", maria)
    keep(world, CALLS, [call(1, TEN, contact_id="c-7"), call(2, TEN, party_key=P2, contact_id="c-7"), call(3, TEN)])
    found = show(world, "c-7")

    assert (found.name, found.company, found.parties, found.contacts) == ("Maria Nowak", "Nowak", (P1, P2), 2)
    world.change("operator", without=(Ability.SEE_NAMES, Ability.SEE_NUMBERS))
    hidden = show(world, "c-7", "operator")
    assert (hidden.name, hidden.company, hidden.numbers) == ("", "", ("+48•••••••01", "+48•••••••02"))
    world.contacts.delete("acme", "c-7", NOW)
    assert (show(world, "c-7").name, show(world, "c-7").parties) == ("Maria", (P1, P2))
    with pytest.raises(NotFound):
        show(world, "c-8")


def test_open_cases_and_deals_stand_beside(world: World) -> None:
    keep(world, CALLS, [call(1, TEN)])
    case = {"started_at": TEN, "opened_at": TEN, "direction": "inbound", "is_case": 1, **MARIA}
    keep(
        world,
        CASES,
        [
            {**case, "record_id": "line:001", "state": "open", "is_open": 1, "misses": 2},
            {**case, "record_id": "line:002", "state": "reached", "is_open": 0, "misses": 1},
            {**case, "record_id": "line:003", "state": "open", "is_open": 1, "misses": 1, "party_key": P2},
        ],
    )
    keep(
        world,
        DEALS,
        [
            quote(1, TEN, "ordered", party_key=P1, amount=Decimal(5), currency="EUR"),
            quote(2, TEN + timedelta(hours=1), party_key=P1),
            quote(3, TEN, party_key=P2),
        ],
    )
    found = show(world)

    assert [(case.id, case.misses) for case in found.open_cases] == [("line:001", 2)]
    assert [(deal.id, deal.amount) for deal in found.deals] == [("_own:d-002", None), ("_own:d-001", Decimal(5))]


@pytest.mark.parametrize(("user", "seen"), [("owner", 4), ("manager", 2), ("operator", 1), ("member", 1), ("other", 0)])
def test_nobody_learns_of_contacts_outside_the_own_scope(world: World, user: str, seen: int) -> None:
    keep(
        world,
        CALLS,
        [
            call(1, TEN, business_number_id="n3"),
            call(2, TEN, user_id="anna", business_number_id="n1"),
            call(3, TEN, user_id="", team_id="t2", business_number_id=""),
        ],
    )
    keep(world, MESSAGES, [text(1, TEN, user_id="anna", team_id="t2", business_number_id="n3")])
    if not seen:
        with pytest.raises(NotFound):
            show(world, user=user)
        assert page(world, user).count == 0
        return

    assert show(world, user=user).contacts == seen
    assert [line.contacts for line in page(world, user).rows] == [seen]
    with pytest.raises(NotFound):
        show(world, P2, user)


def test_the_list_has_most_contacts_first_page_by_page(world: World) -> None:
    chance = random.Random(7)
    rows = [call(n, TEN + timedelta(minutes=n), party_key=f"{chance.randrange(9):032x}") for n in range(60)]
    keep(world, CALLS, rows)
    wanted = sorted(
        {row["party_key"] for row in rows},
        key=lambda p: (
            -sum(row["party_key"] == p for row in rows),
            -max(row["started_at"].timestamp() for row in rows if row["party_key"] == p),
        ),
    )
    seen: list[str] = []
    cursor = ""
    while True:
        found = page(world, limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [line.id for line in found.rows]
        assert found.count == len(wanted)
        for line in found.rows:
            assert values(line.values)["calls_received"] == line.contacts == line.incoming_calls
        if found.next is None:
            break
        cursor = found.next

    assert seen == wanted
    with pytest.raises(InvalidRequest):
        page(world, "manager", limit=4, cursor=cursor)


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_customers_who_are_equal_in_everything_are_listed_once_each(world: World, limit: int) -> None:
    keep(world, CALLS, [call(n, TEN, party_key=f"{n:032x}") for n in range(7)])
    seen: list[str] = []
    cursor = ""
    while True:
        found = page(world, limit=limit, **({"cursor": cursor} if cursor else {}))
        seen += [line.id for line in found.rows]
        if found.next is None:
            break
        cursor = found.next

    assert seen == [f"{n:032x}" for n in range(7)]


def test_costs_are_for_those_who_may_see_them(world: World) -> None:
    """demands.md D78."""
    cost: dict[str, Any] = {"home_amount": Decimal("0.5"), "home_currency": world.directory.settings("acme").currency}
    keep(world, CALLS, [call(1, TEN, "outbound", **cost), call(2, TEN, "outbound", **cost)])
    (mine,) = page(world).rows
    (theirs,) = page(world, "operator").rows

    assert values(mine.values)["spend_calls"] == 1
    assert "spend_calls" not in values(theirs.values)


# --- callers: edges that the random histories seldom meet


def callers(world: World, user: str = "owner", **asked: Any) -> CallersAnswer:
    return world.answers.callers.callers(world.viewer(user), parse(CallersQuery, {**RANGE, **asked}), world.now)


@pytest.mark.parametrize(
    ("later", "repeated"),
    [
        (timedelta(0), 1),
        (timedelta(milliseconds=-1), 0),
        (timedelta(hours=24), 1),
        (timedelta(hours=24, milliseconds=1), 0),
    ],
)
def test_both_edges_of_the_window_are_inside(world: World, later: timedelta, repeated: int) -> None:
    """metrics.md Repeat-caller rate: within W hours after it ended."""
    first = call(1, TEN)
    keep(world, CALLS, [first, call(2, first["ended_at"] + later, outcome="no_answer")])
    world.directory.set_watermark("acme", NOW + timedelta(days=30))
    found = callers(world, window_h=24).repeats

    assert found is not None
    assert (found.repeated.value, found.resolved.value, found.fcr.value) == (repeated, 1 - repeated, 1.0 - repeated)


@pytest.mark.parametrize(("as_of", "state"), [(timedelta(0), "open"), (timedelta(milliseconds=1), "closed")])
def test_a_window_is_closed_when_nothing_inside_it_can_still_come(world: World, as_of: timedelta, state: str) -> None:
    first = call(1, datetime(2026, 3, 10, 22, tzinfo=UTC))
    keep(world, CALLS, [first])
    world.directory.set_watermark("acme", first["ended_at"] + timedelta(hours=24) + as_of)
    found = callers(world, window_h=24).repeats

    assert found is not None
    assert (found.open.value, found.resolved.value) == ((1, 0) if state == "open" else (0, 1))
    assert found.fcr.value == (None if state == "open" else 1.0)


def test_a_contact_after_the_period_counts_and_one_with_another_team_does_not(world: World) -> None:
    last = call(1, datetime(2026, 3, 10, 22, tzinfo=UTC))
    keep(
        world,
        CALLS,
        [last, call(2, last["ended_at"] + timedelta(hours=2)), call(3, TEN, party_key=P2, remote_name="Jan"),
         call(4, TEN + timedelta(hours=1), party_key=P2, team_id="t2", outcome="no_answer")],
    )  # fmt: skip
    world.directory.set_watermark("acme", NOW + timedelta(days=30))
    found = callers(world).repeats

    assert found is not None
    assert (found.answered.value, found.repeated.value, found.resolved.value) == (2, 1, 1)
    assert found.repeated_drill == {"channels": ["call"], "record_ids": ["line:001"]}


@pytest.mark.parametrize("window_h", [24, 168])
@pytest.mark.parametrize("parts", [[], ["repeats"]])
def test_the_window_of_a_call_that_lasts_over_the_end_of_the_period_is_whole(
    world: World, window_h: int, parts: list[str]
) -> None:
    """The window opens when the call ends (metrics.md Repeat-caller rate), whatever else is asked for."""
    end = datetime(2026, 3, 10, 23, tzinfo=UTC)
    again = end + timedelta(hours=window_h, minutes=30)
    last = call(1, end - timedelta(minutes=10), ended_at=end + timedelta(minutes=40))
    keep(world, CALLS, [last, call(2, again, outcome="no_answer")])
    world.directory.set_watermark("acme", NOW + timedelta(days=30))
    found = callers(world, window_h=window_h, parts=parts).repeats

    assert found is not None
    assert (found.repeated.value, found.resolved.value) == (1, 0)


@pytest.mark.parametrize(("later", "waiting"), [(timedelta(days=7, milliseconds=-1), 0), (timedelta(days=7), 1)])
@pytest.mark.parametrize("window_h", [24, 168])
def test_a_reply_is_looked_for_seven_days_after_the_period_whatever_the_window(
    world: World, window_h: int, later: timedelta, waiting: int
) -> None:
    end = datetime(2026, 3, 10, 23, tzinfo=UTC)
    keep(world, CALLS, [call(1, TEN, outcome="no_answer"), call(2, end + later, "outbound")])
    found = callers(world, window_h=window_h).handling

    assert found is not None
    assert found.waiting.value == waiting


def test_the_filter_says_whose_calls_and_not_whose_contacts(world: World) -> None:
    """Anna's caller rang again and Boris answered: that is a repeat of Anna's call."""
    keep(world, CALLS, [call(1, TEN, user_id="anna"), call(2, TEN + timedelta(hours=1), user_id="boris")])
    world.directory.set_watermark("acme", NOW + timedelta(days=30))
    found = callers(world, users=["anna"], by="user")

    assert found.repeats is not None
    assert (found.repeats.answered.value, found.repeats.repeated.value) == (1, 1)
    assert [(row.id, row.repeats and row.repeats.repeated.value) for row in found.rows] == [("anna", 1), ("", 0)]


def test_only_the_parts_that_are_asked_for_are_there(world: World) -> None:
    found = callers(world, parts=["conversations"])

    assert found.conversations is not None
    assert (found.callers, found.repeats, found.handling, found.rows) == (None, None, None, ())


def test_a_group_text_is_one_conversation_and_withheld_callers_are_none(world: World) -> None:
    """features.md O9, demands.md D48."""
    keep(world, CALLS, [call(1, TEN, party_key="", remote_number="anonymous"), call(2, TEN)])
    group: dict[str, Any] = {"party_key": f"{12:032x}", "remote_number": "", "remote_count": 2}
    keep(world, MESSAGES, [text(1, TEN, **group), text(2, TEN + timedelta(hours=1), "outbound", **group)])
    found = callers(world).conversations

    assert found is not None
    assert (found.unique.value, found.anonymous.value) == (2, 1)
