"""The activity of a day: its calls and messages grouped into 15-minute intervals.

15 minutes, because there are zones with offsets of 30 and 45 minutes. One group-by over a key
that packs all dimensions into one 64-bit integer: faster and leaner than grouping by columns of
text (measured: 0.7 of the time, an eighth of the memory when done day by day).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ringlake.model.tables import MEASURES

if TYPE_CHECKING:
    import pyarrow as pa

INTERVAL_S = 15 * 60

# Dimension of the activity -> column of the fact table; None: the table has none, the value is "".
_TEXT = ("user_id", "team_id", "business_number", "direction", "outcome", "source")
_CALENDAR = ("local_date", "local_hour")
_CALL_TEXT = {name: name for name in _TEXT}
_MESSAGE_TEXT: dict[str, str | None] = {**_CALL_TEXT, "outcome": "status", "source": None}

# Measure -> column of the fact table that is summed. A table without the column adds 0.
_CALL_SUMS = {
    "calls": "is_call",
    "answered": "is_answered",
    "offered": "is_offered",
    "missed": "is_missed",
    "short_abandons": "is_short_abandon",
    "closed_hours": "is_closed_hours",
    "ivr_abandons": "is_ivr_abandon",
    "within_service": "is_within_service",
    "answered_offered": "is_answered_offered",
    "candidates": "is_candidate",
    "recovered": "is_recovered",
    "reached": "is_reached",
    "resolved_by_customer": "is_resolved_by_customer",
    "recovery_s": "recovery_s",
    "ivr_s": "ivr_s",
    "wait_s": "wait_s",
    "ring_s": "ring_s",
    "hold_s": "hold_s",
    "talk_s": "talk_s",
    "total_s": "total_s",
}
_MESSAGE_SUMS = {"messages": "is_message", "delivered": "is_delivered", "undelivered": "is_undelivered"}

CALL_COLUMNS = (*_TEXT, *_CALENDAR, "user_name", "started_at", *_CALL_SUMS.values())
MESSAGE_COLUMNS = (
    *(column for column in _MESSAGE_TEXT.values() if column),
    *_CALENDAR,
    "user_name",
    "started_at",
    *_MESSAGE_SUMS.values(),
)


def activity(calls: pa.Table | Iterable[pa.Table], messages: pa.Table | Iterable[pa.Table]) -> pa.Table:
    """Rows of table `activity` for one day, in no order; text columns may be dictionaries.

    `calls` and `messages` need the columns CALL_COLUMNS and MESSAGE_COLUMNS only. Each is a table, or
    parts of one in the order of its file: files are sorted by user, so that no group lies in two
    parts once they are cut between users, and a day needs no more memory than one part and the
    result. A user's name is taken from the first row of a group. Classifier rows are no calls and
    stay out. Sums are exact, and as wide as they have to be.
    """
    import pyarrow as pa

    grouped = [_grouped(part, _CALLS) for part in _by_user(calls)]
    grouped += [_grouped(part, _MESSAGES) for part in _by_user(messages)]
    if not grouped:
        return _grouped(_nothing(), _CALLS)
    return pa.concat_tables(grouped, promote_options="permissive")


class _Facts(NamedTuple):
    """How a fact table becomes activity: its channel, where its dimensions and its sums are."""

    channel: str
    text: Mapping[str, str | None]
    sums: Mapping[str, str]


_CALLS = _Facts("call", _CALL_TEXT, _CALL_SUMS)
_MESSAGES = _Facts("message", _MESSAGE_TEXT, _MESSAGE_SUMS)


def _by_user(rows: pa.Table | Iterable[pa.Table]) -> Iterator[pa.Table]:
    """A table as it is; parts cut between users: what may go on in the next part is held back."""
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        yield rows
        return
    held: pa.Table | None = None
    for part in rows:
        joined = part if held is None else pa.concat_tables([held, part])
        if not len(joined):
            continue
        done = _begin_of_last(joined["user_id"])
        if done:
            yield joined.slice(0, done)
        held = joined.slice(done)
    if held is not None:
        yield held


def _begin_of_last(users: Any) -> int:
    """Where the rows of the last user begin in a sorted column; looks at a few values only."""
    last = users[-1].as_py()
    below, begin = 0, len(users) - 1
    while below < begin:
        middle = (below + begin) // 2
        if users[middle].as_py() == last:
            begin = middle
        else:
            below = middle + 1
    return begin


def _grouped(rows: pa.Table, facts: _Facts) -> pa.Table:
    """One group-by; sums of a phase that never was are 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [column for column in facts.text.values() if column]
    told = rows.select([*texts, "user_name", *_CALENDAR, "started_at"]).unify_dictionaries().combine_chunks()
    text = {name: _dictionary(told, column) for name, column in facts.text.items()}
    buckets = _buckets(told["started_at"])
    columns = {measure: rows[column] for measure, column in facts.sums.items()}
    counts = None
    if facts is _CALLS:
        counts = rows["is_call"].combine_chunks()
        # metrics.md ASA, the numerator: the wait of calls that a person answered in open hours.
        columns["answered_wait_s"] = pc.multiply(rows["wait_s"], rows["is_answered_offered"])
    position = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), len(rows)))
    keyed = pa.table({"key": _packed(told, buckets, text, counts), "position": position, **columns})
    groups = keyed.group_by("key", use_threads=False).aggregate(
        [("position", "min"), *((measure, "sum") for measure in columns)]
    )
    if counts is not None:
        # Classifier rows have groups of their own, and those are left out: cheaper than to filter the rows.
        groups = groups.filter(pc.greater(groups["calls_sum"], pa.scalar(0, pa.int64())))
    first = pc.subtract(groups["position_min"].combine_chunks(), pa.scalar(1, pa.int64()))
    zero = pa.scalar(0, pa.int64())
    nothing = pa.repeat(pa.scalar(0, pa.int32()), len(groups))
    calendar = {name: told[name].take(first) for name in _CALENDAR}
    dimensions: dict[str, Any] = {
        "bucket_start": pc.multiply(buckets.take(first), pa.scalar(_WIDTH_MS, pa.int64())).cast(pa.timestamp("ms")),
        **calendar,
        "local_weekday": pc.day_of_week(calendar["local_date"], count_from_zero=False).cast(pa.int32()),
        **{name: codes.take(first) for name, codes in text.items()},
        "user_name": _dictionary(told, "user_name").take(first),
        "channel": _same(facts.channel, len(groups)),
    }
    sums = {m: _narrow(pc.fill_null(groups[f"{m}_sum"], zero)) if m in columns else nothing for m in MEASURES}
    return pa.table({name: dimensions[name] for name in _DIMENSIONS} | sums)


_DIMENSIONS = ("bucket_start", *_CALENDAR, "local_weekday", *_TEXT, "user_name", "channel")
_WIDTH_MS = INTERVAL_S * 1000


def _narrow(sums: Any) -> Any:
    """Sums in 32 bits where they fit: a day of a million groups is held in a third less memory."""
    import pyarrow as pa

    try:
        return sums.cast(pa.int32())
    except pa.ArrowInvalid:
        return sums


def _nothing() -> pa.Table:
    import pyarrow as pa

    text = dict.fromkeys((*_TEXT, "user_name"), pa.string())
    whole = dict.fromkeys(("local_hour", *_CALL_SUMS.values()), pa.int32())
    fields: dict[str, Any] = {**text, **whole, "local_date": pa.date32(), "started_at": pa.timestamp("ms")}
    return pa.schema([pa.field(name, kind) for name, kind in fields.items()]).empty_table()


def _buckets(started_at: Any) -> Any:
    """Number of the quarter hour since 1970, also before it: Arrow's division cuts towards zero."""
    import pyarrow as pa
    import pyarrow.compute as pc

    since = started_at.combine_chunks().cast(pa.timestamp("ms")).cast(pa.int64())
    shift = pa.scalar(_WIDTH_MS * 2**32, pa.int64())
    whole = pc.divide(pc.add(since, shift), pa.scalar(_WIDTH_MS, pa.int64()))
    return pc.subtract(whole, pa.scalar(2**32, pa.int64()))


def _dictionary(rows: pa.Table, column: str | None) -> Any:
    """A text column as a dictionary array; "" in every row for a column that the table does not have."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column is None:
        return _same("", len(rows))
    values: Any = rows[column].combine_chunks()
    if values.null_count:
        values = pc.fill_null(values.cast(pa.string()), "")
    return values if pa.types.is_dictionary(values.type) else values.dictionary_encode()


def _same(value: str, count: int) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), [value])


def _packed(rows: pa.Table, buckets: Any, text: Mapping[str, Any], counts: Any) -> Any:
    """One integer per row that is equal exactly where all dimensions are equal.

    Mixed radix over the columns' codes. Before the product of their sizes could leave 63 bits,
    the key so far is replaced by its own codes, of which there are no more than rows.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    hours = pc.add(
        pc.multiply(rows["local_date"].combine_chunks().cast(pa.int32()), pa.scalar(24, pa.int32())),
        rows["local_hour"].combine_chunks(),
    )
    columns = [_from_zero(buckets), _from_zero(hours)]
    columns += [(array.indices, len(array.dictionary)) for array in text.values()]
    if counts is not None:
        columns.append((counts, 2))
    key, size = columns[0]
    for codes, count in columns[1:]:
        if count <= 1:
            continue
        if size * count >= 2**62:
            encoded = key.dictionary_encode()
            key, size = encoded.indices.cast(pa.int64()), len(encoded.dictionary)
        key = pc.add(pc.multiply(key, pa.scalar(count, pa.int64())), codes.cast(pa.int64()))
        size *= count
    return key


def _from_zero(values: Any) -> tuple[Any, int]:
    """Whole numbers shifted to begin at 0, and the size of their range."""
    import pyarrow as pa
    import pyarrow.compute as pc

    least, most = pc.min(values).as_py(), pc.max(values).as_py()
    if least is None:
        return values.cast(pa.int64()), 1
    return pc.subtract(values.cast(pa.int64()), pa.scalar(least, pa.int64())), most - least + 1
