"""Fold: the journal's stream says which subjects have news; their records are made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from ringlake import settings
from ringlake.flows.folding import Folded, Result, Snapshots, fold_subject
from ringlake.fold import FOLDS
from ringlake.logline import measured
from ringlake.model.subjects import Subject
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.journal import DynamoJournal, Journal
from ringlake.stores.records import DynamoRecords, Records
from ringlake.stores.vault import KmsVault

# Below this much time left no further subject is begun; it comes again with the rest of the batch.
RESERVE_MS = 10_000


@cache
def stores() -> tuple[Journal, Records, Snapshots]:
    """Journal, records and the directory's snapshots of this deployment."""
    directory = settings.read(settings.Directory)
    journal = settings.read(settings.Journal)
    return (
        DynamoJournal(journal.journal_table, journal.journal_days),
        DynamoRecords(settings.read(settings.Records).records_table),
        Snapshots(DynamoDirectory(directory.directory_table, KmsVault(directory.key_id)), now),
    )


def now() -> datetime:
    return datetime.now(UTC)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """One batch of the stream. Records of subjects that failed are reported, the rest is done.

    The stream then repeats everything from the lowest reported sequence number; folding again
    what was folded changes nothing.
    """
    journal, records, directory = stores()
    rung = doorbells(event.get("Records") or ())
    done: list[Folded] = []
    for key in dict.fromkeys(key for key, _ in rung):
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            done.append(Folded(key=key, result=Result.FAILED, reason="Time"))
        else:
            done.append(fold_subject(key, journal, records, directory, now))
    failed = {folded.key for folded in done if folded.result is Result.FAILED}
    print(report(done, len(rung)))
    return {"batchItemFailures": [{"itemIdentifier": number} for key, number in rung if key in failed]}


def doorbells(stream_records: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Subject key and sequence number of each new event that may fold.

    Removals (expiry) are no news; quarantined items and kinds without a record are not folded.
    """
    found = []
    for record in stream_records:
        change = record.get("dynamodb", {})
        key = change.get("Keys", {}).get("pk", {}).get("S", "")
        if record.get("eventName") != "REMOVE" and _folds(key):
            found.append((key, str(change.get("SequenceNumber", ""))))
    return found


def _folds(key: str) -> bool:
    try:
        return Subject.from_key(key).kind in FOLDS
    except ValueError:
        return False


def report(done: list[Folded], doorbell_count: int) -> str:
    """The batch's one log line."""
    results = Counter(folded.result for folded in done)
    numbers = {
        "FoldDoorbells": doorbell_count,
        "FoldWritten": results[Result.WRITTEN],
        "FoldUnchanged": results[Result.UNCHANGED],
        "FoldFailed": results[Result.FAILED],
        "Quarantined": results[Result.QUARANTINED] + sum(folded.bad_events for folded in done),
    }
    reasons = dict(Counter(folded.reason for folded in done if folded.reason))
    return measured("fold", now(), numbers, said={"reasons": reasons})
