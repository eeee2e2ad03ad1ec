"""What finance does: invoices beside our charges, and months that are closed."""

from __future__ import annotations

from .invoices import Invoices
from .months import Months
from .office import FinanceStores

__all__ = ["Finance", "FinanceStores"]


class Finance:
    """All use cases over the stores of one installation."""

    def __init__(self, stores: FinanceStores) -> None:
        self.invoices = Invoices(stores)
        self.months = Months(stores)
