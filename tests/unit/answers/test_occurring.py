"""What filters offer of the words that came with calls and messages."""

from __future__ import annotations

from typing import Any

import pytest

from ringlake.errors import InvalidRequest
from ringlake.flows.answers.occurring import Named, Occurring, OccurringQuery
from ringlake.model.directory import Connection
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import parse
from tests.unit.export.world import FILTER, World, at
from tests.unit.query.lake_rows import calls, messages

MINE = {"user_id": "operator", "team_id": "t1", "business_number_id": "n1"}


@pytest.fixture
def world() -> World:
    made = World()
    rows = calls(
        {"record_id": "c:1", **at(9, 8), **MINE, "queue": "sales", "tags": "vip;Angry", "connection": "c"},
        {"record_id": "c:2", **at(9, 9), "queue": "Board", "campaign": "spring", "classifier": "sold"},
        {"record_id": "c:3", **at(9, 10), **MINE, "queue": "sales", "source": "web form", "remote_country": "PL"},
    )
    for table, own in ((CALLS, rows), (MESSAGES, messages({**at(9, 8), **MINE, "campaign": "bulk", "tags": "vip"}))):
        _, etag = made.lake.read(table, "acme", "2026-03-09")
        made.lake.write(table, "acme", "2026-03-09", own, etag)
    return made


def offered(world: World, user: str = "owner", **asked: Any) -> Occurring:
    query = parse(OccurringQuery, {**FILTER, **asked})
    return world.answers.occurring.occurring(world.viewer(user), query, world.now)


def test_words_of_calls_and_messages_are_offered_once_in_alphabetical_order(world: World) -> None:
    found = offered(world)

    assert found.queues == ("Board", "sales")
    assert found.campaigns == ("bulk", "spring")
    assert found.tags == ("Angry", "vip")
    assert (found.sources, found.classifiers, found.countries) == (("web form",), ("sold",), ("PL",))


def test_nobody_is_offered_words_of_calls_that_he_may_not_see(world: World) -> None:
    found = offered(world, "operator")

    assert found.queues == ("sales",)
    assert (found.campaigns, found.classifiers) == (("bulk",), ())


def test_a_filter_narrows_what_is_offered(world: World) -> None:
    assert offered(world, channels=["message"]).campaigns == ("bulk",)
    assert offered(world, channels=["message"]).queues == ()


def test_connections_have_the_name_of_the_directory(world: World) -> None:
    world.directory.put_connection(Connection(id="c", workspace="acme", provider="generic", name="Office"))

    assert offered(world).connections == (Named(id="c", name="Office"),)


def test_without_a_range_the_last_three_months_are_looked_through(world: World) -> None:
    found = world.answers.occurring.occurring(world.viewer("owner"), parse(OccurringQuery, {}), world.now)

    assert found.meta.filter == {"preset": "last_3_months"}
    assert "sales" in found.queues


def test_a_range_needs_both_ends(world: World) -> None:
    with pytest.raises(InvalidRequest, match="both from and to"):
        offered(world, to=None)
