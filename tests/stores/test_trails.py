from __future__ import annotations

import pytest

from ringlake.stores.trails import MemoryTrails
from tests.stores.trails_suite import TrailsSuite


class TestMemoryTrails(TrailsSuite):
    @pytest.fixture
    def store(self) -> MemoryTrails:
        return MemoryTrails()
