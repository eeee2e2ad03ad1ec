"""Scores of surveys about a call (features.md F22)."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest

from ringlake.flows.ingest import raw_event
from ringlake.model.facts import CallFact
from ringlake.providers import dialpad, jws
from tests.contract.captures import capture

ENDED = capture("dialpad/28_plain_json_no_secret")


@pytest.mark.parametrize(("told", "score"), [("4.5", Decimal("4.5")), (5, Decimal(5)), (None, None), ("good", None)])
def test_dialpads_score_stands_with_the_call_as_far_as_it_is_a_number(told: object, score: Decimal | None) -> None:
    said = json.loads(ENDED.body) | {"csat_score": told}
    delivery = msgspec.structs.replace(ENDED.delivery, body=jws.sign(json.dumps(said).encode(), b"secret"))
    identity = dialpad.ADAPTER.identify(delivery, ENDED.connection)
    event = raw_event(delivery, ENDED.connection, dialpad.ADAPTER, identity, ENDED.now)
    facts = dialpad.ADAPTER.parse(event, ENDED.connection)

    assert [f.score for f in facts if isinstance(f, CallFact) and f.score is not None] == [score] * (score is not None)
