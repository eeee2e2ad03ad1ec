"""Requests to fold history again, kept until they are worked off (design section 4, Directory)."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import from_json, to_json
from ringlake.model.refolds import Refold

from .clients import client, translated

_KEPT = timedelta(days=30)
_ATTEMPTS = 5


class Refolds(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def ask(self, workspace: str, request: Refold) -> None:
        """Put a request. One with the same id that is not worked off yet is taken up into it.

        Raises `Conflict` when others keep asking under the same id meanwhile.
        """
        ...

    def open(self, workspace: str) -> list[Refold]:
        """What is not worked off yet, oldest first, strongly consistent."""
        ...

    def advance(self, workspace: str, before: Refold, after: Refold | None) -> bool:
        """Replace a request by how far it has come, or close it when it is done (None).

        False when it is no longer `before`: asked again, or taken further by another run.
        """
        ...


class MemoryRefolds:
    """The twin."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Refold]] = defaultdict(dict)
        self._lock = Lock()

    def ask(self, workspace: str, request: Refold) -> None:
        with self._lock:
            earlier = self._kept[workspace].get(request.id)
            self._kept[workspace][request.id] = request.after(earlier) if earlier else request

    def open(self, workspace: str) -> list[Refold]:
        return sorted(self._kept[workspace].values(), key=_place)

    def advance(self, workspace: str, before: Refold, after: Refold | None) -> bool:
        with self._lock:
            if self._kept[workspace].get(before.id) != before:
                return False
            if after is None:
                del self._kept[workspace][before.id]
            else:
                self._kept[workspace][before.id] = after
            return True


class DynamoRefolds:
    """In the directory's table, in a partition of their own: `workspace#<id>#refolds`.

    A closed request stays until it expires: nothing that runs by itself may delete from the directory.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def ask(self, workspace: str, request: Refold) -> None:
        for _ in range(_ATTEMPTS):
            known = self._get(workspace, request.id)
            is_open = known is not None and "done" not in known
            asked = request.after(from_json(known["doc"]["S"], Refold)) if known and is_open else request
            if self._put(_item(workspace, asked), known):
                return
        raise Conflict(f"PutItem: refold {request.id}")

    def open(self, workspace: str) -> list[Refold]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _partition(workspace)}},
            "ConsistentRead": True,
        }
        found: list[Refold] = []
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            found += [from_json(item["doc"]["S"], Refold) for item in page["Items"] if "done" not in item]
            if not page.get("LastEvaluatedKey"):
                return sorted(found, key=_place)
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def advance(self, workspace: str, before: Refold, after: Refold | None) -> bool:
        item = _item(workspace, after or before)
        if after is None:
            item |= {"done": {"BOOL": True}, "expires_at": {"N": str(int((before.requested_at + _KEPT).timestamp()))}}
        return self._put(item, {"doc": {"S": to_json(before).decode()}})

    def _get(self, workspace: str, id: str) -> dict[str, Any] | None:
        key = {"pk": {"S": _partition(workspace)}, "sk": {"S": id}}
        with translated():
            answer = client("dynamodb").get_item(TableName=self._table, Key=key, ConsistentRead=True)
        found: dict[str, Any] | None = answer.get("Item")
        return found

    def _put(self, item: dict[str, Any], known: dict[str, Any] | None) -> bool:
        """Write if the item is still the one known; False when it is not."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if known is not None:
            condition = {
                "ConditionExpression": "doc = :doc AND attribute_exists(done)"
                if "done" in known
                else "doc = :doc AND attribute_not_exists(done)",
                "ExpressionAttributeValues": {":doc": known["doc"]},
            }
        try:
            with translated():
                client("dynamodb").put_item(TableName=self._table, Item=item, **condition)
        except Conflict:
            return False
        return True


def _partition(workspace: str) -> str:
    return f"workspace#{workspace}#refolds"


def _item(workspace: str, request: Refold) -> dict[str, Any]:
    return {
        "pk": {"S": _partition(workspace)},
        "sk": {"S": request.id},
        "doc": {"S": to_json(request).decode()},
    }


def _place(request: Refold) -> tuple[float, str]:
    return request.requested_at.timestamp(), request.id
