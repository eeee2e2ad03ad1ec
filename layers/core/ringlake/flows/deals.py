"""Deals in the lake: quotes and orders, with the call and the customer that they came of (features.md W11, W29).

The roll-up's part for records of deals. A deal's row shows the customer, the number and the team of its call,
and the call's row whether it ended in a sale; so each has to be written again when the other changes:

* A call has the ids of the deals that name it noted at its record, also before it is known itself
  (`Records.attach`). Whoever writes the call's row derives the rows of those deals too.
* A deal's row that says anything else about its call than the one it replaces (another call, an order now)
  marks both calls before it is written.

A deal names a call; what counts is the call that this one is a part of, or that tells of the same call
better (demands.md D20, D23).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ringlake.errors import Conflict
from ringlake.metrics.rows import deal_row
from ringlake.model.calls import CallRecord
from ringlake.model.consequences import Consequences
from ringlake.model.deals import LONGEST_ID, DealRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import DEALS
from ringlake.stores.contacts import Contacts
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.lake import Lake, Stored, as_rows, from_parquet, merged
from ringlake.stores.records import Loaded, Records, lake_day

ATTEMPTS = 8
# From a part to its call, and from there to the record of another connection.
HOPS = 4


def subject_key(workspace: str, kind: SubjectKind, record_id: str) -> str:
    """Key of the subject with this record id; "" for an id that is none."""
    connection, colon, subject_id = record_id.partition(":")
    if not colon or not connection or not subject_id or "#" in connection or len(record_id.encode()) > LONGEST_ID:
        return ""
    return Subject(workspace=workspace, kind=kind, connection=connection, id=subject_id).key


def homes(workspace: str, records: Records, call_ids: Iterable[str]) -> dict[str, Loaded]:
    """The call that counts for each of these record ids, as far as it is known."""
    found: dict[str, Loaded] = {}
    asked = {call_id: subject_key(workspace, SubjectKind.CALL, call_id) for call_id in call_ids}
    for _ in range(HOPS):
        asked = {call_id: key for call_id, key in asked.items() if key}
        if not asked:
            break
        rows = {row.key: row for row in records.get_many(sorted(set(asked.values())))}
        following: dict[str, str] = {}
        for call_id, key in asked.items():
            row = rows.get(key)
            if row is None or not isinstance(row.record, CallRecord):
                continue
            found[call_id] = row
            following[call_id] = _counts_for(row.record, row.consequences)
        asked = {call_id: subject_key(workspace, SubjectKind.CALL, above) for call_id, above in following.items()}
    return found


def _counts_for(record: CallRecord, means: Consequences) -> str:
    """Record id of the call that this one is a part of, or that tells of it better; "" when it is that call.

    A part knows its call by the provider's id: both are of one connection.
    """
    return f"{record.connection}:{record.part_of}" if record.part_of else means.twin_of


def counted(workspace: str, records: Records, calls: Sequence[Loaded]) -> dict[str, list[DealRecord]]:
    """The deals that count for each of these calls, by the call's key."""
    ids = {deal for row in calls for deal in row.deals}
    keys = {subject_key(workspace, SubjectKind.DEAL, deal) for deal in ids} - {""}
    if not keys:
        return {}
    rows = records.get_many(sorted(keys))
    deals = [row.record for row in rows if isinstance(row.record, DealRecord) and row.record.call]
    home = homes(workspace, records, {deal.call for deal in deals})
    found: dict[str, list[DealRecord]] = defaultdict(list)
    for deal in deals:
        if deal.call in home:
            found[home[deal.call].key].append(deal)
    return found


class Deals:
    """One run's work over one workspace."""

    def __init__(
        self, workspace: str, records: Records, contacts: Contacts, lake: Lake, directory: DirectoryStore
    ) -> None:
        self._id = workspace
        self._records = records
        self._contacts = contacts
        self._lake = lake
        self._directory = directory
        # Keys of the deals whose rows have to be derived, by day.
        self._wanted: dict[str, set[str]] = defaultdict(set)
        self._concerned: set[str] = set()
        self.objects = 0

    def turn(self) -> None:
        """Nothing hangs on the clock."""

    def take(self, rows: Sequence[Loaded]) -> None:
        """Note the deals at their calls. Raises `Unavailable`."""
        named: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            for day in self.days(row):
                self._wanted[day].add(row.key)
            if isinstance(row.record, DealRecord) and (key := self._call(row.record.call)):
                named[key].add(row.record.record_id)
        known = {row.key: set(row.deals) for row in self._records.get_many(sorted(named))}
        for key, deals in named.items():
            if not deals <= known.get(key, set()):
                self._attach(key, deals)

    def days(self, row: Loaded) -> set[str]:
        return {*row.lake_days, lake_day(row.record)} if row.record else set(row.lake_days)

    def of_calls(self, calls: Sequence[Loaded]) -> dict[str, set[str]]:
        """Have the deals of these calls derived: the calls' keys by the day of their deals."""
        by_deal: dict[str, set[str]] = defaultdict(set)
        for row in calls:
            for deal in row.deals:
                by_deal[subject_key(self._id, SubjectKind.DEAL, deal)].add(row.key)
        by_deal.pop("", None)
        found: dict[str, set[str]] = defaultdict(set)
        for row in self._records.get_many(sorted(by_deal)) if by_deal else ():
            for day in self.days(row):
                self._wanted[day].add(row.key)
                found[day] |= by_deal[row.key]
        return found

    def counted(self, calls: Sequence[Loaded]) -> dict[str, list[DealRecord]]:
        """The deals that count for each of these calls, by the call's key."""
        return counted(self._id, self._records, calls)

    def concerned(self) -> set[str]:
        """Keys of the calls that were marked since this was asked last."""
        found, self._concerned = self._concerned, set()
        return found

    def derive(self, day: str, calls: Sequence[str] = ()) -> None:
        """Bring the rows of the deals that are waiting on this day up to date. Raises `Conflict`."""
        del calls
        keys = sorted(self._wanted.pop(day, ()))
        for _ in range(ATTEMPTS if keys else 0):
            before = self._lake.stored(DEALS, self._id, day)
            rows = [
                row
                for row in self._records.get_many(keys)
                if isinstance(row.record, DealRecord) and lake_day(row.record) == day
            ]
            fresh = self._rows([row.record for row in rows if isinstance(row.record, DealRecord)])
            self._tell_calls(before, [Subject.from_key(key).record_id for key in keys], fresh)
            if before.body is None and not fresh:
                return
            gone = [Subject.from_key(key).record_id for key in keys]
            body = merged(DEALS, before.body, gone, as_rows(DEALS, fresh))
            if body == before.body:
                return
            try:
                self._lake.replace(DEALS, self._id, day, body, before.etag)
            except Conflict:
                continue
            self.objects += 1
            return
        if keys:
            raise Conflict(f"{DEALS.name} {day}")

    def _rows(self, deals: Sequence[DealRecord]) -> list[dict[str, object]]:
        if not deals:
            return []
        workspace = self._directory.settings(self._id)
        calls = homes(self._id, self._records, {deal.call for deal in deals if deal.call})
        contacts = self._contacts.get_many(self._id, sorted({d.contact_id for d in deals if d.contact_id}))
        found = []
        for deal in deals:
            row, contact = calls.get(deal.call), contacts.get(deal.contact_id)
            call = row.record if row and isinstance(row.record, CallRecord) else None
            shown = contact if contact and contact.deleted_at is None else None
            if row:
                found.append(deal_row(deal, workspace, call, row.consequences, shown))
            else:
                found.append(deal_row(deal, workspace, contact=shown))
        return found

    def _tell_calls(self, before: Stored, deals: Sequence[str], fresh: Sequence[Mapping[str, object]]) -> None:
        """Mark the calls whose rows have to tell something else now: before the deals' rows are written, so that
        a run that ends in between finds the difference again.
        """
        old: dict[object, tuple[object, object]] = {}
        if before.body is not None:
            columns = ["record_id", "call_id", "is_order"]
            for row in from_parquet(DEALS, before.body, columns).to_pylist():
                old[row["record_id"]] = (row["call_id"], row["is_order"])
        new = {row["record_id"]: (row["call_id"], row["is_order"]) for row in fresh}
        for deal in deals:
            if old.get(deal) == new.get(deal):
                continue
            for call_id in {str(told[0]) for told in (old.get(deal), new.get(deal)) if told}:
                if key := self._call(call_id):
                    self._attach(key, {deal})

    def _attach(self, key: str, deals: set[str]) -> None:
        self._records.attach(self._id, key, deals)
        self._concerned.add(key)

    def _call(self, record_id: str) -> str:
        return subject_key(self._id, SubjectKind.CALL, record_id)
