"""Make the records again: from the journal, or from the archive alone.

    python -m tools.refold --stack ringlake-prod --workspace acme
    python -m tools.refold --stack ringlake-prod --workspace acme --from-archive
    python -m tools.refold --stack ringlake-prod --workspace acme --since 2026-03-01 --until 2026-03-31 --dry-run
    python -m tools.refold --stack ringlake-prod --workspace acme --lake

Use it when an adapter has learned to read better, after a batch was given up, or when tables or
lake are lost. `--from-archive` first puts the archived events back into the journal: those that
are there stay as they are. `--lake` marks every record, so that the roll-up writes its rows again,
for example after the workspace's zone, hours or thresholds have changed. Running it twice changes
nothing. Works on AWS and on the local stack alike (`AWS_ENDPOINT_URL`).

`--since` and `--until` choose by the UTC day on which an event was received, both included. What
was not chosen is not put back: for a call that crosses the border the record keeps what it knew.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer

from ringlake.errors import RinglakeError
from ringlake.flows.archive import archived
from ringlake.flows.folding import Result, Snapshots, fold_subject
from ringlake.model.events import Quarantined
from ringlake.stores.directory import AuditLine, DirectoryStore, DynamoDirectory
from ringlake.stores.journal import DynamoJournal, Journal, Put
from ringlake.stores.objects import Objects, S3Objects
from ringlake.stores.records import DynamoRecords, Records
from ringlake.stores.vault import KmsVault
from tools.installation import installation
from tools.rehearsal import JournalAbove, RecordsAside

# The first day that can hold anything; the lake's tables begin there too.
FIRST_DAY = date(2020, 1, 1)
# Progress is told this often, in items.
STEP = 1_000
# Events put back from the archive live on in the journal for at least this long.
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Site:
    """The stores of one installation that a refold touches."""

    journal: Journal
    records: Records
    raw: Objects
    directory: DirectoryStore


@dataclass
class Done:
    """Counts. `failed` are the keys of subjects that a store did not take: run again."""

    restored: Counter[str] = field(default_factory=Counter)
    folded: Counter[str] = field(default_factory=Counter)
    marked: int = 0
    failed: list[str] = field(default_factory=list)


def refold(
    site: Site,
    workspace: str,
    *,
    since: date = FIRST_DAY,
    until: date | None = None,
    from_archive: bool = False,
    lake: bool = False,
    dry_run: bool = False,
    clock: Callable[[], datetime],
    say: Callable[[str], object] = lambda _: None,
) -> Done:
    """Refold a workspace's subjects that have events received from `since` to `until`, both included.

    A dry run reads and folds everything and writes nothing: its counts say what would happen.
    """
    last = until or clock().date()
    if dry_run:
        site = Site(JournalAbove(site.journal), RecordsAside(site.records), site.raw, site.directory)
    done = Done()
    if from_archive:
        keys = sorted(_restore(site, workspace, since, last, done, say))
    else:
        begin = datetime.combine(since, time(), UTC)
        end = datetime.combine(last + timedelta(days=1), time(), UTC)
        keys = sorted(set(site.journal.subjects(workspace, begin, end)))
    _fold(site, keys, done, clock, say)
    if lake:
        _mark(site, workspace, keys, done, say)
    if not dry_run:
        detail: dict[str, object] = {"since": since.isoformat(), "until": last.isoformat(), "subjects": len(keys)}
        if from_archive:
            detail["restored"] = done.restored[Put.STORED.value]
        site.directory.audit(
            AuditLine(
                workspace=workspace, at=clock(), user_id="", action="tools.refold", target=workspace, detail=detail
            )
        )
    return done


def _restore(
    site: Site, workspace: str, since: date, until: date, done: Done, say: Callable[[str], object]
) -> set[str]:
    """Put archived items back, day by day; the keys of the subjects seen."""
    seen: set[str] = set()
    for day in _days(since, until):
        for item in archived(site.raw, workspace, [day]):
            if isinstance(item, Quarantined):
                site.journal.quarantine(item)
                done.restored["quarantined"] += 1
                continue
            seen.add(item.subject.key)
            done.restored[site.journal.put(item).value] += 1
            if done.restored.total() % STEP == 0:
                say(f"{day}: {done.restored.total()} items read from the archive")
    say(f"{done.restored.total()} items of {len(seen)} subjects read from the archive")
    return seen


def _days(since: date, until: date) -> Iterator[str]:
    for offset in range((until - since).days + 1):
        yield (since + timedelta(days=offset)).isoformat()


def _fold(
    site: Site, keys: Sequence[str], done: Done, clock: Callable[[], datetime], say: Callable[[str], object]
) -> None:
    snapshots = Snapshots(site.directory, clock)
    for number, key in enumerate(keys, start=1):
        folded = fold_subject(key, site.journal, site.records, snapshots, clock)
        done.folded[folded.result.value] += 1
        if folded.result is Result.FAILED:
            done.failed.append(key)
        if number % STEP == 0 or number == len(keys):
            say(f"{number} of {len(keys)} subjects folded: {_told(done.folded)}")


def _mark(site: Site, workspace: str, keys: Sequence[str], done: Done, say: Callable[[str], object]) -> None:
    """Mark those subjects that have a record, and with them their customers are settled again."""
    for at in range(0, len(keys), STEP):
        there = [row.key for row in site.records.get_many(keys[at : at + STEP]) if row.record is not None]
        site.records.mark(workspace, there)
        done.marked += len(there)
    say(f"{done.marked} records marked for the roll-up")


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing"


def open_site(stack: str, since: date, journal_table: str = "", records_table: str = "") -> Site:
    """The installation deployed as this CloudFormation stack; other tables of the same shape for a rehearsal."""
    outputs = installation(stack).outputs
    # An event's expiry counts from its receipt: what is put back must not be gone before it is folded.
    days = (datetime.now(UTC).date() - since + KEPT).days
    return Site(
        journal=DynamoJournal(journal_table or outputs["JournalTable"], days),
        records=DynamoRecords(records_table or outputs["RecordsTable"]),
        raw=S3Objects(outputs["RawBucket"]),
        directory=DynamoDirectory(outputs["DirectoryTable"], KmsVault(outputs["KeyId"])),
    )


def main(
    workspace: Annotated[str, typer.Option(help="The workspace to refold")],
    stack: Annotated[str, typer.Option(help="CloudFormation stack")] = "ringlake-local",
    since: Annotated[str, typer.Option(help="First UTC day of receipt, YYYY-MM-DD")] = FIRST_DAY.isoformat(),
    until: Annotated[str, typer.Option(help="Last UTC day of receipt; today when empty")] = "",
    from_archive: Annotated[bool, typer.Option(help="Put archived events back into the journal first")] = False,
    lake: Annotated[bool, typer.Option(help="Mark every record, so that its rows are written again")] = False,
    dry_run: Annotated[bool, typer.Option(help="Write nothing, say what would happen")] = False,
    journal_table: Annotated[str, typer.Option(help="Another journal table, for a rehearsal")] = "",
    records_table: Annotated[str, typer.Option(help="Another records table, for a rehearsal")] = "",
) -> None:
    """Make the records of a workspace again, from the journal or from the archive alone."""
    first = date.fromisoformat(since)
    try:
        done = refold(
            open_site(stack, first, journal_table, records_table),
            workspace,
            since=first,
            until=date.fromisoformat(until) if until else None,
            from_archive=from_archive,
            lake=lake,
            dry_run=dry_run,
            clock=lambda: datetime.now(UTC),
            say=lambda text: print(text, file=sys.stderr),
        )
    except RinglakeError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    if from_archive:
        print(f"journal: {_told(done.restored)}")
    print(f"records: {_told(done.folded)}" + (" (nothing was written)" if dry_run else ""))
    if done.failed:
        print(f"failed, run again: {len(done.failed)} subjects", file=sys.stderr)
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
