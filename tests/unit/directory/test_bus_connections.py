"""Connections without a webhook: found by what their events name, without address and secret."""

from __future__ import annotations

import pytest

from ringlake.errors import InvalidRequest, Taken
from ringlake.flows.directory.views import ConnectionDetail
from tests.unit.export.world import World

ARN = "arn:aws:connect:us-east-1:111122223333:instance/aaaaaaaa-0000-4000-8000-00000000000"


@pytest.fixture
def world() -> World:
    return World()


def create(world: World, **options: str) -> ConnectionDetail:
    body = {"provider": "amazon_connect", "id": "contacts", "options": options}
    return world.offices.connections.create(world.viewer("owner"), body, world.now).document


def test_the_instance_finds_its_connection_and_nothing_is_shown(world: World) -> None:
    made = create(world, instance_arn=f"{ARN}1")
    found = world.directory.connection_by_token(f"{ARN}1")
    assert found is not None
    assert (found.id, found.secrets) == ("contacts", ())
    assert (made.webhook_url, made.secret, made.secrets) == ("", "", ())
    [line] = [x for x in world.directory.audit_lines("acme", "2026-03") if x.action == "connection.create"]
    assert line.detail["shown"] == []


@pytest.mark.parametrize("options", [{}, {"instance_arn": ""}, {"instance_arn": "my instance"}])
def test_an_instance_that_is_none_is_refused_by_name(world: World, options: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match=r"options\.instance_arn"):
        create(world, **options)


def test_another_instance_moves_the_connection(world: World) -> None:
    create(world, instance_arn=f"{ARN}1")
    connections, owner = world.offices.connections, world.viewer("owner")
    connections.change(owner, "contacts", {"options": {"instance_arn": f"{ARN}2"}}, "*", world.now)
    assert world.directory.connection_by_token(f"{ARN}1") is None
    moved = world.directory.connection_by_token(f"{ARN}2")
    assert moved is not None
    assert moved.id == "contacts"
    with pytest.raises(Taken, match="no address"):
        connections.rotate_token(owner, "contacts", world.now)


def test_one_instance_belongs_to_one_connection(world: World) -> None:
    create(world, instance_arn=f"{ARN}1")
    body = {"provider": "amazon_connect", "id": "more", "options": {"instance_arn": f"{ARN}1"}}
    with pytest.raises(Taken):
        world.offices.connections.create(world.viewer("owner"), body, world.now)
