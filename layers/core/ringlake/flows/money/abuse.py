"""Possible abuse of the phones: premium and foreign destinations, calls at night, very long calls (features.md N17).

Looked for among calls that we dialled, and calls that were handed to a number outside: those are what we pay for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ringlake.access import Principal
from ringlake.access.hiding import concealed
from ringlake.errors import Conflict, Taken
from ringlake.flows.answers.drills import narrowed
from ringlake.flows.answers.patterns import Drill, Patterned
from ringlake.flows.answers.question import Answers, Meta, Question
from ringlake.flows.directory.bodies import Country, Flag
from ringlake.flows.directory.office import check_version, etag_of, line
from ringlake.model.arrow import Column, kernels, wall
from ringlake.model.base import Answer
from ringlake.model.budgets import AbuseRules
from ringlake.model.directory import Ability, Workspace
from ringlake.model.numbers import country_of, is_e164
from ringlake.model.tables import CALLS
from ringlake.query.filters import CALL, Filter, WrongError, parse
from ringlake.stores.directory import Change

if TYPE_CHECKING:
    import pyarrow as pa

MOST_LISTED = 500
# A drill-down by ids of rows names at most so many.
MOST_IDS = 200
_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$"
_PREFIX = re.compile("[1-9][0-9]{0,14}")
_READ = (
    "record_id", "started_at", "direction", "outcome", "user_id", "user_name", "team_id", "team_name",
    "business_number_id", "business_number", "remote_number", "remote_country", "final_number", "talk_s", "is_call",
    "is_outbound", "is_internal", "is_spam", "home_amount", "home_currency",
)  # fmt: skip


# The number outside that we pay for.
_PAID = "paid_number"


class Suspicion(StrEnum):
    PREMIUM = "premium"
    FOREIGN = "foreign"
    NIGHT = "night"
    LONG = "long"


def _prefixes(given: list[str]) -> list[str]:
    if any(not _PREFIX.fullmatch(one) for one in given):
        raise ValueError("are digits of E.164 without plus, country code first")
    return given


def _numbers(given: list[str]) -> list[str]:
    if any(not is_e164(one) for one in given):
        raise ValueError("are numbers in E.164, for example +48221230000")
    return given


class AbuseRulesBody(BaseModel):
    """All rules; what is left out is as usual."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    premium: Flag = True
    prefixes: Annotated[list[str], Field(max_length=1000), AfterValidator(_prefixes)] = []
    foreign: Flag = True
    countries: Annotated[list[Country], Field(max_length=250)] = []
    night_from: Annotated[str, StringConstraints(pattern=_CLOCK)] = "22:00"
    night_to: Annotated[str, StringConstraints(pattern=_CLOCK)] = "06:00"
    longest_s: Annotated[int, Field(strict=True, ge=0, le=86_400)] = 7200
    allowed: Annotated[list[str], Field(max_length=1000), AfterValidator(_numbers)] = []

    @model_validator(mode="after")
    def _night_has_two_ends(self) -> AbuseRulesBody:
        if bool(self.night_from) != bool(self.night_to):
            raise WrongError("night_to", "give both ends of the night or none")
        if self.night_from and self.night_from == self.night_to:
            raise WrongError("night_to", "must differ from night_from")
        return self


class AbuseRulesView(Answer, frozen=True, kw_only=True):
    """`home` is the workspace's own country, which is never foreign; `zone` that of the night."""

    version: int
    premium: bool
    prefixes: tuple[str, ...]
    foreign: bool
    home: str
    countries: tuple[str, ...]
    night_from: str
    night_to: str
    zone: str
    longest_s: int
    allowed: tuple[str, ...]


class AbuseQuery(Patterned):
    """`suspicions` keeps calls with one of them; the most expensive `limit` calls are listed."""

    suspicions: Annotated[list[Suspicion], Field(max_length=len(Suspicion))] = []
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 100


class SuspectCall(Answer, frozen=True, kw_only=True):
    """One call and all that is suspicious about it. `number` is the one outside that we pay for: which we dialled, or
    to which it was handed. `amount` is null when unknown or hidden.
    """

    record_id: str
    started_at: datetime
    suspicions: tuple[Suspicion, ...]
    number: str
    country: str
    user_id: str
    user_name: str
    team_id: str
    team_name: str
    business_number_id: str
    business_number: str
    direction: str
    outcome: str
    talk_s: int | None
    amount: Decimal | None
    currency: str
    drill: Drill | None


class SuspicionSum(Answer, frozen=True, kw_only=True):
    """All calls with one suspicion; a call may have several. `drill` lists them, null above 200."""

    suspicion: Suspicion
    calls: int
    talk_s: int
    amount: Decimal | None
    drill: Drill | None


class Abuse(Answer, frozen=True, kw_only=True):
    """`calls` counts each suspicious call once; `looked_at` those that were looked at. `calls_listed` may be fewer."""

    meta: Meta
    rules_version: int
    looked_at: int
    calls: int
    amount: Decimal | None
    currency: str
    by_suspicion: tuple[SuspicionSum, ...]
    listed: tuple[SuspectCall, ...]


class _Found(NamedTuple):
    """Suspicious rows, with numbers in clear, and which of them is suspicious for what; hide before showing."""

    looked_at: int
    rows: pa.Table
    masks: Mapping[Suspicion, Column]

    def of(self, suspicion: Suspicion) -> pa.Table:
        return self.rows.filter(self.masks[suspicion])


class AbuseAnswers(Answers):
    """The rules are kept in one document with a version."""

    def rules(self, viewer: Principal) -> tuple[AbuseRulesView, str]:
        """The rules and their version for If-Match. Raises `PlanTooLow`."""
        workspace = self.paid(viewer)
        kept = self._kept(workspace)
        return _view(kept, workspace), etag_of(kept)

    def change(self, viewer: Principal, body: object, version: str | None, now: datetime) -> tuple[AbuseRulesView, str]:
        """Replace the rules. Raises `InvalidRequest` naming the field, `Outdated`, `Unversioned`, `Taken`."""
        workspace = self.paid(viewer)
        before = self._kept(workspace)
        check_version(etag_of(before), version)
        asked = parse(AbuseRulesBody, body)
        wanted = AbuseRules(
            premium=asked.premium,
            prefixes=tuple(sorted(set(asked.prefixes))),
            foreign=asked.foreign,
            countries=tuple(sorted(set(asked.countries))),
            night_from=asked.night_from,
            night_to=asked.night_to,
            longest_s=asked.longest_s,
            allowed=tuple(sorted(set(asked.allowed))),
            version=before.version,
        )
        if wanted == before:
            return _view(before, workspace), etag_of(before)
        after = msgspec.structs.replace(wanted, version=before.version + 1)
        said = line(viewer, now, "abuse_rules.change", version=after.version)
        try:
            made_from = before if before.version else None
            self._directory.replace(workspace.id, [Change(document=after, previous=made_from)], said)
        except Conflict:
            raise Taken("somebody else changed the rules in this moment: read them again") from None
        return _view(after, workspace), etag_of(after)

    def listed(self, viewer: Principal, asked: AbuseQuery, now: datetime) -> Abuse:
        """Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        rules = self._kept(question.workspace)
        found = self._suspects(question, rules, asked.suspicions)
        hides, currency = question.query.scope.hides, question.workspace.currency
        costs = Ability.SEE_COSTS not in hides
        wanted = [one for one in Suspicion if not asked.suspicions or one in asked.suspicions]
        return Abuse(
            meta=question.meta,
            rules_version=rules.version,
            looked_at=found.looked_at,
            calls=len(found.rows),
            amount=_sum(found.rows, currency) if costs else None,
            currency=currency if costs else "",
            by_suspicion=tuple(
                SuspicionSum(
                    suspicion=one,
                    calls=len(rows),
                    talk_s=kernels().sum(rows["talk_s"], min_count=0).as_py(),
                    amount=_sum(rows, currency) if costs else None,
                    drill=_drill(question, rows),
                )
                for one in wanted
                for rows in [found.of(one)]
            ),
            listed=tuple(_listed(question, found, asked.limit, currency)),
        )

    def count(self, viewer: Principal, asked: Filter, now: datetime) -> int:
        """How many calls that the viewer sees are suspicious. Raises as `listed`."""
        question = self.question(viewer, asked, now)
        return len(self._suspects(question, self._kept(question.workspace), ()).rows)

    def _suspects(self, question: Question, rules: AbuseRules, wanted: Sequence[Suspicion]) -> _Found:
        scope = msgspec.structs.replace(question.query.scope, hides=())
        query = msgspec.structs.replace(question.query, scope=scope)
        rows = _outward(self._facts.rows(CALLS, query, _READ))
        if CALL not in query.predicates.channels:
            rows = rows.slice(0, 0)
        masks = _Look(rules, question.workspace).at(rows)
        any_of = _joined([masks[one] for one in wanted or tuple(Suspicion)])
        return _Found(len(rows), rows.filter(any_of), {one: mask.filter(any_of) for one, mask in masks.items()})

    def _kept(self, workspace: Workspace) -> AbuseRules:
        return self._directory.find(workspace.id, AbuseRules) or AbuseRules()


class _Look:
    """The rules of one workspace. Each distinct number is looked up once."""

    def __init__(self, rules: AbuseRules, workspace: Workspace) -> None:
        self._rules = rules
        self._zone = ZoneInfo(workspace.zone)
        self._home = {workspace.country, *rules.countries}
        self._prefixes = tuple(f"+{prefix}" for prefix in rules.prefixes)

    def at(self, rows: pa.Table) -> dict[Suspicion, Column]:
        """Which rows are suspicious for what, never null."""
        pc = kernels()
        numbers = pc.dictionary_encode(_whole(rows[_PAID]))
        words = numbers.dictionary.to_pylist()
        fine = _of_each(numbers, [word in self._rules.allowed for word in words])
        found = {
            Suspicion.PREMIUM: _of_each(numbers, [self._is_premium(word) for word in words]),
            Suspicion.FOREIGN: _of_each(numbers, [self._is_foreign(word) for word in words]),
            Suspicion.NIGHT: self._at_night(_whole(rows["started_at"])),
            Suspicion.LONG: self._long(_whole(rows["talk_s"])),
        }
        return {one: pc.and_not(mask, fine) for one, mask in found.items()}

    def _is_premium(self, number: str) -> bool:
        return number.startswith(self._prefixes) or (self._rules.premium and is_premium(number))

    def _is_foreign(self, number: str) -> bool:
        country = country_of(number)
        return self._rules.foreign and bool(country) and country not in self._home

    def _at_night(self, started: Column) -> Column:
        pc = kernels()
        start, end = (_minutes(text) for text in (self._rules.night_from, self._rules.night_to))
        local = wall(started, self._zone)
        minute = pc.add(pc.multiply(pc.hour(local), 60), pc.minute(local))
        if start == end:
            return pc.less(minute, 0)
        after, before = pc.greater_equal(minute, start), pc.less(minute, end)
        return pc.and_(after, before) if start < end else pc.or_(after, before)

    def _long(self, talk_s: Column) -> Column:
        most = self._rules.longest_s or 2**31 - 1
        return kernels().fill_null(kernels().greater(talk_s, most), False)  # noqa: FBT003 - Arrow's own signature


def _of_each(numbers: Column, held: Sequence[bool]) -> Column:
    """What holds of each word of a dictionary, for every row."""
    import pyarrow as pa

    return kernels().take(pa.array(held, pa.bool_()), numbers.indices)


def _minutes(clock: str) -> int:
    hour, _, minute = clock.partition(":")
    return int(hour) * 60 + int(minute) if clock else 0


def _whole(column: Column) -> Column:
    """One array of a column."""
    import pyarrow as pa

    joined = column.combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _joined(masks: Sequence[Column]) -> Column:
    whole = masks[0]
    for mask in masks[1:]:
        whole = kernels().or_(whole, mask)
    return whole


@lru_cache(maxsize=8192)
def is_premium(number: str) -> bool:
    """Whether the numbering plan of its country charges more for the number: premium rate, or shared cost."""
    import phonenumbers

    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return kind in (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)


def _outward(rows: pa.Table) -> pa.Table:
    """Calls that we dialled, and those that were handed to a number outside, with that number; not spam, not internal
    ones.
    """
    pc = kernels()
    handed, remote = (pc.fill_null(pc.cast(rows[name], "string"), "") for name in ("final_number", "remote_number"))
    dialled = pc.if_else(pc.equal(rows["is_outbound"], 1), remote, "")
    paid = pc.if_else(pc.not_equal(handed, ""), handed, dialled)
    called = pc.and_(pc.equal(rows["is_call"], 1), pc.equal(rows["is_internal"], 0))
    kept = pc.and_(pc.and_(pc.not_equal(paid, ""), called), pc.not_equal(rows["is_spam"], 1))
    return rows.append_column(_PAID, paid).filter(kept)


def _listed(question: Question, found: _Found, limit: int, currency: str) -> Iterator[SuspectCall]:
    """The most expensive ones, then the longest."""
    order = [("home_amount", "descending"), ("talk_s", "descending"), ("started_at", "ascending")]
    keys = [*order, ("record_id", "ascending")]
    first = kernels().sort_indices(found.rows, sort_keys=keys)[:limit]
    masks = {one: mask.take(first).to_pylist() for one, mask in found.masks.items()}
    for place, row in enumerate(found.rows.take(first).to_pylist()):
        yield _shown(question, row, tuple(one for one in Suspicion if masks[one][place]), currency)


def _sum(rows: pa.Table, currency: str) -> Decimal | None:
    """Null when no charge is known."""
    pc = kernels()
    known = rows["home_amount"].filter(pc.equal(pc.cast(rows["home_currency"], "string"), currency))
    total: Decimal | None = pc.sum(known).as_py()
    return total


def _drill(question: Question, rows: pa.Table) -> Drill | None:
    if not 0 < len(rows) <= MOST_IDS:
        return None
    return narrowed(question, {"channels": [CALL], "record_ids": rows["record_id"].to_pylist()})


def _shown(question: Question, told: Mapping[str, Any], of: tuple[Suspicion, ...], currency: str) -> SuspectCall:
    number = str(told[_PAID])
    row = concealed({**told, "number": number}, question.query.scope.hides)
    return SuspectCall(
        record_id=row["record_id"],
        started_at=row["started_at"].replace(tzinfo=UTC),
        suspicions=of,
        number=row["number"],
        country=country_of(number),
        user_id=row["user_id"],
        user_name=row["user_name"],
        team_id=row["team_id"],
        team_name=row["team_name"],
        business_number_id=row["business_number_id"],
        business_number=row["business_number"],
        direction=row["direction"],
        outcome=row["outcome"],
        talk_s=row["talk_s"],
        amount=row["home_amount"] if row["home_currency"] == currency else None,
        currency=row["home_currency"],
        drill=narrowed(question, {"channels": [CALL], "record_ids": [row["record_id"]]}),
    )


def _view(rules: AbuseRules, workspace: Workspace) -> AbuseRulesView:
    kept = {name: getattr(rules, name) for name in rules.__struct_fields__}
    return AbuseRulesView(**kept, home=workspace.country, zone=workspace.zone)
