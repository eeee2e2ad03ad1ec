"""Which objects the local Athena reads: the rules of partition projection."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tools.stack.projection import ProjectionError, injected_columns, select

# Shortly before midnight in New York, already the next day in UTC: ranges are UTC.
NOW = dt.datetime.fromisoformat("2026-03-01T21:30:00-05:00")


def table(template: str = "", **settings: dict[str, str]) -> dict[str, Any]:
    """A projected table; each keyword is a partition column and its projection settings."""
    parameters = {"projection.enabled": "true"}
    for name, values in settings.items():
        parameters |= {f"projection.{name}.{key}": value for key, value in values.items()}
    if template:
        parameters["storage.location.template"] = template
    return {
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in settings],
        "StorageDescriptor": {"Location": "s3://lake/calls/"},
        "Parameters": parameters,
    }


DAYS = {"type": "date", "format": "yyyy-MM-dd", "range": "2026-01-01,NOW"}
WORKSPACE = {"type": "injected"}


def chosen(described: dict[str, Any], *keys: str, **injected: set[str]) -> list[str]:
    return [item.key for item in select(described, keys, injected, NOW)]


def test_the_default_layout_is_key_value_folders() -> None:
    keys = ["calls/workspace=a/day=2026-01-01/x.parquet", "calls/a/2026-01-01/x.parquet"]
    found = select(table(workspace=WORKSPACE, day=DAYS), keys, {"workspace": {"a"}}, NOW)
    assert [(item.key, dict(item.values)) for item in found] == [(keys[0], {"workspace": "a", "day": "2026-01-01"})]


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("calls/workspace=a/day=2026-01-01/data.parquet", True),
        ("calls/workspace=a/day=2026-01-01/deeper/data.parquet", True),
        ("calls/workspace=b/day=2026-01-01/data.parquet", False),
        ("calls/workspace=ab/day=2026-01-01/data.parquet", False),
        ("calls/workspace=a/day=2025-12-31/data.parquet", False),
        # NOW is 2026-03-02 in UTC.
        ("calls/workspace=a/day=2026-03-02/data.parquet", True),
        ("calls/workspace=a/day=2026-03-03/data.parquet", False),
        ("calls/workspace=a/day=2026-02-30/data.parquet", False),
        ("calls/workspace=a/day=2026-1-1/data.parquet", False),
        ("calls/workspace=a/day=2026-01-01/_tmp/data.parquet", False),
        ("calls/workspace=a/day=2026-01-01/.hidden", False),
        ("calls/workspace=a/day=2026-01-01/", False),
        ("calls/data.parquet", False),
        ("other/workspace=a/day=2026-01-01/data.parquet", False),
    ],
)
def test_a_file_counts_only_below_a_projected_path(key: str, read: bool) -> None:
    assert chosen(table(workspace=WORKSPACE, day=DAYS), key, workspace={"a"}) == ([key] if read else [])


def test_a_template_may_have_any_layout() -> None:
    described = table(
        "s3://lake/v2/${day}/${workspace}/",
        workspace=WORKSPACE,
        day={**DAYS, "format": "yyyy/MM/dd", "range": "2026/01/01,NOW"},
    )
    keys = ["v2/2026/01/05/a/x.parquet", "v2/2026/01/05/b/x.parquet", "v2/2026-01-05/a/x.parquet"]
    assert chosen(described, *keys, workspace={"a"}) == keys[:1]


@pytest.mark.parametrize(
    ("bounds", "value", "read"),
    [
        ("NOW-3DAYS,NOW", "2026-02-27", True),
        ("NOW-3DAYS,NOW", "2026-02-26", False),
        ("NOW-1MONTH,NOW", "2026-02-03", True),
        ("NOW-1MONTHS,NOW+1DAY", "2026-03-03", True),
        ("NOW-1YEARS,NOW", "2025-03-03", True),
        ("NOW-1YEARS,NOW", "2025-03-01", False),
        ("2026-01-01, NOW + 1 WEEK", "2026-03-09", True),
    ],
)
def test_ranges_may_count_from_now(bounds: str, value: str, read: bool) -> None:
    key = f"calls/day={value}/x.parquet"
    assert chosen(table(day={**DAYS, "range": bounds}), key) == ([key] if read else [])


def test_integers_have_a_range_a_step_and_digits() -> None:
    described = table(hour={"type": "integer", "range": "0,20", "interval": "5", "digits": "2"})
    keys = [f"calls/hour={value}/x" for value in ("00", "05", "5", "07", "20", "25")]
    assert chosen(described, *keys) == [keys[0], keys[1], keys[4]]


def test_an_enumeration_has_its_values_only() -> None:
    keys = [f"calls/kind={value}/x" for value in ("call", "message", "mess", "other")]
    assert chosen(table(kind={"type": "enum", "values": "call,message"}), *keys) == keys[:2]


def test_without_projection_every_file_of_the_layout_counts() -> None:
    described = table(day=DAYS) | {"Parameters": {}}
    assert chosen(described, "calls/day=anything/x", "calls/x") == ["calls/day=anything/x"]
    assert injected_columns(described) == []


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (table("s3://lake/${day}/${other}", day=DAYS), "other"),
        (table("s3://lake/all", day=DAYS), "lacks day"),
        (table(day={"type": "date", "format": "yyyy-MM-dd"}), "range is missing"),
        (table(day={"type": "date", "format": "yyyy-MMM", "range": "NOW,NOW"}), "not supported"),
        (table(day={"type": "guess"}), "guess"),
    ],
)
def test_wrong_settings_fail_instead_of_reading_nothing(described: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectionError, match=message):
        chosen(described, "calls/day=2026-01-01/x")
