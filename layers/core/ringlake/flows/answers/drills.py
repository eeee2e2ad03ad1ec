"""Which filter lists the rows of a number, and counts the same (demands.md D80; design invariant 7).

A drill-down is the extra filter: its fields take the place of the same fields of the filter that was asked
about, null takes one away. It is cut to what was asked about, so that it never lists more.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from ringlake.model.calls import MissedReason
from ringlake.query.filters import CALL, MESSAGE
from ringlake.query.sets import CallSet

from .patterns import Drill
from .question import Question

_CALLS: Drill = {"channels": [CALL], "without_spam": True}
_TEXTS: Drill = {"channels": [MESSAGE], "without_spam": True}
_IN: Drill = {"directions": ["inbound"], "include_internal": False}
_OUT: Drill = {"directions": ["outbound"], "include_internal": False}
_ANSWERED: Drill = {"outcomes": ["answered"]}
_OFFERED_SETS = (
    CallSet.ANSWERED, CallSet.ABANDONED, CallSet.SHORT_ABANDON, CallSet.VOICEMAIL, CallSet.TIMED_OUT,
    CallSet.CALLBACK_REQUESTED,
)  # fmt: skip
_REASONS = (
    MissedReason.TECHNICAL, MissedReason.NOBODY_AVAILABLE, MissedReason.RANG_NO_ANSWER, MissedReason.CALLER_GAVE_UP,
    MissedReason.DIRECT_VOICEMAIL,
)  # fmt: skip


def _sets(*names: CallSet) -> Drill:
    return {"channels": [CALL], "sets": [name.value for name in names]}


_MISSED = _sets(CallSet.ABANDONED, CallSet.VOICEMAIL, CallSet.TIMED_OUT)
_DRILLS: MappingProxyType[str, Drill] = MappingProxyType(
    {
        "calls": _CALLS,
        "talk_s": _CALLS,
        "calls_made": _CALLS | _OUT,
        "asr": _CALLS | _OUT | _ANSWERED,
        "connect_rate": _CALLS | _OUT | _ANSWERED,
        "acd_s": _CALLS | _OUT | _ANSWERED,
        "calls_connected": _CALLS | _OUT | _ANSWERED,
        "calls_received": _CALLS | _IN,
        "calls_answered": _CALLS | _ANSWERED,
        "completion_rate": _CALLS | _ANSWERED,
        "calls_answered_inbound": _CALLS | _IN | _ANSWERED,
        "internal_calls": _CALLS | {"directions": ["internal"], "include_internal": False},
        "spam_calls": {"channels": [CALL], "labels": ["spam"]},
        "calls_offered": _sets(*_OFFERED_SETS),
        "offered_answered": _sets(CallSet.ANSWERED),
        "answer_rate": _sets(CallSet.ANSWERED),
        "calls_missed": _MISSED,
        "missed_rate": _MISSED,
        "calls_abandoned": _sets(CallSet.ABANDONED),
        "abandonment_rate": _sets(CallSet.ABANDONED),
        "short_abandons": _sets(CallSet.SHORT_ABANDON),
        "short_abandon_rate": _sets(CallSet.SHORT_ABANDON),
        "voicemails": _sets(CallSet.VOICEMAIL),
        "calls_timed_out": _sets(CallSet.TIMED_OUT),
        "callback_requests": _sets(CallSet.CALLBACK_REQUESTED),
        "closed_hours_calls": _sets(CallSet.CLOSED_HOURS),
        "ivr_abandons": _sets(CallSet.IVR_ABANDON),
        **{f"missed_{reason.value}": _MISSED | {"reasons": [reason.value]} for reason in _REASONS},
        "calls_unrecovered": {"channels": [CALL], "only_unrecovered": True},
        "agent_hung_up_early": _CALLS | _ANSWERED | {"hangup_by": ["agent"], "duration_max_s": 10},
        **{
            f"ended_by_{side}_share": _CALLS | _ANSWERED | {"hangup_by": [side]}
            for side in ("customer", "agent", "system")
        },
        "unique_contacts": _CALLS | {"labels": ["unique"]},
        "repeat_contacts": _CALLS | {"labels": ["repeat"]},
        "target_calls": _CALLS | {"labels": ["target"]},
        "successful_calls": _CALLS | {"success": True},
        "success_rate": _CALLS | {"success": True},
        "messages": _TEXTS,
        "messages_received": _TEXTS | _IN,
        "messages_delivered": {"channels": [MESSAGE], "message_statuses": ["delivered"]},
        "delivery_rate": {"channels": [MESSAGE], "message_statuses": ["delivered"]},
        "messages_undelivered": {"channels": [MESSAGE], "message_statuses": ["undelivered"]},
        "interactions": {"without_spam": True},
    }
)


def drill_of(metric: str) -> Drill | None:
    """The extra filter that lists the rows of a metric, of a share those of its numerator; None: no filter does."""
    return _DRILLS.get(metric)


# Conditions of which a row can meet several at once: a drill-down into others than those asked for is none.
_OVERLAPPING = frozenset({"labels", "kinds"})
_LEAST = frozenset({"duration_max_s", "started_before", "wait_below_ms"})
_MOST = frozenset({"started_from", "wait_from_ms"})


def narrowed(question: Question, drill: Drill | None) -> Drill | None:
    """The drill-down inside the filter of the question; None where no filter says both."""
    if drill is None:
        return None
    found: Drill = {}
    for name, wanted in drill.items():
        cut = _cut(name, wanted, question.asked.get(name))
        if cut is _NOTHING:
            return None
        found[name] = cut
    if question.query.predicates.include_spam:
        found.pop("without_spam", None)
    return found


_NOTHING = object()


def _cut(name: str, wanted: Any, given: Any) -> Any:
    if isinstance(wanted, list) and given:
        both = [value for value in wanted if value in given]
        whole = len(both) == len(wanted)
        return both if both and (whole or name not in _OVERLAPPING) else _NOTHING
    if name in ("success", "sale") and given is not None and given != wanted:
        return _NOTHING
    if given is None or wanted is None:
        return wanted
    if name in _LEAST:
        return min(wanted, given)
    return max(wanted, given) if name in _MOST else wanted
