"""What every vault does; the twin and the real service run the same cases."""

from __future__ import annotations

import pytest

from ringlake.stores.vault import Vault

CONTEXT = {"workspace": "acme", "connection": "line"}


class VaultSuite:
    """Collected through its subclasses, which give the fixture `vault`."""

    @pytest.mark.parametrize("plain", [b"x", b"whsec" + b"_abc=", bytes(range(256))])
    def test_a_secret_comes_back(self, vault: Vault, plain: bytes) -> None:
        assert vault.decrypt(vault.encrypt(plain, CONTEXT), CONTEXT) == plain

    def test_the_order_of_the_context_means_nothing(self, vault: Vault) -> None:
        sealed = vault.encrypt(b"secret", CONTEXT)
        assert vault.decrypt(sealed, dict(reversed(CONTEXT.items()))) == b"secret"

    @pytest.mark.parametrize(
        "other",
        [{}, {"workspace": "acme"}, {"workspace": "acme", "connection": "other"}, {**CONTEXT, "more": "x"}],
    )
    def test_a_secret_opens_only_where_it_was_sealed(self, vault: Vault, other: dict[str, str]) -> None:
        sealed = vault.encrypt(b"secret", CONTEXT)
        with pytest.raises(ValueError, match="context"):
            vault.decrypt(sealed, other)
