"""Sorting whole numbers by their digits gives what sorting gives."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.metrics.measure import spread as counted_spread
from ringlake.metrics.ordering import ascending, order
from ringlake.metrics.spread import spread, spreads

WHOLE = st.integers(-(2**40), 2**40)


@given(st.lists(WHOLE))
def test_numbers_ascend(values: list[int]) -> None:
    assert ascending(pa.array(values, pa.int64())).to_pylist() == sorted(values)


@given(st.lists(st.tuples(st.integers(-3, 3), WHOLE)))
def test_rows_are_in_order_of_their_keys_and_equal_ones_stay(rows: list[tuple[int, int]]) -> None:
    keys = [pa.array([row[n] for row in rows], pa.int64()) for n in range(2)]

    assert order(*keys).to_pylist() == sorted(range(len(rows)), key=lambda n: rows[n])
    assert order(keys[0]).to_pylist() == sorted(range(len(rows)), key=lambda n: rows[n][0])


def test_many_numbers_ascend_too() -> None:
    """Beyond a thousand Arrow counts instead of comparing."""
    chance = random.Random(1)
    values = [chance.randrange(2**52) for _ in range(20_000)]
    assert ascending(pa.array(values)).to_pylist() == sorted(values)


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(0, 10_000_000))))
def test_a_spread_is_that_of_the_dictionary_for_each_group(rows: list[tuple[int, int | None]]) -> None:
    groups, values = (pa.array([row[n] for row in rows], pa.int64()) for n in range(2))

    assert spread(values) == counted_spread(pa.chunked_array([values]))
    found = spreads(groups, values)
    for group in range(4):
        own = [value for g, value in rows if g == group and value is not None]
        assert found.get(group, spread(pa.array([], pa.int64()))) == counted_spread(
            pa.chunked_array([pa.array(own, pa.int64())])
        )


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [([1], 1, 1), ([1, 2], 1.5, 2), (list(range(1, 11)), 5.5, 9), (list(range(1, 12)), 6, 10)],
)
def test_the_nearest_rank_is_a_value_that_was_there(values: list[int], median: float, p90: float) -> None:
    found = spread(pa.array(values))
    assert (found.n, found.total, found.median, found.p90) == (len(values), sum(values), median, p90)
