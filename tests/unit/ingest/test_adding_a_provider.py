"""A provider is one file: the example in docs/adding-a-provider.md, dropped into a folder, takes a delivery."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringlake import providers
from ringlake.errors import NotFound
from ringlake.flows.ingest import Outcome, secret_context
from ringlake.model.directory import Connection, Secret
from ringlake.model.events import Delivery
from ringlake.model.facts import CallFact, EndedAs, FactKind
from ringlake.stores.directory import token_digest
from tests.contract.captures import CONNECTION, TOKEN, WORKSPACE, House, house

PAGE = Path(__file__).parents[3] / "docs/adding-a-provider.md"
NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(tmp_path)])
    monkeypatch.setattr(providers, "_known", {})
    home = house()
    secret = home.vault.encrypt(b"token-of-the-pbx", secret_context(WORKSPACE, CONNECTION))
    home.directory.put_connection(
        Connection(
            id=CONNECTION,
            workspace=WORKSPACE,
            provider="example",
            token_sha256=token_digest(TOKEN),
            secrets=(Secret(id="1", ciphertext=secret),),
        )
    )
    yield home
    sys.modules.pop("ringlake.providers.example", None)
    vars(providers).pop("example", None)


def delivery(body: bytes, token: str = "token-of-the-pbx") -> Delivery:
    return Delivery(method="POST", url="", headers={"x-token": token}, query="", body=body)


def test_the_new_provider_takes_a_delivery(added: House) -> None:
    ended = b'{"call":{"id":"7","state":"end","at":"2026-09-14T11:59:00Z","caller":"+12025550143","result":"486"}}'
    assert "example" in providers.names()
    assert added.take(delivery(ended), "example", NOW).outcome is Outcome.ACCEPTED
    assert added.take(delivery(ended), "example", NOW).outcome is Outcome.DUPLICATE
    [event] = added.stored()
    connection = added.directory.connection_by_token(TOKEN)
    assert connection is not None
    [fact] = providers.adapter("example").parse(event, connection)
    assert isinstance(fact, CallFact)
    assert (fact.kind, fact.ended_as, fact.remote_number) == (FactKind.ENDED, EndedAs.BUSY, "+12025550143")


def test_the_new_provider_refuses_and_sets_aside_like_the_others(added: House) -> None:
    assert added.take(delivery(b"{}", token="guess"), "example", NOW).outcome is Outcome.NOT_AUTHENTIC
    assert added.take(delivery(b"{}"), "example", NOW).outcome is Outcome.QUARANTINED


def test_a_provider_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        providers.adapter("example")
    with pytest.raises(NotFound):
        providers.adapter("values")


def test_the_parts_that_adapters_share_are_no_providers() -> None:
    assert {"openphone", "generic"} <= set(providers.names())
    assert not {"adapter", "signatures", "values"} & set(providers.names())
