"""The roll-up, step by step (the properties are in tests/property/test_rollup.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb
import msgspec
import pytest

from functions.rollup import rollup as entry
from ringlake.errors import Conflict, Unavailable
from ringlake.flows.rollup import ATTEMPTS, INDEX_LAG, RolledUp, rollup
from ringlake.model.calls import CallRecord, Leg, LiveState, Outcome, Party
from ringlake.model.directory import Workspace
from ringlake.model.facts import Direction
from ringlake.model.tables import ACTIVITY, ALL_DAYS, CALLS, LEGS, MESSAGES, OPEN_CASES, Table
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.lake import ObjectLake, lake_key
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords, Record
from ringlake.stores.refolds import MemoryRefolds
from tests.unit.lake.making import ANNA, NOON, beside, call, directory, message, store, subject

WEDNESDAY, THURSDAY = "2026-03-04", "2026-03-05"


class Company:
    """A workspace whose store calls are counted; `before` runs something ahead of a named call."""

    def __init__(self) -> None:
        self.memory, self.objects = MemoryRecords(), MemoryObjects()
        self.beside = beside()
        self.directory = directory()
        self.calls: Counter[str] = Counter()
        self.before: dict[str, Callable[[], object]] = {}
        self.lake = ObjectLake(self.objects)
        self.now = NOON + timedelta(minutes=5)

    def put(self, *changed: Record) -> None:
        store(self.memory, *changed)

    def run(self, **options: Any) -> RolledUp:
        return rollup(
            "acme",
            records=self._watched(self.memory),
            lake=ObjectLake(self._watched(self.objects)),
            directory=self.directory,
            clock=lambda: self.now,
            **self.beside,
            **options,
        )

    def ids(self, table: Table, day: str = WEDNESDAY) -> list[str]:
        rows = self.lake.read(table, "acme", day, ["record_id"]).rows
        return [str(row["record_id"]) for row in rows.to_pylist()]

    def sums(self, day: str = WEDNESDAY, *names: str) -> dict[str, int]:
        rows = self.lake.read(ACTIVITY, "acme", day).rows.to_pylist()
        return {name: sum(row[name] for row in rows) for name in names or ("calls", "messages")}

    def _watched(self, store: Any) -> Any:
        company = self

        class Watched:
            def __getattr__(self, name: str) -> Any:
                def method(*args: Any, **kwargs: Any) -> Any:
                    company.calls[name] += 1
                    company.before.pop(name, lambda: None)()
                    return getattr(store, name)(*args, **kwargs)

                return method

        return Watched()


@pytest.fixture
def company() -> Company:
    return Company()


def test_nothing_marked_is_two_reads(company: Company) -> None:
    done = company.run()

    assert done == RolledUp(workspace="acme")
    assert company.calls == {"live": 1, "dirty": 1}
    assert company.directory.watermark("acme") == company.now - INDEX_LAG


def test_records_become_rows_and_their_day_becomes_activity(company: Company) -> None:
    company.put(call("c1", legs=(Leg(leg_id="L", party=ANNA),)), call("c2"), message("m1"))
    done = company.run()

    assert (done.records, done.days, done.objects, done.complete) == (3, 1, 4, True)
    assert company.ids(CALLS) == ["line:c1", "line:c2"]
    assert company.ids(MESSAGES) == ["line:m1"]
    assert company.ids(LEGS) == ["line:c1"]
    assert company.sums() == {"calls": 2, "messages": 1}
    assert company.memory.dirt == set()
    assert company.memory.load(subject(call("c1"))).lake_days == (WEDNESDAY,)


def test_a_day_without_legs_and_messages_has_no_objects_of_theirs(company: Company) -> None:
    company.put(call("c1"))
    company.run()

    assert {key.partition("/")[0] for key in company.objects.bodies} == {"calls", "activity"}


def test_a_live_call_is_a_row_without_an_end_and_is_replaced_when_it_ends(company: Company) -> None:
    company.put(call(outcome=None, live=LiveState.IN_PROGRESS, ended_at=None, talk_ms=None, revision=1))
    company.run()
    (row,) = company.lake.read(CALLS, "acme", WEDNESDAY).rows.to_pylist()
    assert (row["live"], row["ended_at"], row["talk_s"]) == ("in_progress", None, None)

    company.put(call(revision=2))
    company.run()
    (row,) = company.lake.read(CALLS, "acme", WEDNESDAY).rows.to_pylist()
    assert (row["live"], row["talk_s"], row["revision"]) == ("", 60, 2)
    assert company.sums(WEDNESDAY, "calls", "answered", "talk_s") == {"calls": 1, "answered": 1, "talk_s": 60}


def test_a_late_event_rewrites_history(company: Company) -> None:
    """demands.md D39: a call that was frozen at nought is put right whenever its end is learned."""
    company.put(call(talk_ms=0, revision=1))
    company.run()
    company.now += timedelta(days=200)
    company.put(call(talk_ms=600_000, revision=2))
    company.run()

    assert company.sums(WEDNESDAY, "calls", "talk_s") == {"calls": 1, "talk_s": 600}


def test_a_record_whose_start_moves_changes_its_day(company: Company) -> None:
    company.put(call("c1"), call("c2"))
    company.run()
    company.put(call("c1", at=NOON + timedelta(days=1), revision=4))
    company.run()

    assert company.ids(CALLS, WEDNESDAY) == ["line:c2"]
    assert company.ids(CALLS, THURSDAY) == ["line:c1"]
    assert (company.sums(WEDNESDAY)["calls"], company.sums(THURSDAY)["calls"]) == (1, 1)


def test_a_call_that_turns_out_to_be_part_of_another_leaves_the_lake(company: Company) -> None:
    company.put(call("c1", legs=(Leg(leg_id="L", party=ANNA),)), call("c2"))
    company.run()
    company.put(call("c1", part_of="c2", revision=4))
    done = company.run()

    assert (company.ids(CALLS), company.ids(LEGS), company.sums()["calls"]) == (["line:c2"], [], 1)
    assert (done.complete, company.memory.dirt) == (True, set())


def test_a_part_leaves_the_lake_also_when_the_run_before_died_after_its_write(company: Company) -> None:
    """Found by the property: the day was written, no mark was cleared, and parts have no day of their own."""
    company.put(call("c1"))

    def die() -> None:
        raise Unavailable("crash")

    company.before["clean"] = die
    with pytest.raises(Unavailable):
        company.run()
    assert company.ids(CALLS) == ["line:c1"]

    company.put(call("c1", part_of="c2", revision=4))
    company.run()
    assert company.ids(CALLS) == []


def test_the_legs_of_a_call_are_replaced_with_it(company: Company) -> None:
    one, two = Leg(leg_id="L1", party=ANNA), Leg(leg_id="L2", party=ANNA)
    company.put(call("c1", legs=(one, two)), call("c2", legs=(one,)))
    company.run()
    company.put(call("c1", legs=(two,), revision=4))
    company.run()

    rows = company.lake.read(LEGS, "acme", WEDNESDAY).rows.to_pylist()
    assert [(r["record_id"], r["leg_id"]) for r in rows] == [("line:c1", "L2"), ("line:c2", "L1")]


def test_a_second_run_over_the_same_records_writes_nothing(company: Company) -> None:
    company.put(call("c1"), message("m1"))
    company.run()
    before = dict(company.objects.bodies)
    company.memory.dirt |= {subject(call("c1")).key, subject(message("m1")).key}
    done = company.run()

    assert (done.records, done.objects) == (2, 0)
    assert company.objects.bodies == before


def test_only_the_days_that_changed_are_touched(company: Company) -> None:
    days = [NOON + timedelta(days=n) for n in range(30)]
    company.put(*(call(f"c{n}", at=at) for n, at in enumerate(days)))
    company.run()
    company.calls.clear()
    company.put(call("c7", at=days[7], talk_ms=1000, revision=9))
    done = company.run()

    assert (done.days, done.objects) == (1, 2)
    # Five objects of the day, what activity is derived from, and the open cases of all days.
    assert company.calls["get"] <= 8
    assert company.calls["put"] == 2


def test_small_batches_go_on_until_nothing_is_marked(company: Company) -> None:
    company.put(*(call(f"c{n}") for n in range(7)))
    done = company.run(batch=2)

    assert (done.records, done.complete, len(company.ids(CALLS))) == (7, True, 7)


def test_a_run_without_time_left_begins_nothing_and_states_no_freshness(company: Company) -> None:
    company.put(*(call(f"c{n}") for n in range(5)))
    done = company.run(batch=2, until=company.now)

    assert (done.records, done.complete, len(company.memory.dirt)) == (0, False, 5)
    assert company.directory.watermark("acme") is None
    assert company.run(batch=2).complete


def test_a_batch_that_takes_too_long_stops_between_two_days(company: Company) -> None:
    """A catch-up over many days must not be killed in the middle: what is not begun keeps its mark."""
    company.put(*(call(f"c{n}", at=NOON + timedelta(days=n)) for n in range(30)))
    stop = company.now + timedelta(seconds=40)

    def tick() -> None:
        company.now += timedelta(seconds=1)
        company.before["get"] = tick

    company.before["get"] = tick
    done = company.run(until=stop)

    assert (done.complete, 0 < done.records < 30) == (False, True)
    assert done.records == done.days == 30 - len(company.memory.dirt)
    assert company.directory.watermark("acme") is None
    assert company.run().complete
    assert len(list(company.lake.days(CALLS, "acme"))) == 30


def test_a_catch_up_takes_larger_and_larger_batches(company: Company) -> None:
    company.put(*(call(f"c{n:02}") for n in range(15)))
    company.run(batch=1)

    assert company.calls["dirty"] == 5  # 1 + 2 + 4 + 8, then the rest


def test_freshness_is_that_of_the_moment_before_the_look(company: Company) -> None:
    """What is written after the look may not be in the lake, so the lake may not be said to be newer."""
    started = company.now

    def later() -> None:
        company.now += timedelta(minutes=3)

    company.put(call())
    company.before["dirty"] = later
    company.run()

    assert company.directory.watermark("acme") == started - INDEX_LAG


def test_a_record_that_changes_while_it_is_written_stays_marked_and_is_written_again(company: Company) -> None:
    company.put(call(talk_ms=1000, revision=1))
    company.before["clean"] = lambda: company.put(call(talk_ms=2000, revision=2))
    company.run()

    assert company.sums(WEDNESDAY, "talk_s") == {"talk_s": 2}
    assert company.memory.dirt == set()


def test_an_object_that_somebody_else_replaced_is_read_again_before_it_is_written(company: Company) -> None:
    company.put(call("c1"))
    other = Company()
    other.memory, other.objects, other.beside = company.memory, company.objects, company.beside

    def overtake() -> None:
        company.put(call("c1", revision=5), call("c2"))
        other.run()

    company.before["put"] = overtake
    done = company.run()

    assert done.conflicts == 1
    rows = company.lake.read(CALLS, "acme", WEDNESDAY).rows.to_pylist()
    assert [(r["record_id"], r["revision"]) for r in rows] == [("line:c1", 5), ("line:c2", 3)]


def test_an_outdated_row_is_taken_out_again_when_the_etag_came_back(company: Company) -> None:
    """The object was replaced by equal bytes, so If-Match sees no change: the etag is a digest of content."""
    company.put(call("c1"))
    other = Company()
    other.memory, other.objects, other.beside = company.memory, company.objects, company.beside

    def leave() -> None:
        company.put(call("c1", part_of="c2", revision=4))
        other.run()

    company.before["put"] = leave
    company.run()

    assert (company.ids(CALLS), company.sums()["calls"]) == ([], 0)


def test_activity_is_never_older_than_the_facts_it_stands_beside(company: Company) -> None:
    company.put(call("c1"))
    company.run()
    company.put(call("c2"))

    _before_activity_is_written(company, call("c3"))
    company.run()

    assert company.sums()["calls"] == len(company.ids(CALLS)) == 3


def test_activity_is_right_also_when_another_run_found_the_old_one_right(company: Company) -> None:
    """Two equal calls, of which one leaves: the other run has nothing to write, so our If-Match still holds."""
    company.put(call("c1"))
    company.run()
    company.put(call("c2"))

    _before_activity_is_written(company, call("c1", part_of="c2", revision=4))
    company.run()

    assert company.ids(CALLS) == ["line:c2"]
    assert company.sums()["calls"] == 1


def _before_activity_is_written(company: Company, change: Record) -> None:
    """Between our look at the facts and our second write, another run takes this change to the lake."""
    other = Company()
    other.memory, other.objects, other.beside = company.memory, company.objects, company.beside

    def overtake() -> None:
        company.put(change)
        other.run()

    def at_the_facts() -> None:
        company.before["put"] = overtake

    company.before["put"] = at_the_facts


def test_who_always_loses_the_race_gives_way_and_leaves_the_mark(company: Company) -> None:
    class Contested(MemoryObjects):
        def put(self, key: str, body: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
            raise Conflict(key)

    company.put(call("c1"))
    company.objects = Contested()
    done = company.run()

    assert (done.complete, done.records) == (False, 0)
    assert done.conflicts >= ATTEMPTS
    assert company.memory.dirt == {subject(call("c1")).key}


def test_workspaces_do_not_meet(company: Company) -> None:
    company.put(call("c1"))
    company.run()

    assert {key.split("/")[1] for key in company.objects.bodies} == {"workspace=acme"}


def test_readers_see_a_day_as_it_was_or_as_it_is(company: Company) -> None:
    """reliability.md check 22: after every single store call, each object is old or new, never a mixture."""
    company.put(*(call(f"c{n}", talk_ms=1000) for n in range(10)))
    company.run()
    company.put(*(call(f"c{n}", talk_ms=2000, revision=9) for n in range(10)))
    seen: set[tuple[int, int]] = set()

    def look() -> None:
        talk = [row["talk_s"] for row in company.lake.read(CALLS, "acme", WEDNESDAY, ["talk_s"]).rows.to_pylist()]
        seen.add((sum(talk), company.sums(WEDNESDAY, "talk_s")["talk_s"]))
        for name in ("get", "etag", "put", "get_many", "clean"):
            company.before[name] = look

    company.before["dirty"] = look
    company.run()

    assert seen == {(10, 10), (20, 10), (20, 20)}


def test_duckdb_reads_the_files_as_we_do(company: Company, tmp_path: Any) -> None:
    company.put(call("c1"), call("c2", user=ANNA), message("m1"))
    company.run()
    for key, body in company.objects.bodies.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(body)

    with duckdb.connect() as sql:
        found = sql.execute(
            f"select workspace, day::varchar, sum(talk_s), max(started_at), max(local_date)::varchar"
            f" from read_parquet('{tmp_path}/{lake_key(CALLS, '*', '*')}', hive_partitioning = true) group by all"
        ).fetchall()
    assert found == [("acme", WEDNESDAY, 120, NOON.replace(tzinfo=None), WEDNESDAY)]


# --- the function of Lambda ---------------------------------------------------


@pytest.fixture
def deployed(company: Company, monkeypatch: pytest.MonkeyPatch) -> Company:
    company.directory.put_workspace(Workspace(id="zeta", name="Zeta"))
    site = entry.Stores(company._watched(company.memory), company.lake, company.directory, **company.beside)
    monkeypatch.setattr(entry, "stores", lambda: site)
    monkeypatch.setattr(entry, "bells", lambda: (MemoryRefolds(), MemoryJournal()))
    return company


def invoke(milliseconds: int = 300_000) -> dict[str, int]:
    return entry.handler({}, SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds))


def test_the_function_rolls_up_every_workspace(deployed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.put(call("c1"), msgspec.structs.replace(call("z1"), workspace="zeta"))

    assert invoke() == {"records": 2}
    assert {key.split("/")[1] for key in deployed.objects.bodies} == {"workspace=acme", "workspace=zeta"}
    assert '"RollupFinished": 1' in capsys.readouterr().out


def test_one_workspace_that_fails_does_not_stop_the_others(
    deployed: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.put(call("c1"), msgspec.structs.replace(call("z1"), workspace="zeta"))

    def down() -> None:
        raise Unavailable("BatchGetItem: InternalServerError")

    deployed.before["get_many"] = down
    with pytest.raises(Unavailable):
        invoke()

    assert {key.split("/")[1] for key in deployed.objects.bodies} == {"workspace=zeta"}
    assert "RollupFinished" not in capsys.readouterr().out


def test_the_log_holds_nothing_personal(deployed: Company, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.put(call("c1"))
    invoke()

    out = capsys.readouterr().out
    assert "acme" in out
    assert not any(secret in out for secret in ("+48", "Anna", "anna@"))


def test_the_clock_of_the_function_is_utc() -> None:
    assert entry.now().tzinfo is UTC
    assert isinstance(entry.now(), datetime)


def missed(id: str, days_ago: int = 0, **fields: Any) -> CallRecord:
    """A miss of a customer of its own, which rang two people and nobody took."""
    legs = tuple(Leg(leg_id=user, party=Party(user_id=user), ringing_at=NOON) for user in ("u1", "u2"))
    nobody = {"outcome": Outcome.NO_ANSWER, "user": Party(), "unattributed": "group_call", "legs": legs}
    return call(id, at=NOON - timedelta(days=days_ago), **{**nobody, "party_key": f"k-{id}", **fields})


def test_the_work_list_is_what_all_days_leave_open(company: Company) -> None:
    company.put(missed("m1"), missed("m2", 400), call("c1"))
    company.run()
    assert company.ids(OPEN_CASES, ALL_DAYS) == ["line:m2", "line:m1"]

    back = call("back", at=NOON + timedelta(minutes=2), direction=Direction.OUTBOUND, party_key="k-m1")
    company.put(back)
    company.run()
    assert company.ids(OPEN_CASES, ALL_DAYS) == ["line:m2"]


def test_a_case_that_moves_to_another_day_stays_on_the_work_list(company: Company) -> None:
    company.put(missed("m1"))
    company.run()
    for revision, days_ago in enumerate((1, -1, 0), start=4):
        company.put(missed("m1", days_ago, revision=revision))
        company.run()
        assert company.ids(OPEN_CASES, ALL_DAYS) == ["line:m1"]


def test_a_lake_that_is_older_than_the_work_list_gets_one_of_all_its_days(company: Company) -> None:
    company.put(missed("m1"), missed("m2", 400))
    company.run()
    (key,) = [key for key in company.objects.bodies if key.startswith("open_cases/")]
    whole = company.objects.bodies.pop(key)
    company.put(call("c1"))
    company.run()

    assert company.objects.bodies[key] == whole
    rows = company.lake.read(OPEN_CASES, "acme", ALL_DAYS, ["rang"]).rows.to_pylist()
    assert rows == [{"rang": ";u1;u2;"}] * 2


def test_a_catch_up_writes_the_work_list_once_for_a_batch(company: Company) -> None:
    company.put(*(missed(f"m{n}", n) for n in range(20)))
    written: list[str] = []
    put = company.objects.put

    def noted(key: str, *args: Any, **options: Any) -> str:
        written.append(key)
        return put(key, *args, **options)

    company.objects.put = noted  # type: ignore[method-assign]
    company.run()

    assert len([key for key in written if key.startswith("open_cases/")]) == 1
    assert len(company.ids(OPEN_CASES, ALL_DAYS)) == 20
