"""Service level and waits by two implementations: ours, and SQL over what the calls were (`metrics.sql`: of_calls).

The base sets are those that `metrics.sql` derives from outcome, times and hours; every setting of the service
level is applied to them here a second time, in SQL.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ringlake.flows.answers.service import ServiceAnswers, ServiceLevels, ServiceQuery
from ringlake.flows.answers.waits import WaitAnswers, WaitsQuery
from ringlake.model.directory import ServiceTarget
from ringlake.query.filters import parse
from tests.oracle.received import WORKSPACE
from tests.oracle.test_activity import LAST_DAYS, ZONES
from tests.oracle.test_metrics import OWNER, Both, history

# T, X, S and the switches; None is the workspace's own.
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "threshold_s": st.sampled_from([0, 5, 10, 20, 60]),
        "short_s": st.sampled_from([0, 3, 5, 20]),
        "include_short": st.booleans(),
        "include_vm": st.booleans(),
        "include_timeouts": st.booleans(),
    },
)
LEVEL = """
select {by} as key,
    count(*) filter (where base = 'ANS' and wait_ms <= t * 1000) as met,
    count(*) filter (where base = 'ANS'
        or (base in ('ABN', 'ABN_S') and not short)
        or (base in ('ABN', 'ABN_S') and short and {short})
        or (base = 'VM' and {vm}) or (base = 'TMO' and {timeouts})) as whole,
    count(*) filter (where (base in ('ABN', 'ABN_S') and not short) or base in ('VM', 'TMO')) as lost,
    count(*) filter (where not (base in ('ABN', 'ABN_S') and short)) as unshort,
    count(*) as offered
from (
    select *, {threshold} as t, {short_s} > 0 and coalesce(wait_ms <= {short_s} * 1000, false) as short,
        timezone(s.zone, timezone('UTC', started_at)) as wall
    from of_calls, settings s where offered
)
group by all
"""
# The narrowest target of the call's team and queue, of those that the company has.
TARGETS = (
    ServiceTarget(queue="Service", threshold_s=8, target_pct=90),
    ServiceTarget(team="", threshold_s=15, target_pct=70),
)

type Rows = dict[Any, dict[str, Any]]


def told(both: Both, by: str, asked: dict[str, Any], threshold: str = "") -> Rows:
    sql = LEVEL.format(
        by=by,
        short=asked.get("include_short", False),
        vm=asked.get("include_vm", True),
        timeouts=asked.get("include_timeouts", True),
        threshold=threshold or asked.get("threshold_s", "s.service_s"),
        short_s=asked.get("short_s", "s.short_s"),
    )
    found = both.engine.execute(sql)
    names = [column[0] for column in found.description]
    return {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}


def ours(both: Both, asked: dict[str, Any]) -> ServiceLevels:
    query = parse(ServiceQuery, {**both.range, **asked})
    return ServiceAnswers(*both.stores).service(OWNER, query, both.now)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 3), zone=st.sampled_from(ZONES), last=st.sampled_from(LAST_DAYS[:3]), asked=SETTINGS,
    by=st.sampled_from(["team", "queue", "user"]),
)  # fmt: skip
def test_the_service_level_is_that_of_sql(seed: int, zone: str, last: date, asked: dict[str, Any], by: str) -> None:
    both = history(seed, zone, last, 4, 0.6, 0.1)
    mine = ours(both, {**asked, "by": by, "cells": "date"})
    nothing = dict.fromkeys(("met", "whole", "lost", "unshort", "offered"), 0)
    whole = told(both, "1", asked).get(1, nothing)

    level, missed = mine.overall.service_level, mine.overall.missed_rate
    assert (level.numerator, level.denominator) == (whole["met"], whole["whole"])
    assert (missed.numerator, missed.denominator) == (whole["lost"], whole["unshort"])
    assert mine.overall.offered == whole["offered"] == sum(part.count for part in mine.parts)
    by_group = told(both, {"team": "team_id", "queue": "queue", "user": "user_id"}[by], asked)
    for row in mine.rows:
        other = by_group.pop(row.id, nothing)
        attained = row.attained.service_level
        assert (attained.numerator, attained.denominator) == (other["met"], other["whole"]), row.id
    assert not by_group
    cells = told(both, "strftime(wall, '%Y-%m-%d %H')", asked)
    assert {f"{cell.date} {cell.hour:02}": cell.n for cell in mine.cells} == {k: c["offered"] for k, c in cells.items()}
    for cell in mine.cells:
        other = cells[f"{cell.date} {cell.hour:02}"]
        assert cell.service_level == (other["met"] / other["whole"] if other["whole"] else None)
        assert cell.missed_rate == (other["lost"] / other["unshort"] if other["unshort"] else None)
    event(f"offered {min(whole['offered'], 50) // 10 * 10}")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_promises_of_queues_are_kept_by_sql_too(zone: str) -> None:
    both = history(2, zone, LAST_DAYS[0], 4, 0.6, 0.1)
    before = both.directory.settings(WORKSPACE)
    queues = [row[0] for row in both.engine.execute("select distinct queue from of_calls where offered").fetchall()]
    targets = tuple(
        ServiceTarget(queue=queue, threshold_s=7 + n, target_pct=90) for n, queue in enumerate(sorted(queues)) if queue
    )
    both.directory.put_workspace(msgspec.structs.replace(before, targets=(*targets, *TARGETS)))
    try:
        mine = ours(both, {})
    finally:
        both.directory.put_workspace(before)
    cases = " ".join(f"when '{target.queue}' then {target.threshold_s}" for target in targets)
    whole = told(both, "1", {}, f"case queue {cases} else 15 end" if cases else "15")[1]

    level = mine.promised.service_level
    assert (level.numerator, level.denominator) == (whole["met"], whole["whole"])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 3), zone=st.sampled_from(ZONES), last=st.sampled_from(LAST_DAYS[:3]))
def test_waits_are_those_of_sql(seed: int, zone: str, last: date) -> None:
    both = history(seed, zone, last, 4, 0.6, 0.1)
    mine = WaitAnswers(*both.stores).waits(OWNER, parse(WaitsQuery, both.range), both.now)

    for side, sets in (("answered", "('ANS')"), ("abandoned", "('ABN', 'ABN_S')")):
        total = 0
        for bucket in mine.buckets:
            below = f"and wait_ms < {bucket.below_s * 1000}" if bucket.below_s is not None else ""
            sql = f"select count(*) from of_calls where base in {sets} and wait_ms >= {bucket.from_s * 1000} {below}"
            (count,) = both.engine.execute(sql).fetchall()[0]
            assert getattr(bucket, side).count == count
            total += count
        found = both.engine.execute(
            f"select count(*), count(*) filter (where wait_ms is null), avg(wait_s) from of_calls where base in {sets}"
        ).fetchall()[0]
        whole = getattr(mine, side)
        assert (whole.callers, whole.unknown) == found[:2] == (total + whole.unknown, whole.unknown)
        assert whole.wait.value == (None if found[2] is None else pytest.approx(found[2]))


@pytest.mark.parametrize("seed", [0, 2])
def test_the_histories_have_every_part(seed: int) -> None:
    """A comparison of nothing with nothing would pass. Nobody asks this company for a call back."""
    both = history(seed, ZONES[0], LAST_DAYS[0], 4, 0.6, 0.1)
    assert [part.part for part in ours(both, {}).parts if not part.count] == ["callback_requested"]
