"""What jobs are worked on with, and the one way in which they are moved on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from ringlake.errors import Conflict, Unavailable
from ringlake.model.base import Model
from ringlake.model.jobs import Job
from ringlake.stores.addresses import Addresses
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.jobs import Jobs
from ringlake.stores.mail import Mail
from ringlake.stores.objects import Objects

# Longer than the 900 s that a function may live.
LEASE = timedelta(seconds=960)

type Clock = Callable[[], datetime]


class Post(Model, frozen=True, kw_only=True):
    """How files are announced."""

    sender: str
    public_url: str
    attach_limit_bytes: int


class Workshop(NamedTuple):
    """What files are made and announced with."""

    jobs: Jobs
    directory: DirectoryStore
    exports: Objects
    mail: Mail
    addresses: Addresses
    post: Post
    clock: Clock


class Later(Unavailable):
    """Not now; `seconds` is when it makes sense to look again."""

    def __init__(self, said: str, seconds: float) -> None:
        super().__init__(said)
        self.seconds = max(1, round(seconds))


def moved(jobs: Jobs, before: Job, **changes: object) -> Job:
    """One step of a job whose row holds the mover's own `worker`, so that no two make the same step.

    An answer that was lost, or a condition that failed because our own first try had been written, is no failure
    when the row now is what we wanted. Raises what `Jobs.transition` raises.
    """
    after = msgspec.structs.replace(before, **changes)
    try:
        return jobs.transition(before, after)
    except (Conflict, Unavailable):
        if jobs.get(before.workspace, before.id) == after:
            return after
        raise
