"""Lines that a program joins: which one is the call, and when its pick-up is an answer."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.model.calls import LiveState, MissedReason, Outcome
from ringlake.model.facts import AnsweredBy, CallFact, CallKind, Direction, EndedAs, FactKind, HangupBy
from tests.unit.fold.telling import A, E, L, R, fact, fold

S, I, Q, V = FactKind.STARTED, FactKind.INFO, FactKind.QUEUED, FactKind.VOICEMAIL  # noqa: E741 (one letter each)


def caller(kind: FactKind, second: float | None, **more: Any) -> CallFact:
    return fact(kind, second, line="caller", **more)


def agent(kind: FactKind, second: float | None, who: str = "anna", **more: Any) -> CallFact:
    return fact(kind, second, who, line=f"to-{who}", **more)


INBOUND: dict[str, Any] = {"direction": Direction.INBOUND}
OUTBOUND: dict[str, Any] = {"direction": Direction.OUTBOUND}


def facts_of_a_menu_call() -> list[CallFact]:
    """A program picks up at 2, rings anna at 8; the caller hangs up at 60."""
    return [
        caller(S, 0, **INBOUND),
        caller(A, 2),
        agent(S, 8, direction=Direction.OUTBOUND),
        agent(E, 60, ended_as=EndedAs.NO_ANSWER),
        caller(E, 60, ended_as=EndedAs.ANSWERED, hangup_by=HangupBy.CALLER),
    ]


def test_a_pick_up_of_the_only_line_is_the_answer() -> None:
    record = fold(caller(S, 0, **INBOUND), caller(A, 2), caller(E, 60, ended_as=EndedAs.ANSWERED))
    assert (record.outcome, record.talk_ms, record.ivr_ms) == (Outcome.ANSWERED, 58_000, None)
    assert record.legs == ()


def test_a_pick_up_by_the_program_is_no_answer_once_a_colleague_was_tried() -> None:
    record = fold(*facts_of_a_menu_call())
    assert record.outcome is Outcome.CALLER_ABANDONED
    assert (record.ivr_ms, record.talk_ms, record.answered_by) == (6_000, None, AnsweredBy.IVR)
    assert record.missed_reason is MissedReason.RANG_NO_ANSWER
    assert [leg.party.account for leg in record.legs] == ["anna"]


def test_who_took_the_other_line_is_who_answered() -> None:
    record = fold(*facts_of_a_menu_call(), agent(A, 12, answered_by=AnsweredBy.UNKNOWN))
    assert (record.outcome, record.talk_ms, record.user.user_id) == (Outcome.ANSWERED, 48_000, "u-anna")
    assert record.hangup_by is HangupBy.CUSTOMER


def test_an_attempt_of_which_only_the_beginning_is_known_decides_nothing_once_the_call_is_over() -> None:
    begun = [caller(S, 0, **INBOUND), caller(A, 2), agent(S, 8)]
    assert fold(*begun).live is LiveState.RINGING
    assert fold(*begun, caller(E, 60, ended_as=EndedAs.ANSWERED)).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("kind", [Q, V], ids=["queue", "voicemail"])
def test_a_queue_or_a_voicemail_shows_that_nobody_had_answered(kind: FactKind) -> None:
    record = fold(caller(S, 0, **INBOUND), caller(A, 2), fact(kind, 5), caller(E, 60, ended_as=EndedAs.ANSWERED))
    assert record.outcome is (Outcome.VOICEMAIL if kind is V else Outcome.NO_ANSWER)


def test_the_customer_who_is_called_picks_up_the_own_phone() -> None:
    record = fold(
        caller(S, 0, **OUTBOUND),
        caller(A, 5),
        agent(S, 6),
        caller(E, 30, ended_as=EndedAs.ANSWERED, hangup_by=HangupBy.CALLEE),
        direction=Direction.OUTBOUND,
    )
    assert (record.outcome, record.talk_ms) == (Outcome.ANSWERED, 25_000)
    assert record.hangup_by is HangupBy.CUSTOMER


def test_our_own_phone_that_is_rung_first_is_no_customer() -> None:
    own = [
        fact(S, 0, "anna", line="own", **OUTBOUND),
        fact(A, 1, "anna", line="own"),
        fact(S, 2, line="customer"),
    ]
    busy = fact(E, 9, line="customer", ended_as=EndedAs.BUSY)
    record = fold(*own, busy, fact(E, 10, line="own"), direction=Direction.OUTBOUND)
    assert (record.outcome, record.user.user_id) == (Outcome.BUSY, "u-anna")
    answered = fact(A, 7, line="customer", answered_by=AnsweredBy.UNKNOWN)
    record = fold(*own, answered, fact(E, 10, line="own"), direction=Direction.OUTBOUND)
    assert (record.outcome, record.talk_ms, record.user.user_id) == (Outcome.ANSWERED, 3_000, "u-anna")


def test_how_our_own_phone_was_closed_is_not_what_became_of_the_customer() -> None:
    """Telnyx and Twilio close it as an answered one, and tell how long it was on the line."""
    own = [fact(A, 1, "anna", line="own"), fact(L, 31, "anna", line="own", ended_as=EndedAs.ANSWERED)]
    own += [fact(E, 31, line="own", ended_as=EndedAs.ANSWERED, duration_s=30, **OUTBOUND)]
    busy = [
        fact(S, 4, line="customer"),
        fact(E, 30, line="customer"),
        fact(L, 30, line="customer", ended_as=EndedAs.BUSY),
    ]
    record = fold(*own, *busy, direction=Direction.OUTBOUND)
    assert (record.outcome, record.user.user_id, record.flags) == (Outcome.BUSY, "u-anna", ())
    record = fold(*own, fact(S, 4, line="customer"), fact(A, 11, line="customer"), direction=Direction.OUTBOUND)
    assert (record.outcome, record.talk_ms, record.total_ms) == (Outcome.ANSWERED, 20_000, 30_000)
    assert (record.user.user_id, record.flags) == ("u-anna", ())


@pytest.mark.parametrize("second", [3, 90], ids=["at once", "after the end"])
def test_who_picked_up_may_be_found_out_later(second: float) -> None:
    record = fold(
        caller(S, 0, **OUTBOUND),
        caller(A, 5),
        caller(I, second, answered_by=AnsweredBy.MACHINE),
        caller(E, 30, ended_as=EndedAs.ANSWERED),
        direction=Direction.OUTBOUND,
    )
    assert (record.outcome, record.answered_by) == (Outcome.NO_ANSWER, AnsweredBy.MACHINE)


def test_the_call_is_over_with_the_first_line() -> None:
    lasting = [caller(S, 0, **INBOUND), caller(A, 2), agent(S, 8), agent(A, 9, answered_by=AnsweredBy.UNKNOWN)]
    record = fold(*lasting, agent(E, 40))
    assert record.live is LiveState.IN_PROGRESS
    record = fold(*lasting, caller(E, 50))
    assert (record.outcome, record.total_ms) == (Outcome.ANSWERED, 50_000)


def test_parts_with_lines_are_legs_of_the_call() -> None:
    record = fold(
        caller(S, 0, **INBOUND),
        caller(A, 2),
        fact(R, 4, "anna", line="x-1", call_id="x-1"),
        fact(A, 9, "anna", line="x-1", call_id="x-1", answered_by=AnsweredBy.UNKNOWN),
        fact(E, 58, "anna", line="x-1", call_id="x-1", ended_as=EndedAs.ANSWERED),
        fact(L, None, "", "x-1", received=59, ended_as=EndedAs.ANSWERED),
        caller(E, 60, ended_as=EndedAs.ANSWERED),
    )
    assert [(leg.leg_id, leg.kind, leg.ring_ms) for leg in record.legs] == [("x-1", "agent", 5_000)]
    assert (record.talk_ms, record.user.user_id) == (51_000, "u-anna")


def test_a_consultation_beside_the_call_answers_nothing() -> None:
    record = fold(
        caller(S, 0, **INBOUND),
        caller(A, 2),
        fact(A, 9, "boris", call_id="x-1", call_kind=CallKind.CONSULTATION),
        caller(E, 60, ended_as=EndedAs.ANSWERED),
    )
    assert (record.outcome, record.talk_ms) == (Outcome.ANSWERED, 58_000)


def test_an_attempt_without_times_closes_the_call_until_more_is_heard() -> None:
    begun = [caller(S, 0, **INBOUND), caller(A, 2)]
    missed = fact(L, None, "", "d-1", received=30, ended_as=EndedAs.NO_ANSWER)
    assert fold(*begun, missed).outcome is Outcome.NO_ANSWER
    assert fold(*begun, missed, agent(R, 31)).live is LiveState.RINGING
    taken = fact(L, None, "", "d-1", received=30, ended_as=EndedAs.ANSWERED, duration_s=20)
    record = fold(*begun, taken)
    assert (record.outcome, record.talk_ms, record.answered_by) == (Outcome.ANSWERED, 20_000, AnsweredBy.UNKNOWN)


def test_a_line_known_by_its_end_alone_is_still_the_call() -> None:
    """An end may come without any time of a beginning, and the attempts before it."""
    record = fold(
        fact(R, 4, "anna", line="x-1", call_id="x-1"),
        fact(A, 9, "anna", line="x-1", call_id="x-1", answered_by=AnsweredBy.UNKNOWN),
        caller(E, 60, **INBOUND, ended_as=EndedAs.ANSWERED),
    )
    assert (record.outcome, record.talk_ms, record.user.user_id) == (Outcome.ANSWERED, 51_000, "u-anna")


def test_whom_a_call_is_offered_to_is_on_our_side_also_at_a_number_nobody_has_mapped() -> None:
    record = fold(
        caller(S, 0, **INBOUND),
        caller(A, 2),
        fact(S, 5, line="mobile", to_party="+48600100999"),
        fact(A, 9, line="mobile", answered_by=AnsweredBy.UNKNOWN),
        caller(E, 60),
    )
    assert (record.user.account, record.unattributed) == ("+48600100999", "unmapped")
    assert record.answered_by is AnsweredBy.PERSON
    assert (record.remote_number, record.business_number) == ("+48600100200", "+48221230000")
