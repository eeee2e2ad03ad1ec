"""The suite that every store of trails passes, in memory or real."""

from __future__ import annotations

from itertools import count

import pytest

from ringlake.model.base import Model
from ringlake.stores.trails import Entry, Trails

_numbers = count()


class Note(Model, frozen=True, kw_only=True):
    text: str


def note(text: str) -> Note:
    return Note(text=text)


class TrailsSuite:
    """Give it a fixture `store`."""

    @pytest.fixture
    def trail(self) -> str:
        """A trail of the test's own, since a real table is shared."""
        return f"w{next(_numbers)}#party#k"

    def texts(self, store: Trails, trail: str, **bounds: str | int) -> list[str]:
        return [entry.document.text for entry in store.read(trail, Note, **bounds)]  # type: ignore[arg-type]

    def test_what_was_put_is_read_in_the_order_of_its_places(self, store: Trails, trail: str) -> None:
        for place in ("b", "a#2", "c", "a#1"):
            store.put(trail, place, note(place.upper()))

        assert store.read(trail, Note) == [Entry(place=p, document=note(p.upper())) for p in ("a#1", "a#2", "b", "c")]

    def test_a_place_holds_what_was_put_last(self, store: Trails, trail: str) -> None:
        store.put(trail, "a", note("old"))
        store.put(trail, "a", note("new"))

        assert self.texts(store, trail) == ["new"]

    def test_a_trail_that_nobody_has_begun_is_empty(self, store: Trails, trail: str) -> None:
        assert store.read(trail, Note) == []
        assert store.read(trail, Note, newest=5) == []
        assert store.read_many([], Note) == []

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            ({}, "abcde"),
            ({"first": "b"}, "bcde"),
            ({"last": "d"}, "abcd"),
            ({"first": "b", "last": "d"}, "bcd"),
            ({"first": "bb", "last": "cc"}, "c"),
            ({"first": "f"}, ""),
            ({"newest": 2}, "de"),
            ({"newest": 9}, "abcde"),
            ({"last": "c", "newest": 2}, "bc"),
            ({"first": "d", "newest": 5}, "de"),
            ({"newest": 0}, ""),
        ],
    )
    def test_bounds_are_inside_and_the_newest_come_in_order(
        self, store: Trails, trail: str, bounds: dict[str, str | int], expected: str
    ) -> None:
        for place in "abcde":
            store.put(trail, place, note(place))

        assert "".join(self.texts(store, trail, **bounds)) == expected

    def test_trails_do_not_see_each_other(self, store: Trails, trail: str) -> None:
        store.put(trail, "a", note("mine"))
        store.put(f"{trail}x", "a", note("another's"))

        assert self.texts(store, trail) == ["mine"]

    def test_many_trails_are_read_at_once_in_the_order_asked(self, store: Trails, trail: str) -> None:
        names = [f"{trail}{number}" for number in range(20)]
        for number, name in enumerate(names):
            for place in range(number % 3):
                store.put(name, str(place), note(f"{number}.{place}"))

        found = store.read_many(names, Note, newest=1)

        expected = [[f"{n}.{n % 3 - 1}"] if n % 3 else [] for n in range(20)]
        assert [[entry.document.text for entry in entries] for entries in found] == expected
        assert store.read_many(names[:1], Note) == [[]]
