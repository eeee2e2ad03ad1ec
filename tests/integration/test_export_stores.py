"""Directory, jobs, queue and mail on the emulator, by the same cases as their twins."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import msgspec
import pytest

from ringlake.errors import Unavailable
from ringlake.stores.directory import DirectoryStore, DynamoDirectory
from ringlake.stores.jobs import DynamoJobs, Jobs
from ringlake.stores.mail import MailRefused, Refusal, SesMail
from ringlake.stores.queue import SqsQueue
from ringlake.stores.vault import KmsVault, Vault
from tests.integration.emulators import Emulator, emulator, library_at, new_directory_table
from tests.stores.directory_suite import DirectorySuite
from tests.stores.jobs_suite import JobsSuite, job

pytestmark = pytest.mark.enable_socket


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("stores")) as found, library_at(found):
        yield found


@pytest.fixture
def table(running: Emulator) -> str:
    return new_directory_table(running)


class TestDynamoDirectory(DirectorySuite):
    @pytest.fixture
    def vault(self, running: Emulator) -> Vault:
        return KmsVault(running.client("kms").create_key()["KeyMetadata"]["KeyId"])

    @pytest.fixture
    def directory(self, table: str, vault: Vault) -> DirectoryStore:
        return DynamoDirectory(table, vault)


class TestDynamoJobs(JobsSuite):
    @pytest.fixture
    def jobs(self, table: str) -> Jobs:
        return DynamoJobs(table)

    def test_pages_are_filled_beyond_what_one_query_returns(self, jobs: Jobs) -> None:
        for number in range(40):
            made = job(number)
            made.filter["reference"] = "x" * 40_000
            jobs.create(made)
        assert [found.id for found in jobs.newest("acme", limit=40)] == [f"{n:04}" for n in range(39, -1, -1)]
        assert [found.id for found in jobs.since("acme", "0002")] == [f"{n:04}" for n in range(2, 40)]


def test_the_row_of_a_job_goes_two_months_after_its_file(running: Emulator, table: str) -> None:
    made = job(1)
    DynamoJobs(table).create(made)
    DynamoJobs(table).transition(made, msgspec.structs.replace(made, attempts=1))

    (item,) = running.client("dynamodb").scan(TableName=table)["Items"]
    assert int(item["expires_at"]["N"]) == (made.expires_at + timedelta(days=60)).timestamp()


def test_a_table_that_is_not_there_is_unavailable(running: Emulator) -> None:
    with pytest.raises(Unavailable):
        DynamoJobs("no-such-table").get("acme", "1")


def test_a_message_arrives_with_its_workspace_as_group(running: Emulator) -> None:
    sqs = running.client("sqs")
    url = sqs.create_queue(QueueName="exports")["QueueUrl"]

    SqsQueue(url).send({"workspace": "acme", "job": "1"}, "acme")

    (received,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert json.loads(received["Body"]) == {"job": "1", "workspace": "acme"}
    assert received["Attributes"]["MessageGroupId"] == "acme"


def test_a_message_that_is_put_off_comes_again_by_then(running: Emulator) -> None:
    sqs = running.client("sqs")
    url = sqs.create_queue(QueueName="put-off", Attributes={"VisibilityTimeout": "5400"})["QueueUrl"]
    queue = SqsQueue(url)
    queue.send({"workspace": "acme", "job": "1"}, "acme")
    (received,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)

    queue.postpone(received["ReceiptHandle"], 1)

    deadline = time.monotonic() + 10
    while "Messages" not in (again := sqs.receive_message(QueueUrl=url)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [message["Body"] for message in again["Messages"]] == [received["Body"]]
    with pytest.raises(Unavailable):
        queue.postpone("no such handle", 1)


def _mail(sender: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = Address(addr_spec=sender), Address(addr_spec="anna@example.com")
    made["Subject"] = "Your export is ready"
    made.set_content("Żółć\n")
    made.add_attachment(b'\xef\xbb\xbf"a"\r\n', maintype="text", subtype="csv", filename="a.csv")
    return made


def test_a_mail_arrives_byte_for_byte_and_an_unverified_sender_is_refused(running: Emulator) -> None:
    running.client("ses").verify_email_identity(EmailAddress="reports@example.com")

    SesMail().send(_mail("reports@example.com"))
    with pytest.raises(MailRefused) as refused:
        SesMail().send(_mail("somebody@example.net"))
    assert refused.value.why is Refusal.SENDER_UNVERIFIED

    deadline = time.monotonic() + 10
    while not (arrived := [p for p in running.mail.rglob("*") if p.is_file()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    (path,) = arrived
    received = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(received, EmailMessage)
    (attached,) = received.iter_attachments()
    assert attached.get_payload(decode=True) == b'\xef\xbb\xbf"a"\r\n'


def test_in_the_sandbox_it_is_the_recipient_who_has_to_be_verified(running: Emulator) -> None:
    running.client("ses").verify_email_identity(EmailAddress="reports@example.com")
    account = running.client("sesv2")
    account.put_account_details(
        ProductionAccessEnabled=False, MailType="TRANSACTIONAL", WebsiteURL="https://example.com"
    )
    try:
        with pytest.raises(MailRefused) as refused:
            SesMail().send(_mail("reports@example.com"))
    finally:
        account.put_account_details(
            ProductionAccessEnabled=True, MailType="TRANSACTIONAL", WebsiteURL="https://example.com"
        )
    assert refused.value.why is Refusal.RECIPIENT_UNVERIFIED
