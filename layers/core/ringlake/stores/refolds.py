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


class Refolds(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def ask(self, workspace: str, request: Refold) -> None:
        """Put or replace: a request that is asked again begins anew."""
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
            self._kept[workspace][request.id] = request

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
        with translated():
            client("dynamodb").put_item(TableName=self._table, Item=_item(workspace, request))

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
        try:
            with translated():
                client("dynamodb").put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="doc = :before AND attribute_not_exists(done)",
                    ExpressionAttributeValues={":before": {"S": to_json(before).decode()}},
                )
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
