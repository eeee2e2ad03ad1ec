"""Roll-up: every minute, all workspaces, as long as the invocation has time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

from ringlake import settings
from ringlake.errors import RinglakeError
from ringlake.flows.refolding import work_off
from ringlake.flows.rollup import RolledUp, rollup
from ringlake.logline import measured
from ringlake.stores.contacts import Contacts, DynamoContacts
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.lake import Lake, ObjectLake
from ringlake.stores.marks import DynamoMarks, MarksStore
from ringlake.stores.objects import S3Objects
from ringlake.stores.records import DynamoRecords, Records
from ringlake.stores.refolds import DynamoRefolds, Refolds
from ringlake.stores.trails import DynamoTrails, Trails
from ringlake.stores.vault import KmsVault

# What the last batch may take after the deadline was looked at.
RESERVE = timedelta(seconds=60)
# What requests to fold history again may take of one run: the minutes after it belong to their roll-up.
REFOLDING = timedelta(seconds=40)


class Stores(NamedTuple):
    """What a roll-up reads and writes, by the names of its arguments."""

    records: Records
    lake: Lake
    directory: DirectoryStore
    trails: Trails
    marks: MarksStore
    contacts: Contacts


@cache
def stores() -> Stores:
    """The stores of this deployment."""
    directory = settings.read(settings.Directory)
    records_table = settings.read(settings.Records).records_table
    return Stores(
        records=DynamoRecords(records_table),
        lake=ObjectLake(S3Objects(settings.read(settings.Lake).lake_bucket)),
        directory=DynamoDirectory(directory.directory_table, KmsVault(directory.key_id)),
        trails=DynamoTrails(records_table),
        marks=DynamoMarks(directory.directory_table),
        contacts=DynamoContacts(directory.directory_table),
    )


# Requests of a record each that are under way together: a catch-up writes thousands of them.
AT_ONCE = 8


@cache
def bells() -> tuple[Refolds, Journal]:
    """Requests to fold history again, and the journal whose bells are rung."""
    return (
        DynamoRefolds(settings.read(settings.Directory).directory_table),
        DynamoJournal(settings.read(settings.Journal).journal_table),
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(_event: object, context: Any) -> dict[str, int]:
    """One workspace that fails does not keep the others waiting; the run then counts as failed."""
    site = stores()
    until = now() + timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE

    def run(workspace: str) -> RolledUp:
        return rollup(workspace, **site._asdict(), clock=now, until=until, at_once=AT_ONCE)

    done: list[RolledUp] = []
    failures: list[RinglakeError] = []
    for workspace in site.directory.workspaces():
        try:
            done.append(run(workspace))
        except RinglakeError as error:
            failures.append(error)
            print(json.dumps({"workspace": workspace, "error": type(error).__name__}))
    print(report(done, finished=not failures))
    failures += _refold([d.workspace for d in done if d.complete], until)
    if failures:
        raise failures[0]
    return {"records": sum(d.records for d in done)}


def _refold(workspaces: list[str], until: datetime) -> list[RinglakeError]:
    """Work off the requests of the workspaces that the roll-up has finished with; what failed comes again."""
    refolds, journal = bells()
    records, lake, directory, *_ = stores()
    run = partial(
        work_off, refolds=refolds, lake=lake, journal=journal, directory=directory, mark=records.mark, clock=now
    )
    until = min(until, now() + REFOLDING)
    failures: list[RinglakeError] = []
    for workspace in workspaces:
        try:
            found = run(workspace, until=until)
        except RinglakeError as error:
            failures.append(error)
            print(json.dumps({"workspace": workspace, "refold": type(error).__name__}))
            continue
        if found.rung or found.done:
            told = {"done": found.done, "waiting": found.waiting, "rung": found.rung}
            print(json.dumps({"workspace": workspace, "refold": told}))
    return failures


def report(done: list[RolledUp], *, finished: bool) -> str:
    """The run's one log line.

    `RollupFinished` is there only when no workspace was left behind: its absence is the alarm.
    """
    numbers = {
        "RolledUpRecords": sum(d.records for d in done),
        "RolledUpObjects": sum(d.objects for d in done),
        "RollupConflicts": sum(d.conflicts for d in done),
    }
    if finished and all(d.complete for d in done):
        numbers["RollupFinished"] = 1
    changed = {d.workspace: d.records for d in done if d.records}
    return measured("rollup", now(), numbers, said={"workspaces": changed})
