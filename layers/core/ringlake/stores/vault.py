"""Envelope of secrets: webhook secrets and party keys are stored encrypted (security.md 6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol


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
