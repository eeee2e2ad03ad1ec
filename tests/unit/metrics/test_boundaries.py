"""The edges of metrics: exactly the threshold, nothing to divide by, days without 24 hours, odd zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ringlake.metrics.catalog import METRICS
from ringlake.metrics.catalog.metric import Grain, Unit
from ringlake.model.calls import CALLBACK_REQUESTED, CallRecord, MissedReason, Outcome, Party
from ringlake.model.consequences import Consequences
from ringlake.model.directory import Hours
from ringlake.model.facts import Direction, EndedAs, FactKind, HangupBy, MessageStatus
from ringlake.model.marks import Label
from ringlake.model.money import Money
from tests.unit.fold import telling
from tests.unit.fold.telling import fact, fold
from tests.unit.lake.making import NOON, call, message

from .office import Office, changed

NOBODY: dict[str, Any] = {"user": Party(), "answered_at": None, "talk_ms": None}


def missed(id: str, wait_ms: int | None = 30_000, at: datetime = NOON, **more: Any) -> CallRecord:
    told = {"outcome": Outcome.CALLER_ABANDONED, "missed_reason": MissedReason.RANG_NO_ANSWER, "wait_ms": wait_ms}
    return call(id, at, **(NOBODY | told | more))


def span(first: str, last: str) -> dict[str, Any]:
    return {"from": first, "to": last}


def outbound(id: str, outcome: Outcome = Outcome.ANSWERED, **more: Any) -> CallRecord:
    return call(id, direction=Direction.OUTBOUND, outcome=outcome, **more)


# --- exactly the threshold -----------------------------------------------------


@pytest.mark.parametrize(("wait_ms", "in_time"), [(19_999, 1), (20_000, 1), (20_001, 0), (None, 0)])
def test_exactly_the_service_threshold_is_inside(wait_ms: int | None, in_time: int) -> None:
    found = Office(call(wait_ms=wait_ms)).value("service_level")

    assert (found.value, found.numerator, found.denominator) == (in_time, in_time, 1)


def test_the_service_threshold_is_the_workspaces() -> None:
    office = Office(call(wait_ms=30_000), workspace=changed(service_threshold_s=30))

    assert office.value("service_level").value == 1


@pytest.mark.parametrize(("seconds", "short"), [(4.999, 1), (5.0, 1), (5.001, 0), (6, 0)])
def test_exactly_the_short_threshold_is_short(seconds: float, short: int) -> None:
    """From the events on: the caller hangs up after ringing so long."""
    ringing = fact(FactKind.RINGING, 0, "anna")
    ended = fact(FactKind.ENDED, seconds, ended_as=EndedAs.ABANDONED, hangup_by=HangupBy.CUSTOMER)
    office = Office(fold(ringing, ended))
    day = {"from": "2026-09-14", "to": "2026-09-14"}
    office.now = datetime(2026, 9, 15, tzinfo=UTC)

    assert office.value("short_abandons", **day).value == short
    assert office.value("calls_missed", **day).value == 1 - short
    # A short abandon is in neither part of the missed rate, which is then of nothing.
    assert office.value("missed_rate", **day).value == (None if short else 1)


def test_a_short_threshold_of_nought_knows_no_short_abandons(monkeypatch: pytest.MonkeyPatch) -> None:
    directory = msgspec.structs.replace(telling.DIRECTORY, workspace=changed(short_abandon_s=0))
    monkeypatch.setattr(telling, "DIRECTORY", directory)
    record = fold(fact(FactKind.RINGING, 0, "anna"), fact(FactKind.ENDED, 0.2, ended_as=EndedAs.ABANDONED))
    office = Office(record, workspace=directory.workspace)
    day = {"from": "2026-09-14", "to": "2026-09-14"}

    assert office.value("short_abandons", **day).value == 0
    assert office.value("missed_rate", **day).value == 1


@pytest.mark.parametrize(("talk_ms", "early"), [(10_000, 1), (10_499, 1), (10_500, 0)])
def test_a_hang_up_within_ten_seconds_is_counted_by_the_seconds_of_the_file(talk_ms: int, early: int) -> None:
    office = Office(call(talk_ms=talk_ms, hangup_by=HangupBy.AGENT))

    assert office.value("agent_hung_up_early").value == early


# --- what is in which set --------------------------------------------------------


def test_offered_calls_are_answered_missed_short_or_call_backs() -> None:
    office = Office(
        call("ans"),
        missed("abn"),
        missed("short", 2000, missed_reason=MissedReason.SHORT_ABANDON),
        missed("vm", outcome=Outcome.VOICEMAIL),
        missed("tmo", outcome=Outcome.NO_ANSWER, missed_reason=MissedReason.NOBODY_AVAILABLE),
        missed("cb", tags=(CALLBACK_REQUESTED,)),
        missed("ivr", None, missed_reason=MissedReason.IVR_ABANDON),
        missed("closed", missed_reason=MissedReason.CLOSED_HOURS),
        missed("spam", missed_reason=MissedReason.SPAM),
        means={"line:spam": Consequences(labels=(Label.SPAM,))},
    )
    ids = ["calls_offered", "offered_answered", "calls_missed", "short_abandons", "callback_requests", "voicemails",
           "calls_timed_out", "calls_abandoned", "ivr_abandons", "closed_hours_calls", "spam_calls", "calls",
           "calls_received"]  # fmt: skip
    found = {one.value.metric: one.value.value for one in office.summary(metrics=ids).metrics}

    assert found == dict(zip(ids, [6, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 8, 8], strict=True))
    rates = {name: office.value(name) for name in ("missed_rate", "answer_rate", "abandonment_rate", "service_level")}
    told = {name: (one.numerator, one.denominator) for name, one in rates.items()}
    # OFFERED - ABN_S is 5; OFFERED is 6; the service level leaves out ABN_S and CB.
    assert told == {"missed_rate": (3, 5), "answer_rate": (1, 6), "abandonment_rate": (1, 5), "service_level": (1, 4)}


def test_an_answer_outside_open_hours_is_answered_and_not_offered() -> None:
    closed = changed(hours=Hours(weekly={"1": [("09:00", "10:00")]}))
    office = Office(call(), workspace=closed)

    assert office.value("calls_answered_inbound").value == 1
    assert office.value("calls_offered").value == 0
    assert office.value("asa_s").value is None


def test_an_aborted_call_is_an_attempt_of_the_asr_alone() -> None:
    machine = outbound("m", Outcome.NO_ANSWER, answered_by="machine")
    office = Office(outbound("a"), outbound("b", Outcome.NO_ANSWER), outbound("c", Outcome.OUTBOUND_ABORTED), machine)

    assert office.value("connect_rate").value == pytest.approx(1 / 3)
    assert office.value("connect_rate_with_machines").value == pytest.approx(2 / 3)
    assert office.value("asr").value == pytest.approx(1 / 4)
    assert office.value("completion_rate").value == pytest.approx(1 / 3)


def test_spam_counts_when_it_is_asked_for() -> None:
    spam = message("s", direction=Direction.INBOUND, status=MessageStatus.RECEIVED, spam=True)
    office = Office(message("m", direction=Direction.INBOUND, status=MessageStatus.RECEIVED), spam)

    assert office.value("messages_received").value == 1
    assert office.value("messages_received", include_spam=True).value == 2
    assert office.value("spam_messages").value == 1


def test_a_message_that_waits_for_its_time_is_scheduled_and_not_sent() -> None:
    later = message("s", status=MessageStatus.PENDING, scheduled_for=NOON + timedelta(hours=3))
    office = Office(
        message("d"), later, message("q", status=MessageStatus.PENDING), message("u", status=MessageStatus.UNDELIVERED)
    )

    assert office.value("messages_sent").value == 3
    assert office.value("messages_scheduled").value == 1
    # Delivered of those with a receipt; the others are told apart.
    assert (office.value("delivery_rate").value, office.value("messages_unknown").value) == (0.5, 2)


def test_a_conversation_is_a_number_of_ours_and_a_customer_over_both_channels() -> None:
    other: dict[str, Any] = {"business_number": "+48220000002"}
    office = Office(
        call("1", party_key="k1"), call("2", party_key="k1"), message("3", party_key="k1"),
        call("4", party_key="k1", **other), message("5", party_key="group"), call("6", remote_number="anonymous"),
    )  # fmt: skip

    assert office.value("unique_conversations").value == 3
    assert office.value("anonymous_interactions").value == 1
    assert office.value("unique_conversations", channels=["message"]).value == 2


# --- nothing to divide by, and what is unknown -----------------------------------


def test_without_any_row_counts_are_nought_and_everything_else_is_null() -> None:
    ids = [m.id for m in METRICS if m.formula is not None and m.table in ("calls", "messages", "cases", "interactions")]
    for one in Office().summary(metrics=ids).metrics:
        metric = next(m for m in METRICS if m.id == one.value.metric)
        counted = metric.unit is Unit.COUNT or type(metric.formula).__name__ == "Total"
        assert one.value.value == (0 if counted else None), metric.id
        assert one.delta_share is None, metric.id


def test_a_mean_comes_with_n_median_and_p90_and_knows_no_unknown_wait() -> None:
    waits = [1000, 2000, 3000, 10_000]
    found = Office(*(call(str(w), wait_ms=w) for w in waits), call("x", wait_ms=None)).value("asa_s")

    assert (found.value, found.n, found.median, found.p90) == (4.0, 4, 2.5, 10.0)


@pytest.mark.parametrize(("n", "p90"), [(1, 1), (9, 9), (10, 9), (11, 10), (20, 18), (30, 27)])
def test_p90_is_the_smallest_value_that_nine_tenths_do_not_exceed(n: int, p90: int) -> None:
    found = Office(*(call(str(w), wait_ms=w * 1000) for w in range(1, n + 1))).value("asa_s")

    assert found.p90 == p90


def test_an_unknown_charge_is_not_nought_and_another_currency_is_not_added() -> None:
    def charged(id: str, amount: str, currency: str = "USD") -> CallRecord:
        return call(id, cost=Money(amount=Decimal(amount), currency=currency))

    office = Office(charged("a", "1.20"), charged("b", "0"), call("c"), charged("d", "9", "EUR"))

    assert office.value("spend").value == Decimal("1.2000")
    # Of the two calls whose charge is known in dollars.
    assert office.value("cost_per_call").value == Decimal("0.6000")
    assert office.value("cost_coverage").value == 0.5
    assert office.value("other_currencies").value == 1
    assert Office(call()).value("spend").value is None


def test_the_cost_of_a_call_with_peoples_time_is_of_calls_with_a_known_charge() -> None:
    charge = Money(amount=Decimal("0.30"), currency="USD")
    office = Office(call("a", talk_ms=360_000, cost=charge), missed("m", cost=charge), call("x", talk_ms=999_000))

    # 0.60 charged, and a tenth of an hour at 20.50, for one call that was handled.
    assert office.value("loaded_cost_per_call", hourly_rate="20.50").value == Decimal("2.6500")
    assert office.value("loaded_cost_per_call").value is None


def test_the_period_before_is_as_long_and_a_change_from_nought_is_a_dash() -> None:
    day = timedelta(days=1)
    office = Office(call("1"), call("2"), missed("m"), call("0", NOON - day))
    found = {one.value.metric: one for one in office.summary(metrics=["calls", "calls_missed", "missed_rate"]).metrics}

    assert office.summary().previous is not None
    assert (found["calls"].delta, found["calls"].delta_share) == (2, 2.0)
    assert (found["calls_missed"].delta, found["calls_missed"].delta_share) == (1, None)
    assert found["missed_rate"].delta == pytest.approx(1 / 3)


# --- days and zones ---------------------------------------------------------------


def hourly(zone: str, first: datetime, hours: int) -> Office:
    """A call at half past every UTC hour."""
    calls = [call(str(n), first + timedelta(hours=n, minutes=30)) for n in range(hours)]
    return Office(*calls, workspace=changed(zone=zone))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Warsaw", "2026-03-29", 23),
        ("Europe/Warsaw", "2025-10-26", 25),
        ("America/New_York", "2026-03-08", 23),
        ("Asia/Kolkata", "2026-03-29", 24),
        ("Asia/Kathmandu", "2026-03-29", 24),
    ],
)
def test_a_day_of_any_length_is_one_bucket_and_its_hours_sum_to_it(zone: str, day: str, hours: int) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    whole = start.replace(minute=0)
    office = hourly(zone, whole - timedelta(hours=3), 40)
    asked: dict[str, Any] = {"from": day, "to": day, "metrics": ["calls"]}

    daily = office.series(**asked, granularity="day")
    by_hour = office.series(**asked, granularity="hour")
    heat = office.heatmap(**span(day, day), metric="calls")

    assert [line.values for line in daily.lines] == [(hours,)]
    assert len(by_hour.buckets) == hours
    assert by_hour.lines[0].values == (1,) * hours
    assert sum(cell.value for cell in heat.cells) == heat.total.value == hours
    # The skipped hour of spring has no call, the repeated one of autumn two.
    assert sorted({cell.value for cell in heat.cells}) == ([0, 1] if hours < 25 else [0, 1, 2])


def test_days_of_lord_howe_with_half_an_hour_of_summer_time() -> None:
    office = hourly("Australia/Lord_Howe", datetime(2026, 4, 3, tzinfo=UTC), 72)
    found = office.series(**span("2026-04-04", "2026-04-05"), metrics=["calls"], granularity="quarter_hour")

    # 24 hours, then 24.5: 196 quarters and no call lost.
    assert len(found.buckets) == 96 + 98
    assert sum(int(value or 0) for value in found.lines[0].values) == found.lines[0].total.value.value


def test_a_call_at_midnight_belongs_to_the_day_that_begins() -> None:
    """+5:45: local midnight is 18:15 UTC."""
    midnight = datetime(2026, 3, 3, 18, 15, tzinfo=UTC)
    office = Office(call("a", midnight), call("b", midnight - timedelta(milliseconds=1)),
                    workspace=changed(zone="Asia/Kathmandu"))  # fmt: skip
    found = office.series(**span("2026-03-03", "2026-03-04"), metrics=["calls", "missed_rate"])

    assert found.lines[0].values == (1, 1)
    # Empty buckets: 0 of counts, null of rates.
    empty = office.series(**span("2026-03-05", "2026-03-06"), metrics=["calls", "missed_rate"])
    assert [line.values for line in empty.lines] == [(0, 0), (None, None)]


def test_weeks_and_months_that_the_range_cuts_are_partial() -> None:
    office = Office()
    weeks = office.series(**span("2026-03-04", "2026-03-22"), granularity="week")
    months = office.series(**span("2026-03-01", "2026-04-02"), granularity="month")

    assert [(b.label, b.partial) for b in weeks.buckets] == [
        ("2026-03-04", True), ("2026-03-09", False), ("2026-03-16", False)
    ]  # fmt: skip
    assert [(b.label, b.partial) for b in months.buckets] == [("2026-03", False), ("2026-04", True)]


def test_every_metric_of_this_kind_is_measurable() -> None:
    """Metrics with a formula over calls, messages and cases need no route of their own."""
    for metric in METRICS:
        if metric.grain in (Grain.CALL, Grain.MESSAGE, Grain.CASE, Grain.INTERACTION) and metric.formula is not None:
            assert metric.table in ("calls", "messages", "cases", "interactions"), metric.id
