"""The twin of the identities; the real ones pass the same suite on the emulator (tests/integration)."""

from __future__ import annotations

import pytest

from ringlake.stores.identities import Identities, MemoryIdentities
from tests.stores.identities_suite import IdentitiesSuite


class TestMemoryIdentities(IdentitiesSuite):
    @pytest.fixture
    def identities(self) -> Identities:
        return MemoryIdentities()


def test_who_is_disabled_is_signed_out() -> None:
    people = MemoryIdentities()
    sub = people.add("anna@example.com", "x")
    people.disable(sub)
    assert (people.people[sub].enabled, people.people[sub].sessions_ended) == (False, 1)
    people.enable(sub)
    assert people.people[sub].enabled
