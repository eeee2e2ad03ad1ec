"""The journal: every verified provider event, raw, once (design section 4)."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from time import sleep
from typing import Any, Protocol

from ringlake.errors import Conflict, Unavailable
from ringlake.model.events import Quarantined, RawEvent
from ringlake.model.subjects import Subject

from .clients import client, translated


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

    def subjects(self, workspace: str, since: datetime, until: datetime) -> Iterator[str]:
        """Keys of subjects with an event received in [since, until), in no order, some more than once.

        Reads the whole table: for repair (`tools/refold.py`), never for the running system.
        """
        ...

    def ring(self, keys: Sequence[str], at: datetime) -> None:
        """Let the stream say that these subjects have news, so that they are folded again.

        No event: none of the other methods sees it. Ringing twice at the same instant rings once.
        """
        ...


# Sort key of what rings the bell of a subject. It is told from an event by having no body: an event that
# should carry this very id is kept like any other.
BELL = "~bell"


def quarantine_key(item: Quarantined) -> tuple[str, str]:
    """Key of a quarantined item; its kind `quarantine` is no SubjectKind, so it never folds."""
    day = item.received_at.date().isoformat()
    return f"{item.workspace}#quarantine#{item.connection}#{day}", item.id


class MemoryJournal:
    """The twin."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, RawEvent]] = defaultdict(dict)
        self.held: dict[str, dict[str, Quarantined]] = defaultdict(dict)
        self.rung: dict[str, datetime] = {}
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
        for pk, sk in dict.fromkeys(keys):
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

    def subjects(self, workspace: str, since: datetime, until: datetime) -> Iterator[str]:
        for key, events in list(self.items.items()):
            if key.startswith(f"{workspace}#") and any(since <= e.received_at < until for e in events.values()):
                yield key

    def ring(self, keys: Sequence[str], at: datetime) -> None:
        with self._lock:
            self.rung |= dict.fromkeys(keys, at)


# BatchGetItem takes a hundred keys and hands back what it did not get to.
_BATCH = 100
_BATCH_TRIES = 8
_DAY = timedelta(days=1)
# An update of one item takes some milliseconds of waiting; a refold rings thousands.
_RINGERS = 8


class DynamoJournal:
    """The journal in one DynamoDB table.

    Items are made by hand for the low-level client: the SDK's own serialiser costs five times as
    much, and this runs once per webhook. Attribute names are the table's contract with the stream
    consumers; `expires_at` is the TTL, after which only the archive has the event.
    """

    def __init__(self, table: str, days: int = 90) -> None:
        self._table = table
        self._kept_s = int(days * _DAY.total_seconds())

    def put(self, event: RawEvent) -> Put:
        digest = body_digest(event)
        item = {
            "pk": {"S": event.subject.key},
            "sk": {"S": event.event_id},
            "body": {"B": zlib.compress(event.body)},
            "digest": {"S": digest},
            "received_at": {"S": event.received_at.isoformat()},
            "provider": {"S": event.provider},
            "type": {"S": event.event_type},
            "adapter": {"N": str(event.adapter)},
            "expires_at": {"N": str(self._expires(event.received_at))},
        }
        if event.occurred_at is not None:
            item["occurred_at"] = {"S": event.occurred_at.isoformat()}
        item |= _optional(event.headers, event.query, event.related)
        known = self._put_once(item)
        if known is None:
            return Put.STORED
        return Put.DUPLICATE if known.get("digest", {}).get("S") == digest else Put.CONFLICT

    def events(self, subject: Subject) -> list[RawEvent]:
        return [_event(item) for item in self._query(subject.key) if "body" in item]

    def get_many(self, keys: Sequence[tuple[str, str]]) -> list[RawEvent | Quarantined]:
        wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in dict.fromkeys(keys)]
        found: list[RawEvent | Quarantined] = []
        for at in range(0, len(wanted), _BATCH):
            found += [_either(item) for item in self._batch_get(wanted[at : at + _BATCH]) if "body" in item]
        return found

    def quarantine(self, item: Quarantined) -> None:
        pk, sk = quarantine_key(item)
        self._put_once(
            {
                "pk": {"S": pk},
                "sk": {"S": sk},
                "body": {"B": zlib.compress(item.body)},
                "received_at": {"S": item.received_at.isoformat()},
                "provider": {"S": item.provider},
                "stage": {"S": item.stage},
                "field": {"S": item.field},
                "reason": {"S": item.reason},
                "subject": {"S": item.subject},
                "expires_at": {"N": str(self._expires(item.received_at))},
                **_optional(item.headers, item.query, ()),
            }
        )

    def quarantined(self, workspace: str, connection: str, day: str) -> Iterable[Quarantined]:
        for item in self._query(f"{workspace}#quarantine#{connection}#{day}"):
            yield _quarantined(item)

    def subjects(self, workspace: str, since: datetime, until: datetime) -> Iterator[str]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "ProjectionExpression": "pk, received_at",
            "FilterExpression": (
                "begins_with(pk, :workspace) AND attribute_not_exists(stage) AND attribute_exists(received_at)"
            ),
            "ExpressionAttributeValues": {":workspace": {"S": f"{workspace}#"}},
            "ConsistentRead": True,
        }
        while True:
            with translated():
                page = client("dynamodb").scan(**asked)
            for item in page["Items"]:
                if since <= datetime.fromisoformat(item["received_at"]["S"]) < until:
                    yield item["pk"]["S"]
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def ring(self, keys: Sequence[str], at: datetime) -> None:
        with ThreadPoolExecutor(_RINGERS) as pool:
            for _ in pool.map(lambda key: self._ring(key, at), keys):
                pass

    def _ring(self, key: str, at: datetime) -> None:
        """The value must change, or the stream says nothing. The role may touch these two attributes only."""
        with translated():
            client("dynamodb").update_item(
                TableName=self._table,
                Key={"pk": {"S": key}, "sk": {"S": BELL}},
                UpdateExpression="SET rung_at = :at, expires_at = :expires",
                ExpressionAttributeValues={
                    ":at": {"S": at.isoformat()},
                    ":expires": {"N": str(int((at + _DAY).timestamp()))},
                },
            )

    def _expires(self, received_at: datetime) -> int:
        return int(received_at.timestamp()) + self._kept_s

    def _put_once(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """Write when the key is free; else what is there. One request, atomic against concurrent ones."""
        try:
            with translated():
                client("dynamodb").put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except Conflict as conflict:
            cause = conflict.__cause__
            known = getattr(cause, "response", {}).get("Item")
            return known if known is not None else self._get(item)
        return None

    def _get(self, item: dict[str, Any]) -> dict[str, Any]:
        """For stores that refuse without saying what is there; an item that is gone again says nothing."""
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key={"pk": item["pk"], "sk": item["sk"]}, ConsistentRead=True
            )
        found: dict[str, Any] | None = answer.get("Item")
        if found is None:
            raise Unavailable("PutItem: the item that was in the way is gone")
        return found

    def _query(self, pk: str) -> Iterator[dict[str, Any]]:
        """All items of a partition in key order, strongly consistent, page by page (1 MB each)."""
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ConsistentRead": True,
        }
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _batch_get(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """One batch, strongly consistent; what was left over is asked for again with growing pauses."""
        asked = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for attempt in range(_BATCH_TRIES):
            with translated():
                answer = client("dynamodb").batch_get_item(RequestItems=asked)
            yield from answer.get("Responses", {}).get(self._table, ())
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return
            sleep(0.02 * 2**attempt)
        raise Unavailable("BatchGetItem: keys left over")


def _optional(headers: dict[str, str], query: str, related: Sequence[str]) -> dict[str, Any]:
    """Attributes that most events do not have: an absent one costs no bytes."""
    found: dict[str, Any] = {}
    if headers:
        found["headers"] = {"M": {name: {"S": value} for name, value in headers.items()}}
    if query:
        found["query"] = {"S": query}
    if related:
        found["related"] = {"L": [{"S": other} for other in related]}
    return found


def _either(item: dict[str, Any]) -> RawEvent | Quarantined:
    return _quarantined(item) if "stage" in item else _event(item)


def _event(item: dict[str, Any]) -> RawEvent:
    occurred_at = item.get("occurred_at")
    return RawEvent(
        subject=Subject.from_key(item["pk"]["S"]),
        event_id=item["sk"]["S"],
        event_type=item["type"]["S"],
        provider=item["provider"]["S"],
        adapter=int(item["adapter"]["N"]),
        body=zlib.decompress(item["body"]["B"]),
        received_at=datetime.fromisoformat(item["received_at"]["S"]),
        occurred_at=datetime.fromisoformat(occurred_at["S"]) if occurred_at else None,
        headers=_headers(item),
        query=item.get("query", {}).get("S", ""),
        related=tuple(other["S"] for other in item.get("related", {}).get("L", ())),
    )


def _quarantined(item: dict[str, Any]) -> Quarantined:
    workspace, _, connection, _ = item["pk"]["S"].split("#", 3)
    return Quarantined(
        id=item["sk"]["S"],
        workspace=workspace,
        connection=connection,
        provider=item["provider"]["S"],
        stage=item["stage"]["S"],
        field=item["field"]["S"],
        reason=item["reason"]["S"],
        received_at=datetime.fromisoformat(item["received_at"]["S"]),
        subject=item["subject"]["S"],
        body=zlib.decompress(item["body"]["B"]),
        headers=_headers(item),
        query=item.get("query", {}).get("S", ""),
    )


def _headers(item: dict[str, Any]) -> dict[str, str]:
    return {name: value["S"] for name, value in item.get("headers", {}).get("M", {}).items()}
