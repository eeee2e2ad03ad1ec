"""Base sets and columns of a row (metrics.md)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.metrics.rows import call_row, call_sets, leg_rows, message_row, seconds
from ringlake.model.calls import CallRecord, Leg, LegOutcome, LiveState, MissedReason, Outcome, TimelineStep
from ringlake.model.directory import Workspace
from ringlake.model.facts import CallKind, Direction, FactKind, Media, MessageStatus
from ringlake.model.money import Money
from tests.unit.lake.making import ANNA, NOON, WEEKDAYS, WORKSPACE, call, message

OPEN_9_TO_17 = msgspec.structs.replace(WORKSPACE, hours=WEEKDAYS)
EVENING = NOON.replace(hour=20)  # 21:00 in Warsaw
IN_A_SET = ("is_offered", "is_closed_hours", "is_ivr_abandon")


def unanswered(reason: MissedReason | None, outcome: Outcome = Outcome.CALLER_ABANDONED) -> CallRecord:
    return call(outcome=outcome, missed_reason=reason, answered_at=None, talk_ms=None)


@pytest.mark.parametrize(
    ("reason", "sets"),
    [
        (MissedReason.SPAM, set()),
        (MissedReason.CLOSED_HOURS, {"is_closed_hours"}),
        (MissedReason.IVR_ABANDON, {"is_ivr_abandon"}),
        (MissedReason.SHORT_ABANDON, {"is_offered", "is_short_abandon"}),
        (MissedReason.TECHNICAL, {"is_offered", "is_missed"}),
        (MissedReason.NOBODY_AVAILABLE, {"is_offered", "is_missed"}),
        (MissedReason.RANG_NO_ANSWER, {"is_offered", "is_missed"}),
        (MissedReason.CALLER_GAVE_UP, {"is_offered", "is_missed"}),
        (MissedReason.DIRECT_VOICEMAIL, {"is_offered", "is_missed"}),
    ],
)
def test_each_reason_puts_an_unanswered_call_into_its_sets(reason: MissedReason, sets: set[str]) -> None:
    found = call_sets(unanswered(reason), OPEN_9_TO_17)

    assert {name for name, value in found.items() if value} == sets | {"is_call", "is_inbound", "is_abandoned"}


def test_a_call_answered_in_open_hours_is_offered() -> None:
    found = call_sets(call(), OPEN_9_TO_17)

    assert {name for name, value in found.items() if value} == {
        "is_call", "is_inbound", "is_answered", "is_offered", "is_answered_offered", "is_within_service",
    }  # fmt: skip


def test_a_call_answered_outside_open_hours_is_answered_but_not_offered() -> None:
    found = call_sets(call(at=EVENING), OPEN_9_TO_17)

    assert (found["is_answered"], found["is_answered_offered"], found["is_offered"]) == (1, 0, 0)


def test_a_workspace_without_hours_is_always_open() -> None:
    assert call_sets(call(at=EVENING), WORKSPACE)["is_offered"] == 1


@pytest.mark.parametrize(("wait_ms", "within"), [(0, 1), (19_999, 1), (20_000, 1), (20_001, 0), (None, 0)])
def test_exactly_the_threshold_is_within_service(wait_ms: int | None, within: int) -> None:
    assert call_sets(call(wait_ms=wait_ms), WORKSPACE)["is_within_service"] == within


def test_a_live_call_counts_as_a_call_and_is_in_no_set() -> None:
    live = call(outcome=None, live=LiveState.RINGING, ended_at=None, answered_at=None, talk_ms=None, total_ms=None)
    row = call_row(live, WORKSPACE)

    assert [name for name, value in row.items() if name.startswith("is_") and value] == ["is_call", "is_inbound"]
    assert (row["live"], row["outcome"], row["ended_at"]) == ("ringing", "", None)


def test_an_outgoing_call_is_never_offered_or_missed() -> None:
    found = call_sets(call(direction=Direction.OUTBOUND, outcome=Outcome.NO_ANSWER), WORKSPACE)

    assert {name for name, value in found.items() if value} == {"is_call", "is_outbound", "is_no_answer"}


def test_a_classifier_row_counts_nowhere() -> None:
    row = call_row(call(kind=CallKind.CLASSIFIER, remote_number="anonymous"), WORKSPACE)

    assert [name for name, value in row.items() if name.startswith("is_") and value] == []


def test_a_withheld_number_is_counted_as_anonymous() -> None:
    assert call_sets(call(remote_number="anonymous"), WORKSPACE)["is_anonymous"] == 1


@given(
    direction=st.sampled_from([*Direction, None]),
    outcome=st.sampled_from([*Outcome, None]),
    reason=st.sampled_from(MissedReason),
    kind=st.sampled_from(CallKind),
    hour=st.integers(0, 23),
)
def test_answered_and_missed_and_short_are_offered(
    direction: Direction | None, outcome: Outcome | None, reason: MissedReason, kind: CallKind, hour: int
) -> None:
    """metrics.md Answer rate: the parts add up as counts, whatever the record says."""
    missed = direction is Direction.INBOUND and outcome not in {Outcome.ANSWERED, None}
    record = call(
        at=NOON.replace(hour=hour),
        direction=direction,
        outcome=outcome,
        missed_reason=reason if missed else None,
        kind=kind,
    )
    found = call_sets(record, OPEN_9_TO_17)

    assert found["is_answered_offered"] + found["is_missed"] + found["is_short_abandon"] == found["is_offered"]
    assert sum(found[name] for name in IN_A_SET) <= found["is_inbound"]
    if missed and record.counts_as_call and reason is not MissedReason.SPAM:
        assert sum(found[name] for name in IN_A_SET) == 1


@pytest.mark.parametrize(
    ("ms", "s"), [(None, None), (0, 0), (1, 0), (499, 0), (500, 1), (1499, 1), (1500, 2), (2500, 3)]
)
def test_durations_are_rounded_half_up_and_a_phase_that_never_was_stays_null(ms: int | None, s: int | None) -> None:
    assert seconds(ms) == s


@pytest.mark.parametrize(
    ("zone", "at", "day", "hour", "weekday"),
    [
        # Clocks go back at 01:00 UTC: the local hour 2 happens twice, and both belong to the Sunday.
        ("Europe/Warsaw", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25), 2, 7),
        ("Europe/Warsaw", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25), 2, 7),
        # Clocks go forward at 01:00 UTC: there is no local hour 2.
        ("Europe/Warsaw", datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 29), 1, 7),
        ("Europe/Warsaw", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), date(2026, 3, 29), 3, 7),
        # Offsets of 30 and 45 minutes, and a local date beside the UTC date.
        ("Asia/Kolkata", datetime(2026, 3, 4, 18, 29, tzinfo=UTC), date(2026, 3, 4), 23, 3),
        ("Asia/Kolkata", datetime(2026, 3, 4, 18, 30, tzinfo=UTC), date(2026, 3, 5), 0, 4),
        ("Asia/Kathmandu", datetime(2026, 3, 4, 18, 15, tzinfo=UTC), date(2026, 3, 5), 0, 4),
        ("America/New_York", datetime(2026, 3, 2, 4, 59, tzinfo=UTC), date(2026, 3, 1), 23, 7),
    ],
)
def test_the_calendar_of_a_row_is_that_of_the_workspace_zone(
    zone: str, at: datetime, day: date, hour: int, weekday: int
) -> None:
    row = call_row(call(at=at), Workspace(id="acme", name="Acme", zone=zone))

    assert (row["local_date"], row["local_hour"], row["local_weekday"]) == (day, hour, weekday)
    assert row["zone"] == zone


def test_instants_are_utc_without_zone_and_cut_to_milliseconds() -> None:
    row = call_row(call(at=datetime(2026, 3, 4, 12, 0, 0, 999_999, tzinfo=UTC)), WORKSPACE)

    assert row["started_at"] == datetime(2026, 3, 4, 12, 0, 0, 999_000)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("cost", "amount", "currency"),
    [
        (None, None, ""),
        (Money(amount=Decimal(0), currency="EUR"), Decimal("0.0000"), "EUR"),
        (Money(amount=Decimal("0.00005"), currency="EUR"), Decimal("0.0001"), "EUR"),
        (Money(amount=Decimal("0.00004999"), currency="EUR"), Decimal("0.0000"), "EUR"),
        (Money(amount=Decimal("99999999.9999"), currency="EUR"), Decimal("99999999.9999"), "EUR"),
        (Money(amount=Decimal("99999999.99996"), currency="EUR"), None, ""),
        (Money(amount=Decimal("1e30"), currency="EUR"), None, ""),
        (Money(amount=Decimal("NaN"), currency="EUR"), None, ""),
    ],
)
def test_costs_are_rounded_half_up_to_four_decimals_and_unknown_is_null(
    cost: Money | None, amount: Decimal | None, currency: str
) -> None:
    row = call_row(call(cost=cost), WORKSPACE)

    assert (row["cost_amount"], row["cost_currency"]) == (amount, currency)


def test_a_number_that_no_column_can_hold_is_unknown() -> None:
    row = call_row(call(talk_ms=2**31 * 1000, voicemail=Media(id="v", seconds=2**40)), WORKSPACE)

    assert (row["talk_s"], row["voicemail_s"], row["voicemail_status"]) == (None, None, "left")


def test_tags_and_findings_are_sorted() -> None:
    row = call_row(call(tags=("vip", "billing"), flags=("duration_differs", "after_end")), WORKSPACE)

    assert (row["tags"], row["flags"]) == ("billing;vip", "after_end;duration_differs")


def test_legs_and_steps_are_rows_numbered_by_kind() -> None:
    leg = Leg(
        leg_id="L1",
        party=ANNA,
        ringing_at=NOON,
        answered_at=NOON + timedelta(seconds=4),
        ring_ms=4000,
        talk_ms=60_000,
        outcome=LegOutcome.ANSWERED,
    )
    steps = (
        TimelineStep(at=NOON, kind=FactKind.QUEUED, value="sales"),
        TimelineStep(at=NOON + timedelta(seconds=4), kind=FactKind.ANSWERED, party=ANNA, leg_id="L1"),
    )
    rows = leg_rows(call(legs=(leg, leg), timeline=steps))

    assert [(r["row_kind"], r["seq"], r["kind"], r["user_id"], r["ring_s"], r["value"]) for r in rows] == [
        ("leg", 1, "agent", "u-anna", 4, ""),
        ("leg", 2, "agent", "u-anna", 4, ""),
        ("step", 1, "queued", "", None, "sales"),
        ("step", 2, "answered", "u-anna", None, ""),
    ]


@pytest.mark.parametrize(
    ("direction", "status", "sets"),
    [
        (Direction.OUTBOUND, MessageStatus.DELIVERED, {"is_outbound", "is_delivered"}),
        (Direction.OUTBOUND, MessageStatus.UNDELIVERED, {"is_outbound", "is_undelivered"}),
        (Direction.OUTBOUND, MessageStatus.SENT, {"is_outbound", "is_pending"}),
        (Direction.OUTBOUND, MessageStatus.PENDING, {"is_outbound", "is_pending"}),
        (Direction.OUTBOUND, MessageStatus.UNKNOWN, {"is_outbound", "is_pending"}),
        (Direction.INBOUND, MessageStatus.RECEIVED, {"is_inbound"}),
    ],
)
def test_an_outgoing_message_without_a_receipt_is_pending(
    direction: Direction, status: MessageStatus, sets: set[str]
) -> None:
    row = message_row(message(direction=direction, status=status), WORKSPACE)

    assert {n for n, v in row.items() if n.startswith("is_") and v} == sets | {"is_message"}


def test_segments_and_media_do_not_make_more_messages() -> None:
    """features.md O5: a text of three segments is one message."""
    row = message_row(message(segments=3, media_count=2), WORKSPACE)

    assert (row["is_message"], row["segments"], row["media_count"]) == (1, 3, 2)


def test_a_colleague_who_was_asked_and_a_survey_are_no_legs_of_the_call() -> None:
    legs = tuple(
        Leg(leg_id=kind, party=ANNA, kind=kind)
        for kind in ("agent", "external_transfer", CallKind.CONSULTATION.value, CallKind.SURVEY_POST_CALL.value)
    )
    record = call(legs=legs)

    assert call_row(record, WORKSPACE)["legs"] == 2
    assert [row["kind"] for row in leg_rows(record) if row["row_kind"] == "leg"] == [leg.kind for leg in legs]
