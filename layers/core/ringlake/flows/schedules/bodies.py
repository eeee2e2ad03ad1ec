"""What people send about schedules."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ringlake.flows.directory.bodies import Name
from ringlake.flows.exports.form import FileForm
from ringlake.flows.mailing.recipients import RecipientBody
from ringlake.model.localtime import zone_named
from ringlake.model.schedules import LAST_DAY, Cadence, WhatKind
from ringlake.query.filters import Clock, WrongError

MOST_RECIPIENTS = 50
_MOST_MONTH = {Cadence.QUARTERLY: 3, Cadence.YEARLY: 12}
_DAY = f"^([1-9]|[12][0-9]|3[01]|{LAST_DAY})$"


def _day(value: object) -> object:
    """A day may be written as a number too."""
    return str(value) if type(value) is int else value


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class WhatBody(_Body):
    """`export`: `request` is the body of `POST /v1/exports` without format, language and range; `saved` in it names a
    saved report. `report`: `name` is that of a finance query, `request` its parameters. The range is always the
    period that is over when the schedule runs.
    """

    kind: WhatKind = WhatKind.EXPORT
    name: Annotated[str, StringConstraints(max_length=120)] = ""
    request: Annotated[dict[str, Any], Field(max_length=80)] = {}

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.kind is WhatKind.REPORT) != bool(self.name):
            raise WrongError("name", "a report has a name, an export has none")
        return self


class TimingBody(_Body):
    """When: at the local time `at` of `zone` (the workspace's when left out), every day, or on one `weekday` (1 Monday
    to 7 Sunday), or on one `day` ("1" to "31", or "last") of the month, of the `month`th month of the quarter, or of
    the `month`th month of the fiscal year. A month that has no such day takes its last one.

    Each run covers the last day, week, month, quarter or year that is over. A time that the clock skips is the next
    that it shows; of a time that comes twice it is the first.
    """

    cadence: Cadence
    at: Clock
    zone: Annotated[str, StringConstraints(max_length=64)] = ""
    weekday: Annotated[int, Field(ge=1, le=7)] | None = None
    day: Annotated[Annotated[str, StringConstraints(pattern=_DAY)] | None, BeforeValidator(_day)] = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return zone_named(value) if value else value

    @model_validator(mode="after")
    def _of_the_cadence(self) -> Self:
        if self.weekday is not None and self.cadence is not Cadence.WEEKLY:
            raise WrongError("weekday", "is of weekly schedules")
        if self.day is not None and self.cadence in (Cadence.DAILY, Cadence.WEEKLY):
            raise WrongError("day", "is of monthly, quarterly and yearly schedules")
        most = _MOST_MONTH.get(self.cadence, 0)
        if self.month is not None and self.month > most:
            said = f"is at most {most}" if most else "is of quarterly and yearly schedules"
            raise WrongError("month", said)
        return self


class ScheduleBody(FileForm):
    """All of a schedule. `owner` is for administrators who take over somebody else's schedule: their own id.

    The file shows what the owner may see when it is made, to whoever gets it. `skip_when_empty` sends no mail
    when there are no rows.
    """

    name: Name
    what: WhatBody
    timing: TimingBody
    recipients: Annotated[list[RecipientBody], Field(min_length=1, max_length=MOST_RECIPIENTS)]
    skip_when_empty: bool = False
    owner: Annotated[str, StringConstraints(max_length=64)] = ""


class RunNowBody(_Body):
    """`everyone`: to all recipients; otherwise only to who asks."""

    everyone: bool = False
