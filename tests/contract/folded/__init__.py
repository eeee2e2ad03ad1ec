"""What captured deliveries become, by the word of the providers' documentation: one module per provider.

To add a provider, write a module here that defines `TABLE`; the tests of test_captures_folded.py
find it. Figures come from the written contract or from the maker's expectation of the sample
(`says` in the capture), never from a run of our code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple


class Table(NamedTuple):
    """Expectations for one provider's captures.

    `calls` and `messages`: names of captures that become one record -> properties of that record, as
    `told` of test_captures_folded.py spells them. `presence`: capture -> (account, status, provider's word).
    `accounts`: person (`anna`, `boris`) -> ids at the provider. `numbers`: the workspace's number ->
    the provider's ids of it. `differs`: capture -> why its maker's expectation is not ours.
    """

    calls: Sequence[tuple[Sequence[str], Mapping[str, Any]]] = ()
    messages: Sequence[tuple[Sequence[str], Mapping[str, Any]]] = ()
    presence: Mapping[str, tuple[str, str, str]] = {}
    accounts: Mapping[str, Sequence[str]] = {}
    numbers: Mapping[str, Sequence[str]] = {}
    differs: Mapping[str, str] = {}


def tables() -> dict[str, Table]:
    """All tables by provider."""
    return {m.name: import_module(f"{__name__}.{m.name}").TABLE for m in iter_modules(__path__)}
