"""How the load is spread over people (features.md N10, N11, N26; metrics.md AHT).

Calls count once, for their owner; talk counts by leg too, for everybody who talked. Calls of people whom the
viewer may not see are added up in one row without a name, so that rows sum to the total.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ringlake.access import Principal
from ringlake.metrics.catalog import BY_ID
from ringlake.metrics.measure import Measured, Terms, columns_of, measure
from ringlake.metrics.rings import HANDLED_COLUMNS, Handled, handled
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer
from ringlake.model.tables import CALLS, flags_of
from ringlake.query.filters import CALL, Filter

from .patterns import Drill, share
from .people import OTHERS, Company, PeopleAnswers, Person, cut, drill, person, told
from .presence import Time, group_availability, occupancy, utilisation
from .question import Meta
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

NOTE = (
    "Talk by leg: a transferred call is talked by two, so the sum over people may exceed that of calls. "
    "Wrap-up counts where the provider tells it apart from being online."
)


# What stands for the people out of sight while rows are grouped; no id begins like this.
_OTHERS = "\0others"
_METRICS = (
    "calls",
    "calls_answered",
    "calls_answered_inbound",
    "calls_connected",
    "calls_missed",
    "talk_s",
    "average_talk_s",
    "asa_s",
)
_FORMULAS = [formula for formula in (BY_ID[name].formula for name in _METRICS) if formula]
_FLAGS = flags_of(CALLS)
_COLUMNS = sorted({"user_id", *columns_of(_FORMULAS, _FLAGS)})


class _Calls(NamedTuple):
    """The results of `_METRICS` but the last, in their order."""

    calls: Measured
    answered: Measured
    received: Measured
    connected: Measured
    missed: Measured
    talk: Measured
    average: Measured


class LoadRow(Answer, frozen=True, kw_only=True):
    """One person's part of the calls and of the talk: calls and `talk_s` by the owner of the call, `leg_talk_s`,
    `legs` and `aht` by the person's own legs. Occupancy and utilisation are null where no status is known.

    `kind` is `person`, `unassigned` for calls without an owner, or `others`.
    """

    kind: str
    person: Person
    calls: int
    answered: int
    received: int
    connected: int
    missed: int
    talk_s: int
    average_talk: Value
    calls_share: Value
    talk_share: Value
    legs: int
    leg_talk_s: int
    aht: Value
    occupancy: Value
    utilisation: Value
    drill: Drill | None


class Load(Answer, frozen=True, kw_only=True):
    """The load by person, most talk first; the total is of the calls themselves and not the sum of rows.

    `answer_delay`, `lost` and `availability` are of everything in sight (features.md N26); availability is
    null for who does not see the whole workspace.
    """

    meta: Meta
    note: str
    answer_delay: Value
    lost: Value
    availability: Value
    total: LoadRow
    rows: tuple[LoadRow, ...]


class LoadAnswers(PeopleAnswers):
    def load(self, viewer: Principal, asked: Filter, now: datetime) -> Load:
        """Calls, talk and time by person. Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`, `Unavailable`."""
        question = self.question(viewer, asked.model_copy(update={"channels": [CALL]}), now)
        company = self.company(question)
        calls = self._facts.rows(CALLS, question.query, _COLUMNS)
        terms = Terms(question.workspace.currency, asked.include_spam)
        by_user = measure(_named(calls, company), _FORMULAS[:-1], ("user_id",), terms, _FLAGS)
        *of_all, delay = measure(calls, _FORMULAS, (), terms, _FLAGS)[()]
        whole = _Calls(*of_all)
        legs_of = handled(self.legs(question, columns=HANDLED_COLUMNS))
        talked = {user: of for user, of in legs_of.items() if not asked.users or user in asked.users}
        found = cut(self.presence(question, company, company.users), question)
        time = Time(found, self.rung(question), question)

        def row(kind: str, who: Person, calls: _Calls, legs: Handled, lists: Drill | None) -> LoadRow:
            busy = time.busy(who.user_id) if kind == "person" else None
            return _load_row(kind, who, calls, whole, legs, occupancy(busy), utilisation(busy), lists=lists)

        listed = {"without_spam": not asked.include_spam}
        rows = []
        own = {user for user in talked if user in company.users}
        # Who was there and had nothing to do is a part of the picture.
        own |= {user for user in company.chosen(asked.users, asked.teams) if time.known(user)}
        nothing = _Calls(*measure(calls.slice(0, 0), _FORMULAS[:-1], (), terms, _FLAGS)[()])
        for user in sorted(own | {str(key) for (key,) in by_user}):
            calls_of = _Calls(*by_user[user,]) if (user,) in by_user else nothing
            if user == "":
                rows.append(row("unassigned", OTHERS, calls_of, Handled(), drill(users=[""], **listed)))
            elif user == _OTHERS:
                others = [of for other, of in talked.items() if other not in company.users]
                legs = Handled(sum(of.legs for of in others), sum(of.talk_s for of in others))
                rows.append(row("others", OTHERS, calls_of, legs, None))
            else:
                who = person(company.users[user])
                rows.append(row("person", who, calls_of, talked.get(user, Handled()), drill(users=[user], **listed)))
        rows.sort(key=lambda r: (r.kind != "person", r.kind, -r.talk_s, -r.calls, r.person.name.casefold()))
        legs = Handled(sum(of.legs for of in talked.values()), sum(of.talk_s for of in talked.values()))
        group = group_availability(question, found, company.users) if company.scope.everything else None
        return Load(
            meta=question.meta,
            note=NOTE,
            answer_delay=told("asa_s", delay),
            lost=told("calls_missed", whole.missed),
            availability=group or Value(metric="availability", value=None),
            total=row("total", OTHERS, whole, legs, drill(**listed)),
            rows=tuple(rows),
        )


def _named(calls: pa.Table, company: Company) -> pa.Table:
    """The calls with one name for all owners out of sight."""
    import pyarrow as pa

    pc = kernels()
    column = calls["user_id"]
    if {*pc.unique(column).to_pylist()} <= {"", *company.users}:
        return calls
    text = pc.fill_null(column.cast(pa.string()), "")
    seen = pc.is_in(text, value_set=pa.array(["", *sorted(company.users)], pa.string()))
    place = calls.schema.get_field_index("user_id")
    return calls.set_column(place, "user_id", pc.if_else(seen, text, pa.scalar(_OTHERS)))


def _load_row(
    kind: str, who: Person, of: _Calls, whole: _Calls, legs: Handled, *time: Value, lists: Drill | None
) -> LoadRow:
    calls, talk_s = int(of.calls.value or 0), int(of.talk.value or 0)
    return LoadRow(
        kind=kind,
        person=who,
        calls=calls,
        answered=int(of.answered.value or 0),
        received=int(of.received.value or 0),
        connected=int(of.connected.value or 0),
        missed=int(of.missed.value or 0),
        talk_s=talk_s,
        average_talk=told("average_talk_s", of.average),
        calls_share=share("load_calls_share", calls, int(whole.calls.value or 0)),
        talk_share=share("load_talk_share", talk_s, int(whole.talk.value or 0)),
        legs=legs.legs,
        leg_talk_s=legs.talk_s,
        aht=aht(legs),
        occupancy=time[0],
        utilisation=time[1],
        drill=lists,
    )


def aht(legs: Handled) -> Value:
    return Value(metric="agent_aht_s", value=legs.aht, n=legs.legs, numerator=legs.talk_s, denominator=legs.legs)
