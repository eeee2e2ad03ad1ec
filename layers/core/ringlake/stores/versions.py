"""Documents with a version in the table, each replaced only in place of the one that it was made from."""

from __future__ import annotations

from typing import Any, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import to_json

from .clients import client, translated


class Versioned(Protocol):
    """`version` rises with every change."""

    @property
    def version(self) -> int: ...


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
