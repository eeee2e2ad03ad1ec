"""Exports, reports, and who am I."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import Asked, answer, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.exports.request import ExportRequest
from ringlake.flows.requests import Catalogue, JobPage, JobView, Me, RunRequest
from ringlake.model.jobs import JobKind

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/me", answers=Me)
def me() -> Response[str]:
    """Who the viewer is, what he may do and see."""
    return answer(asked.rooms.desk.me(asked.viewer))


@serves(router, "POST /v1/exports", body=ExportRequest, answers=JobView, status=HTTPStatus.ACCEPTED)
def order_export() -> Response[str]:
    """Ask for a file of calls and texts; it is mailed to the requester."""
    return answer(asked.rooms.desk.export(asked.viewer, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/exports", query=queries.Jobs, answers=JobPage)
def list_exports() -> Response[str]:
    """The viewer's own exports and report runs, newest first."""
    jobs, following = asked.rooms.desk.jobs(asked.viewer, asked.now, asked.query(queries.Jobs).before)
    return answer(JobPage(exports=jobs, next=following))


@serves(router, "GET /v1/exports/{id}", answers=JobView)
def show_export(id: str) -> Response[str]:
    """How far a file is."""
    return answer(asked.rooms.desk.job(asked.viewer, id, asked.now))


@serves(router, "GET /v1/exports/{id}/download", answers=None, status=HTTPStatus.FOUND)
def download(id: str) -> Response[str]:
    """The file itself, by a redirect to an address of a few minutes."""
    url = asked.rooms.desk.download(asked.viewer, id, asked.now)
    return Response(HTTPStatus.FOUND.value, headers={"Location": url, "Cache-Control": "no-store"})


@serves(router, "GET /v1/reports", answers=Catalogue)
def list_reports() -> Response[str]:
    """Reports that can be run, with their parameters."""
    return answer(Catalogue(reports=asked.rooms.desk.reports(asked.viewer)))


@serves(router, "POST /v1/reports/{name}/runs", body=RunRequest, answers=JobView, status=HTTPStatus.ACCEPTED)
def order_run(name: str) -> Response[str]:
    """Run a report; its file is mailed to the requester."""
    return answer(asked.rooms.desk.run(asked.viewer, name, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/reports/runs/{id}", answers=JobView)
def show_run(id: str) -> Response[str]:
    """How far a report is."""
    return answer(asked.rooms.desk.job(asked.viewer, id, asked.now, JobKind.REPORT))
