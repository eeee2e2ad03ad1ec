"""What became of offered calls, as the service level sees it (metrics.md Service level).

Each offered call is in exactly one part, so that numerator, denominator and what is left out of both add up to
OFFERED whatever the settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from ringlake.model.arrow import Column, kernels
from ringlake.model.base import Model
from ringlake.model.directory import ServiceTarget, Workspace

from .columns import is_one, joined

if TYPE_CHECKING:
    import pyarrow as pa

CALL_COLUMNS = (
    "is_offered", "is_answered_offered", "is_missed", "is_short_abandon", "is_abandoned", "is_voicemail",
    "is_callback_requested", "wait_ms",
)  # fmt: skip


class Part(IntEnum):
    """Answered within the threshold and after it, ABN - ABN_S, ABN_S, VM, TMO and CB."""

    IN_TIME = 0
    LATE = 1
    ABANDONED = 2
    SHORT = 3
    VOICEMAIL = 4
    TIMED_OUT = 5
    CALLBACK = 6


class ServiceSettings(Model, frozen=True, kw_only=True):
    """Service level X% in T seconds: `target_pct`, `threshold_s`. `short_s` (S) 0 knows no short abandons.

    `include_short` counts short abandons as not served, `include_vm` calls that went to voicemail,
    `include_timeouts` calls that the system ended; what is not included is in neither part of the rate.
    """

    threshold_s: int
    target_pct: int
    short_s: int
    include_short: bool = False
    include_vm: bool = True
    include_timeouts: bool = True

    @property
    def counted(self) -> tuple[Part, ...]:
        """Parts of the denominator; call backs are in none."""
        optional = (
            (Part.SHORT, self.include_short),
            (Part.VOICEMAIL, self.include_vm),
            (Part.TIMED_OUT, self.include_timeouts),
        )
        return (Part.IN_TIME, Part.LATE, Part.ABANDONED, *(part for part, counts in optional if counts))


class Promise(Model, frozen=True, kw_only=True):
    """Within so many seconds, in so many of a hundred cases."""

    threshold_s: int
    target_pct: int


def promise(workspace: Workspace, channel: str, team: str = "", queue: str = "") -> Promise:
    """The narrowest target that speaks of this team and queue, else the workspace's (demands.md D69).

    A target of a queue is narrower than one of a team, and one of both is the narrowest. Of equal ones the first
    counts.
    """
    fitting = [t for t in workspace.targets if _speaks_of(t, channel, team, queue)]
    if fitting:
        best = max(fitting, key=lambda t: (bool(t.queue), bool(t.team)))
        return Promise(threshold_s=best.threshold_s, target_pct=best.target_pct)
    seconds = workspace.service_threshold_s if channel == "call" else workspace.text_sla_s
    return Promise(threshold_s=seconds, target_pct=workspace.service_target_pct)


def parts(calls: pa.Table, threshold_s: int | Column, short_s: int) -> Column:
    """The part of each offered call as int8, null for calls that were not offered.

    `calls` has CALL_COLUMNS; `threshold_s` is one for all or a column. Both thresholds have their boundary
    inside, to the millisecond; an unknown wait is neither in time nor short.
    """
    import pyarrow as pa

    pc = kernels()
    wait = joined(calls["wait_ms"]).cast(pa.int64())
    limit = pc.multiply(threshold_s, pa.scalar(1000, pa.int64()))
    in_time = pc.fill_null(pc.less_equal(wait, limit), False)  # noqa: FBT003
    given_up = is_one(calls["is_abandoned"])
    short = pa.repeat(pa.scalar(False), len(calls))  # noqa: FBT003
    if short_s:
        short = pc.fill_null(pc.less_equal(wait, pa.scalar(short_s * 1000, pa.int64())), False)  # noqa: FBT003
    tests: list[tuple[Column, Column]] = [
        (pc.invert(is_one(calls["is_offered"])), pa.scalar(None, pa.int8())),
        (pc.and_(is_one(calls["is_answered_offered"]), in_time), Part.IN_TIME),
        (is_one(calls["is_answered_offered"]), Part.LATE),
        (is_one(calls["is_callback_requested"]), Part.CALLBACK),
        (pc.and_(given_up, short), Part.SHORT),
        (given_up, Part.ABANDONED),
        (is_one(calls["is_voicemail"]), Part.VOICEMAIL),
    ]
    found: Column = pa.scalar(int(Part.TIMED_OUT), pa.int8())
    for holds, part in reversed(tests):
        value = part if isinstance(part, pa.Scalar) else pa.scalar(int(part), pa.int8())
        found = pc.if_else(holds, value, found)
    return found


def level(counts: Mapping[int, int], settings: ServiceSettings) -> tuple[int, int]:
    """Numerator and denominator of the service level from the number of calls of each part."""
    return counts.get(Part.IN_TIME, 0), sum(counts.get(part, 0) for part in settings.counted)


def missed(counts: Mapping[int, int]) -> tuple[int, int]:
    """Numerator and denominator of the missed rate: ABN - ABN_S + VM + TMO of OFFERED - ABN_S."""
    lost = sum(counts.get(part, 0) for part in (Part.ABANDONED, Part.VOICEMAIL, Part.TIMED_OUT))
    return lost, sum(counts.values()) - counts.get(Part.SHORT, 0)


def counted(part: Column, keys: Sequence[tuple[Column, int]] = ()) -> dict[tuple[int, ...], dict[int, int]]:
    """Number of calls of each part, by the values of some int64 columns, each given with how many values it has
    (from 0 on). Rows with a null part are left out.
    """
    import pyarrow as pa

    pc = kernels()
    packed = part.cast(pa.int64())
    radix = len(Part)
    for values, size in reversed(keys):
        packed = pc.add(packed, pc.multiply(values, pa.scalar(radix, pa.int64())))
        radix *= size
    found: dict[tuple[int, ...], dict[int, int]] = {}
    for counted in pc.value_counts(pc.drop_null(packed)).to_pylist():
        rest, at = divmod(counted["values"], len(Part))
        key = []
        for _, size in reversed(keys):
            rest, value = divmod(rest, size)
            key.append(value)
        found.setdefault(tuple(reversed(key)), {})[at] = counted["counts"]
    return found


def _speaks_of(target: ServiceTarget, channel: str, team: str, queue: str) -> bool:
    return target.channel == channel and target.team in ("", team) and target.queue in ("", queue)
