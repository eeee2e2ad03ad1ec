"""What finance is shown."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ringlake.model.base import Answer
from ringlake.model.closings import Sum
from ringlake.model.invoices import DurationForm, InvoiceMapping, LineState, Tally


class MappingView(Answer, frozen=True, kw_only=True):
    """How the invoices of a connection are read; `version` is its ETag."""

    connection: str
    columns: dict[str, str]
    channel: str
    leave_out: dict[str, tuple[str, ...]]
    zone: str
    country: str
    currency: str
    moment_form: str
    duration_form: DurationForm
    decimal_mark: str
    encoding: str
    skip_lines: int
    start_tolerance_s: int
    duration_tolerance_s: int
    amount_tolerance: Decimal
    version: int


class MappingList(Answer, frozen=True, kw_only=True):
    mappings: tuple[MappingView, ...]


class InvoiceTally(Answer, frozen=True, kw_only=True):
    """How many lines and charges are in a state."""

    matched: int
    different: int
    missing: int
    extra: int
    fee: int


class InvoiceEntry(Answer, frozen=True, kw_only=True):
    """An imported invoice. `stale` says that the lake was written after the charges were read."""

    id: str
    name: str
    connection: str
    sha256: str
    size_bytes: int
    period_from: date
    period_to: date
    lines: int
    left_out: int
    tally: InvoiceTally
    free: int
    unpriced: int
    offset_s: int
    imported_at: datetime
    imported_by: str
    reconciled_at: datetime
    charged_as_of: datetime | None
    stale: bool
    version: int


class InvoiceList(Answer, frozen=True, kw_only=True):
    """Newest period first."""

    invoices: tuple[InvoiceEntry, ...]


class InvoiceTotal(Answer, frozen=True, kw_only=True):
    """Of one number of ours, month (its first day), state and currency: how many entries and what each side says.

    `currency` is the invoice's, of what it lacks ours. `charged` adds up amounts of ours in that currency; `unknown`
    counts entries with a charge of ours that cannot be compared: its amount is not known, or in another currency.
    """

    number: str
    month: date
    state: LineState
    currency: str
    entries: int
    invoiced: Decimal
    charged: Decimal
    difference: Decimal
    unknown: int


class InvoiceView(InvoiceEntry, frozen=True, kw_only=True):
    """With totals by number and month."""

    mapping: MappingView
    totals: tuple[InvoiceTotal, ...]


class ImportedInvoice(Answer, frozen=True, kw_only=True):
    """What an import did or, with `dry_run` or mistakes, would do. `known` says that this very file was imported
    before: it is the same invoice, read again when the mapping is another one.
    """

    dry_run: bool
    applied: bool
    known: bool
    invoice: InvoiceEntry | None
    error_count: int
    errors: tuple[dict[str, Any], ...]


class LineView(Answer, frozen=True, kw_only=True):
    """One entry of a reconciliation: a line, a charge, or both."""

    entry: int
    state: LineState
    differs: tuple[str, ...]
    line: int | None
    line_id: str
    line_text: str
    record_id: str
    unit: str
    number: str
    remote: str
    invoiced_at: datetime | None
    charged_at: datetime | None
    invoiced_s: int | None
    billable_s: int | None
    charged_s: int | None
    invoiced_amount: Decimal | None
    invoiced_currency: str
    charged_amount: Decimal | None
    charged_currency: str
    difference: Decimal | None


class LinePage(Answer, frozen=True, kw_only=True):
    """In the order of the file; `next` is what to send as `after`, 0 at the end."""

    entries: tuple[LineView, ...]
    next: int


class FrozenSum(Answer, frozen=True, kw_only=True):
    """Of one table and currency: rows, seconds and amount, as frozen and as they are now."""

    table: str
    currency: str
    rows: int
    seconds: int
    amount: Decimal
    rows_now: int
    seconds_now: int
    amount_now: Decimal


class CurrencySum(Answer, frozen=True, kw_only=True):
    """Rows of one currency ("" where there is no amount), their seconds and what they add up to."""

    currency: str
    rows: int
    seconds: int
    amount: Decimal


class Drift(Answer, frozen=True, kw_only=True):
    """A table's UTC day whose rows are not what was frozen."""

    table: str
    day: date
    rows: int
    rows_now: int
    sums: tuple[CurrencySum, ...]
    sums_now: tuple[CurrencySum, ...]


class ChargeDrift(Answer, frozen=True, kw_only=True):
    """A charge that came (no amount before), went (none now) or changed since the month was closed."""

    record_id: str
    unit: str
    day: date
    amount: Decimal | None
    currency: str
    amount_now: Decimal | None
    currency_now: str
    changed: tuple[str, ...]


class ClosingEntry(Answer, frozen=True, kw_only=True):
    """A closing of a month. `sha256` is the digest of what it froze."""

    month: str
    version: int
    latest: bool
    zone: str
    currency: str
    settings_version: int
    lake_as_of: datetime
    closed_at: datetime
    closed_by: str
    reason: str
    sha256: str


class ClosingList(Answer, frozen=True, kw_only=True):
    """Newest month first, its last closing first."""

    closings: tuple[ClosingEntry, ...]


class ClosingView(ClosingEntry, frozen=True, kw_only=True):
    """A closing beside the lake as it is now.

    `sha256_now` equals `sha256` as long as nothing changed; `drifted` says that it does not. `intact` says that the
    frozen charges still have their digest. `charges` lists at most 500 of `charges_drifted`.
    """

    sha256_now: str
    drifted: bool
    intact: bool
    checked_at: datetime
    sums: tuple[FrozenSum, ...]
    drift: tuple[Drift, ...]
    charges_drifted: int
    charges: tuple[ChargeDrift, ...]


def mapping_view(mapping: InvoiceMapping) -> MappingView:
    return MappingView(**{name: getattr(mapping, name) for name in MappingView.__struct_fields__})


def tally_view(tally: Tally) -> InvoiceTally:
    return InvoiceTally(**{name: getattr(tally, name) for name in InvoiceTally.__struct_fields__})


def sum_view(told: Sum) -> CurrencySum:
    return CurrencySum(currency=told.currency, rows=told.rows, seconds=told.seconds, amount=told.amount)
