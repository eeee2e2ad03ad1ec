"""How long callers wait until somebody answers or they give up (metrics.md Wait histogram, ASA; features.md N25)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from ringlake.access import Principal
from ringlake.metrics.columns import is_one
from ringlake.metrics.histogram import EDGES_S, Histogram, histogram
from ringlake.metrics.spread import spread
from ringlake.model.arrow import kernels
from ringlake.model.base import Answer
from ringlake.model.tables import CALLS
from ringlake.query.filters import CALL

from .drills import narrowed
from .patterns import Drill, Patterned, mean
from .question import Answers, Meta, Question
from .values import Value

if TYPE_CHECKING:
    import pyarrow as pa

# features.md N25: a mean wait is watched from here and wrong from there on.
AMBER_S, RED_S = 20, 30

_COLUMNS = ("is_answered_offered", "is_offered", "is_abandoned", "is_callback_requested", "wait_s", "wait_ms")

type Colour = Literal["green", "amber", "red"]


class WaitsQuery(Patterned):
    """A filter and nothing else."""


class WaitCount(Answer, frozen=True, kw_only=True):
    """Callers whose wait lies in the bucket; `cumulative` is the share of known waits below its upper edge.

    `drill` is the extra filter that lists them, null where the filter already leaves them out.
    """

    count: int
    cumulative: float | None
    drill: Drill | None


class WaitBucket(Answer, frozen=True, kw_only=True):
    """Waits in [from_s, below_s), to the millisecond; the last bucket has no upper edge."""

    from_s: int
    below_s: int | None
    answered: WaitCount
    abandoned: WaitCount


class WaitSide(Answer, frozen=True, kw_only=True):
    """All callers of one kind. `unknown` ones, whose wait nobody told, are in no bucket and not in the mean.

    `flag` colours the mean: amber above 20 seconds, red above 30; null without any wait.
    """

    callers: int
    unknown: int
    wait: Value
    flag: Colour | None
    drill: Drill | None


class Waits(Answer, frozen=True, kw_only=True):
    """Offered calls that a person answered, and those whose callers gave up, short abandons included."""

    meta: Meta
    answered: WaitSide
    abandoned: WaitSide
    buckets: tuple[WaitBucket, ...]
    amber_s: int
    red_s: int


class WaitAnswers(Answers):
    def waits(self, viewer: Principal, asked: WaitsQuery, now: datetime) -> Waits:
        """Raises `PlanTooLow`, `InvalidRequest`, `Forbidden`."""
        question = self.question(viewer, asked.filter, now)
        calls = self._facts.rows(CALLS, question.query, _COLUMNS)
        if CALL not in question.query.predicates.channels:
            calls = calls.slice(0, 0)
        pc = kernels()
        answered = calls.filter(is_one(calls["is_answered_offered"]))
        given_up = pc.and_(is_one(calls["is_offered"]), is_one(calls["is_abandoned"]))
        abandoned = calls.filter(pc.and_(given_up, pc.invert(is_one(calls["is_callback_requested"]))))
        sides = {"answered": histogram(answered["wait_ms"]), "abandoned": histogram(abandoned["wait_ms"])}
        return Waits(
            meta=question.meta,
            answered=_side(question, "asa_s", answered, sides["answered"], _ANSWERED),
            abandoned=_side(question, "abandoned_wait_s", abandoned, sides["abandoned"], _ABANDONED),
            buckets=_buckets(question, sides["answered"], sides["abandoned"]),
            amber_s=AMBER_S,
            red_s=RED_S,
        )


_ANSWERED: Drill = {"channels": [CALL], "sets": ["answered"]}
_ABANDONED: Drill = {"channels": [CALL], "sets": ["abandoned", "short_abandon"]}


def colour(seconds: float | None) -> Colour | None:
    """Of a mean wait; exactly a threshold is not above it."""
    if seconds is None:
        return None
    return "red" if seconds > RED_S else "amber" if seconds > AMBER_S else "green"


def _side(question: Question, metric: str, calls: pa.Table, found: Histogram, drill: Drill) -> WaitSide:
    value = mean(metric, spread(calls["wait_s"]))
    seconds = float(value.value) if value.value is not None else None
    return WaitSide(
        callers=found.known + found.unknown,
        unknown=found.unknown,
        wait=value,
        flag=colour(seconds),
        drill=narrowed(question, drill),
    )


def _buckets(question: Question, answered: Histogram, abandoned: Histogram) -> tuple[WaitBucket, ...]:
    found = []
    for n, (low, high) in enumerate(zip(EDGES_S, [*EDGES_S[1:], None], strict=True)):
        cut: Drill = {"wait_from_ms": low * 1000}
        if high is not None:
            cut |= {"wait_below_ms": high * 1000}
        counts = [
            WaitCount(count=side.counts[n], cumulative=side.cumulative[n], drill=narrowed(question, drill | cut))
            for side, drill in ((answered, _ANSWERED), (abandoned, _ABANDONED))
        ]
        found.append(WaitBucket(from_s=low, below_s=high, answered=counts[0], abandoned=counts[1]))
    return tuple(found)
