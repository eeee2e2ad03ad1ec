"""Cursors of lists: where the next page begins, signed, for one list of one person (security.md 7).

A cursor is told to the client and comes back, so it is outside input. It says nothing that its page did
not show: the position of the page's last row, and the dates that a preset meant on the first page. It
opens nothing either, because scope and filter are applied anew to every page. It is signed over what it
was made for (workspace, person, scope, filter, order); anything else is refused, with the field named.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec

from ringlake.errors import InvalidRequest
from ringlake.model.base import Model, from_json, to_json

_TAG_BYTES = 16
# Longer than any cursor of ours: the longest part of one is a provider's id.
_LONGEST = 4096
_PURPOSE = b"ringlake list cursor v1"


def signing_key(party_key_secret: bytes) -> bytes:
    """A workspace's key for cursors, from the key that it has for customers (RFC 5869 style, one purpose)."""
    return hmac.new(party_key_secret, _PURPOSE, hashlib.sha256).digest()


def bound(**about: object) -> bytes:
    """What a cursor is made for, as bytes: plain values and model objects by name."""
    return to_json(dict(sorted(about.items())))


def seal(position: Model, key: bytes, about: bytes) -> str:
    """The cursor of a position."""
    body = to_json(position)
    return _text(_tag(body, key, about) + body)


def unseal[T: Model](cursor: str, kind: type[T], key: bytes, about: bytes, field: str = "cursor") -> T:
    """The position of a cursor that was made for exactly this. Raises `InvalidRequest` naming `field`."""
    refused = InvalidRequest(field, "this cursor belongs to another list: begin again without one")
    if len(cursor) > _LONGEST:
        raise refused
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise refused from None
    tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    # Base64 has several spellings of the same bytes; ours is one.
    if not hmac.compare_digest(tag, _tag(body, key, about)) or cursor != _text(raw):
        raise refused
    try:
        return from_json(body, kind)
    except msgspec.MsgspecError:
        raise refused from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _tag(body: bytes, key: bytes, about: bytes) -> bytes:
    signed = len(about).to_bytes(4, "big") + about + body
    return hmac.new(key, signed, hashlib.sha256).digest()[:_TAG_BYTES]
