from __future__ import annotations

import pytest

from ringlake.stores.walls import MemoryWalls
from tests.stores.walls_suite import WallsSuite


class TestMemoryWalls(WallsSuite):
    @pytest.fixture
    def store(self) -> MemoryWalls:
        return MemoryWalls()
