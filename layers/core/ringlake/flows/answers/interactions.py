"""The list of interactions: calls and messages in one line, newest first, page by page.

features.md F16-F50, N1-N6, N22, W12; demands.md D14, D17, D50. A page is found by its keys alone (start and id),
newest days first, and as many more days at once as the filter turns out to be rare; only then are the columns that
are shown read, for the days of the page. A page begins where the cursor's row stands, by the row's own key: rows
that arrive later never move the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from pydantic import Field, StringConstraints, model_validator

from ringlake.access import Principal
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer, Model
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.cursor import seal, unseal
from ringlake.query.filters import CALL, MESSAGE, ranged
from ringlake.query.presets import Preset
from ringlake.query.resolve import Kind, ResolvedQuery, over_dates
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records

from .facts import Facts
from .keys import CursorKeys, made_for
from .listed import Row, chosen, needed, shown
from .patterns import Patterned
from .question import Answers, Meta, Question

if TYPE_CHECKING:
    import pyarrow as pa

# features.md W12: the latest fifty.
PAGE = 50
MOST = 500
# Days that are read at once at most when a filter finds little.
_WIDEST = 64
# Of one instant calls come before messages.
_TABLES = ((CALL, CALLS), (MESSAGE, MESSAGES))

Cursor = Annotated[str, StringConstraints(max_length=4096)]


class ListQuery(Patterned):
    """A filter, the columns to show, and where the page begins. Without a range the last three months."""

    columns: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=150)] = []
    limit: Annotated[int, Field(ge=1, le=MOST)] = PAGE
    cursor: Cursor = ""
    count: bool = False

    @model_validator(mode="before")
    @classmethod
    def _lately(cls, given: Any) -> Any:
        return ranged(given, Preset.LAST_3_MONTHS)


class Interactions(Answer, frozen=True, kw_only=True):
    """One page, newest first; `next` is the cursor of the page that follows, null at the end.

    `count` is how many interactions the filter has altogether, when it was asked for.
    """

    meta: Meta
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    next: str | None
    count: int | None


class Position(Model, frozen=True, kw_only=True):
    """The last row of a page, and the local dates that its preset meant on the first page."""

    first: date
    last: date
    at: datetime
    channel: str
    id: str


class Key(NamedTuple):
    """What one row of the list is found by, in the order of the list but for the start, which falls."""

    at: datetime
    rank: int
    id: str


class InteractionList(Answers):
    def __init__(self, directory: DirectoryStore, facts: Facts, records: Records, keys: CursorKeys) -> None:
        super().__init__(directory, facts, records)
        self._keys = keys

    def page(self, viewer: Principal, asked: ListQuery, now: datetime) -> Interactions:
        """Raises `PlanTooLow`, `Forbidden`, and `InvalidRequest` naming the field (`cursor`, `columns.3`)."""
        names, asked_filter = chosen(asked.columns), asked.filter
        about, after = made_for(viewer, "interactions", asked_filter.stored()), None
        if asked.cursor:
            position = unseal(asked.cursor, Position, self._keys.of(self.paid(viewer)), about)
            asked_filter = over_dates(asked_filter, position.first, position.last)
            after = Key(position.at, _rank(position.channel), position.id)
        question = self.question(viewer, asked_filter, now, Kind.ROWS)
        count = None
        if asked.count:
            keys = self._found(question.query, question.query.days)
            count = len(keys)
            found = _newest(keys, after, asked.limit + 1)
        else:
            found = self._page(question.query, after, asked.limit + 1)
        more, found = len(found) > asked.limit, found[: asked.limit]
        following = None
        if more:
            end = found[-1]
            following = seal(
                Position(
                    first=question.query.from_date,
                    last=question.query.to_date,
                    at=end.at,
                    channel=_TABLES[end.rank][0],
                    id=end.id,
                ),
                self._keys.of(question.workspace),
                about,
            )
        return Interactions(
            meta=question.meta,
            columns=names,
            rows=tuple(self._rows(question, found, names)),
            next=following,
            count=count,
        )

    def _page(self, query: ResolvedQuery, after: Key | None, limit: int) -> list[Key]:
        found: list[Key] = []
        for days in _windows(query.days, after):
            found += _newest(self._found(query, days), after, limit - len(found))
            if len(found) == limit:
                break
        return found

    def _found(self, query: ResolvedQuery, days: Sequence[str]) -> pa.Table:
        """Keys of the selected rows of these days, in no order."""
        import pyarrow as pa

        part = msgspec.structs.replace(query, days=tuple(days))
        found = []
        for rank, (channel, table) in enumerate(_TABLES):
            if channel in query.predicates.channels:
                rows = self._facts.rows(table, part, ["started_at", "record_id"])
                ids = rows["record_id"].cast(pa.string())
                ranks = pa.repeat(pa.scalar(rank, pa.int8()), len(rows))
                found.append(pa.table({"at": rows["started_at"], "rank": ranks, "id": ids}))
        return pa.concat_tables(found)

    def _rows(self, question: Question, keys: Sequence[Key], names: Sequence[str]) -> Iterator[Row]:
        """What is shown of these rows, in their order. One that the lake lost meanwhile is left out."""
        read: dict[tuple[int, str], tuple[Table, dict[str, Any]]] = {}
        for rank, (_, table) in enumerate(_TABLES):
            wanted = [key for key in keys if key.rank == rank]
            for row in self._read(table, question.query, wanted, names):
                read[rank, row["record_id"]] = (table, row)
        zone = ZoneInfo(question.query.zone)
        for key in keys:
            if (found := read.get((key.rank, key.id))) is not None:
                yield shown(*found, names, zone)

    def _read(
        self, table: Table, query: ResolvedQuery, keys: Sequence[Key], names: Sequence[str]
    ) -> list[dict[str, Any]]:
        import pyarrow as pa

        if not keys:
            return []
        days = sorted({key.at.date().isoformat() for key in keys})
        columns = sorted({"record_id", *needed(table, names)})
        rows = self._facts.rows(table, msgspec.structs.replace(query, days=tuple(days)), columns)
        ids = pa.array([key.id for key in keys], pa.string())
        mine = kernels().is_in(rows["record_id"].cast(pa.string()), value_set=ids)
        listed: list[dict[str, Any]] = rows.filter(mine).to_pylist()
        return listed


def _rank(channel: str) -> int:
    return next(rank for rank, (name, _) in enumerate(_TABLES) if name == channel)


def _windows(days: Sequence[str], after: Key | None) -> Iterator[list[str]]:
    """Days to look through, newest first: one, then four, sixteen, ..."""
    left = [day for day in days if after is None or day <= after.at.date().isoformat()]
    width = 1
    while left:
        yield left[-width:]
        left = left[:-width]
        width = min(4 * width, _WIDEST)


def _newest(keys: pa.Table, after: Key | None, limit: int) -> list[Key]:
    """The first `limit` keys of the list that come behind `after`."""
    import pyarrow as pa

    pc = kernels()
    if after is not None:
        at = pa.scalar(after.at.replace(tzinfo=None), keys["at"].type)
        later_rank = pc.or_(
            pc.greater(keys["rank"], after.rank),
            pc.and_(pc.equal(keys["rank"], after.rank), pc.greater(keys["id"], after.id)),
        )
        behind = pc.or_(pc.less(keys["at"], at), pc.and_(pc.equal(keys["at"], at), later_rank))
        keys = keys.filter(behind)
    if limit <= 0 or not len(keys):
        return []
    order = [("at", "descending"), ("rank", "ascending"), ("id", "ascending")]
    first = keys.take(pc.select_k_unstable(keys, min(limit, len(keys)), order))
    return [Key(row["at"].replace(tzinfo=UTC), row["rank"], row["id"]) for row in first.to_pylist()]
