"""Rules that look at a workspace every minute and tell people when something is wrong (demands.md D68; N8, N17)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .base import Model
from .budgets import Every
from .language import Language
from .schedules import Recipient


class AlertKind(StrEnum):
    """What is watched. The threshold of each, and when it fires:

    `longest_wait`: seconds that the customer who has waited longest waits for a person, at least so many. `waiting`:
    how many customers wait, at least so many. `missed_burst`: missed calls within the window, at least so many.
    `no_agent`: people who are online or talking, fewer than so many. `service_level`: percent of calls answered in
    time within the window, less than so many. `spend`: money spent in the
    period, at least so much.
    `abuse`: calls within the window that break a rule against abuse, at least so many.
    """

    LONGEST_WAIT = "longest_wait"
    WAITING = "waiting"
    MISSED_BURST = "missed_burst"
    NO_AGENT = "no_agent"
    SERVICE_LEVEL = "service_level"
    SPEND = "spend"
    ABUSE = "abuse"


# A rule of these fires when the value is below its threshold, of all others when it is not.
BELOW = frozenset({AlertKind.NO_AGENT, AlertKind.SERVICE_LEVEL})
# Seen in what happens at this moment; all others in what the lake holds.
LIVE = frozenset({AlertKind.LONGEST_WAIT, AlertKind.WAITING, AlertKind.NO_AGENT})
# Counted over the last `window_s` seconds.
WINDOWED = frozenset({AlertKind.MISSED_BURST, AlertKind.SERVICE_LEVEL, AlertKind.ABUSE})


class QuietMode(StrEnum):
    """What becomes of notices in quiet hours: one mail at their end, or nothing."""

    DIGEST = "digest"
    DROP = "drop"


class QuietHours(Model, frozen=True, kw_only=True):
    """Local times of the workspace in which nobody is told: per ISO weekday "1".."7" a list of ("HH:MM", "HH:MM"),
    end exclusive, past midnight when the end is not after the start. Nothing in it: never quiet.
    """

    weekly: dict[str, list[tuple[str, str]]] = {}
    mode: QuietMode = QuietMode.DIGEST


class HookSecret(Model, frozen=True, kw_only=True):
    """A secret that deliveries are signed with, encrypted; an old one signs beside the new until `until`."""

    ciphertext: bytes
    until: datetime | None = None


class Webhook(Model, frozen=True, kw_only=True):
    """Where notices are posted to. `stopped` says why no more is: the receiver answered that it is gone."""

    url: str
    secrets: tuple[HookSecret, ...] = ()
    stopped: str = ""


class AlertRule(Model, frozen=True, kw_only=True):
    """One rule. It sees what its owner may see at the moment of looking (design: invariant 4).

    `team`, `queue`, `number` and (of spend) `user` narrow what is watched ("" is everything), `every` is the period of
    spend. It fires when the threshold (see
    `AlertKind`) has been reached for `lasts_s` seconds, and is over when the value has been on the good side of
    `clear` (None: of the threshold) for `settle_s`. After a notice of a firing the next one waits `cooldown_s`.
    `least` is how many calls a share must be of to mean anything. With `open_hours` it watches in open hours only.
    `watches_from` is since when it watches this: what was found before counts no more. Nobody is told before
    `muted_until`. `version` rises with every change.
    """

    id: str
    name: str
    kind: AlertKind
    owner: str
    threshold: Decimal
    clear: Decimal | None = None
    team: str = ""
    queue: str = ""
    number: str = ""
    user: str = ""
    every: Every = Every.MONTH
    window_s: int = 900
    lasts_s: int = 0
    settle_s: int = 120
    cooldown_s: int = 900
    least: int = 10
    open_hours: bool = False
    recipients: tuple[Recipient, ...] = ()
    webhook: Webhook | None = None
    quiet: QuietHours = QuietHours()
    tells_end: bool = True
    enabled: bool = True
    muted_until: datetime | None = None
    watches_from: datetime
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def watches(self) -> bool:
        return self.enabled and self.deleted_at is None


class Observation(Model, frozen=True, kw_only=True):
    """What was seen at one look. `value` None is unknown, which changes nothing. `idle`: there is nothing to look at
    (closed, or too few calls for a share), which is as good as being on the good side. `n` is what a share is of.
    """

    value: Decimal | None = None
    n: int | None = None
    idle: bool = False


class Phase(StrEnum):
    CLEAR = "clear"
    PENDING = "pending"
    FIRING = "firing"


class Told(StrEnum):
    """Whether people know of the present firing."""

    NO = "no"
    SENT = "sent"
    HELD = "held"
    DROPPED = "dropped"


class Incident(Model, frozen=True, kw_only=True):
    """One firing: `worst` is the value furthest from the good side while it lasted; `over_at` None: it still lasts."""

    number: int
    at: datetime
    value: Decimal
    worst: Decimal
    over_at: datetime | None = None


class AlertState(Model, frozen=True, kw_only=True):
    """Where a rule stands. Written only when something is different; `version` rises with every write.

    `since` is when the phase began, `over_since` since when a firing has been on the good side. `incident` is the
    present firing, or the last one while its end is still to be told (`owes`). `firings` counts all, `recent` are the
    moments of those in the last hour: too many of them make it `unsteady`. `held` are incidents for the digest.
    `open` are ids of events whose notices are not all under way yet. `stopped` says why nobody looks any more.
    """

    rule: str
    watches_from: datetime
    phase: Phase = Phase.CLEAR
    since: datetime | None = None
    over_since: datetime | None = None
    incident: Incident | None = None
    told: Told = Told.NO
    told_at: datetime | None = None
    owes: bool = False
    firings: int = 0
    recent: tuple[datetime, ...] = ()
    unsteady: bool = False
    held: tuple[Incident, ...] = ()
    held_more: int = 0
    open: tuple[str, ...] = ()
    stopped: str = ""
    version: int = 0


class EventKind(StrEnum):
    """`still`: a firing that people are told of later than it began. `stopped` and `resumed`: nobody looks any more,
    somebody looks again.
    """

    FIRED = "fired"
    RESOLVED = "resolved"
    STILL = "still"
    DIGEST = "digest"
    TEST = "test"
    STOPPED = "stopped"
    RESUMED = "resumed"


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"


class DeliveryState(StrEnum):
    """planned → (queued →) sending → sent | failed; `skipped` was never tried. `sending` is claimed before anything
    leaves, so that nothing leaves twice (docs/adr/0051).
    """

    PLANNED = "planned"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(Model, frozen=True, kw_only=True):
    """One notice to one place. `address` is an outsider's, a user's is looked up when the mail is written. `at` is
    when the state began, `attempts` how often it was tried, `said` what came back, for people.
    """

    channel: Channel
    user: str = ""
    address: str = ""
    language: Language | None = None
    state: DeliveryState = DeliveryState.PLANNED
    at: datetime
    attempts: int = 0
    said: str = ""

    @property
    def done(self) -> bool:
        return self.state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED)


class AlertEvent(Model, frozen=True, kw_only=True):
    """One line of a rule's history, with everything that was sent because of it; ids begin with their time.

    `incidents` are what it is about, the rule's present firing last; `measured` and `threshold` are in the unit of
    the kind, `currency` that of money. `silent` says why nobody was told at once ("" when
    somebody was, or nothing was to be told).
    """

    id: str
    rule: str
    kind: EventKind
    at: datetime
    measured: Decimal | None = None
    threshold: Decimal | None = None
    currency: str = ""
    n: int | None = None
    incidents: tuple[Incident, ...] = ()
    more: int = 0
    unsteady: bool = False
    silent: str = ""
    tells: bool = False
    deliveries: tuple[Delivery, ...] = ()
