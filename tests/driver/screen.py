"""A screen that watches the live board over a real WebSocket, as docs/live.md tells a client to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from ringlake.model.board import Follower

PATIENCE_S = 30.0


class NotSeenError(RuntimeError):
    """Something was not shown in time."""


class Screen:
    """`ticket` gives an address to connect to, once: a screen that lost its connection asks for another."""

    def __init__(self, ticket: Callable[[], str]) -> None:
        self._ticket = ticket
        self._wire: ClientConnection | None = None
        self._open = ExitStack()
        self.follower = Follower()
        self.heard: list[dict[str, Any]] = []
        self.filter: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.cut()

    def open(self) -> None:
        """Connect and ask for everything."""
        wire = connect(self._ticket(), open_timeout=PATIENCE_S, close_timeout=2, proxy=None)
        self._wire = self._open.enter_context(wire)
        self.say("subscribe", filter=self.filter)

    def cut(self) -> None:
        """The connection is lost: what is on the screen is stale from now on."""
        self._open.close()
        self._wire = None
        self.follower.lost()

    def say(self, action: str, **more: object) -> None:
        assert self._wire is not None
        self._wire.send(json.dumps({"action": action, **more}))

    def ping(self) -> None:
        self.say("ping", filter=self.filter)

    def ask(self, **wanted: object) -> None:
        """Watch with another filter."""
        self.filter = wanted
        self.say("subscribe", filter=wanted)

    def take(self, patience_s: float) -> bool:
        """Take the next message; False when none came."""
        assert self._wire is not None
        try:
            message = self._wire.recv(timeout=patience_s)
        except TimeoutError:
            return False
        self.heard.append(json.loads(message))
        if self.follower.take(message):
            self.ask(**self.filter)
        return True

    def wait(self, what: str, shown: Callable[[Follower], bool], patience_s: float = PATIENCE_S) -> float:
        """Take messages until it is shown; the moment (monotonic) at which it was."""
        deadline = time.monotonic() + patience_s
        while not shown(self.follower):
            left = deadline - time.monotonic()
            if left <= 0:
                raise NotSeenError(f"{what} was not shown within {patience_s:.0f} s")
            self.take(left)
        return time.monotonic()

    def ended(self, patience_s: float = PATIENCE_S) -> bool:
        """Whether the other side hangs up."""
        deadline = time.monotonic() + patience_s
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.take(left)
        except ConnectionClosed:
            return True
        return False
