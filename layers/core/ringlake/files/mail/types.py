"""What a mail is made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ringlake.model.base import Model
from ringlake.model.language import Language


class Envelope(Model, frozen=True, kw_only=True):
    """Who writes to whom, for which workspace (its id, and its name for people), and when.

    `id` names the thing that is announced (a job and the place of its letter, an alert's firing): the same thing to
    the same address always has the same Message-ID. `leave` is the token of the unsubscribe link ("" for mails that
    somebody asked for), see `stores.addresses.Confirmations`.
    """

    id: str
    sender: str
    recipient: str
    workspace: str
    company: str
    public_url: str
    now: datetime
    language: Language = Language.EN
    leave: str = ""


class Attachment(Model, frozen=True, kw_only=True):
    """`content_type` as `type/subtype`, parameters after a semicolon are left out."""

    filename: str
    content_type: str
    data: bytes


class Unit(StrEnum):
    """How a value is shown: a share is from 0 to 1, money comes with its currency."""

    COUNT = "count"
    SECONDS = "seconds"
    SHARE = "share"
    MONEY = "money"


class Amount(Model, frozen=True, kw_only=True):
    """A value with its unit. None is unknown and shown as a dash, never as 0."""

    value: int | float | Decimal | None
    unit: Unit = Unit.COUNT
    currency: str = ""


class Headline(Model, frozen=True, kw_only=True):
    """A number at the head of a scheduled report (features.md N19), with that of the period before if it is known.

    `name` is a metric's code; its words come from the language's file, or are `label` where that has none.
    """

    name: str
    amount: Amount
    before: Amount | None = None
    label: str = ""


class Period(Model, frozen=True, kw_only=True):
    """Local dates in the report's zone, both inclusive."""

    first: date
    last: date


class Trigger(StrEnum):
    """What an alert watches (demands.md D68, features.md N8, N17)."""

    LONGEST_WAIT = "longest_wait"
    WAITING = "waiting"
    MISSED_BURST = "missed_burst"
    NO_AGENT = "no_agent"
    SERVICE_LEVEL = "service_level"
    SPEND = "spend"
    ABUSE = "abuse"


class Notice(Model, frozen=True, kw_only=True):
    """One firing of an alert, or its end. `rule` is the name that people gave it, `place` that of the team, queue or
    number it watches ("" is the whole workspace); `window_s` how far back it looks (0 is now).
    """

    trigger: Trigger
    rule: str
    measured: Amount
    threshold: Amount
    at: datetime
    resolved: bool = False
    since: datetime | None = None
    place: str = ""
    window_s: int = 0
    details: Mapping[str, str] = {}
