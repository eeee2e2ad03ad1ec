"""What is in an export: the requester's rows, all of them and no others."""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import Any

import pyarrow as pa
import pytest

from ringlake.flows.delivery import Result
from ringlake.flows.exports import content
from ringlake.model.directory import Ability
from ringlake.model.jobs import JobState
from ringlake.model.tables import CALLS
from tests.unit.export.world import WATERMARK, World, at
from tests.unit.query.lake_rows import calls


def exported(world: World, user_id: str = "owner", filter: dict[str, Any] | None = None, **body: Any) -> list[str]:
    """Record ids in the file that this user gets."""
    job_id = world.order(user_id, filter, **body)
    assert world.run(job_id) is Result.DONE
    text = world.objects.bodies[world.job(job_id).key].decode("utf-8-sig")
    found = [row["record_id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert world.job(job_id).rows == len(found)
    return found


@pytest.mark.parametrize(
    ("user_id", "sees"),
    [
        # 8 March 23:00 UTC is 9 March in Warsaw; 10 March 23:00 UTC is 11 March there.
        ("owner", ["c:night", "c:1", "m:1", "c:2", "c:group"]),
        ("manager", ["c:night", "c:1", "m:1"]),
        ("operator", ["c:night", "c:1", "c:group"]),
        ("member", ["c:night", "c:1", "m:1"]),
        ("other", ["c:2"]),
    ],
)
def test_everybody_gets_what_he_may_see(user_id: str, sees: list[str]) -> None:
    assert exported(World(), user_id) == sees


def test_filters_apply_inside_the_scope() -> None:
    day = {"from": "2026-03-09", "to": "2026-03-09"}

    assert exported(World(), "operator", {**day, "only_unanswered": True}) == ["c:group"]
    assert exported(World(), "owner", {**day, "users": ["operator"]}) == ["c:night", "c:1"]
    assert exported(World(), "owner", {**day, "channels": ["message"]}) == ["m:1"]


def test_an_empty_result_is_a_file_with_a_header() -> None:
    world = World()
    assert exported(world, filter={"from": "2026-02-01", "to": "2026-02-02"}) == []
    (job,) = world.jobs.rows.values()
    body = world.objects.bodies[job.key]
    assert body.startswith(b'\xef\xbb\xbf"record_id"')
    assert body.count(b"\r\n") == 1


@pytest.mark.parametrize("count", [1_001, 100_001])
def test_there_is_no_row_limit(count: int) -> None:
    world = World()
    one = calls({"record_id": "", **at(5, 12)})
    rows = one.take([0] * count).set_column(0, "record_id", pa.array([f"c:{n:06}" for n in range(count)]))
    world.lake.write(CALLS, "acme", "2026-03-05", rows, None)

    found = exported(world, filter={"from": "2026-03-05", "to": "2026-03-05"})

    assert found == rows["record_id"].to_pylist()


def test_the_job_says_what_the_file_is() -> None:
    world = World()
    job_id = world.order()
    world.run(job_id)
    job = world.job(job_id)

    assert job.filename == "ringlake-interactions_2026-03-09_2026-03-10_spreadsheet.csv"
    assert job.key == f"workspace=acme/{job_id}/1/{job.filename}"
    assert (job.rows, job.prefixed_cells, job.as_of) == (5, 1, WATERMARK)
    assert job.scope == {"everything": True}


def test_the_data_dialect_is_for_those_who_may_have_it_also_when_the_file_is_made() -> None:
    world = World()
    world.grant("member", Ability.RAW_EXPORT)
    job_id = world.order("member", dialect="data")
    world.grant("member")

    assert world.run(job_id) is Result.FAILED
    assert world.job(job_id).state is JobState.FAILED


def test_a_preset_means_the_dates_of_the_day_it_was_asked_for() -> None:
    world = World()
    job_id = world.order(filter={"preset": "yesterday"})
    world.wait(5 * 86_400)
    world.run(job_id)

    assert world.job(job_id).filter == {"from": "2026-03-10", "to": "2026-03-10"}
    assert world.job(job_id).rows == 0


def test_what_is_visible_is_decided_when_the_file_is_made() -> None:
    world = World()
    job_id = world.order("member")
    world.change("member", numbers=("n2",))
    world.run(job_id)

    assert world.job(job_id).rows == 1
    assert world.job(job_id).scope == {"numbers": ("n2",), "hides": ("see_costs",)}


def test_days_are_read_one_at_a_time() -> None:
    world = World()
    read: list[tuple[str, str]] = []

    class Watched:
        def stream(self, table: Any, workspace: str, day: str, columns: Any) -> Any:
            read.append((table.name, day))
            return world.lake.stream(table, workspace, day, columns)

    job = world.job(world.order())
    watched = dataclasses.replace(world.sources(), lake=Watched())  # type: ignore[arg-type]
    made = content(job, world.directory.load("acme"), world.viewer("owner").user, watched)
    batches = iter(made.sheet.batches)
    next(batches)

    assert {day for _, day in read} == {"2026-03-08"}
    list(batches)
    assert read[-1] == ("messages", "2026-03-10")
