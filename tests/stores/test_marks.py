from __future__ import annotations

import pytest

from ringlake.stores.marks import MemoryMarks
from tests.stores.marks_suite import MarksSuite


class TestMemoryMarks(MarksSuite):
    @pytest.fixture
    def store(self) -> MemoryMarks:
        return MemoryMarks()
