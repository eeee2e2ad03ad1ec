"""A hook before every call of a store: where a test lets stores fail, processes die, folds overlap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Crash(BaseException):
    """The process dies here: nothing catches it, nothing is cleaned up."""


class Hooked:
    """A store whose every method calls `before` first."""

    def __init__(self, store: Any, before: Callable[[], None]) -> None:
        self._store = store
        self._before = before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self._before()
            return found(*args, **kwargs)

        return call


class Nth:
    """Raises at the nth call, counts all."""

    def __init__(self, at: int | None, error: Callable[[], BaseException]) -> None:
        self.calls = 0
        self._at = at
        self._error = error

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            raise self._error()
