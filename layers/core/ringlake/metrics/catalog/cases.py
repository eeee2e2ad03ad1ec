"""Missed callers who need a call back: recovery by call, and cases by caller."""

from __future__ import annotations

from .conditions import CASE, both, without
from .metric import AtMost, Condition, Count, Flag, Grain, Known, Mean, Metric, OneOf, Share, Unit

_RECOVERY = ("recovery_window_days", "recovery_strict", "recover_voicemail", "recover_short")
_BURST = (*_RECOVERY, "case_burst_s")
_CANDIDATE = Flag(column="is_candidate")
_TRIED = Known(column="first_attempt_s")
_20_MINUTES, _24_HOURS = (AtMost(column="first_attempt_s", most=most) for most in (1200, 86_400))


def _calls(id: str, name: str, of: Condition, words: str, source: str, better: str = "") -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.COUNT,
        words=words,
        grain=Grain.CALL,
        settings=_RECOVERY,
        better=better,
        table="calls",
        formula=Count(of=of),
        source=source,
    )


def _cases(id: str, name: str, of: Condition, words: str, source: str, better: str = "") -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.COUNT,
        words=words,
        grain=Grain.CASE,
        settings=_BURST,
        better=better,
        table="cases",
        formula=Count(of=of),
        source=source,
    )


def _share(id: str, name: str, part: Condition, words: str, numerator: str, source: str, *more: str) -> Metric:
    return Metric(
        id=id,
        name=name,
        unit=Unit.SHARE,
        words=words,
        numerator=numerator,
        denominator="cases",
        grain=Grain.CASE,
        settings=(*_BURST, *more),
        better="higher",
        table="cases",
        formula=Share(part=both(CASE, part), whole=CASE),
        source=source,
    )


def _state(state: str, name: str, words: str, better: str = "") -> Metric:
    return _cases(
        f"cases_{state}", name, both(CASE, OneOf(column="state", values=(state,))), words,
        "metrics.md Recovered rate, by state", better,
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _calls(
        "recovery_candidates", "Misses needing a call back", _CANDIDATE,
        "Missed incoming calls that need a call back: without spam and withheld numbers, with voicemail and short "
        "abandons as the settings say.",
        "features.md W32; metrics.md Recovered rate",
    ),
    _calls(
        "calls_recovered", "Misses recovered", Flag(column="is_recovered"),
        "Misses after which somebody of ours called the number within the recovery window. Counted in the period of "
        "the miss, so that past periods still change.",
        "features.md W33", "higher",
    ),
    _calls(
        "calls_reached", "Misses whose caller was reached", Flag(column="is_reached"),
        "Recovered misses whose caller was talked to in such a call.", "features.md W33", "higher",
    ),
    _calls(
        "calls_resolved_by_customer", "Misses resolved by the customer", Flag(column="is_resolved_by_customer"),
        "Misses whose caller rang again and was answered before anybody called back; not recovered.",
        "features.md W35",
    ),
    _calls(
        "calls_unrecovered", "Misses not recovered", Flag(column="is_unrecovered"),
        "Misses that are neither recovered nor resolved by the customer.", "features.md W36", "lower",
    ),
    Metric(
        id="recovery_rate",
        name="Recovered rate",
        unit=Unit.SHARE,
        words="Recovered misses of misses needing a call back, in the period of the miss.",
        numerator="misses recovered",
        denominator="misses needing a call back",
        grain=Grain.CALL,
        settings=_RECOVERY,
        better="higher",
        table="calls",
        formula=Share(part=Flag(column="is_recovered"), whole=_CANDIDATE),
        source="metrics.md Recovered rate; features.md W35",
    ),
    Metric(
        id="recovery_s",
        name="Time to recovery",
        unit=Unit.SECONDS,
        words="Mean time by the clock from the end of a miss to the start of the call that recovered it.",
        numerator="seconds to recovery",
        denominator="misses recovered",
        grain=Grain.CALL,
        settings=_RECOVERY,
        better="lower",
        table="calls",
        formula=Mean(of="recovery_s", where=Flag(column="is_recovered")),
        source="features.md W34, W35",
    ),
    _cases("cases", "Missed-call cases", CASE, "Callers who need a call back; a burst of misses of one caller is one "
           "case.", "metrics.md Recovered rate"),
    _cases("open_cases", "Cases not closed", both(CASE, Flag(column="is_open")), "Cases that nothing has closed yet.",
           "demands.md D9", "lower"),
    _state("open", "Cases: open", "Cases without any attempt.", "lower"),
    _state("attempted", "Cases: attempted", "Cases called back without reaching anybody."),
    _state("reached", "Cases: reached", "Cases whose caller was talked to in a call back.", "higher"),
    _state(
        "resolved_by_customer", "Cases: resolved by the customer", "Cases whose caller rang again and was answered.",
    ),
    _state("resolved_by_text", "Cases: resolved by text", "Cases closed by a text to the caller."),
    _state("assigned", "Cases: assigned", "Cases that somebody is to call back."),
    _state("dismissed", "Cases: dismissed", "Cases that people dismissed."),
    _share(
        "case_recovery_rate", "Cases recovered", Flag(column="is_recovered"),
        "Cases recovered by a call back, of all cases.", "cases recovered by a call back", "metrics.md Recovered rate",
    ),
    _share(
        "callback_sla_rate", "Call-back SLA", Flag(column="is_within_sla"),
        "Cases whose first attempt came within the promised time, counted in open hours, of all cases; exactly the "
        "promised time is inside.",
        "cases with a first attempt in time", "metrics.md Call-back SLA; features.md N27",
        "callback_sla_s", "hours", "schedules",
    ),
    Metric(
        id="callback_delay_s",
        name="Call-back delay",
        unit=Unit.SECONDS,
        words="Median open time from the end of the first miss to the first attempt.",
        numerator="seconds of open hours",
        denominator="cases with an attempt",
        grain=Grain.CASE,
        settings=(*_BURST, "hours", "schedules"),
        better="lower",
        table="cases",
        formula=Mean(of="first_attempt_open_s", where=CASE, middle=True),
        source="metrics.md Call-back SLA",
    ),
    Metric(
        id="callback_delay_clock_s",
        name="Call-back delay by the clock",
        unit=Unit.SECONDS,
        words="Median time by the clock from the end of the first miss to the first attempt.",
        numerator="seconds",
        denominator="cases with an attempt",
        grain=Grain.CASE,
        settings=_BURST,
        better="lower",
        table="cases",
        formula=Mean(of="first_attempt_s", where=CASE, middle=True),
        source="metrics.md Call-back SLA; demands.md D10",
    ),
    _cases("called_back_in_20_min", "Called back within 20 min", both(CASE, _20_MINUTES),
           "Cases whose first attempt came within 20 minutes by the clock.", "metrics.md Call-back SLA, bands",
           "higher"),
    _cases("called_back_in_24_h", "Called back within 24 h", without(both(CASE, _24_HOURS), _20_MINUTES),
           "Cases whose first attempt came after 20 minutes and within 24 hours by the clock.",
           "metrics.md Call-back SLA, bands"),
    _cases("called_back_later", "Called back later", without(both(CASE, _TRIED), _24_HOURS),
           "Cases whose first attempt came after 24 hours by the clock.", "metrics.md Call-back SLA, bands", "lower"),
    _cases("never_called_back", "Never called back", without(CASE, _TRIED), "Cases without any attempt so far.",
           "metrics.md Call-back SLA, bands", "lower"),
)  # fmt: skip
