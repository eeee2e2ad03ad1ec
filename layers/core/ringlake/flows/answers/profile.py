"""One person over today, three or seven days: the drawer of a board (features.md R22-R34)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from ringlake.access import Principal
from ringlake.errors import InvalidRequest
from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.measure import Measured, Terms, columns_of, measure
from ringlake.metrics.rings import HANDLED_COLUMNS, MISSED, Handled, each_ring, handled
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer
from ringlake.model.directory import Directory, User
from ringlake.model.tables import CALLS
from ringlake.query.filters import CALL, Day, Filter, parse

from .load import aht
from .people import PeopleAnswers, Person, cut, dates, of_users, person, told
from .presence import DayStrip, StatusSeconds, Time, day_strip, occupancy, statuses, utilisation
from .question import Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa


class ProfilePeriod(StrEnum):
    """features.md R24: local days, today included."""

    TODAY = "today"
    LAST_3_DAYS = "last_3_days"
    LAST_7_DAYS = "last_7_days"


class ProfileQuery(BaseModel):
    """The choice drives every block; `day` is the day of the strip, today when it is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    period: ProfilePeriod = ProfilePeriod.TODAY
    day: Day | None = None


class ProfileAccount(Answer, frozen=True, kw_only=True):
    """An account at a provider, and from when (inclusive) until when it was the person's."""

    connection: str
    connection_name: str
    provider: str
    account: str
    since: datetime | None
    until: datetime | None


class ProfileNumber(Answer, frozen=True, kw_only=True):
    number_id: str
    number: str
    name: str


class ProfileTeam(Answer, frozen=True, kw_only=True):
    team_id: str
    name: str


class ProfileIdentity(Answer, frozen=True, kw_only=True):
    """Full name, teams, and every account and number that is linked to the person (features.md R23)."""

    person: Person
    teams: tuple[ProfileTeam, ...]
    accounts: tuple[ProfileAccount, ...]
    numbers: tuple[ProfileNumber, ...]


class ProfileCalls(Answer, frozen=True, kw_only=True):
    """`handled` = incoming calls answered + outgoing calls connected; outgoing calls without an answer stand apart
    (R25). `missed` rang the person for longer than the threshold and nobody answered them (R28).
    """

    handled: int
    incoming: int
    outgoing: int
    outgoing_unanswered: int
    missed: int


class ProfileDay(Answer, frozen=True, kw_only=True):
    """The bars of one local day (R30, R32); `statuses` are null when nothing was reported on it."""

    date: date
    calls: ProfileCalls
    talk_s: int
    statuses: StatusSeconds | None
    length_s: int


class Profile(Answer, frozen=True, kw_only=True):
    """A person over a period. Means of nothing are null, which is shown as a dash. The statuses sum to `known_s`,
    and with `unknown_s`, of which nobody reported anything, to `elapsed_s`. `link` is the filter of the list of
    the person's interactions, `missed_link` that of the missed calls (null for none, or more than 200).
    """

    meta: Meta
    identity: ProfileIdentity
    period: ProfilePeriod
    calls: ProfileCalls
    talk_s: int
    average_talk: Value
    average_answer: Value
    aht: Value
    statuses: StatusSeconds | None
    elapsed_s: int
    known_s: int
    unknown_s: int
    occupancy: Value
    utilisation: Value
    missed_ring_s: int
    days: tuple[ProfileDay, ...]
    timeline: DayStrip
    link: dict[str, object]
    missed_link: dict[str, object] | None


_METRICS = (
    "calls_answered",
    "calls_answered_inbound",
    "calls_connected",
    "calls_made",
    "talk_s",
    "average_talk_s",
    "person_answer_s",
)
_FORMULAS = [formula for formula in (BY_ID[name].formula for name in _METRICS) if formula]
_MAX_IDS = 200


class _Counts:
    """Results of `_METRICS` by name."""

    def __init__(self, found: list[Measured]) -> None:
        self._of = dict(zip(_METRICS, found, strict=True))

    def value(self, metric: str) -> Value:
        return told(metric, self._of[metric])

    def whole(self, metric: str) -> int:
        return int(self._of[metric].value or 0)

    def calls(self, missed: int) -> ProfileCalls:
        connected = self.whole("calls_connected")
        return ProfileCalls(
            handled=self.whole("calls_answered"),
            incoming=self.whole("calls_answered_inbound"),
            outgoing=connected,
            outgoing_unanswered=self.whole("calls_made") - connected,
            missed=missed,
        )


class ProfileAnswers(PeopleAnswers):
    def profile(self, viewer: Principal, user_id: str, asked: ProfileQuery, now: datetime) -> Profile:
        """Raises `NotFound` for somebody who is not there or out of sight, `PlanTooLow`, `InvalidRequest`,
        `Unavailable`.
        """
        over = parse(Filter, {"preset": asked.period.value, "channels": [CALL]})
        question = self.question(viewer, over, now)
        company = self.company(question)
        user = company.one(user_id)
        days = dates(question)
        shown = asked.day or days[-1]
        if shown not in days:
            raise InvalidRequest("day", f"is outside of the period: {days[0]} to {days[-1]}")
        stretches = self.presence(question, company, {user.id})
        time = Time(cut(stretches, question), self.rung(question), question)
        calls, missed = self._calls(question, user.id), self._missed(question, user.id)
        known_s = time.known_s(user.id)
        own = handled(self.legs(question, columns=HANDLED_COLUMNS)).get(user.id, Handled())
        ids = sorted(set().union(*missed.values()))
        whole = calls.get(None, _NONE)
        return Profile(
            meta=question.meta,
            identity=_identity(user, company.directory),
            period=asked.period,
            calls=whole.calls(len(ids)),
            talk_s=whole.whole("talk_s"),
            average_talk=whole.value("average_talk_s"),
            average_answer=whole.value("person_answer_s"),
            aht=aht(own),
            statuses=statuses(time.total(user.id)) if time.known(user.id) else None,
            elapsed_s=time.elapsed_s,
            known_s=known_s,
            unknown_s=time.elapsed_s - known_s,
            occupancy=occupancy(time.busy(user.id)),
            utilisation=utilisation(time.busy(user.id)),
            missed_ring_s=question.workspace.missed_ring_s,
            days=tuple(
                ProfileDay(
                    date=day,
                    calls=calls.get(day, _NONE).calls(len(missed.get(day, ()))),
                    talk_s=calls.get(day, _NONE).whole("talk_s"),
                    statuses=time.day_statuses(user.id, number),
                    length_s=time.lengths[number],
                )
                for number, day in enumerate(days)
            ),
            timeline=day_strip(stretches, shown, question),
            link={"from": str(days[0]), "to": str(days[-1]), "users": [user.id]},
            missed_link={"from": str(days[0]), "to": str(days[-1]), "record_ids": ids}
            if 0 < len(ids) <= _MAX_IDS
            else None,
        )

    def _calls(self, question: Question, user_id: str) -> dict[date | None, _Counts]:
        """ProfileCalls that the person owns, by local day and altogether (None)."""
        columns = sorted({"local_date", *columns_of(_FORMULAS)})
        rows = self._facts.rows(CALLS, of_users(question.query, (user_id,)), columns)
        terms = Terms(question.workspace.currency)
        found: dict[date | None, _Counts] = {None: _Counts(measure(rows, _FORMULAS, (), terms)[()])}
        for (day, *_), results in measure(rows, _FORMULAS, ("local_date",), terms).items():
            if isinstance(day, date):
                found[day] = _Counts(results)
        return found

    def _missed(self, question: Question, user_id: str) -> dict[date, set[str]]:
        """Incoming calls that nobody answered and that rang the person for longer than the threshold, by day."""
        pc = kernels()
        ids = each_ring(self.legs(question), question.workspace.missed_ring_s).calls(MISSED).of({user_id})
        columns = ("record_id", "local_date", "is_inbound", "is_answered", "live", "is_spam")
        calls = self._facts.rows(CALLS, of_users(question.query, ()), columns)
        kept = pc.and_(pc.is_in(_text(calls["record_id"]), value_set=ids), pc.equal(calls["is_inbound"], 1))
        kept = pc.and_(pc.and_(kept, pc.equal(calls["is_answered"], 0)), pc.equal(_text(calls["live"]), ""))
        found = defaultdict[date, set[str]](set)
        rows = calls.filter(pc.and_(kept, pc.equal(calls["is_spam"], 0)))
        columns_: tuple[list[Any], ...] = (rows["local_date"].to_pylist(), rows["record_id"].to_pylist())
        for day, record_id in zip(*columns_, strict=True):
            found[day].add(record_id)
        return dict(found)


_NONE = _Counts([Measured(None, 0) for _ in _METRICS])


def _identity(user: User, directory: Directory) -> ProfileIdentity:
    connections = {c.id: c for c in directory.connections}
    accounts = []
    for account in user.accounts:
        connection = connections.get(account.connection)
        accounts.append(
            ProfileAccount(
                connection=account.connection,
                connection_name=connection.name if connection else "",
                provider=connection.provider if connection else "",
                account=account.id,
                since=account.since,
                until=account.until,
            )
        )
    return ProfileIdentity(
        person=person(user),
        teams=tuple(ProfileTeam(team_id=t.id, name=t.name) for t in directory.teams if t.id in user.teams),
        accounts=tuple(accounts),
        numbers=tuple(
            ProfileNumber(number_id=n.id, number=n.e164, name=n.name) for n in directory.numbers if n.id in user.numbers
        ),
    )


def _text(column: Any) -> pa.ChunkedArray[Any]:
    import pyarrow as pa

    plain: pa.ChunkedArray[Any] = kernels().fill_null(column.cast(pa.string()), "")
    return plain
