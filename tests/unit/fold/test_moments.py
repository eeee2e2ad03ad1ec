"""When a call began, was answered, was left to a machine and ended, told as facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ringlake.model.calls import LiveState, MissedReason, Outcome
from ringlake.model.facts import AnsweredBy, CallFact, CallKind, Direction, EndedAs, FactKind, HangupBy, Media, Step
from tests.unit.fold.telling import AT, A, E, R, fact, fold

S, Q = FactKind.STARTED, FactKind.QUEUED


def test_phases_without_length_are_zero_and_no_finding() -> None:
    record = fold(fact(R, 0, "anna"), fact(A, 0, "anna"), fact(E, 0))
    assert (record.wait_ms, record.ring_ms, record.talk_ms, record.total_ms, record.flags) == (0, 0, 0, 0, ())


def test_a_span_is_negative_from_the_first_millisecond() -> None:
    record = fold(fact(R, 0, "anna"), fact(A, -0.001, "anna"), fact(E, 10))
    assert (record.ring_ms, record.flags) == (0, ("negative_duration",))


def test_a_call_that_only_starts_rings_from_its_start() -> None:
    record = fold(fact(S, 0), fact(E, 20))
    assert (record.ring_ms, record.ringing_at, record.missed_reason) == (20_000, None, MissedReason.RANG_NO_ANSWER)
    assert fold(fact(S, 0)).live is LiveState.RINGING


def test_a_call_that_starts_in_a_queue_or_a_menu_does_not_ring_from_its_start() -> None:
    queued = fold(fact(S, 0), fact(Q, 1), fact(E, 20, hangup_by=HangupBy.CUSTOMER))
    assert (queued.ring_ms, queued.wait_ms, queued.missed_reason) == (None, 19_000, MissedReason.CALLER_GAVE_UP)
    assert fold(fact(S, 0), fact(Q, 1)).live is LiveState.QUEUED
    menu = fold(fact(S, 0), fact(A, 3, answered_by=AnsweredBy.IVR), fact(E, 20, hangup_by=HangupBy.CUSTOMER))
    assert (menu.ring_ms, menu.ivr_ms, menu.missed_reason) == (None, 17_000, MissedReason.IVR_ABANDON)


def test_a_step_proves_a_menu_unless_it_is_a_queue() -> None:
    menu = fold(fact(S, 0), fact(FactKind.STEP, 2, step=Step(kind="ivr", value="1")), fact(E, 9))
    assert (menu.ivr_ms, menu.missed_reason) == (9_000, MissedReason.IVR_ABANDON)
    queue = fold(fact(S, 0), fact(FactKind.STEP, 2, step=Step(kind="queue", value="Service")), fact(E, 9))
    assert queue.ivr_ms is None


def test_a_menu_that_hands_over_at_once_has_lasted_no_time() -> None:
    record = fold(fact(A, 0, answered_by=AnsweredBy.IVR), fact(Q, 0), fact(R, 5, "anna"), fact(E, 9))
    assert (record.ivr_ms, record.wait_ms) == (0, 9_000)


@pytest.mark.parametrize("after_s", [0, 4])
def test_a_box_that_takes_a_ringing_call_ends_the_waiting(after_s: int) -> None:
    record = fold(fact(R, 0, "anna"), fact(A, after_s, answered_by=AnsweredBy.VOICEMAIL), fact(E, 30))
    assert (record.wait_ms, record.outcome) == (after_s * 1000, Outcome.VOICEMAIL)


def test_a_box_that_answered_before_anything_rang_ends_no_waiting() -> None:
    record = fold(fact(A, 0, answered_by=AnsweredBy.VOICEMAIL), fact(R, 5, "anna"), fact(E, 30))
    assert record.wait_ms == 25_000


def test_a_person_after_the_box_is_an_answer() -> None:
    record = fold(fact(R, 0, "anna"), fact(A, 10, answered_by=AnsweredBy.VOICEMAIL), fact(A, 15, "anna"), fact(E, 75))
    assert (record.outcome, record.wait_ms, record.talk_ms) == (Outcome.ANSWERED, 15_000, 60_000)
    assert record.answered_by is AnsweredBy.PERSON


def test_who_picked_up_is_the_agent_when_one_is_named_on_a_call_that_came_in() -> None:
    assert fold(fact(A, 0, "anna"), fact(E, 9)).answered_by is AnsweredBy.PERSON
    assert fold(fact(A, 0), fact(E, 9)).answered_by is AnsweredBy.UNKNOWN
    assert fold(fact(A, 0, "anna"), fact(E, 9), direction=Direction.OUTBOUND).answered_by is AnsweredBy.UNKNOWN
    assert fold(fact(R, 0, "anna"), fact(E, 9)).answered_by is None


def test_a_closing_word_with_an_agent_is_a_person() -> None:
    record = fold(fact(R, 0, "anna"), fact(E, 9, "anna", ended_as=EndedAs.ANSWERED))
    assert (record.answered_by, record.outcome) == (AnsweredBy.PERSON, Outcome.ANSWERED)
    ivr = fold(fact(R, 0), fact(E, 9, "anna", ended_as=EndedAs.ANSWERED, answered_by=AnsweredBy.IVR))
    assert (ivr.answered_by, ivr.outcome) == (AnsweredBy.IVR, Outcome.NO_ANSWER)


def test_artefacts_never_move_the_start() -> None:
    record = fold(fact(FactKind.TRANSCRIPT, -100), fact(R, 0, "anna"), fact(E, 20))
    assert record.started_at == AT
    assert fold(fact(FactKind.TRANSCRIPT, -100), fact(E, 20)).started_at == AT + timedelta(seconds=20)


def test_a_stated_start_counts_before_the_first_thing_that_happened() -> None:
    record = fold(fact(R, -3, "anna"), fact(S, 0), fact(E, 20))
    assert (record.started_at, record.total_ms) == (AT, 20_000)


def test_a_part_that_began_earlier_does_not_start_a_call_that_knows_its_start() -> None:
    part = fact(R, -50, "boris", call_id="c-2", call_kind=CallKind.VOICE)
    assert fold(fact(S, 0), fact(E, 20), part).started_at == AT


def test_the_end_is_the_last_one_that_says_how() -> None:
    announced = fact(E, 65)
    record = fold(fact(A, 5, "anna"), fact(E, 60, ended_as=EndedAs.ANSWERED), announced)
    assert record.ended_at == AT + timedelta(seconds=60)
    by_status = fold(fact(A, 5, "anna"), fact(E, 60, status="done"), announced)
    assert by_status.ended_at == AT + timedelta(seconds=60)
    assert fold(fact(A, 5, "anna"), announced, fact(E, 70)).ended_at == AT + timedelta(seconds=70)


def test_without_clocks_the_first_receipt_of_the_end_counts() -> None:
    told = [fact(A, 0, "anna"), fact(E, None, received=9), fact(E, None, received=5, status="completed")]
    again = fact(E, None, received=40, status="completed", cause="16")
    record = fold(*told, again)
    assert record.ended_at == AT + timedelta(seconds=5)
    assert record.flags == ("no_provider_time",)


def test_a_call_that_was_also_closed_for_good_does_not_wait_for_its_part() -> None:
    part = fact(R, 10, "boris", call_id="c-2")
    both = [fact(E, 10, ended_as=EndedAs.FORWARDED), fact(E, 30, ended_as=EndedAs.NO_ANSWER)]
    assert fold(fact(R, 0, "anna"), part, *both).outcome is Outcome.NO_ANSWER
    assert fold(fact(R, 0, "anna"), part, both[0]).outcome is None


def test_a_voicemail_that_was_left_proves_the_end() -> None:
    record = fold(fact(R, 0, "anna"), fact(FactKind.VOICEMAIL, 30, media=Media(seconds=9)))
    assert (record.outcome, record.live, record.ended_at, record.total_ms) == (Outcome.VOICEMAIL, None, None, None)


def test_a_call_on_hold_has_been_held_for_an_unknown_time() -> None:
    record = fold(fact(A, 0, "anna", "l1"), fact(FactKind.HELD, 5, leg="l1"))
    assert record.hold_ms == 0
    ended = fold(
        fact(A, 0, "anna", "l1"), fact(FactKind.HELD, 5, leg="l1"), fact(FactKind.RESUMED, 8, leg="l1"),
        fact(FactKind.HELD, 20, leg="l1"), fact(E, 30),
    )  # fmt: skip
    assert ended.hold_ms == 13_000


def test_a_resume_without_a_hold_is_no_hold() -> None:
    assert fold(fact(A, 0, "anna", "l1"), fact(FactKind.RESUMED, 5, leg="l1"), fact(E, 9)).hold_ms is None


def test_the_path_names_the_leg_or_the_part_of_each_step() -> None:
    record = fold(
        fact(R, 0, "anna", "l1"), fact(R, 1, "boris", call_id="k-1"), fact(R, 2, "celia", "x", call_id="k-2"),
        fact(E, 9),
    )  # fmt: skip
    assert [step.leg_id for step in record.timeline] == ["l1", "k-1", "x", ""]


def test_a_step_that_is_told_twice_is_one_and_knows_its_person() -> None:
    record = fold(fact(R, 0, "", "l1", status="ringing"), fact(R, 0, "anna", "l1"), fact(E, 9))
    ring, _ = record.timeline
    assert ring.party is not None
    assert ring.party.user_id == "u-anna"


def test_what_happens_a_second_after_the_end_is_no_finding_and_later_is() -> None:
    ended = [fact(A, 0, "anna"), fact(E, 60)]
    assert fold(*ended, fact(R, 61, "boris")).flags == ()
    assert fold(*ended, fact(R, 61.001, "boris")).flags == ("after_end",)
    assert fold(*ended, fact(FactKind.VOICEMAIL, 90)).flags == ()
    assert fold(*ended, fact(FactKind.RECORDING, 90)).flags == ()


def test_a_ring_after_the_answer_is_the_way_to_somebody_else() -> None:
    """The first ring was never told; that of the transfer target must not stand in for it."""
    record = fold(
        fact(A, 5, "anna", "l1"), fact(FactKind.TRANSFERRED, 65, "anna"), fact(R, 65, "boris", "l2"),
        fact(A, 70, "boris", "l2"), fact(E, 130),
    )  # fmt: skip
    assert (record.ringing_at, record.ring_ms, record.wait_ms, record.flags) == (None, None, None, ())


def test_the_ring_of_the_leg_that_answered_is_a_clock_that_runs_wrong() -> None:
    record = fold(fact(R, 7, "anna", "l1"), fact(A, 5, "anna", "l1"), fact(E, 60))
    assert (record.ring_ms, record.flags) == (0, ("negative_duration",))


@pytest.mark.parametrize(("late_s", "wait_ms"), [(5, 0), (5.001, None)])
def test_a_queue_long_after_the_answer_is_another_queue(late_s: float, wait_ms: int | None) -> None:
    record = fold(fact(A, 0, "anna"), fact(Q, late_s), fact(E, 60))
    assert record.wait_ms == wait_ms
    assert record.flags == (("negative_duration",) if wait_ms == 0 else ())


def test_without_clocks_the_first_receipt_of_each_moment_counts() -> None:
    record = fold(fact(A, None, "anna", received=9, status="again"), fact(A, None, "anna", received=7), fact(E, 67))
    assert (record.answered_at, record.talk_ms) == (AT + timedelta(seconds=7), 60_000)


@pytest.mark.parametrize("ends", [[fact(E, 20)], [fact(A, 12, "anna"), fact(E, 20)]], ids=["missed", "answered"])
def test_a_ring_without_a_clock_that_is_heard_of_too_late_happened_at_an_unknown_time(ends: list[CallFact]) -> None:
    late = replace(fact(R, 0, "anna"), at=None, received_at=AT + timedelta(seconds=25))
    record = fold(fact(S, 0), late, *ends)
    expected_ms = 12_000 if len(ends) > 1 else 20_000
    assert (record.ring_ms, record.ringing_at, len(record.legs), record.flags) == (expected_ms, None, 1, ())
