"""Which subjects belong to one call."""

from __future__ import annotations

from itertools import permutations

from ringlake.fold.correlation import Families


def families(*links: tuple[str, str]) -> Families:
    found = Families()
    for child, parent in links:
        found.add(child, parent)
    return found


def test_somebody_without_links_is_a_family_of_one() -> None:
    alone = families()
    assert alone.of("a") == ["a"]
    assert alone.root("a") == "a"
    assert alone.part_of("a") == ""


def test_the_root_is_the_one_without_a_parent() -> None:
    found = families(("z-consult", "m-call"), ("a-survey", "m-call"))
    assert found.of("a-survey") == ["a-survey", "m-call", "z-consult"]
    assert found.root("z-consult") == "m-call"
    assert found.part_of("a-survey") == "m-call"
    assert found.part_of("m-call") == ""


def test_links_are_transitive_whatever_the_order_in_which_they_are_learned() -> None:
    links = [("c", "b"), ("b", "a"), ("e", "d"), ("d", "b")]
    for order in permutations(links):
        found = families(*order)
        assert {found.root(m) for m in "abcde"} == {"a"}
        assert [found.part_of(m) for m in "abcde"] == ["", "a", "b", "b", "d"]


def test_a_ring_of_references_has_one_root() -> None:
    for order in permutations([("a", "b"), ("b", "c"), ("c", "a")]):
        found = families(*order)
        assert {found.root(m) for m in "abc"} == {"a"}
        assert [found.part_of(m) for m in "abc"] == ["", "c", "a"]


def test_a_part_of_two_calls_joins_them_into_one() -> None:
    found = families(("x", "p1"), ("x", "p2"))
    assert found.root("p2") == "p1"
    assert found.part_of("p2") == "p1"
    assert found.part_of("x") == "p1"


def test_a_reference_to_itself_is_none() -> None:
    assert families(("a", "a")).part_of("a") == ""
