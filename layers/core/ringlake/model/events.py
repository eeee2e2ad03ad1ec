"""Deliveries as they arrive and events as the journal keeps them."""

from __future__ import annotations

from datetime import datetime

from .base import Model
from .subjects import Subject, SubjectKind


class Delivery(Model, frozen=True, kw_only=True):
    """One HTTP request of a provider, byte-true.

    `url` is the public URL that the sender called, rebuilt from configuration (never from
    `Host`); `headers` have lower-case names; `query` is the raw query string; `body` the raw
    bytes after undoing the transport's base64.
    """

    method: str
    url: str
    headers: dict[str, str]
    query: str
    body: bytes


class Identity(Model, frozen=True, kw_only=True):
    """What ingest must know of a delivery, by the cheapest parse that can work.

    `related` names other subjects of the same kind that this one is a part of (a
    consultation's or transfer leg's parent call), so that the fold can put them together.
    `occurred_at` is the provider's own time of the event, None when it gives none.
    """

    kind: SubjectKind
    subject_id: str
    event_id: str
    event_type: str
    occurred_at: datetime | None = None
    related: tuple[str, ...] = ()


class RawEvent(Model, frozen=True, kw_only=True):
    """One verified provider delivery as the journal keeps it; never changed once stored.

    `headers` holds only those that the adapter declares in `kept_headers`; signatures and
    credentials are not among them. `adapter` is the adapter's version when it was received.
    """

    subject: Subject
    event_id: str
    event_type: str
    provider: str
    adapter: int
    body: bytes
    received_at: datetime
    occurred_at: datetime | None = None
    headers: dict[str, str] = {}
    query: str = ""
    related: tuple[str, ...] = ()


class Quarantined(Model, frozen=True, kw_only=True):
    """A signed delivery, or a subject, that could not be understood; kept for repair and replay.

    `stage` is `identify`, `conflict` (same event id, other content), `parse` or `fold`.
    `field` and `reason` hold no personal data. `body` is empty for subjects (the events are
    in the journal under `subject`).
    """

    id: str
    workspace: str
    connection: str
    provider: str
    stage: str
    field: str
    reason: str
    received_at: datetime
    subject: str = ""
    body: bytes = b""
    headers: dict[str, str] = {}
    query: str = ""
