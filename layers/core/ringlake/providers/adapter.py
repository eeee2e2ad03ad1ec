"""What every provider module offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ringlake.model.base import Model
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Fact


class Answer(Model, frozen=True, kw_only=True):
    """What a provider wants to hear in place of our counts. Header names are lower-case."""

    status: int = 200
    headers: dict[str, str] = {}
    body: str = ""


class Adapter(Protocol):
    """A provider's contract as three pure functions.

    `version` rises whenever `parse` reads the same event differently (then fold again).
    `kept_headers` are the lower-case names of headers that `parse` or an investigation needs.

    Four more names are optional and looked up by name. `handshake(delivery, connection) -> Answer | None`
    answers a sender's set-up request to a live endpoint (`zd_echo`, `Validation-Token`) before any
    signature is asked for; it stores nothing, and what it sends back of the request is short and of a safe
    alphabet. `receipt: Answer` is the answer to every delivery that was taken, for a provider that acts on what
    it hears (Novofon would redirect a call). `without_credentials(delivery) -> Delivery` takes out of
    body and query what proved the sender (Aircall's `token`), and what tells one attempt from the next
    (Telnyx's `meta`), before anything is stored; it raises nothing.
    `address(options) -> str` is for events that come without HTTP: what they name in place of a path token
    (docs/adr/0024).
    """

    name: str
    version: int
    kept_headers: frozenset[str]

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, now: datetime) -> None:
        """Check the signature over the raw bytes against all live secrets in constant time, and the
        time window where the scheme has one. Raises `NotAuthentic`, whatever is malformed.
        """
        ...

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        """Subject, event id and type by the cheapest parse. Raises `Unreadable`."""
        ...

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        """What the event states. Unknown types give no facts; raises `Unreadable`."""
        ...
