"""Waits in half-open buckets (metrics.md Wait histogram)."""

from __future__ import annotations

import pyarrow as pa
import pytest

from ringlake.metrics.histogram import EDGES_S, histogram


@pytest.mark.parametrize("edge", EDGES_S[1:])
def test_exactly_an_edge_is_in_the_bucket_above_it(edge: int) -> None:
    above = EDGES_S.index(edge)
    for wait_ms, bucket in ((edge * 1000 - 1, above - 1), (edge * 1000, above), (edge * 1000 + 1, above)):
        found = histogram(pa.array([wait_ms]))
        assert [n for n, count in enumerate(found.counts) if count] == [bucket], wait_ms


def test_shares_are_cumulative_over_known_waits() -> None:
    found = histogram(pa.chunked_array([[0, 4_999, None], [7_000, 500_000]], pa.int32()))

    assert found.counts == (2, 1, 0, 0, 0, 0, 1)
    assert (found.known, found.unknown) == (4, 1)
    assert found.cumulative == (0.5, 0.75, 0.75, 0.75, 0.75, 0.75, 1.0)


def test_nobody_has_no_share() -> None:
    found = histogram(pa.array([None, None], pa.int32()))

    assert (found.counts, found.unknown) == ((0,) * 7, 2)
    assert found.cumulative == (None,) * 7
