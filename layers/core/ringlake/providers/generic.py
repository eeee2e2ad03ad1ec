"""Ringlake's own webhook contract, for every system without a public one.

Signed by Standard Webhooks; `webhook-id` is the event id. The body is that of `canonical.py`, published
as docs/schemas/generic.schema.json.

Options of the connection: `dnd_devices`, a comma-separated list of user agents (without their
version) whose do-not-disturb counts; a connection with the capability `dnd` and no list takes it
from every device. From any other device `dnd` is kept raw and read as online (features.md R35).
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


class Generic(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "generic"
    version = 2
    kept_headers: frozenset[str] = frozenset()

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, now: datetime) -> None:
        verify_standard(delivery.headers, delivery.body, secrets, now)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        event_id = identifier(delivery.headers.get("webhook-id"), "webhook-id")
        return canonical.identify(delivery, connection, event_id)

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        return canonical.parse(event, connection)


ADAPTER = Generic()
