"""JSON Web Signatures in compact form with a shared secret (RFC 7515, `HS256` and nothing else).

The signature is compared as text: decoding would forgive changed padding bits. Everything that is
malformed is `NotAuthentic`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence

from ringlake.errors import NotAuthentic, Unreadable

from .values import document

_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
ALGORITHM = "HS256"


def verify(token: bytes, secrets: Sequence[bytes]) -> bytes:
    """The payload of a token that one of the secrets signed. Raises `NotAuthentic`."""
    if not _COMPACT.fullmatch(token):
        raise NotAuthentic
    signed, _, presented = token.rpartition(b".")
    matched = False
    for secret in secrets:
        matched |= bool(secret) & hmac.compare_digest(presented, _mac(secret, signed))
    head, _, payload = signed.partition(b".")
    if not (matched & _is_ours(head)):
        raise NotAuthentic
    return decoded(payload)


def payload_of(token: bytes) -> bytes:
    """The payload of a token that was verified before. Raises `Unreadable`."""
    parts = token.split(b".")
    if len(parts) != 3:
        raise Unreadable("body", "not a token")
    try:
        return decoded(parts[1])
    except NotAuthentic:
        raise Unreadable("body", "not base64url") from None


def sign(payload: bytes, secret: bytes, head: bytes = b'{"alg":"HS256","typ":"JWT"}') -> bytes:
    """A token as a sender makes it."""
    signed = encoded(head) + b"." + encoded(payload)
    return signed + b"." + _mac(secret, signed)


def encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def decoded(part: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        raise NotAuthentic from None


def _mac(secret: bytes, signed: bytes) -> bytes:
    return encoded(hmac.digest(secret, signed, "sha256"))


def _is_ours(head: bytes) -> bool:
    """`none` and every other algorithm are refused, and so are extensions that would have to be understood."""
    try:
        found = document(decoded(head))
    except (NotAuthentic, Unreadable):
        return False
    return found.get("alg") == ALGORITHM and "crit" not in found
