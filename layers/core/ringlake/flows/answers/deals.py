"""Quotes, orders and conversion (features.md W29, W30, N28), and the list of deals behind them.

Deals belong to the period of their quote; so a conversion may still grow after the period. The same filter as
for calls selects them, by what they have of their call: people, team, number, campaign, source, customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from ringlake.access import Principal
from ringlake.metrics.measure import Key, Measured, Terms, columns_of, measure
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer, Model
from ringlake.model.deals import OWN, DealState
from ringlake.model.tables import CALLS, DEALS, flags_of
from ringlake.query.cursor import seal, unseal
from ringlake.query.filters import CALL, Ids, ranged
from ringlake.query.presets import Preset
from ringlake.query.resolve import Kind, ResolvedQuery, over_dates
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records

from .drills import narrowed
from .facts import Facts
from .keys import CursorKeys, made_for
from .measured import formula_of, value_of
from .patterns import Drill, Patterned
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

PAGE, MOST = 50, 500

Cursor = Annotated[str, StringConstraints(max_length=4096)]
type DealsBy = Literal["brand", "user", "team", "number", "source", "campaign"]
# Column, column of its name, and the field of the filter that a row drills to.
_BY: Mapping[str, tuple[str, str, str]] = {
    "brand": ("brand", "", "brands"),
    "user": ("user_id", "user_name", "users"),
    "team": ("team_id", "team_name", "teams"),
    "number": ("business_number_id", "business_number_name", "numbers"),
    "source": ("source", "", "sources"),
    "campaign": ("campaign", "", "campaigns"),
}
_DEALS = ("quotes", "orders", "conversion", "lost_quotes", "open_quotes", "orders_without_quote", "order_s")
_ROW = ("quotes", "orders", "conversion", "lost_quotes", "open_quotes", "order_s")
_SALES = ("sales", "sale_rate")
_SOLD: Drill = {
    "channels": [CALL], "directions": ["outbound"], "include_internal": False, "outcomes": ["answered"],
    "sale": True, "without_spam": True,
}  # fmt: skip
_AMOUNTS = ("amount", "currency", "is_quote", "is_converted")
_LISTED = (
    "record_id", "connection", "state", "brand", "amount", "currency", "call_id", "call_started_at", "contact_id",
    "party_key", "remote_name", "remote_number", "user_id", "user_name", "team_id", "team_name", "source", "campaign",
    "started_at", "quoted_at", "ordered_at", "lost_at", "order_s",
)  # fmt: skip

_ORDER: list[tuple[str, Literal["ascending", "descending"]]] = [
    ("started_at", "descending"),
    ("record_id", "ascending"),
]


class DealFilter(Patterned):
    """The filter of calls, over deals: a condition counts for which deals have a column. An empty text in `brands`
    asks for deals without a brand; `call` is the record id of a call; `quoted` keeps deals whose quote is
    or is not known.
    """

    deal_states: Annotated[list[DealState], Field(max_length=3)] = []
    brands: Ids = []
    call: Annotated[str, StringConstraints(max_length=600)] = ""
    quoted: bool | None = None


class DealListQuery(DealFilter):
    """A filter, and where the page begins. Without a range the last three months."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = PAGE
    cursor: Cursor = ""

    @model_validator(mode="before")
    @classmethod
    def _lately(cls, given: Any) -> Any:
        return ranged(given, Preset.LAST_3_MONTHS)


class DealsQuery(DealFilter):
    """A filter, and by what the rows are told apart."""

    by: DealsBy = "brand"


class DealLine(Answer, frozen=True, kw_only=True):
    """One deal of the list. `amount` is null when unknown; `call_started_at` while its call is not known.
    `kept_by` is the connection that sent it, "" for one entered in Ringlake.
    """

    id: str
    state: DealState
    brand: str
    amount: Decimal | None
    currency: str
    call_id: str
    call_started_at: datetime | None
    contact_id: str
    party: str
    customer_name: str
    customer_number: str
    user_id: str
    user_name: str
    team_id: str
    team_name: str
    source: str
    campaign: str
    started_at: datetime
    quoted_at: datetime | None
    ordered_at: datetime | None
    lost_at: datetime | None
    order_s: int | None
    kept_by: str


class DealList(Answer, frozen=True, kw_only=True):
    """One page, newest first; `next` is the cursor of the page that follows, null at the end. `count` is the
    number of deals altogether.
    """

    meta: Meta
    count: int
    rows: tuple[DealLine, ...]
    next: str | None


class Amount(Answer, frozen=True, kw_only=True):
    """Known amounts in one currency; `n` of `quoted` and `ordered` is how many deals they are the sum of."""

    currency: str
    quoted: Value
    ordered: Value


class DealRow(Answer, frozen=True, kw_only=True):
    """Deals of one brand (or user, ...); the row "" is for those without. `share` is of all quotes; `drill` is the
    filter of GET /v1/deals that lists them.
    """

    id: str
    name: str
    values: tuple[Value, ...]
    share: float | None
    drill: Drill


class Deals(Answer, frozen=True, kw_only=True):
    """Quotes of the period and what became of them. `values` are computed from all deals, never from rows.

    `sales` are about the calls of the period (features.md N28); `sales_drill` is a filter of GET /v1/interactions,
    null where the filter leaves such calls out.
    """

    meta: Meta
    by: str
    values: tuple[Value, ...]
    amounts: tuple[Amount, ...]
    rows: tuple[DealRow, ...]
    drill: Drill
    sales: tuple[Value, ...]
    sales_drill: Drill | None


class Position(Model, frozen=True, kw_only=True):
    """The last row of a page, and the local dates that its preset meant on the first page."""

    first: date
    last: date
    at: datetime
    id: str


class DealRows(Answers):
    """The deals that a question selects."""

    def every(self, viewer: Principal, asked: DealFilter, now: datetime) -> Iterator[DealLine]:
        """All deals of the list, newest first. Raises what `DealAnswers.page` raises."""
        question = self.question(viewer, asked.filter, now, Kind.ROWS)
        rows = self._rows(question.query, asked, _LISTED).sort_by(_ORDER)
        for start in range(0, len(rows), MOST):
            yield from map(_line, rows.slice(start, MOST).to_pylist())

    def _rows(self, query: ResolvedQuery, asked: DealFilter, columns: Any) -> pa.Table:
        """Deals of the filter. Nobody needs a column of their own for what is filtered here: all are small."""
        conditions = {"state": [s.value for s in asked.deal_states], "brand": asked.brands}
        conditions |= {"call_id": [asked.call] if asked.call else []}
        read = {*columns, *(name for name, wanted in conditions.items() if wanted)}
        read |= {"is_quote"} if asked.quoted is not None else set()
        rows = self._facts.rows(DEALS, query, sorted(read))
        for name, wanted in conditions.items():
            if wanted:
                rows = rows.filter(_one_of(rows[name], wanted))
        if asked.quoted is not None:
            rows = rows.filter(kernels().equal(rows["is_quote"], int(asked.quoted)))
        return rows.select(list(columns))


class DealAnswers(DealRows):
    def __init__(self, directory: DirectoryStore, facts: Facts, records: Records, keys: CursorKeys) -> None:
        super().__init__(directory, facts, records)
        self._keys = keys

    def page(self, viewer: Principal, asked: DealListQuery, now: datetime) -> DealList:
        """Raises `PlanTooLow`, `Forbidden`, and `InvalidRequest` naming the field (`cursor`)."""
        about, after = _about(viewer, asked), None
        asked_filter = asked.filter
        if asked.cursor:
            after = unseal(asked.cursor, Position, self._keys.of(self.paid(viewer)), about)
            asked_filter = over_dates(asked_filter, after.first, after.last)
        question = self.question(viewer, asked_filter, now, Kind.ROWS)
        found = self._rows(question.query, asked, _LISTED).sort_by(_ORDER)
        begin = 0 if after is None else _behind(found, after)
        shown = found.slice(begin, asked.limit).to_pylist()
        following = None
        if begin + len(shown) < len(found):
            following = seal(_position(shown[-1], question), self._keys.of(question.workspace), about)
        return DealList(meta=question.meta, count=len(found), rows=tuple(_line(row) for row in shown), next=following)

    def conversion(self, viewer: Principal, asked: DealsQuery, now: datetime) -> Deals:
        """Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        column, name, field = _BY[asked.by]
        formulas = {metric: formula_of(metric) for metric in (*_DEALS, *_SALES)}
        wanted = {column, *({name} if name else ()), *_AMOUNTS, "state", *columns_of(formulas[m] for m in _DEALS)}
        deals = self._rows(question.query, asked, sorted(wanted))
        (total,) = measure(deals, [formulas[m] for m in _DEALS]).values()
        grouped = measure(deals, [formulas[m] for m in _ROW], [column])
        # The row of those without is always there, so that nobody has to wonder where they are.
        grouped.setdefault(("",), measure(deals.slice(0, 0), [formulas[m] for m in _ROW])[()])
        names = _names(deals, column, name) if name else {}
        quotes = total[_DEALS.index("quotes")].n
        rows = [_row(key, found, names, field, quotes) for key, found in grouped.items()]
        calls = self._calls(question.query, columns_of((formulas[m] for m in _SALES), flags_of(CALLS)))
        spam = question.query.predicates.include_spam
        terms = Terms(question.workspace.currency, spam)
        (sold,) = measure(calls, [formulas[m] for m in _SALES], terms=terms, flags=flags_of(CALLS)).values()
        return Deals(
            meta=question.meta,
            by=asked.by,
            values=_values(_DEALS, total),
            amounts=_amounts(deals),
            rows=tuple(sorted(rows, key=lambda row: (-(row.values[0].n or 0), row.name.casefold(), row.id))),
            drill={"quoted": True},
            sales=_values(_SALES, sold),
            sales_drill=narrowed(question, _SOLD),
        )

    def _calls(self, query: ResolvedQuery, columns: set[str]) -> pa.Table:
        rows = self._facts.rows(CALLS, query, sorted(columns))
        return rows if CALL in query.predicates.channels else rows.slice(0, 0)


def _values(metrics: tuple[str, ...], found: list[Measured]) -> tuple[Value, ...]:
    return tuple(value_of(metric, one) for metric, one in zip(metrics, found, strict=True))


def _row(key: Key, found: list[Measured], names: Mapping[str, str], field: str, quotes: int) -> DealRow:
    whose = str(key[0] or "")
    return DealRow(
        id=whose,
        name=names.get(whose) or whose or "none",
        values=_values(_ROW, found),
        share=found[0].n / quotes if quotes else None,
        drill={field: [whose], "quoted": True},
    )


def _names(deals: pa.Table, column: str, name: str) -> dict[str, str]:
    """The last name of each id, in the order of the rows."""
    pairs: Any = zip(deals[column].to_pylist(), deals[name].to_pylist(), strict=True)
    return dict(pairs)


def _amounts(deals: pa.Table) -> tuple[Amount, ...]:
    """Sums by currency; amounts of different currencies are never added."""
    pc = kernels()
    known = deals.filter(pc.is_valid(deals["amount"]))
    found: dict[str, dict[str, tuple[Decimal, int]]] = {}
    for metric, flag in (("quoted_amount", "is_quote"), ("ordered_amount", "is_converted")):
        rows = known.filter(pc.equal(known[flag], 1))
        sums = (
            rows.select(["currency", "amount"]).group_by("currency").aggregate([("amount", "sum"), ([], "count_all")])
        )
        for row in sums.to_pylist():
            found.setdefault(row["currency"], {})[metric] = (row["amount_sum"], row["count_all"])
    return tuple(
        Amount(
            currency=currency,
            quoted=_sum("quoted_amount", currency, sums),
            ordered=_sum("ordered_amount", currency, sums),
        )
        for currency, sums in sorted(found.items())
    )


def _sum(metric: str, currency: str, sums: Mapping[str, tuple[Decimal, int]]) -> Value:
    amount, n = sums.get(metric, (None, 0))
    return Value(metric=metric, value=amount, n=n, currency=currency)


def _one_of(column: Any, wanted: list[str]) -> Any:
    import pyarrow as pa

    texts = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    return kernels().is_in(kernels().fill_null(texts, ""), value_set=pa.array(wanted, pa.string()))


def _about(viewer: Principal, asked: DealListQuery) -> bytes:
    """What a cursor is made for."""
    given = asked.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"cursor", "limit"})
    return made_for(viewer, "deals", given)


def _position(row: dict[str, Any], question: Question) -> Position:
    return Position(
        first=question.query.from_date, last=question.query.to_date, at=row["started_at"], id=row["record_id"]
    )


def _behind(found: pa.Table, after: Position) -> int:
    """Number of the first row after a position; rows are newest first, then by id."""
    keys: Any = zip(found["started_at"].to_pylist(), found["record_id"].to_pylist(), strict=True)
    at = after.at.replace(tzinfo=None)
    return sum(1 for key in keys if key[0] > at or (key[0] == at and key[1] <= after.id))


def _line(row: dict[str, Any]) -> DealLine:
    def instant(name: str) -> datetime | None:
        return row[name].replace(tzinfo=UTC) if row[name] else None

    return DealLine(
        id=row["record_id"],
        state=DealState(row["state"]),
        brand=row["brand"],
        amount=row["amount"],
        currency=row["currency"],
        call_id=row["call_id"],
        call_started_at=instant("call_started_at"),
        contact_id=row["contact_id"],
        party=row["party_key"],
        customer_name=row["remote_name"],
        customer_number=row["remote_number"],
        user_id=row["user_id"],
        user_name=row["user_name"],
        team_id=row["team_id"],
        team_name=row["team_name"],
        source=row["source"],
        campaign=row["campaign"],
        started_at=row["started_at"].replace(tzinfo=UTC),
        quoted_at=instant("quoted_at"),
        ordered_at=instant("ordered_at"),
        lost_at=instant("lost_at"),
        order_s=row["order_s"],
        kept_by="" if row["connection"] == OWN else row["connection"],
    )
