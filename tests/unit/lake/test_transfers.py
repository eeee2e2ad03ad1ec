"""How a call was handed over (metrics.md Transfers, consultations), from what providers say about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ringlake.metrics.rows import call_row
from ringlake.model.calls import CallRecord, Leg, Party, TimelineStep
from ringlake.model.directory import Workspace
from tests.scenarios.tables import scenarios
from tests.unit.fold.test_scenarios import received, subject_of
from tests.unit.lake.making import NOON, WORKSPACE, call

NAMED = {scenario.name: scenario for scenario in scenarios()}


def told(record: CallRecord) -> tuple[Any, ...]:
    row = call_row(record, Workspace(id="acme", name="Acme"))
    return row["transfers"], row["transfers_attended"], row["transfers_blind"]


@pytest.mark.parametrize(
    ("name", "transfers"),
    [
        ("answered_inbound", (0, 0, 0)),
        # Put on hold while the colleague is asked, in one call or in one of its own.
        ("attended_transfer_in_one_call", (1, 1, 0)),
        ("attended_transfer_with_consultation", (1, 1, 0)),
        ("blind_transfer", (1, 0, 1)),
        ("external_transfer", (1, 0, 1)),
        # Asked, and not handed over.
        ("consultation_without_transfer", (0, 0, 0)),
    ],
)
def test_a_transfer_is_attended_when_whoever_took_over_was_talked_to_before(
    name: str, transfers: tuple[int, int, int]
) -> None:
    scenario = NAMED[name]
    house, events = received(scenario)
    house.fold(event.subject.key for event in events)
    record = house.records.load(subject_of(scenario, scenario.expected[0])).record

    assert isinstance(record, CallRecord)
    assert told(record) == transfers


def after(seconds: int) -> Any:
    return NOON + timedelta(seconds=seconds)


def handed_over(*legs: tuple[int | None, int | None], at: tuple[int, ...] = (60,)) -> CallRecord:
    """A call with legs by their seconds of answer and end, transferred at these seconds."""
    return call(
        transfers=len(at),
        legs=tuple(
            Leg(
                leg_id=str(n),
                party=Party(),
                answered_at=None if begun is None else after(begun),
                ended_at=None if ended is None else after(ended),
            )
            for n, (begun, ended) in enumerate(legs)
        ),
        timeline=tuple(TimelineStep(at=after(second), kind="transferred") for second in at),
    )


@pytest.mark.parametrize(
    ("record", "transfers"),
    [
        # The consultation ends as the call is handed over.
        (handed_over((4, 60), (30, 60), (60, 200)), (1, 1, 0)),
        # Asked before, and hung up again: whoever gets it was not on the line.
        (handed_over((4, 60), (30, 50), (61, 200)), (1, 0, 1)),
        # Picked up in the very moment of the transfer: it was thrown, not handed.
        (handed_over((4, 60), (60, 200)), (1, 0, 1)),
        (handed_over((4, None), (30, None)), (1, 1, 0)),
        (handed_over((4, 60), (61, 120), (100, 300), at=(60, 120)), (2, 1, 1)),
        # Nobody tells who talked.
        (handed_over(), (1, None, None)),
        (handed_over((None, None)), (1, None, None)),
        (call(transfers=1, legs=()), (1, None, None)),
    ],
)
def test_who_was_on_the_line_at_the_moment_decides(record: CallRecord, transfers: tuple[Any, ...]) -> None:
    row = call_row(record, WORKSPACE)
    assert (row["transfers"], row["transfers_attended"], row["transfers_blind"]) == transfers
