"""The lake on the local AWS: conditional swaps on S3, and the finance reports on Athena."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.flows.rollup import rollup
from ringlake.model.tables import CALLS
from ringlake.reports import bind, report, reports
from ringlake.stores.athena import QueryFailed, WranglerAthena
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects, S3Objects
from ringlake.stores.records import MemoryRecords
from tests.integration.conftest import Stack
from tests.unit.lake.making import NOON, call, directory, store
from tests.unit.lake.test_reports import FIRST, HERE, LAST, Business

pytestmark = [
    pytest.mark.enable_socket,
    # awswrangler 3.17 still passes an argument that pandas 3 ignores; goes away with its next release.
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]


@pytest.fixture(scope="module")
def workspace() -> str:
    return f"lake-{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def business(stack: Stack, workspace: str, tmp_path_factory: pytest.TempPathFactory) -> Business:
    """The company of the unit tests, its lake uploaded under a workspace of this session."""
    made = Business(tmp_path_factory.mktemp("lake"))
    bucket = S3Objects(stack.outputs["LakeBucket"])
    for key, body in made.objects.bodies.items():
        bucket.put(key.replace("workspace=acme/", f"workspace={workspace}/"), body)
    return made


@pytest.fixture(scope="module")
def athena(stack: Stack, business: Business) -> WranglerAthena:
    del business
    return WranglerAthena(stack.outputs["AthenaWorkgroup"], stack.outputs["GlueDatabase"])


@pytest.mark.parametrize("name", list(reports()))
def test_a_report_says_on_athena_what_it_says_on_duckdb(
    name: str, athena: WranglerAthena, business: Business, workspace: str
) -> None:
    """DuckDB's answer is compared with a computation of its own in tests/unit/lake/test_reports.py."""
    arguments = {"first_date": FIRST, "last_date": LAST}
    found = athena.run(report(name).sql, bind(report(name), workspace, arguments))

    expected = business.run(name, "as it is")
    assert found.column_names == list(expected[0])
    assert [_plain(row) for row in found.to_pylist()] == [_plain(row) for row in expected]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """One spelling of dates and numbers; unknown stays apart from 0.

    Athena's result file is CSV, and awswrangler reads an empty text in it as null: a file shows both
    as an empty cell.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        return value or None if value is None or isinstance(value, str) else float(value)

    return {name: plain(value) for name, value in row.items()}


def test_a_query_without_a_workspace_is_refused(athena: WranglerAthena) -> None:
    with pytest.raises(QueryFailed):
        athena.run("select count(*) as calls from calls where day = '2026-04-01'", {})


def test_a_value_cannot_leave_its_place_in_the_query(athena: WranglerAthena) -> None:
    evil = "acme' or workspace = 'zeta"
    arguments = {"first_date": FIRST, "last_date": LAST}
    found = athena.run(report("missed_rate_per_week").sql, bind(report("missed_rate_per_week"), evil, arguments))

    assert found.num_rows == 0


def test_the_swap_of_a_day_is_conditional_on_s3(stack: Stack, workspace: str) -> None:
    lake = ObjectLake(S3Objects(stack.outputs["LakeBucket"]))
    rows = as_rows(CALLS, [])
    first = lake.write(CALLS, workspace, "2020-02-29", rows, None)
    with pytest.raises(Conflict):
        lake.write(CALLS, workspace, "2020-02-29", rows, None)

    assert lake.write(CALLS, workspace, "2020-02-29", rows, first) == first
    assert next(iter(lake.days(CALLS, workspace))) == "2020-02-29"


def test_a_roll_up_writes_the_same_bytes_to_s3_as_to_memory(stack: Stack) -> None:
    own = f"swap-{secrets.token_hex(4)}"
    known = directory(msgspec.structs.replace(HERE, id=own))
    bucket, memory = S3Objects(stack.outputs["LakeBucket"]), MemoryObjects()
    for objects in (bucket, memory):
        records = MemoryRecords()
        store(records, *(msgspec.structs.replace(call(f"c{n}"), workspace=own) for n in range(20)))
        for _ in range(2):
            rollup(own, records=records, lake=ObjectLake(objects), directory=known, clock=lambda: NOON)
            store(records, msgspec.structs.replace(call("c7", revision=9), workspace=own))

    there = {key: (bucket.get(key) or (b"", ""))[0] for key in memory.bodies}
    assert len(there) == 2
    assert there == memory.bodies
