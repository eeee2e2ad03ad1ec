"""The seal: events expire, records stay. A late event amends what the record already knows.

A record carries the facts it was made from and a digest of each folded event. When some of
those events are no longer in the journal (expired, or no longer readable by a newer adapter),
the facts of the record stand in for them: the union of its facts and those of the events that
are there. Nothing known is lost or overwritten, and the record says `sealed`.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Sequence

from ringlake.model.base import Model
from ringlake.model.facts import Fact
from ringlake.model.records import Record

_DIGEST_BYTES = 6


class Known(Model, frozen=True, kw_only=True):
    """All facts of a subject, and the digests of all events that were ever folded into it."""

    facts: tuple[Fact, ...]
    seen: tuple[str, ...]
    sealed: bool = False


def digest(subject_id: str, event_id: str) -> str:
    """Names an event inside its record: 48 bits are unique among the few events of one call."""
    content = f"{len(subject_id)}#{subject_id}#{event_id}".encode()
    return urlsafe_b64encode(hashlib.sha256(content).digest()[:_DIGEST_BYTES]).decode()


def expired(previous: Record | None, present: Collection[str]) -> frozenset[str]:
    """Digests of events that the record was made from and that are not among those present."""
    return frozenset(previous.seen if previous else ()) - frozenset(present)


def amend(
    previous: Sequence[Record],
    told: Iterable[Fact],
    present: Collection[str],
    *,
    own_id: str = "",
) -> Known:
    """What is known about a subject.

    `told` are the facts of its events; `present` are the digests of all readable events of the
    whole call, and `previous` the records of its members, which may know what has expired. With
    `own_id` only facts of that call count. Every member of a call has seen the events of all, so
    that their number never falls when a call turns out to be a part of another.
    """
    facts = list(told)
    gone: set[str] = set()
    for record in previous:
        missing = expired(record, present)
        if missing:
            gone |= missing
            facts += [f for f in record.facts if not own_id or getattr(f, "call_id", own_id) == own_id]
    return Known(facts=tuple(facts), seen=tuple(sorted({*present, *gone})), sealed=bool(gone))
