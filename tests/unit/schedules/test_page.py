"""Every request of docs/schedules.md makes a schedule whose mail arrives."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from ringlake.model.jobs import JobKind, JobState
from tests.unit.schedules.scheduled import Scheduled

PAGE = Path(__file__).resolve().parents[3] / "docs" / "schedules.md"
REQUESTS = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_has_requests() -> None:
    assert len(REQUESTS) == 4


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda text: str(json.loads(text)["name"]))
def test_a_request_of_the_page_makes_a_file(request_: str) -> None:
    world = Scheduled()
    made = world.scheduling.create(world.viewer("owner"), json.loads(request_), world.now).document
    assert made.due_at is not None
    assert world.tick(made.due_at + timedelta(minutes=5)).ordered == 1
    (job,) = world.ordered
    if job.kind is JobKind.EXPORT:
        world.run(job.id)
        assert world.ordered[0].state is JobState.READY
    else:
        assert len(world.report_queue.messages) == 1
