"""Two implementations of what things cost: ours, and SQL in whole numbers written from the rules.

Made-up companies with tariffs that change, orders to rate again and exchange rates with gaps; calls with parts and
texts to several go through fold and roll-up, and every row of `charges` and the metrics of money are compared.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec
import pytest

from ringlake.access import Principal
from ringlake.flows.answers.facts import LakeFacts
from ringlake.flows.answers.summary import SummaryAnswers, SummaryQuery
from ringlake.flows.rollup import rollup
from ringlake.fold import fold_call
from ringlake.fold.message import fold_message
from ringlake.model.directory import Directory, Number, Rate, Rating, Role, Tariff, TariffVersion, User, Workspace
from ringlake.model.exchange import DayRates, YearRates
from ringlake.model.facts import CallFact, CallKind, Direction, FactKind, MessageFact, MessageStatus
from ringlake.model.messages import MessageRecord
from ringlake.model.subjects import Subject, SubjectKind
from ringlake.model.tables import CHARGES
from ringlake.query.filters import parse
from ringlake.stores.directory import Change, MemoryDirectory
from ringlake.stores.lake import ObjectLake, memory_lake
from ringlake.stores.records import MemoryRecords, Record
from tests.unit.lake.making import beside, store

SQL = (Path(__file__).parent / "charges.sql").read_text(encoding="utf-8")
ZONE = ZoneInfo("Asia/Kathmandu")
FIRST = datetime(2026, 12, 20, tzinfo=UTC)
DAYS = 24
OURS = "+48221230000"
PREFIXES = ("", "4", "48", "4860", "48600100", "1", "1202", "977")
CUSTOMERS = ("+48600100200", "+48600900900", "+48700100200", "+12025550187", "+9779812345678", "+4930123456")
CURRENCIES = ("EUR", "USD", "NPR")
LATER = FIRST + timedelta(days=DAYS + 20)
OWNER = Principal(workspace="acme", user=User(id="o", email="o@example.com", name="O", role=Role.OWNER))


class Company:
    """Everything that decides what things cost, made up by chance."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        # By call: its lines that we dialled, with the number and for how many milliseconds they were up.
        self.dialled: dict[str, list[tuple[str, datetime, str, int]]] = {}
        current, past = [], []
        for place in range(self.chance.randrange(1, 5)):
            *earlier, last = self._versions(f"t{place}")
            past += earlier
            if last.until is None or self.chance.random() < 0.3:
                past += [] if last.until is None else [last]
            if last.until is None:
                current.append(last.tariff)
        self.versions = [*past, *(Kept(tariff, None) for tariff in current)]
        self.directory = Directory(
            workspace=Workspace(id="acme", name="Acme", zone=ZONE.key, country="NP", currency="NPR"),
            numbers=(Number(id="n1", e164=OURS),),
            tariffs=tuple(current),
            past_tariffs=tuple(
                TariffVersion(id=f"{k.tariff.id}.{k.tariff.version}", tariff=k.tariff, until=k.until)
                for k in past
                if k.until
            ),
            ratings=tuple(self._rating(number) for number in range(1, self.chance.randrange(1, 5))),
        )
        self.days = [self._day(n) for n in range(-10, DAYS) if self.chance.random() < 0.35]

    def moment(self, first: int = 0, last: int = DAYS) -> datetime:
        """Whole minutes, so that ends of one thing meet beginnings of another."""
        return FIRST + timedelta(minutes=10 * self.chance.randrange(first * 144, last * 144))

    def _versions(self, name: str) -> list[Kept]:
        turns = sorted({self.moment(last=DAYS + 10) for _ in range(self.chance.randrange(0, 4))})
        ends = [*turns, LATER if self.chance.random() < 0.2 else None]
        begun = None if self.chance.random() < 0.6 or not turns else turns[0] - timedelta(days=2)
        connection, channel = self.chance.choice(("", "pbx", "op")), self.chance.choice(("call", "call", "message"))
        found = []
        for number, until in enumerate(ends, start=1):
            valid = sorted([self.moment(), self.moment()])
            tariff = Tariff(
                id=name,
                name=name,
                currency=self.chance.choice(CURRENCIES),
                rates=tuple(self._rate(p) for p in sorted({self.chance.choice(PREFIXES) for _ in range(3)})),
                connection=connection,
                channel=channel,
                valid_from=valid[0] if self.chance.random() < 0.3 else None,
                valid_to=valid[1] if self.chance.random() < 0.3 else None,
                version=number,
                written_at=begun,
            )
            found.append(Kept(tariff, until))
            begun = until
        return found

    def _rate(self, prefix: str) -> Rate:
        def money() -> Decimal:
            return Decimal(self.chance.choice((0, 1, 50, 100, 12_345, 40_000, 250_000, 1_999_999))) / 1_000_000

        return Rate(
            prefix=prefix, connect_fee=money(), per_minute=money(), increment_s=self.chance.choice((1, 6, 30, 60, 7))
        )

    def _rating(self, number: int) -> Rating:
        since, until = sorted([self.moment(), self.moment() + timedelta(minutes=10)])
        return Rating(
            id=f"{number:06}", number=number, at=FIRST + timedelta(days=DAYS + 3 * number), by="o", reason="wrong",
            since=since, until=until, connection=self.chance.choice(("", "", "pbx")),
            channel=self.chance.choice(("", "", "call")),
        )  # fmt: skip

    def _day(self, n: int) -> DayRates:
        named = [c for c in CURRENCIES[1:] if self.chance.random() < 0.85]
        rates = {c: Decimal(self.chance.randrange(1, 300_000_000)) / 1_000_000 for c in named}
        return DayRates(day=(FIRST + timedelta(days=n)).date(), base="EUR", rates=rates)

    # --- what happened

    def records(self) -> list[Record]:
        calls = [self._call(f"c{n}") for n in range(60)]
        return [*calls, *(self._text(f"m{n}") for n in range(25))]

    def _call(self, name: str) -> Record:
        """A call; some are handed on to a number outside and stay up as long as that does."""
        connection, at = self.chance.choice(("pbx", "op")), self.moment()
        up = self.chance.choice((0, 1, 999, 1000, 59_999, 60_000, 60_001, 421_337))
        part: list[CallFact] = []
        if up > 1000 and self.chance.random() < 0.4:
            begun, talked = at + timedelta(seconds=6), self.chance.choice((1, 30_000, 90_500))
            told = self._line(f"{name}-x", begun, talked, outward=True)
            part = [_with(one, parent_id=name, call_kind=CallKind.EXTERNAL_TRANSFER) for one in told]
            up = talked + 6000
        facts = [*self._line(name, at, up, outward=self.chance.random() < 0.7), *part]
        subject = Subject(workspace="acme", kind=SubjectKind.CALL, connection=connection, id=name)
        return fold_call(subject, "generic", facts, self.directory)

    def _line(self, name: str, at: datetime, up: int, *, outward: bool) -> list[CallFact]:
        customer = self.chance.choice(CUSTOMERS)
        ends = (OURS, customer) if outward else (customer, OURS)
        told: dict[str, Any] = {
            "call_id": name,
            "direction": Direction.OUTBOUND if outward else Direction.INBOUND,
            "from_number": ends[0],
            "to_number": ends[1],
        }
        facts = [CallFact(kind=FactKind.STARTED, at=at, received_at=at, **told)]
        answer = at + timedelta(seconds=5)
        if up:
            facts.append(CallFact(kind=FactKind.ANSWERED, at=answer, received_at=answer, **told))
        end = answer + timedelta(milliseconds=up)
        facts.append(CallFact(kind=FactKind.ENDED, at=end, received_at=end, **told))
        if outward:
            self.dialled.setdefault(name.removesuffix("-x"), []).append((name, at, customer, up))
        return facts

    def _text(self, name: str) -> Record:
        at, connection = self.moment(), self.chance.choice(("pbx", "op"))
        numbers = tuple(sorted(self.chance.sample(CUSTOMERS, self.chance.choice((1, 1, 3)))))
        fact = MessageFact(
            message_id=name, received_at=at, at=at, created_at=at, status=MessageStatus.SENT,
            direction=Direction.OUTBOUND, from_number=OURS, to_numbers=numbers,
            segments=self.chance.choice((1, 2, 5)),
        )  # fmt: skip
        subject = Subject(workspace="acme", kind=SubjectKind.MESSAGE, connection=connection, id=name)
        return fold_message(subject, "generic", [fact], self.directory)


class Kept:
    def __init__(self, tariff: Tariff, until: datetime | None) -> None:
        self.tariff, self.until = tariff, until


def _with(fact: CallFact, **fields: Any) -> CallFact:
    return msgspec.structs.replace(fact, **fields)


def naive(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(tzinfo=None)


def in_sql(company: Company, records: list[Record]) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect()
    engine.execute(
        "create table told (record_id text, unit text, channel text, connection text, begun timestamp, number text, "
        "up_ms bigint, segments bigint, local_date date, spam boolean);"
        "create table versions (tariff text, version int, channel text, connection text, currency text, "
        "valid_from timestamp, valid_to timestamp, written timestamp, until timestamp);"
        "create table prices (tariff text, version int, prefix text, fee bigint, minute bigint, step_s bigint);"
        "create table ratings (number int, ordered timestamp, since timestamp, until timestamp, channel text, "
        "connection text);"
        "create table worth (day date, currency text, value bigint);"
        "create table settings as select 'NPR' as currency"
    )

    def put(table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            engine.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)

    told: list[tuple[Any, ...]] = []
    for record in records:
        local = record.started_at.astimezone(ZONE).date()
        said = (record.connection,)
        if record.provider_id in company.dialled:
            for unit, at, number, up in company.dialled[record.provider_id]:
                told.append((record.record_id, unit, "call", *said, naive(at), number, up, None, local, False))
        elif isinstance(record, MessageRecord):
            (fact,) = record.facts
            for place, number in enumerate(fact.to_numbers, start=1):
                begun, count = naive(record.started_at), fact.segments
                told.append((record.record_id, str(place), "message", *said, begun, number, None, count, local, False))
    # Nothing is rated where there has never been a tariff.
    put("told", told if company.versions else [])
    for kept in company.versions:
        t = kept.tariff
        when = (naive(t.valid_from), naive(t.valid_to), naive(t.written_at), naive(kept.until))
        put("versions", [(t.id, t.version, t.channel, t.connection, t.currency, *when)])
        put(
            "prices",
            [
                (t.id, t.version, r.prefix, int(r.connect_fee * 10**6), int(r.per_minute * 10**6), r.increment_s)
                for r in t.rates
            ],
        )
    put(
        "ratings",
        [
            (r.number, naive(r.at), naive(r.since), naive(r.until), r.channel, r.connection)
            for r in company.directory.ratings
        ],
    )
    put("worth", [(one.day, "EUR", 10**6) for one in company.days])
    put("worth", [(one.day, c, int(v * 10**6)) for one in company.days for c, v in one.rates.items()])
    engine.execute(SQL)
    return engine


def in_lake(company: Company, records: list[Record]) -> tuple[ObjectLake, MemoryDirectory]:
    lake, kept, directory = memory_lake(), MemoryRecords(), MemoryDirectory()
    directory.put_workspace(company.directory.workspace)
    for year in sorted({one.day.year for one in company.days}):
        days = tuple(one for one in company.days if one.day.year == year)
        directory.replace("acme", [Change(document=YearRates(id=str(year), days=days))])
    store(kept, *records)
    done = rollup("acme", records=kept, lake=lake, directory=directory, clock=lambda: LATER, **beside())
    assert done.complete
    return lake, directory


def units(value: Decimal | None) -> int | None:
    return None if value is None else int(value * 10_000)


@pytest.mark.parametrize("seed", range(12))
def test_every_charge_is_what_the_rules_say(seed: int) -> None:
    company = Company(seed)
    records = company.records()
    engine = in_sql(company, records)
    lake, directory = in_lake(company, records)

    rows = [r for day in lake.days(CHARGES, "acme") for r in lake.read(CHARGES, "acme", day).rows.to_pylist()]
    ours = {
        (r["record_id"], r["unit"], r["rating"]): (
            r["tariff_id"] or None, r["tariff_version"], r["prefix"] if r["tariff_id"] else None,
            r["cost_currency"] or None, units(r["cost_amount"]), units(r["home_amount"]), bool(r["is_current"]),
        )
        for r in rows
    }  # fmt: skip
    found = engine.execute(
        "select record_id, unit, rating, tariff, version, prefix, currency, amount, home, current from results"
    ).fetchall()
    theirs = {
        (r[0], r[1], r[2]): (
            *r[3:6], r[6], None if r[7] is None else int(r[7]), None if r[8] is None else int(r[8]), r[9],
        )
        for r in found
    }  # fmt: skip
    assert ours == theirs

    _same_spend(engine, lake, directory)


def _same_spend(engine: duckdb.DuckDBPyConnection, lake: ObjectLake, directory: MemoryDirectory) -> None:
    """Over a range that cuts the history: sums, and how much is known and converted."""
    first, last = (FIRST + timedelta(days=3)).date(), (FIRST + timedelta(days=17)).date()
    answers = SummaryAnswers(directory, LakeFacts(lake), MemoryRecords())
    asked = {"from": first.isoformat(), "to": last.isoformat(), "compare": False, "metrics": ["spend"]}
    value = answers.summary(OWNER, parse(SummaryQuery, asked), LATER).metrics[0].value
    (total, known) = engine.execute(
        "select sum(home), count(home) from wholes where local_date between ? and ?", [first, last]
    ).fetchall()[0]
    (converted,) = engine.execute(
        "select count(distinct record_id) from results r join wholes w using (record_id), settings s "
        "where current and w.home is not null and r.currency <> s.currency and r.local_date between ? and ?",
        [first, last],
    ).fetchall()[0]
    assert units(value.value if isinstance(value.value, Decimal) else None) == (None if total is None else int(total))
    assert (value.n, value.converted) == (known, converted)


def test_the_made_up_companies_have_every_case() -> None:
    """What the comparison is worth: each of these happened in some of them."""
    seen: set[str] = set()
    for seed in range(12):
        company = Company(seed)
        records = company.records()
        engine = in_sql(company, records)
        for name, condition in {
            "later ratings": "rating > 0 and amount is not null",
            "earlier results": "not current and amount is not null",
            "no rate": "tariff is null",
            "converted": "home is not null and currency <> 'NPR'",
            "not converted": "home is null and amount is not null",
            "texts": "record_id like '%:m%' and amount > 0",
            "parts": "unit like '%-x' and amount > 0",
            "later versions": "version > 1 and rating = 0",
        }.items():
            if engine.execute(f"select count(*) from results where {condition}").fetchall()[0][0]:
                seen.add(name)
    assert seen == {
        "later ratings", "earlier results", "no rate", "converted", "not converted", "texts", "parts", "later versions",
    }  # fmt: skip
