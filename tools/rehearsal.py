"""Stores for a rehearsal: everything is read, nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from ringlake.model.consequences import Consequences
from ringlake.model.events import RawEvent
from ringlake.model.subjects import Subject
from ringlake.stores.journal import Journal, MemoryJournal, Put
from ringlake.stores.records import Loaded, Record, Records, Write


class JournalAbove(MemoryJournal):
    """A journal whose writes stay in memory, over one that is only read."""

    def __init__(self, below: Journal) -> None:
        super().__init__()
        self._below = below

    def put(self, event: RawEvent) -> Put:
        known = {e.event_id: e for e in self._below.events(event.subject)}
        return super().put(event) if event.event_id not in known else Put.DUPLICATE

    def events(self, subject: Subject) -> list[RawEvent]:
        both = {e.event_id: e for e in (*super().events(subject), *self._below.events(subject))}
        return [event for _, event in sorted(both.items())]

    def subjects(self, workspace: str, since: datetime, until: datetime) -> Iterator[str]:
        yield from self._below.subjects(workspace, since, until)


class RecordsAside:
    """Records that are read, never written: `folded` holds by subject key what would have been."""

    def __init__(self, below: Records) -> None:
        self._below = below
        self._links: dict[str, set[str]] = {}
        self.folded: dict[str, Record] = {}

    def load(self, subject: Subject) -> Loaded:
        loaded = self._below.load(subject)
        links = {*loaded.links, *self._links.get(subject.key, ())}
        return msgspec.structs.replace(loaded, links=tuple(sorted(links)))

    def link(self, parent: Subject, child_id: str) -> None:
        self._links.setdefault(parent.key, set()).add(child_id)

    def put(self, subject: Subject, record: Record, previous: Loaded) -> Write:
        del previous
        self.folded[subject.key] = record
        return Write.WRITTEN

    def dirty(self, workspace: str, limit: int) -> list[str]:
        return self._below.dirty(workspace, limit)

    def get_many(self, keys: Sequence[str]) -> list[Loaded]:
        return self._below.get_many(keys)

    def mark(self, workspace: str, keys: Iterable[str]) -> None:
        del workspace, keys

    def attach(self, workspace: str, key: str, deals: Iterable[str]) -> None:
        del workspace, key, deals

    def note(self, loaded: Loaded, consequences: Consequences) -> Loaded | None:
        return loaded if loaded.consequences == consequences else None

    def clean(self, loaded: Loaded, day: str, settled: str = "") -> bool:
        del loaded, day, settled
        return False

    def live(self, workspace: str, before: datetime | None = None) -> list[str]:
        return self._below.live(workspace, before)

    def reported(self, workspace: str, since: datetime) -> list[str]:
        return self._below.reported(workspace, since)
