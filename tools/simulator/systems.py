"""What can happen at each kind of telephone system, before anybody speaks of webhooks.

`Traits` are the system's own abilities (features.md W2-W6, F15-F27): a story only tells what they
allow. What a system can do but its webhooks do not tell is no matter of the story; see `wire`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .people import (
    AIRCALL,
    AMAZON_CONNECT,
    BOTH,
    DIALPAD,
    FCC,
    NOVOFON,
    NOVOFON2,
    PBX,
    Q26,
    RINGCENTRAL,
    RINGOSTAT,
    TELNYX,
    TWILIO,
    V2,
    V4,
    VONAGE,
    WISEPARTS,
    ZADARMA,
)


class Text(StrEnum):
    """What became of a text."""

    RECEIVED = "received"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    SENT = "sent"
    PENDING = "pending"


@dataclass(frozen=True)
class Traits:
    """Abilities of one kind of telephone system.

    Without a `queue` only who rings somebody, or leaves inside it, has been in the menu. `texts` are
    the endings of outbound texts with their weights; none means that there are no texts at all.
    `presence` says that accounts report their status, `app` that a colleague has a second account on
    another device.
    """

    menu: bool = True
    queue: bool = True
    voicemail: bool = True
    busy: bool = True
    conversation: bool = False
    recording: bool = True
    summary: bool = False
    transcript: bool = False
    charge: bool = False
    classifier: bool = False
    classifier_rows: bool = False
    texts: Mapping[Text, float] | None = None
    media: bool = False
    group_texts: bool = False
    lookup_fails: bool = False
    presence: bool = False
    app: bool = False


# Older OpenPhone webhooks speak of an outbound text only once it has arrived.
_ARRIVED = {Text.DELIVERED: 1.0}
_SETTLED = {Text.DELIVERED: 92.0, Text.UNDELIVERED: 8.0}
_OPEN = {Text.DELIVERED: 78.0, Text.UNDELIVERED: 8.0, Text.SENT: 10.0, Text.PENDING: 4.0}
_ON_THE_WAY = {Text.DELIVERED: 80.0, Text.UNDELIVERED: 8.0, Text.SENT: 12.0}

TRAITS: Mapping[str, Traits] = {
    V2: Traits(texts=_ARRIVED, media=True, group_texts=True),
    V4: Traits(summary=True, transcript=True, texts=_ARRIVED, media=True),
    Q26: Traits(
        summary=True,
        transcript=True,
        texts={Text.DELIVERED: 92, Text.UNDELIVERED: 5, Text.FAILED: 3},
        media=True,
        lookup_fails=True,
    ),
    BOTH: Traits(summary=True, transcript=True, texts=_ARRIVED, media=True),
    PBX: Traits(
        conversation=True,
        charge=True,
        classifier=True,
        classifier_rows=True,
        texts=_OPEN,
        media=True,
        presence=True,
        app=True,
    ),
    RINGOSTAT: Traits(),
    NOVOFON: Traits(voicemail=False),
    NOVOFON2: Traits(voicemail=False),
    ZADARMA: Traits(voicemail=False),
    TWILIO: Traits(conversation=False, texts=_ON_THE_WAY, media=True),
    AIRCALL: Traits(queue=False, conversation=True, busy=False, texts=_ON_THE_WAY, presence=True),
    # A line that an application answered and nobody else joined is an answered call to Telnyx: no menu here.
    TELNYX: Traits(menu=False, voicemail=False, charge=True, texts=_ON_THE_WAY),
    VONAGE: Traits(voicemail=False, charge=True, texts=_ON_THE_WAY),
    DIALPAD: Traits(menu=False, texts=_ON_THE_WAY, presence=True),
    RINGCENTRAL: Traits(recording=False, texts=_ON_THE_WAY, presence=True),
    AMAZON_CONNECT: Traits(menu=False, voicemail=False, recording=False),
    FCC: Traits(conversation=True, transcript=True, classifier=True, classifier_rows=True, texts=_OPEN),
    WISEPARTS: Traits(menu=False, voicemail=False, recording=False),
}
