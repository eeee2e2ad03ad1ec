"""The twin of the contacts; the real ones pass the same suite on the emulator (tests/integration)."""

from __future__ import annotations

import pytest

from ringlake.stores.contacts import Contacts, MemoryContacts
from tests.stores.contacts_suite import ContactsSuite


class TestMemoryContacts(ContactsSuite):
    @pytest.fixture
    def contacts(self) -> Contacts:
        return MemoryContacts()
