"""Money beside the tariffs themselves: rating again, exchange rates, budgets, abuse (features.md N5, N8, N9, N17)."""

from __future__ import annotations

from ringlake.flows.answers.facts import Facts
from ringlake.flows.answers.found import Finder
from ringlake.flows.directory import Stores

from .abuse import AbuseAnswers
from .budgets import BudgetAnswers
from .exchange import ExchangeRates
from .ratings import Ratings
from .units import UnitAnswers

__all__ = ["AbuseAnswers", "BudgetAnswers", "MoneyRooms"]


class MoneyRooms:
    """The use cases over the stores of one installation."""

    def __init__(self, stores: Stores, facts: Facts) -> None:
        self.abuse = AbuseAnswers(stores.directory, facts, stores.records)
        self.budgets = BudgetAnswers(stores.directory, facts, stores.records)
        self.exchange = ExchangeRates(stores)
        self.ratings = Ratings(stores)
        self.units = UnitAnswers(Finder(stores.directory, stores.records, stores.marks), stores.directory)
