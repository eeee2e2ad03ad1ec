"""Response times of texts (metrics.md Response time of texts): conversations as they are written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from ringlake.metrics.responses import CALL_COLUMNS, MESSAGE_COLUMNS, blocks

# Monday.
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = START + timedelta(days=30)
STATES = ("replied", "late", "unanswered")
HOUR = timedelta(hours=1)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def text(after: timedelta, direction: str = "inbound", **fields: Any) -> dict[str, Any]:
    usual = {"party_key": "k1", "business_number": "+1", "scheduled_for": None, "is_bulk": 0, "is_spam": 0}
    at = (START + after).replace(tzinfo=None)
    return {**usual, "direction": direction, "unattributed": "", "started_at": at, **fields}


def ours(after: timedelta, **fields: Any) -> dict[str, Any]:
    return text(after, "outbound", **fields)


def rung(after: timedelta, **fields: Any) -> dict[str, Any]:
    usual = {"party_key": "k1", "direction": "outbound", "is_answered": 1}
    return {**usual, "started_at": (START + after).replace(tzinfo=None), **fields}


def table(rows: list[dict[str, Any]], names: tuple[str, ...]) -> pa.Table:
    kinds: dict[str, Any] = {
        "started_at": pa.timestamp("ms"),
        "scheduled_for": pa.timestamp("ms"),
        **dict.fromkeys(("is_bulk", "is_spam", "is_answered"), pa.int32()),
    }
    return pa.table({name: pa.array([row[name] for row in rows], kinds.get(name, pa.string())) for name in names})


def told(texts: list[dict[str, Any]], calls: list[dict[str, Any]] | None = None, now: datetime = NOW) -> list[Any]:
    """Each block: minutes since START, its part and state, minutes until the reply, "call" for one by a call."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    found = blocks(
        table(texts, MESSAGE_COLUMNS), table(calls or [], CALL_COLUMNS), (now - epoch) // timedelta(milliseconds=1)
    )
    return [
        (
            (row["started"] - int(START.timestamp() * 1000)) / 60_000,
            "first" if row["first"] else "next",
            STATES[row["state"]],
            None if row["replied"] is None else (row["replied"] - row["started"]) / 60_000,
            *(("call",) if row["by_call"] else ()),
        )
        for row in found.to_pylist()
    ]


def test_messages_that_follow_each_other_wait_from_the_first_one() -> None:
    said = [text(minutes(0)), text(minutes(3)), text(minutes(5)), ours(minutes(8))]
    assert told(said) == [(0, "first", "replied", 8)]


def test_the_first_human_reply_counts_whoever_sends_it() -> None:
    answered = [text(minutes(0)), ours(minutes(4), unattributed="unmapped"), ours(minutes(6))]
    assert told(answered) == [(0, "first", "replied", 4)]


@pytest.mark.parametrize("machine", [{"is_bulk": 1}, {"unattributed": "system"}, {"is_spam": 1}])
def test_what_no_person_wrote_is_no_reply(machine: dict[str, Any]) -> None:
    assert told([text(minutes(0)), ours(minutes(1), **machine), ours(minutes(9))]) == [(0, "first", "replied", 9)]


def test_a_bulk_message_breaks_no_silence_and_no_block() -> None:
    said = [text(minutes(0)), ours(HOUR, is_bulk=1), text(2 * HOUR), ours(20 * HOUR, is_bulk=1), text(27 * HOUR)]
    assert told(said) == [(0, "first", "unanswered", None), (27 * 60, "first", "unanswered", None)]


def test_each_further_block_of_an_episode_is_a_next_response() -> None:
    said = [text(minutes(0)), ours(minutes(1)), text(minutes(10)), text(minutes(11)), ours(minutes(14))]
    assert told([*said, ours(minutes(15))]) == [(0, "first", "replied", 1), (10, "next", "replied", 4)]


def test_an_episode_that_we_begin_waits_for_nothing_of_ours() -> None:
    """The customer's answer is the first message that wants a reply."""
    assert told([ours(minutes(0)), text(minutes(5)), ours(minutes(7))]) == [(5, "first", "replied", 2)]


@pytest.mark.parametrize(("silence", "part"), [(24 * HOUR - timedelta(milliseconds=1), "next"), (24 * HOUR, "first")])
def test_an_episode_ends_after_a_day_of_silence(silence: timedelta, part: str) -> None:
    said = [text(minutes(0)), ours(minutes(1)), text(minutes(1) + silence), ours(minutes(2) + silence)]
    assert [block[1] for block in told(said)] == ["first", part]


def test_a_reply_after_the_episode_has_ended_is_late_and_no_response_time() -> None:
    """Friday evening to Monday morning: answered, so nobody waits, but the episode was over."""
    assert told([text(minutes(0)), ours(60 * HOUR)]) == [(0, "first", "late", 60 * 60)]
    assert told([text(minutes(0)), ours(24 * HOUR - minutes(1))]) == [(0, "first", "replied", 24 * 60 - 1)]


def test_nothing_is_a_reply_after_seven_days() -> None:
    week = timedelta(days=7)
    assert told([text(minutes(0)), ours(week)]) == [(0, "first", "late", 7 * 24 * 60)]
    assert told([text(minutes(0)), ours(week + timedelta(milliseconds=1))]) == [(0, "first", "unanswered", None)]


def test_one_late_reply_answers_what_was_written_before_it_in_two_episodes() -> None:
    said = [text(minutes(0)), text(30 * HOUR), ours(31 * HOUR)]
    assert told(said) == [(0, "first", "late", 31 * 60), (30 * 60, "first", "replied", 60)]


def test_an_answered_call_to_the_customer_is_a_reply() -> None:
    assert told([text(minutes(0))], [rung(minutes(6))]) == [(0, "first", "replied", 6, "call")]
    assert told([text(minutes(0)), ours(minutes(9))], [rung(minutes(6))]) == [(0, "first", "replied", 6, "call")]
    assert told([text(minutes(0)), ours(minutes(2))], [rung(minutes(6))]) == [(0, "first", "replied", 2)]


@pytest.mark.parametrize(
    "other", [{"is_answered": 0}, {"direction": "inbound"}, {"party_key": "k2"}, {"party_key": ""}]
)
def test_other_calls_are_none(other: dict[str, Any]) -> None:
    assert told([text(minutes(0))], [rung(minutes(6), **other)]) == [(0, "first", "unanswered", None)]


def test_a_call_answers_every_conversation_of_the_customer() -> None:
    """He wrote to two of our numbers, and was called once, from whatever number."""
    said = [text(minutes(0)), text(minutes(1), business_number="+2")]
    assert told(said, [rung(minutes(6))]) == [(0, "first", "replied", 6, "call"), (1, "first", "replied", 5, "call")]


def test_a_conversation_is_one_number_of_ours_with_one_customer() -> None:
    said = [
        text(minutes(0)),
        ours(minutes(2), business_number="+2"),
        ours(minutes(3), party_key="k2"),
        ours(minutes(5)),
    ]
    assert told(said) == [(0, "first", "replied", 5)]


def test_customers_without_a_number_have_no_conversation() -> None:
    assert told([text(minutes(0), party_key=""), ours(minutes(1), party_key="")]) == []


def test_what_was_ordered_for_later_is_said_later() -> None:
    later = (START + minutes(30)).replace(tzinfo=None)
    said = [text(minutes(0)), ours(minutes(1), scheduled_for=later)]
    assert told(said) == [(0, "first", "replied", 30)]
    assert told(said, now=START + minutes(20)) == [(0, "first", "unanswered", None)]


def test_at_one_instant_the_customer_speaks_first() -> None:
    assert told([ours(minutes(0)), text(minutes(0))]) == [(0, "first", "replied", 0)]


def test_what_is_answered_now_was_unanswered_before_its_reply() -> None:
    said = [text(minutes(0)), ours(minutes(9))]
    assert told(said, now=START + minutes(8)) == [(0, "first", "unanswered", None)]
    assert told(said, now=START + minutes(9)) == [(0, "first", "replied", 9)]


def test_no_message_is_no_block() -> None:
    assert told([]) == []
    assert told([], [rung(minutes(0))]) == []
    assert told([ours(minutes(0))]) == []


def test_dictionaries_and_chunks_are_read_like_text() -> None:
    rows = [text(minutes(0)), ours(minutes(2)), text(minutes(3), party_key="k2"), ours(minutes(5), party_key="k2")]
    plain = table(rows, MESSAGE_COLUMNS)
    encoded = pa.concat_tables(
        pa.table(
            {
                name: column.dictionary_encode() if pa.types.is_string(column.type) else column
                for name, column in zip(MESSAGE_COLUMNS, table([row], MESSAGE_COLUMNS).columns, strict=True)
            }
        )
        for row in rows
    )
    none, now = table([], CALL_COLUMNS), 2**42

    assert blocks(encoded, none, now).equals(blocks(plain, none, now))
    assert len(blocks(plain, none, now)) == 2
