"""Calls of which only parts are told to end: over when every strand is; and holds whose end nobody tells."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from ringlake.model.calls import LiveState, Outcome
from ringlake.model.facts import CallFact, Direction, EndedAs, FactKind

from .telling import AT, fact, fold

S, I, A, E = FactKind.STARTED, FactKind.INFO, FactKind.ANSWERED, FactKind.ENDED  # noqa: E741
FIRST = (fact(S, 0, strand="one"), fact(A, 5, "anna", "one", strand="one"), fact(E, 40, strand="one"))
SECOND = (fact(I, 30, strand="two"), fact(A, 38, "boris", "two", strand="two"), fact(E, 90, strand="two"))


def test_a_call_lasts_while_one_strand_does() -> None:
    record = fold(*FIRST, *SECOND[:2])
    assert (record.live, record.outcome, record.ended_at) == (LiveState.IN_PROGRESS, None, None)


def test_it_ends_with_the_last_strand_whatever_comes_first() -> None:
    told = [*FIRST[1:], *SECOND[1:]]
    for order in permutations(told):
        record = fold(FIRST[0], SECOND[0], *order)
        assert (record.outcome, record.ended_at) == (Outcome.ANSWERED, AT + timedelta(seconds=90))


def test_an_end_of_the_whole_call_ends_it_whatever_strands_are_open() -> None:
    record = fold(*FIRST[:2], *SECOND[:2], fact(E, 60, ended_as=EndedAs.ANSWERED))
    assert (record.outcome, record.ended_at) == (Outcome.ANSWERED, AT + timedelta(seconds=60))


def test_the_words_of_every_strand_count_for_an_outbound_call() -> None:
    ours, theirs = fact(E, 8, strand="us", ended_as=EndedAs.CANCELED), fact(E, 9, strand="them", ended_as=EndedAs.BUSY)
    assert fold(fact(S, 0, strand="us"), ours, theirs, direction=Direction.OUTBOUND).outcome is Outcome.BUSY


def test_a_voicemail_still_proves_the_end() -> None:
    record = fold(fact(S, 0, strand="one"), fact(FactKind.VOICEMAIL, 20), fact(I, 0, strand="two"))
    assert record.outcome is Outcome.VOICEMAIL


@pytest.mark.parametrize(
    ("told", "hold_ms"),
    [
        ((), None),
        (({"kind": "held", "at": 10}, {"kind": "resumed", "at": 25}), 15_000),
        (({"kind": "held", "at": 10}, {"kind": "answered", "at": 25}), 15_000),
        (({"kind": "held", "at": 10},), 50_000),
        # The provider's own sum counts where an end, or everything, is missing.
        (({"kind": "held", "at": 10}, {"kind": "info", "at": 60, "hold_s": 12}), 12_000),
        (
            ({"kind": "held", "at": 10}, {"kind": "leg_ended", "at": 60}, {"kind": "info", "at": 60, "hold_s": 12}),
            12_000,
        ),
        (({"kind": "info", "at": 60, "hold_s": 12},), 12_000),
        (({"kind": "info", "at": 60, "hold_s": 0},), None),
        # Times of our own are better than a rounded sum.
        (({"kind": "held", "at": 10}, {"kind": "resumed", "at": 25}, {"kind": "info", "at": 60, "hold_s": 12}), 15_000),
    ],
)
def test_a_hold_is_as_long_as_it_is_told(told: tuple[dict[str, Any], ...], hold_ms: int | None) -> None:
    def of(said: dict[str, Any]) -> CallFact:
        more = {name: value for name, value in said.items() if name not in ("kind", "at")}
        person = said["kind"] != "info"
        return fact(FactKind(said["kind"]), said["at"], "anna" if person else "", "one" if person else "", **more)

    record = fold(fact(S, 0), fact(A, 5, "anna", "one"), *map(of, told), fact(E, 60, ended_as=EndedAs.ANSWERED))
    assert record.hold_ms == hold_ms
