"""What a provider said, in our words: the output of an adapter's `parse`, the input of the fold.

One delivery gives one or several facts; a fact states one thing that happened at one time
plus whatever attributes the provider gave along with it. Facts of one call form a set: the
same fact learned twice (from two generations of webhooks, or a repeat) is one fact, which is
what makes the fold independent of order and duplication (design invariant 2).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .base import Model
from .money import Money


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class FactKind(StrEnum):
    """What happened to a call. `info` adds attributes without claiming that something happened."""

    STARTED = "started"
    STEP = "step"
    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    TRANSFERRED = "transferred"
    FORWARDED = "forwarded"
    LEG_ENDED = "leg_ended"
    ENDED = "ended"
    VOICEMAIL = "voicemail"
    RECORDING = "recording"
    TRANSCRIPT = "transcript"
    SUMMARY = "summary"
    CLASSIFIED = "classified"
    CHARGED = "charged"
    INFO = "info"


class AnsweredBy(StrEnum):
    """Who or what picked up. Only `person` makes a call answered (features.md F15, D13, D16)."""

    PERSON = "person"
    MACHINE = "machine"
    IVR = "ivr"
    VOICEMAIL = "voicemail"
    AI = "ai"
    UNKNOWN = "unknown"


class EndedAs(StrEnum):
    """The provider's closing word mapped by its adapter's status table; a hint for the outcome table."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    ABANDONED = "abandoned"
    CANCELED = "canceled"
    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    VOICEMAIL = "voicemail"
    FORWARDED = "forwarded"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class HangupBy(StrEnum):
    """Who disconnected (features.md F50). `caller` and `callee` are only said of lines (`CallFact.line`): the
    fold turns them into customer and agent by the direction of the call.
    """

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    CALLER = "caller"
    CALLEE = "callee"
    UNKNOWN = "unknown"


class CallKind(StrEnum):
    """Kinds of calls (generic contract `kind`). Parts of a call and classifier rows count as no call."""

    VOICE = "voice"
    CAMPAIGN = "campaign"
    CONSULTATION = "consultation"
    SURVEY_POST_CALL = "survey_post_call"
    SURVEY_OUTBOUND = "survey_outbound"
    EXTERNAL_TRANSFER = "external_transfer"
    CALLBACK_CUSTOMER = "callback_customer"
    CALLBACK_AGENT = "callback_agent"
    MOBILE_APP = "mobile_app"
    CLASSIFIER = "classifier"


class Ref(Model, frozen=True, kw_only=True):
    """A provider's reference to a thing of theirs: id, name or both."""

    id: str = ""
    name: str = ""


class Agent(Model, frozen=True, kw_only=True):
    """The person on our side as the provider names them; `id` is matched against users' accounts."""

    id: str = ""
    name: str = ""
    account: str = ""


class Step(Model, frozen=True, kw_only=True):
    """One step of a caller's path: an IVR tile, an announcement (features.md F51, F53)."""

    no: int | None = None
    kind: str = ""
    value: str = ""


class Media(Model, frozen=True, kw_only=True):
    """A reference to the provider's recording or voicemail. The URL is kept, never fetched."""

    id: str = ""
    url: str = ""
    seconds: int | None = None
    text: str = ""


class Source(Model, frozen=True, kw_only=True):
    """Where an incoming call came from (N16)."""

    name: str = ""
    medium: str = ""
    campaign: str = ""


class CallFact(Model, frozen=True, kw_only=True):
    """One statement of a provider about one call.

    `at` is when it happened by the provider's clock, None when the provider gives no usable
    time (then `received_at` orders the fact). `call_id` is the id of the call or part the
    fact speaks of; `leg_id` the attempt within it ("" when the provider has no legs).
    Numbers are raw provider text here; the fold makes them E.164. `participants` are numbers of
    both sides where the provider does not say which is whose: those that are no business number
    of the workspace are remote.
    `duration_s` is the provider's own talk time; our times win when they disagree (W5).
    `hold_s` is the provider's own sum of holds; it counts where a begin or an end of ours is missing.
    `strand` is for providers that tell no end of the whole call: an ENDED with a strand ends that strand,
    and the call is over when every strand that any fact names has ended.
    `score` is what the customer gave in a survey about the call, on whatever scale (features.md F22).
    `all_tags` says that `tags` are all tags of the call at that moment, so that earlier ones are gone.
    `line` is for providers that know lines joined by a program and no calls (fold/lines.py): the line that
    began first is the call, every other one an attempt; direction, numbers and hang-up are the line's own.
    """

    kind: FactKind
    call_id: str
    at: datetime | None = None
    received_at: datetime
    leg_id: str = ""
    strand: str = ""
    line: str = ""
    parent_id: str = ""
    call_kind: CallKind | None = None
    direction: Direction | None = None
    from_number: str = ""
    to_number: str = ""
    business_number: str = ""
    remote_number: str = ""
    participants: tuple[str, ...] = ()
    remote_name: str = ""
    number: Ref | None = None
    agent: Agent | None = None
    team: Ref | None = None
    queue: Ref | None = None
    campaign: Ref | None = None
    scheme: str = ""
    answered_by: AnsweredBy | None = None
    status: str = ""
    ended_as: EndedAs | None = None
    hangup_by: HangupBy | None = None
    cause: str = ""
    duration_s: int | None = None
    hold_s: int | None = None
    to_party: str = ""
    step: Step | None = None
    media: Media | None = None
    classifier: Ref | None = None
    record_ref: str = ""
    reference: str = ""
    significant: str = ""
    source: Source | None = None
    cost: Money | None = None
    roaming: bool | None = None
    score: Decimal | None = None
    tags: tuple[str, ...] = ()
    all_tags: bool = False


class MessageStatus(StrEnum):
    """features.md O41-O43, F46. `sent` is never promoted to delivered by time."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RECEIVED = "received"
    UNKNOWN = "unknown"


class MessageKind(StrEnum):
    SMS = "sms"
    MMS = "mms"
    EMAIL = "email"
    CHAT = "chat"
    MESSENGER = "messenger"


class MessageFact(Model, frozen=True, kw_only=True):
    """One statement of a provider about one message. Text is kept only in the raw event."""

    message_id: str
    received_at: datetime
    at: datetime | None = None
    status: MessageStatus
    status_raw: str = ""
    created_at: datetime | None = None
    kind: MessageKind | None = None
    direction: Direction | None = None
    from_number: str = ""
    to_numbers: tuple[str, ...] = ()
    business_number: str = ""
    number: Ref | None = None
    agent: Agent | None = None
    team: Ref | None = None
    campaign: Ref | None = None
    segments: int | None = None
    media_count: int | None = None
    scheduled_for: datetime | None = None
    error_code: str = ""
    error_text: str = ""
    bulk: bool | None = None
    cost: Money | None = None
    reference: str = ""
    conversation: str = ""


class PresenceStatus(StrEnum):
    """Merged by priority talking > online > dnd > offline (features.md R37)."""

    TALKING = "talking"
    ONLINE = "online"
    DND = "dnd"
    OFFLINE = "offline"


class PresenceFact(Model, frozen=True, kw_only=True):
    """One account changed status. `raw` keeps the provider's word, also where `status` maps it (R35)."""

    account: str
    received_at: datetime
    status: PresenceStatus
    raw: str
    at: datetime | None = None
    user_id: str = ""
    device: str = ""


class ContactFact(Model, frozen=True, kw_only=True):
    """A customer directory entry was created, changed or deleted."""

    contact_id: str
    received_at: datetime
    at: datetime | None = None
    deleted: bool = False
    name: str = ""
    company: str = ""
    numbers: tuple[str, ...] = ()
    fields: dict[str, str] = {}


class DealFact(Model, frozen=True, kw_only=True):
    """A quote was made, became an order or was lost (features.md W11, W29). `stage` is a DealStage value.

    `whole` says that the fact tells all of the deal, so that what it leaves out is gone; without it the
    last word about each attribute counts.
    """

    deal_id: str
    received_at: datetime
    stage: str
    at: datetime | None = None
    call_id: str = ""
    user_id: str = ""
    brand: str = ""
    contact_id: str = ""
    amount: Money | None = None
    whole: bool = False


Fact = CallFact | MessageFact | PresenceFact | ContactFact | DealFact
