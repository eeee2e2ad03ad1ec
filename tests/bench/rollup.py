"""P4: the roll-up of a day against DuckDB on the same Parquet file, one thread each."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from ringlake.metrics.activity import CALL_COLUMNS, MESSAGE_COLUMNS, activity
from ringlake.model.directory import Workspace
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import ACTIVITY, ALL_DAYS, CALLS, MEASURES, MESSAGES, OPEN_CASES
from ringlake.stores.lake import ObjectLake, empty, lake_key, to_parquet
from tests.bench import data
from tests.bench.folder import FolderObjects
from tests.bench.report import Bar, Outcome
from tests.bench.timing import Run, Sample, own_process, ratio

TIME_BAR = 0.75
MEMORY_BAR_MB = 400.0
HISTORY_BAR = 1.1
ROWS, MESSAGE_ROWS, CHANGES = 1_000_000, 100_000, 1_000
ROUNDS = 3


def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P4", "roll-up of a day against DuckDB, CPU of one thread")
    rows = 2_000 if tiny else ROWS
    rounds = 1 if tiny else ROUNDS
    with tempfile.TemporaryDirectory(prefix="ringlake-bench-") as name:
        root = Path(name)
        for title, users in (("50 users", 50), ("5,000 users", 5_000)):
            folder = root / str(users)
            groups = _write_day(folder, rows, rows // 10, users)
            what = f"group-by, {rows:,} calls + {rows // 10:,} messages of {title}"
            ours, peer = _compare(outcome, what, rounds, group_by, duckdb_group_by, folder=str(folder))
            if ours[0].answer != peer[0].answer:
                raise AssertionError(f"not the same result: {ours[0].answer} and {peer[0].answer}")
            outcome.line("  groups", f"{groups:,}")
        _merge(outcome, root, rows, rounds)
        _days(outcome, root, rows, 2 if tiny else 10, 1 if tiny else 3)
        _history(outcome, root, 2_000 if tiny else 10_000, (2, 4) if tiny else (10, 1_000), rounds)
    outcome.notes.append("memory is the peak of the whole process, libraries included; each side in its own process")
    return outcome


def _compare(
    outcome: Outcome, what: str, rounds: int, ours: Callable[..., Any], peer: Callable[..., Any], **arguments: Any
) -> tuple[list[Run], list[Run]]:
    """Alternate both sides in fresh processes; adds the lines and the two bars."""
    a, b = [], []
    for _ in range(rounds):
        a.append(own_process(ours, **arguments))
        b.append(own_process(peer, **arguments))
    mine, other = Sample(tuple(r.cpu_s for r in a)), Sample(tuple(r.cpu_s for r in b))
    peak = statistics.median(r.peak_mb for r in a)
    outcome.line(what, "")
    outcome.line("  ringlake", f"{mine.show('s')}, peak {peak:.0f} MB (libraries {a[0].base_mb:.0f})")
    outcome.line("  DuckDB", f"{other.show('s')}, peak {statistics.median(r.peak_mb for r in b):.0f} MB")
    outcome.bars += [
        Bar(f"{what}, time", ratio(mine, other), TIME_BAR),
        Bar(f"{what}, peak", peak, MEMORY_BAR_MB, "MB"),
    ]
    return a, b


def _write_day(folder: Path, calls: int, messages: int, users: int, day: str = data.DAY) -> int:
    """The objects of a day as the roll-up would have left them; returns the number of activity rows."""
    lake, objects = ObjectLake(FolderObjects(folder)), FolderObjects(folder)
    tables = {CALLS: data.calls(calls, users=users), MESSAGES: data.messages(messages, users=users)}
    for table, rows in tables.items():
        objects.put(lake_key(table, data.WORKSPACE, day), to_parquet(table, rows))
    # Nothing is left open: otherwise the first run would look for it in all history.
    objects.put(lake_key(OPEN_CASES, data.WORKSPACE, ALL_DAYS), to_parquet(OPEN_CASES, empty(OPEN_CASES)))
    derived = _activity(lake, day)
    objects.put(lake_key(ACTIVITY, data.WORKSPACE, day), to_parquet(ACTIVITY, derived))
    return len(derived)


def _activity(lake: ObjectLake, day: str) -> Any:
    calls = lake.stream(CALLS, data.WORKSPACE, day, CALL_COLUMNS).parts
    messages = lake.stream(MESSAGES, data.WORKSPACE, day, MESSAGE_COLUMNS).parts
    return activity(calls, messages)


def _totals(groups: int, calls: int, talk_s: int, waits: int) -> dict[str, int]:
    return {"groups": groups, "calls": calls, "talk_s": talk_s, "answered_wait_s": waits}


# --- group-by -------------------------------------------------------------------------------------


def group_by(folder: str, days: int = 1) -> Mapping[str, int]:
    """Ours, day by day: read the columns, group, let go."""
    import pyarrow.compute as pc

    lake = ObjectLake(FolderObjects(Path(folder)))
    sums = [0, 0, 0, 0]
    for day in _days_from(data.DAY, days):
        found = _activity(lake, day)
        for i, value in enumerate((len(found), *(pc.sum(found[m]).as_py() for m in _CHECKED))):
            sums[i] += value
    return _totals(*sums)


_CHECKED = ("calls", "talk_s", "answered_wait_s")


def imports_arrow(threads: int = 1, **_: Any) -> None:
    """As many threads as given, and only what the function's layer has: no pandas and no numpy."""
    for name in ("pandas", "numpy"):
        sys.modules[name] = None  # type: ignore[assignment]
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.parquet

    pa.set_cpu_count(threads)
    pa.set_io_thread_count(threads)


def imports_duckdb(**_: Any) -> None:
    import duckdb

    duckdb.connect(":memory:").execute("SELECT 1")


def duckdb_group_by(folder: str, days: int = 1) -> Mapping[str, int]:
    """The same groups in one statement over the same files."""
    connection = _duckdb()
    connection.execute(f"CREATE TABLE found AS {_group_by_sql(folder, days)}")
    (row,) = connection.execute("SELECT count(*), sum(calls), sum(talk_s), sum(answered_wait_s) FROM found").fetchall()
    return _totals(*(int(value) for value in row))


def _duckdb() -> Any:
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _group_by_sql(folder: str, days: int) -> str:
    from ringlake.metrics import activity as measured

    def files(table: str) -> str:
        paths = [
            f"'{folder}/{table}/workspace={data.WORKSPACE}/day={day}/data.parquet'"
            for day in _days_from(data.DAY, days)
        ]
        return f"read_parquet([{', '.join(paths)}], hive_partitioning = true)"

    dimensions = [
        "day",
        "local_date",
        "local_hour",
        "local_weekday",
        "user_id",
        "team_id",
        "business_number",
        "direction",
    ]

    def select(table: str, channel: str, outcome: str, source: str, sums: Mapping[str, str], where: str) -> str:
        measures = [f"{sums[m]} AS {m}" if m in sums else f"0 AS {m}" for m in MEASURES]
        wait = "wait_s * is_answered_offered" if table == "calls" else "0"
        measures = [f"{wait} AS answered_wait_s" if m.endswith(" answered_wait_s") else m for m in measures]
        return (
            f"SELECT time_bucket(INTERVAL 15 MINUTE, started_at) AS bucket_start, {', '.join(dimensions)}, "
            f"{outcome} AS outcome, {source} AS source, '{channel}' AS channel, user_name, {', '.join(measures)} "
            f"FROM {files(table)} {where}"
        )

    call_sums, message_sums = measured._CALL_SUMS, measured._MESSAGE_SUMS
    facts = " UNION ALL ".join(
        (
            select("calls", "call", "outcome", "source", call_sums, "WHERE is_call = 1"),
            select("messages", "message", "status", "''", message_sums, ""),
        )
    )
    keys = ["bucket_start", *dimensions, "outcome", "source", "channel"]
    sums = [f"coalesce(sum({m}), 0)::BIGINT AS {m}" for m in MEASURES]
    by = ", ".join(keys)
    return f"SELECT {by}, first(user_name) AS user_name, {', '.join(sums)} FROM ({facts}) GROUP BY {by}"


def _days_from(first: str, count: int) -> list[str]:
    return [(date.fromisoformat(first) + timedelta(days=i)).isoformat() for i in range(count)]


# --- merge ----------------------------------------------------------------------------------------


def merge(folder: str, changes: int) -> Mapping[str, int]:
    """Ours: the whole flow for `changes` marked records of a day that has its objects already."""
    objects = merge.objects  # type: ignore[attr-defined]
    done = merge.run()  # type: ignore[attr-defined]
    requests = sum(objects.calls.values())
    return {
        "records": done.records,
        "read": objects.bytes_read,
        "written": objects.bytes_written,
        "puts": objects.calls["put"],
        "reads": requests - objects.calls["put"],
    }


def _prepare_merge(folder: str, changes: int) -> None:
    from ringlake.flows.rollup import rollup
    from ringlake.stores.contacts import MemoryContacts
    from ringlake.stores.directory import MemoryDirectory
    from ringlake.stores.marks import MemoryMarks
    from ringlake.stores.records import MemoryRecords
    from ringlake.stores.trails import MemoryTrails

    imports_arrow()
    records, directory = MemoryRecords(), MemoryDirectory()
    directory.put_workspace(Workspace(id=data.WORKSPACE, name="Bench", zone="America/New_York"))
    for record in data.records(changes):
        subject = Subject(workspace=data.WORKSPACE, kind=SubjectKind.CALL, connection="main", id=record.provider_id)
        records.put(subject, record, records.load(subject))
    objects = FolderObjects(Path(folder) / "work")
    objects.copy_from(Path(folder) / "origin")
    merge.objects = objects  # type: ignore[attr-defined]
    merge.run = lambda: rollup(  # type: ignore[attr-defined]
        data.WORKSPACE,
        records=records,
        lake=ObjectLake(objects),
        directory=directory,
        trails=MemoryTrails(),
        marks=MemoryMarks(),
        contacts=MemoryContacts(),
        clock=lambda: datetime(2026, 3, 3, tzinfo=UTC),
    )


def busy_minute(rows: int, changes: int) -> Run:
    """One roll-up of `changes` calls into a day that holds `rows`: what a minute with traffic costs."""
    with tempfile.TemporaryDirectory(prefix="ringlake-bench-") as name:
        _write_day(Path(name) / "origin", rows, rows // 10, 50)
        return own_process(merge, folder=name, changes=changes)


def duckdb_merge(folder: str, changes: int) -> Mapping[str, int]:
    """The same in SQL: the day without the changed ids, with the changed rows, in order; then its groups."""
    connection = _duckdb()
    day = f"workspace={data.WORKSPACE}/day={data.DAY}/data.parquet"
    target = Path(folder) / "duckdb"
    options = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 16384)"
    for table in ("calls", "legs", "activity", "messages"):
        (target / f"{table}/{day}").parent.mkdir(parents=True, exist_ok=True)
    (target / f"messages/{day}").unlink(missing_ok=True)
    (target / f"messages/{day}").hardlink_to(Path(folder) / f"origin/messages/{day}")
    rows = duckdb_merge.rows  # type: ignore[attr-defined]
    for table, order in (("calls", "user_id, started_at, record_id"), ("legs", "record_id, row_kind, seq")):
        connection.register("fresh", rows[table])
        origin = Path(folder) / f"origin/{table}/{day}"
        kept = (
            f"SELECT * FROM read_parquet('{origin}', hive_partitioning = false) "
            "WHERE record_id NOT IN (SELECT record_id FROM fresh) UNION ALL BY NAME "
            if origin.exists()
            else ""
        )
        connection.execute(f"COPY ({kept} SELECT * FROM fresh ORDER BY {order}) TO '{target}/{table}/{day}' {options}")
    grouped = _group_by_sql(str(target), 1)
    connection.execute(
        f"COPY (SELECT * EXCLUDE (day) FROM ({grouped}) ORDER BY {', '.join(ACTIVITY.order)}) "
        f"TO '{target}/activity/{day}' {options}"
    )
    return {"records": changes}


def _prepare_duckdb_merge(folder: str, changes: int) -> None:
    from ringlake.metrics.rows import call_row, leg_rows
    from ringlake.model.tables import LEGS
    from ringlake.stores.lake import as_rows

    imports_arrow()
    imports_duckdb()
    workspace = Workspace(id=data.WORKSPACE, name="Bench", zone="America/New_York")
    records = data.records(changes)
    duckdb_merge.rows = {  # type: ignore[attr-defined]
        "calls": as_rows(CALLS, [call_row(r, workspace) for r in records]),
        "legs": as_rows(LEGS, [row for r in records for row in leg_rows(r)]),
    }


def _merge(outcome: Outcome, root: Path, rows: int, rounds: int) -> None:
    changes = min(CHANGES, rows // 10)
    folder = root / "merge"
    _write_day(folder / "origin", rows, rows // 10, 50)
    what = f"whole-day merge of {changes:,} changed calls into {rows:,}"
    _compare(outcome, what, max(1, rounds // 2), merge, duckdb_merge, folder=str(folder), changes=changes)
    outcome.notes.append(
        "the merge of ours includes making rows of the changed records; DuckDB gets these rows ready-made"
    )


# --- many days, and history -----------------------------------------------------------------------


def _days(outcome: Outcome, root: Path, rows: int, days: int, rounds: int) -> None:
    """Ten days of the same size: ours goes day by day, DuckDB takes them in one statement."""
    folder = root / "50"
    objects = FolderObjects(folder)
    for table in (CALLS, MESSAGES):
        origin = folder / lake_key(table, data.WORKSPACE, data.DAY)
        for day in _days_from(data.DAY, days)[1:]:
            objects.link(origin, lake_key(table, data.WORKSPACE, day))
    what = f"group-by of {days} days with {rows:,} calls each"
    ours, peer = _compare(outcome, what, rounds, group_by, duckdb_group_by, folder=str(folder), days=days)
    if ours[0].answer != peer[0].answer:
        raise AssertionError(f"not the same result: {ours[0].answer} and {peer[0].answer}")


def _history(outcome: Outcome, root: Path, rows: int, history: tuple[int, int], rounds: int) -> None:
    """The same changes to the same day, with little and with much on other days."""
    folders = []
    for days in history:
        folder = root / f"history-{days}"
        _write_day(folder / "origin", rows, rows // 10, 50)
        objects = FolderObjects(folder / "origin")
        for table in (CALLS, MESSAGES, ACTIVITY):
            origin = folder / "origin" / lake_key(table, data.WORKSPACE, data.DAY)
            for day in _days_from("2020-01-01", days):
                objects.link(origin, lake_key(table, data.WORKSPACE, day))
        folders.append(folder)
    changes = min(CHANGES, rows // 10) // 2
    little, much = [], []
    for _ in range(rounds):
        little.append(own_process(merge, folder=str(folders[0]), changes=changes))
        much.append(own_process(merge, folder=str(folders[1]), changes=changes))
    what = f"{changes:,} changes with {rows * history[0]:,.0e} and {rows * history[1]:,.0e} rows of history"
    a, b = Sample(tuple(r.cpu_s for r in little)), Sample(tuple(r.cpu_s for r in much))
    outcome.line(what, "")
    outcome.line("  little history", f"{a.show('ms', 1000, 0)}, {little[0].answer['read']:,} B read")
    outcome.line("  much history", f"{b.show('ms', 1000, 0)}, {much[0].answer['read']:,} B read")
    read = much[0].answer["read"] / little[0].answer["read"]
    outcome.bars += [
        Bar(f"{what}, time", ratio(b, a), HISTORY_BAR),
        Bar(f"{what}, bytes read", read, HISTORY_BAR),
    ]


group_by.prepare = imports_arrow  # type: ignore[attr-defined]
duckdb_group_by.prepare = imports_duckdb  # type: ignore[attr-defined]
merge.prepare = _prepare_merge  # type: ignore[attr-defined]
duckdb_merge.prepare = _prepare_duckdb_merge  # type: ignore[attr-defined]
