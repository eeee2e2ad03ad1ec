"""Connections: provider accounts joined to the workspace, their addresses and secrets (demands.md D42).

A path token and a secret that is made here are shown once, in the answer to the request that made
them; only a digest and a ciphertext are kept, which the API's role may write and not open.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from ringlake import providers
from ringlake.access import Principal
from ringlake.errors import InvalidRequest, NotFound, Taken, Unreadable
from ringlake.flows.ingest import secret_context
from ringlake.flows.presence import rederive_everyone
from ringlake.model.directory import Connection, Secret
from ringlake.query.filters import parse
from ringlake.stores.directory import Change, token_digest
from ringlake.stores.journal import Journal

from .bodies import ConnectionBody, ConnectionPatch, SecretBody
from .hints import hints
from .office import Office, View, changed, check_id, check_version, convert, etag_of, line, new_id, settled
from .views import Arrived, ConnectionDetail, ConnectionTest, ConnectionView, Quarantine, SetAside

# A provider's new secret and the one before it: senders switch over a while (security.md 6).
LIVE_SECRETS = 2
# How far back a test looks, and how much of the quarantine it counts and shows.
TEST_DAYS = 2
COUNTED = 1000
SHOWN = 5
# What decides how events are read: a change makes the connection's history again.
DECIDING = ("zone", "country", "options", "capabilities")


class Connections(Office):
    def all(self, viewer: Principal) -> list[ConnectionView]:
        """Enabled ones first, by name."""
        found = sorted(self._directory(viewer).connections, key=lambda c: (c.disabled, c.name.casefold(), c.id))
        return [shown(connection) for connection in found]

    def show(self, viewer: Principal, connection_id: str) -> View[ConnectionDetail]:
        connection = self._kept(viewer, Connection, connection_id)
        return View(self._hinted(connection), etag_of(connection))

    def create(self, viewer: Principal, body: Any, now: datetime) -> View[ConnectionDetail]:
        """Join a provider account. The answer holds the webhook address and, unless the body brought the
        provider's own, the signing secret: both this once.
        """
        asked = parse(ConnectionBody, body)
        if asked.provider not in providers.names():
            raise InvalidRequest("provider", f"known providers are {', '.join(providers.names())}")
        workspace = self._workspace(viewer)
        connection_id = check_id("id", asked.id) if asked.id else new_id("connection")
        own = own_address(asked.provider, asked.options)
        secret, token = asked.secret or new_secret(), own or secrets.token_urlsafe(32)
        connection = convert(
            {
                "id": connection_id,
                "workspace": viewer.workspace,
                "provider": asked.provider,
                "name": asked.name,
                "token_sha256": token_digest(token),
                "zone": asked.zone or workspace.zone,
                "country": asked.country or workspace.country,
                "options": asked.options,
                "capabilities": asked.capabilities,
            },
            Connection,
        )
        if own is None:
            connection = msgspec.structs.replace(connection, secrets=(self._sealed(connection, secret),))
        revealed = [] if own else ["token", "secret"]
        said = line(viewer, now, "connection.create", connection_id, provider=asked.provider, shown=revealed)
        settled(
            lambda: self._write(viewer, said, Change(document=connection)),
            "there is a connection with this id" + (" or this address" if own else ""),
        )
        shown_once = "" if asked.secret or own else secret
        return View(self._hinted(connection, "" if own else token, shown_once), etag_of(connection))

    def change(
        self, viewer: Principal, connection_id: str, body: Any, version: str | None, now: datetime
    ) -> View[ConnectionDetail]:
        patch = parse(ConnectionPatch, body)
        before = self._kept(viewer, Connection, connection_id)
        check_version(etag_of(before), version)
        after = changed(before, patch.given)
        own = own_address(after.provider, after.options)
        if own:
            after = msgspec.structs.replace(after, token_sha256=token_digest(own))
        view = self._changed(viewer, before, after, "connection.change", now, fields=sorted(patch.given))
        if any(getattr(after, name) != getattr(before, name) for name in DECIDING):
            self._refold(viewer, now, f"connection-{before.id}", connection=before.id, everything=True)
        if _believed(before) != _believed(after):
            rederive_everyone(viewer.workspace, None, self._stores.records)
        return view

    def rotate(self, viewer: Principal, connection_id: str, body: Any, now: datetime) -> View[ConnectionDetail]:
        """Add a secret beside the newest one: deliveries signed by either are accepted until it is removed."""
        asked = parse(SecretBody, body)
        before = self._webhook(viewer, connection_id)
        secret = asked.secret or new_secret()
        sealed = self._sealed(before, secret)
        after = msgspec.structs.replace(before, secrets=(sealed, *before.secrets)[:LIVE_SECRETS])
        view = self._changed(viewer, before, after, "connection.rotate_secret", now, secret=sealed.id, shown=["secret"])
        return View(self._hinted(after, secret="" if asked.secret else secret), view.etag)

    def remove_secret(
        self, viewer: Principal, connection_id: str, secret_id: str, now: datetime
    ) -> View[ConnectionDetail]:
        """Accept nothing signed by this secret any more; the last one cannot go."""
        before = self._kept(viewer, Connection, connection_id)
        left = tuple(secret for secret in before.secrets if secret.id != secret_id)
        if len(left) == len(before.secrets):
            raise NotFound(secret_id)
        if not left:
            raise Taken("a connection needs a secret: add a new one before, or disable the connection")
        after = msgspec.structs.replace(before, secrets=left)
        return self._changed(viewer, before, after, "connection.remove_secret", now, secret=secret_id)

    def rotate_token(self, viewer: Principal, connection_id: str, now: datetime) -> View[ConnectionDetail]:
        """A new address; the old one answers 404 from now on (ingest's cache: within a minute)."""
        before = self._webhook(viewer, connection_id)
        if own_address(before.provider, before.options):
            raise Taken("its address is what its events name: change the option instead")
        token = secrets.token_urlsafe(32)
        after = msgspec.structs.replace(before, token_sha256=token_digest(token))
        view = self._changed(viewer, before, after, "connection.rotate_token", now, shown=["token"])
        return View(self._hinted(after, token), view.etag)

    def switch(self, viewer: Principal, connection_id: str, now: datetime, *, disabled: bool) -> View[ConnectionDetail]:
        """Disabled, an address answers 404 (within a minute) and nothing is stored."""
        before = self._kept(viewer, Connection, connection_id)
        if before.disabled is disabled:
            return self.show(viewer, connection_id)
        after = msgspec.structs.replace(before, disabled=disabled)
        return self._changed(viewer, before, after, f"connection.{'disable' if disabled else 'enable'}", now)

    def arrived(self, viewer: Principal, now: datetime) -> Arrived:
        """When something last arrived on each connection: one read, for a light that is looked at all the time."""
        return Arrived(connections=self._stores.arrivals.every(viewer.workspace), now=now)

    def test(self, viewer: Principal, connection_id: str, now: datetime) -> ConnectionTest:
        """What arrived lately: when something was last accepted or refused, and what was set aside why.

        Bodies are not shown: they hold customers' data.
        """
        connection = self._kept(viewer, Connection, connection_id)
        return ConnectionTest(
            connection=connection.id,
            disabled=connection.disabled,
            since=f"{(now - timedelta(days=TEST_DAYS - 1)).date()}T00:00:00Z",
            arrivals=self._stores.arrivals.of(viewer.workspace, connection.id),
            quarantined=set_aside(self._stores.journal, connection, now, TEST_DAYS),
        )

    def _webhook(self, viewer: Principal, connection_id: str) -> Connection:
        """A connection that has an address and secrets of ours."""
        found = self._kept(viewer, Connection, connection_id)
        if providers.address(found.provider, found.options) is not None:
            raise Taken("this provider sends no webhooks: there is no address and no secret to change")
        return found

    def _changed(
        self, viewer: Principal, before: Connection, after: Connection, action: str, now: datetime, **detail: object
    ) -> View[ConnectionDetail]:
        if after != before:
            said = line(viewer, now, action, before.id, **detail)
            write = Change(document=after, previous=before)
            if after.token_sha256 == before.token_sha256:
                self._write(viewer, said, write)
            else:
                settled(lambda: self._write(viewer, said, write), "another connection has this address")
        return View(self._hinted(after), etag_of(after))

    def _sealed(self, connection: Connection, secret: str) -> Secret:
        context = secret_context(connection.workspace, connection.id)
        return Secret(id=secrets.token_hex(4), ciphertext=self._stores.vault.encrypt(secret.encode(), context))

    def _hinted(self, connection: Connection, token: str = "", secret: str = "") -> ConnectionDetail:
        """`webhook_url` is complete while its token is known, which is once."""
        base = f"{self._stores.public_url.rstrip('/')}/webhooks/{connection.provider}"
        url = f"{base}/{token}" if token else ""
        return ConnectionDetail(
            **msgspec.structs.asdict(shown(connection)),
            webhook_url=url,
            secret=secret,
            set_up=hints(connection.provider),
        )


def _believed(connection: Connection) -> tuple[bool, str]:
    """What decides whose do-not-disturb counts (features.md R35)."""
    return "dnd" in connection.capabilities, connection.options.get("dnd_devices", "")


def set_aside(journal: Journal, connection: Connection, now: datetime, days: int) -> Quarantine:
    """What could not be read on the last UTC days, today among them."""
    aside = [
        item
        for n in range(days)
        for item in islice(
            journal.quarantined(connection.workspace, connection.id, (now - timedelta(days=n)).date().isoformat()),
            COUNTED,
        )
    ]
    latest = sorted(aside, key=lambda item: item.received_at, reverse=True)[:SHOWN]
    return Quarantine(
        count=len(aside),
        at_least=len(aside) >= COUNTED,
        latest=[
            SetAside(at=item.received_at, stage=item.stage, field=item.field, reason=item.reason) for item in latest
        ],
    )


def own_address(provider: str, options: Mapping[str, str]) -> str | None:
    """The address of a connection without webhook; None for webhooks. Raises `InvalidRequest`."""
    try:
        return providers.address(provider, options)
    except Unreadable as error:
        raise InvalidRequest(f"options.{error.field}", error.reason) from None


def shown(connection: Connection) -> ConnectionView:
    return ConnectionView(
        id=connection.id,
        provider=connection.provider,
        name=connection.name,
        zone=connection.zone,
        country=connection.country,
        options=connection.options,
        capabilities=connection.capabilities,
        disabled=connection.disabled,
        secrets=tuple(secret.id for secret in connection.secrets),
        etag=etag_of(connection),
    )


def new_secret() -> str:
    """256 random bits in the form that Standard Webhooks senders take."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
