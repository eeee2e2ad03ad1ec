"""What every model type shares, and the one JSON codec."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the model: immutable, keyword only, compared by value.

    Fields that equal their default are left out of the JSON, so a stored document stays small
    and an older document loads into a newer type.
    """


class Answer(Model, frozen=True, kw_only=True, omit_defaults=False):
    """Base of everything that the API answers: all fields are always there."""


_encoder = msgspec.json.Encoder(order="deterministic", decimal_format="string")


def to_json(value: Any) -> bytes:
    """Encode with sorted keys: equal values give equal bytes."""
    return _encoder.encode(value)


def from_json[T](data: bytes | str, kind: type[T]) -> T:
    """Decode and validate; raises `msgspec.ValidationError` naming the path of a wrong field."""
    return msgspec.json.decode(data, type=kind)


def utc(value: datetime) -> datetime:
    """The same instant in UTC; a naive value is a programming error."""
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    return value.astimezone(UTC)
