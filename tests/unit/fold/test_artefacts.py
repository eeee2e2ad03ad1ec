"""What a call leaves behind, and the steps that its path shows of it (features.md F51)."""

from __future__ import annotations

from typing import Any

from ringlake.fold.artefacts import noted, recording_groups, recordings
from ringlake.model.facts import AnsweredBy, CallFact, CallKind, FactKind, Media, Ref
from tests.unit.fold.telling import A, E, R, T, fact, fold

RECORDING, TRANSCRIPT, CLASSIFIED = FactKind.RECORDING, FactKind.TRANSCRIPT, FactKind.CLASSIFIED


def recorded(second: float, id: str = "", url: str = "", **more: Any) -> CallFact:
    return fact(RECORDING, second, media=Media(id=id, url=url), **more)


def path(*facts: CallFact) -> list[tuple[str, str]]:
    return [(step.kind, step.value) for step in fold(*facts).timeline]


def test_the_same_address_or_the_same_id_is_the_same_recording() -> None:
    told = [recorded(1, "i1"), recorded(2, "", "u1"), recorded(3, "i1", "u1"), recorded(4, "i2")]
    assert recordings(told) == (Media(id="i1", url="u1"), Media(id="i2"))
    assert [len(group) for group in recording_groups(told)] == [3, 1]


def test_a_recording_that_is_only_said_to_exist_is_one_unless_others_are_named() -> None:
    assert recordings([fact(RECORDING, 1), recorded(2)]) == (Media(),)
    assert recordings([fact(RECORDING, 1), recorded(2, "i1")]) == (Media(id="i1"),)
    assert recordings([]) == ()


def test_a_recording_is_a_step_when_it_is_first_told_of() -> None:
    told = (fact(A, 0, "anna"), fact(E, 9), recorded(20, "i1"), recorded(30, "i1", "u1"), recorded(40, "i2"))
    assert path(*told) == [("answered", ""), ("ended", ""), ("recording", ""), ("recording", "")]
    record = fold(*told)
    assert [(step.at - record.started_at).total_seconds() for step in record.timeline[2:]] == [20, 40]


def test_a_transcript_is_one_step_for_each_call_that_has_one() -> None:
    told = [fact(TRANSCRIPT, 10), fact(TRANSCRIPT, 20), fact(TRANSCRIPT, 30, call_id="k-1")]
    assert noted(told) == [told[0], told[2]]


def test_a_disposition_is_a_step_when_it_changes() -> None:
    names = ["Sale", "Sale", "Lost", "Sale", ""]
    told = [fact(CLASSIFIED, 10 + n, classifier=Ref(name=name)) for n, name in enumerate(names)]
    assert [(f.classifier.name if f.classifier else "") for f in noted(told)] == ["Sale", "Lost", "Sale", ""]
    assert noted([fact(CLASSIFIED, 1)]) == []
    assert path(fact(A, 0), fact(E, 5), *told[:3])[2:] == [("classified", "Sale"), ("classified", "Lost")]


def test_charges_summaries_and_attributes_are_no_steps() -> None:
    told = (fact(E, 5), fact(FactKind.CHARGED, 6), fact(FactKind.SUMMARY, 7), fact(FactKind.INFO, 8))
    assert path(*told) == [("ended", "")]


def test_every_kind_of_step_says_what_it_is_about() -> None:
    told = (
        fact(A, 0, answered_by=AnsweredBy.IVR),
        fact(FactKind.QUEUED, 2, queue=Ref(id="5")),
        fact(R, 3, "anna", "l1"),
        fact(A, 4, "anna", "l1", answered_by=AnsweredBy.PERSON),
        fact(T, 5, "anna", "l1", to_party="boris"),
        fact(FactKind.FORWARDED, 6, to_party="+48700800900"),
        fact(E, 9),
    )
    assert path(*told) == [
        ("answered", "ivr"),
        ("queued", "5"),
        ("ringing", ""),
        ("answered", ""),
        ("transferred", "boris"),
        ("forwarded", "+48700800900"),
        ("ended", ""),
    ]


def test_a_part_beside_the_customers_path_is_a_step_of_its_kind_and_one_that_goes_on_is_not() -> None:
    def part(kind: CallKind) -> list[tuple[str, str]]:
        own = (fact(A, 0, "anna"), fact(E, 9))
        told = {"call_id": "k-1", "parent_id": "c-1", "call_kind": kind}
        return path(*own, fact(A, 3, "celia", **told), fact(E, 5, **told))[1:3]

    assert part(CallKind.CONSULTATION) == [("consultation", "answered"), ("consultation", "ended")]
    assert part(CallKind.SURVEY_POST_CALL)[0] == ("survey_post_call", "answered")
    assert part(CallKind.EXTERNAL_TRANSFER) == [("answered", ""), ("ended", "")]
    assert part(CallKind.VOICE) == [("answered", ""), ("ended", "")]


def test_a_step_carries_its_leg_or_the_part_that_it_happened_in() -> None:
    told = {"call_id": "k-1", "parent_id": "c-1", "call_kind": CallKind.CONSULTATION}
    record = fold(fact(A, 0, "anna", "l1"), fact(A, 3, "celia", **told), fact(A, 4, "celia", "m1", **told), fact(E, 9))
    assert [step.leg_id for step in record.timeline] == ["l1", "k-1", "m1", ""]
    assert [step.party.user_id if step.party else "" for step in record.timeline] == [
        "u-anna",
        "u-celia",
        "u-celia",
        "",
    ]
