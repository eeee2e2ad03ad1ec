"""Which filter lists the rows of a number, and counts the same (demands.md D80; design invariant 7)."""

from __future__ import annotations

from types import MappingProxyType

from ringlake.model.calls import MissedReason
from ringlake.query.filters import CALL, MESSAGE
from ringlake.query.sets import CallSet

from .patterns import Drill

_CALLS: Drill = {"channels": [CALL], "without_spam": True}
_TEXTS: Drill = {"channels": [MESSAGE], "without_spam": True}
_IN: Drill = {"directions": ["inbound"]}
_OUT: Drill = {"directions": ["outbound"]}
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
        "calls_connected": _CALLS | _OUT | _ANSWERED,
        "calls_received": _CALLS | _IN,
        "calls_answered": _CALLS | _ANSWERED,
        "completion_rate": _CALLS | _ANSWERED,
        "calls_answered_inbound": _CALLS | _IN | _ANSWERED,
        "internal_calls": _CALLS | {"directions": ["internal"]},
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
