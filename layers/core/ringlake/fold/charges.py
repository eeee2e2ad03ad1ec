"""What a call or message cost: the provider's own price, else by our tariffs (features.md N5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ringlake.model.base import Model
from ringlake.model.charges import Charge, CostSource, Rated, Unpriced
from ringlake.model.directory import Directory
from ringlake.model.facts import CallFact, Direction, MessageFact
from ringlake.model.money import Money

from . import attribution
from .durations import between
from .facts import last, when
from .rating import rate_call, rate_message
from .timeline import Milestones, milestones


class Charged(Model, frozen=True, kw_only=True):
    """The units and what they come to. `cost` is None as soon as one unit has no amount: a part of a sum is not
    the sum. `mixed` says that units in another currency were left out of it.
    """

    cost: Money | None = None
    source: CostSource | None = None
    mixed: bool = False
    charges: tuple[Charge, ...] = ()


class _Unit(NamedTuple):
    """A call or part of it: its facts, at least one, and their moments."""

    told: Sequence[CallFact]
    moments: Milestones

    def billed_ms(self) -> int | None:
        """How long it was up, once it is over; 0 when nobody picked up, None when unknown."""
        up, end = self.moments.picked_up, self.moments.ended
        if up is not None:
            billable, _ = between(up.at, end.at if end else None)
            return billable
        if not self.moments.is_answered:
            return 0
        said = last(self.told, lambda f: f.duration_s)
        return None if said is None else said * 1000


def charged(
    facts: Sequence[CallFact],
    own: Sequence[CallFact],
    parts: Mapping[str, Sequence[CallFact]],
    moments: Milestones,
    directory: Directory,
    connection: str,
) -> Charged:
    """Of a call. Unknown is no cost, never 0. What a provider says of any part is the price of the whole."""
    costs = any(fact.cost for fact in facts)
    if not costs and not _has_tariffs(directory):
        return Charged()
    units = [_Unit(own, moments), *(_Unit(told, milestones(told, ())) for told in parts.values())]
    if costs:
        return _stated(facts, units, directory, connection)
    dialled = [(unit, number) for unit in units if (number := _outward(unit.told, directory, connection))]
    return _sum([_rated(unit, number, directory, connection) for unit, number in dialled])


def charged_message(
    facts: Sequence[MessageFact],
    started_at: datetime,
    numbers: Sequence[str],
    segments: int | None,
    directory: Directory,
    connection: str,
    *,
    sent: bool,
) -> Charged:
    """Of a message to these receivers; only what was `sent` by us is rated. Prices in several currencies have no
    sum.
    """
    cost = last(facts, lambda f: f.cost)
    if cost is not None:
        only = Charge(
            unit="1",
            at=started_at,
            number=numbers[0] if sent and len(numbers) == 1 else "",
            source=CostSource.PROVIDER,
            segments=segments,
            ratings=(Rated(amount=cost),),
        )
        return Charged(cost=cost, source=CostSource.PROVIDER, charges=(only,))
    if not sent or not _has_tariffs(directory):
        return Charged()
    found = _sum(
        [
            Charge(
                unit=str(place),
                at=started_at,
                number=number,
                source=CostSource.TARIFF,
                segments=segments,
                ratings=rate_message(directory, connection, started_at, number, segments),
            )
            for place, number in enumerate(numbers, start=1)
        ]
    )
    return Charged(charges=found.charges) if found.mixed else found


def _sum(charges: Sequence[Charge]) -> Charged:
    """In the currency of the first."""
    known = [charge.amount for charge in charges if charge.amount]
    if not known or len(known) < len(charges):
        return Charged(charges=tuple(charges))
    same = [amount.amount for amount in known if amount.currency == known[0].currency]
    return Charged(
        cost=Money(amount=sum(same, Decimal(0)), currency=known[0].currency),
        source=CostSource.TARIFF,
        mixed=len(same) < len(known),
        charges=tuple(charges),
    )


def _stated(facts: Sequence[CallFact], units: Sequence[_Unit], directory: Directory, connection: str) -> Charged:
    """Sum over the legs of the latest charge of each, in the currency of the latest."""
    latest: dict[tuple[str, str], CallFact] = {}
    for fact in facts:
        if fact.cost:
            latest[fact.call_id, fact.leg_id] = fact
    of_call = {unit.told[0].call_id: unit for unit in units}
    charges = [
        _by_provider(
            fact, of_call.get(call_id), len([1 for other, _ in latest if other == call_id]), directory, connection
        )
        for (call_id, _), fact in sorted(latest.items(), key=lambda item: item[0])
    ]
    said = last(facts, lambda f: f.cost)
    currency = said.currency if said else ""
    same = [charge.amount.amount for charge in charges if charge.amount and charge.amount.currency == currency]
    return Charged(
        cost=Money(amount=sum(same, Decimal(0)), currency=currency),
        source=CostSource.PROVIDER,
        mixed=len(same) < len(charges),
        charges=tuple(charges),
    )


def _by_provider(fact: CallFact, unit: _Unit | None, of_call: int, directory: Directory, connection: str) -> Charge:
    """How long the unit was up is known where the provider charges the call or part as a whole."""
    whole = unit is not None and of_call == 1 and unit.moments.over
    return Charge(
        unit="/".join(filter(None, (fact.call_id, fact.leg_id))),
        at=unit.moments.started.at if unit else when(fact),
        number=_outward(unit.told, directory, connection) if unit else "",
        source=CostSource.PROVIDER,
        billable_ms=unit.billed_ms() if unit and whole else None,
        ratings=(Rated(amount=fact.cost),),
    )


def _has_tariffs(directory: Directory) -> bool:
    return bool(directory.tariffs or directory.past_tariffs)


def _outward(told: Sequence[CallFact], directory: Directory, connection: str) -> str:
    """The outside number that a call or part was dialled to, "" when it was not dialled by us."""
    ends = attribution.numbers(told, directory, connection)
    return ends.remote if ends.direction is Direction.OUTBOUND and ends.remote.startswith("+") else ""


def _rated(unit: _Unit, number: str, directory: Directory, connection: str) -> Charge:
    """Charged from the first pick-up, by whoever or whatever, to the end; a call that lasts has no price yet."""
    at, over = unit.moments.started.at, unit.moments.over
    billable = unit.billed_ms() if over else None
    lasts = (Rated(unpriced=Unpriced.LASTS),)
    return Charge(
        unit=unit.told[0].call_id,
        at=at,
        number=number,
        source=CostSource.TARIFF,
        billable_ms=billable,
        ratings=rate_call(directory, connection, at, number, billable) if over else lasts,
    )
