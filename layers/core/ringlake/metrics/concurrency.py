"""How many calls there are at once (metrics.md Concurrency), by one sweep over their beginnings and ends.

At instant t those calls count that began at or before t and end after it, so that a call which ends as
another begins does not meet it. A call counts in every bucket that it reaches into: what is going on as a
bucket begins is carried over (one call from 09:50 to 10:10 makes a peak of 1 at nine and at ten).
The sweep is linear (demands.md D63): instants are sorted by their digits, the rest is running sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringlake.model.arrow import Column, kernels

from .ordering import ascending

if TYPE_CHECKING:
    import pyarrow as pa

# Order of what happens at one instant: ends, the beginning of a bucket, beginnings.
_END, _MARK, _START = 0, 1, 2
_TAGS = 2


def sweep(starts: Column, ends: Column, bounds: Sequence[int]) -> pa.Table:
    """One row per bucket [bounds[i], bounds[i + 1]), in order: `peak`, the largest number of calls at once,
    `at`, the first instant of it, and `busy_ms`, how long calls lasted inside the bucket, added up.

    `starts` and `ends` are int64 arrays of milliseconds since 1970, of equal length and without nulls;
    `bounds` ascend. Calls without duration are at no instant.
    """
    import pyarrow as pa

    pc = kernels()
    first, last = (pa.scalar(bound, pa.int64()) for bound in (bounds[0], bounds[-1]))
    lasting = pc.and_(
        pc.greater(ends, starts),
        pc.and_(pc.greater(ends, first), pc.less(starts, last)),
    )
    if not pc.all(lasting).as_py():
        starts, ends = starts.filter(lasting), ends.filter(lasting)
    # What is before the first bucket is carried into it, whenever it began.
    starts = pc.max_element_wise(starts, pc.subtract(first, pa.scalar(1, pa.int64())))
    marks = pa.array(bounds, pa.int64())
    moments = ascending(pa.concat_arrays([_tagged(ends, _END), _tagged(marks, _MARK), _tagged(starts, _START)]))
    tags = pc.bit_wise_and(moments, pa.scalar(3, pa.int64()))
    running = pc.cumulative_sum(pc.subtract(tags, pa.scalar(_MARK, pa.int64())))
    is_mark = pc.equal(tags, pa.scalar(_MARK, pa.int64()))
    # From the first bucket's mark up to the last bound, which begins no bucket.
    edges = pc.indices_nonzero(is_mark)
    begin, end = edges[0].as_py(), edges[-1].as_py()
    times = pc.shift_right(moments, pa.scalar(_TAGS, pa.int64()))
    inside = times.slice(begin, end - begin)
    going_on = running.slice(begin, end - begin)
    busy = pc.cumulative_sum(pc.multiply(going_on, pc.subtract(times.slice(begin + 1, end - begin), inside)))
    # Buckets ascend, so that the largest value so far at the end of one is its own: the number of calls above, and
    # of equal ones that which came first.
    place_bits = (end - begin).bit_length()
    calls_bits = (pc.max(going_on).as_py() or 0).bit_length()
    buckets = pc.cumulative_sum(pc.cast(is_mark.slice(begin, end - begin), pa.int64()))
    ranked = pc.add(pc.shift_left(buckets, pa.scalar(calls_bits, pa.int64())), going_on)
    left = pc.cumulative_sum(pa.repeat(pa.scalar(-1, pa.int64()), end - begin), start=end - begin)
    ranked = pc.add(pc.shift_left(ranked, pa.scalar(place_bits, pa.int64())), left)
    last = pc.subtract(pc.cast(edges.slice(1), pa.int64()), pa.scalar(begin + 1, pa.int64()))
    best = pc.cumulative_max(ranked).take(last)
    place = pc.subtract(
        pa.scalar(end - begin - 1, pa.int64()), pc.bit_wise_and(best, pa.scalar((1 << place_bits) - 1, pa.int64()))
    )
    calls = pc.shift_right(best, pa.scalar(place_bits, pa.int64()))
    return pa.table(
        {
            "peak": pc.bit_wise_and(calls, pa.scalar((1 << calls_bits) - 1, pa.int64())),
            "at": inside.take(place),
            "busy_ms": pc.pairwise_diff(pa.concat_arrays([pa.array([0], pa.int64()), busy.take(last)])).slice(1),
        }
    )


def _tagged(times: Column, tag: int) -> Column:
    import pyarrow as pa

    pc = kernels()
    moved = pc.multiply(times, pa.scalar(1 << _TAGS, pa.int64()))
    return pc.add(moved, pa.scalar(tag, pa.int64()))
