from __future__ import annotations

import pytest

from ringlake.stores.finance import MemoryFinance
from tests.stores.finance_suite import FinanceSuite


class TestMemoryFinance(FinanceSuite):
    @pytest.fixture
    def store(self) -> MemoryFinance:
        return MemoryFinance()
