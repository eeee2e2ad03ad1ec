"""The finance reports: portable SQL, right results (demands.md D3, D5, D33)."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from ringlake.access.hiding import HIDDEN
from ringlake.errors import InvalidRequest, NotFound
from ringlake.flows.rollup import rollup
from ringlake.metrics.catalog import METRICS
from ringlake.metrics.sql import expression
from ringlake.model.calls import CallRecord, MissedReason, Outcome, Party
from ringlake.model.directory import Ability, Workspace
from ringlake.model.facts import CallKind, Direction, MessageStatus
from ringlake.model.messages import MessageRecord
from ringlake.model.money import Money
from ringlake.model.tables import ACTIVITY, CALLS, MESSAGES, TABLES
from ringlake.reports import MOST_DAYS, bind, report, reports
from ringlake.stores.lake import ObjectLake
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords
from tests.unit.lake.making import beside, call, directory, message, store
from tests.unit.lake.reckoning import ORACLES

pytestmark = pytest.mark.slow

NAMES = [
    "calls_and_talk_time_per_day_and_user",
    "messages_per_number_and_month",
    "missed_rate_per_week",
    "spend_per_destination",
]
ZONE = "Australia/Adelaide"  # +9:30 and +10:30: local days are far from UTC days, and an hour is cut in half
HERE = Workspace(id="acme", name="Acme", zone=ZONE)
# Both ends lie inside a week and a month; the first Sunday of April ends summer time there.
FIRST, LAST = date(2026, 3, 25), date(2026, 4, 15)
# The functions that were run on Athena, Trino and DuckDB and agree. `approx_*` and zone arithmetic are not.
PORTABLE = {
    "Sum", "Count", "Max", "Min", "ArgMax", "Coalesce", "Nullif", "Round", "Cast", "Case", "If", "And", "Or",
    "Interval", "TimestampTrunc", "DateTrunc", "RowNumber", "Lag", "Greatest", "Least", "Lower", "Trim", "SplitPart",
    "DateDiff", "Chr",
}  # fmt: skip
# What their numbers are is counted here; those of the others in tests/unit/lake/reckoning.py.
ALL = sorted([*NAMES, *ORACLES])


# --- the words ----------------------------------------------------------------


def test_the_catalogue_knows_every_report() -> None:
    """Also: whatever is shipped is counted by a test."""
    assert list(reports()) == ALL
    assert report("missed_rate_per_week").title == "Missed rate per week"
    assert report("top_callers").needs == (Ability.SEE_NUMBERS, Ability.SEE_NAMES, Ability.SEE_COSTS)
    for found in reports().values():
        assert [p.name for p in found.parameters] == ["first_date", "last_date"]
        assert len(found.description) > 100
    with pytest.raises(NotFound):
        report("../tables")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dialect", ["athena", "trino", "duckdb"])
def test_a_report_is_one_select_in_every_dialect(name: str, dialect: str) -> None:
    (statement,) = sqlglot.parse(report(name).sql, dialect=dialect)

    assert isinstance(statement, exp.Query)


@pytest.mark.parametrize("name", ALL)
def test_a_report_uses_portable_functions_and_names_every_column(name: str) -> None:
    statement = sqlglot.parse_one(report(name).sql, dialect="athena")

    assert {type(f).__name__ for f in statement.find_all(exp.Func)} <= PORTABLE
    for select in statement.find_all(exp.Select):
        for column in select.expressions:
            assert isinstance(column, exp.Alias | exp.Column), column
    for seconds in statement.find_all(exp.DateDiff):
        # Other units, and moments with fractions, are counted by boundaries in one engine and by time in the other.
        assert (seconds.unit or exp.Var()).name == "SECOND", seconds
    for division in statement.find_all(exp.Div):
        assert isinstance(division.this, exp.Cast), division
        assert isinstance(division.expression, exp.Nullif), division
    assert list(statement.find_all(exp.Star)) == [c.this for c in statement.find_all(exp.Count) if c.this.is_star]


@pytest.mark.parametrize("name", ALL)
def test_every_table_is_read_for_one_workspace_and_its_days(name: str) -> None:
    """The Glue tables refuse a query without one workspace; without days it would read all of history."""
    statement = sqlglot.parse_one(report(name).sql, dialect="athena")

    known = {table.name for table in TABLES}
    reads = [t.parent_select for t in statement.find_all(exp.Table) if t.name in known]
    assert reads
    for select in reads:
        assert select is not None
        where = select.args["where"].this
        conditions = list(where.flatten()) if isinstance(where, exp.And) else [where]
        equal = [c for c in conditions if isinstance(c, exp.EQ) and c.this.name == "workspace"]
        assert [c.expression.name for c in equal] == ["workspace"]
        # Invoices and closings are under the first day of their period, rings under that of their call.
        of = {"reconciliations": ["period_from"], "closings": ["month"], "closed_charges": ["month"], "legs": []}
        name = select.args["from_"].this.name
        within = ["day", *of.get(name, ["local_date"])]
        assert [c.this.name for c in conditions if isinstance(c, exp.Between)] == within


@pytest.mark.parametrize("name", ALL)
def test_placeholders_are_the_declared_parameters_and_never_in_a_comment_or_text(name: str) -> None:
    """awswrangler fills a placeholder wherever it stands; in a comment a value could end the comment."""
    sql = report(name).sql
    found = set(re.findall(r":([A-Za-z0-9_]+)", sql))

    assert found == {"workspace", *(p.name for p in report(name).parameters)}
    assert not re.findall(r"--.*:\w", sql)
    texts = [t.this for t in sqlglot.parse_one(sql, dialect="athena").find_all(exp.Literal) if t.is_string]
    assert not [text for text in texts if ":" in text]


@pytest.mark.parametrize("name", ALL)
def test_a_report_needs_the_right_to_see_what_it_reads(name: str) -> None:
    """demands.md D74: SQL hides no column, so whoever lacks the ability must not run it."""
    statement = sqlglot.parse_one(report(name).sql, dialect="athena")
    columns = {column.name for column in statement.find_all(exp.Column)}
    tables = {table.name for table in statement.find_all(exp.Table)}
    needed = {ability for ability, hidden in HIDDEN.items() if columns & hidden}
    # All of these is about money.
    if tables & {"charges", "reconciliations", "closings", "closed_charges"}:
        needed.add(Ability.SEE_COSTS)

    assert set(report(name).needs) == needed


# --- the parameters -----------------------------------------------------------


def test_dates_are_given_as_dates_or_as_text() -> None:
    bound = bind(report(NAMES[0]), "acme", {"first_date": "2026-03-01", "last_date": date(2026, 3, 31)})

    assert bound == {"workspace": "acme", "first_date": date(2026, 3, 1), "last_date": date(2026, 3, 31)}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"first_date": "2026-03-01"}, "last_date"),
        ({"first_date": "2026-03-01", "last_date": "2026-03-31", "workspace": "zeta"}, "workspace"),
        ({"first_date": "2026-03-01", "last_date": "2026-02-28"}, "last_date"),
        ({"first_date": "2024-01-01", "last_date": "2026-01-01"}, "last_date"),
        ({"first_date": "1 March", "last_date": "2026-03-31"}, "first_date"),
        ({"first_date": "2026-02-30", "last_date": "2026-03-31"}, "first_date"),
        ({"first_date": "2026-W09-7", "last_date": "2026-03-31"}, "first_date"),
        ({"first_date": "2026-03-01' or '1'='1", "last_date": "2026-03-31"}, "first_date"),
        ({"first_date": datetime(2026, 3, 1, tzinfo=UTC), "last_date": "2026-03-31"}, "first_date"),
        ({"first_date": 20260301, "last_date": "2026-03-31"}, "first_date"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        bind(report(NAMES[0]), "acme", arguments)

    assert error.value.field == field


def test_the_longest_range_is_allowed_and_no_more() -> None:
    first = date(2024, 1, 1)
    bind(report(NAMES[0]), "acme", {"first_date": first, "last_date": first + timedelta(days=MOST_DAYS - 1)})
    with pytest.raises(InvalidRequest):
        bind(report(NAMES[0]), "acme", {"first_date": first, "last_date": first + timedelta(days=MOST_DAYS)})


# --- the numbers --------------------------------------------------------------


class Business:
    """Six weeks of a workspace and of another one beside it, in a lake of files."""

    def __init__(self, folder: Path) -> None:
        self.calls, self.messages = list(_calls("acme", 1)), list(_messages("acme", 2))
        records, self.objects = MemoryRecords(), MemoryObjects()
        objects = self.objects
        store(records, *self.calls, *self.messages, *_calls("zeta", 3), *_messages("zeta", 4))
        known = directory(HERE, Workspace(id="zeta", name="Zeta"))
        for workspace in known.workspaces():
            rollup(
                workspace,
                records=records,
                lake=ObjectLake(objects),
                directory=known,
                clock=lambda: datetime.now(UTC),
                **beside(),
            )
        for key, body in objects.bodies.items():
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(body)
        self.sql = duckdb.connect()
        for table in (CALLS, MESSAGES, ACTIVITY):
            self.sql.execute(
                f"create view {table.name} as select * from read_parquet('{folder}/{table.name}/*/*/data.parquet',"
                " hive_partitioning = true, hive_types = {'workspace': varchar, 'day': varchar})"
            )

    def run(self, name: str, dialect: str, first: date = FIRST, last: date = LAST) -> list[dict[str, Any]]:
        sql = report(name).sql
        if dialect == "athena":
            sql = sqlglot.transpile(sql, read="athena", write="duckdb")[0]
        values = bind(report(name), "acme", {"first_date": first, "last_date": last})
        used = {n: v for n, v in values.items() if f":{n}" in sql or f"${n}" in sql}
        found = self.sql.execute(re.sub(r":(\w+)", r"$\1", sql), used)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def calls_of(self, first: date = FIRST, last: date = LAST) -> list[CallRecord]:
        return [c for c in self.calls if first <= _local(c) <= last and c.kind is not CallKind.CLASSIFIER]

    def messages_of(self, first: date = FIRST, last: date = LAST) -> list[MessageRecord]:
        return [m for m in self.messages if first <= _local(m) <= last]


def _local(record: CallRecord | MessageRecord) -> date:
    return record.started_at.astimezone(HERE.tz).date()


def _calls(workspace: str, seed: int) -> Iterator[CallRecord]:
    dice = random.Random(seed)
    users = [Party(user_id=f"u{n}", name=f"User {n}", email=f"u{n}@acme.example") for n in range(3)] + [Party()]
    start = datetime(2026, 3, 16, tzinfo=UTC)
    for n in range(600):
        direction = dice.choice([Direction.INBOUND, Direction.INBOUND, Direction.OUTBOUND, Direction.INTERNAL])
        outcome = dice.choice([Outcome.ANSWERED, Outcome.ANSWERED, Outcome.NO_ANSWER, Outcome.CALLER_ABANDONED])
        missed = direction is Direction.INBOUND and outcome is not Outcome.ANSWERED
        missed_reason = dice.choice(list(MissedReason)) if missed else None
        priced = dice.random() < 0.3
        made = call(
            f"c{n}",
            at=start + timedelta(minutes=dice.randrange(45 * 24 * 60)),
            direction=direction,
            outcome=outcome,
            missed_reason=missed_reason,
            talk_ms=dice.randrange(600_000) if outcome is Outcome.ANSWERED else None,
            user=dice.choice(users),
            kind=CallKind.CLASSIFIER if dice.random() < 0.1 else CallKind.VOICE,
            remote_country=dice.choice(["PL", "DE", ""]),
            spam=missed_reason is MissedReason.SPAM or dice.random() < 0.1,
            cost=Money(amount=Decimal(dice.randrange(10**6)) / 10**4, currency="EUR") if priced else None,
        )
        yield _in(workspace, made)


def _messages(workspace: str, seed: int) -> Iterator[MessageRecord]:
    dice = random.Random(seed)
    start = datetime(2026, 3, 16, tzinfo=UTC)
    for n in range(300):
        outbound = dice.random() < 0.6
        sent = [MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.SENT, MessageStatus.PENDING]
        number = dice.choice(["+61800000001", "+61800000002"])
        status = dice.choice(sent) if outbound else MessageStatus.RECEIVED
        waits = status is MessageStatus.PENDING and dice.random() < 0.5
        made = message(
            f"m{n}",
            at=start + timedelta(minutes=dice.randrange(45 * 24 * 60)),
            direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
            status=status,
            scheduled_for=start + timedelta(days=60) if waits else None,
            spam=dice.random() < 0.2,
            business_number=number,
            business_number_name=f"Line {number[-1]}",
            remote_country=dice.choice(["PL", "NZ"]),
            segments=dice.choice([1, 2, None]) if number.endswith("1") else None,
            media_count=dice.choice([0, 0, 1]),
            cost=Money(amount=Decimal("0.01"), currency=dice.choice(["EUR", "USD"])) if dice.random() < 0.5 else None,
        )
        yield _in(workspace, made)


def _in[T: (CallRecord, MessageRecord)](workspace: str, record: T) -> T:
    return type(record)(**{f: getattr(record, f) for f in record.__struct_fields__} | {"workspace": workspace})


@pytest.fixture(scope="module")
def business(tmp_path_factory: pytest.TempPathFactory) -> Business:
    return Business(tmp_path_factory.mktemp("lake"))


@pytest.fixture(params=["as it is", "athena"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def whole(ms: int) -> int:
    return (ms + 500) // 1000


def test_calls_and_talk_time_per_day_and_user(business: Business, dialect: str) -> None:
    expected: dict[tuple[date, str], list[CallRecord]] = defaultdict(list)
    for record in business.calls_of():
        if not record.spam:
            expected[_local(record), record.user.user_id].append(record)

    found = business.run("calls_and_talk_time_per_day_and_user", dialect)
    assert [(row["local_date"], row["user_id"]) for row in found] == sorted(expected)
    for row in found:
        mine = expected[row["local_date"], row["user_id"]]
        outside = [r for r in mine if r.direction is not Direction.INTERNAL]
        talks = [whole(r.talk_ms) for r in outside if r.talk_ms is not None]
        assert row["calls_made"] == sum(r.direction is Direction.OUTBOUND for r in mine)
        assert row["calls_received"] == sum(r.direction is Direction.INBOUND for r in mine)
        assert row["calls_internal"] == sum(r.direction is Direction.INTERNAL for r in mine)
        assert row["calls_answered"] == sum(r.outcome is Outcome.ANSWERED for r in outside)
        assert row["calls_missed"] == sum(_missed(r) for r in mine)
        assert row["talk_s"] == sum(talks)
        assert row["average_talk_s"] == (pytest.approx(sum(talks) / len(talks), abs=0.051) if talks else None)
        assert row["user_name"] == mine[0].user.name
    assert any(r.spam and r.outcome is Outcome.ANSWERED for r in business.calls_of())
    assert {row["local_date"] for row in found} == {FIRST + timedelta(days=n) for n in range(22)}


def test_missed_rate_per_week(business: Business, dialect: str) -> None:
    weeks: dict[date, list[CallRecord]] = defaultdict(list)
    for record in business.calls_of():
        week = weeks[_local(record) - timedelta(days=_local(record).weekday())]
        if not record.spam:
            week.append(record)

    found = business.run("missed_rate_per_week", dialect)
    assert [row["week_start"] for row in found] == sorted(weeks)
    assert [row["is_partial"] for row in found] == [1, 0, 0, 1]
    for row in found:
        mine = [r for r in weeks[row["week_start"]] if r.direction is Direction.INBOUND]
        answered = sum(r.outcome is Outcome.ANSWERED for r in mine)
        missed, short = sum(map(_missed, mine)), sum(r.missed_reason is MissedReason.SHORT_ABANDON for r in mine)
        assert (row["answered"], row["missed"], row["short_abandons"]) == (answered, missed, short)
        assert row["offered"] == answered + missed + short
        assert row["closed_hours"] == sum(r.missed_reason is MissedReason.CLOSED_HOURS for r in mine)
        assert row["ivr_abandons"] == sum(r.missed_reason is MissedReason.IVR_ABANDON for r in mine)
        assert row["missed_rate"] == pytest.approx(missed / (answered + missed), abs=0.00005)


def _missed(record: CallRecord) -> bool:
    not_missed = {
        None, MissedReason.SPAM, MissedReason.CLOSED_HOURS, MissedReason.IVR_ABANDON, MissedReason.SHORT_ABANDON
    }  # fmt: skip
    return record.missed_reason not in not_missed


def test_messages_per_number_and_month(business: Business, dialect: str) -> None:
    expected: dict[tuple[date, str], list[MessageRecord]] = defaultdict(list)
    for record in business.messages_of():
        expected[_local(record).replace(day=1), record.business_number].append(record)

    found = business.run("messages_per_number_and_month", dialect)
    assert [(row["month_start"], row["business_number"]) for row in found] == sorted(expected)
    for row in found:
        mine = expected[row["month_start"], row["business_number"]]
        states = [r.status for r in mine]
        delivered, undelivered = states.count(MessageStatus.DELIVERED), states.count(MessageStatus.UNDELIVERED)
        waiting = [r for r in mine if r.scheduled_for]
        assert row["messages_scheduled"] == len(waiting)
        assert row["messages_sent"] == sum(r.direction is Direction.OUTBOUND for r in mine) - len(waiting)
        wanted = [r for r in mine if not r.spam]
        assert row["messages_received"] == sum(r.direction is Direction.INBOUND for r in wanted)
        assert (row["delivered"], row["undelivered"]) == (delivered, undelivered)
        assert row["pending"] == states.count(MessageStatus.SENT) + states.count(MessageStatus.PENDING)
        assert row["delivery_rate"] == pytest.approx(delivered / (delivered + undelivered), abs=0.00005)
        segments = [r.segments for r in wanted if r.segments is not None]
        assert row["segments"] == (sum(segments) if segments else None)
        assert row["media"] == sum(r.media_count for r in wanted)
        assert row["business_number_name"] == mine[0].business_number_name
    assert any(row["segments"] is None for row in found)


# Report, column -> the metric that screens show under that name.
_SAME = {
    ("calls_and_talk_time_per_day_and_user", "calls_made"): "calls_made",
    ("calls_and_talk_time_per_day_and_user", "calls_received"): "calls_received",
    ("calls_and_talk_time_per_day_and_user", "calls_answered"): "calls_answered",
    ("calls_and_talk_time_per_day_and_user", "calls_missed"): "calls_missed",
    ("calls_and_talk_time_per_day_and_user", "talk_s"): "talk_s",
    ("messages_per_number_and_month", "messages_sent"): "messages_sent",
    ("messages_per_number_and_month", "messages_received"): "messages_received",
    ("messages_per_number_and_month", "messages_scheduled"): "messages_scheduled",
    ("messages_per_number_and_month", "delivered"): "messages_delivered",
    ("messages_per_number_and_month", "undelivered"): "messages_undelivered",
    ("messages_per_number_and_month", "pending"): "messages_unknown",
    ("messages_per_number_and_month", "segments"): "segments",
    ("missed_rate_per_week", "offered"): "calls_offered",
    ("missed_rate_per_week", "answered"): "offered_answered",
    ("missed_rate_per_week", "missed"): "calls_missed",
    ("missed_rate_per_week", "short_abandons"): "short_abandons",
    ("missed_rate_per_week", "closed_hours"): "closed_hours_calls",
    ("missed_rate_per_week", "ivr_abandons"): "ivr_abandons",
}


@pytest.mark.parametrize(("name", "column"), _SAME)
def test_a_column_adds_up_to_the_metric_of_the_screens(business: Business, name: str, column: str) -> None:
    """Design invariant 3; screens leave spam out, and internal calls unless they are asked for."""
    metric = next(m for m in METRICS if m.id == _SAME[name, column])
    total = sum(row[column] or 0 for row in business.run(name, "as it is"))
    (said,) = business.sql.execute(
        f"select {expression(metric)} from {metric.table} where workspace = 'acme' and direction <> 'internal'"
        " and local_date between $first and $last",
        {"first": FIRST, "last": LAST},
    ).fetchall()[0]

    assert total == said
    assert total > 0


def test_spend_is_complete(business: Business) -> None:
    """A charge is a charge, also that of spam and of an internal call."""
    spent = sum(row["spend"] for row in business.run("spend_per_destination", "as it is") if row["currency"])
    records: list[CallRecord | MessageRecord] = [*business.calls_of(), *business.messages_of()]

    assert spent == sum(r.cost.amount for r in records if r.cost)
    assert any(r.cost and r.spam for r in records)


def test_spend_per_destination(business: Business, dialect: str) -> None:
    places: dict[tuple[str, Any, str], list[Money | None]] = defaultdict(list)
    for record in business.calls_of():
        places["call", record.direction, record.remote_country].append(record.cost)
    for text in business.messages_of():
        places["message", text.direction, text.remote_country].append(text.cost)

    found = business.run("spend_per_destination", dialect)
    expected = {}
    for place, costs in places.items():
        known: dict[str, list[Decimal]] = defaultdict(list)
        for cost in costs:
            if cost:
                known[cost.currency].append(cost.amount)
        for currency, amounts in known.items():
            expected[(*place, currency)] = (len(costs), len(amounts), sum(amounts))
    assert {
        (r["channel"], r["direction"], r["destination"], r["currency"]): (r["interactions"], r["charged"], r["spend"])
        for r in found
    } == expected
    for row in found:
        assert row["coverage"] == pytest.approx(row["charged"] / row["interactions"], abs=0.00005)
        assert isinstance(row["spend"], Decimal)


def test_spend_is_unknown_and_not_nought_before_charges_arrive(tmp_path: Path) -> None:
    records, objects = MemoryRecords(), MemoryObjects()
    store(records, call(remote_country="PL"))
    lake = ObjectLake(objects)
    rollup("acme", records=records, lake=lake, directory=directory(), clock=lambda: datetime.now(UTC), **beside())
    parquet = tmp_path / "calls.parquet"
    parquet.write_bytes(next(body for key, body in objects.bodies.items() if key.startswith("calls/")))
    with duckdb.connect() as sql:
        sql.execute(f"create view calls as select *, 'acme' as workspace, '2026-03-04' as day from '{parquet}'")
        sql.execute("create view messages as select * from calls where false")
        text = re.sub(r":(\w+)", r"$\1", report("spend_per_destination").sql)
        values = bind(report("spend_per_destination"), "acme", {"first_date": FIRST.replace(day=1), "last_date": LAST})
        assert sql.execute(text, values).fetchall() == [("call", "inbound", "PL", None, 1, 0, 0.0, None)]


def test_a_range_is_the_sum_of_its_parts(business: Business) -> None:
    """The local day is cut, not the UTC day: no call is counted twice or lost at the seam."""
    middle = date(2026, 4, 5)  # 25 hours long
    names = ("calls_made", "calls_received", "calls_internal", "talk_s")

    def totals(first: date, last: date) -> list[int]:
        rows = business.run("calls_and_talk_time_per_day_and_user", "as it is", first, last)
        return [sum(row[name] for row in rows) for name in names]

    parts = [
        totals(FIRST, middle - timedelta(days=1)), totals(middle, middle), totals(middle + timedelta(days=1), LAST)
    ]  # fmt: skip
    assert [sum(column) for column in zip(*parts, strict=True)] == totals(FIRST, LAST)
    assert totals(middle, middle)[:3] != [0, 0, 0]


@pytest.mark.parametrize("name", NAMES)
def test_a_range_without_data_has_no_rows(business: Business, name: str) -> None:
    assert business.run(name, "as it is", date(2030, 1, 1), date(2030, 1, 31)) == []
