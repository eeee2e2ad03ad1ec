"""Rows of the lake's tables with anything in every column: what no history would have, engines must agree on."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ringlake.model.tables import Column, Table
from ringlake.stores.lake import as_rows

if TYPE_CHECKING:
    import pyarrow as pa

WORDS = {
    "missed_reason": ("", "technical", "nobody_available", "rang_no_answer", "caller_gave_up", "direct_voicemail"),
    "hangup_by": ("customer", "agent", "system", "unknown", ""),
    "answered_by": ("", "person", "machine", "voicemail"),
    "final_kind": ("", "user", "outside"),
    "status": ("pending", "sent", "delivered", "undelivered", "received"),
    "state": ("open", "attempted", "reached", "resolved_by_customer", "resolved_by_text", "assigned", "dismissed"),
    "cost_currency": ("EUR", "EUR", "USD", ""),
    "home_currency": ("EUR", "EUR", "USD", ""),
    "user_id": ("", "u-anna", "u-bo", "u-cy"),
    "team_id": ("", "t-1", "t-2"),
    "business_number": ("+48220000001", "+48220000002"),
    "party_key": ("", "k1", "k2", "k3", "k4", "k5"),
}
START = datetime(2026, 3, 27, 20, tzinfo=UTC).replace(tzinfo=None)


def anything(table: Table, count: int, seed: int) -> pa.Table:
    """`count` rows around a change of clocks; the same for the same seed."""
    chance = random.Random(seed)
    return as_rows(table, [{c.name: _value(c, chance, n) for c in table.columns} for n in range(count)])


def _value(column: Column, chance: random.Random, n: int) -> Any:
    if column.name == "record_id":
        return f"c:{n}"
    if column.name.startswith(("is_", "in_")):
        return int(chance.random() < 0.6) if column.name != "is_spam" else int(chance.random() < 0.1)
    if column.name == "local_date":
        return date(2026, 3, 27) + timedelta(days=chance.randrange(5))
    match column.type:
        case "string":
            return chance.choice(WORDS.get(column.name, ("",)))
        case "timestamp":
            return _maybe(START + timedelta(milliseconds=chance.randrange(400_000)), chance)
        case "decimal(12,4)":
            return _maybe(Decimal(chance.randrange(0, 50_000)) / 10_000, chance)
        case "boolean":
            return None
        case _:
            return _maybe(chance.choice((0, 1, 1, 2, 5, 10, 11, 20, 21, 400, 1200, 1201, 86_400, 90_000)), chance)


def _maybe[T](value: T, chance: random.Random) -> T | None:
    return value if chance.random() < 0.8 else None
