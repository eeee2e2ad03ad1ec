"""Schedule: every five minutes, orders the reports whose time has come."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ringlake import settings
from ringlake.errors import Unavailable
from ringlake.flows.answers.facts import CachedFacts
from ringlake.flows.answers.summary import SummaryAnswers
from ringlake.flows.requests import Desk
from ringlake.flows.schedules import Ordering, Ticked, Ticking
from ringlake.logline import measured
from ringlake.stores.addresses import Confirmations, DynamoAddresses, DynamoPasses
from ringlake.stores.columns import LakeColumns
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.lake import ObjectLake
from ringlake.stores.objects import S3Objects
from ringlake.stores.queue import SqsQueue
from ringlake.stores.saved import DynamoSavedReports
from ringlake.stores.schedules import DynamoSchedules
from ringlake.stores.vault import ClosedVault

# What one schedule may take after the clock was looked at: numbers over a year of a large workspace.
RESERVE_MS = 90_000


@cache
def work() -> Ticking:
    """The tick over the stores of this deployment."""
    table, queues = settings.read(settings.Tenants).directory_table, settings.read(settings.Queues)
    # Nothing sealed is opened here: no party key, no secret.
    directory = DynamoDirectory(table, ClosedVault())
    addresses, saved = DynamoAddresses(table), DynamoSavedReports(table)
    # Jobs are ordered here and no file is handed out; sums of a summary look at rows of the lake and at no record.
    unused: Any = None
    desk = Desk(
        jobs=DynamoJobs(table),
        directory=directory,
        saved=saved,
        exports=unused,
        export_queue=SqsQueue(queues.export_queue_url),
        report_queue=SqsQueue(queues.report_queue_url),
    )
    facts = CachedFacts(LakeColumns(ObjectLake(S3Objects(settings.read(settings.Lake).lake_bucket))))
    summary = SummaryAnswers(directory, facts, unused)
    return Ticking(
        schedules=DynamoSchedules(table),
        directory=directory,
        addresses=addresses,
        desk=desk,
        ordering=Ordering(desk, summary, saved, Confirmations(addresses, DynamoPasses(table))),
        tail=lambda: secrets.token_hex(10),
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(_event: object, context: Any) -> dict[str, int]:
    """What failed is due still: the next tick orders it. The run then counts as failed, so that somebody looks."""
    done = work().tick(
        now(),
        until=lambda: context.get_remaining_time_in_millis() > RESERVE_MS,
        log=lambda schedule, error: print(json.dumps({"schedule": schedule, "error": error})),
    )
    print(report(done))
    if done.failed:
        raise Unavailable(f"{done.failed} schedules could not be run")
    return {"ordered": done.ordered}


def report(done: Ticked) -> str:
    """The tick's one log line; numbers only when there are any, since each is a metric that costs."""
    numbers = {
        "ReportsOrdered": done.ordered,
        "ReportsMissed": done.missed,
        "ReportsRefused": done.refused,
        "SchedulesFailed": done.failed,
        "SchedulesWaiting": done.waiting,
    }
    if not any(numbers.values()):
        return json.dumps({"due": 0})
    return measured("schedule", now(), numbers)
