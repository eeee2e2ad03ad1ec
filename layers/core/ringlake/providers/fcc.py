"""Focus Contact Center (Focus Telecom, now Welyo): campaign webhooks, and call events in our own format.

Two kinds of deliveries at one address, so that a transcript finds its call:

- The documented envelope (`eventName` and `fccInstance`), authenticated by HTTP Basic. It says that a
  transcript is ready; the text can only be fetched, so it is kept as a fact without text. The name of the
  event for a summary is not published: every name that we do not know is kept without facts.
- Everything else is the body of our own contract (canonical.py), signed by Standard Webhooks, or by Basic
  from senders that cannot sign. Focus publishes no webhook for call states.

Secrets of the connection: `user:password` for Basic, a Standard Webhooks secret for signatures, or both kinds.

Options of the connection: `call_prefix`, what the sender of call events puts before Focus' own call id (`fcc-`
for `fcc-136`); `summary_event`, the name under which the campaign announces a summary; `dnd_devices` as in generic.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ringlake.errors import NotAuthentic
from ringlake.model.directory import Connection
from ringlake.model.events import Delivery, Identity, RawEvent
from ringlake.model.facts import CallFact, Fact, FactKind, Ref
from ringlake.model.subjects import SubjectKind
from ringlake.model.words import Words

from . import canonical
from .adapter import Adapter
from .signatures import verify_standard
from .values import document, identifier, instant, mapping, text

# Name of the documented event -> what is ready.
READY: Mapping[str, FactKind] = {"transcriptioncreated": FactKind.TRANSCRIPT}


class FocusContactCenter(Adapter):
    """The adapter; see the module's text for the contract."""

    name = "fcc"
    version = 2

    def verify(self, delivery: Delivery, secrets: Sequence[bytes], _connection: Connection, now: datetime) -> None:
        if "webhook-signature" in delivery.headers:
            verify_standard(delivery.headers, delivery.body, secrets, now)
        else:
            _verify_basic(delivery.headers.get("authorization", ""), secrets)

    def identify(self, delivery: Delivery, connection: Connection) -> Identity:
        outer = document(delivery.body)
        if not _is_envelope(outer):
            event_id = identifier(delivery.headers.get("webhook-id") or _digest(delivery.body), "webhook-id")
            return canonical.identify(delivery, connection, event_id)
        event_name = identifier(outer.get("eventName"), "eventName")
        data = mapping(outer.get("data"), "data")
        known = _ready(event_name, connection)
        call = identifier(data.get("calls_id"), "data.calls_id") if known else text(data.get("calls_id"), "data")
        created_at = instant(outer.get("createdAt"))
        mark = created_at.isoformat().removesuffix("+00:00") if created_at else _digest(delivery.body)
        event_id = identifier(f"{event_name}/{call}/{mark}", "createdAt")
        return Identity(
            kind=SubjectKind.CALL if known else SubjectKind.OTHER,
            subject_id=identifier(f"{connection.options.get('call_prefix', '')}{call}", "data") if known else event_id,
            event_id=event_id,
            event_type=event_name,
            occurred_at=_ready_at(outer, data),
        )

    def parse(self, event: RawEvent, connection: Connection) -> Sequence[Fact]:
        outer = document(event.body)
        return (
            tuple(_announced(outer, event, connection)) if _is_envelope(outer) else canonical.parse(event, connection)
        )

    def words(self, event: RawEvent, _connection: Connection) -> Sequence[Words]:
        return () if _is_envelope(document(event.body)) else canonical.words_of(event)


ADAPTER = FocusContactCenter()


def _digest(body: bytes) -> str:
    """The id of a delivery whose sender gives none: a repeat has the same content."""
    return hashlib.sha256(body).hexdigest()[:32]


def _verify_basic(header: str, secrets: Sequence[bytes]) -> None:
    """User and password, both in constant time, against every live `user:password`."""
    scheme, _, encoded = header.strip().partition(" ")
    try:
        presented = base64.b64decode(encoded.strip().encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NotAuthentic from None
    user, _, password = presented.partition(b":")
    matched = False
    for secret in secrets:
        our_user, colon, our_password = secret.partition(b":")
        same = hmac.compare_digest(user, our_user) & hmac.compare_digest(password, our_password)
        matched |= same & bool(colon and our_user and our_password)
    if not (matched & (scheme.lower() == "basic")):
        raise NotAuthentic


def _is_envelope(outer: Mapping[str, Any]) -> bool:
    return "eventName" in outer and "fccInstance" in outer


def _ready(event_name: str, connection: Connection) -> FactKind | None:
    named = connection.options.get("summary_event", "").strip().lower()
    word = event_name.strip().lower()
    return FactKind.SUMMARY if named and word == named else READY.get(word)


def _ready_at(outer: Mapping[str, Any], data: Mapping[str, Any]) -> datetime | None:
    return instant(data.get("date_time")) or instant(outer.get("createdAt"))


def _announced(outer: Mapping[str, Any], event: RawEvent, connection: Connection) -> Iterable[Fact]:
    kind = _ready(text(outer.get("eventName"), "eventName"), connection)
    if kind is None:
        return
    data = mapping(outer.get("data"), "data")
    campaign = text(data.get("campaigns_id"), "data.campaigns_id")
    yield CallFact(
        kind=kind,
        call_id=event.subject.id,
        at=_ready_at(outer, data),
        received_at=event.received_at,
        campaign=Ref(id=campaign) if campaign else None,
    )
