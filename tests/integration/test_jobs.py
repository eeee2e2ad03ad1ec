"""Jobs on the local stack: delivered again, cancelled, deleted; workbooks; one file and one mail of each."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from email import message_from_bytes
from typing import Any, NamedTuple

import pytest

from tests.deployed import Stack
from tools.simulator import seeding
from tools.simulator.history import History
from tools.simulator.observe import attachment, wait_for

pytestmark = pytest.mark.enable_socket

FILTER = {"from": "2026-11-01", "to": "2026-11-03"}


class Office(NamedTuple):
    """Somebody at a workspace of his own who asks for files."""

    stack: Stack
    workspace: str
    token: str
    email: str

    def ask(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        said = self.stack.observer.call(method, path, self.token, body)
        assert said.status == status, (path, said.status, said.body)
        return said.json

    def order(self, **wanted: object) -> str:
        made: str = self.ask("POST", "/v1/exports", {"filter": FILTER, **wanted}, 202)["id"]
        return made

    def finished(self, job: str) -> dict[str, Any]:
        """The job once its mail has left too."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.ask("GET", f"/v1/exports/{job}")
            busy = found["state"] in ("queued", "running") or found["mail"] in ("none", "sending")
            return None if busy else found

        return wait_for(f"the mail of {job}", look)


@pytest.fixture(scope="module")
def office(stack: Stack, story: History) -> Office:
    seeded = seeding.seed(stack.site, f"j-{secrets.token_hex(4)}", "Jobs", story.company, seeding.new_keys)
    login = seeded.login("olivia")
    return Office(stack, seeded.workspace, stack.observer.sign_in(login.email, login.password), login.email)


@pytest.fixture
def keys(stack: Stack, aws: Callable[[str], Any], office: Office) -> Callable[[str], list[str]]:
    """What lies in the bucket of a job."""

    def found(job: str) -> list[str]:
        prefix = f"workspace={office.workspace}/{job}/"
        page = aws("s3").list_objects_v2(Bucket=stack.outputs["ExportsBucket"], Prefix=prefix)
        return sorted(item["Key"].removeprefix(prefix) for item in page.get("Contents", ()))

    return found


def test_a_message_that_comes_again_makes_no_second_file_and_no_second_mail(
    office: Office, aws: Callable[[str], Any], keys: Callable[[str], list[str]]
) -> None:
    stack, before = office.stack, office.stack.observer.mails()
    job = office.order()
    done = office.finished(job)
    assert (done["state"], done["mail"], done["progress"]) == ("ready", "sent", 100)
    assert keys(job) == [f"1/{done['filename']}", f"1/{done['filename']}.manifest.json"]

    body = json.dumps({"workspace": office.workspace, "job": job})
    for _ in range(3):
        aws("sqs").send_message(QueueUrl=stack.outputs["ExportQueueUrl"], MessageBody=body, MessageGroupId="x")
    # A later job has gone all its way: the repeats have come before it or soon will.
    office.finished(office.order())
    time.sleep(2)

    arrived = [message_from_bytes(path.read_bytes()) for path in stack.observer.mails() - before]
    ids = [mail["Message-ID"] for mail in arrived if office.email in mail["To"]]
    assert len(ids) == len(set(ids)) == 2
    assert len(keys(job)) == 2


def test_the_manifest_is_what_the_file_is(office: Office, aws: Callable[[str], Any]) -> None:
    job = office.order()
    done = office.finished(job)
    manifest = office.ask("GET", f"/v1/exports/{job}/manifest")

    key = f"workspace={office.workspace}/{job}/1/{done['filename']}"
    bucket = office.stack.outputs["ExportsBucket"]
    kept = json.loads(aws("s3").get_object(Bucket=bucket, Key=f"{key}.manifest.json")["Body"].read())
    assert kept == manifest
    body = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert (hashlib.sha256(body).hexdigest(), len(body)) == (manifest["sha256"], manifest["size_bytes"])
    assert (manifest["rows"], manifest["filter"]) == (0, FILTER)


def test_a_workbook_is_made_on_disk_and_mailed(office: Office) -> None:
    before = office.stack.observer.mails()
    done = office.finished(office.order(format="xlsx"))

    assert (done["state"], done["mail"]) == ("ready", "sent"), done
    name, content = attachment(office.stack.observer.mail_to(office.email, before))
    assert name == done["filename"]
    assert name.endswith(".xlsx")
    # A zip, as workbooks are.
    assert content[:4] == b"PK\x03\x04"


def test_a_cancelled_job_leaves_nothing_or_it_was_too_late(office: Office, keys: Callable[[str], list[str]]) -> None:
    job = office.order()
    said = office.stack.observer.call("POST", f"/v1/exports/{job}/cancel", office.token)
    if said.status == 409:
        assert office.finished(job)["state"] == "ready"
        return
    assert (said.status, said.json["state"]) == (200, "cancelled")
    wait_for("the worker's end", lambda: True if keys(job) == [] else None)
    assert office.ask("GET", f"/v1/exports/{job}")["state"] == "cancelled"
    office.ask("DELETE", f"/v1/exports/{job}")


def test_a_deleted_file_is_gone(office: Office, keys: Callable[[str], list[str]]) -> None:
    job = office.order()
    office.finished(job)
    office.ask("DELETE", f"/v1/exports/{job}")

    assert keys(job) == []
    for path in ("", "/download", "/link", "/manifest"):
        office.ask("GET", f"/v1/exports/{job}{path}", status=404)
    assert job not in [one["id"] for one in office.ask("GET", "/v1/exports")["exports"]]


def test_a_job_that_nobody_knows_is_let_go(office: Office, aws: Callable[[str], Any]) -> None:
    queue = office.stack.outputs["ExportQueueUrl"]
    body = json.dumps({"workspace": office.workspace, "job": "no-such-job"})
    aws("sqs").send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="x")

    def waiting() -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    office.finished(office.order())
    wait_for("the queue to be empty", lambda: True if waiting() == 0 else None)
