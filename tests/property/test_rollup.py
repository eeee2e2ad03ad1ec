"""Whatever happens on the way, the lake ends up as the records are (design invariant 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringlake.flows.rollup import RolledUp, rollup
from ringlake.model.calls import Leg, MissedReason, Outcome, Party
from ringlake.model.charges import Charge, CostSource, Rated
from ringlake.model.contacts import Contact
from ringlake.model.facts import Direction, MessageStatus
from ringlake.model.marks import CaseState, Label, Marks
from ringlake.model.money import Money
from ringlake.model.subjects import Subject, SubjectKind, party_subject
from ringlake.model.tables import CASES, OPEN_CASES, TABLES
from ringlake.stores.lake import ObjectLake, from_parquet
from ringlake.stores.objects import MemoryObjects
from ringlake.stores.records import MemoryRecords, Record
from tests.property.turns import Turn, Turns
from tests.unit.lake import making
from tests.unit.lake.making import ANNA, NOON, call, directory, message, store, subject

pytestmark = pytest.mark.slow

DIRECTORY = directory()


def _charge(unit: str, currency: str, *ratings: int) -> Charge:
    rated = tuple(Rated(rating=n, amount=Money(amount=Decimal(n + 1), currency=currency)) for n in ratings)
    return Charge(unit=unit, at=NOON, source=CostSource.TARIFF, ratings=rated)


CENT, DOLLAR = _charge("a", "EUR", 0, 1), _charge("b", "USD", 0)
NOW = NOON + timedelta(days=3)


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    """Versions of a few calls and messages, as the fold writes them one after the other.

    They cross midnight, move to another day, become parts of other calls, gain and lose legs:
    small ranges on purpose, so that versions meet on the same day and in the same interval.
    """
    versions: list[Record] = []
    revision: dict[str, int] = {}
    for _ in range(draw(st.integers(1, 7))):
        name = draw(st.sampled_from(["c1", "c2", "c3", "m1"]))
        revision[name] = revision.get(name, 0) + 1
        at = NOON + timedelta(hours=12 * draw(st.integers(0, 3)), minutes=20 * draw(st.integers(0, 1)))
        common: dict[str, Any] = {
            "user": draw(st.sampled_from([ANNA, Party()])),
            "direction": draw(st.sampled_from([Direction.INBOUND, Direction.OUTBOUND])),
            # Two customers and a withheld number: records meet in one history, and move between two.
            "party_key": draw(st.sampled_from(["p1", "p1", "p2", ""])),
            "revision": revision[name],
            "charges": draw(st.sampled_from([(), (CENT,), (CENT, DOLLAR)])),
        }
        # A call and a text may have the same id.
        if draw(st.booleans()) and name == "c3":
            versions.append(message(name, at, **common))
            continue
        if name == "m1":
            versions.append(message(name, at, status=draw(st.sampled_from(MessageStatus)), **common))
            continue
        missed = draw(st.booleans())
        legs = draw(st.integers(0, 2))
        versions.append(
            call(
                name,
                at,
                part_of=draw(st.sampled_from(["", "", "c9"])),
                outcome=Outcome.NO_ANSWER if missed else Outcome.ANSWERED,
                missed_reason=draw(st.sampled_from(MissedReason)) if missed else None,
                legs=tuple(Leg(leg_id=f"L{n}", party=ANNA, ringing_at=at) for n in range(legs)),
                **common,
            )
        )
    return versions


class Company:
    """One company's stores, in memory; an actor's own view of them pauses before every call."""

    def __init__(self, records: Any = None, objects: Any = None, beside: dict[str, Any] | None = None) -> None:
        self.records = records or MemoryRecords()
        self.objects = objects or MemoryObjects()
        self.beside = beside or making.beside()

    def seen_by(self, turn: Turn) -> Company:
        return Company(turn(self.records), turn(self.objects), {name: turn(s) for name, s in self.beside.items()})

    def roll_up(self, batch: int = 100) -> RolledUp:
        return rollup(
            "acme",
            records=self.records,
            lake=ObjectLake(self.objects),
            directory=DIRECTORY,
            clock=lambda: NOW,
            batch=batch,
            **self.beside,
        )

    def catch_up(self, batch: int = 100) -> None:
        assert self.roll_up(batch).complete

    def say(self, marks: Marks) -> None:
        """What somebody says about a record, as the API takes it: kept, then the record is marked."""
        (known,) = self.beside["marks"].get("acme", [marks.record_id]).values() or (None,)
        said = msgspec.structs.replace(marks, version=known.version + 1 if known else 1)
        self.beside["marks"].put("acme", said, known)
        connection, _, own = marks.record_id.partition(":")
        call = Subject(workspace="acme", kind=SubjectKind.CALL, connection=connection, id=own)
        self.records.mark("acme", [call.key])

    def name(self, contact: Contact) -> None:
        known = self.beside["contacts"].get("acme", contact.id)
        self.beside["contacts"].put("acme", contact)
        keys = {*contact.party_keys, *(known.party_keys if known else ())}
        self.records.mark("acme", [party_subject("acme", key).key for key in sorted(keys)])

    def content(self) -> dict[str, bytes]:
        """The objects that hold rows. A day that once held some may keep an object without any."""
        tables = {table.name: table for table in (*TABLES, OPEN_CASES)}
        rows = {key: from_parquet(tables[key.partition("/")[0]], body) for key, body in self.objects.bodies.items()}
        left = [row for key in rows if key.startswith("cases/") for row in rows[key].to_pylist() if row["is_open"]]
        listed = [row for key in rows if key.startswith("open_cases/") for row in rows[key].to_pylist()]
        shown = [{name: row[name] for name in CASES.names} for row in listed]
        # The work list is what all days leave open (demands.md D9).
        assert sorted(shown, key=itemgetter("record_id")) == sorted(left, key=itemgetter("record_id"))
        return {key: body for key, body in self.objects.bodies.items() if len(rows[key])}


def at_once(versions: list[Record], told: Sequence[Marks | Contact] = ()) -> dict[str, bytes]:
    """The lake of a company that rolls up once, in the end."""
    last = {subject(version).key: version for version in versions}
    company = Company()
    store(company.records, *last.values())
    tell(company, told)
    company.catch_up()
    return company.content()


def tell(company: Company, told: Iterable[Marks | Contact]) -> None:
    for word in told:
        company.say(word) if isinstance(word, Marks) else company.name(word)


WORDS = st.lists(
    st.builds(
        Marks,
        record_id=st.sampled_from(["line:c1", "line:c2", "line:c3"]),
        labels=st.sampled_from([None, (), (Label.SPAM,)]),
        case_state=st.sampled_from([None, CaseState.DISMISSED, CaseState.ASSIGNED]),
        success=st.sampled_from([None, True]),
        updated_at=st.sampled_from([NOON - timedelta(days=1), NOON + timedelta(hours=13)]),
        updated_by=st.just("u-anna"),
    )
    | st.builds(
        Contact,
        id=st.sampled_from(["k1", "k2"]),
        name=st.sampled_from(["Zoe", "Yan"]),
        party_keys=st.sampled_from([("p1",), ("p2",), ("p1", "p2")]),
        updated_at=st.sampled_from([NOON, NOON + timedelta(hours=1)]),
    ),
    max_size=3,
)


@given(histories(), st.lists(st.integers(0, 7)), st.integers(1, 3))
def test_any_batching_gives_the_same_bytes(versions: list[Record], rolled_up_after: list[int], batch: int) -> None:
    company = Company()
    for number, version in enumerate(versions):
        store(company.records, version)
        if number in rolled_up_after:
            company.catch_up(batch)
    company.catch_up(batch)

    assert company.content() == at_once(versions)
    assert not company.records.dirt


@given(histories(), WORDS, st.lists(st.integers(0, 9)))
def test_what_people_say_counts_whenever_they_say_it(
    versions: list[Record], words: list[Marks | Contact], rolled_up_after: list[int]
) -> None:
    company = Company()
    for number, step in enumerate([*versions, *words]):
        if isinstance(step, Marks | Contact):
            tell(company, [step])
        else:
            store(company.records, step)
        if number in rolled_up_after:
            company.catch_up()
    company.catch_up()

    assert company.content() == at_once(versions, words)
    assert not company.records.dirt


@given(histories(), WORDS, st.integers(1, 60), st.integers(0, 7))
def test_a_crash_at_any_store_call_is_made_good(
    versions: list[Record], words: list[Marks | Contact], crash_at: int, first: int
) -> None:
    company = Company()
    store(company.records, *versions[:first])

    def crashing(turn: Turn) -> None:
        company.seen_by(turn).catch_up()

    Turns(iter(()), {0: crash_at}).run([crashing])
    store(company.records, *versions[first:])
    tell(company, words)
    Turns(iter(()), {0: crash_at // 2}).run([crashing])
    company.catch_up()

    assert company.content() == at_once(versions, words)


@given(histories(), WORDS, st.lists(st.integers(0, 3), max_size=200))
def test_roll_ups_at_once_while_the_fold_goes_on_converge(
    versions: list[Record], words: list[Marks | Contact], order: list[int]
) -> None:
    company = Company()

    def folding(turn: Turn) -> None:
        store(turn(company.records), *versions)

    def talking(turn: Turn) -> None:
        tell(company.seen_by(turn), words)

    def rolling(turn: Turn) -> None:
        company.seen_by(turn).roll_up()

    Turns(iter(order)).run([folding, rolling, rolling, talking])
    company.catch_up()

    assert company.content() == at_once(versions, words)


@given(histories(), st.lists(st.integers(0, 2), max_size=200), st.integers(1, 90))
def test_a_crash_in_the_middle_of_a_race_is_made_good(versions: list[Record], order: list[int], crash_at: int) -> None:
    company = Company()

    def folding(turn: Turn) -> None:
        store(turn(company.records), *versions)

    def rolling(turn: Turn) -> None:
        company.seen_by(turn).roll_up()

    Turns(iter(order), {1: crash_at}).run([folding, rolling, rolling])
    company.catch_up()

    assert company.content() == at_once(versions)
