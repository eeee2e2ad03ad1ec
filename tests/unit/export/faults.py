"""Stores that fail, or are overtaken, at a chosen call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from ringlake.errors import RinglakeError, Unavailable
from ringlake.stores.mail import MailUncertain, MemoryMail

type Deeds = Mapping[int, Callable[[], None]]

_NONE: Deeds = MappingProxyType({})

type Error = Callable[[], BaseException]


class Killed(BaseException):
    """The process is gone: no handler of ours runs."""


class Meddler:
    """Wraps stores. Before or after their n-th call together, it does or raises what is written down for it."""

    def __init__(self, before: Deeds = _NONE, after: Deeds = _NONE) -> None:
        self.before, self.after = before, after
        self.calls: list[str] = []

    def wrap(self, store: Any) -> Any:
        return _Wrapped(store, self)

    def named(self, number: int) -> str:
        """The call of this number, "" when there was none."""
        return self.calls[number] if number < len(self.calls) else ""


class _Wrapped:
    def __init__(self, store: Any, meddler: Meddler) -> None:
        self._store, self._meddler = store, meddler

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def called(*arguments: Any, **options: Any) -> Any:
            number = len(self._meddler.calls)
            self._meddler.calls.append(f"{type(self._store).__name__}.{name}")
            self._meddler.before.get(number, _nothing)()
            answer = method(*arguments, **options)
            try:
                self._meddler.after.get(number, _nothing)()
            except (RinglakeError, RuntimeError) as error:
                if isinstance(self._store, MemoryMail):
                    # That store promises that `Unavailable` means not sent.
                    raise MailUncertain("ReadTimeoutError") from error
                raise
            return answer

        return called


def _nothing() -> None:
    return


def failing(number: int, error: Error, *, after: bool) -> Meddler:
    """The n-th call fails, before it took effect or after."""

    def fail() -> None:
        raise error()

    return Meddler(after={number: fail}) if after else Meddler(before={number: fail})


def strikes(error: Error, attempt: Callable[[Meddler, int], None]) -> Iterator[str]:
    """`attempt` once for every call that it makes, failing that call before and after; yields what failed."""
    for after in (False, True):
        number = 0
        while True:
            meddler = failing(number, error, after=after)
            attempt(meddler, number)
            struck = meddler.named(number)
            if not struck:
                break
            yield f"{struck} {'after' if after else 'before'}"
            number += 1


def down(name: str) -> Error:
    return lambda: Unavailable(name)
