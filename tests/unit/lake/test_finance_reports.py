"""Every finance report against numbers counted by hand (tests/unit/lake/reckoning.py), in both dialects."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from ringlake.metrics.catalog import METRICS
from ringlake.metrics.rings import rung_spans
from ringlake.metrics.sql import CURRENCY, expression
from ringlake.metrics.staff import beside_talks, busy, seconds_of, stretches
from ringlake.model.tables import LEGS, PRESENCE
from ringlake.reports import bind, report
from ringlake.stores.lake import as_rows
from tests.unit.lake.books import FIRST, LAST, TABLES, Books, Row, books
from tests.unit.lake.reckoning import ORACLES

pytestmark = pytest.mark.slow


class Engine:
    """The books in DuckDB, as Athena sees them."""

    def __init__(self, company: Books, folder: Path) -> None:
        for key, body in company.objects.bodies.items():
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(body)
        self.sql = duckdb.connect()
        for table in TABLES:
            self.sql.execute(
                f"create view {table.name} as select * from read_parquet('{folder}/{table.name}/*/*/data.parquet',"
                " hive_partitioning = true, hive_types = {'workspace': varchar, 'day': varchar})"
            )

    def run(self, name: str, dialect: str = "as it is", first: date = FIRST, last: date = LAST) -> list[Row]:
        sql = report(name).sql
        if dialect == "athena":
            sql = sqlglot.transpile(sql, read="athena", write="duckdb")[0]
        values = bind(report(name), "acme", {"first_date": first, "last_date": last})
        used = {n: v for n, v in values.items() if f":{n}" in sql or f"${n}" in sql}
        found = self.sql.execute(re.sub(r":(\w+)", r"$\1", sql), used)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(books(), tmp_path_factory.mktemp("books"))


def plain(value: Any) -> Any:
    """One spelling of numbers; dates that an engine gives as moments are dates."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date()
    return float(value) if isinstance(value, Decimal | int | float) else value


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("dialect", ["as it is", "athena"])
def test_a_report_says_what_counting_by_hand_says(engine: Engine, name: str, dialect: str) -> None:
    found, expected = engine.run(name, dialect), ORACLES[name](books())

    assert list(found[0]) == list(expected[0])
    for mine, other in zip(found, expected, strict=True):
        for column in mine:
            said, counted = plain(mine[column]), plain(other[column])
            if isinstance(said, float) and isinstance(counted, float):
                # Rounded once to four places, means of seconds to one; halves go up or to the even digit. A change
                # is of two rounded prices.
                apart = 0.101 if column == "acd_s" or column.startswith("average") else 0.000101
                apart = 0.002 if column == "change" else apart
                assert said == pytest.approx(counted, abs=apart), (column, mine)
            else:
                assert said == counted, (column, mine, other)


@pytest.mark.parametrize("name", ORACLES)
def test_a_range_without_data_has_no_rows_and_no_error(engine: Engine, name: str) -> None:
    assert engine.run(name, first=date(2030, 1, 1), last=date(2030, 1, 31)) == []


def test_spend_is_the_same_however_it_is_cut(engine: Engine) -> None:
    """Also the sum of all charges of calls and messages, in each currency."""

    def totals(name: str) -> dict[str, tuple[Decimal, Decimal]]:
        found: dict[str, tuple[Decimal, Decimal]] = {}
        for row in engine.run(name):
            if row["currency"]:
                spend, home = found.get(row["currency"], (Decimal(0), Decimal(0)))
                found[row["currency"]] = (spend + row["spend"], home + (row["home_spend"] or 0))
        return found

    whole = totals("spend_by_month")
    assert set(whole) == {"EUR", "USD"}
    for name in ("spend_by_team", "spend_by_user", "spend_by_number"):
        assert totals(name) == whole


# Report, column -> the metric that screens show under that name.
_SAME = {
    ("service_level_by_week", "offered"): "calls_offered",
    ("service_level_by_week", "answered"): "offered_answered",
    ("service_level_by_week", "missed"): "calls_missed",
    ("service_level_by_week", "short_abandons"): "short_abandons",
    ("missed_and_recovered_by_team_and_month", "offered"): "calls_offered",
    ("missed_and_recovered_by_team_and_month", "missed"): "calls_missed",
    ("calls_by_weekday_and_hour", "received"): "calls_received",
    ("calls_by_weekday_and_hour", "made"): "calls_made",
    ("calls_by_weekday_and_hour", "talk_s"): "talk_s",
    ("cost_per_answered_call", "spend"): "spend_calls",
    ("cost_per_sale", "spend"): "spend_calls",
}


@pytest.mark.parametrize(("name", "column"), _SAME)
def test_a_column_adds_up_to_the_metric_of_the_screens(engine: Engine, name: str, column: str) -> None:
    """Design invariant 3; screens leave spam out, and internal calls unless they are asked for."""
    metric = next(m for m in METRICS if m.id == _SAME[name, column])
    total = sum(row[column] or 0 for row in engine.run(name))
    (said,) = engine.sql.execute(
        f"select {expression(metric).replace(CURRENCY, "'EUR'")} from {metric.table}"
        " where workspace = 'acme' and direction <> 'internal' and is_call = 1 and local_date between $first and $last",
        {"first": FIRST, "last": LAST},
    ).fetchall()[0]

    assert float(total) == pytest.approx(float(said))
    assert total > 0


def test_occupancy_is_that_of_the_screens(engine: Engine) -> None:
    """The same rows through `metrics.staff`, for the one month that the range holds whole."""
    legs = as_rows(LEGS, books().rows["legs"])
    march = [r for r in books().rows["presence"] if f"{r['local_date']:%Y-%m}" == "2026-03" and r["ended_at"]]
    found = stretches(as_rows(PRESENCE, march), datetime(2026, 5, 1, tzinfo=UTC))
    beside, seconds = beside_talks(found, rung_spans(legs)), seconds_of(found)
    rows = [row for row in engine.run("occupancy_by_user_and_month") if row["month"] == date(2026, 3, 1)]

    assert len(rows) == 3
    for row in rows:
        told = busy(seconds[row["user_id"]], beside[row["user_id"]])
        assert row["occupancy"] == pytest.approx(told.occupancy, abs=0.00006)
        assert row["talking_s"] + row["ringing_s"] + row["wrap_up_s"] == told.engaged
        assert row["talking_s"] + row["online_s"] == told.there


def test_an_invoice_is_the_sum_of_its_totals(engine: Engine) -> None:
    rows = books().of(TABLES[6], by="period_from")
    assert sum(row["invoiced"] for row in engine.run("invoice_totals")) == pytest.approx(
        sum(row["invoiced_amount"] or 0 for row in rows)
    )


def test_the_books_hold_what_the_reports_are_about() -> None:
    """A case that the dice never threw would be tested by nothing."""
    said = {name: ORACLES[name](books()) for name in ORACLES}

    assert {row["finding"] for row in said["closed_month_drift"]} == {"added", "gone", "changed"}
    assert {row["drifted"] for row in said["month_close"]} == {0, 1}
    assert {row["state"] for row in said["invoice_totals"]} == {"matched", "different", "missing", "extra", "fee"}
    assert any(row["unknown"] for row in said["invoice_totals"])
    assert any(row["ringing_s"] for row in said["occupancy_by_user_and_month"])
    assert any(row["wrap_up_s"] for row in said["occupancy_by_user_and_month"])
    assert any(row["lasting"] for row in said["attendance_by_day"])
    assert any(row["without_now"] and row["without_before"] for row in said["rated_again"])
    assert any(row["change"] and row["change"] < 0 for row in said["unit_prices"])
    assert {row["is_partial"] for row in said["service_level_by_week"]} == {0, 1}
    assert len(said["top_callers"]) == 100
