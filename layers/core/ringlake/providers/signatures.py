"""Signature schemes that more than one sender uses: OpenPhone's own and Standard Webhooks.

All of them work on raw bytes, compare in constant time against every live secret without
leaving early, and know one error, `NotAuthentic`, whatever is malformed (docs/adr/0020).
Secrets are the text that the sender shows: base64, with or without `whsec_` and padding.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ringlake.errors import NotAuthentic

TOLERANCE = timedelta(seconds=300)
# One entry per live key is usual; more than these only cost us hashing.
MAX_ENTRIES = 16
_PREFIX = b"whsec" + b"_"
# Numbers this long count milliseconds (openphone-signature), shorter ones seconds.
_MILLISECOND_DIGITS = 12


def key_of(secret: bytes) -> bytes:
    """The key inside a secret's text. Raises ValueError when it is not base64 or empty."""
    text = secret.strip().removeprefix(_PREFIX)
    try:
        key = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("the secret is not base64") from None
    if not key:
        raise ValueError("the secret is empty")
    return key


def sign_standard(secret: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """One `webhook-signature` entry as a sender makes it."""
    return "v1," + _mac(key_of(secret), f"{webhook_id}.{timestamp}.".encode(), body).decode()


def verify_standard(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime) -> None:
    """Standard Webhooks 1.0.0, `v1` entries; others are skipped. Raises `NotAuthentic`."""
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    # A dot in the id would let bytes wander between id, timestamp and body under one signature.
    if not webhook_id or "." in webhook_id:
        raise NotAuthentic
    presented = [
        signature
        for version, _, signature in (e.partition(",") for e in headers.get("webhook-signature", "").split(" "))
        if version == "v1"
    ]
    content = _encoded(f"{webhook_id}.{timestamp}.")
    matched = _matches(presented, secrets, content, body)
    if not (matched & _in_time(timestamp, timedelta(seconds=1), now)):
        raise NotAuthentic


def sign_openphone(secret: bytes, timestamp_ms: int, body: bytes) -> str:
    """An `openphone-signature` header as the sender makes it."""
    return f"hmac;1;{timestamp_ms};" + _mac(key_of(secret), f"{timestamp_ms}.".encode(), body).decode()


def verify_openphone(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime) -> None:
    """OpenPhone's first generation: `hmac;1;<time>;<signature>`, several joined by commas. Raises `NotAuthentic`."""
    entries = [e.strip().split(";") for e in headers.get("openphone-signature", "").split(",")]
    known = [(e[2], e[3]) for e in entries if len(e) == 4 and e[0] == "hmac" and e[1] == "1"]
    if len(known) > MAX_ENTRIES:
        raise NotAuthentic
    matched = False
    for timestamp, signature in known:
        unit = timedelta(milliseconds=1) if len(timestamp) >= _MILLISECOND_DIGITS else timedelta(seconds=1)
        matched |= _matches([signature], secrets, _encoded(f"{timestamp}."), body) & _in_time(timestamp, unit, now)
    if not matched:
        raise NotAuthentic


def same_secret(given: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether a shared secret that a sender shows is one of ours; an empty one never is."""
    matched = False
    for secret in secrets:
        matched |= bool(secret) & hmac.compare_digest(given, secret)
    return matched


def _matches(presented: Sequence[str], secrets: Sequence[bytes], content: bytes, body: bytes) -> bool:
    """Whether any presented signature is that of any secret; always does all the work."""
    if len(presented) > MAX_ENTRIES:
        raise NotAuthentic
    given = [_encoded(p) for p in presented]
    matched = False
    for key in _keys(secrets):
        expected = _mac(key, content, body)
        for signature in given:
            matched |= hmac.compare_digest(signature, expected)
    return matched


def _keys(secrets: Sequence[bytes]) -> Iterable[bytes]:
    """A secret that cannot be one (a typing error at set-up) must not lock out its working neighbour."""
    for secret in secrets:
        try:
            yield key_of(secret)
        except ValueError:
            continue


def _mac(key: bytes, content: bytes, body: bytes) -> bytes:
    """The base64 text is compared, not the bytes: decoding forgives changed padding bits."""
    return base64.b64encode(hmac.digest(key, content + body, "sha256"))


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotAuthentic from None


def _in_time(timestamp: str, unit: timedelta, now: datetime) -> bool:
    """ASCII digits only: `int()` would also take signs, spaces, underscores and other scripts' digits."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 16):
        return False
    try:
        sent = datetime.fromtimestamp(0, UTC) + int(timestamp) * unit
    except OverflowError:
        return False
    return abs(now - sent) <= TOLERANCE
