"""Trails: ordered, strongly consistent lists of small documents in the records table.

A trail keeps what one fold must know of its neighbours: the history of one customer, the days of
one presence account. No index is behind it, so what was put is there for the next reader. Entries
are never taken out: whoever reads knows which of them still hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Protocol

from ringlake.model.base import Model, from_json, to_json

from .clients import client, translated


class Entry[T](Model, frozen=True, kw_only=True):
    """One document of a trail. `place` orders it: text whose order is the order of the trail."""

    place: str
    document: T


class Trails(Protocol):
    """Every method raises `Unavailable` when the store does not answer. `trail` begins with the workspace
    and holds nothing personal.
    """

    def put(self, trail: str, place: str, document: Model) -> None:
        """Put or replace."""
        ...

    def read[T](
        self, trail: str, kind: type[T], *, first: str = "", last: str = "", newest: int | None = None
    ) -> list[Entry[T]]:
        """Entries with `first` <= place <= `last` ("" is without bound) in order; with `newest` only that
        many of the last ones.
        """
        ...

    def read_many[T](self, trails: Sequence[str], kind: type[T], *, newest: int | None = None) -> list[list[Entry[T]]]:
        """`read` of several trails, in their order."""
        ...


class MemoryTrails:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, bytes]] = defaultdict(dict)
        self._lock = Lock()

    def put(self, trail: str, place: str, document: Model) -> None:
        with self._lock:
            self.kept[trail][place] = to_json(document)

    def read[T](
        self, trail: str, kind: type[T], *, first: str = "", last: str = "", newest: int | None = None
    ) -> list[Entry[T]]:
        with self._lock:
            places = sorted(p for p in self.kept.get(trail, {}) if p >= first and (not last or p <= last))
            if newest is not None:
                places = places[len(places) - min(newest, len(places)) :]
            return [Entry(place=p, document=from_json(self.kept[trail][p], kind)) for p in places]

    def read_many[T](self, trails: Sequence[str], kind: type[T], *, newest: int | None = None) -> list[list[Entry[T]]]:
        return [self.read(trail, kind, newest=newest) for trail in trails]


# Trails read at once: a busy minute touches some hundred customers, and each is a request of its own.
_AT_ONCE = 8

_PREFIX = "trail#"


class DynamoTrails:
    """Partition `trail#<trail>`, sort key the place, document as JSON text."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, trail: str, place: str, document: Model) -> None:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table, Item=_key(trail, place) | {"doc": {"S": to_json(document).decode()}}
            )

    def read[T](
        self, trail: str, kind: type[T], *, first: str = "", last: str = "", newest: int | None = None
    ) -> list[Entry[T]]:
        found = [
            Entry(place=item["sk"]["S"], document=from_json(item["doc"]["S"], kind))
            for item in self._items(trail, first, last, newest)
        ]
        return found[::-1] if newest is not None else found

    def read_many[T](self, trails: Sequence[str], kind: type[T], *, newest: int | None = None) -> list[list[Entry[T]]]:
        if len(trails) < 2:
            return [self.read(trail, kind, newest=newest) for trail in trails]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda trail: self.read(trail, kind, newest=newest), trails))

    def _items(self, trail: str, first: str, last: str, newest: int | None) -> Iterator[dict[str, Any]]:
        """In order, or the newest backwards."""
        values = {":pk": {"S": f"{_PREFIX}{trail}"}}
        condition = "pk = :pk"
        if first and last:
            condition += " AND sk BETWEEN :first AND :last"
        elif first:
            condition += " AND sk >= :first"
        elif last:
            condition += " AND sk <= :last"
        values |= {f":{name}": {"S": bound} for name, bound in (("first", first), ("last", last)) if bound}
        query: dict[str, Any] = {"Limit": newest} if newest else {}
        left = newest
        while left is None or left > 0:
            with translated():
                page = client("dynamodb").query(
                    TableName=self._table,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    ScanIndexForward=newest is None,
                    **query,
                )
            taken = page["Items"] if left is None else page["Items"][:left]
            yield from taken
            left = None if left is None else left - len(taken)
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _key(trail: str, place: str) -> dict[str, Any]:
    return {"pk": {"S": f"{_PREFIX}{trail}"}, "sk": {"S": place}}
