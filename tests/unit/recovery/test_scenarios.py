"""What one customer's calls and texts mean for each other, told as tables."""

from __future__ import annotations

import pytest

from tests.unit.recovery.playing import FOLDER, Played, read

NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_as_it_arrived_with_a_roll_up_after_every_record(name: str) -> None:
    played = Played(read(name))
    for record in played.story.records():
        played.hear([record])
        played.roll_up()
    played.hear_words()
    played.roll_up()

    assert played.differences() == []


@pytest.mark.parametrize("name", NAMES)
def test_backwards_and_with_the_words_first(name: str) -> None:
    played = Played(read(name))
    for number, record in enumerate(reversed(played.story.records())):
        played.hear([record])
        if number == 0:
            played.hear_words()
        played.roll_up()

    assert played.differences() == []


@pytest.mark.parametrize("name", NAMES)
def test_all_at_once(name: str) -> None:
    played = Played(read(name))
    played.hear(played.story.records())
    played.hear_words()
    played.roll_up()

    assert played.differences() == []


def test_a_scenario_can_fail() -> None:
    story = read(NAMES[0])
    table = next(iter(story.expected))
    column = next(c for c in story.expected[table][0] if c != "id")
    story.expected[table][0][column] = "something else"
    played = Played(story)
    played.hear(story.records())
    played.hear_words()
    played.roll_up()

    assert len(played.differences()) == 1
