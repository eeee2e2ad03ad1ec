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
_POSITIONS = 2**32


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
    lasts = pc.subtract(times.slice(begin + 1, end - begin), inside)
    going_on = running.slice(begin, end - begin)
    buckets = pc.cumulative_sum(pc.cast(is_mark.slice(begin, end - begin), pa.int32()))
    # The larger number wins; of equal ones the one that came first.
    position = pc.cumulative_sum(pa.repeat(pa.scalar(-1, pa.int64()), len(inside)))
    ranked = pc.add(pc.multiply(going_on, pa.scalar(_POSITIONS, pa.int64())), position)
    table = pa.table({"bucket": buckets, "ranked": ranked, "busy": pc.multiply(going_on, lasts)})
    found = table.group_by("bucket", use_threads=False).aggregate([("ranked", "max"), ("busy", "sum")])
    best = found["ranked_max"].combine_chunks()
    # `best` is the number in the upper bits, less the position counted from 1.
    peak = pc.shift_right(pc.add(best, pa.scalar(_POSITIONS - 1, pa.int64())), pa.scalar(32, pa.int64()))
    place = pc.subtract(pc.multiply(peak, pa.scalar(_POSITIONS, pa.int64())), pc.add(best, pa.scalar(1, pa.int64())))
    return pa.table(
        {
            "peak": peak,
            "at": inside.take(place),
            "busy_ms": found["busy_sum"].combine_chunks(),
        }
    )


def _tagged(times: Column, tag: int) -> Column:
    import pyarrow as pa

    pc = kernels()
    moved = pc.multiply(times, pa.scalar(1 << _TAGS, pa.int64()))
    return pc.add(moved, pa.scalar(tag, pa.int64()))
