"""The work list of missed customers: cases by state, newest or most overdue first (features.md W22, W28, W36).

Without dates it is everything that is still open, of all days (demands.md D9): one object of the lake that the
roll-up keeps. With dates it is the cases whose first miss lies in them, closed ones too, from the days of `cases`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ringlake.access import Principal
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer, Model
from ringlake.model.calls import MissedReason
from ringlake.model.consequences import CaseSource
from ringlake.model.marks import CaseState, Marks
from ringlake.model.tables import ALL_DAYS, CASES, OPEN_CASES
from ringlake.query.cursor import seal, unseal
from ringlake.query.filters import Filter, Id, Ids, Members, Number, parse
from ringlake.query.presets import Preset
from ringlake.query.resolve import Kind, ResolvedQuery, over_dates
from ringlake.query.rows import Related, select
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.lake import Lake
from ringlake.stores.marks import MarksStore
from ringlake.stores.records import Records

from .facts import Facts
from .interactions import Cursor
from .keys import CursorKeys, made_for
from .listed import instant
from .question import Answers, Meta, Question

if TYPE_CHECKING:
    import pyarrow as pa

PAGE = 50
MOST = 500
ME = "me"
# Work lists in memory: a thousand cases take some 300 KB.
_KEPT_BYTES = 48 * 1024 * 1024
_NEVER = datetime(9999, 1, 1)  # noqa: DTZ001 - the lake's UTC without zone
_ORDER = (("first", "ascending"), ("second", "descending"), ("record_id", "ascending"))


class Sort(StrEnum):
    """`newest` by the start of the first miss, `overdue` by when the promised time runs out."""

    NEWEST = "newest"
    OVERDUE = "overdue"


class Group(StrEnum):
    """`caller` puts all cases of one customer into one row, with a counter (features.md W28)."""

    NONE = ""
    CALLER = "caller"


class CasesQuery(BaseModel):
    """Conditions are joined by AND, values of one by OR; an empty list restricts nothing.

    Without `preset`, `from` and `to` all open cases; with them the cases that began in those local dates, open or
    closed. The empty text in `assignees`, `users`, `teams`, ... asks for cases without one, `me` in `assignees` for
    one's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)

    preset: Preset | None = None
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    states: Annotated[list[CaseState], Field(max_length=7)] = []
    case_sources: Annotated[list[CaseSource], Field(max_length=3)] = []
    reasons: Annotated[list[MissedReason], Field(max_length=20)] = []
    assignees: Ids = []
    users: Ids = []
    teams: Ids = []
    team_members: Members = Members.STORED
    numbers: Ids = []
    queues: Ids = []
    campaigns: Ids = []
    sources: Ids = []
    connections: Ids = []
    remote: Number = ""
    contact: Id = ""
    party: Id = ""
    only_overdue: bool = False
    sort: Sort = Sort.NEWEST
    group: Group = Group.NONE
    limit: Annotated[int, Field(ge=1, le=MOST)] = PAGE
    cursor: Cursor = ""

    @property
    def in_range(self) -> bool:
        return self.preset is not None or self.from_ is not None or self.to is not None

    @property
    def filter(self) -> Filter:
        """The conditions that every list shares. Raises `InvalidRequest` naming the field."""
        shared = {n: getattr(self, n) for n in CasesQuery.model_fields if n in Filter.model_fields}
        return parse(Filter, shared if self.in_range else {**shared, "preset": Preset.TODAY})

    def stored(self) -> dict[str, object]:
        """What a cursor is bound to."""
        shown = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {name: value for name, value in shown.items() if name not in ("cursor", "limit")}


class CaseRow(Answer, frozen=True, kw_only=True):
    """One case, or with `group=caller` the newest (or most overdue) one of a customer, with how many there are.

    `version` goes into If-Match of `PUT /v1/cases/{id}`; `pending` says that somebody has said something since
    `as_of`, which state and counters show with the next roll-up.
    """

    record_id: str
    state: str
    case_source: str
    reason: str
    misses: int
    miss_ids: tuple[str, ...]
    cases: int
    case_ids: tuple[str, ...]
    business_number: str
    business_number_name: str
    remote_number: str
    remote_name: str
    contact_id: str
    party_key: str
    user_id: str
    user_name: str
    team_id: str
    team: str
    queue: str
    campaign: str
    source: str
    started_at: datetime
    opened_at: datetime
    last_missed_at: datetime
    due_at: datetime | None
    overdue: bool
    closed_at: datetime | None
    assignee: str
    attempts: int
    first_attempt_at: datetime | None
    first_attempt_s: int | None
    first_attempt_open_s: int | None
    recovery_call: str
    recovered_by: str
    recovery_s: int | None
    note: str
    version: int
    pending: bool


class Counters(Answer, frozen=True, kw_only=True):
    """Of all cases that the conditions choose but for `states` and `only_overdue`."""

    total: int
    misses: int
    by_state: dict[str, int]
    overdue: int
    unassigned: int


class Cases(Answer, frozen=True, kw_only=True):
    """One page; `count` is the number of rows of the whole list, `next` null at its end.

    Without dates in the question `meta` has no range: its dates are of today.
    """

    meta: Meta
    all_days: bool
    counters: Counters
    rows: tuple[CaseRow, ...]
    count: int
    next: str | None


class Position(Model, frozen=True, kw_only=True):
    """The last row of a page by what the list is sorted by, and the dates of the first page."""

    first: date
    last: date
    at: tuple[datetime, datetime]
    id: str


class OpenCases:
    """The open cases of workspaces, kept in memory by etag."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._kept: dict[str, tuple[str, pa.Table]] = {}
        self._lock = Lock()

    def rows(self, workspace: str) -> pa.Table:
        """All of them, in the columns of `open_cases`. Raises `Unavailable`."""
        known = self._kept.get(workspace)
        if known is not None and self._lake.etag(OPEN_CASES, workspace, ALL_DAYS) == known[0]:
            return known[1]
        rows, etag = self._lake.read(OPEN_CASES, workspace, ALL_DAYS)
        if etag is not None and rows.nbytes <= _KEPT_BYTES:
            with self._lock:
                while self._kept and sum(t.nbytes for _, t in self._kept.values()) + rows.nbytes > _KEPT_BYTES:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[workspace] = etag, rows
        return rows


class CaseRows(Answers):
    """The cases that a question selects, in its order."""

    def __init__(
        self, directory: DirectoryStore, facts: Facts, records: Records, marks: MarksStore, lake: Lake
    ) -> None:
        super().__init__(directory, facts, records)
        self._marks = marks
        self._open = OpenCases(lake)

    def every(self, viewer: Principal, asked: CasesQuery, now: datetime) -> Iterator[CaseRow]:
        """All rows of the list, whatever page is asked for. Raises what `WorkList.page` raises."""
        question = self.question(viewer, asked.filter, now, Kind.AGGREGATES)
        rows = self._selected(question, asked)
        rows, groups = _listed(rows, _overdue(rows, now), asked)
        for start in range(0, len(rows), MOST):
            yield from self._shown(question, rows.slice(start, MOST), groups, now)

    def _selected(self, question: Question, asked: CasesQuery) -> pa.Table:
        """The cases that conditions and scope choose, but for state and lateness."""
        if asked.in_range:
            rows = self._facts.rows(CASES, question.query, CASES.names)
        else:
            rows = _visible(self._open.rows(question.workspace.id), question.query)
        if asked.case_sources:
            rows = rows.filter(_is_one(rows["case_source"], [source.value for source in asked.case_sources]))
        if asked.assignees:
            me = question.viewer.user.id
            rows = rows.filter(_is_one(rows["assignee"], [me if one == ME else one for one in asked.assignees]))
        return rows

    def _shown(
        self,
        question: Question,
        page: pa.Table,
        groups: Mapping[int, Sequence[Mapping[str, Any]]] | None,
        now: datetime,
    ) -> Iterator[CaseRow]:
        listed = page.to_pylist()
        marks = self._marks.get(question.workspace.id, [row["record_id"] for row in listed]) if listed else {}
        grouped = {group[0]["record_id"]: group for group in groups.values()} if groups is not None else {}
        for row in listed:
            group = grouped.get(row["record_id"], [row])
            yield _row(row, group, marks.get(row["record_id"]), question.as_of, now)


class WorkList(CaseRows):
    def __init__(
        self, directory: DirectoryStore, facts: Facts, records: Records, keys: CursorKeys, marks: MarksStore, lake: Lake
    ) -> None:
        super().__init__(directory, facts, records, marks, lake)
        self._keys = keys

    def page(self, viewer: Principal, asked: CasesQuery, now: datetime) -> Cases:
        """Raises `PlanTooLow`, `Forbidden`, and `InvalidRequest` naming the field."""
        about, after, chosen = made_for(viewer, "cases", asked.stored()), None, asked.filter
        if asked.cursor:
            after = unseal(asked.cursor, Position, self._keys.of(self.paid(viewer)), about)
            chosen = over_dates(chosen, after.first, after.last)
        question = self.question(viewer, chosen, now, Kind.AGGREGATES)
        rows = self._selected(question, asked)
        late = _overdue(rows, now)
        counters = _counters(rows, late)
        rows, groups = _listed(rows, late, asked)
        count = len(rows)
        if after is not None:
            rows = rows.filter(_behind(rows, after))
        page = rows.slice(0, asked.limit)
        following = None
        if len(rows) > asked.limit:
            following = seal(_position(page, question.query), self._keys.of(question.workspace), about)
        return Cases(
            meta=question.meta,
            all_days=not asked.in_range,
            counters=counters,
            rows=tuple(self._shown(question, page, groups, now)),
            count=count,
            next=following,
        )


def _listed(
    rows: pa.Table, late: Any, asked: CasesQuery
) -> tuple[pa.Table, Mapping[int, Sequence[Mapping[str, Any]]] | None]:
    """The rows of the list in their order, and of customers' rows their cases."""
    import pyarrow as pa

    if asked.only_overdue:
        rows = rows.filter(late)
    if asked.states:
        rows = rows.filter(_is_one(rows["state"], [state.value for state in asked.states]))
    rows = _sorted(rows, asked.sort)
    if asked.group is not Group.CALLER:
        return rows, None
    groups = _by_caller(rows)
    # Of no rows, Arrow could not tell what a plain list holds.
    return rows.take(pa.array(list(groups), pa.int64())), groups


def _visible(rows: pa.Table, query: ResolvedQuery) -> pa.Table:
    """Open cases inside the scope that meet the conditions, whatever their day."""
    pc = kernels()
    rung: frozenset[str] = frozenset()
    if query.scope.rung and not query.scope.everything:
        rang = pc.match_substring(rows["rang"], f";{query.scope.rung};")
        rung = frozenset(str(one) for one in rows.filter(rang)["record_id"].to_pylist())
    return select(CASES, rows, query, Related(rung), CASES.names, within=True)


def _is_one(column: Any, wanted: Sequence[str]) -> Any:
    import pyarrow as pa

    return kernels().is_in(column.cast(pa.string()), value_set=pa.array(list(wanted), pa.string()))


def _overdue(rows: pa.Table, now: datetime) -> Any:
    """Open, and the promised time has run out."""
    import pyarrow as pa

    pc = kernels()
    due = rows["due_at"]
    late = pc.less(due, pa.scalar(now.astimezone(UTC).replace(tzinfo=None), due.type))
    return pc.and_(pc.fill_null(late, False), pc.equal(rows["is_open"], 1))  # noqa: FBT003 - Arrow's own signature


def _counters(rows: pa.Table, late: Any) -> Counters:
    pc = kernels()
    states = {one["values"]: one["counts"] for one in pc.value_counts(rows["state"]).to_pylist() if one["counts"]}
    return Counters(
        total=len(rows),
        misses=pc.sum(rows["misses"]).as_py() or 0,
        by_state={state.value: states.get(state.value, 0) for state in CaseState},
        overdue=pc.sum(late).as_py() or 0,
        unassigned=pc.sum(pc.equal(_texts(rows["assignee"]), "")).as_py() or 0,
    )


def _texts(column: Any) -> Any:
    import pyarrow as pa

    return column.cast(pa.string())


def _sorted(rows: pa.Table, sort: Sort) -> pa.Table:
    """With the columns `first` and `second` that the list is sorted by: instants, the first of them rising."""
    import pyarrow as pa

    pc = kernels()
    started = rows["started_at"]
    never = pa.scalar(_NEVER, started.type)
    if sort is Sort.OVERDUE:
        first = pc.fill_null(rows["due_at"], never)
    else:
        # The same for all: the newest start decides.
        first = pa.chunked_array([pa.repeat(never, len(rows))])
    rows = rows.append_column("first", first).append_column("second", started)
    rows = rows.set_column(rows.column_names.index("record_id"), "record_id", _texts(rows["record_id"]))
    return rows.take(pc.sort_indices(rows, sort_keys=list(_ORDER)))


def _by_caller(rows: pa.Table) -> dict[int, list[dict[str, Any]]]:
    """Position of the first row of each customer, with all rows of the customer, in the order of the list.

    A case without a customer's key stands alone.
    """
    groups: dict[str, int] = {}
    found: dict[int, list[dict[str, Any]]] = {}
    for at, row in enumerate(rows.select(["record_id", "party_key", "misses"]).to_pylist()):
        first = groups.setdefault(row["party_key"] or row["record_id"], at)
        found.setdefault(first, []).append(row)
    return found


def _behind(rows: pa.Table, after: Position) -> Any:
    import pyarrow as pa

    pc = kernels()
    kind = rows["first"].type
    first, second = (pa.scalar(at.replace(tzinfo=None), kind) for at in after.at)
    same = pc.and_(pc.equal(rows["second"], second), pc.greater(rows["record_id"], after.id))
    later = pc.or_(pc.less(rows["second"], second), same)
    return pc.or_(pc.greater(rows["first"], first), pc.and_(pc.equal(rows["first"], first), later))


def _position(page: pa.Table, query: ResolvedQuery) -> Position:
    (row,) = page.slice(len(page) - 1).select(["first", "second", "record_id"]).to_pylist()
    at = (row["first"].replace(tzinfo=UTC), row["second"].replace(tzinfo=UTC))
    return Position(first=query.from_date, last=query.to_date, at=at, id=row["record_id"])


_SAME = (
    "record_id", "state", "case_source", "reason", "business_number", "business_number_name", "remote_number",
    "remote_name", "contact_id", "party_key", "user_id", "user_name", "team_id", "queue", "campaign", "source",
    "assignee", "attempts", "first_attempt_s", "first_attempt_open_s", "recovery_call", "recovered_by", "recovery_s",
)  # fmt: skip
_TIMES = ("started_at", "opened_at", "last_missed_at", "due_at", "closed_at", "first_attempt_at")


def _row(
    row: Mapping[str, Any],
    group: Sequence[Mapping[str, Any]],
    said: Marks | None,
    as_of: datetime | None,
    now: datetime,
) -> CaseRow:
    times: dict[str, Any] = {name: instant(row[name]) for name in _TIMES}
    due = times["due_at"]
    return CaseRow(
        **{name: row[name] for name in _SAME},
        **times,
        team=row["team_name"],
        misses=sum(one["misses"] for one in group),
        miss_ids=tuple(row["miss_ids"].split(";")),
        cases=len(group),
        case_ids=tuple(one["record_id"] for one in group),
        overdue=bool(row["is_open"]) and due is not None and due < now,
        note=said.case_note if said else "",
        version=said.version if said else 0,
        pending=said is not None and (as_of is None or said.updated_at > as_of),
    )
