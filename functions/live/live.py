"""Live: boards on screens. Connections of watchers, the bells of records that are or were on a board, and tickets for
walls.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from ringlake import settings
from ringlake.errors import Conflict, Forbidden, NotAuthentic, NotFound, PlanTooLow, Unavailable
from ringlake.flows.live import Live, Rung
from ringlake.logline import measured
from ringlake.model.base import to_json
from ringlake.stores.boards import DynamoBoards
from ringlake.stores.contacts import DynamoContacts
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.journal import DynamoJournal
from ringlake.stores.records import DynamoRecords
from ringlake.stores.vault import ClosedVault
from ringlake.stores.walls import DynamoWalls
from ringlake.stores.wires import GatewayWire


@cache
def stores() -> Live:
    """The boards of this deployment."""
    table = settings.read(settings.Tenants).directory_table
    live, journal = settings.read(settings.Live), settings.read(settings.Journal)
    return Live(
        records=DynamoRecords(settings.read(settings.Records).records_table),
        contacts=DynamoContacts(table),
        directory=DynamoDirectory(table, ClosedVault()),
        boards=DynamoBoards(live.live_table),
        wire=GatewayWire(live.live_url),
        journal=DynamoJournal(journal.journal_table, journal.journal_days),
        walls=DynamoWalls(table),
        url=live.live_url,
        clock=now,
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """One batch of the records' stream, one event of a connection, or a request for a wall."""
    if "Records" in event:
        return rung(event["Records"])
    if "routeKey" in event:
        return wall(event)
    return connection(event)


_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


def wall(event: Mapping[str, Any]) -> dict[str, Any]:
    """A ticket for whoever holds a wall's token; anything else is a problem document that says little."""
    token = str((event.get("pathParameters") or {}).get("token", ""))
    kind, body = "application/problem+json", b""
    try:
        body = to_json(stores().open_wall(token))
        kind, status = "application/json", HTTPStatus.CREATED
    except NotFound:
        status = HTTPStatus.NOT_FOUND
    except PlanTooLow:
        status = HTTPStatus.PAYMENT_REQUIRED
    except Unavailable as error:
        print(json.dumps({"unavailable": str(error)}))
        status = HTTPStatus.SERVICE_UNAVAILABLE
    except Exception as error:  # noqa: BLE001 - nothing may reach the gateway, whose answer might hold data
        print(json.dumps({"unexpected": type(error).__name__}))
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    counts = {"LiveUnavailable": int(status >= HTTPStatus.INTERNAL_SERVER_ERROR)}
    print(measured("live", now(), counts, said={"event": "WALL", "status": status.value}))
    said = body or to_json({"type": "about:blank", "title": status.phrase, "status": status.value})
    return {"statusCode": status.value, "headers": {"content-type": kind, **_HEADERS}, "body": said.decode()}


def rung(stream_records: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """Bells of subjects; those whose board could not be brought up to date are reported, and come again."""
    bells = [
        (str(record["dynamodb"]["Keys"]["pk"]["S"]), str(record["dynamodb"].get("SequenceNumber", "")))
        for record in stream_records
    ]
    done = stores().ring(key for key, _ in bells)
    print(report(done, len(bells)))
    return {"batchItemFailures": [{"itemIdentifier": number} for key, number in bells if key in done.failed]}


def report(done: Rung, bells: int) -> str:
    """The batch's one log line."""
    numbers = {
        "LiveBells": bells,
        "LiveVersions": done.versions,
        "LiveSent": done.sent,
        "LiveGone": done.gone,
        "LiveUnsent": done.unsent,
        "LiveFailed": len(done.failed),
        "Quarantined": done.quarantined,
    }
    return measured("live", now(), numbers, said={"reasons": done.reasons})


def connection(event: Mapping[str, Any]) -> dict[str, int]:
    """Connect, disconnect, or a message. Only a status is answered: what is said goes over the wire."""
    about = event["requestContext"]
    kind, screen = about.get("eventType"), about["connectionId"]
    status = HTTPStatus.OK
    try:
        match kind:
            case "CONNECT":
                stores().connect(screen, (event.get("queryStringParameters") or {}).get("ticket", ""))
            case "DISCONNECT":
                stores().disconnect(screen)
            case _:
                stores().hear(screen, text_of(event))
    except NotAuthentic:
        status = HTTPStatus.UNAUTHORIZED
    except Forbidden:
        status = HTTPStatus.FORBIDDEN
    except (Unavailable, Conflict) as error:
        print(json.dumps({"unavailable": str(error)}))
        status = HTTPStatus.SERVICE_UNAVAILABLE
    except Exception as error:  # noqa: BLE001 - nothing may reach the gateway, whose answer might hold data
        print(json.dumps({"unexpected": type(error).__name__}))
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    counts = {"LiveUnavailable": int(status >= HTTPStatus.INTERNAL_SERVER_ERROR)}
    print(measured("live", now(), counts, said={"event": str(kind), "status": status.value}))
    return {"statusCode": status.value}


def text_of(event: Mapping[str, Any]) -> str:
    """The message; a binary one that is no text is an empty one."""
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""
