"""How long callers wait, and the service level."""

from __future__ import annotations

from .conditions import ABN, ABN_S, ANS, CB, MISSED, OFFERED, without
from .metric import Count, Either, Elapsed, Flag, Grain, Mean, Metric, Most, Share, Unit

_HOURS = ("hours", "schedules")


METRICS: tuple[Metric, ...] = (
    Metric(
        id="service_level",
        name="Service level",
        unit=Unit.SHARE,
        words=(
            "Calls answered within the service threshold, exactly the threshold included, of offered calls without "
            "short abandons and call-back requests."
        ),
        numerator="answered with wait ≤ threshold",
        denominator="offered - short abandons - call backs requested",
        grain=Grain.CALL,
        settings=("service_threshold_s", "service_target_pct", "short_abandon_s", *_HOURS),
        better="higher",
        table="calls",
        formula=Share(part=Flag(column="is_within_service"), whole=without(OFFERED, ABN_S, CB)),
        source="metrics.md Service level; features.md O48",
    ),
    Metric(
        id="answered_in_time",
        name="Answered in time",
        unit=Unit.COUNT,
        words="Offered calls answered within the service threshold, exactly the threshold included.",
        grain=Grain.CALL,
        settings=("service_threshold_s", *_HOURS),
        better="higher",
        table="calls",
        formula=Count(of=Flag(column="is_within_service")),
        source="metrics.md Service level",
    ),
    Metric(
        id="asa_s",
        name="Average speed of answer",
        unit=Unit.SECONDS,
        words=(
            "Mean wait of offered calls that a person answered, from queue entry or first ring to the answer; menu and "
            "greeting are not in it."
        ),
        numerator="seconds waited",
        denominator="offered calls answered by a person with a known wait",
        grain=Grain.CALL,
        settings=_HOURS,
        better="lower",
        table="calls",
        formula=Mean(of="wait_s", where=ANS),
        source="metrics.md ASA; features.md N25",
    ),
    Metric(
        id="customer_asa_s",
        name="Average time to a person",
        unit=Unit.SECONDS,
        words="Mean time from the start to the answer of offered calls that a person answered, menu included.",
        numerator="seconds from start to answer",
        denominator="offered calls answered by a person",
        grain=Grain.CALL,
        settings=_HOURS,
        better="lower",
        table="calls",
        formula=Mean(of=Elapsed(start="started_at", end="answered_at"), where=ANS),
        source="metrics.md ASA, customer ASA",
    ),
    Metric(
        id="average_abandon_s",
        name="Average time to abandon",
        unit=Unit.SECONDS,
        words="Mean wait of callers who gave up, without short abandons.",
        numerator="seconds waited",
        denominator="abandoned - short abandons, with a known wait",
        grain=Grain.CALL,
        settings=("short_abandon_s", *_HOURS),
        table="calls",
        formula=Mean(of="wait_s", where=ABN),
        source="metrics.md Average abandon time",
    ),
    Metric(
        id="longest_abandon_s",
        name="Longest wait given up",
        unit=Unit.SECONDS,
        words="Longest wait of a caller who gave up, without short abandons.",
        grain=Grain.CALL,
        settings=("short_abandon_s", *_HOURS),
        better="lower",
        table="calls",
        formula=Most(of="wait_s", where=ABN),
        source="metrics.md longest wait",
    ),
    Metric(
        id="longest_wait_s",
        name="Longest wait",
        unit=Unit.SECONDS,
        words="Longest wait of any offered call, answered or not.",
        grain=Grain.CALL,
        settings=_HOURS,
        better="lower",
        table="calls",
        formula=Most(of="wait_s", where=OFFERED),
        source="metrics.md longest wait",
    ),
    Metric(
        id="average_wait_s",
        name="Average wait",
        unit=Unit.SECONDS,
        words="Mean wait of offered calls, answered or missed, without short abandons.",
        numerator="seconds waited",
        denominator="answered + missed calls with a known wait",
        grain=Grain.CALL,
        settings=("short_abandon_s", *_HOURS),
        better="lower",
        table="calls",
        formula=Mean(of="wait_s", where=Either(of=(ANS, MISSED))),
        source="features.md N20",
    ),
    Metric(
        id="average_ring_s",
        name="Average ringing",
        unit=Unit.SECONDS,
        words="Mean ring time of incoming calls that a person answered.",
        numerator="seconds rung",
        denominator="incoming calls answered by a person with a known ring time",
        grain=Grain.CALL,
        better="lower",
        table="calls",
        formula=Mean(of="ring_s", where=ANS),
        source="features.md R27, O45",
    ),
)
