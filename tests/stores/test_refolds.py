"""The in-memory refold requests."""

from __future__ import annotations

import pytest

from ringlake.stores.refolds import MemoryRefolds, Refolds
from tests.stores.refolds_suite import RefoldsSuite


class TestMemoryRefolds(RefoldsSuite):
    @pytest.fixture
    def store(self) -> Refolds:
        return MemoryRefolds()
