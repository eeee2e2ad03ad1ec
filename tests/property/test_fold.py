"""What must hold of every fold, whatever the facts: on histories that hypothesis makes up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ringlake.fold import fold_call, fold_message
from ringlake.fold.facts import as_set
from ringlake.fold.outcome import MISSED_REASONS, OUTCOMES
from ringlake.fold.seal import amend, digest
from ringlake.model.base import from_json, to_json
from ringlake.model.calls import CallRecord, EndKind, LegOutcome, MissedReason, Outcome
from ringlake.model.directory import (
    Account,
    CallSource,
    Connection,
    Directory,
    Hours,
    Lists,
    Number,
    Rate,
    Tariff,
    User,
    Workspace,
)
from ringlake.model.facts import (
    Agent,
    AnsweredBy,
    CallFact,
    CallKind,
    Direction,
    EndedAs,
    FactKind,
    HangupBy,
    Media,
    MessageFact,
    MessageStatus,
    Ref,
)
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind

CALL = Subject(workspace="acme", kind=SubjectKind.CALL, connection="pbx", id="c-1")
TEXT = Subject(workspace="acme", kind=SubjectKind.MESSAGE, connection="pbx", id="m-1")
AT = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)
DIRECTORY = Directory(
    workspace=Workspace(id="acme", name="Acme", country="PL", hours=Hours(weekly={"1": [("09:00", "17:00")]})),
    connections=(Connection(id="pbx", workspace="acme", provider="generic"),),
    users=(User(id="u-anna", email="a@acme.example", name="Anna", accounts=(Account(connection="pbx", id="anna"),)),),
    numbers=(Number(id="n1", e164="+48221230000", source="s1"), Number(id="n2", e164="+48221230007")),
    sources=(CallSource(id="s1", name="Advert", medium="cpc"),),
    tariffs=(Tariff(id="t1", name="T", currency="EUR", rates=(Rate(prefix="48", per_minute=Decimal("0.06")),)),),
    lists=Lists(spam=("+48600100200",), withheld=("600 100 201",)),
    party_key_secret=b"key",
)

# Few distinct values, so that coincidences (equal times, equal facts, one leg told twice) are common.
times = st.integers(0, 12).map(lambda n: AT + timedelta(milliseconds=2500 * n))
agents = st.sampled_from([None, Agent(id="anna"), Agent(id="boris", name="Boris"), Agent(name="Celia")])
numbers = st.sampled_from(["", "+48600100200", "600 100 200", "anonymous", "+48221230000", "+48221230007", "101"])


def facts_of(call_id: str) -> st.SearchStrategy[CallFact]:
    return st.builds(
        CallFact,
        kind=st.sampled_from(FactKind),
        call_id=st.just(call_id),
        at=st.one_of(st.none(), times),
        received_at=times,
        leg_id=st.sampled_from(["", "", "l1", "l2"]),
        call_kind=st.sampled_from([None, None, CallKind.CAMPAIGN, CallKind.CLASSIFIER, CallKind.CONSULTATION]),
        direction=st.sampled_from([None, Direction.INBOUND, Direction.INBOUND, Direction.OUTBOUND]),
        from_number=numbers,
        to_number=numbers,
        agent=agents,
        answered_by=st.sampled_from([None, None, *AnsweredBy]),
        ended_as=st.sampled_from([None, *EndedAs]),
        hangup_by=st.sampled_from([None, *HangupBy]),
        status=st.sampled_from(["", "completed", "ANSWERED"]),
        duration_s=st.sampled_from([None, 0, 10]),
        media=st.sampled_from([None, Media(url="u1", text="spoken"), Media(id="i1", url="u1"), Media(id="i2")]),
        tags=st.sampled_from([(), ("vip",), ("spam",)]),
        to_party=st.sampled_from(["", "", "boris", "+48700800900"]),
        queue=st.sampled_from([None, None, Ref(name="Service")]),
        cost=st.sampled_from([None, None, None, Money(amount=Decimal("0.1"), currency="EUR")]),
    )


own_facts = st.lists(facts_of("c-1"), min_size=1, max_size=8)
parts = st.one_of(facts_of("k-1"), facts_of("k-2"))
# Of every kind: some go on with the call, some are beside it.
part_facts = st.lists(
    st.builds(lambda f, kind: msgspec.structs.replace(f, call_kind=kind), parts, st.sampled_from([None, *CallKind])),
    max_size=4,
)
message_facts = st.lists(
    st.builds(
        MessageFact,
        message_id=st.just("m-1"),
        received_at=times,
        at=st.one_of(st.none(), times),
        created_at=st.one_of(st.none(), times),
        status=st.sampled_from(MessageStatus),
        status_raw=st.sampled_from(["", "x", "y"]),
        direction=st.sampled_from([None, Direction.INBOUND, Direction.OUTBOUND]),
        from_number=numbers,
        to_numbers=st.lists(numbers, max_size=3).map(tuple),
        error_code=st.sampled_from(["", "30007"]),
        agent=agents,
    ),
    min_size=1,
    max_size=6,
)


def fold(facts: list[CallFact]) -> CallRecord:
    return fold_call(CALL, "generic", facts, DIRECTORY)


@given(own_facts, part_facts, st.randoms(use_true_random=False))
def test_order_and_repetition_of_facts_do_not_matter(own: list[CallFact], parts: list[CallFact], chance: Any) -> None:
    facts = own + parts
    shuffled = facts + [f for f in facts if chance.random() < 0.5]
    chance.shuffle(shuffled)
    assert to_json(fold(shuffled)) == to_json(fold(facts))


@given(own_facts, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_fact_that_is_received_again_later_is_the_same_fact(own: list[CallFact], later: timedelta) -> None:
    again = [msgspec.structs.replace(f, received_at=f.received_at + later) for f in own]
    # Facts without a provider time are ordered by their first reception, which the repeat does not change.
    assert to_json(fold(own + again)) == to_json(fold(own))


@given(own_facts, part_facts)
def test_folding_the_facts_of_a_record_gives_the_record(own: list[CallFact], parts: list[CallFact]) -> None:
    record = fold(own + parts)
    assert to_json(fold(list(record.facts))) == to_json(record)
    assert from_json(to_json(record), CallRecord) == record


@given(own_facts, part_facts)
def test_what_every_record_must_keep(own: list[CallFact], parts: list[CallFact]) -> None:
    record = fold(own + parts)
    spans = [record.ivr_ms, record.wait_ms, record.ring_ms, record.hold_ms, record.talk_ms, record.total_ms]
    assert all(span is None or span >= 0 for span in spans)
    assert not (record.outcome and record.live)
    assert (record.answered_at is None) or record.outcome in (None, Outcome.ANSWERED)
    assert (record.talk_ms is None) or record.outcome is Outcome.ANSWERED
    missed = record.direction is Direction.INBOUND and record.outcome not in (None, Outcome.ANSWERED)
    assert (record.missed_reason is not None) == missed
    if record.outcome is Outcome.CALLER_ABANDONED:
        assert record.direction is Direction.INBOUND
    if record.outcome is Outcome.OUTBOUND_ABORTED:
        assert record.direction is Direction.OUTBOUND
        assert record.ring_ms is None or record.ring_ms < 1000
    assert bool(record.unattributed) == (not record.user.user_id)
    assert record.answered_elsewhere == sum(x.outcome is LegOutcome.ANSWERED_ELSEWHERE for x in record.legs)
    assert record.party_key == "" or record.remote_number not in ("", "anonymous")
    assert "spoken" not in to_json(record).decode()
    assert (record.cost is None) == (record.cost_source is None)
    assert list(record.timeline) == sorted(record.timeline, key=lambda step: step.at)
    assert not record.spam or record.missed_reason in (None, MissedReason.SPAM)


@given(own_facts, part_facts)
def test_who_had_the_call_last_had_it(own: list[CallFact], parts: list[CallFact]) -> None:
    record = fold(own + parts)
    final, requested = record.final_party, record.requested
    if final.kind in (EndKind.USER, EndKind.OUTSIDE):
        assert record.outcome in (Outcome.ANSWERED, None)
        assert final.party.account or final.number
    if record.outcome is Outcome.VOICEMAIL:
        assert final.kind not in (EndKind.USER, EndKind.OUTSIDE, EndKind.QUEUE, EndKind.CUSTOMER)
    if record.direction is Direction.OUTBOUND:
        assert requested.kind in (EndKind.CUSTOMER, None)
    else:
        assert requested.kind in (EndKind.USER, EndKind.QUEUE, EndKind.NUMBER, None)
    for leg in record.legs:
        assert leg.outcome is not LegOutcome.ANSWERED_ELSEWHERE or leg.answered_at is None
        assert leg.talk_ms is None or leg.answered_at is not None


@given(own_facts)
def test_a_machine_never_answers_a_call(own: list[CallFact]) -> None:
    machines = [
        msgspec.structs.replace(f, answered_by=AnsweredBy.IVR, agent=None)
        if f.kind in (FactKind.ANSWERED, FactKind.ENDED)
        else f
        for f in own
    ]
    record = fold(machines)
    assert record.answered_at is None
    assert record.outcome is not Outcome.ANSWERED


@given(own_facts, own_facts)
def test_an_ended_call_never_lives_again(own: list[CallFact], more: list[CallFact]) -> None:
    """Terminal never goes back: later facts only fill and correct (features.md W3)."""
    end = CallFact(kind=FactKind.ENDED, call_id="c-1", at=AT, received_at=AT)
    before = fold([*own, end])
    after = fold([*own, end, *more])
    if before.kind is not CallKind.CLASSIFIER and after.kind is not CallKind.CLASSIFIER:
        assert before.outcome is not None
        assert after.outcome is not None
    assert before.live is None
    assert after.live is None


@given(own_facts, own_facts)
def test_an_answered_call_stays_answered(own: list[CallFact], more: list[CallFact]) -> None:
    answer = CallFact(kind=FactKind.ANSWERED, call_id="c-1", at=AT, received_at=AT, answered_by=AnsweredBy.PERSON)
    end = CallFact(kind=FactKind.ENDED, call_id="c-1", at=AT, received_at=AT)
    record = fold([*own, answer, end, *more])
    assert record.outcome in (Outcome.ANSWERED, None)
    assert record.outcome is Outcome.ANSWERED or record.kind is CallKind.CLASSIFIER


def test_both_tables_end_with_a_row_that_always_holds_and_name_every_word_once() -> None:
    assert [row.outcome for row in OUTCOMES].count(Outcome.NO_ANSWER) == 1
    assert {row.outcome for row in OUTCOMES} == set(Outcome)
    assert [row.reason for row in MISSED_REASONS] == list(MissedReason)


@given(message_facts, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter_for_messages(facts: list[MessageFact], chance: Any) -> None:
    shuffled = facts + [f for f in facts if chance.random() < 0.5]
    chance.shuffle(shuffled)
    assert to_json(fold_message(TEXT, "generic", shuffled, DIRECTORY)) == to_json(
        fold_message(TEXT, "generic", facts, DIRECTORY)
    )


@given(message_facts, message_facts)
def test_a_delivered_text_stays_delivered_and_sent_is_never_promoted(
    facts: list[MessageFact], more: list[MessageFact]
) -> None:
    record = fold_message(TEXT, "generic", facts, DIRECTORY)
    later = fold_message(TEXT, "generic", facts + more, DIRECTORY)
    assert (record.status is MessageStatus.DELIVERED) <= (later.status is MessageStatus.DELIVERED)
    assert (record.status is MessageStatus.DELIVERED) == any(f.status is MessageStatus.DELIVERED for f in facts)
    assert (record.delivered_at is not None) == (record.status is MessageStatus.DELIVERED)


@given(
    st.lists(st.tuples(st.lists(facts_of("c-1"), min_size=1, max_size=3), st.booleans()), min_size=1, max_size=5),
    st.integers(0, 5),
)
def test_an_amendment_after_expiry_loses_no_fact(events: list[tuple[list[CallFact], bool]], folded: int) -> None:
    """Some events are folded, some of those expire, the rest arrives: everything is still known."""
    everything = {digest("c-1", str(n)): facts for n, (facts, _) in enumerate(events)}
    names = list(everything)
    early = names[:folded]
    previous = None
    if early:
        known = amend([], (f for d in early for f in everything[d]), early)
        previous = msgspec.structs.replace(
            fold([f for f in known.facts if isinstance(f, CallFact)]), seen=known.seen, revision=len(known.seen)
        )
    left = [d for d, (_, expires) in zip(names, events, strict=True) if not (expires and d in early)]
    if not left and previous is None:
        return
    known = amend([previous] if previous else [], (f for d in left for f in everything[d]), left)
    record = fold([f for f in known.facts if isinstance(f, CallFact)])
    all_facts = [f for facts in everything.values() for f in facts]
    assert as_set(record.facts) == as_set(all_facts)
    assert set(known.seen) == set(names) | set(early)
    assert known.sealed == (set(early) - set(left) != set())
    assert to_json(record) == to_json(fold(all_facts))
