"""Customers by name: the workspace's own entries beside those that providers keep (features.md W7, N22).

Numbers match whole and in one spelling, never by a part (demands.md D46, D47); a withheld caller is
nobody's entry (D48). Who may not see numbers sees country and last two digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ringlake.access import Principal, scope
from ringlake.access.hiding import masked
from ringlake.errors import Forbidden, InvalidRequest, NotFound, Taken
from ringlake.model.contacts import Contact
from ringlake.model.directory import Ability, Directory
from ringlake.model.numbers import e164, party_key
from ringlake.model.subjects import party_subject
from ringlake.query.filters import parse
from ringlake.stores.contacts import place

from .bodies import ContactBody, ContactPatch
from .numbers import dialable
from .office import Office, View, changed, check_version, convert, etag_of, line, may, new_id, refuse
from .views import ContactView, LookedUp

PAGE = 100
MOST = 500
# How many entries one search by name looks through before it answers with what it has and where to go on.
LOOKED_AT = 20_000
# An id with a colon is a provider's: `<connection>:<id there>`.
_THEIRS = ":"


class ContactBook(Office):
    def search(
        self, viewer: Principal, *, text: str = "", after: str = "", limit: int = PAGE
    ) -> tuple[list[ContactView], str]:
        """Living entries whose name, company or address holds the text, or that have exactly this number; and
        where to go on, "" at the end. A page may hold fewer than `limit` although more follow.

        A list of all customers is for those who see all calls; everybody else asks by number (`lookup`).
        """
        number = self._number(viewer, text)
        if not number and not scope(viewer.user).everything:
            raise Forbidden("the list of customers is for those who see the whole workspace; look up a number")
        if number:
            found = self._stores.contacts.by_party(viewer.workspace, [number]).get(number, [])
            return [self._shown(viewer, contact) for contact in found], ""
        needle, matches, seen = text.casefold(), list[Contact](), 0
        while True:
            page = self._stores.contacts.page(viewer.workspace, after, MOST if needle else limit)
            matches += [c for c in page.contacts if c.deleted_at is None and _holds(c, needle)]
            seen, after = seen + len(page.contacts), page.next
            if len(matches) > limit:
                matches = matches[:limit]
                after = place(matches[-1].id)
            if not after or len(matches) == limit or seen >= LOOKED_AT:
                return [self._shown(viewer, contact) for contact in matches], after

    def lookup(self, viewer: Principal, number: str) -> LookedUp:
        """Whose number this is: the entry used last and how many more there are; null for nobody (W7)."""
        spelled = e164(number.strip(), self._workspace(viewer).country)
        if not spelled.startswith("+"):
            return LookedUp(contact=None, others=0)
        key = self._keys(viewer, [spelled])[0]
        found = self._stores.contacts.by_party(viewer.workspace, [key]).get(key, [])
        return LookedUp(contact=self._shown(viewer, found[0]) if found else None, others=max(0, len(found) - 1))

    def show(self, viewer: Principal, contact_id: str) -> View[ContactView]:
        return self._view(viewer, self._of(viewer, contact_id))

    def create(self, viewer: Principal, body: Any, now: datetime) -> View[ContactView]:
        asked = parse(ContactBody, body)
        directory = self._stores.directory.load(viewer.workspace)
        contact = made(directory, {"id": new_id("contact"), **asked.given}, now)
        self._put(viewer, None, contact, "contact.create", now)
        return self._view(viewer, contact)

    def change(
        self, viewer: Principal, contact_id: str, body: Any, version: str | None, now: datetime
    ) -> View[ContactView]:
        patch = parse(ContactPatch, body)
        before = self._own(viewer, contact_id)
        check_version(etag_of(before), version)
        directory = self._stores.directory.load(viewer.workspace)
        after = made(directory, patch.given, now, before)
        self._put(viewer, before, after, "contact.change", now)
        return self._view(viewer, after)

    def delete(self, viewer: Principal, contact_id: str, now: datetime) -> View[ContactView]:
        before = self._own(viewer, contact_id)
        after = msgspec.structs.replace(before, deleted_at=now, updated_at=now)
        self._put(viewer, before, after, "contact.delete", now)
        return self._view(viewer, after)

    def touch(self, viewer: Principal, contacts: Iterable[Contact | None]) -> None:
        """Calls of these numbers show another name now."""
        keys = {key for contact in contacts if contact for key in contact.party_keys}
        subjects = sorted(party_subject(viewer.workspace, key).key for key in keys)
        self._stores.records.mark(viewer.workspace, subjects)

    def _put(self, viewer: Principal, before: Contact | None, after: Contact, action: str, now: datetime) -> None:
        if after == before:
            return
        # On record first: whatever happens afterwards, this was ordered.
        self._stores.directory.audit(line(viewer, now, action, after.id))
        self._stores.contacts.replace(viewer.workspace, after, before)
        self.touch(viewer, (before, after))

    def _of(self, viewer: Principal, contact_id: str) -> Contact:
        found = self._stores.contacts.get(viewer.workspace, contact_id)
        if found is None:
            raise NotFound(contact_id)
        return found

    def _own(self, viewer: Principal, contact_id: str) -> Contact:
        found = self._of(viewer, contact_id)
        if _THEIRS in found.id:
            raise Taken("this entry is kept by the provider: change it there")
        if found.deleted_at is not None:
            raise NotFound(contact_id)
        return found

    def _number(self, viewer: Principal, text: str) -> str:
        """The party key of a text that is a number, else ""."""
        if sum(c.isdigit() for c in text) < 5 or not may(viewer, Ability.SEE_NUMBERS):
            return ""
        spelled = e164(text.strip(), self._workspace(viewer).country)
        return self._keys(viewer, [spelled])[0] if spelled.startswith("+") else ""

    def _keys(self, viewer: Principal, numbers: Sequence[str]) -> list[str]:
        secret = self._stores.directory.load(viewer.workspace).party_key_secret
        return [party_key(secret, [number]) for number in numbers]

    def _view(self, viewer: Principal, contact: Contact) -> View[ContactView]:
        return View(self._shown(viewer, contact), etag_of(contact))

    def _shown(self, viewer: Principal, contact: Contact) -> ContactView:
        plain = may(viewer, Ability.SEE_NUMBERS)
        return ContactView(
            id=contact.id,
            name=contact.name,
            company=contact.company,
            numbers=tuple(number if plain else masked(number) for number in contact.numbers),
            email=contact.email if plain else "",
            fields=contact.fields,
            kept_by=contact.id.partition(_THEIRS)[0] if _THEIRS in contact.id else "",
            updated_at=contact.updated_at,
            deleted_at=contact.deleted_at,
            etag=etag_of(contact),
        )


def made(directory: Directory, fields: dict[str, Any], now: datetime, before: Contact | None = None) -> Contact:
    """A contact of plain fields (those not named stay as `before`), its numbers in one spelling with their keys.

    `directory` is loaded with its key. Raises `InvalidRequest` naming every number that is none.
    """
    if "numbers" in fields:
        numbers: list[str] = []
        errors: list[tuple[str, str]] = []
        for n, spelling in enumerate(fields["numbers"]):
            try:
                numbers.append(dialable(f"numbers.{n}", spelling, directory.workspace.country))
            except InvalidRequest as error:
                errors += error.errors
        refuse(errors)
        distinct = list(dict.fromkeys(numbers))
        keys = [party_key(directory.party_key_secret, [number]) for number in distinct]
        fields = {**fields, "numbers": distinct, "party_keys": [key for key in keys if key]}
    contact = changed(before, fields) if before else convert({**fields, "updated_at": now}, Contact)
    return contact if contact == before else msgspec.structs.replace(contact, updated_at=now)


def _holds(contact: Contact, needle: str) -> bool:
    return not needle or any(needle in text.casefold() for text in (contact.name, contact.company, contact.email))
