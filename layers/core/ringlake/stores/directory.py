"""The directory: workspaces and what they own (design section 4)."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict, NotFound
from ringlake.model.base import Model, from_json, to_json, utc
from ringlake.model.directory import Connection, Directory, Number, Team, User, Workspace

from .clients import client, translated
from .vault import MemoryVault, Vault

# Kinds of documents below `workspace#<ws>`, by the word before `#` in the sort key.
_KINDS: dict[str, type[Model]] = {
    "settings": Workspace,
    "connection": Connection,
    "user": User,
    "team": Team,
    "number": Number,
}


def party_key_context(workspace: str) -> dict[str, str]:
    """What a workspace's encrypted party key is bound to."""
    return {"workspace": workspace, "purpose": "party_key"}


def token_digest(token: str) -> str:
    """SHA-256 of a path token: what is stored and looked up instead of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


class AuditLine(Model, frozen=True, kw_only=True):
    """Who did what when; `detail` holds no personal data of customers."""

    workspace: str
    at: datetime
    user_id: str
    action: str
    target: str = ""
    detail: dict[str, object] = {}


class DirectoryStore(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def workspaces(self) -> list[str]: ...

    def load(self, workspace: str) -> Directory:
        """Everything of one workspace with its party key decrypted; raises `NotFound`."""
        ...

    def connection_by_token(self, token: str) -> Connection | None: ...

    def user_by_sub(self, sub: str) -> tuple[str, User] | None:
        """Workspace and user of a sign-in identity, by point reads (roles come from here, not from tokens)."""
        ...

    def settings(self, workspace: str) -> Workspace:
        """The workspace alone, without decrypting anything; raises `NotFound`."""
        ...

    def put_workspace(self, workspace: Workspace) -> None: ...

    def put_connection(self, connection: Connection) -> None:
        """Connection and token pointer at once; `Conflict` when another connection holds the token."""
        ...

    def put_user(self, workspace: str, user: User) -> None:
        """User and sign-in pointer at once; `Conflict` when another user holds the identity."""
        ...

    def put_team(self, workspace: str, team: Team) -> None: ...

    def put_number(self, workspace: str, number: Number) -> None: ...

    def watermark(self, workspace: str) -> datetime | None:
        """Every record written before this instant is in the lake; None before the first roll-up."""
        ...

    def set_watermark(self, workspace: str, at: datetime) -> None:
        """Move forward only."""
        ...

    def audit(self, line: AuditLine) -> None:
        """Append; never changes an existing line."""
        ...

    def audit_lines(self, workspace: str, month: str) -> list[AuditLine]:
        """The lines of one UTC month (`YYYY-MM`) in time order."""
        ...


def _assemble(documents: dict[str, list[Any]], vault: Vault) -> Directory:
    (workspace,) = documents["settings"]
    secret = workspace.party_secret
    return Directory(
        workspace=workspace,
        connections=tuple(documents.get("connection", ())),
        users=tuple(documents.get("user", ())),
        teams=tuple(documents.get("team", ())),
        numbers=tuple(documents.get("number", ())),
        party_key_secret=vault.decrypt(secret, party_key_context(workspace.id)) if secret else b"",
    )


class DynamoDirectory:
    """The directory in one DynamoDB table.

    Everything of one workspace lies under `workspace#<id>`, so that one query loads it. Path
    tokens and sign-in identities point to their owner from partitions of their own; pointer and
    owner are written in one transaction. Documents are JSON in the attribute `doc`.
    """

    def __init__(self, table: str, vault: Vault) -> None:
        self._table = table
        self._vault = vault

    def workspaces(self) -> list[str]:
        return [item["sk"]["S"] for item in self._query("workspaces")]

    def load(self, workspace: str) -> Directory:
        documents: dict[str, list[Any]] = defaultdict(list)
        for item in self._query(f"workspace#{workspace}"):
            kind = item["sk"]["S"].partition("#")[0]
            if kind in _KINDS:
                documents[kind].append(from_json(item["doc"]["S"], _KINDS[kind]))
        if "settings" not in documents:
            raise NotFound(workspace)
        return _assemble(documents, self._vault)

    def settings(self, workspace: str) -> Workspace:
        item = self._get(f"workspace#{workspace}", "settings")
        if item is None:
            raise NotFound(workspace)
        return from_json(item["doc"]["S"], Workspace)

    def connection_by_token(self, token: str) -> Connection | None:
        pointer = self._get(f"token#{token_digest(token)}", "connection")
        if pointer is None:
            return None
        item = self._get(f"workspace#{pointer['workspace']['S']}", f"connection#{pointer['connection']['S']}")
        return None if item is None else from_json(item["doc"]["S"], Connection)

    def user_by_sub(self, sub: str) -> tuple[str, User] | None:
        pointer = self._get(f"sub#{sub}", "user")
        if pointer is None:
            return None
        workspace = pointer["workspace"]["S"]
        item = self._get(f"workspace#{workspace}", f"user#{pointer['user']['S']}")
        return None if item is None else (workspace, from_json(item["doc"]["S"], User))

    def put_workspace(self, workspace: Workspace) -> None:
        self._transact(
            self._put(f"workspace#{workspace.id}", "settings", doc=to_json(workspace).decode()),
            self._put("workspaces", workspace.id),
        )

    def put_connection(self, connection: Connection) -> None:
        self._put_pointed(
            connection.workspace,
            "connection",
            connection.id,
            connection,
            pointer=f"token#{connection.token_sha256}" if connection.token_sha256 else "",
            pointer_of=lambda kept: f"token#{kept.token_sha256}" if kept.token_sha256 else "",
        )

    def put_user(self, workspace: str, user: User) -> None:
        self._put_pointed(
            workspace,
            "user",
            user.id,
            user,
            pointer=f"sub#{user.sub}" if user.sub else "",
            pointer_of=lambda kept: f"sub#{kept.sub}" if kept.sub else "",
        )

    def put_team(self, workspace: str, team: Team) -> None:
        self._transact(self._put(f"workspace#{workspace}", f"team#{team.id}", doc=to_json(team).decode()))

    def put_number(self, workspace: str, number: Number) -> None:
        self._transact(self._put(f"workspace#{workspace}", f"number#{number.id}", doc=to_json(number).decode()))

    def watermark(self, workspace: str) -> datetime | None:
        item = self._get(f"workspace#{workspace}#rollup", "watermark")
        return None if item is None else datetime.fromisoformat(item["at"]["S"])

    def set_watermark(self, workspace: str, at: datetime) -> None:
        try:
            with translated():
                client("dynamodb").put_item(
                    TableName=self._table,
                    Item=_item(f"workspace#{workspace}#rollup", "watermark", at=_sortable(at)),
                    ConditionExpression="attribute_not_exists(pk) OR #at < :at",
                    ExpressionAttributeNames={"#at": "at"},
                    ExpressionAttributeValues={":at": {"S": _sortable(at)}},
                )
        except Conflict:
            return

    def audit(self, line: AuditLine) -> None:
        month = utc(line.at).strftime("%Y-%m")
        with translated():
            client("dynamodb").put_item(
                TableName=self._table,
                Item=_item(
                    f"workspace#{line.workspace}#audit#{month}",
                    f"{_sortable(line.at)}#{secrets.token_hex(8)}",
                    doc=to_json(line).decode(),
                ),
                ConditionExpression="attribute_not_exists(pk)",
            )

    def audit_lines(self, workspace: str, month: str) -> list[AuditLine]:
        return [from_json(i["doc"]["S"], AuditLine) for i in self._query(f"workspace#{workspace}#audit#{month}")]

    def _query(self, pk: str) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            with translated():
                page = client("dynamodb").query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": pk}},
                    ConsistentRead=True,
                    **start,
                )
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            )
        found: dict[str, Any] | None = answer.get("Item")
        return found

    def _put(self, pk: str, sk: str, **attributes: str) -> dict[str, Any]:
        return {"Put": {"TableName": self._table, "Item": _item(pk, sk, **attributes)}}

    def _put_pointed(
        self, workspace: str, kind: str, id: str, document: Model, *, pointer: str, pointer_of: Any
    ) -> None:
        """Write a document and its pointer; the pointer that an earlier version held goes in the same step."""
        pk, sk = f"workspace#{workspace}", f"{kind}#{id}"
        kept = self._get(pk, sk)
        old = pointer_of(from_json(kept["doc"]["S"], _KINDS[kind])) if kept else ""
        writes = [self._put(pk, sk, doc=to_json(document).decode())]
        if pointer:
            put = self._put(pointer, kind, workspace=workspace, **{kind: id})
            put["Put"] |= {
                "ConditionExpression": "attribute_not_exists(pk) OR (#w = :w AND #k = :k)",
                "ExpressionAttributeNames": {"#w": "workspace", "#k": kind},
                "ExpressionAttributeValues": {":w": {"S": workspace}, ":k": {"S": id}},
            }
            writes.append(put)
        if old and old != pointer:
            writes.append({"Delete": {"TableName": self._table, "Key": {"pk": {"S": old}, "sk": {"S": kind}}}})
        self._transact(*writes)

    def _transact(self, *writes: dict[str, Any]) -> None:
        with translated():
            client("dynamodb").transact_write_items(TransactItems=list(writes))


def _item(pk: str, sk: str, **attributes: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"pk": pk, "sk": sk, **attributes}.items()}


def _sortable(at: datetime) -> str:
    """UTC in a form whose text order is time order."""
    return utc(at).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


class MemoryDirectory:
    """The twin."""

    def __init__(self, vault: Vault | None = None) -> None:
        self._vault = vault or MemoryVault()
        self._documents: dict[str, dict[tuple[str, str], Model]] = defaultdict(dict)
        self._pointers: dict[str, tuple[str, str]] = {}
        self._watermarks: dict[str, datetime] = {}
        self._lines: list[AuditLine] = []
        self._lock = Lock()

    def workspaces(self) -> list[str]:
        return sorted(ws for ws, kept in self._documents.items() if ("settings", "") in kept)

    def load(self, workspace: str) -> Directory:
        self.settings(workspace)
        documents: dict[str, list[Any]] = defaultdict(list)
        for (kind, _), document in sorted(self._documents[workspace].items()):
            documents[kind].append(document)
        return _assemble(documents, self._vault)

    def settings(self, workspace: str) -> Workspace:
        found = self._documents.get(workspace, {}).get(("settings", ""))
        if not isinstance(found, Workspace):
            raise NotFound(workspace)
        return found

    def connection_by_token(self, token: str) -> Connection | None:
        workspace, owned = self._pointers.get(f"token#{token_digest(token)}", ("", ""))
        found = self._documents.get(workspace, {}).get(("connection", owned))
        return found if isinstance(found, Connection) else None

    def user_by_sub(self, sub: str) -> tuple[str, User] | None:
        workspace, owned = self._pointers.get(f"sub#{sub}", ("", ""))
        found = self._documents.get(workspace, {}).get(("user", owned))
        return (workspace, found) if isinstance(found, User) else None

    def put_workspace(self, workspace: Workspace) -> None:
        self._documents[workspace.id]["settings", ""] = workspace

    def put_connection(self, connection: Connection) -> None:
        with self._lock:
            self._point(
                f"token#{connection.token_sha256}", connection.token_sha256, connection.workspace, connection.id
            )
            self._documents[connection.workspace]["connection", connection.id] = connection

    def put_user(self, workspace: str, user: User) -> None:
        with self._lock:
            self._point(f"sub#{user.sub}", user.sub, workspace, user.id)
            self._documents[workspace]["user", user.id] = user

    def put_team(self, workspace: str, team: Team) -> None:
        self._documents[workspace]["team", team.id] = team

    def put_number(self, workspace: str, number: Number) -> None:
        self._documents[workspace]["number", number.id] = number

    def watermark(self, workspace: str) -> datetime | None:
        return self._watermarks.get(workspace)

    def set_watermark(self, workspace: str, at: datetime) -> None:
        with self._lock:
            self._watermarks[workspace] = max(at, self._watermarks.get(workspace, at)).astimezone(UTC)

    def audit(self, line: AuditLine) -> None:
        self._lines.append(line)

    def audit_lines(self, workspace: str, month: str) -> list[AuditLine]:
        found = [i for i in self._lines if i.workspace == workspace and utc(i.at).strftime("%Y-%m") == month]
        return sorted(found, key=lambda line: line.at)

    def _point(self, pointer: str, value: str, workspace: str, id: str) -> None:
        owner = (workspace, id)
        if value and self._pointers.get(pointer, owner) != owner:
            raise Conflict("the pointer belongs to another")
        kind = pointer.partition("#")[0]
        self._pointers = {p: o for p, o in self._pointers.items() if o != owner or p.partition("#")[0] != kind}
        if value:
            self._pointers[pointer] = owner
