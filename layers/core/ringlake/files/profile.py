"""The activity file: one row per call or message, in thirty columns (features.md O30-O44).

The columns relabel what the lake holds and never recount: durations are whole seconds and empty
for a phase that never was, withheld numbers are the word anonymous, times stand in UTC and in
the workspace's zone. `recovered_flag` is empty for everything but missed calls that need a call
back (features.md W32), `recovery_s` for those that nobody has called back in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.model.arrow import kernels
from ringlake.model.calls import Outcome
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.subjects import SubjectKind
from ringlake.model.tables import CALLS, MESSAGES, Table

from .csv import BATCH_ROWS, Column, Dialect, Local, as_pieces, encode, few
from .sheet import Written

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = (
    "record_id",
    "channel",
    "direction",
    "status",
    "status_detail",
    "business_number",
    "business_number_name",
    "remote_number",
    "remote_name",
    "user_id",
    "user_name",
    "user_email",
    "team",
    "queue",
    "started_at_utc",
    "started_at_local",
    "timezone",
    "ringing_at",
    "answered_at",
    "ended_at",
    "ring_s",
    "wait_s",
    "talk_s",
    "total_s",
    "missed_reason",
    "voicemail_s",
    "recording_flag",
    "tags",
    "recovered_flag",
    "recovery_s",
)

COMPLETED, MISSED, RINGING, CANCELLED, IN_PROGRESS = "Completed", "Missed", "Ringing", "Cancelled", "In progress"

# Statuses of messages (O41-O43): what is neither received, delivered nor failed is pending.
MESSAGE_LABELS = {
    MessageStatus.RECEIVED.value: "Received",
    MessageStatus.DELIVERED.value: "Delivered",
    MessageStatus.UNDELIVERED.value: "Undelivered",
}
PENDING = "Pending"

# Columns of the lake that the profile shows as they are, and those that have few distinct values.
_SAME = (
    "record_id", "business_number", "business_number_name", "remote_number", "remote_name",
    "user_id", "user_email", "queue", "direction", "tags", "missed_reason",
)  # fmt: skip
_FEW = frozenset(
    {
        "direction", "business_number", "business_number_name", "user_id", "user_name", "user_email", "team_name",
        "queue", "tags", "missed_reason", "unattributed", "outcome", "live", "status", "status_detail", "error_code",
    }
)  # fmt: skip
_SECONDS = ("ring_s", "wait_s", "talk_s", "total_s", "voicemail_s")

# What has to be read of each table.
LAKE_COLUMNS: dict[str, tuple[str, ...]] = {
    CALLS.name: (
        *_SAME, *_SECONDS, "outcome", "live", "user_name", "unattributed", "team_name", "started_at", "ringing_at",
        "answered_at", "ended_at", "recordings", "is_candidate", "is_recovered", "recovery_s",
    ),
    MESSAGES.name: (
        *(n for n in _SAME if n in MESSAGES.names), "status", "status_detail", "error_code", "user_name",
        "unattributed", "team_name", "started_at",
    ),
}  # fmt: skip


def call_status(direction: str, outcome: str) -> str:
    """The label of a call, by the rule order of O40. A call that still lasts has no outcome."""
    if not outcome:
        return IN_PROGRESS
    if outcome == Outcome.ANSWERED:
        return COMPLETED
    if direction == Direction.INBOUND and outcome == Outcome.CALLER_ABANDONED:
        return CANCELLED
    if direction == Direction.OUTBOUND and outcome == Outcome.OUTBOUND_ABORTED:
        return RINGING
    return MISSED


class Slice(NamedTuple):
    """A stretch of one day's rows, calls and messages, in the order of their start.

    `order` says which row of the parts, laid end to end, comes first, second, ...; None when
    there is only one part, which is in order.
    """

    parts: tuple[tuple[Table, pa.Table], ...]
    order: Column | None


class Day:
    """The selected rows of one table and day, to be taken in the order of their start.

    Rows are moved when they are taken, a slice at a time: a sorted copy of a big day would not fit.
    Columns of few values are encoded, which makes them small and quick to move.
    """

    def __init__(self, table: Table, parts: Iterable[pa.Table]) -> None:
        import pyarrow as pa

        self.table = table
        columns, left = {}, list(parts)
        for name in LAKE_COLUMNS[table.name]:
            columns[name] = _kept(name, [part[name] for part in left])
            # Out of the parts once it is kept: a big day is not held twice.
            left = [part.drop_columns([name]) for part in left]
        self._rows = pa.table(columns)
        self._order = kernels().sort_indices(self._rows["started_at"])
        # What reading and encoding took for a while; of a day of a million rows 80 MB.
        pa.default_memory_pool().release_unused()

    def __len__(self) -> int:
        return len(self._order)

    @property
    def in_order(self) -> Column:
        """Starts in the order of the file."""
        return self._rows["started_at"].take(self._order)

    def taken(self, start: int, count: int) -> pa.Table:
        return self._rows.take(self._order.slice(start, count))


def _kept(name: str, chunks: Sequence[Column]) -> Column:
    """One array of a column's chunks, encoded when its values are few, and text when they are not."""
    import pyarrow as pa

    if not chunks:
        return pa.array([], pa.timestamp("ms") if name == "started_at" else pa.null())
    whole = pa.chunked_array([chunk for column in chunks for chunk in column.chunks], chunks[0].type)
    if name in _FEW:
        return few(whole)
    if pa.types.is_dictionary(whole.type):
        whole = kernels().cast(whole, pa.string())
    return whole.combine_chunks()


def slices(calls: Day, messages: Day) -> Iterator[Slice]:
    """A day's rows by their start, in pieces of which a few fit into little memory.

    Of the same instant calls come before messages, and each in the order of the lake.
    """
    import pyarrow as pa

    pc = kernels()
    present = [day for day in (calls, messages) if len(day)]
    if len(present) < 2:
        for day in present:
            for start in range(0, len(day), BATCH_ROWS):
                yield Slice(((day.table, day.taken(start, BATCH_ROWS)),), None)
        return
    order = pc.sort_indices(pa.chunked_array([*calls.in_order.chunks, *messages.in_order.chunks]))
    done = [0, 0]
    for start in range(0, len(order), BATCH_ROWS):
        piece = pc.cast(order.slice(start, BATCH_ROWS), pa.int64())
        is_call = pc.less(piece, len(calls))
        counts = [pc.sum(is_call).as_py(), len(piece) - pc.sum(is_call).as_py()]
        # The sort is stable and both parts are in order: a stretch of the whole is a stretch of each.
        local = pc.if_else(is_call, pc.subtract(piece, done[0]), pc.subtract(piece, len(calls) + done[1] - counts[0]))
        parts = [
            (day.table, day.taken(first, count))
            for day, first, count in zip(present, done, counts, strict=True)
            if count
        ]
        yield Slice(tuple(parts), local)
        done = [done[0] + counts[0], done[1] + counts[1]]


def written(piece: Slice, zone: ZoneInfo, dialect: Dialect) -> Written:
    """The file's lines of a slice."""
    import pyarrow as pa

    pc = kernels()
    lines = [encode(activity(table, rows, zone), rows.num_rows, dialect) for table, rows in piece.parts]
    texts = pa.chunked_array([part.texts for part in lines]).combine_chunks()
    if piece.order is not None:
        texts = pc.take(texts, piece.order)
    return Written(as_pieces(texts), len(texts), sum(part.prefixed for part in lines))


def activity(table: Table, rows: pa.Table, zone: ZoneInfo) -> dict[str, Column | Local]:
    """The profile's columns of rows of `calls` or `messages`, ready for `csv.encode`."""
    import pyarrow as pa

    found = {name: (few if name in _FEW else _whole)(rows[name]) for name in LAKE_COLUMNS[table.name]}
    encoded = {name: column for name, column in found.items() if name in _FEW}
    nothing: Any = pa.scalar("", pa.string())
    columns: dict[str, Column | Local] = dict.fromkeys(COLUMNS, nothing)
    columns |= {name: found[name] for name in _SAME if name in found}
    columns |= {
        "user_name": _with_reason(encoded["user_name"], encoded["unattributed"]),
        "team": encoded["team_name"],
        "started_at_utc": found["started_at"],
        "started_at_local": Local(found["started_at"], zone),
        "timezone": pa.scalar(zone.key, pa.string()),
    }
    if table is CALLS:
        columns |= _call_columns(found, encoded)
    else:
        columns |= _message_columns(encoded)
    return columns


def _call_columns(found: dict[str, Column], encoded: dict[str, Column]) -> dict[str, Column | Local]:
    import pyarrow as pa

    pc = kernels()
    return {
        **{name: found[name] for name in (*_SECONDS, "ringing_at", "answered_at", "ended_at")},
        "channel": pa.scalar(SubjectKind.CALL.value, pa.string()),
        "status": _pairwise(encoded["direction"], encoded["outcome"], call_status),
        # The canonical outcome tells apart what one label covers (busy, failed); a live state while it lasts.
        "status_detail": _pairwise(encoded["outcome"], encoded["live"], lambda outcome, live: outcome or live),
        "recording_flag": pc.greater(found["recordings"], 0),
        "recovered_flag": pc.if_else(
            pc.equal(found["is_candidate"], 1), pc.equal(found["is_recovered"], 1), pa.scalar(None, pa.bool_())
        ),
        "recovery_s": found["recovery_s"],
    }


def _message_columns(encoded: dict[str, Column]) -> dict[str, Column | Local]:
    import pyarrow as pa

    return {
        "channel": pa.scalar(SubjectKind.MESSAGE.value, pa.string()),
        "status": _mapped(encoded["status"], lambda status: MESSAGE_LABELS.get(status, PENDING)),
        "status_detail": _pairwise(
            encoded["status_detail"],
            encoded["error_code"],
            lambda word, code: f"{word}: {code}" if word and code else word or code,
        ),
    }


def _whole(column: Column) -> Column:
    return column.combine_chunks()


def _with_reason(names: Column, reasons: Column) -> Column:
    """The user's name; where nobody is credited, why (O31). The id and the address stay empty then."""
    return _pairwise(names, reasons, lambda name, reason: f"unattributed: {reason}" if reason and not name else name)


def _mapped(column: Column, label: Any) -> Column:
    import pyarrow as pa

    labels = pa.array([label(value or "") for value in column.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(column.indices, labels)


def _pairwise(first: Column, second: Column, label: Any) -> Column:
    """A label for each pair of values of two dictionary-encoded columns, worked out once a pair."""
    import pyarrow as pa

    pc = kernels()
    left = [value or "" for value in first.dictionary.to_pylist()] + [""]
    right = [value or "" for value in second.dictionary.to_pylist()] + [""]
    labels = pa.array([label(a, b) for a in left for b in right], pa.string())
    # A null reads like an empty text, which stands last in both lists.
    row = pc.cast(pc.fill_null(first.indices, len(left) - 1), pa.int64())
    column = pc.cast(pc.fill_null(second.indices, len(right) - 1), pa.int64())
    return pa.DictionaryArray.from_arrays(pc.add(pc.multiply(row, len(right)), column), labels)
