"""The quarantine: list what could not be understood, and take it in once the cause is mended.

    python -m tools.replay --stack ringlake-prod list acme
    python -m tools.replay --stack ringlake-prod run acme --since 2026-11-01 --dry-run

Shows no bodies and no numbers. Works on AWS and on the local stack (`AWS_ENDPOINT_URL`).
Running it twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from ringlake.flows.folding import Snapshots, fold_subjects
from ringlake.flows.replay import Replayed, Result, replay
from ringlake.model.events import Quarantined
from ringlake.stores.directory import AuditLine, DirectoryStore, DynamoDirectory
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.records import DynamoRecords, Records
from ringlake.stores.vault import KmsVault
from tools.installation import installation

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@dataclass(frozen=True)
class Site:
    """The stores of one installation that a replay touches."""

    journal: Journal
    records: Records
    directory: DirectoryStore


def open_site(stack: str) -> Site:
    """The installation deployed as this CloudFormation stack."""
    outputs = installation(stack).outputs
    return Site(
        journal=DynamoJournal(outputs["JournalTable"]),
        records=DynamoRecords(outputs["RecordsTable"]),
        directory=DynamoDirectory(outputs["DirectoryTable"], KmsVault(outputs["KeyId"])),
    )


def held(site: Site, workspace: str, since: date, until: date, stage: str = "") -> Iterator[Quarantined]:
    """Quarantined items of all connections from `since` to `until`, both included, oldest day first."""
    connections = [c.id for c in site.directory.load(workspace).connections]
    for offset in range((until - since).days + 1):
        day = (since + timedelta(days=offset)).isoformat()
        for connection in connections:
            yield from (q for q in site.journal.quarantined(workspace, connection, day) if stage in ("", q.stage))


def replay_all(
    site: Site,
    workspace: str,
    since: date,
    until: date,
    *,
    stage: str = "",
    accept_conflicts: bool = False,
    dry_run: bool = False,
) -> list[Replayed]:
    """Replay every item, then fold what was touched; leaves one audit line unless it is a dry run."""
    directory = site.directory.load(workspace)
    results = []
    for item in held(site, workspace, since, until, stage):
        connection = directory.connection(item.connection)
        assert connection is not None, "items are listed by connection"
        results.append(replay(item, connection, site.journal, accept_conflicts=accept_conflicts, dry_run=dry_run))
    if dry_run:
        return results
    fold = [r.subject for r in results if r.subject and r.result in (Result.STORED, Result.KNOWN, Result.FOLD)]
    snapshots = Snapshots(site.directory, _now)
    fold_subjects(fold, journal=site.journal, records=site.records, directory=snapshots, clock=_now)
    counts = Counter(r.result.value for r in results)
    site.directory.audit(
        AuditLine(
            workspace=workspace, at=_now(), user_id="tools.replay", action="quarantine.replay", detail=dict(counts)
        )
    )
    return results


def _now() -> datetime:
    return datetime.now(UTC)


Workspace = Annotated[str, typer.Argument(help="Workspace id")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First UTC day; default 7 days ago")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last UTC day; default today")]
Stage = Annotated[str, typer.Option(help="Only identify, conflict, parse or fold")]


@app.callback()
def _main(context: typer.Context, stack: Annotated[str, typer.Option(help="Name of the CloudFormation stack")]) -> None:
    context.obj = stack


def _span(since: datetime | None, until: datetime | None) -> tuple[date, date]:
    last = until.date() if until else _now().date()
    return (since.date() if since else last - timedelta(days=7)), last


@app.command("list")
def _list(
    context: typer.Context, workspace: Workspace, since: Since = None, until: Until = None, stage: Stage = ""
) -> None:
    """What is held, one line each: when, where, at which stage and why."""
    first, last = _span(since, until)
    count = 0
    for item in held(open_site(context.obj), workspace, first, last, stage):
        count += 1
        where = f"{item.provider or '-'} {item.connection} {item.stage}"
        typer.echo(f"{item.received_at:%Y-%m-%d %H:%M:%S}  {item.id}  {where}  {item.field}: {item.reason}")
    typer.echo(f"{count} held from {first} to {last}")


@app.command("run")
def _run(
    context: typer.Context,
    workspace: Workspace,
    since: Since = None,
    until: Until = None,
    stage: Stage = "",
    accept_conflicts: Annotated[
        bool, typer.Option(help="Also store events whose id is known with other content")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would happen and change nothing")] = False,
) -> None:
    """Take in what can be read now, and fold it."""
    first, last = _span(since, until)
    results = replay_all(
        open_site(context.obj),
        workspace,
        first,
        last,
        stage=stage,
        accept_conflicts=accept_conflicts,
        dry_run=dry_run,
    )
    for result in results:
        if result.result is Result.UNREADABLE:
            typer.echo(f"still unreadable  {result.id}  {result.field}: {result.reason}")
    counts = Counter(r.result.value for r in results)
    summary = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing was held"
    typer.echo(f"{'would be: ' if dry_run else ''}{summary}")


if __name__ == "__main__":
    app()
