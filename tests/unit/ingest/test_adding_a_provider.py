"""A provider is one file: the example of docs/adding-a-provider.md in a folder of its own does a provider's work."""

from __future__ import annotations

import hmac
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ringlake import providers
from ringlake.errors import NotAuthentic, NotFound
from ringlake.flows.folding import Snapshots, fold_subjects
from ringlake.flows.ingest import Outcome, secret_context
from ringlake.model.calls import CallRecord, LegOutcome
from ringlake.model.calls import Outcome as CallOutcome
from ringlake.model.directory import Account, Connection, Secret, User
from ringlake.model.events import Delivery
from ringlake.model.facts import CallFact, EndedAs, FactKind, PresenceStatus
from ringlake.model.presence import PresenceRecord
from ringlake.stores.directory import token_digest
from ringlake.stores.records import MemoryRecords, Record
from tests.contract.captures import CONNECTION, TOKEN, WORKSPACE, House, house
from tools import connection as tool

PAGE = Path(__file__).parents[3] / "docs/adding-a-provider.md"
NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
SECRETS = (b"secret-of-the-pbx", b"the-secret-before")


def code() -> str:
    [found] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    (tmp_path / "example.py").write_text(code(), encoding="utf-8")
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(tmp_path)])
    monkeypatch.setattr(providers, "_known", {})
    home = house()
    context = secret_context(WORKSPACE, CONNECTION)
    home.directory.put_connection(
        Connection(
            id=CONNECTION,
            workspace=WORKSPACE,
            provider="example",
            token_sha256=token_digest(TOKEN),
            secrets=tuple(Secret(id=str(n), ciphertext=home.vault.encrypt(s, context)) for n, s in enumerate(SECRETS)),
        )
    )
    for name in ("anna", "boris"):
        accounts = (Account(connection=CONNECTION, id=f"pbx-{name}"),)
        home.directory.put_user(WORKSPACE, User(id=name, email=f"{name}@example.com", name=name, accounts=accounts))
    yield home
    sys.modules.pop("ringlake.providers.example", None)
    vars(providers).pop("example", None)


def said(number: int, event: str, second: int, **more: Any) -> bytes:
    at = (NOW + timedelta(seconds=second)).isoformat()
    return json.dumps({"id": f"e{number}", "event": event, "at": at, **more}).encode()


def call(number: int, event: str, second: int, leg: str = "", agent: str = "", **more: str) -> bytes:
    parts = {"id": "7", "direction": "in", "from": "+12025550143", "to": "+12025550101", **more}
    return said(number, event, second, call=parts | ({"leg": leg, "agent": agent} if agent else {}))


CALL = (
    call(1, "start", 0),
    call(2, "queue", 2),
    call(3, "ring", 10, "a", "pbx-anna"),
    call(4, "ring", 10, "b", "pbx-boris"),
    call(5, "talk", 16, "b", "pbx-boris"),
    call(6, "leg_end", 16, "a", "pbx-anna"),
    call(7, "end", 76, result="ok"),
)


def delivery(body: bytes, secret: bytes = SECRETS[0], at: datetime = NOW) -> Delivery:
    stamp = str(int(at.timestamp()))
    signature = hmac.digest(secret, f"{stamp}.".encode() + body, "sha256").hex()
    headers = {"x-pbx-time": stamp, "x-pbx-signature": signature}
    return Delivery(method="POST", url="", headers=headers, query="", body=body)


def connection_of(home: House) -> Connection:
    found = home.directory.connection_by_token(TOKEN)
    assert found is not None
    return found


def folded(home: House) -> list[Record]:
    records = MemoryRecords()
    snapshots = Snapshots(home.directory, lambda: NOW)
    keys = list(home.journal.items)
    fold_subjects(keys, journal=home.journal, records=records, directory=snapshots, clock=lambda: NOW)
    assert not home.journal.held
    return [row.record for row in records.rows.values() if row.record]


def test_the_new_provider_is_known_by_its_file(added: House) -> None:
    assert "example" in providers.names()
    adapter = providers.adapter("example")
    assert (adapter.name, adapter.version) == ("example", 1)


def test_it_takes_what_any_live_secret_signed_in_time_and_nothing_else(added: House) -> None:
    adapter, connection = providers.adapter("example"), connection_of(added)
    for secret in SECRETS:
        adapter.verify(delivery(CALL[0], secret), SECRETS, connection, NOW)
    for forged in (
        delivery(CALL[0], b"guess"),
        delivery(CALL[0], at=NOW - timedelta(seconds=301)),
        delivery(CALL[0], at=NOW + timedelta(seconds=301)),
        Delivery(method="POST", url="", headers={}, query="", body=CALL[0]),
        Delivery(method="POST", url="", headers=delivery(CALL[0]).headers, query="", body=CALL[1]),
        Delivery(
            method="POST", url="", headers={"x-pbx-time": "\ud800", "x-pbx-signature": "\ud800"}, query="", body=b""
        ),
    ):
        with pytest.raises(NotAuthentic):
            adapter.verify(forged, SECRETS, connection, NOW)
        assert added.take(forged, "example", NOW).outcome is Outcome.NOT_AUTHENTIC


def test_it_is_stored_once_and_says_its_facts(added: House) -> None:
    assert added.take(delivery(CALL[6]), "example", NOW).outcome is Outcome.ACCEPTED
    assert added.take(delivery(CALL[6]), "example", NOW).outcome is Outcome.DUPLICATE
    [event] = added.stored()
    [fact] = providers.adapter("example").parse(event, connection_of(added))
    assert isinstance(fact, CallFact)
    assert (fact.kind, fact.ended_as, fact.remote_number) == (FactKind.ENDED, EndedAs.ANSWERED, "+12025550143")


def test_its_deliveries_become_one_call_in_any_order(added: House) -> None:
    for number, order in enumerate(permutations(CALL)):
        if number % 997:
            continue
        added.journal.items.clear()
        for body in order:
            assert added.take(delivery(body), "example", NOW).outcome is Outcome.ACCEPTED
        [record] = folded(added)
        assert isinstance(record, CallRecord)
        assert (record.outcome, record.wait_ms, record.talk_ms) == (CallOutcome.ANSWERED, 14_000, 60_000)
        assert (record.user.user_id, record.remote_number) == ("boris", "+12025550143")
        assert {leg.party.user_id: leg.outcome for leg in record.legs} == {
            "anna": LegOutcome.ANSWERED_ELSEWHERE,
            "boris": LegOutcome.ANSWERED,
        }


def test_its_agents_are_present(added: House) -> None:
    for number, state in enumerate(("free", "pause", "gone", "levitating")):
        body = said(number, "agent", number, agent={"id": "pbx-anna", "state": state})
        assert added.take(delivery(body), "example", NOW).outcome is Outcome.ACCEPTED
    [record] = folded(added)
    assert isinstance(record, PresenceRecord)
    assert [f.status for f in record.facts] == [
        PresenceStatus.ONLINE,
        PresenceStatus.DND,
        PresenceStatus.OFFLINE,
    ]


def test_what_it_does_not_know_is_kept_and_what_it_cannot_read_is_set_aside(added: House) -> None:
    unknown = said(1, "billing", 0, amount=7)
    assert added.take(delivery(unknown), "example", NOW).outcome is Outcome.ACCEPTED
    assert folded(added) == []
    for body in (b"{}", b"[]", b"no JSON", said(2, "start", 0), said(3, "agent", 0, agent={})):
        assert added.take(delivery(body), "example", NOW).outcome is Outcome.QUARANTINED


def test_the_connection_check_knows_it_too(added: House) -> None:
    place, live = tool.alone("example", SECRETS[0].decode(), {})
    report = tool.check(delivery(CALL[2]), place, live, NOW)
    assert report.code == tool.ACCEPTED
    late = tool.check(delivery(CALL[2]), place, live, NOW + timedelta(hours=1))
    assert late.why[0].startswith("clock: the signature is good")


def test_the_example_is_formatted_and_typed_like_the_code(tmp_path: Path) -> None:
    """A page that people copy from must pass what their copy has to pass."""
    path = tmp_path / "example.py"
    path.write_text(code(), encoding="utf-8")
    root = Path(__file__).parents[3]
    config = ["--config", str(root / "pyproject.toml")]
    for command in (["ruff", "format", "--check", *config], ["ruff", "check", *config]):
        done = subprocess.run(
            [sys.executable, "-m", *command, str(path)], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_provider_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        providers.adapter("example")
    with pytest.raises(NotFound):
        providers.adapter("values")


def test_the_parts_that_adapters_share_are_no_providers() -> None:
    found = set(providers.names())
    assert {"openphone", "generic", "dialpad", "ringcentral", "amazon_connect", "fcc", "wiseparts"} <= found
    assert not {"adapter", "canonical", "jws", "signatures", "values"} & found
    assert all(providers.adapter(name).name == name for name in found)
