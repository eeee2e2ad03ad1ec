"""What requests to the directory may contain: types, limits and rules within one body.

Unknown fields are refused. What needs the directory (is there such a team?) is checked by the use
cases; both name the field.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ringlake.model.directory import Ability, Role
from ringlake.model.language import Language
from ringlake.model.localtime import zone_named
from ringlake.model.marks import CaseState, Label
from ringlake.query.filters import WrongError

# ISO 4217, without funds and metals.
_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAY_MINUTES = 1440


def _printable(value: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in value):
        raise ValueError("holds characters that cannot be seen")
    return value


def _readable(value: str) -> str:
    """Several lines are fine, other control characters are not."""
    _printable(value.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))
    return value


def _country(value: str) -> str:
    import phonenumbers

    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("is no country by ISO 3166-1 alpha-2, for example PL")
    return value


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("is no currency by ISO 4217, for example EUR")
    return value


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value) or len(value) > 254:
        raise ValueError("is no e-mail address")
    return value.lower()


def _distinct[T](values: list[T]) -> list[T]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


def _written(value: Any) -> Any:
    """Times and dates are texts; a number could be seconds, milliseconds or a mistake."""
    if isinstance(value, int | float):
        raise ValueError("write it as ISO 8601 text")
    return value


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


Id = Annotated[str, StringConstraints(min_length=1, max_length=63)]
Ids = Annotated[list[Id], Field(max_length=500), AfterValidator(_distinct)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_printable)]
Word = Annotated[str, StringConstraints(max_length=120), AfterValidator(_printable)]
Words = Annotated[list[Name], Field(max_length=50)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_readable)]
Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(_address)]
MaybeAddress = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(lambda value: _address(value) if value else value)
]
Spelling = Annotated[str, StringConstraints(min_length=1, max_length=32), AfterValidator(_printable)]
ProviderId = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(zone_named)]
Country = Annotated[str, BeforeValidator(_upper), StringConstraints(max_length=2), AfterValidator(_country)]
Currency = Annotated[str, BeforeValidator(_upper), StringConstraints(max_length=3), AfterValidator(_currency)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
Day = Annotated[date, BeforeValidator(_written)]
Flag = Annotated[bool, Field(strict=True)]
# "" is the workspace's.
Tongue = Language | Literal[""]
# A secret is kept as the provider shows it: white space around it may be part of it.
SecretText = Annotated[str, StringConstraints(strip_whitespace=False, min_length=8, max_length=4096)]
Abilities = Annotated[list[Ability], Field(max_length=len(Ability)), AfterValidator(_distinct)]


def _whole(least: int, most: int) -> Any:
    return Field(strict=True, ge=least, le=most)


class Body(BaseModel):
    """A request body; `given` are the fields that the request named."""

    # Built when first used: most processes never see most bodies.
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    @property
    def given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class Patch(Body):
    """A change: what is not named stays. There is no null: a text is emptied by \"\"."""

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, raw: Any) -> Any:
        for name, value in raw.items() if isinstance(raw, dict) else ():
            if value is None:
                raise WrongError(str(name), "is null; leave it out to keep what is there")
        return raw


# ---------------------------------------------------------------- settings


def week_of(weekly: dict[str, list[tuple[str, str]]]) -> dict[str, list[tuple[str, str]]]:
    """Windows in the order of days and times; raises ValueError for what is no window, and where two overlap."""
    spans: list[tuple[int, int]] = []
    for weekday, windows in weekly.items():
        if weekday not in {"1", "2", "3", "4", "5", "6", "7"}:
            raise ValueError('days are "1" (Monday) to "7" (Sunday)')
        for start, end in windows:
            if not _CLOCK.fullmatch(start) or not (_CLOCK.fullmatch(end) or end == "24:00"):
                raise ValueError(f'day {weekday}: windows are ["HH:MM", "HH:MM"], the end up to 24:00')
            first = (int(weekday) - 1) * _DAY_MINUTES + _minutes(start)
            last = (int(weekday) - 1) * _DAY_MINUTES + _minutes(end)
            spans.append((first, last if last > first else last + _DAY_MINUTES))
    week = 7 * _DAY_MINUTES
    spans = sorted(spans)
    # Sunday's last window may reach into Monday.
    around = [*spans, *((a + week, b + week) for a, b in spans[:1])]
    if any(end > following for (_, end), (following, _) in pairwise(around)):
        raise ValueError("two windows overlap")
    return {day: sorted(windows) for day, windows in sorted(weekly.items()) if windows}


Week = Annotated[dict[str, Annotated[list[tuple[str, str]], Field(max_length=12)]], AfterValidator(week_of)]


class HoursBody(Body):
    """Windows of local time per ISO weekday; an end that is not after its start is on the next day."""

    weekly: Week = {}
    holidays: Annotated[list[Day], Field(max_length=400), AfterValidator(_distinct)] = []

    @model_validator(mode="after")
    def _closed_is_said(self) -> Self:
        """No hours at all mean always open, so what would close something then is a mistake."""
        if not self.weekly and ("weekly" in self.model_fields_set or self.holidays):
            raise WrongError("weekly", "say when it is open; without any hours it is always open, on holidays too")
        return self

    def plain(self) -> dict[str, Any]:
        return {"weekly": self.weekly, "holidays": tuple(d.isoformat() for d in sorted(self.holidays))}


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


class ScheduleBody(Body):
    hours: HoursBody
    valid_from: Day | None = None
    valid_to: Day | None = None
    team: Annotated[str, StringConstraints(max_length=63)] = ""
    number: Annotated[str, StringConstraints(max_length=63)] = ""

    @model_validator(mode="after")
    def _one_owner(self) -> Self:
        if self.team and self.number:
            raise WrongError("number", "name a team or a number, not both")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise WrongError("valid_to", "must not be before valid_from")
        return self

    def plain(self) -> dict[str, Any]:
        return {
            "hours": self.hours.plain(),
            "valid_from": self.valid_from.isoformat() if self.valid_from else "",
            "valid_to": self.valid_to.isoformat() if self.valid_to else "",
            "team": self.team,
            "number": self.number,
        }


class TargetBody(Body):
    channel: Literal["call", "message"] = "call"
    team: Annotated[str, StringConstraints(max_length=63)] = ""
    queue: Word = ""
    threshold_s: Annotated[int, _whole(1, 604_800)]
    target_pct: Annotated[int, _whole(1, 100)]


class SettingsPatch(Patch):
    """Settings of the workspace. Seconds and days are whole numbers."""

    name: Name = ""
    zone: Zone = "UTC"
    country: Country = "US"
    currency: Currency = "USD"
    language: Language = Language.EN
    plan: Literal["starter", "business", "scale"] = "business"
    hours: HoursBody = HoursBody()
    schedules: Annotated[list[ScheduleBody], Field(max_length=200)] = []
    targets: Annotated[list[TargetBody], Field(max_length=200)] = []
    week_start: Annotated[int, _whole(1, 7)] = 1
    fiscal_month: Annotated[int, _whole(1, 12)] = 1
    short_abandon_s: Annotated[int, _whole(0, 60)] = 5
    service_threshold_s: Annotated[int, _whole(1, 3600)] = 20
    service_target_pct: Annotated[int, _whole(1, 100)] = 80
    missed_ring_s: Annotated[int, _whole(0, 30)] = 5
    target_talk_s: Annotated[int, _whole(1, 3600)] = 30
    repeat_days: Annotated[int, _whole(1, 365)] = 30
    recovery_window_days: Annotated[int, _whole(1, 90)] = 7
    recovery_strict: Flag = False
    recover_voicemail: Flag = True
    recover_short: Flag = True
    case_burst_s: Annotated[int, _whole(0, 86_400)] = 1800
    callback_sla_s: Annotated[int, _whole(60, 604_800)] = 1800
    text_sla_s: Annotated[int, _whole(60, 604_800)] = 900
    sale_dispositions: Words = ["sale"]
    resolved_dispositions: Words = []
    unresolved_dispositions: Words = []
    raw_days: Annotated[int, _whole(7, 3650)] = 730
    record_days: Annotated[int, _whole(31, 3650)] = 1825
    exports_at_once: Annotated[int, _whole(1, 1000)] = 20
    exports_at_once_user: Annotated[int, _whole(1, 1000)] = 5
    exports_daily: Annotated[int, _whole(1, 10_000)] = 500
    exports_daily_user: Annotated[int, _whole(1, 10_000)] = 100
    exports_running: Annotated[int, _whole(1, 10)] = 3
    exports_notice_rows: Annotated[int, _whole(1, 1_000_000_000)] = 100_000


# ---------------------------------------------------------------- connections

Options = dict[
    Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_printable)],
    Annotated[str, StringConstraints(max_length=4096), AfterValidator(_readable)],
]
Capabilities = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]],
    Field(max_length=20),
    AfterValidator(_distinct),
]


class ConnectionBody(Body):
    """`id` is random when left out; `secret` is the provider's own, or a new one is made."""

    provider: Id
    id: Id | None = None
    name: Word = ""
    secret: SecretText | None = None
    zone: Zone | None = None
    country: Country | None = None
    options: Annotated[Options, Field(max_length=200)] = {}
    capabilities: Capabilities = []


class ConnectionPatch(Patch):
    name: Word = ""
    zone: Zone = "UTC"
    country: Country = "US"
    options: Annotated[Options, Field(max_length=200)] = {}
    capabilities: Capabilities = []


class SecretBody(Body):
    """The provider's own secret; without one a new secret is made and shown this once."""

    secret: SecretText | None = None


# ---------------------------------------------------------------- people


class AccountBody(Body):
    connection: Id
    id: ProviderId
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.until <= self.since:
            raise WrongError("until", "must be after since")
        return self

    def plain(self) -> dict[str, Any]:
        return {
            "connection": self.connection,
            "id": self.id,
            "since": self.since.astimezone(UTC) if self.since else None,
            "until": self.until.astimezone(UTC) if self.until else None,
        }


Accounts = Annotated[list[AccountBody], Field(max_length=200)]


class UserBody(Body):
    """Who does not sign in (`signs_in` false) only takes part: calls are attributed to him. Without a `language` his
    mails and files are in the workspace's.
    """

    email: Address
    name: Name
    role: Role = Role.MEMBER
    abilities: Abilities = []
    without: Abilities = []
    teams: Ids = []
    manages: Ids = []
    numbers: Ids = []
    accounts: Accounts = []
    language: Tongue = ""
    signs_in: Flag = True


class UserPatch(Patch):
    """`accounts` is the whole list: an account that is left out was never the user's. To end one, give it `until`."""

    email: Address = ""
    name: Name = ""
    role: Role = Role.MEMBER
    abilities: Abilities = []
    without: Abilities = []
    teams: Ids = []
    manages: Ids = []
    numbers: Ids = []
    accounts: Accounts = []
    language: Tongue = ""
    signs_in: Flag = True


class TeamBody(Body):
    """`managers` are the users who manage it (features.md W20)."""

    name: Name
    kind: Literal["call_center", "other"] = "call_center"
    managers: Ids = []


class TeamPatch(Patch):
    name: Name = ""
    kind: Literal["call_center", "other"] = "call_center"
    managers: Ids = []


class NumberBody(Body):
    """`e164` in any spelling that the country makes unambiguous."""

    e164: Spelling
    name: Word = ""
    country: Country | None = None
    team: Annotated[str, StringConstraints(max_length=63)] = ""
    source: Annotated[str, StringConstraints(max_length=63)] = ""
    provider_ids: Annotated[list[ProviderId], Field(max_length=50), AfterValidator(_distinct)] = []


class NumberPatch(Patch):
    e164: Spelling = ""
    name: Word = ""
    country: Country = "US"
    team: Annotated[str, StringConstraints(max_length=63)] = ""
    source: Annotated[str, StringConstraints(max_length=63)] = ""
    provider_ids: Annotated[list[ProviderId], Field(max_length=50), AfterValidator(_distinct)] = []


Fields = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_printable)],
        Annotated[str, StringConstraints(max_length=500), AfterValidator(_readable)],
    ],
    Field(max_length=30),
]
EmailOrNone = Annotated[str, StringConstraints(max_length=254), AfterValidator(lambda v: _address(v) if v else v)]


class ContactBody(Body):
    name: Name
    company: Word = ""
    numbers: Annotated[list[Spelling], Field(max_length=20)] = []
    email: EmailOrNone = ""
    fields: Fields = {}


class ContactPatch(Patch):
    name: Name = ""
    company: Word = ""
    numbers: Annotated[list[Spelling], Field(max_length=20)] = []
    email: EmailOrNone = ""
    fields: Fields = {}


# ---------------------------------------------------------------- sources, lists, tariffs


class SourceBody(Body):
    name: Name
    medium: Word = ""
    campaign: Word = ""


class SourcePatch(Patch):
    name: Name = ""
    medium: Word = ""
    campaign: Word = ""


class ListsBody(Body):
    """Whole lists: `spam` numbers, and further texts that stand for a withheld number."""

    spam: Annotated[list[Spelling], Field(max_length=5000)] = []
    withheld: Annotated[list[Spelling], Field(max_length=200)] = []


def _decimal(value: Any) -> Any:
    """Money is a text or a whole number: a binary fraction has already lost its value."""
    if isinstance(value, float | bool):
        raise ValueError('write amounts as text, for example "0.015"')
    return value


Amount = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, le=100_000, decimal_places=6, allow_inf_nan=False)]


class RateBody(Body):
    prefix: Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,14})?$")]
    name: Word = ""
    connect_fee: Amount = Decimal(0)
    per_minute: Amount = Decimal(0)
    increment_s: Annotated[int, _whole(1, 3600)] = 60


class TariffBody(Body):
    name: Name
    currency: Currency
    rates: Annotated[list[RateBody], Field(min_length=1, max_length=2000)]
    connection: Annotated[str, StringConstraints(max_length=63)] = ""
    channel: Literal["call", "message"] = "call"
    valid_from: Moment | None = None
    valid_to: Moment | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise WrongError("valid_to", "must be after valid_from")
        prefixes = [rate.prefix for rate in self.rates]
        if len(set(prefixes)) != len(prefixes):
            raise WrongError("rates", "names a prefix twice")
        return self

    def plain(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        moments = {n: fields[n].astimezone(UTC) if fields[n] else None for n in ("valid_from", "valid_to")}
        return {**fields, **moments, "rates": [rate.model_dump() for rate in self.rates]}


# ---------------------------------------------------------------- mapping and marks


class MapBody(Body):
    """An account to a user, a provider's id of a number to one of ours, or a number that is new to us."""

    connection: Id
    account: ProviderId | None = None
    user: Id | None = None
    since: Moment | None = None
    number: Spelling | None = None
    number_id: Id | None = None
    name: Word = ""
    team: Annotated[str, StringConstraints(max_length=63)] = ""

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if (self.account is None) == (self.number is None):
            raise WrongError("account", "give an account or a number")
        if self.account is not None and (self.user is None) == (self.number_id is None):
            raise WrongError("user", "an account is mapped to a user, or as provider's id to a number_id")
        if self.number is not None and (self.user or self.number_id):
            raise WrongError("number", "a number is added as one of ours, not mapped to something")
        return self


class CallMarksBody(Body):
    """All that people say about one call: what is left out says nothing. `labels` null leaves the automatic ones."""

    success: Flag | None = None
    labels: Annotated[list[Label], Field(max_length=len(Label)), AfterValidator(_distinct)] | None = None
    tags: Annotated[list[Name], Field(max_length=30), AfterValidator(_distinct)] = []
    note: Text = ""
    legal_hold: Flag = False


class CaseMarksBody(Body):
    """`state` is what people set: assigned, dismissed or reached; null leaves it to the records."""

    state: Literal[CaseState.ASSIGNED, CaseState.DISMISSED, CaseState.REACHED] | None = None
    assignee: Annotated[str, StringConstraints(max_length=63)] = ""
    note: Text = ""

    @model_validator(mode="after")
    def _assigned_to_somebody(self) -> Self:
        if self.state is CaseState.ASSIGNED and not self.assignee:
            raise WrongError("assignee", "say to whom")
        return self


def utc_or_none(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None
