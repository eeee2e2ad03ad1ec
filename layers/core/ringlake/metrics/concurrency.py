"""How many calls there are at once (metrics.md Concurrency), by one sweep over their beginnings and ends.

At instant t those calls count that began at or before t and end after it, so that a call which ends as
another begins does not meet it. A call counts in every bucket that it reaches into: what is going on as a
bucket begins is carried over (one call from 09:50 to 10:10 makes a peak of 1 at nine and at ten).
The sweep is linear (demands.md D63): instants are sorted by their digits, the rest is running sums.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ringlake.model.arrow import Column, kernels

from .ordering import ascending

# Order of what happens at one instant: ends of conversations and of other calls, the beginning of a bucket,
# beginnings, answers. What each does to the number of calls and of conversations.
_TALKED, _ENDED, _MARK, _BEGAN, _ANSWERED = range(5)
_CALLS = (-1, -1, 0, 1, 0)
_TALKS = (-1, 0, 0, 0, 1)
_TAG_BITS = 3
_DAY_MS = 86_400_000
# With the tags 36 bits at most: three digits to sort by.
_WINDOW_MS = 30 * _DAY_MS


class Peaks(NamedTuple):
    """Of each bucket, in order: the largest number at once, the first instant of it, and how long all lasted inside
    the bucket, added up. Instants are milliseconds since 1970.
    """

    most: list[int]
    at: list[int]
    busy_ms: list[int]


class Swept(NamedTuple):
    """Of all calls from their start to their end, and of conversations from the answer on."""

    waiting: Peaks
    answered: Peaks


def sweep(starts: Column, answers: Column, ends: Column, bounds: Sequence[int]) -> Swept:
    """Peaks of the buckets [bounds[i], bounds[i + 1]).

    Columns are int64 arrays of milliseconds since 1970, of equal length; only `answers` may be null. `bounds` ascend.
    Calls without duration are at no instant. A long range is swept month by month, which the processor's cache holds,
    if calls come in the order of their UTC days, as the lake has them.
    """
    import pyarrow as pa

    pc = kernels()
    cuts = _cuts(bounds)
    days = _days(starts) if len(cuts) > 2 else None
    if days is None:
        return _swept(starts, answers, ends, bounds)
    days_long = pc.indices_nonzero(pc.greater(pc.subtract(ends, starts), _scalar(_DAY_MS)))
    long = [column.take(days_long) for column in (starts, answers, ends)]
    found = Swept(Peaks([], [], []), Peaks([], [], []))
    for first, last in pairwise(cuts):
        # What began the day before may last into the window; what lasts longer is there besides.
        day = bounds[first] // _DAY_MS - 1
        here = slice(days.first(day), days.first(bounds[last] // _DAY_MS + 1))
        older = pc.indices_nonzero(pc.less(long[0], _scalar(day * _DAY_MS)))
        began, answered, ended = (
            pa.concat_arrays([lasting.take(older), column.slice(here.start, here.stop - here.start)])
            for lasting, column in zip(long, (starts, answers, ends), strict=True)
        )
        swept = _swept(began, answered, ended, bounds[first : last + 1])
        for all_peaks, peaks in zip(found, swept, strict=True):
            for whole, part in zip(all_peaks, peaks, strict=True):
                whole.extend(part)
    return found


class _Days(NamedTuple):
    """UTC days since 1970 on which calls began, ascending, and the row at which each of them ends."""

    days: list[int]
    ends: list[int]

    def first(self, day: int) -> int:
        """The first row of this day or a later one."""
        place = bisect_left(self.days, day)
        return self.ends[place - 1] if place else 0


def _days(starts: Column) -> _Days | None:
    """None when the rows are not in the order of their days."""
    pc = kernels()
    runs = pc.run_end_encode(pc.divide(starts, _scalar(_DAY_MS)))
    days: list[int] = runs.values.to_pylist()
    ascend = all(a < b for a, b in pairwise(days)) and (not days or days[0] >= 0)
    return _Days(days, runs.run_ends.to_pylist()) if ascend else None


def _cuts(bounds: Sequence[int]) -> list[int]:
    """Positions of the bounds at which windows begin and end."""
    cuts = [0]
    while (at := bisect_left(bounds, bounds[cuts[-1]] + _WINDOW_MS, cuts[-1] + 1)) < len(bounds) - 1:
        cuts.append(at)
    return [*cuts, len(bounds) - 1]


def _scalar(value: int) -> Column:
    import pyarrow as pa

    return pa.scalar(value, pa.int64())


def _swept(starts: Column, answers: Column, ends: Column, bounds: Sequence[int]) -> Swept:
    """One window."""
    import pyarrow as pa

    pc = kernels()
    first, last = (pa.scalar(bound, pa.int64()) for bound in (bounds[0], bounds[-1]))
    lasting = pc.and_(pc.greater(ends, starts), pc.and_(pc.greater(ends, first), pc.less(starts, last)))
    if not pc.all(lasting).as_py():
        starts, answers, ends = (column.filter(lasting) for column in (starts, answers, ends))
    talked = pc.fill_null(pc.less(answers, ends), False)  # noqa: FBT003 - Arrow's own signature
    # What is before the first bucket is carried into it, whenever it began.
    before = pa.scalar(bounds[0] - 1, pa.int64())
    happened = [
        pc.add(_shifted(ends), pc.if_else(talked, _TALKED, _ENDED)),
        pc.add(_shifted(pa.array(bounds, pa.int64())), _MARK),
        pc.add(_shifted(pc.max_element_wise(starts, before)), _BEGAN),
        pc.add(_shifted(pc.max_element_wise(answers.filter(talked), before)), _ANSWERED),
    ]
    moments = ascending(pa.concat_arrays(happened))
    tags = pc.bit_wise_and(moments, pa.scalar((1 << _TAG_BITS) - 1, pa.int64()))
    marks = pc.equal(tags, pa.scalar(_MARK, pa.int64()))
    # From the first bucket's mark up to the last bound, which begins no bucket.
    edges = pc.cast(pc.indices_nonzero(marks), pa.int64())
    begin, count = edges[0].as_py(), edges[-1].as_py() - edges[0].as_py()
    times = pc.shift_right(moments, pa.scalar(_TAG_BITS, pa.int64())).slice(begin, count + 1)
    buckets = _Buckets(times, marks.slice(begin, count), pc.subtract(edges, edges[0]))
    changes = [pa.array(change, pa.int64()).take(tags) for change in (_CALLS, _TALKS)]
    return Swept(*(buckets.peaks(pc.cumulative_sum(change).slice(begin, count)) for change in changes))


class _Buckets:
    """All moments inside the buckets, in order; `times` has the end of the last bucket besides."""

    def __init__(self, times: Column, marks: Column, edges: Column) -> None:
        import pyarrow as pa

        pc = kernels()
        count = len(marks)
        self._times = times.slice(0, count)
        self._lasts = pc.subtract(times.slice(1), self._times)
        self._number = pc.cumulative_sum(pc.cast(marks, pa.int64()))
        self._left = pc.cumulative_sum(pa.repeat(pa.scalar(-1, pa.int64()), count), start=count)
        # Positions of the last moment of each bucket.
        self._last = pc.subtract(edges.slice(1), pa.scalar(1, pa.int64()))

    def peaks(self, going_on: Column) -> Peaks:
        """`going_on` is the number after each moment."""
        import pyarrow as pa

        pc = kernels()
        count = len(going_on)
        # Buckets ascend, so that the largest value so far at the end of one is its own: the number of calls above, and
        # of equal ones that which came first.
        place_bits, calls_bits = count.bit_length(), pc.max(going_on).as_py().bit_length()
        ranked = pc.add(pc.shift_left(self._number, pa.scalar(calls_bits, pa.int64())), going_on)
        ranked = pc.add(pc.shift_left(ranked, pa.scalar(place_bits, pa.int64())), self._left)
        best = pc.cumulative_max(ranked).take(self._last)
        left = pc.bit_wise_and(best, pa.scalar((1 << place_bits) - 1, pa.int64()))
        most = pc.bit_wise_and(
            pc.shift_right(best, pa.scalar(place_bits, pa.int64())), pa.scalar((1 << calls_bits) - 1, pa.int64())
        )
        busy = pc.cumulative_sum(pc.multiply(going_on, self._lasts)).take(self._last)
        return Peaks(
            most.to_pylist(),
            self._times.take(pc.subtract(pa.scalar(count - 1, pa.int64()), left)).to_pylist(),
            pc.subtract(busy, pa.concat_arrays([pa.array([0], pa.int64()), busy.slice(0, len(busy) - 1)])).to_pylist(),
        )


def _shifted(times: Column) -> Column:
    import pyarrow as pa

    return kernels().shift_left(times, pa.scalar(_TAG_BITS, pa.int64()))
