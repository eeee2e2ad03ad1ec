"""P5: a workbook of the activity file against XlsxWriter in constant memory, and DuckDB where its extension is there.

Ours is the whole of an export from the lake's objects to the written parts. XlsxWriter gets the same thirty columns
as Python values, and writes them with its typed calls; reading and preparing them is left out of its time.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench import csv_files
from tests.bench.report import Bar, Outcome
from tests.bench.timing import Run, Sample, own_process, ratio

BAR = 5.0
DAYS, ROWS_A_DAY, ROUNDS = 2, 10_000, 3
# More than a sheet holds.
LONG_DAYS, LONG_ROWS = 13, 100_000


def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P5", "XLSX of 30 columns, compared with XlsxWriter and DuckDB")
    days, rows, rounds = (2, 300, 1) if tiny else (DAYS, ROWS_A_DAY, ROUNDS)
    peers: dict[str, Callable[..., Mapping[str, Any]]] = {"ringlake": ours, "XlsxWriter, constant memory": xlsxwriter}
    if _duckdb_writes_xlsx():
        peers["DuckDB COPY"] = duckdb_xlsx
    else:
        outcome.notes.append("DuckDB's extension for XLSX cannot be loaded here: not compared")
    with tempfile.TemporaryDirectory(prefix="ringlake-bench-") as name:
        folder = Path(name) / "lake"
        csv_files.write(folder, rows, days)
        runs: dict[str, list[Run]] = {peer: [] for peer in peers}
        for _ in range(rounds):
            for peer, function in peers.items():
                runs[peer].append(own_process(function, folder=str(folder), days=days))
        _lines(outcome, runs)
        if not tiny:
            _large(outcome, Path(name) / "large")
    return outcome


def _lines(outcome: Outcome, runs: Mapping[str, list[Run]]) -> None:
    counts = {run.answer["rows"] for found in runs.values() for run in found}
    if len(counts) != 1:
        raise AssertionError(f"not the same rows: {counts}")
    (rows,) = counts
    cpus = {peer: Sample(tuple(run.cpu_s for run in found)) for peer, found in runs.items()}
    for peer, found in runs.items():
        memory, size = statistics.median(run.peak_mb for run in found), found[0].answer["bytes"] / 1e6
        speed = f"{rows / cpus[peer].median:,.0f} rows per CPU second; CPU {cpus[peer].show('s')}"
        outcome.line(f"{peer}, {rows:,} rows", f"{speed}; peak {memory:.0f} MB; file {size:.1f} MB")
    for peer in list(runs)[1:]:
        faster = ratio(cpus[peer], cpus["ringlake"])
        if peer.startswith("XlsxWriter"):
            outcome.bars.append(Bar("rows per CPU second beside XlsxWriter", faster, BAR, at_least=True))
        else:
            outcome.line(f"beside {peer}", f"{faster:.1f} x rows per CPU second")


def _large(outcome: Outcome, folder: Path) -> None:
    csv_files.write(folder, LONG_ROWS, LONG_DAYS)
    run = own_process(ours, folder=str(folder), days=LONG_DAYS)
    rows, sheets = run.answer["rows"], run.answer["sheets"]
    told = f"{rows / run.wall_s:,.0f} rows/s; CPU {run.cpu_s:.1f} s; file {run.answer['bytes'] / 1e6:.0f} MB"
    outcome.line(f"ringlake, {rows:,} rows on {sheets} sheets", f"{told}; peak {run.peak_mb:.0f} MB")
    outcome.bars.append(Bar(f"{rows:,} rows on {sheets} sheets, peak", run.peak_mb, csv_files.MEMORY_BAR_MB, "MB"))


def ours(folder: str, days: int) -> Mapping[str, Any]:
    """The worker's own path, as for CSV."""
    return csv_files.export(folder, days, "xlsx")


def xlsxwriter(folder: str, days: int) -> Mapping[str, Any]:
    """Typed calls alone, as whoever cares for formulas has to do it."""
    import xlsxwriter as library

    target = Path(folder) / "exports" / "xlsxwriter.xlsx"
    target.parent.mkdir(exist_ok=True)
    book = library.Workbook(str(target), {"constant_memory": True})
    page = book.add_worksheet("Interactions")
    text, moment = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    rows = 0
    for row in _prepared[folder]:
        rows += 1
        for place, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(rows, place, value, text)
            elif isinstance(value, datetime):
                page.write_datetime(rows, place, value, moment)
            elif value is not None:
                page.write_number(rows, place, value)
    book.close()
    return {"rows": rows, "bytes": target.stat().st_size}


_prepared: dict[str, list[tuple[Any, ...]]] = {}


def _values(folder: str, days: int) -> None:
    """The rows that ours writes, as Python values: read from a Parquet file of the same export."""
    import pyarrow.parquet as pq

    csv_files.export(folder, days, "parquet")
    table = pq.read_table(Path(folder) / "exports" / "ringlake.parquet")
    for name in table.column_names:
        if str(table.schema.field(name).type).startswith("timestamp"):
            place = table.column_names.index(name)
            table = table.set_column(place, name, table[name].cast("timestamp[ms]"))
    _prepared[folder] = list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def duckdb_xlsx(folder: str, days: int) -> Mapping[str, Any]:
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("LOAD excel")
    target = Path(folder) / "exports" / "duckdb.xlsx"
    source = Path(folder) / "exports" / "ringlake.parquet"
    connection.execute(f"COPY (SELECT * FROM read_parquet('{source}')) TO '{target}' (FORMAT xlsx, HEADER true)")
    (rows,) = connection.execute(f"SELECT count(*) FROM read_parquet('{source}')").fetchone() or (0,)
    return {"rows": rows, "bytes": target.stat().st_size}


def _duckdb_writes_xlsx() -> bool:
    """Never downloads anything."""
    import duckdb

    try:
        duckdb.connect(":memory:", config={"autoinstall_known_extensions": False}).execute("LOAD excel")
    except duckdb.Error:
        return False
    return True


ours.prepare = csv_files.imports  # type: ignore[attr-defined]
xlsxwriter.prepare = _values  # type: ignore[attr-defined]
duckdb_xlsx.prepare = _values  # type: ignore[attr-defined]
