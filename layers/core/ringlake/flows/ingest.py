"""From one delivery to the journal (design section 5, Ingest).

Size cap, endpoint token, signature, identity, one conditional put: in this order, so that
nothing is parsed that is not signed and nothing is answered 2xx that is not stored. The
outcome is a value; the function maps it to a status.

A sender that tries an address out (a handshake) is answered between token and signature, in the
adapter's own words: it has nothing to sign yet, and says nothing that could be stored (docs/adr/0022).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import NamedTuple

from ringlake import providers
from ringlake.errors import NotAuthentic, NotFound, Unavailable, Unreadable
from ringlake.model.base import Model, to_json
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, Quarantined, RawEvent
from ringlake.model.subjects import Subject, SubjectKind, presence_subject_id
from ringlake.providers import Adapter, Answer
from ringlake.stores.directory import DirectoryStore, token_digest
from ringlake.stores.journal import Journal, Put
from ringlake.stores.vault import Vault

MAX_WEBHOOK_BODY = 262_144


class Outcome(StrEnum):
    """What became of a delivery. The first three are answered 2xx, a handshake as its provider wants."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    HANDSHAKE = "handshake"
    NOT_AUTHENTIC = "not_authentic"
    UNKNOWN_ENDPOINT = "unknown_endpoint"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"


# Overload is 503 and never 429: senders drop deliveries that were answered 4xx (reliability.md 1).
STATUS: Mapping[Outcome, int] = {
    Outcome.ACCEPTED: 200,
    Outcome.DUPLICATE: 200,
    Outcome.QUARANTINED: 200,
    Outcome.HANDSHAKE: 200,
    Outcome.NOT_AUTHENTIC: 401,
    Outcome.UNKNOWN_ENDPOINT: 404,
    Outcome.TOO_LARGE: 413,
    Outcome.UNAVAILABLE: 503,
}
_COUNTED = {Outcome.ACCEPTED: "accepted", Outcome.DUPLICATE: "duplicates", Outcome.QUARANTINED: "quarantined"}


_TOLD = ("provider", "workspace", "connection", "event_id", "event_type", "subject", "field", "reason")


class Ingested(Model, frozen=True, kw_only=True):
    """The result of one delivery. But for `reply` it holds nothing personal, so all of it may be logged.

    `reply` is what the provider's own protocol wants to hear instead of our counts.
    """

    outcome: Outcome
    provider: str = ""
    workspace: str = ""
    connection: str = ""
    event_id: str = ""
    event_type: str = ""
    subject: str = ""
    field: str = ""
    reason: str = ""
    reply: Answer | None = None

    @property
    def status(self) -> int:
        return self.reply.status if self.reply else STATUS[self.outcome]

    @property
    def told(self) -> dict[str, str]:
        """What is said of it in the log: all that is known but the outcome and the reply."""
        return {name: value for name in _TOLD if (value := getattr(self, name))}

    @property
    def answer(self) -> dict[str, int]:
        """The counts for the sender; an answer without 2xx gives no detail, whatever the cause."""
        return {name: int(self.outcome is outcome) for outcome, name in _COUNTED.items()}


class Endpoint(NamedTuple):
    """A connection with its live secrets in clear; stays inside the process."""

    connection: Connection
    secrets: tuple[bytes, ...]


class _Entry(NamedTuple):
    endpoint: Endpoint | None
    loaded_at: datetime


class Endpoints:
    """Endpoints by token, kept in the process for a minute, misses too.

    Bounded, and misses apart from hits, so that somebody who guesses tokens evicts nobody. A
    signature that no cached secret made asks once more: a secret that was added a moment ago must
    not cost a delivery. A flood of bad ones may ask `refreshes` times `refreshes_within`.
    """

    def __init__(
        self,
        *,
        life: timedelta = timedelta(seconds=60),
        refreshes: int = 5,
        refreshes_within: timedelta = timedelta(seconds=5),
        size: int = 512,
    ) -> None:
        self._life = life
        self._refreshes = refreshes
        self._refreshes_within = refreshes_within
        self._size = size
        self._hits: OrderedDict[str, _Entry] = OrderedDict()
        self._misses: OrderedDict[str, _Entry] = OrderedDict()
        self._refreshed: OrderedDict[str, tuple[datetime, ...]] = OrderedDict()
        self._opened: OrderedDict[tuple[str, str, bytes], bytes] = OrderedDict()
        self._lock = Lock()
        self._refreshing = Lock()

    def find(self, token: str, directory: DirectoryStore, vault: Vault, now: datetime) -> Endpoint | None:
        """The endpoint, at most `life` old. Raises `Unavailable`."""
        digest = token_digest(token)
        entry = self._hits.get(digest) or self._misses.get(digest)
        if entry is None or not timedelta(0) <= now - entry.loaded_at < self._life:
            entry = self._load(digest, token, directory, vault, now)
        return entry.endpoint

    def refresh(
        self, token: str, tried: Endpoint, directory: DirectoryStore, vault: Vault, now: datetime
    ) -> Endpoint | None:
        """A newer endpoint than the one that was tried, or None. Raises `Unavailable`.

        Whoever comes while another one asks waits for that answer instead of being refused.
        """
        digest = token_digest(token)
        with self._refreshing:
            entry = self._hits.get(digest)
            if entry is None or entry.endpoint == tried:
                lately = [at for at in self._refreshed.get(digest, ()) if abs(now - at) < self._refreshes_within]
                if len(lately) >= self._refreshes:
                    return None
                _remember(self._refreshed, digest, (*lately, now), self._size)
                entry = self._load(digest, token, directory, vault, now)
        return entry.endpoint if entry.endpoint != tried else None

    def _load(self, digest: str, token: str, directory: DirectoryStore, vault: Vault, now: datetime) -> _Entry:
        connection = directory.connection_by_token(token)
        endpoint = None
        if connection is not None and not connection.disabled:
            endpoint = Endpoint(connection, self._secrets(connection, vault))
        entry = _Entry(endpoint, now)
        into, out_of = (self._misses, self._hits) if endpoint is None else (self._hits, self._misses)
        with self._lock:
            out_of.pop(digest, None)
            _remember(into, digest, entry, self._size)
        return entry

    def _secrets(self, connection: Connection, vault: Vault) -> tuple[bytes, ...]:
        """The live secrets that open; a ciphertext that belongs elsewhere is no secret of this connection.

        What was opened once is not asked for again: a ciphertext never changes its meaning, and which
        ones are live is read from the directory each time.
        """
        found = []
        for secret in connection.secrets:
            known = (connection.workspace, connection.id, secret.ciphertext)
            plain = self._opened.get(known)
            if plain is None:
                try:
                    plain = vault.decrypt(secret.ciphertext, secret_context(connection.workspace, connection.id))
                except ValueError:
                    continue
                with self._lock:
                    _remember(self._opened, known, plain, self._size)
            found.append(plain)
        return tuple(found)


def _remember[K, T](into: OrderedDict[K, T], key: K, value: T, size: int) -> None:
    """Newest last, oldest out."""
    into[key] = value
    into.move_to_end(key)
    while len(into) > size:
        into.popitem(last=False)


def secret_context(workspace: str, connection: str) -> dict[str, str]:
    """What a webhook secret's ciphertext is bound to."""
    return {"workspace": workspace, "connection": connection}


def ingest(
    delivery: Delivery,
    provider: str,
    token: str,
    *,
    directory: DirectoryStore,
    journal: Journal,
    vault: Vault,
    now: datetime,
    endpoints: Endpoints | None = None,
) -> Ingested:
    """Take one delivery in. Raises nothing of ours: every end is a value.

    `endpoints` is the process's cache; without one the directory is asked each time.
    """
    if len(delivery.body) > MAX_WEBHOOK_BODY:
        return Ingested(outcome=Outcome.TOO_LARGE)
    try:
        found = _authentic(delivery, provider, token, directory, vault, now, endpoints or Endpoints())
        if isinstance(found, Outcome):
            return Ingested(outcome=found)
        if isinstance(found, Ingested):
            return found
        connection, adapter = found
        try:
            identity = adapter.identify(delivery, connection)
        except Unreadable as error:
            return _set_aside(delivery, connection, journal, now, stage="identify", error=error)
        return _keep(delivery, connection, adapter, identity, journal, now)
    except Unavailable as error:
        return Ingested(outcome=Outcome.UNAVAILABLE, reason=str(error))


def _authentic(
    delivery: Delivery,
    provider: str,
    token: str,
    directory: DirectoryStore,
    vault: Vault,
    now: datetime,
    endpoints: Endpoints,
) -> tuple[Connection, Adapter] | Ingested | Outcome:
    """The connection that signed this, the end of a handshake, or why it is refused."""
    endpoint = endpoints.find(token, directory, vault, now)
    if endpoint is None or endpoint.connection.provider != provider:
        return Outcome.UNKNOWN_ENDPOINT
    try:
        adapter = providers.adapter(provider)
    except NotFound:
        return Outcome.UNKNOWN_ENDPOINT
    greeted = _handshake(delivery, adapter, endpoint.connection)
    if greeted is not None:
        return greeted
    tried: Endpoint | None = endpoint
    while tried is not None:
        try:
            adapter.verify(delivery, tried.secrets, tried.connection, now)
        except NotAuthentic:
            tried = endpoints.refresh(token, tried, directory, vault, now)
        else:
            return tried.connection, adapter
    return Outcome.NOT_AUTHENTIC


def _handshake(delivery: Delivery, adapter: Adapter, connection: Connection) -> Ingested | None:
    """The answer to a sender that tries the address out; None for everything else."""
    reply = adapter.handshake(delivery, connection)
    if reply is None:
        return None
    return Ingested(
        outcome=Outcome.HANDSHAKE,
        provider=connection.provider,
        workspace=connection.workspace,
        connection=connection.id,
        reply=reply,
    )


def _keep(
    delivery: Delivery,
    connection: Connection,
    adapter: Adapter,
    identity: Identity,
    journal: Journal,
    now: datetime,
) -> Ingested:
    event = raw_event(delivery, connection, adapter, identity, now)
    put = journal.put(event)
    if put is Put.CONFLICT:
        error = Unreadable("event_id", "known with other content")
        return _set_aside(delivery, connection, journal, now, stage="conflict", error=error, event=event)
    return Ingested(
        outcome=Outcome.ACCEPTED if put is Put.STORED else Outcome.DUPLICATE,
        provider=connection.provider,
        workspace=connection.workspace,
        connection=connection.id,
        event_id=identity.event_id,
        event_type=identity.event_type,
        subject=identity.kind.value,
        reply=adapter.receipt,
    )


def raw_event(
    delivery: Delivery, connection: Connection, adapter: Adapter, identity: Identity, received_at: datetime
) -> RawEvent:
    """A verified delivery as the journal keeps it. Presence is filed by account and UTC day."""
    delivery = adapter.without_credentials(delivery)
    subject_id = identity.subject_id
    if identity.kind is SubjectKind.PRESENCE:
        subject_id = presence_subject_id(subject_id, identity.occurred_at or received_at)
    return RawEvent(
        subject=Subject(workspace=connection.workspace, kind=identity.kind, connection=connection.id, id=subject_id),
        event_id=identity.event_id,
        event_type=identity.event_type,
        provider=connection.provider,
        adapter=adapter.version,
        body=delivery.body,
        received_at=received_at,
        occurred_at=identity.occurred_at,
        headers=_kept(delivery, adapter),
        query=_storable(delivery.query),
        related=identity.related,
    )


def _set_aside(
    delivery: Delivery,
    connection: Connection,
    journal: Journal,
    now: datetime,
    *,
    stage: str,
    error: Unreadable,
    event: RawEvent | None = None,
) -> Ingested:
    """Quarantine under an id made of the content, so that a repeat of the same delivery is the same item."""
    subject = event.subject.key if event else ""
    event_id = event.event_id if event else ""
    adapter = providers.adapter(connection.provider)
    delivery = adapter.without_credentials(delivery)
    headers = _kept(delivery, adapter, also=("webhook-id",))
    query = _storable(delivery.query)
    named = [stage, subject, event_id, query, *sorted(headers.items())]
    item_id = hashlib.sha256(to_json(named) + delivery.body).hexdigest()[:32]
    journal.quarantine(
        Quarantined(
            id=item_id,
            workspace=connection.workspace,
            connection=connection.id,
            provider=connection.provider,
            stage=stage,
            field=error.field,
            reason=error.reason,
            received_at=now,
            subject=subject,
            body=delivery.body,
            headers=headers,
            query=query,
        )
    )
    return Ingested(
        outcome=Outcome.QUARANTINED,
        provider=connection.provider,
        workspace=connection.workspace,
        connection=connection.id,
        event_id=event_id or item_id,
        event_type=event.event_type if event else "",
        subject=event.subject.kind.value if event else "",
        field=error.field,
        reason=error.reason,
        reply=adapter.receipt,
    )


def _kept(delivery: Delivery, adapter: Adapter, also: tuple[str, ...] = ()) -> dict[str, str]:
    wanted = adapter.kept_headers.union(also)
    return {name: _storable(value) for name, value in delivery.headers.items() if name in wanted}


def _storable(text: str) -> str:
    """What is not signed may hold anything; half a character cannot be stored."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
