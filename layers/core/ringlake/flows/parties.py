"""Customers: what their records mean for each other, put beside each of them (design section 5, Fold).

A customer's records are found by a trail (`stores/trails.py`): an entry per record, at the place that
its start gives it. An entry only names the record; what counts is read from the records. One that has
moved since is left where it was, and counts only where it is now: to take an entry out could undo
what somebody else has put there in the same moment. `fold/recovery.py` works out the consequences.

Why no change is ever lost, whatever happens at once (ADR 0043):

* The mark of a record that changed stays until its customer was settled and its row written. Whoever
  settles loads the marked records first, puts their places into the trail, then reads the trail, then
  the other records. So of two who settle the same customer at once, at least one sees both changes.
* Consequences are written on condition that the item is still the version that was loaded, and they
  mark it. Whoever finds a neighbour marked writes to it too, so that another who is at it begins again.
* A settling that wrote to neighbours begins again with them in its batch: what an older view of a third
  one had brought about is then put right, or is still marked.
* A record that moves to another customer remembers those that it left until they have been settled
  without it (`Loaded.left`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from ringlake.fold.recovery import alone, consequences_of, touch_of
from ringlake.model.base import Model, to_json
from ringlake.model.consequences import Consequences
from ringlake.model.contacts import Contact
from ringlake.model.directory import Connection, Workspace
from ringlake.model.marks import Marks
from ringlake.model.records import Interaction
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.stores.contacts import Contacts
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.marks import MarksStore
from ringlake.stores.records import Loaded, Records, is_live, party_place
from ringlake.stores.trails import Trails

# A number with more records than this is a switchboard or a machine: of those before, nothing is read
# again, and the number of contacts counts as unknown.
LONGEST_HISTORY = 1_000
# Settlings of one batch that keep being overtaken give way; the marks bring the work back.
ATTEMPTS = 8
# A connection's option `max_live_s`: older live calls must have ended unheard (demands.md D22).
MAX_LIVE = timedelta(hours=4)
SHORTEST_MAX_LIVE = timedelta(hours=1)
# More digits of that option are longer than any call: thirty years.
DIGITS = 9


class Member(Model, frozen=True, kw_only=True):
    """An entry of a customer's trail: the subject key of one of its records."""

    key: str


class Settled(NamedTuple):
    """`rows` with what is now beside them, under the version that says so; `overtaken` were changed by
    somebody else again and again.
    """

    rows: list[Loaded]
    overtaken: list[str]


def each[A, B](work: Callable[[A], B], items: Sequence[A], at_once: int) -> list[B]:
    """The results in order; several at once where every item is a request of its own."""
    if at_once < 2 or len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(work, items))


def party_trail(workspace: str, party_key: str) -> str:
    return f"{workspace}#party#{party_key}"


class Parties:
    """The customers of one workspace during one roll-up."""

    def __init__(
        self,
        workspace: str,
        records: Records,
        trails: Trails,
        marks: MarksStore,
        contacts: Contacts,
        directory: DirectoryStore,
        clock: Callable[[], datetime],
        at_once: int = 1,
    ) -> None:
        self._id = workspace
        self._at_once = at_once
        self._records = records
        self._trails = trails
        self._marks = marks
        self._contacts = contacts
        self._directory = directory
        self._clock = clock
        self._settings: Workspace | None = None
        self._connections: dict[str, Connection | None] = {}

    def turn(self) -> None:
        """Mark calls whose end was never heard (demands.md D22)."""
        old = self._records.live(self._id, self._clock() - SHORTEST_MAX_LIVE)
        if old:
            gone = [row.key for row in self._records.get_many(old) if self._is_stale(row)]
            self._records.mark(self._id, gone)

    def settle(self, rows: Sequence[Loaded]) -> Settled:
        """Put beside these records, and all others of their customers, what they mean for each other.

        The result has the rows given and those others that changed by it, which are marked now. A record
        whose change is nothing to its customer (a recording, a cost) was settled before.
        """
        batch = {row.key: row for row in rows}
        todo = {row.key for row in rows if row.left or not row.settled or row.settled != self.settled(row)}
        for _ in range(ATTEMPTS):
            if not todo:
                return Settled(list(batch.values()), [])
            noted, lost = self._once(batch, todo)
            todo = (set(noted) - set(batch)) | lost
            batch |= noted
            if lost:
                batch |= {row.key: row for row in self._records.get_many(sorted(lost))}
        late = {party for key in todo if key in batch for party in _parties_of(batch[key])}
        overtaken = todo | {row.key for row in batch.values() if late & _parties_of(row)}
        return Settled([row for row in batch.values() if row.key not in overtaken], sorted(overtaken))

    def settled(self, row: Loaded) -> str:
        """What of a record counts for its customer, and whether it lasts too long; kept when its mark is cleared."""
        if not isinstance(row.record, Interaction):
            return ""
        counts = (party_place(row.record), touch_of(row.key, row.record), self._is_stale(row))
        return hashlib.sha256(to_json(counts)).hexdigest()[:16]

    def _once(self, batch: Mapping[str, Loaded], todo: Iterable[str]) -> tuple[dict[str, Loaded], set[str]]:
        """One settling of the customers of these rows: rows with new consequences, keys that were overtaken."""
        chosen = [batch[key] for key in sorted(todo)]
        histories = self._histories(chosen)
        keys = {key for history in histories.values() for key in history.places.values()}
        others = {row.key: row for row in self._records.get_many(sorted(keys - set(batch)))}
        known = {**others, **batch}
        # What an entry leads to may have moved to a customer who is not looked at now.
        here = {key: known[key] for key in keys & set(known) if _party_of(known[key]) in histories}
        concerned = here | {row.key: row for row in chosen}
        people = [row for row in concerned.values() if isinstance(row.record, Interaction)]
        marks = self._marks.get(self._id, [r.record.record_id for r in people if r.record and r.marked])
        names = self._contacts.by_party(self._id, histories)
        found: dict[str, Consequences] = {}
        for party, history in histories.items():
            found |= self._of_party(party, history, known, marks, names.get(party, []))
        changed = []
        for row in people:
            means = found.get(row.key) or self._of_one(row, marks, names)
            means = msgspec.structs.replace(means, stale=self._is_stale(row))
            if means != row.consequences or (row.dirty and row.key not in batch):
                changed.append((row, means))
        now = each(lambda change: self._records.note(*change), changed, self._at_once)
        noted = {row.key: row for row in now if row is not None}
        return noted, {row.key for row, _ in changed} - set(noted)

    def _of_party(
        self,
        party: str,
        history: _History,
        known: Mapping[str, Loaded],
        marks: Mapping[str, Marks],
        names: Sequence[Contact],
    ) -> dict[str, Consequences]:
        touches = []
        for place, key in history.places.items():
            row = known.get(key)
            if row and isinstance(row.record, Interaction) and party_place(row.record) == f"{party}/{place}":
                touches.append(touch_of(key, row.record))
        found = consequences_of(touches, marks, self._workspace, whole=history.whole)
        return {key: _named(means, names) for key, means in found.items()}

    def _of_one(self, row: Loaded, marks: Mapping[str, Marks], names: Mapping[str, Sequence[Contact]]) -> Consequences:
        """A record that is in no history, or so far back in a long one that what it has stays."""
        if not isinstance(row.record, Interaction):
            return row.consequences
        means = alone(row.record, marks.get(row.record.record_id))
        party = _party_of(row)
        if party and row.consequences != Consequences():
            means = msgspec.structs.replace(row.consequences, labels=means.labels or row.consequences.labels)
        return _named(means, names.get(party, []))

    # --- histories

    def _histories(self, rows: Sequence[Loaded]) -> dict[str, _History]:
        """The history of every customer that these rows belong to, have belonged to, or are the mark of."""
        places: dict[str, dict[str, str]] = {party: {} for row in rows for party in _parties_of(row)}
        for row in rows:
            if row.record is not None and (own := party_place(row.record)):
                party, _, place = own.partition("/")
                places[party][place] = row.key
        read = self._read(sorted(places))
        missing = {
            party: {p: k for p, k in own.items() if p not in read[party].places} for party, own in places.items()
        }
        entries = [
            (party_trail(self._id, party), place, Member(key=key))
            for party, new in missing.items()
            for place, key in new.items()
        ]
        each(lambda entry: self._trails.put(*entry), entries, self._at_once)
        # What somebody else has put meanwhile must be seen by one of the two: put first, read afterwards.
        return read | self._read(sorted(party for party, new in missing.items() if new))

    def _read(self, parties: Sequence[str]) -> dict[str, _History]:
        trails = [party_trail(self._id, party) for party in parties]
        found = self._trails.read_many(trails, Member, newest=LONGEST_HISTORY + 1)
        return {
            party: _History(
                places={entry.place: entry.document.key for entry in entries[-LONGEST_HISTORY:]},
                whole=len(entries) <= LONGEST_HISTORY,
            )
            for party, entries in zip(parties, found, strict=True)
        }

    # --- live calls

    def _is_stale(self, row: Loaded) -> bool:
        if row.record is None or not is_live(row.record):
            return False
        age = self._clock() - row.record.started_at
        return age >= SHORTEST_MAX_LIVE and age >= self._max_live(row.record.connection)

    def _max_live(self, connection_id: str) -> timedelta:
        if connection_id not in self._connections:
            self._connections[connection_id] = self._directory.find(self._id, Connection, connection_id)
        connection = self._connections[connection_id]
        option = connection.options.get("max_live_s", "") if connection else ""
        if not option.isdecimal():
            return MAX_LIVE
        # More than a timedelta can hold means never; it must not stop the roll-up.
        return max(timedelta(seconds=int(option)), SHORTEST_MAX_LIVE) if len(option) <= DIGITS else timedelta.max

    @property
    def _workspace(self) -> Workspace:
        if self._settings is None:
            self._settings = self._directory.settings(self._id)
        return self._settings


class _History(NamedTuple):
    """Keys of a customer's records by their place, in time order; not `whole` when older ones were left out."""

    places: dict[str, str]
    whole: bool


def _parties_of(row: Loaded) -> set[str]:
    """The customers whose history this row is or was in, or whose mark it is."""
    subject = Subject.from_key(row.key)
    return {_party_of(row), *row.left, subject.id if subject.kind is SubjectKind.PARTY else ""} - {""}


def _party_of(row: Loaded) -> str:
    """The customer in whose history the record is, "" when it is in none."""
    return party_place(row.record).partition("/")[0] if row.record else ""


def _named(means: Consequences, names: Sequence[Contact]) -> Consequences:
    """The contact changed last, and how many others have the number (features.md W7)."""
    shown = names[0] if names else None
    return msgspec.structs.replace(
        means,
        contact_id=shown.id if shown else "",
        contact_name=shown.name if shown else "",
        contacts_more=max(len(names) - 1, 0),
    )
