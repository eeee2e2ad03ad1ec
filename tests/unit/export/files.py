"""Files of exports as bytes and rows, for tests that are not about jobs."""

from __future__ import annotations

import csv
import io
from typing import Any

from ringlake.files.formats import written
from ringlake.flows.delivery import Content, style_of
from ringlake.flows.exports import ExportRequest, content, settled
from ringlake.model.jobs import Job, JobKind
from ringlake.query.filters import parse

from .world import World

RANGE = {"from": "2026-03-09", "to": "2026-03-10"}


def ordered(world: World, user: str = "owner", **request: Any) -> Job:
    """The job of a request."""
    viewer = world.viewer(user)
    job = Job(
        id="j1",
        workspace="acme",
        kind=JobKind.EXPORT,
        requester=viewer.user.id,
        created_at=world.now,
        expires_at=world.now,
    )
    asked = parse(ExportRequest, {"filter": RANGE, **request})
    return settled(viewer, asked, world.directory, world.now, world.saved).onto(job)


def made(world: World, user: str = "owner", **request: Any) -> Content:
    job = ordered(world, user, **request)
    return content(job, world.directory.load("acme"), world.viewer(user).user, world.sources())


def body(world: World, user: str = "owner", **request: Any) -> bytes:
    job = ordered(world, user, **request)
    found = content(job, world.directory.load("acme"), world.viewer(user).user, world.sources())
    return b"".join(part.body for part in written(found.sheet, found.about, style_of(job)))


def rows(world: World, user: str = "owner", **request: Any) -> list[dict[str, str]]:
    """The rows of the CSV file; values with an apostrophe in front where the dialect for people puts one."""
    return list(csv.DictReader(io.StringIO(body(world, user, **request).decode("utf-8-sig"), newline="")))
