"""What rang people, and what they talked, leg by leg (metrics.md Agent missed rings, AHT; features.md R28)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from ringlake.model.arrow import Column, kernels
from ringlake.model.calls import LegOutcome

from .columns import codes, joined, milliseconds
from .staff import Spans

if TYPE_CHECKING:
    import pyarrow as pa

# Columns of table `legs` that these functions look at; text columns may be dictionaries.
LEG_COLUMNS = (
    "record_id",
    "row_kind",
    "kind",
    "user_id",
    "started_at",
    "answered_at",
    "ended_at",
    "talk_s",
    "outcome",
)
# What `rung_spans` needs of them.
RUNG_COLUMNS = ("row_kind", "kind", "user_id", "started_at", "answered_at", "ended_at")
# What `handled` needs of them.
HANDLED_COLUMNS = ("row_kind", "kind", "user_id", "outcome", "talk_s")
# Legs beside the customer's path: a colleague who is asked, a survey afterwards (features.md F21, F22).
BESIDE = ("consultation", "survey_post_call")


class Rings(NamedTuple):
    """The incoming legs of one person: each is in exactly one of the fields but `rung`, which are all.

    `answered` by him; `declined` by him; `elsewhere`, a colleague took the call while it rang for longer than
    the threshold; `missed`, it rang longer than that and nobody took it from him; `short`, not longer.
    """

    rung: int = 0
    answered: int = 0
    missed: int = 0
    declined: int = 0
    elsewhere: int = 0
    short: int = 0


_FIELDS = Rings._fields[1:]
ANSWERED, MISSED, DECLINED, ELSEWHERE, SHORT = range(len(_FIELDS))


class EachRing(NamedTuple):
    """Every ring: its call, its person (place in `users`), and the field of `Rings` that it belongs to, by number."""

    record_id: Column
    user: Column
    field: Column
    users: tuple[str, ...]

    def calls(self, *fields: int) -> CallsOfRings:
        """The calls of the rings that belong to one of these fields."""
        import pyarrow as pa

        pc = kernels()
        kept = pc.is_in(self.field, value_set=pa.array(fields, pa.int64()))
        record = codes(self.record_id.filter(kept))
        size = pa.scalar(max(len(record.words), 1), pa.int64())
        pairs = pc.unique(pc.add(pc.multiply(self.user.filter(kept), size), record.values))
        user = pc.divide(pairs, size)
        return CallsOfRings(user, pc.subtract(pairs, pc.multiply(user, size)), record.words, self.users)


class CallsOfRings(NamedTuple):
    """Pairs of a person and a call that rang him, each once: places in `users` and in `ids`."""

    user: Column
    call: Column
    ids: Column
    users: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Calls by person."""
        counted = kernels().value_counts(self.user)
        pairs = zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)
        return {self.users[user]: n for user, n in pairs}

    def of(self, users: Collection[str]) -> Column:
        """Ids of the calls that rang any of these people, each once."""
        import pyarrow as pa

        pc = kernels()
        places = pa.array([place for place, user in enumerate(self.users) if user in users], pa.int64())
        return self.ids.take(pc.unique(self.call.filter(pc.is_in(self.user, value_set=places))))


def rings(each: EachRing) -> dict[str, Rings]:
    """How many rings of each kind by person."""
    import pyarrow as pa

    pc = kernels()
    packed = pc.add(pc.multiply(each.user, pa.scalar(len(_FIELDS), pa.int64())), each.field)
    counted = pc.value_counts(packed)
    counts: dict[str, list[int]] = {}
    for key, n in zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True):
        user, field = divmod(key, len(_FIELDS))
        counts.setdefault(each.users[user], [0] * len(_FIELDS))[field] = n
    return {user: Rings(sum(of), *of) for user, of in counts.items()}


def each_ring(legs: pa.Table, threshold_s: int) -> EachRing:
    """The rings of people of ours, of legs of incoming calls.

    Longer than the threshold is strictly longer, in milliseconds: 5.000 s is not missed, 5.001 s is. A leg that
    still rings is none yet.
    """
    import pyarrow as pa

    pc = kernels()
    own = _people(legs)
    rang = pc.subtract(_over(own), milliseconds(own["started_at"]))
    long = pc.fill_null(pc.greater(rang, pa.scalar(threshold_s * 1000, pa.int64())), False)  # noqa: FBT003
    outcome = codes(own["outcome"])
    # First match wins.
    field: Column = pa.scalar(MISSED, pa.int64())
    tests = (
        (outcome.are(LegOutcome.ANSWERED.value), ANSWERED),
        (outcome.are(LegOutcome.DECLINED.value), DECLINED),
        (pc.invert(long), SHORT),
        (outcome.are(LegOutcome.ANSWERED_ELSEWHERE.value), ELSEWHERE),
    )
    for holds, number in reversed(tests):
        field = pc.if_else(holds, pa.scalar(number, pa.int64()), field)
    user = codes(own["user_id"])
    rung = pc.and_(pc.is_valid(joined(own["started_at"])), pc.invert(outcome.are("")))
    record_id = joined(own["record_id"]).filter(rung)
    return EachRing(record_id, user.values.filter(rung), field.filter(rung), tuple(user.words.to_pylist()))


def rung_spans(legs: pa.Table) -> Spans:
    """Every ring of a person of ours, until the answer or the end of the leg."""
    pc = kernels()
    own = _people(legs)
    start, end, user = milliseconds(own["started_at"]), _over(own), codes(own["user_id"])
    kept = pc.fill_null(pc.less(start, end), False)  # noqa: FBT003 - Arrow's own signature
    return Spans(user.values.filter(kept), start.filter(kept), end.filter(kept), tuple(user.words.to_pylist()))


class Handled(NamedTuple):
    """The legs that one person answered, and the seconds talked on them, hold included."""

    legs: int = 0
    talk_s: int = 0

    @property
    def aht(self) -> float | None:
        """metrics.md AHT per agent: wrap-up is 0 where the provider does not tell it."""
        return self.talk_s / self.legs if self.legs else None


def handled(legs: pa.Table) -> dict[str, Handled]:
    """By person: talk time is by leg, so that the sums of people may exceed the calls' (metrics.md rule 3)."""
    import pyarrow as pa

    own = _people(legs)
    user = codes(own["user_id"])
    answered = codes(own["outcome"]).are(LegOutcome.ANSWERED.value)
    rows = pa.table({"user": user.values, "talk_s": joined(own["talk_s"])}).filter(answered)
    sums = rows.group_by("user").aggregate([([], "count_all"), ("talk_s", "sum")])
    words = user.words.to_pylist()
    return {
        words[row["user"]]: Handled(legs=row["count_all"], talk_s=row["talk_s_sum"] or 0) for row in sums.to_pylist()
    }


def _people(legs: pa.Table) -> pa.Table:
    """Legs of people of ours on the customer's path."""
    pc = kernels()
    legs = legs.unify_dictionaries()
    wanted = pc.and_(codes(legs["row_kind"]).are("leg"), pc.invert(codes(legs["user_id"]).are("")))
    kind = codes(legs["kind"])
    for word in BESIDE:
        wanted = pc.and_(wanted, pc.invert(kind.are(word)))
    own = legs if pc.all(wanted).as_py() else legs.filter(wanted).unify_dictionaries()
    return own.combine_chunks()


def _over(legs: pa.Table) -> Column:
    """When a leg stopped ringing."""
    return kernels().coalesce(milliseconds(legs["answered_at"]), milliseconds(legs["ended_at"]))
