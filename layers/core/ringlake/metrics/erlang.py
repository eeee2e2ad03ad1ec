"""Lines and agents that a load needs (metrics.md Lines required, Agents required).

`load` is in erlangs: seconds of use in an hour / 3600. The recursion of Erlang B stays between 0 and 1 at
every step, so that ten thousand erlangs are as exact as one. Everything raises `ValueError` for numbers
that mean nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

# Beyond it the search would take seconds, and no switch has as many lines.
MOST_LOAD = 1_000_000.0


def erlang_b(load: float, lines: int) -> float:
    """Share of calls that find all lines busy, when those vanish."""
    _check(load)
    if lines < 0:
        raise ValueError("a number of lines is not negative")
    blocked = 1.0
    for n in range(1, lines + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def lines_required(load: float, blocking: float = 0.01) -> int:
    """The smallest number of lines that blocks at most this share of calls; no load needs none."""
    _check(load)
    if not 0 < blocking < 1:
        raise ValueError("the share of blocked calls lies between 0 and 1")
    if load == 0:
        return 0
    return next(n for n, blocked in _blocked(load) if blocked <= blocking)


def erlang_c(load: float, agents: int) -> float:
    """Share of callers who wait, when nobody gives up; 1 when there are no more agents than the load fills."""
    _check(load)
    if agents <= load:
        return 1.0 if load or agents <= 0 else 0.0
    blocked = erlang_b(load, agents)
    return _waits(load, agents, blocked)


def service_level(load: float, agents: int, threshold_s: float, handle_s: float) -> float:
    """Share of callers who are answered within the threshold."""
    _check_times(threshold_s, handle_s)
    if agents <= load:
        return 0.0 if load or agents <= 0 else 1.0
    return _within(load, agents, erlang_c(load, agents), threshold_s, handle_s)


def agents_required(load: float, handle_s: float, threshold_s: float, target: float = 0.8) -> int:
    """The smallest number of agents who answer this share of callers within the threshold.

    `handle_s` is the mean handle time. Ignores that callers give up, so it says more than are needed.
    """
    _check(load)
    _check_times(threshold_s, handle_s)
    if not 0 < target < 1:
        raise ValueError("the share of callers lies between 0 and 1")
    if load == 0:
        return 0
    return next(
        n
        for n, blocked in _blocked(load)
        if n > load and _within(load, n, _waits(load, n, blocked), threshold_s, handle_s) >= target
    )


def _blocked(load: float) -> Iterator[tuple[int, float]]:
    """Erlang B for one line, two, three ..."""
    blocked, n = 1.0, 0
    while True:
        n += 1
        blocked = load * blocked / (n + load * blocked)
        yield n, blocked


def _waits(load: float, agents: int, blocked: float) -> float:
    return agents * blocked / (agents - load * (1 - blocked))


def _within(load: float, agents: int, waits: float, threshold_s: float, handle_s: float) -> float:
    return 1 - waits * math.exp(-(agents - load) * threshold_s / handle_s)


def _check(load: float) -> None:
    if not 0 <= load <= MOST_LOAD:
        raise ValueError(f"a load lies between 0 and {MOST_LOAD:.0f} erlangs")


def _check_times(threshold_s: float, handle_s: float) -> None:
    if not (0 <= threshold_s < math.inf and 0 < handle_s < math.inf):
        raise ValueError("a threshold is not negative, and a handle time is positive")
