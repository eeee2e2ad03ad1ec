"""The mapping screen, and what mapping sets in motion (the way of history itself: tests/unit/lake/test_mapping.py)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ringlake.errors import Forbidden, InvalidRequest
from ringlake.flows.directory.views import Mapped
from ringlake.model.directory import Ability, Account, Connection, Number, User
from ringlake.model.subjects import SubjectKind
from ringlake.model.tables import CALLS, LEGS, MESSAGES
from tests.unit.export.world import World
from tests.unit.query.lake_rows import calls, legs, messages

AT = date(2026, 3, 11)


@pytest.fixture
def world() -> World:
    world = World()
    for name in ("c1", "c2"):
        world.directory.put_connection(Connection(id=name, workspace="acme", provider="generic"))
    started = world.now
    strange = {"connection": "c1", "user_account": "US9", "user_name": "Ann", "unattributed": "unmapped"}
    rows: tuple[dict[str, Any], ...] = (
        {"record_id": "c1:1", "started_at": started, "business_number_id": "n1", **strange},
        {"record_id": "c1:2", "started_at": started, "business_number": "+48221230077", **strange},
    )
    for table, part in ((CALLS, calls(*rows)), (MESSAGES, messages()), (LEGS, legs())):
        world.lake.write(table, "acme", AT.isoformat(), part, None)
    return world


def map_it(world: World, by: str = "owner", **body: Any) -> Mapped:
    return world.offices.mapping.map(world.viewer(by), {"connection": "c1", **body}, world.now)


def test_strangers_are_shown_until_they_are_mapped(world: World) -> None:
    mapping, owner = world.offices.mapping, world.viewer("owner")
    seen = mapping.unmapped(owner, world.now)
    assert [(one.account, one.name, one.records) for one in seen.accounts] == [("US9", "Ann", 2)]
    assert [one.number for one in seen.numbers] == ["+48221230077"]
    assert (seen.refolding, seen.days) == (0, 30)

    to_user = map_it(world, account="US9", user="member")
    assert to_user.number is None
    assert to_user.user
    assert to_user.user.accounts == (Account(connection="c1", id="US9"),)
    taken_in = map_it(world, number="+48 22 123 00 77", name="New line", team="t1")
    assert taken_in.user is None
    assert taken_in.number
    assert taken_in.number.team == "t1"
    after = mapping.unmapped(owner, world.now)
    assert not after.accounts
    assert not after.numbers
    assert after.refolding == 2


def test_mapping_asks_for_history_and_presence_of_the_account(world: World) -> None:
    map_it(world, account="US9", user="member")
    (asked,) = world.refolds.open("acme")
    assert (asked.connection, asked.accounts) == ("c1", ("US9",))
    marked = world.records.dirty("acme", 10)
    assert marked
    assert all(f"#{SubjectKind.PRESENCE.value}#" in key and "US9" not in key for key in marked)


def test_mapping_the_same_again_changes_nothing(world: World) -> None:
    first = map_it(world, account="US9", user="member")
    assert map_it(world, account="US9", user="member") == first
    assert len(world.directory.audit_lines("acme", "2026-03")) == 1


def test_an_account_is_mapped_from_a_day_on(world: World) -> None:
    shown = map_it(world, account="US9", user="member", since="2026-03-01T00:00:00+01:00")
    since = datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert shown.user
    assert shown.user.accounts == (Account(connection="c1", id="US9", since=since),)
    with pytest.raises(InvalidRequest, match="end that first"):
        map_it(world, account="US9", user="other")


def test_a_providers_id_of_a_number_leads_to_our_number(world: World) -> None:
    for _ in range(2):
        shown = map_it(world, account="PN9", number_id="n1").number
        assert shown
        assert shown.provider_ids == ("PN9",)
    world.directory.put_number("acme", Number(id="n5", e164="+48221230005"))
    with pytest.raises(InvalidRequest, match="another number has this id"):
        map_it(world, account="PN9", number_id="n5")
    (asked,) = world.refolds.open("acme")
    assert asked.number_ids == ("n1", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"account": "US9", "user": "nobody"}, "user"),
        ({"account": "US9", "user": "gone"}, "user"),
        ({"account": "PN9", "number_id": "n9"}, "number_id"),
        ({"account": "US9", "user": "member", "connection": "c9"}, "connection"),
        ({"number": "112"}, "e164"),
    ],
)
def test_what_it_is_mapped_to_is_there(world: World, body: dict[str, Any], field: str) -> None:
    world.directory.put_user("acme", User(id="gone", email="g@example.com", name="G", deleted_at=world.now))
    with pytest.raises(InvalidRequest) as refused:
        map_it(world, **body)
    assert refused.value.field == field


def test_nobody_maps_calls_of_others_to_himself_without_being_an_administrator(world: World) -> None:
    world.grant("other", Ability.MANAGE_DIRECTORY)
    with pytest.raises(Forbidden):
        map_it(world, "other", account="US9", user="other")
    assert map_it(world, "other", account="US9", user="member").user


def test_a_window_is_bounded(world: World) -> None:
    for days in (0, 93):
        with pytest.raises(InvalidRequest):
            world.offices.mapping.unmapped(world.viewer("owner"), world.now, days)


def test_another_workspaces_strangers_are_not_shown(world: World) -> None:
    seen = world.offices.mapping.unmapped(world.viewer("owner", "rival"), world.now)
    assert "US9" not in repr(seen)


def test_what_decides_how_events_are_read_makes_the_connections_history_again(world: World) -> None:
    owner = world.viewer("owner")
    world.offices.connections.change(owner, "c1", {"name": "Desk"}, "*", world.now)
    assert world.refolds.open("acme") == []
    world.offices.connections.change(owner, "c1", {"options": {"a": "b"}, "capabilities": ["dnd"]}, "*", world.now)
    (asked,) = world.refolds.open("acme")
    assert (asked.connection, asked.everything) == ("c1", True)
    assert len(world.records.dirty("acme", 10)) == 1


def test_another_zone_moves_everybodys_days(world: World) -> None:
    world.offices.settings.change(world.viewer("owner"), {"zone": "Asia/Kathmandu"}, "*", world.now)
    assert len(world.records.dirty("acme", 10)) == 1


def test_a_deleted_users_accounts_are_looked_at_again(world: World) -> None:
    map_it(world, account="US9", user="member")
    world.records.rows.clear()
    world.offices.users.delete(world.viewer("owner"), "member", world.now)
    assert world.records.dirty("acme", 10)
