"""Customers one by one: the list behind the numbers about callers, and all about one of them.

features.md O49, N18; demands.md D78, D82. A customer is a contact when one is known, else a number, named by its
party key. Only rows that the viewer may see count; of nobody else does an answer tell that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from ringlake.access import Principal
from ringlake.access.hiding import masked, masked_dialled
from ringlake.errors import NotFound
from ringlake.flows.directory.office import may
from ringlake.metrics.customers import BANDS, CALL_COLUMNS, MESSAGE_COLUMNS, Contacts, handling, people, text
from ringlake.metrics.interactions import interactions
from ringlake.metrics.measure import Measured, Terms, columns_of, measure
from ringlake.metrics.ordering import order
from ringlake.model.arrow import kernels, wall
from ringlake.model.base import Answer, Model
from ringlake.model.contacts import Contact
from ringlake.model.deals import DealState
from ringlake.model.directory import Ability
from ringlake.model.tables import CALLS, CASES, DEALS, MESSAGES, Table
from ringlake.query.cursor import seal, unseal
from ringlake.query.filters import CALL, MESSAGE, ranged
from ringlake.query.presets import Preset
from ringlake.query.resolve import ResolvedQuery, over_dates
from ringlake.stores.contacts import Contacts as ContactStore
from ringlake.stores.directory import DirectoryStore
from ringlake.stores.records import Records

from .facts import Facts
from .keys import CursorKeys, made_for
from .measured import formula_of, value_of
from .patterns import Drill, Patterned, mean
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

PAGE, MOST = 50, 500
# Customers whose rows are measured at once where all are listed.
_AT_ONCE = 2_000
# Rows of each kind that the view of one customer shows; the drill-down lists all.
SHOWN = 50
# How many hours of the day are named as those in which the customer calls or is reached.
_PEAKS = 3
_HOURS = range(24)
_PARTY = re.compile(r"[0-9a-f]{32}")

_COUNTED = (
    "calls_received",
    "calls_answered_inbound",
    "calls_made",
    "calls_connected",
    "asr",
    "talk_s",
    "average_talk_s",
)
_WRITTEN = ("messages_received", "messages_sent")
_SPENT = ("spend",)
_WHO = ("party_key", "contact_id", "remote_number", "remote_name", "remote_country", "started_at")
_BOTH = ("record_id", "direction", "business_number_name", "user_id", "user_name", "started_at")
_CASES = ("record_id", "state", "case_source", "reason", "misses", "opened_at", "due_at", "assignee", "is_open")
_DEALS = (
    "record_id",
    "state",
    "brand",
    "amount",
    "currency",
    "call_id",
    "quoted_at",
    "ordered_at",
    "lost_at",
    "started_at",
)

Cursor = Annotated[str, StringConstraints(max_length=4096)]
type BandName = Literal["1", "2", "3", "4", "5-10", ">10"]


class CustomersQuery(Patterned):
    """A filter of calls and messages, and of their customers: `band` by the number of incoming calls, `incoming` those
    with at least one, `new` those whose first incoming call here was the first contact ever. Without a range the
    last three months.
    """

    band: BandName | None = None
    incoming: bool = False
    new: bool | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = PAGE
    cursor: Cursor = ""

    @model_validator(mode="before")
    @classmethod
    def _lately(cls, given: Any) -> Any:
        return ranged(given, Preset.LAST_3_MONTHS)


class CustomerQuery(Patterned):
    """A filter of the customer's calls and messages. Without a range the last twelve months."""

    @model_validator(mode="before")
    @classmethod
    def _lately(cls, given: Any) -> Any:
        return ranged(given, Preset.LAST_12_MONTHS)


class CustomerLine(Answer, frozen=True, kw_only=True):
    """One customer. `id` is the contact's, else the party key; name and number are those of the last contact, empty or
    masked for who may not see them. `drill` is the filter of GET /v1/interactions that lists the contacts.
    """

    id: str
    contact_id: str
    party: str
    name: str
    number: str
    country: str
    contacts: int
    incoming_calls: int
    new: bool
    last_at: datetime
    values: tuple[Value, ...]
    drill: Drill


class CustomerList(Answer, frozen=True, kw_only=True):
    """One page, those with most contacts first; `next` is the cursor of the page that follows, null at the end. `count`
    is how many customers there are altogether.
    """

    meta: Meta
    count: int
    rows: tuple[CustomerLine, ...]
    next: str | None


class Hour(Answer, frozen=True, kw_only=True):
    """One local hour of the day: contacts from the customer, and calls of ours that reached them."""

    hour: int
    incoming: int
    reached: int


class Pattern(Answer, frozen=True, kw_only=True):
    """How the customer likes to be in touch: the channel of most contacts from them (null for none, or as many of
    each), the hours in which most of these begin, and those in which most calls of ours reached them.
    """

    channel: str | None
    calls: int
    messages: int
    incoming_hours: tuple[int, ...]
    reached_hours: tuple[int, ...]
    hours: tuple[Hour, ...]
    weekdays: tuple[int, ...]


class Past(Answer, frozen=True, kw_only=True):
    """One call or text of the history."""

    id: str
    channel: str
    direction: str
    at: datetime
    outcome: str
    talk_s: int | None
    number_name: str
    user_id: str
    user_name: str


class OpenCase(Answer, frozen=True, kw_only=True):
    """One missed-contact case that nothing has closed."""

    id: str
    state: str
    source: str
    reason: str
    misses: int
    opened_at: datetime | None
    due_at: datetime | None
    assignee: str


class CustomerDeal(Answer, frozen=True, kw_only=True):
    """One quote or order."""

    id: str
    state: DealState
    brand: str
    amount: Decimal | None
    currency: str
    call_id: str
    quoted_at: datetime | None
    ordered_at: datetime | None
    lost_at: datetime | None


class Customer(Answer, frozen=True, kw_only=True):
    """All about one customer that the viewer may see, in the period. `numbers` and `name` are empty or masked for who
    may not see them; `first_at` and `last_at` are within the period. `history` are the latest contacts, `drill` lists
    all. `handling` is the time from the first contact in vain to the first from us (features.md N18).
    """

    meta: Meta
    id: str
    contact_id: str
    parties: tuple[str, ...]
    name: str
    company: str
    numbers: tuple[str, ...]
    contacts: int
    first_at: datetime | None
    last_at: datetime | None
    values: tuple[Value, ...]
    pattern: Pattern
    handling: Value
    open_cases: tuple[OpenCase, ...]
    deals: tuple[CustomerDeal, ...]
    history: tuple[Past, ...]
    drill: Drill


class Position(Model, frozen=True, kw_only=True):
    """The last customer of a page, and the local dates that its preset meant on the first page."""

    first: date
    last: date
    contacts: int
    at: int
    id: str


class CustomerRows(Answers):
    """The customers that a question selects."""

    def every(
        self, viewer: Principal, asked: CustomersQuery, now: datetime, more: Mapping[Table, Sequence[str]]
    ) -> Iterator[CustomerLine]:
        """All customers of the list, in its order, with more metrics. Raises what `CustomerAnswers.page` raises."""
        import pyarrow as pa

        question = self.question(viewer, asked.filter, now)
        metrics = {table: (*own, *more.get(table, ())) for table, own in metrics_of(viewer).items()}
        calls, messages = self._interactions(question.query, _needed(metrics))
        found = Contacts(calls, messages)
        seen, ids = _filtered(people(calls, found), asked), _ids(calls, messages)
        shown, _ = _page(seen, ids, None, max(len(seen), 1))
        for start in range(0, len(shown), _AT_ONCE):
            some = shown[start : start + _AT_ONCE]
            chosen = kernels().is_in(found.customer, value_set=pa.array([row["customer"] for row in some], pa.int64()))
            customer = ids.take(found.customer.filter(chosen))
            yield from _lines(some, _chosen_rows(calls, messages, chosen, customer), metrics, question)

    def _interactions(self, query: ResolvedQuery, columns: set[str]) -> tuple[pa.Table, pa.Table]:
        found = []
        for table, needed, channel in ((CALLS, CALL_COLUMNS, CALL), (MESSAGES, MESSAGE_COLUMNS, MESSAGE)):
            own = {name for name in columns if name in table.names}
            rows = self._facts.rows(table, query, sorted({*needed, *_WHO, "is_spam", *own}))
            if channel not in query.predicates.channels:
                rows = rows.slice(0, 0)
            if not query.predicates.include_spam:
                rows = rows.filter(kernels().not_equal(kernels().fill_null(rows["is_spam"], 0), 1))
            found.append(rows)
        calls, messages = found
        return calls, messages


class CustomerAnswers(CustomerRows):
    def __init__(
        self, directory: DirectoryStore, facts: Facts, records: Records, contacts: ContactStore, keys: CursorKeys
    ) -> None:
        super().__init__(directory, facts, records)
        self._contacts = contacts
        self._keys = keys

    def page(self, viewer: Principal, asked: CustomersQuery, now: datetime) -> CustomerList:
        """Raises `PlanTooLow`, `Forbidden`, and `InvalidRequest` naming the field (`cursor`)."""
        import pyarrow as pa

        about, after, asked_filter = _about(viewer, asked), None, asked.filter
        if asked.cursor:
            after = unseal(asked.cursor, Position, self._keys.of(self.paid(viewer)), about)
            asked_filter = over_dates(asked_filter, after.first, after.last)
        question = self.question(viewer, asked_filter, now)
        metrics = metrics_of(viewer)
        calls, messages = self._interactions(question.query, _needed(metrics))
        found = Contacts(calls, messages)
        seen, ids = _filtered(people(calls, found), asked), _ids(calls, messages)
        shown, more = _page(seen, ids, after, asked.limit)
        following = None
        if more:
            end = shown[-1]
            position = Position(
                first=question.query.from_date, last=question.query.to_date, contacts=end["contacts"], at=end["last"],
                id=end["id"],
            )  # fmt: skip
            following = seal(position, self._keys.of(question.workspace), about)
        codes = pa.array([row["customer"] for row in shown], pa.int64())
        chosen = kernels().is_in(found.customer, value_set=codes)
        customer = ids.take(found.customer.filter(chosen))
        rows = _lines(shown, _chosen_rows(calls, messages, chosen, customer), metrics, question)
        return CustomerList(meta=question.meta, count=len(seen), rows=rows, next=following)

    def show(self, viewer: Principal, customer_id: str, asked: CustomerQuery, now: datetime) -> Customer:
        """By the contact's id or the party key. Raises `NotFound` for whom the viewer sees nothing of in the period."""
        self.paid(viewer)
        contact = self._contacts.get(viewer.workspace, customer_id)
        known = contact is not None and contact.deleted_at is None
        # Ids of contacts hold a hyphen or a colon; a party key is 32 hexadecimal digits.
        by_number = not known and _PARTY.fullmatch(customer_id) is not None
        mine: dict[str, str] = {"party": customer_id} if by_number else {"contact": customer_id}
        question = self.question(viewer, asked.filter.model_copy(update=mine), now)
        metrics = metrics_of(viewer)
        calls, messages = self._interactions(question.query, _needed(metrics) | {*_BOTH, "outcome", "talk_s", "status"})
        cases = self._cases(question.query)
        deals = self._facts.rows(DEALS, question.query, [*_DEALS, "party_key", "contact_id"]).to_pylist()
        if not (len(calls) or len(messages) or cases or deals):
            raise NotFound(customer_id)
        found = Contacts(calls, messages)
        rows = interactions(_plain(calls), _plain(messages))
        latest = rows.sort_by([("started_at", "descending")]).slice(0, 1).to_pylist()
        times = kernels().min_max(rows["started_at"]).as_py()
        everything = kernels().is_valid(found.started)
        handled = handling(found, calls, everything)
        return Customer(
            meta=question.meta,
            id=customer_id,
            contact_id=(latest[0]["contact_id"] if latest else "") if by_number else customer_id,
            parties=_parties(contact if known else None, rows, deals),
            **_person(viewer, contact if known else None, latest),
            contacts=len(rows),
            first_at=_instant(times["min"]),
            last_at=_instant(times["max"]),
            values=_measured(metrics, calls, messages, question),
            pattern=_pattern(rows, found, calls, question),
            handling=mean("handling_s", handled.spread, unit=1000),
            open_cases=cases,
            deals=tuple(_deal(row) for row in sorted(deals, key=lambda row: row["started_at"], reverse=True)[:SHOWN]),
            history=_history(calls, messages),
            drill=dict(mine),
        )

    def _cases(self, query: ResolvedQuery) -> tuple[OpenCase, ...]:
        rows = self._facts.rows(CASES, query, _CASES).to_pylist()
        opened = [row for row in rows if row["is_open"]]
        return tuple(
            OpenCase(
                id=row["record_id"],
                state=row["state"],
                source=row["case_source"],
                reason=row["reason"],
                misses=row["misses"],
                opened_at=_instant(row["opened_at"]),
                due_at=_instant(row["due_at"]),
                assignee=row["assignee"],
            )
            for row in sorted(opened, key=lambda row: row["opened_at"], reverse=True)
        )


def metrics_of(viewer: Principal) -> dict[Table, tuple[str, ...]]:
    """The metrics of each table that the viewer may see."""
    spent = _SPENT if may(viewer, Ability.SEE_COSTS) else ()
    return {CALLS: (*_COUNTED, *(("spend_calls",) if spent else ())), MESSAGES: _WRITTEN}


def _needed(metrics: Mapping[Table, Sequence[str]]) -> set[str]:
    return columns_of(formula_of(metric) for own in metrics.values() for metric in own)


def _measured(
    metrics: Mapping[Table, Sequence[str]], calls: pa.Table, messages: pa.Table, question: Question
) -> tuple[Value, ...]:
    terms = Terms(question.workspace.currency, question.query.predicates.include_spam)
    found: list[Value] = []
    for table, rows in ((CALLS, calls), (MESSAGES, messages)):
        results = measure(rows, [formula_of(m) for m in metrics[table]], terms=terms)[()]
        found += [_value(metric, one, question) for metric, one in zip(metrics[table], results, strict=True)]
    return tuple(found)


def _value(metric: str, one: Measured, question: Question) -> Value:
    spent = metric == "spend_calls" and one.value is not None
    return value_of(metric, one, question.workspace.currency if spent else "")


# --- the list


def _filtered(seen: pa.Table, asked: CustomersQuery) -> pa.Table:
    pc = kernels()
    if asked.band is not None:
        low, high = next((low, high) for name, low, high in BANDS if name == asked.band)
        seen = seen.filter(pc.greater_equal(seen["incoming"], low))
        seen = seen if high is None else seen.filter(pc.less_equal(seen["incoming"], high))
    if asked.incoming or asked.new is not None:
        seen = seen.filter(pc.greater(seen["incoming"], 0))
    if asked.new is not None:
        seen = seen.filter(seen["new"] if asked.new else pc.invert(seen["new"]))
    return seen


def _ids(calls: pa.Table, messages: pa.Table) -> Any:
    """Ids of customers by their code."""
    import pyarrow as pa

    words = [text(calls[name], messages[name]).words for name in ("contact_id", "party_key")]
    return pa.concat_arrays(words)


def _page(seen: pa.Table, ids: Any, after: Position | None, limit: int) -> tuple[list[dict[str, Any]], bool]:
    """Customers of one page with their `id`: most contacts first, then the latest, then by id; and whether more follow.
    Ids are compared only where everything else is equal, because there are many.
    """
    import pyarrow as pa

    pc = kernels()
    if after is not None:
        at, contacts_ = (pa.scalar(value, pa.int64()) for value in (after.at, after.contacts))
        later = pc.and_(pc.equal(seen["contacts"], contacts_), pc.less_equal(seen["last"], at))
        seen = seen.filter(pc.or_(pc.less(seen["contacts"], contacts_), later))
    minus = [pc.negate(seen[name].combine_chunks()) for name in ("contacts", "last")]
    places = order(*(column.chunk(0) if hasattr(column, "chunk") else column for column in minus))
    # The position's own customer may come first, with all that are equal to it.
    wanted, size = limit + 1, limit + 1
    while True:
        rows = seen.take(places.slice(0, size)).to_pylist()
        for row, own in zip(rows, ids.take(pa.array([row["customer"] for row in rows], pa.int64())), strict=True):
            row["id"] = own.as_py()
        complete = _complete(rows, len(seen))
        complete.sort(key=lambda row: (-row["contacts"], -row["last"], row["id"]))
        if after is not None:
            place = (-after.contacts, -after.at, after.id)
            complete = [row for row in complete if (-row["contacts"], -row["last"], row["id"]) > place]
        if len(complete) >= wanted or size >= len(seen):
            return complete[:limit], len(complete) > limit
        size *= 2


def _complete(rows: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """Without those at the end of which others may be equal to the last one."""
    if len(rows) == count:
        return rows
    last = (rows[-1]["contacts"], rows[-1]["last"])
    return [row for row in rows if (row["contacts"], row["last"]) != last]


def _chosen_rows(calls: pa.Table, messages: pa.Table, chosen: Any, customer: Any) -> dict[Table, pa.Table]:
    """The rows of the customers of one page, with the customer's id; few, so that their texts are plain."""
    found, at = {}, 0
    mine = chosen.slice(0, len(calls)), chosen.slice(len(calls))
    for table, rows, mask in ((CALLS, calls, mine[0]), (MESSAGES, messages, mine[1])):
        own = _plain(rows.filter(mask))
        found[table] = own.append_column("customer", customer.slice(at, len(own)))
        at += len(own)
    return found


def _lines(
    shown: Sequence[dict[str, Any]],
    rows: Mapping[Table, pa.Table],
    metrics: Mapping[Table, Sequence[str]],
    question: Question,
) -> tuple[CustomerLine, ...]:
    terms = Terms(question.workspace.currency, question.query.predicates.include_spam)
    values: dict[str, list[Value]] = {row["id"]: [] for row in shown}
    last: dict[str, dict[str, Any]] = {}
    for table, own in rows.items():
        formulas = [formula_of(metric) for metric in metrics[table]]
        nothing = measure(own.slice(0, 0), formulas, terms=terms)[()]
        grouped = measure(own, formulas, ["customer"], terms)
        for row in shown:
            results = grouped.get((row["id"],), nothing)
            values[row["id"]] += [_value(m, one, question) for m, one in zip(metrics[table], results, strict=True)]
        for latest in _latest(own.select([*_WHO, "customer"])).to_pylist():
            known = last.get(latest["customer"])
            if known is None or known["started_at"] <= latest["started_at"]:
                last[latest["customer"]] = latest
    return tuple(_customer_line(row, last[row["id"]], values[row["id"]]) for row in shown)


def _latest(rows: pa.Table) -> pa.Table:
    """The last row of each customer, or rows that are equally late."""
    import pyarrow as pa

    pc = kernels()
    last = rows.group_by("customer", use_threads=False).aggregate([("started_at", "max")]).combine_chunks()
    customers = rows["customer"].combine_chunks()
    places = pc.index_in(customers, value_set=pa.array(last["customer"].to_pylist(), customers.type))
    return rows.filter(pc.equal(rows["started_at"], last["started_at_max"].take(places)))


def _customer_line(row: dict[str, Any], latest: dict[str, Any], values: Sequence[Value]) -> CustomerLine:
    contact_id = latest["contact_id"] or ""
    return CustomerLine(
        id=row["id"],
        contact_id=contact_id,
        party=latest["party_key"] or "",
        name=latest["remote_name"] or "",
        number=latest["remote_number"] or "",
        country=latest["remote_country"] or "",
        contacts=row["contacts"],
        incoming_calls=row["incoming"],
        new=row["new"],
        last_at=_instant(latest["started_at"]) or datetime.min.replace(tzinfo=UTC),
        values=tuple(values),
        drill={"contact": row["id"]} if contact_id else {"party": row["id"]},
    )


def _about(viewer: Principal, asked: CustomersQuery) -> bytes:
    given = asked.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"cursor", "limit"})
    return made_for(viewer, "customers", given)


# --- one customer


def _person(viewer: Principal, contact: Contact | None, latest: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Name, company and numbers: the contact's, else those of the last interaction, as far as the viewer may see."""
    named, numbered = may(viewer, Ability.SEE_NAMES), may(viewer, Ability.SEE_NUMBERS)
    if contact is None:
        # Rows are masked already.
        number = latest[0]["remote_number"] if latest else ""
        return {
            "name": latest[0]["remote_name"] if latest else "",
            "company": "",
            "numbers": (number,) if number else (),
        }
    shown = str if numbered else masked_dialled
    return {
        "name": shown(contact.name) if named else "",
        "company": shown(contact.company) if named else "",
        "numbers": tuple(number if numbered else masked(number) for number in contact.numbers),
    }


def _parties(contact: Contact | None, rows: pa.Table, deals: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    if contact is not None:
        return contact.party_keys
    found: list[Any] = [*rows["party_key"].to_pylist(), *(deal["party_key"] for deal in deals)]
    return tuple(sorted({str(one) for one in found if one}))


def _pattern(rows: pa.Table, found: Contacts, calls: pa.Table, question: Question) -> Pattern:
    pc = kernels()
    local = wall(rows["started_at"].combine_chunks(), ZoneInfo(question.query.zone))
    hours, days = pc.hour(local), pc.day_of_week(local, count_from_zero=False, week_start=1)
    answered = pc.fill_null(pc.equal(calls["is_answered"], 1), False)  # noqa: FBT003 - Arrow's own signature
    reached_calls = pc.and_(answered.combine_chunks(), found.outgoing.slice(0, len(calls)))
    incoming = _counts(hours.filter(found.incoming))
    reached = _counts(hours.slice(0, len(calls)).filter(reached_calls))
    by_call = pc.sum(pc.and_(found.incoming, found.is_call)).as_py() or 0
    by_text = (pc.sum(found.incoming).as_py() or 0) - by_call
    weekdays = _counts(days.filter(found.incoming))
    return Pattern(
        channel=None if by_call == by_text else CALL if by_call > by_text else MESSAGE,
        calls=by_call,
        messages=by_text,
        incoming_hours=_peaks(incoming),
        reached_hours=_peaks(reached),
        hours=tuple(Hour(hour=hour, incoming=incoming.get(hour, 0), reached=reached.get(hour, 0)) for hour in _HOURS),
        weekdays=tuple(weekdays.get(day, 0) for day in range(1, 8)),
    )


def _counts(values: Any) -> dict[int, int]:
    return {one["values"]: one["counts"] for one in kernels().value_counts(values).to_pylist()}


def _peaks(counts: Mapping[int, int]) -> tuple[int, ...]:
    """The hours with most, ties by the earlier hour."""
    return tuple(sorted(sorted(counts, key=lambda hour: (-counts[hour], hour))[:_PEAKS]))


def _history(calls: pa.Table, messages: pa.Table) -> tuple[Past, ...]:
    """The latest of both channels, newest first."""
    found: list[Past] = []
    for channel, rows, outcome in ((CALL, calls, "outcome"), (MESSAGE, messages, "status")):
        latest = rows.sort_by([("started_at", "descending")]).slice(0, SHOWN).to_pylist()
        found += [_past(row, channel, row[outcome]) for row in latest]
    return tuple(sorted(found, key=lambda past: (past.at, past.id), reverse=True)[:SHOWN])


def _past(row: dict[str, Any], channel: str, outcome: str | None) -> Past:
    return Past(
        id=row["record_id"],
        channel=channel,
        direction=row["direction"] or "",
        at=row["started_at"].replace(tzinfo=UTC),
        outcome=outcome or "",
        talk_s=row.get("talk_s"),
        number_name=row["business_number_name"] or "",
        user_id=row["user_id"] or "",
        user_name=row["user_name"] or "",
    )


def _deal(row: dict[str, Any]) -> CustomerDeal:
    return CustomerDeal(
        id=row["record_id"],
        state=DealState(row["state"]),
        brand=row["brand"],
        amount=row["amount"],
        currency=row["currency"],
        call_id=row["call_id"],
        quoted_at=_instant(row["quoted_at"]),
        ordered_at=_instant(row["ordered_at"]),
        lost_at=_instant(row["lost_at"]),
    )


def _plain(rows: pa.Table) -> pa.Table:
    """Dictionaries as text: the rows of one customer are few."""
    import pyarrow as pa

    fields = [pa.field(f.name, pa.string()) if pa.types.is_dictionary(f.type) else f for f in rows.schema]
    return rows.cast(pa.schema(fields))


def _instant(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
