"""How the local Athena prints values, and what it takes as a parameter."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlglot

from tools.stack.athena import QueryError, athena_type, bind, result_csv, text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, "true"),
        (7, "7"),
        (Decimal("1.50"), "1.50"),
        (0.0, "0.0"),
        (1.0, "1.0"),
        (0.001, "0.001"),
        # Java's Double.toString changes to an exponent here.
        (0.000999, "9.99E-4"),
        (9999999.5, "9999999.5"),
        (1e7, "1.0E7"),
        (-123456789.125, "-1.23456789125E8"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 6789, tzinfo=dt.UTC).replace(tzinfo=None), "2026-01-02 03:04:05.006"),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02 00:00:00.000 UTC"),
        (b"\x00\xff", "00 ff"),
        (["x", None, 1.0], "[x, null, 1.0]"),
        ({"a": 1, "b": None}, "{a=1, b=null}"),
    ],
)
def test_values_look_as_in_athena(value: object, shown: str | None) -> None:
    assert text(value) == shown


@pytest.mark.parametrize(
    ("duckdb", "athena"),
    [
        ("HUGEINT", "bigint"),
        ("DECIMAL(12,2)", "decimal(12,2)"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp with time zone"),
        ("INTEGER[]", "array"),
        ("STRUCT(a INTEGER)", "row"),
        ("MAP(VARCHAR, INTEGER)", "map"),
        ('"NULL"', "unknown"),
    ],
)
def test_types_have_athenas_names(duckdb: str, athena: str) -> None:
    assert athena_type(duckdb) == athena


def test_an_empty_text_differs_from_null_in_the_file() -> None:
    assert result_csv(["a", "b"], [["", None], ['x"y\n', "1"]]) == b'"a","b"\n"",\n"x""y\n","1"\n'
    assert result_csv(["a"], [[None], [""]]) == b'"a"\n\n""\n'


def test_parameters_are_constant_expressions_in_order() -> None:
    statement = sqlglot.parse_one("select * from t where a = ? and b > ? and c = '?'", read="athena")
    bound = bind(statement, ["'it''s'", "date '2026-01-01'"]).sql("athena")
    assert bound == "SELECT * FROM t WHERE a = 'it''s' AND b > CAST('2026-01-01' AS DATE) AND c = '?'"


@pytest.mark.parametrize("parameters", [[], ["1", "2"], ["name"], ["(select 1)"], ["1; drop table t"], ["'open"]])
def test_anything_else_is_refused(parameters: list[str]) -> None:
    with pytest.raises(QueryError):
        bind(sqlglot.parse_one("select * from t where a = ?", read="athena"), parameters)
