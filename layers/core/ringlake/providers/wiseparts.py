"""WiseParts call centre: our own contract under a name of its own.

WiseParts publishes no wire format; its events come in the body of our contract (canonical.py), signed by
Standard Webhooks, with `webhook-id` as event id. The tables there know its documented life cycle:

- `completed` only says that a call is over. It was answered when an `answered` came for it, not because
  somebody's name stands on the end: a completed call that nobody is known to have answered has the
  unknown ending, and counts as unanswered.
- `outbound_dial` and `outbound_auto` are both outbound; which of them stays as a tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Fact

from . import canonical
from .adapter import Adapter
from .signatures import verify_standard
from .values import identifier


class WiseParts(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "wiseparts"
    version = 1
    kept_headers: frozenset[str] = frozenset()

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, now: datetime) -> None:
        verify_standard(delivery.headers, delivery.body, secrets, now)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        event_id = identifier(delivery.headers.get("webhook-id"), "webhook-id")
        return canonical.identify(delivery, connection, event_id)

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        return canonical.parse(event, connection)


ADAPTER = WiseParts()
