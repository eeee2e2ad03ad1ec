"""What every Contacts store keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ringlake.errors import Conflict, NotFound
from ringlake.model.contacts import Contact
from ringlake.stores.contacts import Contacts

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(id: str = "k1", *party_keys: str, at: datetime = NOW, **fields: object) -> Contact:
    numbers = tuple(f"+4822123{n:04}" for n, _ in enumerate(party_keys))
    return msgspec.convert(
        {
            "id": id,
            "name": f"Name of {id} Żółć",
            "numbers": numbers,
            "party_keys": party_keys,
            "updated_at": at,
            **fields,
        },
        Contact,
    )


class ContactsSuite:
    """Subclasses give the fixture `contacts`, empty."""

    def test_what_was_put_is_there_for_the_next_reader(self, contacts: Contacts) -> None:
        kept = entry("k1", "p1", company="Acme", email="a@example.com", fields={"tier": "gold"})
        contacts.put("acme", kept)

        assert contacts.get("acme", "k1") == kept
        assert contacts.get_many("acme", ["k1", "k2", "k1"]) == {"k1": kept}
        assert contacts.by_party("acme", ["p1", "p2", ""]) == {"p1": [kept]}
        assert contacts.get("acme", "k2") is None
        assert contacts.by_party("acme", []) == {}

    def test_a_workspace_holds_nothing_of_another(self, contacts: Contacts) -> None:
        contacts.put("acme", entry("k1", "p1"))

        assert contacts.get("rival", "k1") is None
        assert contacts.by_party("rival", ["p1"]) == {}
        assert contacts.page("rival").contacts == ()

    def test_own_and_providers_entries_of_a_number_stand_side_by_side_the_latest_first(
        self, contacts: Contacts
    ) -> None:
        own, desk = entry("k1", "p1", "p2"), entry("desk:CT1", "p1", at=NOW + HOUR)
        same_time = entry("k0", "p1")
        for one in (own, desk, same_time):
            contacts.put("acme", one)

        assert contacts.by_party("acme", ["p1", "p2"]) == {"p1": [desk, same_time, own], "p2": [own]}

    def test_a_number_that_was_taken_away_leads_nowhere(self, contacts: Contacts) -> None:
        contacts.put("acme", entry("k1", "p1", "p2"))
        moved = entry("k1", "p2", "p3", at=NOW + HOUR)
        contacts.put("acme", moved)

        assert contacts.by_party("acme", ["p1", "p2", "p3"]) == {"p2": [moved], "p3": [moved]}

    def test_a_number_that_came_back_leads_to_its_entry_again(self, contacts: Contacts) -> None:
        contacts.put("acme", entry("k1", "p1"))
        contacts.put("acme", entry("k1"))
        contacts.put("acme", entry("k1", "p1"))

        assert list(contacts.by_party("acme", ["p1"])) == ["p1"]

    def test_a_deleted_entry_is_kept_and_found_by_no_number(self, contacts: Contacts) -> None:
        contacts.put("acme", entry("k1", "p1"))
        gone = contacts.delete("acme", "k1", NOW + HOUR)

        assert (gone.deleted_at, gone.updated_at) == (NOW + HOUR, NOW + HOUR)
        assert contacts.get("acme", "k1") == gone
        assert contacts.by_party("acme", ["p1"]) == {}
        assert contacts.delete("acme", "k1", NOW + 2 * HOUR) == gone
        with pytest.raises(NotFound):
            contacts.delete("acme", "k2", NOW)

    def test_of_two_who_change_the_same_entry_the_second_is_told(self, contacts: Contacts) -> None:
        first = entry("k1", "p1")
        contacts.replace("acme", first, None)
        with pytest.raises(Conflict):
            contacts.replace("acme", first, None)
        second = entry("k1", "p2", at=NOW + HOUR)
        contacts.replace("acme", second, first)
        with pytest.raises(Conflict):
            contacts.replace("acme", entry("k1", "p3"), first)
        with pytest.raises(Conflict):
            contacts.replace("acme", entry("k9"), first)

        assert contacts.by_party("acme", ["p1", "p2", "p3"]) == {"p2": [second]}

    def test_pages_follow_each_other_without_gap_or_repeat(self, contacts: Contacts) -> None:
        wanted = {f"k{n:02}" for n in range(23)} | {"desk:CT1", "desk:CT/2 Ż"}
        contacts.put_many("acme", [entry(i) for i in sorted(wanted)])
        seen: list[str] = []
        after = ""
        while True:
            page = contacts.page("acme", after, 4)
            assert len(page.contacts) <= 4
            seen += [c.id for c in page.contacts]
            after = page.next
            if not after:
                break

        assert sorted(seen) == sorted(wanted)
        assert [c.id for c in contacts.page("acme").contacts] == seen
        assert contacts.page("acme", limit=len(wanted)).next == ""

    def test_many_are_put_at_once(self, contacts: Contacts) -> None:
        # More than one transaction takes, and one number that many share.
        many = [entry(f"k{n:03}", f"p{n:03}", "shared") for n in range(130)]
        contacts.put_many("acme", many)
        contacts.put_many("acme", many)

        assert len(contacts.by_party("acme", [f"p{n:03}" for n in range(130)])) == 130
        assert len(contacts.by_party("acme", ["shared"])["shared"]) == 130
        assert len(contacts.page("acme").contacts) == 130
