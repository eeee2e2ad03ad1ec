"""The folded message."""

from __future__ import annotations

from datetime import datetime

from .base import Model
from .calls import Party
from .charges import Charge, CostSource
from .facts import Direction, MessageFact, MessageKind, MessageStatus
from .money import Money


class MessageRecord(Model, frozen=True, kw_only=True):
    """The folded current state of one message; see `CallRecord` for facts, seen, revision, sealed.

    `remote_numbers` are sorted E.164 (a group text has several); `remote_number` is the only
    one or "" for a group; `party_key` keys the sorted set (features.md O9).
    """

    record_id: str
    workspace: str
    connection: str
    provider: str
    provider_id: str
    kind: MessageKind = MessageKind.SMS
    direction: Direction | None = None
    status: MessageStatus = MessageStatus.UNKNOWN
    status_raw: str = ""
    started_at: datetime
    delivered_at: datetime | None = None
    scheduled_for: datetime | None = None
    business_number: str = ""
    business_number_id: str = ""
    business_number_name: str = ""
    business_number_ref: str = ""
    remote_number: str = ""
    remote_numbers: tuple[str, ...] = ()
    remote_country: str = ""
    party_key: str = ""
    user: Party = Party()
    unattributed: str = ""
    team_id: str = ""
    team_name: str = ""
    campaign: str = ""
    segments: int | None = None
    media_count: int = 0
    error_code: str = ""
    error_text: str = ""
    bulk: bool = False
    cost: Money | None = None
    cost_source: CostSource | None = None
    charges: tuple[Charge, ...] = ()
    spam: bool = False
    reference: str = ""
    conversation: str = ""
    flags: tuple[str, ...] = ()
    revision: int = 0
    sealed: bool = False
    facts: tuple[MessageFact, ...] = ()
    seen: tuple[str, ...] = ()
