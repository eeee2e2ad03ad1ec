"""What a file holds, in a document that lies beside it (demands.md D51)."""

from __future__ import annotations

from datetime import datetime

from ringlake.model.base import Answer
from ringlake.model.jobs import Headers, Job
from ringlake.model.language import Language


class Manifest(Answer, frozen=True, kw_only=True):
    """A finished file. `filter` and `options` are as resolved, `as_of` is when the lake was last written before the
    rows were read, `zone` that of local times, `settings_version` that of the workspace's settings.

    `rows` are data rows. `sheets` counts the sheets of data of a workbook, which begins a new one before Excel's
    limit; `prefixed_cells` got an apostrophe in front, `cut_cells` did not fit into a cell whole. `notes` says
    whatever else a reader must know, such as columns that his rights hide.
    """

    job: str
    report: str
    title: str
    filename: str
    format: str
    dialect: str
    profile: str
    headers: Headers
    language: Language
    filter: dict[str, object]
    options: dict[str, object]
    zone: str
    as_of: datetime | None
    settings_version: int
    rows: int
    columns: tuple[str, ...]
    sheets: int
    prefixed_cells: int
    cut_cells: int
    size_bytes: int
    sha256: str
    asked_at: datetime
    notes: tuple[str, ...]


def manifest(job: Job) -> Manifest:
    """The manifest of a job whose file is complete; equal whoever makes it, and when."""
    return Manifest(
        job=job.id,
        report=job.name,
        title=job.title,
        filename=job.filename,
        format=job.format,
        dialect=job.dialect,
        profile=job.profile,
        headers=job.headers,
        language=job.language,
        filter=job.filter,
        options=job.options,
        zone=job.zone,
        as_of=job.as_of,
        settings_version=job.settings_version,
        rows=job.rows or 0,
        columns=job.header,
        sheets=job.sheets or 1,
        prefixed_cells=job.prefixed_cells or 0,
        cut_cells=job.cut_cells or 0,
        size_bytes=job.size_bytes or 0,
        sha256=job.sha256,
        asked_at=job.created_at,
        notes=job.notes,
    )


def manifest_key(job: Job) -> str:
    """Beside the file."""
    return f"{job.key}.manifest.json"
