"""Report: one message of the queue, one query on Athena, one file, one mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from ringlake import settings
from ringlake.flows.delivery import Message, Result, answer
from ringlake.flows.report import run_report
from ringlake.flows.workshop import Post, Workshop
from ringlake.stores.addresses import DynamoAddresses
from ringlake.stores.athena import WranglerAthena
from ringlake.stores.directory import DynamoDirectory
from ringlake.stores.jobs import DynamoJobs
from ringlake.stores.mail import SesMail
from ringlake.stores.objects import S3Objects
from ringlake.stores.queue import SqsQueue
from ringlake.stores.vault import KmsVault


@cache
def work() -> Callable[[str, str], Result]:
    """`run_report` with the stores of this deployment."""
    directory, mail = settings.read(settings.Directory), settings.read(settings.Mail)
    athena = settings.read(settings.Athena)
    return partial(
        run_report,
        athena=WranglerAthena(athena.athena_workgroup, athena.glue_database),
        shop=Workshop(
            jobs=DynamoJobs(directory.directory_table),
            directory=DynamoDirectory(directory.directory_table, KmsVault(directory.key_id)),
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
