"""The twin of the live boards' store passes the suite."""

from __future__ import annotations

import pytest

from ringlake.stores.boards import MemoryBoards
from tests.stores.boards_suite import BoardsSuite


class TestMemoryBoards(BoardsSuite):
    @pytest.fixture
    def store(self) -> MemoryBoards:
        return MemoryBoards()
