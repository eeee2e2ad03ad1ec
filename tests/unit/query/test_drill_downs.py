"""Conditions that numbers about waits and lines drill to (demands.md D80): sets, waits to the millisecond, instants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from ringlake.access import Scope
from ringlake.errors import InvalidRequest
from ringlake.model.directory import Workspace
from ringlake.model.tables import CALLS
from ringlake.query.filters import CALL, Filter, parse
from ringlake.query.resolve import ResolvedQuery, resolve
from ringlake.query.rows import columns_read, select
from ringlake.query.sets import SETS, CallSet
from tests.unit.query.lake_rows import calls

NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)
WORKSPACE = Workspace(id="acme", name="Acme")
FLAGS = sorted({flag for flags in SETS.values() for some in flags for flag in some})


def query(**asked: Any) -> ResolvedQuery:
    wanted = parse(Filter, {"from": "2026-03-09", "to": "2026-03-09", **asked})
    return resolve(Scope(everything=True), wanted, WORKSPACE, NINE)


def kept(rows: pa.Table, **asked: Any) -> list[str]:
    asked_for = query(**asked)
    # Only the columns that are declared as read may be looked at.
    read = rows.select(sorted({"record_id", *columns_read(CALLS, asked_for)}))
    return [str(i) for i in select(CALLS, read, asked_for)["record_id"].to_pylist()]


@pytest.mark.parametrize("name", CallSet)
def test_a_set_has_its_own_calls_only(name: CallSet) -> None:
    """One call of each set, by the indicator columns that its rows have."""
    rows = calls(
        *(
            {"record_id": other, "started_at": NINE, **dict.fromkeys(FLAGS, 0), **dict.fromkeys(SETS[other][0], 1)}
            for other in CallSet
        )
    )
    assert kept(rows, sets=[name]) == [name]
    assert kept(rows, sets=list(CallSet)) == list(CallSet)


def test_waits_are_cut_to_the_millisecond() -> None:
    waits = (None, 0, 4_999, 5_000, 9_999, 10_000)
    rows = calls(*({"record_id": str(wait), "started_at": NINE, "wait_ms": wait} for wait in waits))

    assert kept(rows, wait_from_ms=5_000) == ["5000", "9999", "10000"]
    assert kept(rows, wait_below_ms=5_000) == ["0", "4999"]
    assert kept(rows, wait_from_ms=5_000, wait_below_ms=10_000) == ["5000", "9999"]


def span(name: str, start: int, answered: int | None, end: int | None, live: str = "") -> dict[str, Any]:
    def at(minute: int | None) -> datetime | None:
        return None if minute is None else NINE + timedelta(minutes=minute)

    return {
        "record_id": name, "started_at": at(start), "answered_at": at(answered), "ended_at": at(end), "live": live,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("minute", "active", "talking"),
    [
        (0, ["early", "live"], []),
        (5, ["early", "live", "late"], ["early"]),
        # What ends at the instant is over, what begins at it has begun.
        (10, ["live", "late"], ["live", "late"]),
        (20, ["live"], ["live"]),
    ],
)
def test_calls_of_an_instant_are_those_that_meet_in_it(minute: int, active: list[str], talking: list[str]) -> None:
    rows = calls(
        span("early", 0, 5, 10), span("live", 0, 10, None, "in_progress"), span("late", 5, 10, 20),
        # Nobody knows when it ended.
        span("lost", 0, 1, None),
    )  # fmt: skip
    at = (NINE + timedelta(minutes=minute)).isoformat()

    assert kept(rows, active_at=at) == active
    assert kept(rows, talking_at=at) == talking


@pytest.mark.parametrize(
    "asked", [{"sets": ["missed"]}, {"wait_from_ms": -1}, {"wait_below_ms": "x"}, {"active_at": "2026-03-09T09:00:00"}]
)
def test_a_wrong_condition_is_named(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as error:
        query(**asked)
    assert error.value.errors[0][0].partition(".")[0] == next(iter(asked))


@pytest.mark.parametrize(
    "asked", [{"sets": ["answered"]}, {"wait_from_ms": 0}, {"wait_below_ms": 9}, {"active_at": "2026-03-09T09:00:00Z"}]
)
def test_only_calls_can_meet_them(asked: dict[str, Any]) -> None:
    """Messages are left out, as for all conditions of calls (features.md F14)."""
    assert query(**asked).predicates.channels == (CALL,)


def test_findings_are_whole_words_of_the_flags() -> None:
    flags = ("never_ended", "after_end;never_ended", "never_ended_twice", "", None)
    rows = calls(*({"record_id": str(n), "started_at": NINE, "flags": said} for n, said in enumerate(flags)))
    assert kept(rows, findings=["never_ended"]) == ["0", "1"]
    assert kept(rows, findings=["after_end", "direction_unknown"]) == ["1"]


def test_rows_of_nobody_are_told_apart_by_the_reason() -> None:
    reasons = ("unmapped", "group_call", "", None)
    rows = calls(*({"record_id": str(n), "started_at": NINE, "unattributed": why} for n, why in enumerate(reasons)))
    assert kept(rows, unattributed=["unmapped"]) == ["0"]
    assert kept(rows, unattributed=["unmapped", "group_call"]) == ["0", "1"]
    with pytest.raises(InvalidRequest, match="unattributed"):
        query(unattributed=["somebody"])
