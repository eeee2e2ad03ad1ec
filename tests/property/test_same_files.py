"""One filter, one set of rows: the list walked page by page, every format of the file, and SQL over the lake.

For random rows, filters and viewers (demands.md D10, D25, D50). Ids and the sum of a column are compared, not
counts alone. SQL sees the whole workspace and is written by hand from the filter, so it knows none of our code.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ringlake.files.csv import unguarded
from ringlake.flows.answers.customers import CustomersQuery
from ringlake.flows.answers.interactions import ListQuery
from ringlake.flows.answers.worklist import CasesQuery
from ringlake.model.jobs import Format
from ringlake.model.tables import ALL_DAYS, CALLS, MESSAGES, OPEN_CASES
from ringlake.query.filters import parse
from ringlake.stores.lake import ObjectLake, as_rows
from ringlake.stores.objects import MemoryObjects
from tests.property.test_lists import open_case, rows
from tests.property.test_same_totals import DAYS, FIRST, NOW, ZONES, Screens, filters, rows_
from tests.unit.answers import staff
from tests.unit.export.files import body
from tests.unit.export.world import World

pytestmark = pytest.mark.slow

LAST = FIRST + timedelta(days=DAYS - 1)
COLUMNS = ["record_id", "wait_s", "tags"]


class Seen(NamedTuple):
    """Ids in order, the sum of the waits, and how many rows have one."""

    ids: tuple[str, ...]
    wait_s: int
    waits: int


def seen(rows: list[Mapping[str, Any]]) -> Seen:
    waits = [int(row["wait_s"]) for row in rows if row["wait_s"] not in (None, "")]
    return Seen(tuple(str(row["record_id"]) for row in rows), sum(waits), len(waits))


def from_csv(data: bytes) -> list[Mapping[str, Any]]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return [{name: unguarded(cell) for name, cell in row.items()} for row in csv.DictReader(text)]


def from_xlsx(data: bytes) -> list[Mapping[str, Any]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    found: list[Mapping[str, Any]] = []
    for sheet in book.worksheets[:-1]:
        header, *rows = sheet.iter_rows(values_only=True)
        found += [dict(zip(map(str, header), row, strict=True)) for row in rows]
    return found


def from_jsonl(data: bytes) -> list[Mapping[str, Any]]:
    return [json.loads(one) for one in data.decode().splitlines()]


def from_parquet(data: bytes) -> list[Mapping[str, Any]]:
    return list(pq.read_table(io.BytesIO(data)).to_pylist())


READ: dict[Format, Callable[[bytes], list[Mapping[str, Any]]]] = {
    Format.CSV: from_csv,
    Format.XLSX: from_xlsx,
    Format.JSONL: from_jsonl,
    Format.PARQUET: from_parquet,
}


def walked(screens: Screens, asked: dict[str, Any]) -> Seen:
    """The list from its first page to its last; files begin with the oldest row."""
    found: list[Mapping[str, Any]] = []
    cursor = ""
    while True:
        page = parse(ListQuery, {**asked, "limit": 7, "columns": COLUMNS[:2], "cursor": cursor})
        answer = screens.rooms.interactions.page(screens.viewer, page, NOW)
        found += [{"record_id": row.record_id, "wait_s": row.wait_s} for row in answer.rows]
        if not answer.next:
            return seen(found[::-1])
        cursor = answer.next


def same(one: Seen) -> Seen:
    """Of the same minute the list and a file may have another order of rows."""
    return one._replace(ids=tuple(sorted(one.ids)))


@given(
    rows_,
    filters,
    st.sampled_from(ZONES),
    st.sampled_from(["owner", "manager", "operator", "member"]),
    st.sampled_from(["ringlake", "full", "list"]),
)
@settings(max_examples=15)
def test_every_format_has_the_rows_of_the_list(
    made: Any, asked: dict[str, Any], zone: str, user: str, profile: str
) -> None:
    wanted = {"from": str(FIRST), "to": str(LAST), **asked}
    if user == "member":
        wanted.pop("numbers", None)
    screens = Screens(made, zone, user)
    expected = walked(screens, wanted)
    for form, read in READ.items():
        data = body(screens.world, user, filter=wanted, format=form.value, columns=COLUMNS, profile=profile)
        found = seen(read(data))

        assert same(found) == same(expected), form
        assert len(set(found.ids)) == len(found.ids)


plain = st.fixed_dictionaries(
    {},
    optional={
        "channels": st.sampled_from([["call"], ["message"], ["call", "message"]]),
        "directions": st.lists(st.sampled_from(["inbound", "outbound"]), min_size=1, max_size=2),
        "include_internal": st.just(True),
        "users": st.lists(st.sampled_from(["", "operator", "manager"]), min_size=1, max_size=2),
        "teams": st.just(["t1"]),
        "numbers": st.just(["n1"]),
        "outcomes": st.lists(st.sampled_from(["answered", "busy", "voicemail"]), min_size=1, max_size=2),
        "hours": st.sampled_from(["open", "closed"]),
        "wait_min_s": st.integers(0, 10),
        "without_spam": st.just(True),
    },
)
_ONE_OF = {"users": "user_id", "teams": "team_id", "numbers": "business_number_id"}


def conditions(asked: Mapping[str, Any], table: str) -> list[str]:
    """The filter in SQL, over one table."""
    directions = set(asked.get("directions", ["inbound", "outbound"])) | (
        {"internal"} if asked.get("include_internal") else set()
    )
    found = [_among("direction", sorted(directions))]
    found += [_among(column, asked[name]) for name, column in _ONE_OF.items() if name in asked]
    if "hours" in asked:
        found.append(f"in_open_hours = {int(asked['hours'] == 'open')}")
    if "without_spam" in asked:
        found.append("is_spam = 0")
    of_calls = "outcomes" in asked or "wait_min_s" in asked
    if table == "messages":
        return [*found, "false"] if of_calls and "message" not in asked.get("channels", []) else found
    found.append("is_call = 1")
    found += [_among("outcome", asked["outcomes"])] if "outcomes" in asked else []
    return found + ([f"wait_s >= {asked['wait_min_s']}"] if "wait_min_s" in asked else [])


def _among(column: str, values: list[str]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def in_sql(screens: Screens, asked: Mapping[str, Any], zone: str) -> Seen:
    """Over the Parquet objects themselves."""
    start, end = (
        datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        for day in (FIRST, date.fromordinal(LAST.toordinal() + 1))
    )
    found: list[Mapping[str, Any]] = []
    with TemporaryDirectory() as folder, duckdb.connect() as sql:
        for table, channel in ((CALLS, "call"), (MESSAGES, "message")):
            if channel not in asked.get("channels", [channel]):
                continue
            for day in screens.world.lake.days(table, "acme"):
                stored = screens.world.lake.stored(table, "acme", day)
                (Path(folder) / f"{table.name}-{day}.parquet").write_bytes(stored.body or b"")
            if not list(Path(folder).glob(f"{table.name}-*")):
                continue
            where = [f"started_at >= '{start}'", f"started_at < '{end}'", *conditions(asked, table.name)]
            wait = "wait_s" if table is CALLS else "null"
            query = f"select record_id, {wait} from '{folder}/{table.name}-*.parquet' where {' and '.join(where)}"
            found += [{"record_id": row[0], "wait_s": row[1]} for row in sql.execute(query).fetchall()]
    return seen(found)


@given(rows_, plain, st.sampled_from(ZONES))
@settings(max_examples=20)
def test_sql_over_the_lake_finds_the_rows_of_the_file(made: Any, asked: dict[str, Any], zone: str) -> None:
    screens = Screens(made, zone, "owner")
    wanted = {"from": str(FIRST), "to": str(LAST), **asked}
    found = seen(from_csv(body(screens.world, filter=wanted, columns=COLUMNS)))

    assert same(found) == same(in_sql(screens, asked, zone))


@given(rows_, filters, st.sampled_from(ZONES))
@settings(max_examples=10)
def test_the_detailed_file_has_the_rows_and_sums_of_the_simple_one(made: Any, asked: dict[str, Any], zone: str) -> None:
    """features.md F53: durations stand once."""
    screens = Screens(made, zone, "owner")
    wanted = {"from": str(FIRST), "to": str(LAST), **asked}
    simple = seen(from_csv(body(screens.world, filter=wanted)))
    detailed = seen(from_csv(body(screens.world, report="detailed", filter=wanted, options={"paths": "all"})))

    assert tuple(dict.fromkeys(detailed.ids)) == simple.ids
    assert (detailed.wait_s, detailed.waits) == (simple.wait_s, simple.waits)


# --- lists of other things


def pages[Q: BaseModel](kind: type[Q], asked: Mapping[str, Any], page: Callable[[Q], Any]) -> list[Any]:
    """All rows of a list, two at a time."""
    found: list[Any] = []
    cursor = ""
    while True:
        answer = page(parse(kind, {**asked, "limit": 2, "cursor": cursor}))
        found += answer.rows
        if not answer.next:
            return found
        cursor = answer.next


@given(
    rows(),
    st.sampled_from(["owner", "operator"]),
    st.sampled_from(["newest", "overdue"]),
    st.sampled_from(["", "caller"]),
)
@settings(max_examples=15)
def test_the_file_of_cases_is_the_work_list(found: list[dict[str, Any]], user: str, sort: str, group: str) -> None:
    world = World()
    kept = [open_case(row) for row in found]
    world.lake.write(OPEN_CASES, "acme", ALL_DAYS, as_rows(OPEN_CASES, kept), None)
    asked = {"sort": sort, "group": group}
    listed = pages(CasesQuery, asked, lambda query: world.answers.work_list.page(world.viewer(user), query, world.now))
    told = from_csv(body(world, user, report="cases", filter={}, options=asked))

    assert [(row["record_id"], row["case_ids"]) for row in told] == [
        (row.record_id, ";".join(row.case_ids)) for row in listed
    ]


@given(rows(), st.sampled_from(["owner", "operator"]), st.sampled_from([{}, {"band": "1"}, {"incoming": True}]))
@settings(max_examples=15)
def test_the_file_of_customers_is_their_list(found: list[dict[str, Any]], user: str, more: dict[str, Any]) -> None:
    world = World()
    world.lake = ObjectLake(MemoryObjects())
    for row in found:
        # Three customers, of whom one is a known contact.
        customer = len(row["record_id"]) + row["started_at"].hour % 2
        row |= {"party_key": f"{customer:032x}", "contact_id": "lee" if customer == 4 else "", "talk_s": customer}
        row |= {"direction": "inbound", "is_inbound": 1, "is_call": 1, "is_message": 1}
    for table, message in ((CALLS, False), (MESSAGES, True)):
        own = [row for row in found if row["message"] is message]
        staff.keep(world, table, [{n: v for n, v in row.items() if n in table.names} for row in own])
    asked = {"from": "2026-03-01", "to": "2026-03-10"}
    listed = pages(
        CustomersQuery,
        {**asked, **more},
        lambda query: world.answers.customers.page(world.viewer(user), query, world.now),
    )
    told = from_csv(body(world, user, report="contacts", filter=asked, options=more))

    assert [(row["id"], int(row["contacts"]), int(row["incoming_calls"])) for row in told] == [
        (row.id, row.contacts, row.incoming_calls) for row in listed
    ]
    talked = [{value.metric: value.value for value in row.values}["talk_s"] for row in listed]
    assert [int(row["talk_s"]) for row in told] == talked
