"""Which subjects belong to one call."""

from __future__ import annotations

from itertools import permutations

import pytest

from ringlake.fold.correlation import Families
from ringlake.model.facts import CallFact, CallKind, FactKind
from tests.unit.fold.telling import A, R, fact


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


def told(second: float | None, kind: CallKind = CallKind.VOICE, what: FactKind = R) -> list[CallFact]:
    return [fact(what, second, call_kind=kind)]


def test_of_several_without_a_parent_the_one_that_began_first_stands_for_the_call() -> None:
    links = families(("x", "99"), ("x", "100"))
    assert links.root("x") == "100"
    facts = {"99": told(0), "100": told(60), "x": told(-5)}
    assert {links.root(m, facts) for m in ("99", "100", "x")} == {"99"}
    assert links.part_of("100", facts) == "99"
    assert links.part_of("99", facts) == ""
    assert links.part_of("x", facts) == "100"


def test_of_two_that_began_together_the_smallest_id_stands_for_the_call() -> None:
    links = families(("x", "b"), ("x", "a"))
    assert links.root("x", {"a": told(5), "b": told(5)}) == "a"


@pytest.mark.parametrize("vague", [told(None), told(0, what=FactKind.INFO), []])
def test_one_whose_beginning_no_clock_of_the_provider_tells_comes_after_all_others(vague: list[CallFact]) -> None:
    links = families(("x", "a"), ("x", "b"))
    assert links.root("x", {"a": vague, "b": told(60)}) == "b"
    assert links.root("x", {"a": vague, "b": vague}) == "a"


def test_a_ring_of_references_stands_for_the_one_that_began_first() -> None:
    links = families(("a", "b"), ("b", "a"))
    assert links.root("a", {"a": told(9), "b": told(3)}) == "b"


def test_a_callbacks_customer_leg_stands_for_the_call_whichever_leg_is_the_parent() -> None:
    agent, customer = told(0, CallKind.CALLBACK_AGENT), told(5, CallKind.CALLBACK_CUSTOMER, A)
    facts = {"a": agent, "c": customer}
    for links in (families(("c", "a")), families(("a", "c"))):
        assert {links.root(m, facts) for m in "ac"} == {"c"}
        assert (links.part_of("a", facts), links.part_of("c", facts)) == ("c", "")


def test_an_agent_leg_stands_for_itself_until_its_customer_leg_is_known() -> None:
    links = families(("c", "a"))
    assert links.root("c", {"a": told(0, CallKind.CALLBACK_AGENT)}) == "a"
    other = {"a": told(0, CallKind.CALLBACK_AGENT), "c": told(5, CallKind.CONSULTATION)}
    assert links.root("c", other) == "a"


@pytest.mark.parametrize("kind", [CallKind.VOICE, CallKind.CAMPAIGN, CallKind.MOBILE_APP])
def test_a_parent_that_nobody_has_heard_of_stands_for_no_call(kind: CallKind) -> None:
    """Its events may have been lost; the call that names it must not be (demands.md D40)."""
    links = families(("b", "a"), ("c", "b"))
    facts = {"b": told(0, kind), "c": told(5)}
    assert {links.root(m, facts) for m in "abc"} == {"b"}
    assert (links.part_of("b", facts), links.part_of("c", facts)) == ("", "b")
    assert links.root("b", {"a": told(9), **facts}) == "a"


@pytest.mark.parametrize("kind", [CallKind.CONSULTATION, CallKind.SURVEY_POST_CALL, CallKind.EXTERNAL_TRANSFER])
def test_what_is_beside_a_call_becomes_none_when_its_call_is_never_heard_of(kind: CallKind) -> None:
    links = families(("b", "a"))
    assert links.root("b", {"b": told(0, kind)}) == "a"
    assert links.part_of("b", {"b": told(0, kind)}) == "a"
    agent = {"b": told(0, CallKind.CALLBACK_AGENT)}
    assert links.root("b", agent) == "a"


def test_of_several_that_name_parents_never_heard_of_the_first_stands_for_the_call() -> None:
    links = families(("b", "x"), ("c", "x"))
    assert links.root("x", {"b": told(9), "c": told(3)}) == "c"
    assert links.part_of("b", {"b": told(9), "c": told(3)}) == "x"
