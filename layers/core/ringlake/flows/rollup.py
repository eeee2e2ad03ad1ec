"""Roll-up: the lake catches up with the records (design section 5).

Records carry a mark until the lake holds them, so what has to be done is known by one read and
nothing hangs on a clock. The work is proportional to what changed: each touched object is
merged, not rebuilt from history.

Why two roll-ups at once, a repeat, or a crash between any two calls leave the right rows:

* An object is read before the records that go into it are loaded, and written only if it is still
  the object that was read. So whoever writes last has loaded last.
* Activity is derived the same way: its own etag first, then the facts, then the conditional write.
* The mark goes last, and only from the version of the record that was written.
* A record that changed under our hands may have been taken to the lake by somebody else already.
  Then our older row might stand over his: every day we wrote for it is merged again at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from ringlake.errors import Conflict
from ringlake.metrics.activity import CALL_COLUMNS, MESSAGE_COLUMNS, activity
from ringlake.metrics.rows import Row, call_row, leg_rows, message_row
from ringlake.model.base import Model
from ringlake.model.calls import CallRecord
from ringlake.model.directory import Workspace
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject
from ringlake.model.tables import ACTIVITY, CALLS, LEGS, MESSAGES, Table
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.lake import Lake, Stored, as_rows, merged, to_parquet
from ringlake.stores.records import Loaded, Record, Records, lake_day

# Marked records taken at a time, a few MB of documents. As long as there are more, each batch is twice
# the one before: a catch-up over a year must not write the same day's object over and over.
BATCH = 1_000
LARGEST_BATCH = 8_000
# Roll-ups that keep losing the race for one object give way; the mark brings the work back.
ATTEMPTS = 8
# The index of marked records lags behind the records (DynamoDB secondary indexes are eventually
# consistent, normally by less than a second). Freshness is stated that much earlier.
INDEX_LAG = timedelta(seconds=5)


class RolledUp(Model, frozen=True, kw_only=True):
    """What one run did. `complete` is False when it ran out of time or lost too many races;
    the rest is still marked and comes next time.
    """

    workspace: str
    records: int = 0
    objects: int = 0
    days: int = 0
    conflicts: int = 0
    complete: bool = True


def rollup(
    workspace: str,
    *,
    records: Records,
    lake: Lake,
    directory: DirectoryStore,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    batch: int = BATCH,
) -> RolledUp:
    """Bring all marked records of a workspace into the lake, as long as it is before `until`.

    Nothing marked costs one read. Raises `Unavailable` when a store does not answer; everything
    not finished then is still marked.
    """

    def late() -> bool:
        return until is not None and clock() >= until

    run = _Run(workspace, records, lake, directory, late)
    while True:
        before = clock()
        keys = records.dirty(workspace, batch)
        last = len(keys) < batch
        progress = run.take(keys)
        if last and not run.owed and not run.skipped:
            directory.set_watermark(workspace, before - INDEX_LAG)
            return run.result(complete=True)
        if not progress or late():
            return run.result(complete=False)
        batch = min(batch * 2, LARGEST_BATCH)


class _Run:
    """One run over one workspace."""

    def __init__(
        self, workspace: str, records: Records, lake: Lake, directory: DirectoryStore, late: Callable[[], bool]
    ) -> None:
        self._id = workspace
        self._late = late
        self._records = records
        self._lake = lake
        self._directory = directory
        self._settings: Workspace | None = None
        self._cleaned: dict[str, str] = {}
        self._days: set[str] = set()
        self._objects = 0
        self._conflicts = 0
        # Days that were not begun because time was up; their subjects keep the mark.
        self.skipped = 0
        # Subjects to be merged again, with the days that may hold an outdated row of ours.
        self.owed: dict[str, set[str]] = {}

    def result(self, *, complete: bool) -> RolledUp:
        return RolledUp(
            workspace=self._id,
            records=len(self._cleaned),
            objects=self._objects,
            days=len(self._days),
            conflicts=self._conflicts,
            complete=complete,
        )

    def take(self, keys: list[str]) -> bool:
        """Merge these subjects; True when at least one of them is done with.

        When time is up no further day is begun, but what is owed is paid.
        """
        done = self._merge_all(self._records.get_many(keys)) if keys else False
        for _ in range(ATTEMPTS):
            if not self.owed:
                break
            again = self._records.get_many(list(self.owed))
            self.owed = {row.key: self.owed[row.key] for row in again}
            done |= self._merge_all(again, hurry=False)
        return done

    def _merge_all(self, loaded: Iterable[Loaded], *, hurry: bool = True) -> bool:
        # A key that the lagging index still shows although this run has just cleaned it is left out.
        todo = {
            row.key: row
            for row in loaded
            if isinstance(row.record, Interaction) and (row.key in self.owed or self._cleaned.get(row.key) != row.etag)
        }
        touched: dict[str, list[Loaded]] = defaultdict(list)
        for row in todo.values():
            for day in _days_of(row) | self.owed.get(row.key, set()):
                touched[day].append(row)

        versions: dict[str, set[str]] = defaultdict(set)
        for day, rows in sorted(touched.items()):
            skip = hurry and self._late()
            self.skipped += skip
            written = {} if skip else self._merge_day(day, rows)
            for row in rows:
                versions[row.key].add(written.get(row.key, ""))

        done = False
        for row in todo.values():
            days = _days_of(row) | self.owed.pop(row.key, set())
            if versions[row.key] == {row.etag} and self._records.clean(row.key, row.etag, _day_in_lake(row.record)):
                self._cleaned[row.key] = row.etag
                done = True
            elif versions[row.key] != {""} or not self.skipped:
                self.owed[row.key] = days
        return done

    def _merge_day(self, day: str, rows: list[Loaded]) -> dict[str, str]:
        """Merge these subjects into the day's objects; the version (etag) written per subject.

        Empty when the races for the day's objects were lost.
        """
        self._days.add(day)
        calls = [row.key for row in rows if isinstance(row.record, CallRecord)]
        messages = [row.key for row in rows if not isinstance(row.record, CallRecord)]
        try:
            written = self._merge((CALLS, LEGS), day, calls) | self._merge((MESSAGES,), day, messages)
            self._derive_activity(day)
        except Conflict:
            return {}
        return written

    def _merge(self, tables: tuple[Table, ...], day: str, keys: list[str]) -> dict[str, str]:
        if not keys:
            return {}
        for _ in range(ATTEMPTS):
            stored = [self._lake.stored(table, self._id, day) for table in tables]
            loaded = [row for row in self._records.get_many(keys) if row.record is not None]
            ids = [Subject.from_key(key).record_id for key in keys]
            here = [r.record for r in loaded if isinstance(r.record, Interaction) and _day_in_lake(r.record) == day]
            try:
                for table, before in zip(tables, stored, strict=True):
                    fresh = [row for record in here for row in self._rows(table, record)]
                    if before.body is not None or fresh:
                        self._replace(table, day, merged(table, before.body, ids, as_rows(table, fresh)), before)
            except Conflict:
                self._conflicts += 1
                continue
            return {row.key: row.etag for row in loaded}
        raise Conflict(f"{tables[0].name} {day}")

    def _derive_activity(self, day: str) -> None:
        for _ in range(ATTEMPTS):
            before = self._lake.stored(ACTIVITY, self._id, day)
            calls = self._lake.stream(CALLS, self._id, day, CALL_COLUMNS)
            messages = self._lake.stream(MESSAGES, self._id, day, MESSAGE_COLUMNS)
            derived = activity(calls.parts, messages.parts)
            try:
                if before.body is not None or len(derived):
                    self._replace(ACTIVITY, day, to_parquet(ACTIVITY, derived), before)
            except Conflict:
                self._conflicts += 1
                continue
            # Etags are digests of content: the same etag may come back. So look again at what was summed.
            facts = [self._lake.etag(table, self._id, day) for table in (CALLS, MESSAGES)]
            if facts == [calls.etag, messages.etag]:
                return
        raise Conflict(f"{ACTIVITY.name} {day}")

    def _replace(self, table: Table, day: str, body: bytes, before: Stored) -> None:
        """Equal rows are equal bytes: then nothing has to be written."""
        if body != before.body:
            self._lake.replace(table, self._id, day, body, before.etag)
            self._objects += 1

    def _rows(self, table: Table, record: Interaction) -> list[Row]:
        if table is LEGS:
            return leg_rows(record) if isinstance(record, CallRecord) else []
        if isinstance(record, CallRecord):
            return [call_row(record, self._workspace)]
        return [message_row(record, self._workspace)]

    @property
    def _workspace(self) -> Workspace:
        if self._settings is None:
            self._settings = self._directory.settings(self._id)
        return self._settings


def _day_in_lake(record: Record | None) -> str:
    """The day that holds the record's rows; "" for a part of another call, which has none (features.md F21)."""
    if record is None or (isinstance(record, CallRecord) and record.part_of):
        return ""
    return lake_day(record)


def _days_of(row: Loaded) -> set[str]:
    """Days whose objects have to be merged: where the record is and where it may have been before.

    The day of a part of another call is among them: until it became one it may have had rows there
    that no mark was cleared for.
    """
    return {*row.lake_days, lake_day(row.record)} if row.record else set(row.lake_days)
