"""Nothing is cut, however much there is, and nothing of a day is held longer than the day (demands.md D50, D51)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ringlake.flows.answers.interactions import ListQuery
from ringlake.model.jobs import Format
from ringlake.model.tables import CALLS
from ringlake.query.filters import parse
from ringlake.stores.lake import ObjectLake, arrow_schema
from ringlake.stores.objects import MemoryObjects

from .files import body
from .world import World

START = datetime(2026, 3, 9)  # noqa: DTZ001 - the lake's UTC without zone
DAYS = 3
FILTER = {"from": "2026-03-09", "to": "2026-03-11", "zone": "UTC"}
CHOSEN = ["record_id", "talk_s"]


def filled(rows: int) -> World:
    """A world whose lake has so many calls, spread evenly over three days, each of a second of talk."""
    world = World()
    world.lake = ObjectLake(MemoryObjects())
    for day in range(DAYS):
        own = range(day, rows, DAYS)
        at = START + timedelta(days=day)
        columns: dict[str, list[Any]] = {
            "record_id": [f"c:{n:06}" for n in own],
            "started_at": [at + timedelta(milliseconds=700 * n) for n in range(len(own))],
            "direction": ["inbound"] * len(own),
            "is_call": [1] * len(own),
            "talk_s": [1] * len(own),
            "recordings": [0] * len(own),
        }
        schema: Any = arrow_schema(CALLS)
        table = pa.table(
            [
                pa.array(columns[field.name], field.type)
                if field.name in columns
                else pa.repeat(pa.scalar("", field.type), len(own))
                if field.type == pa.string()
                else pa.nulls(len(own), field.type)
                for field in schema
            ],
            schema=schema,
        )
        world.lake.write(CALLS, "acme", f"{at:%Y-%m-%d}", table, None)
    return world


def of_csv(data: bytes) -> tuple[int, int]:
    lines = data.decode("utf-8-sig").split("\r\n")[1:-1]
    return len(lines), sum(int(line.split(",")[1].strip('"')) for line in lines)


def of_jsonl(data: bytes) -> tuple[int, int]:
    lines = data.splitlines()
    return len(lines), sum(b'"talk_s":1' in line for line in lines)


def of_parquet(data: bytes) -> tuple[int, int]:
    table = pq.read_table(io.BytesIO(data))
    return len(table), sum(value or 0 for value in table["talk_s"].to_pylist())


def of_xlsx(data: bytes) -> tuple[int, int]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    values = [row[1] for sheet in book.worksheets[:-1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    return len(values), sum(values)


READ: dict[Format, Callable[[bytes], tuple[int, int]]] = {
    Format.CSV: of_csv,
    Format.JSONL: of_jsonl,
    Format.PARQUET: of_parquet,
    Format.XLSX: of_xlsx,
}


@pytest.mark.parametrize("rows", [0, 1, 1_001, 30_001, 100_000])
def test_files_have_every_row(rows: int) -> None:
    """Other systems end at one page, at 1 000, at 1 500 or at 30 000 rows."""
    world = filled(rows)
    for form, read in READ.items():
        assert read(body(world, filter=FILTER, format=form.value, columns=CHOSEN)) == (rows, rows), form


def test_the_screen_counts_as_many() -> None:
    """features.md O27."""
    world = filled(30_001)
    asked = parse(ListQuery, {**FILTER, "limit": 1, "count": True})

    assert world.answers.interactions.page(world.viewer("owner"), asked, world.now).count == 30_001
