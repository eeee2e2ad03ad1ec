"""Rows of table `charges`, and what a record costs in the workspace's currency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from ringlake.model.calls import CallRecord
from ringlake.model.charges import Charge, CostSource, Rated
from ringlake.model.directory import Workspace
from ringlake.model.exchange import Exchange, Home, no_rates
from ringlake.model.messages import MessageRecord
from ringlake.model.money import Money

CENTS = Decimal("0.0001")
MOST_MONEY = Decimal(10) ** 8


def units(record: CallRecord | MessageRecord) -> Sequence[Charge]:
    """What was charged. A record that was folded before units were kept is one unit."""
    if record.charges or record.cost is None:
        return record.charges
    source = record.cost_source or CostSource.PROVIDER
    whole = Charge(unit=record.provider_id, at=record.started_at, source=source, ratings=(Rated(amount=record.cost),))
    return (whole,)


def amount(money: Money | None) -> Decimal | None:
    """Rounded half up to 4 decimals (metrics.md Cost per call); unknown, or more than the column holds, is null."""
    if money is None or not money.amount.is_finite() or abs(money.amount) >= MOST_MONEY:
        return None
    rounded = money.amount.quantize(CENTS, rounding=ROUND_HALF_UP)
    return None if abs(rounded) >= MOST_MONEY else rounded


def exchange_of(workspace: Workspace, exchange: Exchange | None) -> Exchange:
    """Without stored rates only what is in the workspace's own currency has a value there."""
    return exchange or Exchange(workspace.currency, no_rates)


def worth(money: Money | None, started_at: datetime, workspace: Workspace, exchange: Exchange) -> Home | None:
    """A charge in the workspace's currency, by the rates of the local day of the start."""
    known = amount(money)
    if money is None or known is None:
        return None
    local = started_at.astimezone(workspace.tz).date()
    home = exchange.worth(Money(amount=known, currency=money.currency), local)
    return None if home is None or abs(home.amount) >= MOST_MONEY else home


def home_columns(
    record: CallRecord | MessageRecord, workspace: Workspace, exchange: Exchange | None
) -> dict[str, object]:
    """The cost of a whole record in the workspace's currency: unknown as soon as that of one unit is."""
    money = exchange_of(workspace, exchange)
    found = [worth(unit.amount, record.started_at, workspace, money) for unit in units(record)]
    known = [home for home in found if home is not None]
    total = sum((home.amount for home in known), Decimal(0))
    if not known or len(known) < len(found) or abs(total) >= MOST_MONEY:
        return {"home_amount": None, "home_currency": "", "is_cost_converted": 0}
    return {
        "home_amount": total,
        "home_currency": money.home,
        "is_cost_converted": int(any(home.converted for home in known)),
    }
