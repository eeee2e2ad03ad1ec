"""Whatever happens on the way, the rows of presence end up as accounts, calls and links say (design invariant 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.model.calls import Leg, Party
from ringlake.model.directory import Account, User
from ringlake.model.facts import PresenceFact, PresenceStatus
from ringlake.model.subjects import presence_subject_id
from tests.property.turns import Turn, Turns
from tests.unit.lake.making import call
from tests.unit.presence.house import FRIDAY_NOON, MONDAY, PEOPLE, House, Relink, Step, person, presence

pytestmark = pytest.mark.slow


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Versions of accounts' days and of calls, changed links, and days that go by."""
    steps: list[Step] = []
    now = MONDAY + timedelta(hours=6)
    said: dict[str, list[PresenceFact]] = {}
    revision: dict[str, int] = {}
    for _ in range(draw(st.integers(1, 7))):
        now += timedelta(hours=draw(st.sampled_from([0, 0, 5, 26])))
        now = min(now, FRIDAY_NOON)
        kind = draw(st.sampled_from(["word", "word", "word", "call", "link"]))
        if kind == "word":
            account = draw(st.sampled_from(["A", "B"]))
            at = min(MONDAY + timedelta(hours=draw(st.sampled_from([7, 9, 20, 23, 31, 33, 46, 57, 80]))), now)
            key = presence_subject_id(account, at)
            status = draw(st.sampled_from([*PresenceStatus]))
            said.setdefault(key, []).append(
                PresenceFact(account=account, status=status, raw=status.value, at=at, received_at=now)
            )
            steps.append(Step(now, presence(key, said[key])))
        elif kind == "call":
            name = draw(st.sampled_from(["c1", "c2"]))
            revision[name] = revision.get(name, 0) + 1
            at = min(MONDAY + timedelta(hours=draw(st.sampled_from([8, 23, 32]))), now)
            lasts = draw(st.sampled_from([timedelta(minutes=10), timedelta(hours=3), None]))
            who = draw(st.sampled_from([*PEOPLE]))
            leg = Leg(
                leg_id="L1",
                party=Party(user_id=who, name=PEOPLE[who], account="A"),
                answered_at=at,
                ended_at=at + lasts if lasts else None,
            )
            steps.append(Step(now, call(name, at, legs=(leg,), revision=revision[name])))
        else:
            steps.append(Step(now, Relink(_user(draw))))
    return steps


def _user(draw: st.DrawFn) -> User:
    who = draw(st.sampled_from([*PEOPLE]))
    bounds = [None, MONDAY + timedelta(hours=20), MONDAY + timedelta(hours=40)]
    accounts = tuple(
        Account(connection="line", id=name, since=draw(st.sampled_from(bounds)), until=draw(st.sampled_from(bounds)))
        for name in draw(st.sampled_from([(), ("A",), ("B",), ("A", "B")]))
    )
    return person(who, accounts, deleted_at=draw(st.sampled_from([None, None, MONDAY + timedelta(hours=30)])))


def at_once(history: list[Step]) -> dict[str, list[Any]]:
    """The rows of a company that rolls up once, in the end; its links are those of the end."""
    house = House()
    for step in history:
        house.take(step)
    return house.settle()


@given(histories(), st.lists(st.integers(0, 7)), st.integers(1, 3))
def test_any_batching_gives_the_same_rows(history: list[Step], rolled_up_after: list[int], batch: int) -> None:
    house = House()
    for number, step in enumerate(history):
        house.take(step)
        if number in rolled_up_after:
            house.roll_up(batch=batch)

    assert house.settle() == at_once(history)


@given(histories(), st.integers(1, 90), st.integers(0, 7))
def test_a_crash_at_any_store_call_is_made_good(history: list[Step], crash_at: int, first: int) -> None:
    house = House()
    for step in history[:first]:
        house.take(step)
    Turns(iter(()), {0: crash_at}).run([house.roll_up])
    for step in history[first:]:
        house.take(step)
    Turns(iter(()), {0: crash_at // 2}).run([house.roll_up])

    assert house.settle() == at_once(history)


@given(histories(), st.lists(st.integers(0, 2), max_size=200))
def test_roll_ups_at_once_while_the_fold_goes_on_converge(history: list[Step], order: list[int]) -> None:
    house = House()

    def happening(turn: Turn) -> None:
        for step in history:
            house.take(step, turn(house.records), turn(house.directory))

    Turns(iter(order)).run([happening, house.roll_up, house.roll_up])

    assert house.settle() == at_once(history)


@given(histories(), st.lists(st.integers(0, 2), max_size=200), st.integers(1, 120))
def test_a_crash_in_the_middle_of_a_race_is_made_good(history: list[Step], order: list[int], crash_at: int) -> None:
    house = House()

    def happening(turn: Turn) -> None:
        for step in history:
            house.take(step, turn(house.records), turn(house.directory))

    Turns(iter(order), {1: crash_at}).run([happening, house.roll_up, house.roll_up])

    assert house.settle() == at_once(history)
