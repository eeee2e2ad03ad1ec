"""Lines of an invoice and charges: who belongs to whom."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.metrics.reconcile import Charge, Entry, Rules, least_cost, reconcile
from ringlake.model.invoices import InvoiceLine, LineState

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
MARCH = Rules(since=datetime(2026, 3, 1, tzinfo=UTC), until=datetime(2026, 4, 1, tzinfo=UTC))
OURS, THEIRS = "+48220000001", "+48600000001"


def line(place: int, /, after_s: float = 0, **fields: Any) -> InvoiceLine:
    usual: dict[str, Any] = {
        "number": OURS,
        "remote": THEIRS,
        "started_at": AT + timedelta(seconds=after_s),
        "duration_s": 60,
        "amount": Decimal("0.1200"),
        "currency": "EUR",
    }
    return InvoiceLine(line=place, **{**usual, **fields})


def charge(id: str, after_s: float = 0, **fields: Any) -> Charge:
    usual: dict[str, Any] = {
        "number": OURS,
        "remote": THEIRS,
        "started_at": AT + timedelta(seconds=after_s),
        "lengths_s": (60,),
        "amount": Decimal("0.1200"),
        "currency": "EUR",
    }
    return Charge(id=id, **{**usual, **fields})


def pairs(entries: Sequence[Entry]) -> dict[int, str]:
    return {e.line.line: e.charge.id for e in entries if e.line and e.charge}


def states(entries: Sequence[Entry]) -> list[str]:
    return [entry.state.value for entry in entries]


def test_a_line_and_a_charge_of_the_same_party_and_time_are_matched() -> None:
    found = reconcile([line(2)], [charge("c", 90)], MARCH)

    assert states(found.entries) == ["matched"]
    assert found.entries[0].differs == ()


def test_the_tolerance_of_the_start_is_inclusive() -> None:
    assert states(reconcile([line(2)], [charge("c", 120)], MARCH).entries) == ["matched"]
    assert states(reconcile([line(2)], [charge("c", 120.001)], MARCH).entries) == ["extra", "missing"]


def test_the_ids_of_the_provider_come_before_everything_else() -> None:
    lines = [line(2, id="b"), line(3, 5, id="a")]
    charges = [charge("first", names=("leg", "a")), charge("second", 5, names=("b", "b"))]

    assert pairs(reconcile(lines, charges, MARCH).entries) == {2: "second", 3: "first"}


def test_a_line_of_a_leg_takes_the_leg_and_a_line_of_the_call_another_one() -> None:
    charges = [charge("a", names=("leg-1", "call")), charge("b", names=("leg-2", "call"))]

    assert pairs(reconcile([line(2, id="call"), line(3, id="leg-1")], charges, MARCH).entries) == {2: "b", 3: "a"}


def test_a_line_whose_id_is_not_ours_is_looked_for_by_party_and_time() -> None:
    assert states(reconcile([line(2, id="cdr-1")], [charge("c", names=("x",))], MARCH).entries) == ["matched"]


def test_calls_of_the_same_minute_are_told_apart_by_their_lengths() -> None:
    """The invoice cuts starts to the minute and lists them in another order than they were made."""
    lines = [line(2, duration_s=5), line(3, duration_s=60)]
    charges = [charge("long", 10, lengths_s=(60,)), charge("short", 40, lengths_s=(5,))]

    assert pairs(reconcile(lines, charges, MARCH).entries) == {2: "short", 3: "long"}


def test_more_pairs_come_before_nearer_ones() -> None:
    """The nearest charge of the first line is the only one that the second can have."""
    lines = [line(2, 0), line(3, 150)]
    charges = [charge("early", -100), charge("late", 40)]

    assert pairs(reconcile(lines, charges, MARCH).entries) == {2: "early", 3: "late"}


def test_another_party_is_nobody() -> None:
    lines = [line(2, remote="+48600000002"), line(3, number="+48220000002")]

    assert states(reconcile(lines, [charge("c")], MARCH).entries) == ["extra", "extra", "missing"]


def test_what_the_invoice_does_not_tell_is_not_compared() -> None:
    rules = Rules(since=MARCH.since, until=MARCH.until, by_remote=False)

    assert states(reconcile([line(2, remote="")], [charge("c")], rules).entries) == ["matched"]


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        ({"amount": Decimal("0.1201")}, ()),
        ({"amount": Decimal("0.1202")}, ("amount",)),
        ({"currency": "USD"}, ("currency",)),
        ({"duration_s": 61}, ()),
        ({"duration_s": 62}, ("duration",)),
        ({"duration_s": None}, ()),
        ({"duration_s": 90, "amount": Decimal(1)}, ("duration", "amount")),
    ],
)
def test_what_differs_is_named(fields: dict[str, Any], differs: tuple[str, ...]) -> None:
    (entry,) = reconcile([line(2, **fields)], [charge("c")], MARCH).entries

    assert entry.differs == differs
    assert entry.state is (LineState.DIFFERENT if differs else LineState.MATCHED)


def test_what_the_id_joined_is_compared_too() -> None:
    told = line(2, 3600, id="c", number="+48220000009", remote="+48600000009")
    (entry,) = reconcile([told], [charge("ours", names=("c",))], MARCH).entries

    assert entry.differs == ("number", "remote", "started_at")


def test_an_invoice_may_state_the_length_as_it_lasted_or_as_it_was_billed() -> None:
    for told in (42, 60):
        (entry,) = reconcile([line(2, duration_s=told)], [charge("c", lengths_s=(42, 60))], MARCH).entries
        assert entry.state is LineState.MATCHED


def test_a_charge_of_nothing_need_not_be_listed_and_an_unknown_one_cannot_be_missed() -> None:
    found = reconcile([], [charge("free", amount=Decimal(0)), charge("unknown", amount=None), charge("c")], MARCH)

    assert states(found.entries) == ["missing"]
    assert (found.free, found.unpriced) == (1, 1)


def test_an_unknown_amount_of_ours_is_a_difference() -> None:
    (entry,) = reconcile([line(2)], [charge("c", amount=None)], MARCH).entries

    assert entry.differs == ("amount",)


def test_a_charge_next_to_the_period_can_be_matched_and_is_never_missing() -> None:
    told = line(2, started_at=MARCH.until - timedelta(seconds=1))
    there = charge("midnight", started_at=MARCH.until)

    assert states(reconcile([told], [there], MARCH).entries) == ["matched"]
    assert reconcile([], [there], MARCH).entries == []


def test_a_line_without_a_start_is_a_fee() -> None:
    rent = line(2, started_at=None, number="", remote="", duration_s=None, text="Rent")

    assert states(reconcile([rent], [], MARCH).entries) == ["fee"]


def test_a_wrong_zone_is_noticed() -> None:
    """Warsaw in winter told as UTC: everything lies an hour after."""
    starts = [n * 10_000 for n in range(20)]
    charges = [charge(f"c{n}", at) for n, at in enumerate(starts)]

    assert reconcile([line(n, at + 3600) for n, at in enumerate(starts)], charges, MARCH).offset_s == 3600
    assert reconcile([line(n, at) for n, at in enumerate(starts)], charges, MARCH).offset_s == 0


def test_a_day_of_one_busy_number_is_paired_quickly_and_whole() -> None:
    """No customer is told and the starts are cut to the minute: 3,000 calls, dozens in every minute."""
    dice = random.Random(5)
    starts = sorted(dice.randrange(36_000) for _ in range(3000))
    lengths = [dice.randrange(1, 600) for _ in starts]
    charges = [charge(f"c{n:05}", at, lengths_s=(lengths[n],)) for n, at in enumerate(starts)]
    lines = [line(n, at // 60 * 60, remote="", duration_s=lengths[n]) for n, at in enumerate(starts)]
    dice.shuffle(lines)

    found = reconcile(lines, charges, Rules(since=MARCH.since, until=MARCH.until, by_remote=False))

    assert set(states(found.entries)) == {"matched"}


# --- the pairing is the best one


COSTS = st.lists(st.lists(st.none() | st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=5)


def _best(rows: Sequence[Sequence[tuple[int, int]]], columns: int) -> tuple[int, int]:
    """Pairs and cost of the best assignment, by trying all of them."""
    known = [dict(row) for row in rows]
    best = (0, 0)
    # Further columns that no row knows stand for none.
    for chosen in permutations(range(columns + len(rows)), len(rows)):
        costs = [known[n][c] for n, c in enumerate(chosen) if c in known[n]]
        best = min(best, (-len(costs), sum(costs)))
    return best


@settings(max_examples=40, deadline=None)
@given(COSTS)
def test_no_other_way_has_more_pairs_or_costs_less(costs: list[list[int | None]]) -> None:
    rows = [[(n, cost) for n, cost in enumerate(row) if cost is not None] for row in costs[:4]]
    found = least_cost(rows, 4)

    taken = [column for column in found if column is not None]
    assert len(set(taken)) == len(taken)
    spent = sum(dict(rows[n])[column] for n, column in enumerate(found) if column is not None)
    assert (-len(taken), spent) == _best(rows, 4)


PARTIES = st.sampled_from([THEIRS, "+48600000002", "anonymous"])
MOMENTS = st.integers(-300, 300)
LINES = st.lists(
    st.builds(
        lambda after, party, length, amount, name: {
            "after": after, "remote": party, "length": length, "amount": Decimal(amount) / 100, "id": name
        },
        MOMENTS, PARTIES, st.integers(0, 90), st.integers(0, 30), st.sampled_from(["", "", "x", "y"]),
    ),
    max_size=7,
)  # fmt: skip


def _lines(told: list[dict[str, Any]]) -> list[InvoiceLine]:
    return [
        line(n, t["after"], remote=t["remote"], duration_s=t["length"], amount=t["amount"], id=t["id"])
        for n, t in enumerate(told)
    ]


def _charges(told: list[dict[str, Any]]) -> list[Charge]:
    return [
        charge(f"c{n}", t["after"], remote=t["remote"], lengths_s=(t["length"],), amount=t["amount"], names=(t["id"],))
        for n, t in enumerate(told)
    ]


@settings(max_examples=40, deadline=None)
@given(LINES, LINES)
def test_every_line_and_every_charge_is_in_one_entry(told: list[dict[str, Any]], ours: list[dict[str, Any]]) -> None:
    lines, charges = _lines(told), _charges(ours)
    found = reconcile(lines, charges, MARCH)

    assert [e.line.line for e in found.entries if e.line] == list(range(len(lines)))
    taken = [e.charge.id for e in found.entries if e.charge]
    assert len(set(taken)) == len(taken)
    assert len(taken) + found.free + found.unpriced == len(charges)
    paid = sum((e.line.amount for e in found.entries if e.line), Decimal(0))
    assert paid == sum((one.amount for one in lines), Decimal(0))
    for entry in found.entries:
        assert (entry.line is not None, entry.charge is not None) == {
            LineState.MATCHED: (True, True), LineState.DIFFERENT: (True, True),
            LineState.MISSING: (False, True), LineState.EXTRA: (True, False),
        }[entry.state]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(LINES, LINES, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_charges_changes_nothing(
    told: list[dict[str, Any]], ours: list[dict[str, Any]], dice: random.Random
) -> None:
    lines, charges = _lines(told), _charges(ours)
    first = reconcile(lines, charges, MARCH)
    dice.shuffle(lines)
    dice.shuffle(charges)

    assert reconcile(lines, charges, MARCH) == first


@settings(max_examples=40, deadline=None)
@given(LINES)
def test_an_invoice_of_our_own_charges_is_matched_whole(ours: list[dict[str, Any]]) -> None:
    found = reconcile(_lines(ours), _charges(ours), MARCH)

    assert all(entry.state is LineState.MATCHED for entry in found.entries)
    assert len(found.entries) == len(ours)


@settings(max_examples=40, deadline=None)
@given(LINES, LINES)
def test_lines_of_a_party_get_as_many_charges_as_they_can(
    told: list[dict[str, Any]], ours: list[dict[str, Any]]
) -> None:
    lines = _lines([t | {"id": "", "remote": THEIRS} for t in told[:5]])
    charges = _charges([t | {"id": "", "remote": THEIRS} for t in ours[:5]])
    near = [
        [(n, 0) for n, c in enumerate(charges)
         if one.started_at and abs(c.started_at - one.started_at) <= timedelta(seconds=120)]
        for one in lines
    ]  # fmt: skip

    assert len(pairs(reconcile(lines, charges, MARCH).entries)) == -_best(near, len(charges))[0]
