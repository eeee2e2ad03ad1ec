"""Legs and closing words that no shipped adapter sends yet, told as facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringlake.model.calls import CallRecord, Leg, LegOutcome, Outcome
from ringlake.model.facts import AnsweredBy, CallKind, Direction, EndedAs, FactKind, HangupBy, Ref
from tests.unit.fold.telling import AT, A, E, L, R, T, fact, fold


def leg_of(record: CallRecord, who: str) -> Leg:
    (found,) = (leg for leg in record.legs if leg.party.account == who)
    return found


def test_a_leg_that_stopped_ringing_before_the_answer_is_a_miss_of_its_own() -> None:
    record = fold(
        fact(R, 0, "anna", "l1"),
        fact(L, 15, "", "l1", ended_as=EndedAs.NO_ANSWER),
        fact(R, 16, "boris", "l2"),
        fact(A, 20, "boris", "l2"),
        fact(E, 60),
    )
    assert leg_of(record, "anna").outcome is LegOutcome.NO_ANSWER
    assert leg_of(record, "anna").ring_ms == 15_000
    assert record.answered_elsewhere == 0


def test_a_leg_that_is_canceled_with_the_answer_was_answered_elsewhere() -> None:
    record = fold(
        fact(R, 0, "anna", "l1"),
        fact(R, 0, "boris", "l2"),
        fact(A, 9, "boris", "l2"),
        fact(L, 9, "", "l1", ended_as=EndedAs.CANCELED),
        fact(E, 60),
    )
    assert leg_of(record, "anna").outcome is LegOutcome.ANSWERED_ELSEWHERE
    assert record.answered_elsewhere == 1


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (EndedAs.REJECTED, LegOutcome.DECLINED),
        (EndedAs.BUSY, LegOutcome.DECLINED),
        (EndedAs.FAILED, LegOutcome.FAILED),
        (EndedAs.NO_ANSWER, LegOutcome.NO_ANSWER),
        (None, LegOutcome.NO_ANSWER),
    ],
)
def test_how_an_unanswered_leg_ended(word: EndedAs | None, expected: LegOutcome) -> None:
    record = fold(fact(R, 0, "anna", "l1"), fact(L, 5, "", "l1", ended_as=word), fact(E, 30))
    assert leg_of(record, "anna").outcome is expected


def test_a_leg_lasts_while_nothing_ended_it() -> None:
    record = fold(fact(R, 0, "anna", "l1"))
    assert leg_of(record, "anna").outcome is None
    assert leg_of(record, "anna").ended_at is None


def test_a_person_without_leg_ids_has_one_leg() -> None:
    record = fold(fact(R, 0, "anna"), fact(A, 5, "anna"), fact(E, 65))
    (leg,) = record.legs
    assert (leg.leg_id, leg.ring_ms, leg.talk_ms) == ("", 5_000, 60_000)


def test_a_statement_without_leg_id_belongs_to_the_persons_only_leg() -> None:
    record = fold(fact(R, 0, "anna", "l1"), fact(A, 5, "anna"), fact(E, 65))
    (leg,) = record.legs
    assert (leg.leg_id, leg.talk_ms) == ("l1", 60_000)


def test_a_statement_without_leg_id_about_somebody_with_two_legs_is_kept_apart() -> None:
    record = fold(fact(R, 0, "anna", "l1"), fact(R, 0, "anna", "l2"), fact(A, 5, "anna"), fact(E, 65))
    assert [leg.leg_id for leg in record.legs] == ["l1", "l2", ""]


def test_legs_come_in_the_order_of_their_first_moment() -> None:
    record = fold(fact(R, 9, "anna", "l1"), fact(R, 3, "boris", "l3"), fact(R, 3, "celia", "l2"), fact(E, 30))
    assert [leg.leg_id for leg in record.legs] == ["l2", "l3", "l1"]


def test_a_machine_on_a_leg_is_no_answer_of_it() -> None:
    record = fold(fact(R, 0, "anna", "l1"), fact(A, 20, "anna", "l1", answered_by=AnsweredBy.VOICEMAIL), fact(E, 40))
    leg = leg_of(record, "anna")
    assert (leg.answered_at, leg.answered_by, leg.outcome) == (None, AnsweredBy.VOICEMAIL, LegOutcome.NO_ANSWER)
    assert record.outcome is Outcome.VOICEMAIL


@pytest.mark.parametrize("named", ["leg", "agent", "nobody"])
def test_a_transfer_ends_the_talk_of_who_transferred(named: str) -> None:
    by = {"leg": {"leg": "l1"}, "agent": {"agent": "anna"}, "nobody": {}}[named]
    record = fold(
        fact(A, 5, "anna", "l1"),
        fact(T, 65, **by),
        fact(A, 70, "boris", "l2"),
        fact(E, 130),
    )
    assert leg_of(record, "anna").talk_ms == 60_000
    assert leg_of(record, "boris").talk_ms == 60_000
    assert record.transfers == 1


def test_only_the_last_talker_is_transferred_away_when_nobody_is_named() -> None:
    record = fold(
        fact(A, 0, "anna", "l1"), fact(T, 10), fact(A, 12, "boris", "l2"), fact(T, 20), fact(A, 25, "celia", "l3"),
        fact(E, 60),
    )  # fmt: skip
    assert [leg_of(record, n).talk_ms for n in ("anna", "boris", "celia")] == [10_000, 8_000, 35_000]
    assert record.transfers == 2
    assert record.user.user_id == "u-celia"


def test_the_same_transfer_told_with_two_events_is_one() -> None:
    record = fold(fact(A, 0, "anna", "l1"), fact(T, 10), fact(T, 10, status="transferred"), fact(E, 60))
    assert record.transfers == 1


def test_who_was_only_consulted_owns_the_call_after_it_was_transferred_to_them() -> None:
    consulted = [
        fact(A, 20, "celia", call_id="k-1", call_kind=CallKind.CONSULTATION),
        fact(E, 30, call_id="k-1", call_kind=CallKind.CONSULTATION),
    ]
    anna = [fact(A, 0, "anna", "l1"), fact(E, 60)]
    assert fold(*anna, *consulted).user.user_id == "u-anna"
    assert fold(*anna, *consulted, fact(T, 30, "anna", to_party="celia")).user.user_id == "u-celia"
    assert fold(*anna, *consulted, fact(T, 30, "anna", to_party="somebody")).user.user_id == "u-anna"


@pytest.mark.parametrize(
    ("word", "expected"),
    [(EndedAs.BUSY, Outcome.BUSY), (EndedAs.FAILED, Outcome.FAILED), (EndedAs.UNKNOWN, Outcome.NO_ANSWER)],
)
def test_an_outbound_call_without_a_closing_word_takes_that_of_its_leg(word: EndedAs, expected: Outcome) -> None:
    told = [fact(R, 0, "anna", "l1"), fact(L, 5, "", "l1", ended_as=word), fact(E, 5, ended_as=EndedAs.UNKNOWN)]
    assert fold(*told, direction=Direction.OUTBOUND).outcome is expected
    assert fold(*told).outcome is Outcome.NO_ANSWER


def test_the_closing_word_of_the_call_stands_above_that_of_its_legs() -> None:
    told = [fact(R, 0, "anna", "l1"), fact(L, 5, "", "l1", ended_as=EndedAs.BUSY), fact(E, 5, ended_as=EndedAs.FAILED)]
    assert fold(*told, direction=Direction.OUTBOUND).outcome is Outcome.FAILED


def test_without_a_ring_time_the_closing_word_decides_about_an_abort() -> None:
    canceled = fact(E, 5, ended_as=EndedAs.CANCELED)
    assert fold(canceled, direction=Direction.OUTBOUND).outcome is Outcome.OUTBOUND_ABORTED
    hung_up = fact(E, 5, ended_as=EndedAs.NO_ANSWER, hangup_by=HangupBy.AGENT)
    assert fold(hung_up, direction=Direction.OUTBOUND).outcome is Outcome.NO_ANSWER


def test_a_forwarded_call_lasts_as_long_as_its_part() -> None:
    first = [fact(R, 0, "anna"), fact(E, 10, ended_as=EndedAs.FORWARDED)]
    part = [fact(R, 10, "boris", call_id="c-2"), fact(A, 15, "boris", call_id="c-2")]
    lasting = fold(*first, *part)
    assert (lasting.outcome, lasting.live) == (None, "in_progress")
    over = fold(*first, *part, fact(E, 75, call_id="c-2"))
    assert (over.outcome, over.talk_ms, over.ended_at) == (Outcome.ANSWERED, 60_000, AT + timedelta(seconds=75))
    assert fold(*first).outcome is Outcome.NO_ANSWER


def test_holds_of_different_legs_add_up() -> None:
    held, resumed = FactKind.HELD, FactKind.RESUMED
    record = fold(
        fact(A, 0, "anna", "l1"), fact(held, 10, leg="l1"), fact(resumed, 15, leg="l1"),
        fact(held, 20, leg="l2"), fact(held, 22, leg="l2"), fact(L, 30, leg="l2"), fact(E, 60),
    )  # fmt: skip
    assert record.hold_ms == 15_000


def test_an_answer_of_unknown_time_has_the_providers_duration() -> None:
    record = fold(fact(E, 60, "anna", ended_as=EndedAs.ANSWERED, duration_s=45))
    assert (record.outcome, record.answered_at, record.talk_ms) == (Outcome.ANSWERED, None, 45_000)


@pytest.mark.parametrize(("said", "flags"), [(59, ()), (60, ()), (61, ()), (62, ("duration_differs",)), (None, ())])
def test_durations_may_differ_by_a_second(said: int | None, flags: tuple[str, ...]) -> None:
    record = fold(fact(A, 0, "anna"), fact(E, 60, duration_s=said))
    assert record.talk_ms == 60_000
    assert record.flags == flags


def test_a_millisecond_more_than_a_second_differs() -> None:
    record = fold(fact(A, 0, "anna"), fact(E, 60.001, duration_s=59))
    assert record.flags == ("duration_differs",)


def test_a_time_of_ours_counts_only_where_no_provider_time_is() -> None:
    record = fold(fact(R, 0, "anna"), fact(A, None, "anna"), fact(A, 5, "anna"), fact(E, None), fact(E, 65))
    assert (record.ring_ms, record.talk_ms, record.flags) == (5_000, 60_000, ())


def test_the_number_that_finally_served_the_call_owns_it_and_the_first_is_kept() -> None:
    record = fold(
        fact(R, 0, "anna", business_number="+48221230000"), fact(A, 5, "anna", business_number="+48221230007"),
        fact(E, 60, to_number="+48600700800"),
    )  # fmt: skip
    assert (record.entry_number, record.business_number) == ("+48221230000", "+48221230007")
    assert (record.business_number_id, record.business_number_name) == ("n2", "Anna")


def test_a_number_that_only_the_provider_knows_keeps_the_providers_name() -> None:
    record = fold(fact(E, 60, number=Ref(id="PN1", name="Old line"), business_number="+48221239999"))
    assert (record.business_number, record.business_number_id) == ("+48221239999", "")
    assert record.business_number_name == "Old line"


def test_the_first_moments_of_a_leg_and_its_last_end_count() -> None:
    record = fold(
        fact(R, 2, "anna", "l1"), fact(R, 0, "", "l1"), fact(A, 6, "", "l1"), fact(A, 5, "", "l1"),
        fact(L, 50, "", "l1"), fact(L, 60, "", "l1", status="again"), fact(E, 90),
    )  # fmt: skip
    (leg,) = record.legs
    assert (leg.ring_ms, leg.talk_ms) == (5_000, 55_000)


def test_a_leg_was_answered_elsewhere_by_the_first_colleague_after_its_ring() -> None:
    record = fold(
        fact(A, 0, "boris", "l2"), fact(R, 5, "anna", "l1"), fact(A, 9, "celia", "l3"), fact(A, 12, "boris", "l4"),
        fact(E, 30),
    )  # fmt: skip
    assert leg_of(record, "anna").ring_ms == 4_000
    at_once = fold(fact(R, 5, "anna", "l1"), fact(A, 5, "celia", "l3"), fact(E, 30))
    assert leg_of(at_once, "anna").outcome is LegOutcome.ANSWERED_ELSEWHERE


def test_a_transfer_before_the_answer_or_at_it() -> None:
    record = fold(fact(T, 3, "anna"), fact(R, 0, "anna", "l1"), fact(A, 5, "anna", "l1"), fact(E, 65))
    assert leg_of(record, "anna").talk_ms == 60_000
    both = fold(fact(A, 5, "anna", "l1"), fact(T, 25, "anna"), fact(T, 35, "anna"), fact(E, 65))
    assert leg_of(both, "anna").talk_ms == 20_000


def test_a_part_without_legs_is_one_leg_with_the_whole_of_its_time() -> None:
    part = {"call_id": "k-1", "call_kind": CallKind.CONSULTATION}
    record = fold(
        fact(A, 0, "anna", "l1"), fact(R, 10, "celia", **part), fact(A, 15, "celia", **part), fact(E, 25, **part),
        fact(E, 60),
    )  # fmt: skip
    leg = leg_of(record, "celia")
    assert (leg.leg_id, leg.kind, leg.ring_ms, leg.talk_ms) == ("k-1", "consultation", 5_000, 10_000)


def test_a_part_with_legs_of_its_own_has_each() -> None:
    part = {"call_id": "c-2", "call_kind": CallKind.VOICE}
    record = fold(
        fact(E, 10, ended_as=EndedAs.FORWARDED), fact(R, 10, "anna", "x1", **part), fact(R, 10, "boris", "x2", **part),
        fact(A, 14, "boris", "x2", **part), fact(E, 30, **part),
    )  # fmt: skip
    assert [(leg.leg_id, leg.kind) for leg in record.legs] == [("x1", "voice"), ("x2", "voice")]
    assert leg_of(record, "boris").talk_ms == 16_000


def test_a_part_that_only_says_answered_was_answered() -> None:
    record = fold(
        fact(A, 0, "anna", "l1"),
        fact(E, 25, call_id="k-1", call_kind=CallKind.CONSULTATION, ended_as=EndedAs.ANSWERED),
        fact(E, 60),
    )
    assert [leg.outcome for leg in record.legs] == [LegOutcome.ANSWERED, LegOutcome.ANSWERED]
    own = fold(fact(R, 0, "anna", "l1"), fact(L, 9, "", "l1", ended_as=EndedAs.ANSWERED), fact(E, 9))
    assert leg_of(own, "anna").outcome is LegOutcome.NO_ANSWER


def test_a_leg_of_a_call_whose_end_has_no_time_is_over_too() -> None:
    record = fold(fact(R, 0, "anna", "l1"), fact(FactKind.VOICEMAIL, 30))
    assert (leg_of(record, "anna").outcome, leg_of(record, "anna").ended_at) == (LegOutcome.NO_ANSWER, None)


def test_a_phone_that_stops_because_the_caller_gives_up_was_not_declined() -> None:
    given_up = fact(L, 9, "anna", "l1", ended_as=EndedAs.CANCELED)
    assert fold(fact(R, 0, "anna", "l1"), given_up, fact(E, 9)).legs[0].outcome is LegOutcome.NO_ANSWER
    for word in (EndedAs.REJECTED, EndedAs.BUSY):
        declined = fact(L, 3, "anna", "l1", ended_as=word)
        assert fold(fact(R, 0, "anna", "l1"), declined, fact(E, 9)).legs[0].outcome is LegOutcome.DECLINED


def test_a_phone_that_the_call_is_forwarded_away_from_rings_no_longer() -> None:
    away = fact(E, 20, ended_as=EndedAs.FORWARDED)
    goes_on = {"call_id": "c-2", "parent_id": "c-1"}
    record = fold(fact(R, 0, "anna"), away, fact(A, 26, "boris", **goes_on), fact(E, 60, **goes_on))
    anna, boris = record.legs
    assert (anna.outcome, anna.ring_ms) == (LegOutcome.NO_ANSWER, 20_000)
    assert (boris.outcome, boris.kind) == (LegOutcome.ANSWERED, "voice")


def test_a_leg_ends_at_its_transfer_whatever_is_stated_later_unless_it_lives_on() -> None:
    talk = (fact(A, 0, "anna", "l1"), fact(T, 10, "anna", "l1"), fact(A, 12, "boris", "l2"))
    closed_late = fold(*talk, fact(L, 60, "anna", "l1"), fact(E, 60))
    assert [leg.talk_ms for leg in closed_late.legs] == [10_000, 48_000]
    closed_before = fold(*talk, fact(L, 8, "anna", "l1"), fact(E, 60))
    assert closed_before.legs[0].talk_ms == 8_000
    came_back = fold(*talk, fact(FactKind.RESUMED, 20, "anna", "l1"), fact(E, 60))
    assert came_back.legs[0].talk_ms == 60_000
