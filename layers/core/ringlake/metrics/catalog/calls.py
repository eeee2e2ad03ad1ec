"""Counts and shares of calls: volume, outcomes, reasons, talk time, transfers, labels."""

from __future__ import annotations

from .conditions import (
    ABN,
    ABN_S,
    ANS,
    ANSWERED,
    ANSWERED_INBOUND,
    ANSWERED_OUTBOUND,
    ATTEMPTED,
    CALL,
    CB,
    CLOSED,
    INBOUND,
    IVR,
    MISSED,
    OFFERED,
    OUTBOUND,
    TMO,
    VM,
    both,
    reason,
    without,
)
from .metric import (
    AtMost,
    Condition,
    Count,
    Either,
    Elapsed,
    Flag,
    Formula,
    Grain,
    Known,
    Mean,
    Metric,
    Not,
    OneOf,
    Share,
    Total,
    Unit,
)

_UNITS = {Count: Unit.COUNT, Share: Unit.SHARE, Total: Unit.SECONDS, Mean: Unit.SECONDS}
_SHORT = ("short_abandon_s",)
_HOURS = ("hours", "schedules")
_MACHINE = OneOf(column="answered_by", values=("machine", "voicemail"))
# What has no count of transfers had none that we know of.
_TRANSFERRED = both(ANSWERED, Known(column="transfers"), Not(of=AtMost(column="transfers", most=0)))
_NEW = AtMost(column="contact_no", most=1)


def _metric(id: str, name: str, formula: Formula, words: str, source: str, **more: object) -> Metric:
    told = {"unit": _UNITS[type(formula)], "grain": Grain.CALL, "table": "calls", "formula": formula, **more}
    return Metric(id=id, name=name, words=words, source=source, **told)  # type: ignore[arg-type]


def _reason(id: str, name: str, words: str) -> Metric:
    return _metric(
        f"missed_{id}", name, Count(of=both(MISSED, reason(id))), words, "metrics.md Missed reason; features.md N24",
        settings=_HOURS, better="lower",
    )  # fmt: skip


def _side(side: str, name: str) -> Metric:
    ended = without(ANSWERED, OneOf(column="hangup_by", values=("unknown", "")))
    return _metric(
        f"ended_by_{side}_share", name,
        Share(part=both(ended, OneOf(column="hangup_by", values=(side,))), whole=ended),
        f"Answered calls that the {side} ended, of answered calls of which it is known who did.",
        "metrics.md Hang-up side; features.md F50",
        numerator=f"answered calls ended by the {side}", denominator="answered calls whose ending side is known",
    )  # fmt: skip


def _handled(id: str, name: str, of: Condition, whose: str) -> Metric:
    return _metric(
        id, name, Mean(of="talk_s", where=of),
        f"Mean talk time, hold included, of {whose} that a person handled. Work after the call is not told by any "
        "provider yet and counts 0.",
        "metrics.md AHT", numerator="talk seconds, hold included", denominator=f"{whose} handled by a person",
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _metric(
        "calls", "Calls", Count(of=CALL),
        "Calls that started in the period, whatever became of them; one for each call, not for each ringing phone. "
        "Spam is left out, internal calls unless they are asked for.",
        "features.md O7, O8; metrics.md Notation",
    ),
    _metric(
        "calls_made", "Calls made", Count(of=OUTBOUND), "Outgoing calls started in the period, all outcomes.",
        "features.md O7",
    ),
    _metric(
        "calls_received", "Calls received", Count(of=INBOUND),
        "Incoming calls started in the period, all outcomes; a transferred call stays one call.", "features.md O8",
    ),
    _metric(
        "calls_answered", "Calls answered", Count(of=ANSWERED),
        "Calls handled: incoming calls that a person of ours picked up, and outgoing calls that were picked up.",
        "features.md O37, R25, W27",
        better="higher",
    ),
    _metric(
        "calls_answered_inbound", "Incoming calls answered", Count(of=ANSWERED_INBOUND),
        "Incoming calls that a person of ours picked up, also outside open hours.", "features.md O11, R25",
        better="higher",
    ),
    _metric(
        "calls_connected", "Outgoing calls connected", Count(of=ANSWERED_OUTBOUND),
        "Outgoing calls that were picked up.", "metrics.md Connect rate", better="higher",
    ),
    _metric(
        "internal_calls", "Internal calls", Count(of=both(CALL, Flag(column="is_internal"))),
        "Calls between two of our own people or numbers; in no other metric unless internal calls are asked for.",
        "demands.md D27",
    ),
    _metric(
        "spam_calls", "Spam calls", Count(of=both(Flag(column="is_call"), Flag(column="is_spam"))),
        "Calls blocked by the provider, from a number of the spam list, or labelled so; in no other metric.",
        "features.md N14; metrics.md Notation",
    ),
    _metric(
        "talk_s", "Total time on calls", Total(of="talk_s", where=CALL),
        "Seconds from answer to end, hold included, of all calls; ringing, menu and voicemail are not in it. A call "
        "belongs wholly to the period in which it started.",
        "features.md O10",
    ),
    _metric(
        "average_talk_s", "Average conversation", Mean(of="talk_s", where=ANSWERED),
        "Mean talk time of calls that a person answered.", "features.md N10, N19, R27",
        numerator="talk seconds", denominator="answered calls with a known talk time",
    ),
    _metric("hold_s", "Time on hold", Total(of="hold_s", where=CALL), "Seconds on hold, part of talk time.",
            "features.md, times"),
    _handled("aht_s", "Average handle time", ANSWERED, "calls"),
    _handled("aht_inbound_s", "Average handle time, incoming", ANSWERED_INBOUND, "incoming calls"),
    _handled("aht_outbound_s", "Average handle time, outgoing", ANSWERED_OUTBOUND, "outgoing calls"),
    # ---------------------------------------------------------------- incoming calls in open hours
    _metric(
        "calls_offered", "Calls offered", Count(of=OFFERED),
        "Incoming calls in open hours that left the menu: answered + missed + short + call back requested.",
        "metrics.md base set OFFERED", settings=_HOURS,
    ),
    _metric(
        "offered_answered", "Offered calls answered", Count(of=ANS),
        "Offered calls that a person answered.", "metrics.md base set ANS", settings=_HOURS, better="higher",
    ),
    _metric(
        "calls_missed", "Missed calls", Count(of=MISSED),
        "Incoming calls in open hours that no person answered, without short abandons and call-back requests.",
        "metrics.md Missed rate; features.md, conflicts: Missed", settings=(*_SHORT, *_HOURS), better="lower",
    ),
    _metric(
        "missed_rate", "Missed rate", Share(part=MISSED, whole=without(OFFERED, ABN_S)),
        "Missed calls of offered calls without short abandons. A requested call back is offered and not missed.",
        "metrics.md Missed rate; features.md N23", settings=(*_SHORT, *_HOURS), better="lower",
        numerator="abandoned after the short threshold + voicemail + ended without answer",
        denominator="offered - short abandons",
    ),
    _metric(
        "answer_rate", "Answer rate", Share(part=ANS, whole=OFFERED), "Answered calls of offered calls.",
        "metrics.md Answer rate", settings=_HOURS, better="higher",
        numerator="answered by a person", denominator="offered",
    ),
    _metric(
        "abandonment_rate", "Abandonment rate", Share(part=ABN, whole=without(OFFERED, ABN_S)),
        "Calls that the caller gave up after the short threshold, of offered calls without short abandons.",
        "metrics.md Abandonment rate", settings=(*_SHORT, *_HOURS), better="lower",
        numerator="abandoned - short abandons", denominator="offered - short abandons",
    ),
    _metric(
        "calls_abandoned", "Abandoned calls", Count(of=ABN),
        "Offered calls that the caller gave up after the short threshold.", "metrics.md base set ABN",
        settings=(*_SHORT, *_HOURS), better="lower",
    ),
    _metric(
        "short_abandons", "Short abandons", Count(of=ABN_S),
        "Offered calls that the caller gave up within the short threshold; exactly the threshold is short, 0 "
        "switches the rule off. Neither answered nor missed.",
        "metrics.md Short abandons; features.md R28", settings=(*_SHORT, *_HOURS),
    ),
    _metric(
        "short_abandon_rate", "Short abandons, share", Share(part=ABN_S, whole=OFFERED),
        "Short abandons of offered calls.", "metrics.md Short abandons", settings=(*_SHORT, *_HOURS),
        numerator="short abandons", denominator="offered",
    ),
    _metric(
        "voicemails", "Missed calls to voicemail", Count(of=VM),
        "Missed calls that went to a voicemail box.", "metrics.md base set VM", settings=_HOURS, better="lower",
    ),
    _metric(
        "calls_timed_out", "Ended without answer", Count(of=TMO),
        "Missed calls that the system ended: nobody there, busy, failed, time-out.", "metrics.md base set TMO",
        settings=_HOURS, better="lower",
    ),
    _metric(
        "callback_requests", "Call backs requested", Count(of=CB),
        "Offered calls that the caller left to be called back; neither answered nor missed.",
        "metrics.md base set CB", settings=_HOURS,
    ),
    _metric(
        "closed_hours_calls", "Calls outside open hours", Count(of=CLOSED),
        "Incoming calls outside open hours that nobody answered; in no missed rate.", "metrics.md base set CLOSED",
        settings=_HOURS,
    ),
    _metric(
        "ivr_abandons", "Ended in the menu", Count(of=IVR),
        "Incoming calls that ended inside the menu, before any queue or ring; not offered.", "metrics.md base set IVR",
    ),
    _reason("technical", "Missed: technical", "Missed calls that ended in an error."),
    _reason("nobody_available", "Missed: nobody available", "Missed calls that rang nobody, or only busy phones."),
    _reason("rang_no_answer", "Missed: rang, no answer", "Missed calls that rang a phone which nobody took."),
    _reason("caller_gave_up", "Missed: gave up in the queue",
            "Missed calls whose caller waited in a queue without any phone ringing and hung up."),
    _reason("direct_voicemail", "Missed: straight to voicemail", "Missed calls that went to voicemail without a ring."),
    # ---------------------------------------------------------------- outgoing
    _metric(
        "connect_rate", "Connect rate", Share(part=ANSWERED_OUTBOUND, whole=ATTEMPTED),
        "Outgoing calls that were picked up, of outgoing calls without those that our side aborted at once. Machines "
        "count as picked up unless the provider tells them apart.",
        "metrics.md Connect rate", better="higher",
        numerator="outgoing calls answered", denominator="outgoing calls without aborted ones",
    ),
    _metric(
        "connect_rate_with_machines", "Connect rate with machines",
        Share(part=both(ATTEMPTED, Either(of=(ANSWERED_OUTBOUND, _MACHINE))), whole=ATTEMPTED),
        "As the connect rate, with answering machines and voicemail boxes counted as picked up.",
        "metrics.md Connect rate; demands.md D19", better="higher",
        numerator="outgoing calls picked up by a person or a machine",
        denominator="outgoing calls without aborted ones",
    ),
    _metric(
        "asr", "Answer-seizure ratio", Share(part=ANSWERED_OUTBOUND, whole=OUTBOUND),
        "Outgoing calls that were picked up, of all outgoing attempts.", "metrics.md Connect rate / ASR",
        better="higher", numerator="outgoing calls answered", denominator="outgoing calls",
    ),
    _metric(
        "acd_s", "Average call length", Mean(of="talk_s", where=ANSWERED_OUTBOUND),
        "Mean talk time of outgoing calls that were picked up, beside the answer-seizure ratio of a carrier.",
        "demands.md D78", numerator="talk seconds", denominator="outgoing calls answered with a known talk time",
    ),
    _metric(
        "completion_rate", "Completion rate",
        Share(part=ANSWERED, whole=without(CALL, Flag(column="is_aborted"))),
        "Calls that were connected, of all calls without outgoing ones aborted at once.", "features.md O46",
        better="higher", numerator="calls connected", denominator="calls without aborted outgoing ones",
    ),
    _metric(
        "post_dial_delay_s", "Post-dial delay",
        Mean(of=Elapsed(start="started_at", end="ringing_at"), where=OUTBOUND, middle=True),
        "Median time from dialling to the first ring of outgoing calls.", "metrics.md Post-dial delay",
        better="lower", numerator="ringing_at - started_at", denominator="outgoing calls that rang",
    ),
    # ---------------------------------------------------------------- how they went on
    _metric(
        "calls_transferred", "Calls transferred",
        Count(of=_TRANSFERRED),
        "Answered calls with at least one completed transfer.", "metrics.md Transfers",
    ),
    _metric(
        "transfer_rate", "Transfer rate", Share(part=_TRANSFERRED, whole=ANSWERED),
        "Answered calls with at least one completed transfer, of answered calls.", "metrics.md Transfers",
        numerator="answered calls transferred at least once", denominator="answered calls",
    ),
    _metric(
        "external_transfers", "Calls transferred outside",
        Count(of=both(_TRANSFERRED, OneOf(column="final_kind", values=("outside",)))),
        "Answered calls that ended with a party outside after a transfer.", "metrics.md Transfers; features.md F23",
    ),
    _side("customer", "Ended by the customer"),
    _side("agent", "Ended by us"),
    _side("system", "Ended by the system"),
    _metric(
        "agent_hung_up_early", "We hung up within 10 s",
        Count(of=both(ANSWERED, OneOf(column="hangup_by", values=("agent",)), AtMost(column="talk_s", most=10))),
        "Answered calls that our side ended within ten seconds of talk, by the whole seconds that lists and files show:"
        " 10.4 s of talk are within, 10.5 s are not.",
        "metrics.md Hang-up side", better="lower",
    ),
    # ---------------------------------------------------------------- who called, with what success
    _metric(
        "unique_contacts", "First contacts", Count(of=both(CALL, Flag(column="is_unique"))),
        "Calls that were the first call or message ever with the customer, or are labelled so.",
        "features.md N14",
    ),
    _metric(
        "repeat_contacts", "Repeat contacts", Count(of=both(CALL, Flag(column="is_repeat"))),
        "Calls of customers with an earlier call or message within the repeat days, or labelled so.",
        "features.md N14", settings=("repeat_days",),
    ),
    _metric(
        "target_calls", "Target calls", Count(of=both(CALL, Flag(column="is_target"))),
        "First calls of a sale cycle with enough talk, or labelled so.", "features.md N14",
        settings=("target_talk_s", "repeat_days"), better="higher",
    ),
    _metric(
        "new_callers", "New callers", Count(of=both(INBOUND, _NEW)),
        "Incoming calls of customers without any earlier record in the workspace.",
        "metrics.md New vs returning callers",
    ),
    _metric(
        "new_callers_answered", "New callers answered", Count(of=both(ANSWERED_INBOUND, _NEW)),
        "Incoming calls of new callers that a person answered.", "metrics.md New vs returning callers",
        better="higher",
    ),
    _metric(
        "successful_calls", "Successful calls", Count(of=both(CALL, Flag(column="is_success"))),
        "Calls that people marked successful.", "features.md N15", better="higher",
    ),
    _metric(
        "success_rate", "Success rate",
        Share(
            part=both(CALL, Flag(column="is_success")),
            whole=both(CALL, Either(of=(Flag(column="is_success"), Flag(column="is_no_success")))),
        ),
        "Calls marked successful, of calls marked either way.", "features.md N15", better="higher",
        numerator="calls marked successful", denominator="calls marked successful or unsuccessful",
    ),
)  # fmt: skip
