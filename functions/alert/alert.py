"""Alert: every minute, looks at every rule and tells people what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from ringlake import settings
from ringlake.errors import Unavailable
from ringlake.flows.alerts.delivering import Delivering, Post
from ringlake.flows.alerts.running import Alerting, Ran
from ringlake.flows.answers.facts import CachedFacts
from ringlake.logline import measured
from ringlake.stores.addresses import Confirmations, DynamoAddresses, DynamoPasses
from ringlake.stores.alerts import DynamoAlerts
from ringlake.stores.columns import LakeColumns
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.lake import ObjectLake
from ringlake.stores.mail import SesMail
from ringlake.stores.objects import S3Objects
from ringlake.stores.queue import SqsQueue
from ringlake.stores.records import DynamoRecords
from ringlake.stores.vault import ClosedVault

# What one workspace may take after the clock was looked at.
RESERVE = timedelta(seconds=20)


@cache
def alerting() -> Alerting:
    """The run over the stores of this deployment."""
    table, mail = settings.read(settings.Tenants).directory_table, settings.read(settings.Mail)
    alerts, addresses = DynamoAlerts(table), DynamoAddresses(table)
    return Alerting(
        alerts=alerts,
        # Nothing sealed is opened here: neither customers' keys nor the secrets of webhooks.
        directory=DynamoDirectory(table, ClosedVault()),
        records=DynamoRecords(settings.read(settings.Records).records_table),
        facts=CachedFacts(LakeColumns(ObjectLake(S3Objects(settings.read(settings.Lake).lake_bucket)))),
        delivering=Delivering(
            alerts=alerts,
            addresses=addresses,
            confirmations=Confirmations(addresses, DynamoPasses(table)),
            mail=SesMail(),
            hooks=SqsQueue(settings.read(settings.Hooks).hook_queue_url),
            post=Post(sender=mail.mail_from, public_url=settings.read(settings.Web).public_url),
        ),
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(_event: object, context: Any) -> dict[str, int]:
    """What failed is looked at again in a minute. The run then counts as failed, so that somebody looks."""
    until = now() + timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
    done = alerting().run(now, until, lambda what, error: print(json.dumps({"alert": what, "error": error})))
    print(report(done))
    if done.failed:
        raise Unavailable(f"{done.failed} alerts could not be looked at")
    return {"rules": done.rules, "told": done.told}


def report(done: Ran) -> str:
    """The run's one log line; numbers only when there are any, since each is a metric that costs."""
    numbers = {
        "AlertsFired": done.fired,
        "AlertsResolved": done.resolved,
        "AlertsTold": done.told,
        "AlertsFailed": done.failed,
    }
    if not any(numbers.values()):
        return json.dumps({"rules": done.rules})
    return measured("alert", now(), numbers, said={"rules": done.rules})
