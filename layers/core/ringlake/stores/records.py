"""The records: the folded current state of each subject (design section 4).

Beside a record stands what other records mean for it (`Consequences`). Every change of either raises
the item's `version`, so that a roll-up knows whether what it wrote to the lake is still what is there.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Any, Protocol

import msgspec

from ringlake.errors import Conflict
from ringlake.model.base import Model, to_json, utc
from ringlake.model.calls import CallRecord
from ringlake.model.consequences import Consequences
from ringlake.model.facts import Direction
from ringlake.model.presence import PresenceRecord
from ringlake.model.records import RECORDS, Interaction
from ringlake.model.records import Record as Record  # noqa: PLC0414 - whoever stores one needs its type
from ringlake.model.subjects import Subject

from .clients import batch_get, client, translated
from .packing import pack, unpack


def etag_of(record: Record) -> str:
    """Digest of a record's content: equal records have equal etags."""
    return hashlib.sha256(to_json(record)).hexdigest()[:32]


class Loaded(Model, frozen=True, kw_only=True):
    """A subject's record as stored, with its bookkeeping. A subject that was only marked has no record.

    `links` are ids of other subjects of the same kind and connection that are part of this one.
    `lake_days` are the UTC days under which the lake holds the record (two while it moves).
    `left` are the customers whose history it has left and that were not settled since (party keys).
    `version` rises with every change of the item; `dirty` says that the lake does not have it yet.
    `marked` says that `mark` was ever called: only then can people have said something about the record.
    `settled` is what whoever cleaned it last gave; `mark` and `note` take it away, a new record does not.
    `deals` are record ids of deals that name this call, or did once; what counts, their records say.
    """

    key: str
    record: Record | None = None
    etag: str = ""
    links: tuple[str, ...] = ()
    lake_days: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    consequences: Consequences = Consequences()
    version: int = 0
    dirty: bool = False
    marked: bool = False
    settled: str = ""
    deals: tuple[str, ...] = ()


def lake_day(record: Record) -> str:
    """The lake's partition of a record: the UTC day of `started_at`."""
    return record.started_at.date().isoformat()


def party_place(record: Record) -> str:
    """Where the record stands among those of its customer, as `<party key>/<place>`; "" when it has no part
    in any customer's history: withheld numbers, parts of another call, internal calls.

    Places order by start and hold nothing personal.
    """
    if not isinstance(record, Interaction) or not record.party_key or record.direction is Direction.INTERNAL:
        return ""
    if isinstance(record, CallRecord) and not record.counts_as_call:
        return ""
    at = utc(record.started_at).isoformat(timespec="milliseconds")
    own = hashlib.sha256(f"{type(record).__name__}\0{record.record_id}".encode()).hexdigest()[:16]
    return f"{record.party_key}/{at}#{own}"


def days_left(previous: Loaded, record: Record) -> tuple[str, ...]:
    """Days under which the lake may still hold the record once `record` replaces `previous`."""
    left = set(previous.lake_days)
    if previous.record and lake_day(previous.record) != lake_day(record):
        left.add(lake_day(previous.record))
    return tuple(sorted(left))


def parties_left(previous: Loaded, record: Record) -> tuple[str, ...]:
    """Customers for whom the record may still count once `record` replaces `previous`."""
    before = party_place(previous.record) if previous.record else ""
    return tuple(sorted({*previous.left, before.partition("/")[0]} - {party_place(record).partition("/")[0], ""}))


def is_live(record: Record) -> bool:
    """Whether the live board shows it: a customer's call that lasts; parts and classifier rows never."""
    return isinstance(record, CallRecord) and record.live is not None and record.counts_as_call


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
        """Rows of these subject keys, strongly consistent, without links; those with neither a record nor a mark
        are left out.
        """
        ...

    def mark(self, workspace: str, keys: Iterable[str]) -> None:
        """Mark subjects dirty although their records are what they were: something beside them has changed.

        A subject without a record (a party) can be marked too.
        """
        ...

    def attach(self, workspace: str, key: str, deals: Iterable[str]) -> None:
        """Note at a call that these deals name it, and mark it dirty. The call need not be known yet; what was
        noted before stays.
        """
        ...

    def note(self, loaded: Loaded, consequences: Consequences) -> Loaded | None:
        """Put consequences beside the record if it is still the version loaded, and mark it dirty.

        The row as it now is; None when it changed meanwhile. With `stale` it leaves the live calls.
        """
        ...

    def clean(self, loaded: Loaded, day: str, settled: str = "") -> bool:
        """After the lake was written: clear the dirty mark and set lake_days to (day,) if the item is still
        the version loaded; False (and still dirty) when it changed meanwhile. `settled` is kept beside it.
        """
        ...

    def live(self, workspace: str, before: datetime | None = None) -> list[str]:
        """Keys of subjects whose call has not ended, oldest first; with `before` those that began earlier."""
        ...

    def reported(self, workspace: str, since: datetime) -> list[str]:
        """Keys of presence subjects (an account and a UTC day) of days that began at `since` or later, oldest first."""
        ...


class MemoryRecords:
    """The twin."""

    def __init__(self) -> None:
        self.rows: dict[str, Loaded] = {}
        self.linked: dict[str, set[str]] = defaultdict(set)
        self.dirt: set[str] = set()
        self._lock = Lock()

    def load(self, subject: Subject) -> Loaded:
        row = self._row(subject.key)
        return msgspec.structs.replace(row, links=tuple(sorted(self.linked[subject.key])))

    def link(self, parent: Subject, child_id: str) -> None:
        self.linked[parent.key].add(child_id)

    def put(self, subject: Subject, record: Record, previous: Loaded) -> Write:
        with self._lock:
            row = self._row(subject.key)
            if row.etag != previous.etag or (row.record and row.record.revision > record.revision):
                return Write.SUPERSEDED
            self._change(
                row,
                record=record,
                etag=etag_of(record),
                lake_days=days_left(row, record),
                left=parties_left(row, record),
            )
            return Write.WRITTEN

    def dirty(self, workspace: str, limit: int) -> list[str]:
        return sorted(k for k in self.dirt if k.startswith(f"{workspace}#"))[:limit]

    def get_many(self, keys: Sequence[str]) -> list[Loaded]:
        rows = (self._row(key) for key in dict.fromkeys(keys))
        return [row for row in rows if row.record is not None or row.dirty]

    def mark(self, workspace: str, keys: Iterable[str]) -> None:
        for key in keys:
            if Subject.from_key(key).workspace != workspace:
                raise ValueError("a subject of another workspace")
            with self._lock:
                self._change(self._row(key), marked=True, settled="")

    def attach(self, workspace: str, key: str, deals: Iterable[str]) -> None:
        if Subject.from_key(key).workspace != workspace:
            raise ValueError("a subject of another workspace")
        with self._lock:
            row = self._row(key)
            self._change(row, deals=tuple(sorted({*row.deals, *deals})))

    def note(self, loaded: Loaded, consequences: Consequences) -> Loaded | None:
        with self._lock:
            row = self._row(loaded.key)
            if row.version != loaded.version:
                return None
            self._change(row, consequences=consequences, settled="")
            return self._row(loaded.key)

    def clean(self, loaded: Loaded, day: str, settled: str = "") -> bool:
        with self._lock:
            row = self.rows.get(loaded.key)
            if row is None or row.version != loaded.version:
                return False
            self._change(row, lake_days=(day,) if day else (), left=(), settled=settled)
            self.dirt.discard(row.key)
            return True

    def live(self, workspace: str, before: datetime | None = None) -> list[str]:
        found = [
            (r.record.started_at, k)
            for k, r in self.rows.items()
            if r.record and is_live(r.record) and not r.consequences.stale and r.record.workspace == workspace
        ]
        return [k for at, k in sorted(found) if before is None or at < before]

    def reported(self, workspace: str, since: datetime) -> list[str]:
        found = [
            (r.record.started_at, k)
            for k, r in self.rows.items()
            if isinstance(r.record, PresenceRecord) and r.record.workspace == workspace
        ]
        return [k for at, k in sorted(found) if at >= since]

    def _row(self, key: str) -> Loaded:
        return msgspec.structs.replace(self.rows.get(key, Loaded(key=key)), dirty=key in self.dirt)

    def _change(self, row: Loaded, **changed: Any) -> None:
        self.rows[row.key] = msgspec.structs.replace(row, version=row.version + 1, dirty=False, **changed)
        self.dirt.add(row.key)


_LINK = "link#"
_LIVE = ("live_ws", "live_at")
_DIRTY = ("dirty_ws", "dirty_key")


class DynamoRecords:
    """The records in one DynamoDB table.

    One item per record, `sk` = `record`, and one per link, `sk` = `link#<child>`. Two sparse
    indexes (keys only) find live calls, with what accounts said in a partition of its own, and the records
    that the lake does not have yet. An index attribute is written only when its value changes, because each
    change costs an index write: the dirty mark stays as it is until the lake has caught up.

    Items that have or had the attributes of the index `live` wake the live board (template.yaml, LiveFunction).
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def load(self, subject: Subject) -> Loaded:
        links: list[str] = []
        row = Loaded(key=subject.key)
        for item in self._pages(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": subject.key}},
            ConsistentRead=True,
        ):
            sk = item["sk"]["S"]
            if sk.startswith(_LINK):
                links.append(sk.removeprefix(_LINK))
            elif sk == "record":
                row = _row(item)
        return msgspec.structs.replace(row, links=tuple(sorted(links)))

    def link(self, parent: Subject, child_id: str) -> None:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table, Item={"pk": {"S": parent.key}, "sk": {"S": f"{_LINK}{child_id}"}}
            )

    def put(self, subject: Subject, record: Record, previous: Loaded) -> Write:
        wanted, unwanted = _attributes(subject, record, previous.consequences)
        if previous.record and lake_day(previous.record) != lake_day(record):
            wanted["lake_days"] = _texts(days_left(previous, record))
        if (left := parties_left(previous, record)) != previous.left:
            wanted["left_parties"] = _texts(left)
        names = {f"#{name}": name for name in (*wanted, *unwanted)}
        values = {f":{name}": value for name, value in wanted.items()} | _NEXT
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in wanted)
        if unwanted:
            update += " REMOVE " + ", ".join(f"#{name}" for name in unwanted)
        update += _NEXT_VERSION
        if previous.etag:
            values[":loaded"] = {"S": previous.etag}
            condition = "#etag = :loaded AND #n <= :n"
        else:
            condition = "attribute_not_exists(#etag)"
        try:
            with translated():
                client("dynamodb").update_item(
                    TableName=self._table,
                    Key=_key(subject.key),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                )
        except Conflict:
            return Write.SUPERSEDED
        return Write.WRITTEN

    def dirty(self, workspace: str, limit: int) -> list[str]:
        found = self._index("dirty", ("dirty_ws", "dirty_key"), workspace, limit=limit)
        return [item["pk"]["S"] for item in found]

    def get_many(self, keys: Sequence[str]) -> list[Loaded]:
        rows = (_row(item) for item in batch_get(self._table, [_key(key) for key in dict.fromkeys(keys)]))
        return [row for row in rows if row.record is not None or row.dirty]

    def mark(self, workspace: str, keys: Iterable[str]) -> None:
        for key in dict.fromkeys(keys):
            with translated():
                client("dynamodb").update_item(
                    TableName=self._table,
                    Key=_key(key),
                    UpdateExpression=f"SET {_MARK}, marked = :yes REMOVE settled{_NEXT_VERSION}",
                    ExpressionAttributeValues=_marked(workspace, key) | _NEXT | {":yes": {"N": "1"}},
                )

    def attach(self, workspace: str, key: str, deals: Iterable[str]) -> None:
        with translated():
            client("dynamodb").update_item(
                TableName=self._table,
                Key=_key(key),
                UpdateExpression=f"SET {_MARK}{_NEXT_VERSION}, deals :deals",
                ExpressionAttributeValues=_marked(workspace, key) | _NEXT | {":deals": {"SS": sorted(set(deals))}},
            )

    def note(self, loaded: Loaded, consequences: Consequences) -> Loaded | None:
        gone = ", ".join(("settled", *_LIVE) if consequences.stale else ("settled",))
        workspace = Subject.from_key(loaded.key).workspace
        noted = self._if_unchanged(
            loaded,
            f"SET consequences = :consequences, {_MARK} REMOVE {gone}{_NEXT_VERSION}",
            {":consequences": {"B": pack(to_json(consequences), loaded.key)}} | _marked(workspace, loaded.key) | _NEXT,
        )
        if not noted:
            return None
        return msgspec.structs.replace(
            loaded, consequences=consequences, version=loaded.version + 1, dirty=True, settled=""
        )

    def clean(self, loaded: Loaded, day: str, settled: str = "") -> bool:
        return self._if_unchanged(
            loaded,
            f"SET lake_days = :days, settled = :settled REMOVE {', '.join(_DIRTY)}, left_parties{_NEXT_VERSION}",
            {":days": _texts([day] if day else []), ":settled": {"S": settled}} | _NEXT,
        )

    def live(self, workspace: str, before: datetime | None = None) -> list[str]:
        found = self._index("live", _LIVE, workspace, below=_instant(before) if before else "")
        return [key for _, key in sorted((i["live_at"]["S"], i["pk"]["S"]) for i in found)]

    def reported(self, workspace: str, since: datetime) -> list[str]:
        found = self._index("live", _LIVE, _reporting(workspace), since=_instant(since))
        return [key for _, key in sorted((i["live_at"]["S"], i["pk"]["S"]) for i in found)]

    def _if_unchanged(self, loaded: Loaded, update: str, values: dict[str, Any]) -> bool:
        condition, compared = _unchanged(loaded)
        try:
            with translated():
                client("dynamodb").update_item(
                    TableName=self._table,
                    Key=_key(loaded.key),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values | compared,
                )
        except Conflict:
            return False
        return True

    def _index(
        self,
        index: str,
        attributes: tuple[str, str],
        value: str,
        limit: int | None = None,
        below: str = "",
        since: str = "",
    ) -> list[dict[str, Any]]:
        """Items of one partition of an index, at most `limit`; with a range below, or from, a bound."""
        found: list[dict[str, Any]] = []
        condition, names, values = "#hash = :value", {"#hash": attributes[0]}, {":value": {"S": value}}
        if below or since:
            condition += " AND #range < :bound" if below else " AND #range >= :bound"
            names["#range"] = attributes[1]
            values[":bound"] = {"S": below or since}
        for item in self._pages(
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **({"Limit": limit} if limit else {}),
        ):
            found.append(item)
            if limit and len(found) == limit:
                break
        return found

    def _pages(self, **query: Any) -> Iterator[dict[str, Any]]:
        while True:
            with translated():
                page = client("dynamodb").query(TableName=self._table, **query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


_MARK = "dirty_ws = :dirty_ws, dirty_key = :dirty_key"
_NEXT_VERSION = " ADD version :one"
_NEXT: dict[str, Any] = {":one": {"N": "1"}}


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}, "sk": {"S": "record"}}


def _marked(workspace: str, key: str) -> dict[str, Any]:
    return {":dirty_ws": {"S": workspace}, ":dirty_key": {"S": key}}


def _unchanged(loaded: Loaded) -> tuple[str, dict[str, Any]]:
    """The condition that an item is the version loaded; items of before there were versions have none."""
    if not loaded.version:
        return "attribute_exists(pk) AND attribute_not_exists(version)", {}
    return "version = :version", {":version": {"N": str(loaded.version)}}


def _texts(values: Iterable[str]) -> dict[str, Any]:
    return {"L": [{"S": value} for value in values]}


def _instant(at: datetime) -> str:
    return utc(at).isoformat(timespec="milliseconds")


def _attributes(
    subject: Subject, record: Record, consequences: Consequences = Consequences()
) -> tuple[dict[str, Any], list[str]]:
    """Attributes to set and to remove."""
    wanted: dict[str, Any] = {
        "doc": {"B": pack(to_json(record), subject.key)},
        "n": {"N": str(record.revision)},
        "etag": {"S": etag_of(record)},
        "dirty_ws": {"S": subject.workspace},
        "dirty_key": {"S": subject.key},
    }
    if isinstance(record, PresenceRecord) or (is_live(record) and not consequences.stale):
        own = _reporting(subject.workspace) if isinstance(record, PresenceRecord) else subject.workspace
        live: tuple[dict[str, Any], ...] = ({"S": own}, {"S": _instant(record.started_at)})
        return wanted | dict(zip(_LIVE, live, strict=True)), []
    return wanted, list(_LIVE)


def _reporting(workspace: str) -> str:
    """The partition of the index `live` in which a workspace's presence is found; ids of workspaces hold no `#`."""
    return f"{workspace}#presence"


def item_bytes(subject: Subject, record: Record, consequences: Consequences = Consequences()) -> int:
    """Size of the record's item as DynamoDB counts it, with one day in `lake_days` (a write unit is 1 KB)."""
    attributes, _ = _attributes(subject, record)
    attributes |= _key(subject.key) | {"lake_days": _texts([lake_day(record)]), "version": {"N": "12"}}
    if consequences != Consequences():
        attributes["consequences"] = {"B": pack(to_json(consequences), subject.key)}
    return sum(len(name) + _value_bytes(value) for name, value in attributes.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "L":
        return 3 + sum(1 + _value_bytes(part) for part in content)
    return len(content) if kind == "B" else len(content.encode())


def _row(item: dict[str, Any]) -> Loaded:
    key = item["pk"]["S"]
    consequences = item.get("consequences")
    return Loaded(
        key=key,
        record=unpack(bytes(item["doc"]["B"]), key, RECORDS[Subject.from_key(key).kind]) if "doc" in item else None,
        etag=item["etag"]["S"] if "etag" in item else "",
        lake_days=_read_texts(item, "lake_days"),
        left=_read_texts(item, "left_parties"),
        consequences=unpack(bytes(consequences["B"]), key, Consequences) if consequences else Consequences(),
        version=int(item["version"]["N"]) if "version" in item else 0,
        dirty="dirty_ws" in item,
        marked="marked" in item,
        settled=item["settled"]["S"] if "settled" in item else "",
        deals=tuple(sorted(item["deals"]["SS"])) if "deals" in item else (),
    )


def _read_texts(item: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(sorted(text["S"] for text in item.get(name, {}).get("L", [])))
