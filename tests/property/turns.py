"""Several actors over shared stores, one store call at a time, in an order that the test chooses.

Each actor is a thread that stops before every store call until it is its turn, so an
interleaving is data: it can be generated, shrunk and repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Condition, Thread
from typing import Any

from ringlake.errors import Unavailable


class Turns:
    """Runs actors so that exactly one moves at a time."""

    def __init__(self, schedule: Iterator[int], crash_at: dict[int, int] | None = None) -> None:
        self._schedule = schedule
        self._crash_at = crash_at or {}
        self._calls: dict[int, int] = {}
        self._moved = Condition()
        self._turn: int | None = None
        self._alive: list[int] = []
        self.errors: list[BaseException] = []

    def run(self, actors: Sequence[Callable[[Turn], object]]) -> None:
        threads = [Thread(target=self._act, args=(n, actor), daemon=True) for n, actor in enumerate(actors)]
        self._alive = list(range(len(actors)))
        for thread in threads:
            thread.start()
        with self._moved:
            while self._alive:
                wish = next(self._schedule, None)
                self._turn = self._alive[0 if wish is None else wish % len(self._alive)]
                self._moved.notify_all()
                self._moved.wait_for(lambda: self._turn is None)
        for thread in threads:
            thread.join()
        for error in self.errors:
            raise error

    def _act(self, number: int, actor: Callable[[Turn], object]) -> None:
        turn = Turn(self, number)
        try:
            turn.wait()
            actor(turn)
        except Unavailable:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self.errors.append(error)
        with self._moved:
            self._alive.remove(number)
            self._turn = None
            self._moved.notify_all()

    def pause(self, number: int) -> None:
        """End this actor's move and wait for its next; raises where the actor is to crash."""
        self._calls[number] = self._calls.get(number, 0) + 1
        if self._calls[number] == self._crash_at.get(number):
            raise Unavailable("crash")
        with self._moved:
            self._turn = None
            self._moved.notify_all()
            self._moved.wait_for(lambda: self._turn == number)

    def wait(self, number: int) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._turn == number)


class Turn:
    """One actor's view: `turn(store)` is the store with a pause before each of its methods."""

    def __init__(self, turns: Turns, number: int) -> None:
        self._turns = turns
        self._number = number

    def wait(self) -> None:
        self._turns.wait(self._number)

    def __call__[T](self, store: T) -> T:
        return _Paused(store, lambda: self._turns.pause(self._number))  # type: ignore[return-value]


class _Paused:
    def __init__(self, store: object, pause: Callable[[], None]) -> None:
        self._store = store
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def paused(*args: Any, **kwargs: Any) -> Any:
            self._pause()
            return method(*args, **kwargs)

        return paused
