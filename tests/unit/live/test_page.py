"""docs/live.md says what the protocol has, and nothing that it has not."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from ringlake.flows.live import LONGEST_MESSAGE, MOST_SCREENS
from ringlake.model.board import Delta, Header, Pong, Problem, Snapshot
from ringlake.query.watching import LiveFilter

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "live.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [Snapshot, Delta, Pong, Problem])
def test_the_table_names_every_field_of_a_message(kind: type[msgspec.Struct]) -> None:
    (row,) = re.findall(rf"^\| `{kind.__struct_config__.tag}` \|(.*)$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == set(kind.__struct_fields__)


def test_the_page_names_every_condition_of_the_filter_and_every_count_of_the_header() -> None:
    for name in (*LiveFilter.model_fields, *Header.__struct_fields__):
        assert f"`{name}`" in PAGE


def test_the_page_states_the_limits() -> None:
    assert f"{LONGEST_MESSAGE:,} characters" in PAGE
    assert f"beyond {MOST_SCREENS} screens" in PAGE
