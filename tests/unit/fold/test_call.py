"""Attributes of a call: which statement counts when several were made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ringlake.model.calls import CallRecord
from ringlake.model.facts import CallKind, EndedAs, FactKind, HangupBy, Media, Ref, Source
from ringlake.model.money import Money
from tests.unit.fold.telling import A, E, R, fact, fold

REC, INFO = FactKind.RECORDING, FactKind.INFO


def recordings(*media: Media | None) -> list[tuple[str, str, int | None]]:
    told = [fact(REC, 70 + n, media=m) for n, m in enumerate(media)]
    return [(m.id, m.url, m.seconds) for m in fold(fact(A, 0), fact(E, 60), *told).recordings]


def test_the_same_recording_told_by_id_and_by_address_is_one() -> None:
    assert recordings(Media(id="r1"), Media(id="r1", url="u1"), Media(url="u1", seconds=9)) == [("r1", "u1", 9)]
    assert recordings(Media(url="u1", seconds=9), Media(id="r1"), Media(id="r1", url="u1")) == [("r1", "u1", 9)]


def test_different_recordings_stay_apart_in_the_order_of_their_ids() -> None:
    assert recordings(Media(id="r2", url="u2"), Media(id="r1", url="u1")) == [("r1", "u1", None), ("r2", "u2", None)]
    assert recordings(Media(url="u2"), Media(url="u1")) == [("", "u1", None), ("", "u2", None)]


def test_a_recording_without_id_or_address_is_still_one() -> None:
    assert recordings(None) == [("", "", None)]
    assert recordings(None, Media(seconds=5)) == [("", "", 5)]
    assert recordings(None, Media(id="r1")) == [("r1", "", None)]
    assert recordings() == []


def test_a_voicemail_is_put_together_from_all_that_tell_of_it() -> None:
    V = FactKind.VOICEMAIL  # noqa: N806 - a word of the table
    record = fold(
        fact(R, 0), fact(V, 9, media=Media(url="u", text="spoken")), fact(V, 9, media=Media(id="v", seconds=4))
    )
    assert record.voicemail == Media(id="v", url="u", seconds=4)
    assert fold(fact(R, 0), fact(V, 9), fact(E, 9)).voicemail is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([fact(R, 0, status="ringing"), fact(INFO, 70, status="later")], "later"),
        ([fact(R, 0, status="ringing"), fact(E, 60, status="done"), fact(INFO, 70, status="later")], "done"),
        ([fact(E, 60, status="first"), fact(E, 61, status="last")], "last"),
        ([fact(R, 0, status="ringing"), fact(E, 60)], "ringing"),
        ([fact(E, 60)], ""),
    ],
)
def test_the_closing_word_is_that_of_the_end(facts: list[Any], expected: str) -> None:
    assert fold(*facts).telephony_status == expected


def test_where_a_provider_corrects_itself_its_latest_word_counts() -> None:
    def told(n: int) -> dict[str, Any]:
        return {
            "remote_name": f"name {n}",
            "queue": Ref(id=f"q{n}"),
            "classifier": Ref(name=f"class {n}"),
            "record_ref": f"r-{n}",
            "reference": f"t-{n}",
            "significant": f"s-{n}",
            "roaming": n == 2,
        }

    record = fold(fact(R, 0, **told(1)), fact(INFO, 5, **told(2)), fact(E, 60))
    assert (record.remote_name, record.queue, record.classifier) == ("name 2", "q2", "class 2")
    assert (record.record_ref, record.reference, record.significant) == ("r-2", "t-2", "s-2")
    assert record.roaming is True


def test_what_was_so_at_the_time_of_the_call_keeps_its_first_word() -> None:
    def told(n: int) -> dict[str, Any]:
        return {"campaign": Ref(name=f"c{n}"), "scheme": f"scheme {n}", "source": Source(name=f"s{n}")}

    record = fold(fact(R, 0, **told(1)), fact(INFO, 5, **told(2)), fact(E, 60))
    assert (record.campaign, record.scheme, record.source.name) == ("c1", "scheme 1", "s1")


def test_the_cause_of_the_end_stands_above_any_other() -> None:
    assert fold(fact(R, 0, cause="180"), fact(E, 9, cause="16"), fact(INFO, 20, cause="x")).cause == "16"
    assert fold(fact(R, 0, cause="180"), fact(E, 9)).cause == "180"
    assert fold(fact(E, 9, cause="16"), fact(E, 10, cause="17")).cause == "17"
    assert fold(fact(R, 0, cause="180"), fact(R, 1, cause="183"), fact(E, 9)).cause == "183"


def test_who_hung_up_is_the_last_that_is_known() -> None:
    def hung_up(*by: HangupBy | None) -> HangupBy:
        return fold(fact(A, 0), *(fact(E, 60 + n, hangup_by=b) for n, b in enumerate(by))).hangup_by

    assert hung_up(HangupBy.AGENT, HangupBy.UNKNOWN, None) is HangupBy.AGENT
    assert hung_up(HangupBy.AGENT, HangupBy.CUSTOMER) is HangupBy.CUSTOMER
    assert hung_up(None) is HangupBy.UNKNOWN
    assert fold(fact(A, 0), fact(INFO, 60, hangup_by=HangupBy.AGENT)).hangup_by is HangupBy.UNKNOWN


def test_the_latest_charge_of_each_leg_adds_up() -> None:
    def euro(amount: str) -> Money:
        return Money(amount=Decimal(amount), currency="EUR")

    C = FactKind.CHARGED  # noqa: N806 - a word of the table
    record = fold(
        fact(E, 60), fact(C, 70, leg="l1", cost=euro("0.10")), fact(C, 80, leg="l1", cost=euro("0.20")),
        fact(C, 75, leg="l2", cost=euro("0.01")), fact(C, 76, leg="l1", call_id="k-1", cost=euro("0.005")),
    )  # fmt: skip
    assert record.cost == euro("0.215")
    assert fold(fact(E, 60)).cost is None
    assert fold(fact(E, 60), fact(C, 70, cost=euro("0"))).cost == euro("0")


def test_tags_of_all_parts_are_one_sorted_set() -> None:
    record = fold(fact(R, 0, tags=("vip", "a")), fact(E, 60, tags=("vip",)), fact(E, 70, call_id="k-1", tags=("b",)))
    assert record.tags == ("a", "b", "vip")


def test_transcripts_and_summaries_of_parts_count_for_the_call() -> None:
    plain = fold(fact(A, 0), fact(E, 60))
    assert (plain.transcript, plain.summary) == (False, False)
    told = fold(fact(A, 0), fact(E, 60), fact(FactKind.TRANSCRIPT, 70), fact(FactKind.SUMMARY, 70, call_id="k-1"))
    assert (told.transcript, told.summary) == (True, True)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([None], CallKind.VOICE),
        ([CallKind.VOICE, CallKind.CAMPAIGN], CallKind.CAMPAIGN),
        ([CallKind.CAMPAIGN, CallKind.MOBILE_APP], CallKind.CAMPAIGN),
        ([CallKind.CLASSIFIER, CallKind.CAMPAIGN], CallKind.CAMPAIGN),
        ([CallKind.CLASSIFIER], CallKind.VOICE),
    ],
)
def test_the_kind_is_the_first_that_says_more_than_voice(kinds: list[CallKind | None], expected: CallKind) -> None:
    told = [fact(R, n, call_kind=kind) for n, kind in enumerate(kinds)]
    assert fold(*told, fact(E, 60)).kind is expected


def test_a_classifier_row_becomes_a_call_when_something_happens_to_it() -> None:
    row = fact(FactKind.CLASSIFIED, 0, call_kind=CallKind.CLASSIFIER, classifier=Ref(name="Call back"))
    assert_row(fold(row))
    call = fold(row, fact(R, 5), fact(E, 9, ended_as=EndedAs.NO_ANSWER))
    assert (call.kind, call.counts_as_call) == (CallKind.VOICE, True)
    assert call.outcome is not None


def assert_row(record: CallRecord) -> None:
    assert (record.kind, record.counts_as_call) == (CallKind.CLASSIFIER, False)
    assert (record.outcome, record.live, record.missed_reason, record.flags) == (None, None, None, ())
