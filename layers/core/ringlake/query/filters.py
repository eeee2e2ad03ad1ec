"""What a viewer may ask for, validated at the border; a wrong field is named (demands.md D25)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from ringlake.errors import InvalidRequest
from ringlake.model.calls import MissedReason, Outcome
from ringlake.model.facts import Direction, HangupBy, MessageStatus
from ringlake.model.findings import Finding, Unowned
from ringlake.model.localtime import zone_named
from ringlake.model.marks import Label
from ringlake.model.subjects import SubjectKind

from .kinds import KINDS
from .presets import Preset
from .sets import CallSet


def _written(value: Any) -> Any:
    """Days and times are texts; a number could be seconds, milliseconds or a mistake."""
    if isinstance(value, int | float) or (isinstance(value, str) and value.strip().lstrip("+-").isdecimal()):
        raise ValueError("write it as ISO 8601: YYYY-MM-DD for a day, with time and offset for a moment")
    return value


# Wide enough for every clock of a provider, and so that no zone and no period before leads out of the calendar.
_FIRST, _LAST = date(1970, 1, 1), date(9990, 12, 31)
Day = Annotated[date, BeforeValidator(_written), Field(ge=_FIRST, le=_LAST)]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9991, 1, 1, tzinfo=UTC)),
]
Id = Annotated[str, StringConstraints(max_length=128)]
Ids = Annotated[list[Id], Field(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=256)]
Number = Annotated[str, StringConstraints(max_length=64)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Seconds = Annotated[int, Field(ge=0, le=1_000_000)]
Milliseconds = Annotated[int, Field(ge=0, le=1_000_000_000)]

CALL = SubjectKind.CALL.value
MESSAGE = SubjectKind.MESSAGE.value
REMOTE_DIGITS = 4


class Hours(StrEnum):
    """The switch of business hours, by the start of the interaction (demands.md D10)."""

    ALL = "all"
    OPEN = "open"
    CLOSED = "closed"


class Members(StrEnum):
    """Whose interactions a team's are: of the team at the time, or of its members of today (features.md W21)."""

    STORED = "stored"
    CURRENT = "current"


class Filter(BaseModel):
    """The filter object of screens, lists and files: conditions are joined by AND, values of one by OR.

    Either `preset` or both `from` and `to`, local dates of the zone, both inclusive. The zone is the
    workspace's unless `zone` asks for another one, which every answer then states (demands.md D6).
    `hour_from` and `hour_to` keep interactions whose local start time of day is in [from, to),
    past midnight when `to` is earlier, the whole day when both are equal (features.md F10); `weekdays`
    (1 Monday to 7 Sunday) are local too.

    An empty list restricts nothing; the empty text in a list of ids or names asks for rows without one
    ("Unassigned", "none"). Conditions that only calls can meet restrict calls and leave other channels
    out unless `channels` asks for them (F14); likewise `message_statuses`. Internal calls are in only when
    asked for. `kinds` are contact types (F16-F28, see `kinds`). `remote` is the customer's number,
    `source_number` and `destination_number` the number that an interaction came from and went to (F11, F12):
    whole, or a part of at least four digits. `team_members` says whose a team's interactions are.
    Classifier rows are no calls and come only when `kinds` names them (F44). `include_spam` is about
    metrics: rows of spam are always listed, measures leave them out unless it is set (O6).

    `sale` keeps calls that did or did not end in a sale (N28), `first_contact` those that were or were not
    the first contact ever with the customer (metrics.md New vs returning callers); both leave messages out.

    Drill-downs of waits and lines (demands.md D80): `sets` are base sets of offered calls (see `sets`);
    `wait_from_ms` and `wait_below_ms` keep waits in [from, below) to the millisecond, where `wait_min_s` and
    `wait_max_s` look at the whole seconds that are shown. `active_at` keeps calls that were going on
    at that instant, `talking_at` those in which somebody of ours talked then. `started_from` and
    `started_before` cut the range to the instant; `without_spam` drops rows of spam, as measures do.

    Drill-downs of data quality: `findings` keeps rows with one of these words among their `flags`, `unattributed`
    those that belong to no person for one of these reasons.
    """

    # Built when first used: a start that built the filters of all routes would take half as long again.
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True, defer_build=True
    )

    preset: Preset | None = None
    from_: Annotated[Day | None, Field(alias="from")] = None
    to: Day | None = None
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
    kinds: Annotated[
        list[str], Field(max_length=50, json_schema_extra={"items": {"type": "string", "enum": [*KINDS]}})
    ] = []
    reasons: Annotated[list[MissedReason], Field(max_length=20)] = []
    labels: Annotated[list[Label], Field(max_length=4)] = []
    success: bool | None = None
    sale: bool | None = None
    first_contact: bool | None = None
    only_missed: bool = False
    only_unrecovered: bool = False
    hangup_by: Annotated[list[HangupBy], Field(max_length=6)] = []
    hours: Hours = Hours.ALL
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = []
    zone: Annotated[str, StringConstraints(max_length=64)] = ""
    team_members: Members = Members.STORED
    countries: Ids = []
    connections: Ids = []
    tags: Annotated[list[Text], Field(max_length=100)] = []
    remote: Number = ""
    source_number: Number = ""
    destination_number: Number = ""
    reference: Text = ""
    contact: Id = ""
    party: Id = ""
    record_ids: Annotated[list[Text], Field(max_length=200)] = []
    include_spam: bool = False
    wait_min_s: Seconds | None = None
    wait_max_s: Seconds | None = None
    duration_min_s: Seconds | None = None
    duration_max_s: Seconds | None = None
    sets: Annotated[list[CallSet], Field(max_length=10)] = []
    wait_from_ms: Milliseconds | None = None
    wait_below_ms: Milliseconds | None = None
    active_at: Moment | None = None
    talking_at: Moment | None = None
    started_from: Moment | None = None
    started_before: Moment | None = None
    without_spam: bool = False
    findings: Annotated[list[Finding], Field(max_length=len(Finding))] = []
    unattributed: Annotated[list[Unowned], Field(max_length=len(Unowned))] = []

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, value: list[str]) -> list[str]:
        for kind in value:
            if kind not in KINDS:
                raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return zone_named(value) if value else value

    @field_validator("remote", "source_number", "destination_number")
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


def ranged(given: Any, preset: Preset) -> Any:
    """Outside input as it came, with this preset when it says nothing of a range."""
    if isinstance(given, dict) and not {"preset", "from", "from_", "to"} & set(given):
        return {**given, "preset": preset}
    return given
