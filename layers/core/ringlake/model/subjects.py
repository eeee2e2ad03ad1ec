"""What an event is about (design: `subject`)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from .base import Model, utc


class SubjectKind(StrEnum):
    """Kinds of subjects; `other` keeps event types nobody knows yet, `test` the sender's test button.

    Presence is one subject per account and UTC day (`presence_subject`), so that what has to be read
    for one event stays small. A `party` is one customer of the workspace, by `party_key`; it has no
    events, its state follows from its records, and its connection is empty.
    """

    CALL = "call"
    MESSAGE = "message"
    PRESENCE = "presence"
    CONTACT = "contact"
    DEAL = "deal"
    PARTY = "party"
    OTHER = "other"
    TEST = "test"


class Subject(Model, frozen=True, kw_only=True):
    """One call, message, ... of one connection of one workspace.

    `key` is the partition key in the journal and in the records. Workspace and connection
    ids hold no `#` (checked when they are made), so the key can be taken apart again; the
    subject's own id comes last and may hold anything.
    """

    workspace: str
    kind: SubjectKind
    connection: str
    id: str

    @property
    def key(self) -> str:
        return f"{self.workspace}#{self.kind.value}#{self.connection}#{self.id}"

    @property
    def record_id(self) -> str:
        """Stable id of the record inside its workspace, as files and the lake show it (features.md F31)."""
        return f"{self.connection}:{self.id}"

    @classmethod
    def from_key(cls, key: str) -> Subject:
        """Take a key apart. Raises ValueError for anything that `key` cannot have made."""
        workspace, kind, connection, subject_id = key.split("#", 3)
        return cls(workspace=workspace, kind=SubjectKind(kind), connection=connection, id=subject_id)


def party_subject(workspace: str, party_key: str) -> Subject:
    """The subject of one customer."""
    return Subject(workspace=workspace, kind=SubjectKind.PARTY, connection="", id=party_key)


def presence_subject_id(account: str, at: datetime) -> str:
    """Subject id of an account's presence on the UTC day of `at`."""
    return f"{account}/{utc(at).date().isoformat()}"


def presence_account(subject_id: str) -> tuple[str, date]:
    """Account and UTC day of a presence subject's id."""
    account, _, day = subject_id.rpartition("/")
    return account, date.fromisoformat(day)
