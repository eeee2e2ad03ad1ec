from __future__ import annotations

import pytest

from ringlake.model.mailing import Pass, Purpose
from ringlake.stores.addresses import MemoryAddresses, MemoryPasses
from tests.stores.addresses_suite import AT, AddressesSuite, PassesSuite


class TestMemoryAddresses(AddressesSuite):
    @pytest.fixture
    def addresses(self) -> MemoryAddresses:
        return MemoryAddresses()


class TestMemoryPasses(PassesSuite):
    @pytest.fixture
    def addresses(self) -> MemoryAddresses:
        return MemoryAddresses()

    @pytest.fixture
    def passes(self) -> MemoryPasses:
        return MemoryPasses()

    def test_the_token_itself_is_kept_nowhere(self, passes: MemoryPasses) -> None:
        token = passes.issue(Pass(workspace="acme", address="a@example.com", purpose=Purpose.CONFIRM, expires_at=AT))
        assert token not in repr(passes.kept)
