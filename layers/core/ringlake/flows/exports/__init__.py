"""Exports: the requester's rows as a file, whatever the report and the format (features.md O27, F52-F54).

A report is a module with a `Report`: the model that reads filter and options, its columns, and its rows. They come
from the same places as the answers on screen, so that both count the same.
"""

from __future__ import annotations

import msgspec

from ringlake.access import Principal, abilities
from ringlake.errors import Forbidden
from ringlake.files.csv import Dialect
from ringlake.files.sheet import About, Sheet
from ringlake.flows.answers.facts import CachedFacts
from ringlake.flows.delivery import Content, Result, Steps, deliver
from ringlake.flows.workshop import Workshop
from ringlake.model.directory import Ability, Directory, User
from ringlake.model.jobs import Job
from ringlake.stores.columns import LakeColumns

from .order import Asked, Report, Sources, Work
from .registry import REPORTS
from .request import ExportRequest, Settled, report_of, settled, understood

__all__ = ["REPORTS", "ExportRequest", "Report", "Settled", "Sources", "content", "run_export", "settled"]


def run_export(workspace: str, job_id: str, *, sources: Sources, shop: Workshop) -> Result:
    """Make and announce the file of an export job. Raises `Unavailable` when the message has to come again."""

    def produce(job: Job, loaded: Directory, user: User) -> Content:
        return content(job, loaded, user, sources)

    return deliver(workspace, job_id, produce, shop)


def content(job: Job, directory: Directory, user: User, sources: Sources) -> Content:
    """The file of a job for its requester as he is now. Raises `Forbidden` when he may not have it any more, and
    `InvalidRequest` for what cannot be asked any more.
    """
    if job.dialect == Dialect.DATA and Ability.RAW_EXPORT not in abilities(user):
        raise Forbidden("the requester may not export any more")
    report = report_of(job.name)
    viewer = Principal(workspace=directory.workspace.id, user=user)
    # Whatever hour it is when a worker takes the job, the file answers the question as it was asked.
    asked = understood(
        viewer, report, job.filter, job.options, sources.directory, job.created_at, profile=job.profile,
        columns=job.chosen,
    )  # fmt: skip
    query, workspace = asked.question.query, asked.question.workspace
    days = Steps(query.days)
    facts = CachedFacts(LakeColumns(sources.lake))
    fields, batches = report.fields(asked), report.batches(asked, Work(sources, facts, days))
    if asked.columns:
        known = {field.name: field for field in fields}
        fields = tuple(known[name] for name in asked.columns)
    return Content(
        stem=_stem(report, asked),
        sheet=Sheet(name=report.name, fields=fields, batches=batches),
        about=About(
            title=f"{report.title}: {chart}" if (chart := _chart(asked)) else report.title,
            workspace=workspace.name,
            filter={**job.filter, **job.options},
            zone=asked.zone,
            as_of=asked.question.as_of,
            settings_version=workspace.settings_version,
            made_at=job.started_at or job.created_at,
            notes=report.notes(asked),
        ),
        scope=msgspec.to_builtins(query.scope),
        share=days.share,
    )


def _chart(asked: Asked) -> str:
    """Which chart the file is of, "" for other reports."""
    chart: str = getattr(asked.given, "chart", "")
    return chart


def _stem(report: Report, asked: Asked) -> str:
    """Report, profile and dates: nothing that somebody wrote."""
    query = asked.question.query
    words = [f"ringlake-{_chart(asked) or report.name}"]
    if asked.profile != report.profiles[0]:
        words.append(asked.profile)
    words += ["open"] if getattr(asked.given, "in_range", True) is False else [f"{query.from_date}", f"{query.to_date}"]
    return "_".join(words)
