"""The customers a workspace knows by name (features.md W7)."""

from __future__ import annotations

from datetime import datetime

from .base import Model
from .facts import ContactFact


class Contact(Model, frozen=True, kw_only=True):
    """One entry of the customer directory.

    `id` is the workspace's own, or `<connection>:<provider's id>` for an entry that a provider keeps.
    `numbers` are E.164, `party_keys` the keyed hash of each. `updated_at` decides which of several
    contacts with the same number is shown (the latest).
    """

    id: str
    name: str
    company: str = ""
    numbers: tuple[str, ...] = ()
    party_keys: tuple[str, ...] = ()
    email: str = ""
    fields: dict[str, str] = {}
    updated_at: datetime
    deleted_at: datetime | None = None


class ContactRecord(Model, frozen=True, kw_only=True):
    """The folded current state of a provider's contact; see `CallRecord` for facts, seen, revision, sealed."""

    record_id: str
    workspace: str
    connection: str
    provider: str
    provider_id: str
    started_at: datetime
    contact: Contact
    revision: int = 0
    sealed: bool = False
    facts: tuple[ContactFact, ...] = ()
    seen: tuple[str, ...] = ()
