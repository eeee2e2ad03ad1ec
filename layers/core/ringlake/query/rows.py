"""A resolved query applied to the lake's rows: the one place where rows are kept or dropped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ringlake.access.hiding import HIDDEN, NUMBERS, masked
from ringlake.access.scope import Scope
from ringlake.model.arrow import kernels, wall
from ringlake.model.calls import Outcome
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, Table

from .resolve import Predicates, ResolvedQuery

if TYPE_CHECKING:
    import pyarrow as pa

# An Arrow array or scalar of booleans.
type Mask = Any

# Reason under which the fold files a call that rang several people and that nobody answered.
GROUP_CALL = "group_call"

# Conditions "one of these values": column, and the field of `Predicates` that holds them.
_ONE_OF = (
    ("direction", "directions"),
    ("user_id", "users"),
    ("team_id", "teams"),
    ("business_number_id", "numbers"),
    ("campaign", "campaigns"),
)
_ONE_OF_CALLS = (("outcome", "outcomes"), ("queue", "queues"), ("source", "sources"))
_ONE_OF_MESSAGES = (("status", "message_statuses"),)
_RANGES = (("wait_s", "wait_s"), ("talk_s", "duration_s"))
_GRANTS = (("user_id", "users"), ("team_id", "teams"), ("business_number_id", "numbers"))


def columns_read(table: Table, query: ResolvedQuery) -> set[str]:
    """The columns that `select` looks at for this query, beside those that the caller wants to show."""
    asked = query.predicates
    needed = {"record_id", "started_at"}
    needed |= {column for column, field in _ONE_OF if getattr(asked, field)}
    needed |= {column for column, granted in _GRANTS if getattr(query.scope, granted)}
    needed |= {"reference"} if asked.reference else set()
    needed |= {"remote_number"} if asked.remote_exact else set()
    if table is not CALLS:
        return needed | {column for column, field in _ONE_OF_MESSAGES if getattr(asked, field)}
    needed |= {"is_call"}
    needed |= {"outcome"} if asked.only_unanswered else set()
    needed |= {"unattributed"} if query.scope.rung else set()
    needed |= {column for column, field in _ONE_OF_CALLS if getattr(asked, field)}
    return needed | {column for column, field in _RANGES if getattr(asked, field) != (None, None)}


def select(
    table: Table,
    rows: pa.Table,
    query: ResolvedQuery,
    rung: Collection[str] = (),
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """The rows of `calls` or `messages` that the query asks for and its scope shows, in the same order and
    without the columns that the scope hides.

    `rung` are the record ids of calls that rang the scope's user (see `needs_legs`); of the
    columns all are kept or those named. Text columns may be dictionaries.
    """
    mask = _join(
        _conditions(table, _plain(rows.select(sorted(columns_read(table, query)))), query, rung), kernels().and_
    )
    shown = rows if columns is None else rows.select(list(columns))
    # Inside a long range nearly every day is wanted whole; then nothing need be copied.
    return _hide(shown if kernels().all(mask).as_py() else shown.filter(mask), query.scope.hides)


def _hide(rows: pa.Table, hides: Sequence[Ability]) -> pa.Table:
    """Numbers masked, other hidden columns empty: "" for text, null for amounts."""
    import pyarrow as pa

    for name in sorted(frozenset[str]().union(*(HIDDEN[ability] for ability in hides)) & set(rows.column_names)):
        field = rows.schema.field(name)
        column: Any = pa.nulls(len(rows), field.type)
        if name in NUMBERS:
            parts = rows[name].chunks
            column = pa.chunked_array([_masked(part) for part in parts], pa.string())
        elif not pa.types.is_decimal(field.type):
            column = pa.repeat(pa.scalar("", pa.string()), len(rows))
        rows = rows.set_column(rows.schema.get_field_index(name), field.with_type(column.type), column)
    return rows


def _masked(numbers: Any) -> Any:
    """Each distinct number once."""
    import pyarrow as pa

    if not pa.types.is_dictionary(numbers.type):
        numbers = numbers.dictionary_encode()
    shown = pa.array([masked(number or "") for number in numbers.dictionary.to_pylist()], pa.string())
    return shown.take(numbers.indices)


def _plain(rows: pa.Table) -> pa.Table:
    """The same with dictionaries as text: Arrow compares dictionaries in some kernels only."""
    import pyarrow as pa

    fields = [pa.field(f.name, pa.string()) if pa.types.is_dictionary(f.type) else f for f in rows.schema]
    return rows.cast(pa.schema(fields))


def needs_legs(table: Table, scope: Scope) -> bool:
    """Whether `select` wants to be told which of the day's calls rang the viewer."""
    return table is CALLS and bool(scope.rung) and not scope.everything


def rung_by(legs: pa.Table, user_id: str) -> frozenset[str]:
    """Record ids of the calls that rang this user, from rows of the `legs` table."""
    pc = kernels()
    rang = pc.and_(pc.equal(legs["row_kind"], "leg"), pc.equal(legs["user_id"], user_id))
    return frozenset(str(i) for i in legs.filter(rang)["record_id"].to_pylist())


def _conditions(table: Table, rows: pa.Table, query: ResolvedQuery, rung: Collection[str]) -> list[Mask]:
    import pyarrow as pa

    pc = kernels()
    started = rows["started_at"]
    start, end = (pa.scalar(bound.replace(tzinfo=None), started.type) for bound in (query.start_utc, query.end_utc))
    masks: list[Mask] = [pc.and_(pc.greater_equal(started, start), pc.less(started, end))]
    if not query.scope.everything:
        masks.append(_visible(rows, query.scope, rung))
    if query.predicates.minutes is not None:
        masks.append(_in_window(started, query.predicates.minutes, ZoneInfo(query.zone)))
    masks.extend(_common(rows, query.predicates))
    if table is CALLS:
        masks.extend(_of_calls(rows, query.predicates))
    else:
        masks.extend(_listed(rows, query.predicates, _ONE_OF_MESSAGES))
    return masks


def _visible(rows: pa.Table, scope: Scope, rung: Collection[str]) -> Mask:
    pc = kernels()
    grants = [
        _one_of(rows[column], granted)
        for column, granted in ((column, getattr(scope, field)) for column, field in _GRANTS)
        if granted
    ]
    if rung and scope.rung:
        group = pc.equal(rows["unattributed"], GROUP_CALL)
        grants.append(pc.and_(group, _one_of(rows["record_id"], rung)))
    if not grants:
        return pc.is_null(rows["record_id"])
    return _join(grants, pc.or_)


def _in_window(started: Any, minutes: tuple[int, int], zone: ZoneInfo) -> Mask:
    pc = kernels()
    local = wall(started, zone)
    minute = pc.add(pc.multiply(pc.hour(local), 60), pc.minute(local))
    start, end = minutes
    after, before = pc.greater_equal(minute, start), pc.less(minute, end)
    if start < end:
        return pc.and_(after, before)
    return pc.or_(after, before)


def _common(rows: pa.Table, asked: Predicates) -> Iterable[Mask]:
    pc = kernels()
    yield from _listed(rows, asked, _ONE_OF)
    if asked.reference:
        yield pc.equal(rows["reference"], asked.reference)
    if asked.remote_exact:
        searched = [pc.equal(rows["remote_number"], asked.remote_exact)]
        if asked.remote_part:
            searched.append(pc.match_substring(rows["remote_number"], asked.remote_part))
        yield _join(searched, pc.or_)


def _of_calls(rows: pa.Table, asked: Predicates) -> Iterable[Mask]:
    pc = kernels()
    # Classifier rows stand in the table and are no calls (features.md F44).
    yield pc.equal(rows["is_call"], 1)
    yield from _listed(rows, asked, _ONE_OF_CALLS)
    if asked.only_unanswered:
        # A call that still lasts has no outcome and is not unanswered.
        yield _one_of(rows["outcome"], [o.value for o in Outcome if o is not Outcome.ANSWERED])
    for column, field in _RANGES:
        least, most = getattr(asked, field)
        if least is not None:
            yield pc.greater_equal(rows[column], least)
        if most is not None:
            yield pc.less_equal(rows[column], most)


def _listed(rows: pa.Table, asked: Predicates, conditions: Iterable[tuple[str, str]]) -> Iterable[Mask]:
    for column, field in conditions:
        if wanted := getattr(asked, field):
            yield _one_of(rows[column], wanted)


def _one_of(column: Any, wanted: Collection[str]) -> Mask:
    import pyarrow as pa

    return kernels().is_in(column, value_set=pa.array(sorted(wanted), pa.string()))


def _join(masks: list[Mask], operation: Callable[[Mask, Mask], Mask]) -> Mask:
    """Nulls (a wait that never was) count as no."""
    pc = kernels()
    joined, *others = [pc.fill_null(mask, False) for mask in masks]  # noqa: FBT003 - Arrow's own signature
    for other in others:
        joined = operation(joined, other)
    return joined
