"""A comparison that cannot fail proves nothing: every kind of difference is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tools.simulator.compare import EXTRA, MISSING, Difference, differences, summary

TRUTH: dict[str, dict[str, str | int | None]] = {
    "a": {"record_id": "a", "talk_s": 10, "day": "2026-11-01", "cost": None},
    "b": {"record_id": "b", "talk_s": None, "day": "2026-11-02", "cost": "0.5000"},
}
FOUND: list[dict[str, Any]] = [
    {"record_id": "a", "talk_s": 10, "day": date(2026, 11, 1), "cost": None, "unknown_to_the_truth": 1},
    {"record_id": "b", "talk_s": None, "day": date(2026, 11, 2), "cost": Decimal("0.5000")},
]


def test_equal_rows_do_not_differ_whatever_their_order_and_form() -> None:
    assert differences(TRUTH, FOUND) == []
    assert differences(TRUTH, reversed(FOUND)) == []


def test_a_wrong_cell_is_named_with_both_values() -> None:
    found = [FOUND[0] | {"talk_s": 11}, FOUND[1] | {"talk_s": 0}]
    assert differences(TRUTH, found) == [Difference("a", "talk_s", 10, 11), Difference("b", "talk_s", None, 0)]


def test_a_missing_a_foreign_and_a_doubled_row_are_differences() -> None:
    assert [d.found for d in differences(TRUTH, FOUND[:1])] == [MISSING]
    assert [d.found for d in differences(TRUTH, [*FOUND, FOUND[0] | {"record_id": "c"}])] == [EXTRA]
    assert [d.found for d in differences(TRUTH, [*FOUND, FOUND[0]])] == [EXTRA]


def test_the_summary_counts_by_column_and_shows_the_first() -> None:
    text = summary([Difference("a", "talk_s", 10, 11), Difference("b", "talk_s", None, 0)], most=1)
    assert text == "2 x talk_s\n  a talk_s: expected 10, found 11"
