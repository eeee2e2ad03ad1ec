"""Mean, median and p90 of whole columns, exact (metrics.md: averages always come with n, median and p90).

The same as `measure.spread` for values of which nearly every one is another (milliseconds): those are sorted by their
digits instead of counted.
"""

from __future__ import annotations

from ringlake.model.arrow import Column, kernels

from .columns import joined
from .measure import Spread
from .ordering import ascending, order


def spread(values: Column) -> Spread:
    """Of a column of whole numbers; null is unknown and left out."""
    import pyarrow as pa

    known = kernels().drop_null(joined(values)).cast(pa.int64())
    return _spread(ascending(known), 0, len(known), kernels().sum(known).as_py())


def spreads(groups: Column, values: Column) -> dict[int, Spread]:
    """The same for each group, which int64 `groups` name; groups without a known value are not there."""
    import pyarrow as pa

    pc = kernels()
    values = joined(values).cast(pa.int64())
    if values.null_count:
        known = pc.is_valid(values)
        groups, values = groups.filter(known), values.filter(known)
    found = pa.table({"g": groups, "v": values}).group_by("g", use_threads=False)
    sums = found.aggregate([("v", "sum"), ("v", "count")])
    totals = {row["g"]: (row["v_sum"], row["v_count"]) for row in sums.to_pylist()}
    ordered = values.take(order(groups, values)) if len(values) else values
    spread_of, at = {}, 0
    for group in sorted(totals):
        total, n = totals[group]
        spread_of[group] = _spread(ordered, at, n, total)
        at += n
    return spread_of


def _spread(ordered: Column, at: int, n: int, total: int) -> Spread:
    """Of the n values from a place on, which ascend."""
    if not n:
        return Spread(0, 0, None, None)
    middle = ordered[at + (n - 1) // 2].as_py() + ordered[at + n // 2].as_py()
    # Nearest rank: the smallest value that nine tenths do not exceed.
    return Spread(n, total, middle / 2, float(ordered[at + (9 * n + 9) // 10 - 1].as_py()))
