"""Providers: one module each, with its status table as data, its verifier and its parser.

A module called `<name>.py` in this package that defines `ADAPTER` is the provider `<name>`;
nothing else has to be touched to add one (docs/adding-a-provider.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from ringlake.errors import NotFound

from .adapter import Adapter, Answer

__all__ = ["Adapter", "Answer", "adapter", "address", "names"]

_PARTS = {"adapter", "addresses", "canonical", "clocks", "jws", "notify", "signatures", "template", "values"}


def names() -> list[str]:
    """All provider names, sorted."""
    return sorted(m.name for m in iter_modules(__path__) if m.name not in _PARTS)


_known: dict[str, Adapter] = {}


def adapter(name: str) -> Adapter:
    """The adapter of a provider; raises `NotFound` for an unknown name."""
    found = _known.get(name)
    if found is None:
        # Looking through the folder costs more than the rest of ingest, so once per process.
        if name not in names():
            raise NotFound(name)
        found = _known[name] = import_module(f"{__name__}.{name}").ADAPTER
    return found


def address(name: str, options: Mapping[str, str]) -> str | None:
    """What events of this provider name in place of a random path token; None for webhooks.

    Such a connection has no webhook address and no secret. Raises `Unreadable` for an option that is
    missing or wrong, `NotFound` for an unknown name.
    """
    found = adapter(name)
    return None if found.by_http else found.address(options)
