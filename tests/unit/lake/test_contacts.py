"""A provider's contacts: from the webhook to the name on the call (features.md W7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from ringlake.errors import Conflict
from ringlake.flows.contacts import ProviderContacts
from ringlake.flows.rollup import rollup
from ringlake.model.contacts import Contact
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CALLS
from ringlake.providers.signatures import sign_standard
from ringlake.stores.contacts import MemoryContacts
from ringlake.stores.lake import memory_lake
from ringlake.stores.marks import MemoryMarks
from ringlake.stores.trails import MemoryTrails
from tests.scenarios.rendering import SECRET, _delivery
from tests.scenarios.tables import Scenario
from tests.scenarios.world import House, directory_of, store_of

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
CELIA, OTHER = "+48600100200", "+48600100299"
CONTACT = Subject(workspace="acme", kind=SubjectKind.CONTACT, connection="pbx", id="k1")


class Company:
    """The scenarios' house with a lake behind it."""

    def __init__(self) -> None:
        self.house = House(store_of(directory_of(Scenario("contacts", "", {}, ()))))
        self.contacts, self.lake = MemoryContacts(), memory_lake()
        self.beside: dict[str, Any] = {"trails": MemoryTrails(), "marks": MemoryMarks(), "contacts": self.contacts}
        self.minutes = 0

    def tell(self, type: str, kind: str, **body: Any) -> None:
        """A delivery a minute, folded at once."""
        self.minutes += 1
        at = NOON + timedelta(minutes=self.minutes)
        raw = json.dumps({"type": type, "timestamp": at.isoformat(), "data": {kind: body}}).encode()
        stamp, event_id = int(at.timestamp()), f"e{self.minutes}"
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign_standard(SECRET, event_id, stamp, raw),
        }
        assert self.house.receive(_delivery("generic", headers, raw), "generic", at).status == 200
        self.house.now = at
        self.house.fold(list(self.house.journal.items))

    def call(self, name: str, caller: str) -> None:
        ends = {"direction": "inbound", "from": caller, "to": "+48221230000"}
        self.tell("call.answered", "call", id=name, agent={"id": "anna"}, **ends)
        self.tell("call.completed", "call", id=name, **ends)

    def roll_up(self) -> None:
        for _ in range(2):
            assert rollup(
                "acme",
                records=self.house.records,
                lake=self.lake,
                directory=self.house.directory,
                clock=self.house.clock,
                **self.beside,
            ).complete
        assert not self.house.records.dirt

    def names(self) -> dict[str, str]:
        rows = self.lake.read(CALLS, "acme", "2026-09-14", ["provider_id", "remote_name"]).rows.to_pylist()
        return {row["provider_id"]: row["remote_name"] for row in rows}


def test_a_contact_gives_its_name_to_calls_before_and_after_it() -> None:
    company = Company()
    company.call("c1", CELIA)
    company.roll_up()
    assert company.names() == {"c1": ""}

    company.tell("contact.updated", "contact", id="k1", name="Celia", numbers=["600 100 200"])
    company.call("c2", CELIA)
    company.roll_up()

    assert company.names() == {"c1": "Celia", "c2": "Celia"}
    [kept] = company.contacts.kept["acme"].values()
    assert (kept.id, kept.numbers) == ("pbx:k1", (CELIA,))


def test_a_number_that_a_contact_loses_loses_the_name() -> None:
    company = Company()
    company.call("c1", CELIA)
    company.call("c2", OTHER)
    company.tell("contact.updated", "contact", id="k1", name="Celia", numbers=[CELIA])
    company.roll_up()
    company.tell("contact.updated", "contact", id="k1", name="Celia", numbers=[OTHER])
    company.roll_up()

    assert company.names() == {"c1": "", "c2": "Celia"}


def test_a_deleted_contact_takes_its_name_along_and_is_kept() -> None:
    company = Company()
    company.call("c1", CELIA)
    company.tell("contact.updated", "contact", id="k1", name="Celia", numbers=[CELIA])
    company.roll_up()
    company.tell("contact.deleted", "contact", id="k1")
    company.roll_up()

    assert company.names() == {"c1": ""}
    [kept] = company.contacts.kept["acme"].values()
    assert (kept.name, kept.deleted_at) == ("Celia", NOON + timedelta(minutes=4))


def test_two_entries_with_one_number_show_the_one_changed_last() -> None:
    company = Company()
    company.call("c1", CELIA)
    company.tell("contact.updated", "contact", id="k1", name="Celia", numbers=[CELIA])
    company.tell("contact.updated", "contact", id="k2", name="Celia's office", numbers=[CELIA])
    company.roll_up()

    assert company.names() == {"c1": "Celia's office +1"}


def test_a_run_that_holds_an_older_record_does_not_write_over_a_newer_entry() -> None:
    """While one run is between reading the entry and writing it, another one brings the newest state."""
    company = Company()
    company.tell("contact.updated", "contact", id="k1", name="Old", numbers=[CELIA])
    slow = _Waiting(company.contacts, lambda: _other_run(company))
    part = ProviderContacts("acme", company.house.records, slow)

    part.take(company.house.records.get_many([CONTACT.key]))

    assert [c.name for c in company.contacts.kept["acme"].values()] == ["New"]


def _other_run(company: Company) -> None:
    company.tell("contact.updated", "contact", id="k1", name="New", numbers=[OTHER])
    ProviderContacts("acme", company.house.records, company.contacts).take(
        company.house.records.get_many([CONTACT.key])
    )


class _Waiting(MemoryContacts):
    """Lets something happen once before the first write."""

    def __init__(self, contacts: MemoryContacts, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.kept = contacts.kept
        self._meanwhile: Callable[[], None] | None = meanwhile

    def replace(self, workspace: str, contact: Contact, previous: Contact | None) -> None:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            meanwhile()
        super().replace(workspace, contact, previous)


def test_an_entry_that_always_changes_meanwhile_is_left_to_the_next_run() -> None:
    company = Company()
    company.tell("contact.updated", "contact", id="k1", name="Celia", numbers=[CELIA])

    class Never(MemoryContacts):
        def replace(self, workspace: str, contact: Contact, previous: Contact | None) -> None:
            raise Conflict("changed meanwhile")

    rows = company.house.records.get_many([CONTACT.key])
    ProviderContacts("acme", company.house.records, Never()).take(rows)

    assert CONTACT.key in company.house.records.dirt
    assert not company.house.records.clean(rows[0], "")
