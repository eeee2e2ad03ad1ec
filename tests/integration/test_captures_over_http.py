"""Every captured delivery, genuine and forged, signed anew and sent to the deployed stack.

What the stack answers and what it makes of the deliveries is what the same deliveries give in one
process: the expectations of tests/contract hold there, so they hold here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest

from ringlake.flows.folding import Snapshots, fold_subjects
from ringlake.flows.ingest import secret_context
from ringlake.model.directory import Connection, Secret
from ringlake.model.events import Delivery
from ringlake.model.subjects import Subject
from ringlake.stores.directory import token_digest
from ringlake.stores.records import DynamoRecords, MemoryRecords
from tests.contract.captures import CONNECTION, TOKEN, WORKSPACE, House, house
from tests.contract.folded import tables
from tests.contract.test_captures_folded import people
from tests.deployed import Stack
from tools import admin
from tools.simulator import captures, signing
from tools.simulator.captures import Captured
from tools.simulator.observe import wait_for

# What does not come by HTTP.
ELSEWHERE = {"amazon_connect"}
PROVIDERS = sorted(set(captures.providers()) - ELSEWHERE)
TABLES = tables()
# What of a record does not depend on our clock, our ids and our keys.
TOLD = (
    *("direction", "outcome", "live", "kind", "status", "status_raw", "telephony_status", "missed_reason"),
    *("business_number", "remote_number", "remote_numbers", "unattributed", "answered_by", "hangup_by", "cause"),
    *("cost", "tags", "transfers", "segments", "media_count", "error_code", "classifier", "queue", "reference"),
)
SPANS = ("talk_ms", "ring_ms", "wait_ms", "hold_ms", "total_ms")


class Line(NamedTuple):
    """One connection of the captures' workspace, and its secrets as the senders hold them, by scheme."""

    connection: Connection
    url: str
    keys: Mapping[str, str]

    def sent(self, captured: Captured, now: datetime) -> signing.Request:
        return captured.sent_to(self.url, self.keys[captured.scheme], now=now)


def by_settings(found: Iterable[Captured]) -> dict[str, list[Captured]]:
    """Captures that can share a connection: those with the same settings."""
    groups: dict[str, list[Captured]] = {}
    for captured in found:
        groups.setdefault(json.dumps(captured.settings, sort_keys=True), []).append(captured)
    return groups


def connect(stack: Stack, workspace: str, provider: str, found: list[Captured]) -> Line:
    """A connection on the stack with one live secret for each scheme that these captures use."""
    keys = {scheme: signing.new_secret(scheme, secrets.token_bytes(32)) for scheme in sorted({c.scheme for c in found})}
    first, *others = [signing.receiver_secret(scheme, key) for scheme, key in keys.items()]
    added = admin.add_connection(
        stack.site,
        workspace,
        provider,
        connection_id=CONNECTION,
        secret=first,
        **{name: value for name, value in found[0].settings.items() if name != "id"},
    )
    for other in others:
        admin.rotate_connection(stack.site, workspace, CONNECTION, other)
    return Line(added.connection, added.webhook_url, keys)


def post(request: signing.Request) -> int:
    url = urlsplit(request.url)
    connection = HTTPConnection(url.netloc, timeout=60)
    target = f"{url.path}?{url.query}" if url.query else url.path
    connection.request(request.method, target, body=request.body or None, headers=dict(request.headers))
    status = connection.getresponse().status
    connection.close()
    return status


def at_home(line: Line) -> House:
    """The same connection in this process."""
    home = house()
    context = secret_context(WORKSPACE, line.connection.id)
    told = [signing.receiver_secret(scheme, key).encode() for scheme, key in line.keys.items()]
    home.directory.put_connection(
        msgspec.structs.replace(
            line.connection,
            workspace=WORKSPACE,
            token_sha256=token_digest(TOKEN),
            secrets=tuple(Secret(id=str(n), ciphertext=home.vault.encrypt(k, context)) for n, k in enumerate(told)),
        )
    )
    people(home.directory, TABLES[line.connection.provider], connection=line.connection.id)
    return home


def taken_at_home(home: House, line: Line, request: signing.Request, now: datetime) -> int:
    delivery = Delivery(
        method=request.method,
        url=request.url,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=urlsplit(request.url).query,
        body=request.body,
    )
    return home.take(delivery, line.connection.provider, now).status


def folded_at_home(home: House) -> dict[str, Any]:
    records = MemoryRecords()
    snapshots = Snapshots(home.directory, lambda: datetime.now(UTC))
    fold_subjects(
        list(home.journal.items),
        journal=home.journal,
        records=records,
        directory=snapshots,
        clock=lambda: datetime.now(UTC),
    )
    return {row.key: row.record for row in records.rows.values() if row.record}


def shown(record: Any) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in TOLD if hasattr(record, name)}
    return found | {"user": record.user.user_id if hasattr(record, "user") else ""}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_capture_is_answered_and_folded_as_in_one_process(stack: Stack, provider: str) -> None:
    for found in by_settings(captures.captures(provider)).values():
        # One workspace each: the deployed fold remembers a workspace's directory for a minute.
        workspace = f"h-{secrets.token_hex(4)}"
        admin.create_workspace(stack.site, workspace, f"Captures of {provider}", zone="UTC", country="US")
        line = connect(stack, workspace, provider, found)
        people(stack.site.directory, TABLES[provider], workspace=workspace, connection=line.connection.id)
        home = at_home(line)
        for captured in found:
            now = datetime.now(UTC)
            request = line.sent(captured, now)
            status = post(request)
            assert status == captures.STATUS[captured.expected], captured.name
            assert taken_at_home(home, line, request, now) == status, captured.name
        compare(stack, workspace, home)


def compare(stack: Stack, workspace: str, home: House) -> None:
    """The stack's records of these subjects are this process's, and nothing else was stored."""
    records = DynamoRecords(stack.outputs["RecordsTable"])
    for key, expected in folded_at_home(home).items():
        subject = msgspec.structs.replace(Subject.from_key(key), workspace=workspace)

        def folded(subject: Subject = subject, revision: int = expected.revision) -> Any:
            record = records.load(subject).record
            return record if record is not None and record.revision == revision else None

        record = wait_for(f"the fold of {key}", folded)
        assert shown(record) == shown(expected), key
        if "no_provider_time" not in getattr(record, "flags", ()):
            for name in (n for n in SPANS if hasattr(record, n)):
                ours, theirs = getattr(record, name), getattr(expected, name)
                assert (ours is None) == (theirs is None), (key, name)
                assert abs((ours or 0) - (theirs or 0)) <= 2_000, (key, name)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_forgery_is_refused_and_stored_nowhere(stack: Stack, aws: Any, provider: str) -> None:
    workspace = f"f-{secrets.token_hex(4)}"
    admin.create_workspace(stack.site, workspace, "Forgeries", zone="UTC", country="US")
    found = [c for c in captures.captures(provider) if c.expected == "accepted" and c.signatures]
    line = connect(stack, workspace, provider, found)
    for captured in found:
        key = signing.new_secret(captured.scheme, captures.STRANGER)
        assert post(captured.sent_to(line.url, key, now=datetime.now(UTC))) == 401, captured.name
    stored = aws("dynamodb").scan(
        TableName=stack.outputs["JournalTable"],
        FilterExpression="begins_with(pk, :workspace)",
        ExpressionAttributeValues={":workspace": {"S": f"{workspace}#"}},
    )
    assert stored["Items"] == []
