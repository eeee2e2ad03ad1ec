"""Roll-up: every minute, all workspaces, as long as the invocation has time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from ringlake import settings
from ringlake.errors import RinglakeError
from ringlake.flows.rollup import RolledUp, rollup
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.lake import Lake, ObjectLake
from ringlake.stores.objects import S3Objects
from ringlake.stores.records import DynamoRecords, Records
from ringlake.stores.vault import KmsVault

# What the last batch may take after the deadline was looked at.
RESERVE = timedelta(seconds=60)


@cache
def stores() -> tuple[Records, Lake, DirectoryStore]:
    """Records, lake and directory of this deployment."""
    directory = settings.read(settings.Directory)
    return (
        DynamoRecords(settings.read(settings.Records).records_table),
        ObjectLake(S3Objects(settings.read(settings.Lake).lake_bucket)),
        DynamoDirectory(directory.directory_table, KmsVault(directory.key_id)),
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(_event: object, context: Any) -> dict[str, int]:
    """One workspace that fails does not keep the others waiting; the run then counts as failed."""
    records, lake, directory = stores()
    until = now() + timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
    run = partial(rollup, records=records, lake=lake, directory=directory, clock=now, until=until)
    done: list[RolledUp] = []
    failures: list[RinglakeError] = []
    for workspace in directory.workspaces():
        try:
            done.append(run(workspace))
        except RinglakeError as error:
            failures.append(error)
            print(json.dumps({"workspace": workspace, "error": type(error).__name__}))
    print(json.dumps(report(done, finished=not failures)))
    if failures:
        raise failures[0]
    return {"records": sum(d.records for d in done)}


def report(done: list[RolledUp], *, finished: bool) -> dict[str, Any]:
    """The run's one log line, which is also its metrics (CloudWatch embedded metric format).

    `RollupFinished` is there only when no workspace was left behind: its absence is the alarm.
    """
    numbers = {
        "RolledUpRecords": sum(d.records for d in done),
        "RolledUpObjects": sum(d.objects for d in done),
        "RollupConflicts": sum(d.conflicts for d in done),
    }
    if finished and all(d.complete for d in done):
        numbers["RollupFinished"] = 1
    metrics = [{"Name": name, "Unit": "Count"} for name in numbers]
    declared = {"Namespace": "Ringlake", "Dimensions": [["service"]], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": int(now().timestamp() * 1000), "CloudWatchMetrics": [declared]},
        "service": "rollup",
        **numbers,
        "workspaces": {d.workspace: d.records for d in done if d.records},
    }
