"""A provider's contact: the last word about it wins, a deletion is kept (features.md W7)."""

from __future__ import annotations

from collections.abc import Sequence

from ringlake.model.contacts import Contact, ContactRecord
from ringlake.model.directory import Directory
from ringlake.model.facts import ContactFact
from ringlake.model.numbers import ANONYMOUS, party_key
from ringlake.model.subjects import Subject

from .attribution import default_country, spelled
from .facts import as_states, when


def fold_contact(
    subject: Subject, provider: str, facts: Sequence[ContactFact], directory: Directory, *, part_of: str = ""
) -> ContactRecord:
    """The record of one contact. Each statement tells all of it, so the latest one replaces the others.

    A deletion says nothing else: the entry keeps what was known, and stays deleted until it is stated
    again. Contacts have no parts; `part_of` is there for the common signature.
    """
    del part_of
    states = as_states(facts)
    told = [s for s in states if not s.deleted] or list(states)
    latest = told[-1]
    country = default_country(directory, subject.connection)
    found = (spelled(number, country) for number in latest.numbers)
    numbers = tuple(dict.fromkeys(n for n in found if n and n != ANONYMOUS))
    keys = (party_key(directory.party_key_secret, [number]) for number in numbers)
    return ContactRecord(
        record_id=subject.record_id,
        workspace=subject.workspace,
        connection=subject.connection,
        provider=provider,
        provider_id=subject.id,
        started_at=min(when(s) for s in states),
        contact=Contact(
            id=subject.record_id,
            name=latest.name or latest.company,
            company=latest.company,
            numbers=numbers,
            party_keys=tuple(k for k in keys if k),
            email=_email(latest),
            fields=latest.fields,
            updated_at=when(states[-1]),
            deleted_at=when(states[-1]) if states[-1].deleted else None,
        ),
        facts=states,
    )


def _email(fact: ContactFact) -> str:
    """The first address among the provider's own fields."""
    named = sorted((name.casefold(), value) for name, value in fact.fields.items())
    return next((value for name, value in named if name in ("email", "e-mail") and "@" in value), "")
