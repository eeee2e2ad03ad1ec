"""Workspaces and what they own: connections, users, teams, numbers, hours."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from zoneinfo import ZoneInfo

from .base import Model


class Role(StrEnum):
    """features.md O3, O4, W9-W17."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    OPERATOR = "operator"
    MEMBER = "member"


class Ability(StrEnum):
    """Grants beside the role (W13, D74); `raw_export` is the `data` dialect of files (security.md 3)."""

    VIEW_ALL_CALLS = "view_all_calls"
    SCOPE_WORKSPACE = "scope_workspace"
    EXPORT = "export"
    RAW_EXPORT = "raw_export"
    REPORTS = "reports"


class Hours(Model, frozen=True, kw_only=True):
    """Open hours in local time: per ISO weekday "1".."7" a list of ("HH:MM", "HH:MM"), end exclusive.

    An empty `weekly` means always open. `holidays` are local ISO dates that are closed.
    """

    weekly: dict[str, list[tuple[str, str]]] = {}
    holidays: tuple[str, ...] = ()


class Account(Model, frozen=True, kw_only=True):
    """A user's account at a provider: `id` as the provider names it in events."""

    connection: str
    id: str


class User(Model, frozen=True, kw_only=True):
    id: str
    email: str
    name: str
    role: Role = Role.MEMBER
    abilities: tuple[Ability, ...] = ()
    teams: tuple[str, ...] = ()
    manages: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    sub: str = ""
    deleted_at: dt.datetime | None = None


class Team(Model, frozen=True, kw_only=True):
    id: str
    name: str
    kind: str = "call_center"


class Number(Model, frozen=True, kw_only=True):
    """A business number. `provider_ids` are the provider's own ids of it (`PN...`)."""

    id: str
    e164: str
    name: str = ""
    country: str = ""
    team: str = ""
    source: str = ""
    provider_ids: tuple[str, ...] = ()


class Secret(Model, frozen=True, kw_only=True):
    """A live webhook secret, encrypted by the key with workspace and connection as context."""

    id: str
    ciphertext: bytes


class Connection(Model, frozen=True, kw_only=True):
    """One provider account joined to a workspace.

    The path token is not kept: only its SHA-256, which is the look-up key. `options` is the
    provider's own field map; see the adapter.
    """

    id: str
    workspace: str
    provider: str
    name: str = ""
    token_sha256: str = ""
    secrets: tuple[Secret, ...] = ()
    zone: str = "UTC"
    country: str = ""
    options: dict[str, str] = {}
    capabilities: tuple[str, ...] = ()
    disabled: bool = False


class Workspace(Model, frozen=True, kw_only=True):
    """The tenant. `party_secret` is the encrypted key of `party_key`; thresholds are whole seconds."""

    id: str
    name: str
    zone: str = "UTC"
    country: str = "US"
    currency: str = "USD"
    plan: str = "business"
    hours: Hours = Hours()
    short_abandon_s: int = 5
    service_threshold_s: int = 20
    settings_version: int = 1
    party_secret: bytes = b""

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Directory(Model, frozen=True, kw_only=True):
    """Everything the fold must know of a workspace, read at once and cached for a minute.

    `party_key_secret` is the decrypted key; it never leaves the process.
    """

    workspace: Workspace
    connections: tuple[Connection, ...] = ()
    users: tuple[User, ...] = ()
    teams: tuple[Team, ...] = ()
    numbers: tuple[Number, ...] = ()
    party_key_secret: bytes = b""

    def connection(self, connection_id: str) -> Connection | None:
        return next((c for c in self.connections if c.id == connection_id), None)

    def user_of(self, connection_id: str, *accounts: str) -> User | None:
        """The user who owns any of these provider accounts on this connection; deleted users too (D72)."""
        wanted = {a for a in accounts if a}
        for user in self.users:
            if any(a.connection == connection_id and a.id in wanted for a in user.accounts):
                return user
        return None

    def number_of(self, e164: str, provider_id: str = "") -> Number | None:
        for number in self.numbers:
            if (e164 and number.e164 == e164) or (provider_id and provider_id in number.provider_ids):
                return number
        return None

    def team(self, team_id: str) -> Team | None:
        return next((t for t in self.teams if t.id == team_id), None)


def is_open(workspace: Workspace, at: dt.datetime) -> bool:
    """Whether the workspace is open at this instant (metrics.md base set CLOSED)."""
    if not workspace.hours.weekly:
        return True
    local = at.astimezone(workspace.tz)
    if local.date().isoformat() in workspace.hours.holidays:
        return False
    clock = local.strftime("%H:%M")
    return any(a <= clock < b for a, b in workspace.hours.weekly.get(str(local.isoweekday()), ()))
