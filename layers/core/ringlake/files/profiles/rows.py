"""Calls and messages of a day as batches of a sheet, in the order of their start.

A profile is a choice of columns with their names: it relabels what the lake holds and never recounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.files.csv import BATCH_ROWS, Column, Local, few
from ringlake.files.sheet import Batch, Field, Part
from ringlake.model.arrow import kernels
from ringlake.model.tables import CALLS, MESSAGES, Table

if TYPE_CHECKING:
    import pyarrow as pa

# Columns of text with few distinct values: each is looked at once and not once a row.
FEW = frozenset(
    {
        "connection", "provider", "kind", "direction", "outcome", "live", "telephony_status", "missed_reason",
        "business_number", "business_number_id", "business_number_name", "business_number_ref", "remote_country",
        "entry_number", "requested_kind", "requested_party", "requested_user_id", "final_kind", "final_party",
        "final_user_id", "user_id", "user_name", "user_email", "user_account", "unattributed", "team_id", "team_name",
        "queue", "campaign", "scheme", "source", "source_medium", "source_campaign", "zone", "hangup_by", "cause",
        "answered_by", "voicemail_status", "classifier", "tags", "cost_currency", "cost_source", "flags",
        "recovery_state", "recovered_by", "status", "status_detail", "error_code",
    }
)  # fmt: skip


class Profile(NamedTuple):
    """Columns of calls and messages under one system's names.

    `reads` are the lake's columns that it is made of, by table. `columns` gives the columns of `fields`, by name,
    for rows of `calls` or `messages` that hold at least those; the columns of `FEW` may be encoded in them.
    """

    name: str
    fields: tuple[Field, ...]
    reads: Mapping[str, tuple[str, ...]]
    columns: Callable[[Table, pa.Table, ZoneInfo], Mapping[str, Column | Local]]


class Worked(Mapping[str, Any]):
    """A profile's columns of some rows, worked out by whoever first looks: the writers do that in parallel."""

    def __init__(self, profile: Profile, table: Table, rows: pa.Table, zone: ZoneInfo) -> None:
        self._work = partial(profile.columns, table, rows, zone)
        self._names = tuple(field.name for field in profile.fields)
        self._found: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        if self._found is None:
            self._found = self._work()
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def batches(
    profile: Profile, calls: Iterable[pa.Table], messages: Iterable[pa.Table], zone: ZoneInfo
) -> Iterator[Batch]:
    """A day's rows by their start. The tables hold `profile.reads` and already only what the viewer may see.

    Of the same instant calls come before messages, and each in the order of the lake.
    """
    for piece in slices(Day(CALLS, calls), Day(MESSAGES, messages)):
        parts = (Part(Worked(profile, table, rows, zone), rows.num_rows) for table, rows in piece.parts)
        yield Batch(tuple(parts), piece.order)


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
        left = list(parts)
        columns = {} if left else {"started_at": pa.array([], pa.timestamp("ms"))}
        for name in left[0].column_names if left else ():
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

    whole = pa.chunked_array([chunk for column in chunks for chunk in column.chunks], chunks[0].type)
    if name in FEW:
        return few(whole)
    if pa.types.is_dictionary(whole.type):
        whole = kernels().cast(whole, pa.string())
    return whole.combine_chunks()


def slices(calls: Day, messages: Day) -> Iterator[Slice]:
    """A day's rows by their start, in pieces of which a few fit into little memory."""
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


def found(rows: pa.Table, names: Iterable[str]) -> dict[str, Column]:
    """Columns of some rows as arrays, those of few values encoded."""
    return {name: few(rows[name]) if name in FEW else rows[name].combine_chunks() for name in names}


def ruled(rule: Callable[..., str], *columns: Column) -> Column:
    """A text for each row from columns of few values, worked out once for each combination that occurs.

    The rule gets one text for each column; null is "".
    """
    import pyarrow as pa

    pc = kernels()
    values = [[*(value or "" for value in column.dictionary.to_pylist()), ""] for column in columns]
    key: Column = pa.scalar(0, pa.int64())
    for column, texts in zip(columns, values, strict=True):
        # A null reads like an empty text, which stands last.
        index = pc.cast(pc.fill_null(column.indices, len(texts) - 1), pa.int64())
        key = pc.add(pc.multiply(key, len(texts)), index)
    combined = few(key)
    labels = [rule(*_texts(number, values)) for number in combined.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(combined.indices, pa.array(labels, pa.string()))


def _texts(number: int, values: list[list[str]]) -> list[str]:
    """The combination that a key stands for."""
    texts = []
    for known in reversed(values):
        number, place = divmod(number, len(known))
        texts.append(known[place])
    return texts[::-1]


def text(value: str) -> Any:
    """One text for all rows; "" stands for no value in columns of numbers, times and flags."""
    import pyarrow as pa

    return pa.scalar(value, pa.string())
