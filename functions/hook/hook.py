"""Hook: one message of the queue, one attempt to post a notice to a webhook."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from ringlake import settings
from ringlake.errors import Conflict, Unavailable
from ringlake.flows.alerts.hooks import Asked, Hooks, Outcome
from ringlake.logline import measured
from ringlake.stores.alerts import DynamoAlerts
from ringlake.stores.queue import SqsQueue
from ringlake.stores.vault import KmsVault
from ringlake.stores.webhooks import HttpsWebhooks


@cache
def hooks() -> Hooks:
    """The worker over the stores of this deployment."""
    directory = settings.read(settings.Directory)
    return Hooks(
        alerts=DynamoAlerts(directory.directory_table),
        vault=KmsVault(directory.key_id),
        webhooks=HttpsWebhooks(),
        queue=SqsQueue(settings.read(settings.Hooks).hook_queue_url),
        clock=now,
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Messages that could not be worked on come again; an attempt that failed is no such thing."""
    again, done = [], Counter[str]()
    for record in event["Records"]:
        try:
            done[hooks().work(msgspec.json.decode(record["body"], type=Asked)).value] += 1
        except (Unavailable, Conflict) as error:
            again.append(record["messageId"])
            print(json.dumps({"again": str(error)}))
    print(report(done))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def report(done: Counter[str]) -> str:
    """The batch's one log line."""
    numbers = {
        "HooksSent": done[Outcome.SENT],
        "HooksTriedAgain": done[Outcome.LATER],
        "HooksFailed": done[Outcome.FAILED],
    }
    return measured("hook", now(), numbers)
