"""What may be asked for: wrong requests name their fields, saved reports and presets become what they mean."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringlake.errors import Forbidden, InvalidRequest, PlanTooLow
from ringlake.flows.exports import REPORTS, ExportRequest
from ringlake.flows.exports.chart import CHARTS
from ringlake.flows.exports.saved import CONDITIONS, request_of
from ringlake.flows.requests import RunRequest
from ringlake.flows.schedules.bodies import ScheduleBody
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language
from ringlake.model.saved import SavedReport
from tools import exports

from .files import RANGE, body, ordered, rows
from .world import NOW, World


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"filter": {"from": "2026-03-09"}}, "filter.to"),
        ({"filter": {**RANGE, "nonsense": 1}}, "filter.nonsense"),
        ({"filter": {**RANGE, "directions": ["sideways"]}}, "filter.directions.0"),
        ({"filter": {"from": "2026-01-01", "to": "2026-06-01"}}, "filter.to"),
        ({"filter": {}}, "filter.from"),
        ({"filter": {**RANGE, "metrics": ["calls"]}}, "filter.metrics"),
        ({"options": {"users": ["owner"]}}, "options.users"),
        ({"options": {"limit": 10}}, "options.limit"),
        ({"options": {"nonsense": 10}}, "options.nonsense"),
        ({"report": "chart"}, "options.chart"),
        ({"report": "chart", "options": {"chart": "pie"}}, "options.chart"),
        ({"report": "chart", "options": {"chart": ["series"]}}, "options.chart"),
        ({"report": "chart", "options": {"chart": "series", "metrics": ["calls", "luck"]}}, "options.metrics.1"),
        ({"report": "chart", "options": {"chart": "series", "granularity": "century"}}, "options.granularity"),
        ({"report": "chart", "options": {"chart": "breakdown"}}, "options.by"),
        ({"report": "team", "options": {"order": "sideways"}}, "options.order"),
        ({"report": "presence", "filter": {**RANGE, "outcomes": ["busy"]}}, "filter.outcomes"),
        ({"report": "cases", "options": {"states": ["lost"]}}, "options.states.0"),
        ({"columns": ["record_id", "shoe_size"]}, "columns.1"),
        ({"columns": ["record_id", "record_id"]}, "columns.1"),
        ({"report": "team", "profile": "full"}, "profile"),
        ({"format": "xlsx", "dialect": "data"}, "dialect"),
        ({"format": "parquet", "headers": "labels"}, "headers"),
        ({"format": "doc"}, "format"),
        ({"report": "everything"}, "report"),
        ({"report": "team", "saved": "r-1"}, "saved"),
    ],
)
def test_a_wrong_request_names_its_field(world: World, request_: dict[str, Any], field: str) -> None:
    """demands.md D25."""
    asked = {"filter": RANGE, **request_}
    if "saved" in request_:
        del asked["filter"]
    with pytest.raises(InvalidRequest) as raised:
        world.desk.export(world.viewer("owner"), asked, NOW)

    assert raised.value.field == field


# What each field may well be asked for, and what it may not.
_METRICS = ["calls", "average_talk_s", "missed_rate", "spend", "unique_conversations", "recovery_rate", "luck"]
GIVEN: dict[str, st.SearchStrategy[Any]] = {
    "users": st.sampled_from([["operator"], [""], ["nobody"], "operator"]),
    "teams": st.sampled_from([["t1"], ["t1", ""]]),
    "team_members": st.sampled_from(["stored", "current"]),
    "numbers": st.sampled_from([["n1"], []]),
    "channels": st.sampled_from([["call"], ["message"], ["fax"]]),
    "directions": st.sampled_from([["inbound"], ["outbound", "inbound"]]),
    "hours": st.sampled_from(["open", "closed"]),
    "weekdays": st.sampled_from([[1], [7, 2], [8]]),
    "hour_from": st.sampled_from(["08:15", "23:00", "25:00"]),
    "zone": st.sampled_from(["Asia/Kathmandu", "Mars/Olympus"]),
    "outcomes": st.just(["answered"]),
    "include_spam": st.booleans(),
    "metrics": st.lists(st.sampled_from(_METRICS), max_size=4),
    "metric": st.sampled_from([*_METRICS, "interactions", "talk_s"]),
    "by": st.sampled_from(["user", "team", "number", "queue", "hour", "label", "prefix", "weekday", "moon"]),
    "granularity": st.sampled_from(["quarter_hour", "hour", "day", "week", "month"]),
    "sort": st.sampled_from(["calls", "newest", "overdue"]),
    "order": st.sampled_from(["asc", "desc"]),
    "top": st.integers(0, 51),
    "all": st.booleans(),
    "compare": st.booleans(),
    "hourly_rate": st.sampled_from(["12.50", "much"]),
    "states": st.sampled_from([["open"], ["assigned", "reached"]]),
    "group": st.sampled_from(["", "caller"]),
    "only_overdue": st.booleans(),
    "assignees": st.sampled_from([["me"], [""]]),
    "band": st.sampled_from(["1", "5-10"]),
    "new": st.booleans(),
    "paths": st.sampled_from(["campaign", "all"]),
    "ratings": st.sampled_from(["current", "all"]),
    "part": st.sampled_from(["first", "next"]),
    "state": st.sampled_from(["replied", "unanswered"]),
    "in_time": st.booleans(),
    "threshold_s": st.integers(-1, 90),
    "target_pct": st.integers(1, 101),
    "cells": st.sampled_from(["auto", "date", "weekday"]),
    "blocking_pct": st.sampled_from([0, 0.5, 5]),
    "deal_states": st.just(["quoted"]),
    "quoted": st.booleans(),
}


@given(
    st.sampled_from([*REPORTS]), st.sampled_from([*CHARTS]), st.sampled_from(["owner", "manager", "member"]), st.data()
)
@settings(max_examples=49, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_done_or_refused_with_a_reason(
    world: World, report: str, chart: str, user: str, data: st.DataObject
) -> None:
    options: dict[str, Any] = {"chart": chart} if report == "chart" else {}
    known = {*REPORTS[report].model(options).model_fields} & {*GIVEN}
    asked = {name: data.draw(GIVEN[name]) for name in sorted(known) if data.draw(st.integers(0, 4)) == 0}
    filter_ = RANGE | {name: value for name, value in asked.items() if name in CONDITIONS}
    options |= {name: value for name, value in asked.items() if name not in CONDITIONS}
    try:
        job = ordered(world, user, report=report, filter=filter_, options=options)
    except (InvalidRequest, Forbidden):
        return
    assert body(world, user, report=job.name, filter=job.filter, options=job.options)


def test_the_first_report_is_meant_when_none_is_named(world: World) -> None:
    assert ordered(world).name == next(iter(REPORTS)) == "interactions"


def test_a_preset_becomes_the_dates_that_it_meant(world: World) -> None:
    """features.md O27: the job keeps the filter as it was resolved."""
    job = ordered(world, report="team", filter={"preset": "yesterday", "users": ["operator"]})

    assert job.filter == {"from": "2026-03-10", "to": "2026-03-10", "users": ["operator"]}


def test_only_what_was_asked_for_is_kept(world: World) -> None:
    job = ordered(world, report="chart", options={"chart": "series", "metrics": ["calls"], "top": 10})

    assert job.options == {"chart": "series", "metrics": ["calls"]}
    assert ordered(world, report="cases", filter={}).filter == {}
    assert ordered(world, report="cases", filter={"preset": "today"}).filter == {
        "from": "2026-03-11",
        "to": "2026-03-11",
    }


def test_rows_span_three_months_and_aggregates_two_years(world: World) -> None:
    """features.md, conflicts: Range limits."""
    long = {"from": "2025-01-01", "to": "2025-12-31"}
    assert ordered(world, report="team", filter=long).filter == long
    with pytest.raises(InvalidRequest) as raised:
        ordered(world, report="detailed", filter=long)
    assert "at most 3 calendar months" in raised.value.reason


def test_the_language_is_the_requests_else_the_users_else_the_workspaces() -> None:
    world = World()
    assert ordered(world).language is Language.EN
    world.change("owner", language=Language.PL)
    assert ordered(world).language is Language.PL
    assert ordered(world, language="ru").language is Language.RU


@pytest.mark.parametrize("user", ["member", "operator", "manager"])
def test_the_data_dialect_and_foreign_reports_need_their_abilities(world: World, user: str) -> None:
    for request_ in ({"dialect": "data"}, {"report": "charges"}):
        with pytest.raises(Forbidden):
            ordered(world, user, **request_)


@pytest.mark.parametrize("report", REPORTS)
def test_no_report_is_for_a_plan_without_analytics(report: str) -> None:
    """features.md O1."""
    import msgspec

    world = World()
    world.directory.put_workspace(msgspec.structs.replace(world.directory.settings("acme"), plan="starter"))
    with pytest.raises(PlanTooLow):
        world.desk.export(world.viewer("owner"), {"report": report, "filter": RANGE}, NOW)


@pytest.mark.parametrize("format", Format)
@pytest.mark.parametrize("report", [name for name in REPORTS if name != "chart"])
def test_every_report_is_written_in_every_format_also_without_rows(world: World, report: str, format: Format) -> None:
    """demands.md D50: 0 rows."""
    nothing = {"from": "2020-03-09", "to": "2020-03-10"}
    found = body(world, report=report, filter=nothing, format=format.value)

    assert found or (format is Format.JSONL and report not in ("team", "numbers"))


def test_no_number_of_a_customer_is_on_record() -> None:
    """features.md O49 wants filters on record, security.md 8 no personal data there."""
    world = World()
    number = "+48600100200"
    filter_ = {**RANGE, **dict.fromkeys(("remote", "source_number", "destination_number"), number)}
    world.desk.export(world.viewer("owner"), {"filter": filter_, "format": "xlsx"}, NOW)
    told = str([line.detail for line in world.directory.audit_lines("acme", "2026-03")])

    assert number not in told
    assert told.count("'given'") == 3
    assert "'format': 'xlsx'" in told


# --- saved reports


def save(world: World, report_id: str = "r-1", **fields: Any) -> None:
    usual: dict[str, Any] = {"name": "Mine", "owner": "owner", "view": "/v1/interactions", "parameters": RANGE}
    kept = SavedReport(id=report_id, created_at=NOW, updated_at=NOW, **{**usual, **fields})
    world.saved.put("acme", kept, None)


def test_a_saved_list_is_exported_with_its_filter_and_columns() -> None:
    """features.md N21."""
    world = World()
    save(world, parameters={**RANGE, "columns": ["record_id", "status_code"], "channels": ["call"], "limit": 7})
    found = rows_of_saved(world, "r-1")

    assert [*found[0]] == ["record_id", "status_code"]
    assert {row["record_id"] for row in found} == {"c:night", "c:1", "c:2", "c:group"}


def test_a_saved_list_without_dates_is_of_the_last_three_months_as_on_screen() -> None:
    world = World()
    save(world, parameters={})
    job = ordered_saved(world, "r-1")

    assert job.filter == {"from": "2025-12-12", "to": "2026-03-11"}
    assert job.profile == "list"


@pytest.mark.parametrize(
    ("view", "parameters", "name", "options"),
    [
        ("/v1/cases", {"states": ["open"], "users": ["operator"]}, "cases", {"states": ["open"]}),
        ("/v1/analytics/team", {**RANGE, "metrics": ["calls"]}, "team", {"metrics": ["calls"]}),
        ("/v1/analytics/presence", RANGE, "presence", {}),
        ("/v1/analytics/heatmap", {**RANGE, "metric": "calls"}, "chart", {"chart": "heatmap", "metric": "calls"}),
        ("/v1/analytics/series", {**RANGE, "by": "user"}, "chart", {"chart": "series", "by": "user"}),
        ("/v1/analytics/summary", {**RANGE, "compare": False}, "chart", {"chart": "summary", "compare": False}),
    ],
)
def test_saved_views_of_every_kind_become_files(
    view: str, parameters: dict[str, Any], name: str, options: dict[str, Any]
) -> None:
    world = World()
    save(world, view=view, parameters=parameters)
    job = ordered_saved(world, "r-1")

    assert (job.name, job.options) == (name, options)


def test_a_view_that_makes_no_file_is_said_to(world: World) -> None:
    with pytest.raises(InvalidRequest) as raised:
        request_of("/v1/analytics/rings", {})
    assert raised.value.field == "saved"


def test_somebody_elses_saved_report_is_not_there_unless_it_is_shared() -> None:
    world = World()
    save(world, "r-mine")
    save(world, "r-shared", shared=True)
    save(world, "r-gone", owner="operator", deleted_at=NOW)

    assert ordered_saved(world, "r-shared", "operator").name == "interactions"
    for report_id in ("r-mine", "r-gone", "r-never"):
        with pytest.raises(InvalidRequest) as refused:
            ordered_saved(world, report_id, "operator")
        assert refused.value.errors == (("saved", "there is no such saved report"),)


def ordered_saved(world: World, report_id: str, user: str = "owner") -> Any:
    from ringlake.flows.exports import settled
    from ringlake.model.jobs import Job, JobKind
    from ringlake.query.filters import parse

    job = Job(
        id="j",
        workspace="acme",
        kind=JobKind.EXPORT,
        requester=user,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    asked = parse(ExportRequest, {"saved": report_id})
    return settled(world.viewer(user), asked, world.directory, NOW, world.saved).onto(job)


def rows_of_saved(world: World, report_id: str) -> list[dict[str, str]]:
    job = ordered_saved(world, report_id)
    return rows(
        world, report=job.name, filter=job.filter, options=job.options, columns=list(job.chosen), profile=job.profile
    )


def test_the_page_of_columns_is_current() -> None:
    assert exports.main(["--check"]) == 0


def test_the_page_about_files_tells_of_every_report_and_chart(world: World) -> None:
    page = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
    reports, charts = page.split("### Charts")

    assert sorted(re.findall(r"^\| `(\w+)` \|", reports, re.MULTILINE)) == sorted(REPORTS)
    assert {*re.findall(r"`(\w+)`", charts.partition("The rows are")[0])} >= {*CHARTS}
    for example in re.findall(r"```json\n(.*?)```", page, re.DOTALL):
        world.desk.export_job(world.viewer("owner"), json.loads(example), NOW)


@pytest.mark.parametrize("kind", [ExportRequest, RunRequest, ScheduleBody], ids=lambda kind: kind.__name__)
def test_a_workbook_has_words_above_its_columns_unless_codes_are_asked_for(kind: Any) -> None:
    rest = {"name": "r", "what": {}, "timing": {"cadence": "daily", "at": "08:00"}, "recipients": [{"user": "u"}]}
    given = rest if kind is ScheduleBody else {}
    assert kind.model_validate({**given, "format": "xlsx"}).headers is Headers.LABELS
    assert kind.model_validate({**given, "format": "xlsx", "headers": "codes"}).headers is Headers.CODES
    assert kind.model_validate({**given, "format": "csv"}).headers is Headers.CODES
