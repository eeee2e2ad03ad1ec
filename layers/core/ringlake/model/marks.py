"""What people say about a call or case; survives every recomputation (features.md N14, N15, W28)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import Model


class CaseState(StrEnum):
    """Where a missed-contact case stands (metrics.md Recovered rate).

    The first five follow from the records; `assigned` and `dismissed`, and `reached` by hand, are
    set by people and win until the records say more.
    """

    OPEN = "open"
    ATTEMPTED = "attempted"
    REACHED = "reached"
    RESOLVED_BY_CUSTOMER = "resolved_by_customer"
    RESOLVED_BY_TEXT = "resolved_by_text"
    ASSIGNED = "assigned"
    DISMISSED = "dismissed"


class Label(StrEnum):
    """Conversation labels (features.md N14); a call may carry several."""

    UNIQUE = "unique"
    REPEAT = "repeat"
    TARGET = "target"
    SPAM = "spam"


class Marks(Model, frozen=True, kw_only=True):
    """Manual statements about one record; None says nothing.

    `labels` replaces the automatic labels. `case_state`, `assignee` (a user id) and `case_note` are
    about the case that the record opened; `case_at` is when `case_state` was said, so that a later change
    of something else does not say it again. `version` rises with every change.
    """

    record_id: str
    success: bool | None = None
    labels: tuple[Label, ...] | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    legal_hold: bool = False
    case_state: CaseState | None = None
    case_at: datetime | None = None
    assignee: str = ""
    case_note: str = ""
    updated_at: datetime
    updated_by: str
    version: int = 1

    @property
    def case_since(self) -> datetime:
        """From when `case_state` counts."""
        return self.case_at or self.updated_at
