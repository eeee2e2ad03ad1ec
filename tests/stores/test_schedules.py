from __future__ import annotations

import pytest

from ringlake.stores.schedules import MemorySchedules
from tests.stores.schedules_suite import SchedulesSuite


class TestMemorySchedules(SchedulesSuite):
    @pytest.fixture
    def store(self) -> MemorySchedules:
        return MemorySchedules()
