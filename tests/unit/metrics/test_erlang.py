"""Lines and agents for a load (metrics.md Lines required, Agents required)."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.metrics.erlang import agents_required, erlang_b, erlang_c, lines_required, service_level


@pytest.mark.parametrize(
    ("load", "blocking", "lines"),
    # metrics.md: the last one is the public calculator's.
    [(1, 0.01, 5), (5, 0.01, 11), (10, 0.01, 18), (20, 0.01, 30), (158.33, 0.03, 168)],
)
def test_lines_are_those_of_the_published_tables(load: float, blocking: float, lines: int) -> None:
    assert lines_required(load, blocking) == lines


@pytest.mark.parametrize(("agents", "percent"), [(7, 74.0), (8, 88.0)])
def test_agents_reach_the_service_level_of_the_published_example(agents: int, percent: float) -> None:
    """100 calls an hour of 180 s, answered within 20 s."""
    assert round(100 * service_level(100 * 180 / 3600, agents, 20, 180), 1) == percent
    assert agents_required(100 * 180 / 3600, 180, 20, 0.8) == 8


@given(st.integers(1, 60), st.integers(0, 80))
def test_the_recursion_is_the_formula(load: int, lines: int) -> None:
    """(A^n / n!) / sum of (A^k / k!), in exact fractions."""
    terms = [Fraction(load**k, math.factorial(k)) for k in range(lines + 1)]
    assert erlang_b(load, lines) == pytest.approx(float(terms[-1] / sum(terms)), rel=1e-12)


@pytest.mark.parametrize("load", [0.001, 0.5, 999.9, 10_000, 123_456.7])
def test_a_load_of_any_size_is_exact(load: float) -> None:
    """With floating point factorials 10,000 erlangs would be infinity by infinity."""
    lines = lines_required(load, 0.01)

    assert erlang_b(load, lines) <= 0.01 < erlang_b(load, lines - 1)


def test_ten_thousand_erlangs_need_fewer_lines_than_erlangs_at_one_percent() -> None:
    """A hundredth of the calls is turned away, so that the rest is 9,900 erlangs."""
    assert 9_900 < lines_required(10_000, 0.01) < 10_000
    assert agents_required(10_000, 180, 20, 0.8) > 10_000


def test_no_load_needs_nobody() -> None:
    assert lines_required(0) == 0
    assert agents_required(0, 180, 20) == 0
    assert (erlang_b(0, 0), erlang_b(0, 1)) == (1, 0)
    assert (erlang_c(0, 1), service_level(0, 1, 20, 180)) == (0, 1)


def test_as_many_agents_as_the_load_fills_never_catch_up() -> None:
    assert erlang_c(5, 5) == 1
    assert service_level(5, 5, 20, 180) == 0
    assert service_level(5, 4, 20, 180) == 0


@given(st.floats(0.01, 300), st.floats(1, 1000), st.floats(0, 120), st.floats(0.05, 0.99))
def test_one_agent_less_misses_the_target(load: float, handle_s: float, threshold_s: float, target: float) -> None:
    agents = agents_required(load, handle_s, threshold_s, target)

    assert service_level(load, agents, threshold_s, handle_s) >= target - 1e-9
    assert service_level(load, agents - 1, threshold_s, handle_s) < target + 1e-9


@pytest.mark.parametrize("load", [-1, math.nan, math.inf, 2_000_000])
def test_a_load_that_means_nothing_is_refused(load: float) -> None:
    for compute in (erlang_b, erlang_c):
        with pytest.raises(ValueError, match="load"):
            compute(load, 1)
    with pytest.raises(ValueError, match="load"):
        lines_required(load)
    with pytest.raises(ValueError, match="load"):
        agents_required(load, 180, 20)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, math.nan])
def test_a_share_that_means_nothing_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        lines_required(1, share)
    with pytest.raises(ValueError, match="between 0 and 1"):
        agents_required(1, 180, 20, share)


def test_times_and_lines_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="threshold"):
        agents_required(1, 0, 20)
    with pytest.raises(ValueError, match="threshold"):
        service_level(1, 2, -1, 180)
    with pytest.raises(ValueError, match="lines"):
        erlang_b(1, -1)
