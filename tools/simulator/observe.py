"""What an installation says, seen from outside: its tables, its lake, Athena, the API and the mails.

Nothing of the product's own code reads here, except the names of the tables' columns.
"""

from __future__ import annotations

import csv
import email
import email.policy
import http.client
import io
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tools.stack import client, server

PATIENCE_S = 120.0
POLL_S = 0.25
ROLLUP_PATIENCE_S = 300


class NotInTimeError(RuntimeError):
    """Something did not happen in time; the text says what."""


@dataclass(frozen=True)
class Folded:
    """Records of a workspace by kind of subject, and the number of events that they were folded from."""

    records: Mapping[str, int]
    events: int

    @property
    def total(self) -> int:
        return sum(self.records.values())


class Kept(NamedTuple):
    """Events in a journal, and deliveries that were set aside."""

    events: int = 0
    aside: int = 0


@dataclass(frozen=True)
class Said:
    """One answer of the API."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


def point_at_stack(environment: MutableMapping[str, str], region: str) -> None:
    """Let the product's own AWS clients talk to the local stack and to nothing else, whatever the caller has set."""
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]
    direct = "localhost,127.0.0.1"
    environment.update(
        {
            "AWS_ENDPOINT_URL": server.endpoint(),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": direct,
            "no_proxy": direct,
        }
    )


def wait_for[T](what: str, look: Callable[[], T | None], patience_s: float = PATIENCE_S, poll_s: float = POLL_S) -> T:
    """The first answer that is not None; `NotInTimeError` when none comes."""
    deadline = time.monotonic() + patience_s
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise NotInTimeError(f"{what} did not happen within {patience_s:.0f} s")
        time.sleep(poll_s)
    return found


class Observer:
    """Looks at the installation that `outputs` (of its CloudFormation stack) describe."""

    def __init__(self, outputs: Mapping[str, str], api_url: str, mail_dir: Path) -> None:
        self.outputs = outputs
        self.api_url = api_url.rstrip("/")
        self.mail_dir = mail_dir

    # --- the stores

    def folded(self, workspace: str, parts: Collection[str] = ()) -> Folded:
        """What is folded of one workspace; see `folded_all`."""
        return self.folded_all({workspace: parts})[workspace]

    def folded_all(self, workspaces: Mapping[str, Collection[str]]) -> dict[str, Folded]:
        """One scan of the records; cheap on the local stack, not meant for anything else.

        For each workspace the record ids of its parts: their events have been counted in the call that
        they are a part of, of which every record has seen all events.
        """
        records: dict[str, Counter[str]] = {workspace: Counter() for workspace in workspaces}
        events: Counter[str] = Counter()
        pages = (
            client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["RecordsTable"],
                ProjectionExpression="pk, sk, n",
                FilterExpression="attribute_exists(n) AND sk = :record",
                ExpressionAttributeValues={":record": {"S": "record"}},
            )
        )
        for item in (item for page in pages for item in page["Items"]):
            workspace, kind, connection, subject = item["pk"]["S"].split("#", 3)
            if workspace in workspaces:
                records[workspace][kind] += 1
                if f"{connection}:{subject}" not in workspaces[workspace]:
                    events[workspace] += int(item["n"]["N"])
        return {workspace: Folded(records[workspace], events[workspace]) for workspace in workspaces}

    def journal(self) -> dict[str, Kept]:
        """How much each workspace has in its journal. Not every provider's answer may say what was accepted."""
        found: dict[str, Kept] = {}
        pages = (
            client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["JournalTable"],
                ProjectionExpression="pk, stage",
                FilterExpression="attribute_exists(received_at)",
            )
        )
        for item in (item for page in pages for item in page["Items"]):
            workspace = item["pk"]["S"].partition("#")[0]
            events, aside = found.get(workspace, Kept())
            found[workspace] = Kept(events, aside + 1) if "stage" in item else Kept(events + 1, aside)
        return found

    def unrolled(self, workspace: str) -> int:
        """Records that the lake does not have yet."""
        pages = (
            client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.outputs["RecordsTable"],
                IndexName="dirty",
                KeyConditionExpression="dirty_ws = :workspace",
                ExpressionAttributeValues={":workspace": {"S": workspace}},
                Select="COUNT",
            )
        )
        return sum(page["Count"] for page in pages)

    def roll_up(self, *workspaces: str) -> None:
        """Run the roll-up now instead of within a minute, until nothing is left to do."""
        from botocore.config import Config

        patient = client("lambda", config=Config(read_timeout=ROLLUP_PATIENCE_S))

        def look() -> bool | None:
            answer = patient.invoke(FunctionName=self.outputs["FunctionRollup"], Payload=b"{}")
            if "FunctionError" in answer:
                raise RuntimeError(f"the roll-up failed: {answer['Payload'].read().decode()}")
            return True if not any(self.unrolled(workspace) for workspace in workspaces) else None

        wait_for("the roll-up of all records", look)

    def mail_what_is_due(self) -> int:
        """Run the schedules now instead of within five minutes; how many reports were ordered."""
        answer = client("lambda").invoke(FunctionName=self.outputs["FunctionSchedule"], Payload=b"{}")
        said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"the schedules failed: {said}")
        return int(said["ordered"])

    def hand_over(self, event: bytes) -> tuple[int, bytes]:
        """Give an event to the function that the bus would give it to; status and counts as of a webhook."""
        answer = client("lambda").invoke(FunctionName=self.outputs["FunctionConnect"], Payload=event)
        said = answer["Payload"].read()
        if "FunctionError" in answer:
            return HTTPStatus.SERVICE_UNAVAILABLE, said
        taken = any(json.loads(said).values())
        return HTTPStatus.OK if taken else HTTPStatus.UNAUTHORIZED, said

    def lake(self, table: str, workspace: str) -> list[dict[str, Any]]:
        """All rows of a lake table, read from the Parquet objects themselves."""
        import pyarrow.parquet as pq

        s3, bucket = client("s3"), self.outputs["LakeBucket"]
        prefix = f"{table}/workspace={workspace}/"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        bodies = (s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys)
        return [row for body in bodies for row in pq.read_table(io.BytesIO(body)).to_pylist()]

    def athena(self, sql: str) -> list[dict[str, str]]:
        """Rows of a query as finance would run it."""
        athena = client("athena")
        started = athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self.outputs["AthenaWorkgroup"],
            QueryExecutionContext={"Database": self.outputs["GlueDatabase"]},
        )["QueryExecutionId"]

        def look() -> str | None:
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
            if status["State"] in ("FAILED", "CANCELLED"):
                raise RuntimeError(f"Athena: {status.get('StateChangeReason', status['State'])}")
            return status["State"] if status["State"] == "SUCCEEDED" else None

        wait_for("the answer of Athena", look, poll_s=0.1)
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=started)
        rows = [
            [cell.get("VarCharValue", "") for cell in r["Data"]] for page in pages for r in page["ResultSet"]["Rows"]
        ]
        header, *values = rows
        # The emulator repeats the header on no page, AWS neither; both put it first.
        return [dict(zip(header, row, strict=True)) for row in values]

    # --- the API

    def sign_in(self, email_address: str, password: str) -> str:
        """An access token of a user."""
        answer = client("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self.outputs["UserPoolClientId"],
            AuthParameters={"USERNAME": email_address, "PASSWORD": password},
        )
        return str(answer["AuthenticationResult"]["AccessToken"])

    def call(
        self, method: str, path: str, token: str = "", body: object = None, headers: Mapping[str, str] | None = None
    ) -> Said:
        """One request with a file or a JSON document; redirects are not followed."""
        url = urlsplit(self.api_url + path)
        connection = http.client.HTTPConnection(url.netloc, timeout=30)
        sent = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        payload = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        try:
            target = f"{url.path}?{url.query}" if url.query else url.path
            connection.request(method, target, body=payload or None, headers={**sent, **(headers or {})})
            answer = connection.getresponse()
            return Said(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def asked(self, path: str, token: str) -> Any:
        """The answer of the API to a question; raises RuntimeError for any other than 200."""
        said = self.call("GET", path, token)
        if said.status != HTTPStatus.OK:
            raise RuntimeError(f"GET {path} was answered {said.status}: {said.body.decode()[:500]}")
        return said.json

    def job(self, path: str, token: str) -> dict[str, Any]:
        """The job at this address once it has ended, well or badly."""

        def look() -> dict[str, Any] | None:
            said = self.call("GET", path, token)
            if said.status != HTTPStatus.OK:
                raise RuntimeError(f"GET {path} was answered {said.status}: {said.body.decode()[:300]}")
            found: dict[str, Any] = said.json
            return found if found["state"] in ("ready", "failed", "cancelled", "expired") else None

        return wait_for(f"the end of {path}", look)

    # --- mails

    def mails(self) -> set[Path]:
        """Mails that have arrived."""
        return set(self.mail_dir.glob("*.eml"))

    def mail_to(self, address: str, before: set[Path]) -> EmailMessage:
        """The first mail to this address that was not there `before`."""

        def look() -> EmailMessage | None:
            return next((m for m in self._opened(sorted(self.mails() - before)) if address in str(m["To"])), None)

        return wait_for(f"a mail to {address}", look)

    def _opened(self, paths: list[Path]) -> Iterator[EmailMessage]:
        for path in paths:
            yield email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def attachment(mail: EmailMessage) -> tuple[str, bytes]:
    """Name and content of the mail's one file; ("", b"") when it carries none."""
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        return part.get_filename() or "", content if isinstance(content, bytes) else b""
    return "", b""


def text_of(mail: EmailMessage) -> str:
    """The text part."""
    body = mail.get_body(("plain",))
    return str(body.get_content()) if body else ""


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
