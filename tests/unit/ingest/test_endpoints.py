"""The endpoint cache: bounded, misses apart, and a rotation loses nothing."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ringlake.errors import Unavailable
from ringlake.flows.ingest import MAX_WEBHOOK_BODY, Endpoints, Ingested, Outcome, ingest, secret_context
from ringlake.model.directory import Connection, Secret
from ringlake.model.events import Delivery
from ringlake.providers.signatures import sign_standard
from ringlake.stores.directory import MemoryDirectory, token_digest
from ringlake.stores.journal import MemoryJournal
from ringlake.stores.vault import MemoryVault

NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
OLD, NEW = b"b2xkLWtleS0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDE=", b"bmV3LWtleS0wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDE="


class CountingDirectory(MemoryDirectory):
    """Counts what would be a request to the real store."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.down = False
        self.takes_s = 0.0

    def connection_by_token(self, token: str) -> Connection | None:
        self.asked.append(token)
        time.sleep(self.takes_s)
        if self.down:
            raise Unavailable("down")
        return super().connection_by_token(token)


class World:
    """One generic connection and a clock."""

    def __init__(self, *secrets: bytes) -> None:
        self.directory, self.journal, self.vault = CountingDirectory(), MemoryJournal(), MemoryVault()
        self.endpoints = Endpoints()
        self.now = NOW
        self.number = 0
        self.connect("token", *secrets)

    def connect(self, token: str, *secrets: bytes, workspace: str = "acme", disabled: bool = False) -> None:
        context = secret_context("acme", "line")
        self.directory.put_connection(
            Connection(
                id="line",
                workspace=workspace,
                provider="generic",
                token_sha256=token_digest(token),
                secrets=tuple(
                    Secret(id=str(n), ciphertext=self.vault.encrypt(s, context)) for n, s in enumerate(secrets)
                ),
                disabled=disabled,
            )
        )

    def send(self, secret: bytes, token: str = "token", provider: str = "generic", body: bytes = b"") -> Ingested:
        self.number += 1
        number = self.number
        body = body or b'{"type":"call.queued","data":{"call":{"id":"c1"}}}'
        timestamp = int(self.now.timestamp())
        headers = {
            "webhook-id": f"msg_{number}",
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign_standard(secret, f"msg_{number}", timestamp, body),
        }
        delivery = Delivery(method="POST", url="", headers=headers, query="", body=body)
        return ingest(
            delivery,
            provider,
            token,
            directory=self.directory,
            journal=self.journal,
            vault=self.vault,
            now=self.now,
            endpoints=self.endpoints,
        )


def test_the_directory_is_asked_once_a_minute() -> None:
    world = World(OLD)
    for second in range(0, 180, 5):
        world.now = NOW + timedelta(seconds=second)
        assert world.send(OLD).outcome is Outcome.ACCEPTED
    assert len(world.directory.asked) == 3


def test_an_unknown_token_is_asked_for_once_a_minute_too() -> None:
    world = World(OLD)
    for second in range(0, 60, 5):
        world.now = NOW + timedelta(seconds=second)
        assert world.send(OLD, token="guess").outcome is Outcome.UNKNOWN_ENDPOINT
    assert world.directory.asked == ["guess"]


def test_guessing_tokens_evicts_no_known_endpoint_and_stays_bounded() -> None:
    world = World(OLD)
    world.endpoints = Endpoints(size=8)
    world.send(OLD)
    for n in range(100):
        world.send(OLD, token=f"guess {n}")
    assert len(world.endpoints._misses) == 8
    asked = len(world.directory.asked)
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    assert len(world.directory.asked) == asked


def test_a_token_of_another_provider_is_unknown() -> None:
    assert World(OLD).send(OLD, provider="openphone").outcome is Outcome.UNKNOWN_ENDPOINT


def test_a_disabled_connection_is_unknown_within_a_minute() -> None:
    world = World(OLD)
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    world.connect("token", OLD, disabled=True)
    world.now += timedelta(seconds=60)
    asked = len(world.directory.asked)
    for _ in range(5):
        assert world.send(OLD).outcome is Outcome.UNKNOWN_ENDPOINT
    assert len(world.directory.asked) == asked + 1
    world.connect("token", OLD)
    world.now += timedelta(seconds=60)
    assert world.send(OLD).outcome is Outcome.ACCEPTED


def test_a_secret_that_was_added_a_moment_ago_is_accepted_at_once() -> None:
    world = World(OLD)
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    world.connect("token", NEW, OLD)
    assert world.send(NEW).outcome is Outcome.ACCEPTED
    assert world.send(OLD).outcome is Outcome.ACCEPTED


def test_four_rotations_lose_nothing() -> None:
    """The sender goes over to its new key at any time while both are live."""
    keys = [bytes([65 + n]) * 32 for n in range(5)]
    world = World(keys[0])
    for old, new in itertools.pairwise(keys):
        for tick in range(40):
            if tick == 10:
                world.connect("token", new, old)
            world.now += timedelta(milliseconds=250)
            assert world.send(old if tick < 25 else new).outcome is Outcome.ACCEPTED
        world.connect("token", new)


def test_a_removed_secret_is_dead_after_the_life_of_the_cache() -> None:
    world = World(NEW, OLD)
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    world.connect("token", NEW)
    world.now = NOW + timedelta(seconds=59)
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    world.now = NOW + timedelta(seconds=60)
    assert world.send(OLD).outcome is Outcome.NOT_AUTHENTIC


def test_a_flood_of_bad_signatures_asks_five_times_in_five_seconds() -> None:
    world = World(OLD)
    world.send(OLD)
    asked = len(world.directory.asked)
    for n in range(50):
        world.now = NOW + timedelta(milliseconds=100 * n)
        assert world.send(NEW).outcome is Outcome.NOT_AUTHENTIC
    assert len(world.directory.asked) - asked == 5


def test_a_few_bad_signatures_do_not_delay_a_rotation() -> None:
    world = World(OLD)
    for _ in range(4):
        assert world.send(b"Zm9yZ2Vk").outcome is Outcome.NOT_AUTHENTIC
    world.connect("token", NEW, OLD)
    assert world.send(NEW).outcome is Outcome.ACCEPTED


def test_who_comes_during_a_refresh_waits_for_it() -> None:
    world = World(OLD)
    world.send(OLD)
    world.connect("token", NEW, OLD)
    asked = len(world.directory.asked)
    world.directory.takes_s = 0.2
    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(lambda _: world.send(NEW).outcome, range(12)))
    assert set(results) == {Outcome.ACCEPTED}
    assert len(world.directory.asked) == asked + 1


def test_a_directory_that_is_down_is_503_and_not_a_refusal() -> None:
    world = World(OLD)
    world.directory.down = True
    assert world.send(OLD).outcome is Outcome.UNAVAILABLE
    world.directory.down = False
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    world.directory.down = True
    # The cached secret did not sign it, and whether a newer one did cannot be told now.
    assert world.send(NEW).outcome is Outcome.UNAVAILABLE


def test_a_secret_is_opened_once_while_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each opening is a call to the key service, and that has its price and its outages."""
    world = World(OLD)
    opened: list[bytes] = []
    real = world.vault.decrypt

    def counted(ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        opened.append(ciphertext)
        return real(ciphertext, context)

    monkeypatch.setattr(world.vault, "decrypt", counted)
    for minute in range(10):
        world.now = NOW + timedelta(minutes=minute)
        assert world.send(OLD).outcome is Outcome.ACCEPTED
    world.connect("token", NEW, OLD)
    assert world.send(NEW).outcome is Outcome.ACCEPTED
    assert len(opened) == 2


def test_a_ciphertext_of_another_connection_is_no_secret_here() -> None:
    world = World(OLD)
    stolen = Secret(id="x", ciphertext=world.vault.encrypt(NEW, secret_context("acme", "other")))
    connection = world.directory.connection_by_token("token")
    assert connection is not None
    world.directory.put_connection(msgspec.structs.replace(connection, secrets=(stolen, *connection.secrets)))
    assert world.send(OLD).outcome is Outcome.ACCEPTED
    assert world.send(NEW).outcome is Outcome.NOT_AUTHENTIC


@pytest.mark.parametrize(
    ("size", "outcome"),
    [
        (MAX_WEBHOOK_BODY - 1, Outcome.ACCEPTED),
        (MAX_WEBHOOK_BODY, Outcome.ACCEPTED),
        (MAX_WEBHOOK_BODY + 1, Outcome.TOO_LARGE),
    ],
)
def test_the_size_cap_is_exact(size: int, outcome: Outcome) -> None:
    frame = b'{"type":"call.queued","data":{"call":{"id":"c1","x":"%s"}}}'
    body = frame % (b"x" * (size - len(frame) + 2))
    assert len(body) == size
    world = World(OLD)
    assert world.send(OLD, body=body).outcome is outcome


def test_a_body_that_is_too_large_is_refused_before_anybody_is_asked() -> None:
    world = World(OLD)
    world.send(OLD, body=b"x" * (MAX_WEBHOOK_BODY + 1))
    assert not world.directory.asked


def test_the_same_id_with_other_content_is_set_aside_and_the_first_one_stays() -> None:
    world = World(OLD)
    world.send(OLD)
    world.number -= 1
    result = world.send(OLD, body=b'{"type":"call.queued","data":{"call":{"id":"c1","to":"x"}}}')
    assert (result.outcome, result.field) == (Outcome.QUARANTINED, "event_id")
    [events] = world.journal.items.values()
    assert [e.body for e in events.values()] == [b'{"type":"call.queued","data":{"call":{"id":"c1"}}}']
    [held] = [item for items in world.journal.held.values() for item in items.values()]
    assert (held.stage, held.subject) == ("conflict", "acme#call#line#c1")


def test_two_deliveries_that_differ_in_their_id_alone_are_two_in_quarantine() -> None:
    world = World(OLD)
    for _ in range(2):
        assert world.send(OLD, body=b"not json").outcome is Outcome.QUARANTINED
    [held] = world.journal.held.values()
    assert {item.headers["webhook-id"] for item in held.values()} == {"msg_1", "msg_2"}


def test_a_workspace_comes_from_the_endpoint_and_never_from_the_body() -> None:
    world = World(OLD)
    world.send(OLD, body=b'{"type":"call.queued","workspace":"evil","data":{"call":{"id":"evil#call#line#c1"}}}')
    assert list(world.journal.items) == ["acme#call#line#evil#call#line#c1"]


def test_the_answer_counts_and_says_nothing_else() -> None:
    world = World(OLD)
    assert world.send(OLD).answer == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    refused, unknown = world.send(NEW), world.send(OLD, token="guess")
    assert (refused.status, unknown.status) == (401, 404)
    assert refused.answer == unknown.answer == {"accepted": 0, "duplicates": 0, "quarantined": 0}


def test_statuses_are_those_that_senders_repeat() -> None:
    """Senders drop what was answered 4xx, so load and failures are 503 (reliability.md 1)."""
    statuses = {outcome: Ingested(outcome=outcome).status for outcome in Outcome}
    assert statuses == {
        Outcome.ACCEPTED: 200,
        Outcome.DUPLICATE: 200,
        Outcome.QUARANTINED: 200,
        Outcome.HANDSHAKE: 200,
        Outcome.NOT_AUTHENTIC: 401,
        Outcome.UNKNOWN_ENDPOINT: 404,
        Outcome.TOO_LARGE: 413,
        Outcome.UNAVAILABLE: 503,
    }
