"""Who may have a finished file: asked at every download, and before every mail that carries it (features.md O49)."""

from __future__ import annotations

import msgspec

from ringlake import reports
from ringlake.access import Principal, Scope, abilities, scope
from ringlake.errors import Forbidden
from ringlake.files.csv import Dialect
from ringlake.model.directory import Ability
from ringlake.model.jobs import Job, JobKind


def may_take(viewer: Principal, job: Job) -> None:
    """Raises `Forbidden` when the viewer may see less at this moment than the file holds."""
    # Here, because what makes files also mails them.
    if job.kind is JobKind.REPORT:
        from .report import may_read_reports, may_run

        may_read_reports(viewer.user)
        may_run(viewer.user, reports.report(job.name))
    else:
        from .exports.request import may_have, report_of

        may_have(viewer, report_of(job.name))
    may_use(viewer, Dialect(job.dialect))
    if not covers(viewer, job):
        raise Forbidden("your rights do not cover this file any more; ask for a new one")


def may_use(viewer: Principal, dialect: Dialect) -> None:
    if dialect is Dialect.DATA and Ability.RAW_EXPORT not in abilities(viewer.user):
        raise Forbidden("the data dialect needs the ability raw_export")


def covers(viewer: Principal, job: Job) -> bool:
    """Whether the viewer may see all that the requester might when the file was made."""
    return bool(job.sha256) and scope(viewer.user).covers(msgspec.convert(job.scope, Scope))
