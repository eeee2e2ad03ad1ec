"""Calls with the steps of their path, several rows each (features.md F53).

An incoming call in a campaign has a row for each step of its path; everything else has one. Columns of the call
are repeated on each of its rows, but durations and amounts stand on the first alone, so that sums stay right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        wanted: list[str] = []
        calls = Day(CALLS, _noted(selected(CALLS, query, lake, day, reads[CALLS]), wanted, every=every))
        messages = Day(MESSAGES, selected(MESSAGES, query, lake, day, reads[MESSAGES]))
        steps = _steps(asked, work, day, wanted)
        for piece in slices(calls, messages):
            yield _expanded(piece, profile, steps, asked)


def _noted(parts: Iterable[pa.Table], wanted: list[str], *, every: bool) -> Iterator[pa.Table]:
    """The same parts; ids of the calls that have a row for each step go into `wanted`."""
    for part in parts:
        wanted += [
            row["record_id"]
            for row in part.select(list(_TYPED)).to_pylist()
            if every or type_of(CALL, row["kind"] or "", row["direction"] or "", row["campaign"] or "") == _IN_CAMPAIGN
        ]
        yield part


def _steps(asked: Asked, work: Work, day: str, wanted: list[str]) -> pa.Table:
    """The steps of these calls of a day, as the viewer may see them."""
    import pyarrow as pa

    pc, query = kernels(), asked.question.query
    ids = pa.array(wanted, pa.string())
    found = [pa.table({name: pa.array([], kind) for name, kind in _step_types().items()})]
    for part in work.sources.lake.stream(LEGS, query.workspace, day, _OF_STEPS).parts if wanted else ():
        mine = pc.and_(
            pc.equal(part["row_kind"].cast(pa.string()), "step"),
            pc.is_in(part["record_id"].cast(pa.string()), value_set=ids),
        )
        steps = hidden(part.filter(mine), query)
        found.append(pa.table({name: steps[name].cast(kind) for name, kind in _step_types().items()}))
    return pa.concat_tables(found).combine_chunks()


def _step_types() -> dict[str, Any]:
    import pyarrow as pa

    texts = dict.fromkeys(("record_id", "kind", "value"), pa.string())
    return {**texts, "seq": pa.int64(), "started_at": pa.timestamp("ms")}


def _expanded(piece: Slice, profile: Profile, steps: pa.Table, asked: Asked) -> Batch:
    """The slice with a row for each step."""
    parts: list[Part] = []
    counts: list[int] = []
    for table, rows in piece.parts:
        worked = Worked(profile, table, rows, asked.zone)
        path = _path(rows, steps if table is CALLS else steps.slice(0, 0))
        parts.append(Part(Deferred(partial(_repeated, worked, profile, path)), len(path)))
        counts += kernels().value_counts(path["row"]).field(1).to_pylist()
    return Batch(tuple(parts), _order(piece, counts))


def _path(rows: pa.Table, steps: pa.Table) -> pa.Table:
    """For each row of a file the place of its call or text in `row`, and the step beside it, null without one."""
    import pyarrow as pa

    pc = kernels()
    named = "record_id" in rows.column_names
    ids = rows["record_id"].cast(pa.string()).combine_chunks() if named else pa.array([], pa.string())
    own = steps.append_column("row", pc.cast(pc.index_in(steps["record_id"], value_set=ids), pa.int64()))
    own = own.filter(pc.is_valid(own["row"]))
    every = pa.array(range(len(rows)), pa.int64())
    alone = every.filter(pc.invert(pc.is_in(every, value_set=pc.unique(own["row"]))))
    nothing = {name: pa.nulls(len(alone), own.schema.field(name).type) for name in steps.column_names}
    whole = pa.concat_tables([own, pa.table({**nothing, "row": alone})])
    return whole.sort_by([("row", "ascending"), ("seq", "ascending")]).combine_chunks()


def _repeated(worked: Mapping[str, Any], profile: Profile, path: pa.Table) -> dict[str, Any]:
    """Columns of the calls on each of their rows, and the steps beside them."""
    import pyarrow as pa

    at = path["row"].combine_chunks()
    same = kernels().not_equal(at.slice(1), at.slice(0, max(len(at) - 1, 0)))
    first = pa.concat_arrays([pa.array([True] * min(len(at), 1), pa.bool_()), same])
    columns = {
        field.name: _taken(worked[field.name], at, first if field.kind in _ONCE else None) for field in profile.fields
    }
    return {
        **columns,
        "step_no": path["seq"].combine_chunks(),
        "step_type": path["kind"].combine_chunks(),
        "step_value": path["value"].combine_chunks(),
        "step_started_at": path["started_at"].combine_chunks(),
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
