"""What is shown of alerts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ringlake.model.alerts import AlertKind, Channel, DeliveryState, EventKind, Phase, QuietMode, Told
from ringlake.model.base import Answer
from ringlake.model.budgets import Every
from ringlake.model.language import Language


class AlertRecipientView(Answer, frozen=True, kw_only=True):
    """`state` is `ok`, or why nothing is sent: `unconfirmed`, `unsubscribed`, `bounced`, `complained`, `suspended`,
    `gone`.
    """

    user: str
    address: str
    language: Language | None
    state: str


class WebhookView(Answer, frozen=True, kw_only=True):
    """Where notices are posted. `secret` is shown once, by the answer that made it: sign with it as Standard Webhooks
    say. `secrets` is how many sign now. `stopped` says why nothing is posted any more.
    """

    url: str
    secrets: int
    secret: str
    stopped: str


class QuietView(Answer, frozen=True, kw_only=True):
    weekly: dict[str, list[tuple[str, str]]]
    mode: QuietMode


class IncidentView(Answer, frozen=True, kw_only=True):
    """One firing. `worst` is the value furthest from the good side; `over_at` null: it lasts."""

    number: int
    at: datetime
    value: Decimal
    worst: Decimal
    over_at: datetime | None


class AlertStateView(Answer, frozen=True, kw_only=True):
    """Where a rule stands: `pending` is over the threshold, but not for long enough. `told` says whether people know
    of the present firing (`held` is kept for the digest). `unsteady` rules fired too often to be told of. `stopped`
    says why nobody looks any more.
    """

    phase: Phase
    since: datetime | None
    incident: IncidentView | None
    told: Told
    unsteady: bool
    firings: int
    held: int
    stopped: str


class AlertView(Answer, frozen=True, kw_only=True):
    """A rule and where it stands. `mine` is one's own; `unit` is that of `threshold` and `clear`: `seconds`, `count`,
    `percent`, or `money` in `currency`. `version` is its ETag.
    """

    id: str
    name: str
    kind: AlertKind
    owner: str
    mine: bool
    threshold: Decimal
    clear: Decimal | None
    unit: str
    currency: str
    team: str
    queue: str
    number: str
    user: str
    every: Every | None
    window_s: int | None
    lasts_s: int
    settle_s: int
    cooldown_s: int
    least: int
    open_hours: bool
    recipients: tuple[AlertRecipientView, ...]
    webhook: WebhookView | None
    quiet: QuietView
    tells_end: bool
    enabled: bool
    muted_until: datetime | None
    state: AlertStateView
    created_at: datetime
    updated_at: datetime
    version: int


class AlertList(Answer, frozen=True, kw_only=True):
    """One's own rules, for administrators everybody's, by name."""

    alerts: tuple[AlertView, ...]


class DeliveryView(Answer, frozen=True, kw_only=True):
    """One notice to one place, and what became of it; `said` is for people. `at` is when the state began."""

    channel: Channel
    user: str
    address: str
    state: DeliveryState
    at: datetime
    attempts: int
    said: str


class AlertEventView(Answer, frozen=True, kw_only=True):
    """One line of a rule's history. `still` tells of a firing later than it began. `silent` says why nobody was told
    at that moment. Of a digest `incidents` are all that it is about, and `more` how many others there were.
    """

    id: str
    kind: EventKind
    at: datetime
    measured: Decimal | None
    threshold: Decimal | None
    n: int | None
    incidents: tuple[IncidentView, ...]
    more: int
    unsteady: bool
    silent: str
    deliveries: tuple[DeliveryView, ...]


class AlertHistory(Answer, frozen=True, kw_only=True):
    """The latest first; `next` is what to send as `before`, "" at the end. History is kept for 90 days."""

    events: list[AlertEventView]
    next: str
