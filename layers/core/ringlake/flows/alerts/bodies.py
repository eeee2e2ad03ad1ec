"""What people send about alerts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ringlake.errors import Rejected
from ringlake.flows.directory.bodies import Moment, Name, Week
from ringlake.flows.mailing.recipients import RecipientBody
from ringlake.model.alerts import BELOW, WINDOWED, AlertKind, QuietMode
from ringlake.model.budgets import Every
from ringlake.query.filters import WrongError
from ringlake.stores.webhooks import MOST_URL, check_url

MOST_RECIPIENTS = 20
_DAY_S = 86_400
Seconds = Annotated[int, Field(ge=0, le=_DAY_S)]

# The least and the most that a threshold can be, and the digits after its point.
_RANGES: dict[AlertKind, tuple[Decimal, Decimal, int]] = {
    AlertKind.LONGEST_WAIT: (Decimal(5), Decimal(_DAY_S), 0),
    AlertKind.WAITING: (Decimal(1), Decimal(1_000), 0),
    AlertKind.MISSED_BURST: (Decimal(1), Decimal(100_000), 0),
    AlertKind.NO_AGENT: (Decimal(1), Decimal(1_000), 0),
    AlertKind.SERVICE_LEVEL: (Decimal(1), Decimal(100), 1),
    AlertKind.SPEND: (Decimal("0.01"), Decimal(1_000_000_000), 2),
    AlertKind.ABUSE: (Decimal(1), Decimal(100_000), 0),
}
_WINDOWS_S = {AlertKind.MISSED_BURST: 900, AlertKind.SERVICE_LEVEL: 1_800, AlertKind.ABUSE: 3_600}
LEAST_WINDOW_S = 300
# What can be said once a month, or once a window, has no end worth a mail.
_ENDLESS = frozenset({AlertKind.SPEND, AlertKind.ABUSE})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)


class QuietBody(_Body):
    """Local times of the workspace in which nobody is told, as windows per ISO weekday. `digest`: one notice at their
    end about everything that happened; `drop`: none.
    """

    weekly: Week = {}
    mode: QuietMode = QuietMode.DIGEST


class AlertBody(_Body):
    """All of a rule. See `kind` for what `threshold` is of.

    `longest_wait` (seconds), `waiting` (customers), `missed_burst` (calls within `window_s`), `spend` (the workspace's
    currency, in the month, or `every` quarter or year) and `abuse` (calls within `window_s`) fire when the value is
    the threshold or more; `no_agent` (people online or talking) and `service_level` (percent, of at least `least` calls
    within `window_s`) when it is less. A firing begins when that has lasted `lasts_s` and is over when the value has
    been on the good
    side of `clear` (of the threshold without it) for `settle_s`; the next notice comes `cooldown_s` later at the
    earliest. With `open_hours` the rule rests while the business is closed; `tells_end` tells of the end too.
    `webhook` is an https address ("" is none). `owner` is for administrators who take over somebody else's rule: their
    own id. What is left out is as usual for the kind.
    """

    name: Name
    kind: AlertKind
    threshold: Annotated[Decimal, Field(max_digits=12, allow_inf_nan=False)]
    clear: Annotated[Decimal, Field(max_digits=12, allow_inf_nan=False)] | None = None
    team: Annotated[str, StringConstraints(max_length=63)] = ""
    queue: Annotated[str, StringConstraints(max_length=120)] = ""
    number: Annotated[str, StringConstraints(max_length=63)] = ""
    user: Annotated[str, StringConstraints(max_length=63)] = ""
    every: Every | None = None
    window_s: Annotated[int, Field(ge=LEAST_WINDOW_S, le=_DAY_S)] | None = None
    lasts_s: Seconds = 0
    settle_s: Seconds = 120
    cooldown_s: Seconds = 900
    least: Annotated[int, Field(ge=1, le=10_000)] = 10
    open_hours: bool | None = None
    recipients: Annotated[list[RecipientBody], Field(max_length=MOST_RECIPIENTS)] = []
    webhook: Annotated[str, StringConstraints(max_length=MOST_URL)] = ""
    quiet: QuietBody = QuietBody()
    tells_end: bool | None = None
    enabled: bool = True
    owner: Annotated[str, StringConstraints(max_length=64)] = ""

    @field_validator("webhook")
    @classmethod
    def _callable(cls, value: str) -> str:
        if value:
            try:
                check_url(value)
            except Rejected as refusal:
                raise ValueError(str(refusal)) from None
        return value

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        least, most, digits = _RANGES[self.kind]
        for name, value in (("threshold", self.threshold), ("clear", self.clear)):
            if value is None:
                continue
            low = least if name == "threshold" or self.kind in BELOW else Decimal(0)
            if not low <= value <= most:
                raise WrongError(name, f"of {self.kind.value} is from {low} to {most}")
            if value != round(value, digits):
                raise WrongError(
                    name, f"has at most {digits} digits after the point" if digits else "is a whole number"
                )
        if self.clear is not None:
            bad = self.clear < self.threshold if self.kind in BELOW else self.clear > self.threshold
            if bad:
                raise WrongError("clear", "is on the bad side of the threshold")
        if not self.recipients and not self.webhook:
            raise WrongError("recipients", "somebody, or a webhook, has to be told")
        told = [(one.user, one.address) for one in self.recipients]
        if len(set(told)) != len(told):
            raise WrongError("recipients", "names somebody twice")
        return self

    @model_validator(mode="after")
    def _about_what_it_can_be(self) -> Self:
        if self.kind is AlertKind.NO_AGENT and (self.queue or self.number):
            raise WrongError("queue" if self.queue else "number", "people are in teams, not in queues or numbers")
        if self.kind is AlertKind.SPEND and self.queue:
            raise WrongError("queue", "money is spent by users, teams and numbers, not by queues")
        if self.kind is not AlertKind.SPEND and (self.user or self.every):
            raise WrongError("user" if self.user else "every", "is of alerts about spend")
        if self.window_s is not None and self.kind not in WINDOWED:
            raise WrongError("window_s", f"{self.kind.value} has no window")
        return self

    def plain(self) -> dict[str, Any]:
        """The rule's fields with what is usual for its kind."""
        named = (
            "name",
            "kind",
            "threshold",
            "clear",
            "team",
            "queue",
            "number",
            "user",
            "lasts_s",
            "settle_s",
            "cooldown_s",
        )
        return {
            **{name: getattr(self, name) for name in (*named, "least", "enabled")},
            "every": self.every or Every.MONTH,
            "window_s": self.window_s or _WINDOWS_S.get(self.kind, 900),
            "open_hours": self.kind is AlertKind.NO_AGENT if self.open_hours is None else self.open_hours,
            "tells_end": self.kind not in _ENDLESS if self.tells_end is None else self.tells_end,
        }


class MuteBody(_Body):
    """Nobody is told before `until`; without it, or in the past: at once again."""

    until: Moment | None = None

    def moment(self) -> datetime | None:
        return self.until
