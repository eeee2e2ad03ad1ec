"""What rang each person, and what of it nobody took (features.md R28; metrics.md Agent missed rings).

Counted are the legs of the calls that the viewer's scope shows. Those of people whom the viewer may not
see are added up in one row without a name, so that rows sum to their total.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ringlake.access import Principal
from ringlake.metrics.rings import ELSEWHERE, MISSED, Rings, each_ring, rings
from ringlake.model.base import Answer
from ringlake.model.facts import Direction
from ringlake.query.filters import CALL

from .patterns import Drill, Patterned, share
from .people import OTHERS, PeopleAnswers, Person, drill, person
from .question import Meta
from .values import Value

# So many ids a filter takes: a row with more drills by its person only.
MAX_IDS = 200


class RingRow(Answer, frozen=True, kw_only=True):
    """Incoming legs that rang one person; each is in exactly one of answered, missed, declined, elsewhere (a
    colleague took it) and short (not longer than the threshold). `missed_calls` are the calls of the
    missed rings, which `drill` lists; null when there are more than 200.

    `kind` is `person`, or `others` for all whom the viewer may not see.
    """

    kind: str
    person: Person
    rung: int
    answered: int
    missed: int
    declined: int
    elsewhere: int
    short: int
    missed_rings: Value
    missed_rate: Value
    missed_calls: int
    drill: Drill | None


class RingsAnswer(Answer, frozen=True, kw_only=True):
    """Rings by person, most missed first. `threshold_s`: a ring counts as missed only when it lasted longer."""

    meta: Meta
    threshold_s: int
    include_elsewhere: bool
    total: RingRow
    rows: tuple[RingRow, ...]


class RingsQuery(Patterned):
    """`include_elsewhere` counts rings that a colleague answered as missed too."""

    include_elsewhere: bool = False


class RingAnswers(PeopleAnswers):
    def rings(self, viewer: Principal, asked: RingsQuery, now: datetime) -> RingsAnswer:
        """Rings of incoming calls by person; `users` chooses people, every other condition is about the calls.

        Raises `PlanTooLow`, `InvalidRequest` naming the field, `Forbidden`, `Unavailable`.
        """
        question = self.question(viewer, asked.filter.model_copy(update={"channels": [CALL]}), now)
        company = self.company(question)
        threshold = question.workspace.missed_ring_s
        each = each_ring(self.legs(question, Direction.INBOUND), threshold)
        chosen = {user: of for user, of in rings(each).items() if not asked.users or user in asked.users}
        missed = each.calls(MISSED, *((ELSEWHERE,) if asked.include_elsewhere else ()))
        counts = missed.counts()
        grouped: dict[str, list[str]] = {}
        for user in chosen:
            grouped.setdefault(user if user in company.users else "", []).append(user)

        def row(kind: str, who: Person, users: Sequence[str]) -> RingRow:
            count, ids = counts.get(users[0], 0) if len(users) == 1 else 0, list[str]()
            if len(users) > 1 or 0 < count <= MAX_IDS:
                found = missed.of(users)
                count, ids = len(found), sorted(found.to_pylist()) if len(found) <= MAX_IDS else []
            return _ring_row(kind, who, _sum([chosen[user] for user in users]), count, ids, asked)

        rows = [
            row("person", person(company.users[user]), users) if user else row("others", OTHERS, users)
            for user, users in grouped.items()
        ]
        rows.sort(
            key=lambda r: (
                r.kind == "others",
                -int(r.missed_rings.value or 0),
                r.person.name.casefold(),
                r.person.user_id,
            )
        )
        return RingsAnswer(
            meta=question.meta,
            threshold_s=threshold,
            include_elsewhere=asked.include_elsewhere,
            total=row("total", OTHERS, list(chosen)),
            rows=tuple(rows),
        )


def _sum(parts: Sequence[Rings]) -> Rings:
    return Rings(*(sum(counts) for counts in zip(*parts, strict=True))) if parts else Rings()


def _ring_row(kind: str, who: Person, of: Rings, calls: int, ids: Sequence[str], asked: RingsQuery) -> RingRow:
    missed = of.missed + (of.elsewhere if asked.include_elsewhere else 0)
    return RingRow(
        kind=kind,
        person=who,
        rung=of.rung,
        answered=of.answered,
        missed=of.missed,
        declined=of.declined,
        elsewhere=of.elsewhere,
        short=of.short,
        missed_rings=Value(metric="agent_missed_rings", value=missed, n=of.rung),
        missed_rate=share("agent_missed_ring_rate", missed, of.answered + of.declined + missed),
        missed_calls=calls,
        drill=drill(users=[], record_ids=list(ids), without_spam=False) if ids else None,
    )
