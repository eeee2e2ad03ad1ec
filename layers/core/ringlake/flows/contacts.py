"""Provider's contacts reach the directory, and with them the names on calls (features.md W7).

The roll-up's part for records of contacts. The entry is written in place of the one that was read
before the record was, so that whoever writes last has read last. Every customer with one of its
numbers, old or new, is marked: the roll-up then looks up their names again.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringlake.errors import Conflict
from ringlake.model.contacts import Contact, ContactRecord
from ringlake.model.subjects import Subject, party_subject
from ringlake.stores.contacts import Contacts
from ringlake.stores.records import Loaded, Records

ATTEMPTS = 8


class ProviderContacts:
    """One run's work over one workspace."""

    def __init__(self, workspace: str, records: Records, contacts: Contacts) -> None:
        self._id = workspace
        self._records = records
        self._contacts = contacts

    def turn(self) -> None:
        """Nothing hangs on the clock."""

    def take(self, rows: Sequence[Loaded]) -> None:
        """Bring the entries up to date and mark their customers. Raises `Unavailable`."""
        for row in rows:
            if isinstance(row.record, ContactRecord):
                self._keep(row.key)

    def days(self, row: Loaded) -> set[str]:
        """No rows of the lake are made of contacts."""
        del row
        return set()

    def derive(self, day: str, calls: Sequence[str] = ()) -> None:
        """Nothing of a day is made of contacts."""

    @property
    def objects(self) -> int:
        return 0

    def _keep(self, key: str) -> None:
        contact_id = Subject.from_key(key).record_id
        for _ in range(ATTEMPTS):
            kept = self._contacts.get(self._id, contact_id)
            latest = next(iter(self._records.get_many([key])), None)
            if latest is None or not isinstance(latest.record, ContactRecord):
                return
            contact = latest.record.contact
            customers = [party_subject(self._id, k).key for k in sorted(_numbers(kept) | _numbers(contact))]
            # Before the write too: should this run end right after it, a number that is gone is known here alone.
            self._records.mark(self._id, customers)
            if kept == contact:
                return
            try:
                self._contacts.replace(self._id, contact, kept)
            except Conflict:
                continue
            self._records.mark(self._id, customers)
            return
        # The mark is newer than the version that this run has loaded, so it stays for the next one.
        self._records.mark(self._id, [key])


def _numbers(contact: Contact | None) -> set[str]:
    return set(contact.party_keys) if contact else set()
