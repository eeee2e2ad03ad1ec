"""Schedules of reports, when each is due, and what became of each period, in the directory's table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import from_json, to_json, utc
from ringlake.model.schedules import Due, ReportSchedule, ScheduleRun

from .clients import client, translated
from .versions import check_previous

PAGE = 50


class Schedules(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def all(self, workspace: str) -> list[ReportSchedule]:
        """Every schedule of a workspace by id, deleted ones too."""
        ...

    def get(self, workspace: str, schedule_id: str) -> ReportSchedule | None: ...

    def put(self, schedule: ReportSchedule, previous: ReportSchedule | None, due: datetime | None) -> None:
        """Replace the schedule that `previous` is (None: there must be none), and with it when it is due (None:
        never); raises `Conflict` when somebody else changed it meanwhile.
        """
        ...

    def times(self, workspace: str) -> dict[str, datetime]:
        """When the schedules of a workspace are due, by id; those that are not due at all are left out."""
        ...

    def due(self, until: datetime) -> list[Due]:
        """What is due in any workspace at this instant or before it, the longest waiting first."""
        ...

    def advance(self, due: Due, to: datetime | None) -> None:
        """Say when it is due next (None: never); raises `Conflict` when it is not due at that time any more."""
        ...

    def claim(self, workspace: str, run: ScheduleRun) -> ScheduleRun:
        """Begin a run; returns the one that stands under its id, which is an older one if there is one."""
        ...

    def settle(self, workspace: str, run: ScheduleRun, after: ScheduleRun) -> ScheduleRun:
        """Replace a run, which must be the stored one, and return `after`; `Conflict` otherwise."""
        ...

    def runs(self, workspace: str, schedule_id: str, before: str = "", limit: int = PAGE) -> list[ScheduleRun]:
        """At most `limit` runs with ids below `before`, the latest period first."""
        ...


class MemorySchedules:
    """The twin."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], ReportSchedule] = {}
        self.dues: dict[tuple[str, str], datetime] = {}
        self.made: dict[tuple[str, str, str], ScheduleRun] = {}
        self._lock = Lock()

    def all(self, workspace: str) -> list[ReportSchedule]:
        return [schedule for (of, _), schedule in sorted(self.kept.items()) if of == workspace]

    def get(self, workspace: str, schedule_id: str) -> ReportSchedule | None:
        return self.kept.get((workspace, schedule_id))

    def put(self, schedule: ReportSchedule, previous: ReportSchedule | None, due: datetime | None) -> None:
        key = (schedule.workspace, schedule.id)
        with self._lock:
            check_previous(self.kept.get(key), previous)
            self.kept[key] = schedule
            self._set(key, due)

    def times(self, workspace: str) -> dict[str, datetime]:
        return {schedule_id: at for (of, schedule_id), at in self.dues.items() if of == workspace}

    def due(self, until: datetime) -> list[Due]:
        found = [Due(workspace=of, schedule=i, at=at) for (of, i), at in self.dues.items() if at <= until]
        return sorted(found, key=_waiting)

    def advance(self, due: Due, to: datetime | None) -> None:
        key = (due.workspace, due.schedule)
        with self._lock:
            if self.dues.get(key) != due.at:
                raise Conflict(due.schedule)
            self._set(key, to)

    def claim(self, workspace: str, run: ScheduleRun) -> ScheduleRun:
        with self._lock:
            return self.made.setdefault((workspace, run.schedule, run.id), run)

    def settle(self, workspace: str, run: ScheduleRun, after: ScheduleRun) -> ScheduleRun:
        with self._lock:
            if self.made.get((workspace, run.schedule, run.id)) != run:
                raise Conflict(run.id)
            self.made[workspace, run.schedule, run.id] = after
        return after

    def runs(self, workspace: str, schedule_id: str, before: str = "", limit: int = PAGE) -> list[ScheduleRun]:
        ids = sorted(
            (i for ws, of, i in self.made if (ws, of) == (workspace, schedule_id) and (not before or i < before)),
            reverse=True,
        )
        return [self.made[workspace, schedule_id, i] for i in ids[:limit]]

    def _set(self, key: tuple[str, str], at: datetime | None) -> None:
        if at is None:
            self.dues.pop(key, None)
        else:
            self.dues[key] = at


# One partition for the times of all workspaces: a tick reads it once, a few dozen bytes for each schedule.
_DUES = "schedules"
# Sorts behind every time.
_NEVER = "never"


class DynamoSchedules:
    """Schedules in the partition `workspace#<id>#schedules`, runs in `workspace#<id>#schedule#<schedule>#runs`;
    when each is due, in one partition for all workspaces, written together with the schedule.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def all(self, workspace: str) -> list[ReportSchedule]:
        return [from_json(item["doc"]["S"], ReportSchedule) for item in self._items("pk = :pk", _documents(workspace))]

    def get(self, workspace: str, schedule_id: str) -> ReportSchedule | None:
        with translated():
            item = (
                client("dynamodb")
                .get_item(
                    TableName=self._table,
                    Key={"pk": {"S": _documents(workspace)}, "sk": {"S": schedule_id}},
                    ConsistentRead=True,
                )
                .get("Item")
            )
        return None if item is None else from_json(item["doc"]["S"], ReportSchedule)

    def put(self, schedule: ReportSchedule, previous: ReportSchedule | None, due: datetime | None) -> None:
        document: dict[str, Any] = {
            "TableName": self._table,
            "Item": {
                "pk": {"S": _documents(schedule.workspace)},
                "sk": {"S": schedule.id},
                "doc": {"S": to_json(schedule).decode()},
                "version": {"N": str(schedule.version)},
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if previous:
            document |= {
                "ConditionExpression": "version = :known",
                "ExpressionAttributeValues": {":known": {"N": str(previous.version)}},
            }
        time = {"TableName": self._table, "Item": _due(schedule.workspace, schedule.id, due)}
        with translated():
            client("dynamodb").transact_write_items(TransactItems=[{"Put": document}, {"Put": time}])

    def times(self, workspace: str) -> dict[str, datetime]:
        found = self._items("pk = :pk AND begins_with(sk, :of)", _DUES, {":of": {"S": f"{workspace}#"}})
        return {
            item["sk"]["S"].partition("#")[2]: datetime.fromisoformat(item["due_at"]["S"])
            for item in found
            if item["due_at"]["S"] != _NEVER
        }

    def due(self, until: datetime) -> list[Due]:
        found = self._items("pk = :pk", _DUES, {":until": {"S": _text(until)}}, FilterExpression="due_at <= :until")
        return sorted((_read(item) for item in found), key=_waiting)

    def advance(self, due: Due, to: datetime | None) -> None:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table,
                Item=_due(due.workspace, due.schedule, to),
                ConditionExpression="due_at = :known",
                ExpressionAttributeValues={":known": {"S": _text(due.at)}},
            )

    def claim(self, workspace: str, run: ScheduleRun) -> ScheduleRun:
        try:
            with translated():
                client("dynamodb").put_item(
                    TableName=self._table, Item=_run(workspace, run), ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            with translated():
                item = client("dynamodb").get_item(
                    TableName=self._table,
                    Key={name: _run(workspace, run)[name] for name in ("pk", "sk")},
                    ConsistentRead=True,
                )["Item"]
            return from_json(item["doc"]["S"], ScheduleRun)
        return run

    def settle(self, workspace: str, run: ScheduleRun, after: ScheduleRun) -> ScheduleRun:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table,
                Item=_run(workspace, after),
                ConditionExpression="doc = :before",
                ExpressionAttributeValues={":before": {"S": to_json(run).decode()}},
            )
        return after

    def runs(self, workspace: str, schedule_id: str, before: str = "", limit: int = PAGE) -> list[ScheduleRun]:
        values = {":before": {"S": before}} if before else {}
        found: list[ScheduleRun] = []
        for item in self._items(
            "pk = :pk AND sk < :before" if before else "pk = :pk",
            _runs(workspace, schedule_id),
            values,
            ScanIndexForward=False,
            Limit=limit,
        ):
            found.append(from_json(item["doc"]["S"], ScheduleRun))
            if len(found) == limit:
                break
        return found

    def _items(
        self, condition: str, pk: str, values: dict[str, Any] | None = None, **more: Any
    ) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {":pk": {"S": pk}, **(values or {})},
            "ConsistentRead": True,
            **more,
        }
        while True:
            with translated():
                page = client("dynamodb").query(**asked)
            yield from page["Items"]
            if not page.get("LastEvaluatedKey"):
                return
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _documents(workspace: str) -> str:
    return f"workspace#{workspace}#schedules"


def _runs(workspace: str, schedule_id: str) -> str:
    return f"workspace#{workspace}#schedule#{schedule_id}#runs"


def _run(workspace: str, run: ScheduleRun) -> dict[str, Any]:
    return {
        "pk": {"S": _runs(workspace, run.schedule)},
        "sk": {"S": run.id},
        "doc": {"S": to_json(run).decode()},
    }


def _due(workspace: str, schedule_id: str, at: datetime | None) -> dict[str, Any]:
    due_at = _NEVER if at is None else _text(at)
    return {"pk": {"S": _DUES}, "sk": {"S": f"{workspace}#{schedule_id}"}, "due_at": {"S": due_at}}


def _read(item: dict[str, Any]) -> Due:
    workspace, _, schedule_id = item["sk"]["S"].partition("#")
    return Due(workspace=workspace, schedule=schedule_id, at=datetime.fromisoformat(item["due_at"]["S"]))


def _text(at: datetime) -> str:
    """UTC in a form whose text order is time order."""
    return utc(at).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def _waiting(due: Due) -> tuple[datetime, str, str]:
    return due.at, due.workspace, due.schedule
