"""Roll-up: the lake catches up with the records (design section 5).

Records carry a mark until the lake holds them, so what has to be done is known by one read and
nothing hangs on a clock. The work is proportional to what changed: each touched object is
merged, not rebuilt from history.

One run does, with every batch of marked subjects:

1. calls, messages and marked customers: `parties` works out what they mean for each other and puts
   it beside the records. Records of the same customer that this changes join the batch;
2. subjects of other kinds (presence, contacts, deals) are taken by the `Part` of their kind;
3. the rows of calls and messages are merged into the objects of their days, activity is derived, and
   each part derives what it makes of the day;
4. the marks are cleared.

Why two roll-ups at once, a repeat, or a crash between any two calls leave the right rows:

* An object is read before the records that go into it are loaded, and written only if it is still
  the object that was read. So whoever writes last has loaded last. A row is made of what is stored
  under one version of the record's item, and of nothing that is known to this run alone.
* Activity is derived the same way: its own etag first, then the facts, then the conditional write.
* The mark goes last, and only from the version of the item that was written.
* A record that changed under our hands may have been taken to the lake by somebody else already.
  Then our older row might stand over his: every day we wrote for it is merged again at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from ringlake.errors import Conflict
from ringlake.metrics.activity import CALL_COLUMNS, MESSAGE_COLUMNS, activity
from ringlake.metrics.rows import (
    Row,
    call_row,
    case_rows,
    charge_rows,
    interaction,
    leg_rows,
    message_row,
    open_case_rows,
    reopened,
)
from ringlake.model.base import Model, utc
from ringlake.model.calls import CallRecord
from ringlake.model.deals import DealRecord
from ringlake.model.directory import Workspace
from ringlake.model.exchange import Exchange, YearRates, no_rates
from ringlake.model.marks import Marks
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import ACTIVITY, ALL_DAYS, CALLS, CASES, CHARGES, LEGS, MESSAGES, OPEN_CASES, Table
from ringlake.stores.contacts import Contacts
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.lake import Lake, Stored, as_rows, held, merged, to_parquet
from ringlake.stores.marks import MarksStore
from ringlake.stores.records import Loaded, Records, lake_day
from ringlake.stores.trails import Trails

from .contacts import ProviderContacts
from .deals import Deals
from .parties import Parties, each
from .presence import Presence

# Marked records taken at a time, a few MB of documents. As long as there are more, each batch is twice
# the one before: a catch-up over a year must not write the same day's object over and over.
BATCH = 1_000
LARGEST_BATCH = 8_000
# Roll-ups that keep losing the race for one object give way; the mark brings the work back.
ATTEMPTS = 8
# The index of marked records lags behind the records (DynamoDB secondary indexes are eventually
# consistent, normally by less than a second). Freshness is stated that much earlier.
INDEX_LAG = timedelta(seconds=5)
# Kinds whose records are merged here, with the customers that they belong to.
_OF_PARTIES = frozenset({SubjectKind.CALL, SubjectKind.MESSAGE, SubjectKind.PARTY})


class Part(Protocol):
    """What the roll-up does with subjects of one kind that are neither calls nor messages.

    All of it may happen again after a crash, and in two runs at once: the marks of the rows are cleared
    only when everything was done for the version that was loaded.
    """

    def turn(self) -> None:
        """In every run, also an idle one, before the marks are read: what hangs on the clock alone.

        Once, and once more when a UTC day begins while the run lasts.
        """
        ...

    def take(self, rows: Sequence[Loaded]) -> None:
        """Marked records of the kind: put them where derivations find them (a trail, another store)."""
        ...

    def days(self, row: Loaded) -> set[str]:
        """UTC days (`YYYY-MM-DD`) that have to be derived because this record is marked; none is fine."""
        ...

    def derive(self, day: str, calls: Sequence[str] = ()) -> None:
        """Bring the part's objects of this day up to date, with their etag read first.

        Called for `days` of the marked records, and for each day on which calls changed, with the subject
        keys of those calls and after their rows in `legs` were written. Raises `Conflict` when its races
        were lost: then nothing of the day is cleaned.
        """
        ...

    @property
    def objects(self) -> int:
        """How many objects of the lake it has written."""
        ...


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
    trails: Trails,
    marks: MarksStore,
    contacts: Contacts,
    lake: Lake,
    directory: DirectoryStore,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    batch: int = BATCH,
    at_once: int = 1,
) -> RolledUp:
    """Bring all marked records of a workspace into the lake, as long as it is before `until`.

    `at_once` writes that do not depend on each other are under way together.
    Nothing marked costs three reads. Raises `Unavailable` when a store does not answer; everything
    not finished then is still marked.
    """

    def late() -> bool:
        return until is not None and clock() >= until

    parties = Parties(workspace, records, trails, marks, contacts, directory, clock, at_once)
    deals = Deals(workspace, records, contacts, lake, directory)
    parts: dict[SubjectKind, Part] = {
        SubjectKind.PRESENCE: Presence(workspace, records, trails, lake, directory, clock),
        SubjectKind.CONTACT: ProviderContacts(workspace, records, contacts),
        SubjectKind.DEAL: deals,
    }
    run = _Run(workspace, records, marks, lake, directory, parties, deals, parts, late, at_once)
    turned: date | None = None
    while True:
        before = clock()
        if turned != utc(before).date():
            # Again when midnight has passed meanwhile: the watermark must not pass a turn of the day.
            turned = utc(before).date()
            run.turn()
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
        self,
        workspace: str,
        records: Records,
        marks: MarksStore,
        lake: Lake,
        directory: DirectoryStore,
        parties: Parties,
        deals: Deals,
        parts: dict[SubjectKind, Part],
        late: Callable[[], bool],
        at_once: int,
    ) -> None:
        self._id = workspace
        self._at_once = at_once
        self._late = late
        self._records = records
        self._marks = marks
        self._lake = lake
        self._directory = directory
        self._parties = parties
        self._deals = deals
        self._parts = parts
        self._settings: Workspace | None = None
        self._money: Exchange | None = None
        self._cleaned: set[str] = set()
        self._days: set[str] = set()
        self._objects = 0
        self._conflicts = 0
        # Days that were not begun because time was up; their subjects keep the mark.
        self.skipped = 0
        # Of the calls merged in the batch at hand: their open cases, by the call's key.
        self._left: dict[str, list[Row]] = {}
        # Subjects to be merged again, with the days that may hold an outdated row of ours.
        self.owed: dict[str, set[str]] = {}

    def result(self, *, complete: bool) -> RolledUp:
        return RolledUp(
            workspace=self._id,
            records=len(self._cleaned),
            objects=self._objects + sum(part.objects for part in self._parts.values()),
            days=len(self._days),
            conflicts=self._conflicts,
            complete=complete,
        )

    def turn(self) -> None:
        """What the clock alone brings about."""
        self._parties.turn()
        for part in self._parts.values():
            part.turn()

    def take(self, keys: list[str]) -> bool:
        """Merge these subjects; True when at least one of them is done with.

        When time is up no further day is begun, but what is owed is paid.
        """
        # Rates of exchange that were stored meanwhile count from here on: what they concern is marked after them.
        self._money = None
        done = self._merge_all(self._records.get_many(keys)) if keys else False
        for _ in range(ATTEMPTS):
            if not self.owed:
                break
            again = self._records.get_many(list(self.owed))
            self.owed = {row.key: self.owed[row.key] for row in again}
            done |= self._merge_all(again, hurry=False)
        return done

    def _merge_all(self, loaded: Iterable[Loaded], *, hurry: bool = True) -> bool:
        # A key that the lagging index still shows although it has been cleaned is left out.
        todo, overtaken = self._taken([row for row in loaded if row.dirty or row.key in self.owed])
        linked = self._deals.of_calls([row for row in todo.values() if row.deals])
        touched: dict[str, list[Loaded]] = defaultdict(list)
        days = {key: self._days_of(row) | self.owed.get(key, set()) for key, row in todo.items()}
        for key, row in todo.items():
            for day in days[key]:
                touched[day].append(row)
        versions = self._merge_days(touched, hurry=hurry)
        # Deals of the calls on other days than those; the calls keep their mark until their rows are right.
        for day, calls in sorted(linked.items()):
            if not self._derive_deals(day):
                for key in calls:
                    versions[key].add(_NOT_WRITTEN)

        done = False
        self.owed |= {key: self.owed.get(key, set()) for key in overtaken}
        written_rows = [row for row in todo.values() if versions[row.key] <= {row.version}]
        cleared = each(self._clean, written_rows, self._at_once)
        clean = {row.key for row, was_cleared in zip(written_rows, cleared, strict=True) if was_cleared}
        for row in todo.values():
            self.owed.pop(row.key, None)
            if row.key in clean:
                self._cleaned.add(row.key)
                done = True
            elif versions[row.key] != {_NOT_WRITTEN} or not self.skipped:
                self.owed[row.key] = days[row.key]
        # Calls whose rows tell of deals that changed are written in the same run.
        self.owed |= {key: self.owed.get(key, set()) for key in self._deals.concerned()}
        return done

    def _merge_days(self, touched: Mapping[str, list[Loaded]], *, hurry: bool) -> dict[str, set[int]]:
        """Merge the subjects of each day into its objects; the versions written per subject."""
        versions: dict[str, set[int]] = defaultdict(set)
        has_calls = any(isinstance(row.record, CallRecord) for rows in touched.values() for row in rows)
        left_open = self._stored_open() if has_calls else None
        self._left = {}
        for day, rows in sorted(touched.items()):
            skip = hurry and self._late()
            self.skipped += skip
            written = {} if skip else self._merge_day(day, rows)
            for row in rows:
                versions[row.key].add(written.get(row.key, _NOT_WRITTEN))
        if left_open is not None and not self._keep_open(left_open):
            for key in self._left:
                versions[key].add(_NOT_WRITTEN)
        return versions

    def _taken(self, rows: Sequence[Loaded]) -> tuple[dict[str, Loaded], list[str]]:
        """These subjects and the neighbours that change with them, each with what is beside it now; and the keys
        of those that were overtaken.
        """
        of_kind: dict[SubjectKind, list[Loaded]] = defaultdict(list)
        for row in rows:
            kind = Subject.from_key(row.key).kind
            of_kind[SubjectKind.CALL if kind in _OF_PARTIES else kind].append(row)
        settled = self._parties.settle(of_kind.pop(SubjectKind.CALL, []))
        todo = {row.key: row for row in settled.rows}
        for kind, taken in of_kind.items():
            if kind in self._parts:
                self._parts[kind].take(taken)
            todo |= {row.key: row for row in taken}
        return todo, settled.overtaken

    def _derive_deals(self, day: str) -> bool:
        """False when the races for the day's object were lost."""
        try:
            self._deals.derive(day)
        except Conflict:
            return False
        return True

    def _clean(self, row: Loaded) -> bool:
        return self._records.clean(row, _day_in_lake(row), self._parties.settled(row))

    def _days_of(self, row: Loaded) -> set[str]:
        if isinstance(row.record, Interaction):
            return _days_of(row)
        part = self._parts.get(Subject.from_key(row.key).kind)
        return part.days(row) if part else set()

    def _merge_day(self, day: str, rows: list[Loaded]) -> dict[str, int]:
        """Merge these subjects into the day's objects; the version written per subject.

        Empty when the races for the day's objects were lost.
        """
        self._days.add(day)
        calls = [row.key for row in rows if isinstance(row.record, CallRecord)]
        messages = [r.key for r in rows if isinstance(r.record, Interaction) and not isinstance(r.record, CallRecord)]
        others = {row.key: row.version for row in rows if not isinstance(row.record, Interaction)}
        try:
            written = {}
            if calls or messages:
                written = self._merge(day, calls, messages)
                self._derive_activity(day)
            if calls or others:
                for part in self._parts.values():
                    part.derive(day, calls)
        except Conflict:
            return {}
        return written | others

    def _merge(self, day: str, calls: list[str], messages: list[str]) -> dict[str, int]:
        """The rows of these subjects in the tables of their kinds; charges are of both."""
        keys = [*calls, *messages]
        of_calls = _record_ids(calls)
        gone = {MESSAGES.name: _record_ids(messages), CHARGES.name: _charged_ids(keys)}
        tables = (*((CALLS, LEGS, CASES) if calls else ()), *((MESSAGES,) if messages else ()), CHARGES)
        for _ in range(ATTEMPTS):
            stored = [self._lake.stored(table, self._id, day) for table in tables]
            loaded = [row for row in self._records.get_many(keys) if isinstance(row.record, Interaction)]
            here = [row for row in loaded if _day_in_lake(row) == day]
            shown = [row for row in loaded if _day_in_lake(row)]
            said = self._marks.get(self._id, [row.record.record_id for row in shown if row.record and row.marked])
            deals = self._deals.counted([row for row in here if row.deals])
            try:
                for table, before in zip(tables, stored, strict=True):
                    fresh = [
                        line
                        for row in here
                        if isinstance(row.record, Interaction)
                        for line in self._rows(table, row, row.record, said, deals)
                    ]
                    if before.body is not None or fresh:
                        ids = gone.get(table.name, of_calls)
                        self._replace(table, day, merged(table, before.body, ids, as_rows(table, fresh)), before)
            except Conflict:
                self._conflicts += 1
                continue
            self._left |= self._open_of(calls, shown, said)
            return {row.key: row.version for row in loaded}
        raise Conflict(day)

    def _stored_open(self) -> Stored:
        return self._lake.stored(OPEN_CASES, self._id, ALL_DAYS)

    def _open_of(self, keys: Iterable[str], shown: Iterable[Loaded], said: Mapping[str, Marks]) -> dict[str, list[Row]]:
        """The open case of each of these calls, if it has one; of whatever day, so that a case that moves stays."""
        left: dict[str, list[Row]] = {key: [] for key in keys}
        for row in shown:
            if isinstance(row.record, CallRecord):
                marks = said.get(row.record.record_id)
                left[row.key] = open_case_rows(row.record, self._workspace, row.consequences, marks)
        return left

    def _keep_open(self, before: Stored) -> bool:
        """Bring the open cases of all days up to date, once for all calls that were merged since `before` was read.

        False when the races for the object were lost.
        """
        for _ in range(ATTEMPTS if self._left else 0):
            try:
                self._write_open(before)
            except Conflict:
                self._conflicts += 1
                # Whoever wrote meanwhile may have loaded later: what goes in has to be loaded after what is there.
                before = self._stored_open()
                shown = [row for row in self._records.get_many(list(self._left)) if _day_in_lake(row)]
                said = self._marks.get(self._id, [row.record.record_id for row in shown if row.record and row.marked])
                self._left = self._open_of(self._left, shown, said)
                continue
            return True
        return not self._left

    def _write_open(self, before: Stored) -> None:
        ids = [Subject.from_key(key).record_id for key in self._left]
        fresh = as_rows(OPEN_CASES, [row for rows in self._left.values() for row in rows])
        if before.body is None:
            days = list(self._lake.days(CASES, self._id))
            if not days:
                return
            # The first case of all, or a lake that is older than this object.
            body = merged(OPEN_CASES, self._open_on(days), ids, fresh)
        elif len(fresh) or held(OPEN_CASES, before.body, ids):
            body = merged(OPEN_CASES, before.body, ids, fresh)
        else:
            return
        self._replace(OPEN_CASES, ALL_DAYS, body, before)

    def _open_on(self, days: Iterable[str]) -> bytes:
        """The object as these days of `cases` make it."""
        found: list[Row] = []
        for day in days:
            rows = [row for row in self._lake.read(CASES, self._id, day).rows.to_pylist() if row["is_open"]]
            if rows:
                legs = self._lake.read(LEGS, self._id, day, ["record_id", "row_kind", "user_id"]).rows.to_pylist()
                rang: dict[str, list[str]] = defaultdict(list)
                for leg in legs:
                    if leg["row_kind"] == "leg":
                        rang[leg["record_id"]].append(leg["user_id"])
                found += reopened(rows, rang)
        return to_parquet(OPEN_CASES, as_rows(OPEN_CASES, found))

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

    def _rows(
        self,
        table: Table,
        row: Loaded,
        record: Interaction,
        said: Mapping[str, Marks],
        deals: Mapping[str, Sequence[DealRecord]],
    ) -> list[Row]:
        means, marks = row.consequences, said.get(record.record_id)
        if table is CHARGES:
            return charge_rows(record, self._workspace, means, self._exchange)
        if not isinstance(record, CallRecord):
            return [message_row(record, self._workspace, means, self._exchange)] if table is MESSAGES else []
        if table is LEGS:
            return leg_rows(record)
        if table is CASES:
            return case_rows(record, self._workspace, means, marks)
        if table is CALLS:
            return [call_row(record, self._workspace, means, marks, deals.get(row.key, ()), self._exchange)]
        return []

    @property
    def _exchange(self) -> Exchange:
        """Rates are read when something was charged in another currency. They change before records are marked."""
        if self._money is None:

            def stored(year: int) -> YearRates:
                return self._directory.find(self._id, YearRates, str(year)) or no_rates(year)

            self._money = Exchange(self._workspace.currency, stored)
        return self._money

    @property
    def _workspace(self) -> Workspace:
        if self._settings is None:
            self._settings = self._directory.settings(self._id)
        return self._settings


_NOT_WRITTEN = -1


def _record_ids(keys: Iterable[str]) -> list[str]:
    return [Subject.from_key(key).record_id for key in keys]


def _charged_ids(keys: Iterable[str]) -> list[str]:
    """What rows of `charges` are found by: a call and a text may have the same id."""
    subjects = (Subject.from_key(key) for key in keys)
    return [interaction(subject.kind, subject.record_id) for subject in subjects]


def _day_in_lake(row: Loaded) -> str:
    """The day that holds the record's rows; "" for what has none: a part of another call (features.md F21), the
    same call told by another connection (demands.md D23), and subjects that are no calls or messages.
    """
    record = row.record
    if isinstance(record, DealRecord):
        return lake_day(record)
    if not isinstance(record, Interaction) or row.consequences.twin_of:
        return ""
    if isinstance(record, CallRecord) and record.part_of:
        return ""
    return lake_day(record)


def _days_of(row: Loaded) -> set[str]:
    """Days whose objects have to be merged: where the record is and where it may have been before.

    The day of a part of another call is among them: until it became one it may have had rows there
    that no mark was cleared for.
    """
    return {*row.lake_days, lake_day(row.record)} if row.record else set(row.lake_days)
