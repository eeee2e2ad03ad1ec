"""The folded call: what the customer experienced, with its legs and its timeline."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .base import Model
from .charges import Charge, CostSource
from .facts import AnsweredBy, CallFact, CallKind, Direction, HangupBy, Media, Source
from .money import Money

# The word by which a provider says that the caller left the queue for a call back.
CALLBACK_REQUESTED = "callback_requested"


class Outcome(StrEnum):
    """Canonical outcome (features.md, table under the vocabulary). None on a live call."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    CALLER_ABANDONED = "caller_abandoned"
    BUSY = "busy"
    FAILED = "failed"
    VOICEMAIL = "voicemail"
    OUTBOUND_ABORTED = "outbound_aborted"


class LiveState(StrEnum):
    """State of a call that has not ended."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"


class MissedReason(StrEnum):
    """Exactly one per unanswered inbound call; first match in this order (metrics.md Missed reason)."""

    SPAM = "spam"
    CLOSED_HOURS = "closed_hours"
    IVR_ABANDON = "ivr_abandon"
    SHORT_ABANDON = "short_abandon"
    TECHNICAL = "technical"
    NOBODY_AVAILABLE = "nobody_available"
    RANG_NO_ANSWER = "rang_no_answer"
    CALLER_GAVE_UP = "caller_gave_up"
    DIRECT_VOICEMAIL = "direct_voicemail"


class LegOutcome(StrEnum):
    """How one attempt to connect one party ended; None while it lasts."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    DECLINED = "declined"
    FAILED = "failed"


class Party(Model, frozen=True, kw_only=True):
    """A person of ours on a call. `user_id` is our user, "" when the account is not mapped to one."""

    user_id: str = ""
    name: str = ""
    email: str = ""
    account: str = ""


class EndKind(StrEnum):
    """Who or what an end of a call on our side is."""

    USER = "user"
    OUTSIDE = "outside"
    QUEUE = "queue"
    NUMBER = "number"
    MENU = "menu"
    VOICEMAIL = "voicemail"
    AI = "ai"
    CUSTOMER = "customer"


class End(Model, frozen=True, kw_only=True):
    """Who or what was called first, or had the call last (demands.md D21); no kind when nobody knows.

    `party` is set for people of ours, also unmapped ones; `name` for queues and numbers; `number` is
    E.164 or the provider's own text.
    """

    kind: EndKind | None = None
    party: Party = Party()
    name: str = ""
    number: str = ""

    @property
    def label(self) -> str:
        """One readable text: a person's name, a queue's or number's name, else the number."""
        return self.party.name or self.party.account or self.name or self.number


class Leg(Model, frozen=True, kw_only=True):
    """One attempt to connect one party; times UTC, durations in milliseconds, null when the phase never was."""

    leg_id: str
    party: Party
    number: str = ""
    kind: str = "agent"
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ring_ms: int | None = None
    talk_ms: int | None = None
    answered_by: AnsweredBy | None = None
    outcome: LegOutcome | None = None


class TimelineStep(Model, frozen=True, kw_only=True):
    """One step of the path (F51).

    `kind` is a FactKind value; `value` an IVR choice, queue, transfer target or disposition. Of a part
    beside the customer's path `kind` is its CallKind (`consultation`) and `value` what happened there.
    """

    at: datetime
    kind: str
    leg_id: str = ""
    party: Party | None = None
    value: str = ""


class CallRecord(Model, frozen=True, kw_only=True):
    """The folded current state of one call (design: `record`).

    Durations are milliseconds and null for a phase that never happened. `facts` is the set the
    record was derived from: a late event amends these when older journal events have expired
    (the seal). `seen` holds a digest per folded event; `revision` is their number, so that it
    depends on the events alone and not on how often they were folded.
    `flags` names data-quality findings: `negative_duration`, `duration_differs`,
    `no_provider_time`, `direction_unknown`, `mixed_currency`, `after_end`.
    `requested` is who or what was called first, `final_party` who or what of ours had the call last.
    `spam` is by the provider, a tag or the workspace's own list; a person's mark is beside the record.
    `survey_score` is the last that a survey about the call told, also one that is a part of it (F22).
    `cost_source` is None when `cost` is; `charges` are the units that it is the sum of, and how each was rated.
    `business_number_ref` is the provider's own id of our
    number.
    """

    record_id: str
    workspace: str
    connection: str
    provider: str
    provider_id: str
    kind: CallKind = CallKind.VOICE
    part_of: str = ""
    direction: Direction | None = None
    outcome: Outcome | None = None
    live: LiveState | None = None
    telephony_status: str = ""
    missed_reason: MissedReason | None = None
    started_at: datetime
    queued_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ivr_ms: int | None = None
    wait_ms: int | None = None
    ring_ms: int | None = None
    hold_ms: int | None = None
    talk_ms: int | None = None
    total_ms: int | None = None
    business_number: str = ""
    business_number_id: str = ""
    business_number_name: str = ""
    business_number_ref: str = ""
    entry_number: str = ""
    requested: End = End()
    final_party: End = End()
    remote_number: str = ""
    remote_name: str = ""
    remote_country: str = ""
    party_key: str = ""
    user: Party = Party()
    unattributed: str = ""
    team_id: str = ""
    team_name: str = ""
    queue: str = ""
    campaign: str = ""
    scheme: str = ""
    source: Source = Source()
    hangup_by: HangupBy = HangupBy.UNKNOWN
    cause: str = ""
    answered_by: AnsweredBy | None = None
    voicemail: Media | None = None
    recordings: tuple[Media, ...] = ()
    transcript: bool = False
    summary: bool = False
    classifier: str = ""
    record_ref: str = ""
    reference: str = ""
    significant: str = ""
    cost: Money | None = None
    cost_source: CostSource | None = None
    charges: tuple[Charge, ...] = ()
    roaming: bool | None = None
    survey_score: Decimal | None = None
    spam: bool = False
    tags: tuple[str, ...] = ()
    transfers: int = 0
    answered_elsewhere: int = 0
    legs: tuple[Leg, ...] = ()
    timeline: tuple[TimelineStep, ...] = ()
    flags: tuple[str, ...] = ()
    revision: int = 0
    sealed: bool = False
    facts: tuple[CallFact, ...] = ()
    seen: tuple[str, ...] = ()

    @property
    def callback_requested(self) -> bool:
        """Whether the caller left for a call back (demands.md D81): a tag or a step of the path says so."""
        return CALLBACK_REQUESTED in self.tags or any(step.value == CALLBACK_REQUESTED for step in self.timeline)

    @property
    def counts_as_call(self) -> bool:
        """False for parts of another call and for classifier rows (F21, F44)."""
        return not self.part_of and self.kind is not CallKind.CLASSIFIER
