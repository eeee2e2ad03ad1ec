"""The records: the folded current state of each call and message (design section 4)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from threading import Lock
from typing import Protocol

from ringlake.model.base import Model, to_json
from ringlake.model.calls import CallRecord
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject

Record = CallRecord | MessageRecord


def etag_of(record: Record) -> str:
    """Digest of a record's content: equal records have equal etags."""
    return hashlib.sha256(to_json(record)).hexdigest()[:32]


class Loaded(Model, frozen=True, kw_only=True):
    """A subject's record as stored, with its bookkeeping.

    `links` are ids of other subjects of the same kind and connection that are part of this one.
    `lake_days` are the UTC days under which the lake holds the record (two while it moves).
    """

    key: str
    record: Record | None = None
    etag: str = ""
    links: tuple[str, ...] = ()
    lake_days: tuple[str, ...] = ()


def lake_day(record: Record) -> str:
    """The lake's partition of a record: the UTC day of `started_at`."""
    return record.started_at.date().isoformat()


def days_left(previous: Loaded, record: Record) -> tuple[str, ...]:
    """Days under which the lake may still hold the record once `record` replaces `previous`."""
    left = set(previous.lake_days)
    if previous.record and lake_day(previous.record) != lake_day(record):
        left.add(lake_day(previous.record))
    return tuple(sorted(left))


class Write(StrEnum):
    WRITTEN = "written"
    SUPERSEDED = "superseded"


class Records(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def load(self, subject: Subject) -> Loaded:
        """The record and its links in one strongly consistent query."""
        ...

    def link(self, parent: Subject, child_id: str) -> None:
        """State that `child_id` is part of `parent`; idempotent. Loaded by `load(parent).links`."""
        ...

    def put(self, subject: Subject, record: Record, previous: Loaded) -> Write:
        """Replace the record that `previous` was loaded from, in one conditional write.

        SUPERSEDED when the stored record is no longer `previous` or was built from more events
        (`revision`): load, read the events and fold again. Marks the record dirty (not yet in
        the lake) and remembers the day that it leaves, should `started_at` have moved.
        """
        ...

    def dirty(self, workspace: str, limit: int) -> list[str]:
        """Keys of at most `limit` subjects whose record is newer than the lake; one cheap read when none."""
        ...

    def get_many(self, keys: Sequence[str]) -> list[Loaded]:
        """Records of these subject keys, strongly consistent, without links; missing ones are left out."""
        ...

    def clean(self, key: str, etag: str, day: str) -> bool:
        """After the lake was written: clear the dirty mark and set lake_days to (day,) if the record
        is still the one with `etag`; False (and still dirty) when it changed meanwhile.
        """
        ...

    def live(self, workspace: str) -> list[str]:
        """Keys of subjects whose call has not ended, oldest first."""
        ...

    def of_party(self, workspace: str, party_key: str) -> list[str]:
        """Keys of the records of one remote party in time order."""
        ...


class MemoryRecords:
    """The twin."""

    def __init__(self) -> None:
        self.rows: dict[str, Loaded] = {}
        self.linked: dict[str, set[str]] = defaultdict(set)
        self.dirt: set[str] = set()
        self._lock = Lock()

    def load(self, subject: Subject) -> Loaded:
        row = self.rows.get(subject.key, Loaded(key=subject.key))
        return Loaded(
            key=row.key,
            record=row.record,
            etag=row.etag,
            links=tuple(sorted(self.linked[subject.key])),
            lake_days=row.lake_days,
        )

    def link(self, parent: Subject, child_id: str) -> None:
        self.linked[parent.key].add(child_id)

    def put(self, subject: Subject, record: Record, previous: Loaded) -> Write:
        with self._lock:
            row = self.rows.get(subject.key, Loaded(key=subject.key))
            if row.etag != previous.etag or (row.record and row.record.revision > record.revision):
                return Write.SUPERSEDED
            self.rows[subject.key] = Loaded(
                key=subject.key,
                record=record,
                etag=etag_of(record),
                lake_days=days_left(row, record),
            )
            self.dirt.add(subject.key)
            return Write.WRITTEN

    def dirty(self, workspace: str, limit: int) -> list[str]:
        return sorted(k for k in self.dirt if k.startswith(f"{workspace}#"))[:limit]

    def get_many(self, keys: Sequence[str]) -> list[Loaded]:
        return [self.rows[k] for k in keys if k in self.rows]

    def clean(self, key: str, etag: str, day: str) -> bool:
        with self._lock:
            row = self.rows[key]
            if row.etag != etag:
                return False
            self.rows[key] = Loaded(key=key, record=row.record, etag=etag, lake_days=(day,) if day else ())
            self.dirt.discard(key)
            return True

    def live(self, workspace: str) -> list[str]:
        found = [
            (r.record.started_at, k)
            for k, r in self.rows.items()
            if isinstance(r.record, CallRecord) and r.record.live and r.record.workspace == workspace
        ]
        return [k for _, k in sorted(found)]

    def of_party(self, workspace: str, party_key: str) -> list[str]:
        found = [
            (r.record.started_at, k)
            for k, r in self.rows.items()
            if r.record and r.record.workspace == workspace and r.record.party_key == party_key
        ]
        return [k for _, k in sorted(found)]
