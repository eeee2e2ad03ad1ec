"""What an event is about (design: `subject`)."""

from __future__ import annotations

from enum import StrEnum

from .base import Model


class SubjectKind(StrEnum):
    """Kinds of subjects; `other` keeps event types nobody knows yet, `test` the sender's test button."""

    CALL = "call"
    MESSAGE = "message"
    PRESENCE = "presence"
    CONTACT = "contact"
    DEAL = "deal"
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
