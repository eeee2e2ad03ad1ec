"""The directory: workspaces and what they own (design section 4)."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict, NotFound
from ringlake.model.base import Model, from_json, to_json, utc
from ringlake.model.budgets import AbuseRules, Budgets
from ringlake.model.directory import (
    CallSource,
    Connection,
    Directory,
    Goals,
    Lists,
    Number,
    Rating,
    Tariff,
    TariffVersion,
    Team,
    User,
    Workspace,
)
from ringlake.model.exchange import YearRates

from .clients import batch_get, client, translated
from .vault import MemoryVault, Vault

# Kinds of documents below `workspace#<ws>`, by the word before `#` in the sort key.
_KINDS: dict[str, type[Model]] = {
    "settings": Workspace,
    "connection": Connection,
    "user": User,
    "team": Team,
    "number": Number,
    "source": CallSource,
    "tariff": Tariff,
    "tariffversion": TariffVersion,
    "rating": Rating,
    "exchange": YearRates,
    "budgets": Budgets,
    "abuse": AbuseRules,
    "lists": Lists,
    "goals": Goals,
}
# Kinds that are large and seldom wanted lie in partitions of their own, so that `load` does not read them.
_APART = frozenset({"exchange"})
_KIND_OF = {kind: name for name, kind in _KINDS.items()}
# Of these there is one in a workspace, so that it needs no id.
_SINGLE = frozenset({Workspace, Lists, Goals, Budgets, AbuseRules})
# What a transaction takes; a document comes with at most its new and its old pointer.
_TOGETHER = 33


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


class Change(Model, frozen=True, kw_only=True):
    """`document` in place of `previous`, which is None when there must be none yet."""

    document: Model
    previous: Model | None = None


class DirectoryStore(Protocol):
    """Every method raises `Unavailable` when the store does not answer."""

    def workspaces(self) -> list[str]: ...

    def load(self, workspace: str, *, key: bool = True) -> Directory:
        """Everything of one workspace with its party key decrypted (or, without `key`, left out); raises
        `NotFound`. Deleted tariffs are left out, other deleted things are in it.
        """
        ...

    def find[T: Model](self, workspace: str, kind: type[T], id: str = "") -> T | None:
        """One document by kind (Workspace, Connection, User, ..., Lists) and id, strongly consistent."""
        ...

    def replace(self, workspace: str, changes: Sequence[Change], line: AuditLine | None = None) -> None:
        """Write documents, each in place of exactly the one that it was made from, with their pointers, and
        the line that says so.

        Raises `Conflict` when somebody else changed one meanwhile, or holds its token or sign-in identity.
        Up to 33 documents change all together or not at all, more in groups of so many; the line is in the
        first.
        """
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

    def put_source(self, workspace: str, source: CallSource) -> None: ...

    def put_tariff(self, workspace: str, tariff: Tariff) -> None: ...

    def put_lists(self, workspace: str, lists: Lists) -> None: ...

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


def _assemble(documents: dict[str, list[Any]], vault: Vault | None) -> Directory:
    (workspace,) = documents["settings"]
    secret = workspace.party_secret
    return Directory(
        workspace=workspace,
        connections=tuple(documents.get("connection", ())),
        users=tuple(documents.get("user", ())),
        teams=tuple(documents.get("team", ())),
        numbers=tuple(documents.get("number", ())),
        sources=tuple(documents.get("source", ())),
        tariffs=tuple(tariff for tariff in documents.get("tariff", ()) if tariff.deleted_at is None),
        past_tariffs=tuple(documents.get("tariffversion", ())),
        ratings=tuple(documents.get("rating", ())),
        lists=next(iter(documents.get("lists", ())), Lists()),
        party_key_secret=vault.decrypt(secret, party_key_context(workspace.id)) if secret and vault else b"",
    )


def _place(document: Model) -> tuple[str, str]:
    """Kind and id of a document."""
    kind = type(document)
    return _KIND_OF[kind], "" if kind in _SINGLE else str(getattr(document, "id", ""))


def _partition(workspace: str, kind: str) -> str:
    return f"workspace#{workspace}#{kind}" if kind in _APART else f"workspace#{workspace}"


def _sort_key(kind: str, id: str) -> str:
    return f"{kind}#{id}" if id else kind


def _pointer(document: Model | None) -> tuple[str, str]:
    """Partition and sort key of what leads to a document from outside of its workspace, ("", "") for none."""
    match document:
        case Connection(token_sha256=digest) if digest:
            return f"token#{digest}", "connection"
        case User(sub=sub) if sub:
            return f"sub#{sub}", "user"
        case _:
            return "", ""


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

    def load(self, workspace: str, *, key: bool = True) -> Directory:
        documents: dict[str, list[Any]] = defaultdict(list)
        for item in self._query(f"workspace#{workspace}"):
            kind = item["sk"]["S"].partition("#")[0]
            if kind in _KINDS:
                documents[kind].append(from_json(item["doc"]["S"], _KINDS[kind]))
        if "settings" not in documents:
            raise NotFound(workspace)
        return _assemble(documents, self._vault if key else None)

    def find[T: Model](self, workspace: str, kind: type[T], id: str = "") -> T | None:
        name = _KIND_OF[kind]
        item = self._get(_partition(workspace, name), _sort_key(name, id))
        return None if item is None else from_json(item["doc"]["S"], kind)

    def replace(self, workspace: str, changes: Sequence[Change], line: AuditLine | None = None) -> None:
        places = [_place(change.document) for change in changes]
        keys = [{"pk": {"S": _partition(workspace, kind)}, "sk": {"S": _sort_key(kind, name)}} for kind, name in places]
        kept = {item["sk"]["S"]: item["doc"]["S"] for item in batch_get(self._table, keys)}
        for change, key in zip(changes, keys, strict=True):
            raw = kept.get(key["sk"]["S"])
            # Compared as a value: a field that came later changes the text of an old document, not its meaning.
            if (None if raw is None else from_json(raw, type(change.document))) != change.previous:
                raise Conflict("it was changed meanwhile")
        for at in range(0, len(changes), _TOGETHER):
            group = zip(changes[at : at + _TOGETHER], keys[at : at + _TOGETHER], strict=True)
            writes = [w for change, key in group for w in self._writes(workspace, change, kept.get(key["sk"]["S"]))]
            said = [{"Put": self._line(line)}] if line and at == 0 else []
            self._transact(*said, *writes)

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
        self._put_pointed(connection.workspace, connection)

    def put_user(self, workspace: str, user: User) -> None:
        self._put_pointed(workspace, user)

    def put_team(self, workspace: str, team: Team) -> None:
        self._put_plain(workspace, team)

    def put_number(self, workspace: str, number: Number) -> None:
        self._put_plain(workspace, number)

    def put_source(self, workspace: str, source: CallSource) -> None:
        self._put_plain(workspace, source)

    def put_tariff(self, workspace: str, tariff: Tariff) -> None:
        self._put_plain(workspace, tariff)

    def put_lists(self, workspace: str, lists: Lists) -> None:
        self._put_plain(workspace, lists)

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
        with translated():
            client("dynamodb").put_item(**self._line(line))

    def _line(self, line: AuditLine) -> dict[str, Any]:
        """An append: in place of nothing."""
        month = utc(line.at).strftime("%Y-%m")
        return {
            "TableName": self._table,
            "Item": _item(
                f"workspace#{line.workspace}#audit#{month}",
                f"{_sortable(line.at)}#{secrets.token_hex(8)}",
                doc=to_json(line).decode(),
            ),
            "ConditionExpression": "attribute_not_exists(pk)",
        }

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

    def _put_plain(self, workspace: str, document: Model) -> None:
        self._transact(
            self._put(f"workspace#{workspace}", _sort_key(*_place(document)), doc=to_json(document).decode())
        )

    def _put_pointed(self, workspace: str, document: Model) -> None:
        """Write a document and its pointer, whatever is there."""
        previous = self.find(workspace, type(document), _place(document)[1])
        self._transact(*self._writes(workspace, Change(document=document, previous=previous), None, known=False))

    def _writes(self, workspace: str, change: Change, raw: str | None, *, known: bool = True) -> list[dict[str, Any]]:
        """The document and its pointer; the pointer that the previous one held goes in the same step.

        With `known` only in place of the text `raw` (None: of nothing).
        """
        document = change.document
        kind, name = _place(document)
        put = self._put(_partition(workspace, kind), _sort_key(kind, name), doc=to_json(document).decode())
        if known and raw is None:
            put["Put"]["ConditionExpression"] = "attribute_not_exists(pk)"
        elif known:
            put["Put"] |= {"ConditionExpression": "doc = :known", "ExpressionAttributeValues": {":known": {"S": raw}}}
        writes = [put]
        pointer, old = _pointer(document), _pointer(change.previous)
        if pointer[0]:
            lead = self._put(*pointer, workspace=workspace, **{kind: name})
            lead["Put"] |= {
                "ConditionExpression": "attribute_not_exists(pk) OR (#w = :w AND #k = :k)",
                "ExpressionAttributeNames": {"#w": "workspace", "#k": kind},
                "ExpressionAttributeValues": {":w": {"S": workspace}, ":k": {"S": name}},
            }
            writes.append(lead)
        if old[0] and old != pointer:
            gone = {"pk": {"S": old[0]}, "sk": {"S": old[1]}}
            writes.append({"Delete": {"TableName": self._table, "Key": gone}})
        if isinstance(document, Workspace):
            writes.append(self._put("workspaces", document.id))
        return writes

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

    def load(self, workspace: str, *, key: bool = True) -> Directory:
        self.settings(workspace)
        documents: dict[str, list[Any]] = defaultdict(list)
        for place in sorted(place for place in self._documents[workspace] if place[0] not in _APART):
            documents[place[0]].append(self._documents[workspace][place])
        return _assemble(documents, self._vault if key else None)

    def find[T: Model](self, workspace: str, kind: type[T], id: str = "") -> T | None:
        found = self._documents.get(workspace, {}).get((_KIND_OF[kind], id))
        return found if isinstance(found, kind) else None

    def replace(self, workspace: str, changes: Sequence[Change], line: AuditLine | None = None) -> None:
        for at in range(0, len(changes), _TOGETHER):
            group = changes[at : at + _TOGETHER]
            with self._lock:
                for change in group:
                    place, (pointer, _) = _place(change.document), _pointer(change.document)
                    if self._documents.get(workspace, {}).get(place) != change.previous:
                        raise Conflict("it was changed meanwhile")
                    if self._pointers.get(pointer, (workspace, place[1])) != (workspace, place[1]):
                        raise Conflict("the pointer belongs to another")
                for change in group:
                    self._keep(workspace, change.document)
                if line and at == 0:
                    self._lines.append(line)

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
        self._keep(workspace.id, workspace)

    def put_connection(self, connection: Connection) -> None:
        with self._lock:
            self._keep(connection.workspace, connection)

    def put_user(self, workspace: str, user: User) -> None:
        with self._lock:
            self._keep(workspace, user)

    def put_team(self, workspace: str, team: Team) -> None:
        self._keep(workspace, team)

    def put_number(self, workspace: str, number: Number) -> None:
        self._keep(workspace, number)

    def put_source(self, workspace: str, source: CallSource) -> None:
        self._keep(workspace, source)

    def put_tariff(self, workspace: str, tariff: Tariff) -> None:
        self._keep(workspace, tariff)

    def put_lists(self, workspace: str, lists: Lists) -> None:
        self._keep(workspace, lists)

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

    def _keep(self, workspace: str, document: Model) -> None:
        kind, name = _place(document)
        pointer, _ = _pointer(document)
        if self._pointers.get(pointer, (workspace, name)) != (workspace, name):
            raise Conflict("the pointer belongs to another")
        old, _ = _pointer(self._documents[workspace].get((kind, name)))
        self._pointers.pop(old, None)
        if pointer:
            self._pointers[pointer] = (workspace, name)
        self._documents[workspace][kind, name] = document
