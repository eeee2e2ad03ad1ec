"""Customers by name: found by the whole number, shown as far as the viewer may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ringlake.access.hiding import masked
from ringlake.errors import InvalidRequest, NotFound, Outdated, Taken
from ringlake.flows.directory.views import ContactView, LookedUp
from ringlake.model.contacts import Contact
from ringlake.model.directory import Ability
from ringlake.model.numbers import party_key
from ringlake.model.subjects import party_subject
from ringlake.stores.directory import party_key_context
from tests.unit.export.world import World

KEY = b"0123456789abcdef0123456789abcdef"
CARLA = {
    "name": "Carla Żółć",
    "numbers": ["600 100 200", "+48 22 555 00 00"],
    "company": "Beta",
    "fields": {"tier": "gold"},
}


@pytest.fixture
def world() -> World:
    world = World()
    settings = world.directory.settings("acme")
    sealed = world.vault.encrypt(KEY, party_key_context("acme"))
    world.directory.put_workspace(msgspec.structs.replace(settings, party_secret=sealed))
    return world


def create(world: World, **body: Any) -> ContactView:
    return world.offices.contacts.create(world.viewer("owner"), {**CARLA, **body}, world.now).document


def key_of(number: str) -> str:
    return party_key(KEY, [number])


def theirs(world: World, id: str = "desk:CT1", number: str = "+48600100200", hours: int = 1) -> Contact:
    contact = Contact(
        id=id,
        name="Carla at the desk",
        numbers=(number,),
        party_keys=(key_of(number),),
        updated_at=world.now + timedelta(hours=hours),
    )
    world.contacts.put("acme", contact)
    return contact


def test_numbers_are_kept_in_one_spelling_under_keys_without_the_number(world: World) -> None:
    made = create(world)
    kept = world.contacts.get("acme", made.id)

    assert kept is not None
    assert kept.numbers == ("+48600100200", "+48225550000")
    assert kept.party_keys == (key_of("+48600100200"), key_of("+48225550000"))
    assert world.records.dirty("acme", 10) == sorted(party_subject("acme", key).key for key in kept.party_keys)


def test_the_latest_entry_of_a_number_is_shown_and_the_others_are_counted(world: World) -> None:
    create(world)
    book, owner = world.offices.contacts, world.viewer("owner")
    assert book.lookup(owner, "600100200").others == 0
    theirs(world)
    found = book.lookup(owner, "+48 600 100 200")
    assert found.contact
    assert (found.contact.name, found.contact.kept_by, found.others) == ("Carla at the desk", "desk", 1)


@pytest.mark.parametrize("number", ["", "anonymous", "888", "00100200", "+48600100201", "6001002001", "266696687"])
def test_a_part_of_a_number_or_a_withheld_one_is_nobody(world: World, number: str) -> None:
    create(world)
    assert world.offices.contacts.lookup(world.viewer("owner"), number) == LookedUp(contact=None, others=0)


def test_search_finds_names_companies_and_whole_numbers(world: World) -> None:
    made, book, owner = create(world), world.offices.contacts, world.viewer("owner")
    create(world, name="Dan", numbers=[], company="Gamma", email="dan@gamma.example")
    for text in ("carla", "żółć", "BETA", "600 100 200", "+48225550000"):
        assert [c.id for c in book.search(owner, text=text)[0]] == [made.id], text
    assert [c.name for c in book.search(owner, text="gamma.example")[0]] == ["Dan"]
    assert book.search(owner, text="600 100 20")[0] == []
    assert len(book.search(owner)[0]) == 2


def test_pages_of_a_search_follow_each_other(world: World) -> None:
    for n in range(25):
        create(world, name=f"Person {n:02}", numbers=[])
    create(world, name="Somebody else", numbers=[])
    book, owner = world.offices.contacts, world.viewer("owner")
    seen: list[str] = []
    after = ""
    while True:
        page, after = book.search(owner, text="person", after=after, limit=4)
        assert len(page) <= 4
        seen += [contact.name for contact in page]
        if not after:
            break
    assert sorted(seen) == [f"Person {n:02}" for n in range(25)]


def test_who_may_not_see_numbers_sees_enough_to_tell_callers_apart(world: World) -> None:
    made, book = create(world, email="carla@beta.example"), world.offices.contacts
    world.change("member", without=(Ability.SEE_NUMBERS,))
    shown = book.show(world.viewer("member"), made.id).document
    assert shown.numbers == ("+48•••••••00", "+48•••••••00")
    assert (shown.email, shown.name) == ("", "Carla Żółć")
    world.change("manager", without=(Ability.SEE_NUMBERS,), manages=())
    assert "600100200" not in repr(book.search(world.viewer("manager"), text="600100200"))
    assert masked("anonymous") == "anonymous"
    assert masked("88811") == "•••••"


def test_an_entry_of_a_provider_is_changed_there(world: World) -> None:
    kept = theirs(world)
    book, owner = world.offices.contacts, world.viewer("owner")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: book.change(owner, kept.id, {"name": "x"}, "*", world.now),
        lambda: book.delete(owner, kept.id, world.now),
    )
    for attempt in attempts:
        with pytest.raises(Taken):
            attempt()
    assert world.contacts.get("acme", kept.id) == kept


def test_old_and_new_numbers_are_named_anew(world: World) -> None:
    made, book, owner = create(world), world.offices.contacts, world.viewer("owner")
    world.records.rows.clear()
    after = book.change(owner, made.id, {"numbers": ["+48600100201"]}, made.etag, world.now).document
    assert after.numbers == ("+48600100201",)
    marked = world.records.dirty("acme", 10)
    assert len(marked) == 3
    with pytest.raises(Outdated):
        book.change(owner, made.id, {"name": "x"}, made.etag, world.now)


def test_a_deleted_entry_is_not_found_any_more(world: World) -> None:
    made, book, owner = create(world), world.offices.contacts, world.viewer("owner")
    book.delete(owner, made.id, world.now)
    assert book.lookup(owner, "600100200").contact is None
    assert book.search(owner, text="carla") == ([], "")
    with pytest.raises(NotFound):
        book.change(owner, made.id, {"name": "x"}, "*", world.now)


def test_every_number_that_is_none_is_named(world: World) -> None:
    with pytest.raises(InvalidRequest) as refused:
        create(world, numbers=["+48600100200", "112", "anonymous", "sip:a@b"])
    assert [field for field, _ in refused.value.errors] == ["numbers.1", "numbers.2", "numbers.3"]


def test_the_record_holds_nothing_about_the_customer(world: World) -> None:
    made = create(world)
    world.offices.contacts.delete(world.viewer("owner"), made.id, world.now)
    lines = world.directory.audit_lines("acme", "2026-03")
    assert [line.action for line in lines] == ["contact.create", "contact.delete"]
    assert not any(word in repr(lines) for word in ("Carla", "600100200", "Beta"))


def test_contacts_of_another_workspace_are_not_there(world: World) -> None:
    made, rival = create(world), world.viewer("owner", "rival")
    book = world.offices.contacts
    with pytest.raises(NotFound):
        book.show(rival, made.id)
    assert book.search(rival) == ([], "")
    assert book.lookup(rival, "+48600100200").contact is None
