"""The in-memory records."""

from __future__ import annotations

import pytest

from ringlake.stores.records import MemoryRecords, Records
from tests.stores.records_suite import RecordsSuite


class TestMemoryRecords(RecordsSuite):
    @pytest.fixture
    def store(self) -> Records:
        return MemoryRecords()
