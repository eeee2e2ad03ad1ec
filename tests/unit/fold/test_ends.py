"""Who was called first, and who had the call last (demands.md D21)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ringlake.model.calls import End, EndKind
from ringlake.model.facts import Agent, AnsweredBy, CallFact, CallKind, Direction, EndedAs, FactKind, Ref
from tests.unit.fold.telling import A, E, L, R, T, fact, fold

QUEUED, FORWARDED = FactKind.QUEUED, FactKind.FORWARDED
MAIN = End(kind=EndKind.NUMBER, number="+48221230000")


def requested(*facts: CallFact, **more: Any) -> tuple[EndKind | None, str]:
    end = fold(*facts, fact(E, 99), **more).requested
    return end.kind, end.party.user_id or end.label


def last(*facts: CallFact) -> tuple[EndKind | None, str]:
    end = fold(*facts).final_party
    return end.kind, end.party.user_id or end.label


def test_the_one_who_is_rung_first_was_called() -> None:
    assert requested(fact(R, 0, "anna")) == (EndKind.USER, "u-anna")
    assert requested(fact(R, 0, "anna"), fact(R, 2, "boris")) == (EndKind.USER, "u-anna")
    assert requested(fact(A, 3, "boris")) == (EndKind.USER, "u-boris")
    assert requested(fact(R, 0, "stranger")) == (EndKind.USER, "stranger")


@pytest.mark.parametrize(("second", "expected"), [(1.0, EndKind.NUMBER), (1.001, EndKind.USER)])
def test_phones_that_begin_to_ring_within_a_second_are_a_group(second: float, expected: EndKind) -> None:
    kind, _ = requested(fact(R, 0, "anna", "l1"), fact(R, second, "boris", "l2"))
    assert kind is expected


def test_a_queue_that_was_entered_first_was_called_even_when_its_phones_ring_at_once() -> None:
    queue = Ref(id="5", name="Service")
    assert requested(fact(QUEUED, 0, queue=queue), fact(R, 0.5, "anna")) == (EndKind.QUEUE, "Service")
    assert requested(fact(R, 0, "anna"), fact(QUEUED, 9, queue=queue)) == (EndKind.USER, "u-anna")
    assert requested(fact(QUEUED, 0), fact(R, 5, "anna")) == (EndKind.USER, "u-anna")
    assert requested(fact(QUEUED, 0, queue=Ref(id="5"))) == (EndKind.QUEUE, "5")


def test_who_forwards_the_call_was_called() -> None:
    assert requested(fact(FORWARDED, 0, "anna", to_party="boris"), fact(R, 1, "boris")) == (EndKind.USER, "u-anna")


def test_where_nobody_was_rung_the_dialled_number_was_called() -> None:
    assert fold(fact(E, 9)).requested == MAIN
    named = fold(fact(E, 9, business_number="+48221230007"))
    assert named.requested == End(kind=EndKind.NUMBER, name="Anna", number="+48221230007")
    assert named.requested.label == "Anna"
    assert requested(fact(A, 0, answered_by=AnsweredBy.IVR)) == (EndKind.NUMBER, "+48221230000")


def test_an_outbound_call_was_for_the_customer() -> None:
    assert requested(fact(R, 0, "anna"), direction=Direction.OUTBOUND) == (EndKind.CUSTOMER, "+48600100200")


def test_the_last_who_talked_had_the_call() -> None:
    two = (fact(A, 0, "anna", "l1"), fact(A, 5, "boris", "l2"), fact(E, 9))
    assert last(*two) == (EndKind.USER, "u-boris")
    assert last(fact(A, 0), fact(E, 9, "celia")) == (EndKind.USER, "u-celia")
    assert last(fact(A, 0), fact(E, 9)) == (None, "")


def test_a_call_that_only_rang_was_had_by_nobody() -> None:
    assert last(fact(R, 0, "anna"), fact(E, 9)) == (None, "")
    assert last(fact(QUEUED, 0, queue=Ref(name="Q")), fact(R, 1, "anna"), fact(E, 9)) == (None, "")


@pytest.mark.parametrize(
    ("by", "kind"),
    [
        (AnsweredBy.IVR, EndKind.MENU),
        (AnsweredBy.AI, EndKind.AI),
        (AnsweredBy.VOICEMAIL, EndKind.VOICEMAIL),
        (AnsweredBy.MACHINE, None),
    ],
)
def test_a_machine_of_ours_that_took_an_unanswered_call_had_it(by: AnsweredBy, kind: EndKind | None) -> None:
    assert last(fact(R, 0, "anna"), fact(A, 5, answered_by=by), fact(E, 9))[0] is kind


def test_a_message_that_was_left_says_voicemail_and_a_queue_says_its_name() -> None:
    assert last(fact(R, 0), fact(E, 9), fact(FactKind.VOICEMAIL, 20)) == (EndKind.VOICEMAIL, "")
    assert last(fact(QUEUED, 0, queue=Ref(name="Service")), fact(E, 9)) == (EndKind.QUEUE, "Service")


def external(*facts: tuple[FactKind, float], **more: Any) -> list[CallFact]:
    common: dict[str, Any] = {"call_id": "x-1", "call_kind": CallKind.EXTERNAL_TRANSFER, "parent_id": "c-1"}
    return [fact(kind, second, to_number="700 800 900", **common | more) for kind, second in facts]


def test_an_outside_number_that_answered_had_the_call() -> None:
    talk = (fact(A, 0, "anna", "l1"), fact(T, 5, "anna", "l1"))
    assert last(*talk, *external((A, 6), (E, 9)), fact(E, 9)) == (EndKind.OUTSIDE, "+48700800900")
    closed = external((R, 6), (E, 9), ended_as=EndedAs.ANSWERED)
    assert last(*talk, *closed, fact(E, 9)) == (EndKind.OUTSIDE, "+48700800900")
    assert last(*talk, *external((R, 6), (E, 8)), fact(E, 9)) == (EndKind.USER, "u-anna")


def test_a_transfer_to_an_outside_number_of_which_nothing_more_is_told_counts() -> None:
    talk = fact(A, 0, "anna", "l1")
    assert last(talk, fact(T, 5, "anna", to_party="700 800 900"), fact(E, 9)) == (EndKind.OUTSIDE, "+48700800900")
    for inside in ("+48221230007", "boris", "park 701", ""):
        assert last(talk, fact(T, 5, "anna", to_party=inside), fact(E, 9)) == (EndKind.USER, "u-anna")
    came_back = (talk, fact(T, 5, to_party="+48700800900"), fact(A, 7, "boris", "l2"), fact(E, 9))
    assert last(*came_back) == (EndKind.USER, "u-boris")


def test_a_live_call_says_who_has_it_now() -> None:
    assert last(fact(A, 0, "anna")) == (EndKind.USER, "u-anna")
    assert last(fact(R, 0, "anna")) == (None, "")


def test_a_leg_of_an_agent_known_by_name_only_is_labelled_by_it() -> None:
    named = msgspec.structs.replace(fact(A, 0), agent=Agent(name="Temp Worker"))
    assert last(named, fact(L, 5), fact(E, 9)) == (EndKind.USER, "Temp Worker")
