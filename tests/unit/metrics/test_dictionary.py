"""The dictionary of metrics is complete, its pages are current, and its views run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from ringlake.metrics.catalog import METRICS
from ringlake.metrics.catalog.metric import Mean, Share, Unit
from ringlake.metrics.interactions import interactions
from ringlake.metrics.measure import columns_of, measure
from ringlake.model.arrow import kernels
from ringlake.model.directory import Workspace
from ringlake.model.tables import CALLS, CASES, MESSAGES, TABLES
from tools import metrics as pages

from .anything import anything

STATEMENTS = [text.strip() for text in pages.views().split(";\n") if text.strip()]


def test_every_metric_says_what_it_is() -> None:
    assert [name for name, n in Counter(metric.id for metric in METRICS).items() if n > 1] == []
    for metric in METRICS:
        assert metric.name, metric.id
        assert metric.words.endswith("."), metric.id
        assert metric.source, metric.id
        assert metric.better in ("", "higher", "lower"), metric.id
        assert set(metric.settings) <= set(Workspace.__struct_fields__), metric.id
        # A rate says what stands above and below the line.
        assert bool(metric.numerator) is bool(metric.denominator), metric.id
        if metric.unit is Unit.SHARE or isinstance(metric.formula, Share):
            assert metric.denominator, metric.id


def test_every_formula_reads_columns_that_the_table_has() -> None:
    columns = {table.name: set(table.names) for table in TABLES}
    both = (columns["calls"] & columns["messages"]) | {"is_call", "is_message"}
    for metric in METRICS:
        if metric.formula is not None:
            assert columns_of([metric.formula]) <= {**columns, "interactions": both}[metric.table], metric.id


def test_the_pages_are_current(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert pages.main(["--check"]) == 0

    monkeypatch.setattr(pages, "page", lambda: "something else")
    assert pages.main(["--check"]) == 1
    assert "docs/metrics.md is out of date" in capsys.readouterr().err


def test_every_metric_is_on_the_page() -> None:
    page = pages.page()

    for metric in METRICS:
        assert f"### {metric.name}\n\n`{metric.id}`" in page, metric.id
        assert metric.words in page


@pytest.mark.parametrize("dialect", ["athena", "trino", "duckdb"])
def test_views_are_one_statement_each_in_every_dialect(dialect: str) -> None:
    for text in STATEMENTS:
        (statement,) = sqlglot.parse(text, dialect=dialect)
        assert isinstance(statement, exp.Create)


@pytest.mark.parametrize("table", ["calls", "messages", "cases", "interactions"])
def test_a_view_gives_by_day_what_the_api_gives(table: str) -> None:
    rows = {t.name: _in_a_day(anything(t, 500, seed)) for seed, t in enumerate((CALLS, MESSAGES, CASES))}
    with duckdb.connect() as engine:
        for name, held in rows.items():
            engine.register(name, held)
        for text in STATEMENTS:
            engine.execute(text)
        found = engine.execute(f"select * from {table}_per_day where workspace = 'acme'")
        names = [column[0] for column in found.description]
        days = [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    source = interactions(rows["calls"], rows["messages"]) if table == "interactions" else rows[table]
    if table in ("calls", "interactions"):
        pc = kernels()
        outside = pc.not_equal(source["direction"], "internal") if table == "interactions" else pc.equal(
            source["is_internal"], 0
        )  # fmt: skip
        source = source.filter(outside)
    asked = [m for m in METRICS if m.table == table and m.id in names]
    mine = measure(source, [m.formula for m in asked if m.formula is not None], ["local_date"])
    assert len(days) == len(mine) > 1
    for day in days:
        for metric, one in zip(asked, mine[(day["local_date"],)], strict=True):
            _close(one.value, day[metric.id], metric.id)
            if isinstance(metric.formula, Mean):
                _close(one.median, day[f"{metric.id}_median"], metric.id)
                _close(one.p90, day[f"{metric.id}_p90"], metric.id)


def _close(mine: Any, other: Any, name: str) -> None:
    assert (mine is None) is (other is None), name
    assert mine is None or float(mine) == pytest.approx(float(other), abs=1e-9), name


def _in_a_day(rows: Any) -> Any:
    import pyarrow as pa

    return rows.append_column("workspace", pa.repeat("acme", len(rows))).append_column("day", pa.repeat("", len(rows)))
