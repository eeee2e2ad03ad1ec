"""What can be exported: whatever is offered makes a file, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringlake import reports
from ringlake.errors import Forbidden, InvalidRequest
from ringlake.files.csv import Dialect
from ringlake.flows.exports.chart import CHARTS
from ringlake.flows.exports.offered import OfferQuery, Offers
from ringlake.flows.exports.registry import REPORTS
from ringlake.flows.exports.saved import CONDITIONS
from ringlake.model.directory import Ability
from ringlake.model.jobs import Format, Headers
from ringlake.model.language import Language
from tests.unit.export.world import FILTER, World


def offered(world: World, user_id: str, **query: object) -> Offers:
    return world.desk.offers(world.viewer(user_id), OfferQuery.model_validate(query), world.now)


def test_every_report_is_offered_with_its_columns_and_how_long_it_may_be() -> None:
    offers = offered(World(), "owner")

    assert list(dict.fromkeys(one.report for one in offers.reports)) == list(REPORTS)
    assert {one.report: one.most_months for one in offers.reports if one.report in ("interactions", "team")} == {
        "interactions": 3,
        "team": 24,
    }
    assert all(profile.columns for one in offers.reports for profile in one.profiles)


def test_whatever_columns_are_offered_can_be_asked_for() -> None:
    world = World()
    viewer = world.viewer("owner")
    for one in offered(world, "owner").reports:
        options: dict[str, object] = {"chart": one.chart} if one.chart else {}
        if one.chart == "breakdown":
            options["by"] = "user"
        for profile in one.profiles:
            codes = [column.code for column in profile.columns]
            body = {
                "report": one.report, "filter": FILTER, "options": options, "profile": profile.profile,
                "columns": codes,
            }  # fmt: skip
            assert world.desk.export_job(viewer, body, world.now).chosen == tuple(codes)


def test_who_may_not_see_costs_is_offered_no_charges_and_no_columns_of_them() -> None:
    world = World()
    offers = offered(world, "member")

    assert "charges" not in {one.report for one in offers.reports}
    (summary,) = (one for one in offers.reports if one.chart == "summary")
    assert summary.profiles
    with pytest.raises(Forbidden, match="see_costs"):
        offered(world, "member", report="charges")


def test_words_are_in_the_viewers_language() -> None:
    world = World()
    world.change("owner", language=Language.PL)
    (numbers,) = offered(world, "owner", report="numbers", metrics=["calls"]).reports

    assert numbers.title == "Numery"
    (spanish,) = offered(world, "owner", report="numbers", language="es").reports
    assert spanish.title == "Números"
    assert {column.code: column.words for column in numbers.profiles[0].columns}["business_number_name"] != ""


def test_columns_of_the_list_that_are_not_shown_may_be_chosen() -> None:
    (report,) = offered(World(), "owner", report="interactions").reports
    (listed,) = (profile for profile in report.profiles if profile.profile == "list")

    assert {column.usual for column in listed.columns} == {True, False}


def test_the_dashboard_has_words_for_every_report_chart_and_finance_query() -> None:
    path = Path(__file__).resolve().parents[3] / "functions/dashboard/site/src/words/en/exports.json"
    words = set(json.loads(path.read_text(encoding="utf-8")))

    assert {f"report.{name}" for name in REPORTS} <= words
    assert {f"chart.{name}" for name in CHARTS} <= words
    assert {f"query.{name}" for name in reports.reports()} <= words
    assert {f"profile.{name}" for report in REPORTS.values() for name in report.profiles} <= words
    assert {f"condition.{name}" for name in CONDITIONS} <= words


def test_options_say_their_choices() -> None:
    (detailed,) = offered(World(), "owner", report="detailed").reports
    (cases,) = offered(World(), "owner", report="cases").reports

    assert [(one.name, one.choices, one.many) for one in detailed.options] == [("paths", ["campaign", "all"], False)]
    assert {one.name: one.many for one in cases.options}["states"] is True


def test_the_forms_of_a_format_are_those_that_its_file_may_have() -> None:
    world = World()
    member = {one.format: one for one in offered(world, "member").formats}
    world.grant("member", Ability.RAW_EXPORT)
    trusted = {one.format: one for one in offered(world, "member").formats}

    assert member[Format.CSV].dialects == [Dialect.SPREADSHEET]
    assert trusted[Format.CSV].dialects == [Dialect.SPREADSHEET, Dialect.DATA]
    assert trusted[Format.PARQUET].dialects == [Dialect.SPREADSHEET]
    assert member[Format.JSONL].headers == [Headers.CODES]
    assert member[Format.XLSX].headers[0] is Headers.LABELS


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"report": "nothing"}, "report"),
        ({"report": "chart", "chart": "nothing"}, "options.chart"),
        ({"report": "team", "metrics": ["nothing"]}, "options.metrics.0"),
        ({"report": "legs", "by": "user"}, "options.by"),
    ],
)
def test_what_there_is_not_names_its_parameter(query: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        offered(World(), "owner", **query)
    assert refused.value.field == field
