"""Rows from memory are the rows of the lake: whatever is written between the questions, and whoever asks."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.access import Scope
from ringlake.errors import Unavailable
from ringlake.flows.answers.facts import CachedFacts, LakeFacts
from ringlake.model.directory import Ability, Workspace
from ringlake.model.tables import CALLS, CASES, LEGS, MESSAGES, PRESENCE, Table
from ringlake.query.filters import Filter, parse
from ringlake.query.resolve import Kind, ResolvedQuery, resolve
from ringlake.stores.columns import LakeColumns
from ringlake.stores.lake import ObjectLake, Stream, as_rows, memory_lake

FIRST = date(2026, 3, 27)
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(-1, 5)]
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
# By name: the text of a table is long.
TABLES = {table.name: table for table in (CALLS, MESSAGES, LEGS, CASES, PRESENCE)}
PEOPLE = ["", "u1", "u2", "u3"]
EMPTY: dict[str, object] = {"string": ""}
SHOWN: dict[str, list[str]] = {
    CALLS.name: ["record_id", "user_id", "talk_s", "is_missed", "remote_number", "started_at", "cost_amount"],
    MESSAGES.name: ["record_id", "status", "started_at", "is_spam"],
    LEGS.name: ["record_id", "user_id", "outcome", "ring_s"],
    CASES.name: ["record_id", "state", "is_open"],
    PRESENCE.name: ["line", "user_id", "status", "seconds"],
}

cells = st.fixed_dictionaries(
    {
        "n": st.integers(0, 4),
        "minute": st.integers(0, 24 * 60 - 1),
        "user": st.sampled_from(PEOPLE),
        "word": st.sampled_from(["inbound", "outbound", "internal", ""]),
        "flag": st.integers(0, 1),
    }
)
writes = st.tuples(
    st.just("write"),
    st.sampled_from(["acme", "other"]),
    st.sampled_from(list(TABLES)),
    st.sampled_from(DAYS),
    st.lists(cells, max_size=4, unique_by=lambda cell: cell["n"]),
)
reads = st.tuples(
    st.just("read"),
    st.sampled_from(["acme", "other"]),
    st.sampled_from(list(TABLES)),
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted),
    st.fixed_dictionaries(
        {},
        optional={
            "users": st.lists(st.sampled_from(PEOPLE), max_size=2),
            "include_internal": st.booleans(),
            "kinds": st.just(["consultation", "voice"]),
            "hour_from": st.just("08:30"),
            "weekdays": st.just([5, 7]),
            "only_missed": st.booleans(),
            "hours": st.just("open"),
        },
    ),
    st.sampled_from(
        [
            Scope(everything=True),
            Scope(users=("u1",), rung="u1"),
            Scope(teams=("t1",)),
            Scope(),
            Scope(everything=True, hides=(Ability.SEE_NUMBERS, Ability.SEE_COSTS)),
        ]
    ),
)


def row(table: Table, day: str, cell: dict[str, Any]) -> dict[str, object]:
    at = datetime.fromisoformat(day) + timedelta(minutes=cell["minute"])
    values: dict[str, object] = {c.name: EMPTY.get(c.type) for c in table.columns}
    given_ = {
        "record_id": f"c:{day}-{cell['n']}",
        "line": f"user {cell['n']}",
        "user_id": cell["user"],
        "team_id": "t1" if cell["flag"] else "",
        "direction": cell["word"],
        "unattributed": "" if cell["user"] else "group_call",
        "status": cell["word"],
        "kind": "consultation" if table is LEGS and cell["flag"] else "voice",
        "row_kind": "step" if cell["n"] == 3 else "leg",
        "seq": cell["n"],
        "remote_number": f"+4822123000{cell['n']}",
        "started_at": at,
        "is_call": 1,
        "is_missed": cell["flag"],
        "is_open": cell["flag"],
        "in_open_hours": cell["flag"],
        "is_spam": cell["flag"],
        "talk_s": None if cell["flag"] else cell["minute"],
    }
    return values | {name: value for name, value in given_.items() if name in values}


def written(lake: ObjectLake, workspace: str, table: Table, day: str, made: list[dict[str, Any]]) -> None:
    rows = as_rows(table, [row(table, day, cell) for cell in made])
    lake.write(table, workspace, day, rows, lake.etag(table, workspace, day))


def query(workspace: str, first: int, last: int, asked: dict[str, Any], scope: Scope, zone: str) -> ResolvedQuery:
    dates = {"from": str(FIRST + timedelta(days=first)), "to": str(FIRST + timedelta(days=last))}
    settings_ = Workspace(id=workspace, name=workspace, zone=zone)
    return resolve(scope, parse(Filter, {**dates, **asked}), settings_, NOW, Kind.AGGREGATES)


@given(
    st.lists(writes | reads, max_size=14),
    st.sampled_from(["Europe/Warsaw", "America/New_York", "Asia/Kathmandu"]),
    st.sampled_from([10**9, 600, 0]),
)
@settings(max_examples=60)
def test_memory_and_lake_give_the_same_rows(steps: list[Any], zone: str, most_bytes: int) -> None:
    lake = memory_lake()
    columns = LakeColumns(lake, most_bytes, readers=2)
    cached, plain = CachedFacts(columns), LakeFacts(lake)
    versions: dict[tuple[object, ...], dict[str, object]] = {}
    for step, workspace, name, *rest in steps:
        table = TABLES[name]
        if step == "write":
            written(lake, workspace, table, *rest)
            continue
        (first, last), asked, scope = rest
        question = query(workspace, first, last, asked, scope, zone)
        found = cached.rows(table, question, SHOWN[table.name])
        expected = plain.rows(table, question, SHOWN[table.name])

        assert found.to_pylist() == expected.to_pylist()
        assert columns.size_bytes <= most_bytes
        # Equal versions promise equal rows.
        seen = versions.setdefault((table.name, question, zone), {})
        assert seen.setdefault(cached.version(question, [table]), found.to_pylist()) == found.to_pylist()


def whole(lake: ObjectLake, day: str, *numbers: int) -> None:
    made = [{"n": n, "minute": n, "user": "u1", "word": "inbound", "flag": 0} for n in numbers]
    written(lake, "acme", CALLS, day, made)


EVERYTHING = Scope(everything=True)


def test_an_object_is_read_once_while_it_stays_the_same() -> None:
    class Counted(ObjectLake):
        read_days: list[str]

        def stream(self, table: Table, workspace: str, day: str, columns: Any) -> Stream:
            self.read_days.append(day)
            return super().stream(table, workspace, day, columns)

    lake = Counted(memory_lake()._objects)
    lake.read_days = []
    facts = CachedFacts(LakeColumns(lake))
    for day in DAYS[1:4]:
        whole(lake, day, 1, 2)
    asked = query("acme", 0, 2, {}, EVERYTHING, "UTC")
    facts.rows(CALLS, asked, ["record_id"])
    assert sorted(lake.read_days) == DAYS[1:4]

    lake.read_days.clear()
    facts.rows(CALLS, asked, ["record_id"])
    assert lake.read_days == []

    whole(lake, DAYS[2], 1, 2, 3)
    assert len(facts.rows(CALLS, asked, ["record_id"])) == 7
    assert set(lake.read_days) == {DAYS[2]}


def test_parts_of_one_question_see_one_state_and_the_next_question_the_new_one() -> None:
    lake = memory_lake()
    facts = CachedFacts(LakeColumns(lake))
    whole(lake, DAYS[1], 1)
    first = query("acme", 0, 0, {}, EVERYTHING, "UTC")
    one, two = (ResolvedQuery(**{**_fields(first), "snapshot": n}) for n in (1, 2))
    before = facts.version(one, [CALLS])
    whole(lake, DAYS[1], 1, 2)

    assert facts.version(one, [CALLS]) == before
    assert facts.version(two, [CALLS]) != before
    assert len(facts.rows(CALLS, two, ["record_id"])) == 2


def _fields(asked: ResolvedQuery) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in asked.__struct_fields__}


def test_a_day_that_is_replaced_while_it_is_read_is_read_again() -> None:
    class Busy(ObjectLake):
        left = 3

        def stream(self, table: Table, workspace: str, day: str, columns: Any) -> Stream:
            if self.left:
                self.left -= 1
                whole(self, day, *range(self.left + 2))
            return super().stream(table, workspace, day, columns)

    lake = Busy(memory_lake()._objects)
    whole(lake, DAYS[1], 1)
    facts = CachedFacts(LakeColumns(lake))
    asked = query("acme", 0, 0, {}, EVERYTHING, "UTC")

    assert len(facts.rows(CALLS, asked, ["record_id"])) == 2

    lake.left = 1000
    with pytest.raises(Unavailable, match="calls changes faster"):
        facts.rows(CALLS, asked, ["user_id"])


def test_a_value_that_is_erased_is_kept_in_no_dictionary() -> None:
    lake = memory_lake()
    facts = CachedFacts(LakeColumns(lake))
    for day, user in ((DAYS[1], "u1"), (DAYS[2], "u2")):
        written(lake, "acme", CALLS, day, [{"n": 1, "minute": 1, "user": user, "word": "inbound", "flag": 0}])
    asked = query("acme", 0, 1, {}, EVERYTHING, "UTC")
    assert facts.rows(CALLS, asked, ["user_id"])["user_id"].to_pylist() == ["u1", "u2"]

    written(lake, "acme", CALLS, DAYS[1], [])
    users: Any = facts.rows(CALLS, asked, ["user_id"])["user_id"]
    assert users.to_pylist() == ["u2"]
    assert {value for chunk in users.chunks for value in chunk.dictionary.to_pylist()} == {"u2"}


def test_threads_share_the_memory_and_see_what_each_asks_for() -> None:
    lake = memory_lake()
    facts = CachedFacts(LakeColumns(lake, most_bytes=2_000, readers=2))
    for day in DAYS[1:]:
        whole(lake, day, 1, 2, 3)
    wrong: list[object] = []

    def ask(first: int, last: int) -> None:
        for column in ("record_id", "user_id", "talk_s", "is_missed") * 5:
            found = facts.rows(CALLS, query("acme", first, last, {}, EVERYTHING, "UTC"), [column])
            if len(found) != 3 * (last - first + 1):
                wrong.append((first, last, column, len(found)))

    threads = [threading.Thread(target=ask, args=(first, 3)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
