"""How fast customers who write get an answer (metrics.md Response time of texts; features.md O45, O48; demands.md D34).

A block counts in the period in which its first message came in, and for that message's number and team. An
answered block is credited to whoever sent the reply; one that nobody answered to whoever has the message.
Conditions of the filter are about the customer's messages, except for users, which are those credited. Replies are
looked for among everything that the viewer may see, from seven days before the range, so that a conversation
that goes on is known as such, to seven days after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count as counted_from
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
from pydantic import Field

from ringlake.access import Principal
from ringlake.metrics.columns import codes, joined
from ringlake.metrics.measure import Spread
from ringlake.metrics.opentime import OpenTime
from ringlake.metrics.ordering import order
from ringlake.metrics.responses import (
    CALL_COLUMNS,
    LATE,
    LATE_MS,
    MESSAGE_COLUMNS,
    REPLIED,
    UNANSWERED,
    blocks,
)
from ringlake.metrics.service import Promise, promise
from ringlake.metrics.spread import spreads
from ringlake.model.arrow import Column, kernels
from ringlake.model.base import Answer
from ringlake.model.facts import Direction
from ringlake.model.tables import CALLS, MESSAGES
from ringlake.query.filters import CALL, MESSAGE, Hours
from ringlake.query.resolve import Predicates, ResolvedQuery

from .patterns import Drill, Patterned, mean, milliseconds_of, named, share, widened
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

# An episode that is older than this and still goes on has its first message before what is read; then a block may be
# taken for the first of its episode when customer and company talked every day and only the company in these days.
CARRIED = timedelta(days=7)
LATER = timedelta(milliseconds=LATE_MS)
MOST = 500
_SLOWEST = 10

_MESSAGES = (*MESSAGE_COLUMNS, "record_id", "user_id", "team_id", "business_number_id")
_CALLS = (*CALL_COLUMNS, "record_id", "user_id")

type ResponsePart = Literal["first", "next"]
type State = Literal["replied", "late", "unanswered"]
type ResponsesBy = Literal["user", "team", "number"]


class ResponsesQuery(Patterned):
    """`by` names the rows; `threshold_s` and `target_pct` replace what the workspace promises for texts."""

    by: ResponsesBy = "user"
    threshold_s: Annotated[int | None, Field(ge=0, le=30 * 86_400)] = None
    target_pct: Annotated[int | None, Field(ge=1, le=100)] = None


class BlocksQuery(ResponsesQuery):
    """Which blocks to list, slowest first: those of one part and one state, or all; `in_time` keeps those that met
    their target or missed it.
    """

    part: ResponsePart | None = None
    state: State | None = None
    in_time: bool | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50
    skip: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class TextResponseTimes(Answer, frozen=True, kw_only=True):
    """Blocks of customer messages. `replied` within the episode, of them `by_call` by a call; `late` ones after it
    had ended, which is no response time; `unanswered` ones not at all.

    `clock` and `open_hours` are seconds until the reply over `replied`. The shares `in_time` count replies, late
    ones too, within the target by the clock and by open hours, of all blocks but those that may still be
    answered in time. `passed` goes by open hours when the filter asks for those, else by the clock; null
    when nothing was due. Ages are of the unanswered block that waits longest. `drill` are parameters with which
    `GET /v1/analytics/responses/blocks` lists these blocks; `state` and `in_time` there list a part of them.
    """

    blocks: int
    replied: int
    by_call: int
    late: int
    unanswered: int
    clock: Value
    open_hours: Value
    in_time: Value
    in_time_open: Value
    passed: bool | None
    oldest_s: float | None
    oldest_open_s: float | None
    drill: Drill


class TextResponseRow(Answer, frozen=True, kw_only=True):
    """One user, team or number; `id` "" are blocks of nobody. `drill` is the extra filter that keeps its blocks."""

    id: str
    name: str
    first: TextResponseTimes
    next: TextResponseTimes
    drill: Drill


class TextBlock(Answer, frozen=True, kw_only=True):
    """One block: its first message, and what answered it. `clock_s` and `open_s` are until the reply, or until now
    while there is none. `drill` lists message and reply.
    """

    part: ResponsePart
    state: State
    message: str
    started_at: datetime
    reply: str | None
    replied_at: datetime | None
    channel: Literal["call", "message"] | None
    clock_s: float
    open_s: float
    in_time: bool | None
    user_id: str
    team_id: str
    number_id: str
    drill: Drill


class TextResponses(Answer, frozen=True, kw_only=True):
    """`first` responses of episodes and `next` responses inside them. `slowest` are first responses to look at."""

    meta: Meta
    threshold_s: int
    target_pct: int
    first: TextResponseTimes
    next: TextResponseTimes
    by: ResponsesBy
    rows: tuple[TextResponseRow, ...]
    slowest: tuple[TextBlock, ...]
    without_number: int


class TextBlocks(Answer, frozen=True, kw_only=True):
    """`count` blocks altogether; `rows` are those from `skip` on."""

    meta: Meta
    count: int
    rows: tuple[TextBlock, ...]


class ResponseAnswers(Answers):
    def responses(self, viewer: Principal, asked: ResponsesQuery, now: datetime) -> TextResponses:
        """Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        found = self._blocks(question, asked)
        aim = _aim(question, asked, "")
        sums = _Sums(found, question, found.groups["none"])
        by_group = _Sums(found, question, found.groups[asked.by])
        names = named(self.names(viewer), asked.by)
        # Blocks of nobody have a row also when there are none, so that a reader need not look for it.
        present = {"": -1} | {found.words[asked.by][code]: code for code in by_group.present}
        rows = []
        for group, code in present.items():
            own = _aim(question, asked, group if asked.by == "team" else "")
            rows.append(
                TextResponseRow(
                    id=group,
                    name=names.get(group, group) or "Unassigned",
                    first=by_group.times("first", code, own),
                    next=by_group.times("next", code, own),
                    drill={f"{asked.by}s": [group]},
                )
            )
        slowest = found.listed(BlocksQuery(**_plain(asked), part="first", state="replied", limit=_SLOWEST))
        return TextResponses(
            meta=question.meta,
            threshold_s=aim.threshold_s,
            target_pct=aim.target_pct,
            first=sums.times("first", 0, aim),
            next=sums.times("next", 0, aim),
            by=asked.by,
            rows=tuple(sorted(rows, key=lambda row: (-row.first.blocks - row.next.blocks, row.name, row.id))),
            slowest=slowest[1],
            without_number=found.without_number,
        )

    def blocks(self, viewer: Principal, asked: BlocksQuery, now: datetime) -> TextBlocks:
        """What the numbers of `responses` are made of. Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        count, rows = self._blocks(question, asked).listed(asked)
        return TextBlocks(meta=question.meta, count=count, rows=rows)

    def every(self, viewer: Principal, asked: BlocksQuery, now: datetime) -> Iterator[TextBlock]:
        """All of them, in the same order, whatever page is asked for. Raises the same."""
        found = self._blocks(self.question(viewer, asked.filter, now), asked)
        for skip in counted_from(0, MOST):
            _, rows = found.listed(asked.model_copy(update={"skip": skip, "limit": MOST}))
            yield from rows
            if len(rows) < MOST:
                return

    def by_customer(
        self, viewer: Principal, asked: ResponsesQuery, now: datetime
    ) -> dict[str, tuple[TextResponseTimes, TextResponseTimes]]:
        """First and next responses by customer: the contact's id where one is known, else the party key."""
        import pyarrow as pa

        question = self.question(viewer, asked.filter, now)
        found = self._blocks(question, asked, also=("contact_id",))
        customers = found.customers()
        sums, aim = _Sums(found, question, kernels().cast(customers.indices, pa.int64())), _aim(question, asked, "")
        return {
            customer: (sums.times("first", code, aim), sums.times("next", code, aim))
            for code, customer in enumerate(customers.dictionary.to_pylist())
        }

    def _blocks(self, question: Question, asked: ResponsesQuery, also: Sequence[str] = ()) -> _Found:
        query = question.query
        later = max(min(LATER, question.now - query.end_utc), timedelta())
        narrowed = Predicates(numbers=query.predicates.numbers, party=query.predicates.party)
        messages = self._facts.rows(MESSAGES, widened(query, CARRIED, later, narrowed), [*_MESSAGES, *also])
        calls = self._facts.rows(CALLS, widened(query, CARRIED, later, Predicates(party=narrowed.party)), _CALLS)
        messages, calls = messages.unify_dictionaries(), calls.unify_dictionaries()
        if MESSAGE not in query.predicates.channels:
            messages = messages.slice(0, 0)
        found = blocks(messages, calls, milliseconds_of(question.now))
        found = found.filter(self._selected(question, messages, found))
        return _Found(question, asked, found, messages, calls)

    def _selected(self, question: Question, messages: pa.Table, found: pa.Table) -> Column:
        """Blocks whose first message lies in the range and meets the filter, users apart."""
        import pyarrow as pa

        pc = kernels()
        query = question.query
        start, end = (pa.scalar(milliseconds_of(at), pa.int64()) for at in (query.start_utc, query.end_utc))
        kept = pc.and_(pc.greater_equal(found["started"], start), pc.less(found["started"], end))
        asked = _conditions(query)
        if asked is None:
            return kept
        ids = self._facts.rows(MESSAGES, msgspec.structs.replace(query, predicates=asked), ["record_id"])
        first = messages["record_id"].take(found["message"])
        return pc.and_(kept, pc.is_in(_text(first), value_set=_text(ids["record_id"])))


def _conditions(query: ResolvedQuery) -> Predicates | None:
    """What the filter says of customers' messages beside time and scope; None when it says nothing."""
    asked = msgspec.structs.replace(
        query.predicates, users=(), channels=(CALL, MESSAGE), include_spam=False, without_spam=False
    )
    if not asked.directions or Direction.INBOUND.value in asked.directions:
        asked = msgspec.structs.replace(asked, directions=())
    narrowed = msgspec.structs.replace(asked, numbers=(), party="")
    return None if narrowed == Predicates() else asked


def _aim(question: Question, asked: ResponsesQuery, team: str) -> Promise:
    own = promise(question.workspace, MESSAGE, team)
    return Promise(
        threshold_s=own.threshold_s if asked.threshold_s is None else asked.threshold_s,
        target_pct=own.target_pct if asked.target_pct is None else asked.target_pct,
    )


def _plain(asked: ResponsesQuery) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in ResponsesQuery.model_fields}


class _Found:
    """Blocks with their durations, and whom each of them is credited to."""

    def __init__(
        self, question: Question, asked: ResponsesQuery, found: pa.Table, messages: pa.Table, calls: pa.Table
    ) -> None:
        import pyarrow as pa

        pc = kernels()
        owner, users = _owners(found, messages, calls)
        if wanted := question.query.predicates.users:
            chosen = pc.is_in(users, value_set=pa.array(sorted(wanted), pa.string())).take(owner)
            found, owner = found.filter(chosen), owner.filter(chosen)
        self._messages, self._calls = messages, calls
        self._at = {name: joined(found[name]) for name in found.column_names}
        self._count = len(found)
        message = self._at["message"]
        teams, numbers = (codes(messages[name]) for name in ("team_id", "business_number_id"))
        self.groups: dict[str, Column] = {
            "none": pa.repeat(pa.scalar(0, pa.int64()), len(found)),
            "user": owner,
            "team": teams.values.take(message),
            "number": numbers.values.take(message),
        }
        self.words: dict[str, list[str]] = {
            "user": users.to_pylist(),
            "team": teams.words.to_pylist(),
            "number": numbers.words.to_pylist(),
        }
        self.first = self._at["first"]
        self.state = self._at["state"]
        now = pa.scalar(milliseconds_of(question.now), pa.int64())
        until = pc.fill_null(self._at["replied"], now)
        self.clock = pc.subtract(until, self._at["started"])
        self.open = self._open(question, until, teams.words, numbers.words)
        limit = self._limits(question, asked)
        self.due = self._due(self.clock, limit)
        self.due_open = self._due(self.open, limit)
        self.by_call = self._at["by_call"]
        self.without_number = _without_number(messages, question)

    def _open(self, question: Question, until: Column, teams: Column, numbers: Column) -> Column:
        if not self._count:
            return self.clock
        last = kernels().max(until).as_py()
        start = question.query.start_utc.replace(second=0, microsecond=0)
        end = datetime.fromtimestamp(last // 60_000 * 60 + 60, UTC)
        clock = OpenTime(question.workspace, start, end)
        team, number = teams.take(self.groups["team"]), numbers.take(self.groups["number"])
        return clock.between(self._at["started"], until, team, number)

    def _limits(self, question: Question, asked: ResponsesQuery) -> Column:
        """Milliseconds promised to each block, by its team."""
        import pyarrow as pa

        promised = [_aim(question, asked, team).threshold_s * 1000 for team in self.words["team"]]
        return pa.array(promised, pa.int64()).take(self.groups["team"])

    def _due(self, waited: Column, limit: Column) -> Column:
        """1 in time, 2 too late, 0 while it may still be answered in time."""
        import pyarrow as pa

        pc = kernels()
        within = pc.less_equal(waited, limit)
        answered = pc.not_equal(self.state, pa.scalar(UNANSWERED, pa.int8()))
        in_time = pc.if_else(answered, pa.scalar(1, pa.int64()), pa.scalar(0, pa.int64()))
        return pc.if_else(within, in_time, pa.scalar(2, pa.int64()))

    def customers(self) -> Any:
        """Whose each block is, encoded; `messages` need `contact_id`."""
        pc = kernels()
        contact, party = (_text(self._messages[name]).take(self._at["message"]) for name in ("contact_id", "party_key"))
        return pc.if_else(pc.equal(contact, ""), party, contact).dictionary_encode()

    def listed(self, asked: BlocksQuery) -> tuple[int, tuple[TextBlock, ...]]:
        """How many blocks are asked for, and a page of them, the longest wait first."""
        import pyarrow as pa

        pc = kernels()
        kept: Column = pa.repeat(pa.scalar(True), self._count)  # noqa: FBT003
        if asked.part is not None:
            kept = pc.equal(self.first, pa.scalar(asked.part == "first"))
        if asked.state is not None:
            kept = pc.and_(kept, pc.equal(self.state, pa.scalar(_STATES.index(asked.state), pa.int8())))
        is_open = asked.hours is Hours.OPEN
        due, waited = (self.due_open, self.open) if is_open else (self.due, self.clock)
        if asked.in_time is not None:
            kept = pc.and_(kept, pc.equal(due, pa.scalar(1 if asked.in_time else 2, pa.int64())))
        where = pc.indices_nonzero(kept)
        page = where.take(order(pc.negate(waited.take(where)))).slice(asked.skip, asked.limit)
        return len(where), tuple(self._block(at, due) for at in page.to_pylist())

    def _block(self, at: int, due: Column) -> TextBlock:
        of = {name: column[at].as_py() for name, column in self._at.items()}
        message = self._messages["record_id"][of["message"]].as_py()
        source = self._calls if of["by_call"] else self._messages
        reply = None if of["reply"] is None else source["record_id"][of["reply"]].as_py()
        kind: Literal["call", "message"] = "call" if of["by_call"] else "message"
        ids = [message] if reply is None else [message, reply]
        return TextBlock(
            part="first" if of["first"] else "next",
            state=_STATES[of["state"]],
            message=message,
            started_at=_instant(of["started"]),
            reply=reply,
            replied_at=None if reply is None else _instant(of["replied"]),
            channel=None if reply is None else kind,
            clock_s=self.clock[at].as_py() / 1000,
            open_s=self.open[at].as_py() / 1000,
            in_time={0: None, 1: True, 2: False}[due[at].as_py()],
            user_id=self.words["user"][self.groups["user"][at].as_py()],
            team_id=self.words["team"][self.groups["team"][at].as_py()],
            number_id=self.words["number"][self.groups["number"][at].as_py()],
            drill={"record_ids": ids, "channels": [MESSAGE] if kind == "message" or reply is None else []},
        )


_STATES: tuple[State, ...] = ("replied", "late", "unanswered")


class _Tally(NamedTuple):
    """What is counted of a block."""

    group: int
    first: int
    state: int
    due: int
    due_open: int
    by_call: int


_RADIX = (2, 3, 3, 3, 2)


class _Sums:
    """Counts, durations and ages of blocks for each of some groups, in one pass."""

    def __init__(self, found: _Found, question: Question, groups: Column) -> None:
        import pyarrow as pa

        pc = kernels()
        self._open_switch = question.filter.hours is Hours.OPEN
        packed = groups
        fields = (found.first, found.state, found.due, found.due_open, found.by_call)
        for column, radix in zip(fields, _RADIX, strict=True):
            packed = pc.add(pc.multiply(packed, pa.scalar(radix, pa.int64())), column.cast(pa.int64()))
        counted = pc.value_counts(packed)
        self._tallies: dict[tuple[int, bool], list[tuple[_Tally, int]]] = {}
        for code, n in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
            tally = _unpacked(code)
            self._tallies.setdefault((tally.group, bool(tally.first)), []).append((tally, n))
        self.present = {group for group, _ in self._tallies}
        part = pc.add(pc.multiply(groups, pa.scalar(2, pa.int64())), found.first.cast(pa.int64()))
        replied = pc.equal(found.state, pa.scalar(REPLIED, pa.int8()))
        waiting = pc.equal(found.state, pa.scalar(UNANSWERED, pa.int8()))
        self._spreads = [spreads(part.filter(replied), waited.filter(replied)) for waited in (found.clock, found.open)]
        ages = pa.table({"g": part, "clock": found.clock, "open": found.open}).filter(waiting)
        oldest = ages.group_by("g", use_threads=False).aggregate([("clock", "max"), ("open", "max")])
        self._oldest: Mapping[int, tuple[int, int]] = {
            row["g"]: (row["clock_max"], row["open_max"]) for row in oldest.to_pylist()
        }

    def times(self, part: ResponsePart, group: int, aim: Promise) -> TextResponseTimes:
        """Of one group; all empty for a group without blocks."""
        first = part == "first"
        tallies = self._tallies.get((group, first), [])
        code = group * 2 + first

        def number(of: Iterable[tuple[_Tally, int]]) -> int:
            return sum(n for _, n in of)

        by_state = [number((t, n) for t, n in tallies if t.state == state) for state in (REPLIED, LATE, UNANSWERED)]
        due = [
            (
                number((t, n) for t, n in tallies if getattr(t, name) == 1),
                number((t, n) for t, n in tallies if getattr(t, name)),
            )
            for name in ("due", "due_open")
        ]
        met, whole = due[1] if self._open_switch else due[0]
        clock, open_hours = (
            mean(f"text_{part}_response{basis}_s", found.get(code, Spread(0, 0, None, None)), 1000)
            for basis, found in zip(("", "_open"), self._spreads, strict=True)
        )
        oldest = self._oldest.get(code)
        return TextResponseTimes(
            blocks=sum(by_state),
            replied=by_state[0],
            by_call=number((t, n) for t, n in tallies if t.by_call and t.state == REPLIED),
            late=by_state[1],
            unanswered=by_state[2],
            clock=clock,
            open_hours=open_hours,
            in_time=share(f"text_{part}_in_time", *due[0]),
            in_time_open=share(f"text_{part}_in_time_open", *due[1]),
            passed=met * 100 >= whole * aim.target_pct if whole else None,
            oldest_s=oldest[0] / 1000 if oldest else None,
            oldest_open_s=oldest[1] / 1000 if oldest else None,
            drill={"part": part},
        )


def _unpacked(code: int) -> _Tally:
    found: list[int] = []
    for radix in reversed(_RADIX):
        code, value = divmod(code, radix)
        found.append(value)
    return _Tally(code, *reversed(found))


def _owners(found: pa.Table, messages: pa.Table, calls: pa.Table) -> tuple[Column, Column]:
    """Whom each block is credited to, as positions in the ids of users that are given with it."""
    import pyarrow as pa

    pc = kernels()
    of_texts, of_calls = codes(messages["user_id"]), codes(calls["user_id"])
    users = pc.unique(pa.concat_arrays([of_texts.words, of_calls.words, pa.array([""])]))
    text_user, call_user = (
        pc.cast(pc.index_in(of.words, value_set=users), pa.int64()).take(of.values) for of in (of_texts, of_calls)
    )
    by_call, reply = joined(found["by_call"]), joined(found["reply"])
    nowhere = pa.scalar(None, pa.int64())
    texted = text_user.take(pc.if_else(by_call, nowhere, reply))
    called = call_user.take(pc.if_else(by_call, reply, nowhere))
    assigned = text_user.take(joined(found["message"]))
    return pc.coalesce(texted, called, assigned), users


def _without_number(messages: pa.Table, question: Question) -> int:
    """Customer messages of the range from nobody knows whom: they are in no conversation."""
    import pyarrow as pa

    pc = kernels()
    start, end = (
        pa.scalar(at.replace(tzinfo=None), messages["started_at"].type)
        for at in (question.query.start_utc, question.query.end_utc)
    )
    unknown = pc.and_(codes(messages["party_key"]).are(""), codes(messages["direction"]).are(Direction.INBOUND.value))
    started = joined(messages["started_at"])
    inside = pc.and_(pc.greater_equal(started, start), pc.less(started, end))
    return pc.sum(pc.and_(unknown, inside)).as_py() or 0


def _text(column: Column) -> Column:
    import pyarrow as pa

    return joined(column.cast(pa.string()))


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)
