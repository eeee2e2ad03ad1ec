"""Answers to imports."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Protocol

import api_queries as queries
import msgspec
from api_answers import Asked, answer, problem
from aws_lambda_powertools.event_handler import Response

from ringlake.access import Principal
from ringlake.flows.directory.sheets import Imported


class Import(Protocol):
    def __call__(self, viewer: Principal, data: bytes, now: datetime, *, dry_run: bool) -> Imported: ...


def imported(asked: Asked, run: Import) -> Response[str]:
    """200 with what was or would be done; 400 with every mistake when an import that was meant cannot be."""
    report = run(asked.viewer, asked.file(), asked.now, dry_run=asked.query(queries.Import).dry_run)
    if report.error_count and not report.dry_run:
        detail = f"nothing was imported: {report.error_count} mistakes"
        return problem(HTTPStatus.BAD_REQUEST, detail, **msgspec.structs.asdict(report))
    return answer(report)
