"""API: what signed-in people ask for. The authorizer has checked the token; rights are looked up here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringlake import settings
from ringlake.access import Principal, permit, principal
from ringlake.errors import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NotAuthentic,
    NotFound,
    PlanTooLow,
    RinglakeError,
    Unavailable,
)
from ringlake.flows.requests import Desk
from ringlake.model.base import to_json
from ringlake.model.jobs import JobKind
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.objects import S3Objects
from ringlake.stores.queue import SqsQueue
from ringlake.stores.vault import KmsVault

app = APIGatewayHttpResolver()

# First match wins, so children stand before their parents.
STATUS: dict[type[RinglakeError], HTTPStatus] = {
    NotAuthentic: HTTPStatus.UNAUTHORIZED,
    PlanTooLow: HTTPStatus.PAYMENT_REQUIRED,
    Forbidden: HTTPStatus.FORBIDDEN,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
MAX_BODY = 65_536
RETRY_SECONDS = "5"


@cache
def stores() -> tuple[Desk, DirectoryStore]:
    """The use cases over the stores of this deployment."""
    table = settings.read(settings.Directory)
    queues = settings.read(settings.Queues)
    directory = DynamoDirectory(table.directory_table, KmsVault(table.key_id))
    desk = Desk(
        jobs=DynamoJobs(table.directory_table),
        directory=directory,
        exports=S3Objects(settings.read(settings.Exports).exports_bucket),
        export_queue=SqsQueue(queues.export_queue_url),
        report_queue=SqsQueue(queues.report_queue_url),
    )
    return desk, directory


def now() -> datetime:
    return datetime.now(UTC)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer every request; whatever goes wrong is a problem document, never an exception."""
    try:
        answer = app.resolve(event, context)
    except Exception as error:  # noqa: BLE001 - nothing may reach the gateway
        answer = _plain(broken(error))
    print(json.dumps({"route": event.get("routeKey", ""), "status": answer["statusCode"]}))
    return answer


def signed_in(app: APIGatewayHttpResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    """Who asks, and may they call this route; before anything else."""
    _, directory = stores()
    event = app.current_event.raw_event
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    viewer = principal((authorizer.get("jwt") or {}).get("claims") or {}, directory)
    permit(viewer.user, event.get("routeKey", ""))
    app.append_context(viewer=viewer)  # type: ignore[no-untyped-call]
    return next_middleware(app)


app.use(middlewares=[signed_in])


@app.get("/v1/me")
def me() -> Response[str]:
    return _json(_desk().me(_viewer()))


@app.post("/v1/exports")
def order_export() -> Response[str]:
    return _json(_desk().export(_viewer(), _body(), now()), HTTPStatus.ACCEPTED)


@app.get("/v1/exports")
def list_exports() -> Response[str]:
    before = app.current_event.query_string_parameters.get("before", "")
    jobs, following = _desk().jobs(_viewer(), now(), before)
    return _json({"exports": jobs, "next": following})


@app.get("/v1/exports/<job_id>")
def show_export(job_id: str) -> Response[str]:
    return _json(_desk().job(_viewer(), job_id, now()))


@app.get("/v1/exports/<job_id>/download")
def download(job_id: str) -> Response[str]:
    url = _desk().download(_viewer(), job_id, now())
    return Response(HTTPStatus.FOUND.value, headers={"Location": url, "Cache-Control": "no-store"})


@app.get("/v1/reports")
def list_reports() -> Response[str]:
    return _json({"reports": _desk().reports(_viewer())})


@app.post("/v1/reports/<name>/runs")
def order_run(name: str) -> Response[str]:
    return _json(_desk().run(_viewer(), name, _body(), now()), HTTPStatus.ACCEPTED)


@app.get("/v1/reports/runs/<job_id>")
def show_run(job_id: str) -> Response[str]:
    return _json(_desk().job(_viewer(), job_id, now(), JobKind.REPORT))


@app.exception_handler(RinglakeError)  # type: ignore[untyped-decorator]
def refused(error: RinglakeError) -> Response[str]:
    """An error of ours as a problem document (RFC 9457)."""
    status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, InvalidRequest):
        return _problem(status, str(error), errors=[{"field": error.field, "reason": error.reason}])
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        print(json.dumps({"unavailable": str(error)}))
        return _problem(status, "please try again", headers={"Retry-After": RETRY_SECONDS})
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR):
        return _problem(status, status.phrase.lower())
    return _problem(status, str(error))


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def broken(error: Exception) -> Response[str]:
    """Any other error. Its text may hold data, so only its kind is logged."""
    print(json.dumps({"unexpected": type(error).__name__}))
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong on our side")


def _desk() -> Desk:
    return stores()[0]


def _viewer() -> Principal:
    viewer: Principal = app.context["viewer"]
    return viewer


def _body() -> object:
    text = app.current_event.decoded_body or ""
    if len(text) > MAX_BODY:
        raise InvalidRequest("body", f"longer than {MAX_BODY} characters")
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise InvalidRequest("body", "not JSON") from None


def _problem(
    status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> Response[str]:
    document = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **members}
    return Response(
        status.value,
        content_type="application/problem+json",
        body=to_json(document).decode(),
        headers=dict(headers or {}),
    )


def _json(document: object, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    return Response(
        status.value,
        content_type="application/json",
        body=to_json(document).decode(),
        headers={"Cache-Control": "no-store"},
    )


def _plain(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": {"content-type": "application/problem+json"},
        "body": response.body,
        "isBase64Encoded": False,
    }
