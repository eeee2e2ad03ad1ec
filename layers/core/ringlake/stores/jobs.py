"""The jobs: one row per export or report run, moved on by compare-and-set."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import Any, NamedTuple, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import from_json, to_json
from ringlake.model.jobs import Job

from .clients import client, translated

PAGE = 50
# The file goes after thirty days; that there was one is shown for two months more.
REMEMBERED = timedelta(days=60)


class Jobs(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def create(self, job: Job) -> None:
        """`Conflict` when the id exists."""
        ...

    def get(self, workspace: str, job_id: str) -> Job | None:
        """Strongly consistent."""
        ...

    def newest(self, workspace: str, before: str = "", limit: int = PAGE) -> list[Job]:
        """At most `limit` jobs with ids below `before`, newest first (ids begin with their time)."""
        ...

    def since(self, workspace: str, first: str) -> list[Job]:
        """Every job with an id from `first` on, oldest first, strongly consistent."""
        ...

    def transition(self, job: Job, after: Job) -> Job:
        """Replace `job`, which must be the stored one to the last field, and return `after`.

        `Conflict` when somebody else moved it: read again and look where it is now.
        """
        ...

    def delete(self, job: Job) -> None:
        """Forget `job`, which must be the stored one to the last field; `Conflict` when it is not."""
        ...


class DynamoJobs:
    """Jobs in the Directory's table, under `workspace#<ws>#jobs`."""

    def __init__(self, table: str) -> None:
        self._table = table

    def create(self, job: Job) -> None:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table, Item=_item(job), ConditionExpression="attribute_not_exists(pk)"
            )

    def get(self, workspace: str, job_id: str) -> Job | None:
        with translated():
            item = (
                client("dynamodb")
                .get_item(
                    TableName=self._table,
                    Key={"pk": {"S": _pk(workspace)}, "sk": {"S": job_id}},
                    ConsistentRead=True,
                )
                .get("Item")
            )
        return None if item is None else from_json(item["doc"]["S"], Job)

    def newest(self, workspace: str, before: str = "", limit: int = PAGE) -> list[Job]:
        found: list[Job] = []
        while len(found) < limit:
            page = self._page(workspace, "<", before, ScanIndexForward=False, Limit=limit - len(found))
            found += page.jobs
            before = page.last
            if not before:
                break
        return found

    def since(self, workspace: str, first: str) -> list[Job]:
        page = self._page(workspace, ">=", first, ConsistentRead=True)
        found = page.jobs
        while page.last:
            page = self._page(workspace, ">", page.last, ConsistentRead=True)
            found += page.jobs
        return found

    def _page(self, workspace: str, side: str, id: str, **how: Any) -> _Page:
        """One answer of the table: jobs on one side of an id ("" is all of them)."""
        condition, values = "pk = :pk", {":pk": {"S": _pk(workspace)}}
        if id:
            condition, values = f"{condition} AND sk {side} :id", values | {":id": {"S": id}}
        with translated():
            page = client("dynamodb").query(
                TableName=self._table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **how
            )
        last = page.get("LastEvaluatedKey")
        return _Page([from_json(item["doc"]["S"], Job) for item in page["Items"]], last["sk"]["S"] if last else "")

    def transition(self, job: Job, after: Job) -> Job:
        with translated():
            client("dynamodb").put_item(
                TableName=self._table,
                Item=_item(after),
                ConditionExpression="doc = :before",
                ExpressionAttributeValues={":before": {"S": to_json(job).decode()}},
            )
        return after

    def delete(self, job: Job) -> None:
        with translated():
            client("dynamodb").delete_item(
                TableName=self._table,
                Key={"pk": {"S": _pk(job.workspace)}, "sk": {"S": job.id}},
                ConditionExpression="doc = :before",
                ExpressionAttributeValues={":before": {"S": to_json(job).decode()}},
            )


class _Page(NamedTuple):
    """Jobs, and the id of the last one when there are more behind it."""

    jobs: list[Job]
    last: str


def _pk(workspace: str) -> str:
    return f"workspace#{workspace}#jobs"


def _item(job: Job) -> dict[str, dict[str, str]]:
    return {
        "pk": {"S": _pk(job.workspace)},
        "sk": {"S": job.id},
        "doc": {"S": to_json(job).decode()},
        "expires_at": {"N": str(int((job.expires_at + REMEMBERED).timestamp()))},
    }


class MemoryJobs:
    """The twin."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Job] = {}
        self._lock = Lock()

    def create(self, job: Job) -> None:
        with self._lock:
            if (job.workspace, job.id) in self.rows:
                raise Conflict(job.id)
            self.rows[job.workspace, job.id] = job

    def get(self, workspace: str, job_id: str) -> Job | None:
        return self.rows.get((workspace, job_id))

    def newest(self, workspace: str, before: str = "", limit: int = PAGE) -> list[Job]:
        ids = sorted((i for ws, i in self.rows if ws == workspace and (not before or i < before)), reverse=True)
        return [self.rows[workspace, i] for i in ids[:limit]]

    def since(self, workspace: str, first: str) -> list[Job]:
        return [self.rows[key] for key in sorted(self.rows) if key[0] == workspace and key[1] >= first]

    def transition(self, job: Job, after: Job) -> Job:
        with self._lock:
            if self.rows.get((job.workspace, job.id)) != job:
                raise Conflict(job.id)
            self.rows[job.workspace, job.id] = after
        return after

    def delete(self, job: Job) -> None:
        with self._lock:
            if self.rows.get((job.workspace, job.id)) != job:
                raise Conflict(job.id)
            del self.rows[job.workspace, job.id]
