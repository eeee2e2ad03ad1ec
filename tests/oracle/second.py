"""The second opinion: activity.sql over an export of the journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ringlake.model.base import utc
from ringlake.model.directory import Directory
from ringlake.model.events import RawEvent
from ringlake.model.tables import ACTIVITY

SQL = (Path(__file__).parent / "activity.sql").read_text(encoding="utf-8")
RECOVERED = (Path(__file__).parent / "recovered.sql").read_text(encoding="utf-8")
# What `recovered.sql` computes from the rows of calls, and `activity.sql` does not from raw bodies.
OF_RECOVERY = ("candidates", "recovered", "reached", "resolved_by_customer", "recovery_s")
FROM_BODIES = tuple(name for name in ACTIVITY.names if name not in OF_RECOVERY)
ALL_DAY = [("00:00", "24:00")]


def activity(events: list[RawEvent], directory: Directory) -> list[dict[str, Any]]:
    """Rows of table activity of all days, computed by SQL from raw bodies."""
    with duckdb.connect() as sql:
        sql.execute("set timezone = 'UTC'")
        _load(sql, events, directory)
        sql.execute(SQL)
        found = sql.execute(f"select {', '.join(FROM_BODIES)} from activity")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def recovered(calls: pa.Table) -> list[dict[str, Any]]:
    """The recovery measures by bucket, user, team, number, direction, outcome and source; rows of calls are given."""
    with duckdb.connect() as sql:
        sql.register("calls", calls)
        sql.execute(RECOVERED)
        found = sql.execute("select * from recovered")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _load(sql: duckdb.DuckDBPyConnection, events: list[RawEvent], directory: Directory) -> None:
    workspace = directory.workspace
    sources = {source.id: source.name for source in directory.sources}
    _table(
        sql,
        "events (provider varchar, connection varchar, kind varchar, subject_id varchar, received_at timestamp,"
        " body json)",
        [
            (
                e.provider,
                e.subject.connection,
                e.subject.kind.value,
                e.subject.id,
                utc(e.received_at).replace(tzinfo=None),
                json.dumps(json.loads(e.body)),
            )
            for e in events
        ],
    )
    _table(
        sql,
        "users (connection varchar, account varchar, user_id varchar, user_name varchar)",
        [(a.connection, a.id, u.id, u.name) for u in directory.users for a in u.accounts],
    )
    _table(sql, "members (user_id varchar, team_id varchar)", [(u.id, t) for u in directory.users for t in u.teams])
    _table(
        sql,
        "numbers (e164 varchar, provider_id varchar, team_id varchar, source varchar)",
        [(n.e164, p, n.team, sources.get(n.source, n.source)) for n in directory.numbers for p in n.provider_ids],
    )
    _table(sql, "spam (number varchar)", [(number,) for number in directory.lists.spam])
    _table(sql, "teams (team_id varchar, team_name varchar)", [(t.id, t.name) for t in directory.teams])
    weekly = workspace.hours.weekly or {str(day): ALL_DAY for day in range(1, 8)}
    _table(
        sql,
        "hours (weekday int, opens varchar, closes varchar)",
        [(int(day), opens, closes) for day, spans in weekly.items() for opens, closes in spans],
    )
    _table(sql, "holidays (day date)", [(day,) for day in workspace.hours.holidays])
    _table(
        sql,
        "settings (zone varchar, short_ms int, service_ms int)",
        [(workspace.zone, workspace.short_abandon_s * 1000, workspace.service_threshold_s * 1000)],
    )


def _table(sql: duckdb.DuckDBPyConnection, shape: str, rows: list[tuple[Any, ...]]) -> None:
    sql.execute(f"create table {shape}")
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        sql.executemany(f"insert into {shape.split(maxsplit=1)[0]} values ({marks})", rows)
