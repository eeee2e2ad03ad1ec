"""Export: one message of the queue, one file, one mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from ringlake import settings
from ringlake.flows.delivery import Post, Result, answer
from ringlake.flows.exports import Sources, run_export
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.journal import DynamoJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.mail import SesMail
from ringlake.stores.marks import DynamoMarks
from ringlake.stores.objects import S3Objects
from ringlake.stores.records import DynamoRecords
from ringlake.stores.vault import KmsVault


@cache
def work() -> Callable[[str, str], Result]:
    """`run_export` with the stores of this deployment."""
    directory, mail = settings.read(settings.Directory), settings.read(settings.Mail)
    journal = settings.read(settings.Journal)
    return partial(
        run_export,
        jobs=DynamoJobs(directory.directory_table),
        sources=Sources(
            directory=DynamoDirectory(directory.directory_table, KmsVault(directory.key_id)),
            lake=ObjectLake(S3Objects(settings.read(settings.Lake).lake_bucket)),
            records=DynamoRecords(settings.read(settings.Records).records_table),
            marks=DynamoMarks(directory.directory_table),
            journal=DynamoJournal(journal.journal_table, journal.journal_days),
            raw=S3Objects(settings.read(settings.Raw).raw_bucket),
        ),
        exports=S3Objects(settings.read(settings.Exports).exports_bucket),
        mail=SesMail(),
        post=Post(
            sender=mail.mail_from,
            public_url=settings.read(settings.Web).public_url,
            attach_limit_bytes=mail.attach_limit_bytes,
        ),
        clock=lambda: datetime.now(UTC),
    )


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    again = answer([(record["messageId"], record["body"]) for record in event["Records"]], work())
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
