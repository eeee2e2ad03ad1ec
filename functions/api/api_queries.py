"""What the query strings of the directory, of exports and of imports may contain.

Those of questions about calls and texts are filters (`ringlake.query.filters`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ringlake.flows.answers import quality
from ringlake.flows.directory.contacts import MOST, PAGE
from ringlake.flows.directory.mapping import MOST_DAYS
from ringlake.flows.unmapped import DAYS
from ringlake.model.invoices import LineState
from ringlake.model.language import Language

Place = Annotated[str, StringConstraints(max_length=512)]
Word = Annotated[str, StringConstraints(max_length=120)]


class Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)


class Listing(Parameters):
    deleted: Annotated[bool, Field(description="deleted ones too, at the end")] = False


class Import(Parameters):
    dry_run: Annotated[bool, Field(description="say what would be done, and do nothing")] = False


class Jobs(Parameters):
    before: Annotated[Place, Field(description="`next` of the page before")] = ""


class Reports(Parameters):
    language: Annotated[Language | None, Field(description="of the titles; the viewer's own when left out")] = None


class Customers(Parameters):
    q: Annotated[Word, Field(description="a part of name, company or address, or a whole number")] = ""
    after: Annotated[Place, Field(description="`next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=MOST)] = PAGE


class CustomerFile(Parameters):
    after: Annotated[Place, Field(description="header `Ringlake-Next` of the file before, as it came")] = ""


class Lookup(Parameters):
    number: Annotated[
        str, StringConstraints(max_length=32), Field(description="in any spelling of the workspace's country")
    ]


class Days(Parameters):
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="how far back to look")] = DAYS


class Quality(Parameters):
    days: Annotated[int, Field(ge=quality.LEAST_DAYS, le=quality.MOST_DAYS, description="local days up to today")] = (
        quality.DAYS
    )


class Audit(Parameters):
    month: Annotated[
        str,
        StringConstraints(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$"),
        Field(description="UTC month as YYYY-MM, this one when left out"),
    ] = ""
    action: Annotated[Word, Field(description="a whole action, or its first word")] = ""
    user: Annotated[Word, Field(description="id of who did it")] = ""
    target: Annotated[str, StringConstraints(max_length=256), Field(description="id of what it was done to")] = ""
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class InvoiceImport(Parameters):
    connection: Annotated[Word, Field(description="id of the connection that the invoice is about")]
    name: Annotated[Word, Field(description="what to call it; made of connection and period when left out")] = ""
    from_: Annotated[
        date | None, Field(alias="from", description="first day of the invoice; else its first line's")
    ] = None
    to: Annotated[date | None, Field(description="last day of the invoice; else its last line's")] = None
    dry_run: Annotated[bool, Field(description="say what would be found, and keep nothing")] = False


class InvoiceFile(Parameters):
    states: Annotated[
        list[LineState], Field(max_length=len(LineState), description="only these; all when left out")
    ] = []


class InvoiceEntries(InvoiceFile):
    number: Annotated[Word, Field(description="only of this number of ours, E.164")] = ""
    after: Annotated[int, Field(ge=0, le=10_000_000, description="`next` of the page before")] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class ClosingOf(Parameters):
    version: Annotated[
        int | None, Field(ge=1, le=9999, description="which closing of the month; the last when left out")
    ] = None
