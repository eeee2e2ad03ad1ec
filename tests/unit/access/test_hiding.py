"""What is left of a value for who may not see it (demands.md D74)."""

from __future__ import annotations

import pytest

from ringlake.access import Scope
from ringlake.access.hiding import concealed, masked_dialled
from ringlake.model.directory import Ability
from ringlake.query.rows import hidden
from tests.unit.query.lake_rows import calls
from tests.unit.query.test_rows import query


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+48600100200", "+48•••••••00"),
        ("600 100 200", "600••••••00"),
        ("sip:+48600100200@pbx.example", "sip:+48•••••••00@pbx.example"),
        ("tel:600-100-200;ext=5", "tel:600••••••00;ext=5"),
        ("Anna (600100200)", "Anna (600••••00)"),
        ("Sales 24/7", "Sales 24/7"),
        ("2", "2"),
        ("Anna", "Anna"),
        ("", ""),
    ],
)
def test_a_number_is_masked_wherever_it_stands_in_a_text(text: str, shown: str) -> None:
    assert masked_dialled(text) == shown


NAMED = {"remote_number": "+48600100200", "remote_name": "+48600100200", "significant": "Anna 600100200"}


@pytest.mark.parametrize(
    ("hides", "name", "significant"),
    [
        ((Ability.SEE_NUMBERS,), "+48•••••••00", "Anna 600••••00"),
        ((Ability.SEE_NAMES,), "", ""),
        ((Ability.SEE_NUMBERS, Ability.SEE_NAMES), "", ""),
        ((Ability.SEE_COSTS,), "+48600100200", "Anna 600100200"),
    ],
)
def test_a_number_that_came_as_a_name_is_hidden_as_one(hides: tuple[Ability, ...], name: str, significant: str) -> None:
    """Many networks send the number once more where the caller's name should be."""
    row = concealed(NAMED, hides)
    (column,) = hidden(calls({"record_id": "c:1", **NAMED}), query(Scope(everything=True, hides=hides))).to_pylist()

    for found in (row, column):
        assert (found["remote_name"], found["significant"]) == (name, significant)


def test_of_a_tariffs_prefix_no_more_is_shown_than_of_the_number() -> None:
    row = {"number": "+48600100200", "prefix": "48600100"}
    found = concealed(row, (Ability.SEE_NUMBERS,))

    assert found == {"number": "+48•••••••00", "prefix": "48••••••"}
    assert concealed({"prefix": ""}, (Ability.SEE_NUMBERS,)) == {"prefix": ""}
