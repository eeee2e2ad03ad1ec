"""An export: the requester's rows from the lake, as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from ringlake.access import Scope, abilities, scope
from ringlake.errors import Forbidden
from ringlake.files.csv import Dialect
from ringlake.files.profiles import PROFILES, Profile, batches
from ringlake.files.sheet import About, Batch, Sheet
from ringlake.model.directory import Ability, Directory, User
from ringlake.model.jobs import Job
from ringlake.model.tables import CALLS, LEGS, MESSAGES
from ringlake.query.filters import CALL, MESSAGE, Filter, parse
from ringlake.query.resolve import ResolvedQuery, resolve
from ringlake.query.rows import LEGS_READ, Related, columns_read, needs_legs, related, select
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.jobs import Jobs
from ringlake.stores.lake import Lake
from ringlake.stores.mail import Mail
from ringlake.stores.objects import Objects

from .delivery import Content, Post, Result, Steps, deliver

if TYPE_CHECKING:
    import pyarrow as pa

_CHANNELS = {CALL: CALLS, MESSAGE: MESSAGES}


def run_export(
    workspace: str,
    job_id: str,
    *,
    jobs: Jobs,
    directory: DirectoryStore,
    lake: Lake,
    exports: Objects,
    mail: Mail,
    post: Post,
    clock: Callable[[], datetime],
) -> Result:
    """Make and announce the file of an export job. Raises `Unavailable` when the message has to come again."""

    def produce(job: Job, loaded: Directory, user: User) -> Content:
        # Freshness is read before the rows: everything that it promises is in them.
        as_of = directory.watermark(workspace)
        return activity_file(job, loaded, user, lake, as_of)

    return deliver(
        workspace,
        job_id,
        produce,
        jobs=jobs,
        directory=directory,
        exports=exports,
        mail=mail,
        post=post,
        clock=clock,
    )


def activity_file(job: Job, directory: Directory, user: User, lake: Lake, as_of: datetime | None) -> Content:
    """The activity file of a stored filter, in the scope that the requester has now."""
    held = abilities(user)
    if Ability.EXPORT not in held or (job.dialect == Dialect.DATA and Ability.RAW_EXPORT not in held):
        raise Forbidden("the requester may not export any more")
    visible: Scope = scope(user)
    query = resolve(
        visible, parse(Filter, job.filter, "filter"), directory.workspace, job.created_at, directory=directory
    )
    days = Steps(tuple(query.days))
    return Content(
        stem=f"ringlake-activity_{query.from_date}_{query.to_date}",
        sheet=Sheet(
            name="interactions",
            fields=PROFILES["ringlake"].fields,
            batches=_batches(PROFILES["ringlake"], query, lake, days),
        ),
        about=About(
            title="Activity: calls and messages",
            workspace=query.workspace,
            filter=job.filter,
            zone=ZoneInfo(query.zone),
            as_of=as_of,
            settings_version=directory.workspace.settings_version,
            made_at=job.started_at or job.created_at,
        ),
        scope=msgspec.to_builtins(visible),
        share=days.share,
    )


def _batches(profile: Profile, query: ResolvedQuery, lake: Lake, days: Iterable[str]) -> Iterator[Batch]:
    """Day by day, so that memory holds one day whatever the range."""
    zone = ZoneInfo(query.zone)
    for day in days:
        calls, messages = (_selected(profile, channel, query, lake, day) for channel in _CHANNELS)
        yield from batches(profile, calls, messages, zone)


def _selected(profile: Profile, channel: str, query: ResolvedQuery, lake: Lake, day: str) -> Iterator[pa.Table]:
    table = _CHANNELS[channel]
    if channel not in query.predicates.channels:
        return
    shown = profile.reads[table.name]
    about = Related()
    if needs_legs(table, query):
        about = related(lake.read(LEGS, query.workspace, day, LEGS_READ).rows, query)
    # Selected part by part, so that a day is never held with the rows and columns that nobody asked for.
    for part in lake.stream(table, query.workspace, day, sorted(columns_read(table, query).union(shown))).parts:
        yield select(table, part, query, about, shown)
