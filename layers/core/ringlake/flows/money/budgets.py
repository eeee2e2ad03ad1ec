"""Budgets: what was spent of them, and what the period will come to (features.md N8)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from ringlake.access import Principal
from ringlake.errors import Conflict, Taken
from ringlake.flows.answers.drills import narrowed
from ringlake.flows.answers.measures import Measures, chosen
from ringlake.flows.answers.patterns import Drill
from ringlake.flows.answers.question import Answers, Question
from ringlake.flows.answers.values import Value
from ringlake.flows.directory.office import check_version, etag_of, line, refuse
from ringlake.model.base import Answer
from ringlake.model.budgets import Budget, Budgets, Every
from ringlake.model.directory import Directory, Workspace
from ringlake.query.filters import Day, Filter, WrongError, parse
from ringlake.query.presets import add_months, quarter_start, year_start
from ringlake.stores.directory import Change

MOST_BUDGETS = 200
# From this share of a budget on it is time to look.
WARNED = Decimal("0.8")
_CENTS = Decimal("0.0001")
_DAY = timedelta(days=1)


def _decimal(value: Any) -> Any:
    if isinstance(value, float | bool):
        raise ValueError('write amounts as text, for example "250.00"')
    return value


Amount = Annotated[
    Decimal, BeforeValidator(_decimal), Field(gt=0, lt=100_000_000, decimal_places=4, allow_inf_nan=False)
]
_Id = Annotated[str, StringConstraints(max_length=63)]


class BudgetBody(BaseModel):
    """Of one user, team or number (ids), or of the whole workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True)

    every: Every
    amount: Amount
    user: _Id = ""
    team: _Id = ""
    number: _Id = ""

    @model_validator(mode="after")
    def _of_one(self) -> BudgetBody:
        if sum(map(bool, (self.user, self.team, self.number))) > 1:
            raise WrongError("user", "a budget is of one user, team or number, or of the whole workspace")
        return self


class BudgetsBody(BaseModel):
    """All budgets: what is left out is no longer one."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    budgets: Annotated[list[BudgetBody], Field(max_length=MOST_BUDGETS)]


class ProgressOn(BaseModel):
    """`on` is a local date inside the periods that are asked about, today without it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    on: Day | None = None


class BudgetView(Answer, frozen=True, kw_only=True):
    """`name` of the user, team or number; "" of the whole workspace. `amount` in `currency`."""

    every: Every
    amount: Decimal
    currency: str
    user: str
    team: str
    number: str
    name: str


class BudgetList(Answer, frozen=True, kw_only=True):
    version: int
    budgets: list[BudgetView]


class BudgetState(StrEnum):
    """`warned` from four fifths of the budget on, or when the forecast is above it; `unknown` when calls and texts were
    made and no charge of them is known.
    """

    FINE = "fine"
    WARNED = "warned"
    OVER = "over"
    UNKNOWN = "unknown"


class BudgetProgress(Answer, frozen=True, kw_only=True):
    """A budget in one of its periods, `from_date` to `to_date` by local dates, both inclusive.

    `spent` is the metric `spend` of the period as far as it has come, with its coverage. `used` is its share of the
    amount, `elapsed` the share of the period's days that are over. `forecast` is what the period comes to when the
    days to come cost what the days that are over did on average; null before one day is over, and of a period
    that is over what was spent. `whole` says that the viewer sees all that the budget is about. `drill` lists its
    calls and texts.
    """

    budget: BudgetView
    from_date: date
    to_date: date
    spent: Value
    left: Decimal | None
    used: float | None
    elapsed: float
    forecast: Decimal | None
    state: BudgetState
    whole: bool
    drill: Drill | None


class BudgetProgressList(Answer, frozen=True, kw_only=True):
    version: int
    zone: str
    as_of: datetime | None
    budgets: list[BudgetProgress]


@dataclass(frozen=True)
class Spent:
    """What was spent of a budget from one local date to another, and until the end of yesterday."""

    first: date
    last: date
    today: date
    value: Value
    settled: Value
    question: Question


class BudgetAnswers(Answers):
    """All budgets are kept in one document with a version."""

    def show(self, viewer: Principal) -> tuple[BudgetList, str]:
        """The budgets and their version for If-Match. Raises `PlanTooLow`."""
        workspace = self.paid(viewer)
        kept = self._kept(workspace)
        return _list(kept, workspace, self.names(viewer)), etag_of(kept)

    def change(self, viewer: Principal, body: object, version: str | None, now: datetime) -> tuple[BudgetList, str]:
        """Replace all budgets. Raises `InvalidRequest` naming the field, `Outdated`, `Unversioned`, `Taken`."""
        workspace = self.paid(viewer)
        before, directory = self._kept(workspace), self.names(viewer)
        check_version(etag_of(before), version)
        asked = parse(BudgetsBody, body)
        refuse(list(_wrong(asked, directory)))
        wanted = tuple(
            Budget(every=one.every, amount=one.amount, user=one.user, team=one.team, number=one.number)
            for one in asked.budgets
        )
        if wanted == before.budgets:
            return _list(before, workspace, directory), etag_of(before)
        after = Budgets(budgets=wanted, version=before.version + 1)
        said = line(viewer, now, "budgets.change", version=after.version, budgets=len(wanted))
        try:
            made_from = before if before.version else None
            self._directory.replace(workspace.id, [Change(document=after, previous=made_from)], said)
        except Conflict:
            raise Taken("somebody else changed the budgets in this moment: read them again") from None
        return _list(after, workspace, directory), etag_of(after)

    def progress(self, viewer: Principal, asked: ProgressOn, now: datetime) -> BudgetProgressList:
        """Raises `PlanTooLow`, `InvalidRequest`."""
        workspace = self.paid(viewer)
        kept, directory = self._kept(workspace), self.names(viewer)
        found = [
            _progress(budget, self.spent(viewer, budget, now, asked.on), workspace, directory)
            for budget in kept.budgets
        ]
        as_of = self._directory.watermark(workspace.id)
        return BudgetProgressList(version=kept.version, zone=workspace.zone, as_of=as_of, budgets=found)

    def spent(self, viewer: Principal, budget: Budget, now: datetime, on: date | None = None) -> Spent:
        """What the viewer sees spent of a budget in the period that `on` (today) lies in."""
        workspace = self.paid(viewer)
        today = now.astimezone(workspace.tz).date()
        first, last = period_of(budget.every, on or today, workspace.fiscal_month)
        until = max(min(last, today), first)
        value, question = self._spend(viewer, budget, first, until, now)
        settled = value
        if first <= today <= last:
            before = today - _DAY
            settled = Value(metric="spend", value=None, n=0)
            if before >= first:
                settled, _ = self._spend(viewer, budget, first, before, now)
        return Spent(first, last, today, value, settled, question)

    def spend_of(self, viewer: Principal, budget: Budget, now: datetime) -> Value:
        """The metric `spend` of the budget's period as far as it has come: null when no charge is known."""
        return self.spent(viewer, budget, now).value

    def _spend(
        self, viewer: Principal, budget: Budget, first: date, last: date, now: datetime
    ) -> tuple[Value, Question]:
        named = {"users": budget.user, "teams": budget.team, "numbers": budget.number}
        asked = parse(
            Filter,
            {
                "from": first.isoformat(),
                "to": last.isoformat(),
                **{name: [given] for name, given in named.items() if given},
            },
        )
        question = self.question(viewer, asked, now)
        metrics = chosen(question, ["spend"])
        value = Measures(self._facts, question, metrics).total()[0] if metrics else Value(metric="spend", value=None)
        return value, question

    def _kept(self, workspace: Workspace) -> Budgets:
        return self._directory.find(workspace.id, Budgets) or Budgets()


def period_of(every: Every, on: date, fiscal_month: int = 1) -> tuple[date, date]:
    """First and last local date of the period that a date lies in."""
    match every:
        case Every.MONTH:
            return on.replace(day=1), on.replace(day=monthrange(on.year, on.month)[1])
        case Every.QUARTER:
            first = quarter_start(on, fiscal_month)
            return first, add_months(first, 3) - _DAY
        case Every.YEAR:
            first = year_start(on, fiscal_month)
            return first, add_months(first, 12) - _DAY


def forecast(spent: Decimal, settled: Decimal, over: int, days: int) -> Decimal | None:
    """What `days` come to when `over` of them are over and cost `settled`, and `spent` is spent already; None before
    the first of them is over.
    """
    if over >= days:
        return spent
    if over <= 0:
        return None
    return max(spent, (settled * days / over).quantize(_CENTS, ROUND_HALF_UP))


def _progress(budget: Budget, spent: Spent, workspace: Workspace, directory: Directory) -> BudgetProgress:
    days = (spent.last - spent.first).days + 1
    over = min(max((spent.today - spent.first).days, 0), days)
    amount = _amount(spent.value)
    settled = _amount(spent.settled)
    coming = forecast(amount, settled, over, days) if amount is not None and settled is not None else None
    return BudgetProgress(
        budget=_view(budget, workspace, directory),
        from_date=spent.first,
        to_date=spent.last,
        spent=spent.value,
        left=budget.amount - amount if amount is not None else None,
        used=float(amount / budget.amount) if amount is not None else None,
        elapsed=over / days,
        forecast=coming,
        state=_state(amount, coming, budget.amount),
        whole=_sees_all(budget, spent.question),
        drill=narrowed(spent.question, {"without_spam": True}),
    )


def _amount(value: Value) -> Decimal | None:
    """Where nothing was made nothing was spent; where no charge is known, what was spent is unknown."""
    if value.value is None:
        return Decimal(0) if value.coverage is None else None
    return Decimal(value.value)


def _state(spent: Decimal | None, coming: Decimal | None, amount: Decimal) -> BudgetState:
    if spent is None:
        return BudgetState.UNKNOWN
    if spent > amount:
        return BudgetState.OVER
    soon = coming is not None and coming > amount
    return BudgetState.WARNED if soon or spent >= WARNED * amount else BudgetState.FINE


def _sees_all(budget: Budget, question: Question) -> bool:
    seen = question.query.scope
    return (
        seen.everything
        or bool(budget.team and budget.team in seen.teams)
        or bool(budget.number and budget.number in seen.numbers)
        or bool(budget.user and budget.user in seen.users)
    )


def _wrong(asked: BudgetsBody, directory: Directory) -> Iterator[tuple[str, str]]:
    known = {
        "user": {user.id for user in directory.users},
        "team": {team.id for team in directory.teams},
        "number": {number.id for number in directory.numbers},
    }
    seen: set[tuple[str, ...]] = set()
    for place, one in enumerate(asked.budgets):
        for kind, ids in known.items():
            if (given := getattr(one, kind)) and given not in ids:
                yield f"budgets.{place}.{kind}", f"there is no such {kind}"
        about = (one.every, one.user, one.team, one.number)
        if about in seen:
            yield f"budgets.{place}", "there is another budget of the same for the same periods"
        seen.add(about)


def _list(kept: Budgets, workspace: Workspace, directory: Directory) -> BudgetList:
    return BudgetList(version=kept.version, budgets=[_view(one, workspace, directory) for one in kept.budgets])


def _view(budget: Budget, workspace: Workspace, directory: Directory) -> BudgetView:
    names = {
        budget.user: next((user.name for user in directory.users if user.id == budget.user), ""),
        budget.team: next((team.name for team in directory.teams if team.id == budget.team), ""),
        budget.number: next((n.name or n.e164 for n in directory.numbers if n.id == budget.number), ""),
    }
    return BudgetView(
        every=budget.every,
        amount=budget.amount,
        currency=workspace.currency,
        user=budget.user,
        team=budget.team,
        number=budget.number,
        name=names.get(budget.user or budget.team or budget.number, ""),
    )
