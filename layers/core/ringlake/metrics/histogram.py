"""Waits sorted into buckets (metrics.md Wait / answer-time histogram).

Buckets are half open: a wait of exactly 20 s lies in [20, 30), while a service threshold of 20 s has it
inside (metrics.md Service level). Both look at milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringlake.model.arrow import Column, kernels
from ringlake.model.base import Model

# Lower edges in seconds; the last bucket has no upper one.
EDGES_S = (0, 5, 10, 20, 30, 60, 120)


class Histogram(Model, frozen=True, kw_only=True):
    """`counts` has one number per bucket; `unknown` are rows without a value, which are in no bucket."""

    counts: tuple[int, ...]
    unknown: int

    @property
    def known(self) -> int:
        return sum(self.counts)

    @property
    def cumulative(self) -> tuple[float | None, ...]:
        """Share of the known values below each bucket's upper edge; null when nothing is known."""
        below, shares = 0, []
        for count in self.counts:
            below += count
            shares.append(below / self.known if self.known else None)
        return tuple(shares)


def histogram(values_ms: Column, edges_s: Sequence[int] = EDGES_S) -> Histogram:
    """Counts of a column of milliseconds per half-open bucket; null is unknown, a negative value the first."""
    import pyarrow as pa

    pc = kernels()
    known = pc.drop_null(values_ms)
    # Values at or above each edge; the differences are the buckets.
    edges = [pa.scalar(edge * 1000, known.type) for edge in edges_s[1:]]
    above = [len(known), *(pc.sum(pc.greater_equal(known, edge)).as_py() or 0 for edge in edges)]
    counts = tuple(low - high for low, high in zip(above, [*above[1:], 0], strict=True))
    return Histogram(counts=counts, unknown=len(values_ms) - len(known))
