"""The journal: every verified provider event, raw, once (design section 4)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from threading import Lock
from typing import Protocol

from ringlake.model.events import Quarantined, RawEvent
from ringlake.model.subjects import Subject


class Put(StrEnum):
    """What became of an event: all three are answered 2xx."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


def body_digest(event: RawEvent) -> str:
    """Tells a repeat (same id, same content) from a conflict (same id, other content)."""
    return hashlib.sha256(event.body + b"\0" + event.query.encode()).hexdigest()


class Journal(Protocol):
    """Append-only. Every method raises `Unavailable` when the store does not answer."""

    def put(self, event: RawEvent) -> Put:
        """Store once under (subject, event id); atomic against concurrent repeats."""
        ...

    def events(self, subject: Subject) -> list[RawEvent]:
        """All events of a subject, strongly consistent, sorted by event id."""
        ...

    def get_many(self, keys: Sequence[tuple[str, str]]) -> list[RawEvent | Quarantined]:
        """The items of these (pk, sk) keys that exist, in no order; quarantined ones included."""
        ...

    def quarantine(self, item: Quarantined) -> None:
        """Keep what was signed but not understood; the same id again changes nothing."""
        ...

    def quarantined(self, workspace: str, connection: str, day: str) -> Iterable[Quarantined]:
        """The quarantine of one UTC day (`YYYY-MM-DD` of `received_at`)."""
        ...


def quarantine_key(item: Quarantined) -> tuple[str, str]:
    """Key of a quarantined item; its kind `quarantine` is no SubjectKind, so it never folds."""
    day = item.received_at.date().isoformat()
    return f"{item.workspace}#quarantine#{item.connection}#{day}", item.id


class MemoryJournal:
    """The twin."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, RawEvent]] = defaultdict(dict)
        self.held: dict[str, dict[str, Quarantined]] = defaultdict(dict)
        self._lock = Lock()

    def put(self, event: RawEvent) -> Put:
        with self._lock:
            kept = self.items[event.subject.key].setdefault(event.event_id, event)
        if kept is event:
            return Put.STORED
        return Put.DUPLICATE if body_digest(kept) == body_digest(event) else Put.CONFLICT

    def events(self, subject: Subject) -> list[RawEvent]:
        return [e for _, e in sorted(self.items[subject.key].items())]

    def get_many(self, keys: Sequence[tuple[str, str]]) -> list[RawEvent | Quarantined]:
        found: list[RawEvent | Quarantined] = []
        for pk, sk in keys:
            item = self.items.get(pk, {}).get(sk) or self.held.get(pk, {}).get(sk)
            if item is not None:
                found.append(item)
        return found

    def quarantine(self, item: Quarantined) -> None:
        pk, sk = quarantine_key(item)
        with self._lock:
            self.held[pk].setdefault(sk, item)

    def quarantined(self, workspace: str, connection: str, day: str) -> Iterable[Quarantined]:
        return [q for _, q in sorted(self.held[f"{workspace}#quarantine#{connection}#{day}"].items())]
