"""docs/finance.md: every query on it runs, and it names every report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from ringlake.flows.finance.bodies import MappingBody
from ringlake.query.filters import parse
from ringlake.reports import reports
from tests.unit.lake.books import books
from tests.unit.lake.test_finance_reports import Engine

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "finance.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(books(), tmp_path_factory.mktemp("page"))


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_query_of_the_page_runs_and_finds_something(engine: Engine, number: int) -> None:
    rows = engine.sql.execute(QUERIES[number]).fetchall()

    assert rows
    for dialect in ("athena", "trino"):
        assert isinstance(sqlglot.parse_one(QUERIES[number], dialect=dialect), exp.Query)


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_query_of_the_page_reads_one_workspace_and_names_its_days(number: int) -> None:
    for select in sqlglot.parse_one(QUERIES[number], dialect="athena").find_all(exp.Select):
        tables = [table for table in select.find_all(exp.Table) if table.parent_select is select]
        if tables:
            said = select.args["where"].sql()
            assert said.count("workspace = 'acme'") == len(tables)
            assert len(re.findall(r"\bday (BETWEEN|=)", said)) == len(tables)


def test_the_page_holds_the_queries_it_promises() -> None:
    assert len(QUERIES) >= 9
    assert all(f"`{name}`" in PAGE for name in reports())
    numbers = {27: "twenty-seven"}
    assert f"{numbers[len(reports())]}\nqueries" in PAGE


def test_the_first_query_is_the_sum_of_the_charges(engine: Engine) -> None:
    found = {row[1]: row[3] for row in engine.sql.execute(QUERIES[0]).fetchall()}
    march = [r for r in books().rows["charges"] if f"{r['local_date']:%Y-%m}" == "2026-03" and r["is_charge"]]
    assert found == {
        currency: sum(r["cost_amount"] for r in march if r["cost_currency"] == currency) for currency in ("EUR", "USD")
    }


def test_the_mapping_of_the_page_is_one_that_is_taken() -> None:
    (text,) = re.findall(r"If-Match: \*\n\n(\{.*?\})\n\nPOST", PAGE, re.DOTALL)
    assert parse(MappingBody, json.loads(text)).decimal_mark == ","


def test_the_policy_of_the_page_opens_one_workspace() -> None:
    (policy,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    reads = [one["Resource"] for one in json.loads(policy)["Statement"] if "LAKE_BUCKET/" in str(one["Resource"])]
    assert reads == ["arn:aws:s3:::LAKE_BUCKET/*/workspace=acme/*"]
