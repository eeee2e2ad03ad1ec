"""The mails, one function for each (security.md 4; demands.md D57, D59, D68).

Every mail has one recipient, a plain and an HTML part in the recipient's language, and a subject that tells nothing
about anybody. Header values go through `EmailMessage`, which refuses line ends; everything shown in HTML is escaped.
All functions but `page` raise ValueError when an address or a file name could break out of its header.
"""

from __future__ import annotations

from .letters import (
    alert,
    bounced,
    budget,
    bulk_export,
    confirm,
    failed,
    ready,
    scheduled,
)
from .message import encoded_size
from .pages import PageKind, page
from .types import Amount, Attachment, Envelope, Headline, Notice, Period, Trigger, Unit

__all__ = [
    "Amount",
    "Attachment",
    "Envelope",
    "Headline",
    "Notice",
    "PageKind",
    "Period",
    "Trigger",
    "Unit",
    "alert",
    "bounced",
    "budget",
    "bulk_export",
    "confirm",
    "encoded_size",
    "failed",
    "page",
    "ready",
    "scheduled",
]
