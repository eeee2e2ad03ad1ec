"""Archive: second consumer of the journal's stream (batches of keys, ReportBatchItemFailures)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from ringlake import settings
from ringlake.flows.archive import archive
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.objects import Objects, S3Objects


@cache
def stores() -> tuple[Journal, Objects]:
    """Journal and archive of this deployment."""
    return DynamoJournal(settings.read(settings.Journal).journal_table), S3Objects(
        settings.read(settings.Raw).raw_bucket
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    journal, raw = stores()
    inserted = {
        (record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]["Keys"]["sk"]["S"]): record["dynamodb"]
        for record in event["Records"]
        if record["eventName"] != "REMOVE"
    }
    done = archive(list(inserted), journal=journal, raw=raw)
    print(json.dumps({"items": done.items, "objects": done.objects, "gone": done.gone, "failed": len(done.failed)}))
    return {"batchItemFailures": [{"itemIdentifier": inserted[key]["SequenceNumber"]} for key in done.failed]}
