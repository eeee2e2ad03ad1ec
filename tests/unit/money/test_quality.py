"""What carriers cost and how well they connect, by account, number and destination (demands.md D78; features.md N9)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ringlake.flows.answers.breakdown import BreakdownQuery
from ringlake.model.directory import Rate, Tariff
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import parse
from tests.unit.answers.test_deals import keep
from tests.unit.export.world import World

POLAND, MOBILE, GERMANY = "+48221234567", "+48600100200", "+4930123456"
METRICS = ["asr", "acd_s", "spend_calls", "talk_s", "cost_per_minute", "call_cost_coverage"]


def dialled(name: str, number: str, connection: str, line: str, talk_s: int | None, cost: str | None) -> dict[str, Any]:
    return {
        "record_id": f"{connection}:{name}", "connection": connection,
        "started_at": datetime(2026, 3, 10, 9, tzinfo=UTC),
        "is_call": 1, "is_outbound": 1, "is_spam": 0, "is_answered": int(talk_s is not None), "direction": "outbound",
        "outcome": "answered" if talk_s is not None else "no_answer", "remote_number": number, "talk_s": talk_s,
        "remote_country": "DE" if number == GERMANY else "PL", "business_number_id": line,
        "home_amount": Decimal(cost) if cost else None, "home_currency": "USD" if cost else "",
    }  # fmt: skip


@pytest.fixture
def world() -> World:
    world = World()
    rates = (Rate(prefix="48"), Rate(prefix="4860", name="Mobile"), Rate(prefix="49", name="Germany"))
    world.directory.put_tariff("acme", Tariff(id="t", name="T", currency="USD", rates=rates))
    keep(world, MESSAGES, [])
    keep(world, CALLS, [
        dialled("1", MOBILE, "cheap", "n1", 120, "0.2"),
        dialled("2", MOBILE, "cheap", "n1", None, "0"),
        dialled("3", POLAND, "cheap", "n2", 60, None),
        dialled("4", GERMANY, "dear", "n2", 30, "0.5"),
    ])  # fmt: skip
    return world


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("connection", {
            "cheap": [2 / 3, 90.0, "0.2000", 180, "0.1000", 2 / 3],
            "dear": [1.0, 30.0, "0.5000", 30, "1.0000", 1.0],
        }),
        ("number", {
            "n1": [0.5, 120.0, "0.2000", 120, "0.1000", 1.0],
            "n2": [1.0, 45.0, "0.5000", 90, "1.0000", 0.5],
        }),
        ("country", {
            "DE": [1.0, 30.0, "0.5000", 30, "1.0000", 1.0],
            "PL": [2 / 3, 90.0, "0.2000", 180, "0.1000", 2 / 3],
        }),
        ("prefix", {
            "+48": [1.0, 60.0, None, 60, None, 0.0],
            "+4860": [0.5, 120.0, "0.2000", 120, "0.1000", 1.0],
            "+49": [1.0, 30.0, "0.5000", 30, "1.0000", 1.0],
        }),
    ],
)  # fmt: skip
def test_cost_and_quality_stand_side_by_side(world: World, by: str, expected: dict[str, list[Any]]) -> None:
    asked = {"from": "2026-03-10", "to": "2026-03-10", "by": by, "metrics": METRICS, "all": True}
    found = world.answers.breakdown.breakdown(world.viewer("owner"), parse(BreakdownQuery, asked), world.now)
    shown = {
        part.key: [str(one.value) if isinstance(one.value, Decimal) else one.value for one in part.values]
        for part in found.parts
        if part.key
    }
    assert shown == expected
