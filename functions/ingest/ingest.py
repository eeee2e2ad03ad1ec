"""Ingest: the provider's door (HTTP API, payload format 2.0)."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ringlake import settings
from ringlake.errors import RinglakeError
from ringlake.flows.arriving import Arriving
from ringlake.flows.ingest import Endpoints, Ingested, Outcome, ingest
from ringlake.logline import measured
from ringlake.model.events import Delivery
from ringlake.stores.arrivals import DynamoArrivals
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.vault import KmsVault, Vault


@cache
def stores() -> tuple[DirectoryStore, Journal, Vault, Endpoints]:
    """Directory, journal, vault and this process's cache of endpoints."""
    own, journal = settings.read(settings.Directory), settings.read(settings.Journal)
    vault = KmsVault(own.key_id)
    return (
        DynamoDirectory(own.directory_table, vault),
        DynamoJournal(journal.journal_table, journal.journal_days),
        vault,
        Endpoints(),
    )


@cache
def arriving() -> Arriving:
    """What this process remembers of its marks."""
    return Arriving(DynamoArrivals(settings.read(settings.Directory).directory_table))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Whatever goes wrong, the sender hears 503 and sends again."""
    began = time.perf_counter()
    size = 0
    try:
        directory, journal, vault, endpoints = stores()
        delivery, path = opened(event), event.get("pathParameters") or {}
        size = len(delivery.body)
        result = ingest(
            delivery,
            path.get("provider", ""),
            path.get("token", ""),
            directory=directory,
            journal=journal,
            vault=vault,
            now=datetime.now(UTC),
            endpoints=endpoints,
        )
        note(result, path.get("token", ""))
    except Exception as error:  # noqa: BLE001 (a bug must not cost a delivery: anything but 2xx is sent again)
        # Our own errors name no data (ringlake.errors); what others say may hold anything.
        reason = str(error) if isinstance(error, RinglakeError) else type(error).__name__
        result = Ingested(outcome=Outcome.UNAVAILABLE, reason=reason)
    print(line(result, size, (time.perf_counter() - began) * 1000))
    return answered(result)


def note(result: Ingested, token: str) -> None:
    """Mark that something arrived. The delivery is stored already: no failure of a mark may cost it."""
    workspace, connection = result.workspace, result.connection
    with suppress(RinglakeError):
        if result.outcome is Outcome.NOT_AUTHENTIC:
            directory, _, vault, endpoints = stores()
            # From the cache: the signature was tried with it a moment ago.
            endpoint = endpoints.find(token, directory, vault, datetime.now(UTC))
            if endpoint is not None:
                workspace, connection = endpoint.connection.workspace, endpoint.connection.id
        arriving().note(workspace, connection, result.outcome, datetime.now(UTC))


def answered(result: Ingested) -> dict[str, Any]:
    """The counts, or what the provider's own protocol wants to hear; no browser guesses a type of its own."""
    said = result.reply
    headers = {"content-type": "application/json", "x-content-type-options": "nosniff"}
    return {
        "statusCode": result.status,
        "headers": headers | (said.headers if said else {}),
        "body": json.dumps(result.answer) if said is None else said.body,
    }


def opened(event: dict[str, Any]) -> Delivery:
    """The request as the sender made it. Only the flag tells whether the body is base64 (aws.md 2)."""
    http = event["requestContext"]["http"]
    query = event.get("rawQueryString") or ""
    url = settings.read(settings.Web).public_url + event["rawPath"]
    return Delivery(
        method=http["method"],
        url=f"{url}?{query}" if query else url,
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        query=query,
        body=_body(event),
    )


def _body(event: dict[str, Any]) -> bytes:
    """Bytes that cannot be restored match no signature; they are refused, never repaired."""
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        with suppress(ValueError):
            return b64decode(text, validate=True)
    return text.encode("utf-8", "surrogatepass")


def line(result: Ingested, size: int, took_ms: float) -> str:
    """The one log line. Each outcome is a metric of its own name."""
    said = {"bytes": size, **result.told}
    return measured("ingest", datetime.now(UTC), {result.outcome.value: 1}, ms=took_ms, said=said)
