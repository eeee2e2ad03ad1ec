"""Marks: what people said about records, in the directory's table."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any, Protocol

from ringlake.model.base import from_json
from ringlake.model.marks import Marks

from .clients import batch_get
from .versions import check_previous, put_version


class MarksStore(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def get(self, workspace: str, record_ids: Sequence[str]) -> dict[str, Marks]:
        """The marks of those records that have any, strongly consistent."""
        ...

    def put(self, workspace: str, marks: Marks, previous: Marks | None) -> None:
        """Replace the marks that `previous` is; raises `Conflict` when somebody else changed them meanwhile."""
        ...


class MemoryMarks:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Marks] = {}
        self._lock = Lock()

    def get(self, workspace: str, record_ids: Sequence[str]) -> dict[str, Marks]:
        return {i: self.kept[workspace, i] for i in record_ids if (workspace, i) in self.kept}

    def put(self, workspace: str, marks: Marks, previous: Marks | None) -> None:
        with self._lock:
            check_previous(self.kept.get((workspace, marks.record_id)), previous)
            self.kept[workspace, marks.record_id] = marks


class DynamoMarks:
    """Partition `workspace#<id>#marks`, sort key the record id."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, workspace: str, record_ids: Sequence[str]) -> dict[str, Marks]:
        distinct = list(dict.fromkeys(record_ids))
        found = {}
        for item in batch_get(self._table, [_key(workspace, i) for i in distinct]):
            found[item["sk"]["S"]] = from_json(item["doc"]["S"], Marks)
        return found

    def put(self, workspace: str, marks: Marks, previous: Marks | None) -> None:
        put_version(self._table, _key(workspace, marks.record_id), marks, previous)


def _key(workspace: str, record_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"workspace#{workspace}#marks"}, "sk": {"S": record_id}}
