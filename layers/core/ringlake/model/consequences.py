"""What other records of the same customer, and time, mean for one record (design section 5, Fold).

Kept beside the record, never inside it: the record stays a function of its own events.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import Model
from .marks import CaseState, Label


class CaseSource(StrEnum):
    """Why somebody has to call back (demands.md D81)."""

    MISSED = "missed"
    VOICEMAIL = "voicemail"
    REQUESTED = "requested"


class Touch(Model, frozen=True, kw_only=True):
    """One call or message as its customer's history needs it: times, direction, how it ended.

    `key` is the subject key. `outcome` is a call's outcome ("" while it lasts) or a message's status.
    `person_talked` is whether a person of ours talked to the customer; `legs` how many legs the record has
    (which of two connections knew more of the same call). `bulk` is sent or dialled by a machine.
    """

    key: str
    record_id: str
    channel: str
    direction: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""
    missed_reason: str = ""
    person_talked: bool = False
    talk_ms: int | None = None
    total_ms: int | None = None
    business_number: str = ""
    business_number_id: str = ""
    user_id: str = ""
    team_id: str = ""
    connection: str = ""
    legs: int = 0
    spam: bool = False
    bulk: bool = False
    callback_requested: bool = False


class Recovery(Model, frozen=True, kw_only=True):
    """What became of one missed call (W32-W35).

    `attempt` is the record id of the call that recovered it, or of the first try when none did (strict
    mode). `recovery_ms` goes from the miss's end to the start of the call that recovered it; None means
    not recovered. `reached` says whether any try talked to the customer, `resolved_by_customer` whether
    the customer rang again and was answered before anything recovered it. `state` may be a person's
    word; the rest is what the records say.
    """

    state: CaseState
    attempt: str = ""
    attempted_at: datetime | None = None
    recovery_ms: int | None = None
    reached: bool = False
    resolved_by_customer: bool = False
    user_id: str = ""


class Case(Model, frozen=True, kw_only=True):
    """One missed-contact case, kept with the miss that opened it; bursts are one case.

    `misses` are the record ids of all misses in it, first to last; `attempts` counts outbound calls
    within the window; `first_attempt_open_ms` is the open time from the end of the first miss to the
    first attempt (Call-back SLA); `due_at` when the promised time runs out. `recovered_by` is the user
    who called back.
    """

    state: CaseState
    source: CaseSource = CaseSource.MISSED
    opened_at: datetime
    last_missed_at: datetime
    reason: str
    misses: tuple[str, ...]
    attempts: int = 0
    attempt: str = ""
    first_attempt_at: datetime | None = None
    first_attempt_ms: int | None = None
    first_attempt_open_ms: int | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    recovered_by: str = ""


class Consequences(Model, frozen=True, kw_only=True):
    """All of one record. `twin_of` is the record of another connection that tells of the same call
    (demands.md D23): this one then has no row. `stale` is a live call that must have ended long ago (D22).
    """

    labels: tuple[Label, ...] = ()
    contact_no: int | None = None
    contact_id: str = ""
    contact_name: str = ""
    contacts_more: int = 0
    recovery: Recovery | None = None
    case: Case | None = None
    twin_of: str = ""
    stale: bool = False
