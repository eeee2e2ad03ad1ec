"""Who calls: conversations, new and returning callers, how often they call, whether they have to call again, and how
fast those who got nobody hear from us (features.md O9, N18; metrics.md Repeat-caller rate, New vs returning callers).

A further contact counts whoever took it and whatever the filter says about people, as long as the viewer may see
it; so the rows are read some days further than the period, and without the filter's conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
from pydantic import Field

from ringlake.access import Principal, Scope
from ringlake.metrics.columns import is_one, joined
from ringlake.metrics.customers import (
    BANDS,
    CALL_COLUMNS,
    MESSAGE_COLUMNS,
    OPEN,
    REPEATED,
    RESOLVED,
    Contacts,
    callers,
    conversations,
    distinct_by,
    handling,
    repeats,
    text,
)
from ringlake.model.arrow import Column, kernels
from ringlake.model.base import Answer
from ringlake.model.directory import Directory, Workspace
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.filters import CALL, MESSAGE
from ringlake.query.resolve import Predicates, ResolvedQuery
from ringlake.query.rows import Related, chosen, columns_read, needs_legs

from .dimensions import one_of
from .drills import narrowed
from .patterns import Drill, Patterned, count, mean, milliseconds_of, named, share, widened
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

type CallersBy = Literal["team", "user", "number"]
type CallersPart = Literal["conversations", "callers", "repeats", "handling"]
PARTS: tuple[CallersPart, ...] = ("conversations", "callers", "repeats", "handling")
# How long after the period an answer to somebody who got nobody is still looked for.
HANDLED = timedelta(days=7)
# A window opens where a call ends: of a call that lasts over the end of the period, so much later at most.
LONGEST_CALL = timedelta(days=1)
# A drill-down by ids of rows lists at most as many (query/filters.py).
_MOST_IDS = 200
# Column and field of the filter by which rows are told apart.
_BY: dict[str, tuple[str, str]] = {
    "team": ("team_id", "teams"),
    "user": ("user_id", "users"),
    "number": ("business_number_id", "numbers"),
}
_ANSWERED: Drill = {
    "channels": [CALL], "directions": ["inbound"], "include_internal": False, "outcomes": ["answered"],
    "without_spam": True,
}  # fmt: skip
# Whatever the filter says: the viewer's contacts of both directions.
_EVERYTHING = Predicates(directions=("", "inbound", "outbound"))


class CallersQuery(Patterned):
    """A filter; within how many hours a further contact counts; by what rows are told apart; and which parts of the
    answer are wanted (none named: all).
    """

    window_h: Literal[24, 72, 168] = 72
    by: CallersBy = "team"
    parts: Annotated[list[CallersPart], Field(max_length=4)] = []

    @property
    def wanted(self) -> frozenset[CallersPart]:
        return frozenset(self.parts or PARTS)


class Conversations(Answer, frozen=True, kw_only=True):
    """Different pairs of a number of ours and a customer's; `anonymous` contacts of withheld numbers are in none."""

    unique: Value
    anonymous: Value


class Band(Answer, frozen=True, kw_only=True):
    """Customers who called so often in the period; `drill` is a filter of GET /v1/customers."""

    band: str
    customers: Value
    drill: Drill


class Callers(Answer, frozen=True, kw_only=True):
    """Customers with an incoming call: new and returning ones add up to all, and so do the bands. The drill-downs are
    filters of GET /v1/customers.
    """

    callers: Value
    new: Value
    returning: Value
    new_answered: Value
    bands: tuple[Band, ...]
    drill: Drill
    new_drill: Drill


class Repeats(Answer, frozen=True, kw_only=True):
    """Answered incoming calls: `resolved` + `repeated` + `open` + `unknown` (withheld number, or no end told) are
    `answered`. `open` are those whose window is not over at `as_of`; `open_repeated` of them have had a further
    contact already. `fcr` and `repeat_rate` are over closed windows only: a proxy, because who is helped may
    call about something else. `drill` lists the answered ones, null where the filter leaves them out;
    `repeated_drill` names the repeated ones as long as they are few, else null.
    """

    answered: Value
    resolved: Value
    repeated: Value
    open: Value
    open_repeated: Value
    unknown: Value
    fcr: Value
    repeat_rate: Value
    drill: Drill | None
    repeated_drill: Drill | None


class CallerRow(Answer, frozen=True, kw_only=True):
    """The same of one team, user or number; "" is nobody's. A customer who called two teams is in both rows. The part
    that was not asked for is null.
    """

    id: str
    name: str
    callers: Value | None
    repeats: Repeats | None


class Handling(Answer, frozen=True, kw_only=True):
    """Customers who called in vain or wrote, from the first such contact in the period to the first call or text to the
    same number. `waiting` had none until seven days after the period.
    """

    time: Value
    waiting: Value


class CallersAnswer(Answer, frozen=True, kw_only=True):
    """`window_h` is the window of `repeats`. Parts that were not asked for are null."""

    meta: Meta
    window_h: int
    by: str
    conversations: Conversations | None
    callers: Callers | None
    repeats: Repeats | None
    handling: Handling | None
    rows: tuple[CallerRow, ...]


@dataclass(frozen=True)
class _Rows:
    """The viewer's calls and contacts from the period's begin to some days after its end. `asked_calls` and `asked`
    are masks of those that the filter selects, of calls and of contacts; `period` of contacts inside the period,
    which is over at `end`.
    """

    calls: pa.Table
    contacts: Contacts
    reach: ResolvedQuery
    asked_calls: Column
    asked: Column
    period: Column
    end: datetime

    @property
    def incoming(self) -> Column:
        """Mask of the incoming calls that are asked for."""
        return kernels().and_(self.asked_calls, is_one(self.calls["is_inbound"]))

    @property
    def answered(self) -> Column:
        return kernels().and_(self.incoming, is_one(self.calls["is_answered"]))


class CallerAnswers(Answers):
    def callers(self, viewer: Principal, asked: CallersQuery, now: datetime) -> CallersAnswer:
        """Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        parts = asked.wanted
        rows = self._read(question, asked)
        chosen_calls = rows.calls if kernels().all(rows.asked_calls).as_py() else rows.calls.filter(rows.asked_calls)
        mine = rows.contacts.among(rows.asked)
        told = _told(rows, question, asked.window_h) if "repeats" in parts else None
        answered = kernels().sum(rows.answered).as_py() or 0
        return CallersAnswer(
            meta=question.meta,
            window_h=asked.window_h,
            by=asked.by,
            conversations=_conversations(mine) if "conversations" in parts else None,
            callers=_callers(chosen_calls, mine) if "callers" in parts else None,
            repeats=None
            if told is None
            else _repeats(_counted(told), answered, narrowed(question, _ANSWERED), self._repeated(rows, told)),
            handling=_handling(rows) if "handling" in parts else None,
            rows=self._rows(question, asked, rows, told),
        )

    def _read(self, question: Question, asked: CallersQuery) -> _Rows:
        import pyarrow as pa

        query, parts = question.query, asked.wanted
        after = timedelta(hours=asked.window_h) + LONGEST_CALL if "repeats" in parts else timedelta(0)
        after = max(after, HANDLED) if "handling" in parts else after
        conditions = msgspec.structs.replace(_EVERYTHING, without_spam=not query.predicates.include_spam)
        reach = widened(query, timedelta(0), after, conditions)
        calls, asked_calls = self._table(CALLS, CALL_COLUMNS, CALL, query, reach)
        messages, asked_messages = self._table(MESSAGES, MESSAGE_COLUMNS, MESSAGE, query, reach)
        found = Contacts(calls, messages)
        end = pa.scalar(milliseconds_of(query.end_utc), pa.int64())
        return _Rows(
            calls=calls,
            contacts=found,
            reach=reach,
            asked_calls=asked_calls,
            asked=pa.concat_arrays([asked_calls, asked_messages]),
            period=kernels().less(found.started, end),
            end=query.end_utc,
        )

    def _table(
        self, table: Table, columns: Sequence[str], channel: str, query: ResolvedQuery, reach: ResolvedQuery
    ) -> tuple[pa.Table, Column]:
        """The viewer's rows of a wider time and which of them the filter selects."""
        # The rows are the viewer's already: of the question only the filter is left to be applied.
        mine = msgspec.structs.replace(query, scope=Scope(everything=True))
        read = sorted({*columns, *columns_read(table, mine)})
        rows = self._facts.rows(table, reach, read)
        if channel not in query.predicates.channels:
            return rows, _none(len(rows))
        if needs_legs(table, mine):
            ids = joined(self._facts.rows(table, query, ["record_id"])["record_id"])
            return rows, joined(kernels().is_in(rows["record_id"], value_set=ids))
        mask = chosen(table, rows, mine, Related())
        return rows, kernels().invert(_none(len(rows))) if mask is None else joined(mask)

    def _repeated(self, rows: _Rows, told: pa.Table) -> Drill | None:
        """The repeated calls by their ids, when they are few: of all rows ids are not worth reading."""
        places = told["call"].filter(kernels().equal(told["state"], REPEATED))
        if len(places) > _MOST_IDS:
            return None
        ids: list[str] = []
        if len(places):
            names = self._facts.rows(CALLS, rows.reach, ["record_id"])["record_id"]
            if len(names) != len(rows.calls):
                # A roll-up came in between; the next answer names them.
                return None
            ids = sorted(str(one) for one in names.take(places).to_pylist())
        return {"channels": [CALL], "record_ids": ids or [""]}

    def _rows(
        self, question: Question, asked: CallersQuery, rows: _Rows, told: pa.Table | None
    ) -> tuple[CallerRow, ...]:
        if not asked.wanted & {"callers", "repeats"}:
            return ()
        pc = kernels()
        column, field = _BY[asked.by]
        coded = text(rows.calls[column])
        words = coded.words.to_pylist()
        answered = {
            words[found["values"]]: found["counts"]
            for found in pc.value_counts(coded.values.filter(rows.answered)).to_pylist()
        }
        people: dict[str, int] | None = None
        if "callers" in asked.wanted:
            customer = rows.contacts.customer.slice(0, len(rows.calls)).filter(rows.incoming)
            people = {words[g]: n for g, n in distinct_by(coded.values.filter(rows.incoming), customer).items()}
        groups = None if told is None else _counted_by(told, coded.values, words)
        names = _names(self.names(question.viewer), asked.by)
        found = [
            CallerRow(
                id=own,
                name=names.get(own) or own or "Unassigned",
                callers=None if people is None else count("callers", people.get(own, 0)),
                repeats=None
                if groups is None
                else _repeats(groups.get(own, _NOBODY), answered.get(own, 0), _of_row(question, field, own), None),
            )
            for own in sorted({"", *answered, *(people or {}), *(groups or {})})
        ]
        return tuple(sorted(found, key=lambda row: (not row.id, row.name.casefold(), row.id)))


class _Counts(NamedTuple):
    resolved: int = 0
    repeated: int = 0
    open: int = 0
    open_repeated: int = 0


_NOBODY = _Counts()


def _told(rows: _Rows, question: Question, window_h: int) -> pa.Table:
    as_of = milliseconds_of(question.as_of) if question.as_of else None
    said = _dispositions(rows.calls, question.workspace)
    return repeats(rows.calls, rows.asked_calls, rows.contacts, window_h, as_of, said)


def _dispositions(calls: pa.Table, workspace: Workspace) -> tuple[Column, Column] | None:
    """Calls whose disposition says that they were, or were not, resolved; None when the workspace has no such words."""
    words = (workspace.resolved_dispositions, workspace.unresolved_dispositions)
    if not any(words):
        return None
    import pyarrow as pa

    coded = text(calls["classifier"])
    said = [{word.casefold() for word in some} for some in words]
    texts = [str(word).casefold() for word in coded.words.to_pylist()]
    resolved, unresolved = (
        kernels().is_in(
            coded.values, value_set=pa.array([n for n, one in enumerate(texts) if one and one in some], pa.int64())
        )
        for some in said
    )
    return resolved, unresolved


def _counted(told: pa.Table) -> _Counts:
    pc = kernels()
    resolved, repeated, still_open = (pc.equal(told["state"], state) for state in (RESOLVED, REPEATED, OPEN))
    sums = [pc.sum(mask).as_py() or 0 for mask in (resolved, repeated, still_open, pc.and_(still_open, told["again"]))]
    return _Counts(*sums)


def _counted_by(told: pa.Table, group: Column, words: Sequence[str]) -> dict[str, _Counts]:
    import pyarrow as pa

    pc = kernels()
    own = pc.multiply(group.take(joined(told["call"])), pa.scalar(8, pa.int64()))
    state = pc.add(pc.multiply(joined(told["state"]), pa.scalar(2, pa.int64())), joined(told["again"]).cast(pa.int64()))
    found: dict[str, dict[str, int]] = {}
    for one in pc.value_counts(pc.add(own, state)).to_pylist():
        code, kind = divmod(one["values"], 8)
        counts = found.setdefault(words[code], dict.fromkeys(_Counts._fields, 0))
        counts[_STATES[kind // 2]] += one["counts"]
        if kind == 2 * OPEN + 1:
            counts["open_repeated"] += one["counts"]
    return {word: _Counts(**counts) for word, counts in found.items()}


_STATES = {RESOLVED: "resolved", REPEATED: "repeated", OPEN: "open"}


def _of_row(question: Question, field: str, own: str) -> Drill | None:
    of_one = one_of(field, own, question.filter)
    return narrowed(question, of_one and _ANSWERED | of_one)


def _repeats(counts: _Counts, answered: int, drill: Drill | None, repeated: Drill | None) -> Repeats:
    closed = counts.resolved + counts.repeated
    return Repeats(
        answered=count("calls_answered_inbound", answered),
        resolved=count("resolved_calls", counts.resolved),
        repeated=count("repeated_calls", counts.repeated),
        open=count("open_windows", counts.open),
        open_repeated=count("open_windows_repeated", counts.open_repeated),
        unknown=count("repeat_unknown", answered - closed - counts.open),
        fcr=share("fcr", counts.resolved, closed),
        repeat_rate=share("repeat_rate", counts.repeated, closed),
        drill=drill,
        repeated_drill=repeated,
    )


def _conversations(found: Contacts) -> Conversations:
    unique, anonymous = conversations(found)
    return Conversations(
        unique=count("unique_conversations", unique), anonymous=count("anonymous_interactions", anonymous)
    )


def _callers(calls: pa.Table, found: Contacts) -> Callers:
    seen = callers(calls, found)
    return Callers(
        callers=count("callers", seen.callers),
        new=share("new_customers", seen.new, seen.callers),
        returning=share("returning_customers", seen.callers - seen.new, seen.callers),
        new_answered=share("new_customers_answered", seen.new_answered, seen.new),
        bands=tuple(
            Band(band=band, customers=share("caller_band", seen.bands[band], seen.callers), drill={"band": band})
            for band, *_ in BANDS
        ),
        drill={"incoming": True},
        new_drill={"new": True},
    )


def _handling(rows: _Rows) -> Handling:
    asked = kernels().and_(rows.period, rows.asked)
    found = handling(rows.contacts, rows.calls, asked, milliseconds_of(rows.end + HANDLED))
    return Handling(time=mean("handling_s", found.spread, unit=1000), waiting=count("handling_waiting", found.waiting))


def _names(directory: Directory, by: str) -> dict[str, str]:
    if by == "number":
        return {number.id: number.name or number.e164 for number in directory.numbers}
    return named(directory, by)


def _none(rows: int) -> Column:
    import pyarrow as pa

    return pa.repeat(pa.scalar(False), rows)  # noqa: FBT003 - Arrow's own signature
