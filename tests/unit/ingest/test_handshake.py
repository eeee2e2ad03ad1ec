"""A sender that tries an address out is answered in its own words, and nothing is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ringlake import providers
from ringlake.errors import NotAuthentic
from ringlake.flows.ingest import Outcome, secret_context
from ringlake.model.directory import Connection, Secret
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Fact
from ringlake.model.subjects import SubjectKind
from ringlake.providers import Answer, template
from ringlake.stores.directory import token_digest
from tests.contract.captures import CONNECTION, TOKEN, WORKSPACE, House, house

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)


class Greeter:
    """Says hello to `?hello=`, takes what carries the secret in the query, and reads our answers."""

    name = "greeter"
    version = 1
    kept_headers: frozenset[str] = frozenset()
    receipt = Answer(body="taken")

    def handshake(self, delivery: Delivery, _connection: Connection) -> Answer | None:
        hello = delivery.query.removeprefix("hello=")
        return Answer(headers={"x-hello": hello}, body=hello) if hello != delivery.query else None

    def without_credentials(self, delivery: Delivery) -> Delivery:
        return template.without_credential(delivery)

    def verify(self, delivery: Delivery, secrets: Any, _connection: Connection, _now: datetime) -> None:
        if not any(f"token={s.decode()}" in delivery.query for s in secrets):
            raise NotAuthentic

    def identify(self, delivery: Delivery, _connection: Connection) -> Identity:
        return Identity(kind=SubjectKind.OTHER, subject_id="1", event_id="1", event_type="hi")

    def parse(self, _event: RawEvent, _connection: Connection) -> tuple[Fact, ...]:
        return ()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(providers, "_known", {"greeter": Greeter()})
    found = house()
    secret = found.vault.encrypt(b"psst", secret_context(WORKSPACE, CONNECTION))
    found.directory.put_connection(
        Connection(
            id=CONNECTION,
            workspace=WORKSPACE,
            provider="greeter",
            token_sha256=token_digest(TOKEN),
            secrets=(Secret(id="1", ciphertext=secret),),
        )
    )
    return found


def get(query: str) -> Delivery:
    return Delivery(method="GET", url="", headers={}, query=query, body=b"")


def test_a_live_endpoint_answers_without_a_signature_and_keeps_nothing(home: House) -> None:
    result = home.take(get("hello=abc"), "greeter", NOW)
    assert (result.outcome, result.status) == (Outcome.HANDSHAKE, 200)
    assert result.reply == Answer(headers={"x-hello": "abc"}, body="abc")
    assert (result.workspace, result.connection, result.provider) == (WORKSPACE, CONNECTION, "greeter")
    assert not home.stored()
    assert not home.journal.held


def test_an_unknown_or_disabled_endpoint_does_not_answer_a_handshake(home: House) -> None:
    unknown = home.take(get("hello=abc"), "greeter", NOW, token="guess")
    elsewhere = home.take(get("hello=abc"), "generic", NOW)
    connection = home.directory.connection_by_token(TOKEN)
    assert connection is not None
    home.directory.put_connection(msgspec.structs.replace(connection, disabled=True))
    disabled = home.take(get("hello=abc"), "greeter", NOW)
    for result in (unknown, elsewhere, disabled):
        assert (result.outcome, result.reply) == (Outcome.UNKNOWN_ENDPOINT, None)


def test_what_is_no_handshake_goes_the_usual_way(home: House) -> None:
    assert home.take(get("hi=abc"), "greeter", NOW).outcome is Outcome.NOT_AUTHENTIC
    assert home.take(get("token=psst"), "greeter", NOW).outcome is Outcome.ACCEPTED


def test_a_provider_that_reads_our_answers_hears_its_own_word_only_when_we_took_the_delivery(home: House) -> None:
    taken = home.take(get("token=psst"), "greeter", NOW)
    again = home.take(get("token=psst"), "greeter", NOW)
    refused = home.take(get("token=guess"), "greeter", NOW)
    assert (taken.outcome, again.outcome) == (Outcome.ACCEPTED, Outcome.DUPLICATE)
    assert taken.reply == again.reply == Greeter.receipt
    assert refused.reply is None


@pytest.mark.parametrize("spelling", ["token=psst", "TOKEN=psst&token=psst", "%74oken=x&token=psst"])
def test_the_credential_in_the_query_is_not_kept_and_makes_no_other_event(home: House, spelling: str) -> None:
    assert home.take(get(f"a=1&{spelling}&b=%20+"), "greeter", NOW).outcome is Outcome.ACCEPTED
    assert home.take(get("a=1&token=psst&b=%20+"), "greeter", NOW).outcome is Outcome.DUPLICATE
    [event] = home.stored()
    assert event.query == "a=1&b=%20+"
