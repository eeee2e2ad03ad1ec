"""Answers of the analytics API over a year, warm and in process, beside DuckDB on the same files (bar P6).

Each question goes through the API's handler: rights, filter, columns in memory, measures, JSON. DuckDB
answers the heart of it in SQL from the same Parquet files, its metadata cached, without rights,
names, drill-downs or JSON. Where both give one number, it is compared.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from tests.bench import year
from tests.bench.child import peak_mb
from tests.bench.folder import FolderObjects
from tests.bench.report import Bar, Outcome
from tests.bench.rollup import imports_arrow
from tests.bench.timing import ROOT, Sample, own_process, ratio

ANSWER_BAR_MS, RATIO_BAR, MEMORY_BAR_MB = 100.0, 0.7, 1500.0
INTERACTIONS, ROUNDS = 1_000_000, 20
_OWNER = "sub-owner"
_YEAR = "from=2025-04-01&to=2026-03-31"
_HALF = "from=2025-10-01&to=2026-03-31"
_QUARTER = "from=2026-01-01&to=2026-03-31"
_MONTH = "from=2026-03-01&to=2026-03-31"
_PERSON = "user-3"


class Question(NamedTuple):
    """A request, and the same question in SQL; `check` is a number of the answer that the SQL's first column
    adds up to.
    """

    path: str
    query: str
    sql: str
    check: Callable[[Any], float] | None = None


def bench(tiny: bool) -> Outcome:
    interactions, days, rounds = (2_000, 20, 2) if tiny else (INTERACTIONS, year.DAYS, ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        made = own_process(prepared_year, folder=folder, interactions=interactions, days=days).answer
        both = own_process(answers, folder=folder, rounds=rounds).answer
        alone = own_process(memory, folder=folder)
    outcome = Outcome("answers", f"answers over a year of {made['interactions']:,} interactions, warm")
    slowest, worst = 0.0, 0.0
    for name, times in both["times"].items():
        mine, peer = Sample(tuple(times["ours"])), Sample(tuple(times["duckdb"]))
        high = _p95(times["ours"])
        against = ratio(mine, peer)
        slowest, worst = max(slowest, high), max(worst, against)
        outcome.line(name, f"p50 {mine.median * 1000:.0f} ms, p95 {high * 1000:.0f} ms; {against:.2f} x DuckDB")
    outcome.line("first answer of a process", f"{both['cold_s']:.1f} s: reads {made['files']:,} files")
    outcome.line("memory", f"{alone.peak_mb:.0f} MB at most, {alone.answer['kept_mb']:.0f} MB of it columns")
    outcome.bars += [
        Bar("slowest answer, p95", slowest * 1000, ANSWER_BAR_MS, "ms"),
        Bar("slowest against DuckDB", worst, RATIO_BAR),
        Bar("peak of a process that has answered all", alone.peak_mb, MEMORY_BAR_MB, "MB"),
    ]
    outcome.notes.append(
        "CPU time on one thread, which is the time on the wall of a function with one vCPU; in turn with DuckDB"
    )
    return outcome


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def prepared_year(folder: str, interactions: int, days: int) -> Mapping[str, Any]:
    from ringlake.stores.lake import ObjectLake

    made = year.write(ObjectLake(FolderObjects(Path(folder))), interactions, days)
    return {"interactions": made.interactions, "files": sum(1 for _ in Path(folder).rglob("*.parquet"))}


def answers(folder: str, rounds: int) -> Mapping[str, Any]:
    """CPU seconds of each answer by question, ours and DuckDB's in turn."""
    api, _ = _installation(folder)
    database = _database(folder)
    times: dict[str, dict[str, list[float]]] = {}
    cold = 0.0
    for name, question in QUESTIONS.items():
        started = time.process_time()
        told = _ask(api, question)
        cold = cold or time.process_time() - started
        _compare(name, question, told, database.execute(question.sql).fetchall())
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(rounds):
            started = time.process_time()
            _ask(api, question)
            ours.append(time.process_time() - started)
            started = time.process_time()
            database.execute(question.sql).fetchall()
            theirs.append(time.process_time() - started)
        times[name] = {"ours": ours, "duckdb": theirs}
    return {"times": times, "cold_s": cold}


answers.prepare = imports_arrow  # type: ignore[attr-defined]


def memory(folder: str) -> Mapping[str, Any]:
    """A process that has answered every question twice, without DuckDB beside it."""
    api, columns = _installation(folder)
    for _ in range(2):
        for question in QUESTIONS.values():
            _ask(api, question)
    return {"kept_mb": columns.size_bytes / 1e6, "peak_mb": peak_mb()}


memory.prepare = imports_arrow  # type: ignore[attr-defined]


def _compare(name: str, question: Question, told: Any, rows: list[Any]) -> None:
    if question.check is None:
        return
    mine, peer = question.check(told), sum(row[0] or 0 for row in rows)
    if mine != peer:
        raise AssertionError(f"{name}: {mine} is not DuckDB's {peer}")


def _ask(api: Any, question: Question) -> Any:
    path = question.path.replace("{id}", _PERSON)
    event = {
        "version": "2.0",
        "routeKey": f"GET {question.path}",
        "rawPath": path,
        "rawQueryString": question.query,
        "headers": {},
        "isBase64Encoded": False,
        "requestContext": {
            "http": {"method": "GET", "path": path},
            "stage": "$default",
            "authorizer": {"jwt": {"claims": {"sub": _OWNER, "token_use": "access"}}},
        },
    }
    with redirect_stdout(StringIO()):
        answered = api.handler(event, SimpleNamespace(aws_request_id="bench", function_name="api"))
    if answered["statusCode"] != 200:
        raise AssertionError(f"{question.path}?{question.query}: {answered['statusCode']} {answered['body'][:300]}")
    return json.loads(answered["body"])


def _installation(folder: str) -> tuple[Any, Any]:
    """The API over the files, with stores in memory; no more of it than the test-suite's own."""
    sys.path.insert(0, str(ROOT / "functions" / "api"))
    api: Any = importlib.import_module("functions.api.api")
    world = importlib.import_module("tests.unit.export.world").World()

    from ringlake.flows.answers import AnswerRooms, Screens
    from ringlake.flows.answers.facts import CachedFacts
    from ringlake.model.directory import Hours, Number, Role, Team, User, Workspace
    from ringlake.stores.columns import LakeColumns
    from ringlake.stores.lake import ObjectLake

    lake = ObjectLake(FolderObjects(Path(folder)))
    columns = LakeColumns(lake)
    directory = world.directory
    hours = Hours(weekly={str(day): [("08:00", "18:00")] for day in range(1, 6)})
    directory.put_workspace(Workspace(id=year.WORKSPACE, name="Bench", zone=year.ZONE, hours=hours))
    now = datetime(2026, 4, 1, 3, tzinfo=UTC)
    directory.set_watermark(year.WORKSPACE, now)
    owner = User(id="owner", email="owner@example.com", name="Olga", role=Role.OWNER, sub=_OWNER)
    people = [
        User(id=f"user-{n}", email=f"agent{n}@example.com", name=f"Agent {n}", teams=(f"team-{n % year.TEAMS}",))
        for n in range(year.USERS)
    ]
    for user in (owner, *people):
        directory.put_user(year.WORKSPACE, user)
    for n in range(year.TEAMS):
        directory.put_team(year.WORKSPACE, Team(id=f"team-{n}", name=f"Team {n}"))
    for n in range(year.NUMBERS):
        directory.put_number(year.WORKSPACE, Number(id=f"number-{n}", e164=f"+12025550{n:03}", name=f"Line {n}"))
    screens = Screens(world.boards, "wss://live.example.com/live", world.walls)
    rooms = AnswerRooms(replace(world.stores, lake=lake), CachedFacts(columns), screens)
    whole = world.rooms._replace(answers=rooms)
    api.stores = lambda: whole
    api.now = lambda: now
    return api, columns


def _database(folder: str) -> Any:
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET parquet_metadata_cache = true")
    for table in ("calls", "messages", "legs", "cases", "presence", "deals"):
        files = f"{folder}/{table}/workspace={year.WORKSPACE}/*/data.parquet"
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}', hive_partitioning = false)")
    return connection


def _dates(first: str, last: str = "2026-03-31") -> str:
    return f"local_date BETWEEN DATE '{first}' AND DATE '{last}'"


# The list's rows: no classifier rows, no internal calls; spam is in no measure.
_YEARS = f"{_dates('2025-04-01')} AND direction <> 'internal' AND is_spam = 0"
_CALLS = f"{_YEARS} AND is_call = 1"
_HALVES = f"{_dates('2025-10-01')} AND direction <> 'internal' AND is_spam = 0"
_KPIS = """
    sum(is_inbound), sum(is_outbound), sum(is_answered), sum(is_missed), sum(is_offered), sum(is_answered_offered),
    sum(is_within_service), sum(is_short_abandon), sum(is_closed_hours), sum(is_candidate), sum(is_recovered),
    sum(talk_s), avg(talk_s), median(talk_s), quantile_disc(talk_s, 0.9), sum(cost_amount),
    avg(wait_s) FILTER (is_answered_offered = 1), median(wait_s) FILTER (is_answered_offered = 1),
    quantile_disc(wait_s, 0.9) FILTER (is_answered_offered = 1)
"""
_GROUPED = """
    sum(is_call), sum(is_answered), sum(is_missed), sum(is_offered), sum(talk_s), avg(talk_s), median(talk_s),
    quantile_disc(talk_s, 0.9)
"""


def _by(column: str) -> str:
    return f"SELECT sum(is_inbound), {column}, {_GROUPED} FROM calls WHERE {_CALLS} GROUP BY {column}"


def _summary_sql(where: str) -> str:
    return f"""
        WITH c AS (SELECT {_KPIS} FROM calls WHERE is_call = 1 AND {where}),
        m AS (SELECT sum(is_inbound), sum(is_outbound), sum(is_delivered), sum(is_undelivered)
              FROM messages WHERE {where}),
        u AS (SELECT count(*) FROM (
            SELECT business_number, party_key FROM calls WHERE is_call = 1 AND {where}
            UNION SELECT business_number, party_key FROM messages WHERE {where}))
        SELECT * FROM c, m, u
    """


def _responses(by: str, where: str) -> str:
    """What answers each block of customer messages, texts and calls, with the middle and the slow ones."""
    return f"""
        WITH moments AS (
            SELECT party_key, business_number, {by}, started_at, is_inbound FROM messages WHERE {where}
            UNION ALL SELECT party_key, business_number, {by}, started_at, 0 FROM calls
            WHERE {where} AND is_answered = 1 AND is_outbound = 1),
        ordered AS (
            SELECT *, lag(is_inbound) OVER conversation AS before, lag(started_at) OVER conversation AS last,
                min(CASE WHEN is_inbound = 0 THEN started_at END) OVER (PARTITION BY business_number, party_key
                    ORDER BY started_at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS reply
            FROM moments WINDOW conversation AS (PARTITION BY business_number, party_key ORDER BY started_at))
        SELECT count(*), {by}, count(*) FILTER (reply <= started_at + INTERVAL 15 MINUTE),
            median(date_diff('second', started_at, reply)), quantile_disc(date_diff('second', started_at, reply), 0.9)
        FROM ordered WHERE is_inbound = 1 AND (coalesce(before, 0) = 0 OR last < started_at - INTERVAL 24 HOUR)
        GROUP BY {by}
    """


def _metric(told: Any, name: str) -> float:
    return float(next(m["value"]["value"] for m in told["metrics"] if m["value"]["metric"] == name))


QUESTIONS: Mapping[str, Question] = {
    "summary": Question(
        "/v1/analytics/summary", _YEAR, _summary_sql(_YEARS), lambda told: _metric(told, "calls_received")
    ),
    "summary, half a year, one number": Question(
        "/v1/analytics/summary",
        f"{_HALF}&numbers=number-3",
        _summary_sql(f"{_HALVES} AND business_number_id = 'number-3'"),
        lambda told: _metric(told, "calls_received"),
    ),
    "series by day": Question(
        "/v1/analytics/series",
        _YEAR,
        f"""SELECT sum(n), local_date FROM (
            SELECT local_date, sum(is_call) AS n FROM calls WHERE {_CALLS} GROUP BY 1 UNION ALL
            SELECT local_date, sum(is_message) FROM messages WHERE {_YEARS} GROUP BY 1) GROUP BY local_date""",
        lambda told: sum(line["total"]["value"]["value"] for line in told["lines"]),
    ),
    "series by month and user": Question(
        "/v1/analytics/series",
        f"{_YEAR}&granularity=month&by=user&metrics=calls",
        f"""SELECT sum(is_call), date_trunc('month', local_date), user_id FROM calls WHERE {_CALLS}
            GROUP BY 2, 3""",
    ),
    "series by hour, a quarter": Question(
        "/v1/analytics/series",
        f"{_QUARTER}&granularity=hour&metrics=calls",
        f"""SELECT sum(is_call), local_date, local_hour FROM calls
            WHERE is_call = 1 AND direction <> 'internal' AND is_spam = 0 AND {_dates("2026-01-01")} GROUP BY 2, 3""",
    ),
    "heat map": Question(
        "/v1/analytics/heatmap",
        _YEAR,
        f"""SELECT sum(n), local_weekday, local_hour FROM (
            SELECT local_weekday, local_hour, sum(is_call) AS n FROM calls WHERE {_CALLS} GROUP BY 1, 2 UNION ALL
            SELECT local_weekday, local_hour, sum(is_message) FROM messages WHERE {_YEARS} GROUP BY 1, 2)
            GROUP BY 2, 3""",
    ),
    **{
        f"breakdown by {name}": Question("/v1/analytics/breakdown", f"{_YEAR}&by={name}", _by(column))
        for name, column in {
            "user": "user_id",
            "source": "source",
            "country": "remote_country",
            "outcome": "outcome",
            "queue": "queue",
        }.items()
    },
    "breakdown by number": Question(
        "/v1/analytics/breakdown",
        f"{_YEAR}&by=number",
        f"""WITH c AS (SELECT business_number_id, {_KPIS} FROM calls WHERE {_CALLS} GROUP BY 1),
            m AS (SELECT business_number_id, sum(is_inbound), sum(is_outbound), sum(is_delivered)
                  FROM messages WHERE {_YEARS} GROUP BY 1),
            u AS (SELECT business_number_id, count(*) FROM (
                SELECT business_number_id, business_number, party_key FROM calls WHERE {_CALLS}
                UNION SELECT business_number_id, business_number, party_key FROM messages WHERE {_YEARS}) GROUP BY 1)
            SELECT * FROM c LEFT JOIN m USING (business_number_id) LEFT JOIN u USING (business_number_id)""",
    ),
    "team table": Question(
        "/v1/analytics/team",
        _YEAR,
        f"""WITH c AS ({_by("user_id")}),
            m AS (SELECT user_id, sum(is_inbound) i, sum(is_outbound) o FROM messages WHERE {_YEARS} GROUP BY 1),
            l AS (SELECT legs.user_id, sum(legs.talk_s) FROM legs JOIN calls USING (record_id)
                  WHERE row_kind = 'leg' AND {_CALLS} GROUP BY 1)
            SELECT * FROM c LEFT JOIN m USING (user_id) LEFT JOIN l USING (user_id)""",
    ),
    "waits": Question(
        "/v1/analytics/waits",
        _YEAR,
        f"""SELECT count(*), least(wait_ms // 5000, 60), is_answered_offered, is_abandoned, avg(wait_ms),
            median(wait_ms) FROM calls WHERE {_CALLS} AND is_offered = 1 GROUP BY 2, 3, 4""",
    ),
    "service level": Question(
        "/v1/analytics/service",
        _YEAR,
        f"""SELECT sum(is_offered), team_id, local_weekday, local_hour, sum(is_within_service), sum(is_missed),
            count(*) FILTER (is_answered_offered = 1 AND wait_ms <= 20000) FROM calls WHERE {_CALLS}
            GROUP BY 2, 3, 4""",
    ),
    "responses to texts": Question("/v1/analytics/responses", _YEAR, _responses("user_id", _YEARS)),
    "concurrency": Question(
        "/v1/analytics/concurrency",
        _YEAR,
        f"""WITH edges AS (
            SELECT started_at AS moment, 1 AS step, 0 AS talk FROM calls WHERE {_CALLS}
            UNION ALL SELECT ended_at, -1, 0 FROM calls WHERE {_CALLS}
            UNION ALL SELECT answered_at, 0, 1 FROM calls WHERE {_CALLS} AND is_answered = 1
            UNION ALL SELECT ended_at, 0, -1 FROM calls WHERE {_CALLS} AND is_answered = 1),
            swept AS (SELECT moment, sum(step) OVER t AS n, sum(talk) OVER t AS talking FROM edges
                      WINDOW t AS (ORDER BY moment, step ROWS UNBOUNDED PRECEDING))
            SELECT max(n), date_trunc('day', moment), max(talking) FROM swept GROUP BY 2""",
    ),
    "callers": Question(
        "/v1/analytics/callers",
        _YEAR,
        f"""WITH c AS (SELECT party_key, team_id, business_number_id, started_at, is_answered, contact_no,
                lead(started_at) OVER (PARTITION BY party_key ORDER BY started_at) AS following
                FROM calls WHERE {_CALLS} AND is_inbound = 1)
            SELECT count(*), team_id, count(DISTINCT party_key),
                count(DISTINCT business_number_id || party_key), count(*) FILTER (contact_no = 1),
                count(*) FILTER (following <= started_at + INTERVAL 72 HOUR) FROM c GROUP BY team_id""",
    ),
    "presence by day, a month": Question(
        "/v1/analytics/presence",
        _MONTH,
        f"""WITH p AS (SELECT user_id, local_date, status, seconds, started_at,
                lag(ended_at) OVER (PARTITION BY user_id ORDER BY started_at) AS before
                FROM presence WHERE {_dates("2026-03-01")})
            SELECT sum(seconds), user_id, local_date, status, min(started_at), count(*) FILTER (before < started_at)
            FROM p GROUP BY 2, 3, 4""",
    ),
    "availability": Question(
        "/v1/analytics/availability",
        _YEAR,
        f"""WITH edges AS (
                SELECT started_at AS moment, 1 AS step, team_id FROM presence
                WHERE status IN ('online', 'talking') AND {_dates("2025-04-01")}
                UNION ALL SELECT ended_at, -1, team_id FROM presence
                WHERE status IN ('online', 'talking') AND {_dates("2025-04-01")}),
            swept AS (SELECT moment, team_id, sum(step) OVER (PARTITION BY team_id ORDER BY moment, step) AS n,
                      lead(moment) OVER (PARTITION BY team_id ORDER BY moment, step) AS following FROM edges)
            SELECT sum(date_diff('second', moment, following)), team_id FROM swept WHERE n > 0 GROUP BY 2""",
    ),
    "rings": Question(
        "/v1/analytics/rings",
        _YEAR,
        f"""SELECT count(*), legs.user_id, legs.outcome, sum(legs.ring_s), count(*) FILTER (legs.ring_s > 5)
            FROM legs JOIN calls USING (record_id) WHERE row_kind = 'leg' AND is_inbound = 1 AND {_CALLS}
            GROUP BY 2, 3""",
    ),
    "load": Question(
        "/v1/analytics/load",
        _YEAR,
        f"""WITH c AS (SELECT legs.user_id, count(DISTINCT record_id) AS calls, sum(legs.talk_s) AS talk
                FROM legs JOIN calls USING (record_id) WHERE row_kind = 'leg' AND {_CALLS} GROUP BY 1),
            p AS (SELECT user_id, sum(talking_s) AS talking, sum(online_s) AS online FROM presence
                  WHERE {_dates("2025-04-01")} GROUP BY 1)
            SELECT * FROM c LEFT JOIN p USING (user_id)""",
    ),
    "deals": Question(
        "/v1/analytics/deals",
        _YEAR,
        f"""SELECT sum(is_quote), brand, local_date, sum(is_converted), sum(amount) FROM deals
            WHERE {_dates("2025-04-01")} GROUP BY 2, 3""",
    ),
    "progress to targets": Question(
        "/v1/targets/progress",
        _HALF,
        # Both periods, calls and texts: the promises are compared with the period before.
        f"""WITH c AS (SELECT team_id, local_date >= DATE '2025-10-01' AS now, {_KPIS} FROM calls WHERE {_CALLS}
                GROUP BY 1, 2),
            r AS ({_responses("team_id", _YEARS)})
            SELECT * FROM c LEFT JOIN r USING (team_id)""",
    ),
    "one person, seven days": Question(
        "/v1/people/{id}/profile",
        "period=last_7_days",
        f"""SELECT sum(is_call), local_date, {_GROUPED} FROM calls
            WHERE user_id = '{_PERSON}' AND is_call = 1 AND {_dates("2026-03-25")} GROUP BY 2""",
    ),
}
