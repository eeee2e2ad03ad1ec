"""Documents with a version in the table, each replaced only in place of the one that it was made from."""

from __future__ import annotations

from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import from_json, to_json

from .clients import client, translated


class Versioned(Protocol):
    """`version` rises with every change."""

    @property
    def version(self) -> int: ...


class Named(Versioned, Protocol):
    """... and one of many of its kind."""

    @property
    def id(self) -> str: ...


class Documents[T: Named](Protocol):
    """A workspace's documents of one kind.

    Every method raises `Unavailable` when the store does not answer; reads are strongly consistent.
    """

    def all(self, workspace: str) -> list[T]:
        """All of a workspace by id, also those that have ended."""
        ...

    def get(self, workspace: str, id: str) -> T | None: ...

    def put(self, workspace: str, document: T, previous: T | None) -> None:
        """Replace the one that `previous` is (None: there must be none); raises `Conflict` when it was changed."""
        ...


class MemoryDocuments[T: Named]:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], T] = {}
        self._lock = Lock()

    def all(self, workspace: str) -> list[T]:
        return [document for (of, _), document in sorted(self.kept.items()) if of == workspace]

    def get(self, workspace: str, id: str) -> T | None:
        return self.kept.get((workspace, id))

    def put(self, workspace: str, document: T, previous: T | None) -> None:
        with self._lock:
            check_previous(self.kept.get((workspace, document.id)), previous)
            self.kept[workspace, document.id] = document


class DynamoDocuments[T: Named]:
    """Partition `workspace#<id>#<kind>`, sort key the document's id."""

    def __init__(self, table: str, kind: str, document: type[T]) -> None:
        self._table, self._kind, self._document = table, kind, document

    def all(self, workspace: str) -> list[T]:
        found: list[T] = []
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": self._partition(workspace)}},
            "ConsistentRead": True,
        }
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            found += [from_json(item["doc"]["S"], self._document) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get(self, workspace: str, id: str) -> T | None:
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key=self._key(workspace, id), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else from_json(item["doc"]["S"], self._document)

    def put(self, workspace: str, document: T, previous: T | None) -> None:
        put_version(self._table, self._key(workspace, document.id), document, previous)

    def _partition(self, workspace: str) -> str:
        return f"workspace#{workspace}#{self._kind}"

    def _key(self, workspace: str, id: str) -> dict[str, Any]:
        return {"pk": {"S": self._partition(workspace)}, "sk": {"S": id}}


def check_previous(known: Versioned | None, previous: Versioned | None) -> None:
    """Raises `Conflict` unless what is kept is what the change was made from (None: nothing)."""
    if (known.version if known else 0) != (previous.version if previous else 0):
        raise Conflict("it was changed meanwhile")


def put_version(table: str, key: dict[str, Any], document: Versioned, previous: Versioned | None) -> None:
    """The same in the table, in one conditional write."""
    known: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if previous:
        known = {
            "ConditionExpression": "version = :known",
            "ExpressionAttributeValues": {":known": {"N": str(previous.version)}},
        }
    with translated():
        client("dynamodb").put_item(
            TableName=table,
            Item=key | {"doc": {"S": to_json(document).decode()}, "version": {"N": str(document.version)}},
            **known,
        )
