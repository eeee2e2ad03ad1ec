"""Any number drills to the rows that make it, and they count the same (demands.md D80; design invariant 7).

A simulated company's week, asked by random filters: each part, bucket and cell is asked about again with its
drill-down laid over the filter, and must give itself; each count is as many rows as its drill-down lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringlake.access import Principal
from ringlake.flows.answers.breakdown import BreakdownAnswers, BreakdownQuery, Part
from ringlake.flows.answers.callers import CallerAnswers, CallersQuery
from ringlake.flows.answers.dimensions import By
from ringlake.flows.answers.facts import LakeFacts
from ringlake.flows.answers.heatmap import HeatmapAnswers, HeatmapQuery
from ringlake.flows.answers.interactions import InteractionList, ListQuery
from ringlake.flows.answers.keys import CursorKeys
from ringlake.flows.answers.load import LoadAnswers
from ringlake.flows.answers.rings import RingAnswers, RingsQuery
from ringlake.flows.answers.series import SeriesAnswers, SeriesQuery
from ringlake.flows.answers.service import ServiceAnswers, ServiceQuery
from ringlake.flows.answers.summary import SummaryAnswers, SummaryQuery
from ringlake.flows.answers.team import TeamAnswers, TeamQuery
from ringlake.flows.answers.values import Value
from ringlake.flows.answers.waits import WaitAnswers, WaitsQuery
from ringlake.metrics.catalog import METRICS
from ringlake.metrics.catalog.metric import Count, Mean
from ringlake.model.directory import Role, User
from ringlake.query.filters import Filter, parse
from ringlake.stores.records import MemoryRecords
from tests.oracle.received import WORKSPACE
from tests.oracle.test_activity import story

pytestmark = pytest.mark.slow

OWNER = Principal(workspace=WORKSPACE, user=User(id="o", email="o@example.com", name="O", role=Role.OWNER))
WEEK = {"from": "2026-03-23", "to": "2026-03-29"}  # its Sunday has 23 hours in Warsaw
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)

FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "directions": st.sampled_from([["inbound"], ["outbound"], ["inbound", "internal"]]),
        "include_internal": st.booleans(),
        "include_spam": st.booleans(),
        "channels": st.sampled_from([["call"], ["message"], ["call", "message"]]),
        "users": st.sampled_from([["anna"], ["anna", ""], ["boris", "carla"]]),
        "teams": st.sampled_from([["sales"], ["sales", "support"]]),
        "team_members": st.just("current"),
        "outcomes": st.sampled_from([["answered"], ["no_answer", "voicemail"]]),
        "only_missed": st.booleans(),
        "labels": st.sampled_from([["unique"], ["repeat", "target"]]),
        "hours": st.sampled_from(["open", "closed"]),
        "hour_from": st.sampled_from(["09:30", "22:00"]),
        "hour_to": st.sampled_from(["13:15", "06:00"]),
        "weekdays": st.sampled_from([[2], [1, 5, 7]]),
        "zone": st.sampled_from(["Asia/Kathmandu", "America/New_York"]),
        "duration_max_s": st.just(120),
    },
)


class Lake:
    def __init__(self) -> None:
        company, notices = story(6, "Europe/Warsaw", date(2026, 3, 30), days=7, scale=1.0)
        company.receive(notices)
        company.fold()
        self.stores: tuple[Any, ...] = (company.directory, LakeFacts(company.roll_up()), MemoryRecords())
        self.keys = CursorKeys(company.vault)

    def values(self, asked: dict[str, Any], metrics: list[str]) -> list[Value]:
        query = parse(SummaryQuery, {**asked, "metrics": metrics, "compare": False})
        return [one.value for one in SummaryAnswers(*self.stores).summary(OWNER, query, NOW).metrics]

    def listed(self, asked: dict[str, Any]) -> int:
        query = parse(ListQuery, {**asked, "count": True, "limit": 1})
        found = InteractionList(self.stores[0], self.stores[1], self.stores[2], self.keys).page(OWNER, query, NOW)
        assert found.count is not None
        return found.count


@cache
def lake() -> Lake:
    return Lake()


def laid(asked: dict[str, Any], drill: dict[str, object]) -> dict[str, Any]:
    """The filter with the drill-down over it, as a client does it."""
    return {name: value for name, value in {**asked, **drill}.items() if value is not None}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=FILTERS, by=st.sampled_from([by for by in By if by not in (By.STATE, By.STATUS)]))
def test_each_part_of_a_breakdown_drills_to_itself(given: dict[str, Any], by: By) -> None:
    asked = {**WEEK, **given}
    query = parse(BreakdownQuery, {**asked, "by": by.value, "all": True})
    found = BreakdownAnswers(*lake().stores).breakdown(OWNER, query, NOW)
    metrics = list(found.metrics)

    for part in found.parts[:8]:
        if part.drill is not None and by is not By.LABEL:
            again = lake().values(laid(asked, part.drill), metrics)
            assert list(part.values) == again, (part.key, part.drill)
    if by is not By.LABEL:
        assert_sums(found.parts, found.total)


@pytest.mark.parametrize("by", [By.OUTCOME, By.STATUS, By.REASON, By.KIND, By.QUEUE, By.SOURCE, By.HANGUP_BY])
def test_a_part_lists_no_rows_of_the_channel_that_does_not_know_its_key(by: By) -> None:
    """Also where the filter names both channels, which keeps both whatever else it says (features.md F14)."""
    metric = "messages" if by is By.STATUS else "calls"
    asked = {**WEEK, "channels": ["call", "message"]}
    query = parse(BreakdownQuery, {**asked, "by": by.value, "metrics": [metric], "all": True})
    parts = [p for p in BreakdownAnswers(*lake().stores).breakdown(OWNER, query, NOW).parts if p.drill is not None]

    assert sum(int(part.values[0].value or 0) for part in parts) > 0
    for part in parts:
        assert lake().listed({**laid(asked, part.drill or {}), "without_spam": True}) == part.values[0].value, (
            part.drill
        )


def assert_sums(parts: tuple[Part, ...], total: tuple[Value, ...]) -> None:
    """Rows add up to the total, which was measured over all of them."""
    for place, whole in enumerate(total):
        metric = next(m for m in METRICS if m.id == whole.metric)
        if isinstance(metric.formula, Count):
            assert sum(int(part.values[place].value or 0) for part in parts) == whole.value, whole.metric


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=FILTERS, granularity=st.sampled_from(["day", "week", "hour"]), split=st.sampled_from([None, "user"]))
def test_each_bucket_drills_to_itself_and_they_sum_to_the_total(
    given: dict[str, Any], granularity: str, split: str | None
) -> None:
    asked = {**WEEK, **given}
    query = parse(
        SeriesQuery,
        {
            **asked,
            "metrics": ["interactions"],
            "granularity": granularity,
            "top": 50,
            **({"by": split} if split else {}),
        },
    )
    found = SeriesAnswers(*lake().stores).series(OWNER, query, NOW)
    whole = lake().values(asked, ["interactions"])[0].value

    assert sum(int(value or 0) for line in found.lines for value in line.values) == whole
    if split is None:
        counts = found.lines[0].values
        busiest = sorted(range(len(counts)), key=lambda n: -int(counts[n] or 0))[:3]
        for n in busiest:
            drill = found.buckets[n].drill
            if drill is not None:
                assert lake().values(laid(asked, drill), ["interactions"])[0].value == counts[n], drill


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=FILTERS)
def test_cells_of_the_heat_map_drill_to_themselves_and_sum_to_the_total(given: dict[str, Any]) -> None:
    asked = {**WEEK, **given}
    found = HeatmapAnswers(*lake().stores).heatmap(OWNER, parse(HeatmapQuery, asked), NOW)

    assert sum(cell.value for cell in found.cells) == found.total.value
    for cell in sorted(found.cells, key=lambda c: -c.value)[:4]:
        if cell.drill is not None:
            assert lake().values(laid(asked, cell.drill), ["interactions"])[0].value == cell.value, cell.drill


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=FILTERS)
def test_rows_of_the_team_table_drill_to_themselves_and_sum_to_the_total(given: dict[str, Any]) -> None:
    asked = {**WEEK, **given}
    found = TeamAnswers(*lake().stores).table(OWNER, parse(TeamQuery, asked), NOW)

    for place, whole in enumerate(found.total):
        metric = next(m for m in METRICS if m.id == whole.metric)
        if isinstance(metric.formula, Count) or metric.id == "talk_s":
            assert sum(int(one.values[place].value or 0) for one in found.members) == whole.value, metric.id
    for member in found.members[:3]:
        if member.drill is not None:
            assert list(member.values) == lake().values(laid(asked, member.drill), list(found.metrics))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=FILTERS)
@pytest.mark.parametrize("spam", [False, True])
def test_a_count_is_as_many_rows_as_its_drill_down_lists(given: dict[str, Any], spam: bool) -> None:
    asked = {**WEEK, **given, "include_spam": spam}
    ids = [m.id for m in METRICS if m.formula is not None and m.table in ("calls", "messages", "interactions")]
    query = parse(SummaryQuery, {**asked, "metrics": ids, "compare": False})
    for one in SummaryAnswers(*lake().stores).summary(OWNER, query, NOW).metrics:
        metric = next(m for m in METRICS if m.id == one.value.metric)
        if one.drill is None or metric.id == "talk_s":
            continue
        # What a mean is of are its rows; of a share those that are its part.
        rows = one.value.n if isinstance(metric.formula, Mean) else one.value.numerator
        rows = one.value.value if isinstance(metric.formula, Count) else rows
        assert lake().listed(laid(asked, one.drill)) == rows, (metric.id, one.drill)


BOTH_CHANNELS = FILTERS.map(lambda given: {**given, "channels": ["call", "message"]})


def lines(given: dict[str, Any]) -> Iterator[tuple[str, int, dict[str, object] | None]]:
    """What waits, service, load, rings, callers and sales say of calls: whose number, the number, its drill-down."""
    stores = lake().stores

    waits = WaitAnswers(*stores).waits(OWNER, parse(WaitsQuery, given), NOW)
    for side in ("answered", "abandoned"):
        whole = getattr(waits, side)
        yield f"waits {side}", whole.callers, whole.drill
        for bucket in waits.buckets:
            part = getattr(bucket, side)
            yield f"waits {side} {bucket.from_s}", part.count, part.drill

    service = ServiceAnswers(*stores).service(OWNER, parse(ServiceQuery, given), NOW)
    yield from ((f"service {part.part}", part.count, part.drill) for part in service.parts)
    yield from ((f"service of {row.id}", row.attained.offered, row.drill) for row in service.rows)
    busiest = sorted(service.cells, key=lambda cell: -cell.n)[:3]
    yield from ((f"service at {cell.hour}", cell.n, cell.drill) for cell in busiest)

    load = LoadAnswers(*stores).load(OWNER, parse(Filter, given), NOW)
    yield from ((f"load of {row.kind} {row.person.user_id}", row.calls, row.drill) for row in (load.total, *load.rows))

    rings = RingAnswers(*stores).rings(OWNER, parse(RingsQuery, given), NOW)
    yield from ((f"rings of {row.person.user_id}", row.missed_calls, row.drill) for row in (rings.total, *rings.rows))

    callers = CallerAnswers(*stores).callers(OWNER, parse(CallersQuery, given), NOW)
    for name, found in (("all", callers.repeats), *((row.id, row.repeats) for row in callers.rows)):
        if found is not None:
            yield f"callers {name}", int(found.answered.value or 0), found.drill
            yield f"callers again {name}", int(found.repeated.value or 0), found.repeated_drill


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given=BOTH_CHANNELS)
def test_numbers_about_calls_drill_to_calls_alone_where_the_filter_names_both_channels(given: dict[str, Any]) -> None:
    asked = {**WEEK, **given}
    for name, number, drill in lines(asked):
        if drill is not None:
            assert lake().listed(laid(asked, drill)) == number, (name, drill)
