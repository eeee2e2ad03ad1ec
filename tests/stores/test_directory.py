"""The twin of the Directory; the real one passes the same suite on the emulator (tests/integration)."""

from __future__ import annotations

import pytest

from ringlake.stores.directory import DirectoryStore, MemoryDirectory
from ringlake.stores.vault import MemoryVault, Vault
from tests.stores.directory_suite import DirectorySuite


class TestMemoryDirectory(DirectorySuite):
    @pytest.fixture
    def vault(self) -> Vault:
        return MemoryVault()

    @pytest.fixture
    def directory(self, vault: Vault) -> DirectoryStore:
        return MemoryDirectory(vault)
