"""The records: the folded current state of each call and message (design section 4)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import StrEnum
from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import Model, to_json, utc
from ringlake.model.calls import CallRecord
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind

from .clients import batch_get, client, translated
from .packing import pack, unpack

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
            row = self.rows.get(key)
            if row is None or row.etag != etag:
                return False
            self.rows[key] = Loaded(key=key, record=row.record, etag=etag, lake_days=(day,) if day else ())
            self.dirt.discard(key)
            return True

    def live(self, workspace: str) -> list[str]:
        found = [
            (r.record.started_at, k)
            for k, r in self.rows.items()
            if r.record and is_live(r.record) and r.record.workspace == workspace
        ]
        return [k for _, k in sorted(found)]

    def of_party(self, workspace: str, party_key: str) -> list[str]:
        found = [
            (r.record.started_at, k)
            for k, r in self.rows.items()
            if r.record and party_key and r.record.workspace == workspace and r.record.party_key == party_key
        ]
        return [k for _, k in sorted(found)]


_LINK = "link#"
_LIVE = ("live_ws", "live_at")
_PARTY = ("party", "party_at")


class DynamoRecords:
    """The records in one DynamoDB table.

    One item per record, `sk` = `record`, and one per link, `sk` = `link#<child>`. Three sparse
    indexes (keys only) find live calls, the calls of a party, and the records that the lake does
    not have yet. An index attribute is written only when its value changes, because each change
    costs an index write: the dirty mark stays as it is until the lake has caught up.
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
        return Loaded(
            key=row.key, record=row.record, etag=row.etag, links=tuple(sorted(links)), lake_days=row.lake_days
        )

    def link(self, parent: Subject, child_id: str) -> None:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table, Item={"pk": {"S": parent.key}, "sk": {"S": f"{_LINK}{child_id}"}}
            )

    def put(self, subject: Subject, record: Record, previous: Loaded) -> Write:
        wanted, unwanted = _attributes(subject, record)
        if previous.record and lake_day(previous.record) != lake_day(record):
            wanted["lake_days"] = {"L": [{"S": day} for day in days_left(previous, record)]}
        names = {f"#{name}": name for name in (*wanted, *unwanted)}
        values = {f":{name}": value for name, value in wanted.items()}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in wanted)
        if unwanted:
            update += " REMOVE " + ", ".join(f"#{name}" for name in unwanted)
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
        return [_row(item) for item in batch_get(self._table, [_key(key) for key in dict.fromkeys(keys)])]

    def clean(self, key: str, etag: str, day: str) -> bool:
        try:
            with translated():
                client("dynamodb").update_item(
                    TableName=self._table,
                    Key=_key(key),
                    UpdateExpression="SET lake_days = :days REMOVE dirty_ws, dirty_key",
                    ConditionExpression="etag = :etag",
                    ExpressionAttributeValues={
                        ":etag": {"S": etag},
                        ":days": {"L": [{"S": day}] if day else []},
                    },
                )
        except Conflict:
            return False
        return True

    def live(self, workspace: str) -> list[str]:
        return self._in_time_order("live", _LIVE, workspace)

    def of_party(self, workspace: str, party_key: str) -> list[str]:
        return self._in_time_order("party", _PARTY, f"{workspace}#{party_key}") if party_key else []

    def _in_time_order(self, index: str, attributes: tuple[str, str], value: str) -> list[str]:
        found = self._index(index, attributes, value)
        return [key for _, key in sorted((i[attributes[1]]["S"], i["pk"]["S"]) for i in found)]

    def _index(
        self, index: str, attributes: tuple[str, str], value: str, limit: int | None = None
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for item in self._pages(
            IndexName=index,
            KeyConditionExpression="#hash = :value",
            ExpressionAttributeNames={"#hash": attributes[0]},
            ExpressionAttributeValues={":value": {"S": value}},
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


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}, "sk": {"S": "record"}}


def _attributes(subject: Subject, record: Record) -> tuple[dict[str, Any], list[str]]:
    """Attributes to set and to remove."""
    at = utc(record.started_at).isoformat(timespec="milliseconds")
    wanted: dict[str, Any] = {
        "doc": {"B": pack(to_json(record), subject.key)},
        "n": {"N": str(record.revision)},
        "etag": {"S": etag_of(record)},
        "dirty_ws": {"S": subject.workspace},
        "dirty_key": {"S": subject.key},
    }
    unwanted: list[str] = []
    if is_live(record):
        wanted |= dict(zip(_LIVE, ({"S": subject.workspace}, {"S": at}), strict=True))
    else:
        unwanted += _LIVE
    if record.party_key:
        wanted |= dict(zip(_PARTY, ({"S": f"{subject.workspace}#{record.party_key}"}, {"S": at}), strict=True))
    else:
        unwanted += _PARTY
    return wanted, unwanted


def item_bytes(subject: Subject, record: Record) -> int:
    """Size of the record's item as DynamoDB counts it, with one day in `lake_days` (a write unit is 1 KB)."""
    attributes, _ = _attributes(subject, record)
    attributes |= _key(subject.key) | {"lake_days": {"L": [{"S": lake_day(record)}]}}
    return sum(len(name) + _value_bytes(value) for name, value in attributes.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "L":
        return 3 + sum(1 + _value_bytes(part) for part in content)
    return len(content) if kind == "B" else len(content.encode())


def _row(item: dict[str, Any]) -> Loaded:
    key = item["pk"]["S"]
    packed = bytes(item["doc"]["B"])
    is_message = Subject.from_key(key).kind is SubjectKind.MESSAGE
    return Loaded(
        key=key,
        record=unpack(packed, key, MessageRecord) if is_message else unpack(packed, key, CallRecord),
        etag=item["etag"]["S"],
        lake_days=tuple(sorted(day["S"] for day in item.get("lake_days", {}).get("L", []))),
    )
