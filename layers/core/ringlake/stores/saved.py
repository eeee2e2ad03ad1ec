"""Saved reports, in the directory's table."""

from __future__ import annotations

from threading import Lock
from typing import Any, Protocol

from ringlake.model.base import from_json
from ringlake.model.saved import SavedReport

from .clients import client, translated
from .versions import check_previous, put_version


class SavedReports(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def all(self, workspace: str) -> list[SavedReport]:
        """Every report of a workspace by id, deleted ones too."""
        ...

    def get(self, workspace: str, report_id: str) -> SavedReport | None: ...

    def put(self, workspace: str, report: SavedReport, previous: SavedReport | None) -> None:
        """Replace the report that `previous` is (None: there must be none); raises `Conflict` when somebody
        else changed it meanwhile.
        """
        ...


class MemorySavedReports:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], SavedReport] = {}
        self._lock = Lock()

    def all(self, workspace: str) -> list[SavedReport]:
        return [report for (of, _), report in sorted(self.kept.items()) if of == workspace]

    def get(self, workspace: str, report_id: str) -> SavedReport | None:
        return self.kept.get((workspace, report_id))

    def put(self, workspace: str, report: SavedReport, previous: SavedReport | None) -> None:
        with self._lock:
            check_previous(self.kept.get((workspace, report.id)), previous)
            self.kept[workspace, report.id] = report


class DynamoSavedReports:
    """Partition `workspace#<id>#reports`, sort key the report's id."""

    def __init__(self, table: str) -> None:
        self._table = table

    def all(self, workspace: str) -> list[SavedReport]:
        found: list[SavedReport] = []
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _partition(workspace)}},
            "ConsistentRead": True,
        }
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            found += [from_json(item["doc"]["S"], SavedReport) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return found
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get(self, workspace: str, report_id: str) -> SavedReport | None:
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key=_key(workspace, report_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else from_json(item["doc"]["S"], SavedReport)

    def put(self, workspace: str, report: SavedReport, previous: SavedReport | None) -> None:
        put_version(self._table, _key(workspace, report.id), report, previous)


def _partition(workspace: str) -> str:
    return f"workspace#{workspace}#reports"


def _key(workspace: str, report_id: str) -> dict[str, Any]:
    return {"pk": {"S": _partition(workspace)}, "sk": {"S": report_id}}
