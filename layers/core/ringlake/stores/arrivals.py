"""When something last arrived on a connection, and what became of it: for the person who sets it up.

Not a count and not the truth, which is the journal: a mark at most once in a while, so that it costs
nothing while the phones are silent and little while they are not.
"""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Any, Protocol

import msgspec

from ringlake.model.base import Model, utc

from .clients import client, translated


class Arrivals(Model, frozen=True, kw_only=True, omit_defaults=False):
    """None is never, or not since the connection was made. `refused_at` is a signature that did not fit."""

    accepted_at: datetime | None = None
    quarantined_at: datetime | None = None
    refused_at: datetime | None = None


# What a delivery's outcome is noted as.
NOTED = tuple(name.removesuffix("_at") for name in Arrivals.__struct_fields__)


class ArrivalLog(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def note(self, workspace: str, connection: str, what: str, at: datetime) -> None:
        """`what` is one of `NOTED`."""
        ...

    def of(self, workspace: str, connection: str) -> Arrivals: ...

    def every(self, workspace: str) -> dict[str, Arrivals]:
        """By connection; one that nothing was noted of is left out."""
        ...


class MemoryArrivals:
    """The twin."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Arrivals] = {}
        self._lock = Lock()

    def note(self, workspace: str, connection: str, what: str, at: datetime) -> None:
        with self._lock:
            known = self._kept.get((workspace, connection), Arrivals())
            self._kept[workspace, connection] = msgspec.structs.replace(known, **{f"{what}_at": at})

    def of(self, workspace: str, connection: str) -> Arrivals:
        return self._kept.get((workspace, connection), Arrivals())

    def every(self, workspace: str) -> dict[str, Arrivals]:
        return {connection: kept for (there, connection), kept in sorted(self._kept.items()) if there == workspace}


class DynamoArrivals:
    """In the directory's table: partition `workspace#<id>#arrivals`, sort key the connection."""

    def __init__(self, table: str) -> None:
        self._table = table

    def note(self, workspace: str, connection: str, what: str, at: datetime) -> None:
        with translated():
            # Once: a sender waits for the answer meanwhile.
            client("dynamodb", 1).update_item(
                TableName=self._table,
                Key=_key(workspace, connection),
                UpdateExpression="SET #what = :at",
                ExpressionAttributeNames={"#what": f"{what}_at"},
                ExpressionAttributeValues={":at": {"S": utc(at).isoformat()}},
            )

    def of(self, workspace: str, connection: str) -> Arrivals:
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key=_key(workspace, connection), ConsistentRead=True
            )
        return _arrivals(answer.get("Item", {}))

    def every(self, workspace: str) -> dict[str, Arrivals]:
        """One page of a megabyte holds thousands of connections."""
        with translated():
            answer = client("dynamodb").query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": _key(workspace, "")["pk"]},
                ConsistentRead=True,
            )
        return {item["sk"]["S"]: _arrivals(item) for item in answer["Items"]}


def _arrivals(item: dict[str, Any]) -> Arrivals:
    return Arrivals(
        **{name: datetime.fromisoformat(item[name]["S"]) for name in Arrivals.__struct_fields__ if name in item}
    )


def _key(workspace: str, connection: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"workspace#{workspace}#arrivals"}, "sk": {"S": connection}}
