"""P1: CPU of the whole ingest handler per webhook, against a bare `put_item` of the same item.

Both talk to the same endpoint over loopback; it runs in another process and answers at once.
The webhook is a signed OpenPhone delivery of 1.4 kB (generation of 2026-03-30). Endpoint and
secret are cached, as in all but one invocation a minute.
"""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.endpoint import credentials, endpoint
from tests.bench.report import Bar, Outcome
from tests.bench.tables import item_bytes
from tests.bench.timing import Sample, cpu_per_call, interleaved, own_process, ratio

BAR = 1.2
BODY_BYTES = 1_400
ROUNDS, CALLS = 25, 150
TOKEN = "bench-token-of-the-path-0000000000000001"
OURS, PEER, LEAN = "handler", "put_item", "put_item without parameter validation"


@cache
def bench(tiny: bool = False) -> Outcome:
    outcome = Outcome("P1", "ingest, CPU per webhook of 1.4 kB, compared with a bare botocore put_item of its item")
    rounds, calls = (2, 3) if tiny else (ROUNDS, CALLS)
    with endpoint() as url:
        found = own_process(measure, url=url, rounds=rounds, calls=calls)
    samples = {name: Sample(tuple(values)) for name, values in found.answer["samples"].items()}
    for name, sample in samples.items():
        outcome.line(name, f"{sample.show('ms', 1000)}  {ratio(sample, samples[PEER]):.2f} x")
    for name, value in found.answer["parts"].items():
        outcome.line(f"  of it: {name}", f"{value * 1000:.3f} ms")
    outcome.figures |= {
        "cpu_ms": samples[OURS].median * 1000,
        "request_cpu_ms": samples[LEAN].median * 1000,
        "item_bytes": found.answer["item_bytes"],
        "log_bytes": found.answer["log_bytes"],
    }
    outcome.bars.append(Bar("handler against put_item", ratio(samples[OURS], samples[PEER]), BAR))
    outcome.notes.append("put_item is boto3's client as it comes; that of ingest has parameter validation switched off")
    return outcome


def measure(url: str, rounds: int, calls: int) -> Mapping[str, Any]:
    """Runs in a process of its own: it sets the environment of the function."""
    os.environ |= {
        **credentials(url),
        "RINGLAKE_JOURNAL_TABLE": "journal",
        "RINGLAKE_DIRECTORY_TABLE": "directory",
        "RINGLAKE_KEY_ID": "alias/bench",
        "RINGLAKE_PUBLIC_URL": "https://hooks.example.com",
    }
    import boto3
    from botocore.config import Config

    from functions.ingest import ingest as entry
    from ringlake.stores.clients import client

    secret = b"whsec_" + b64encode(secrets.token_bytes(24))
    connect(secret)
    items: list[dict[str, Any]] = []
    client("dynamodb").meta.events.register(
        "provide-client-params.dynamodb.PutItem", lambda params, **_: items.append(params["Item"])
    )
    said = _Counted()
    with redirect_stdout(said):
        answer = entry.handler(event(secret), None)
    if answer["statusCode"] != 200 or json.loads(answer["body"]) != {"accepted": 1, "duplicates": 0, "quarantined": 0}:
        raise AssertionError(f"not accepted: {answer}")
    item = items[0]

    bare = boto3.client("dynamodb")
    lean = boto3.client("dynamodb", config=Config(parameter_validation=False))
    delivered = event(secret)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        found = interleaved(
            {
                OURS: lambda: cpu_per_call(lambda: entry.handler(delivered, None), calls),
                PEER: lambda: cpu_per_call(lambda: bare.put_item(TableName="journal", Item=item), calls),
                LEAN: lambda: cpu_per_call(lambda: lean.put_item(TableName="journal", Item=item), calls),
            },
            rounds,
        )
        parts = _parts(entry, delivered, secret, calls * 4)
    return {
        "samples": {name: sample.values for name, sample in found.items()},
        "parts": parts,
        "item_bytes": item_bytes(item),
        "log_bytes": said.size,
    }


class _Counted:
    """A text stream that only counts."""

    size = 0

    def write(self, text: str) -> int:
        self.size += len(text.encode())
        return len(text)

    def flush(self) -> None:
        return


def _parts(entry: Any, delivered: dict[str, Any], secret: bytes, times: int) -> dict[str, float]:
    """What our share is made of, each alone."""
    from ringlake import providers
    from ringlake.flows.ingest import Ingested
    from ringlake.flows.ingest import Outcome as Accepted
    from ringlake.model.directory import Connection
    from ringlake.stores.directory import token_digest
    from ringlake.stores.journal import DynamoJournal

    adapter = providers.adapter("openphone")
    connection = Connection(id="main", workspace="bench", provider="openphone")
    delivery, now = entry.opened(delivered), datetime.now(UTC)
    result = Ingested(outcome=Accepted.ACCEPTED, workspace="bench", provider="openphone", event_type="call.completed")
    work = {
        "open the envelope": lambda: entry.opened(delivered),
        "look up the endpoint": lambda: token_digest(TOKEN),
        "verify": lambda: adapter.verify(delivery, [secret], connection, now),
        "identify": lambda: adapter.identify(delivery, connection),
        "log line": lambda: print(json.dumps(entry.line(result, 1_400, 1.0))),
    }
    journal = DynamoJournal("journal")
    event_ = _raw_event(delivery, adapter, connection, now)
    put_once, journal._put_once = journal._put_once, lambda _: None  # type: ignore[method-assign, assignment]
    try:
        work["make the item"] = lambda: journal.put(event_)
        return {name: cpu_per_call(call, times) for name, call in work.items()}
    finally:
        journal._put_once = put_once  # type: ignore[method-assign]


def _raw_event(delivery: Any, adapter: Any, connection: Any, now: datetime) -> Any:
    from ringlake.model.events import RawEvent
    from ringlake.model.subjects import Subject

    identity = adapter.identify(delivery, connection)
    return RawEvent(
        subject=Subject(workspace="bench", kind=identity.kind, connection="main", id=identity.subject_id),
        event_id=identity.event_id,
        event_type=identity.event_type,
        provider="openphone",
        adapter=adapter.version,
        body=delivery.body,
        received_at=now,
        occurred_at=identity.occurred_at,
        headers={"webhook-id": delivery.headers["webhook-id"]},
    )


def connect(secret: bytes) -> None:
    """Workspace and connection, with the product's own stores."""
    from ringlake.flows.ingest import secret_context
    from ringlake.model.directory import Connection, Secret, Workspace
    from ringlake.stores.directory import DynamoDirectory, token_digest
    from ringlake.stores.vault import KmsVault

    vault = KmsVault("alias/bench")
    directory = DynamoDirectory("directory", vault)
    directory.put_workspace(Workspace(id="bench", name="Bench"))
    directory.put_connection(
        Connection(
            id="main",
            workspace="bench",
            provider="openphone",
            token_sha256=token_digest(TOKEN),
            secrets=(Secret(id="1", ciphertext=vault.encrypt(secret, secret_context("bench", "main"))),),
        )
    )


def body() -> bytes:
    """A finished call of 1.4 kB in the generation of 2026-03-30; the contact ids fill it up."""
    content: dict[str, Any] = {
        "id": "EV202600000000000000000000000001",
        "apiVersion": "2026-03-30",
        "createdAt": "2026-09-14T13:04:12.000Z",
        "type": "call.completed",
        "data": {
            "resource": {
                "id": "ACt8888888888888888888888888888888",
                "direction": "incoming",
                "status": "answered",
                "createdAt": "2026-09-14T13:00:00.000Z",
                "answeredAt": "2026-09-14T13:00:12.000Z",
                "completedAt": "2026-09-14T13:04:12.000Z",
                "updatedAt": "2026-09-14T13:04:12.200Z",
                "duration": 240,
                "hasVoicemail": False,
            },
            "context": {
                "orgId": "ORacme0001",
                "phoneNumberId": "PNsales002",
                "conversationId": "CN0f6d1e2a3b4c4d5e8f90a1b2c3d4e5f6",
                "phoneNumberType": "shared",
                "userId": "USa1Anna01",
                "contacts": {"ids": [], "lookupStatus": "matched"},
                "participants": {
                    "workspace": ["+12025550102"],
                    "external": ["+12025550143"],
                    "resolution": "available",
                },
            },
            "links": {"quo": "https://my.quo.com/inbox/example"},
        },
    }
    ids = content["data"]["context"]["contacts"]["ids"]
    while len(encoded := json.dumps(content, separators=(",", ":")).encode()) < BODY_BYTES - 26:
        ids.append(f"66e5a1b2c3d4e5f6a7{len(ids):06x}")
    return encoded


def event(secret: bytes) -> dict[str, Any]:
    """The delivery as API Gateway (payload format 2.0) hands it to the function."""
    from ringlake.providers.signatures import sign_standard

    sent, now = body(), datetime.now(UTC)
    at = int(now.timestamp())
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/{provider}/{token}",
        "rawPath": f"/webhooks/openphone/{TOKEN}",
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": str(len(sent)),
            "content-type": "application/json",
            "host": "hooks.example.com",
            "user-agent": "Svix-Webhooks/1.62.0",
            "webhook-id": "msg_2tstDelivery00000000000004",
            "webhook-timestamp": str(at),
            "webhook-signature": sign_standard(secret, "msg_2tstDelivery00000000000004", at, sent),
            "x-amzn-trace-id": "Root=1-68c6b5a1-0123456789abcdef01234567",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "pathParameters": {"provider": "openphone", "token": TOKEN},
        "requestContext": {
            "apiId": "ringlake1",
            "domainName": "hooks.example.com",
            "http": {"method": "POST", "path": f"/webhooks/openphone/{TOKEN}", "sourceIp": "203.0.113.7"},
            "requestId": "c9c2a1f0-0000-4000-8000-000000000000",
            "stage": "$default",
            "timeEpoch": at * 1000,
        },
        "body": sent.decode(),
        "isBase64Encoded": False,
    }
