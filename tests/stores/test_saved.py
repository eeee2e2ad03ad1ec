from __future__ import annotations

import pytest

from ringlake.stores.saved import MemorySavedReports
from tests.stores.saved_suite import SavedSuite


class TestMemorySavedReports(SavedSuite):
    @pytest.fixture
    def store(self) -> MemorySavedReports:
        return MemorySavedReports()
