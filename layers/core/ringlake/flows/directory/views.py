"""What the directory answers: one type per thing, as the published description of the API shows it.

All fields are always there; what lies inside (accounts, hours) leaves out what is usual, so that it can be
sent back as it came. `etag` is the version to send back as If-Match.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ringlake.flows.unmapped import Stranger
from ringlake.model.base import Answer
from ringlake.model.consequences import Case
from ringlake.model.directory import Ability, Account, Hours, Role, Schedule, ServiceTarget
from ringlake.model.language import Language
from ringlake.model.marks import CaseState, Label
from ringlake.stores.arrivals import Arrivals


class SettingsView(Answer, frozen=True, kw_only=True):
    """Settings of the workspace; `settings_version` grows with every change. `defaults` is what a new workspace has,
    `remaking` names the settings whose change makes history anew, `administered` those that need `administer`.
    """

    id: str
    name: str
    zone: str
    country: str
    currency: str
    language: Language
    plan: str
    hours: Hours
    schedules: tuple[Schedule, ...]
    week_start: int
    fiscal_month: int
    short_abandon_s: int
    service_threshold_s: int
    service_target_pct: int
    targets: tuple[ServiceTarget, ...]
    missed_ring_s: int
    target_talk_s: int
    repeat_days: int
    recovery_window_days: int
    recovery_strict: bool
    recover_voicemail: bool
    recover_short: bool
    case_burst_s: int
    callback_sla_s: int
    text_sla_s: int
    sale_dispositions: tuple[str, ...]
    resolved_dispositions: tuple[str, ...]
    unresolved_dispositions: tuple[str, ...]
    raw_days: int
    record_days: int
    exports_at_once: int
    exports_at_once_user: int
    exports_daily: int
    exports_daily_user: int
    exports_running: int
    exports_notice_rows: int
    settings_version: int
    defaults: dict[str, Any]
    remaking: tuple[str, ...]
    administered: tuple[str, ...]


class ConnectionView(Answer, frozen=True, kw_only=True):
    """A connection without its secrets: their ids only, the newest first."""

    id: str
    provider: str
    name: str
    zone: str
    country: str
    options: dict[str, str]
    capabilities: tuple[str, ...]
    disabled: bool
    secrets: tuple[str, ...]
    etag: str


class OptionHint(Answer, frozen=True, kw_only=True):
    """An option of a provider's connections."""

    name: str
    meaning: str
    required: bool


class SetUp(Answer, frozen=True, kw_only=True):
    """What to do at the provider's side, what a person's account is there, options, and the page that says more."""

    steps: tuple[str, ...]
    account: str
    options: tuple[OptionHint, ...]
    page: str


class ProviderHint(Answer, frozen=True, kw_only=True):
    """What a provider needs. `secret`: `made` by us and shown once, `given` by the provider (`given_as` says what it
    is there), or `none`. `zone_matters` where its times have no offset; `dnd` where the capability counts.
    """

    provider: str
    label: str
    secret: str
    given_as: str
    zone_matters: bool
    dnd: bool
    set_up: SetUp


class Providers(Answer, frozen=True, kw_only=True):
    """By label."""

    providers: list[ProviderHint]


class Arrived(Answer, frozen=True, kw_only=True):
    """When something last arrived, by connection; nothing of those that nothing ever arrived on."""

    connections: dict[str, Arrivals]
    now: datetime


class ConnectionDetail(ConnectionView, frozen=True, kw_only=True):
    """A connection with what its provider needs.

    `webhook_url` is complete in the answer to the request that made its token, and "" in every other;
    `secret` likewise is shown only to whoever had it made.
    """

    webhook_url: str
    secret: str
    set_up: SetUp


class Connections(Answer, frozen=True, kw_only=True):
    """Enabled ones first, by name."""

    connections: list[ConnectionView]


class SetAside(Answer, frozen=True, kw_only=True):
    """A delivery that could not be read: where and why. Its body is not shown, it holds customers' data."""

    at: datetime
    stage: str
    field: str
    reason: str


class Quarantine(Answer, frozen=True, kw_only=True):
    """`count` is a lower bound when `at_least`; `latest` are the newest."""

    count: int
    at_least: bool
    latest: list[SetAside]


class ConnectionTest(Answer, frozen=True, kw_only=True):
    """What arrived lately; the quarantine is counted from `since`."""

    connection: str
    disabled: bool
    since: str
    arrivals: Arrivals
    quarantined: Quarantine


class UserView(Answer, frozen=True, kw_only=True):
    """A user; `effective` are the abilities that come out of role, grants and what was taken. `language` "" is the
    workspace's.
    """

    id: str
    email: str
    name: str
    role: Role
    abilities: tuple[Ability, ...]
    without: tuple[Ability, ...]
    effective: tuple[Ability, ...]
    teams: tuple[str, ...]
    manages: tuple[str, ...]
    numbers: tuple[str, ...]
    accounts: tuple[Account, ...]
    language: str
    signs_in: bool
    state: str
    suspended_at: datetime | None
    deleted_at: datetime | None
    etag: str


class Users(Answer, frozen=True, kw_only=True):
    """By name, deleted ones last; `roles` says what each role may do by itself."""

    users: list[UserView]
    roles: dict[Role, list[Ability]]


class TeamView(Answer, frozen=True, kw_only=True):
    """A team with the ids of the users in it and of those who manage it."""

    id: str
    name: str
    kind: str
    managers: list[str]
    members: list[str]
    deleted_at: datetime | None
    etag: str


class Teams(Answer, frozen=True, kw_only=True):
    """By name, deleted ones last."""

    teams: list[TeamView]


class NumberView(Answer, frozen=True, kw_only=True):
    """A business number."""

    id: str
    e164: str
    name: str
    country: str
    team: str
    source: str
    provider_ids: tuple[str, ...]
    deleted_at: datetime | None
    etag: str


class Numbers(Answer, frozen=True, kw_only=True):
    """By name and number, deleted ones last."""

    numbers: list[NumberView]


class ContactView(Answer, frozen=True, kw_only=True):
    """A customer by name. Who may not see numbers sees them masked, and no address. `kept_by` is the
    connection whose provider keeps the entry, "" when it is the workspace's own.
    """

    id: str
    name: str
    company: str
    numbers: tuple[str, ...]
    email: str
    fields: dict[str, str]
    kept_by: str
    updated_at: datetime
    deleted_at: datetime | None
    etag: str


class ContactPage(Answer, frozen=True, kw_only=True):
    """`next` is what to send as `after`, "" at the end."""

    contacts: list[ContactView]
    next: str


class LookedUp(Answer, frozen=True, kw_only=True):
    """The entry used last and how many more have the number; null for nobody."""

    contact: ContactView | None
    others: int


class SourceView(Answer, frozen=True, kw_only=True):
    """A source of calls."""

    id: str
    name: str
    medium: str
    campaign: str
    etag: str


class Sources(Answer, frozen=True, kw_only=True):
    """By name."""

    sources: list[SourceView]


class ListsView(Answer, frozen=True, kw_only=True):
    """Numbers that count as spam, and texts that stand for a withheld number."""

    spam: tuple[str, ...]
    withheld: tuple[str, ...]
    etag: str


class RateView(Answer, frozen=True, kw_only=True):
    """Price of one destination; `prefix` "" is everything else."""

    prefix: str
    name: str
    connect_fee: Decimal
    per_minute: Decimal
    increment_s: int


class TariffEntry(Answer, frozen=True, kw_only=True):
    """A tariff without its rates, which may be many."""

    id: str
    name: str
    currency: str
    connection: str
    channel: str
    valid_from: datetime | None
    valid_to: datetime | None
    version: int
    written_at: datetime | None
    deleted_at: datetime | None
    etag: str


class TariffView(TariffEntry, frozen=True, kw_only=True):
    """A tariff with its rates."""

    rates: tuple[RateView, ...]


class TariffVersionView(Answer, frozen=True, kw_only=True):
    """A tariff as it was from `written_at` (null: from the beginning) to `until` (null: it is the current version)."""

    version: int
    written_at: datetime | None
    until: datetime | None
    name: str
    currency: str
    connection: str
    channel: str
    valid_from: datetime | None
    valid_to: datetime | None
    rates: tuple[RateView, ...]


class TariffVersions(Answer, frozen=True, kw_only=True):
    """The latest first."""

    versions: list[TariffVersionView]


class Tariffs(Answer, frozen=True, kw_only=True):
    """By name."""

    tariffs: list[TariffEntry]


class Unknown(Answer, frozen=True, kw_only=True):
    """Accounts and numbers that the directory does not know, most frequent first. `refolding` requests to read
    history again are still open.
    """

    accounts: tuple[Stranger, ...]
    numbers: tuple[Stranger, ...]
    days: int
    as_of: datetime | None
    refolding: int


class Mapped(Answer, frozen=True, kw_only=True):
    """What was changed: a user or a number."""

    user: UserView | None = None
    number: NumberView | None = None


class Choice(Answer, frozen=True, kw_only=True):
    id: str
    name: str
    deleted: bool


class NumberChoice(Choice, frozen=True, kw_only=True):
    e164: str


class Choices(Answer, frozen=True, kw_only=True):
    """What filters offer to this viewer, by name; deleted things last and only when asked for."""

    users: list[Choice]
    teams: list[Choice]
    numbers: list[NumberChoice]
    sources: list[Choice]


class AuditEntry(Answer, frozen=True, kw_only=True):
    """Who did what to what, and what the action tells of itself."""

    at: datetime
    user: str
    user_name: str
    action: str
    target: str
    detail: dict[str, Any]


class AuditPage(Answer, frozen=True, kw_only=True):
    """Lines of one UTC month, newest first; `next` is what to `skip` for the next page, null at the end."""

    month: str
    lines: list[AuditEntry]
    count: int
    next: int | None


class CallMarks(Answer, frozen=True, kw_only=True):
    """What people said about a call; null leaves it to the records."""

    id: str
    success: bool | None
    labels: tuple[Label, ...] | None
    tags: tuple[str, ...]
    note: str
    legal_hold: bool
    updated_at: datetime | None
    updated_by: str


class CaseMarks(Answer, frozen=True, kw_only=True):
    """What people set about a case, and `case` as the records tell it."""

    id: str
    state: CaseState | None
    assignee: str
    note: str
    updated_at: datetime | None
    updated_by: str
    case: Case | None
