"""Live boards, their watchers, and the tickets by which watchers come in (design section 5, Live).

A board is kept only while somebody watches; it can always be made anew from the records. Its version is
kept for ever and only rises, so that no watcher can take one board for another.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from ringlake.errors import Conflict
from ringlake.model.base import Model, from_json, to_json
from ringlake.model.board import Board, BoardFilter

from .clients import client, translated
from .packing import pack, unpack


class Ticket(Model, frozen=True, kw_only=True):
    """Lets one connection in as this user, once, until it expires; with a `wall` only as that wall of the user's."""

    workspace: str
    user_id: str
    expires_at: datetime
    wall: str = ""


class Socket(Model, frozen=True, kw_only=True):
    """One watcher's connection.

    `lens` names the scope, abilities and filter of what was sent last, "" before anything was; `judged_at`
    is when the user was read from the directory for that. `wall` is the wall that watches with this user's rights, ""
    for the user himself.
    """

    id: str
    workspace: str
    user_id: str
    expires_at: datetime
    filter: BoardFilter = BoardFilter()
    lens: str = ""
    judged_at: datetime | None = None
    wall: str = ""


class Kept(Model, frozen=True, kw_only=True):
    """A workspace's board with its watchers as stored at one moment; no board while nobody watches.

    `version` is 0 before the first board. `swept_at` is when the board was last compared with all records.
    """

    version: int = 0
    board: Board | None = None
    swept_at: datetime | None = None
    sockets: tuple[Socket, ...] = ()


def ticket_digest(token: str) -> str:
    """SHA-256 of a ticket's token: the token itself is kept nowhere."""
    return hashlib.sha256(token.encode()).hexdigest()


class Boards(Protocol):
    """Every method raises `Unavailable` when the store does not answer; reads are strongly consistent."""

    def issue(self, token: str, ticket: Ticket) -> None: ...

    def redeem(self, token: str, now: datetime) -> Ticket | None:
        """Take a ticket, so that nobody else can; None when there is none or it has expired."""
        ...

    def read(self, workspace: str, now: datetime) -> Kept:
        """The board and its watchers, by id, without those that have expired, in one query."""
        ...

    def put(self, workspace: str, known: int, board: Board | None, swept_at: datetime | None) -> bool:
        """Make `board` (None: drop it) the version after `known`; False when `known` is not the version any more."""
        ...

    def swept(self, workspace: str, known: int, at: datetime) -> None:
        """Note that this version was compared with all records; nothing happens when it is not the version any more."""
        ...

    def join(self, socket: Socket) -> None: ...

    def change(self, socket: Socket, known: Socket | None = None) -> bool:
        """Replace a watcher; False when the connection is gone, or (with `known`) the watcher is another by now."""
        ...

    def socket(self, connection: str) -> Socket | None: ...

    def leave(self, socket: Socket) -> None:
        """Forget a watcher; twice does no harm."""
        ...


class MemoryBoards:
    """The twin."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.boards: dict[str, Kept] = {}
        self.sockets: dict[str, dict[str, Socket]] = defaultdict(dict)
        self._lock = Lock()

    def issue(self, token: str, ticket: Ticket) -> None:
        self.tickets[ticket_digest(token)] = ticket

    def redeem(self, token: str, now: datetime) -> Ticket | None:
        with self._lock:
            ticket = self.tickets.get(ticket_digest(token))
            if ticket is None or ticket.expires_at <= now:
                return None
            return self.tickets.pop(ticket_digest(token))

    def read(self, workspace: str, now: datetime) -> Kept:
        with self._lock:
            kept = self.boards.get(workspace, Kept())
            watchers = sorted(self.sockets[workspace].values(), key=lambda s: s.id)
            return Kept(
                version=kept.version,
                board=kept.board,
                swept_at=kept.swept_at,
                sockets=tuple(s for s in watchers if s.expires_at > now),
            )

    def put(self, workspace: str, known: int, board: Board | None, swept_at: datetime | None) -> bool:
        with self._lock:
            if self.boards.get(workspace, Kept()).version != known:
                return False
            self.boards[workspace] = Kept(version=known + 1, board=board, swept_at=swept_at)
            return True

    def swept(self, workspace: str, known: int, at: datetime) -> None:
        with self._lock:
            kept = self.boards.get(workspace)
            if kept is not None and kept.version == known:
                self.boards[workspace] = Kept(version=known, board=kept.board, swept_at=at)

    def join(self, socket: Socket) -> None:
        with self._lock:
            self.sockets[socket.workspace][socket.id] = socket

    def change(self, socket: Socket, known: Socket | None = None) -> bool:
        with self._lock:
            kept = self.sockets[socket.workspace].get(socket.id)
            if kept is None or known not in (None, kept):
                return False
            self.sockets[socket.workspace][socket.id] = socket
            return True

    def socket(self, connection: str) -> Socket | None:
        with self._lock:
            return next((kept[connection] for kept in self.sockets.values() if connection in kept), None)

    def leave(self, socket: Socket) -> None:
        with self._lock:
            self.sockets[socket.workspace].pop(socket.id, None)


_BOARD, _SOCKET, _TICKET = "board", "socket#", "ticket"


class DynamoBoards:
    """In one DynamoDB table:

    * `board#<workspace>`, `board`: version, and the board as packed JSON while there is one; beside it
      `socket#<connection>` for each watcher, so that one query reads both;
    * `socket#<connection>`, `socket`: whose workspace a connection belongs to;
    * `ticket#<digest>`, `ticket`: a ticket.

    Watchers and tickets expire by themselves (`expires_at`); before that they do not count any more.
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def issue(self, token: str, ticket: Ticket) -> None:
        self._put(_ticket(token) | {"doc": {"S": to_json(ticket).decode()}, "expires_at": _epoch(ticket.expires_at)})

    def redeem(self, token: str, now: datetime) -> Ticket | None:
        with translated():
            answer = client("dynamodb").delete_item(TableName=self._table, Key=_ticket(token), ReturnValues="ALL_OLD")
        taken = answer.get("Attributes")
        ticket = from_json(taken["doc"]["S"], Ticket) if taken else None
        return ticket if ticket and ticket.expires_at > now else None

    def read(self, workspace: str, now: datetime) -> Kept:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": f"board#{workspace}"}},
            "ConsistentRead": True,
        }
        kept: dict[str, Any] = {}
        sockets: list[Socket] = []
        while True:
            with translated():
                page = client("dynamodb").query(**query)
            for item in page["Items"]:
                if item["sk"]["S"] == _BOARD:
                    kept = _board(workspace, item)
                else:
                    sockets.append(from_json(item["doc"]["S"], Socket))
            if "LastEvaluatedKey" not in page:
                return Kept(**kept, sockets=tuple(s for s in sockets if s.expires_at > now))
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put(self, workspace: str, known: int, board: Board | None, swept_at: datetime | None) -> bool:
        item = _key(workspace, _BOARD) | {"version": {"N": str(known + 1)}}
        if board is not None:
            item["doc"] = {"B": pack(to_json(board), workspace)}
        if swept_at is not None:
            item["swept_at"] = {"S": swept_at.isoformat()}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if known:
            condition = {
                "ConditionExpression": "version = :known",
                "ExpressionAttributeValues": {":known": {"N": str(known)}},
            }
        try:
            self._put(item, **condition)
        except Conflict:
            return False
        return True

    def swept(self, workspace: str, known: int, at: datetime) -> None:
        try:
            with translated():
                client("dynamodb").update_item(
                    TableName=self._table,
                    Key=_key(workspace, _BOARD),
                    UpdateExpression="SET swept_at = :at",
                    ConditionExpression="version = :known",
                    ExpressionAttributeValues={":at": {"S": at.isoformat()}, ":known": {"N": str(known)}},
                )
        except Conflict:
            return

    def join(self, socket: Socket) -> None:
        # First what leads to the watcher: whoever is in the list can also be taken out of it.
        self._put(_pointer(socket.id) | {"workspace": {"S": socket.workspace}, "expires_at": _epoch(socket.expires_at)})
        self._put(_watcher(socket))

    def change(self, socket: Socket, known: Socket | None = None) -> bool:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_exists(pk)"}
        if known is not None:
            condition = {
                "ConditionExpression": "doc = :known",
                "ExpressionAttributeValues": {":known": _watcher(known)["doc"]},
            }
        try:
            self._put(_watcher(socket), **condition)
        except Conflict:
            return False
        return True

    def socket(self, connection: str) -> Socket | None:
        pointer = self._get(_pointer(connection))
        if pointer is None:
            return None
        item = self._get(_key(pointer["workspace"]["S"], f"{_SOCKET}{connection}"))
        return None if item is None else from_json(item["doc"]["S"], Socket)

    def leave(self, socket: Socket) -> None:
        for key in (_key(socket.workspace, f"{_SOCKET}{socket.id}"), _pointer(socket.id)):
            with translated():
                client("dynamodb").delete_item(TableName=self._table, Key=key)

    def _put(self, item: dict[str, Any], **condition: Any) -> None:
        with translated():
            client("dynamodb").put_item(TableName=self._table, Item=item, **condition)

    def _get(self, key: dict[str, Any]) -> dict[str, Any] | None:
        with translated():
            answer = client("dynamodb").get_item(TableName=self._table, Key=key, ConsistentRead=True)
        found: dict[str, Any] | None = answer.get("Item")
        return found


def _key(workspace: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": f"board#{workspace}"}, "sk": {"S": sk}}


def _pointer(connection: str) -> dict[str, Any]:
    return {"pk": {"S": f"{_SOCKET}{connection}"}, "sk": {"S": "socket"}}


def _ticket(token: str) -> dict[str, Any]:
    return {"pk": {"S": f"{_TICKET}#{ticket_digest(token)}"}, "sk": {"S": _TICKET}}


def _watcher(socket: Socket) -> dict[str, Any]:
    return _key(socket.workspace, f"{_SOCKET}{socket.id}") | {
        "doc": {"S": to_json(socket).decode()},
        "expires_at": _epoch(socket.expires_at),
    }


def _epoch(at: datetime) -> dict[str, Any]:
    return {"N": str(int(at.timestamp()))}


def _board(workspace: str, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": int(item["version"]["N"]),
        "board": unpack(bytes(item["doc"]["B"]), workspace, Board) if "doc" in item else None,
        "swept_at": datetime.fromisoformat(item["swept_at"]["S"]) if "swept_at" in item else None,
    }
