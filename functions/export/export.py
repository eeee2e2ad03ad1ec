"""Export: one message of the queue, one file, one mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from ringlake import settings
from ringlake.flows.delivery import Message, Result, answer
from ringlake.flows.exports import Sources, run_export
from ringlake.flows.workshop import Post, Workshop
from ringlake.stores.addresses import DynamoAddresses
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.journal import DynamoJournal
from ringlake.stores.lake import ObjectLake
from ringlake.stores.mail import SesMail
from ringlake.stores.marks import DynamoMarks
from ringlake.stores.objects import S3Objects
from ringlake.stores.queue import SqsQueue
from ringlake.stores.records import DynamoRecords
from ringlake.stores.vault import KmsVault


@cache
def work() -> Callable[[str, str], Result]:
    """`run_export` with the stores of this deployment."""
    directory, mail = settings.read(settings.Directory), settings.read(settings.Mail)
    journal = settings.read(settings.Journal)
    store = DynamoDirectory(directory.directory_table, KmsVault(directory.key_id))
    return partial(
        run_export,
        sources=Sources(
            directory=store,
            lake=ObjectLake(S3Objects(settings.read(settings.Lake).lake_bucket)),
            records=DynamoRecords(settings.read(settings.Records).records_table),
            marks=DynamoMarks(directory.directory_table),
            journal=DynamoJournal(journal.journal_table, journal.journal_days),
            raw=S3Objects(settings.read(settings.Raw).raw_bucket),
        ),
        shop=Workshop(
            jobs=DynamoJobs(directory.directory_table),
            directory=store,
            exports=S3Objects(settings.read(settings.Exports).exports_bucket),
            mail=SesMail(),
            addresses=DynamoAddresses(directory.directory_table),
            post=Post(
                sender=mail.mail_from,
                public_url=settings.read(settings.Web).public_url,
                attach_limit_bytes=mail.attach_limit_bytes,
            ),
            clock=lambda: datetime.now(UTC),
        ),
    )


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    messages = [Message(record["messageId"], record["body"], record["receiptHandle"]) for record in event["Records"]]
    again = answer(messages, work(), SqsQueue(settings.read(settings.Work).queue_url))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}
