"""The in-memory vault, and how the real one reads its service's refusals."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from ringlake.errors import Unavailable
from ringlake.stores import vault as module
from ringlake.stores.vault import KmsVault, MemoryVault, Vault
from tests.stores.vault_suite import CONTEXT, VaultSuite


class TestMemoryVault(VaultSuite):
    @pytest.fixture
    def vault(self) -> Vault:
        return MemoryVault()


def refusing(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    class Client:
        def decrypt(self, **_: Any) -> Any:
            raise fault

    monkeypatch.setattr(module, "client", lambda _service: Client())


@pytest.mark.parametrize("code", ["InvalidCiphertextException", "IncorrectKeyException"])
def test_a_foreign_ciphertext_is_a_value_error(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    refusing(monkeypatch, ClientError({"Error": {"Code": code}}, "Decrypt"))
    with pytest.raises(ValueError, match="context"):
        KmsVault("key").decrypt(b"x", CONTEXT)


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "Decrypt"),
        ClientError({"Error": {"Code": "DisabledException"}}, "Decrypt"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "Decrypt"),
        EndpointConnectionError(endpoint_url="x"),
    ],
)
def test_a_service_that_does_not_answer_is_no_bad_signature(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    """Were this a refusal, every delivery during an outage would be answered 401 and lost."""
    refusing(monkeypatch, fault)
    with pytest.raises(Unavailable):
        KmsVault("key").decrypt(b"x", CONTEXT)
