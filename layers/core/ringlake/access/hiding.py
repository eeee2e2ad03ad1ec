"""Which columns an ability opens (demands.md D74): whoever lacks it gets the rows without them.

Rows stay rows: counts and sums of durations are the same for everybody with the same scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ringlake.model.directory import Ability
from ringlake.model.numbers import ANONYMOUS

# Numbers are masked, everything else is empty. Recordings and texts are not in the lake.
NUMBERS = frozenset({"remote_number", "final_number"})
HIDDEN: Mapping[Ability, frozenset[str]] = MappingProxyType(
    {
        Ability.SEE_NAMES: frozenset({"remote_name", "record_ref", "significant"}),
        Ability.SEE_NUMBERS: NUMBERS,
        Ability.SEE_COSTS: frozenset({"cost_amount", "cost_currency", "cost_source"}),
    }
)
_SHOWN_BEFORE, _SHOWN_AFTER = 3, 2


def hidden_from(held: frozenset[Ability]) -> tuple[Ability, ...]:
    """The abilities of `HIDDEN` that are not held, in their order there."""
    return tuple(ability for ability in HIDDEN if ability not in held)


def masked(number: str) -> str:
    """Enough to tell two callers apart, not enough to call one. Withheld and absent stay what they are."""
    if number in ("", ANONYMOUS):
        return number
    hidden = len(number) - _SHOWN_BEFORE - _SHOWN_AFTER
    if hidden < 1:
        return "•" * len(number)
    return f"{number[:_SHOWN_BEFORE]}{'•' * hidden}{number[-_SHOWN_AFTER:]}"
