"""A resolved query applied to the lake's rows: the one place where rows are kept or dropped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from ringlake.access.hiding import HIDDEN, MASKS, emptied
from ringlake.model.arrow import kernels, wall
from ringlake.model.calls import Outcome
from ringlake.model.directory import Ability
from ringlake.model.facts import CallKind, Direction
from ringlake.model.findings import Unowned
from ringlake.model.tables import CALLS, CASES, MESSAGES, PRESENCE, Table

from .kinds import KINDS
from .resolve import CurrentTeams, Predicates, ResolvedQuery, Search
from .sets import SETS

if TYPE_CHECKING:
    import pyarrow as pa

# An Arrow array or scalar of booleans.
type Mask = Any
# An Arrow chunked array; text may be dictionaries.
type Column = Any

# Reason under which the fold files a call that rang several people and that nobody answered.
GROUP_CALL = Unowned.GROUP_CALL.value

# Conditions "one of these values": column, and the field of `Predicates` that holds them. They count in every
# table that has the column.
_ONE_OF = (
    ("direction", "directions"),
    ("user_id", "users"),
    ("team_id", "teams"),
    ("business_number_id", "numbers"),
    ("campaign", "campaigns"),
    ("remote_country", "countries"),
    ("connection", "connections"),
    ("record_id", "record_ids"),
    ("unattributed", "unattributed"),
)
_ONE_OF_PRESENCE = (("user_id", "users"), ("team_id", "teams"))
# The same where only one table knows them.
_ONE_OF_ITS_OWN = {
    CALLS.name: (
        ("outcome", "outcomes"),
        ("queue", "queues"),
        ("source", "sources"),
        ("missed_reason", "reasons"),
        ("hangup_by", "hangup_by"),
    ),
    CASES.name: (("queue", "queues"), ("source", "sources"), ("reason", "reasons")),
    MESSAGES.name: (("status", "message_statuses"),),
}
_EQUAL = (("reference", "reference"), ("contact_id", "contact"), ("party_key", "party"))
_RANGES = (("wait_s", "wait_s"), ("talk_s", "duration_s"))
_GRANTS = (("user_id", "users"), ("team_id", "teams"), ("business_number_id", "numbers"))
# Which side an interaction came from and went to (features.md F11, F12): columns by direction.
_SIDES: dict[str, dict[Direction, tuple[str, ...]]] = {
    "source_number": {Direction.INBOUND: ("remote_number",), Direction.OUTBOUND: ("business_number",)},
    "destination_number": {
        Direction.INBOUND: ("business_number", "entry_number"),
        Direction.OUTBOUND: ("remote_number",),
    },
}


class Related(NamedTuple):
    """What legs say about calls: ids of those that rang the scope's user, and of those with a wanted part."""

    rung: Collection[str] = frozenset()
    parts: Collection[str] = frozenset()


def columns_read(table: Table, query: ResolvedQuery) -> set[str]:
    """The columns that `select` looks at for this query, beside those that the caller wants to show."""
    asked = query.predicates
    needed = {*_times(table)} | ({"record_id"} if needs_legs(table, query) else set())
    needed |= {column for column, field in _one_of_columns(table) if getattr(asked, field)}
    needed |= {column for column, granted in _GRANTS if getattr(query.scope, granted)}
    needed |= {"user_id", "business_number_id"} if asked.members else set()
    if table is PRESENCE:
        return needed & {*table.names}
    needed |= {column for column, field in _EQUAL if getattr(asked, field)}
    needed |= {"remote_number"} if asked.remote else set()
    for field, sides in _SIDES.items():
        needed |= {"direction", *(c for names in sides.values() for c in names)} if getattr(asked, field) else set()
    needed |= {"kind", "direction", "campaign"} if asked.kinds else set()
    needed |= {"in_open_hours"} if asked.open_hours is not None else set()
    needed |= {"is_spam"} if asked.without_spam else set()
    needed |= {"flags"} if asked.findings else set()
    needed |= {"unattributed"} if table in (CALLS, CASES) and query.scope.rung else set()
    if table is CASES:
        needed |= {"is_recovered", "is_resolved_by_customer"} if asked.only_unrecovered else set()
    if table is CALLS:
        needed |= {"is_call", *_flags(asked)}
        needed |= {"outcome"} if asked.only_unanswered else set()
        needed |= {f"is_{label}" for label in asked.labels}
        needed |= {"tags"} if asked.tags else set()
        needed |= {"is_sale"} if asked.sale is not None else set()
        needed |= {"contact_no"} if asked.first_contact is not None else set()
        needed |= {column for name in asked.sets for flags in SETS[name] for column in flags}
        needed |= {"wait_ms"} if asked.wait_ms != (None, None) else set()
        needed |= {"started_at", "ended_at", "live"} if asked.active_at or asked.talking_at else set()
        needed |= {"answered_at"} if asked.talking_at else set()
        needed |= {column for column, field in _RANGES if getattr(asked, field) != (None, None)}
    return needed & {*table.names}


def select(
    table: Table,
    rows: pa.Table,
    query: ResolvedQuery,
    related: Related = Related(),
    columns: Sequence[str] | None = None,
    *,
    within: bool = False,
) -> pa.Table:
    """The rows of a table that the query asks for and its scope shows, in the same order and without
    the columns that the scope hides.

    Of `calls`, `messages`, `cases` and other tables of interactions each condition counts for which the table
    has a column; of `presence` those about people and teams, for stretches that reach into the range.
    `related` is needed where `needs_legs`; of the columns all are kept or those named. `within` says
    that all rows lie inside the range. Text columns may be dictionaries.
    """
    mask = chosen(table, rows, query, related, within=within)
    shown = rows if columns is None else rows.select(list(columns))
    # Inside a long range nearly every day is wanted whole; then nothing need be copied.
    return hidden(shown if mask is None or kernels().all(mask).as_py() else shown.filter(mask), query)


def chosen(
    table: Table, rows: pa.Table, query: ResolvedQuery, related: Related, *, within: bool = False
) -> Mask | None:
    """Which rows `select` keeps; None keeps all."""
    pc = kernels()
    masks: list[Mask] = []
    at = {name: rows[name] for name in _times(table)}
    if not within:
        masks.append(_in_range(table, at, query))
    if not query.scope.everything:
        masks.append(_visible(table, rows, query, related))
    asked = query.predicates
    if table is not PRESENCE and (asked.minutes or asked.weekdays):
        local = wall(at["started_at"], ZoneInfo(query.zone))
        masks += [_in_window(local, asked.minutes)] if asked.minutes else []
        masks += [_on_weekdays(local, asked.weekdays)] if asked.weekdays else []
    masks.extend(_asked(table, rows, asked, related))
    left = [mask for mask in masks if mask is not None]
    return _join(left, pc.and_) if left else None


def hidden(rows: pa.Table, query: ResolvedQuery) -> pa.Table:
    """The rows without what the query's viewer may not see."""
    return _hide(rows, query.scope.hides)


def _hide(rows: pa.Table, hides: Sequence[Ability]) -> pa.Table:
    """Numbers masked, other hidden columns empty: "" for text, null for amounts."""
    import pyarrow as pa

    empty = emptied(hides)
    for name in sorted(frozenset[str]().union(*(HIDDEN[ability] for ability in hides)) & set(rows.column_names)):
        field = rows.schema.field(name)
        column: Any = pa.nulls(len(rows), field.type)
        if name not in empty:
            parts = rows[name].chunks
            column = pa.chunked_array([_masked(part, MASKS[name]) for part in parts], pa.string())
        elif not pa.types.is_decimal(field.type):
            column = pa.repeat(pa.scalar("", pa.string()), len(rows))
        rows = rows.set_column(rows.schema.get_field_index(name), field.with_type(column.type), column)
    return rows


def _masked(numbers: Any, mask: Callable[[str], str]) -> Any:
    """Each distinct number once."""
    import pyarrow as pa

    if not pa.types.is_dictionary(numbers.type):
        numbers = numbers.dictionary_encode()
    shown = pa.array([mask(number or "") for number in numbers.dictionary.to_pylist()], pa.string())
    return shown.take(numbers.indices)


def needs_legs(table: Table, query: ResolvedQuery) -> bool:
    """Whether `select` wants to be told what legs say about the calls."""
    rang = bool(query.scope.rung) and not query.scope.everything
    parts = table is CALLS and any(KINDS[code].parts for code in query.predicates.kinds)
    return parts or (table in (CALLS, CASES) and rang)


LEGS_READ = ("record_id", "row_kind", "kind", "user_id")


def related(legs: pa.Table, query: ResolvedQuery) -> Related:
    """From the columns `LEGS_READ` of the legs of the same days."""
    pc = kernels()
    rung = rung_by(legs, query.scope.rung) if query.scope.rung and not query.scope.everything else frozenset()
    wanted = {kind for code in query.predicates.kinds if KINDS[code].parts for kind in KINDS[code].kinds}
    if not wanted:
        return Related(rung)
    is_part = pc.and_(_equal(legs["row_kind"], "leg"), _one_of(legs["kind"], wanted))
    return Related(rung, _ids(legs.filter(is_part)))


def rung_by(legs: pa.Table, user_id: str) -> frozenset[str]:
    """Record ids of the calls that rang this user, from rows of the `legs` table."""
    return _ids(legs.filter(kernels().and_(_equal(legs["row_kind"], "leg"), _equal(legs["user_id"], user_id))))


def _ids(rows: pa.Table) -> frozenset[str]:
    return frozenset(str(i) for i in rows["record_id"].to_pylist())


def _times(table: Table) -> tuple[str, ...]:
    return ("started_at", "ended_at") if table is PRESENCE else ("started_at",)


def _one_of_columns(table: Table) -> Iterable[tuple[str, str]]:
    if table is PRESENCE:
        return _ONE_OF_PRESENCE
    shared = [(column, field) for column, field in _ONE_OF if column in table.names]
    return (*shared, *_ONE_OF_ITS_OWN.get(table.name, ()))


def _flags(asked: Predicates) -> list[str]:
    """Indicator columns of calls that must be 1."""
    flags = ["is_missed"] if asked.only_missed else []
    flags += ["is_unrecovered"] if asked.only_unrecovered else []
    if asked.success is not None:
        flags.append("is_success" if asked.success else "is_no_success")
    return flags


def _in_range(table: Table, at: dict[str, Column], query: ResolvedQuery) -> Mask:
    import pyarrow as pa

    pc = kernels()
    started = at["started_at"]
    start, end = (pa.scalar(bound.replace(tzinfo=None), started.type) for bound in (query.start_utc, query.end_utc))
    if table is not PRESENCE:
        return pc.and_(pc.greater_equal(started, start), pc.less(started, end))
    reaches = pc.or_kleene(pc.greater_equal(started, start), pc.greater(at["ended_at"], start))
    # A stretch without an end still lasts.
    return pc.and_(pc.less(started, end), pc.or_kleene(reaches, pc.is_null(at["ended_at"])))


def _visible(table: Table, rows: pa.Table, query: ResolvedQuery, related: Related) -> Mask:
    pc = kernels()
    scope = query.scope
    grants = [
        _one_of(rows[column], granted)
        for column, granted in ((column, getattr(scope, field)) for column, field in _GRANTS)
        if granted and column in table.names
    ]
    if related.rung and scope.rung:
        group = _equal(rows["unattributed"], GROUP_CALL)
        grants.append(pc.and_(group, _one_of(rows["record_id"], related.rung)))
    if not grants:
        return _nothing(rows)
    return _join(grants, pc.or_)


def _nothing(rows: pa.Table) -> Mask:
    import pyarrow as pa

    return pa.repeat(pa.scalar(False), len(rows))  # noqa: FBT003 - Arrow's own signature


def _in_window(local: Column, minutes: tuple[int, int]) -> Mask:
    pc = kernels()
    minute = pc.add(pc.multiply(pc.hour(local), 60), pc.minute(local))
    start, end = minutes
    after, before = pc.greater_equal(minute, start), pc.less(minute, end)
    if start < end:
        return pc.and_(after, before)
    return pc.or_(after, before)


def _on_weekdays(local: Column, weekdays: Sequence[int]) -> Mask:
    import pyarrow as pa

    day = kernels().day_of_week(local, count_from_zero=False, week_start=1)
    return kernels().is_in(day, value_set=pa.array(weekdays, pa.int64()))


def _asked(table: Table, rows: pa.Table, asked: Predicates, related: Related) -> Iterable[Mask]:
    for column, field in _one_of_columns(table):
        if wanted := getattr(asked, field):
            yield _one_of(rows[column], wanted)
    if asked.members:
        yield _of_current_teams(table, rows, asked.members)
    if table is not PRESENCE:
        yield from _of_interactions(table, rows, asked, related)
    if table is CALLS:
        yield from _of_calls(rows, asked)
    if table is CASES:
        yield from _of_cases(rows, asked)


def _of_interactions(table: Table, rows: pa.Table, asked: Predicates, related: Related) -> Iterable[Mask]:
    for column, field in _EQUAL:
        if column in table.names and (wanted := getattr(asked, field)):
            yield _equal(rows[column], wanted)
    if asked.remote and "remote_number" in table.names:
        yield _found(rows["remote_number"], asked.remote)
    for field in _SIDES:
        if (search := getattr(asked, field)) and "remote_number" in table.names:
            yield _side(table, rows, field, search)
    if asked.kinds and table in (CALLS, MESSAGES):
        yield _of_kinds(table, rows, asked.kinds, related)
    if asked.without_spam and "is_spam" in table.names:
        yield kernels().not_equal(rows["is_spam"], 1)
    if asked.findings and table in (CALLS, MESSAGES):
        yield _each_value(rows["flags"], lambda texts: _said(texts, asked.findings))
    if asked.started != (None, None):
        yield from _started(rows["started_at"], asked.started)
    if asked.open_hours is not None and "in_open_hours" in table.names:
        yield kernels().equal(rows["in_open_hours"], asked.open_hours)


def _started(started: Column, bounds: tuple[datetime | None, datetime | None]) -> Iterable[Mask]:
    import pyarrow as pa

    pc = kernels()
    for bound, compare in zip(bounds, (pc.greater_equal, pc.less), strict=True):
        if bound is not None:
            yield compare(started, pa.scalar(bound.replace(tzinfo=None), started.type))


def _of_calls(rows: pa.Table, asked: Predicates) -> Iterable[Mask]:
    pc = kernels()
    # Classifier rows stand in the table and are no calls (features.md F44).
    if CallKind.CLASSIFIER.value not in asked.kinds:
        yield pc.equal(rows["is_call"], 1)
    if asked.only_unanswered:
        # A call that still lasts has no outcome and is not unanswered.
        yield _one_of(rows["outcome"], [o.value for o in Outcome if o is not Outcome.ANSWERED])
    for flag in _flags(asked):
        yield pc.equal(rows[flag], 1)
    if asked.sale is not None:
        yield pc.equal(rows["is_sale"], int(asked.sale))
    if asked.first_contact is not None:
        yield (pc.equal if asked.first_contact else pc.greater)(rows["contact_no"], 1)
    if asked.labels:
        yield _join([pc.equal(rows[f"is_{label}"], 1) for label in asked.labels], pc.or_)
    if asked.tags:
        yield _each_value(rows["tags"], lambda texts: _said(texts, asked.tags))
    for column, field in _RANGES:
        least, most = getattr(asked, field)
        if least is not None:
            yield pc.greater_equal(rows[column], least)
        if most is not None:
            yield pc.less_equal(rows[column], most)
    yield from _of_patterns(rows, asked)


def _of_patterns(rows: pa.Table, asked: Predicates) -> Iterable[Mask]:
    """What numbers about waits and lines drill to."""
    pc = kernels()
    if asked.sets:
        yield _join([_in_set(rows, name) for name in asked.sets], pc.or_)
    least, below = asked.wait_ms
    if least is not None:
        yield pc.greater_equal(rows["wait_ms"], least)
    if below is not None:
        yield pc.less(rows["wait_ms"], below)
    for begin, at in (("started_at", asked.active_at), ("answered_at", asked.talking_at)):
        if at is not None:
            yield _going_on(rows, begin, at)


def _in_set(rows: pa.Table, name: str) -> Mask:
    holds, fails = SETS[name]
    pc = kernels()
    flags = [pc.equal(rows[column], 1) for column in holds] + [pc.not_equal(rows[column], 1) for column in fails]
    return _join(flags, pc.and_)


def _going_on(rows: pa.Table, begin: str, at: datetime) -> Mask:
    """Begun at or before the instant and ended after it; a live call still lasts (metrics.md Concurrency)."""
    import pyarrow as pa

    pc = kernels()
    instant = pa.scalar(at.replace(tzinfo=None), rows[begin].type)
    lasts = pc.if_else(
        pc.is_null(rows["ended_at"]), pc.invert(_equal(rows["live"], "")), pc.greater(rows["ended_at"], instant)
    )
    return pc.and_(pc.less_equal(rows[begin], instant), lasts)


def _of_cases(rows: pa.Table, asked: Predicates) -> Iterable[Mask]:
    pc = kernels()
    if asked.directions and Direction.INBOUND.value not in asked.directions:
        # A case is made of inbound calls.
        yield _nothing(rows)
    if asked.only_unrecovered:
        yield pc.equal(rows["is_recovered"], 0)
        yield pc.equal(rows["is_resolved_by_customer"], 0)


def _of_current_teams(table: Table, rows: pa.Table, members: CurrentTeams) -> Mask:
    pc = kernels()
    theirs = _one_of(rows["user_id"], members.users)
    if not members.numbers or "business_number_id" not in table.names:
        return theirs
    nobodys = pc.and_(_one_of(rows["user_id"], [""]), _one_of(rows["business_number_id"], members.numbers))
    return _join([theirs, nobodys], pc.or_)


def _of_kinds(table: Table, rows: pa.Table, codes: Sequence[str], related: Related) -> Mask:
    pc = kernels()
    found: list[Mask] = []
    for code in codes:
        kind = KINDS[code]
        if kind.table != table.name:
            continue
        masks = [_one_of(rows["kind"], kind.kinds)]
        if kind.direction:
            masks.append(_equal(rows["direction"], kind.direction))
        if kind.campaign is not None:
            outside = pc.and_(_one_of(rows["campaign"], [""]), pc.invert(_equal(rows["kind"], CallKind.CAMPAIGN.value)))
            masks.append(pc.invert(outside) if kind.campaign else outside)
        found.append(_join(masks, pc.and_))
        if kind.parts and related.parts:
            found.append(_one_of(rows["record_id"], related.parts))
    return _join(found, pc.or_) if found else _nothing(rows)


def _side(table: Table, rows: pa.Table, field: str, search: Search) -> Mask:
    pc = kernels()
    sides = {
        direction: _join([_found(rows[name], search) for name in names if name in table.names], pc.or_)
        for direction, names in _SIDES[field].items()
    }
    if "direction" not in table.names:
        return sides[Direction.INBOUND]
    # Where both ends are ours, or nobody knows the direction, either side will do.
    known = _one_of(rows["direction"], [direction.value for direction in sides])
    parts = [pc.and_(_equal(rows["direction"], direction.value), mask) for direction, mask in sides.items()]
    return _join([*parts, pc.and_(pc.invert(known), _join(list(sides.values()), pc.or_))], pc.or_)


def _found(numbers: Column, search: Search) -> Mask:
    pc = kernels()

    def matches(texts: Column) -> Mask:
        exact = pc.equal(texts, search.exact)
        return pc.or_(exact, pc.match_substring(texts, search.part)) if search.part else exact

    return _each_value(numbers, matches)


def _said(texts: Column, words: Sequence[str]) -> Mask:
    """Tags and flags are joined by semicolons."""
    pc = kernels()
    fenced = pc.binary_join_element_wise(";", texts, ";", "")
    return _join([pc.match_substring(fenced, f";{word};") for word in words], pc.or_)


def _equal(column: Column, wanted: str) -> Mask:
    return _each_value(column, lambda texts: kernels().equal(texts, wanted))


def _one_of(column: Column, wanted: Collection[str]) -> Mask:
    """Whether the value is one of these; a null reads like the empty text."""
    import pyarrow as pa

    values = pa.array([*sorted(wanted), None] if "" in wanted else sorted(wanted), pa.string())
    return _each_value(column, lambda texts: kernels().is_in(texts, value_set=values))


def _each_value(column: Column, test: Callable[[Column], Mask]) -> Mask:
    """A test of each text, made once for each distinct one where the column is a dictionary.

    Nulls inside a dictionary column are tested as what they are.
    """
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return kernels().fill_null(test(column), False)  # noqa: FBT003 - Arrow's own signature
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return pa.chunked_array([_by_code(chunk, test) for chunk in chunks], pa.bool_())


def _by_code(codes: Any, test: Callable[[Column], Mask]) -> Mask:
    import pyarrow as pa

    pc = kernels()
    verdicts = pc.fill_null(test(codes.dictionary), False)  # noqa: FBT003
    if not codes.null_count:
        return verdicts.take(codes.indices)
    of_null = pc.fill_null(test(pa.nulls(1, pa.string())), False)[0]  # noqa: FBT003
    return pc.fill_null(verdicts.take(codes.indices), of_null)


def _join(masks: list[Mask], operation: Callable[[Mask, Mask], Mask]) -> Mask:
    """Nulls (a wait that never was) count as no."""
    pc = kernels()
    joined, *others = [pc.fill_null(mask, False) for mask in masks]  # noqa: FBT003 - Arrow's own signature
    for other in others:
        joined = operation(joined, other)
    return joined
