"""How long customers wait for an answer to their texts (metrics.md Response time of texts).

A conversation is one business number with one customer (features.md O9). It falls into episodes: what is said
after 24 hours of silence begins a new one. Customer messages that follow each other without a reply form one
block, which waits from its first message on. What answers it is the first text that a person of ours sent,
whoever that was, or an outgoing call to that customer that was answered; automatic and bulk texts say
nothing, neither as a reply nor against silence. The first block of an episode measures the first
response, every further one the next response.

A reply that comes after the episode has ended belongs to no episode and is no response time, but the customer
is not waiting either: such a block is `late`, for replies within seven days. What nobody replied to in that
time is `unanswered`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringlake.model.arrow import Column, kernels
from ringlake.model.facts import Direction

from .columns import codes, is_one, milliseconds
from .ordering import ascending, order

if TYPE_CHECKING:
    import pyarrow as pa

HOUR_MS = 3_600_000
SILENCE_MS = 24 * HOUR_MS
# How long after a block began a reply is still looked for.
LATE_MS = 7 * 24 * HOUR_MS

MESSAGE_COLUMNS = (
    "party_key", "business_number", "direction", "started_at", "scheduled_for", "is_bulk", "is_spam", "unattributed",
)  # fmt: skip
CALL_COLUMNS = ("party_key", "direction", "started_at", "is_answered")

# What a moment of a conversation is; at one instant the customer speaks first.
_CUSTOMER, _TEXT, _CALL = 0, 1, 2
REPLIED, LATE, UNANSWERED = 0, 1, 2
# A person did not send it (fold/attribution.py).
_SYSTEM = "system"


def blocks(messages: pa.Table, calls: pa.Table, now_ms: int) -> pa.Table:
    """One row per block, by conversation and time.

    `messages` and `calls` need MESSAGE_COLUMNS and CALL_COLUMNS; text columns may be dictionaries. Columns:

    * `message`: position in `messages` of the block's first message; `started`: its time;
    * `first`: whether the block is the first of its episode;
    * `state`: REPLIED, LATE or UNANSWERED as known at `now_ms`;
    * `replied`: time of the reply, null when unanswered; `by_call`: whether it was a call;
    * `reply`: position in `messages` of the reply, or in `calls` when it was a call; null when unanswered.

    Times are milliseconds since 1970. A customer without a number (`party_key` empty) has no conversation.
    """
    import pyarrow as pa

    pc = kernels()
    moments = _moments(messages, calls, now_ms)
    if not len(moments):
        return _nothing()
    conversation, at, kind, source = (
        moments[name].combine_chunks() for name in ("conversation", "at", "kind", "source")
    )
    turn = order(conversation, pc.add(pc.shift_left(at, pa.scalar(2, pa.int64())), kind))
    conversation, at, kind, source = (column.take(turn) for column in (conversation, at, kind, source))

    same = _as_before(pc.equal, conversation)
    quiet = pc.greater_equal(_since(at), pa.scalar(SILENCE_MS, pa.int64()))
    begins = pc.or_(pc.invert(same), quiet)
    episode = pc.cumulative_sum(pc.cast(begins, pa.int32()))
    customer = pc.equal(kind, pa.scalar(_CUSTOMER, pa.int64()))
    spoke = pa.concat_arrays([pa.array([False]), customer.slice(0, len(customer) - 1)])
    opens = pc.and_(customer, pc.or_(begins, pc.invert(spoke)))

    # The next reply of each moment: its position, carried backward over what customers say.
    position = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), len(at)))
    position = pc.subtract(position, pa.scalar(1, pa.int64()))
    replies = pc.if_else(customer, pa.scalar(None, pa.int64()), position)
    following = pc.fill_null_backward(replies)

    where = pc.indices_nonzero(opens)
    next_at = following.take(where)
    block = {
        "conversation": conversation.take(where),
        "episode": episode.take(where),
        "started": at.take(where),
    }
    waited = pc.subtract(at.take(next_at), block["started"])
    known = pc.fill_null(pc.equal(conversation.take(next_at), block["conversation"]), False)  # noqa: FBT003
    within = pc.fill_null(pc.equal(episode.take(next_at), block["episode"]), False)  # noqa: FBT003
    late = pc.and_(known, pc.fill_null(pc.less_equal(waited, pa.scalar(LATE_MS, pa.int64())), False))  # noqa: FBT003
    has = pc.or_(within, late)
    reply = pc.if_else(has, next_at, pa.scalar(None, pa.int64()))
    state = pc.if_else(within, REPLIED, pc.if_else(late, LATE, UNANSWERED))
    return pa.table(
        {
            "message": source.take(where),
            "started": block["started"],
            "first": pc.invert(_as_before(pc.equal, block["episode"])),
            "state": pc.cast(state, pa.int8()),
            "replied": at.take(reply),
            "by_call": pc.fill_null(pc.equal(kind.take(reply), pa.scalar(_CALL, pa.int64())), False),  # noqa: FBT003
            "reply": source.take(reply),
        }
    )


def _moments(messages: pa.Table, calls: pa.Table, now_ms: int) -> pa.Table:
    """What customers and people of ours said, in no order; calls once for each conversation with the customer."""
    import pyarrow as pa

    pc = kernels()
    said = messages.select(list(MESSAGE_COLUMNS)).unify_dictionaries()
    party, parties = said_of = codes(said["party_key"])
    number, numbers = codes(said["business_number"])
    direction = codes(said["direction"])
    at = pc.max_element_wise(milliseconds(said["started_at"]), milliseconds(said["scheduled_for"]))
    inbound = direction.are(Direction.INBOUND.value)
    system = pc.and_(pc.invert(inbound), codes(said["unattributed"]).are(_SYSTEM))
    kept = pc.and_(
        pc.and_(
            pc.invert(is_one(said["is_spam"])),
            pc.invert(pc.or_(is_one(said["is_bulk"]), system)),
        ),
        pc.and_(
            pc.invert(said_of.are("")),
            pc.and_(
                pc.less_equal(at, pa.scalar(now_ms, pa.int64())),
                pc.or_(inbound, direction.are(Direction.OUTBOUND.value)),
            ),
        ),
    )
    size = max(len(numbers), 1)
    conversation = pc.add(pc.multiply(party, pa.scalar(size, pa.int64())), number)
    where = pc.indices_nonzero(kept)
    texts = pa.table(
        {
            "conversation": conversation.take(where),
            "at": at.take(where),
            "kind": pc.if_else(inbound.take(where), pa.scalar(_CUSTOMER, pa.int64()), pa.scalar(_TEXT, pa.int64())),
            "source": pc.cast(where, pa.int64()),
        }
    )
    # Where a customer wrote nothing, nothing waits for a reply.
    written = conversation.filter(pc.and_(kept, inbound))
    return pa.concat_tables([texts, _calls(calls, written, parties, size, now_ms)])


def _calls(calls: pa.Table, conversations: Column, parties: Column, size: int, now_ms: int) -> pa.Table:
    """Answered outgoing calls to customers who text, once for each of their conversations."""
    import pyarrow as pa

    pc = kernels()
    rung = calls.select(list(CALL_COLUMNS)).unify_dictionaries()
    at = milliseconds(rung["started_at"])
    kept = pc.and_(
        pc.and_(is_one(rung["is_answered"]), codes(rung["direction"]).are(Direction.OUTBOUND.value)),
        pc.less_equal(at, pa.scalar(now_ms, pa.int64())),
    )
    code, own = codes(rung["party_key"])
    texting = pc.cast(pc.index_in(own, value_set=parties), pa.int64())
    party = texting.take(code)
    where = pc.indices_nonzero(pc.and_(kept, pc.is_valid(party)))
    talks = _by_party(conversations, size, len(parties)).take(party.take(where))
    told = where.take(pc.list_parent_indices(talks))
    return pa.table(
        {
            "conversation": pc.list_flatten(talks),
            "at": at.take(told),
            "kind": pa.repeat(pa.scalar(_CALL, pa.int64()), len(told)),
            "source": pc.cast(told, pa.int64()),
        }
    )


def _by_party(conversations: Column, size: int, count: int) -> Column:
    """The conversations of each of so many parties, as lists; `size` conversations are numbered for each."""
    import pyarrow as pa

    pc = kernels()
    distinct = ascending(pc.unique(conversations))
    party = pc.divide(distinct, pa.scalar(size, pa.int64()))
    runs = pc.run_end_encode(party)
    # Where a party's list begins is how many conversations there are of those before it, had they any or not.
    ends = pa.concat_arrays([pc.add(runs.values, pa.scalar(1, pa.int64())), pa.array([count + 1], pa.int64())])
    begins = pa.concat_arrays([pa.array([0], pa.int32()), runs.run_ends.cast(pa.int32())])
    offsets = pc.run_end_decode(pa.RunEndEncodedArray.from_arrays(ends.cast(pa.int32()), begins))
    return pa.ListArray.from_arrays(offsets, distinct)


def _nothing() -> pa.Table:
    import pyarrow as pa

    whole = dict.fromkeys(("message", "started", "replied", "reply"), pa.int64())
    kinds = whole | dict.fromkeys(("first", "by_call"), pa.bool_()) | {"state": pa.int8()}
    names = ("message", "started", "first", "state", "replied", "by_call", "reply")
    return pa.schema([pa.field(name, kinds[name]) for name in names]).empty_table()


def _as_before(equal: Column, column: Column) -> Column:
    """Whether a row has the value of the one before it; false for the first."""
    import pyarrow as pa

    if not len(column):
        return pa.array([], pa.bool_())
    return pa.concat_arrays([pa.array([False]), equal(column.slice(1), column.slice(0, len(column) - 1))])


def _since(at: Column) -> Column:
    """Milliseconds since the row before; 0 for the first."""
    import pyarrow as pa

    return pa.concat_arrays([pa.array([0], pa.int64()), kernels().subtract(at.slice(1), at.slice(0, len(at) - 1))])
