"""Objects of the lake: what is in the file, what is not, and when it may be replaced."""

from __future__ import annotations

import io
import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.errors import Conflict
from ringlake.fold.recovery import consequences_of, touch_of
from ringlake.metrics.activity import CALL_COLUMNS, MESSAGE_COLUMNS, activity
from ringlake.metrics.closing import closed_charges, closing_rows, frozen, of_month
from ringlake.metrics.presence import presence_rows
from ringlake.metrics.reconcile import Entry, reconciliation_rows
from ringlake.metrics.rows import Row, call_row, case_rows, charge_rows, deal_row, leg_rows, message_row
from ringlake.model.calls import Leg, MissedReason, Outcome, TimelineStep
from ringlake.model.charges import Charge, CostSource, Rated
from ringlake.model.directory import Directory, User
from ringlake.model.facts import FactKind, PresenceStatus
from ringlake.model.invoices import InvoiceLine, LineState
from ringlake.model.money import Money
from ringlake.model.presence import Interval, Line, LineId
from ringlake.model.tables import (
    ACTIVITY,
    CALLS,
    CASES,
    CHARGES,
    CLOSED_CHARGES,
    CLOSINGS,
    DEALS,
    LEGS,
    MESSAGES,
    PRESENCE,
    RECONCILIATIONS,
    TABLES,
    Table,
)  # fmt: skip
from ringlake.stores import lake as lake_module
from ringlake.stores.lake import (
    ROW_GROUP_ROWS,
    ObjectLake,
    arrow_schema,
    as_rows,
    empty,
    from_parquet,
    in_order,
    lake_key,
    memory_lake,
    merged,
    parts_of,
    to_parquet,
)
from ringlake.stores.objects import MemoryObjects
from tests.stores.finance_suite import closing, invoice
from tests.unit.lake.making import ANNA, NOON, WORKSPACE, call, deal, message

APPROVED = Path(__file__).parents[2] / "approved" / "lake_schema.txt"
OURS, THEIRS = "+48220000001", "+48600000001"
DAY = "2026-03-04"
CENT = Money(amount=Decimal("0.01"), currency="EUR")
OWNER = User(id="u-anna", email="anna@acme.example", name=THEIRS)


def missed_rows(name: str) -> list[Row]:
    """The row of a case that is still open."""
    record = call(name, outcome=Outcome.NO_ANSWER, missed_reason=MissedReason.RANG_NO_ANSWER, remote_name=THEIRS)
    means = consequences_of([touch_of(name, record)], {}, WORKSPACE)[name]
    return case_rows(record, WORKSPACE, means)


def sample(table: Table) -> pa.Table:
    """Two rows of a table, with phone numbers in every place that can hold one."""
    step = TimelineStep(at=NOON, kind=FactKind.TRANSFERRED, value=THEIRS)
    record = call(
        legs=(Leg(leg_id="L1", party=ANNA, number=OURS, ringing_at=NOON),),
        timeline=(step,),
        entry_number=OURS,
        remote_name=THEIRS,
        significant=THEIRS,
        user=ANNA,
    )
    intervals = (
        Interval(status=PresenceStatus.ONLINE, started_at=NOON, ended_at=NOON + timedelta(hours=1), raw="online"),
        Interval(status=PresenceStatus.TALKING, started_at=NOON + timedelta(hours=1), calls=(record.record_id,)),
    )
    line = Line(id=LineId(user_id=OWNER.id), account=OURS, intervals=intervals)
    calls = as_rows(CALLS, [call_row(r, WORKSPACE) for r in (record, call("c2", user=ANNA))])
    messages = as_rows(MESSAGES, [message_row(m, WORKSPACE) for m in (message(), message("m2"))])
    unit = Charge(unit="c1", at=NOON, number=THEIRS, source=CostSource.PROVIDER, ratings=(Rated(amount=CENT),))
    charged = [call(name, entry_number=OURS, remote_name=THEIRS, user=ANNA, charges=(unit,)) for name in ("c1", "c2")]
    return {
        CALLS: calls,
        MESSAGES: messages,
        LEGS: as_rows(LEGS, leg_rows(record)),
        CASES: as_rows(CASES, [row for name in ("c1", "c2") for row in missed_rows(name)]),
        ACTIVITY: activity(calls, messages).select(list(ACTIVITY.names)),
        CHARGES: as_rows(CHARGES, [row for one in charged for row in charge_rows(one, WORKSPACE)]),
        DEALS: as_rows(DEALS, [deal_row(deal(name), WORKSPACE, record) for name in ("d1", "d2")]),
        PRESENCE: as_rows(PRESENCE, presence_rows(line, Directory(workspace=WORKSPACE, users=(OWNER,)))),
        **finance(as_rows(CHARGES, [row for one in charged for row in charge_rows(one, WORKSPACE)])),
    }[table]


def finance(charges: pa.Table) -> dict[Table, pa.Table]:
    """An invoice with a line of ours and one that is not, and a month of two charges that was closed."""
    told = InvoiceLine(line=2, number=OURS, remote=THEIRS, started_at=NOON, amount=Decimal("0.01"), currency="EUR")
    lines = [Entry(LineState.EXTRA, told, None), Entry(LineState.EXTRA, msgspec.structs.replace(told, line=3), None)]
    month = NOON.date().replace(day=1)
    rows = of_month("charges", charges, month)
    closed = msgspec.structs.replace(closing(month), parts=(frozen("charges", NOON.date(), rows),))
    return {
        RECONCILIATIONS: as_rows(RECONCILIATIONS, reconciliation_rows(invoice(), lines, WORKSPACE.tz)),
        CLOSINGS: as_rows(CLOSINGS, closing_rows([closed, msgspec.structs.replace(closed, version=2)])),
        CLOSED_CHARGES: closed_charges(closed, rows, latest=True),
    }


def describe(table: Table) -> str:
    """The schema as a reader of the file sees it."""
    with pq.ParquetFile(pa.BufferReader(to_parquet(table, sample(table)))) as file:
        group = file.metadata.row_group(0)
        lines = [f"{table.name}: sorted by {', '.join(table.order)}; metadata {file.metadata.metadata or 'none'}"]
        for index in range(group.num_columns):
            column, footer = file.schema.column(index), group.column(index)
            logical = str(column.logical_type).split(", is_from_converted_type")[0].removesuffix(")")
            logical += ")" * (logical.count("(") - logical.count(")"))
            kind = column.physical_type if logical == "None" else f"{column.physical_type} as {logical}"
            shown = "" if footer.is_stats_set else ", no statistics"
            shown += "" if "RLE_DICTIONARY" in footer.encodings or logical == "None" else ", no dictionary"
            lines.append(f"  {column.name}: {kind}, {footer.compression}{shown}")
    return "\n".join(lines) + "\n"


def test_the_files_have_the_approved_schema() -> None:
    """A change here changes what SQL, Athena and other people's tools read: approve it knowingly."""
    received = "\n".join(describe(table) for table in TABLES)

    assert received == APPROVED.read_text(), f"if intended, write this to {APPROVED.name}:\n{received}"


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_no_phone_number_is_in_the_footer(table: Table) -> None:
    body = to_parquet(table, sample(table))
    length = int.from_bytes(body[-8:-4], "little")
    footer = body[-8 - length : -8]

    for number in (OURS, THEIRS):
        assert number.encode() not in footer


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_personal_columns_have_no_statistics_and_the_others_do(table: Table) -> None:
    with pq.ParquetFile(pa.BufferReader(to_parquet(table, sample(table)))) as file:
        group = file.metadata.row_group(0)
        shown = {group.column(i).path_in_schema for i in range(group.num_columns) if group.column(i).is_stats_set}

    assert shown == {c.name for c in table.columns if c.statistics}
    assert not shown & {"business_number", "remote_number", "remote_name", "entry_number", "significant", "value"}


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_what_was_written_is_read_back(table: Table) -> None:
    rows = sample(table)
    found = from_parquet(table, to_parquet(table, rows))

    assert found.schema == arrow_schema(table)
    assert found.to_pylist() == in_order(table, rows).to_pylist()


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_equal_rows_in_any_order_and_chunking_give_equal_bytes(table: Table) -> None:
    rows = sample(table)
    pieces = [rows.slice(i, 1) for i in range(len(rows))]
    random.Random(4).shuffle(pieces)

    assert to_parquet(table, pa.concat_tables(pieces)) == to_parquet(table, rows)


def test_big_days_are_cut_into_row_groups_that_prune_by_user() -> None:
    users = [f"u{n % 7}" for n in range(ROW_GROUP_ROWS + 10)]
    template = call_row(call(), WORKSPACE)
    rows = as_rows(CALLS, [{**template, "record_id": f"r{n:06}", "user_id": user} for n, user in enumerate(users)])

    with pq.ParquetFile(pa.BufferReader(to_parquet(CALLS, rows))) as file:
        sizes = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
        index = file.schema_arrow.names.index("user_id")
        last: Any = file.metadata.row_group(1).column(index).statistics
    assert sizes == [ROW_GROUP_ROWS, 10]
    assert (last.min, last.max) == ("u6", "u6")


def test_only_the_columns_asked_for_are_read() -> None:
    lake = memory_lake()
    lake.write(CALLS, "acme", DAY, sample(CALLS), None)

    part = lake.read(CALLS, "acme", DAY, ["talk_s", "user_id"])
    assert part.rows.to_pylist() == [{"talk_s": 60, "user_id": "u-anna"}] * 2
    assert part.etag == lake.etag(CALLS, "acme", DAY)


def test_a_column_that_is_newer_than_the_file_is_null() -> None:
    """An old day is read by new code until something on it changes."""
    old = sample(CALLS).drop_columns(["is_answered_offered"])
    sink = io.BytesIO()
    pq.write_table(old, sink)

    found = from_parquet(CALLS, sink.getvalue(), ["record_id", "is_answered_offered"])
    assert found["is_answered_offered"].to_pylist() == [None, None]
    assert found.schema.field("is_answered_offered").type == pa.int32()


@pytest.mark.parametrize("columns", [None, ["record_id", "talk_s"]])
def test_a_day_without_an_object_has_no_rows(columns: list[str] | None) -> None:
    part = memory_lake().read(CALLS, "acme", DAY, columns)

    assert (len(part.rows), part.etag) == (0, None)
    assert part.rows.column_names == (columns or list(CALLS.names))


def test_an_object_is_replaced_only_by_who_read_it_last() -> None:
    lake = memory_lake()
    first = lake.write(CALLS, "acme", DAY, sample(CALLS), None)
    with pytest.raises(Conflict):
        lake.write(CALLS, "acme", DAY, empty(CALLS), None)

    second = lake.write(CALLS, "acme", DAY, empty(CALLS), first)
    with pytest.raises(Conflict):
        lake.write(CALLS, "acme", DAY, sample(CALLS), first)
    assert lake.etag(CALLS, "acme", DAY) == second


def test_the_days_of_a_table_are_listed_per_workspace() -> None:
    lake = memory_lake()
    for workspace, day in (("acme", "2026-03-05"), ("acme", DAY), ("acme2", "2026-03-06")):
        lake.write(CALLS, workspace, day, sample(CALLS), None)

    assert list(lake.days(CALLS, "acme")) == [DAY, "2026-03-05"]
    assert list(lake.days(MESSAGES, "acme")) == []


def test_keys_name_table_workspace_and_day() -> None:
    assert lake_key(CALLS, "acme", DAY) == "calls/workspace=acme/day=2026-03-04/data.parquet"


def grouped(calls: list[dict[str, Any]], messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = activity(as_rows(CALLS, calls), as_rows(MESSAGES, messages)).to_pylist()
    return found


def test_a_day_without_rows_has_no_activity() -> None:
    assert grouped([], []) == []


def test_activity_of_calls_alone_and_messages_alone() -> None:
    (calls,) = grouped([call_row(call(), WORKSPACE)], [])
    (messages,) = grouped([], [message_row(message(), WORKSPACE)])

    assert (calls["calls"], calls["messages"], calls["outcome"]) == (1, 0, "answered")
    assert (messages["calls"], messages["messages"], messages["outcome"]) == (0, 1, "delivered")


@pytest.mark.parametrize(("minutes", "bucket"), [(0, 0), (14, 0), (15, 15), (29, 15), (59, 45)])
def test_an_interaction_belongs_to_the_quarter_hour_in_which_it_started(minutes: int, bucket: int) -> None:
    (row,) = grouped([call_row(call(at=NOON + timedelta(minutes=minutes, seconds=59)), WORKSPACE)], [])

    assert row["bucket_start"] == (NOON + timedelta(minutes=bucket)).replace(tzinfo=None)


def test_every_dimension_separates() -> None:
    base = call_row(call(), WORKSPACE)
    others = {
        "user_id": "u2", "team_id": "t", "business_number": "+1", "direction": "outbound", "outcome": "busy",
        "source": "ads", "local_date": date(2026, 3, 5), "local_hour": 7,
        "started_at": base["started_at"] + timedelta(minutes=15),
    }  # fmt: skip
    rows = [base, base, *({**base, name: value} for name, value in others.items())]

    found = grouped(rows, [message_row(message(), WORKSPACE)])
    assert sorted(row["calls"] for row in found) == [0, *([1] * len(others)), 2]


def test_keys_stay_exact_when_their_product_leaves_64_bits() -> None:
    """Six columns of 2 ** 11 values each make 66 bits: the user's highest bits would fall off the key."""
    base = call_row(call(), WORKSPACE)
    names = ("user_id", "team_id", "business_number", "direction", "outcome", "source")
    rows = [{**base, **dict.fromkeys(names, f"{n}")} for n in range(2048)]
    rows += [{**base, **dict.fromkeys(names, "7"), "user_id": user} for user in ("0", "1024")]

    found = grouped(rows, [])
    assert len(found) == len(rows)
    assert {row["calls"] for row in found} == {1}


def test_unknown_durations_add_nothing() -> None:
    known = call_row(call(), WORKSPACE)
    (row,) = grouped([known, {**known, "wait_s": None, "talk_s": None}], [])

    assert (row["calls"], row["wait_s"], row["talk_s"], row["answered_wait_s"]) == (2, 4, 60, 4)


def test_sums_are_wider_than_their_columns() -> None:
    long = {**call_row(call(), WORKSPACE), "talk_s": 2**31 - 1}
    (row,) = grouped([long, long, long], [])

    assert row["talk_s"] == 3 * (2**31 - 1)


@pytest.mark.parametrize("group_rows", [1, 3, 7, 50])
def test_a_day_read_in_parts_has_the_activity_of_the_whole_day(
    group_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are cut anywhere, also in the middle of a user and of a quarter of an hour."""
    monkeypatch.setattr(lake_module, "ROW_GROUP_ROWS", group_rows)
    dice = random.Random(group_rows)
    base, text = call_row(call(), WORKSPACE), message_row(message(), WORKSPACE)
    calls, messages = [], []
    for n in range(60):
        common = {
            "record_id": f"r{n}",
            "user_id": dice.choice(["", "u1", "u2", "u3"]),
            "business_number": dice.choice(["+1", "+2"]),
            "started_at": base["started_at"] + timedelta(minutes=dice.randrange(90)),
        }
        talk = dice.choice([None, 0, 30])
        calls.append({**base, **common, "talk_s": talk, "wait_s": dice.choice([None, 4]), "is_call": n % 5 and 1})
        messages.append({**text, **common})
    lake = memory_lake()
    lake.write(CALLS, "acme", DAY, as_rows(CALLS, calls), None)
    lake.write(MESSAGES, "acme", DAY, as_rows(MESSAGES, messages), None)

    in_parts = activity(
        lake.stream(CALLS, "acme", DAY, CALL_COLUMNS).parts, lake.stream(MESSAGES, "acme", DAY, MESSAGE_COLUMNS).parts
    )
    whole = activity(as_rows(CALLS, calls), as_rows(MESSAGES, messages))
    assert to_parquet(ACTIVITY, in_parts) == to_parquet(ACTIVITY, whole)
    assert sum(row["calls"] for row in in_parts.to_pylist()) == 48


@given(
    old=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=30),
    fresh=st.lists(st.tuples(st.integers(0, 35), st.sampled_from("abcd"), st.integers(0, 5)), max_size=12),
    gone=st.sets(st.integers(0, 35), max_size=6),
    group_rows=st.integers(1, 7),
    sort_from=st.sampled_from([1, 1_000]),
)
def test_a_merge_gives_the_bytes_of_all_rows_written_at_once(
    old: list[tuple[str, int]], fresh: list[tuple[int, str, int]], gone: set[int], group_rows: int, sort_from: int
) -> None:
    """Rows leave, come and move, at the seams of row groups and parts, before the first and behind the last."""
    base = call_row(call(), WORKSPACE)

    def row(number: int, user: str, minute: int) -> dict[str, Any]:
        at = base["started_at"] + timedelta(minutes=minute)
        return {**base, "record_id": f"r{number:02}", "user_id": user, "started_at": at}

    before = {n: row(n, user, minute) for n, (user, minute) in enumerate(old)}
    changed = {n: row(n, user, minute) for n, user, minute in fresh}
    after = {n: r for n, r in before.items() if n not in gone and n not in changed} | changed
    ids = [f"r{n:02}" for n in gone | set(changed)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lake_module, "ROW_GROUP_ROWS", group_rows)
        patched.setattr(lake_module, "PART_GROUPS", 2)
        patched.setattr(lake_module, "SORT_FROM", sort_from)
        body = to_parquet(CALLS, as_rows(CALLS, list(before.values()))) if before else None
        found = merged(CALLS, body, ids, as_rows(CALLS, list(changed.values())))
        assert found == to_parquet(CALLS, as_rows(CALLS, list(after.values())))


def test_a_merge_fills_columns_that_are_newer_than_the_file_with_null() -> None:
    sink = io.BytesIO()
    pq.write_table(in_order(CALLS, sample(CALLS)).drop_columns(["is_answered_offered"]), sink)

    rows = from_parquet(CALLS, merged(CALLS, sink.getvalue(), [], empty(CALLS)))
    assert rows["is_answered_offered"].to_pylist() == [None, None]
    assert rows.schema == arrow_schema(CALLS)


def test_a_day_without_an_object_has_no_parts() -> None:
    stream = memory_lake().stream(CALLS, "acme", DAY, CALL_COLUMNS)

    assert (list(stream.parts), stream.etag) == ([], None)


def test_parts_of_an_older_file_have_null_for_a_newer_column() -> None:
    """Nothing is lost or thrown together: the old rows are counted, under an empty value."""
    old = sample(CALLS).drop_columns(["source", "is_answered_offered"])
    sink = io.BytesIO()
    pq.write_table(old, sink)

    (part,) = parts_of(CALLS, sink.getvalue(), CALL_COLUMNS)
    (row,) = activity([part], []).to_pylist()
    assert (row["calls"], row["source"], row["answered_offered"], row["answered_wait_s"]) == (2, "", 0, 0)


def test_a_classifier_row_adds_nothing_to_the_calls_of_its_cell() -> None:
    known = call_row(call(), WORKSPACE)
    (row,) = grouped([{**known, "is_call": 0, "talk_s": 1000}, known], [])

    assert (row["calls"], row["talk_s"]) == (1, 60)


@pytest.mark.parametrize("weekday", range(1, 8))
def test_weekdays_of_the_activity_are_those_of_its_rows(weekday: int) -> None:
    record = call_row(call(at=NOON + timedelta(days=weekday - 3)), WORKSPACE)
    (row,) = grouped([record], [])

    assert row["local_weekday"] == record["local_weekday"] == weekday


def test_classifier_rows_are_no_activity() -> None:
    assert grouped([{**call_row(call(), WORKSPACE), "is_call": 0}], []) == []


def test_the_lake_over_memory_is_the_lake_over_a_bucket() -> None:
    objects = MemoryObjects()
    ObjectLake(objects).write(CALLS, "acme", DAY, sample(CALLS), None)

    assert list(objects.bodies) == [lake_key(CALLS, "acme", DAY)]
