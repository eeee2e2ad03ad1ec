"""The lake on the local AWS: conditional swaps on S3, and the finance reports on Athena."""

from __future__ import annotations

import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.flows.rollup import RolledUp, rollup
from ringlake.metrics.rows import call_row
from ringlake.model.tables import ACTIVITY, CALLS
from ringlake.reports import bind, report
from ringlake.stores.athena import QueryFailed, WranglerAthena
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects, S3Objects
from ringlake.stores.records import MemoryRecords
from tests.deployed import Stack
from tests.unit.lake.books import FIRST as BOOKED_FROM
from tests.unit.lake.books import LAST as BOOKED_TO
from tests.unit.lake.books import books
from tests.unit.lake.making import NOON, beside, call, directory, store
from tests.unit.lake.reckoning import ORACLES
from tests.unit.lake.test_reports import FIRST, HERE, LAST, NAMES, Business

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


@pytest.mark.parametrize("name", NAMES)
def test_a_report_says_on_athena_what_it_says_on_duckdb(
    name: str, athena: WranglerAthena, business: Business, workspace: str
) -> None:
    """DuckDB's answer is compared with a computation of its own in tests/unit/lake/test_reports.py."""
    arguments = {"first_date": FIRST, "last_date": LAST}
    found = athena.run(report(name).sql, bind(report(name), workspace, arguments))

    expected = business.run(name, "as it is")
    assert found.column_names == list(expected[0])
    assert [_plain(row) for row in found.to_pylist()] == [_plain(row) for row in expected]


def test_every_finance_report_says_on_athena_what_counting_by_hand_says(stack: Stack, athena: WranglerAthena) -> None:
    """Ten weeks of made-up books (tests/unit/lake/books.py), uploaded under a workspace of their own."""
    own = f"books-{secrets.token_hex(4)}"
    bucket = S3Objects(stack.outputs["LakeBucket"])
    company = books()
    mine = [(key, body) for key, body in company.objects.bodies.items() if "workspace=acme/" in key]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: bucket.put(one[0].replace("workspace=acme/", f"workspace={own}/"), one[1]), mine))
    arguments = {"first_date": BOOKED_FROM, "last_date": BOOKED_TO}

    def wrong(name: str) -> list[str]:
        found = athena.run(report(name).sql, bind(report(name), own, arguments))
        expected = [_plain(row) for row in ORACLES[name](company)]
        rows = [_plain(row) for row in found.to_pylist()]
        if found.column_names != list(expected[0]) or len(rows) != len(expected):
            return [f"{name}: {found.column_names} {len(rows)} rows"]
        return [
            f"{name}.{column}: {row[column]!r} {told[column]!r}"
            for row, told in zip(rows, expected, strict=True)
            for column in row
            # Means are rounded once, halves up or to the even digit.
            if row[column] != told[column] and row[column] != pytest.approx(told[column], abs=0.101)
        ]

    with ThreadPoolExecutor(4) as pool:
        assert [line for lines in pool.map(wrong, ORACLES) for line in lines] == []


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """One spelling of dates and numbers; unknown stays apart from 0.

    Athena's result file is CSV, and awswrangler reads an empty text in it as null: a file shows both
    as an empty cell.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return (value if value.time() != datetime.min.time() else value.date()).isoformat()
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
        records, kept = MemoryRecords(), beside()
        store(records, *(msgspec.structs.replace(call(f"c{n}"), workspace=own) for n in range(20)))
        for _ in range(2):
            rollup(own, records=records, lake=ObjectLake(objects), directory=known, clock=lambda: NOON, **kept)
            store(records, msgspec.structs.replace(call("c7", revision=9), workspace=own))

    there = {key: (bucket.get(key) or (b"", ""))[0] for key in memory.bodies}
    assert len(there) == 2
    assert there == memory.bodies


def test_readers_see_the_old_day_or_the_new_one(stack: Stack) -> None:
    """reliability.md check 22: 1,000 reads during 100 rewrites of one object, none of them mixed."""
    own, day = f"half-{secrets.token_hex(4)}", "2026-03-04"
    lake = ObjectLake(S3Objects(stack.outputs["LakeBucket"]))
    row = call_row(call(), HERE)

    def version(number: int) -> Any:
        return as_rows(CALLS, [{**row, "record_id": f"r{n}", "talk_s": number} for n in range(50)])

    etag = lake.write(CALLS, own, day, version(0), None)

    def read(_: int) -> tuple[int, set[int]]:
        found = lake.read(CALLS, own, day, ["talk_s"]).rows.to_pylist()
        return len(found), {r["talk_s"] for r in found}

    with ThreadPoolExecutor(8) as readers:
        seen = [readers.submit(read, n) for n in range(1000)]
        for number in range(1, 101):
            etag = lake.write(CALLS, own, day, version(number), etag)
        results = [one.result() for one in seen]

    assert all(count == 50 and len(values) == 1 for count, values in results)
    assert len({value for _, values in results for value in values}) > 5


def test_roll_ups_at_once_converge_on_s3(stack: Stack) -> None:
    own = f"race-{secrets.token_hex(4)}"
    known = directory(msgspec.structs.replace(HERE, id=own))
    bucket, records, kept = S3Objects(stack.outputs["LakeBucket"]), MemoryRecords(), beside()
    versions = [
        msgspec.structs.replace(call(f"c{n % 40}", revision=1 + n // 40, talk_ms=1000 * n), workspace=own)
        for n in range(200)
    ]

    def roll(_: int) -> RolledUp:
        return rollup(
            own, records=records, lake=ObjectLake(bucket), directory=known, clock=lambda: NOON, batch=10, **kept
        )

    with ThreadPoolExecutor(4) as pool:
        running: list[Future[RolledUp]] = []
        for version in versions:
            store(records, version)
            if len(running) < 20 and version.revision > 1:
                running.append(pool.submit(roll, 0))
        assert sum(one.result().objects for one in running) > 0
    assert roll(0).complete

    rows = ObjectLake(bucket).read(CALLS, own, "2026-03-04").rows.to_pylist()
    assert {r["record_id"]: (r["revision"], r["talk_s"]) for r in rows} == {
        f"line:c{n}": (5, 160 + n) for n in range(40)
    }
    assert len(rows) == 40
    activity = ObjectLake(bucket).read(ACTIVITY, own, "2026-03-04", ["calls", "talk_s"]).rows.to_pylist()
    assert sum(r["talk_s"] for r in activity) == sum(r["talk_s"] for r in rows)
