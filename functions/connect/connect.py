"""Connect: Amazon Connect's door. EventBridge hands over one contact event per call (docs/adr/0024)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ringlake import settings
from ringlake.errors import Unavailable
from ringlake.flows.ingest import Endpoints, Ingested, Outcome, ingest
from ringlake.logline import measured
from ringlake.providers.amazon_connect import handed_over, instance_of
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.vault import ClosedVault, Vault

PROVIDER = "amazon_connect"


@cache
def stores() -> tuple[DirectoryStore, Journal, Vault, Endpoints]:
    """Directory, journal, a vault without a key (the bus is the proof, there is no secret), cache of endpoints."""
    journal, vault = settings.read(settings.Journal), ClosedVault()
    return (
        DynamoDirectory(settings.read(settings.Tenants).directory_table, vault),
        DynamoJournal(journal.journal_table, journal.journal_days),
        vault,
        Endpoints(),
    )


def handler(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """Raises when the event could not be stored: Lambda hands it over again, then to the dead letters.

    An event of an instance that nobody joined to a workspace is counted and let go.
    """
    began = time.perf_counter()
    directory, journal, vault, endpoints = stores()
    delivery = handed_over(event)
    result = ingest(
        delivery,
        PROVIDER,
        instance_of(event),
        directory=directory,
        journal=journal,
        vault=vault,
        now=datetime.now(UTC),
        endpoints=endpoints,
    )
    print(line(result, len(delivery.body), (time.perf_counter() - began) * 1000))
    if result.outcome is Outcome.UNAVAILABLE:
        raise Unavailable(result.reason)
    return result.answer


def line(result: Ingested, size: int, took_ms: float) -> str:
    """The one log line. Each outcome is a metric of its own name."""
    said = {"bytes": size, **result.told}
    return measured("connect", datetime.now(UTC), {result.outcome.value: 1}, ms=took_ms, said=said)
