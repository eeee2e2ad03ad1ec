"""Workspaces and what they own: connections, users, teams, numbers, hours."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from .base import Model
from .language import Language


class Role(StrEnum):
    """features.md O3, O4, W9-W17."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    OPERATOR = "operator"
    MEMBER = "member"


class Ability(StrEnum):
    """Grants beside the role (W13, D74); `raw_export` is the `data` dialect of files (security.md 3).

    `see_names` and `see_numbers` are about customers, `see_content` about recordings, voicemails,
    transcripts and texts; `work_cases` is to assign, dismiss and close missed-contact cases and to
    mark calls; `manage_directory` is everything under /v1/directory but roles and secrets, which
    need `administer`.
    """

    VIEW_ALL_CALLS = "view_all_calls"
    SCOPE_WORKSPACE = "scope_workspace"
    SUPERVISE = "supervise"
    SEE_NAMES = "see_names"
    SEE_NUMBERS = "see_numbers"
    SEE_CONTENT = "see_content"
    SEE_COSTS = "see_costs"
    EXPORT = "export"
    RAW_EXPORT = "raw_export"
    REPORTS = "reports"
    WORK_CASES = "work_cases"
    SEE_AUDIT = "see_audit"
    MANAGE_DIRECTORY = "manage_directory"
    ADMINISTER = "administer"


class Hours(Model, frozen=True, kw_only=True):
    """Open hours in local time: per ISO weekday "1".."7" a list of ("HH:MM", "HH:MM"), end exclusive.

    An empty `weekly` means always open. `holidays` are local ISO dates that are closed. A window
    whose end is not after its start goes past midnight ("14:00", "02:00"; demands.md D8).
    """

    weekly: dict[str, list[tuple[str, str]]] = {}
    holidays: tuple[str, ...] = ()


class Schedule(Model, frozen=True, kw_only=True):
    """Open hours of one team, one number or (both empty) the workspace, from one local date to another.

    Both dates are ISO and inclusive, "" is without bound. The most specific schedule that is valid
    on the day counts: number, then team, then workspace; of equals the one that began last
    (demands.md D10). Where none is valid, `Workspace.hours` counts.
    """

    hours: Hours
    valid_from: str = ""
    valid_to: str = ""
    team: str = ""
    number: str = ""


class Account(Model, frozen=True, kw_only=True):
    """A user's account at a provider: `id` as the provider names it in events.

    `since` (inclusive) and `until` (exclusive) bound the time in which the account was the user's;
    None is without bound. What happened in that time stays the user's (features.md R36).
    """

    connection: str
    id: str
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def holds(self, at: dt.datetime | None) -> bool:
        """Whether the account is the user's at this instant; None asks about any time."""
        if at is None:
            return True
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


class User(Model, frozen=True, kw_only=True):
    """A person. `abilities` are granted beside the role's, `without` are taken from them (demands.md D74).

    `name` is kept when the user is deleted: what he did still carries it (D72). Without a `language` the
    workspace's counts.
    """

    id: str
    email: str
    name: str
    role: Role = Role.MEMBER
    abilities: tuple[Ability, ...] = ()
    without: tuple[Ability, ...] = ()
    teams: tuple[str, ...] = ()
    manages: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    sub: str = ""
    language: Language | None = None
    suspended_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None

    @property
    def active(self) -> bool:
        """Neither suspended nor deleted: may sign in."""
        return self.suspended_at is None and self.deleted_at is None


class Team(Model, frozen=True, kw_only=True):
    id: str
    name: str
    kind: str = "call_center"
    deleted_at: dt.datetime | None = None


class Number(Model, frozen=True, kw_only=True):
    """A business number. `provider_ids` are the provider's own ids of it (`PN...`)."""

    id: str
    e164: str
    name: str = ""
    country: str = ""
    team: str = ""
    source: str = ""
    provider_ids: tuple[str, ...] = ()
    deleted_at: dt.datetime | None = None


class CallSource(Model, frozen=True, kw_only=True):
    """Where calls come from (features.md N16); numbers name it by id in `Number.source`."""

    id: str
    name: str
    medium: str = ""
    campaign: str = ""
    deleted_at: dt.datetime | None = None


class Lists(Model, frozen=True, kw_only=True):
    """Numbers of the workspace's own lists: `spam` in E.164 (N14); `withheld` are further texts that a
    provider puts in place of a withheld number (demands.md D49).
    """

    spam: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


class Rate(Model, frozen=True, kw_only=True):
    """Price of one destination: `prefix` of E.164 without plus ("" is everything else). Decimal texts.

    A call costs `connect_fee` + ceil(seconds / increment_s) * increment_s * per_minute / 60, a message
    `connect_fee` per segment and receiver.
    """

    prefix: str
    name: str = ""
    connect_fee: Decimal = Decimal(0)
    per_minute: Decimal = Decimal(0)
    increment_s: int = 60


class Tariff(Model, frozen=True, kw_only=True):
    """Rates of one connection ("" is every one) and one channel (`call`, `message`), valid at the start
    of what is rated: from one instant (inclusive) to another (exclusive). N5, metrics.md Cost per call.

    Every change makes another `version`, written at `written_at` (None: before anything was rated); the earlier ones
    are kept as `TariffVersion`, because what was rated by them stays so.
    """

    id: str
    name: str
    currency: str
    rates: tuple[Rate, ...] = ()
    connection: str = ""
    channel: str = "call"
    valid_from: dt.datetime | None = None
    valid_to: dt.datetime | None = None
    version: int = 1
    written_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None


class TariffVersion(Model, frozen=True, kw_only=True):
    """A tariff as it was until `until`, when it was changed or deleted. `id` is made of its id and version."""

    id: str
    tariff: Tariff
    until: dt.datetime


class Rating(Model, frozen=True, kw_only=True):
    """An order to rate again, with the tariffs of the instant `at`, what began from `since` (inclusive) to `until`
    (exclusive) on `connection` ("" is every one) and `channel` ("" is both). `number` counts from 1; the latest one
    counts, and the earlier results stay visible.
    """

    id: str
    number: int
    at: dt.datetime
    by: str
    reason: str
    since: dt.datetime
    until: dt.datetime
    connection: str = ""
    channel: str = ""

    def covers(self, channel: str, connection: str, at: dt.datetime) -> bool:
        """Whether it rates what began at this instant."""
        named = self.channel in ("", channel) and self.connection in ("", connection)
        return named and self.since <= at < self.until


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


class ServiceTarget(Model, frozen=True, kw_only=True):
    """A promise of its own for one channel, team and queue ("" is every one): answered (call) or replied to
    (message) within `threshold_s` in `target_pct` of cases (demands.md D69). The narrowest one counts.
    """

    channel: str = "call"
    team: str = ""
    queue: str = ""
    threshold_s: int
    target_pct: int


class Goal(Model, frozen=True, kw_only=True):
    """What a team ("" is the whole workspace) is to reach of one metric of the dictionary (features.md O47).

    In the metric's unit: a share from 0 to 1, seconds, a count, or an amount in the workspace's currency.
    """

    metric: str
    team: str = ""
    value: float


class Goals(Model, frozen=True, kw_only=True):
    """All targets of a workspace; `version` grows with every change."""

    goals: tuple[Goal, ...] = ()
    version: int = 0


class Workspace(Model, frozen=True, kw_only=True):
    """The tenant. `party_secret` is the encrypted key of `party_key`; thresholds are whole seconds.

    `week_start` is an ISO weekday, `fiscal_month` the first month of the fiscal year. The
    `recover*` settings are those of W32-W36; `repeat_days` and `target_talk_s` of N14; `case_burst_s`
    and `callback_sla_s` of metrics.md Recovered rate and Call-back SLA; `missed_ring_s` of R28.
    `sale_dispositions` are the words of a call's disposition that mean a sale (N28); `resolved_dispositions` and
    `unresolved_dispositions` those that say whether the customer was helped (metrics.md FCR). Case does not matter.
    `raw_days` and `record_days` are how long raw events and records are kept (demands.md D75).

    Files that may be taken out (security.md API6): `exports_at_once` and `exports_at_once_user` are under way at the
    same time, of the workspace and of one person, `exports_daily` and `exports_daily_user` asked for within 24 hours;
    those of schedules do not count. `exports_running` are written at the same time, so that other workspaces get
    their turn. Of a file of `exports_notice_rows` rows or more, and of files of one person that have as many within
    24 hours, the owners are told.
    """

    id: str
    name: str
    zone: str = "UTC"
    country: str = "US"
    currency: str = "USD"
    language: Language = Language.EN
    plan: str = "business"
    hours: Hours = Hours()
    schedules: tuple[Schedule, ...] = ()
    week_start: int = 1
    fiscal_month: int = 1
    short_abandon_s: int = 5
    service_threshold_s: int = 20
    service_target_pct: int = 80
    targets: tuple[ServiceTarget, ...] = ()
    missed_ring_s: int = 5
    target_talk_s: int = 30
    repeat_days: int = 30
    recovery_window_days: int = 7
    recovery_strict: bool = False
    recover_voicemail: bool = True
    recover_short: bool = True
    case_burst_s: int = 1800
    callback_sla_s: int = 1800
    text_sla_s: int = 900
    sale_dispositions: tuple[str, ...] = ("sale",)
    resolved_dispositions: tuple[str, ...] = ()
    unresolved_dispositions: tuple[str, ...] = ()
    raw_days: int = 730
    record_days: int = 1825
    exports_at_once: int = 20
    exports_at_once_user: int = 5
    exports_daily: int = 500
    exports_daily_user: int = 100
    exports_running: int = 3
    exports_notice_rows: int = 100_000
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
    sources: tuple[CallSource, ...] = ()
    tariffs: tuple[Tariff, ...] = ()
    past_tariffs: tuple[TariffVersion, ...] = ()
    ratings: tuple[Rating, ...] = ()
    lists: Lists = Lists()
    party_key_secret: bytes = b""

    def connection(self, connection_id: str) -> Connection | None:
        return next((c for c in self.connections if c.id == connection_id), None)

    def user_of(self, connection_id: str, *accounts: str, at: dt.datetime | None = None) -> User | None:
        """The user who owned any of these provider accounts on this connection at this instant (None is
        any time); deleted users too (D72).
        """
        wanted = {a for a in accounts if a}
        for user in self.users:
            if any(a.connection == connection_id and a.id in wanted and a.holds(at) for a in user.accounts):
                return user
        return None

    def number_of(self, e164: str, provider_id: str = "") -> Number | None:
        for number in self.numbers:
            if (e164 and number.e164 == e164) or (provider_id and provider_id in number.provider_ids):
                return number
        return None

    def team(self, team_id: str) -> Team | None:
        return next((t for t in self.teams if t.id == team_id), None)
