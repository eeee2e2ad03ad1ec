"""Sources, lists and tariffs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ringlake.errors import InvalidRequest, NotFound, Outdated, Taken
from ringlake.flows.directory.views import RateView, TariffEntry, TariffView
from ringlake.model.directory import Connection, Lists, Number
from ringlake.stores.directory import party_key_context
from tests.unit.export.world import World

KEY = b"0123456789abcdef0123456789abcdef"
RATES = [{"prefix": "48", "per_minute": "0.05"}, {"prefix": "", "per_minute": "0.3", "connect_fee": "0.01"}]


@pytest.fixture
def world() -> World:
    world = World()
    settings = world.directory.settings("acme")
    sealed = world.vault.encrypt(KEY, party_key_context("acme"))
    world.directory.put_workspace(msgspec.structs.replace(settings, party_secret=sealed))
    world.directory.put_connection(Connection(id="c1", workspace="acme", provider="generic"))
    return world


def tariff(world: World, **body: Any) -> TariffView:
    wanted = {"name": "2026", "currency": "pln", "rates": RATES, **body}
    return world.offices.tariffs.create(world.viewer("owner"), wanted, world.now).document


def test_a_source_goes_when_no_number_names_it(world: World) -> None:
    sources, owner = world.offices.sources, world.viewer("owner")
    made = sources.create(owner, {"name": "Poster", "medium": "print"}, world.now).document
    renamed = sources.change(owner, made.id, {"campaign": "Spring"}, made.etag, world.now).document
    assert (renamed.name, renamed.campaign) == ("Poster", "Spring")
    with pytest.raises(Outdated):
        sources.change(owner, made.id, {"campaign": "x"}, made.etag, world.now)
    world.directory.put_number("acme", Number(id="n1", e164="+48221230001", source=made.id))
    with pytest.raises(Taken, match=r"\+48221230001"):
        sources.delete(owner, made.id, world.now)
    world.directory.put_number("acme", Number(id="n1", e164="+48221230001"))
    sources.delete(owner, made.id, world.now)
    assert sources.all(owner) == []
    with pytest.raises(NotFound):
        sources.change(owner, made.id, {"name": "x"}, "*", world.now)
    # Calls that came from it keep its name.
    assert world.directory.load("acme").sources[0].name == "Poster"


def test_lists_are_kept_in_one_spelling_and_their_calls_are_folded_again(world: World) -> None:
    lists, owner = world.offices.lists, world.viewer("owner")
    empty = lists.show(owner)
    body = {"spam": ["600 100 200", "+48600100200", "+1 202 555 0143"], "withheld": ["N/A", "n/a", "Privat"]}
    after = lists.put(owner, body, empty.etag, world.now)
    assert after.document.spam == ("+12025550143", "+48600100200")
    assert after.document.withheld == ("n/a", "privat")
    (asked,) = world.refolds.open("acme")
    assert set(asked.numbers) == {"+12025550143", "+48600100200", "N/A", "n/a", "Privat", "privat", "anonymous"}
    assert "600100200" not in repr(world.directory.audit_lines("acme", "2026-03"))

    with pytest.raises(Outdated):
        lists.put(owner, body, empty.etag, world.now)
    lists.put(owner, {"spam": ["+48600100200"], "withheld": ["n/a", "privat"]}, after.etag, world.now)
    assert world.directory.load("acme").lists == Lists(spam=("+48600100200",), withheld=("n/a", "privat"))


def test_every_number_of_a_list_that_is_none_is_named(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        world.offices.lists.put(world.viewer("owner"), {"spam": ["112", "+48600100200", "x"]}, "*", world.now)
    assert [field for field, _ in refused.value.errors] == ["spam.0", "spam.2"]


def test_a_tariff_is_kept_to_the_last_decimal(world: World) -> None:
    made = tariff(world, rates=[{"prefix": "48", "per_minute": "0.012345", "increment_s": 1}])
    (kept,) = world.directory.load("acme").tariffs
    assert (kept.currency, kept.rates[0].per_minute) == ("PLN", Decimal("0.012345"))
    assert world.offices.tariffs.show(world.viewer("owner"), made.id).document.rates == (
        RateView(prefix="48", name="", connect_fee=Decimal(0), per_minute=Decimal("0.012345"), increment_s=1),
    )
    assert type(world.offices.tariffs.all(world.viewer("owner"))[0]) is TariffEntry


def test_two_tariffs_do_not_price_the_same_at_the_same_time(world: World) -> None:
    first = tariff(world, valid_to="2026-07-01T00:00:00+02:00")
    with pytest.raises(Taken):
        tariff(world, valid_from="2026-06-30T21:59:59Z")
    tariff(world, valid_from="2026-06-30T22:00:00Z")
    tariff(world, connection="c1")
    tariff(world, channel="message")
    with pytest.raises(Taken):
        world.offices.tariffs.put(
            world.viewer("owner"), first.id, {"name": "2026", "currency": "PLN", "rates": RATES}, "*", world.now
        )
    with pytest.raises(InvalidRequest):
        tariff(world, connection="c9")


def test_what_a_tariff_priced_is_priced_again(world: World) -> None:
    tariffs, owner = world.offices.tariffs, world.viewer("owner")
    made = tariff(world, connection="c1", valid_from="2026-02-01T00:00:00Z", valid_to="2026-03-01T00:00:00Z")
    (asked,) = world.refolds.open("acme")
    assert (asked.connection, asked.everything) == ("c1", True)
    assert (asked.since, asked.until) == (date(2026, 2, 1), date(2026, 3, 1))

    tariffs.delete(owner, made.id, world.now)
    assert world.directory.load("acme").tariffs == ()
    with pytest.raises(NotFound):
        tariffs.show(owner, made.id)
    assert world.directory.audit_lines("acme", "2026-03")[-1].action == "tariff.delete"


def test_a_tariff_without_a_beginning_reaches_all_of_history(world: World) -> None:
    tariff(world)
    (asked,) = world.refolds.open("acme")
    assert (asked.since, asked.until, asked.connection) == (None, None, "")


def test_times_are_kept_in_utc(world: World) -> None:
    tariff(world, valid_from="2026-02-01T00:00:00+01:00")
    (kept,) = world.directory.load("acme").tariffs
    assert kept.valid_from == datetime(2026, 1, 31, 23, tzinfo=UTC)
