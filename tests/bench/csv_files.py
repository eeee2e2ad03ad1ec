"""P5: the activity file of a month's rows, guard included, against DuckDB's COPY of the same columns.

Ours is the whole of an export but for the network: read the lake's objects, select, order, guard
cells, write parts. DuckDB reads the same files and writes the same thirty columns in the same order,
with every cell quoted as ours are, and guards nothing.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ringlake.model.tables import CALLS
from ringlake.stores.lake import ObjectLake, lake_key, to_parquet
from tests.bench import data
from tests.bench.folder import FolderObjects
from tests.bench.report import Bar, Outcome
from tests.bench.rollup import imports_arrow, imports_duckdb
from tests.bench.timing import Run, Sample, own_process, ratio

BAR = 1.0
MEMORY_BAR_MB = 350.0
DAYS, ROWS_A_DAY = 10, 100_000
ROUNDS = 5
# Ten million rows in sight of the asker, over nearly the longest range there is.
LONG_DAYS, LONG_ROWS_A_DAY = 88, 119_000


def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P5", "CSV of 30 columns, compared with DuckDB COPY")
    days, rows, rounds = (2, 500, 1) if tiny else (DAYS, ROWS_A_DAY, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="ringlake-bench-") as name:
        spread, heap = Path(name) / "spread", Path(name) / "heap"
        write(spread, rows, days)
        write(heap, rows * days, 1)
        _compare(outcome, f"{days} days of {rows:,} rows", rounds, spread, days)
        _compare(outcome, f"one day of {rows * days:,} rows", max(1, rounds // 2), heap, 1)
        _long(outcome, Path(name) / "long", *((days, rows) if tiny else (LONG_DAYS, LONG_ROWS_A_DAY)))
    outcome.notes.append(
        "two threads each; CPU counts both threads of both sides; the clock on the wall is for quiet machines"
    )
    return outcome


def write(folder: Path, rows: int, days: int) -> None:
    objects = FolderObjects(folder)
    origin = lake_key(CALLS, data.WORKSPACE, data.DAY)
    objects.put(origin, to_parquet(CALLS, data.calls(rows)))
    for day in _days(days)[1:]:
        # Another day's rows: the same with their times moved.
        moved = data.calls(rows, day=day)
        objects.put(lake_key(CALLS, data.WORKSPACE, day), to_parquet(CALLS, moved))


def _days(count: int) -> list[str]:
    return [(date.fromisoformat(data.DAY) + timedelta(days=i)).isoformat() for i in range(count)]


def _compare(outcome: Outcome, what: str, rounds: int, folder: Path, days: int) -> None:
    runs: dict[str, list[Run]] = {"ringlake": [], "DuckDB COPY": [], "DuckDB COPY, unordered": []}
    for _ in range(rounds):
        runs["ringlake"].append(own_process(export, folder=str(folder), days=days))
        runs["DuckDB COPY"].append(own_process(duckdb_copy, folder=str(folder), days=days, ordered=True))
        runs["DuckDB COPY, unordered"].append(own_process(duckdb_copy, folder=str(folder), days=days, ordered=False))
    counts = {run.answer["rows"] for found in runs.values() for run in found}
    if len(counts) != 1:
        raise AssertionError(f"not the same rows: {counts}")
    (rows,) = counts
    outcome.line(what, "")
    walls = {name: Sample(tuple(run.wall_s for run in found)) for name, found in runs.items()}
    cpus = {name: Sample(tuple(run.cpu_s for run in found)) for name, found in runs.items()}
    for name, found in runs.items():
        memory, size = statistics.median(run.peak_mb for run in found), found[0].answer["bytes"] / 1e6
        speed = f"{rows / walls[name].median:,.0f} rows/s; wall {walls[name].show('s')}; CPU {cpus[name].median:.2f} s"
        outcome.line(f"  {name}", f"{speed}; peak {memory:.0f} MB; file {size:.0f} MB")
    peak = statistics.median(run.peak_mb for run in runs["ringlake"])
    ours = cpus["ringlake"]
    outcome.bars += [
        Bar(f"{what}, rows per CPU second", ratio(cpus["DuckDB COPY"], ours), BAR, at_least=True),
        Bar(f"{what}, peak", peak, MEMORY_BAR_MB, "MB"),
    ]
    wall = ratio(walls["DuckDB COPY"], walls["ringlake"])
    outcome.line("  on the wall", f"{wall:.2f} x rows/s")
    outcome.line(
        "  against COPY without order", f"{ratio(cpus['DuckDB COPY, unordered'], ours):.2f} x rows per CPU second"
    )


def _long(outcome: Outcome, folder: Path, days: int, rows_a_day: int) -> None:
    """Memory does not grow with the days: one day's rows on each of nearly three months."""
    write(folder, rows_a_day, 1)
    origin = folder / lake_key(CALLS, data.WORKSPACE, data.DAY)
    for day in _days(days)[1:]:
        path = folder / lake_key(CALLS, data.WORKSPACE, day)
        path.parent.mkdir(parents=True)
        path.hardlink_to(origin)
    run = own_process(export, folder=str(folder), days=days)
    rows = run.answer["rows"]
    outcome.line(f"{days} days, {rows:,} rows", f"{rows / run.wall_s:,.0f} rows/s; peak {run.peak_mb:.0f} MB")
    outcome.bars.append(Bar(f"{days} days, {rows:,} rows, peak", run.peak_mb, MEMORY_BAR_MB, "MB"))


def imports(**_: Any) -> None:
    imports_arrow(threads=2)
    import ringlake.flows.exports  # noqa: F401


def export(folder: str, days: int, format: str = "csv") -> Mapping[str, int]:
    """The worker's own path: `flows.exports.content`, its pieces written in parts."""
    from ringlake.files.formats import written
    from ringlake.flows.delivery import style_of
    from ringlake.flows.exports import Sources, content
    from ringlake.model.directory import Ability, Directory, Role, User, Workspace
    from ringlake.model.jobs import Job, JobKind
    from ringlake.stores.directory import MemoryDirectory
    from ringlake.stores.journal import MemoryJournal
    from ringlake.stores.marks import MemoryMarks
    from ringlake.stores.records import MemoryRecords
    from ringlake.stores.vault import MemoryVault

    user = User(id="user-000", email="owner@example.com", name="Owner", role=Role.OWNER, abilities=(Ability.EXPORT,))
    workspace = Workspace(id=data.WORKSPACE, name="Bench", zone="America/New_York")
    objects = FolderObjects(Path(folder))
    at = datetime(2026, 4, 1, tzinfo=UTC)
    first = date.fromisoformat(data.DAY)
    job = Job(
        id="1",
        workspace=data.WORKSPACE,
        kind=JobKind.EXPORT,
        requester=user.id,
        created_at=at,
        expires_at=at + timedelta(days=30),
        filter={
            "from": (first - timedelta(days=1)).isoformat(),
            "to": (first + timedelta(days=days)).isoformat(),
            "channels": ["call"],
        },
        format=format,
    )
    directory = MemoryDirectory(MemoryVault())
    directory.put_workspace(workspace)
    sources = Sources(
        directory=directory,
        lake=ObjectLake(objects),
        records=MemoryRecords(),
        marks=MemoryMarks(),
        journal=MemoryJournal(),
    )
    made = content(job, Directory(workspace=workspace, users=(user,)), user, sources)
    rows = sheets = 0

    def parts() -> Any:
        nonlocal rows, sheets
        for piece in written(made.sheet, made.about, style_of(job)):
            rows, sheets = rows + piece.rows, sheets + piece.sheets
            yield piece.body

    size = objects.write_parts(f"exports/ringlake.{format}", parts(), content_type="text/csv")
    return {"rows": rows, "bytes": size, "sheets": sheets}


def duckdb_copy(folder: str, days: int, ordered: bool) -> Mapping[str, int]:
    """Thirty columns of the same meaning. The offset is written as a constant, which it is in these days."""
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 2")
    connection.execute(f"SET preserve_insertion_order = {'true' if ordered else 'false'}")
    connection.execute(f"SET temp_directory = '{folder}/tmp'")
    target = Path(folder) / "exports" / "duckdb.csv"
    target.parent.mkdir(exist_ok=True)
    paths = [f"'{folder}/{lake_key(CALLS, data.WORKSPACE, day)}'" for day in _days(days)]
    stamp = "strftime({}, '%Y-%m-%dT%H:%M:%S.%gZ')"
    columns = f"""
        record_id, 'call' AS channel, direction,
        CASE WHEN outcome = '' THEN 'In progress' WHEN outcome = 'answered' THEN 'Completed'
             WHEN direction = 'inbound' AND outcome = 'caller_abandoned' THEN 'Cancelled'
             WHEN direction = 'outbound' AND outcome = 'outbound_aborted' THEN 'Ringing' ELSE 'Missed' END AS status,
        coalesce(nullif(outcome, ''), live) AS status_detail, business_number, business_number_name, remote_number,
        remote_name, user_id,
        CASE WHEN user_name = '' AND unattributed <> '' THEN 'unattributed: ' || unattributed ELSE user_name END
            AS user_name,
        user_email, team_name AS team, queue, {stamp.format("started_at")} AS started_at_utc,
        strftime(started_at - INTERVAL 5 HOUR, '%Y-%m-%dT%H:%M:%S.%g-05:00') AS started_at_local,
        'America/New_York' AS timezone, {stamp.format("ringing_at")} AS ringing_at,
        {stamp.format("answered_at")} AS answered_at, {stamp.format("ended_at")} AS ended_at,
        ring_s, wait_s, talk_s, total_s, missed_reason, voicemail_s, (recordings > 0)::INT AS recording_flag, tags,
        NULL AS recovered_flag, NULL AS recovery_s
    """
    order = "ORDER BY started_at, record_id" if ordered else ""
    (rows,) = connection.execute(
        f"COPY (SELECT {columns} FROM read_parquet([{', '.join(paths)}], hive_partitioning = false) "
        f"WHERE is_call = 1 AND direction IN ('inbound', 'outbound') {order}) "
        f"TO '{target}' (FORMAT csv, HEADER, FORCE_QUOTE *)"
    ).fetchone() or (0,)
    return {"rows": rows, "bytes": target.stat().st_size}


export.prepare = imports  # type: ignore[attr-defined]
duckdb_copy.prepare = imports_duckdb  # type: ignore[attr-defined]
