"""The directory: workspaces and what they own (design section 4)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Protocol

from ringlake.model.base import Model
from ringlake.model.directory import Connection, Directory, Number, Team, User, Workspace


def token_digest(token: str) -> str:
    """SHA-256 of a path token: what is stored and looked up instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


class AuditLine(Model, frozen=True, kw_only=True):
    """Who did what when; `detail` holds no personal data of customers."""

    workspace: str
    at: datetime
    user_id: str
    action: str
    target: str = ""
    detail: dict[str, object] = {}


class DirectoryStore(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def workspaces(self) -> list[str]: ...

    def load(self, workspace: str) -> Directory:
        """Everything of one workspace with its party key decrypted; raises `NotFound`."""
        ...

    def connection_by_token(self, token: str) -> Connection | None: ...

    def user_by_sub(self, sub: str) -> tuple[str, User] | None:
        """Workspace and user of a sign-in identity, by one point read (roles come from here, not from tokens)."""
        ...

    def put_workspace(self, workspace: Workspace) -> None: ...

    def put_connection(self, connection: Connection) -> None: ...

    def put_user(self, workspace: str, user: User) -> None: ...

    def put_team(self, workspace: str, team: Team) -> None: ...

    def put_number(self, workspace: str, number: Number) -> None: ...

    def watermark(self, workspace: str) -> datetime | None:
        """Every record written before this instant is in the lake; None before the first roll-up."""
        ...

    def set_watermark(self, workspace: str, at: datetime) -> None:
        """Move forward only."""
        ...

    def audit(self, line: AuditLine) -> None:
        """Append; never changes an existing line."""
        ...

    def audit_lines(self, workspace: str, month: str) -> list[AuditLine]:
        """The lines of one UTC month (`YYYY-MM`) in time order."""
        ...
