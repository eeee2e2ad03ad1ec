"""The ingest entry with its real stores on the emulator: accepted is stored, under threads and outages."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from functions.ingest import ingest as function
from ringlake import settings
from ringlake.flows.ingest import secret_context
from ringlake.model.directory import Connection, Secret
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.providers.signatures import sign_standard
from ringlake.stores import clients
from ringlake.stores.directory import DynamoDirectory, token_digest
from ringlake.stores.journal import DynamoJournal
from ringlake.stores.vault import KmsVault
from tests.integration.emulators import Emulator, emulator

pytestmark = pytest.mark.enable_socket
TOKEN = "token-of-the-integration-test-0000001"
SECRET = base64.b64encode(secrets.token_bytes(32))


class Door(NamedTuple):
    """The entry as deployed, and a look into its journal."""

    journal: DynamoJournal
    key_id: str

    def send(self, number: int, call: int = 0, secret: bytes = SECRET, body: str = "") -> tuple[int, dict[str, int]]:
        body = body or json.dumps({"type": "call.queued", "data": {"call": {"id": f"c{call}", "no": number}}})
        now = int(datetime.now(UTC).timestamp())
        headers = {
            "Webhook-Id": f"msg_{number}",
            "Webhook-Timestamp": str(now),
            "Webhook-Signature": sign_standard(secret, f"msg_{number}", now, body.encode()),
        }
        event: dict[str, Any] = {
            "rawPath": f"/webhooks/generic/{TOKEN}",
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {"http": {"method": "POST"}},
            "pathParameters": {"provider": "generic", "token": TOKEN},
            "body": body,
            "isBase64Encoded": False,
        }
        answer = function.handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    def stored(self, call: int) -> set[str]:
        subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection="line", id=f"c{call}")
        return {e.event_id for e in self.journal.events(subject)}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with pytest.MonkeyPatch.context() as patched, emulator(tmp_path_factory.mktemp("entry")) as running:
        _tables(running)
        key_id = running.client("kms").create_key()["KeyMetadata"]["KeyId"]
        given = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": running.endpoint,
            "RINGLAKE_JOURNAL_TABLE": "journal",
            "RINGLAKE_DIRECTORY_TABLE": "directory",
            "RINGLAKE_KEY_ID": key_id,
            "RINGLAKE_PUBLIC_URL": "https://calls.example.com",
        }
        for name, value in given.items():
            patched.setenv(name, value)
        _forget()
        vault = KmsVault(key_id)
        _connect(vault, SECRET)
        yield Door(DynamoJournal("journal"), key_id)
    _forget()


def _tables(running: Emulator) -> None:
    for name in ("journal", "directory"):
        running.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        )


def _connect(vault: KmsVault, *live: bytes) -> None:
    context = secret_context("acme", "line")
    sealed = tuple(Secret(id=str(n), ciphertext=vault.encrypt(s, context)) for n, s in enumerate(live))
    DynamoDirectory("directory", vault).put_connection(
        Connection(id="line", workspace="acme", provider="generic", token_sha256=token_digest(TOKEN), secrets=sealed)
    )


def _forget() -> None:
    """What a fresh process does not know."""
    clients.client.cache_clear()
    settings.read.cache_clear()
    function.stores.cache_clear()


def test_accepted_is_stored_and_stored_is_accepted(door: Door) -> None:
    """Sixteen senders at once, everything twice: one item each, one acceptance each."""
    numbers = list(range(300)) * 2
    with ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(lambda n: (n, door.send(n, call=n % 30)), numbers))
    assert {status for _, (status, _) in heard} == {200}
    accepted = [n for n, (_, counts) in heard if counts["accepted"]]
    assert sorted(accepted) == list(range(300))
    assert sum(counts["duplicates"] for _, (_, counts) in heard) == 300
    assert set().union(*(door.stored(c) for c in range(30))) == {f"msg_{n}" for n in range(300)}


def test_a_forgery_is_refused(door: Door) -> None:
    assert door.send(1000, call=31, secret=base64.b64encode(b"x" * 32))[0] == 401
    assert door.stored(31) == set()


def test_a_rotation_under_traffic_loses_nothing(door: Door) -> None:
    fresh = base64.b64encode(secrets.token_bytes(32))
    assert door.send(2000, call=32)[0] == 200
    _connect(KmsVault(door.key_id), fresh, SECRET)
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda n: door.send(n, call=32, secret=(SECRET, fresh)[n % 2])[0], range(2001, 2061)))
    assert set(heard) == {200}
    assert len(door.stored(32)) == 61


def test_what_cannot_be_read_is_set_aside(door: Door) -> None:
    assert door.send(3000, body="{}") == (200, {"accepted": 0, "duplicates": 0, "quarantined": 1})
    day = datetime.now(UTC).date().isoformat()
    [held] = door.journal.quarantined("acme", "line", day)
    assert (held.stage, held.field, held.body) == ("identify", "type", b"{}")


def test_a_store_that_is_gone_is_503_and_the_next_try_counts(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    reachable = clients.client("dynamodb")
    nowhere = clients.client.__wrapped__("dynamodb", 1)
    nowhere.meta.events.register("before-send.dynamodb.*", _refuse)
    monkeypatch.setattr("ringlake.stores.journal.client", lambda _service: nowhere)
    assert door.send(4000, call=40) == (503, {"accepted": 0, "duplicates": 0, "quarantined": 0})
    monkeypatch.setattr("ringlake.stores.journal.client", lambda _service: reachable)
    assert door.stored(40) == set()
    assert door.send(4000, call=40)[0] == 200
    assert door.stored(40) == {"msg_4000"}


def _refuse(**_: Any) -> None:
    from botocore.exceptions import EndpointConnectionError

    raise EndpointConnectionError(endpoint_url="nowhere")
