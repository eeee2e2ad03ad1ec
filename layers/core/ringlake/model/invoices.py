"""A provider's invoice beside our own charges: how its file is read, what it says, what was found."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from .base import Model


class LineState(StrEnum):
    """What became of a line of the invoice, or of a charge of ours that has none.

    `matched` and `different` have both sides; `missing` is a charge that the invoice lacks, `extra` a line that we
    have no charge for; `fee` is a line that is no call and no message (rent, setup), which nothing can be beside.
    """

    MATCHED = "matched"
    DIFFERENT = "different"
    MISSING = "missing"
    EXTRA = "extra"
    FEE = "fee"


class DurationForm(StrEnum):
    """`clock` is h:mm:ss or m:ss."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    CLOCK = "clock"


class InvoiceMapping(Model, frozen=True, kw_only=True):
    """How the invoices of one connection are read. `columns` are the headers of the file by what they hold.

    What they may hold is in `COLUMNS`. `channel` is `call` or `message` where the invoices are about one of them only.
    `leave_out` are values by header: a line that has one of them is no line (sums, lines of another service).
    `moment_form` is written with YYYY, MM, DD, hh, mm, ss and AM; "" is ISO 8601. `zone` is the zone of moments that
    have none. `country` completes national numbers. A pair may lie `start_tolerance_s` apart, and is equal within
    `duration_tolerance_s` and `amount_tolerance`.
    """

    connection: str
    columns: dict[str, str]
    channel: str = ""
    leave_out: dict[str, tuple[str, ...]] = {}
    zone: str = "UTC"
    country: str = ""
    currency: str = ""
    moment_form: str = ""
    duration_form: DurationForm = DurationForm.SECONDS
    decimal_mark: str = "."
    encoding: str = "utf-8"
    skip_lines: int = 0
    start_tolerance_s: int = 120
    duration_tolerance_s: int = 1
    amount_tolerance: Decimal = Decimal("0.0001")
    version: int = 1


# What a column of an invoice can hold. `started_at` may stand in two columns, `date` and `time`.
COLUMNS = ("id", "number", "remote", "started_at", "date", "time", "duration", "amount", "currency", "text")


class InvoiceLine(Model, frozen=True, kw_only=True):
    """One line as the file says it: `line` is where it begins in the file, `number` ours and `remote` the customer's,
    both E.164 where they can be; `duration_s` is None where there is none. Without `started_at` it is a fee.
    """

    line: int
    id: str = ""
    number: str = ""
    remote: str = ""
    started_at: datetime | None = None
    duration_s: int | None = None
    amount: Decimal
    currency: str
    text: str = ""


class Tally(Model, frozen=True, kw_only=True):
    """How many lines and charges are in a state."""

    matched: int = 0
    different: int = 0
    missing: int = 0
    extra: int = 0
    fee: int = 0


class Invoice(Model, frozen=True, kw_only=True):
    """An imported file. The id is a digest of connection and content, so the same file is the same invoice.

    The period is that of the lines unless it was given; both dates are in the workspace's zone and inclusive.
    `left_out` are lines that the mapping leaves out. Of charges that the invoice does not list, `free` are those of
    nothing and `unpriced` those of an unknown amount.
    `offset_s` is not 0 when most lines that found nothing lie that much after a charge: the zone may be wrong.
    `charged_as_of` is when the lake was written that the charges were read from.
    """

    id: str
    name: str
    connection: str
    sha256: str
    size_bytes: int
    mapping: InvoiceMapping
    period_from: date
    period_to: date
    lines: int
    left_out: int = 0
    tally: Tally = Tally()
    free: int = 0
    unpriced: int = 0
    offset_s: int = 0
    imported_at: datetime
    imported_by: str
    reconciled_at: datetime
    charged_as_of: datetime | None = None
    deleted_at: datetime | None = None
    version: int = 1
