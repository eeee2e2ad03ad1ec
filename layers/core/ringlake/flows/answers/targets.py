"""What is to be reached, and how far it is: targets of metrics by team, promises, and who leads.

features.md O47, O48; demands.md D69.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ringlake.access import Principal
from ringlake.errors import Conflict, Taken
from ringlake.flows.directory.office import check_version, etag_of, line, refuse
from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.catalog.metric import Metric, Unit
from ringlake.model.base import Answer
from ringlake.model.directory import Directory, Goal, Goals, ServiceTarget, Workspace
from ringlake.query.buckets import previous
from ringlake.query.filters import CALL, parse
from ringlake.stores.directory import Change

from .dimensions import By, dimension
from .drills import drill_of, narrowed
from .measures import Measures, chosen, difference, hidden, measurable, relative
from .patterns import Drill, Patterned
from .people import OTHERS, Company, PeopleAnswers, Person, person
from .question import Meta, Question
from .responses import ResponseAnswers, ResponsesQuery
from .service import ServiceAnswers, ServiceQuery
from .staffing import MEASURED, Staffing
from .values import Value

MOST_TARGETS = 500
# How many stand at each end of a ranking; never more than half of it.
ENDS = 3
# Of fewer rows a rate says little (metrics.md Target compliance by hour).
FEW = 10


class TargetView(Answer, frozen=True, kw_only=True):
    """A target of a team, or of the workspace when `team_id` is empty, in the metric's unit."""

    metric: str
    name: str
    unit: Unit
    better: str
    team_id: str
    team_name: str
    value: float


class ServicePromise(Answer, frozen=True, kw_only=True):
    """`target_pct` % of calls answered, or texts replied to, within `threshold_s`; changed with the settings."""

    channel: str
    team_id: str
    queue: str
    threshold_s: int
    target_pct: int


class Targets(Answer, frozen=True, kw_only=True):
    version: int
    targets: tuple[TargetView, ...]
    promises: tuple[ServicePromise, ...]


class TargetBody(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    metric: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    team: Annotated[str, StringConstraints(max_length=63)] = ""
    value: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]


class TargetsBody(BaseModel):
    """All targets: what is left out is no longer one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: Annotated[list[TargetBody], Field(max_length=MOST_TARGETS)]


class ProgressQuery(Patterned):
    """A range and conditions; `metrics` chooses some of the targets, all without it."""

    metrics: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(max_length=MOST_TARGETS)] = []


class Standing(Answer, frozen=True, kw_only=True):
    """One person's place; equal values share a rank. People whom the viewer may not see have no name.

    `met` is null without a better direction; `few` when it is of fewer than ten rows.
    """

    rank: int
    person: Person
    hidden: bool
    value: Value
    met: bool | None
    previous: Value
    change: float | None
    few: bool
    drill: Drill | None


class TargetProgress(Answer, frozen=True, kw_only=True):
    """A target, what was reached, and what in the period of as many days before.

    `whole` says that the value is of the whole team; else it is of what the viewer may see of it. `attained` is
    the value as a share of the target, or the target of the value where lower is better; `met` is null when
    nothing was measured or no direction is better. `leaders` and `coaching` are the ends of the ranking, which
    is empty for metrics that people do not have. `drill` lists the calls or texts of the value; null where no filter
    does.
    """

    target: TargetView
    whole: bool
    value: Value
    attained: float | None
    met: bool | None
    previous: Value
    change: float | None
    relative: float | None
    drill: Drill | None
    ranking: tuple[Standing, ...]
    leaders: tuple[Standing, ...]
    coaching: tuple[Standing, ...]


class PromiseKept(Answer, frozen=True, kw_only=True):
    """A promise, and the share of calls answered or texts replied to in time, in the range and in the one before.
    `passed` is null when nothing was due.
    """

    promise: ServicePromise
    team_name: str
    value: Value
    passed: bool | None
    previous: Value
    passed_before: bool | None


class ProgressAnswer(Answer, frozen=True, kw_only=True):
    meta: Meta
    version: int
    targets: tuple[TargetProgress, ...]
    promises: tuple[PromiseKept, ...]


class TargetAnswers(PeopleAnswers):
    """Targets are kept in the directory, all in one document with a version."""

    def show(self, viewer: Principal) -> tuple[Targets, str]:
        """The targets and their version for If-Match. Raises `PlanTooLow`, `Unavailable`."""
        workspace = self.paid(viewer)
        goals = self._goals(workspace)
        return _view(goals, workspace, self.names(viewer)), etag_of(goals)

    def change(self, viewer: Principal, body: object, version: str | None, now: datetime) -> tuple[Targets, str]:
        """Replace all targets. Raises `InvalidRequest` naming the field, `Outdated`, `Unversioned`, `Taken`."""
        workspace = self.paid(viewer)
        before, directory = self._goals(workspace), self.names(viewer)
        check_version(etag_of(before), version)
        asked = parse(TargetsBody, body)
        refuse(_wrong(asked, directory))
        wanted = tuple(Goal(metric=t.metric, team=t.team, value=t.value) for t in asked.targets)
        if wanted == before.goals:
            return _view(before, workspace, directory), etag_of(before)
        after = Goals(goals=wanted, version=before.version + 1)
        said = line(
            viewer, now, "targets.change", version=after.version,
            added=_named(set(wanted) - set(before.goals)), removed=_named(set(before.goals) - set(wanted)),
        )  # fmt: skip
        made_from = before if before.version else None
        try:
            self._directory.replace(workspace.id, [Change(document=after, previous=made_from)], said)
        except Conflict:
            raise Taken("somebody else changed the targets in this moment: read them again") from None
        return _view(after, workspace, directory), etag_of(after)

    def progress(self, viewer: Principal, asked: ProgressQuery, now: datetime) -> ProgressAnswer:
        """Value against target and against the period before, and the ranking behind it.

        Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`, `Unavailable`.
        """
        question = self.question(viewer, asked.filter, now)
        company = self.company(question)
        goals = self._goals(question.workspace)
        own = {*viewer.user.teams, *(team.id for team in company.teams)}
        by_team = defaultdict[str, list[Goal]](list)
        for goal in goals.goals:
            wanted = not asked.metrics or goal.metric in asked.metrics
            in_sight = not goal.team or company.scope.everything or goal.team in own
            if wanted and in_sight and (not asked.teams or goal.team in asked.teams) and _measured(goal, question):
                by_team[goal.team].append(goal)
        found: dict[Goal, TargetProgress] = {}
        for team, wanted_goals in by_team.items():
            teams = [team] if team else asked.teams
            of_team = self.question(viewer, asked.filter.model_copy(update={"teams": teams}), now)
            found |= self._progress(of_team, company, team, wanted_goals)
        return ProgressAnswer(
            meta=question.meta,
            version=goals.version,
            targets=tuple(found[goal] for goal in goals.goals if goal in found),
            promises=tuple(self._promises(viewer, question, asked, company, own)),
        )

    def _goals(self, workspace: Workspace) -> Goals:
        return self._directory.find(workspace.id, Goals) or Goals()

    def _progress(
        self, question: Question, company: Company, team: str, goals: Sequence[Goal]
    ) -> dict[Goal, TargetProgress]:
        before = replace(question, query=previous(question.query))
        now_of, then_of = (self._values(q, company, team, goals) for q in (question, before))
        whole = company.scope.everything or bool(team and team in company.scope.teams)
        return {
            goal: _progress(goal, question, company, now_of[goal.metric], then_of[goal.metric], whole=whole)
            for goal in goals
        }

    def _values(self, question: Question, company: Company, team: str, goals: Sequence[Goal]) -> dict[str, _Values]:
        """Each metric altogether and by person."""
        wanted = list(dict.fromkeys(goal.metric for goal in goals))
        staffing = [name for name in wanted if name in MEASURED]
        found: dict[str, _Values] = {}
        if staffing:
            users = company.chosen((), [team] if team else question.filter.teams)
            of = Staffing(self, question, company, users, team)
            found |= {name: _Values(of.total(name), of.by_person(name)) for name in staffing}
        usual = [name for name in wanted if name not in MEASURED]
        if usual:
            metrics = chosen(question, usual)
            users_of = dimension(By.USER, question.filter, question.query.zone, company.directory)
            measures = Measures(self._facts, question, metrics, [users_of])
            totals, people = measures.total(), measures.by(users_of)
            for place, metric in enumerate(metrics):
                by_person = {str(user): values[place] for (user,), values in people.items() if user}
                found[metric.id] = _Values(totals[place], by_person)
        return found

    def _promises(
        self, viewer: Principal, question: Question, asked: ProgressQuery, company: Company, own: set[str]
    ) -> Iterator[PromiseKept]:
        """Service levels of calls and first responses to texts: overall, and where a team or queue has its own."""
        names = {team.id: team.name for team in company.directory.teams}
        before = previous(question.query)
        earlier = {"preset": None, "from": before.from_date, "to": before.to_date}
        for promised in _promised(question.workspace):
            if (promised.team and promised.team not in own) or (asked.teams and promised.team not in asked.teams):
                continue
            given = {
                **asked.filter.stored(),
                "threshold_s": promised.threshold_s,
                "target_pct": promised.target_pct,
                **({"teams": [promised.team]} if promised.team else {}),
                **({"queues": [promised.queue]} if promised.queue else {}),
            }
            now_of, then_of = (
                self._kept(viewer, promised.channel, {**given, **range_of}, question.now) for range_of in ({}, earlier)
            )
            yield PromiseKept(
                promise=_promise(promised),
                team_name=names.get(promised.team, ""),
                value=now_of[0],
                passed=now_of[1],
                previous=then_of[0],
                passed_before=then_of[1],
            )

    def _kept(
        self, viewer: Principal, channel: str, given: Mapping[str, object], now: datetime
    ) -> tuple[Value, bool | None]:
        """What was attained, and whether that passes."""
        if channel == CALL:
            service = ServiceAnswers(self._directory, self._facts, self._records)
            level = service.service(viewer, parse(ServiceQuery, given), now).overall
            return level.service_level, level.passed
        responses = ResponseAnswers(self._directory, self._facts, self._records)
        first = responses.responses(viewer, parse(ResponsesQuery, given), now).first
        return first.in_time, first.passed


class _Values:
    """One metric altogether and by person."""

    def __init__(self, total: Value, by_person: Mapping[str, Value]) -> None:
        self.total = total
        self.by_person = by_person


def _measured(goal: Goal, question: Question) -> bool:
    """Whether the metric still exists and the viewer may see it."""
    metric = BY_ID.get(goal.metric)
    return metric is not None and not hidden(metric, question)


def _progress(
    goal: Goal, question: Question, company: Company, now: _Values, then: _Values, *, whole: bool
) -> TargetProgress:
    metric = BY_ID[goal.metric]
    drill = _drill(goal, question)
    ranking = tuple(_ranking(metric, goal, company, now.by_person, then.by_person, drill))
    ends = min(ENDS, len(ranking) // 2) if metric.better else 0
    return TargetProgress(
        target=_target(goal, company.directory),
        whole=whole,
        value=now.total,
        attained=_attained(metric, goal, now.total),
        met=_met(metric, goal, now.total),
        previous=then.total,
        change=_number(difference(now.total, then.total)),
        relative=relative(now.total, then.total),
        drill=drill,
        ranking=ranking,
        leaders=ranking[:ends],
        coaching=tuple(reversed(ranking[len(ranking) - ends :])) if ends else (),
    )


def _drill(goal: Goal, question: Question) -> Drill | None:
    """What lists the rows of a target's value; people's time and legs are not in the list of interactions."""
    of = drill_of(goal.metric)
    return None if of is None else narrowed(question, {**of, **({"teams": [goal.team]} if goal.team else {})})


def _ranking(
    metric: Metric,
    goal: Goal,
    company: Company,
    now: Mapping[str, Value],
    then: Mapping[str, Value],
    drill: Drill | None,
) -> list[Standing]:
    """Best first, by name among equals; people of whom nothing was measured have no place."""
    sign = 1 if metric.better == "lower" else -1
    told = [(user, value) for user, value in now.items() if value.value is not None]
    names = {user: company.users[user].name.casefold() if user in company.users else "~" for user, _ in told}
    told.sort(key=lambda one: (sign * float(one[1].value or 0), names[one[0]], one[0]))
    found: list[Standing] = []
    for place, (user, value) in enumerate(told, start=1):
        same = bool(found) and found[-1].value.value == value.value
        before = then.get(user, Value(metric=metric.id, value=None))
        found.append(
            Standing(
                rank=found[-1].rank if same else place,
                person=person(company.users[user]) if user in company.users else OTHERS,
                hidden=user not in company.users,
                value=value,
                met=_met(metric, goal, value),
                previous=before,
                change=_number(difference(value, before)),
                few=value.n is not None and value.n < FEW,
                drill=drill | {"users": [user]} if drill is not None and user in company.users else None,
            )
        )
    return found


def _met(metric: Metric, goal: Goal, value: Value) -> bool | None:
    """Exactly the target is reached."""
    if value.value is None or not metric.better:
        return None
    return float(value.value) >= goal.value if metric.better == "higher" else float(value.value) <= goal.value


def _attained(metric: Metric, goal: Goal, value: Value) -> float | None:
    if value.value is None or not metric.better:
        return None
    part, whole = (float(value.value), goal.value) if metric.better == "higher" else (goal.value, float(value.value))
    return part / whole if whole else None


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _wrong(asked: TargetsBody, directory: Directory) -> list[tuple[str, str]]:
    """Targets that nothing can be measured by."""
    teams = {team.id for team in directory.teams if team.deleted_at is None}
    found, seen = [], set[tuple[str, str]]()
    for place, target in enumerate(asked.targets):
        at, metric = f"targets.{place}", BY_ID.get(target.metric)
        if metric is None:
            found.append((f"{at}.metric", f"{target.metric!r} is no metric: see GET /v1/metrics"))
        elif not _measurable(metric):
            found.append((f"{at}.metric", f"{target.metric!r} is not measured for teams"))
        elif metric.unit is Unit.SHARE and target.value > 1:
            found.append((f"{at}.value", "a share is from 0 to 1"))
        if target.team and target.team not in teams:
            found.append((f"{at}.team", "there is no such team"))
        if (target.metric, target.team) in seen:
            found.append((at, "this metric has a target for this team already"))
        seen.add((target.metric, target.team))
    return found


def _measurable(metric: Metric) -> bool:
    return metric.id in MEASURED or measurable(metric)


def _named(goals: set[Goal]) -> list[str]:
    return sorted(f"{goal.metric}@{goal.team or '*'}={goal.value:g}" for goal in goals)


def _promised(workspace: Workspace) -> list[ServiceTarget]:
    """The workspace's own promises first, then those of teams and queues."""
    pct = workspace.service_target_pct
    return [
        ServiceTarget(channel="call", threshold_s=workspace.service_threshold_s, target_pct=pct),
        ServiceTarget(channel="message", threshold_s=workspace.text_sla_s, target_pct=pct),
        *workspace.targets,
    ]


def _promise(of: ServiceTarget) -> ServicePromise:
    return ServicePromise(
        channel=of.channel, team_id=of.team, queue=of.queue, threshold_s=of.threshold_s, target_pct=of.target_pct
    )


def _target(goal: Goal, directory: Directory) -> TargetView:
    metric, team = BY_ID.get(goal.metric), directory.team(goal.team)
    return TargetView(
        metric=goal.metric,
        name=metric.name if metric else goal.metric,
        unit=metric.unit if metric else Unit.COUNT,
        better=metric.better if metric else "",
        team_id=goal.team,
        team_name=team.name if team else "",
        value=goal.value,
    )


def _view(goals: Goals, workspace: Workspace, directory: Directory) -> Targets:
    return Targets(
        version=goals.version,
        targets=tuple(_target(goal, directory) for goal in goals.goals),
        promises=tuple(_promise(of) for of in _promised(workspace)),
    )
