"""Base sets of offered calls by name (metrics.md, `Base sets`): what a number about them drills to.

Each is the indicator columns that are 1 and those that are not. The sets of offered calls are disjoint and
add up to OFFERED; `closed_hours` and `ivr_abandon` lie beside it.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class CallSet(StrEnum):
    """ANS, ABN without ABN_S, ABN_S, VM, TMO, CB, CLOSED and IVR."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    SHORT_ABANDON = "short_abandon"
    VOICEMAIL = "voicemail"
    TIMED_OUT = "timed_out"
    CALLBACK_REQUESTED = "callback_requested"
    CLOSED_HOURS = "closed_hours"
    IVR_ABANDON = "ivr_abandon"


type Flags = tuple[str, ...]

SETS: MappingProxyType[str, tuple[Flags, Flags]] = MappingProxyType(
    {
        CallSet.ANSWERED: (("is_answered_offered",), ()),
        CallSet.ABANDONED: (("is_missed", "is_abandoned"), ()),
        CallSet.SHORT_ABANDON: (("is_short_abandon",), ()),
        CallSet.VOICEMAIL: (("is_missed", "is_voicemail"), ()),
        CallSet.TIMED_OUT: (("is_missed",), ("is_abandoned", "is_voicemail")),
        CallSet.CALLBACK_REQUESTED: (("is_callback_requested",), ()),
        CallSet.CLOSED_HOURS: (("is_closed_hours",), ()),
        CallSet.IVR_ABANDON: (("is_ivr_abandon",), ()),
    }
)
