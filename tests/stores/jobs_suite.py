"""What every store of jobs does."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from ringlake.errors import Conflict
from ringlake.model.jobs import Job, JobKind, JobState
from ringlake.stores.jobs import Jobs

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def job(number: int, workspace: str = "acme") -> Job:
    return Job(
        id=f"{number:04}",
        workspace=workspace,
        kind=JobKind.EXPORT,
        requester="u1",
        created_at=NOW,
        expires_at=NOW,
        filter={"from": "2026-03-01", "users": ["u1", "u2"], "hours": {"b": 1, "a": None}},
    )


class JobsSuite:
    """Subclasses give the fixture `jobs`, empty."""

    def test_a_job_is_kept_as_it_was_made_and_made_once(self, jobs: Jobs) -> None:
        jobs.create(job(1))

        assert jobs.get("acme", "0001") == job(1)
        assert jobs.get("acme", "0002") is None
        assert jobs.get("rival", "0001") is None
        with pytest.raises(Conflict):
            jobs.create(msgspec.structs.replace(job(1), requester="u2"))
        assert jobs.get("acme", "0001") == job(1)

    def test_a_job_is_moved_on_by_one_of_two(self, jobs: Jobs) -> None:
        jobs.create(job(1))
        running = msgspec.structs.replace(job(1), state=JobState.RUNNING, attempts=1, scope={"numbers": ["n1"]})

        assert jobs.transition(job(1), running) == running
        with pytest.raises(Conflict):
            jobs.transition(job(1), running)
        assert jobs.get("acme", "0001") == running
        done = msgspec.structs.replace(running, state=JobState.READY, rows=0, started_at=NOW)
        jobs.transition(running, done)
        read = jobs.get("acme", "0001")
        assert read is not None
        # What was read back can be moved on again.
        jobs.transition(read, msgspec.structs.replace(read, attempts=2))

    def test_a_job_that_is_not_there_cannot_be_moved(self, jobs: Jobs) -> None:
        with pytest.raises(Conflict):
            jobs.transition(job(9), job(9))
        assert jobs.get("acme", "0009") is None

    def test_a_job_is_forgotten_by_whoever_knows_it_as_it_is(self, jobs: Jobs) -> None:
        jobs.create(job(1))
        jobs.create(job(1, "rival"))
        moved = jobs.transition(job(1), msgspec.structs.replace(job(1), state=JobState.CANCELLED))

        with pytest.raises(Conflict):
            jobs.delete(job(1))
        jobs.delete(moved)
        assert jobs.get("acme", "0001") is None
        assert jobs.get("rival", "0001") == job(1, "rival")
        with pytest.raises(Conflict):
            jobs.delete(moved)

    def test_jobs_since_an_id_come_oldest_first(self, jobs: Jobs) -> None:
        for number in (3, 1, 2):
            jobs.create(job(number))
        jobs.create(job(4, "rival"))

        assert [found.id for found in jobs.since("acme", "0002")] == ["0002", "0003"]
        assert [found.id for found in jobs.since("acme", "00015")] == ["0002", "0003"]
        assert [found.id for found in jobs.since("acme", "")] == ["0001", "0002", "0003"]
        assert jobs.since("acme", "0004") == []

    def test_the_newest_come_first_page_by_page(self, jobs: Jobs) -> None:
        for number in (3, 1, 5, 2, 4):
            jobs.create(job(number))
        jobs.create(job(6, "rival"))

        def ids(before: str, limit: int) -> list[str]:
            return [found.id for found in jobs.newest("acme", before, limit)]

        assert ids("", 3) == ["0005", "0004", "0003"]
        assert ids("0003", 3) == ["0002", "0001"]
        assert ids("0001", 3) == []
        assert ids("", 50) == ["0005", "0004", "0003", "0002", "0001"]
