"""Finance reports as files: every format and language, with the rights that each needs."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from ringlake.errors import Forbidden, InvalidRequest
from ringlake.files.sheet import Kind
from ringlake.files.words import Words, lists
from ringlake.flows.delivery import Result
from ringlake.flows.report import kind_of
from ringlake.model.directory import Ability, Role
from ringlake.model.language import Language
from ringlake.reports import report, reports
from ringlake.stores.athena import MemoryAthena

from .world import NOW, World

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
# As Athena gives it: exact sums, prices as doubles.
RESULT = pa.table(
    {
        "month": pa.array([date(2026, 3, 1)], pa.date32()),
        "business_number": pa.array(["+48220000001"]),
        "units": pa.array([3], pa.int64()),
        "billed_s": pa.array([180], pa.int64()),
        "spend": pa.array([Decimal("1.2300")], pa.decimal128(38, 4)),
        "invoiced_amount": pa.array([Decimal("0.1234567")], pa.decimal128(20, 10)),
        "price_per_minute": pa.array([0.41], pa.float64()),
        "coverage": pa.array([0.75], pa.float64()),
        "few": pa.array([1], pa.int64()),
        "last_at": pa.array([datetime.fromisoformat("2026-03-04T12:00:00")], pa.timestamp("ms")),
        "line_text": pa.array(["=1+1"]),
    }
)


@pytest.fixture
def world() -> World:
    made = World()
    made.athena = MemoryAthena(lambda _sql, _params: RESULT)
    return made


def body(world: World, **form: Any) -> bytes:
    job_id = world.desk.run(world.viewer("owner"), "unit_prices", {**MARCH, **form}, NOW).id
    assert world.run_report(job_id) is Result.DONE
    return world.objects.bodies[world.job(job_id).key]


def test_a_spreadsheet_has_the_kinds_of_the_columns_and_the_words_of_the_language(world: World) -> None:
    book = openpyxl.load_workbook(io.BytesIO(body(world, format="xlsx", headers="both", language="pl")))
    sheet = book.worksheets[0]
    codes, words, row = (list(line) for line in sheet.iter_rows())

    assert sheet.title == "Ceny jednostkowe"
    assert [cell.value for cell in codes] == RESULT.column_names
    assert words[RESULT.column_names.index("price_per_minute")].value == "Cena minuty"
    cells = dict(zip(RESULT.column_names, row, strict=True))
    assert (cells["business_number"].value, cells["business_number"].data_type) == ("+48220000001", "s")
    assert cells["line_text"].data_type == "s"
    assert cells["spend"].value == pytest.approx(1.23)
    assert cells["price_per_minute"].value == pytest.approx(0.41)
    assert cells["coverage"].number_format.endswith("%")
    assert cells["last_at"].value == datetime.fromisoformat("2026-03-04T12:00:00")
    assert cells["billed_s"].value == 180


def test_all_formats_hold_the_same_values(world: World) -> None:
    parquet = pq.read_table(pa.BufferReader(body(world, format="parquet"))).to_pylist()[0]
    line = json.loads(body(world, format="jsonl"))
    (row,) = csv.DictReader(io.StringIO(body(world).decode("utf-8-sig"), newline=""))

    assert parquet["spend"] == Decimal("1.2300")
    assert Decimal(str(line["spend"])) == Decimal(row["spend"]) == Decimal("1.23")
    assert parquet["price_per_minute"] == Decimal("0.4100") == Decimal(row["price_per_minute"])
    assert float(row["invoiced_amount"]) == pytest.approx(parquet["invoiced_amount"]) == 0.1234567
    assert row["line_text"] == "'=1+1"
    assert line["line_text"] == parquet["line_text"] == "=1+1"
    assert line["month"] == str(parquet["month"]) == row["month"] == "2026-03-01"


def test_a_form_that_makes_no_file_is_refused(world: World) -> None:
    for form, field in (
        ({"format": "parquet", "headers": "labels"}, "headers"),
        ({"format": "xlsx", "dialect": "data"}, "dialect"),
        ({"format": "pdf"}, "format"),
        ({"language": "de"}, "language"),
    ):
        with pytest.raises(InvalidRequest) as error:
            world.desk.run(world.viewer("owner"), "unit_prices", {**MARCH, **form}, NOW)
        assert error.value.field == field


def test_a_report_of_customers_or_money_needs_the_right_to_see_them(world: World) -> None:
    world.change("other", role=Role.ADMIN, without=(Ability.SEE_COSTS,))
    offered = {one.name for one in world.desk.reports(world.viewer("other"))}

    assert offered == {name for name, one in reports().items() if Ability.SEE_COSTS not in one.needs}
    assert "service_level_by_week" in offered
    for name in reports().keys() - offered:
        with pytest.raises(Forbidden):
            world.desk.run(world.viewer("other"), name, MARCH, NOW)
    world.change("other", role=Role.ADMIN, without=(Ability.SEE_NUMBERS,))
    with pytest.raises(Forbidden):
        world.desk.run(world.viewer("other"), "top_callers", MARCH, NOW)


def test_a_right_that_was_lost_closes_the_run_and_the_file(world: World) -> None:
    world.change("other", role=Role.ADMIN)
    viewer = world.viewer("other")
    first = world.desk.run(viewer, "spend_by_month", MARCH, NOW).id
    second = world.desk.run(viewer, "spend_by_team", MARCH, NOW).id
    assert world.run_report(first) is Result.DONE
    world.change("other", role=Role.ADMIN, without=(Ability.SEE_COSTS,))

    assert world.run_report(second) is Result.FAILED
    with pytest.raises(Forbidden):
        world.desk.link(world.viewer("other"), first, NOW)


@pytest.mark.parametrize("name", reports())
def test_every_report_takes_a_range_of_days_as_a_schedule_gives_it(world: World, name: str) -> None:
    assert [parameter.name for parameter in report(name).parameters] == ["first_date", "last_date"]
    assert world.desk.run_job(world.viewer("owner"), name, MARCH, NOW).filter == {
        "first_date": "2026-03-01", "last_date": "2026-03-31"
    }  # fmt: skip


@pytest.mark.parametrize("language", Language)
def test_every_column_and_title_of_every_report_has_words(language: Language) -> None:
    words = Words(language)
    queries = [sqlglot.parse_one(one.sql, dialect="athena") for one in reports().values()]
    columns = {column for query in queries if isinstance(query, exp.Query) for column in query.named_selects}

    assert [name for name in sorted(columns) if not words.column(name)] == []
    assert set(reports()) <= set(lists(language)["sheets"])


def test_what_sql_gives_has_a_kind() -> None:
    found = {field.name: kind_of(field) for field in RESULT.schema}

    assert found["business_number"] is Kind.PHONE
    assert found["invoiced_amount"] is Kind.NUMBER
    assert found["spend"] is Kind.MONEY
    assert found["billed_s"] is Kind.SECONDS
    assert found["few"] is Kind.FLAG
    assert found["month"] is Kind.DATE
