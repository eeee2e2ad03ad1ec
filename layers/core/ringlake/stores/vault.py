"""Envelope of secrets: webhook secrets and party keys are stored encrypted (security.md 6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from ringlake.errors import Unavailable

from .clients import client, translated


class Vault(Protocol):
    """Raises `Unavailable` when the key service does not answer, ValueError for a foreign ciphertext."""

    def encrypt(self, plain: bytes, context: Mapping[str, str]) -> bytes: ...

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes: ...


class MemoryVault:
    """The twin: binds the context like the real one, hides nothing."""

    def encrypt(self, plain: bytes, context: Mapping[str, str]) -> bytes:
        return json.dumps(dict(context), sort_keys=True).encode() + b"\0" + plain

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        bound, _, plain = ciphertext.partition(b"\0")
        if bound != json.dumps(dict(context), sort_keys=True).encode():
            raise ValueError("ciphertext does not belong to this context")
        return plain


class ClosedVault:
    """For functions without the right to the key: nothing is sealed, and no ciphertext is theirs to open."""

    def encrypt(self, plain: bytes, context: Mapping[str, str]) -> bytes:
        del plain, context
        raise ValueError("there is no key here")

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        del ciphertext, context
        raise ValueError("ciphertext does not belong to this context")


# The key service's words for "this ciphertext is not yours": other key, other context, or no ciphertext.
_FOREIGN = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class KmsVault:
    """AWS KMS. The context is bound to the ciphertext and stands in the audit trail in clear: ids only."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def encrypt(self, plain: bytes, context: Mapping[str, str]) -> bytes:
        with translated():
            answer = client("kms").encrypt(KeyId=self._key_id, Plaintext=plain, EncryptionContext=dict(context))
        found: bytes = answer["CiphertextBlob"]
        return found

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
        """The key is named so that a ciphertext made under anybody else's key is refused."""
        try:
            with translated():
                answer = client("kms").decrypt(
                    KeyId=self._key_id, CiphertextBlob=ciphertext, EncryptionContext=dict(context)
                )
        except Unavailable as error:
            response: dict[str, Any] = getattr(error.__cause__, "response", {})
            if response.get("Error", {}).get("Code") in _FOREIGN:
                raise ValueError("ciphertext does not belong to this context") from error
            raise
        found: bytes = answer["Plaintext"]
        return found
