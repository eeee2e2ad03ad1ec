"""The wire to watchers: connections of the WebSocket API."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import Protocol

from ringlake.errors import Gone

from .clients import client, translated


class Wire(Protocol):
    """Every method raises `Unavailable` when the API does not answer."""

    def send(self, connection: str, message: bytes) -> None:
        """Hand one message over; raises `Gone` when the other side has hung up."""
        ...

    def close(self, connection: str) -> None:
        """End a connection; one that is gone already is fine."""
        ...


class MemoryWire:
    """The twin: what was sent to whom, in order."""

    def __init__(self) -> None:
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.gone: set[str] = set()
        self.closed: set[str] = set()
        self._lock = Lock()

    def send(self, connection: str, message: bytes) -> None:
        with self._lock:
            if connection in self.gone | self.closed:
                raise Gone(connection)
            self.sent[connection].append(message)

    def close(self, connection: str) -> None:
        with self._lock:
            self.closed.add(connection)


class GatewayWire:
    """API Gateway's management of connections; `url` is the address of clients (`wss://…`)."""

    def __init__(self, url: str) -> None:
        # The same place over http: ws:// and http://, wss:// and https://.
        self._endpoint = f"http{url.removeprefix('ws').rstrip('/')}"

    def send(self, connection: str, message: bytes) -> None:
        with translated():
            client("apigatewaymanagementapi", endpoint=self._endpoint).post_to_connection(
                ConnectionId=connection, Data=message
            )

    def close(self, connection: str) -> None:
        try:
            with translated():
                client("apigatewaymanagementapi", endpoint=self._endpoint).delete_connection(ConnectionId=connection)
        except Gone:
            return
