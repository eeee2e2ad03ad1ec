"""Emulators for tests: the one the product runs on, and the package as published.

Each has its own port, folder and mailbox, apart from a stack that may be up.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ringlake.stores import clients
from tools.stack import client, processes, server


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    endpoint: str
    mail: Path

    def client(self, service: str) -> Any:
        return client(service, endpoint_url=self.endpoint)

    def query(self, sql: str, *, database: str = "ring", **options: Any) -> Athena:
        """Run one Athena query to its end."""
        athena = self.client("athena")
        options.setdefault("WorkGroup", "finance")
        query_id = athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": database}, **options
        )["QueryExecutionId"]
        deadline = time.monotonic() + 20
        while True:
            seen = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if seen["Status"]["State"] not in ("QUEUED", "RUNNING") or time.monotonic() > deadline:
                return Athena(self, seen)
            time.sleep(0.02)


@dataclass(frozen=True)
class Athena:
    """A finished query."""

    emulator: Emulator
    execution: dict[str, Any]

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def location(self) -> str:
        return str(self.execution["ResultConfiguration"]["OutputLocation"])

    @property
    def file(self) -> str:
        """The object at the reported location, or what is wrong with it."""
        if self.state != "SUCCEEDED":
            return f"{self.state}: {self.reason}"
        bucket, key = self.location.removeprefix("s3://").split("/", 1)
        s3 = self.emulator.client("s3")
        try:
            return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        except s3.exceptions.NoSuchKey:
            return "no object at the reported location"

    @property
    def rows(self) -> list[list[str | None]] | str:
        """Rows by GetQueryResults without the header, or why the query failed."""
        if self.state != "SUCCEEDED":
            return f"{self.state}: {self.reason}"
        found = self._results()["Rows"][1:]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in found]

    @property
    def columns(self) -> list[tuple[str, str, int, int]]:
        """Name, type, precision and scale of every column."""
        if self.state != "SUCCEEDED":
            return []
        info = self._results()["ResultSetMetadata"]["ColumnInfo"]
        return [(column["Name"], column["Type"], column["Precision"], column["Scale"]) for column in info]

    def _results(self) -> dict[str, Any]:
        athena = self.emulator.client("athena")
        answer = athena.get_query_results(QueryExecutionId=self.execution["QueryExecutionId"])
        results: dict[str, Any] = answer["ResultSet"]
        return results


@contextlib.contextmanager
def emulator(folder: Path, *, launcher: Path | None = server.LAUNCHER) -> Iterator[Emulator]:
    """A fresh emulator under `folder`; without a launcher the package as published."""
    mail = folder / "mail"
    mail.mkdir(parents=True)
    mailbox, smtp_port = server.start_mailbox(mail, folder)
    try:
        port = server.free_port(None)
        process = server.start_emulator(folder, port, smtp_port, launcher=launcher, log=folder / "emulator.log")
        try:
            yield Emulator(f"http://localhost:{port}", mail)
        finally:
            processes.stop(process)
    finally:
        processes.stop(mailbox)


@contextlib.contextmanager
def library_at(running: Emulator) -> Iterator[None]:
    """The library's own clients talk to this emulator, as they would to AWS: by the environment alone."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_ENDPOINT_URL", running.endpoint)
        clients.client.cache_clear()
        try:
            yield
        finally:
            clients.client.cache_clear()


def new_directory_table(running: Emulator) -> str:
    """An empty table shaped as the directory's; its name."""
    name = f"directory-{uuid.uuid4().hex[:8]}"
    running.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
    )
    return name


def http(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """One plain HTTP call; returns the status and the parsed JSON body (text when it is none)."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, content = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, content = error.code, error.read()
    try:
        return status, json.loads(content)
    except ValueError:
        return status, content.decode(errors="replace")
