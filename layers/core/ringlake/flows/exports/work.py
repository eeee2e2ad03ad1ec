"""Missed customers and what came of calls: cases (features.md W28, W36), quotes and orders, customers, responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ringlake.files.sheet import Batch, Field, Kind
from ringlake.flows.answers.customers import CustomerLine, CustomerRows, CustomersQuery, metrics_of
from ringlake.flows.answers.deals import DealFilter, DealRows
from ringlake.flows.answers.responses import BlocksQuery, ResponseAnswers, ResponsesQuery, TextResponseTimes
from ringlake.flows.answers.worklist import CaseRow, CaseRows, CasesQuery
from ringlake.metrics.catalog import BY_ID
from ringlake.model.tables import CALLS, MESSAGES, Table
from ringlake.query.filters import Filter
from ringlake.query.resolve import Kind as Range

from .cells import batches_of, joined_words, metric_fields, value_cells
from .order import Asked, Report, Work


def _fields(**kinds: str) -> tuple[Field, ...]:
    """Fields by kind, in the order in which they are written: `text="a b", moment="c"`."""
    return tuple(Field(name=name, kind=Kind(kind)) for kind, names in kinds.items() for name in names.split())


# --- cases


_CASES = (
    *_fields(text="record_id state case_source reason"),
    *_fields(integer="misses cases"),
    *_fields(text="miss_ids case_ids"),
    *_fields(phone="business_number", text="business_number_name"),
    *_fields(phone="remote_number", text="remote_name contact_id party_key user_id user_name team_id team queue"),
    *_fields(text="campaign source"),
    *_fields(moment="started_at", local="started_at_local"),
    *_fields(moment="opened_at last_missed_at due_at", flag="overdue"),
    *_fields(moment="closed_at", text="assignee", integer="attempts"),
    *_fields(moment="first_attempt_at", seconds="first_attempt_s first_attempt_open_s"),
    *_fields(text="recovery_call recovered_by", seconds="recovery_s"),
    *_fields(text="note", flag="pending"),
)


def _cases(asked: Asked, work: Work) -> Iterator[Batch]:
    sources = work.sources
    rows = CaseRows(sources.directory, work.facts, sources.records, sources.marks, sources.lake)
    given: Any = asked.given
    found = rows.every(asked.question.viewer, given, asked.question.now)
    return batches_of(_CASES, map(_case, found), asked.zone)


def _case(row: CaseRow) -> dict[str, Any]:
    cells = msgspec.structs.asdict(row)
    words = {name: joined_words(cells[name]) for name in ("miss_ids", "case_ids")}
    return {**cells, **words, "started_at_local": row.started_at}


CASES = Report(
    name="cases",
    title="Missed customers",
    kind=Range.AGGREGATES,
    model=lambda _: CasesQuery,
    fields=lambda _: _CASES,
    batches=_cases,
)


# --- quotes and orders


_DEALS = (
    *_fields(text="id state brand", money="amount"),
    *_fields(text="currency call_id", moment="call_started_at"),
    *_fields(text="contact_id party customer_name", phone="customer_number"),
    *_fields(text="user_id user_name team_id team_name source campaign"),
    *_fields(moment="started_at quoted_at ordered_at lost_at", seconds="order_s"),
    *_fields(text="kept_by"),
)


def _deals(asked: Asked, work: Work) -> Iterator[Batch]:
    rows = DealRows(work.sources.directory, work.facts, work.sources.records)
    given: Any = asked.given
    found = rows.every(asked.question.viewer, given, asked.question.now)
    return batches_of(_DEALS, map(msgspec.structs.asdict, found), asked.zone)


DEALS = Report(
    name="deals",
    title="Quotes and orders",
    kind=Range.ROWS,
    model=lambda _: DealFilter,
    fields=lambda _: _DEALS,
    batches=_deals,
)


# --- customers


_CUSTOMER = (
    *_fields(text="id contact_id party name", phone="number"),
    *_fields(text="country", integer="contacts incoming_calls", flag="new"),
    *_fields(moment="last_at"),
)
# Beside what the list shows: how the customer was served (demands.md D55).
_MORE: dict[Table, tuple[str, ...]] = {
    CALLS: (
        "calls_missed", "short_abandons", "closed_hours_calls", "asa_s", "recovery_candidates", "calls_recovered",
        "recovery_s",
    ),
    MESSAGES: (),
}  # fmt: skip


_COUNTS = ("text_blocks", "text_unanswered")
_ANSWERED = (
    *_fields(integer=" ".join(_COUNTS)),
    *(
        Field(name=f"text_{part}_response_s{end}", kind=Kind.INTEGER if end == "_n" else Kind.NUMBER)
        for part in ("first", "next")
        for end in ("", "_n", "_median", "_p90")
    ),
)


def _customer_fields(asked: Asked) -> tuple[Field, ...]:
    metrics = metrics_of(asked.question.viewer)
    ids = [name for table, own in metrics.items() for name in (*own, *_MORE[table])]
    return (*_CUSTOMER, *metric_fields(BY_ID[name] for name in ids), *_ANSWERED)


def _customers(asked: Asked, work: Work) -> Iterator[Batch]:
    rows = CustomerRows(work.sources.directory, work.facts, work.sources.records)
    given: Any = asked.given
    viewer, now = asked.question.viewer, asked.question.now
    answers = ResponseAnswers(work.sources.directory, work.facts, work.sources.records)
    shared = {name: getattr(given, name) for name in Filter.model_fields}
    answered = answers.by_customer(viewer, ResponsesQuery(**shared), now)
    found = rows.every(viewer, given, now, _MORE)
    told = (_customer(line) | _answers(answered.get(line.id)) for line in found)
    return batches_of(_customer_fields(asked), told, asked.zone)


def _customer(line: CustomerLine) -> dict[str, Any]:
    row = msgspec.structs.asdict(line)
    for value in line.values:
        row |= value_cells(value)
    return row


def _answers(times: tuple[TextResponseTimes, TextResponseTimes] | None) -> dict[str, Any]:
    """How fast this customer's texts were answered; nothing but noughts for one who never wrote."""
    if times is None:
        return dict.fromkeys(_COUNTS, 0)
    first, following = times
    return {
        "text_blocks": first.blocks + following.blocks,
        "text_unanswered": first.unanswered + following.unanswered,
        **value_cells(first.clock),
        **value_cells(following.clock),
    }


CONTACTS = Report(
    name="contacts",
    title="Customers",
    kind=Range.AGGREGATES,
    model=lambda _: CustomersQuery,
    fields=_customer_fields,
    batches=_customers,
)


# --- responses to texts


_BLOCKS = (
    *_fields(text="message part state", moment="started_at", local="started_at_local"),
    *_fields(text="reply", moment="replied_at", flag="in_time"),
    *_fields(text="channel", number="clock_s open_s"),
    *_fields(text="user_id team_id number_id"),
)


def _blocks(asked: Asked, work: Work) -> Iterator[Batch]:
    rows = ResponseAnswers(work.sources.directory, work.facts, work.sources.records)
    given: Any = asked.given
    found = rows.every(asked.question.viewer, given, asked.question.now)
    told = ({**msgspec.structs.asdict(block), "started_at_local": block.started_at} for block in found)
    return batches_of(_BLOCKS, told, asked.zone)


RESPONSES = Report(
    name="responses",
    title="Responses to messages",
    kind=Range.AGGREGATES,
    model=lambda _: BlocksQuery,
    fields=lambda _: _BLOCKS,
    batches=_blocks,
)
