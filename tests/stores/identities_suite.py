"""What every store of identities does."""

from __future__ import annotations

import pytest

from ringlake.errors import Conflict, NotFound
from ringlake.stores.identities import Identities

PASSWORD = "Given-Passw0rd-1"


class IdentitiesSuite:
    """Subclasses give the fixture `identities`, empty."""

    def test_an_invited_person_is_found_by_the_address_however_it_is_written(self, identities: Identities) -> None:
        sub = identities.invite("anna@example.com")

        assert sub
        assert identities.find("anna@example.com") == sub
        assert identities.find("Anna@Example.com") == sub
        assert identities.find("ben@example.com") == ""

    def test_an_address_belongs_to_one_person(self, identities: Identities) -> None:
        anna, ben = identities.invite("anna@example.com"), identities.invite("ben@example.com")

        assert anna != ben
        with pytest.raises(Conflict):
            identities.invite("anna@example.com")
        with pytest.raises(Conflict):
            identities.rename(ben, "anna@example.com")
        assert identities.find("ben@example.com") == ben

    def test_adding_finds_who_is_there(self, identities: Identities) -> None:
        sub = identities.add("anna@example.com", PASSWORD)

        assert identities.add("anna@example.com", "") == sub
        assert identities.invite("ben@example.com") == identities.add("ben@example.com", PASSWORD)

    def test_who_has_not_signed_in_is_invited_again_and_nobody_else(self, identities: Identities) -> None:
        anna, ben = identities.invite("anna@example.com"), identities.add("ben@example.com", PASSWORD)

        identities.invite_again(anna)
        with pytest.raises(Conflict):
            identities.invite_again(ben)

    def test_another_address_leads_to_the_same_person(self, identities: Identities) -> None:
        sub = identities.add("anna@example.com", PASSWORD)
        identities.rename(sub, "anna.nowak@example.com")

        assert identities.find("anna.nowak@example.com") == sub
        assert identities.find("anna@example.com") == ""
        identities.rename(sub, "anna.nowak@example.com")

    def test_disabling_and_enabling_can_be_repeated(self, identities: Identities) -> None:
        sub = identities.add("anna@example.com", PASSWORD)
        for change in (identities.disable, identities.disable, identities.enable, identities.enable):
            change(sub)
        assert identities.find("anna@example.com") == sub

    def test_nobody_is_not_found(self, identities: Identities) -> None:
        for change in (identities.disable, identities.enable, identities.invite_again):
            with pytest.raises(NotFound):
                change("5f0c1b3e-0000-4000-8000-000000000000")
        with pytest.raises(NotFound):
            identities.rename("5f0c1b3e-0000-4000-8000-000000000000", "x@example.com")
