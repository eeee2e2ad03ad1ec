"""Walls of the live board, in the directory's table."""

from __future__ import annotations

from threading import Lock
from typing import Any, Protocol

from ringlake.model.base import from_json
from ringlake.model.walls import Wall

from .clients import client, translated
from .versions import check_previous, put_version


class Walls(Protocol):
    """Every method raises `Unavailable` when the store does not answer; reads are strongly consistent."""

    def all(self, workspace: str) -> list[Wall]:
        """Every wall of a workspace by id, withdrawn ones too."""
        ...

    def get(self, workspace: str, wall_id: str) -> Wall | None: ...

    def put(self, workspace: str, wall: Wall, previous: Wall | None) -> None:
        """Replace the wall that `previous` is (None: there must be none); raises `Conflict` when it was changed."""
        ...


class MemoryWalls:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Wall] = {}
        self._lock = Lock()

    def all(self, workspace: str) -> list[Wall]:
        return [wall for (of, _), wall in sorted(self.kept.items()) if of == workspace]

    def get(self, workspace: str, wall_id: str) -> Wall | None:
        return self.kept.get((workspace, wall_id))

    def put(self, workspace: str, wall: Wall, previous: Wall | None) -> None:
        with self._lock:
            check_previous(self.kept.get((workspace, wall.id)), previous)
            self.kept[workspace, wall.id] = wall


class DynamoWalls:
    """Partition `workspace#<id>#walls`, sort key the wall's id."""

    def __init__(self, table: str) -> None:
        self._table = table

    def all(self, workspace: str) -> list[Wall]:
        found: list[Wall] = []
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _partition(workspace)}},
            "ConsistentRead": True,
        }
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            found += [from_json(item["doc"]["S"], Wall) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get(self, workspace: str, wall_id: str) -> Wall | None:
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key=_key(workspace, wall_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else from_json(item["doc"]["S"], Wall)

    def put(self, workspace: str, wall: Wall, previous: Wall | None) -> None:
        put_version(self._table, _key(workspace, wall.id), wall, previous)


def _partition(workspace: str) -> str:
    return f"workspace#{workspace}#walls"


def _key(workspace: str, wall_id: str) -> dict[str, Any]:
    return {"pk": {"S": _partition(workspace)}, "sk": {"S": wall_id}}
