"""One declaration, two engines: what Arrow computes is what the SQL says, for every metric of the dictionary."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from ringlake.metrics import sql
from ringlake.metrics.catalog import METRICS
from ringlake.metrics.catalog.metric import Mean, Metric
from ringlake.metrics.interactions import interactions
from ringlake.metrics.measure import Key, Measured, Terms, measure
from ringlake.model.tables import TABLES

from .anything import anything

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    import pyarrow as pa

DECLARED = [metric for metric in METRICS if metric.formula is not None]
TERMS = Terms(currency="EUR", hourly_rate=Decimal(36))


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    found = {table.name: anything(table, 500, seed) for seed, table in enumerate(TABLES)}
    return {**found, "interactions": interactions(found["calls"], found["messages"])}


def asked(rows: pa.Table, table: str, metric: Metric, by: tuple[str, ...] = ()) -> dict[Key, list[Any]]:
    """The same by DuckDB: value, and for means median and p90."""
    expressions = [sql.expression(metric)]
    if isinstance(metric.formula, Mean):
        expressions += [sql.median(metric), sql.p90(metric)]
    text = f"select {', '.join([*by, *expressions])} from {table} group by {', '.join(by) or 'all'}"
    with duckdb.connect() as engine:
        engine.register(table, rows)
        text = text.replace(sql.CURRENCY, "'EUR'").replace(sql.HOURLY_RATE, "36")
        found = engine.execute(text if by else text.replace(" group by all", "")).fetchall()
    return {tuple(row[: len(by)]): list(row[len(by) :]) for row in found}


def told(one: Measured, metric: Metric) -> list[Any]:
    return [one.value, one.median, one.p90] if isinstance(metric.formula, Mean) else [one.value]


def close(mine: list[Any], other: list[Any]) -> None:
    assert [v is None for v in mine] == [v is None for v in other], (mine, other)
    pairs = zip(mine, other, strict=True)
    assert all(a is None or float(a) == pytest.approx(float(b), abs=6e-5) for a, b in pairs), (mine, other)


@pytest.mark.parametrize("metric", DECLARED, ids=lambda m: m.id)
def test_arrow_and_sql_agree_over_all_rows_and_by_groups(metric: Metric, tables: dict[str, pa.Table]) -> None:
    assert metric.formula is not None
    rows = tables[metric.table]
    for by in ((), ("user_id",), ("local_date",), ("team_id", "local_date")):
        if not set(by) <= set(rows.column_names):
            continue
        mine = measure(rows, [metric.formula], by, TERMS)
        other = asked(rows, metric.table, metric, by)
        assert set(mine) == set(other)
        for key, values in other.items():
            close(told(mine[key][0], metric), values)


@pytest.mark.parametrize("metric", DECLARED, ids=lambda m: m.id)
def test_nothing_at_all_is_a_count_of_nought_and_a_rate_of_null(metric: Metric, tables: dict[str, pa.Table]) -> None:
    assert metric.formula is not None
    rows = tables[metric.table].slice(0, 0)

    (mine,) = measure(rows, [metric.formula], terms=TERMS)[()]
    ((other,),) = ([values[0]] for values in asked(rows, metric.table, metric).values())

    close([mine.value], [other])
    assert (mine.value is None) is (metric.unit.value in ("share", "money") or mine.denominator == 0 or _most(metric))


def _most(metric: Metric) -> bool:
    return type(metric.formula).__name__ == "Most"


@pytest.mark.parametrize("metric", [m for m in METRICS if sql.expression(m)], ids=lambda m: m.id)
@pytest.mark.parametrize("dialect", ["trino", "athena", "duckdb"])
def test_every_expression_parses_in_every_dialect(metric: Metric, dialect: str) -> None:
    texts = [sql.expression(metric), sql.median(metric), sql.p90(metric)]
    for text in filter(None, texts):
        (statement,) = sqlglot.parse(f"select {text} as value from {metric.table}", dialect=dialect)
        assert isinstance(statement, exp.Select)
