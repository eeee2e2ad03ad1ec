"""A report run: a named finance query on Athena, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from ringlake import reports
from ringlake.access import abilities, scope
from ringlake.errors import Forbidden
from ringlake.files.csv import BATCH_ROWS
from ringlake.files.sheet import About, Batch, Field, Part, Sheet
from ringlake.model.directory import Ability, Directory, User
from ringlake.model.jobs import Job
from ringlake.stores.athena import Athena

from .delivery import Content, Result, deliver
from .workshop import Workshop

if TYPE_CHECKING:
    import pyarrow as pa


def run_report(workspace: str, job_id: str, *, athena: Athena, shop: Workshop) -> Result:
    """Make and announce the file of a report run. Raises `Unavailable` when the message has to come again."""

    def produce(job: Job, loaded: Directory, user: User) -> Content:
        may_read_reports(user)
        as_of = shop.directory.watermark(workspace)
        report = reports.report(job.name)
        bound = reports.bind(report, loaded.workspace.id, job.filter)
        result = athena.run(report.sql, bound)
        return Content(
            stem=report_stem(job),
            sheet=Sheet(
                name=job.name,
                fields=tuple(Field(name=name) for name in result.column_names),
                batches=_batches(result),
            ),
            about=About(
                title=report.title,
                workspace=workspace,
                filter=job.filter,
                zone=loaded.workspace.tz,
                as_of=as_of,
                settings_version=loaded.workspace.settings_version,
                made_at=job.started_at or job.created_at,
            ),
            scope=msgspec.to_builtins(scope(user)),
        )

    return deliver(workspace, job_id, produce, shop)


def may_read_reports(user: User) -> None:
    """Reports read the whole workspace: they need the ability, and a scope that hides nothing."""
    if Ability.REPORTS not in abilities(user) or not scope(user).everything:
        raise Forbidden("reports show the whole workspace")


def report_stem(job: Job) -> str:
    """Report and range; only dates of the parameters, which may hold anything else."""
    dates = [str(value) for name, value in sorted(job.filter.items()) if name.endswith("_date")]
    return "_".join([f"ringlake-{job.name}", *dates])


def _batches(result: pa.Table) -> Iterator[Batch]:
    for start in range(0, result.num_rows, BATCH_ROWS):
        rows = result.slice(start, BATCH_ROWS)
        yield Batch((Part({name: rows[name].combine_chunks() for name in rows.column_names}, rows.num_rows),))
