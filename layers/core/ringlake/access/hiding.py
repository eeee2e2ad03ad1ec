"""Which columns an ability opens (demands.md D74): whoever lacks it gets the rows without them.

Rows stay rows: counts and sums of durations are the same for everybody with the same scope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ringlake.model.directory import Ability
from ringlake.model.numbers import ANONYMOUS

_SHOWN_BEFORE, _SHOWN_AFTER = 3, 2
# What a person dials; shorter digits are menu choices.
_DIALLED = re.compile(r"\+?[\d\s()./-]{5,}")
# A number inside another text: the address of a phone, or a caller who calls himself by his number.
_INSIDE = re.compile(r"\+?\d(?:[\s()./-]*\d){6,}")


def masked(number: str) -> str:
    """Enough to tell two callers apart, not enough to call one. Withheld and absent stay what they are."""
    if number in ("", ANONYMOUS):
        return number
    hidden = len(number) - _SHOWN_BEFORE - _SHOWN_AFTER
    if hidden < 1:
        return "•" * len(number)
    return f"{number[:_SHOWN_BEFORE]}{'•' * hidden}{number[-_SHOWN_AFTER:]}"


def masked_dialled(text: str) -> str:
    """A text that may be a number (whom a call was handed to) or hold one (`sip:+48...`), that masked."""
    return masked(text) if _DIALLED.fullmatch(text) else _INSIDE.sub(lambda found: masked(found[0]), text)


def masked_prefix(prefix: str) -> str:
    """Of the beginning of a number, without its plus, as much as a masked number shows."""
    shown = _SHOWN_BEFORE - 1
    return prefix[:shown] + "•" * (len(prefix) - shown)


# Numbers are masked, everything else is empty. Recordings and texts are not in the lake. `number` is whom a leg
# was dialled to, `value` of a step a choice, a queue's name or the number that a call was handed to. The name that
# came with a call is often the number once more.
MASKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "remote_number": masked,
        "final_number": masked,
        "number": masked,
        "value": masked_dialled,
        "prefix": masked_prefix,
        "remote_name": masked_dialled,
        "significant": masked_dialled,
    }
)
NUMBERS = frozenset(MASKS)
HIDDEN: Mapping[Ability, frozenset[str]] = MappingProxyType(
    {
        Ability.SEE_NAMES: frozenset({"remote_name", "record_ref", "significant"}),
        Ability.SEE_NUMBERS: NUMBERS,
        Ability.SEE_COSTS: frozenset(
            {
                "cost_amount",
                "cost_currency",
                "cost_source",
                "home_amount",
                "home_currency",
                "tariff_id",
                "tariff_name",
                "connect_fee",
                "per_minute",
                "exchange_rate",
            }
        ),
    }
)


def hidden_from(held: frozenset[Ability]) -> tuple[Ability, ...]:
    """The abilities of `HIDDEN` that are not held, in their order there."""
    return tuple(ability for ability in HIDDEN if ability not in held)


def emptied(hides: Collection[Ability]) -> frozenset[str]:
    """Of the columns that these abilities would open, those of which nothing is shown; the others are masked."""
    return frozenset(name for ability in hides if ability is not Ability.SEE_NUMBERS for name in HIDDEN[ability])


def concealed(row: Mapping[str, Any], hides: Collection[Ability]) -> dict[str, Any]:
    """One row without what these abilities would open, as `query.rows` does it for whole columns."""
    shown, empty = dict(row), emptied(hides)
    for name in {name for ability in hides for name in HIDDEN[ability]} & set(row):
        value = row[name]
        if name not in empty:
            shown[name] = MASKS[name](value or "")
        else:
            shown[name] = None if value is None or isinstance(value, Decimal) else ""
    return shown
