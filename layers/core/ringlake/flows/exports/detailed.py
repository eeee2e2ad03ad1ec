"""Calls with the steps of their path, several rows each (features.md F53).

An incoming call in a campaign has a row for each step of its path; everything else has one. Columns of the call
are repeated on each of its rows, but durations and amounts stand on the first alone, so that sums stay right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from ringlake.files.csv import Column, Local
from ringlake.files.labels import type_of
from ringlake.files.profiles import PROFILES, Profile
from ringlake.files.profiles.rows import Day, Slice, Worked, slices
from ringlake.files.sheet import Batch, Field, Kind, Part
from ringlake.flows.answers.patterns import Patterned
from ringlake.model.arrow import kernels
from ringlake.model.tables import CALLS, LEGS, MESSAGES
from ringlake.query.filters import CALL
from ringlake.query.resolve import Kind as Range
from ringlake.query.rows import hidden

from .cells import Deferred
from .interactions import selected
from .order import Asked, Report, Work

if TYPE_CHECKING:
    import pyarrow as pa

_STEP_FIELDS = (
    Field(name="step_no", kind=Kind.INTEGER),
    Field(name="step_type"),
    Field(name="step_value"),
    Field(name="step_started_at", kind=Kind.MOMENT),
)
_OF_STEPS = ("record_id", "row_kind", "seq", "kind", "value", "started_at")
# What decides whether a call has rows for its steps.
_TYPED = ("record_id", "kind", "direction", "campaign")
_IN_CAMPAIGN = "call_inbound_campaign"
_ONCE = frozenset({Kind.SECONDS, Kind.MONEY})


class DetailedQuery(Patterned):
    """`paths` says which calls have a row for each step: incoming ones of campaigns, or all."""

    paths: Literal["campaign", "all"] = "campaign"


def _batches(asked: Asked, work: Work) -> Iterator[Batch]:
    query, lake, profile = asked.question.query, work.sources.lake, PROFILES[asked.profile]
    every = isinstance(asked.given, DetailedQuery) and asked.given.paths == "all"
    reads = {CALLS: tuple(dict.fromkeys([*profile.reads[CALLS.name], *_TYPED])), MESSAGES: profile.reads[MESSAGES.name]}
    for day in work.days:
        calls, messages = (Day(table, selected(table, query, lake, day, names)) for table, names in reads.items())
        steps = _steps(asked, work, day) if len(calls) else None
        for piece in slices(calls, messages):
            yield _expanded(piece, profile, steps, asked, every=every)


def _steps(asked: Asked, work: Work, day: str) -> pa.Table:
    """The steps of all calls of a day, as the viewer may see them."""
    import pyarrow as pa

    query = asked.question.query
    stream = work.sources.lake.stream(LEGS, query.workspace, day, _OF_STEPS)
    parts = [part.filter(kernels().equal(part["row_kind"].cast(pa.string()), "step")) for part in stream.parts]
    found = pa.concat_tables(parts) if parts else pa.table({name: pa.array([], pa.string()) for name in _OF_STEPS})
    return hidden(found.set_column(0, "record_id", found["record_id"].cast(pa.string())), query)


def _expanded(piece: Slice, profile: Profile, steps: pa.Table | None, asked: Asked, *, every: bool) -> Batch:
    """The slice with a row for each step."""
    parts, counts = [], []
    for table, rows in piece.parts:
        found = (
            _paths(rows, steps, every=every) if table is CALLS and steps is not None else [[] for _ in range(len(rows))]
        )
        own = [max(len(path), 1) for path in found]
        worked = Worked(profile, table, rows, asked.zone)
        parts.append(Part(Deferred(partial(_repeated, worked, profile, found)), sum(own)))
        counts += own
    return Batch(tuple(parts), _order(piece, counts))


def _paths(rows: pa.Table, steps: pa.Table, *, every: bool) -> list[list[Mapping[str, Any]]]:
    """The steps of each call that has rows for them."""
    import pyarrow as pa

    told = rows.select(list(_TYPED)).to_pylist()
    wanted = {
        row["record_id"]
        for row in told
        if every or type_of(CALL, row["kind"] or "", row["direction"] or "", row["campaign"] or "") == _IN_CAMPAIGN
    }
    mine = steps.filter(kernels().is_in(steps["record_id"], value_set=pa.array(sorted(wanted), pa.string())))
    found: dict[str, list[Mapping[str, Any]]] = {}
    for step in mine.to_pylist():
        found.setdefault(step["record_id"], []).append(step)
    return [sorted(found.get(row["record_id"], ()), key=lambda step: step["seq"]) for row in told]


def _repeated(
    worked: Mapping[str, Any], profile: Profile, paths: Sequence[Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """Columns of the calls on each of their rows, and the steps beside them."""
    import pyarrow as pa

    rows = [(n, step) for n, path in enumerate(paths) for step in (path or (None,))]
    at = pa.array([n for n, _ in rows], pa.int64())
    first = pa.array([place == 0 or n != rows[place - 1][0] for place, (n, _) in enumerate(rows)], pa.bool_())
    columns = {
        field.name: _taken(worked[field.name], at, first if field.kind in _ONCE else None) for field in profile.fields
    }
    told = [step or {} for _, step in rows]
    return {
        **columns,
        "step_no": pa.array([step.get("seq") for step in told], pa.int64()),
        "step_type": pa.array([step.get("kind") or "" for step in told], pa.string()),
        "step_value": pa.array([step.get("value") or "" for step in told], pa.string()),
        "step_started_at": pa.array([step.get("started_at") for step in told], pa.timestamp("ms")),
    }


def _taken(column: Column | Local, at: Column, only: Column | None) -> Column | Local:
    import pyarrow as pa

    if isinstance(column, Local):
        return Local(column.column.take(at), column.zone)
    if isinstance(column, pa.Scalar):
        return column
    taken = column.take(at)
    return taken if only is None else kernels().if_else(only, taken, pa.scalar(None, taken.type))


def _order(piece: Slice, counts: Sequence[int]) -> Column | None:
    """Which of the repeated rows comes first, second, ...: rows of one call stay together."""
    import pyarrow as pa

    if piece.order is None:
        return None
    starts, total = [], 0
    for count in counts:
        starts.append(total)
        total += count
    places = [starts[n] + step for n in piece.order.to_pylist() for step in range(counts[n])]
    return pa.array(places, pa.int64())


REPORT = Report(
    name="detailed",
    title="Calls and messages with the steps of calls",
    kind=Range.ROWS,
    model=lambda _: DetailedQuery,
    fields=lambda asked: (*PROFILES[asked.profile].fields, *_STEP_FIELDS),
    batches=_batches,
    profiles=tuple(PROFILES),
)
