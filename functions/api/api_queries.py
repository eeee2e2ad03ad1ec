"""What the query strings of the directory, of exports and of imports may contain.

Those of questions about calls and texts are filters (`ringlake.query.filters`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ringlake.flows.directory.contacts import MOST, PAGE
from ringlake.flows.directory.mapping import MOST_DAYS
from ringlake.flows.unmapped import DAYS

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
