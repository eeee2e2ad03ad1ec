"""Exports, reports, and who am I."""

from __future__ import annotations

from http import HTTPStatus

import api_queries as queries
from api_answers import Asked, answer, content, serves
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from ringlake.flows.exports.offered import OfferQuery, Offers
from ringlake.flows.exports.request import ExportRequest
from ringlake.flows.jobviews import JobView
from ringlake.flows.manifest import Manifest
from ringlake.flows.requests import Catalogue, FileLink, JobPage, Me, OutlinePage, RunRequest
from ringlake.model.jobs import JobKind

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]
asked = Asked(router)


@serves(router, "GET /v1/me", answers=Me)
def me() -> Response[str]:
    """Who the viewer is, what he may do and see."""
    return answer(asked.rooms.desk.me(asked.viewer))


@serves(router, "POST /v1/exports", body=ExportRequest, answers=JobView, status=HTTPStatus.ACCEPTED)
def order_export() -> Response[str]:
    """Ask for a file; it is mailed to the requester and stands among the exports for thirty days.

    The settings `exports_*` limit how many files one person and the workspace may have under way and ask for within
    24 hours; beyond that the answer is 429 with `limit`, `most`, `until` and `Retry-After`.
    """
    return answer(asked.rooms.desk.export(asked.viewer, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/exports", query=queries.Jobs, answers=JobPage)
def list_exports() -> Response[str]:
    """The viewer's own exports and report runs, newest first."""
    jobs, following = asked.rooms.desk.jobs(asked.viewer, asked.now, asked.query(queries.Jobs).before)
    return answer(JobPage(exports=jobs, next=following))


@serves(router, "GET /v1/exports/everybody", query=queries.Jobs, answers=OutlinePage)
def list_everybodys_exports() -> Response[str]:
    """What all people of the workspace asked for, newest first: who, what, when and how many rows, not the files.

    A customer's number in a filter reads `given`.
    """
    return answer(asked.rooms.desk.everybody(asked.viewer, asked.now, asked.query(queries.Jobs).before))


@serves(router, "GET /v1/exports/reports", query=OfferQuery, answers=Offers)
def list_offers() -> Response[str]:
    """What the viewer can export: reports with their columns, options and profiles, and formats.

    Words are in the viewer's language. The options of one report (`report`, `chart`, `metrics`, ...) say what its
    columns would be with them.
    """
    return answer(asked.rooms.desk.offers(asked.viewer, asked.query(OfferQuery), asked.now))


@serves(router, "GET /v1/exports/{id}", answers=JobView)
def show_export(id: str) -> Response[str]:
    """How far a file is."""
    return answer(asked.rooms.desk.job(asked.viewer, id, asked.now))


@serves(router, "DELETE /v1/exports/{id}", answers=JobView, also=(HTTPStatus.CONFLICT,))
def delete_export(id: str) -> Response[str]:
    """Delete a file and its job; one that is under way has to be cancelled first."""
    return answer(asked.rooms.desk.delete(asked.viewer, id, asked.now))


@serves(router, "POST /v1/exports/{id}/cancel", answers=JobView, also=(HTTPStatus.CONFLICT,))
def cancel_export(id: str) -> Response[str]:
    """Stop making a file. Nothing of it is left, and nothing is mailed."""
    return answer(asked.rooms.desk.cancel(asked.viewer, id, asked.now))


@serves(
    router,
    "POST /v1/exports/{id}/retry",
    answers=JobView,
    status=HTTPStatus.ACCEPTED,
    also=(HTTPStatus.CONFLICT,),
)
def retry_export(id: str) -> Response[str]:
    """Try again to make a file that failed."""
    return answer(asked.rooms.desk.retry(asked.viewer, id, asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/exports/{id}/manifest", answers=Manifest)
def show_manifest(id: str) -> Response[str]:
    """What the file holds: rows, columns, filter, zone, freshness, hash.

    The same document lies beside the file.
    """
    return answer(asked.rooms.desk.manifest(asked.viewer, id, asked.now))


@serves(router, "GET /v1/exports/{id}/download", answers=None, status=HTTPStatus.FOUND)
def download(id: str) -> Response[str]:
    """The file itself, by a redirect to an address of a few minutes."""
    found = asked.rooms.desk.link(asked.viewer, id, asked.now)
    return Response(HTTPStatus.FOUND.value, headers={"Location": found.url, "Cache-Control": "no-store"})


@serves(router, "GET /v1/exports/{id}/link", answers=FileLink)
def link_to_file(id: str) -> Response[str]:
    """The address that a download is redirected to, for browsers; on record each time.

    A page that asks with a token cannot follow a redirect to another origin.
    """
    return content(asked.rooms.desk.link(asked.viewer, id, asked.now))


@serves(router, "GET /v1/reports", query=queries.Reports, answers=Catalogue)
def list_reports() -> Response[str]:
    """Reports that can be run, with their parameters; descriptions are English."""
    language = asked.query(queries.Reports).language
    return answer(Catalogue(reports=asked.rooms.desk.reports(asked.viewer, language)))


@serves(
    router,
    "POST /v1/reports/{name}/runs",
    body=RunRequest,
    answers=JobView,
    status=HTTPStatus.ACCEPTED,
)
def order_run(name: str) -> Response[str]:
    """Run a report; its file is mailed to the requester."""
    return answer(asked.rooms.desk.run(asked.viewer, name, asked.body(), asked.now), HTTPStatus.ACCEPTED)


@serves(router, "GET /v1/reports/runs/{id}", answers=JobView)
def show_run(id: str) -> Response[str]:
    """How far a report is."""
    return answer(asked.rooms.desk.job(asked.viewer, id, asked.now, JobKind.REPORT))
