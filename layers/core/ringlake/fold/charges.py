"""What a call cost: the provider's own price, else by our tariffs (features.md N5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ringlake.model.base import Model
from ringlake.model.calls import CostSource
from ringlake.model.directory import Directory
from ringlake.model.facts import CallFact, Direction
from ringlake.model.money import Money

from . import attribution
from .durations import between
from .facts import last
from .rating import rate_call
from .timeline import Milestones, milestones


class Charged(Model, frozen=True, kw_only=True):
    """`mixed` says that charges in another currency were left out: without a rate they cannot be added."""

    cost: Money | None = None
    source: CostSource | None = None
    mixed: bool = False


def charged(
    facts: Sequence[CallFact],
    own: Sequence[CallFact],
    parts: Mapping[str, Sequence[CallFact]],
    moments: Milestones,
    directory: Directory,
    connection: str,
) -> Charged:
    """Unknown is no cost, never 0. What a provider says of any part is the price of the whole."""
    stated = _stated(facts)
    if stated.cost or not directory.tariffs:
        return stated
    units = [(own, moments), *((told, milestones(told, ())) for told in parts.values())]
    prices = [_rated(told, of, directory, connection) for told, of in units if _outward(told, directory, connection)]
    known = [price for price in prices if price is not None]
    if not prices or len(known) < len(prices):
        return Charged()
    same = [price.amount for price in known if price.currency == known[0].currency]
    return Charged(
        cost=Money(amount=sum(same, Decimal(0)), currency=known[0].currency),
        source=CostSource.TARIFF,
        mixed=len(same) < len(known),
    )


def _stated(facts: Sequence[CallFact]) -> Charged:
    """Sum over the legs of the latest charge of each, in the currency of the latest."""
    charges: dict[tuple[str, str], Money] = {}
    for fact in facts:
        if fact.cost:
            charges[fact.call_id, fact.leg_id] = fact.cost
    latest = last(facts, lambda f: f.cost)
    if latest is None:
        return Charged()
    same = [m.amount for m in charges.values() if m.currency == latest.currency]
    return Charged(
        cost=Money(amount=sum(same, Decimal(0)), currency=latest.currency),
        source=CostSource.PROVIDER,
        mixed=len(same) < len(charges),
    )


def _outward(told: Sequence[CallFact], directory: Directory, connection: str) -> str:
    """The outside number that a call or part was dialled to, "" when it was not dialled by us."""
    ends = attribution.numbers(told, directory, connection)
    return ends.remote if ends.direction is Direction.OUTBOUND and ends.remote.startswith("+") else ""


def _rated(told: Sequence[CallFact], moments: Milestones, directory: Directory, connection: str) -> Money | None:
    """Charged from the first pick-up, by whoever or whatever, to the end; a call that lasts has no price yet."""
    if not moments.over:
        return None
    billable, _ = between(
        moments.picked_up.at if moments.picked_up else None, moments.ended.at if moments.ended else None
    )
    if moments.picked_up is None:
        said = last(told, lambda f: f.duration_s)
        billable = (said * 1000 if said is not None else None) if moments.is_answered else 0
    number = _outward(told, directory, connection)
    return rate_call(directory.tariffs, connection, moments.started.at, number, billable)
