"""Deliveries of one call, in any order and any number of times, are one and the same record."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringlake.model.base import to_json
from tests.contract.folded import tables
from tests.contract.test_captures_folded import folded

FEW = max(5, settings().max_examples // 4)
STORIES = [
    [f"{provider}/{name}" for name in names]
    for provider in ("ringostat", "novofon", "zadarma", "twilio", "telnyx", "vonage", "aircall")
    for names, _ in tables()[provider].calls
    if len(names) > 2
]


def told(names: list[str]) -> list[bytes]:
    """The records of a story, by the provider's id: a family has several."""
    return [to_json(record) for _, record in sorted(folded(names).items())]


def test_there_are_stories_of_each_line() -> None:
    assert {names[0].partition("_")[0] for names in STORIES} >= {"ringostat/01", "novofon/classic", "novofon/v2"}


@pytest.mark.parametrize("names", STORIES, ids=lambda names: f"{names[0]} and {len(names) - 1} more")
def test_every_order_and_every_repeat_makes_the_same_record(names: list[str]) -> None:
    expected = told(names)

    @given(data=st.data())
    @settings(max_examples=FEW)
    def holds(data: st.DataObject) -> None:
        order = data.draw(st.permutations([*names, *data.draw(st.lists(st.sampled_from(names), max_size=3))]))
        assert told(order) == expected

    holds()
