"""What may be wrong with what a call or text tells: the words of the lake's columns `flags` and `unattributed`."""

from __future__ import annotations

from enum import StrEnum


class Finding(StrEnum):
    """One word of `flags`. Clocks that ran backwards count zero and carry `negative_duration` (features.md W5)."""

    NEVER_ENDED = "never_ended"
    NEGATIVE_DURATION = "negative_duration"
    DURATION_DIFFERS = "duration_differs"
    NO_PROVIDER_TIME = "no_provider_time"
    DIRECTION_UNKNOWN = "direction_unknown"
    AFTER_END = "after_end"
    MIXED_CURRENCY = "mixed_currency"


class Unowned(StrEnum):
    """Why a call or text belongs to no person of ours: the values of `unattributed`."""

    UNMAPPED = "unmapped"
    NOBODY = "nobody"
    GROUP_CALL = "group_call"
    SYSTEM = "system"
