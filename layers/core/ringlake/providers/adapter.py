"""What every provider module offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ringlake.errors import NotFound
from ringlake.model.base import Model
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import Fact, Media
from ringlake.model.words import Words


class Answer(Model, frozen=True, kw_only=True):
    """What a provider wants to hear in place of our counts. Header names are lower-case."""

    status: int = 200
    headers: dict[str, str] = {}
    body: str = ""


class Access(Model, frozen=True, kw_only=True):
    """What the address of a recording needs: a sign-in at the provider, and to be opened in time (None: any)."""

    login: bool = False
    lives: timedelta | None = None


class Adapter(ABC):
    """A provider's contract as three pure functions; what few providers need has a usual answer here.

    `version` rises whenever `parse` reads the same event differently (then fold again).
    `kept_headers` are the lower-case names of headers that `parse` or an investigation needs.
    `receipt` is the answer to every delivery that was taken, for a provider that acts on what it
    hears (Novofon would redirect a call); None answers with our counts. Where `by_http` is False events
    come from a bus; such a connection has neither webhook address nor secret.
    """

    name: str
    version: int
    kept_headers: frozenset[str] = frozenset()
    receipt: Answer | None = None
    by_http: bool = True

    @abstractmethod
    def verify(self, delivery: Delivery, secrets: Sequence[bytes], connection: Connection, now: datetime, /) -> None:
        """Check the signature over the raw bytes against all live secrets in constant time, and the
        time window where the scheme has one. Raises `NotAuthentic`, whatever is malformed.
        """

    @abstractmethod
    def identify(self, delivery: Delivery, connection: Connection, /) -> Identity:
        """Subject, event id and type by the cheapest parse. Raises `Unreadable`."""

    @abstractmethod
    def parse(self, event: RawEvent, connection: Connection, /) -> Sequence[Fact]:
        """What the event states. Unknown types give no facts; raises `Unreadable`."""

    def words(self, _event: RawEvent, _connection: Connection, /) -> Sequence[Words]:
        """What the event says in so many words: transcripts, summaries, texts of messages. Raises `Unreadable`."""
        return ()

    def access(self, _media: Media, /) -> Access:
        """What it takes to open the address of a recording or voicemail."""
        return Access()

    def handshake(self, _delivery: Delivery, _connection: Connection, /) -> Answer | None:
        """The answer to a sender's set-up request to a live endpoint (`zd_echo`, `Validation-Token`), which
        comes before any signature; None for everything else. Nothing of it is stored, and what is sent
        back of the request is short and of a safe alphabet (docs/adr/0022).
        """
        return None

    def without_credentials(self, delivery: Delivery, /) -> Delivery:
        """The delivery without what proved the sender in body or query (Aircall's `token`) and without what
        tells one attempt from the next (Telnyx's `meta`), as it is stored. Raises nothing.
        """
        return delivery

    def address(self, _options: Mapping[str, str], /) -> str:
        """What events name in place of a path token where `by_http` is False (docs/adr/0024). Raises
        `Unreadable` for an option that is missing or wrong.
        """
        raise NotFound(self.name)
