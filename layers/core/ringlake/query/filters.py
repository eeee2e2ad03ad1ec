"""What a viewer may ask for, validated at the border; a wrong field is named (demands.md D25)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from ringlake.errors import InvalidRequest
from ringlake.model.calls import Outcome
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.subjects import SubjectKind

from .presets import Preset

Id = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Ids = Annotated[list[Id], Field(max_length=500)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Seconds = Annotated[int, Field(ge=0, le=1_000_000)]

CALL = SubjectKind.CALL.value
MESSAGE = SubjectKind.MESSAGE.value
REMOTE_DIGITS = 4


class Filter(BaseModel):
    """The filter object of screens, lists and files: conditions are joined by AND, values of one by OR.

    Either `preset` or both `from` and `to`, local dates of the workspace zone, both inclusive.
    `hour_from` and `hour_to` keep interactions whose local start time of day is in [from, to),
    past midnight when `to` is earlier, the whole day when both are equal (features.md F10).
    An empty list restricts nothing. Conditions that only calls can meet (`outcomes`,
    `only_unanswered`, wait, duration, queues) restrict calls and leave other channels out unless `channels`
    asks for them (F14); likewise `message_statuses`. Internal calls are in only when asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)

    preset: Preset | None = None
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    hour_from: Clock | None = None
    hour_to: Clock | None = None
    channels: Annotated[list[Annotated[str, StringConstraints(pattern="^(call|message)$")]], Field(max_length=2)] = []
    directions: Annotated[list[Direction], Field(max_length=3)] = []
    include_internal: bool = False
    outcomes: Annotated[list[Outcome], Field(max_length=20)] = []
    only_unanswered: bool = False
    message_statuses: Annotated[list[MessageStatus], Field(max_length=20)] = []
    users: Ids = []
    teams: Ids = []
    numbers: Ids = []
    queues: Ids = []
    campaigns: Ids = []
    sources: Ids = []
    remote: Annotated[str, StringConstraints(max_length=64)] = ""
    reference: Annotated[str, StringConstraints(max_length=256)] = ""
    wait_min_s: Seconds | None = None
    wait_max_s: Seconds | None = None
    duration_min_s: Seconds | None = None
    duration_max_s: Seconds | None = None

    @field_validator("remote")
    @classmethod
    def _enough_digits(cls, value: str) -> str:
        if value and value != "anonymous" and len(re.sub(r"\D", "", value)) < REMOTE_DIGITS:
            raise ValueError(f"give at least {REMOTE_DIGITS} digits of the number, or the word anonymous")
        return value

    @model_validator(mode="after")
    def _one_range(self) -> Self:
        if self.preset is not None:
            if self.from_ or self.to:
                raise WrongError("preset", "give either a preset or from and to")
        elif self.from_ is None or self.to is None:
            raise WrongError("from" if self.from_ is None else "to", "give a preset, or both from and to")
        elif self.to < self.from_:
            raise WrongError("to", "must not be before from")
        for low, high in (("wait_min_s", "wait_max_s"), ("duration_min_s", "duration_max_s")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and most < least:
                raise WrongError(high, f"must not be less than {low}")
        return self

    def stored(self) -> dict[str, object]:
        """The filter as plain JSON values, without what was not asked for."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class WrongError(ValueError):
    """A rule over several fields is broken; says at which field to look."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def parse[T: BaseModel](kind: type[T], raw: Any, path: str = "") -> T:
    """Validate outside input; raises `InvalidRequest` with the paths of all wrong fields."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        found = [_wrong(one, path) for one in error.errors(include_url=False, include_input=False)]
        raise InvalidRequest(*found[0], *found[1:]) from None


def _wrong(error: Any, path: str) -> tuple[str, str]:
    cause = error.get("ctx", {}).get("error")
    steps = [*error["loc"], *([cause.field] if isinstance(cause, WrongError) else [])]
    field = ".".join(str(step) for step in ([path] if path else []) + steps) or "body"
    return field, error["msg"].removeprefix("Value error, ")
