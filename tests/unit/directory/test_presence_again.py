"""What people change in the directory has the lines of presence derived again (features.md R35, R36)."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.model.directory import Connection
from ringlake.model.subjects import Subject, SubjectKind
from tests.unit.export.world import World

ACCOUNT = {"connection": "c1", "id": "desk-7", "since": "2026-02-10T08:00:00Z"}


@pytest.fixture
def world() -> World:
    world = World()
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic", token_sha256="t"))
    return world


def asked(world: World) -> list[str]:
    """`what/day` of the marks, the digest of accounts left out."""
    subjects = [Subject.from_key(key) for key in world.records.dirty("acme", 100)]
    ids = [s.id for s in subjects if s.kind is SubjectKind.PRESENCE and not s.connection]
    return sorted("account/" + i.rpartition("/")[2] if i.startswith("account:") else i for i in ids)


def change_user(world: World, user: str, **body: Any) -> None:
    users, owner = world.offices.users, world.viewer("owner")
    users.change(owner, user, body, users.show(owner, user).etag, world.now)


def test_a_new_account_from_its_first_day_on(world: World) -> None:
    change_user(world, "member", accounts=[ACCOUNT])
    # The local day of the first moment may have begun the day before, or two in a long one.
    assert asked(world) == ["account/2026-02-08"]


def test_an_account_that_is_taken_away_for_whoever_had_it_too(world: World) -> None:
    change_user(world, "member", accounts=[ACCOUNT])
    world.records.dirt.clear()
    change_user(world, "member", accounts=[])
    assert asked(world) == ["account/2026-02-08", "user:member/2026-02-08"]


def test_a_deletion_from_its_day_on(world: World) -> None:
    change_user(world, "member", accounts=[ACCOUNT])
    world.records.dirt.clear()
    world.offices.users.delete(world.viewer("owner"), "member", world.now)
    assert asked(world) == ["account/2026-03-09"]


def test_a_name_asks_for_nothing(world: World) -> None:
    change_user(world, "member", accounts=[ACCOUNT])
    world.records.dirt.clear()
    change_user(world, "member", name="Somebody")
    assert asked(world) == []


def test_everybody_when_the_zone_changes_and_nobody_when_the_name_does(world: World) -> None:
    settings, owner = world.offices.settings, world.viewer("owner")
    settings.change(owner, {"name": "Acme Ltd"}, settings.show(owner).etag, world.now)
    assert asked(world) == []
    settings.change(owner, {"zone": "Asia/Kolkata"}, settings.show(owner).etag, world.now)
    assert asked(world) == ["everyone/1970-01-01"]


@pytest.mark.parametrize(
    ("body", "again"),
    [
        ({"options": {"dnd_devices": "Desk"}}, True),
        ({"capabilities": ["dnd"]}, True),
        ({"name": "Hotline"}, False),
    ],
)
def test_everybody_when_other_devices_are_believed(world: World, body: dict[str, Any], again: bool) -> None:
    connections, owner = world.offices.connections, world.viewer("owner")
    connections.change(owner, "c1", body, connections.show(owner, "c1").etag, world.now)
    assert asked(world) == (["everyone/1970-01-01"] if again else [])
