"""Quotes and orders: what became of a conversation (features.md W11, W29, W30, N28)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import Model
from .calls import Party
from .facts import DealFact
from .money import Money

# The connection of what people enter in Ringlake itself. The directory can hold none of this name, because
# ids there begin with a letter or a digit (docs/adr/0083).
OWN = "_own"
# Bytes of a record id that a deal can name: keys of the tables hold a thousand.
LONGEST_ID = 600


class DealStage(StrEnum):
    """What an event says of a deal. `reopened` takes an order or a loss back."""

    QUOTED = "quoted"
    ORDERED = "ordered"
    LOST = "lost"
    REOPENED = "reopened"


class DealState(StrEnum):
    """Where a deal stands."""

    QUOTED = "quoted"
    ORDERED = "ordered"
    LOST = "lost"


class DealRecord(Model, frozen=True, kw_only=True):
    """The folded current state of one deal; see `CallRecord` for facts, seen, revision, sealed.

    `started_at` is the quote's date, or that of the first word about a deal whose quote nobody told
    (`quoted_at` is None then). `ordered_at` and `lost_at` are set while the deal is ordered or lost.
    `call` is the record id of the call that it came of, `contact_id` our id of the customer where the
    sender names one; both "" when unknown. `user` is whoever made it, empty when nobody is named. Flag:
    `no_provider_time`.
    """

    record_id: str
    workspace: str
    connection: str
    provider: str
    provider_id: str
    started_at: datetime
    state: DealState
    brand: str = ""
    amount: Money | None = None
    quoted_at: datetime | None = None
    ordered_at: datetime | None = None
    lost_at: datetime | None = None
    call: str = ""
    contact_id: str = ""
    user: Party = Party()
    flags: tuple[str, ...] = ()
    revision: int = 0
    sealed: bool = False
    facts: tuple[DealFact, ...] = ()
    seen: tuple[str, ...] = ()
