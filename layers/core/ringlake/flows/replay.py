"""Replay: what was signed but not understood goes to the journal once its adapter can read it.

Quarantine of stage `parse`, `fold` and `live` needs none of this: those events are in the journal, so
folding them again is enough. Replaying twice changes nothing.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ringlake import providers
from ringlake.errors import Unreadable
from ringlake.flows.ingest import raw_event
from ringlake.model.base import Model
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Quarantined, RawEvent
from ringlake.stores.journal import Journal, Put, body_digest


class Result(StrEnum):
    """`fold` names a subject whose events are in the journal already; `unreadable` stays in quarantine."""

    STORED = "stored"
    KNOWN = "known"
    FOLD = "fold"
    CONFLICT = "conflict"
    UNREADABLE = "unreadable"


class Replayed(Model, frozen=True, kw_only=True):
    """What became of one quarantined item; `subject` is the key to fold, "" when there is none."""

    id: str
    stage: str
    result: Result
    subject: str = ""
    field: str = ""
    reason: str = ""


def replay(
    item: Quarantined,
    connection: Connection,
    journal: Journal,
    *,
    accept_conflicts: bool = False,
    dry_run: bool = False,
) -> Replayed:
    """Try one quarantined item again. Raises `Unavailable`.

    A conflict (same event id, other content) is a second truth about one event: it is stored,
    beside the first and under an id of its own, only when `accept_conflicts` says so.
    """
    if item.stage in ("parse", "fold", "live"):
        return Replayed(id=item.id, stage=item.stage, result=Result.FOLD, subject=item.subject)
    if item.stage == "conflict" and not accept_conflicts:
        return Replayed(id=item.id, stage=item.stage, result=Result.CONFLICT, subject=item.subject)
    try:
        event = _event(item, connection)
    except Unreadable as error:
        return Replayed(id=item.id, stage=item.stage, result=Result.UNREADABLE, field=error.field, reason=error.reason)
    put = Put.STORED if dry_run else journal.put(event)
    result = {Put.STORED: Result.STORED, Put.DUPLICATE: Result.KNOWN, Put.CONFLICT: Result.CONFLICT}[put]
    return Replayed(id=item.id, stage=item.stage, result=result, subject=event.subject.key)


def _event(item: Quarantined, connection: Connection) -> RawEvent:
    """The event as ingest would have stored it, received when it was received."""
    adapter = providers.adapter(item.provider)
    delivery = Delivery(method="POST", url="", headers=item.headers, query=item.query, body=item.body)
    event = raw_event(delivery, connection, adapter, adapter.identify(delivery, connection), item.received_at)
    if item.stage == "conflict":
        event = msgspec.structs.replace(event, event_id=f"{event.event_id}~{body_digest(event)[:12]}")
    return event
