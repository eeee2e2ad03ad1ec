"""The service level and its settings, at their boundaries (metrics.md Service level)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.measure import measure
from ringlake.metrics.service import CALL_COLUMNS, Part, ServiceSettings, counted, level, missed, parts, promise
from ringlake.model.directory import ServiceTarget, Workspace

# One call of each kind by its indicator columns; `short` by the workspace's usual five seconds.
KINDS: dict[str, set[str]] = {
    "answered": {"is_answered_offered"},
    "abandoned": {"is_missed", "is_abandoned"},
    "short": {"is_short_abandon", "is_abandoned"},
    "voicemail": {"is_missed", "is_voicemail"},
    "timed_out": {"is_missed"},
    "callback": {"is_callback_requested"},
    "callback_given_up": {"is_callback_requested", "is_abandoned"},
}
USUAL = ServiceSettings(threshold_s=20, target_pct=80, short_s=5)


def calls(*kinds: tuple[str, int | None]) -> pa.Table:
    flags = [{name: int(name in KINDS[kind] or name == "is_offered") for name in CALL_COLUMNS} for kind, _ in kinds]
    rows: list[dict[str, Any]] = [row | {"wait_ms": wait} for row, (_, wait) in zip(flags, kinds, strict=True)]
    return pa.table({name: pa.array([row[name] for row in rows], pa.int32()) for name in CALL_COLUMNS})


def of(table: pa.Table, settings: ServiceSettings = USUAL) -> dict[int, int]:
    return counted(parts(table, settings.threshold_s, settings.short_s)).get((), {})


@pytest.mark.parametrize(
    ("wait_ms", "part"), [(0, Part.IN_TIME), (20_000, Part.IN_TIME), (20_001, Part.LATE), (None, Part.LATE)]
)
def test_exactly_the_threshold_is_in_time(wait_ms: int | None, part: Part) -> None:
    assert of(calls(("answered", wait_ms))) == {part: 1}


@pytest.mark.parametrize(
    ("short_s", "wait_ms", "part"),
    [
        (5, 5_000, Part.SHORT),
        (5, 5_001, Part.ABANDONED),
        (5, None, Part.ABANDONED),
        (8, 8_000, Part.SHORT),
        # 0 switches short abandons off, also for who hung up at once.
        (0, 0, Part.ABANDONED),
    ],
)
def test_exactly_the_short_threshold_is_short(short_s: int, wait_ms: int | None, part: Part) -> None:
    settings = ServiceSettings(threshold_s=20, target_pct=80, short_s=short_s)
    assert of(calls(("abandoned", wait_ms)), settings) == {part: 1}


@pytest.mark.parametrize(
    ("switches", "below"),
    [
        ({}, 4),
        ({"include_short": True}, 5),
        ({"include_vm": False}, 3),
        ({"include_timeouts": False}, 3),
        ({"include_short": True, "include_vm": False, "include_timeouts": False}, 3),
    ],
)
def test_switches_take_parts_out_of_the_rate(switches: dict[str, bool], below: int) -> None:
    """Who asked for a call back is in neither part, whatever the switches."""
    settings = ServiceSettings(threshold_s=20, target_pct=80, short_s=5, **switches)
    offered = of(
        calls(
            ("answered", 20_000), ("abandoned", 9_000), ("short", 1_000), ("voicemail", 9_000), ("timed_out", 9_000),
            ("callback", 9_000), ("callback_given_up", 1_000),
        ),
        settings,
    )  # fmt: skip

    assert level(offered, settings) == (1, below)
    assert missed(offered) == (3, 6)
    assert sum(offered.values()) == 7


def test_nothing_offered_has_no_rate() -> None:
    table = calls(("answered", 1))
    closed = table.set_column(table.schema.get_field_index("is_offered"), "is_offered", pa.array([0], pa.int32()))
    for empty in (closed, calls()):
        assert of(empty) == {}
        assert level(of(empty), USUAL) == missed(of(empty)) == (0, 0)


MANY = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.sampled_from([0, 4_999, 5_000, 5_001, 19_999, 20_000, 20_001, None])),
    max_size=20,
)


@given(MANY)
def test_the_usual_rates_are_those_of_the_dictionary(kinds: list[tuple[str, int | None]]) -> None:
    """By the workspace's own thresholds, which the rows were made with."""
    usual = [(kind, wait) for kind, wait in kinds if kind not in {"short", "abandoned"}]
    table = calls(*usual, ("short", 5_000), ("abandoned", 5_001))
    within = [int(kind == "answered" and wait is not None and wait <= 20_000) for kind, wait in usual]
    rows = table.append_column("is_within_service", pa.array([*within, 0, 0], pa.int32()))
    formulas = [formula for name in ("service_level", "missed_rate") if (formula := BY_ID[name].formula)]
    measured = [(found.numerator, found.denominator) for found in measure(rows, formulas)[()]]

    assert measured == [level(of(table), USUAL), missed(of(table))]
    assert sum(of(table).values()) == len(usual) + 2


def test_counts_by_keys_are_those_of_each_key() -> None:
    table = calls(*[("answered", 1_000 * n) for n in range(40)])
    team, hour = [n % 3 for n in range(40)], [n % 5 for n in range(40)]
    part = parts(table, 20, 5)
    found = counted(part, [(pa.array(team, pa.int64()), 3), (pa.array(hour, pa.int64()), 5)])
    expected: dict[Any, Counter[int]] = {}
    for n, (t, h) in enumerate(zip(team, hour, strict=True)):
        expected.setdefault((t, h), Counter())[Part.IN_TIME if n <= 20 else Part.LATE] += 1

    assert found == expected


TARGETS = (
    ServiceTarget(threshold_s=30, target_pct=90),
    ServiceTarget(team="t1", threshold_s=10, target_pct=95),
    ServiceTarget(queue="vip", threshold_s=5, target_pct=99),
    ServiceTarget(queue="vip", team="t1", threshold_s=3, target_pct=98),
    ServiceTarget(channel="message", team="t1", threshold_s=300, target_pct=70),
)


@pytest.mark.parametrize(
    ("channel", "team", "queue", "seconds", "percent"),
    [
        ("call", "", "", 30, 90),
        ("call", "t1", "", 10, 95),
        ("call", "t1", "sales", 10, 95),
        ("call", "t2", "vip", 5, 99),
        ("call", "t1", "vip", 3, 98),
        ("message", "t1", "", 300, 70),
        # No target speaks of other teams' texts: the workspace's own text SLA and share.
        ("message", "t2", "", 900, 80),
    ],
)
def test_the_narrowest_target_counts(channel: str, team: str, queue: str, seconds: int, percent: int) -> None:
    found = promise(Workspace(id="acme", name="Acme", targets=TARGETS), channel, team, queue)
    assert (found.threshold_s, found.target_pct) == (seconds, percent)


def test_without_targets_the_workspace_promises() -> None:
    found = promise(Workspace(id="acme", name="Acme"), "call", "t1", "vip")
    assert (found.threshold_s, found.target_pct) == (20, 80)
