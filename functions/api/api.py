"""API: what signed-in people ask for. The authorizer has checked the token; rights are looked up here.

The handlers stand in the modules `api_*` beside this one, by resource.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any

import api_alerts
import api_analytics
import api_customers
import api_directory
import api_finance
import api_interactions
import api_jobs
import api_live
import api_mail
import api_marks
import api_money
import api_openapi
import api_patterns
import api_people
import api_schedules
import api_staff
from api_answers import Rooms, encoded_path, problem, utc_now
from api_transport import sent
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringlake import settings
from ringlake.access import UNKNOWN, Principal, methods_of, permit, principal
from ringlake.errors import (
    Absent,
    Conflict,
    Forbidden,
    InvalidRequest,
    LimitReached,
    NotAuthentic,
    NotFound,
    Outdated,
    PlanTooLow,
    RinglakeError,
    Taken,
    Unavailable,
    Unversioned,
)
from ringlake.flows.alerts.editing import AlertBook
from ringlake.flows.answers import AnswerRooms, Screens
from ringlake.flows.answers.facts import CachedFacts
from ringlake.flows.directory import Offices, Stores
from ringlake.flows.finance import Finance, FinanceStores
from ringlake.flows.mailing.asking import Asking
from ringlake.flows.requests import Desk
from ringlake.flows.schedules import Ordering, Scheduling
from ringlake.stores.addresses import Confirmations, DynamoAddresses, DynamoPasses
from ringlake.stores.alerts import DynamoAlerts
from ringlake.stores.arrivals import DynamoArrivals
from ringlake.stores.boards import DynamoBoards
from ringlake.stores.columns import LakeColumns
from ringlake.stores.contacts import DynamoContacts
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.finance import DynamoFinance
from ringlake.stores.identities import CognitoIdentities
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.journal import DynamoJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.mail import SesMail
from ringlake.stores.marks import DynamoMarks
from ringlake.stores.objects import S3Objects
from ringlake.stores.queue import SqsQueue
from ringlake.stores.records import DynamoRecords
from ringlake.stores.refolds import DynamoRefolds
from ringlake.stores.saved import DynamoSavedReports
from ringlake.stores.schedules import DynamoSchedules
from ringlake.stores.vault import KmsVault
from ringlake.stores.walls import DynamoWalls

app = APIGatewayHttpResolver()
now = utc_now

# First match wins, so children stand before their parents.
STATUS: dict[type[RinglakeError], HTTPStatus] = {
    NotAuthentic: HTTPStatus.UNAUTHORIZED,
    PlanTooLow: HTTPStatus.PAYMENT_REQUIRED,
    Forbidden: HTTPStatus.FORBIDDEN,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    NotFound: HTTPStatus.NOT_FOUND,
    Taken: HTTPStatus.CONFLICT,
    Conflict: HTTPStatus.CONFLICT,
    Outdated: HTTPStatus.PRECONDITION_FAILED,
    Unversioned: HTTPStatus.PRECONDITION_REQUIRED,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
RETRY_SECONDS = "5"


@cache
def stores() -> Rooms:
    """The use cases over the stores of this deployment."""
    table = settings.read(settings.Directory)
    queues = settings.read(settings.Queues)
    name, vault = table.directory_table, KmsVault(table.key_id)
    directory = DynamoDirectory(name, vault)
    desk = Desk(
        jobs=DynamoJobs(name),
        directory=directory,
        saved=DynamoSavedReports(name),
        exports=S3Objects(settings.read(settings.Exports).exports_bucket),
        export_queue=SqsQueue(queues.export_queue_url),
        report_queue=SqsQueue(queues.report_queue_url),
    )
    journal = settings.read(settings.Journal)
    objects = S3Objects(settings.read(settings.Lake).lake_bucket)
    kept = Stores(
        directory=directory,
        contacts=DynamoContacts(name),
        marks=DynamoMarks(name),
        records=DynamoRecords(settings.read(settings.Records).records_table),
        journal=DynamoJournal(journal.journal_table, journal.journal_days),
        arrivals=DynamoArrivals(name),
        refolds=DynamoRefolds(name),
        saved=DynamoSavedReports(name),
        lake=ObjectLake(objects),
        vault=vault,
        identities=CognitoIdentities(settings.read(settings.People).user_pool),
        public_url=settings.read(settings.Web).public_url,
        raw=S3Objects(settings.read(settings.Raw).raw_bucket),
    )
    live = settings.read(settings.Live)
    screens = Screens(DynamoBoards(live.live_table), live.live_url, DynamoWalls(name))
    answers = AnswerRooms(kept, CachedFacts(LakeColumns(kept.lake)), screens)
    addresses = DynamoAddresses(name)
    confirmations = Confirmations(addresses, DynamoPasses(name))
    asking = Asking(
        addresses=addresses,
        confirmations=confirmations,
        directory=directory,
        mail=SesMail(),
        sender=settings.read(settings.Mail).mail_from,
        public_url=kept.public_url,
    )
    scheduling = Scheduling(
        schedules=DynamoSchedules(name),
        directory=directory,
        jobs=DynamoJobs(name),
        addresses=addresses,
        asking=asking,
        desk=desk,
        ordering=Ordering(desk, answers.summary, kept.saved, confirmations),
    )
    alerts = AlertBook(alerts=DynamoAlerts(name), directory=directory, addresses=addresses, vault=vault, asking=asking)
    finance = Finance(FinanceStores(directory=directory, lake=kept.lake, files=objects, kept=DynamoFinance(name)))
    return Rooms(desk, directory, Offices(kept), answers, scheduling, asking, finance=finance, alerts=alerts)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer every request; whatever goes wrong is a problem document, never an exception."""
    route = str(event.get("routeKey", ""))
    try:
        if route in UNKNOWN:
            answered = sent(_plain(strayed(event)), event)
        else:
            answered = sent(app.resolve({**event, "rawPath": encoded_path(event)}, context), event)
    except Exception as error:  # noqa: BLE001 - nothing may reach the gateway
        answered = sent(_plain(broken(error)), event)
    print(json.dumps({"route": route, "status": answered["statusCode"]}))
    return answered


def strayed(event: dict[str, Any]) -> Response[str]:
    """A path that is no route, or a route that has no such method; only to whom we know."""
    try:
        _viewer(event)
    except RinglakeError as error:
        known: Response[str] = refused(error)
        return known
    http = event["requestContext"]["http"]
    allowed = methods_of(str(event.get("rawPath", "")))
    if not allowed:
        return problem(HTTPStatus.NOT_FOUND, "there is no such route; GET /v1/openapi.json describes all")
    detail = f"{http['method']} is not among the methods of this route"
    return problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": ", ".join(allowed)})


def _viewer(event: dict[str, Any]) -> Principal:
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    return principal((authorizer.get("jwt") or {}).get("claims") or {}, stores().directory)


def signed_in(app: APIGatewayHttpResolver, next_middleware: Callable[..., Response[str]]) -> Response[str]:
    """Who asks, and may they call this route; before anything else."""
    event = app.current_event.raw_event
    viewer = _viewer(event)
    permit(viewer.user, event.get("routeKey", ""))
    app.append_context(viewer=viewer, rooms=stores(), clock=now)  # type: ignore[no-untyped-call]
    return next_middleware(app)


app.use(middlewares=[signed_in])
for part in (
    api_alerts,
    api_jobs,
    api_directory,
    api_people,
    api_marks,
    api_money,
    api_customers,
    api_interactions,
    api_openapi,
    api_live,
    api_mail,
    api_staff,
    api_patterns,
    api_analytics,
    api_schedules,
    api_finance,
):
    app.include_router(part.router)


@app.not_found
def lost(_error: Exception) -> Response[str]:
    """A route of the gateway that no handler answers."""
    return problem(HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND.phrase.lower())


@app.exception_handler(RinglakeError)  # type: ignore[untyped-decorator]
def refused(error: RinglakeError) -> Response[str]:
    """An error of ours as a problem document (RFC 9457)."""
    status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, InvalidRequest):
        # A field may be called "", which says nothing to whoever looks for it.
        wrong = [{"field": field or "body", "reason": reason} for field, reason in error.errors]
        return problem(status, str(error), errors=wrong)
    if isinstance(error, LimitReached):
        print(json.dumps({"limit": error.limit, "most": error.most}))
        wait = max(1, round((error.until - now()).total_seconds()))
        headers = {"Retry-After": str(wait)}
        return problem(status, str(error), headers=headers, limit=error.limit, most=error.most, until=error.until)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        print(json.dumps({"unavailable": str(error)}))
        return problem(status, "please try again", headers={"Retry-After": RETRY_SECONDS})
    if isinstance(error, Absent):
        return problem(status, str(error))
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR):
        return problem(status, status.phrase.lower())
    if isinstance(error, Conflict):
        return problem(status, "somebody else changed it in this moment: read it again")
    return problem(status, str(error))


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def broken(error: Exception) -> Response[str]:
    """Any other error. Its text may hold data, so only its kind is logged."""
    print(json.dumps({"unexpected": type(error).__name__}))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong on our side")


def _plain(response: Response[str]) -> dict[str, Any]:
    headers = {"content-type": "application/problem+json", **response.headers}
    return {"statusCode": response.status_code, "headers": headers, "body": response.body}
