"""Connections: addresses and secrets that are shown once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringlake.errors import InvalidRequest, NotFound, Outdated, Taken
from ringlake.flows.directory.views import ConnectionDetail, Quarantine
from ringlake.flows.ingest import secret_context
from ringlake.model.directory import Connection
from ringlake.model.events import Quarantined
from ringlake.stores.arrivals import Arrivals
from tests.unit.export.world import World

BASE = "https://ringlake.example.com/webhooks/generic/"


@pytest.fixture
def world() -> World:
    return World()


def create(world: World, **body: Any) -> ConnectionDetail:
    made = world.offices.connections.create(world.viewer("owner"), {"provider": "generic", **body}, world.now)
    return made.document


def secrets(world: World, connection_id: str) -> list[str]:
    """The live secrets in clear, newest first."""
    found = world.directory.find("acme", Connection, connection_id)
    assert found is not None
    return [world.vault.decrypt(s.ciphertext, secret_context("acme", connection_id)).decode() for s in found.secrets]


def test_address_and_secret_are_shown_once_and_kept_unreadable(world: World) -> None:
    made = create(world, name="Hotline", options={"a": "1"})
    token = made.webhook_url.removeprefix(BASE)
    found = world.directory.connection_by_token(token)

    assert found is not None
    assert (found.id, found.zone, found.country) == (made.id, "Europe/Warsaw", "PL")
    assert secrets(world, made.id) == [made.secret]
    assert made.set_up.steps
    shown = [
        world.offices.connections.show(world.viewer("owner"), made.id).document,
        *world.offices.connections.all(world.viewer("owner")),
    ]
    lines = [line.detail for line in world.directory.audit_lines("acme", "2026-03")]
    for text in (repr(shown), repr(lines)):
        assert token not in text
        assert made.secret not in text
    assert token not in repr(found)
    assert "ciphertext" not in repr(shown)


def test_a_providers_own_secret_is_not_said_back(world: World) -> None:
    made = create(world, provider="openphone", secret=" b3BlbnBob25l ")
    assert made.secret == ""
    assert secrets(world, made.id) == [" b3BlbnBob25l "]


def test_an_id_may_be_chosen_and_is_nobody_elses(world: World) -> None:
    assert create(world, id="desk").id == "desk"
    with pytest.raises(Taken):
        create(world, id="desk")
    for wrong in ("De sk", "a#b", "a/b", "-x"):
        with pytest.raises(InvalidRequest):
            create(world, id=wrong)
    with pytest.raises(InvalidRequest, match="known providers are"):
        create(world, provider="nobody")


def test_two_secrets_live_until_the_old_one_is_removed(world: World) -> None:
    connections, owner = world.offices.connections, world.viewer("owner")
    made = create(world)
    second = connections.rotate(owner, made.id, {}, world.now).document
    assert secrets(world, made.id) == [second.secret, made.secret]
    third = connections.rotate(owner, made.id, {"secret": "the provider's own"}, world.now).document
    assert secrets(world, made.id) == ["the provider's own", second.secret]
    assert third.secret == ""

    left = connections.remove_secret(owner, made.id, third.secrets[1], world.now).document
    assert secrets(world, made.id) == ["the provider's own"]
    with pytest.raises(Taken):
        connections.remove_secret(owner, made.id, left.secrets[0], world.now)
    with pytest.raises(NotFound):
        connections.remove_secret(owner, made.id, "nothing", world.now)


def test_a_new_address_ends_the_old_one(world: World) -> None:
    made = create(world)
    moved = world.offices.connections.rotate_token(world.viewer("owner"), made.id, world.now).document
    assert world.directory.connection_by_token(made.webhook_url.removeprefix(BASE)) is None
    assert world.directory.connection_by_token(moved.webhook_url.removeprefix(BASE)) is not None


def test_disabling_and_enabling_is_on_record_once(world: World) -> None:
    connections, owner, made = world.offices.connections, world.viewer("owner"), create(world)
    for disabled in (True, True, False):
        assert connections.switch(owner, made.id, world.now, disabled=disabled).document.disabled is disabled
    actions = [line.action for line in world.directory.audit_lines("acme", "2026-03")]
    assert sorted(actions) == ["connection.create", "connection.disable", "connection.enable"]


def test_a_change_keeps_token_and_secrets_and_needs_the_version(world: World) -> None:
    connections, owner, made = world.offices.connections, world.viewer("owner"), create(world)
    after = connections.change(owner, made.id, {"zone": "UTC", "options": {"b": "2"}}, made.etag, world.now)
    assert (after.document.zone, after.document.options) == ("UTC", {"b": "2"})
    assert world.directory.connection_by_token(made.webhook_url.removeprefix(BASE)) is not None
    assert secrets(world, made.id) == [made.secret]
    with pytest.raises(Outdated):
        connections.change(owner, made.id, {"name": "x"}, made.etag, world.now)


def test_a_connection_of_another_workspace_is_not_there(world: World) -> None:
    made, rival = create(world), world.viewer("owner", "rival")
    for attempt in (
        lambda: world.offices.connections.show(rival, made.id),
        lambda: world.offices.connections.test(rival, made.id, world.now),
        lambda: world.offices.connections.rotate(rival, made.id, {}, world.now),
        lambda: world.offices.connections.switch(rival, made.id, world.now, disabled=True),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_a_provider_without_webhooks_has_no_address_and_no_secret_to_change(world: World) -> None:
    arn = "arn:aws:connect:us-east-1:111122223333:instance/aaaaaaaa-0000-4000-8000-000000000001"
    made = create(world, provider="amazon_connect", options={"instance_arn": arn})
    assert (made.webhook_url, made.secret, made.secrets) == ("", "", ())
    owner = world.viewer("owner")
    with pytest.raises(Taken):
        world.offices.connections.rotate(owner, made.id, {}, world.now)
    with pytest.raises(Taken):
        world.offices.connections.rotate_token(owner, made.id, world.now)


def test_a_test_says_what_arrived_and_what_was_set_aside_without_showing_it(world: World) -> None:
    made, owner = create(world), world.viewer("owner")
    nothing = world.offices.connections.test(owner, made.id, world.now)
    assert nothing.arrivals == Arrivals()
    assert nothing.quarantined == Quarantine(count=0, at_least=False, latest=[])

    world.arrivals.note("acme", made.id, "refused", world.now)
    for number in range(7):
        world.journal.quarantine(
            Quarantined(
                id=f"q{number}",
                workspace="acme",
                connection=made.id,
                provider="generic",
                stage="identify",
                field=f"data.{number}",
                reason="missing",
                received_at=world.now - timedelta(hours=number * 4),
                subject="",
                body=b"+48601234567",
                headers={},
                query="",
            )
        )
    seen = world.offices.connections.test(owner, made.id, world.now)
    assert seen.arrivals.refused_at == world.now
    assert seen.quarantined.count == 7
    assert [one.field for one in seen.quarantined.latest] == [f"data.{n}" for n in range(5)]
    assert "601234567" not in repr(seen)
