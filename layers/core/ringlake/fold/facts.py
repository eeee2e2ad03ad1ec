"""Facts as a set in one total order: what makes every fold independent of order and duplication.

Two facts are the same when their content is, whenever they were received; the earliest
reception is kept. The order is: provider time (or reception where there is none), rank of the
kind, content. Every rule of the fold that picks one fact among several picks the first or the
last in this order, so any order, repetition or batching of deliveries gives the same record
(design invariant 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from ringlake.model.base import to_json, utc
from ringlake.model.facts import (
    CallFact,
    ContactFact,
    DealFact,
    FactKind,
    MessageFact,
    MessageStatus,
    PresenceFact,
    Ref,
)

_RANK = {kind.value: rank for rank, kind in enumerate(FactKind)} | {s.value: r for r, s in enumerate(MessageStatus)}
# Kinds that say something happened to the call itself, not to an artefact or attribute of it.
LIFE = frozenset(
    {
        FactKind.STARTED,
        FactKind.STEP,
        FactKind.QUEUED,
        FactKind.RINGING,
        FactKind.ANSWERED,
        FactKind.HELD,
        FactKind.RESUMED,
        FactKind.TRANSFERRED,
        FactKind.FORWARDED,
        FactKind.LEG_ENDED,
        FactKind.ENDED,
        FactKind.VOICEMAIL,
    }
)
_UNRECEIVED = datetime(1970, 1, 1, tzinfo=UTC)


def when(fact: CallFact | MessageFact | PresenceFact | ContactFact | DealFact) -> datetime:
    """Time of a fact: the provider's, else ours (features.md W5)."""
    return fact.at or fact.received_at


def as_set[F: (CallFact, MessageFact)](facts: Iterable[F]) -> tuple[F, ...]:
    """The distinct facts in their total order, spoken text left out (it stays in the raw event)."""
    kept: dict[bytes, F] = {}
    for given in facts:
        fact = _trimmed(given)
        content = to_json(msgspec.structs.replace(fact, received_at=_UNRECEIVED))
        known = kept.get(content)
        if known is None or fact.received_at < known.received_at:
            kept[content] = fact
    ordered = sorted(kept.items(), key=lambda item: (when(item[1]), _rank(item[1]), item[0]))
    return tuple(fact for _, fact in ordered)


def as_states[F: (PresenceFact, ContactFact, DealFact)](facts: Iterable[F]) -> tuple[F, ...]:
    """The distinct states in the order in which they held; of the same provider time the one received later.

    A state without provider time that comes again later is a new one: it has only its reception.
    """
    kept: dict[tuple[bytes, datetime | None], F] = {}
    for given in facts:
        fact = _trimmed(given)
        content = to_json(msgspec.structs.replace(fact, received_at=_UNRECEIVED))
        key = (content, None if fact.at else fact.received_at)
        known = kept.get(key)
        if known is None or fact.received_at < known.received_at:
            kept[key] = fact
    ordered = sorted(kept.items(), key=lambda item: (when(item[1]), item[1].received_at, item[0][0]))
    return tuple(fact for _, fact in ordered)


def first[F: (CallFact, MessageFact), T](facts: Iterable[F], value: Callable[[F], T | None]) -> T | None:
    """The first value that is stated (neither None nor empty)."""
    return next(_stated(facts, value), None)


def last[F: (CallFact, MessageFact), T](facts: Sequence[F], value: Callable[[F], T | None]) -> T | None:
    """The last value that is stated: where a provider corrects itself, its latest word counts."""
    return next(_stated(reversed(facts), value), None)


def name_of(ref: Ref | None) -> str:
    """Name of a thing of the provider's, its id where it has none."""
    return (ref.name or ref.id) if ref else ""


def _stated[F: (CallFact, MessageFact), T](facts: Iterable[F], value: Callable[[F], T | None]) -> Iterator[T]:
    for fact in facts:
        found = value(fact)
        if found is not None and found != "":
            yield found


def _rank(fact: CallFact | MessageFact) -> int:
    return _RANK[fact.kind.value if isinstance(fact, CallFact) else fact.status.value]


def _trimmed[F: (CallFact, MessageFact, PresenceFact, ContactFact, DealFact)](fact: F) -> F:
    """Without spoken text, times to the millisecond (features.md, times)."""
    changes: dict[str, object] = {"received_at": _milliseconds(fact.received_at)}
    if fact.at:
        changes["at"] = _milliseconds(fact.at)
    media = getattr(fact, "media", None)
    if media is not None and media.text:
        changes["media"] = msgspec.structs.replace(media, text="")
    return msgspec.structs.replace(fact, **changes)


def _milliseconds(at: datetime) -> datetime:
    return utc(at).replace(microsecond=at.microsecond // 1000 * 1000)
