"""What requests to finance may contain. Unknown fields are refused; every error names its field."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ringlake.flows.directory.bodies import Amount, Body, Country, Currency, Word, Zone
from ringlake.model.invoices import DurationForm
from ringlake.query.filters import WrongError

from .invoice_file import moment_reader

Header = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _form(value: str) -> str:
    moment_reader(value, ZoneInfo("UTC"))
    return value


Column = Literal[
    "id", "number", "remote", "started_at", "date", "time", "duration", "amount", "currency", "text"
]  # fmt: skip
Cell = Annotated[str, StringConstraints(max_length=200)]
LeftOut = dict[Header, Annotated[list[Cell], Field(min_length=1, max_length=100)]]


class MappingBody(Body):
    """How the invoices of a connection are read; the fields are those of a mapping.

    `columns` needs `amount` and `started_at` (or `date`), and `number`, `remote` or `id` to find charges by.
    """

    columns: dict[Column, Header]
    leave_out: Annotated[LeftOut, Field(max_length=20)] = {}
    channel: Literal["", "call", "message"] = ""
    zone: Zone = "UTC"
    country: Country | Literal[""] = ""
    currency: Currency | Literal[""] = ""
    moment_form: Annotated[str, StringConstraints(max_length=40), AfterValidator(_form)] = ""
    duration_form: DurationForm = DurationForm.SECONDS
    decimal_mark: Literal[".", ","] = "."
    encoding: Literal["utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "iso-8859-2"] = "utf-8"
    skip_lines: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    start_tolerance_s: Annotated[int, Field(strict=True, ge=0, le=3600)] = 120
    duration_tolerance_s: Annotated[int, Field(strict=True, ge=0, le=3600)] = 1
    amount_tolerance: Annotated[Amount, Field(le=1)] = Decimal("0.0001")

    @model_validator(mode="after")
    def _enough(self) -> Self:
        told = set(self.columns)
        if "amount" not in told:
            raise WrongError("columns", "names no column for amount")
        if not told & {"started_at", "date"}:
            raise WrongError("columns", "names no column for started_at, or for date and time")
        if "started_at" in told and told & {"date", "time"}:
            raise WrongError("columns", "name started_at, or date and time, not both")
        if "time" in told and "date" not in told:
            raise WrongError("columns", "names a column for time and none for date")
        if not told & {"id", "number", "remote"}:
            raise WrongError("columns", "names no column for id, number or remote: nothing to find charges by")
        if len(set(self.columns.values())) < len(self.columns):
            raise WrongError("columns", "names one column twice")
        if "currency" not in told and not self.currency:
            raise WrongError("currency", "is needed where no column tells it")
        return self

    def plain(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}


class CloseBody(Body):
    """`again` closes a month that is closed already; `reason` is kept with the closing."""

    reason: Word = ""
    again: Annotated[bool, Field(strict=True)] = False
