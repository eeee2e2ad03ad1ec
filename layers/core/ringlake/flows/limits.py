"""How much may be taken out: files under way at once, and files within a day (security.md API6).

What schedules order does not count: their number is a setting, not somebody's haste.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ringlake.errors import LimitReached
from ringlake.model.directory import Workspace
from ringlake.model.jobs import Job, JobState, job_id

# A job that no worker finished in this time will not be finished.
STUCK = timedelta(hours=24)
DAY = timedelta(hours=24)
# Files are finished within minutes.
SOON = timedelta(minutes=1)


def is_stuck(job: Job, now: datetime) -> bool:
    """Queued or running, and nobody is at it any more."""
    return _is_active(job) and now - (job.queued_at or job.created_at) > STUCK


def first_of_day(now: datetime) -> str:
    """Where the ids begin that count at this moment."""
    return job_id(now - DAY, "")


def check_at_once(recent: Iterable[Job], workspace: Workspace, user: str, now: datetime) -> None:
    """Raises `LimitReached` when with one job more too many would be under way."""
    active = [job for job in recent if not job.schedule and _is_active(job) and not is_stuck(job, now)]
    mine = [job for job in active if job.requester == user]
    for jobs, whose, limit in (
        (mine, "your", "exports_at_once_user"),
        (active, "the workspace's", "exports_at_once"),
    ):
        most: int = getattr(workspace, limit)
        if len(jobs) >= most:
            said = f"{most} of {whose} files are under way; wait until one is ready"
            raise LimitReached(said, limit, most, now + SOON)


def check_limits(recent: Sequence[Job], workspace: Workspace, user: str, now: datetime) -> None:
    """Raises `LimitReached` when with one job more the recent ones (of the last day) would be too many."""
    check_at_once(recent, workspace, user, now)
    counted = [job for job in recent if not job.schedule]
    mine = [job for job in counted if job.requester == user]
    for jobs, whose, limit in ((mine, "your", "exports_daily_user"), (counted, "the workspace's", "exports_daily")):
        most: int = getattr(workspace, limit)
        if len(jobs) >= most:
            # The place that comes free is that of the oldest of as many as are allowed.
            until = sorted(job.created_at for job in jobs)[-most] + DAY
            said = (
                f"{most} of {whose} files were asked for within 24 hours, the next may be at {until:%Y-%m-%d %H:%M} UTC"
            )
            raise LimitReached(said, limit, most, until)


def _is_active(job: Job) -> bool:
    return job.state in (JobState.QUEUED, JobState.RUNNING)
